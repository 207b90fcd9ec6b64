"""Other people's checkers agree: the same states, the same verdict, a run of the same length.

SPIN and TLC read the exported models; nothing of ours but the export is between them and the rules.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import z3

from tcpmodel.claims.formula import parse
from tcpmodel.core.property import Property, always, leads_to
from tcpmodel.core.result import Result, Verdict
from tcpmodel.core.system import TransitionSystem
from tcpmodel.engines import explicit, liveness
from tcpmodel.semantics.replay import Choice, replay
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tests.engines.tla_anchor import BOTH_OR_NEITHER
from tests.engines.tla_anchor import system as anchor
from tests.engines.toys import Edge, at, bag, clock, graph, grid, handing_over, jugs

from .tools import needs_spin, needs_tlc, spin, tlc

pytestmark = pytest.mark.slow


def asked(scenario_text: str, formula: str) -> tuple[TransitionSystem, Property]:
    """A scenario and a property of it."""
    model = compose(scenario(scenario_text))
    return model.system, parse(formula)(model)


def ours(system: TransitionSystem, question: Property) -> Result:
    """Our own answer."""
    return explicit.check(system, question)


# --- numbers of states ----------------------------------------------------------------------------

ALL = "always(True)"
NOTHING = always(z3.BoolVal(True))

SPACES = {
    "udp": 36,
    "rfc9293 incarnations=1 capacity=1 width=32": 130,
    "tw1 capacity=1": 182,
    "rfc9293 incarnations=1 channel=fifo": 800,
    "rfc9293 incarnations=1": 2_325,
    "flags_only capacity=3 incarnations=1": 9_737,
    "flags_only": 16_143,
    "rfc9293 incarnations=1 data=1": 58_768,
    "rfc9293 roles=any closes=either": 939_232,
}
"""Scenarios with their distinct states: bags of one, two and three, a queue, clocks, text."""

FOR_TLC = ("udp", "tw1 capacity=1", "rfc9293 incarnations=1", "flags_only")
"""The smaller ones: TLC takes a while to begin with, and longer for each state."""

TOYS = [jugs(), bag(3), grid(3), clock(4), handing_over()]
"""Simultaneous updates that need a temporary, bags, counters, words that wrap."""


@needs_spin
@pytest.mark.parametrize("scenario_text", SPACES)
def test_spin_visits_as_many_states(scenario_text: str, tmp_path: Path) -> None:
    """Distinct states and steps, one by one: what SPIN stores and what it takes are our numbers."""
    system, question = asked(scenario_text, ALL)
    mine, theirs = ours(system, question), spin(system, question, tmp_path)
    assert mine.states == theirs.states == SPACES[scenario_text]
    assert mine.transitions == theirs.steps - 1
    assert not theirs.violated


@needs_spin
@pytest.mark.parametrize("system", TOYS, ids=lambda system: system.name)
def test_spin_agrees_about_toys(system: TransitionSystem, tmp_path: Path) -> None:
    """Systems whose states can be counted by hand."""
    mine, theirs = ours(system, NOTHING), spin(system, NOTHING, tmp_path)
    assert (mine.states, mine.transitions) == (theirs.states, theirs.steps - 1)


@needs_tlc
@pytest.mark.parametrize("scenario_text", FOR_TLC)
def test_tlc_visits_as_many_states(scenario_text: str, tmp_path: Path) -> None:
    """The same for TLC, which counts every step it generates."""
    system, question = asked(scenario_text, ALL)
    mine, theirs = ours(system, question), tlc(system, question, tmp_path)
    assert mine.states == theirs.states == SPACES[scenario_text]
    assert mine.transitions == theirs.steps - 1
    assert not theirs.violated


@needs_tlc
def test_the_model_of_the_tla_examples_comes_back(tmp_path: Path) -> None:
    """A model that was TLA+ at first, and counted by TLC then, has 1182 states on its way back."""
    theirs = tlc(anchor(), always(BOTH_OR_NEITHER), tmp_path)
    assert (theirs.states, theirs.violated) == (1182, False)


# --- verdicts and counterexamples -----------------------------------------------------------------

FAILING = {
    "two_way incarnations=1": "always(implies(B.state == ESTABLISHED, A.state != CLOSED))",
    "rfc9293 incarnations=1": "always(A.state != TIME_WAIT)",
    "tw1 capacity=1": "within(A.state == ESTABLISHED, A.state == CLOSED, ticks=1)",
    "rfc9293 abort=on incarnations=1": "always(not left_half_open('B'))",
}
"""Properties that fail, some at once."""


@needs_spin
@pytest.mark.parametrize("scenario_text", FAILING)
def test_spin_finds_a_run_of_the_same_length(scenario_text: str, tmp_path: Path) -> None:
    """Searching breadth first, SPIN finds a shortest counterexample; ours is as short, and SPIN
    prints as many actions of ours when it replays its own.
    """
    system, question = asked(scenario_text, FAILING[scenario_text])
    mine = ours(system, question)
    theirs = spin(system, question, tmp_path, breadth_first=True)
    assert mine.verdict is Verdict.FAILS
    assert mine.trace is not None
    assert theirs.violated
    assert len(mine.trace) == theirs.length == len(theirs.actions)


@needs_tlc
@pytest.mark.parametrize("scenario_text", [*FAILING][:2])
def test_tlc_finds_a_run_of_the_same_length(scenario_text: str, tmp_path: Path) -> None:
    """TLC's counterexamples are shortest ones, too."""
    system, question = asked(scenario_text, FAILING[scenario_text])
    mine, theirs = ours(system, question), tlc(system, question, tmp_path)
    assert mine.trace is not None
    assert theirs.violated
    assert len(mine.trace) == theirs.length


@needs_spin
def test_spin_agrees_that_a_property_holds(tmp_path: Path) -> None:
    """A property that holds, and reads the numbers: after the whole space, no error."""
    connected = "A.state == ESTABLISHED and B.state == ESTABLISHED"
    system, question = asked("textbook", f"always(implies({connected}, A.irs == B.iss))")
    mine, theirs = ours(system, question), spin(system, question, tmp_path)
    assert mine.verdict is Verdict.HOLDS
    assert not theirs.violated
    assert mine.states == theirs.states


@needs_spin
def test_what_spin_finds_is_a_run_of_ours(tmp_path: Path) -> None:
    """The actions that SPIN prints, replayed by our interpreter, lead to the violation."""
    system, question = asked("rfc9293 incarnations=1 channel=fifo", "always(B.state != LAST_ACK)")
    theirs = spin(system, question, tmp_path)
    trace = replay(system, [Choice(name) for name in theirs.actions])
    assert trace.state(len(trace))["B.state"] == "LAST-ACK"


# --- liveness -------------------------------------------------------------------------------------

SENT_AGAIN = "weak=['A retransmission timeout']"
RESPONSES = {
    "leads_to(A.state == SYN_SENT, A.state != SYN_SENT, weak=['A CLOSE'])": Verdict.HOLDS,
    f"leads_to(A.state == FIN_WAIT_1, A.state != FIN_WAIT_1, {SENT_AGAIN})": Verdict.FAILS,
    f"leads_to(A.state == FIN_WAIT_1, A.state != FIN_WAIT_1, {SENT_AGAIN}, "
    "strong=['B receives', 'A receives'])": Verdict.HOLDS,
}
"""A FIN that is sent again and again is acknowledged if what comes again and again is received."""


@needs_tlc
@pytest.mark.parametrize("formula", RESPONSES)
def test_tlc_agrees_about_liveness(formula: str, tmp_path: Path) -> None:
    """Whether the fairness of groups of actions suffices: TLC's verdict is ours."""
    system, question = asked("rfc9293 incarnations=1 capacity=1", formula)
    mine, theirs = liveness.check(system, question), tlc(system, question, tmp_path)
    assert mine.verdict is RESPONSES[formula]
    assert theirs.violated is (mine.verdict is Verdict.FAILS)


ROUND: list[Edge] = [(0, 0), (0, 1, "out"), (1, 0), (1, 2, "on"), (0, 3, "off"), (3, 3), (2, 2)]
"""0 may stay or go to and fro between 0 and 1; from 1 it goes `on` to 2, from 0 `off` to 3."""


@needs_tlc
@pytest.mark.parametrize(
    ("weak", "strong", "verdict"),
    [
        ((), (), Verdict.FAILS),
        (("out",), (), Verdict.FAILS),
        (("out", "on"), (), Verdict.FAILS),
        (("out",), ("on",), Verdict.HOLDS),
    ],
)
def test_tlc_agrees_about_fairness(
    weak: tuple[str, ...], strong: tuple[str, ...], verdict: Verdict, tmp_path: Path
) -> None:
    """A step that changes nothing is a step: who stays in 0 for ever is held up by fairness only.
    A group that is enabled again and again has to be strongly fair to be taken.
    """
    system = graph(ROUND)
    question = leads_to(at(0), at(2, 3), weak=weak, strong=strong)
    mine, theirs = liveness.check(system, question), tlc(system, question, tmp_path)
    assert mine.verdict is verdict
    assert theirs.violated is (verdict is Verdict.FAILS)
