"""SEGMENT ARRIVES in SYN-RECEIVED and the synchronized states: RFC 9293 section 3.10.7.4.

The RFC's order of checks is kept as guards: sequence number, RST, SYN, ACK, text, FIN.  What passes
all checks and begins at RCV.NXT is processed in one step.  Segments that begin beyond RCV.NXT are
not held back but dropped and answered by an ACK (SHLD-31 is abstracted: retransmission brings them
again).
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.rule import Reaction, Reactions, arrival
from tcpmodel.tcp.segment import ACK, FIN, RST, SYN, Segment, ctl
from tcpmodel.tcp.states import (
    CLOSE_WAIT,
    CLOSED,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    LISTEN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)
from tcpmodel.tcp.tcb import Me

_RECEIVING = (SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2)
"""States in which text and FIN of the peer are still to come."""

_AWAITS_ACK_OF_FIN = (FIN_WAIT_1, CLOSING, LAST_ACK)


def _open(me: Me) -> Term:
    """I am in SYN-RECEIVED or in a synchronized state: this section is about me."""
    return z3.Not(me.is_in(CLOSED, LISTEN, SYN_SENT))


def _repeated_fin(me: Me, seg: Segment) -> Term:
    """The FIN that I have already taken, once more: its number is the last one before RCV.NXT."""
    return z3.And(
        seg.has(FIN, ACK),
        seg.lacks(RST, SYN),
        z3.BoolVal(True) if me.flags_only else seg.seq + seg.len == me.rcv_nxt,
    )


# --- first: the sequence number -----------------------------------------------------------------


@arrival(
    rfc="9293 3.10.7.4 first; 9293 3.5.2 group 3",
    says="out of the window: answered by an ACK, dropped",
)
def out_of_window(me: Me, seg: Segment) -> Reactions:
    when = [
        _open(me),
        z3.Not(me.acceptable(seg)),
        seg.lacks(RST),
        z3.Not(z3.And(me.state == TIME_WAIT, _repeated_fin(me, seg))),
    ]
    if me.switches.handshake == "two":
        when.append(z3.Not(_repeated_syn(me, seg)))
    return Reaction(when, {}, me.ack())


@arrival(
    rfc="9293 3.5", says="two-way handshake: the server answers a repeated SYN as it did the first"
)
def two_way_server_repeats(me: Me, seg: Segment) -> Reactions:
    if me.switches.handshake != "two":
        return None
    return Reaction([_repeated_syn(me, seg)], {}, me.segment(ctl(SYN, ACK), me.iss, me.rcv_nxt))


def _repeated_syn(me: Me, seg: Segment) -> Term:
    return z3.And(me.state == ESTABLISHED, seg.lacks(RST, ACK), seg.has(SYN), seg.seq == me.irs)


@arrival(rfc="9293 3.10.7.4 first", says="a reset out of the window is dropped")
def reset_out_of_window(me: Me, seg: Segment) -> Reactions:
    return Reaction([_open(me), z3.Not(me.acceptable(seg)), seg.has(RST)], {})


@arrival(
    rfc="9293 3.10.7.4 fifth and eighth, TIME-WAIT; 9293 3.6.1 MUST-13",
    says="the peer repeats its FIN, so our last ACK is missing: sent again, TIME-WAIT starts anew",
)
def time_wait_receives_fin(me: Me, seg: Segment) -> Reactions:
    """Read literally, the sequence check drops the repeated FIN before the paragraph that restarts
    the timer; that paragraph would then never apply.  The restart is a switch.
    """
    restart = me.enter_time_wait() if me.switches.time_wait_restart == "on" else {}
    return Reaction([me.state == TIME_WAIT, _repeated_fin(me, seg)], restart, me.ack())


# --- second: RST ----------------------------------------------------------------------------------


def _valid_reset(me: Me, seg: Segment) -> list[Term]:
    exact = [me.is_next(seg)] if me.challenges else []
    return [seg.has(RST), me.acceptable(seg), *exact]


@arrival(
    rfc="9293 3.10.7.4 second, 3); 5961 3.2",
    says="a reset in the window but not at its edge: challenge ACK",
)
def inexact_reset(me: Me, seg: Segment) -> Reactions:
    if not me.challenges or me.flags_only:
        return None
    when = [_open(me), me.acceptable(seg), seg.has(RST), z3.Not(me.is_next(seg))]
    if me.switches.tw_rfc1337 == "on":
        when.append(me.state != TIME_WAIT)
    return Reaction(when, {}, me.ack())


@arrival(
    rfc="9293 3.10.7.4 second, SYN-RECEIVED; 9293 Figure 5 Note 1; 9293 MUST-11",
    says="a reset ends an attempt to connect: back to LISTEN if we came from there",
)
def syn_received_receives_reset(me: Me, seg: Segment) -> Reactions:
    reset = [me.state == SYN_RECEIVED, *_valid_reset(me, seg)]
    return [
        Reaction([*reset, me.passive], me.without_tcb(LISTEN), None, "__passive"),
        Reaction([*reset, z3.Not(me.passive)], me.without_tcb(outcome="refused"), None, "__active"),
    ]


@arrival(
    rfc="9293 3.10.7.4 second; 9293 3.5.3",
    says="a valid reset ends the connection; the user is told",
)
def receives_reset(me: Me, seg: Segment) -> Reactions:
    reset = _valid_reset(me, seg)
    alive = z3.Not(me.is_in(CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, TIME_WAIT))
    waiting = Reaction(
        [me.state == TIME_WAIT, *reset], me.without_tcb(outcome="closed"), None, "__time_wait"
    )
    if me.switches.tw_rfc1337 == "on":
        heard = [me.state == TIME_WAIT, seg.has(RST), me.acceptable(seg)]
        waiting = Reaction(heard, {}, None, "__time_wait")
    return [Reaction([alive, *reset], me.without_tcb(outcome="reset")), waiting]


# --- fourth: SYN ----------------------------------------------------------------------------------


@arrival(
    rfc="9293 3.10.7.4 fourth, SYN-RECEIVED",
    says="a new SYN replaces the attempt of a former listener",
)
def syn_received_receives_syn(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [me.state == SYN_RECEIVED, me.passive, seg.lacks(RST), seg.has(SYN), me.acceptable(seg)],
        me.without_tcb(LISTEN),
    )


@arrival(
    rfc="9293 3.10.7.4 fourth; 5961 4.2; 793 3.9",
    says="a SYN in the window of a connection: challenge ACK (RFC 5961), or reset (RFC 793)",
)
def receives_syn(me: Me, seg: Segment) -> Reactions:
    when = [
        _open(me),
        z3.Not(z3.And(me.state == SYN_RECEIVED, me.passive)),
        seg.lacks(RST),
        seg.has(SYN),
        me.acceptable(seg),
    ]
    if me.switches.handshake == "two":
        when.append(z3.Not(_repeated_syn(me, seg)))
    if me.challenges or me.flags_only:
        return Reaction(when, {}, me.ack())
    return Reaction(when, me.without_tcb(outcome="reset"), me.reset_for(seg))


# --- fifth: ACK -----------------------------------------------------------------------------------


def _checked(me: Me, seg: Segment) -> list[Term]:
    """It has passed the checks of the sequence number, RST and SYN."""
    return [seg.lacks(RST, SYN), me.acceptable(seg)]


@arrival(rfc="9293 3.10.7.4 fifth", says="a segment without ACK is dropped")
def lacks_ack(me: Me, seg: Segment) -> Reactions:
    return Reaction([_open(me), *_checked(me, seg), seg.lacks(ACK)], {})


@arrival(
    rfc="9293 3.10.7.4 fifth, SYN-RECEIVED; 9293 3.5.2 group 2",
    says="it acknowledges something else than our SYN: reset",
)
def syn_received_refuses_ack(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [me.state == SYN_RECEIVED, *_checked(me, seg), seg.has(ACK), z3.Not(me.acks_new(seg))],
        {},
        me.reset_for(seg),
    )


@arrival(
    rfc="9293 3.10.7.4 fifth, ESTABLISHED; 5961 5.2",
    says="it acknowledges what was not sent (with RFC 5961: or long ago): answered by an ACK",
)
def acks_unsent(me: Me, seg: Segment) -> Reactions:
    if me.flags_only:
        return None
    synchronized = z3.And(_open(me), me.state != SYN_RECEIVED)
    unsent = me.acks_unsent(seg)
    return Reaction([synchronized, *_checked(me, seg), seg.has(ACK), unsent], {}, me.ack())


# --- fifth to eighth: what has passed all checks -----------------------------------------------


def _accepted(me: Me, seg: Segment, *states: Term) -> list[Term]:
    """It has passed all checks, in one of `states`."""
    handshaking = any(state.eq(SYN_RECEIVED) for state in states)
    fits = me.acks_new(seg) if handshaking else z3.Not(me.acks_unsent(seg))
    return [me.is_in(*states), *_checked(me, seg), seg.has(ACK), fits]


def _process(me: Me, seg: Segment, state: Term) -> dict[Term, Term]:
    """The updates that every accepted segment causes, and the next state.

    The SYN that began all this may have been an old one, equal to the current one; whoever answers
    this incarnation of mine is the incarnation I am connected with.
    """
    answers_me = seg.to == me.inc
    return {
        me.state: state,
        me.snd_una: me.una_after(seg),
        me.confirmed: z3.Or(me.confirmed, answers_me),
        me.peer: z3.If(answers_me, seg.inc, me.peer),
    }


def _or_stale(me: Me, seg: Segment, before: Term) -> Term:
    """It was meant for another incarnation of mine, or something before it was."""
    return z3.Or(before, seg.to != me.inc)


def _empty(seg: Segment) -> list[Term]:
    return [seg.lacks(FIN), z3.Not(seg.has_text)]


@arrival(
    rfc="9293 3.10.7.4 fifth, SYN-RECEIVED",
    says="our SYN is acknowledged: connected",
)
def syn_received_receives_ack(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [*_accepted(me, seg, SYN_RECEIVED), *_empty(seg)], _process(me, seg, ESTABLISHED)
    )


@arrival(rfc="9293 3.10.7.4 fifth, ESTABLISHED", says="what it acknowledges need not be sent again")
def receives_ack(me: Me, seg: Segment) -> Reactions:
    others = (ESTABLISHED, FIN_WAIT_2, CLOSE_WAIT, TIME_WAIT)
    then = _process(me, seg, me.state)
    waiting = _accepted(me, seg, *_AWAITS_ACK_OF_FIN)
    return [
        Reaction([*_accepted(me, seg, *others), *_empty(seg)], then),
        Reaction(
            [*waiting, *_empty(seg), z3.Not(me.acks_all(seg))],
            then,
            None,
            "__fin_unacknowledged",
        ),
    ]


@arrival(
    rfc="9293 3.10.7.4 fifth, FIN-WAIT-1", says="our FIN is acknowledged, the peer may still send"
)
def fin_wait_1_receives_ack_of_fin(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [*_accepted(me, seg, FIN_WAIT_1), *_empty(seg), me.acks_all(seg)],
        _process(me, seg, FIN_WAIT_2),
    )


@arrival(
    rfc="9293 3.10.7.4 fifth, CLOSING",
    says="our FIN is acknowledged, both sides are done: TIME-WAIT",
)
def closing_receives_ack_of_fin(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [*_accepted(me, seg, CLOSING), *_empty(seg), me.acks_all(seg)],
        _process(me, seg, TIME_WAIT) | me.enter_time_wait(),
    )


@arrival(
    rfc="9293 3.10.7.4 fifth, LAST-ACK",
    says="our FIN is acknowledged, nothing is left to do: no TCB",
)
def last_ack_receives_ack_of_fin(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [*_accepted(me, seg, LAST_ACK), *_empty(seg), me.acks_all(seg)],
        me.without_tcb(outcome="closed"),
    )


@arrival(rfc="9293 3.10.7.4 seventh", says="the next octet of text: delivered and acknowledged")
def receives_text(me: Me, seg: Segment) -> Reactions:
    if not me.switches.data:
        return None
    taken = me.rcv_nxt + 1
    found = []
    acked, unacked = [me.acks_all(seg)], [z3.Not(me.acks_all(seg))]
    for state, after, extra, name in (
        (SYN_RECEIVED, ESTABLISHED, [], "__syn_received"),
        (ESTABLISHED, ESTABLISHED, [], "__established"),
        (FIN_WAIT_1, FIN_WAIT_1, unacked, "__fin_wait_1"),
        (FIN_WAIT_1, FIN_WAIT_2, acked, "__fin_wait_1_with_ack_of_fin"),
        (FIN_WAIT_2, FIN_WAIT_2, [], "__fin_wait_2"),
    ):
        then = _process(me, seg, after) | {
            me.rcv_nxt: taken,
            me.stale_text: _or_stale(me, seg, me.stale_text),
        }
        when = [*_accepted(me, seg, state), seg.has_text, me.is_next(seg), *extra]
        found.append(Reaction(when, then, me.ack(taken), name))
    return found


@arrival(
    rfc="9293 3.10.7.4 eighth",
    says="the peer's FIN: acknowledged; its direction of the connection is closed",
)
def receives_fin(me: Me, seg: Segment) -> Reactions:
    taken = me.rcv_nxt + 1
    acked, unacked = [me.acks_all(seg)], [z3.Not(me.acks_all(seg))]
    found = []
    for state, after, extra, name in (
        (SYN_RECEIVED, CLOSE_WAIT, [], "__syn_received"),
        (ESTABLISHED, CLOSE_WAIT, [], "__established"),
        (FIN_WAIT_1, CLOSING, unacked, "__fin_wait_1"),
        (FIN_WAIT_1, TIME_WAIT, acked, "__fin_wait_1_with_ack_of_fin"),
        (FIN_WAIT_2, TIME_WAIT, [], "__fin_wait_2"),
    ):
        then = _process(me, seg, after) | {
            me.rcv_nxt: taken,
            me.stale_fin: _or_stale(me, seg, me.stale_fin),
        }
        if after.eq(TIME_WAIT):
            then |= me.enter_time_wait()
        when = [*_accepted(me, seg, state), seg.has(FIN), z3.Not(seg.has_text), me.is_next(seg)]
        answer = me.ack(taken)
        found.append(Reaction([*when, *extra], then, answer, name))
    return found


@arrival(
    rfc="9293 3.10.7.4 seventh and eighth; 9293 MAY-13",
    says="text or FIN that is not the next in order: answered by an ACK, dropped",
)
def out_of_order(me: Me, seg: Segment) -> Reactions:
    """Also what comes after the peer's FIN, which no conforming peer sends."""
    more = z3.Or(seg.has(FIN), seg.has_text)
    beyond = [more, z3.Not(me.is_next(seg))]
    done = (CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT)
    fin_again = z3.Not(z3.And(me.state == TIME_WAIT, _repeated_fin(me, seg)))
    return [
        Reaction([*_accepted(me, seg, SYN_RECEIVED), *beyond], {}, me.ack(), "__syn_received"),
        Reaction([*_accepted(me, seg, *_RECEIVING[1:]), *beyond], {}, me.ack(), "__receiving"),
        Reaction([*_accepted(me, seg, *done), more, fin_again], {}, me.ack(), "__fin_received"),
    ]


SYNCHRONIZED_RULES = (
    out_of_window,
    two_way_server_repeats,
    reset_out_of_window,
    time_wait_receives_fin,
    inexact_reset,
    syn_received_receives_reset,
    receives_reset,
    syn_received_receives_syn,
    receives_syn,
    lacks_ack,
    syn_received_refuses_ack,
    acks_unsent,
    syn_received_receives_ack,
    receives_ack,
    fin_wait_1_receives_ack_of_fin,
    closing_receives_ack_of_fin,
    last_ack_receives_ack_of_fin,
    receives_text,
    receives_fin,
    out_of_order,
)
"""SEGMENT ARRIVES in SYN-RECEIVED and beyond, in the order of the RFC's checks."""
