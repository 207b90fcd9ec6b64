"""SEGMENT ARRIVES in SYN-RECEIVED and beyond: what has passed the checks of `acceptance`.

RFC 9293 section 3.10.7.4, fifth (ACK), seventh (text) and eighth (FIN).  What begins at RCV.NXT is
processed in one step.  Segments that begin beyond it are dropped and answered by an ACK, unless
`reassembly=hold` holds them back (SHLD-31, see `text`): retransmission brings them again.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.acceptance import checked, repeated_fin
from tcpmodel.tcp.reopening import forget_time_wait
from tcpmodel.tcp.rule import Reaction, Reactions, arrival
from tcpmodel.tcp.segment import ACK, FIN, Segment, ctl
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
from tcpmodel.tcp.stream import (
    holdable,
    next_octet,
    queued_text,
    take,
    take_fin,
    window_after,
)
from tcpmodel.tcp.tcb import Me

_RECEIVING = (SYN_RECEIVED, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2)
"""States in which text and FIN of the peer are still to come."""

_DONE = (CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT)
"""States in which the peer's FIN has been taken."""

_AWAITS_ACK_OF_FIN = (FIN_WAIT_1, CLOSING, LAST_ACK)


def accepted(me: Me, seg: Segment, *states: Term) -> list[Term]:
    """It has passed all checks, in one of `states`."""
    handshaking = any(state.eq(SYN_RECEIVED) for state in states)
    fits = me.acks_new(seg) if handshaking else z3.Not(me.acks_unsent(seg))
    return [me.is_in(*states), *checked(me, seg), seg.has(ACK), fits]


def process(me: Me, seg: Segment, state: Term) -> dict[Term, Term]:
    """The updates that every accepted segment causes, and the next state."""
    return {
        me.state: state,
        **me.heard(),
        **me.acknowledged(seg),
        **me.entering(state),
        **forget_time_wait(me, me.acks_new(seg)),
        **window_after(me, seg, opens=me.state == SYN_RECEIVED),
        **me.noting_timestamp(seg),
    }


def _or_stale(me: Me, seg: Segment, before: Term) -> Term:
    """It was meant for another incarnation of mine, or something before it was."""
    return z3.Or(before, seg.to != me.inc)


def empty(seg: Segment) -> list[Term]:
    """It carries neither text nor FIN."""
    return [seg.lacks(FIN), z3.Not(seg.has_text)]


def acks_late_fin(me: Me, seg: Segment) -> Term:
    """With `active_close=late`, in ESTABLISHED: nothing of mine is unacknowledged, and that was a
    FIN.
    """
    return z3.And(me.state == ESTABLISHED, me.fin_sent, me.acks_all(seg))


def _ack_counts(me: Me, seg: Segment) -> Term:
    """After the peer's FIN, an ACK counts whatever comes with it, if that is next in order.

    With flags only, a repeated FIN is no acknowledgment of ours.
    """
    in_order = z3.BoolVal(False) if me.flags_only else me.is_next(seg)
    return z3.Or(z3.And(*empty(seg)), in_order)


@arrival(
    rfc="9293 3.10.7.4 fifth, SYN-RECEIVED ¶1",
    says="our SYN is acknowledged: connected",
)
def syn_received_receives_ack(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [*accepted(me, seg, SYN_RECEIVED), *empty(seg), z3.Not(queued_text(me))],
        process(me, seg, ESTABLISHED),
    )


@arrival(
    rfc="9293 3.10.7.4 fifth, ESTABLISHED ¶1 ¶2 ¶3; "
    "9293 3.10.7.4 fifth, FIN-WAIT-1 FIN-WAIT-2 CLOSE-WAIT CLOSING ¶1",
    says="what it acknowledges need not be sent again",
)
def receives_ack(me: Me, seg: Segment) -> Reactions:
    others = (ESTABLISHED, FIN_WAIT_2, CLOSE_WAIT, TIME_WAIT)
    then = process(me, seg, me.state)
    waiting = accepted(me, seg, *_AWAITS_ACK_OF_FIN)
    plain = [*accepted(me, seg, *others), *empty(seg)]
    if me.switches.active_close == "late":
        plain.append(z3.Not(acks_late_fin(me, seg)))
    return [
        Reaction(plain, then),
        Reaction(
            [*waiting, *empty(seg), z3.Not(me.acks_all(seg))],
            then,
            None,
            "__fin_unacknowledged",
        ),
    ]


@arrival(
    rfc="9293 3.10.7.4 fifth, FIN-WAIT-1 ¶1",
    says="our FIN is acknowledged, the peer may still send",
)
def fin_wait_1_receives_ack_of_fin(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [*accepted(me, seg, FIN_WAIT_1), *empty(seg), me.acks_all(seg)],
        process(me, seg, FIN_WAIT_2),
    )


@arrival(
    rfc="9293 3.10.7.4 fifth, CLOSING ¶1",
    says="our FIN is acknowledged, both sides are done: TIME-WAIT",
)
def closing_receives_ack_of_fin(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [*accepted(me, seg, CLOSING), _ack_counts(me, seg), me.acks_all(seg)],
        process(me, seg, TIME_WAIT) | me.enter_time_wait(),
    )


@arrival(
    rfc="9293 3.10.7.4 fifth, LAST-ACK ¶1",
    says="our FIN is acknowledged, nothing is left to do: no TCB",
)
def last_ack_receives_ack_of_fin(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [*accepted(me, seg, LAST_ACK), _ack_counts(me, seg), me.acks_all(seg)],
        me.without_tcb(outcome="closed"),
    )


@arrival(
    rfc="9293 3.10.7.4 seventh, ESTABLISHED..FIN-WAIT-2 ¶1 ¶2 ¶3 ¶6",
    says="the next octet of text: delivered and acknowledged",
)
def receives_text(me: Me, seg: Segment) -> Reactions:
    if not me.switches.data:
        return None
    taken = take(me, next_octet(me, seg))
    found = []
    reads = [] if me.switches.half_close == "simplex" else [me.reads]
    acked, unacked = [me.acks_all(seg), *reads], [z3.Not(me.acks_all(seg)), *reads]
    for state, after, extra, name in (
        (SYN_RECEIVED, ESTABLISHED, [], "__syn_received"),
        (ESTABLISHED, ESTABLISHED, [], "__established"),
        (FIN_WAIT_1, FIN_WAIT_1, unacked, "__fin_wait_1"),
        (FIN_WAIT_1, FIN_WAIT_2, acked, "__fin_wait_1_with_ack_of_fin"),
        (FIN_WAIT_2, FIN_WAIT_2, reads, "__fin_wait_2"),
    ):
        then = process(me, seg, after) | taken.updates
        when = [*accepted(me, seg, state), seg.has_text, me.is_next(seg), *extra]
        if not state.eq(SYN_RECEIVED):  # in which nothing is held back
            when.append(z3.Not(taken.fin_follows))
        found.append(Reaction(when, then, me.ack(taken.rcv_nxt, wnd=taken.rcv_wnd), name))
    return found


@arrival(
    rfc="9293 3.10.7.4 eighth ¶2; "
    "9293 3.10.7.4 eighth, SYN-RECEIVED ESTABLISHED FIN-WAIT-1 FIN-WAIT-2 ¶1",
    says="the peer's FIN: acknowledged; its direction of the connection is closed",
)
def receives_fin(me: Me, seg: Segment) -> Reactions:
    taken = me.rcv_nxt + 1
    found = []
    for state, after, extra, name in _ways_of_fin(me, seg):
        then = process(me, seg, after) | {
            me.rcv_nxt: taken,
            me.stale_fin: _or_stale(me, seg, me.stale_fin),
        }
        if me.switches.data:
            then |= take_fin(me, seg.index, me.taken)
        if after.eq(TIME_WAIT):
            then |= me.enter_time_wait()
        when = [*accepted(me, seg, state), seg.has(FIN), z3.Not(seg.has_text), me.is_next(seg)]
        answer = me.ack(taken)
        found.append(Reaction([*when, *extra], then, answer, name))
        if "fin_sent" in me.variables:
            again = after.eq(CLOSE_WAIT) and (state.eq(FIN_WAIT_1) or state.eq(FIN_WAIT_2))
            then[me.fin_sent] = z3.BoolVal(again)
        if (
            state.eq(ESTABLISHED)
            and me.switches.fin_piggyback == "allowed"
            and after.eq(CLOSE_WAIT)
        ):
            # The other choice: the user closes before the ACK is sent, which then goes with our
            # FIN.
            closes = {me.state: LAST_ACK, me.snd_nxt: me.snd_nxt + 1, **me.acked_and_sent(seg)}
            fin = me.segment(ctl(FIN, ACK), me.snd_nxt, taken)
            found.append(Reaction([*when, *extra], then | closes, fin, f"{name}(user closes)"))
    return found


def _ways_of_fin(me: Me, seg: Segment) -> list[tuple[Term, Term, list[Term], str]]:
    """(state, state after the peer's FIN, condition, suffix of the rule's name)."""
    acked, unacked = [me.acks_all(seg)], [z3.Not(me.acks_all(seg))]
    closing, waiting = CLOSING, TIME_WAIT
    unsent, late = [], []
    if me.switches.active_close == "passive":
        closing, waiting = LAST_ACK, CLOSE_WAIT
    elif me.switches.active_close == "late":
        unsent = me.fin_unsent
        late = [
            (ESTABLISHED, CLOSING, [me.fin_sent, *unacked], "__fin_sent"),
            (ESTABLISHED, TIME_WAIT, [me.fin_sent, *acked], "__fin_sent_with_ack_of_fin"),
        ]
    return [
        (SYN_RECEIVED, CLOSE_WAIT, [], "__syn_received"),
        (ESTABLISHED, CLOSE_WAIT, unsent, "__established"),
        *late,
        (FIN_WAIT_1, closing, unacked, "__fin_wait_1"),
        (FIN_WAIT_1, waiting, acked, "__fin_wait_1_with_ack_of_fin"),
        (FIN_WAIT_2, waiting, [], "__fin_wait_2"),
    ]


@arrival(
    rfc="9293 3.10.7.4 seventh, CLOSE-WAIT..TIME-WAIT ¶1; 9293 3.10.7.4 eighth, CLOSE-WAIT ¶1; "
    "9293 3.10.7.4 eighth, CLOSING ¶1; 9293 3.10.7.4 eighth, LAST-ACK ¶1",
    says="text or FIN after the peer's FIN is ignored, its ACK is not; answered by an ACK",
)
def text_after_fin(me: Me, seg: Segment) -> Reactions:
    """No conforming peer sends it; segments of an earlier connection can look like it."""
    more = z3.Or(seg.has(FIN), seg.has_text)
    fin_again = z3.Not(z3.And(me.state == TIME_WAIT, repeated_fin(me, seg)))
    when = [*accepted(me, seg, *_DONE), more, me.is_next(seg), fin_again]
    if me.flags_only:
        return Reaction(when, me.heard(), me.ack())
    closes = z3.And(me.is_in(CLOSING, LAST_ACK), me.acks_all(seg))
    return Reaction([*when, z3.Not(closes)], process(me, seg, me.state), me.ack())


@arrival(
    rfc="9293 3.10.7.4 seventh, ESTABLISHED..FIN-WAIT-2 ¶4; 9293 MAY-13",
    says="text or FIN that is not the next in order: answered by an ACK, dropped",
)
def out_of_order(me: Me, seg: Segment) -> Reactions:
    more = z3.Or(seg.has(FIN), seg.has_text)
    beyond = [more, z3.Not(me.is_next(seg))]
    dropped = [*beyond, z3.Not(holdable(me, seg))]
    unready = [*beyond, z3.Or(z3.Not(holdable(me, seg)), queued_text(me))]
    fin_again = z3.Not(z3.And(me.state == TIME_WAIT, repeated_fin(me, seg)))
    return [
        Reaction(
            [*accepted(me, seg, SYN_RECEIVED), *unready], me.heard(), me.ack(), "__syn_received"
        ),
        Reaction(
            [*accepted(me, seg, *_RECEIVING[1:]), *dropped], me.heard(), me.ack(), "__receiving"
        ),
        Reaction(
            [*accepted(me, seg, *_DONE), *beyond, fin_again], me.heard(), me.ack(), "__fin_received"
        ),
    ]


SYNCHRONIZED_RULES = (
    syn_received_receives_ack,
    receives_ack,
    fin_wait_1_receives_ack_of_fin,
    closing_receives_ack_of_fin,
    last_ack_receives_ack_of_fin,
    receives_text,
    receives_fin,
    text_after_fin,
    out_of_order,
)
"""What happens to a segment that has passed the checks, in the order of the RFC."""
