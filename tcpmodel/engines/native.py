"""Explicit search in native code: every reachable state, millions of them in a second.

States are packed into words and kept in a hash table (`semantics.kernel`); the model's steps are
compiled from its terms (`semantics.model_code`).  States are found in the same order as by the
reference interpreter.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Observer, Result, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines import explicit
from tcpmodel.engines.exploration import (
    EVERY,
    Exploration,
    Steps,
    megabytes_in_use,
    megabytes_of_machine,
    memory_limit,
    settle,
)
from tcpmodel.semantics.interpret import Codes, Interpreter, interpreter
from tcpmodel.semantics.jit import Library, Machine, available
from tcpmodel.semantics.kernel import BATCH, CROWDED, Context
from tcpmodel.semantics.model_code import MAX_FORMULAS, model_code
from tcpmodel.semantics.native import ADDRESS, NUMBER, address, kernel, values
from tcpmodel.semantics.packing import Rows, packing

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
        self._text = model_code(system, self.packing, [goal, *self.watches.values()])
        self._kernel = kernel(self.packing.words)
        self._expand = self._kernel.function("expand", NUMBER, ADDRESS, NUMBER)
        self._reserve()
        self._use(0)
        self.order = _States(self)
        self.parents = _Parents(self)

    def _reserve(self) -> None:
        """Set memory aside; the system gives it only once it is used."""
        words, actions = self.packing.words, max(1, len(self.system.actions))
        self._rows, self._parents = _reserved(self.budget, words, actions)
        self._fired = np.zeros(actions, np.int64)
        room = BATCH * actions
        self._buffers: list[NDArray[Any]] = [
            np.empty((room, words), np.uint64),
            np.empty(room, np.uint32),
            np.empty(room, np.uint64),
            np.empty(room, np.int64),
            np.empty(BATCH, np.int64),
        ]
        self._context = Context(
            rows=address(self._rows),
            parents=address(self._parents),
            found=-1,
            fired=address(self._fired),
            most=actions,
            found_rows=address(self._buffers[0]),
            found_actions=address(self._buffers[1]),
            hashes=address(self._buffers[2]),
            starts=address(self._buffers[3]),
            counts=address(self._buffers[4]),
        )
        self._table = np.zeros(0, np.uint64)
        self._new_table(max(SMALLEST, int(2 * room / LOAD)))

    def _use(self, level: int) -> None:
        """Let the model's functions be those compiled at this level of optimisation."""
        self._level_of_code = level
        self._library = Library(Machine(level).cached(self._text))
        self._context.successors = self._library.address("successors")
        self._context.check = self._library.address("check")

    def _new_table(self, places: int) -> None:
        """Replace the hash table by one of `places` places; the old one is given up first."""
        self._table = np.zeros(0, np.uint64)
        self._table = np.zeros(places, np.uint64)
        context = self._context
        context.table, context.places = address(self._table), places
        context.limit = min(int(places * LOAD), len(self._rows))
        self._kernel.function("rebuild", None, ADDRESS)(ctypes.addressof(context))

    # --- the search ------------------------------------------------------------------------------

    def begin(self, initial: Sequence[Codes]) -> None:
        given = self.packing.pack(initial)
        while self._context.limit < len(given):
            self._grow(len(given))
        start = self._kernel.function("start", None, ADDRESS, ADDRESS, NUMBER)
        start(ctypes.addressof(self._context), address(given), len(given))
        self._note()

    def expand(self, first: int, last: int) -> str:
        if self._context.count > LONG and not self._level_of_code:
            self._use(1)
        self._context.following = first
        why = ""
        while not why and self._expand(ctypes.addressof(self._context), last) == CROWDED:
            why = self._grow(BATCH * self._context.most)
        self._note()
        return why

    def _grow(self, room: int) -> str:
        """Make the hash table larger, for at least `room` more states; say why it cannot be."""
        count = self._context.count
        if count + room > len(self._rows):
            if len(self._rows) == LARGEST:
                return f"{LARGEST} states are the most that this engine can tell apart"
            return memory_limit(_megabytes(self.budget))
        places = int(max(self._context.places * GROWTH, (count + room) / LOAD + 1))
        more = (places - self._context.places) * self._table.itemsize >> 20
        if megabytes_in_use() + more > _megabytes(self.budget):
            return memory_limit(_megabytes(self.budget))
        self._new_table(places)
        return ""

    def _note(self) -> None:
        """Take over what the kernel has learnt."""
        context = self._context
        for bit, title in enumerate(self.reached, start=1):
            self.reached[title] = bool(context.seen >> bit & 1)
        self.found = None if context.found < 0 else context.found
        self.transitions, self.deadlocks = context.transitions, context.deadlocks
        self.fired = self._fired[: len(self.system.actions)].tolist()
        self.expanded = max(self.expanded, context.following)

    # --- what is known ---------------------------------------------------------------------------

    @property
    def rows(self) -> Rows:
        """The states in the order of discovery, packed."""
        return self._rows[: self._context.count]

    @property
    def parent_of(self) -> NDArray[np.uint32]:
        """For each state, the index of the one it was reached from; 2^32 - 1 for initial ones."""
        return self._parents[: self._context.count]

    @cached_property
    def compiled(self) -> Interpreter:
        return interpreter(self.system)

    @property
    def peak_bytes(self) -> int:
        return int(self.rows.nbytes + self.parent_of.nbytes + self._table.nbytes)

    def values(self, terms: Sequence[Term]) -> NDArray[np.uint64]:
        return values(self.system.variables, self.packing, terms, self.rows)

    def steps(self) -> Steps:
        count = self.expanded
        targets = np.empty(self.transitions, np.int32)
        actions = np.empty(self.transitions, np.int32)
        first = np.zeros(len(self.rows) + 1, np.int64)
        signature = [ADDRESS, NUMBER, NUMBER, *[ADDRESS] * 3]
        self._kernel.function("edges", NUMBER, *signature)(
            ctypes.addressof(self._context),
            0,
            count,
            address(targets),
            address(actions),
            address(first[1:]),
        )
        np.cumsum(first, out=first)
        return Steps(first, targets, actions)


class _States(Sequence[Codes]):
    """The states of a search, unpacked when they are looked at."""

    def __init__(self, search: Search) -> None:
        self.search = search

    def __len__(self) -> int:
        return len(self.search.rows)

    @overload
    def __getitem__(self, index: int) -> Codes: ...
    @overload
    def __getitem__(self, index: slice) -> list[Codes]: ...
    def __getitem__(self, index: int | slice) -> Codes | list[Codes]:
        unpack = self.search.packing.unpack
        rows = self.search.rows[index].tolist()
        return [unpack(row) for row in rows] if isinstance(index, slice) else unpack(rows)


class _Parents(Sequence[int]):
    """For each state of a search, the index of the one it was reached from."""

    def __init__(self, search: Search) -> None:
        self.search = search

    def __len__(self) -> int:
        return len(self.search.parent_of)

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> list[int]: ...
    def __getitem__(self, index: int | slice) -> int | list[int]:
        found: int | list[int] = self.search.parent_of[index].tolist()
        return found


def _megabytes(budget: Budget) -> int:
    return megabytes_of_machine() if budget.megabytes is None else budget.megabytes


def _reserved(budget: Budget, words: int, actions: int) -> tuple[Rows, NDArray[np.uint32]]:
    """Room for the rows of all states that the budget allows, and for their parents.

    Between two looks at the budget, a search may go beyond it.
    """
    most = (_megabytes(budget) << 20) // (8 * words + 4)
    if budget.states is not None:
        most = min(most, budget.states + EVERY * actions)
    most = min(most, LARGEST)
    while True:
        try:
            return np.empty((most, words), np.uint64), np.empty(most, np.uint32)
        except MemoryError:
            most //= 2
