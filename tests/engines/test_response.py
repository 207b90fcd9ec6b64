"""Bounded response: `within` counts the ticks since the premise."""

from __future__ import annotations

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import within
from tcpmodel.core.result import Budget, Verdict
from tcpmodel.core.system import Action, Event, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Var
from tcpmodel.engines import bmc, explicit

LIT = Var("lit", Bool())
FUSE = Var("fuse", Counter(3))
TICK = Event("clock", "step", "tick", group="clock")


def bomb(fuse: int, *, urgent: bool = True) -> TransitionSystem:
    """Lit at some time, it goes out once the fuse of so many ticks has burnt down.

    urgent: time does not pass over a fuse that has burnt down.
    """
    burning = [LIT.term, *([FUSE.term != 0] if urgent else [])]
    return TransitionSystem(
        f"a fuse of {fuse}",
        (LIT, FUSE),
        z3.And(z3.Not(LIT.term), FUSE.term == 0),
        (
            Action(
                "light",
                (z3.Not(LIT.term),),
                {"lit": z3.BoolVal(True), "fuse": FUSE.domain.term(fuse)},
            ),
            Action("out", (LIT.term, FUSE.term == 0), {"lit": z3.BoolVal(False)}),
            Action(
                "tick",
                tuple(burning),
                {"fuse": z3.If(FUSE.term == 0, FUSE.term, FUSE.term - 1)},
                event=TICK,
            ),
            Action("idle", (z3.Not(LIT.term),), {}, event=TICK),
        ),
    )


@pytest.mark.parametrize("fuse", [1, 2, 3])
def test_the_bound_is_exact(fuse: int) -> None:
    """A fuse of n ticks has burnt down within n ticks, and not within n - 1."""
    system = bomb(fuse)
    lit, dark = LIT.term, z3.Not(LIT.term)
    assert explicit.check(system, within(lit, dark, fuse)).verdict is Verdict.HOLDS
    late = explicit.check(system, within(lit, dark, fuse - 1))
    assert late.verdict is Verdict.FAILS
    assert late.trace is not None
    assert [step.action for step in late.trace.steps] == ["light", *["tick"] * fuse]


def test_both_engines_count_alike() -> None:
    """Bounded search finds the same shortest run."""
    question = within(LIT.term, z3.Not(LIT.term), 2)
    runs = [e.check(bomb(3), question, Budget(depth=8)).trace for e in (explicit, bmc)]
    assert runs[0] is not None
    assert [run and len(run) for run in runs] == [4, 4]


def test_without_urgency_there_is_no_bound() -> None:
    """If time may pass over what is due, no number of ticks is enough."""
    lazy = bomb(1, urgent=False)
    for ticks in (1, 5):
        found = explicit.check(lazy, within(LIT.term, z3.Not(LIT.term), ticks))
        assert found.verdict is Verdict.FAILS


def test_a_premise_that_is_met_at_once_starts_nothing() -> None:
    """Where premise and target hold together, nothing is due; and a premise that never holds is
    vacuous.
    """
    both = explicit.check(bomb(3), within(LIT.term, LIT.term, 0))
    assert both.verdict is Verdict.HOLDS
    assert not both.vacuous
    assert explicit.check(bomb(3), within(z3.BoolVal(False), LIT.term, 0)).vacuous


def test_it_needs_a_clock() -> None:
    """Without ticks there is nothing to count."""
    system = bomb(1)
    timeless = TransitionSystem("timeless", system.variables, system.init, system.actions[:2])
    with pytest.raises(ModelError, match="has no clock"):
        explicit.check(timeless, within(LIT.term, z3.Not(LIT.term), 1))
