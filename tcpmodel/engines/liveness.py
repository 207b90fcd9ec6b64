"""Liveness: does every run from `premise` reach `target`?

A run goes on as long as some action is enabled and stutters for ever where none is.  A
counterexample is a lasso that stays away from `target` and is fair: on its loop a weakly fair group
of actions is taken or disabled somewhere, a strongly fair one is taken or disabled everywhere.
The loop is looked for in the strongly connected components of the explored graph (Lichtenstein and
Pnueli 1985).
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import networkx as nx

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.result import Budget, Observer, Progress, Result, Scope, Verdict, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.trace import Trace
from tcpmodel.engines.exploration import Exploration, explored, whole
from tcpmodel.engines.kinds import refusal
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
    """Settle `leads_to` on the graph of all reachable states.

    FAILS with a lasso; HOLDS if the graph is complete and has none.  An incomplete graph can still
    show a lasso; without one the verdict is UNKNOWN.  Raises `ModelError` for an unknown fairness
    group and if there is no initial state.
    """
    if question.kind is not Kind.LEADS_TO or question.target is None:
        raise refusal(NAME, question.kind)
    started = time.process_time()
    known = sorted({a.event.group for a in system.actions if a.event.group})
    for group in (*question.weak, *question.strong):
        if group not in known:
            raise ModelError(
                f"no group of actions is called {group!r}; there are {', '.join(known)}"
            )
    search = explored(system, question, budget, observer, quickest())
    try:
        observer(Progress("loops", search.depth, len(search.order)))
        lasso = _Graph(search, question).lasso()
    except KeyboardInterrupt:
        search.stopped, lasso = "interrupted", None
    trace = None if lasso is None else _trace(system, search, lasso)
    if trace is not None:
        verdict, covers, reason = Verdict.FAILS, "this run", ""
    elif search.complete:
        verdict, covers, reason = Verdict.HOLDS, "all runs through all reachable states", ""
    else:
        covers, reason = f"all states of depth at most {search.depth}", search.stopped
        verdict = Verdict.UNKNOWN
    fairness = ", ".join(
        [*(f"weak {g}" for g in question.weak), *(f"strong {g}" for g in question.strong)]
    )
    return Result(
        verdict,
        question,
        Scope(covers, None, {**system.assumptions, "fairness": fairness or "none"}),
        NAME,
        search.evidence(),
        trace,
        reason,
        states=len(search.order),
        transitions=search.transitions,
        depth=search.depth,
        cpu_seconds=time.process_time() - started,
    )


@dataclass(frozen=True)
class _Lasso:
    """Indices of states and the actions between them: a way to the loop, and once around it.

    A loop without actions stutters.
    """

    entry: int
    way: list[tuple[int, int]]
    loop: list[tuple[int, int]]


class _Graph:
    """The explored graph away from the target."""

    def __init__(self, search: Exploration, question: Property) -> None:
        self.search = search
        self.question = question
        compiled = search.compiled
        premise = compiled.predicate(question.formula)
        target = compiled.predicate(question.target)
        self.steps = search.steps()
        self.away = [not target(state) for state in search.order]
        self.starts = [i for i, state in enumerate(search.order) if self.away[i] and premise(state)]
        self.group = [a.event.group for a in search.system.actions]

    def edges(self, state: int) -> list[tuple[int, int]]:
        """The steps from `state` that stay away from the target."""
        return [(a, t) for a, t in self.steps[state] if self.away[t]]

    def enabled(self, state: int) -> set[str]:
        """The groups that can move in `state`."""
        return {self.group[a] for a, _ in self.steps[state]}

    def lasso(self) -> _Lasso | None:
        """A shortest way to some fair loop, or None."""
        parents, reachable = self.explore()
        for state in reachable:
            if state < self.search.expanded and not self.steps[state]:
                return _Lasso(*self.way(parents, state), [])
        graph = nx.DiGraph()
        graph.add_nodes_from(reachable)
        graph.add_edges_from((s, t) for s in reachable for _, t in self.edges(s))
        for component in self.fair_components(graph):
            state = min(component, key=lambda s: (len(self.way(parents, s)[1]), s))
            return _Lasso(*self.way(parents, state), self.tour(component, state))
        return None

    def explore(self) -> tuple[dict[int, tuple[int, int] | None], list[int]]:
        """Everything that can be reached from the premise without meeting the target."""
        parents: dict[int, tuple[int, int] | None] = dict.fromkeys(self.starts)
        queue, order = deque(self.starts), list(self.starts)
        while queue:
            state = queue.popleft()
            for action, there in self.edges(state):
                if there not in parents:
                    parents[there] = (state, action)
                    queue.append(there)
                    order.append(there)
        return parents, order

    def way(
        self, parents: dict[int, tuple[int, int] | None], state: int
    ) -> tuple[int, list[tuple[int, int]]]:
        steps: list[tuple[int, int]] = []
        while (parent := parents[state]) is not None:
            steps.append((parent[1], state))
            state = parent[0]
        return state, steps[::-1]

    # --- fairness ---------------------------------------------------------------------------

    def fair_components(self, graph: nx.DiGraph) -> Iterable[set[int]]:
        """Strongly connected sets with a fair tour, pruned for strong fairness."""
        todo = [graph]
        while todo:
            part = todo.pop()
            for component in nx.strongly_connected_components(part):
                inside = part.subgraph(component)
                if inside.number_of_edges() == 0:
                    continue
                taken = self.taken(component)
                if any(
                    self.always_enabled(g, component) and g not in taken for g in self.question.weak
                ):
                    continue
                wanting = {
                    s
                    for g in self.question.strong
                    if g not in taken
                    for s in component
                    if g in self.enabled(s)
                }
                if not wanting:
                    yield component
                else:
                    todo.append(inside.subgraph(component - wanting).copy())

    def taken(self, component: set[int]) -> set[str]:
        return {self.group[a] for s in component for a, t in self.edges(s) if t in component}

    def always_enabled(self, group: str, component: set[int]) -> bool:
        return all(group in self.enabled(s) for s in component)

    def tour(self, component: set[int], start: int) -> list[tuple[int, int]]:
        """Once around: from `start` back to it, past all that fairness asks for."""
        steps: list[tuple[int, int]] = []
        here = start
        for group in (*self.question.weak, *self.question.strong):
            if group in self.taken(component):
                here = self.walk(component, here, steps, takes=group)
            elif group in self.question.weak:
                idle = {s for s in component if group not in self.enabled(s)}
                here = self.walk(component, here, steps, to=idle)
        if here != start or not steps:
            self.walk(component, here, steps, to={start}, at_least_one=True)
        return steps

    def walk(
        self,
        component: set[int],
        here: int,
        steps: list[tuple[int, int]],
        *,
        to: set[int] | None = None,
        takes: str | None = None,
        at_least_one: bool = False,
    ) -> int:
        """Append a shortest walk inside `component`, to `to` or by an action of `takes`."""
        if to is not None and here in to and not at_least_one:
            return here
        parents: dict[int, tuple[int, int]] = {}
        queue = deque([here])
        seen = {here}
        while queue:
            state = queue.popleft()
            for action, there in self.edges(state):
                if there not in component:
                    continue
                arrived = there in to if to is not None else self.group[action] == takes
                if arrived:
                    back = [(action, there)]
                    while state != here:
                        previous, step = parents[state]
                        back.append((step, state))
                        state = previous
                    steps.extend(reversed(back))
                    return there
                if there not in seen:
                    seen.add(there)
                    parents[there] = (state, action)
                    queue.append(there)
        raise EngineError("a strongly connected component is not connected")


def _trace(system: TransitionSystem, search: Exploration, lasso: _Lasso) -> Trace:
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
