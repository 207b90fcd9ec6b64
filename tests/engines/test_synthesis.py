"""Parameter synthesis in real time, on a system of two clocks that has nothing to do with TCP.

A lamp burns out `LIFE` after it was last lit; it is lit again, at any time, until a switch is
turned, which happens within `DELAY`.  Who waits `W` after the switch was pulled sees no light: if
W is at least LIFE + DELAY.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
import z3

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.timed import Burst, TimedAction, TimedSystem
from tcpmodel.engines.least_wait import least_wait
from tcpmodel.engines.synthesis import Deadline, replay, supremum, violation
from tcpmodel.engines.synthesis_formula import fit
from tcpmodel.engines.synthesis_proof import Certificate, check_burst

LIFE, DELAY, WAIT = z3.Reals("LIFE DELAY W")
_lit, _now, _looked = z3.Real("since lit"), z3.Real("now"), z3.Bool("looked")
ONE = {"LIFE": Fraction(1), "DELAY": Fraction(1)}
NEVER = Deadline()


def lamp(every: bool = False) -> TimedSystem:
    """The lamp; `every`: it is lit again and again as if by a burst of at most a second each."""
    zero = z3.RealVal(0)
    return TimedSystem(
        name="lamp",
        parameters=(LIFE, DELAY, WAIT),
        wait=WAIT,
        assume=z3.And(LIFE > 0, DELAY > 0, WAIT >= 0),
        clocks=(_lit, _now),
        still=(_looked,),
        init=z3.And(_lit == 0, _now == 0, z3.Not(_looked)),
        actions=(
            TimedAction("light", _now <= DELAY, {"since lit": zero}, "it is lit again"),
            TimedAction("look", _now == WAIT, {"looked": z3.BoolVal(True)}, "somebody looks"),
        ),
        invariant=z3.Or(_looked, _now <= WAIT),
        bad=z3.And(_looked, _lit < LIFE),
        bursts=(Burst("shine", "light", DELAY, "it is lit all the time"),) if every else (),
    )


def test_the_bound_is_found_and_proved() -> None:
    """From one sample with all values 1 the formula cannot be told; the proofs ask for more."""
    least = least_wait(lamp(), [ONE], 3, NEVER)
    assert str(least.bound) == "LIFE + DELAY"
    assert least.proved
    assert len(least.samples) > 1


def test_below_the_bound_a_run_is_shown() -> None:
    """Just below LIFE + DELAY there is a run, re-executed; at the bound there is none."""
    system, values = lamp(), {"LIFE": Fraction(5), "DELAY": Fraction(2)}
    trace = violation(system, {**values, "W": Fraction(69, 10)}, 3, NEVER)
    assert trace is not None
    assert [step.action for step in trace.steps] == ["light", "look"]
    assert trace.steps[-1].at == Fraction(69, 10)
    assert violation(system, {**values, "W": Fraction(7)}, 3, NEVER) is None


def test_the_supremum_is_not_attained() -> None:
    """At 2 itself nobody sees light, however long the search for less lasts."""
    found = supremum(lamp(), ONE, 3, NEVER)
    assert found.value == 2
    assert not found.attained


def test_no_run_is_taken_on_trust() -> None:
    """A run that breaks a guard, or ends well, is refused."""
    values = {**ONE, "W": Fraction(1)}
    with pytest.raises(EngineError, match="look is not possible"):
        replay(lamp(), values, [(Fraction(1, 2), "look")])
    with pytest.raises(EngineError, match="does not end as it should"):
        replay(lamp(), values, [(Fraction(1, 2), "light")])


def test_a_certificate_of_something_else_is_refused() -> None:
    """`true` is inductive and proves nothing; `looked is false` is not inductive."""
    region = WAIT >= LIFE + DELAY
    for invariant in (z3.BoolVal(True), z3.Not(_looked)):
        with pytest.raises(EngineError, match="does not hold"):
            Certificate(lamp(), region, invariant).check(NEVER)


def test_a_burst_is_nothing_but_its_rounds() -> None:
    """Lighting it all the time is lighting it often, as long as DELAY has not passed: that is a
    burst.  If a round also turned the clock back, it would not be.
    """
    system = lamp(every=True)
    check_burst(system, system.bursts[0])
    light = system.action("light")
    counts = replace(light, updates={**light.updates, "looked": z3.Not(_looked)})
    broken = replace(system, actions=(counts, system.action("look")))
    with pytest.raises(EngineError, match="not proved"):
        check_burst(broken, broken.bursts[0])


def test_a_wait_that_never_suffices() -> None:
    """If the lamp is lit for ever, no wait is safe, and that is proved for every wait."""
    system = lamp()
    always_lit = replace(system.action("light"), guard=z3.BoolVal(True))
    least = least_wait(
        replace(system, actions=(always_lit, system.action("look"))), [ONE], 3, NEVER
    )
    assert least.unbounded
    assert least.proved


def test_out_of_time_is_said() -> None:
    """Without time nothing is proved, and the reason is given."""
    least = least_wait(lamp(), [ONE], 3, Deadline.after(0))
    assert not least.proved
    assert "time limit" in least.reason


def test_formulas_are_fitted_to_samples() -> None:
    """The simplest formula that fits is taken: max(p, q) needs samples on both sides."""
    samples = [
        ({"p": Fraction(p), "q": Fraction(q)}, Fraction(max(p, q)))
        for p, q in ((1, 3), (3, 1), (2, 2))
    ]
    assert str(fit(["p", "q"], samples)) == "max(p, q)"
    assert fit(["p", "q"], [*samples, (samples[0][0], Fraction(100))]) is None


def test_names_have_to_be_declared() -> None:
    """A system that speaks of what it does not have is refused, by name."""
    with pytest.raises(ModelError, match="reads 'x'"):
        replace(lamp(), bad=z3.Real("x") > 0)
