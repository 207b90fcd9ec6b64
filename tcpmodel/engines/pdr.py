"""Property-directed reachability: an inductive invariant, clause by clause, from what would break it.

For every k a set of states that contains all that k steps reach is kept as clauses over the bits
of the state.  A state of the last set that leads to the goal is either traced back to an initial
state or excluded, with as many others as possible, by a clause that holds one step longer than
what it is derived from.  Two sets that are equal are the proof.  (Bradley 2011; Eén, Mishchenko,
Brayton 2011.)
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

import z3
from pysat.solvers import Solver

from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Observer, Progress, Result, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines.proving import Prover, prove
from tcpmodel.semantics.encode import Encoding
from tcpmodel.semantics.replay import Choice

NAME = "pdr"
SAT = "minisat22"
"""Many small questions with assumptions: the plain solver answers them fastest."""

WORN = 2000
"""After so many questions the solver is set up anew: each leaves a clause behind."""

Cube: TypeAlias = frozenset[int]
"""A set of states: the literals that hold in all of them."""


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle an `always`: HOLDS with an inductive invariant, FAILS with a shortest run.

    `budget.depth` bounds the length of the runs that are considered; None is no bound.
    """
    return prove(NAME, _Pdr, system, question, budget, observer)


@dataclass(frozen=True)
class Obligation:
    """States that lead to the goal: by one step of `action` to those of `then` (None: it is here)."""

    cube: Cube
    action: str = ""
    then: Obligation | None = None

    @property
    def length(self) -> int:
        """Steps to the goal."""
        return 0 if self.then is None else 1 + self.then.length


class Frames:
    """What is known of the states that so and so many steps reach, and the solvers that know it.

    cubes[k]: excluded from what k steps reach (and fewer), but not known to be for k + 1.
    """

    def __init__(self, encoding: Encoding) -> None:
        self.encoding = encoding
        self.cubes: list[set[Cube]] = [set()]
        self.lasting = []
        self.primed = {now: atom.then for now, atom in encoding.atoms.items()}
        self.start = Solver(SAT, bootstrap_with=[*encoding.clauses, [encoding.init], [encoding.in_range]])
        self.lifter = Solver(SAT, bootstrap_with=[*encoding.clauses, [encoding.in_range]])
        self.spare = count(encoding.last + 1)
        self.renew()

    def renew(self) -> None:
        """Set up the solver of steps with all that is still of use."""
        code = self.encoding
        self.questions = 0
        self.solver = Solver(SAT, bootstrap_with=[*code.clauses, [code.in_range]])
        self.next = count(code.last + 1)
        self.marks: list[int] = []
        for level, cubes in enumerate(self.cubes):
            self.marks.append(next(self.next))
            for cube in cubes:
                self._exclude(cube, level)
        self.solver.add_clause([-self.marks[0], code.init])
        for c in self.lasting:
            self.solver.add_clause([-x for x in c])
            self.solver.add_clause([-self.prime(x) for x in c])

    def grow(self) -> None:
        """One step more."""
        self.cubes.append(set())
        self.marks.append(next(self.next))

    def _exclude(self, cube: Cube, level: int) -> None:
        self.solver.add_clause([-self.marks[level], *(-literal for literal in cube)])

    def add(self, cube: Cube, level: int) -> None:
        """No state of `cube` is reached by `level` steps or fewer."""
        for cubes in self.cubes[1 : level + 1]:
            cubes.difference_update([c for c in cubes if cube <= c])
        self.cubes[level].add(cube)
        self._exclude(cube, level)

    def excluded(self, cube: Cube, level: int) -> bool:
        """Some clause that holds for `level` steps says so at once."""
        return any(c <= cube for cubes in self.cubes[level:] for c in cubes)

    def prime(self, literal: int) -> int:
        """The literal after the step."""
        return self.primed[literal]

    # --- questions ----------------------------------------------------------------------------

    def initial(self, cube: Iterable[int]) -> bool:
        """Whether some initial state is in `cube`."""
        return bool(self.start.solve(assumptions=list(cube)))

    def without_initial(self, kept: set[int], cube: Cube) -> Cube:
        """`kept` with as many literals of `cube` as it takes to contain no initial state."""
        if not self.initial(kept):
            return frozenset(kept)
        self.initial(cube)
        return frozenset(kept | set(self.start.get_core() or ()))

    def model(self) -> tuple[list[int], list[int]]:
        """State and selector in the answer to the last question."""
        values = self.solver.get_model()
        chosen = [values[literal - 1] for literal in self.encoding.selector]
        return self.encoding.describe(self.encoding.state(values)), chosen

    def reaches_goal(self, level: int) -> bool:
        """Whether a state that `level` steps may reach has the goal."""
        return bool(self.solver.solve(assumptions=[*self.marks[level:], self.encoding.goal]))

    def reaches(self, cube: Cube, level: int, relative: bool = True) -> Cube | None:
        """The part of `cube` that decides that no step leads into it from what `level` - 1 steps
        may reach (and is not in it, if `relative`); None if some step does.
        """
        if self.questions >= WORN:
            self.renew()
        assumed = [*self.marks[level - 1 :], self.encoding.allowed]
        mark = 0
        if relative:
            mark = next(self.next)
            self.questions += 1
            self.solver.add_clause([-mark, *(-literal for literal in cube)])
            assumed.append(mark)
        assumed += map(self.prime, cube)
        found = None
        if not self.solver.solve(assumptions=assumed):
            core = set(self.solver.get_core() or ())
            found = self.without_initial({x for x in cube if self.prime(x) in core}, cube)
        if mark and found is not None:
            self.solver.add_clause([-mark])
        self.mark = mark
        return found

    def forget(self) -> None:
        """The clause of the last question that was answered by a state is of no use any more."""
        if self.mark:
            self.solver.add_clause([-self.mark])

    def lifted(self, state: Sequence[int], chosen: Sequence[int], target: Cube | None) -> Cube:
        """All states that, like `state`, get into `target` by the action chosen (None: have the
        goal), described by as few of its literals as a core tells.
        """
        mark = next(self.spare)
        if target is None:
            self.lifter.add_clause([-mark, -self.encoding.goal])
        else:
            missed = [-self.prime(literal) for literal in target]
            self.lifter.add_clause([-mark, -self.encoding.allowed, *missed])
        self.lifter.solve(assumptions=[mark, *chosen, *state])
        core = set(self.lifter.get_core() or ())
        kept = [x for x in state if x in core]
        self.lifter.solve(assumptions=[mark, *chosen, *reversed(kept)])
        core = set(self.lifter.get_core() or ())
        self.lifter.add_clause([-mark])
        return frozenset(x for x in kept if x in core)


class _Pdr(Prover):
    """The initial states are looked at by bounded search; everything else is done here."""

    def __init__(
        self, system: TransitionSystem, goal: Term, budget: Budget, observer: Observer
    ) -> None:
        super().__init__(system, goal, None, budget, observer)

    def settled(self) -> bool:
        code = Encoding(self.system, self.goal)
        frames = self.frames = Frames(code)
        from tcpmodel.engines.mining import states_met, Samples, lasting
        self.samples = Samples(code, states_met(self.system, SAMPLES))
        for c in lasting(code, self.samples.cubes()): frames.lasting.append(frozenset(c))
        print("lasting", len(frames.lasting))
        frames.renew()
        self.again = AGAIN
        while True:
            level = len(frames.cubes) - 1
            while frames.reaches_goal(level):
                state, _ = frames.model()
                bad = Obligation(frames.lifted(state, (), None))
                run = self._block(bad, level)
                if run is None:
                    continue
                if self.again and run.length > level:
                    self.again = False
                    continue
                return self._fails(run)
            self.depth = level
            self._look(level)
            frames.grow()
            if self._push(level + 1):
                return True

    def _look(self, level):
        self.observer(Progress("pdr", level, sum(map(len, self.frames.cubes))))
        import time
        from tcpmodel.engines.bmc import Stop
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Stop(self.late())

    def _push(self, top: int) -> bool:
        frames = self.frames
        for level in range(1, top):
            for cube in sorted(frames.cubes[level], key=len):
                if cube not in frames.cubes[level]:
                    continue
                core = frames.reaches(cube, level + 1, relative=False)
                if core is not None:
                    frames.add(core, level + 1)
            if not frames.cubes[level]:
                rest = [c for cubes in frames.cubes[level:] for c in cubes] + frames.lasting
                return self.proved(frames.encoding.invariant(rest))
        return False

    def _block(self, bad: Obligation, level: int):
        frames = self.frames
        if level == 0:
            return bad
        order = count()
        queue = [(level, next(order), bad)]
        n = 0
        while queue:
            here, _, what = heapq.heappop(queue)
            n += 1
            if n % 50 == 0:
                self._look(level)
            if frames.excluded(what.cube, here):
                continue
            core = frames.reaches(what.cube, here)
            if core is None:
                state, chosen = frames.model()
                frames.forget()
                before = frames.lifted(state, chosen, what.cube)
                found = Obligation(before, frames.encoding.action(chosen), what)
                if here == 1:
                    return found
                heapq.heappush(queue, (here - 1, next(order), found))
                heapq.heappush(queue, (here, next(order), what))
            else:
                core = self._smaller(core, here)
                while here < level:
                    more = frames.reaches(core, here + 1)
                    if more is None:
                        frames.forget()
                        break
                    core = more
                    here += 1
                frames.add(core, here)
                if here < level and self.again:
                    heapq.heappush(queue, (here + 1, next(order), what))
        return None

    def _smaller(self, cube: Cube, level: int) -> Cube:
        frames = self.frames
        for literal in sorted(cube, key=abs):
            if literal not in cube:
                continue
            less = cube - {literal}
            if not less or self.samples.touch(less) or frames.initial(less):
                continue
            core = frames.reaches(less, level)
            if core is None:
                frames.forget()
            else:
                cube = core
        return cube

    def _fails(self, run: Obligation) -> bool:
        """Take down the run that starts in `run`: an initial state of its cube, and its actions."""
        frames = self.frames
        frames.initial(run.cube)
        codes = frames.encoding.state(frames.start.get_model())
        choices = []
        while run.then is not None:
            choices.append(Choice(run.action))
            run = run.then
        self.found = codes, choices
        return True

AGAIN = True
SAMPLES = 20000
