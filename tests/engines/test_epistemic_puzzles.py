"""Puzzles with published answers: muddy children, two generals, bit transmission."""

from __future__ import annotations

from itertools import pairwise

import pytest
import z3

from tcpmodel.core.epistemic import (
    Common,
    Fact,
    Knows,
    View,
    all_of,
    any_of,
    everyone_knows,
    fact,
    knows_whether,
    none_of,
)
from tcpmodel.core.property import epistemic
from tcpmodel.core.result import Result, Verdict
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines import knowledge

from .epistemic_toys import (
    ACKED,
    BIT,
    CHILDREN,
    GOT,
    TOLD,
    asked,
    bit_transmission,
    generals,
    muddy,
    muddy_children,
    number_of_muddy,
    telegraph,
)

VIEWS = pytest.mark.parametrize("view", [View.STATE, View.RECALL, View.EVENTS])


def settle(
    system: TransitionSystem, holds: object, when: Term = None, view: View = View.STATE
) -> Result:
    """Does `holds` hold wherever `when` does?"""
    return knowledge.check(system, epistemic(fact(holds), when=when, view=view))


def chain(agents: str, inner: Term) -> Fact:
    """`AB`: A knows that B knows it."""
    known = fact(inner)
    for agent in reversed(agents):
        known = Knows(agent, known)
    return known


@VIEWS
@pytest.mark.parametrize("count", [1, 2, 3])
def test_muddy_children_know_when_asked_for_the_kth_time(count: int, view: View) -> None:
    """With k muddy children nobody knows before the k-th question; then the muddy ones do."""
    some_know = any_of(*(knows_whether(child, muddy(child)) for child in CHILDREN))
    muddy_know = all_of(*(any_of(none_of(muddy(c)), Knows(c, fact(muddy(c)))) for c in CHILDREN))
    system, so_many = muddy_children(), number_of_muddy() == count
    for times in range(count - 1):
        before = z3.And(so_many, asked(times))
        assert settle(system, none_of(some_know), before, view).verdict is Verdict.HOLDS
    last = z3.And(so_many, asked(count - 1))
    assert settle(system, muddy_know, last, view).verdict is Verdict.HOLDS


def test_without_the_announcement_nobody_ever_knows() -> None:
    """All see that somebody is muddy, and all know that all see it: but it is not common knowledge.

    The father tells nobody anything new, and yet everything hangs on it.
    """
    silent, three = muddy_children(announced=False), number_of_muddy() == 3
    somebody = z3.Or(*(muddy(child) for child in CHILDREN))
    all_see = everyone_knows(CHILDREN, everyone_knows(CHILDREN, somebody))
    assert settle(silent, all_see, three).verdict is Verdict.HOLDS
    common = Common(CHILDREN, fact(somebody))
    doubted = settle(silent, common, three)
    assert doubted.verdict is Verdict.FAILS
    assert len({twin.agent for twin in doubted.twins}) == 3  # each child may be the clean one
    assert settle(muddy_children(), common).verdict is Verdict.HOLDS
    start = z3.And(asked(0), number_of_muddy() == 1)
    some_know = any_of(*(Knows(child, fact(muddy(child))) for child in CHILDREN))
    assert settle(silent, none_of(some_know), start).verdict is Verdict.HOLDS
    assert settle(muddy_children(), some_know, start).verdict is Verdict.HOLDS


@VIEWS
@pytest.mark.parametrize("messages", [1, 2, 3, 4])
def test_each_message_adds_a_level(messages: int, view: View) -> None:
    """After k messages knowledge of the decision is nested k deep, and no deeper."""
    system = generals(8)
    got_a, got_b = messages // 2, (messages + 1) // 2
    a, b = (system.by_name[f"{agent}.n"].term for agent in "AB")
    now = z3.And(a == got_a + 1, b == got_b)
    whose = "".join("BA"[i % 2] for i in range(messages))[::-1]
    following = "A" if whose[0] == "B" else "B"
    deep, deeper = chain(whose, a != 0), chain(following + whose, a != 0)
    assert settle(system, deep, now, view).verdict is Verdict.HOLDS
    doubted = settle(system, deeper, now, view)
    assert doubted.verdict is Verdict.FAILS
    assert [twin.agent for twin in doubted.twins] == list(following + whose)


def test_two_generals_never_agree() -> None:
    """Over messengers who may be captured the decision never becomes common knowledge."""
    system = generals(8)
    decided = fact(system.by_name["A.n"].term != 0)
    assert settle(system, none_of(Common(("A", "B"), decided))).verdict is Verdict.HOLDS
    refuted = settle(system, Common(("A", "B"), decided), system.by_name["B.n"].term == 3)
    assert refuted.verdict is Verdict.FAILS
    doubters = [twin.agent for twin in refuted.twins]
    assert all(one != other for one, other in pairwise(doubters))
    assert refuted.twins[-1].trace.state(0)["A.n"] == 0


@pytest.mark.parametrize("late", [0, 1])
def test_with_a_common_clock_they_do(late: int) -> None:
    """A telegraph that loses nothing, one clock that both see: common knowledge as soon as the
    decision must have arrived, and not before.
    """
    system = telegraph(late)
    decided, clock = (system.by_name[f"A.{name}"].term for name in ("decided", "clock"))
    common = Common(("A", "B"), fact(decided))
    after = z3.And(decided, z3.UGE(clock, late + 1))
    before = z3.And(decided, z3.ULT(clock, late + 1))
    assert settle(system, common, after).verdict is Verdict.HOLDS
    assert settle(system, none_of(common), before).verdict is Verdict.HOLDS


@VIEWS
def test_bit_transmission(view: View) -> None:
    """R knows the bit once it has it; S knows that R does once acknowledged; R knows that only when
    told; S never knows that R was told.
    """
    system = bit_transmission()
    r_knows = knows_whether("R", BIT.term)
    s_knows = Knows("S", r_knows)
    for holds, when in (
        (r_knows, GOT.term),
        (none_of(r_knows), z3.Not(GOT.term)),
        (s_knows, ACKED.term),
        (none_of(s_knows), z3.Not(ACKED.term)),
        (Knows("R", s_knows), TOLD.term),
        (none_of(Knows("R", s_knows)), z3.Not(TOLD.term)),
        (none_of(Knows("S", Knows("R", s_knows))), None),
    ):
        assert settle(system, holds, when, view).verdict is Verdict.HOLDS
