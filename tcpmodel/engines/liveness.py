"""Liveness: what happens sooner or later in every fair run, and what happens for ever.

A run goes on as long as some action is enabled and stutters for ever where none is.  A
counterexample is a lasso whose loop (or last state) is fair and breaks the property: on its loop a
weakly fair group of actions is taken or disabled somewhere, a strongly fair one is taken or
disabled everywhere.  Loops are looked for in the strongly connected components of the explored
graph (Lichtenstein and Pnueli 1985).

Every kind of property comes down to one search.  A run breaks `leads_to` if, from some state with
the premise on, it stays away from the target; `eventually`, if it does so from the start;
`infinitely_often`, from any state on; `eventually_always`, if it is away from it again and again.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property

import numpy as np

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.property import LIVENESS, Kind, Property
from tcpmodel.core.result import (
    Budget,
    Fairness,
    Need,
    Observer,
    Progress,
    Result,
    Scope,
    Verdict,
    silent,
)
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.trace import Trace
from tcpmodel.engines.exploration import Exploration, explored, whole
from tcpmodel.engines.fairness import Assumptions, Cycles, minimal
from tcpmodel.engines.kinds import refusal
from tcpmodel.engines.lasso import Lasso, Ways, shortest
from tcpmodel.engines.native import quickest
from tcpmodel.semantics.interpret import Codes
from tcpmodel.semantics.replay import choices_through, replay

NAME = "liveness"
MAX_UNWINDING = 64
"""How often a loop is repeated until the slots of a channel stand as they did at its start."""


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle a property of whole runs on the graph of all reachable states.

    FAILS with a lasso; HOLDS if the graph is complete and has none, with the minimal sets of
    fairness assumptions that it takes.  An incomplete graph can still show a lasso; without one
    the verdict is UNKNOWN.  Raises `ModelError` for an unknown fairness group and if there is no
    initial state.
    """
    if question.kind not in LIVENESS:
        raise refusal(NAME, question.kind)
    started, since = time.process_time(), time.monotonic()
    _require_groups(system, question)
    search = explored(system, question, budget, observer, quickest())
    fairness, trace = None, None
    try:
        observer(Progress("loops", search.depth, len(search.order)))
        runs = Runs(search, question)
        lasso = runs.lasso(Assumptions.of(question))
        if lasso is not None:
            trace = _trace(system, search, lasso)
    except KeyboardInterrupt:
        search.stopped = "interrupted"
    if trace is not None:
        verdict, covers, reason = Verdict.FAILS, "this run", ""
    elif search.complete:
        verdict, covers, reason = Verdict.HOLDS, "all runs through all reachable states", ""
        fairness = _needed(system, search, runs, question, budget, observer, since)
    else:
        covers, reason = f"all states of depth at most {search.depth}", search.stopped
        verdict = Verdict.UNKNOWN
    assumed = ", ".join(
        [*(f"weak {g}" for g in question.weak), *(f"strong {g}" for g in question.strong)]
    )
    about = {
        **system.assumptions,
        "fairness": assumed or "none",
        "runs": "go on as long as some action is enabled, and stutter for ever where none is",
    }
    return Result(
        verdict,
        question,
        Scope(covers, None, about),
        NAME,
        search.evidence(),
        trace,
        reason,
        states=len(search.order),
        transitions=search.transitions,
        depth=search.depth,
        cpu_seconds=time.process_time() - started,
        fairness=fairness,
    )


def _require_groups(system: TransitionSystem, question: Property) -> None:
    known = sorted({a.event.group for a in system.actions if a.event.group})
    for group in (*question.weak, *question.strong):
        if group not in known:
            raise ModelError(
                f"no group of actions is called {group!r}; there are {', '.join(known)}"
            )


class Runs:
    """The runs that break a question, but for their fairness.

    inside: the states in which they go on for ever.  starts: where they may begin to do so.
    wanted: the states of which they see some again and again.
    """

    def __init__(self, search: Exploration, question: Property) -> None:
        self.search = search
        states, kind = len(search.order), question.kind
        everywhere = np.ones(states, np.bool_)
        goal = question.formula if question.target is None else question.target
        away = ~search.holding(goal)
        self.inside = everywhere if kind is Kind.EVENTUALLY_ALWAYS else away
        self.wanted = away
        self.starts = self.inside
        if kind is Kind.LEADS_TO:
            self.starts = away & search.holding(question.formula)
        elif kind is Kind.EVENTUALLY:
            self.starts = away & (np.arange(states) < search.ends[0])
        self.groups = Assumptions.of(question).groups
        self.graph = search.steps()

    @cached_property
    def ways(self) -> Ways:
        """The ways to where they are for ever."""
        depth = np.searchsorted(self.search.ends, np.arange(len(self.graph)), side="right")
        inside = self.graph.with_edges(self.graph.inside(self.inside))
        return Ways.through(inside, self.inside, self.starts, depth)

    @cached_property
    def cycles(self) -> Cycles:
        """The cycles in which they may go round."""
        actions = self.search.system.actions
        number = {group: place for place, group in enumerate(self.groups)}
        group = np.array([number.get(a.event.group, len(number)) for a in actions], np.int32)
        enabled = []
        for place in range(len(self.groups)):
            able = np.zeros(len(self.graph), np.bool_)
            able[self.graph.source[(group == place)[self.graph.action]]] = True
            enabled.append(able)
        # Of a component all states are reached or none is; one that is not has nothing wanted.
        return Cycles.of(self.ways.graph, group, enabled, self.wanted & self.ways.reached)

    def deadlock(self) -> Lasso | None:
        """A shortest way to where nothing is enabled any more."""
        ends = self.ways.reached & self.wanted & (np.diff(self.graph.indptr) == 0)
        ends[self.search.expanded :] = False  # their steps were not looked at
        places = np.flatnonzero(ends)
        if not len(places):
            return None
        return self.ways.lasso([], int(places[np.argmin(self.ways.rank[places])]))

    def lasso(self, fairness: Assumptions) -> Lasso | None:
        """A short way to a fair loop or to a deadlock, whichever is shorter."""
        if not self.starts.any():
            return None
        stop, loop = self.deadlock(), shortest(self.ways, self.cycles, fairness)
        found = [lasso for lasso in (stop, loop) if lasso is not None]
        return min(found, key=self.ways.cost, default=None)


def _needed(
    system: TransitionSystem,
    search: Exploration,
    runs: Runs,
    question: Property,
    budget: Budget,
    observer: Observer,
    since: float,
) -> Fairness:
    """Which sets of the assumptions suffice, and what happens without each one of them."""
    top = Assumptions.of(question)

    def go_on() -> bool:
        observer(Progress("fairness", search.depth, len(search.order)))
        return budget.seconds is None or time.monotonic() < since + budget.seconds

    def holds(fairness: Assumptions) -> bool:
        return not runs.starts.any() or not runs.cycles.fair(fairness).any()

    minimal_sets: list[tuple[Need, ...]] = []
    complete = False
    try:
        found = minimal(top, holds, go_on)
        for fairness in found.sets:
            needs = []
            for place, less in fairness.weaker():
                lasso = runs.lasso(less)
                if lasso is None:
                    raise EngineError("an assumption that can be dropped was called necessary")
                trace = _trace(system, search, lasso)
                needs.append(Need(fairness.name(place), less.name(place), trace))
            minimal_sets.append(tuple(needs))
        complete = found.complete
    except KeyboardInterrupt:
        pass  # the verdict stands
    return Fairness(top.names, tuple(minimal_sets), complete)


def _trace(system: TransitionSystem, search: Exploration, lasso: Lasso) -> Trace:
    """The lasso as a run of the whole system.

    Sorted slots hide that a loop may leave the segments in other slots than it found them in; it is
    repeated until the whole state returns.
    """

    def coded(steps: Sequence[tuple[int, int]]) -> list[tuple[int, Codes]]:
        return [(action, search.order[state]) for action, state in steps]

    prefix = search.path(lasso.entry) + coded(lasso.way)
    initial, start = whole(system, search.compiled, search.start_of(lasso.entry))

    def run(times: int) -> Trace:
        steps = prefix + coded(lasso.loop) * times
        return replay(system, choices_through(search.compiled, steps, start), initial=initial)

    if not lasso.loop:
        stopped = run(0)
        return Trace(stopped.system, stopped.initial, stopped.steps, len(stopped))
    times = 1
    while times <= MAX_UNWINDING:
        trace = run(times)
        ends = [len(prefix) + len(lasso.loop) * i for i in range(times + 1)]
        for first in ends[:-1]:
            if trace.state(first) == trace.state(ends[-1]):
                return Trace(trace.system, trace.initial, trace.steps, first)
        times *= 2
    raise EngineError("the loop of a lasso does not close")
