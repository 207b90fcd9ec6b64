"""Certificates: a right one is proved, a wrong one is refused, and it is said what is wrong."""

from __future__ import annotations

from typing import Any

import pytest
import z3

from tcpmodel.core.certificate import Certificate
from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import Action, History, TransitionSystem
from tcpmodel.core.terms import Var, Word
from tcpmodel.semantics.certify import STEP, recheck, smtlib

X, IDLE = Var("x", Word(4)), Var("idle", Word(8))
UP = Action("up by two", (z3.ULT(X.term, 10),), {"x": X.term + 2})
BACK = Action("start again", (X.term == 10,), {"x": z3.BitVecVal(0, 4)})
EVENS = TransitionSystem("evens", (X, IDLE), X.term == 0, (UP, BACK))
EVEN = z3.And(z3.Extract(0, 0, X.term) == 0, z3.ULE(X.term, 10))
SAFE = X.term != 7


def refused(invariant: Any, safe: Any = SAFE, k: int = 1) -> dict[str, str]:
    """The obligations that are not proved, and why."""
    found = recheck(EVENS, safe, Certificate(invariant, k))
    return {done.title: done.why for done in found if not done.proved}


def test_a_right_certificate_is_proved() -> None:
    """Even numbers up to ten: true at the start, left by no step, and seven is none of them."""
    assert [(done.title, done.proved) for done in recheck(EVENS, SAFE, Certificate(EVEN))] == [
        ("Init ⇒ I", True),
        ("I ∧ T ⇒ I′", True),
        ("I ⇒ P", True),
    ]


def test_what_is_wrong_is_named() -> None:
    """An invariant may fail at the start, be left by a step (of which action is said), or say too
    little; one that is wrong in two ways is told both.
    """
    assert refused(z3.And(EVEN, X.term != 0)) == {
        "Init ⇒ I": "some state breaks it",
        STEP: "start again leads out of I",
    }
    assert refused(z3.And(EVEN, X.term != 6)) == {STEP: "up by two leads out of I"}
    assert refused(z3.BoolVal(True)) == {"I ⇒ P": "some state breaks it"}
    assert refused(z3.BoolVal(False)) == {"Init ⇒ I": "some state breaks it"}


def test_a_property_may_need_to_look_further_back() -> None:
    """That seven is never reached is not inductive: five leads there.  Nor is it for two or three
    states in a row, but nothing leads to one: after four different states it is.
    """
    assert set(refused(SAFE, k=1)) == {STEP}
    assert set(refused(SAFE, k=3)) == {"3 different states in I, T ⇒ I′"}
    assert refused(SAFE, k=4) == {}
    assert "Init ∧ T^3 ⇒ I" in refused(X.term != 6, X.term != 6, k=4)


class Tired:
    """A solver that gives up."""

    def __init__(self, why: str) -> None:
        self.why = why

    def set(self, *options: Any) -> None: ...

    def add(self, *terms: Any) -> None: ...

    def check(self) -> Any:
        return z3.unknown

    def reason_unknown(self) -> str:
        return self.why


def test_time_that_is_over_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An obligation that the solver gives up is open; Ctrl-C is no reason, but the end."""
    monkeypatch.setattr(z3, "SolverFor", lambda logic: Tired("timeout"))
    for done in recheck(EVENS, SAFE, Certificate(EVEN), 1.0):
        assert (done.proved, done.why) == (None, "the solver gave up: timeout")
    monkeypatch.setattr(z3, "SolverFor", lambda logic: Tired("interrupted from keyboard"))
    with pytest.raises(KeyboardInterrupt):
        next(recheck(EVENS, SAFE, Certificate(EVEN)))


def test_a_history_channel_has_no_invariant() -> None:
    """What may arrive there depends on the whole past."""
    system = TransitionSystem("past", (X,), X.term == 0, (UP,), history=History())
    with pytest.raises(ModelError, match="history channel"):
        list(recheck(system, SAFE, Certificate(EVEN)))


@pytest.mark.parametrize("k", [1, 4])
def test_another_solver_can_check_it(k: int) -> None:
    """The script is complete: a solver that reads nothing else refutes every part of it."""
    text = smtlib(EVENS, SAFE, Certificate(EVEN if k == 1 else SAFE, k))
    assert text.startswith("(set-logic QF_BV)")
    parts = text.split("(push 1)")[1:]
    assert len(parts) == k + 2
    for part in parts:
        solver = z3.SolverFor("QF_BV")
        solver.from_string(part.partition("(check-sat)")[0].replace("(set-info :status unsat)", ""))
        assert len(solver.assertions()) > 0
        assert solver.check() == z3.unsat
