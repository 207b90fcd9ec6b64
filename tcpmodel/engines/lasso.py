"""Lassos: a short way to a short fair loop.

Shortest of all would be too much to ask (a shortest fair loop is a travelling salesman's tour): the
way is a shortest one, and the loop goes from each thing that fairness asks for to the nearest next.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpmodel.core.errors import EngineError
from tcpmodel.engines.fairness import STRONG, WEAK, Assumptions, Cycles
from tcpmodel.engines.graph import Graph, Mask, Numbers

CANDIDATES = 16
"""How many states near the start are tried as places to begin a loop."""
MAX_EDGES = 2_000_000
"""How many edges are walked in all, to find a shorter loop than the first."""


@dataclass(frozen=True)
class Lasso:
    """Numbers of states and the actions between them: a way to the loop, and once around it.

    entry: the state in which the way begins.  way, loop: steps, (action, state after it).
    A loop without steps stutters.
    """

    entry: int
    way: list[tuple[int, int]]
    loop: list[tuple[int, int]]


@dataclass(frozen=True)
class Ways:
    """Shortest ways through a graph, from the starts of a property.

    rank: for each state, its place among all by its distance from the initial states; -1 if
    it is not reached.  before: the state before it, if it is not a start itself; None if all are
    starts.  depth: of each state, how far it is from an initial state in the whole graph.
    """

    graph: Graph
    rank: NDArray[Any]
    before: Numbers | None
    depth: NDArray[Any]

    @staticmethod
    def through(graph: Graph, inside: Mask, starts: Mask, depth: NDArray[Any]) -> Ways:
        """Ways that stay inside, where `graph` has no edge that leads elsewhere."""
        states = np.arange(len(graph))
        if np.array_equal(inside, starts):
            return Ways(graph, np.where(inside, states, -1), None, depth)
        first = np.flatnonzero(starts)
        order, before = graph.breadth_first_from(first, depth[first])
        rank = np.full(len(graph), -1)
        rank[order] = np.arange(len(order))
        return Ways(graph, rank, before, depth)

    @property
    def reached(self) -> Mask:
        """The states to which there is a way."""
        return self.rank >= 0

    def to(self, state: int) -> list[int]:
        """The states on the way to `state`, from a start."""
        found = [state]
        while self.before is not None and self.before[found[-1]] < len(self.graph):
            found.append(int(self.before[found[-1]]))
        return found[::-1]

    def length(self, state: int) -> int:
        """How many steps it is from an initial state to `state`, past a start."""
        way = self.to(state)
        return int(self.depth[way[0]]) + len(way) - 1

    def lasso(self, loop: list[tuple[int, int]], start: int) -> Lasso:
        """The lasso with a loop of steps from `start` to itself, entered where it is nearest."""
        if loop:
            nearest = min(range(len(loop)), key=lambda i: (int(self.rank[loop[i][1]]), i))
            loop, start = loop[nearest + 1 :] + loop[: nearest + 1], loop[nearest][1]
        way = self.to(start)
        edges = (self.graph.edge(here, there) for here, there in pairwise(way))
        steps = [(int(self.graph.action[e]), int(self.graph.target[e])) for e in edges]
        return Lasso(way[0], steps, loop)

    def cost(self, lasso: Lasso) -> int:
        """The number of steps of a lasso, with those that lead to its entry."""
        return int(self.depth[lasso.entry]) + len(lasso.way) + len(lasso.loop)


def shortest(ways: Ways, cycles: Cycles, fairness: Assumptions) -> Lasso | None:
    """A short lasso with a fair loop, or None if there is none."""
    found = cycles.fair(fairness)
    fit = np.flatnonzero((found > 0) & cycles.wanted)
    if not len(fit):
        return None
    fit = fit[np.argsort(ways.rank[cycles.nodes[fit]], kind="stable")]
    best: Lasso | None = None
    walked = 0
    parts: dict[int, Cycles] = {}
    for state in fit[:CANDIDATES]:
        number = int(found[state])
        part = parts.get(number)
        if part is None:
            part = parts[number] = cycles.component(found == number)
        start = int(np.searchsorted(part.nodes, cycles.nodes[state]))
        loop = _Tour(part, fairness, start).steps
        lasso = ways.lasso([(a, int(part.nodes[s])) for a, s in loop], int(cycles.nodes[state]))
        if best is None or ways.cost(lasso) < ways.cost(best):
            best = lasso
        walked += len(part.graph.target) * (len(fairness.groups) + 1)
        if walked > MAX_EDGES:
            break
    return best


class _Tour:
    """Once around in the fair component of a state, past all that fairness asks for."""

    def __init__(self, part: Cycles, fairness: Assumptions, start: int) -> None:
        self.part = part
        self.graph = part.graph
        self.steps: list[tuple[int, int]] = []
        # A strongly fair group that is not taken in the component can nowhere move in it.
        self.pending = {
            place: level
            for place, level in enumerate(fairness.levels)
            if level == WEAK
            or (level == STRONG and np.any(part.label[part.takers[place]] == part.label[start]))
        }
        self.here = start
        self.arrive(start)
        while self.pending:
            self.seek()
        self.close(start)

    def arrive(self, state: int) -> None:
        """Where a group cannot move, nothing is owed to it if it is weakly fair."""
        self.here = state
        for place, level in list(self.pending.items()):
            if level == WEAK and not self.part.enabled[place][state]:
                del self.pending[place]

    def take(self, edge: int) -> None:
        action = int(self.graph.action[edge])
        self.steps.append((action, int(self.graph.target[edge])))
        self.pending.pop(int(self.part.group[action]), None)
        self.arrive(int(self.graph.target[edge]))

    def seek(self) -> None:
        """Go to the nearest state in which something that is pending can be had."""
        rank, before = self.look_around()
        nearest, goal, place = min(
            (int(rank[state]), state, place)
            for place, level in self.pending.items()
            for states in self.places(place, level)
            for state in [int(states[np.argmin(rank[states])])]
        )
        if nearest == len(self.graph):
            raise EngineError("a component that is not fair was taken for fair")
        self.walk(before, goal)
        if place in self.pending:
            group, action = self.part.group, self.graph.action
            self.take(next(e for e in self.graph.edges(goal) if group[action[e]] == place))

    def places(self, place: int, level: int) -> list[NDArray[Any]]:
        """The sets of states in which a group is taken, or cannot move."""
        found: list[NDArray[Any]] = [self.part.takers[place]]
        if level == WEAK:
            found.append(np.flatnonzero(~self.part.enabled[place]))
        return [states for states in found if len(states)]

    def look_around(self) -> tuple[NDArray[Any], Numbers]:
        """The place of each state among all by its distance from here, and its predecessor."""
        order, before = self.graph.breadth_first(self.here)
        rank = np.full(len(self.graph), len(self.graph))
        rank[order] = np.arange(len(order))
        return rank, before

    def close(self, start: int) -> None:
        """Back to the start, by at least one step."""
        if self.here == start and self.steps:
            return
        rank, before = self.look_around()
        if self.here != start:
            self.walk(before, start)
            return
        last = self.graph.source[self.graph.target == start]
        goal = int(last[np.argmin(rank[last])])
        self.walk(before, goal)
        self.take(self.graph.edge(goal, start))

    def walk(self, before: Numbers, goal: int) -> None:
        """A shortest way to `goal`, given the predecessors as seen from here."""
        states = [goal]
        while states[-1] != self.here:
            states.append(int(before[states[-1]]))
        for here, there in pairwise(reversed(states)):
            self.take(self.graph.edge(here, there))
