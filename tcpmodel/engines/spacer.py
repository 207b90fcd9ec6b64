"""Spacer: z3's solver of Horn clauses looks for an inductive invariant.

The system is one rule: a rule per action cripples Spacer.  What it says is not believed: an
invariant is checked again, a counterexample is found once more by bounded search.  (Komuravelli,
Gurfinkel, Chaki 2014.)  Sequence numbers are beyond it; that is said, not waited for in vain.
"""

from __future__ import annotations

import time

import z3

from tcpmodel.core.errors import EngineError
from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Observer, Result, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines.bmc import Stop
from tcpmodel.engines.proving import Prover, prove

NAME = "spacer"

OPTIONS = {
    "engine": "spacer",
    "xform.slice": False,
    "xform.inline_linear": False,
    "xform.inline_eager": False,
}
"""Of each instance: the process is shared.  Without them the invariant is about something else."""


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle an `always`: HOLDS with an inductive invariant, FAILS with a shortest run.

    UNKNOWN if Spacer gives up or the time is over.
    """
    return prove(NAME, _Spacer, system, question, budget, observer)


class _Spacer(Prover):
    """Bounded search that asks Spacer once, when the initial states are known to be safe."""

    def __init__(
        self, system: TransitionSystem, goal: Term, budget: Budget, observer: Observer
    ) -> None:
        super().__init__(system, goal, None, budget, observer)

    def settled(self) -> bool:
        if self.depth or self.memory():
            return False  # a counterexample exists, and the search is on its way to it; or it ends
        horn = z3.Fixedpoint()
        self._limit(horn)
        here = [self.unrolled.at(v.term, 0) for v in self.system.variables]
        there = [self.unrolled.at(v.term, 1) for v in self.system.variables]
        reached = z3.Function(
            "reached", *(v.domain.sort for v in self.system.variables), z3.BoolSort()
        )
        horn.register_relation(reached)
        horn.declare_var(*here, *there, self.unrolled.taken(0))
        horn.rule(reached(*here), self.unrolled.start())
        horn.rule(reached(*there), z3.And(reached(*here), *self.unrolled.step(0)))
        bad = z3.And(reached(*here), self.unrolled.at(self.goal, 0))
        answer = self._ask(horn, bad)
        if answer == z3.sat:
            return False
        if answer == z3.unsat:
            return self.proved(
                _invariant(horn.get_answer(), [v.term for v in self.system.variables])
            )
        raise Stop(f"Spacer gave up: {horn.reason_unknown()}")

    def _limit(self, horn: Term) -> None:
        options = dict[str, object](OPTIONS)
        if self.deadline is not None:
            options["timeout"] = max(1, int((self.deadline - time.monotonic()) * 1000))
        horn.set(**options)

    def _ask(self, horn: Term, bad: Term) -> Term:
        """Spacer's answer.  It ends by an exception when its time is over, and on Ctrl-C."""
        why = ""
        try:
            answer = horn.query(bad)
            if answer == z3.unknown:
                why = horn.reason_unknown()
        except z3.Z3Exception as error:
            answer, why = z3.unknown, str(error)
        if any(word in why for word in ("canceled", "timeout", "interrupted")):
            if self.deadline is None or time.monotonic() < self.deadline:
                raise KeyboardInterrupt
            raise Stop(self.late())
        if answer == z3.unknown:
            raise Stop(f"Spacer gave up: {why}")
        return answer


def _invariant(answer: Term, terms: list[Term]) -> Term:
    """The invariant in Spacer's answer, `∀x. reached(x) = invariant`, over the variables."""
    if z3.is_quantifier(answer):
        body = answer.body()
        if z3.is_eq(body) and z3.is_app(body.arg(0)) and body.arg(0).decl().name() == "reached":
            places = [z3.get_var_index(arg) for arg in body.arg(0).children()]
            by_index = [terms[place] for place in _inverse(places)]
            return z3.substitute_vars(body.arg(1), *by_index)
    raise EngineError(f"Spacer's answer has a form of its own: {str(answer)[:200]}")


def _inverse(places: list[int]) -> list[int]:
    found = [0] * len(places)
    for position, place in enumerate(places):
        found[place] = position
    return found
