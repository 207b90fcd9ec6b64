"""Breadth-first exploration: levels, budget, what is learnt on the way, and what follows from it.

Where states are kept and how they are expanded is left to `explicit.Search` and `native.Search`.
"""

from __future__ import annotations

import os
import resource
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, TypeVar

import z3

from tcpmodel.core.cone import cone, require_symmetric
from tcpmodel.core.epistemic import atoms
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.monitor import bounded_response
from tcpmodel.core.property import Kind, Property, always
from tcpmodel.core.result import (
    Budget,
    Evidence,
    Observer,
    Progress,
    Result,
    Scope,
    Verdict,
    silent,
)
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.core.trace import Trace
from tcpmodel.engines.kinds import refusal
from tcpmodel.semantics.interpret import (
    Codes,
    Interpreter,
    compile_predicate,
    initial_states,
    solutions,
)
from tcpmodel.semantics.replay import choices_through, replay

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tcpmodel.engines.graph import Graph

EVERY = 1 << 13
"""How many states are expanded between two looks at the budget."""


class Exploration(ABC):
    """A breadth-first search of `system`, with what it has learnt so far.

    order: the states in the order of discovery.  parents: for each, the index of the state it was
    reached from.  ends[d]: how many states have depth at most d.  found: index of the first state
    that satisfies `goal`, or None.  expanded: how many states have had their successors looked
    for.  fired: how often each action was taken.  deadlocks: states without successor.  reached:
    for each watched condition, whether it ever held.  stopped: why the search ended early; empty
    if it did not.  seconds, wall: processor time of `run`, and how long it took by the clock.
    threads: how many have searched together at most.
    """

    name: ClassVar[str]
    order: Sequence[Codes]
    parents: Sequence[int]

    def __init__(
        self,
        system: TransitionSystem,
        goal: Term,
        budget: Budget = Budget(),
        observer: Observer = silent,
        *,
        watches: Iterable[tuple[str, Term]] = (),
    ) -> None:
        self.system = system
        self.goal = goal
        self.budget = budget
        self.observer = observer
        self.watches = dict(watches)
        self.fired = [0] * len(system.actions)
        self.transitions = 0
        self.deadlocks = self.expanded = 0
        self.found: int | None = None
        self.ends: list[int] = []
        self.reached = dict.fromkeys(self.watches, False)
        self.stopped = ""
        self.timed_out = False
        self.seconds = self.wall = 0.0
        self.threads = 1

    # --- what a representation of states has to give ---------------------------------------------

    @property
    @abstractmethod
    def compiled(self) -> Interpreter:
        """The system, made executable by the reference interpreter."""

    @abstractmethod
    def steps(self) -> Graph:
        """The steps from the states that were expanded; the others have none."""

    @abstractmethod
    def values(self, terms: Sequence[Term]) -> NDArray[np.uint64]:
        """The values of `terms` in every state: a row for each state, a column for each term."""

    def holding(self, term: Term) -> NDArray[np.bool_]:
        """For every state, whether `term` holds in it."""
        held: NDArray[np.bool_] = self.values([term])[:, 0] != 0
        return held

    @property
    def peak_bytes(self) -> int | None:
        """The largest size of what is kept of the states, in octets, if it is known."""
        return None

    @abstractmethod
    def begin(self, initial: Sequence[Codes]) -> None:
        """Keep the initial states."""

    @abstractmethod
    def expand(self, first: int, last: int) -> str:
        """Keep the successors of the states `first` to `last`; say what got in the way, if any.

        Where the goal is found, the state that led to it is the last that is expanded.
        """

    # --- the search ------------------------------------------------------------------------------

    @property
    def depth(self) -> int:
        """The depth, in steps, up to which every state is known."""
        return len(self.ends) - 1

    @property
    def complete(self) -> bool:
        """Nothing is left to search."""
        return not self.stopped and self.found is None

    def run(self) -> None:
        """Search until the goal is found, nothing is left, or the budget is used up.

        Raises `ModelError` if there is no initial state.
        """
        started, begun = time.process_time(), time.monotonic()
        try:
            self._run()
        except KeyboardInterrupt:
            self.stopped, self.timed_out = "interrupted", True
        self.seconds, self.wall = time.process_time() - started, time.monotonic() - begun

    def _run(self) -> None:
        initial = initial_states(self.system)
        if not initial:
            raise ModelError(
                f"{self.system.name} has no initial state: its initial condition contradicts itself"
            )
        limits = Limits(self.budget)
        self.begin(initial)
        self.ends.append(len(self.order))
        first = 0
        while self.found is None and first < len(self.order) and not self.stopped:
            if self.budget.depth is not None and self.depth >= self.budget.depth:
                self.stopped = f"the bound of {self.budget.depth} steps was reached"
                return
            last = len(self.order)
            self._level(first, last, limits)
            if self.found is None and not self.stopped and len(self.order) > last:
                self.ends.append(len(self.order))
            first = last

    def _level(self, first: int, last: int, limits: Limits) -> None:
        """Expand the states `first` to `last`: the next level of the search."""
        for start in range(first, last, EVERY):
            self.stopped = self.expand(start, min(start + EVERY, last))
            if self.found is not None or self.stopped:
                return
            self.observer(Progress("search", self.depth, len(self.order)))
            self.stopped, self.timed_out = limits.reached(len(self.order))
            if self.stopped:
                return

    # --- what became of it -----------------------------------------------------------------------

    def path(self, target: int) -> list[tuple[int, Codes]]:
        """The steps from an initial state to state `target`: (action, state after it)."""
        states = [target]
        while (parent := self.parent(states[-1])) is not None:
            states.append(parent)
        states.reverse()
        steps = []
        for here, there in pairwise(states):
            wanted = self.order[there]
            action = next(a for a, s in self.compiled.successors(self.order[here]) if s == wanted)
            steps.append((action, wanted))
        return steps

    def parent(self, state: int) -> int | None:
        """The index of the state that `state` was reached from; None if it is an initial one."""
        index = int(self.parents[state])
        return index if 0 <= index < state else None

    def start_of(self, target: int) -> Codes:
        """The initial state from which state `target` was reached."""
        while (parent := self.parent(target)) is not None:
            target = parent
        return self.order[target]

    def evidence(self) -> Evidence:
        """What was explored, for the result."""
        names = [a.name for a in self.system.actions]
        fired = dict(zip(names, self.fired, strict=True))
        watches = {t: seen for t, seen in self.reached.items() if t}
        return Evidence(
            complete=self.complete,
            fired={n: k for n, k in fired.items() if k},
            never=tuple(n for n, k in fired.items() if not k),
            premise=self.reached.get(""),
            reached=watches,
            deadlocks=self.deadlocks,
        )


class Limits:
    """Looks at the clock and the memory of the process."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.deadline = None if budget.seconds is None else time.monotonic() + budget.seconds

    @property
    def left(self) -> float | None:
        """The seconds left, at least 0; None without a time limit."""
        return None if self.deadline is None else max(self.deadline - time.monotonic(), 0.0)

    def reached(self, states: int) -> tuple[str, bool]:
        """(which limit is reached, whether it is the time limit)."""
        budget = self.budget
        if budget.states is not None and states >= budget.states:
            return f"the limit of {budget.states} states was reached", False
        if self.deadline is not None and time.monotonic() > self.deadline:
            return f"the time limit of {budget.seconds} s was reached", True
        if budget.megabytes is not None and megabytes_in_use() > budget.megabytes:
            return memory_limit(budget.megabytes), False
        return "", False


def memory_limit(megabytes: int) -> str:
    """The reason why a search ended for lack of memory."""
    return f"the memory limit of {megabytes} MB was reached"


def megabytes_in_use() -> int:
    """The resident size of this process, in megabytes; its peak where only that is known."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() >> 20
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def megabytes_of_machine() -> int:
    """The memory that the machine has, in megabytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20


# --- from a search to a verdict -------------------------------------------------------------------

Searching = TypeVar("Searching", bound=Exploration)


def explored(
    system: TransitionSystem,
    question: Property,
    budget: Budget,
    observer: Observer,
    search: type[Searching],
    *,
    goal: Term | None = None,
    view: Sequence[Term] = (),
) -> Searching:
    """The part of `system` that `question` and `view` are about, searched: until a state with
    `goal` is found if there is one, as far as the budget goes otherwise.

    Raises `ModelError` if there is no initial state, and for a question that tells slots apart.
    """
    goal = z3.BoolVal(False) if goal is None else goal
    asked = [goal, *(t for t in (question.formula, question.target) if t is not None)]
    asked += [] if question.fact is None else atoms(question.fact)
    small = cone(system, [*asked, *view, *system.watches.values()])
    require_symmetric(small, [*asked, *small.watches.values()])
    premise = {} if question.premise is None else {"": question.premise}
    watches = {**premise, **small.watches}
    found = search(small, goal, budget, observer, watches=watches.items())
    found.run()
    return found


def settle(
    system: TransitionSystem,
    question: Property,
    budget: Budget,
    observer: Observer,
    search: type[Exploration],
) -> Result:
    """Settle `always`, `sometimes` and `within` by visiting every reachable state.

    `always` FAILS and `sometimes` HOLDS with a shortest trace; both are otherwise settled only if
    the search is complete.  A bound that is reached makes `always` HOLDS_UP_TO the depth that
    was completed.  Raises `ModelError` if there is no initial state.
    """
    if question.kind is Kind.WITHIN:
        monitored, holds = bounded_response(system, question)
        told = settle(monitored, always(holds), budget, observer, search)
        return replace(told, question=question)
    if question.kind not in (Kind.ALWAYS, Kind.SOMETIMES):
        raise refusal(search.name, question.kind)
    started = time.process_time()
    goal = question.formula if question.kind is Kind.SOMETIMES else z3.Not(question.formula)
    found = explored(system, question, budget, observer, search, goal=goal)
    return _result(system, question, found, time.process_time() - started)


def trace_to(system: TransitionSystem, search: Exploration, target: int, goal: Term) -> Trace:
    """A shortest run of `system` to the state that the search of its cone calls `target`.

    `goal` has to hold at its end: the whole system is asked again.
    """
    trace = run_along(system, search.compiled, search.start_of(target), search.path(target))
    last = tuple(v.domain.encode(trace.state(len(trace))[v.name]) for v in system.variables)
    if not compile_predicate(system.variables, goal)(last):
        raise EngineError(
            "the run that was found does not lead where it should: does the property tell "
            "interchangeable slots apart?"
        )
    return trace


def run_along(
    system: TransitionSystem, compiled: Interpreter, start: Codes, path: list[tuple[int, Codes]]
) -> Trace:
    """The run of `system` that its cone takes from `start`; path: (action, state after it)."""
    initial, seen = whole(system, compiled, start)
    return replay(system, choices_through(compiled, path, seen), initial=initial)


def whole(system: TransitionSystem, compiled: Interpreter, codes: Codes) -> tuple[Codes, Codes]:
    """An initial state of `system` that is `codes` once its cone, `compiled`, has sorted it.

    Also what the cone sees of it: the slots of a canonical state may stand in an order in which
    no run starts.
    """
    for seen in solutions(compiled.system, 100_000):
        if compiled.canonical(seen) == codes:
            return next(solutions(system, 1, compiled.decode(seen))), seen
    raise EngineError(f"no initial state of {system.name} looks like {compiled.decode(codes)}")


def _result(
    system: TransitionSystem, question: Property, search: Exploration, seconds: float
) -> Result:
    found, sometimes = search.found is not None, question.kind is Kind.SOMETIMES
    trace = (
        trace_to(system, search, search.found, search.goal) if search.found is not None else None
    )
    steps = None
    if found:
        verdict = Verdict.HOLDS if sometimes else Verdict.FAILS
        covers, reason = "this run", ""
    elif search.complete:
        verdict = Verdict.FAILS if sometimes else Verdict.HOLDS
        covers, reason = "all reachable states", ""
    else:
        reason, steps = search.stopped, search.depth
        covers = f"all traces of at most {steps} steps"
        verdict = Verdict.UNKNOWN if sometimes or search.timed_out else Verdict.HOLDS_UP_TO
    return Result(
        verdict,
        question,
        Scope(covers, steps, system.assumptions),
        search.name,
        search.evidence(),
        trace,
        reason,
        states=len(search.order),
        transitions=search.transitions,
        depth=max(search.depth, 0),
        cpu_seconds=seconds,
        search_seconds=search.seconds,
        search_wall_seconds=search.wall,
        threads=search.threads,
        peak_bytes=search.peak_bytes,
    )
