"""Property-directed reachability: an inductive invariant, piece by piece, from what would break it.

For every k a set of states that contains all that k steps reach is kept, as a list of cubes that it
excludes.  A state of the last set that leads to the goal is either traced back to an initial state
or excluded, with as many others as possible.  Two sets that are equal are the proof.  (Bradley
2011; Eén, Mishchenko, Brayton 2011.)

Here a cube says which values variables have, not which bits are set: the invariants of TCP's states
are about values.  A short exploration suggests the first of them and forbids to exclude what is
reached; neither has to be right for the proof to be.
"""

from __future__ import annotations

import heapq
import time
from dataclasses import dataclass
from itertools import count

from pysolvers import error as SolverError  # noqa: N812 - that is its name: an exception

from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Observer, Progress, Result, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines.bmc import Stop
from tcpmodel.engines.frames import Frames
from tcpmodel.engines.mining import Cube, Samples, lasting
from tcpmodel.engines.proving import Prover, prove
from tcpmodel.semantics.encode import Encoding
from tcpmodel.semantics.interpret import first_states
from tcpmodel.semantics.replay import Choice

NAME = "pdr"
SAMPLES = 20_000
"""How many states the exploration visits."""

EVERY = 20
"""How many obligations are met between two looks at the clock."""


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
class _Obligation:
    """States that lead to the goal: by one step of `action` into those of `then`; None: have it."""

    cube: Cube
    action: str = ""
    then: _Obligation | None = None

    def choices(self) -> list[Choice]:
        """The steps to the goal."""
        found, here = [], self
        while here.then is not None:
            found.append(Choice(here.action))
            here = here.then
        return found


class _Pdr(Prover):
    """The initial states are looked at by bounded search; everything else is done here."""

    def __init__(
        self, system: TransitionSystem, goal: Term, budget: Budget, observer: Observer
    ) -> None:
        super().__init__(system, goal, None, budget, observer)

    def settled(self) -> bool:
        try:
            self._search()
        except SolverError as error:
            if "keyboard interrupt" in str(error):
                raise KeyboardInterrupt from None
            raise Stop(f"the solver failed: {error}") from None
        return True

    def _search(self) -> None:
        """Go on until there is a proof, a run, or a bound."""
        encoding = Encoding(self.system, self.goal)
        self._in_time()
        self.samples = Samples(encoding, first_states(self.system, SAMPLES))
        self.frames = Frames(encoding, lasting(encoding, self.samples.cubes(), self._in_time))
        self.shortest = False
        while True:
            run = self._blocked(self.frames.top)
            if run is not None:
                self.frames.starts_in(run.cube)
                self.found = encoding.state(self.frames.start()), run.choices()
                return
            self.depth = self.frames.top
            self._look()
            if reason := self._limit():
                self.stopped, self.bounded = reason, True
                return
            self.frames.grow()
            if self._pushed():
                return

    # --- limits ---------------------------------------------------------------------------------

    def _look(self) -> None:
        """Tell how far it got, and stop if the time is over."""
        cubes = len(self.frames.lasting) + sum(map(len, self.frames.cubes))
        self.observer(Progress("pdr", max(self.depth, 0), cubes))
        self._in_time()

    def _in_time(self) -> None:
        if self.deadline is not None and time.monotonic() > self.deadline:
            raise Stop(self.late())

    def _limit(self) -> str:
        """Which bound is reached; empty if none is."""
        if self.budget.depth is not None and self.depth >= self.budget.depth:
            return f"the bound of {self.budget.depth} steps was reached"
        return self.memory()

    # --- the search -----------------------------------------------------------------------------

    def _blocked(self, level: int) -> _Obligation | None:
        """Exclude all states with the goal from what `level` steps reach; if that cannot be, where
        a run to the goal begins.  All shorter runs are known to miss it.
        """
        while self.frames.reaches_goal(level):
            state, _ = self.frames.model()
            goal = _Obligation(self.frames.lifted(state, (), None))
            run = self._traced(goal, level)
            if run is not None and len(run.choices()) == level:
                return run
            if run is not None:
                self.shortest = (
                    True  # there is a run; from now on only shortest ones are looked for
                )
        return None

    def _traced(self, goal: _Obligation, level: int) -> _Obligation | None:
        """Where a run to `goal` begins; None once `level` steps are known not to reach it.

        Unless only shortest runs are looked for, what is excluded here is looked at again one step
        later: that excludes more, and may find a longer run.
        """
        if level == 0:
            return goal
        order = count()
        queue = [(level, next(order), goal)]
        while queue:
            here, number, what = heapq.heappop(queue)
            if number % EVERY == EVERY - 1:
                self._look()
                if reason := self.memory():
                    raise Stop(reason)
            if self.frames.excludes(what.cube, here):
                continue
            cube = self.frames.unreached(what.cube, here, from_outside=True)
            if cube is None:
                state, chosen = self.frames.model()
                before = self.frames.lifted(state, chosen, what.cube)
                found = _Obligation(before, self.frames.encoding.action(chosen), what)
                if here == 1:
                    return found
                heapq.heappush(queue, (here - 1, next(order), found))
                heapq.heappush(queue, (here, next(order), what))
                continue
            here = self._excluded(self._smaller(cube, here), here, level)
            if here < level and not self.shortest:
                heapq.heappush(queue, (here + 1, next(order), what))
        return None

    def _smaller(self, cube: Cube, level: int) -> Cube:
        """`cube` without the literals that it takes to be more than `level` steps do not reach."""
        for literal in sorted(cube):
            if literal not in cube:
                continue
            wider = cube - {literal}
            if not wider or self.samples.touch(wider) or self.frames.starts_in(wider):
                continue
            cube = self.frames.unreached(wider, level, from_outside=True) or cube
        return cube

    def _excluded(self, cube: Cube, level: int, top: int) -> int:
        """Exclude `cube` from as many steps as can be, `top` at most; how many these are."""
        while level < top:
            wider = self.frames.unreached(cube, level + 1, from_outside=True)
            if wider is None:
                break
            cube, level = wider, level + 1
        self.frames.exclude(cube, level)
        return level

    def _pushed(self) -> bool:
        """Find out what holds for one step more; true if that is all there is, for some step."""
        frames = self.frames
        for level in range(1, frames.top):
            self._in_time()
            for cube in sorted(frames.cubes[level], key=sorted):
                if cube in frames.cubes[level]:
                    wider = frames.unreached(cube, level + 1, from_outside=False)
                    if wider is not None:
                        frames.exclude(wider, level + 1)
            if not frames.cubes[level]:
                rest = [cube for cubes in frames.cubes[level:] for cube in cubes]
                every = sorted(sorted(cube) for cube in (*frames.lasting, *rest))
                return self.proved(frames.encoding.invariant(every))
        return False
