"""How long a connection may take: limits of retransmission, user timeout, keep-alives, FIN-WAIT-2.

RFC 9293 sections 3.8.3, 3.8.4 and 3.10.8.  Who gives up tells its user, and nobody else: no reset
is sent.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp import schedule
from tcpmodel.tcp.rule import Reaction, Reactions, call, timeout
from tcpmodel.tcp.segment import ACK, ctl
from tcpmodel.tcp.states import CLOSE_WAIT, ESTABLISHED, FIN_WAIT_2
from tcpmodel.tcp.tcb import Me


@timeout(
    "retransmission limit",
    rfc="9293 MUST-20; 9293 MUST-22",
    says="sent as often as it may be, and still unacknowledged: the user is told, no TCB",
)
def gives_up(me: Me) -> Reactions:
    if "tries" not in me.variables:
        return None
    pending = me.snd_una != me.snd_nxt
    return Reaction([pending, me.exhausted, *me.due()], me.without_tcb(outcome="timeout"))


@timeout(
    "user timeout",
    rfc="9293 3.10.8 user timeout ¶1",
    says="nothing was acknowledged for as long as the user is willing to wait: no TCB",
)
def user_timeout(me: Me) -> Reactions:
    if me.switches.user_timeout == "off":
        return None
    over = [me.user_timer == 0] if "user_timer" in me.variables else []
    return Reaction([me.snd_una != me.snd_nxt, *over], me.without_tcb(outcome="timeout"))


@timeout(
    "keep-alive",
    rfc="9293 MAY-5; 9293 SHLD-12; 9293 MUST-26; 9293 MUST-27",
    says="an idle connection is probed by what the peer has to answer",
)
def keep_alive(me: Me) -> Reactions:
    """SEG.SEQ = SND.NXT-1 is out of the window of a peer that is there; without text."""
    if me.switches.keepalive == "off":
        return None
    probe = me.segment(ctl(ACK), me.snd_nxt - 1, me.rcv_nxt)
    if me.switches.keepalive == "on":
        return Reaction(_idle(me), {}, probe)
    *times, _ = enumerate(schedule.keepalives(me.switches))
    due = z3.Or(*(z3.And(me.probes == n, me.idle == ticks) for n, ticks in times))
    return Reaction([*_idle(me), due], {me.probes: me.probes + 1}, probe)


@timeout(
    "keep-alive limit",
    rfc="9293 MUST-29",
    says="so many probes in a row were not answered: the user is told, no TCB",
)
def keep_alive_gives_up(me: Me) -> Reactions:
    """One probe that is not answered says nothing: it may have been lost, or its answer."""
    if not isinstance(me.switches.keepalive, int):
        return None
    count, ticks = list(enumerate(schedule.keepalives(me.switches)))[-1]
    over = [me.probes == count, me.idle == ticks]
    return Reaction([*_idle(me), *over], me.without_tcb(outcome="timeout"))


def _idle(me: Me) -> list[Term]:
    return [me.is_in(ESTABLISHED, FIN_WAIT_2, CLOSE_WAIT), me.snd_una == me.snd_nxt]


@timeout(
    "SYN-RECEIVED timeout",
    rfc="4987 2.2; 9293 MUST-22",
    says="a half-open connection of another address is given up: its place in the backlog is free",
)
def half_open_expires(me: Me) -> Reactions:
    """When, is for the retries of a SYN,ACK to say; here it is at any time."""
    if me.switches.backlog_expiry == "off":
        return None
    return Reaction([me.embryos != 0], {me.embryos: me.embryos - 1})


@call(
    "leave",
    rfc="9293 3.6 case 1",
    says="not in the RFC: the user who has closed does not even wait for the peer's FIN",
)
def leaves(me: Me) -> Reactions:
    """From then on the connection is an orphan; one that has never been needs no timer."""
    if not me.switches.fin_timeout or me.switches.fin_timeout_for == "all":
        return None
    starts = z3.BitVecVal(me.switches.fin_timeout + 1, me.fin_timer.size())
    return Reaction([me.state == FIN_WAIT_2, me.fin_timer == 0], {me.fin_timer: starts})


@timeout(
    "FIN-WAIT-2 timeout",
    rfc="9293 3.6 case 1",
    says="not in the RFC: the peer's FIN does not come, nobody waits for it: no TCB, silently",
)
def fin_wait_2_timeout(me: Me) -> Reactions:
    if not me.switches.fin_timeout:
        return None
    return Reaction([me.state == FIN_WAIT_2, me.fin_timer == 1], me.without_tcb(outcome="closed"))


LIMITS = (
    gives_up,
    user_timeout,
    keep_alive,
    keep_alive_gives_up,
    half_open_expires,
    leaves,
    fin_wait_2_timeout,
)
"""What ends a connection that goes on for too long."""
