"""Text beyond the next octet: reassembly, the user's RECEIVE, zero windows, text on a SYN.

Every rule here needs a switch: `reassembly=hold`, `receiver=slow` with `persist`, `syn_data=on`.
Without them `synchronized` takes one octet after the other and delivers it at once.
"""

from __future__ import annotations

import z3

from tcpmodel.tcp.buffers import held_numbers
from tcpmodel.tcp.rule import Reaction, Reactions, arrival, call, timeout
from tcpmodel.tcp.segment import ACK, Segment, ctl
from tcpmodel.tcp.states import (
    CLOSE_WAIT,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    SYN_RECEIVED,
    TIME_WAIT,
)
from tcpmodel.tcp.stream import hold, holdable, next_octet, queued_text, syn_octet, take, take_fin
from tcpmodel.tcp.synchronized import accepted, empty, process
from tcpmodel.tcp.tcb import Me


@arrival(
    rfc="9293 SHLD-31; 9293 3.10.7.4 fifth, SYN-RECEIVED ¶1",
    says="text or FIN in the window but not next in order: its ACK counts, the rest is held back",
)
def holds_back(me: Me, seg: Segment) -> Reactions:
    if not held_numbers(me.switches):
        return None
    acked, unacked = [me.acks_all(seg)], [z3.Not(me.acks_all(seg))]
    return [
        Reaction(
            [*accepted(me, seg, state), holdable(me, seg), *extra],
            process(me, seg, after) | hold(me, seg),
            me.ack(),
            name,
        )
        for state, after, extra, name in (
            (SYN_RECEIVED, ESTABLISHED, [z3.Not(queued_text(me))], "__syn_received"),
            (ESTABLISHED, ESTABLISHED, [], "__established"),
            (FIN_WAIT_1, FIN_WAIT_1, unacked, "__fin_wait_1"),
            (FIN_WAIT_1, FIN_WAIT_2, acked, "__fin_wait_1_with_ack_of_fin"),
            (FIN_WAIT_2, FIN_WAIT_2, [], "__fin_wait_2"),
        )
    ]


@arrival(
    rfc="9293 3.10.7.4 seventh, ESTABLISHED..FIN-WAIT-2 ¶1; 9293 3.10.7.4 eighth ¶2",
    says="the gap closes: the text that was held back is next, and then the peer's FIN",
)
def receives_text_up_to_fin(me: Me, seg: Segment) -> Reactions:
    if not held_numbers(me.switches):
        return None
    taken = take(me, next_octet(me, seg))
    acked, unacked = [me.acks_all(seg)], [z3.Not(me.acks_all(seg))]
    found = []
    for state, after, extra, name in (
        (ESTABLISHED, CLOSE_WAIT, [], "__established"),
        (FIN_WAIT_1, CLOSING, unacked, "__fin_wait_1"),
        (FIN_WAIT_1, TIME_WAIT, acked, "__fin_wait_1_with_ack_of_fin"),
        (FIN_WAIT_2, TIME_WAIT, [], "__fin_wait_2"),
    ):
        then = process(me, seg, after) | taken.updates
        then |= take_fin(me, taken.fin.index, taken.updates[me.taken])
        then[me.rcv_nxt] = taken.rcv_nxt + 1
        then[me.stale_fin] = z3.Or(me.stale_fin, taken.fin.stale)
        if after.eq(TIME_WAIT):
            then |= me.enter_time_wait()
        when = [*accepted(me, seg, state), seg.has_text, me.is_next(seg), taken.fin_follows]
        answer = me.ack(taken.rcv_nxt + 1, wnd=taken.rcv_wnd)
        found.append(Reaction([*when, *extra], then, answer, name))
    return found


@arrival(
    rfc="9293 3.10.7.4 fifth, SYN-RECEIVED ¶1",
    says="our SYN is acknowledged: connected, and the text that came with the peer's SYN is taken",
)
def syn_received_delivers_text_of_syn(me: Me, seg: Segment) -> Reactions:
    """Text on a SYN is not delivered before it is clear that it is valid (section 3.5)."""
    if me.switches.syn_data == "off":
        return None
    taken = take(me, syn_octet(me, seg))
    return Reaction(
        [*accepted(me, seg, SYN_RECEIVED), *empty(seg), queued_text(me)],
        process(me, seg, ESTABLISHED) | taken.updates,
        me.ack(taken.rcv_nxt, wnd=taken.rcv_wnd),
    )


@call(
    "RECEIVE",
    rfc="9293 3.10.3 ESTABLISHED..FIN-WAIT-2 ¶2; 9293 3.10.3 CLOSE-WAIT ¶1",
    says="the user takes what is on hand; a window that was closed is announced to be open again",
)
def receive(me: Me) -> Reactions:
    if "unread" not in me.variables:
        return None
    then = {me.unread: z3.BitVecVal(0, me.unread.size())}
    full = z3.BitVecVal(me.switches.window, me.switches.width)
    reading = me.is_in(ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2, CLOSE_WAIT)
    on_hand = [reading, me.unread != 0]
    return [
        Reaction([*on_hand, me.rcv_wnd != 0], then),
        Reaction([*on_hand, me.rcv_wnd == 0], then, me.ack(wnd=full), "__opens_window"),
    ]


@timeout(
    "persist timeout",
    rfc="9293 3.8.6 MUST-35; 9293 3.8.6.1 MUST-36",
    says="the peer's window is closed and all is acknowledged: an octet is sent to probe it",
)
def probes_zero_window(me: Me) -> Reactions:
    """If it is not taken it is retransmitted, which probes the window again."""
    if "unread" not in me.variables or me.switches.persist == "off":
        return None
    sent = me.snd_nxt - me.iss - 1
    idle = [me.snd_una == me.snd_nxt, me.snd_wnd == 0]
    return [
        Reaction(
            [me.may_send, me.state == state, z3.ULT(sent, me.switches.data), *idle, *me.fin_unsent],
            {me.snd_nxt: me.snd_nxt + 1, **me.sent_first()},
            me.segment(ctl(ACK), me.snd_nxt, me.rcv_nxt, text=1),
            name,
        )
        for state, name in ((ESTABLISHED, "__established"), (CLOSE_WAIT, "__close_wait"))
    ]


TEXT_RULES = (
    holds_back,
    receives_text_up_to_fin,
    syn_received_delivers_text_of_syn,
    receive,
    probes_zero_window,
)
"""The rules about text that need a switch."""
