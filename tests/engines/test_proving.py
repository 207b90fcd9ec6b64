"""Engines that prove: invariants found without help, and nothing claimed that was not proved."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import pytest
import z3
from hypothesis import HealthCheck, given, settings

from tcpmodel.core.certificate import Certificate
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.property import Property, always
from tcpmodel.core.result import Budget, Verdict, silent
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Counter, Var, Word, implies
from tcpmodel.engines import explicit, induction, pdr, proving, spacer
from tcpmodel.engines.frames import Frames
from tcpmodel.engines.mining import Samples, lasting
from tcpmodel.engines.registry import ENGINES, Engine
from tcpmodel.semantics.certify import recheck
from tcpmodel.semantics.encode import Encoding
from tcpmodel.semantics.interpret import first_states, interpreter
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

from .test_bmc import systems
from .tla_anchor import BOTH_OR_NEITHER, bounded
from .toys import clock, grid, jugs

PROVERS: dict[str, Engine] = {
    engine.NAME: ENGINES[engine.NAME] for engine in (induction, spacer, pdr)
}
every_prover = pytest.mark.parametrize("engine", PROVERS.values(), ids=PROVERS)


# --- what is proved -------------------------------------------------------------------------------


@every_prover
def test_a_proof_comes_with_its_certificate(engine: Engine) -> None:
    """That the clock of three bits never shows 9 in four is no question of how long it runs; the
    certificate stands on its own.
    """
    x = Var("x", Word(4))
    tick = Action("tick", (), {"x": z3.If(x.term == 7, z3.BitVecVal(0, 4), x.term + 1)})
    system = TransitionSystem("clock", (x,), x.term == 0, (tick,))
    safe = x.term != 9
    result = engine(system, always(safe), Budget(), silent)
    assert result.verdict is Verdict.HOLDS
    assert "for any number of steps" in result.scope.covers
    assert result.scope.steps is None
    assert result.certificate is not None
    assert all(done.proved for done in recheck(system, safe, result.certificate))


@pytest.mark.parametrize(
    ("name", "bound"),
    [("induction", 2), ("induction", 4), ("pdr", 2), ("pdr", 4), ("spacer", 2)],
)
def test_the_invariant_of_the_tla_model_is_found(name: str, bound: int) -> None:
    """RFC 9293 as modelled in TLA+, queues of at most so many messages: without human help an
    invariant is found that makes the peers agree when nothing is under way.  It is a model of
    1182 states at bound 4, and of 786 at bound 2.
    """
    system = bounded(bound)
    question = always(BOTH_OR_NEITHER)
    result = PROVERS[name](system, question, Budget(), silent)
    assert result.verdict is Verdict.HOLDS
    assert result.evidence.premise is True
    assert explicit.check(system, question).states == {2: 786, 4: 1182}[bound]


def no_old_fin(text: str) -> tuple[TransitionSystem, Property]:
    """A scenario, and that no FIN of its first connection is taken in the second."""
    model = compose(scenario(text))
    world = model.world
    return model.system, always(implies(world.A.inc == 2, z3.Not(world.A.stale_fin)))


def drained(quiet: int, width: int) -> tuple[TransitionSystem, Property]:
    """A crash, so many ticks of silence, and that whoever is connected agrees with a live peer.

    MSL is one tick: after a quiet tick the network is drained before anybody opens.  Initial
    sequence numbers are always the same, so nothing else tells old from new.
    """
    model = compose(scenario(f"clock closes=nobody crash=A quiet={quiet} width={width}"))
    world = model.world
    agree = implies(world.synchronized("B"), world.agrees_with_live_peer("B"))
    return model.system, always(agree)


@pytest.mark.parametrize("width", [3, 4])
def test_a_network_drained_before_opening_keeps_incarnations_apart(width: int) -> None:
    """Explicit search visits all states and says so; the proof says so with an invariant."""
    system, question = drained(1, width)
    result = pdr.check(system, question, Budget())
    assert (result.verdict, result.evidence.premise) == (Verdict.HOLDS, True)
    assert result.certificate is not None
    assert explicit.check(system, question).verdict is Verdict.HOLDS


def test_without_the_silence_they_are_mixed_up() -> None:
    """The same question without quiet time: a run, as short as that of explicit search."""
    system, question = drained(0, 3)
    ours, theirs = pdr.check(system, question), explicit.check(system, question)
    assert ours.verdict is theirs.verdict is Verdict.FAILS
    assert ours.trace is not None
    assert theirs.trace is not None
    assert len(ours.trace) == len(theirs.trace)


def test_a_proof_does_not_care_how_long_numbers_are() -> None:
    """One segment at a time and 32 bits: no old FIN is taken."""
    system, question = no_old_fin("tw2 tw_rfc1337=on capacity=1 width=32")
    assert pdr.check(system, question).verdict is Verdict.HOLDS


# --- agreement ------------------------------------------------------------------------------------


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_random_systems_are_settled_as_by_explicit_search(
    case: tuple[TransitionSystem, Any],
) -> None:
    """Verdict, length of the run, and vacuity; neither induction nor PDR needs a bound here."""
    system, goal = case
    for formula in (z3.Not(goal), z3.Implies(goal, z3.BoolVal(False))):
        theirs = explicit.check(system, always(formula))
        for engine in (induction.check, pdr.check):
            ours = engine(system, always(formula), Budget(depth=200), silent)
            assert ours.verdict is theirs.verdict
            assert ours.evidence.premise == theirs.evidence.premise
            assert (ours.trace is None) is (theirs.trace is None)
            if ours.trace is not None and theirs.trace is not None:
                assert len(ours.trace) == len(theirs.trace)


def test_k_is_as_small_as_can_be() -> None:
    """On a grid, no corner beyond the last column: one state back is enough.  Three
    states lead up to 11 from where no run ever is: four in a row cannot all be such.
    """
    system = grid(2)
    result = induction.check(system, always(z3.ULE(system.by_name["x"].term, 2)))
    assert result.certificate is not None
    assert result.certificate.k == 1
    x = Var("x", Word(4))
    up = Action("up", (z3.Or(z3.ULT(x.term, 5), z3.UGE(x.term, 8)),), {"x": x.term + 1})
    down = Action("down", (x.term == 5,), {"x": z3.BitVecVal(3, 4)})
    system = TransitionSystem("gap", (x,), x.term == 3, (up, down))
    result = induction.check(system, always(x.term != 11))
    assert result.certificate is not None
    assert result.certificate.k == 4
    assert "4-inductive" in result.scope.covers


# --- what is not believed -------------------------------------------------------------------------


def test_a_wrong_proof_is_a_bug_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine whose invariant does not survive is not believed, and it is said why."""

    def proved(self: Any, invariant: Any, k: int = 1) -> bool:
        self.certificate = Certificate(z3.BoolVal(True), k)
        return True

    monkeypatch.setattr(proving.Prover, "proved", proved)
    for engine in (pdr.check, spacer.check):
        with pytest.raises(EngineError, match="I ⇒ P"):
            engine(jugs(), always(z3.BitVec("big", 3) != 6), Budget(), silent)


@pytest.mark.parametrize("how", ["exception", "answer"])
def test_spacer_that_gives_up_settles_nothing(monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """It ends by the exception `canceled` when its time is over, and says unknown otherwise."""

    def give_up(self: Any, *query: Any) -> Any:
        if how == "exception":
            raise z3.Z3Exception(b"canceled")
        return z3.unknown

    monkeypatch.setattr(z3.Fixedpoint, "query", give_up)
    monkeypatch.setattr(z3.Fixedpoint, "reason_unknown", lambda self: "(incomplete)")
    system = clock(3)
    question = always(system.by_name["x"].term != 1)
    result = spacer.check(system, question, Budget())
    assert result.verdict is Verdict.UNKNOWN
    assert result.certificate is None
    assert result.reason == (
        "interrupted" if how == "exception" else "Spacer gave up: (incomplete)"
    )


@every_prover
def test_time_that_is_over_proves_nothing(engine: Engine) -> None:
    """A model that takes long, and a tenth of a second."""
    system, question = no_old_fin("tw2 tw_rfc1337=on")
    result = engine(system, question, Budget(seconds=0.1), silent)
    assert (result.verdict, result.reason) == (
        Verdict.UNKNOWN,
        "the time limit of 0.1 s was reached",
    )
    assert result.certificate is None


@every_prover
def test_a_history_channel_is_refused_by_name(engine: Engine) -> None:
    """What may arrive depends on the past, not on the state."""
    system, question = no_old_fin("rfc9293 channel=history")
    with pytest.raises(ModelError, match="ask engine bmc"):
        engine(system, question, Budget(), silent)


def test_ctrl_c_ends_a_proof_that_takes_long() -> None:
    """A signal while the SAT solver works: UNKNOWN, interrupted, with the depth reached."""
    system, question = no_old_fin("tw2 tw_rfc1337=on width=4")
    ring = threading.Timer(3.0, os.kill, (os.getpid(), signal.SIGINT))
    ring.start()
    try:
        result = pdr.check(system, question, Budget(seconds=60))
    finally:
        ring.cancel()
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "interrupted")
    assert result.depth is not None


# --- the parts of PDR -----------------------------------------------------------------------------


def test_facts_that_last_hold_in_every_state() -> None:
    """From the first 20 states of 161 facts are guessed; those that last hold in all of them."""
    system, question = no_old_fin("tw2 tw_rfc1337=on capacity=1 width=3")
    encoding = Encoding(system, z3.Not(question.formula))
    every = first_states(system, 100_000)
    guessed = Samples(encoding, every[:20]).cubes()
    kept = lasting(encoding, guessed, lambda: None)
    assert 0 < len(kept) < len(guessed)
    truth = Samples(encoding, every)
    assert not any(truth.touch(cube) for cube in kept)
    assert any(truth.touch(cube) for cube in guessed)


def test_the_first_states_are_the_nearest() -> None:
    """In the order in which a breadth-first search meets them, and no more than asked for."""
    system = grid(3)
    assert len(first_states(system, 100)) == 16
    first = first_states(system, 6)
    assert sorted(sum(state) for state in first) == [0, 1, 1, 2, 2, 2]
    assert set(first) <= set(interpreter(system).initial()) | set(first_states(system, 100))


def test_a_state_is_lifted_to_all_that_do_the_same() -> None:
    """One step of `up` leads from x = 2 to x = 3 whatever y is: y is not part of the description,
    and x is; large variables are described by their bits.
    """
    x, y = Var("x", Counter(5)), Var("y", Word(9))
    up = Action("up", (x.term != 5,), {"x": x.term + 1, "y": y.term + 1})
    system = TransitionSystem("two", (x, y), z3.And(x.term == 0, y.term == 0), (up,))
    encoding = Encoding(system, z3.And(x.term == 3, z3.Extract(0, 0, y.term) == 1))
    frames = Frames(encoding)
    assert not frames.reaches_goal(0)
    frames.grow()
    assert frames.reaches_goal(1)
    goal = frames.lifted(frames.model()[0], (), None)
    assert {str(encoding.term(x)) for x in goal} == {"x == 3", "Extract(0, 0, y) == 1"}
    assert frames.unreached(goal, 1, from_outside=True) is not None
    frames.grow()
    assert frames.unreached(goal, 2, from_outside=True) is None
    state, chosen = frames.model()
    assert encoding.action(chosen) == "up"
    before = frames.lifted(state, chosen, goal)
    assert {str(encoding.term(x)) for x in before} == {"x == 2", "Extract(0, 0, y) == 0"}
