"""Certificates are checked by solver calls of their own, on the relation of the system itself.

Every obligation is a set of formulas that contradict each other if the certificate is right; the
same formulas are written out for other solvers.  (Actions that change nothing are no part of them:
such a step leaves no set of states.)
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import z3

from tcpmodel.core.certificate import Certificate
from tcpmodel.core.cone import cone
from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import TransitionSystem, in_range
from tcpmodel.core.terms import Term, conjunction
from tcpmodel.semantics.interpret import code_of
from tcpmodel.semantics.unroll import Unrolling

STEP = "I ∧ T ⇒ I′"


@dataclass(frozen=True)
class Obligation:
    """What has to be shown: `formulas` contradict each other.

    title: e.g. `Init ⇒ I`.  steps: how many steps of the system they speak about.
    """

    title: str
    formulas: tuple[Term, ...]
    steps: int = 0


@dataclass(frozen=True)
class Checked:
    """What became of an obligation; `proved` is None if the solver gave up.

    why: for one that is not proved, what breaks it or what stopped the solver.
    """

    title: str
    proved: bool | None
    why: str
    seconds: float


def ranges(system: TransitionSystem) -> Term:
    """Every variable has a value of its domain."""
    return conjunction(in_range(v.term, v.domain) for v in system.variables)


def obligations(
    system: TransitionSystem, safe: Term, certificate: Certificate
) -> Iterator[Obligation]:
    """What shows that `safe` always holds in `system`.

    For k above 1 they are about the cone of influence of the invariant: there, two states are the
    same if they agree on all that matters.  Raises `ModelError` for a history channel.
    """
    if system.history is not None:
        raise ModelError(f"{system.name} has a history channel: its states are no finite set")
    k, invariant = certificate.k, certificate.invariant
    unrolled = Unrolling(system if k == 1 else cone(system, [invariant]))
    steps = [unrolled.step(index) for index in range(k)]
    for index in range(k):
        run = [part for step in steps[:index] for part in step]
        outside = z3.Not(unrolled.at(invariant, index))
        title = "Init ⇒ I" if k == 1 else f"Init ∧ T^{index} ⇒ I"
        yield Obligation(title, (unrolled.start(), *run, outside), index)
    inside = [unrolled.at(invariant, index) for index in range(k)]
    relation = [part for step in steps for part in step]
    apart = [unrolled.differ(i, j) for j in range(k) for i in range(j)]
    outside = z3.Not(unrolled.at(invariant, k))
    title = STEP if k == 1 else f"{k} different states in I, T ⇒ I′"
    yield Obligation(title, (*inside, *relation, *apart, outside), k)
    yield Obligation("I ⇒ P", (invariant, z3.Not(safe)))


def recheck(
    system: TransitionSystem,
    safe: Term,
    certificate: Certificate,
    seconds: float | None = None,
) -> Iterator[Checked]:
    """Every obligation, each with a fresh solver and at most `seconds` in all."""
    deadline = None if seconds is None else time.monotonic() + seconds
    names = [a.name for a in Unrolling(system).actions]
    for obligation in obligations(system, safe, certificate):
        started = time.monotonic()
        solver = z3.SolverFor("QF_BV")
        if deadline is not None:
            solver.set("timeout", max(1, int((deadline - started) * 1000)))
        solver.add(*obligation.formulas)
        answer = solver.check()
        took = time.monotonic() - started
        if answer == z3.unsat:
            yield Checked(obligation.title, True, "", took)
        elif answer == z3.sat:
            why = "some state breaks it"
            if obligation.steps and certificate.k == 1:
                taken = z3.BitVec("action!0", max(1, (len(names) - 1).bit_length()))
                place = code_of(solver.model().eval(taken, model_completion=True))
                why = f"{names[place]} leads out of I"
            yield Checked(obligation.title, False, why, took)
        elif "interrupted" in solver.reason_unknown():
            raise KeyboardInterrupt
        else:
            why = f"the solver gave up: {solver.reason_unknown()}"
            yield Checked(obligation.title, None, why, took)


def smtlib(system: TransitionSystem, safe: Term, certificate: Certificate) -> str:
    """The obligations as one SMT-LIB 2.6 script; each `check-sat` has to answer `unsat`.

    `x@1` is variable x after one step; `action!0` is the place of the action taken first in the
    list of those that change anything.
    """
    lines = ["(set-logic QF_BV)"]
    for obligation in obligations(system, safe, certificate):
        body = z3.Solver()
        body.add(*obligation.formulas)
        text = body.sexpr().strip()
        title = obligation.title
        lines += ["(push 1)", f"; {title}", text, "(set-info :status unsat)", "(check-sat)"]
        lines.append("(pop 1)")
    return "\n".join([*lines, "(exit)", ""])
