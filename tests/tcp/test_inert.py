"""Faults about timers that nobody can notice: proved, and compared with what is reachable."""

from __future__ import annotations

from functools import cache

import pytest
import z3

from tcpmodel.engines.explicit import Search
from tcpmodel.tcp.compose import AGENTS, compose
from tcpmodel.tcp.faults import Fault
from tcpmodel.tcp.inert import Inert
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.totality import Totality

EXACT = "rfc9293 incarnations=1 gives_up=off msl=1 time_wait=2 rto=1 rto_policy=exponential "
EXACT += "retries=1 capacity=1 loss=1"

UNSEEN = [
    Fault("fin_wait_1_receives_ack_of_fin", "forget", "rtx_timer"),
    Fault("closing_receives_ack_of_fin", "forget", "tries"),
    Fault("receives_fin__fin_wait_2", "forget", "tries"),
    Fault("close_first__established", "forget", "tries"),
]

SEEN = [
    Fault("close_first__established", "forget", "rtx_timer"),
    Fault("retransmit_fin__fin_wait_1", "forget", "tries"),
    Fault("receives_fin__fin_wait_2", "forget", "timer"),
    Fault("receives_fin__fin_wait_2", "less", "timer"),
]


@cache
def inert(text: str) -> Inert:
    """The timers of a scenario."""
    return Inert(Totality(scenario(text)))


def reachable(fault: Fault | None) -> set[tuple[tuple[str, str], ...]]:
    """All reachable states, without what sleeping timers are."""
    model = compose(scenario(EXACT), fault)
    search = Search(model.system, z3.BoolVal(False))
    search.run()
    assert search.complete
    found = set()
    for codes in search.order:
        values = dict(search.compiled.decode(codes))
        for agent in AGENTS:
            if values[f"{agent}.snd_una"] == values[f"{agent}.snd_nxt"]:
                del values[f"{agent}.rtx_timer"], values[f"{agent}.tries"]
            if values[f"{agent}.state"] != "TIME-WAIT":
                del values[f"{agent}.timer"]
        found.add(tuple(sorted((name, str(value)) for name, value in values.items())))
    return found


@pytest.mark.parametrize("fault", UNSEEN, ids=str)
def test_what_is_proved_to_make_no_difference_makes_none(fault: Fault) -> None:
    """The same states are reachable, whatever a timer is that sleeps."""
    assert inert(EXACT).has_no_effect(fault)
    assert reachable(fault) == reachable(None)


@pytest.mark.parametrize("fault", SEEN, ids=str)
def test_what_makes_a_difference_is_not_proved_to_make_none(fault: Fault) -> None:
    """Other states are reachable."""
    assert not inert(EXACT).has_no_effect(fault)
    assert reachable(fault) != reachable(None)


def test_conjectures_that_do_not_hold_are_dropped() -> None:
    """A retransmission timer that is a mere bound runs on while nothing is unacknowledged: that it
    is zero then is no invariant, but it sleeps nevertheless.
    """
    bound, exact = inert("tw2 rto=1"), inert(EXACT)
    assert "rtx_timer == 0" not in str(bound.invariant)
    assert "rtx_timer == 0" in str(exact.invariant)
    assert bound.sleeps("rtx_timer")
    assert bound.has_no_effect(Fault("fin_wait_1_receives_ack_of_fin", "forget", "rtx_timer"))


def test_a_timer_that_never_sleeps_is_never_let_go() -> None:
    """The quiet time counts in every state."""
    timers = inert("two_way_deltat")
    assert timers.asleep("quiet") is None
    assert not timers.has_no_effect(Fault("last_ack_receives_ack_of_fin", "forget", "quiet"))


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("rfc9293 data=1", Fault("retransmit_text__last_ack", "remove", "me.snd_una != me.iss")),
        ("rfc9293 retries=2", Fault("gives_up", "remove", "something is unacknowledged")),
        ("rfc9293 roles=any", Fault("listen_send", "remove", "me.may_listen")),
        ("rfc9293 data=1", Fault("retransmit_text__closing", "remove", "me.state == CLOSING")),
    ],
    ids=str,
)
def test_what_follows_from_what_can_come_about_is_no_fault(text: str, fault: Fault) -> None:
    """It follows from an invariant, or another rule does the same; over all TCBs it does not."""
    timers = inert(text)
    assert timers.has_no_effect(fault)
    assert not timers.totality.has_no_effect(fault)


def test_a_guard_that_matters_is_no_such_thing() -> None:
    """Without the octets being unacknowledged they would be sent again for ever; UDP has neither
    timers nor invariants.
    """
    fault = Fault("retransmit_text__established", "remove", "something is unacknowledged")
    assert not inert("rfc9293 data=1").has_no_effect(fault)
    assert not inert("udp").has_no_effect(Fault("udp_send", "remove", "me.sent != 2"))
