"""Timeouts: RFC 9293 section 3.10.8.

Retransmission may happen at any time while something is unacknowledged (that covers every timer
policy); with a clock and `rto` it also happens at least every so many ticks, and with `rto_policy`
exactly on time.  `limits` has what ends it.
"""

from __future__ import annotations

import z3

from tcpmodel.tcp.rule import Reaction, Reactions, timeout
from tcpmodel.tcp.segment import ACK, FIN, SYN, ctl
from tcpmodel.tcp.states import (
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    LAST_ACK,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)
from tcpmodel.tcp.tcb import Me

_RETRANSMISSION = "retransmission timeout"


def _unacknowledged(me: Me) -> object:
    return me.snd_una != me.snd_nxt


@timeout(
    _RETRANSMISSION,
    rfc="9293 3.10.8 retransmission timeout ¶1",
    says="the SYN at the front of the queue is sent again",
)
def retransmit_syn(me: Me) -> Reactions:
    if me.switches.retransmit == "off":
        return None
    # With Fast Open a SYN that is sent again comes without text (RFC 7413 section 4.1.3).
    text = 0 if me.switches.tfo == "on" else me.syn_payload
    bare = me.segment(ctl(SYN), me.iss, text=text)
    # In a handshake of four messages the server's SYN leaves here, also for the first time.
    four = me.switches.handshake == "four_naive"
    synack = bare if four else me.segment(ctl(SYN, ACK), me.iss, me.rcv_nxt)
    unacked = [me.snd_una == me.iss] if four else []
    return [
        Reaction(
            [me.state == SYN_SENT, *unacked, *me.may_repeat()],
            me.sent_again(),
            bare,
            "__syn_sent",
        ),
        Reaction(
            [me.state == SYN_RECEIVED, me.snd_una == me.iss, *me.may_repeat()],
            me.sent_again(),
            synack,
            "__syn_received",
        ),
        # CLOSE in SYN-RECEIVED has put a FIN behind our SYN, which is not acknowledged yet.
        Reaction(
            [me.state == FIN_WAIT_1, me.snd_una == me.iss, *me.may_repeat()],
            me.sent_again(),
            synack,
            "__fin_wait_1",
        ),
        Reaction(
            [me.state == CLOSING, me.snd_una == me.iss, *me.may_repeat()],
            me.sent_again(),
            synack,
            "__closing",
        ),
    ]


@timeout(
    _RETRANSMISSION,
    rfc="9293 3.10.8 retransmission timeout ¶1",
    says="the text at the front of the queue is sent again",
)
def retransmit_text(me: Me) -> Reactions:
    if me.switches.retransmit == "off" or not me.switches.data:
        return None
    text = me.segment(ctl(ACK), me.snd_una, me.rcv_nxt, text=1)
    fin_sent = ((FIN_WAIT_1, "__fin_wait_1"), (CLOSING, "__closing"), (LAST_ACK, "__last_ack"))
    fin_unsent = ((ESTABLISHED, "__established"), (CLOSE_WAIT, "__close_wait"))
    is_text = []
    if me.switches.active_close == "late":
        is_text = [z3.Or(z3.Not(me.fin_sent), me.snd_una != me.snd_nxt - 1)]
    begun = [_unacknowledged(me), me.snd_una != me.iss, *me.may_repeat()]
    return [
        Reaction([me.state == state, *begun, *is_text], me.sent_again(), text, name)
        for state, name in fin_unsent
    ] + [
        # With the FIN sent, SND.NXT - 1 is its number: text is what comes before it.
        Reaction(
            [me.state == state, *begun, me.snd_una != me.snd_nxt - 1], me.sent_again(), text, name
        )
        for state, name in fin_sent
    ]


@timeout(
    _RETRANSMISSION,
    rfc="9293 3.10.8 retransmission timeout ¶1; 9293 3.6 case 1",
    says="the FIN at the front of the queue is sent again",
)
def retransmit_fin(me: Me) -> Reactions:
    if me.switches.retransmit == "off":
        return None
    fin = me.segment(ctl(FIN, ACK), me.snd_una, me.rcv_nxt)
    states = [(FIN_WAIT_1, "__fin_wait_1"), (CLOSING, "__closing"), (LAST_ACK, "__last_ack")]
    front = [me.snd_una == me.snd_nxt - 1, *me.may_repeat()]
    late = []
    if me.switches.active_close == "late":
        sent = [me.state == ESTABLISHED, me.fin_sent]
        late = [Reaction([*sent, *front], me.sent_again(), fin, "__established")]
    return late + [
        Reaction([me.state == state, *front], me.sent_again(), fin, name) for state, name in states
    ]


@timeout(
    "TIME-WAIT timeout",
    rfc="9293 3.10.8 time-wait timeout ¶1; 9293 3.6.1 MUST-13",
    says="after TIME-WAIT the TCB is deleted",
)
def time_wait_timeout(me: Me) -> Reactions:
    over = [me.timer == 0] if "timer" in me.variables else []
    return Reaction([me.state == TIME_WAIT, *over], me.after_time_wait())


TIMEOUTS = (retransmit_syn, retransmit_text, retransmit_fin, time_wait_timeout)
"""The timeouts."""
