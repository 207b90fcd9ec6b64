"""SEGMENT ARRIVES without a connection: RFC 9293 sections 3.10.7.1 to 3.10.7.3.

`acceptance` and `synchronized` have section 3.10.7.4.  The rules that drop a segment say so: a
dropped segment is gone.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.cookies import is_valid
from tcpmodel.tcp.fast_open import delivery, text_taken
from tcpmodel.tcp.rule import Reaction, Reactions, arrival
from tcpmodel.tcp.segment import ACK, RST, SYN, Segment, after, ctl
from tcpmodel.tcp.states import CLOSED, ESTABLISHED, LISTEN, SYN_RECEIVED, SYN_SENT
from tcpmodel.tcp.stream import first_window
from tcpmodel.tcp.tcb import Me


@arrival(rfc="9293 3.10.7.1 ¶1", says="without a TCB a reset is discarded")
def closed_discards_reset(me: Me, seg: Segment) -> Reactions:
    return Reaction([me.state == CLOSED, seg.has(RST)], {})


@arrival(
    rfc="9293 3.10.7.1 ¶1 ¶2 ¶3; 9293 3.5.2 group 1",
    says="without a TCB everything else is answered by a reset",
)
def closed_answers_reset(me: Me, seg: Segment) -> Reactions:
    return Reaction([me.state == CLOSED, seg.lacks(RST), *me.awake()], {}, me.reset_for(seg))


@arrival(
    rfc="9293 3.10.7.2 first ¶1",
    says="a listener ignores resets: nothing it sent can have caused one",
)
def listen_ignores_reset(me: Me, seg: Segment) -> Reactions:
    return Reaction([me.state == LISTEN, seg.has(RST)], {})


@arrival(
    rfc="9293 3.10.7.2 second ¶1 ¶2",
    says="a listener has sent nothing that could be acknowledged: reset",
)
def listen_refuses_ack(me: Me, seg: Segment) -> Reactions:
    when = [me.state == LISTEN, seg.lacks(RST), seg.has(ACK)]
    if me.switches.syn_cookies == "on":
        when.append(z3.Not(is_valid(me, seg)))
    return Reaction(when, {}, me.reset_for(seg))


@arrival(rfc="9293 3.10.7.2 third ¶2 ¶3; 9293 MUST-11", says="a SYN asks a listener to connect")
def listen_receives_syn(me: Me, seg: Segment) -> Reactions:
    if me.switches.syn_cookies == "on":
        return None
    asked = [me.state == LISTEN, seg.lacks(RST, ACK), seg.has(SYN)]
    if me.switches.server_memory != "none":
        asked.append(z3.Not(older_than_accepted(me, seg)))
    able = [*asked, me.inc != me.switches.incarnations]
    ready, refusals = able, []
    if "embryos" in me.variables and me.switches.backlog_policy == "drop":
        full = me.embryos == me.switches.backlog
        ready = [*able, z3.Not(full)]
        refusals.append(Reaction([*able, full], {}, None, "__backlog_full"))
    over = [*asked, me.inc == me.switches.incarnations]
    refusals.append(Reaction(over, {}, None, "__out_of_incarnations"))
    return [
        Reaction(ready, _accept_syn(me, seg, iss), _answer(me, seg, iss), choice)
        for choice, iss in me.initial_sequence_numbers()
    ] + refusals


def _accept_syn(me: Me, seg: Segment, iss: Term) -> dict[Term, Term]:
    then = me.with_new_tcb(SYN_RECEIVED, iss, irs=seg.seq, peer=seg.inc)
    then |= me.noting_timestamp(seg) | delivery(me, seg)
    if me.switches.tfo == "on":
        then[me.rcv_nxt] = seg.seq + 1 + text_taken(me, seg)
    if "embryos" in me.variables:  # with room, or one of the others makes room
        full = me.embryos == me.switches.backlog
        then[me.embryos] = z3.If(full, me.embryos - 1, me.embryos)
    if me.switches.handshake == "two":
        # No third message: the server's SYN counts as acknowledged when it is sent.
        then |= {me.state: ESTABLISHED, me.snd_una: iss + 1, **first_window(me, seg)}
    if me.switches.syn_data == "on":
        then |= _text_of_syn(me, seg)
    if me.switches.handshake == "split":
        # As if its user had opened actively at the same time; the client's SYN is not used.
        then = me.with_new_tcb(SYN_SENT, iss)
    if me.switches.server_memory != "none":
        then |= {me.accepted: z3.BoolVal(True), me.last_irs: seg.seq}
    return then


def _answer(me: Me, seg: Segment, iss: Term) -> Segment:
    """What a listener answers a SYN."""
    if me.switches.handshake == "four_naive":
        # Its own SYN, one number before, follows as a segment of its own.
        return me.segment(ctl(ACK), iss + 1, seg.seq + 1, to=seg.inc, inc=me.inc + 1)
    if me.switches.handshake == "split":
        return me.segment(ctl(SYN), iss, to=seg.inc, inc=me.inc + 1)
    return _synack(me, seg, iss, text_taken(me, seg))


def older_than_accepted(me: Me, seg: Segment) -> Term:
    """It is not newer than the last SYN that this listener, which remembers it, accepted."""
    return z3.And(me.accepted, z3.Not(after(seg.seq, me.last_irs)))


def _text_of_syn(me: Me, seg: Segment) -> dict[Term, Term]:
    """Text that comes with a SYN is queued until ESTABLISHED; with two messages that is at once."""
    if me.switches.handshake != "two":
        return {me.syn_text: seg.has_text}
    return {
        me.rcv_nxt: seg.seq + 1 + seg.text,
        me.taken: z3.ZeroExt(me.taken.size() - 1, seg.fields["text"]),
    }


def _synack(me: Me, seg: Segment, iss: Term, text: Term | int = 0) -> Segment:
    mine = me.inc if iss.eq(me.iss) else me.inc + 1
    taken: Term = seg.seq + 1 + text
    if me.switches.syn_data == "on" and me.switches.handshake == "two":
        taken = taken + seg.text
    return me.segment(ctl(SYN, ACK), iss, taken, to=seg.inc, inc=mine)


@arrival(
    rfc="9293 3.10.7.2 fourth ¶1", says="anything else should not reach a listener and is dropped"
)
def listen_drops(me: Me, seg: Segment) -> Reactions:
    return Reaction([me.state == LISTEN, seg.lacks(RST, ACK, SYN)], {})


def acks_my_syn(me: Me, seg: Segment) -> Term:
    """SND.UNA < SEG.ACK =< SND.NXT, and the ACK bit is on: in SYN-SENT that is an ACK of my SYN.

    With four messages it may come again before the peer's SYN does.
    """
    if me.switches.handshake == "four_naive":
        return z3.And(seg.has(ACK), seg.ack == me.snd_nxt)
    return z3.And(seg.has(ACK), me.acks_new(seg))


def _bad_ack(me: Me, seg: Segment) -> Term:
    return z3.And(seg.has(ACK), z3.Not(acks_my_syn(me, seg)))


@arrival(
    rfc="9293 3.10.7.3 first ¶1 ¶2 ¶3",
    says="it acknowledges what we never sent: it is not of this connection, reset",
)
def syn_sent_refuses_ack(me: Me, seg: Segment) -> Reactions:
    return Reaction(
        [me.state == SYN_SENT, seg.lacks(RST), _bad_ack(me, seg)], {}, me.reset_for(seg)
    )


@arrival(rfc="9293 3.10.7.3 second ¶2", says="a reset that does not acknowledge our SYN is dropped")
def syn_sent_ignores_reset(me: Me, seg: Segment) -> Reactions:
    return Reaction([me.state == SYN_SENT, seg.has(RST), z3.Not(acks_my_syn(me, seg))], {})


@arrival(
    rfc="9293 3.10.7.3 second ¶2", says="a reset that acknowledges our SYN refuses the connection"
)
def syn_sent_receives_reset(me: Me, seg: Segment) -> Reactions:
    refused = [me.state == SYN_SENT, seg.has(RST), acks_my_syn(me, seg)]
    if me.switches.handshake == "split":
        refused.append(z3.Not(me.passive))
    return Reaction(refused, me.without_tcb(outcome="refused"))


@arrival(
    rfc="9293 3.10.7.3 fourth ¶1 ¶2 ¶3 ¶4",
    says="our SYN is acknowledged and the peer's SYN has come: connected",
)
def syn_sent_receives_synack(me: Me, seg: Segment) -> Reactions:
    silent = me.switches.handshake == "two"
    return Reaction(
        [me.state == SYN_SENT, seg.lacks(RST), seg.has(SYN), acks_my_syn(me, seg)],
        {
            me.state: ESTABLISHED,
            me.irs: seg.seq,
            me.rcv_nxt: seg.seq + 1,
            me.snd_una: me.una_after(seg),
            me.peer: seg.inc,
            me.confirmed: seg.to == me.inc,
            **me.nothing_left(),
            **first_window(me, seg),
            **me.noting_timestamp(seg),
        },
        None if silent else me.ack(seg.seq + 1, to=seg.inc),
    )


@arrival(
    rfc="9293 3.10.7.3 fourth ¶1 ¶2 ¶5 ¶6; 9293 3.5 Figure 7; 9293 MUST-10",
    says="both sides open at once",
)
def syn_sent_receives_syn(me: Me, seg: Segment) -> Reactions:
    if me.switches.simultaneous_open == "off" or me.switches.handshake == "four_naive":
        return None  # see `opening`
    then = {
        me.state: SYN_RECEIVED,
        me.irs: seg.seq,
        me.rcv_nxt: seg.seq + 1,
        me.peer: seg.inc,
        **first_window(me, seg),
        **me.noting_timestamp(seg),
    }
    if me.switches.handshake == "two":
        then |= {me.state: ESTABLISHED, me.snd_una: me.snd_nxt}
    elif me.switches.syn_data == "on":
        then[me.syn_text] = seg.has_text
    return Reaction(
        [me.state == SYN_SENT, seg.lacks(RST, ACK), seg.has(SYN)], then, _synack(me, seg, me.iss)
    )


@arrival(rfc="9293 3.10.7.3 fifth ¶1", says="neither SYN nor reset: dropped")
def syn_sent_drops(me: Me, seg: Segment) -> Reactions:
    acked = seg.lacks(ACK) if me.switches.handshake == "four_naive" else z3.Not(_bad_ack(me, seg))
    return Reaction([me.state == SYN_SENT, seg.lacks(RST, SYN), acked], {})


UNSYNCHRONIZED = (
    closed_discards_reset,
    closed_answers_reset,
    listen_ignores_reset,
    listen_refuses_ack,
    listen_receives_syn,
    listen_drops,
    syn_sent_refuses_ack,
    syn_sent_ignores_reset,
    syn_sent_receives_reset,
    syn_sent_receives_synack,
    syn_sent_receives_syn,
    syn_sent_drops,
)
"""SEGMENT ARRIVES in CLOSED, LISTEN and SYN-SENT, in the order of the RFC."""
