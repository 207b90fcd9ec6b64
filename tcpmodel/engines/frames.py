"""What is known of the states that so and so many steps reach, and the solvers that know it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from pysat.solvers import Solver

from tcpmodel.engines.mining import SAT, Cube
from tcpmodel.semantics.encode import Encoding

WORN = 2000
"""After so many questions the solver is set up anew: each leaves a clause behind."""


class Frames:
    """The frames of property-directed reachability.

    cubes[k]: excluded from what k steps (or fewer) reach, and not known to be for k + 1.
    lasting: cubes that no run ever enters.
    """

    def __init__(self, encoding: Encoding, lasting: Sequence[Cube] = ()) -> None:
        self.encoding = encoding
        self.lasting = tuple(lasting)
        self.cubes: list[set[Cube]] = [set()]
        self._then = {now: atom.then for now, atom in encoding.atoms.items()}
        in_range = [*encoding.clauses, [encoding.in_range]]
        self._start = Solver(SAT, bootstrap_with=[*in_range, [encoding.init]])
        self._lifter = Solver(SAT, bootstrap_with=in_range)
        self._spare = count(encoding.last + 1)
        self._set_up()

    def _set_up(self) -> None:
        """A new solver of steps, with all that is still of use."""
        code = self.encoding
        self._asked, self._mark = 0, 0
        self._next = count(code.last + 1)
        self._solver = Solver(SAT, bootstrap_with=[*code.clauses, [code.in_range]])
        for cube in self.lasting:
            self._solver.add_clause([-literal for literal in cube])
            self._solver.add_clause([-self._then[literal] for literal in cube])
        self._marks: list[int] = []
        for level, cubes in enumerate(self.cubes):
            self._marks.append(next(self._next))
            for cube in cubes:
                self._exclude(cube, level)
        self._solver.add_clause([-self._marks[0], code.init])

    # --- what is known --------------------------------------------------------------------------

    @property
    def top(self) -> int:
        """How many steps are considered."""
        return len(self.cubes) - 1

    def grow(self) -> None:
        """Consider one step more."""
        self.cubes.append(set())
        self._marks.append(next(self._next))

    def exclude(self, cube: Cube, level: int) -> None:
        """No state of `cube` is reached by `level` steps or fewer."""
        for cubes in self.cubes[1 : level + 1]:
            cubes.difference_update([other for other in cubes if cube <= other])
        self.cubes[level].add(cube)
        self._exclude(cube, level)

    def _exclude(self, cube: Cube, level: int) -> None:
        self._solver.add_clause([-self._marks[level], *(-literal for literal in cube)])

    def excludes(self, cube: Cube, level: int) -> bool:
        """One excluded cube is enough to see that `level` steps do not reach `cube`."""
        return any(other <= cube for cubes in self.cubes[level:] for other in cubes)

    # --- questions ------------------------------------------------------------------------------

    def starts_in(self, cube: Iterable[int]) -> bool:
        """Whether some initial state is in `cube`."""
        return bool(self._start.solve(assumptions=list(cube)))

    def start(self) -> list[int]:
        """A model of the last initial state found."""
        found: list[int] = self._start.get_model()
        return found

    def reaches_goal(self, level: int) -> bool:
        """Whether a state that `level` steps may reach has the goal."""
        assumed = [*self._marks[level:], self.encoding.goal]
        return bool(self._solver.solve(assumptions=assumed))

    def unreached(self, cube: Cube, level: int, *, from_outside: bool) -> Cube | None:
        """As much of `cube` as it takes to see that no step enters it from a state that `level` - 1
        steps may reach (with `from_outside`: and that is not in it), and that it contains no
        initial state; None if some step enters it.
        """
        if self._asked >= WORN:
            self._set_up()
        self._forget()
        assumed = [*self._marks[level - 1 :], self.encoding.allowed]
        if from_outside:
            self._mark = next(self._next)
            self._asked += 1
            self._solver.add_clause([-self._mark, *(-literal for literal in cube)])
            assumed.append(self._mark)
        assumed += [self._then[literal] for literal in cube]
        if self._solver.solve(assumptions=assumed):
            return None
        core = set(self._solver.get_core() or ())
        return self._without_start({x for x in cube if self._then[x] in core}, cube)

    def _forget(self) -> None:
        """The clause of the last question is of no more use."""
        if self._mark:
            self._solver.add_clause([-self._mark])
            self._mark = 0

    def _without_start(self, kept: set[int], cube: Cube) -> Cube:
        """`kept` and as much of `cube` as it takes to contain no initial state."""
        if self.starts_in(kept):
            self.starts_in(cube)
            kept |= set(self._start.get_core() or ())
        return frozenset(kept)

    def model(self) -> tuple[list[int], list[int]]:
        """The state in the answer to the last question, as atoms, and the selector."""
        values = self._solver.get_model()
        chosen = [values[literal - 1] for literal in self.encoding.selector]
        return self.encoding.describe(self.encoding.state(values)), chosen

    def lifted(self, state: Sequence[int], chosen: Sequence[int], target: Cube | None) -> Cube:
        """All states that, like `state`, get into `target` by the action chosen (None: that have
        the goal), described by as few of its atoms as two cores tell.
        """
        mark = next(self._spare)
        if target is None:
            self._lifter.add_clause([-mark, -self.encoding.goal])
        else:
            missed = [-self._then[literal] for literal in target]
            self._lifter.add_clause([-mark, -self.encoding.allowed, *missed])
        kept = list(state)
        for _ in range(2):
            self._lifter.solve(assumptions=[mark, *chosen, *kept])
            core = set(self._lifter.get_core() or ())
            kept = [literal for literal in reversed(kept) if literal in core]
        self._lifter.add_clause([-mark])
        return frozenset(kept)
