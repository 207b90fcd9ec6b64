"""Facts that hold in all states met so far, and those of them that hold for good.

A short exploration shows which values never occur and which never occur together; what of that no
step breaks is an invariant to begin with.  (Flanagan, Leino 2001: Houdini.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations
from typing import TypeAlias

from pysat.solvers import Solver

from tcpmodel.semantics.encode import Encoding
from tcpmodel.semantics.interpret import Codes

Cube: TypeAlias = frozenset[int]
"""A set of states: the atoms (`encode.Atom.now`) that hold in all of them."""

SAT = "minisat22"
"""Many small questions with assumptions: the plain solver answers them fastest."""


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

    def cubes(self) -> list[Cube]:
        """Cubes of one or two atoms that none of the states is in."""
        found = [frozenset((x,)) for x, mask in self.masks.items() if not mask]
        some = [x for x, mask in self.masks.items() if mask and mask != self.all]
        atoms = self.encoding.atoms
        for a, b in combinations(some, 2):
            one, other = atoms[a], atoms[b]
            same = (one.column, one.place) == (other.column, other.place)
            if not same and not self.masks[a] & self.masks[b]:
                found.append(frozenset((a, b)))
        return found


def lasting(encoding: Encoding, cubes: Iterable[Cube], look: Callable[[], None]) -> list[Cube]:
    """The most of `cubes` that contain no initial state, and that no step enters from outside all
    of them.

    `look` is called now and then; it may raise.
    """
    clauses = [*encoding.clauses, [encoding.in_range]]
    with Solver(SAT, bootstrap_with=[*clauses, [encoding.init]]) as start:
        kept = [cube for cube in cubes if not start.solve(assumptions=sorted(cube))]
    then = {now: atom.then for now, atom in encoding.atoms.items()}
    marks = {cube: encoding.last + 1 + 2 * place for place, cube in enumerate(kept)}
    with Solver(SAT, bootstrap_with=[*clauses, [encoding.allowed]]) as solver:
        # A mark: the state before is outside.  The number after it: the state after is inside.
        for cube, mark in marks.items():
            solver.add_clause([-mark, *(-literal for literal in cube)])
            for literal in (mark, *(then[x] for x in cube)):
                solver.add_clause([-(mark + 1), literal])
        solver.add_clause([mark + 1 for mark in marks.values()])
        while solver.solve(assumptions=list(marks.values())):
            look()
            model = solver.get_model()
            after = {x for x, p in then.items() if (model[abs(p) - 1] > 0) == (p > 0)}
            for cube in [cube for cube in marks if after.issuperset(cube)]:
                solver.add_clause([-marks.pop(cube)])
    return list(marks)
