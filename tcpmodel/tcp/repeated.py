"""Appendix A.2 of RFC 9293: the ACK of a repeated SYN or FIN counts (`seq_check=a2`).

Read literally, the sequence check drops a segment whose only octet, SYN or FIN, has been taken
before, and with it an ACK that may be the news.  Here that octet is trimmed and the ACK processed;
the answer is an ACK, as to everything that comes again, unless this very segment connects us.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.acceptance import repeats_octet
from tcpmodel.tcp.rule import Reaction, Reactions, arrival
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.states import (
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    SYN_RECEIVED,
    TIME_WAIT,
)
from tcpmodel.tcp.tcb import Me

_A2 = "9293 3.10.7.4 first, SYN-RECEIVED..TIME-WAIT ¶4"


@arrival(rfc=_A2, says="the peer's SYN, once more, acknowledges ours: connected")
def repeated_syn_connects(me: Me, seg: Segment) -> Reactions:
    if me.switches.seq_check == "literal":
        return None
    then = {me.state: ESTABLISHED, **me.acknowledged(seg)}
    return Reaction([me.state == SYN_RECEIVED, repeats_octet(me, seg)], then)


@arrival(rfc=_A2, says="a SYN or FIN that we have taken, once more: its ACK counts")
def repeated_octet_acknowledges(me: Me, seg: Segment) -> Reactions:
    if me.switches.seq_check == "literal":
        return None
    then = me.acknowledged(seg)
    others = me.is_in(ESTABLISHED, FIN_WAIT_2, CLOSE_WAIT, TIME_WAIT)
    awaits = me.is_in(FIN_WAIT_1, CLOSING, LAST_ACK)
    again, closes = repeats_octet(me, seg), me.acks_all(seg)

    def reaction(when: list[Term], updates: dict[Term, Term], name: str = "") -> Reaction:
        return Reaction([*when, again], updates, me.ack(), name)

    waits = then | {me.state: TIME_WAIT} | me.enter_time_wait()
    return [
        reaction([others], then),
        reaction([awaits, z3.Not(closes)], then, "__fin_unacknowledged"),
        reaction([me.state == FIN_WAIT_1, closes], then | {me.state: FIN_WAIT_2}, "__fin_wait_1"),
        reaction([me.state == CLOSING, closes], waits, "__closing"),
        reaction([me.state == LAST_ACK, closes], me.without_tcb(outcome="closed"), "__last_ack"),
    ]


REPEATED = (repeated_syn_connects, repeated_octet_acknowledges)
"""What Appendix A.2 adds to the sequence check."""
