"""Lifting: a run found with short numbers is a run with long ones, replayed there."""

from __future__ import annotations

from typing import Any

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property, always, leads_to, sometimes
from tcpmodel.core.result import Budget, Verdict
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Var, Word, implies
from tcpmodel.engines import bmc, explicit
from tcpmodel.engines.lifting import lift
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import scenario


def doubling(bits: int, start: int = 1) -> TransitionSystem:
    """A number that is doubled again and again, and one that is added to at will."""
    x = Var("x", Word(bits))
    twice, more = Action("twice", (), {"x": x.term + x.term}), Action("more", (), {"x": x.term + 1})
    return TransitionSystem(f"doubling {bits}", (x,), x.term == start, (twice, more))


def is_zero(system: TransitionSystem) -> Any:
    return system.by_name["x"].term == 0


def no_old_fin(model: Model) -> Property:
    world = model.world
    return always(implies(world.A.inc == 2, z3.Not(world.A.stale_fin)))


@pytest.mark.parametrize("channel", ["channel=history loss=any", "channel=bag"])
def test_the_attack_on_a_short_time_wait_is_one_of_real_numbers(channel: str) -> None:
    """Found with numbers of 4 bits, it is taken again with 32: the same actions, other numbers, and
    a run that replays.
    """
    small, large = (compose(scenario(f"tw0 width={width} {channel}")) for width in (4, 32))
    engine = bmc.check if "history" in channel else explicit.check
    found = engine(small.system, no_old_fin(small), Budget(depth=20))
    lifted = lift(found, large.system, no_old_fin(large))
    assert lifted is not None
    assert lifted.verdict is Verdict.FAILS
    assert found.trace is not None
    assert lifted.trace is not None
    assert [s.action for s in lifted.trace.steps] == [s.action for s in found.trace.steps]
    assert retrace(lifted.trace, large.system) == lifted.trace
    assert "mod 2^32" in str(lifted.scope)
    numbers = [v for v in lifted.trace.state(len(lifted.trace)).values() if isinstance(v, int)]
    assert max(numbers) > 1 << 30


def test_a_run_may_be_one_of_short_numbers_only() -> None:
    """Doubling 1 twice gives 0 with two bits, not with eight: nothing is lifted or claimed."""
    small, large = doubling(2), doubling(8)
    found = explicit.check(small, sometimes(is_zero(small)))
    assert found.verdict is Verdict.HOLDS
    assert lift(found, large, sometimes(is_zero(large))) is None
    near = doubling(8, start=64)
    lifted = lift(found, near, sometimes(is_zero(near)))
    assert lifted is not None
    assert lifted.trace is not None
    assert lifted.trace.state(2)["x"] == 0


def test_what_cannot_be_lifted_is_said() -> None:
    """A result without run, a property about endless runs, actions that do not exist."""
    small = doubling(2)
    holds = explicit.check(small, always(z3.BoolVal(True)))
    with pytest.raises(ModelError, match="only a run"):
        lift(holds, small, always(z3.BoolVal(True)))
    found = explicit.check(small, sometimes(is_zero(small)))
    with pytest.raises(ModelError, match="only a run"):
        lift(found, small, leads_to(is_zero(small), is_zero(small)))
    x = Var("x", Word(8))
    other = TransitionSystem("other", (x,), x.term == 0, ())
    with pytest.raises(ModelError, match="other has no action 'twice'"):
        lift(found, other, sometimes(x.term == 0))
