"""Knowledge: what an agent can tell from its own state."""

from __future__ import annotations

import pytest
import z3

from tcpmodel.core.epistemic import Atom, Common, Implies, Knows, View, knows_whether, none_of
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always, epistemic, knows
from tcpmodel.core.result import Budget, Verdict
from tcpmodel.core.system import Action, Event, Receive, Send, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Var
from tcpmodel.engines import knowledge
from tcpmodel.engines.recall import seen_fields
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import CLOSED, ESTABLISHED, SYN_RECEIVED, SYN_SENT

COIN = Var("table.coin", Bool())
LOOKED = Var("A.looked", Bool())
SAW = Var("A.saw", Bool())
HINT = Var("A.hint", Bool(), ghost=True)


def table() -> TransitionSystem:
    """A coin lies on the table, one way or the other; A may look at it, once."""
    true = z3.BoolVal(True)
    return TransitionSystem(
        "a coin",
        (COIN, LOOKED, SAW, HINT),
        z3.And(z3.Not(LOOKED.term), z3.Not(SAW.term), HINT.term == COIN.term),
        (Action("look", (z3.Not(LOOKED.term),), {"A.looked": true, "A.saw": COIN.term}),),
    )


def test_who_has_looked_knows() -> None:
    """After a look, A knows that the coin lies as it saw."""
    question = knows("A", COIN.term == SAW.term, when=LOOKED.term)
    assert knowledge.check(table(), question).verdict is Verdict.HOLDS


def test_who_has_not_looked_does_not() -> None:
    """Before, there are two runs that look the same to A; a ghost is no help."""
    result = knowledge.check(table(), knows("A", COIN.term, when=COIN.term))
    assert result.verdict is Verdict.FAILS
    assert result.trace is not None
    [twin] = result.twins
    assert twin.agent == "A"
    for run, coin in ((result.trace, True), (twin.trace, False)):
        end = retrace(run, table()).state(len(run))
        assert (end["table.coin"], end["A.looked"]) == (coin, False)


def test_what_is_false_is_not_known() -> None:
    """Knowledge is of facts."""
    false = knows("A", z3.Not(LOOKED.term), when=LOOKED.term)
    assert knowledge.check(table(), false).verdict is Verdict.FAILS


def test_a_bound_proves_nothing() -> None:
    """Some state that was not reached might look the same."""
    counter = Var("A.n", Counter(5))
    up = Action("up", (counter.term != 5,), {"A.n": counter.term + 1})
    counting = TransitionSystem("counting", (counter,), counter.term == 0, (up,))
    question = knows("A", counter.term != 5, when=z3.BoolVal(True))
    cut = knowledge.check(counting, question, Budget(depth=2))
    assert cut.verdict is Verdict.UNKNOWN
    assert "2 steps" in cut.reason
    assert knowledge.check(counting, question).verdict is Verdict.FAILS


def test_what_is_possible_elsewhere_is_not_bounded() -> None:
    """That somebody does not know something can only be refuted by all states; that it knows can be
    by two.
    """
    a, b = Var("A.n", Counter(1)), Var("net.n", Counter(9))
    up = Action("up", (b.term != 9,), {"net.n": b.term + 1})
    start = z3.And(a.term == 0, b.term == 0)
    system = TransitionSystem("counting unseen", (a, b), start, (up,))
    ignorant = epistemic(none_of(Knows("A", Atom(b.term != 9))), when=b.term == 0)
    cut = knowledge.check(system, ignorant, Budget(depth=3))
    assert (cut.verdict, cut.trace) == (Verdict.UNKNOWN, None)
    assert knowledge.check(system, ignorant).verdict is Verdict.HOLDS
    expert = knows("A", b.term == 0, when=b.term == 0)
    assert knowledge.check(system, expert, Budget(depth=3)).verdict is Verdict.FAILS


def test_knowledge_that_should_be_missing_is_a_run_alone() -> None:
    """There is nothing to set beside a run after which somebody does know."""
    surely = epistemic(none_of(Knows("A", Atom(COIN.term))), when=LOOKED.term)
    result = knowledge.check(table(), surely)
    assert result.verdict is Verdict.FAILS
    assert result.trace is not None
    assert (len(result.trace), result.twins) == (1, ())


def switch() -> TransitionSystem:
    """A presses one of two buttons; a lamp that it does not see goes on or off."""
    lamp, pressed, still = Var("net.lamp", Bool()), Var("net.pressed", Bool()), Var("A.z", Bool())
    actions = [
        Action(
            label,
            (z3.Not(pressed.term),),
            {"net.lamp": z3.BoolVal(label == "on"), "net.pressed": z3.BoolVal(True)},
            event=Event("A", "call", label),
        )
        for label in ("on", "off")
    ]
    init = z3.And(z3.Not(pressed.term), z3.Not(still.term))
    return TransitionSystem("a lamp", (lamp, pressed, still), init, tuple(actions))


@pytest.mark.parametrize(
    ("view", "verdict"),
    [(View.STATE, Verdict.FAILS), (View.RECALL, Verdict.FAILS), (View.EVENTS, Verdict.HOLDS)],
)
def test_own_steps_are_remembered_as_events(view: View, verdict: Verdict) -> None:
    """A step that leaves one's variables alone is known only to who goes by events: that it
    happened, and which it was.
    """
    lamp, pressed = (switch().by_name[f"net.{name}"].term for name in ("lamp", "pressed"))
    question = epistemic(knows_whether("A", lamp), when=pressed, view=view)
    assert knowledge.check(switch(), question).verdict is verdict


def test_a_message_is_read_even_if_nothing_is_stored() -> None:
    """B hears a bit and keeps none of it: only by events it knows which."""
    bit, sent, heard, own = (
        Var(name, Bool()) for name in ("net.bit", "net.sent", "net.heard", "B.z")
    )
    yes, fields = z3.BoolVal(True), {"bit": bit.term}
    says = Event("A", sends=Send("A>B", fields, yes))
    hears = Event("B", "segment", receives=Receive("A>B", 0, fields))
    system = TransitionSystem(
        "a bit",
        (bit, sent, heard, own),
        z3.Not(z3.Or(sent.term, heard.term, own.term)),
        (
            Action("A says", (z3.Not(sent.term),), {"net.sent": yes}, event=says),
            Action("B hears", (sent.term, z3.Not(heard.term)), {"net.heard": yes}, event=hears),
        ),
        message={"bit": Bool()},
    )
    for view, verdict in ((View.RECALL, Verdict.FAILS), (View.EVENTS, Verdict.HOLDS)):
        question = epistemic(knows_whether("B", bit.term), when=heard.term, view=view)
        assert knowledge.check(system, question).verdict is verdict


def test_a_received_message_is_seen_without_its_ghosts_and_its_age() -> None:
    """What the sender filled in, and nothing that only properties know."""
    assert seen_fields(compose(scenario("tw2")).system) == {"ctl", "seq", "ack"}
    assert "text" in seen_fields(compose(scenario("rfc9293 data=1")).system)


def test_an_ignored_message_is_an_event() -> None:
    """The ACK that answers a repeated SYN changes nothing, but tells the client that its repetition
    has arrived: who goes by events knows that one of its two SYNs was not lost on the way.
    """
    model = compose(scenario("rfc9293 incarnations=1 gives_up=off closes=nobody capacity=1"))
    a, b = model.world.A, model.world.B
    spared = z3.And(a.state == SYN_SENT, b.state == SYN_RECEIVED)
    known = {}
    for view in (View.RECALL, View.EVENTS):
        unaware = epistemic(
            none_of(Knows("A", Atom(b.state == SYN_RECEIVED))), when=spared, view=view
        )
        known[view] = knowledge.check(model.system, unaware)
    assert known[View.RECALL].verdict is Verdict.HOLDS
    trace = known[View.EVENTS].trace
    assert trace is not None
    assert any(step.agent == "A" and step.received is not None for step in trace.steps)


def test_a_bound_on_runs_is_said() -> None:
    """With recall a bound is a bound on runs: nothing up to there."""
    a, b = (Var(f"{agent}.n", Counter(7)) for agent in "AB")
    up = [Action(f"{v.name} up", (v.term != 7,), {v.name: v.term + 1}) for v in (a, b)]
    start = z3.And(a.term == 0, b.term == 0)
    system = TransitionSystem("two counters", (a, b), start, tuple(up))
    question = knows("A", b.term != 3, when=a.term == 2, view=View.RECALL)
    short = knowledge.check(system, question, Budget(depth=1))
    assert (short.verdict, short.scope.steps) == (Verdict.HOLDS_UP_TO, 1)
    assert "1 steps" in short.reason
    long = knowledge.check(system, question)
    assert long.verdict is Verdict.FAILS
    assert long.trace is not None
    assert len(long.trace) == 2
    for limit in (Budget(states=20), Budget(seconds=1e-9)):
        assert knowledge.check(system, question, limit).verdict is not Verdict.HOLDS


def test_common_knowledge_with_recall_is_refused() -> None:
    """By name, with what to ask instead."""
    question = epistemic(Common(("A", "table"), Atom(COIN.term)), view=View.RECALL)
    with pytest.raises(ModelError, match="ask for view=state"):
        knowledge.check(table(), question)


def test_the_premise_of_an_implication_is_looked_for() -> None:
    """What is known only if something never known is known holds vacuously."""
    never = Knows("A", Atom(z3.Not(LOOKED.term)))
    looked = z3.And(LOOKED.term)
    for view in (View.STATE, View.RECALL):
        question = epistemic(Implies(never, Atom(COIN.term)), when=looked, view=view)
        result = knowledge.check(table(), question)
        assert (result.verdict, result.vacuous) == (Verdict.HOLDS, True)


def test_only_somebody_can_know() -> None:
    """An agent without state, and another kind of property, are named."""
    with pytest.raises(ModelError, match="'C' has no state of its own; there are A, table"):
        knowledge.check(table(), knows("C", COIN.term, when=COIN.term))
    with pytest.raises(ModelError, match="ask engine explicit"):
        knowledge.check(table(), always(COIN.term))


def test_what_a_server_knows_after_each_message() -> None:
    """After the SYN it knows that the client has opened, not that its answer has arrived; after
    the third message it knows that, too.
    """
    model = compose(scenario("rfc9293 incarnations=1"))
    world = model.world
    opened, answered = world.A.inc == 1, world.A.snd_una != world.A.iss
    first = knows("B", opened, when=world.B.state == SYN_RECEIVED)
    assert knowledge.check(model.system, first).verdict is Verdict.HOLDS
    second = knows("B", answered, when=world.B.state == SYN_RECEIVED)
    assert knowledge.check(model.system, second).verdict is Verdict.FAILS
    heard = z3.Or(answered, world.A.state == CLOSED)
    third = knows("B", heard, when=world.B.state == ESTABLISHED)
    assert knowledge.check(model.system, third).verdict is Verdict.HOLDS
