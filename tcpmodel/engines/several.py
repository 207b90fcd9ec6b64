"""Several runs to a state, none like another: what they pass through differs.

Runs are told apart by their projection: the values of some terms, one after the other, without
those that repeat the last.  Pairs of such a word and a state are searched in the order of the
length of the runs through them (A*, Hart, Nilsson and Raphael 1968, with the distance to the
nearest goal as its heuristic), so that each word is found by a shortest run that has it.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeAlias

import z3

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.monitor import bounded_response
from tcpmodel.core.property import Kind, Property, always
from tcpmodel.core.result import Budget, Observer, Progress, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.core.trace import Trace
from tcpmodel.engines.exploration import Exploration, Limits, explored, run_along
from tcpmodel.engines.native import quickest
from tcpmodel.semantics.interpret import compile_predicate

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tcpmodel.engines.graph import Graph

FURTHER = 6
"""How much deeper than the last run the graph is explored in search of another one."""

MOST_PAIRS = 2_000_000
"""How many pairs of a word and a state are looked at."""

Pair: TypeAlias = tuple[int, int]
"""A word (its number) and the state in which it ends."""


_Entry: TypeAlias = tuple[int, int, Pair, "Pair | None", int]
"""The length of the shortest run through a pair; the steps to it; the pair; and where it was
reached from, by which edge.
"""


@dataclass(frozen=True)
class Several:
    """Runs to where a property is settled, shortest first, no two with the same projection.

    steps: all of at most so many steps were considered; None if no run was left out.
    reason: why there are not as many as were asked for; empty if there are.
    """

    traces: tuple[Trace, ...]
    steps: int | None
    reason: str = ""


def several(
    system: TransitionSystem,
    question: Property,
    count: int,
    view: Sequence[Term],
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Several:
    """At most `count` counterexamples of an `always` or `within`, witnesses of a `sometimes`.

    Each ends where it first settles the property.  view: what tells them apart.
    The limits of the budget are for all of it, searching and replaying; the first run that was
    found is replayed in any case.
    Raises `ModelError` for other properties, and for systems whose states cannot be searched.
    """
    if question.kind is Kind.WITHIN:
        system, holds = bounded_response(system, question)
        question = always(holds)
    if question.kind not in (Kind.ALWAYS, Kind.SOMETIMES):
        raise ModelError(
            f"several runs are found for always, sometimes and within, not for "
            f"{question.kind.value}"
        )
    goal = question.formula if question.kind is Kind.SOMETIMES else z3.Not(question.formula)
    limits = Limits(budget)
    depth = FURTHER
    while True:
        bound = depth if budget.depth is None else min(depth, budget.depth)
        short = replace(budget, depth=bound, seconds=limits.left)
        search = explored(system, question, short, observer, quickest(), view=[goal, *view])
        found = _Words(search, goal, view, count, limits, observer)
        found.run()
        deep = search.complete or search.stopped != f"the bound of {bound} steps was reached"
        if found.stopped or len(found.ends) == count or deep or bound == budget.depth:
            return _told(system, goal, search, found)
        depth *= 2


def _told(system: TransitionSystem, goal: Term, search: Exploration, found: _Words) -> Several:
    traces: list[Trace] = []
    for end in found.ends:
        late = found.limits.reached(0)[0] if traces else ""
        try:
            traces += [] if late else [_trace(system, goal, search, found, end)]
        except KeyboardInterrupt:
            late = "interrupted"
        if late:  # all that are shorter than this one have been told
            shorter = len(found.path(end)[1]) - 1
            return Several(tuple(traces), min(found.bound, shorter), late)
    if len(traces) == found.count:
        return Several(tuple(traces), found.bound)
    longer = f"the bound of {search.budget.depth} steps was reached" if found.cut else ""
    stopped = search.stopped
    if search.timed_out and stopped != "interrupted":
        stopped = found.limits.reached(0)[0]  # the search knew only the time that was left
    reason = found.stopped or stopped or longer
    return Several(tuple(traces), found.bound if reason else None, reason)


def _trace(
    system: TransitionSystem, goal: Term, search: Exploration, found: _Words, end: Pair
) -> Trace:
    """The run to `end`, in the whole system."""
    start, path = found.path(end)
    steps = [(action, search.order[state]) for action, state in path]
    trace = run_along(system, search.compiled, search.order[start], steps)
    last = tuple(v.domain.encode(trace.state(len(trace))[v.name]) for v in system.variables)
    if not compile_predicate(system.variables, goal)(last):
        raise EngineError("a run that was found does not lead where it should")
    return trace


class _Words:
    """The search through pairs of a word and a state.

    ends: the pairs in which the runs end that have been found, shortest first.
    bound: all runs of at most so many steps have been considered.  cut: there are longer ones.
    stopped: why the search ended early; empty if it did not.
    """

    def __init__(
        self,
        search: Exploration,
        goal: Term,
        view: Sequence[Term],
        count: int,
        limits: Limits,
        observer: Observer,
    ) -> None:
        most = limits.budget.depth
        self.graph = search.steps()
        known = [] if search.complete else [search.depth]
        asked = [] if most is None else [most]
        self.depth = min([*known, *asked], default=None)
        self.initial = search.ends[0]
        self.labels = _labels(search.values(view))
        self.left = distances(self.graph, search.holding(goal))
        self.count, self.limits, self.observer = count, limits, observer
        self.ends: list[Pair] = []
        self.bound = 0
        self.cut = False
        self.stopped = ""
        self._arrived: set[int] = set()
        self._words: dict[tuple[int, int], int] = {}
        self._before: dict[Pair, tuple[Pair, int]] = {}

    def run(self) -> None:
        """Search until enough is found, nothing is left, or a limit is reached."""
        try:
            self._run()
        except KeyboardInterrupt:
            self.stopped = "interrupted"

    def _run(self) -> None:
        starts = (s for s in range(self.initial) if self.left[s] >= 0)
        queue: list[_Entry] = [
            (self.left[s], 0, (self._word(-1, self.labels[s]), s), None, -1) for s in starts
        ]
        heapq.heapify(queue)
        seen: set[Pair] = set()
        while queue and (self.depth is None or queue[0][0] <= self.depth):
            length, taken, pair, before, edge = heapq.heappop(queue)
            if pair in seen:
                continue
            seen.add(pair)
            if before is not None:
                self._before[pair] = (before, edge)
            self.bound = max(self.bound, length - 1)
            if self.left[pair[1]] == 0:
                self._arrive(pair)
            if len(self.ends) == self.count or self._too_many(len(seen), length):
                return
            if self.left[pair[1]]:
                for entry in self._onward(pair, taken):
                    if entry[2] not in seen:
                        heapq.heappush(queue, entry)
        self.cut = bool(queue)
        if self.depth is not None:
            self.bound = self.depth

    def _arrive(self, pair: Pair) -> None:
        """A run has come to a goal; only the first with its word counts."""
        if pair[0] not in self._arrived:
            self._arrived.add(pair[0])
            self.ends.append(pair)

    def _onward(self, pair: Pair, taken: int) -> Iterator[_Entry]:
        """The steps from a pair that can lead to a goal."""
        word, state = pair
        for way in self.graph.edges(state):
            there = int(self.graph.target[way])
            if self.left[there] >= 0:
                label = self.labels[there]
                after = word if label == self.labels[state] else self._word(word, label)
                yield taken + 1 + self.left[there], taken + 1, (after, there), pair, way

    def _too_many(self, seen: int, length: int) -> bool:
        if seen % 4096 == 0:
            self.observer(Progress("runs", length, seen))
            self.stopped, _ = self.limits.reached(0)
            if seen >= MOST_PAIRS:
                self.stopped = f"the limit of {MOST_PAIRS:,} ways to get on was reached"
        return bool(self.stopped)

    def _word(self, before: int, label: int) -> int:
        return self._words.setdefault((before, label), len(self._words))

    def path(self, end: Pair) -> tuple[int, list[tuple[int, int]]]:
        """The initial state, and the steps to `end`: (action, state after it)."""
        steps = []
        while end in self._before:
            before, edge = self._before[end]
            steps.append((int(self.graph.action[edge]), end[1]))
            end = before
        return end[1], steps[::-1]


def _labels(values: NDArray[np.uint64]) -> list[int]:
    """A number for each state; the same for those in which the view is the same."""
    import numpy as np

    if not values.shape[1]:
        return [0] * len(values)
    found: Any = np.unique(values, axis=0, return_inverse=True)[1]
    return [int(number) for number in found.ravel()]


def distances(graph: Graph, goals: NDArray[np.bool_]) -> list[int]:
    """For each state the number of steps to the nearest goal; -1 where none can be reached."""
    import numpy as np

    from tcpmodel.engines.graph import Graph

    back = Graph.of(len(graph), graph.target, graph.source, graph.action)
    found = np.where(goals, 0, -1)
    level, here = 0, np.asarray(np.flatnonzero(goals), np.int64)
    while len(here):
        level += 1
        first, sizes = back.indptr[here], np.diff(back.indptr)[here]
        offset = np.repeat(first - np.cumsum(sizes) + sizes, sizes)
        before = np.unique(back.target[offset + np.arange(len(offset))])
        here = np.asarray(before[found[before] < 0], np.int64)
        found[here] = level
    return [int(number) for number in found]
