"""Bounded model checking: conformance on toy systems, and agreement with explicit search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import z3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always, leads_to, sometimes
from tcpmodel.core.result import Budget, Progress, Verdict
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Domain, Var, conjunction, implies
from tcpmodel.engines import bmc, explicit
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import ESTABLISHED
from tcpmodel.tcp.world import World

X = Var("x", Counter(5))
FLAG = Var("flag", Bool())
LONG = Budget(depth=30)


def counting(*actions: Action, start: Any = None) -> TransitionSystem:
    """A counter that starts at 0 unless told otherwise."""
    init = z3.And(X.term == 0 if start is None else start, z3.Not(FLAG.term))
    return TransitionSystem("toy", (X, FLAG), init, actions)


def up_to(top: int) -> Action:
    return Action("up", (z3.ULT(X.term, top),), {"x": X.term + 1})


RESET = Action("reset", (X.term == 5,), {"x": z3.BitVecVal(0, 3)})


def test_a_bad_state_without_successor_is_found() -> None:
    """A deadlocked bad state is a counterexample, although no run goes on from it."""
    result = bmc.check(counting(up_to(3)), always(X.term != 3))
    assert result.verdict is Verdict.FAILS
    assert result.trace is not None
    assert len(result.trace) == 3


def test_a_bad_initial_state_is_found() -> None:
    """A bad initial state is a counterexample of no steps, even if nothing can happen in it."""
    for system in (counting(up_to(3)), counting()):
        result = bmc.check(system, always(X.term != 0))
        assert result.verdict is Verdict.FAILS
        assert result.trace is not None
        assert len(result.trace) == 0


def test_a_bound_of_no_steps_looks_at_the_initial_states() -> None:
    """With a bound of 0 steps only initial states count."""
    result = bmc.check(counting(up_to(3)), always(X.term != 1), Budget(depth=0))
    assert (result.verdict, result.scope.steps) == (Verdict.HOLDS_UP_TO, 0)


def test_without_initial_state_there_is_nothing_to_check() -> None:
    """An empty set of initial states is the author's mistake, in the words of explicit search."""
    system = counting(up_to(3), start=z3.And(X.term == 0, X.term == 1))
    with pytest.raises(ModelError) as ours:
        bmc.check(system, always(X.term != 3))
    with pytest.raises(ModelError) as theirs:
        explicit.check(system, always(X.term != 3))
    assert str(ours.value) == str(theirs.value)


def test_a_system_that_stops_is_settled() -> None:
    """If no run is longer, the verdict is final: as strong as one by explicit search."""
    system = counting(up_to(3))
    result = bmc.check(system, always(X.term != 4), LONG)
    assert (result.verdict, result.depth, result.evidence.complete) == (Verdict.HOLDS, 3, True)
    assert "3 steps" in result.scope.covers
    missing = bmc.check(system, sometimes(X.term == 4), LONG)
    assert (missing.verdict, missing.trace) == (Verdict.FAILS, None)


def test_a_system_without_end_holds_up_to_the_bound() -> None:
    """A bound that is reached never makes HOLDS."""
    system = counting(up_to(5), RESET)
    result = bmc.check(system, always(z3.Not(FLAG.term)), Budget(depth=9))
    assert (result.verdict, result.scope.steps, result.depth) == (Verdict.HOLDS_UP_TO, 9, 9)
    missing = bmc.check(system, sometimes(FLAG.term), Budget(depth=9))
    assert missing.verdict is Verdict.UNKNOWN
    assert missing.reason.startswith("no witness within 9 steps")


def test_a_witness_is_shortest() -> None:
    """`sometimes` HOLDS with a shortest run to a witness."""
    jump = Action("jump", (X.term == 1,), {"x": z3.BitVecVal(5, 3)})
    result = bmc.check(counting(up_to(5), jump), sometimes(X.term == 5))
    assert result.verdict is Verdict.HOLDS
    assert result.trace is not None
    assert [step.action for step in result.trace.steps] == ["up", "jump"]


def test_an_action_that_changes_nothing_keeps_no_search_alive() -> None:
    """Standing still for ever is no longer run: it shows no new state."""
    idle = Action("idle", (), {"x": X.term})
    result = bmc.check(counting(up_to(2), idle), always(X.term != 5))
    assert result.verdict is Verdict.HOLDS


def test_a_premise_that_is_never_reached_is_reported() -> None:
    """An implication whose premise never holds is vacuous; one reached only at the end is not."""
    system = counting(up_to(3))
    never = bmc.check(system, always(implies(X.term == 5, FLAG.term)))
    assert (never.verdict, never.evidence.premise, never.vacuous) == (Verdict.HOLDS, False, True)
    last = bmc.check(system, always(implies(X.term == 3, z3.Not(FLAG.term))))
    assert (last.verdict, last.evidence.premise) == (Verdict.HOLDS, True)
    broken = bmc.check(system, always(implies(X.term == 3, FLAG.term)))
    assert (broken.verdict, broken.evidence.premise) == (Verdict.FAILS, True)


def test_what_it_cannot_settle_is_refused() -> None:
    """`leads_to` and unknown variables are the author's business."""
    system = counting(up_to(3))
    with pytest.raises(ModelError, match="ask engine liveness"):
        bmc.check(system, leads_to(X.term == 0, X.term == 3))
    with pytest.raises(ModelError, match="reads 'y'"):
        bmc.check(system, always(z3.Bool("y")))


def test_an_interrupted_check_keeps_what_it_knows() -> None:
    """An interruption is UNKNOWN, with the depth that was completed."""

    def stop(progress: Progress) -> None:
        if progress.depth == 4:
            raise KeyboardInterrupt

    result = bmc.check(counting(up_to(5), RESET), always(z3.Not(FLAG.term)), LONG, stop)
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "interrupted")
    assert result.depth == 4
    assert not result.evidence.complete


class Doubtful:
    """A solver that answers as told instead of solving."""

    def __init__(self, answer: Callable[[], Any], reason: str) -> None:
        self.answer, self.reason = answer, reason

    def add(self, *terms: Any) -> None: ...

    def check(self, *assumed: Any) -> Any:
        return self.answer()

    def reason_unknown(self) -> str:
        return self.reason


@pytest.mark.parametrize(
    "reason", ["interrupted from keyboard", "interrupted", "smt tactic failed"]
)
def test_a_solver_that_gives_up_settles_nothing(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    """`unknown` is never a verdict, and a Ctrl-C that the solver swallowed is an interruption."""
    system = counting(up_to(3))
    monkeypatch.setattr(z3, "SolverFor", lambda logic: Doubtful(lambda: z3.unknown, reason))
    result = bmc.check(system, always(z3.Or(X.term != 3, FLAG.term)))
    assert result.verdict is Verdict.UNKNOWN
    assert result.depth is None
    expected = "interrupted" if "interrupted" in reason else f"the solver gave up: {reason}"
    assert (result.reason, result.evidence.premise) == (expected, None)


def test_a_solver_that_fails_settles_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """An exception of the solver is no verdict either."""

    def fail() -> Any:
        raise z3.Z3Exception("out of memory")

    system = counting(up_to(3))
    monkeypatch.setattr(z3, "SolverFor", lambda logic: Doubtful(fail, ""))
    result = bmc.check(system, always(z3.Or(X.term != 3, FLAG.term)))
    assert (result.verdict, result.reason) == (
        Verdict.UNKNOWN,
        "the solver failed: out of memory",
    )


# --- TCP ------------------------------------------------------------------------------------

STALE_SYN = "two_way"


def agreement(w: World) -> Any:
    return implies(w.B.state == ESTABLISHED, w.agrees_with_live_peer("B"))


def no_old_fin(w: World) -> Any:
    return z3.Not(w.A.stale_fin)


def test_out_of_time_is_unknown() -> None:
    """A time limit ends a check that would take long, without a verdict."""
    model = compose(scenario("rfc9293 channel=history"))
    budget = Budget(depth=100, seconds=1.0)
    result = bmc.check(model.system, always(no_old_fin(model.world)), budget)
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason == "the time limit of 1.0 s was reached"
    assert result.depth is not None
    assert 0 < result.depth < 100


@pytest.mark.parametrize(
    ("text", "claim", "depth"),
    [
        (STALE_SYN, agreement, 6),
        ("flags_only incarnations=1", agreement, 6),
        ("tw0 width=4 capacity=1", no_old_fin, 6),
        ("rfc9293 width=4 incarnations=1", agreement, 7),
    ],
)
def test_explicit_search_agrees(text: str, claim: Callable[[World], Any], depth: int) -> None:
    """Both engines find a counterexample of the same length, or none up to the bound."""
    model = compose(scenario(text))
    question = always(claim(model.world))
    ours = bmc.check(model.system, question, Budget(depth=depth))
    theirs = explicit.check(model.system, question, Budget(depth=depth))
    assert (ours.verdict is Verdict.FAILS) is (theirs.verdict is Verdict.FAILS)
    if ours.trace is not None and theirs.trace is not None:
        assert len(ours.trace) == len(theirs.trace)
        assert ours.evidence.premise == theirs.evidence.premise
    else:
        assert ours.verdict is Verdict.HOLDS_UP_TO
        for title, seen in theirs.evidence.reached.items():
            assert ours.evidence.reached[title] == seen or theirs.verdict is Verdict.HOLDS


def test_the_history_of_messages_agrees_with_slots() -> None:
    """The stale SYN of a two-way handshake is found on both channels, and both runs replay."""
    lengths = []
    for text in (STALE_SYN, f"{STALE_SYN} channel=history"):
        model = compose(scenario(text))
        result = bmc.check(model.system, always(agreement(model.world)))
        assert result.verdict is Verdict.FAILS
        assert result.trace is not None
        assert retrace(result.trace, model.system) == result.trace
        lengths.append(len(result.trace))
    assert lengths[0] == lengths[1]


def test_time_wait_of_no_length_lets_an_old_fin_in() -> None:
    """Without TIME-WAIT a FIN of the first connection ends the second (history channel)."""
    model = compose(scenario("tw0 channel=history loss=any width=4"))
    result = bmc.check(model.system, always(no_old_fin(model.world)), Budget(depth=14))
    assert result.verdict is Verdict.FAILS
    assert result.trace is not None
    received = result.trace.steps[-1].received
    assert received is not None
    assert received.sent_at < len(result.trace)
    assert received == result.trace.steps[received.sent_at - 1].sent


def test_checks_in_one_process_do_not_meet() -> None:
    """A check answers the same before and after another one, with a limit, of other variables."""
    system = counting(up_to(5), RESET)
    first = bmc.check(system, always(X.term != 4))
    other = Var("x", Bool())
    flip = Action("flip", (), {"x": z3.Not(other.term)})
    bmc.check(
        TransitionSystem("other", (other,), other.term, (flip,)),
        always(other.term),
        Budget(seconds=0.5),
    )
    assert bmc.check(system, always(X.term != 4)).trace == first.trace


# --- random systems ---------------------------------------------------------------------------

DOMAINS: tuple[Domain, ...] = (Counter(2), Counter(4), Bool())


@st.composite
def systems(draw: st.DrawFn) -> tuple[TransitionSystem, Any]:
    """Two or three small variables, random guarded assignments, and a state to look for."""
    count = draw(st.integers(2, 3))
    variables = tuple(Var(f"v{i}", draw(st.sampled_from(DOMAINS))) for i in range(count))

    def value(var: Var) -> Any:
        return var.domain.term(var.domain.decode(draw(st.integers(0, var.domain.size - 1))))

    def test() -> Any:
        var = draw(st.sampled_from(variables))
        equal = var.term == value(var)
        return equal if draw(st.booleans()) else z3.Not(equal)

    def update(var: Var) -> Any:
        twins = [other for other in variables if other.domain == var.domain]
        plain = draw(st.sampled_from([value(var), *(other.term for other in twins)]))
        return z3.If(test(), value(var), plain) if draw(st.booleans()) else plain

    actions = []
    for number in range(draw(st.integers(1, 5))):
        guard = tuple(test() for _ in range(draw(st.integers(0, 2))))
        written = draw(st.lists(st.sampled_from(variables), unique=True, max_size=count))
        actions.append(Action(f"a{number}", guard, {v.name: update(v) for v in written}))
    init = conjunction(var.term == value(var) for var in variables if draw(st.integers(0, 3)))
    goal = z3.And(*(test() for _ in range(draw(st.integers(1, 3)))))
    return TransitionSystem("random", variables, init, tuple(actions)), goal


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(systems())
def test_random_systems_agree_with_explicit_search(case: tuple[TransitionSystem, Any]) -> None:
    """Verdict, length of the shortest run and vacuity are those of explicit search."""
    system, goal = case
    theirs = explicit.check(system, sometimes(goal))
    bound = theirs.depth if theirs.trace is None else len(theirs.trace)
    ours = bmc.check(system, sometimes(goal), Budget(depth=bound))
    if theirs.trace is not None:
        assert ours.trace is not None
        assert len(ours.trace) == len(theirs.trace)
    else:
        assert ours.verdict in (Verdict.FAILS, Verdict.UNKNOWN)
        assert ours.trace is None
        assert ours.depth == bound or ours.verdict is Verdict.FAILS
    against = bmc.check(system, always(z3.Not(goal)), Budget(depth=bound))
    assert (against.verdict is Verdict.FAILS) is (theirs.verdict is Verdict.HOLDS)
