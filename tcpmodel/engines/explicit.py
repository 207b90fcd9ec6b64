"""Explicit search: every reachable state, breadth first, so that counterexamples are shortest.

The search loop is written once and takes its successors from the reference interpreter.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path

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
    interpreter,
    solutions,
)
from tcpmodel.semantics.replay import choices_through, replay

NAME = "explicit"
EVERY = 1 << 13
"""How many states are expanded between two looks at the budget."""


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle `always` and `sometimes` by visiting every reachable state.

    `always` FAILS and `sometimes` HOLDS with a shortest trace; both are otherwise settled only if
    the search is complete.  A bound that is reached makes `always` HOLDS_UP_TO the depth that
    was completed.  Raises `ModelError` if there is no initial state.
    """
    if question.kind is Kind.WITHIN:
        monitored, holds = bounded_response(system, question)
        return replace(check(monitored, always(holds), budget, observer), question=question)
    if question.kind not in (Kind.ALWAYS, Kind.SOMETIMES):
        raise refusal(NAME, question.kind)
    started = time.process_time()
    goal = question.formula if question.kind is Kind.SOMETIMES else z3.Not(question.formula)
    search = explored(system, question, budget, observer, goal=goal)
    return _result(system, question, search, time.process_time() - started)


def explored(
    system: TransitionSystem,
    question: Property,
    budget: Budget,
    observer: Observer,
    *,
    goal: Term | None = None,
    view: Sequence[Term] = (),
    keep_edges: bool = False,
) -> Search:
    """The part of `system` that `question` and `view` are about, searched: until a state with
    `goal` is found if there is one, as far as the budget goes otherwise.

    Raises `ModelError` if there is no initial state, and for a question that tells slots apart.
    """
    goal = z3.BoolVal(False) if goal is None else goal
    asked = [goal, *(t for t in (question.premise, question.target) if t is not None)]
    asked += [] if question.fact is None else atoms(question.fact)
    small = cone(system, [*asked, *view, *system.watches.values()])
    require_symmetric(small, [*asked, *small.watches.values()])
    search = Search(interpreter(small), goal, budget, observer, keep_edges=keep_edges)
    search.watch("", question.premise)
    for title, term in small.watches.items():
        search.watch(title, term)
    search.run()
    return search


@dataclass
class Search:
    """Breadth-first search over an interpreter, with what it has learnt so far.

    order: the states in the order of discovery.  parents: for each, the index of the state it was
    reached from.  ends[d]: how many states have depth at most d.  found: index of the first state
    that satisfies the goal, or None.  stopped: why the search ended early; empty if it did not.
    """

    compiled: Interpreter
    goal: Term
    budget: Budget
    observer: Observer = silent
    keep_edges: bool = False
    order: list[Codes] = field(default_factory=list)
    parents: list[int] = field(default_factory=list)
    index: dict[Codes, int] = field(default_factory=dict)
    ends: list[int] = field(default_factory=list)
    fired: list[int] = field(default_factory=list)
    edges: list[list[tuple[int, int]]] = field(default_factory=list)
    transitions: int = 0
    deadlocks: int = 0
    found: int | None = None
    stopped: str = ""
    timed_out: bool = False
    watches: dict[str, Callable[[Codes], bool]] = field(default_factory=dict)
    reached: dict[str, bool] = field(default_factory=dict)

    def watch(self, title: str, term: Term | None) -> None:
        """Note whether `term` ever holds."""
        if term is not None:
            self.watches[title] = self.compiled.predicate(term)
            self.reached[title] = False

    @property
    def depth(self) -> int:
        """The depth, in steps, up to which every state is known."""
        return len(self.ends) - 1

    def run(self) -> None:
        """Search until the goal is found, nothing is left, or the budget is used up."""
        try:
            self._run()
        except KeyboardInterrupt:
            self.stopped, self.timed_out = "interrupted", True

    def _run(self) -> None:
        initial = self.compiled.initial()
        if not initial:
            raise ModelError(
                f"{self.compiled.system.name} has no initial state: its initial condition "
                "contradicts itself"
            )
        self.fired = [0] * len(self.compiled.system.actions)
        self.limits = Limits(self.budget)
        holds = self.compiled.predicate(self.goal)
        for state in initial:
            self.index[state] = len(self.order)
            self.order.append(state)
            self.parents.append(-1)
        self._note(0)
        self.ends.append(len(self.order))
        self.found = next((i for i, s in enumerate(self.order) if holds(s)), None)
        first = 0
        while self.found is None and first < len(self.order) and not self.stopped:
            if self.budget.depth is not None and self.depth >= self.budget.depth:
                self.stopped = f"the bound of {self.budget.depth} steps was reached"
                return
            last = len(self.order)
            self._level(first, last, holds)
            if self.found is None and not self.stopped and len(self.order) > last:
                self.ends.append(len(self.order))
            first = last

    def _level(self, first: int, last: int, holds: Callable[[Codes], bool]) -> None:
        """Expand the states `first` to `last`: the next level of the search."""
        order, index, parents, fired = self.order, self.index, self.parents, self.fired
        successors = self.compiled.successors
        for start in range(first, last, EVERY):
            noted = len(order)
            for here in range(start, min(start + EVERY, last)):
                steps = successors(order[here])
                self.transitions += len(steps)
                if not steps:
                    self.deadlocks += 1
                out = []
                for action, state in steps:
                    fired[action] += 1
                    there = index.get(state)
                    if there is None:
                        there = index[state] = len(order)
                        order.append(state)
                        parents.append(here)
                        if self.found is None and holds(state):
                            self.found = there
                    out.append((action, there))
                if self.keep_edges:
                    self.edges.append(out)
                if self.found is not None:
                    break
            self._note(noted)
            if self.found is not None:
                return
            self.observer(Progress("search", self.depth, len(order)))
            self.stopped, self.timed_out = self.limits.reached(len(order))
            if self.stopped:
                return

    def _note(self, start: int) -> None:
        """Look at the watched conditions in the states from `start` on, until each has held."""
        for title, seen in self.reached.items():
            if not seen:
                holds = self.watches[title]
                self.reached[title] = any(holds(s) for s in self.order[start:])

    @property
    def complete(self) -> bool:
        """Nothing is left to search."""
        return not self.stopped and self.found is None

    def path(self, target: int) -> list[tuple[int, Codes]]:
        """The steps from an initial state to state `target`: (action, state after it)."""
        states = [target]
        while self.parents[states[-1]] >= 0:
            states.append(self.parents[states[-1]])
        states.reverse()
        steps = []
        for here, there in pairwise(states):
            wanted = self.order[there]
            action = next(a for a, s in self.compiled.successors(self.order[here]) if s == wanted)
            steps.append((action, wanted))
        return steps

    def start_of(self, target: int) -> Codes:
        """The initial state from which state `target` was reached."""
        while self.parents[target] >= 0:
            target = self.parents[target]
        return self.order[target]

    def evidence(self) -> Evidence:
        """What was explored, for the result."""
        names = [a.name for a in self.compiled.system.actions]
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

    def reached(self, states: int) -> tuple[str, bool]:
        """(which limit is reached, whether it is the time limit)."""
        budget = self.budget
        if budget.states is not None and states >= budget.states:
            return f"the limit of {budget.states} states was reached", False
        if self.deadline is not None and time.monotonic() > self.deadline:
            return f"the time limit of {budget.seconds} s was reached", True
        if budget.megabytes is not None and megabytes_in_use() > budget.megabytes:
            return f"the memory limit of {budget.megabytes} MB was reached", False
        return "", False


def megabytes_in_use() -> int:
    """The resident size of this process, in megabytes; its peak where only that is known."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        return pages * resource.getpagesize() >> 20
    except (OSError, IndexError, ValueError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10


def trace_to(system: TransitionSystem, search: Search, target: int, goal: Term) -> Trace:
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


def _result(system: TransitionSystem, question: Property, search: Search, seconds: float) -> Result:
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
        NAME,
        search.evidence(),
        trace,
        reason,
        states=len(search.order),
        transitions=search.transitions,
        depth=search.depth if search.complete else max(search.depth, 0),
        cpu_seconds=seconds,
    )
