"""Knowledge: what an agent can tell from its own state."""

from __future__ import annotations

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always, knows
from tcpmodel.core.result import Budget, Verdict
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Var
from tcpmodel.engines import knowledge
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import CLOSED, ESTABLISHED, SYN_RECEIVED

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
