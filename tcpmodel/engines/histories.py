"""The search over all runs as agents with perfect recall see them: shortest runs first."""

from __future__ import annotations

from typing import TypeAlias

from tcpmodel.core.epistemic import And, Atom, Fact, Implies, Knows, Not, Or, View
from tcpmodel.core.errors import EngineError
from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Observer, Progress
from tcpmodel.core.system import TransitionSystem
from tcpmodel.engines.explicit import Search
from tcpmodel.engines.exploration import EVERY, Limits
from tcpmodel.engines.recall import Edge, Graph, Layer

Run: TypeAlias = tuple[int, list[Edge]]
"""A run of the searched graph: its first state and its steps."""


class Histories:
    """The search over the trees of runs, shortest runs first.

    order: the trees in the order of discovery.  depth: up to which, in steps, all are known.
    found: a tree at the least depth with the premise but without the knowledge, or None.
    premise: whether the premise was reached.
    stopped: why the search ended early; empty if it did not.
    """

    def __init__(self, system: TransitionSystem, search: Search, question: Property) -> None:
        assert question.fact is not None
        self.graph = Graph(system, search, question.view is View.EVENTS)
        self.when, self.fact = question.formula, question.fact
        self.top = Layer(self.graph, [self.fact])
        self.reached: dict[int, tuple[int, Edge] | None] = {}
        self.order: list[int] = []
        self.transitions = 0
        self.depth = 0
        self.found: int | None = None
        self.premise = False
        self.stopped = ""
        self.timed_out = False

    def run(self, budget: Budget, observer: Observer) -> None:
        """Search until the claim is refuted, nothing is left, or the budget is used up."""
        try:
            self._run(budget, observer)
        except KeyboardInterrupt:
            self.stopped, self.timed_out = "interrupted", True

    def _run(self, budget: Budget, observer: Observer) -> None:
        limits = Limits(budget)
        for tree in self.top.starts():
            self._discover(tree, None)
        level = 0
        while self.found is None and level < len(self.order):
            if budget.depth is not None and self.depth >= budget.depth:
                self.stopped = f"the bound of {budget.depth} steps was reached"
                return
            end = len(self.order)
            for place in range(level, end):
                tree = self.order[place]
                for edge, after in self.top.steps(tree):
                    self.transitions += 1
                    self._discover(after, (tree, edge))
                if place % (EVERY >> 5) == 0:
                    observer(Progress("histories", self.depth, len(self.order)))
                    self.stopped, self.timed_out = limits.reached(len(self.top))
                    if self.stopped:
                        return
            if self.found is not None:
                return
            self.depth += len(self.order) > end
            level = end

    def _discover(self, tree: int, by: tuple[int, Edge] | None) -> None:
        if tree in self.reached:
            return
        self.reached[tree] = by
        self.order.append(tree)
        if not self.graph.holds(self.when, self.top.states[tree]):
            return
        if (self.found is None or self._is_false(self.found)) and not self.top.true(
            self.fact, tree
        ):
            better = self.found is None or not self._is_false(tree)
            self.found = tree if better else self.found
        asks = not isinstance(self.fact, Implies) or self.top.true(self.fact.premise, tree)
        self.premise = self.premise or asks

    def _is_false(self, tree: int) -> bool:
        """What should be known is not even true: of equally short runs, not the one to show."""
        inner = self.fact.fact if isinstance(self.fact, Knows) else None
        return isinstance(inner, Atom) and not self.top.true(inner, tree)

    def to(self, tree: int) -> Run:
        """The run that led to `tree`."""
        edges = []
        while (by := self.reached[tree]) is not None:
            tree, edge = by
            edges.append(edge)
        return self.top.states[tree], edges[::-1]

    # --- why something is not known -----------------------------------------------------------

    def chain(
        self, fact: Fact, layer: Layer, tree: int, run: Run, value: bool
    ) -> list[tuple[str, Run]]:
        """Why `fact` has this `value` at the end of `run`, whose tree in `layer` is `tree`.

        Each run looks to its agent like the one before.
        """
        match fact:
            case Not(part):
                return self.chain(part, layer, tree, run, not value)
            case Implies(premise, conclusion):
                reasons = [(conclusion, value), (premise, not value)]
            case And(several) | Or(several):
                reasons = [(part, value) for part in several]
            case Knows(agent, inner) if not value:
                below = layer.below[agent]
                there, twin = self._twin(agent, below, inner, run)
                return [(agent, twin), *self.chain(inner, below, there, twin, False)]
            case _:
                return []
        given = [(part, v) for part, v in reasons if layer.true(part, tree) is v]
        shown = (self.chain(part, layer, tree, run, v) for part, v in given)
        return next(filter(None, shown), [])

    def _twin(self, agent: str, layer: Layer, inner: Fact, run: Run) -> tuple[int, Run]:
        """A shortest run without `inner` at its end in which `agent` notices the same."""
        noticed, view = self.graph.noticed(agent), self.graph.view(agent)
        heard, here = [], run[0]
        for edge in run[1]:
            place = self.graph.search.edges[here].index(edge)
            heard += [noticed[here][place]] if noticed[here][place] >= 0 else []
            here = edge[1]
        starts = [t for t in layer.starts() if view[layer.states[t]] == view[run[0]]]
        came: dict[tuple[int, int], tuple[tuple[int, int], Edge] | None]
        came = {(0, tree): None for tree in starts}
        queue = list(came)
        for now in queue:
            count, tree = now
            if count == len(heard) and not layer.true(inner, tree):
                edges: list[Edge] = []
                back = now
                while (by := came[back]) is not None:
                    back, edge = by
                    edges.append(edge)
                return tree, (layer.states[back[1]], edges[::-1])
            for place, edge in enumerate(self.graph.search.edges[layer.states[tree]]):
                seen = noticed[layer.states[tree]][place]
                if seen >= 0 and heard[count : count + 1] != [seen]:
                    continue
                after = (count + (seen >= 0), layer.step(tree, place))
                if after not in came:
                    came[after] = now, edge
                    queue.append(after)
        raise EngineError("knowledge was refuted by no run")
