"""Clauses that hold in all states met so far, and those of them that hold for good.

A short exploration shows which bits never differ and which pairs of values never occur; what of
that no step breaks is an invariant to begin with.  (Flanagan, Leino 2001: Houdini.)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations

from pysat.solvers import Solver

from tcpmodel.core.system import TransitionSystem
from tcpmodel.semantics.encode import Encoding
from tcpmodel.semantics.interpret import Codes, interpreter


def states_met(system: TransitionSystem, limit: int) -> list[Codes]:
    """The first states that a breadth-first search meets."""
    run = interpreter(system, canonical=False)
    order = run.initial(limit)
    seen = set(order)
    for state in order:
        if len(order) >= limit:
            break
        for _, there in run.successors(state):
            if there not in seen:
                seen.add(there)
                order.append(there)
    return order


class Samples:
    """States, by atom: bit i of `masks[literal]` says that the atom holds in state i."""

    def __init__(self, encoding: Encoding, states: Sequence[Codes]) -> None:
        self.encoding = encoding
        self.all = (1 << len(states)) - 1
        self.masks = {
            now: int("".join("01"[atom.holds(state)] for state in reversed(states)), 2)
            for now, atom in encoding.atoms.items()
        }

    def touch(self, cube: Iterable[int]) -> bool:
        """Whether one of the states is in `cube`."""
        left = self.all
        for literal in cube:
            left &= self.masks[literal]
            if not left:
                return False
        return True

    def cubes(self) -> list[tuple[int, ...]]:
        """Cubes of one or two atoms that none of the states is in."""
        found: list[tuple[int, ...]] = [(x,) for x, mask in self.masks.items() if not mask]
        some = [x for x, mask in self.masks.items() if mask and mask != self.all]
        atoms = self.encoding.atoms
        for a, b in combinations(some, 2):
            one, other = atoms[a], atoms[b]
            told = one.column == other.column and one.place == other.place
            if not told and not self.masks[a] & self.masks[b]:
                found.append((a, b))
        return found


def lasting(encoding: Encoding, cubes: Sequence[tuple[int, ...]]) -> list[tuple[int, ...]]:
    """Those of `cubes` that contain no initial state and that no step enters from outside them."""
    prime = {now: atom.then for now, atom in encoding.atoms.items()}
    start = Solver("minisat22", bootstrap_with=[*encoding.clauses, [encoding.init], [encoding.in_range]])
    cubes = [c for c in cubes if not start.solve(assumptions=list(c))]
    solver = Solver("minisat22", bootstrap_with=[*encoding.clauses, [encoding.allowed], [encoding.in_range]])
    top = encoding.last
    marks = {}
    entered = []
    for cube in cubes:
        top += 2
        marks[cube] = top
        solver.add_clause([-top, *(-x for x in cube)])
        entered.append(top - 1)
        solver.add_clause([-(top - 1), top])
        for x in cube:
            solver.add_clause([-(top - 1), prime[x]])
    solver.add_clause(entered)
    rounds = 0
    import sys
    while solver.solve(assumptions=[m for m in marks.values()]):
        rounds += 1
        values = solver.get_model()
        holds = {x for x, then in prime.items() if (values[abs(then) - 1] > 0) == (then > 0)}
        for cube in list(marks):
            if holds.issuperset(cube):
                solver.add_clause([-marks.pop(cube)])
    print('rounds',rounds)
    return list(marks)
