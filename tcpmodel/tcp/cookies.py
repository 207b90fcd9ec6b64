"""SYN cookies: a listener that keeps nothing until its SYN has been acknowledged.

RFC 4987 section 3.6.  The initial sequence number is computed from the 4-tuple, a secret and a slow
counter; here that is the number that the next incarnation would choose.  Nobody can compute it
without the secret, and the listener can compute it again when an acknowledgment comes.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.rule import Reaction, Reactions, arrival
from tcpmodel.tcp.segment import ACK, RST, SYN, Segment, ctl
from tcpmodel.tcp.states import ESTABLISHED, LISTEN
from tcpmodel.tcp.tcb import Me


def cookie(me: Me) -> Term:
    """The initial sequence number of my next incarnation."""
    ((_, iss),) = me.initial_sequence_numbers()
    return iss


def is_valid(me: Me, seg: Segment) -> Term:
    """It acknowledges a cookie of mine."""
    left = me.inc != me.switches.incarnations
    return z3.And(seg.lacks(RST, SYN), seg.has(ACK), seg.ack == cookie(me) + 1, left)


@arrival(rfc="4987 3.6", says="a SYN is answered, and forgotten: the answer has a cookie for ISS")
def cookie_answers_syn(me: Me, seg: Segment) -> Reactions:
    if me.switches.syn_cookies == "off":
        return None
    asked = [me.state == LISTEN, seg.lacks(RST, ACK), seg.has(SYN)]
    answer = me.segment(ctl(SYN, ACK), cookie(me), seg.seq + 1, to=seg.inc, inc=me.inc + 1)
    left = me.inc != me.switches.incarnations
    return [
        Reaction([*asked, left], {}, answer),
        Reaction([*asked, z3.Not(left)], {}, None, "__out_of_incarnations"),
    ]


@arrival(
    rfc="4987 3.6",
    says="the acknowledgment of a cookie brings back all that was not stored: connected",
)
def cookie_returns(me: Me, seg: Segment) -> Reactions:
    """Text or FIN that comes with it is not taken; its sender repeats it."""
    if me.switches.syn_cookies == "off":
        return None
    iss = cookie(me)
    then = me.with_new_tcb(ESTABLISHED, iss, irs=seg.seq - 1, peer=seg.inc) | {
        me.snd_una: iss + 1,
        me.confirmed: seg.to == me.inc + 1,
        **me.noting_timestamp(seg),
    }
    return Reaction([me.state == LISTEN, is_valid(me, seg)], then)


COOKIES = (cookie_answers_syn, cookie_returns)
"""What a listener with SYN cookies does differently."""
