"""k-induction with simple paths: what holds in k different states in a row holds in the next one.

The base case is bounded model checking, one step more at a time; the induction step is tried at
every depth.  As only finitely many states differ, some k is large enough; it may be far too large.
(Sheeran, Singh, Stålmarck 2000.)
"""

from __future__ import annotations

from dataclasses import dataclass, field

import z3

from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Observer, Result, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines.proving import Prover, prove
from tcpmodel.semantics.certify import ranges

NAME = "induction"


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle an `always`: FAILS with a shortest run, HOLDS with the k of the induction.

    Without either, HOLDS_UP_TO the bound (`budget.depth`, by default that of engine bmc).
    """
    return prove(NAME, _Induction, system, question, budget, observer)


@dataclass
class _Induction(Prover):
    """The base case is the search itself; `step` holds what the induction step assumes."""

    step: Term = field(default_factory=lambda: z3.SolverFor("QF_BV"))

    def __init__(
        self, system: TransitionSystem, goal: Term, budget: Budget, observer: Observer
    ) -> None:
        super().__init__(system, goal, None, budget, observer)
        self.step = z3.SolverFor("QF_BV")

    def settled(self) -> bool:
        """Whether the property, in `depth` + 1 different states in a row, holds in the next."""
        here = self.depth
        if here == 0:
            self.step.add(self.unrolled.at(ranges(self.system), 0))
        self.step.add(
            self.unrolled.at(self.safe, here),
            *(self.unrolled.differ(earlier, here) for earlier in range(here)),
            *self.unrolled.step(here),
        )
        broken = self.unrolled.at(self.goal, here + 1)
        if self.possible(broken, solver=self.step):
            return False
        return self.proved(self.safe, k=here + 1)
