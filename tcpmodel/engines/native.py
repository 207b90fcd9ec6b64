"""Explicit search in native code: every reachable state, millions of them in a second.

States are packed into words and kept in a hash table (`semantics.kernel`); the model's steps are
compiled from its terms (`semantics.model_code`).  States are found in the same order as by the
reference interpreter.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, overload

from tcpmodel.core import known
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Observer, Result, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines import explicit
from tcpmodel.engines.exploration import (
    EVERY,
    Exploration,
    megabytes_in_use,
    megabytes_of_machine,
    memory_limit,
    settle,
)
from tcpmodel.semantics.interpret import Codes, Interpreter, interpreter
from tcpmodel.semantics.jit import Library, Machine, available
from tcpmodel.semantics.kernel import BATCH, BUFFERS, CROWDED, Context
from tcpmodel.semantics.memory import Block
from tcpmodel.semantics.model_code import MAX_FORMULAS, model_code
from tcpmodel.semantics.native import ADDRESS, NUMBER, kernel, values
from tcpmodel.semantics.packing import Packing, packing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tcpmodel.engines.graph import Graph
    from tcpmodel.engines.team import Team

NAME = "native"
LOAD = 0.75
"""How full the hash table may be."""
GROWTH = 1.5
"""How much larger a new hash table is."""
SMALLEST = 1 << 15
"""Places in the first hash table."""
LARGEST = (1 << 32) - 2
"""How many states a place of the table can tell apart."""
LONG = 4_000_000
"""Above how many states better code is worth the time that it takes to make."""
MANY = 500_000
"""From how many states on a better kernel, and several threads, are worth the time that it takes
to make them.
"""
THREADS = 2
"""How many threads search then if there are idle processors for them: what was measured to pay."""


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle `always`, `sometimes` and `within`; see `exploration.settle`.

    Raises `ModelError` where llvmlite is not installed, and for what native code cannot hold.
    """
    if not available():
        raise ModelError(
            "the native engine needs llvmlite (pip install llvmlite); "
            "the engine explicit does the same without it, slowly"
        )
    return settle(system, question, budget, observer, Search)


def quickest() -> type[Exploration]:
    """The quickest search that this installation has."""
    return Search if available() else explicit.Search


class Search(Exploration):
    """States as packed rows, in a hash table of our own."""

    name = NAME

    def __init__(
        self,
        system: TransitionSystem,
        goal: Term,
        budget: Budget = Budget(),
        observer: Observer = silent,
        *,
        watches: Iterable[tuple[str, Term]] = (),
    ) -> None:
        super().__init__(system, goal, budget, observer, watches=watches)
        if system.inputs:
            names = ", ".join(var.name for var in system.inputs)
            raise ModelError(f"{system.name}: a search of states cannot choose the inputs {names}")
        if len(self.watches) >= MAX_FORMULAS:
            raise ModelError(f"native code watches at most {MAX_FORMULAS - 1} conditions")
        self.packing = packing(system)
        self._team: Team | None = None
        self._many = False
        self._ask_at = MANY if budget.threads is None else 0
        self._search_with(kernel(self.packing.words, 0))
        self._reserve()
        self._use(0)
        self.order = _States(self.packing, self._rows, self._context)
        self.parents = self._parents.numbers("I")

    def _reserve(self) -> None:
        """Set memory aside."""
        words, actions = self.packing.words, max(1, len(self.system.actions))
        self._rows, self._parents, self._table = _reserved(self.budget, words, actions)
        self._fired = (ctypes.c_int64 * actions)()
        room = BATCH * actions
        self._buffers = [Block(8 * words * room), *(Block(8 * room) for _ in range(4))]
        places = [block.address for block in self._buffers]
        self._context = Context(
            rows=self._rows.address,
            parents=self._parents.address,
            table=self._table.address,
            found=-1,
            fired=ctypes.addressof(self._fired),
            most=actions,
            **dict(zip(BUFFERS, places, strict=True)),
        )
        self._spread(_first_places(actions))

    def _search_with(self, library: Library) -> None:
        """Let this be the kernel from here on."""
        self._kernel = library
        self._expand = library.function("expand", NUMBER, ADDRESS, NUMBER)

    def _use(self, level: int) -> None:
        """Let the model's functions be those compiled at this level of optimisation."""
        self._level_of_code = level
        if self._team is not None:
            self._team.rest()
        asked = [self.goal, *self.watches.values()]
        origin, key = self.system.origin, ""
        if origin:
            key = known.digest("model", origin, *(term.sexpr() for term in asked))
        text = partial(model_code, self.system, self.packing, asked)
        self._library = Library(Machine(level).cached(text, key))
        self._context.successors = self._library.address("successors")
        self._context.check = self._library.address("check")

    def _spread(self, places: int) -> None:
        """Let the hash table have so many places, if there is room for them."""
        places = min((places + 7) // 8 * 8, self._table.octets // 64 * 8)
        context = self._context
        aside = Block(8 * context.places, sparse=True)
        spread = self._kernel.function("spread", None, ADDRESS, NUMBER, ADDRESS)
        spread(ctypes.addressof(context), places, aside.address)
        context.limit = min(int(places * LOAD), self._most_states)

    @property
    def _most_states(self) -> int:
        """For how many states there is room."""
        return self._parents.octets // 4

    # --- the search ------------------------------------------------------------------------------

    def run(self) -> None:
        try:
            super().run()
        finally:
            if self._team is not None:
                self._team.end()

    def begin(self, initial: Sequence[Codes]) -> None:
        words = [word for codes in initial for word in self.packing.pack(codes)]
        given = (ctypes.c_uint64 * len(words))(*words)
        if self._context.limit < len(initial):
            self.stopped = self._grow(len(initial))
        if not self.stopped:
            start = self._kernel.function("start", None, ADDRESS, ADDRESS, NUMBER)
            start(ctypes.addressof(self._context), ctypes.addressof(given), len(initial))
        self._note()

    def expand(self, first: int, last: int) -> str:
        if self._context.count > LONG and not self._level_of_code:
            self._use(1)
        self._context.following = first
        if self._context.count >= MANY and not self._many:
            self._many = True
            self._search_with(kernel(self.packing.words))
        if self._team is None and self._context.count >= self._ask_at:
            self._hire()
        if self._team is not None:
            why = self._team.expand(self._context, last, self.ends[-1], self._grow)
        else:
            why = ""
            while not why and self._expand(ctypes.addressof(self._context), last) == CROWDED:
                why = self._grow(BATCH * self._context.most)
        self._note()
        return why

    def _grow(self, room: int) -> str:
        """Make the hash table larger, for at least `room` more states; say why it cannot be."""
        count = self._context.count
        if count + room > self._most_states:
            if self._most_states == LARGEST:
                return f"{LARGEST} states are the most that this engine can tell apart"
            return memory_limit(_megabytes(self.budget))
        places = int(max(self._context.places * GROWTH, (count + room) / LOAD + 1))
        more = 8 * (places - self._context.places) >> 20
        if megabytes_in_use() + more > _megabytes(self.budget):
            return memory_limit(_megabytes(self.budget))
        self._spread(places)
        return ""

    def _note(self) -> None:
        """Take over what the kernel has learnt."""
        context = self._context
        for bit, title in enumerate(self.reached, start=1):
            self.reached[title] = bool(context.seen >> bit & 1)
        self.found = None if context.found < 0 else context.found
        self.transitions, self.deadlocks = context.transitions, context.deadlocks
        self.fired = list(self._fired[: len(self.system.actions)])
        self.expanded = max(self.expanded, context.following)

    def _hire(self) -> None:
        """Let several threads search from here on, if they pay and there is room for their work.

        If not, that is asked again when there are twice as many states.
        """
        self._ask_at = 2 * self._context.count
        threads = self.budget.threads
        if threads is None:
            threads = THREADS if idle_processors() >= THREADS - 1 else 1
        if threads == 1:
            return
        from tcpmodel.engines.team import Team

        with suppress(MemoryError):
            self._team = Team(threads, self.packing.words, self._context.most)
            self.threads = threads

    # --- what is known ---------------------------------------------------------------------------

    @cached_property
    def compiled(self) -> Interpreter:
        return interpreter(self.system)

    @property
    def peak_bytes(self) -> int:
        each = 8 * self.packing.words + 4
        return int(self._context.count * each + 8 * self._context.places)

    def values(self, terms: Sequence[Term]) -> NDArray[np.uint64]:
        variables, context = self.system.variables, self._context
        return values(variables, self.packing, terms, context.rows, context.count)

    def steps(self) -> Graph:
        import numpy as np

        from tcpmodel.engines.graph import Graph, require_countable

        require_countable(self.transitions)
        targets = np.empty(self.transitions, np.int32)
        actions = np.empty(self.transitions, np.int32)
        first = np.zeros(self._context.count + 1, np.int64)
        out = (targets, actions, first[1:])
        self._kernel.function("edges", NUMBER, ADDRESS, NUMBER, NUMBER, ADDRESS, ADDRESS, ADDRESS)(
            ctypes.addressof(self._context), 0, self.expanded, *(a.ctypes.data for a in out)
        )
        np.cumsum(first, out=first)
        return Graph(first, targets, actions)


class _States(Sequence[Codes]):
    """The states of a search, unpacked when they are looked at."""

    def __init__(self, packed: Packing, rows: Block, context: Context) -> None:
        self.packed = packed
        self.words = rows.numbers("Q")
        self.context = context

    def __len__(self) -> int:
        return int(self.context.count)

    @overload
    def __getitem__(self, index: int) -> Codes: ...
    @overload
    def __getitem__(self, index: slice) -> list[Codes]: ...
    def __getitem__(self, index: int | slice) -> Codes | list[Codes]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        if not 0 <= index < len(self):
            raise IndexError(index)
        size = self.packed.words
        return self.packed.unpack(self.words[index * size : (index + 1) * size])


def idle_processors() -> int:
    """How many of the processors that this process may use nobody uses right now."""
    mine = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    try:
        running = int(Path("/proc/loadavg").read_text(encoding="ascii").split()[3].split("/")[0])
    except (OSError, IndexError, ValueError):
        running = round(os.getloadavg()[0]) + 1
    return max(0, (mine or 1) - running)


def _megabytes(budget: Budget) -> int:
    return megabytes_of_machine() if budget.megabytes is None else budget.megabytes


def _first_places(actions: int) -> int:
    """How many places the hash table has at first: for two batches at least."""
    return max(SMALLEST, int(2 * BATCH * actions / LOAD))


def _reserved(budget: Budget, words: int, actions: int) -> tuple[Block, Block, Block]:
    """Room for the rows of all states that the budget allows, for their parents and for the table.

    Between two looks at the budget, a search may go beyond it.
    """
    most = (_megabytes(budget) << 20) // (8 * words + 4)
    if budget.states is not None:
        most = min(most, budget.states + EVERY * actions)
    most = min(most, LARGEST)
    while True:
        try:
            table = 8 * (_first_places(actions) + int(most / LOAD) + 8)
            return Block(8 * words * most), Block(4 * most), Block(table)
        except MemoryError:
            most //= 2
