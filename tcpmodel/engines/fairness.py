"""Fairness: which assumptions a question makes, which loops are fair, which assumptions it takes.

A weakly fair group of actions that stays enabled is taken; a strongly fair one is taken if it is
enabled again and again.  Strong fairness is weak fairness and more, so the sets of assumptions are
ordered, and what holds under some of them holds under more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from tcpmodel.core.property import Property
from tcpmodel.engines.graph import Graph, Mask, Numbers

NONE, WEAK, STRONG = 0, 1, 2
_WORDS = ("", "weak", "strong")
MAX_SETS = 500
"""How many sets of assumptions are tried in the search for minimal ones."""


@dataclass(frozen=True)
class Assumptions:
    """For each group of actions, how fair it is assumed to be."""

    groups: tuple[str, ...]
    levels: tuple[int, ...]

    @staticmethod
    def of(question: Property) -> Assumptions:
        """What a question assumes; strong fairness includes weak."""
        strong = set(question.strong)
        groups = tuple(dict.fromkeys((*question.weak, *question.strong)))
        return Assumptions(groups, tuple(STRONG if g in strong else WEAK for g in groups))

    @property
    def names(self) -> tuple[str, ...]:
        """Each assumption in words: `weak A CLOSE`."""
        return tuple(self.name(i) for i in range(len(self.groups)) if self.levels[i])

    def name(self, place: int) -> str:
        """What is assumed of one group; empty for nothing."""
        return f"{_WORDS[self.levels[place]]} {self.groups[place]}" if self.levels[place] else ""

    def weaker(self) -> Iterator[tuple[int, Assumptions]]:
        """All sets that assume one step less, and of which group."""
        for place, level in enumerate(self.levels):
            if level:
                less = (*self.levels[:place], level - 1, *self.levels[place + 1 :])
                yield place, replace(self, levels=less)


@dataclass(frozen=True)
class Cycles:
    """The part of a graph that lies on cycles: its strongly connected components.

    nodes: what the states of `graph` are called in the graph it was taken from.
    label: the component of each.  group: of each action, the place of its fairness group in
    `enabled`, or one more than the last.  enabled: for each group, the states where it can move.
    wanted: the states of which a loop has to have one.
    """

    graph: Graph
    nodes: Numbers
    label: Numbers
    group: Numbers
    enabled: Sequence[Mask]
    wanted: Mask

    @staticmethod
    def of(graph: Graph, group: Numbers, enabled: Sequence[Mask], wanted: Mask) -> Cycles:
        """The cycles of a whole graph."""
        nodes = np.arange(len(graph), dtype=np.int32)
        return _cycles(graph, nodes, group, enabled, wanted)

    def within(self, states: Mask) -> Cycles:
        """The cycles through some of the states only."""
        part = self.graph.part(states, self.graph.inside(states))
        enabled = [able[states] for able in self.enabled]
        return _cycles(part, self.nodes[states], self.group, enabled, self.wanted[states])

    def component(self, states: Mask) -> Cycles:
        """States known to be one component, perhaps beside others."""
        edges = self.graph.inside(states)
        if np.array_equal(edges, states[self.graph.source]):
            return self  # no edge leaves them
        part = self.graph.part(states, edges)
        enabled = [able[states] for able in self.enabled]
        label = np.zeros(len(part), np.int32)
        wanted = self.wanted[states]
        return Cycles(part, self.nodes[states], label, self.group, enabled, wanted)

    @cached_property
    def takers(self) -> list[Numbers]:
        """For each group, where the edges that belong to it begin."""
        group = self.group[self.graph.action]
        return [self.graph.source[group == place] for place in range(len(self.enabled))]

    def fair(self, fairness: Assumptions) -> Numbers:
        """For each state, the number of the largest fair set that it lies in; 0 for none.

        A set is fair if a run can go round in it for ever, past all of its states and edges,
        and one of its states is wanted.  (Emerson and Lei 1987: states in which a strongly fair
        group can move that is not taken cannot be passed again and again.)
        """
        found = np.zeros(len(self.graph), np.int32)
        part, known = self, np.arange(len(self.graph))
        while len(part.graph):
            good, rest = part._settled(fairness)
            found[known[good]] = part.label[good] + found.max() + 1
            if not rest.any():
                break
            part, nodes = part.within(rest), part.nodes
            # Both are ascending, and what is left is part of what there was.
            known = known[np.searchsorted(nodes, part.nodes)]
        return found

    def _settled(self, fairness: Assumptions) -> tuple[Mask, Mask]:
        """The states of components that are fair; those among which something may be."""
        count = int(self.label.max()) + 1
        hopeless, unfair = np.ones(count, np.bool_), np.zeros(count, np.bool_)
        hopeless[self.label[self.wanted]] = False
        passed_over = np.zeros(len(self.graph), np.bool_)
        for place, level in enumerate(fairness.levels):
            if level == NONE:
                continue
            enabled, missed = self.enabled[place], np.ones(count, np.bool_)
            missed[self.label[self.takers[place]]] = False
            if level == WEAK:
                missed[self.label[~enabled]] = False
                hopeless |= missed
            else:
                passed_over |= enabled & missed[self.label]
        unfair[self.label[passed_over]] = True
        good = ~(hopeless | unfair)[self.label]
        return good, (unfair & ~hopeless)[self.label] & ~passed_over


def _cycles(
    graph: Graph, nodes: Numbers, group: Numbers, enabled: Sequence[Mask], wanted: Mask
) -> Cycles:
    label = graph.components()
    edges = label[graph.source] == label[graph.target]
    states = np.zeros(len(graph), np.bool_)
    states[graph.source[edges]] = True
    used = np.zeros(len(graph), np.int32)
    used[label[states]] = 1
    numbers = np.cumsum(used, dtype=np.int32) - 1
    return Cycles(
        graph.part(states, edges),
        nodes[states],
        numbers[label[states]],
        group,
        [able[states] for able in enabled],
        wanted[states],
    )


@dataclass
class Minimal:
    """The minimal sets of assumptions among those at most as strong as some that suffice.

    complete: all of them were found.
    """

    sets: list[Assumptions] = field(default_factory=list)
    complete: bool = True


def minimal(
    top: Assumptions, holds: Callable[[Assumptions], bool], go_on: Callable[[], bool]
) -> Minimal:
    """All minimal sets under which something holds that holds under `top`.

    At most `MAX_SETS` sets are tried, and none after `go_on` is false.
    """
    answers = {top: True}
    todo, found = [top], Minimal()
    while todo:
        here = todo.pop()
        smallest = True
        for _, less in here.weaker():
            if less not in answers:
                if len(answers) >= MAX_SETS or not go_on():
                    found.complete = False
                    return found
                answers[less] = holds(less)
                if answers[less]:
                    todo.append(less)
            smallest &= not answers[less]
        if smallest:
            found.sets.append(here)
    found.sets.sort(key=lambda s: (sum(map(bool, s.levels)), sum(s.levels), s.levels[::-1]))
    return found
