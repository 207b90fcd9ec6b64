"""Guards in common: actions that share a conjunct are asked for it once.

Both back ends that run a system walk the same tree, so that both find the steps from a state in the
same order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tcpmodel.core.system import Action
from tcpmodel.core.terms import Term

DEEPEST = 60
"""How many questions may be nested: the generated Python is indented once for each."""


@dataclass(frozen=True)
class Leaf:
    """An action, by its index, and what of its guard has not been asked yet."""

    action: int
    guard: tuple[Term, ...]


@dataclass(frozen=True)
class Branch:
    """A conjunct, and the part of the tree that is reached only where it holds."""

    condition: Term
    inside: tuple[Node, ...]


Node: TypeAlias = Leaf | Branch

_Keyed: TypeAlias = tuple[int, list[tuple[int, Term]]]
"""The index of an action, and the conjuncts of its guard with their ids."""


def guard_tree(actions: Sequence[Action]) -> tuple[Node, ...]:
    """The guards of `actions`, split on the conjunct that most of them share."""
    return _tree(
        [(i, [(part.get_id(), part) for part in a.guard]) for i, a in enumerate(actions)], 1
    )


def _tree(actions: list[_Keyed], depth: int) -> tuple[Node, ...]:
    nodes: list[Node] = []
    while actions:
        tally = Counter(key for _, guard in actions for key, _ in guard)
        common = tally.most_common(1)
        if not common or common[0][1] < 2 or depth > DEEPEST:
            nodes += [Leaf(i, tuple(part for _, part in guard)) for i, guard in actions]
            break
        key = common[0][0]
        inside = [(i, g) for i, g in actions if any(k == key for k, _ in g)]
        actions = [(i, g) for i, g in actions if all(k != key for k, _ in g)]
        shared = next(part for k, part in inside[0][1] if k == key)
        rest = [(i, [pair for pair in g if pair[0] != key]) for i, g in inside]
        nodes.append(Branch(shared, _tree(rest, depth + 1)))
    return tuple(nodes)
