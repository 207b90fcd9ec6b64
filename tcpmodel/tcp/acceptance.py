"""SEGMENT ARRIVES in SYN-RECEIVED and beyond: the checks of RFC 9293 section 3.10.7.4.

The RFC's order is kept as guards: sequence number, RST, SYN, ACK.  `synchronized` has what happens
to a segment that has passed them.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.reopening import reopens, returns_to_time_wait
from tcpmodel.tcp.rule import Reaction, Reactions, arrival
from tcpmodel.tcp.segment import ACK, FIN, RST, SYN, Segment, ctl
from tcpmodel.tcp.states import (
    CLOSE_WAIT,
    CLOSED,
    CLOSING,
    FIN_WAIT_1,
    LAST_ACK,
    LISTEN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)
from tcpmodel.tcp.tcb import Me


def is_open(me: Me) -> Term:
    """I am in SYN-RECEIVED or in a synchronized state: this section is about me."""
    return z3.Not(me.is_in(CLOSED, LISTEN, SYN_SENT))


def repeated_fin(me: Me, seg: Segment) -> Term:
    """The FIN that I have already taken, once more: its number is the last one before RCV.NXT."""
    return z3.And(
        seg.has(FIN, ACK),
        seg.lacks(RST, SYN),
        me.is_fresh(seg),
        z3.BoolVal(True) if me.flags_only else seg.seq + seg.len == me.rcv_nxt,
    )


def identical_syn(me: Me, seg: Segment) -> Term:
    """In SYN-RECEIVED: the SYN that led there, once more."""
    alone = [seg.lacks(RST, ACK, FIN), seg.has(SYN), z3.Not(seg.has_text)]
    return z3.And(me.state == SYN_RECEIVED, *alone, seg.seq == me.rcv_nxt - 1)


def repeats_octet(me: Me, seg: Segment) -> Term:
    """Nothing but a SYN or FIN that was the last thing taken, with an ACK that is acceptable.

    Such a segment begins at RCV.NXT - 1.  In TIME-WAIT a repeated FIN has a rule of its own.
    """
    syn = z3.And(seg.has(SYN), seg.lacks(FIN), me.rcv_nxt == me.irs + 1)
    fin = z3.And(seg.has(FIN), seg.lacks(SYN), me.is_in(CLOSE_WAIT, CLOSING, LAST_ACK))
    news = z3.If(me.state == SYN_RECEIVED, me.acks_new(seg), z3.Not(me.acks_unsent(seg)))
    alone = [is_open(me), seg.lacks(RST), seg.has(ACK), z3.Not(seg.has_text)]
    return z3.And(*alone, seg.seq == me.rcv_nxt - 1, z3.Or(syn, fin), news)


# --- first: the sequence number -----------------------------------------------------------------


@arrival(
    rfc="9293 3.10.7.4 first, SYN-RECEIVED..TIME-WAIT ¶3 ¶6 ¶7; 9293 3.5.2 group 3",
    says="out of the window: answered by an ACK, dropped",
)
def out_of_window(me: Me, seg: Segment) -> Reactions:
    when = [
        is_open(me),
        z3.Not(me.acceptable(seg)),
        seg.lacks(RST),
        z3.Not(z3.And(me.state == TIME_WAIT, repeated_fin(me, seg))),
    ]
    if me.switches.handshake == "two":
        when.append(z3.Not(_repeated_syn(me, seg)))
    if me.switches.seq_check == "a2":
        when.append(z3.Not(repeats_octet(me, seg)))
    if me.switches.dup_syn_in_synrcvd == "resend_synack":
        when.append(z3.Not(identical_syn(me, seg)))
    if me.switches.tw_reopen != "off":
        when.append(z3.Not(reopens(me, seg)))
    return answered(me, seg, when)


def answered(me: Me, seg: Segment, when: list[Term]) -> Reactions:
    """An unacceptable segment is answered by an ACK; with `ack_throttle` a pure ACK is not."""
    if me.switches.ack_throttle == "off":
        return Reaction(when, me.heard(), me.ack())
    bare = z3.And(seg.lacks(FIN, RST, SYN), z3.Not(seg.has_text))
    return [
        Reaction([*when, z3.Not(bare)], me.heard(), me.ack()),
        Reaction([*when, bare], me.heard(), None, "__throttled"),
    ]


@arrival(
    rfc="9293 3.5 ¶1",
    says="two-way handshake: the server answers a repeated SYN as it did the first",
)
def two_way_server_repeats(me: Me, seg: Segment) -> Reactions:
    if me.switches.handshake != "two":
        return None
    return Reaction([_repeated_syn(me, seg)], {}, me.segment(ctl(SYN, ACK), me.iss, me.rcv_nxt))


def _repeated_syn(me: Me, seg: Segment) -> Term:
    repeats = [seg.lacks(RST, ACK), seg.has(SYN), seg.seq == me.irs]
    return z3.And(is_open(me), z3.Not(me.is_in(SYN_RECEIVED, TIME_WAIT)), *repeats)


@arrival(
    rfc="9293 3.10.7.4 first, SYN-RECEIVED..TIME-WAIT ¶3 ¶6",
    says="a reset out of the window is dropped",
)
def reset_out_of_window(me: Me, seg: Segment) -> Reactions:
    return Reaction([is_open(me), z3.Not(me.acceptable(seg)), seg.has(RST)], {})


@arrival(
    rfc="9293 3.10.7.4 fifth and eighth, TIME-WAIT ¶1; 9293 3.6.1 MUST-13",
    says="the peer repeats its FIN, so our last ACK is missing: sent again, TIME-WAIT starts anew",
)
def time_wait_receives_fin(me: Me, seg: Segment) -> Reactions:
    """Read literally, the sequence check drops the repeated FIN before the paragraph that restarts
    the timer; that paragraph would then never apply.  The restart is a switch.
    """
    restart = me.enter_time_wait() if me.switches.time_wait_restart == "on" else {}
    return Reaction([me.state == TIME_WAIT, repeated_fin(me, seg)], restart, me.ack())


# --- second: RST ----------------------------------------------------------------------------------


def _valid_reset(me: Me, seg: Segment) -> list[Term]:
    exact = [me.is_next(seg)] if me.challenges else []
    return [seg.has(RST), me.acceptable(seg), *exact]


@arrival(
    rfc="9293 3.10.7.4 second, SYN-RECEIVED..TIME-WAIT 3); 5961 3.2",
    says="a reset in the window but not at its edge: challenge ACK",
)
def inexact_reset(me: Me, seg: Segment) -> Reactions:
    if not me.challenges or me.flags_only:
        return None
    when = [is_open(me), me.acceptable(seg), seg.has(RST), z3.Not(me.is_next(seg))]
    if me.switches.tw_rfc1337 == "on":
        when.append(me.state != TIME_WAIT)
    return Reaction(when, {}, me.ack())


@arrival(
    rfc="9293 3.10.7.4 second, SYN-RECEIVED..TIME-WAIT 2); "
    "9293 3.10.7.4 second, SYN-RECEIVED ¶1; 9293 Figure 5 Note 1; 9293 MUST-11",
    says="a reset ends an attempt to connect: back to LISTEN if we came from there",
)
def syn_received_receives_reset(me: Me, seg: Segment) -> Reactions:
    reset, back = [me.state == SYN_RECEIVED, *_valid_reset(me, seg)], me.returns_to_listen
    active = [*reset, z3.Not(back)]
    found = [Reaction([*reset, back], me.without_tcb(LISTEN), None, "__passive")]
    if "reopened" in me.variables:
        again = returns_to_time_wait(me)
        found.append(Reaction([*active, me.reopened], again, None, "__reopened"))
        active.append(z3.Not(me.reopened))
    return [*found, Reaction(active, me.without_tcb(outcome="refused"), None, "__active")]


@arrival(
    rfc="9293 3.10.7.4 second ¶1; 9293 3.10.7.4 second, SYN-RECEIVED..TIME-WAIT 2); "
    "9293 3.10.7.4 second, ESTABLISHED..CLOSE-WAIT ¶1; "
    "9293 3.10.7.4 second, CLOSING LAST-ACK TIME-WAIT ¶1; 9293 3.5.3 ¶1 ¶2",
    says="a valid reset ends the connection; the user is told",
)
def receives_reset(me: Me, seg: Segment) -> Reactions:
    reset = _valid_reset(me, seg)
    alive = z3.Not(me.is_in(CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED, TIME_WAIT))
    waiting = Reaction([me.state == TIME_WAIT, *reset], me.after_time_wait(), None, "__time_wait")
    if me.switches.tw_rfc1337 == "on":
        heard = [me.state == TIME_WAIT, seg.has(RST), me.acceptable(seg)]
        waiting = Reaction(heard, {}, None, "__time_wait")
    found = [waiting]
    if "reopened" in me.variables:
        attempt = z3.And(me.is_in(FIN_WAIT_1, CLOSING), me.reopened)
        found.append(
            Reaction([attempt, *reset], returns_to_time_wait(me), None, "__reopened_and_closed")
        )
        alive = z3.And(alive, z3.Not(attempt))
    return [Reaction([alive, *reset], me.without_tcb(outcome="reset")), *found]


# --- fourth: SYN ----------------------------------------------------------------------------------


@arrival(
    rfc="9293 3.10.7.4 fourth, SYN-RECEIVED ¶1",
    says="a new SYN replaces the attempt of a former listener",
)
def syn_received_receives_syn(me: Me, seg: Segment) -> Reactions:
    if me.switches.synrcvd_inwindow_syn == "rst":
        return None
    syn = [seg.lacks(RST), seg.has(SYN), me.acceptable(seg)]
    return Reaction([me.state == SYN_RECEIVED, me.returns_to_listen, *syn], me.without_tcb(LISTEN))


@arrival(
    rfc="9293 3.10.7.4 fourth, SYN-RECEIVED ¶1; "
    "9293 3.10.7.4 fourth, ESTABLISHED..TIME-WAIT ¶1 ¶2 ¶3; 5961 4.2; 793 3.9 fourth",
    says="a SYN in the window of a connection: challenge ACK (RFC 5961), or reset (RFC 793)",
)
def receives_syn(me: Me, seg: Segment) -> Reactions:
    when = [
        is_open(me),
        z3.Not(z3.And(me.state == SYN_RECEIVED, me.returns_to_listen)),
        seg.lacks(RST),
        seg.has(SYN),
        me.acceptable(seg),
    ]
    if me.switches.handshake == "two":
        when.append(z3.Not(_repeated_syn(me, seg)))
    if me.switches.tw_reopen != "off":
        when.append(z3.Not(reopens(me, seg)))
    if me.challenges or me.flags_only:
        return Reaction(when, {}, me.ack())
    over, answer = me.without_tcb(outcome="reset"), me.reset_for(seg)
    if me.switches.rst_sender_state == "closed":
        return Reaction(when, over, answer)
    return [
        Reaction([*when, me.state == SYN_RECEIVED], over, answer, "__syn_received"),
        Reaction([*when, me.state != SYN_RECEIVED], me.after_reset("reset"), answer),
    ]


# --- fifth: ACK -----------------------------------------------------------------------------------


def checked(me: Me, seg: Segment) -> list[Term]:
    """It has passed the checks of the sequence number, RST and SYN."""
    return [seg.lacks(RST, SYN), me.acceptable(seg)]


@arrival(rfc="9293 3.10.7.4 fifth ¶1", says="a segment without ACK is dropped")
def lacks_ack(me: Me, seg: Segment) -> Reactions:
    return Reaction([is_open(me), *checked(me, seg), seg.lacks(ACK)], {})


@arrival(
    rfc="9293 3.10.7.4 fifth, SYN-RECEIVED ¶2 ¶3; 9293 3.5.2 group 2",
    says="it acknowledges something else than our SYN: reset",
)
def syn_received_refuses_ack(me: Me, seg: Segment) -> Reactions:
    when = [me.state == SYN_RECEIVED, *checked(me, seg), seg.has(ACK), z3.Not(me.acks_new(seg))]
    if me.switches.synrcvd_bad_ack == "challenge":
        when.append(z3.Not(me.acks_unsent(seg)))
    return Reaction(when, {}, me.reset_for(seg))


@arrival(
    rfc="9293 3.10.7.4 fifth ¶2; 9293 3.10.7.4 fifth, ESTABLISHED ¶1; 9293 MAY-12; 5961 5.2",
    says="it acknowledges what was not sent (with RFC 5961: or long ago): answered by an ACK",
)
def acks_unsent(me: Me, seg: Segment) -> Reactions:
    if me.flags_only:
        return None
    synchronized = z3.And(is_open(me), me.state != SYN_RECEIVED)
    unsent = me.acks_unsent(seg)
    return answered(me, seg, [synchronized, *checked(me, seg), seg.has(ACK), unsent])


CHECKS = (
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
)
"""The checks, in the order of the RFC."""
