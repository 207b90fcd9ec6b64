"""Timers and counts are told in words, and a peer that does not exist is not a full channel."""

from __future__ import annotations

import pytest

from tcpmodel.core.property import sometimes
from tcpmodel.core.terms import Term, all_of
from tcpmodel.core.trace import Trace
from tcpmodel.engines import explicit
from tcpmodel.render.chart import chart
from tcpmodel.render.counts import said
from tcpmodel.render.text import text
from tcpmodel.render.vocabulary import TCB
from tcpmodel.render.words import Fate, Story
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.tcb import tcb_domains
from tcpmodel.tcp.world import World

TOLD_ELSEWHERE = {
    *("state", "inc", "peer", "timer", "outcome", "confirmed", "stale_text", "stale_fin"),
    *("taken", "duplicated", "skipped", "cut", "swayed", "cut_short", "served", "served_twice"),
}
"""Fields that have words in `words`."""

FULL = (
    "clock crash=on quiet=1 isn=distinct rto=1 rto_policy=exponential retries=3 user_timeout=4 "
    "fin_timeout=2 server_memory=per_peer_last_inc half_close=shutdown_wr data=2",
    "clock keepalive=2 keepalive_interval=1 keepalive_probes=1",
    "rfc9293 data=3 window=4 width=6 reassembly=hold receiver=slow syn_data=on ts_paws=on",
    "rfc793 adversary=off_path forgeries=1 forges=syn_flood backlog=2 tfo=on data=1 senders=A",
    "clock tw_reopen=rfc1122 active_close=late",
)
"""Scenarios whose endpoints have everything there is among them."""


def shortest(scenario_text: str, formula: str) -> Trace:
    """The shortest run to a state in which A has waited, or given up."""

    def goal(w: World) -> Term:
        wanted = {"waits": w.A.waited == 3, "quits": w.ended("A", "timeout")}
        return all_of(wanted[formula])

    model = compose(scenario(scenario_text))
    trace = explicit.check(model.system, sometimes(goal(model.world))).trace
    assert trace is not None
    return trace


DEAD_PEER = "linux_old roles=alone incarnations=1 gives_up=off retries=1 syn_retries=1"


def test_nobody_is_not_a_full_channel() -> None:
    """What is sent to a dead peer is lost because it is dead; the channel was never full."""
    trace = shortest(DEAD_PEER, "quits")
    told = text(trace)
    assert "A: active OPEN → SYN-SENT, sends SYN seq=1, but nobody is there to receive it" in told
    assert "full" not in told
    assert {flight.fate for flight in Story(trace).flights} == {Fate.UNHEARD}
    assert Fate.UNHEARD.value in chart(trace)


def test_waiting_is_told_in_ticks() -> None:
    """Not `A.waited 1 → 2`."""
    told = text(shortest(DEAD_PEER, "waits"))
    assert "A has waited 1 tick]" in told
    assert "A has waited 3 ticks" in told
    assert "A has retransmitted once" in told
    assert "A last sent it after 1 tick]" in told
    assert "A." not in told


@pytest.mark.parametrize("scenario_text", FULL)
def test_no_endpoint_has_a_field_without_words(scenario_text: str) -> None:
    """A new variable of a TCB needs a word before a run can be read."""
    domains = tcb_domains(scenario(scenario_text))
    raw = [
        name
        for name, (domain, _) in domains.items()
        if name not in TCB.keys() | TOLD_ELSEWHERE and said(name, domain.decode(0)) is None
    ]
    assert raw == []


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("tries", 2, "has retransmitted twice"),
        ("tries", 0, ""),
        ("fin_timer", 3, "has 2 ticks of FIN-WAIT-2 left"),
        ("quiet", 2, "keeps quiet for 1 tick more"),
        ("quiet", 0, "may send again"),
        ("unread", 1, "has 1 octet for its user to read"),
        ("held2", "text", "holds text back, 2 octets ahead"),
        ("held1", "-", ""),
        ("held1_stale", True, ""),
        ("budget", 3, None),
    ],
)
def test_what_a_value_means(field: str, value: int | str, words: str | None) -> None:
    """What is over goes without saying; what another system calls a variable is not guessed at."""
    assert said(field, value) == words
