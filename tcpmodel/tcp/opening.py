"""Alternatives of opening a connection: the rules that only other handshakes and switches have.

A handshake of four messages (the server's ACK and SYN travel apart), a client that knows no
simultaneous open, a server that remembers, and other answers in SYN-RECEIVED.  The split handshake
has no rule of its own but `split_server_is_refused`: a server that answers by a bare SYN is from
then on an endpoint that opened at the same time.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.acceptance import checked, identical_syn
from tcpmodel.tcp.arrives import acks_my_syn, older_than_accepted
from tcpmodel.tcp.rule import Reaction, Reactions, arrival
from tcpmodel.tcp.segment import ACK, RST, SYN, Segment, ctl
from tcpmodel.tcp.states import ESTABLISHED, LISTEN, SYN_RECEIVED, SYN_SENT
from tcpmodel.tcp.tcb import Me


@arrival(
    rfc="1644 2.1",
    says="a listener that remembers ignores a SYN no newer than the last it accepted",
)
def listen_ignores_older_syn(me: Me, seg: Segment) -> Reactions:
    """T/TCP's accelerated open rests on such a memory of the last connection count per client."""
    if me.switches.server_memory == "none":
        return None
    syn = [me.state == LISTEN, seg.lacks(RST, ACK), seg.has(SYN)]
    return Reaction([*syn, older_than_accepted(me, seg)], {})


# --- SYN-SENT -------------------------------------------------------------------------------------


def _bare_syn(me: Me, seg: Segment) -> list[Term]:
    return [me.state == SYN_SENT, seg.lacks(RST, ACK), seg.has(SYN)]


@arrival(
    rfc="9293 MUST-10",
    says="a TCP without simultaneous open waits for the ACK of its SYN and ignores a SYN alone",
)
def syn_sent_ignores_syn(me: Me, seg: Segment) -> Reactions:
    if me.switches.simultaneous_open == "on":
        return None
    return Reaction(_bare_syn(me, seg), {})


@arrival(
    rfc="9293 3.4.1 ¶2",
    says="four messages: our SYN is acknowledged; the peer's SYN may still be to come",
)
def four_way_receives_ack(me: Me, seg: Segment) -> Reactions:
    if me.switches.handshake != "four_naive":
        return None
    then = {
        me.snd_una: me.snd_nxt,
        me.peer: seg.inc,
        me.confirmed: seg.to == me.inc,
        **me.acked(seg),
    }
    return Reaction([me.state == SYN_SENT, seg.lacks(RST, SYN), acks_my_syn(me, seg)], then)


@arrival(
    rfc="9293 3.4.1 ¶2",
    says="four messages: the peer's SYN is acknowledged; connected if ours has been, too",
)
def four_way_receives_syn(me: Me, seg: Segment) -> Reactions:
    """Nothing in a SYN alone says to which of my SYNs it belongs: it is believed."""
    if me.switches.handshake != "four_naive":
        return None
    then = {me.irs: seg.seq, me.rcv_nxt: seg.seq + 1, me.peer: seg.inc}
    answer = me.ack(seg.seq + 1, to=seg.inc)
    pending = me.snd_una != me.snd_nxt
    same = z3.And(me.confirmed, me.peer == seg.inc)
    connected = {me.state: ESTABLISHED, me.confirmed: same}
    return [
        Reaction([*_bare_syn(me, seg), pending], then | {me.state: SYN_RECEIVED}, answer),
        Reaction([*_bare_syn(me, seg), z3.Not(pending)], then | connected, answer, "__acked"),
    ]


@arrival(
    rfc="9293 3.10.7.3 second ¶2; 9293 MUST-11",
    says="split handshake: a server whose SYN is refused returns to LISTEN",
)
def split_server_is_refused(me: Me, seg: Segment) -> Reactions:
    if me.switches.handshake != "split":
        return None
    refused = [me.state == SYN_SENT, seg.has(RST), acks_my_syn(me, seg)]
    return Reaction([*refused, me.passive], me.without_tcb(LISTEN))


# --- SYN-RECEIVED ---------------------------------------------------------------------------------


@arrival(
    rfc="9293 3.5 ¶1",
    says="the SYN that we have answered comes again: SYN,ACK again, as Linux does",
)
def syn_received_resends_synack(me: Me, seg: Segment) -> Reactions:
    if me.switches.dup_syn_in_synrcvd == "ack":
        return None
    synack = me.segment(ctl(SYN, ACK), me.iss, me.rcv_nxt)
    return Reaction([identical_syn(me, seg)], me.sent_again(), synack)


@arrival(
    rfc="793 3.9 fourth",
    says="RFC 793: a new SYN resets the attempt of a former listener, too",
)
def syn_received_refuses_syn(me: Me, seg: Segment) -> Reactions:
    if me.switches.synrcvd_inwindow_syn == "listen":
        return None
    when = [me.state == SYN_RECEIVED, me.returns_to_listen, seg.lacks(RST), seg.has(SYN)]
    return Reaction([*when, me.acceptable(seg)], me.without_tcb(outcome="reset"), me.reset_for(seg))


@arrival(
    rfc="9293 3.10.7.4 fifth ¶2; 5961 5.2",
    says="RFC 5961 before the paragraph on SYN-RECEIVED: an ACK out of range is answered by an ACK",
)
def syn_received_challenges_ack(me: Me, seg: Segment) -> Reactions:
    if me.switches.synrcvd_bad_ack == "reset":
        return None
    bad = [z3.Not(me.acks_new(seg)), me.acks_unsent(seg)]
    return Reaction([me.state == SYN_RECEIVED, *checked(me, seg), seg.has(ACK), *bad], {}, me.ack())


OPENING = (
    listen_ignores_older_syn,
    syn_sent_ignores_syn,
    four_way_receives_ack,
    four_way_receives_syn,
    split_server_is_refused,
    syn_received_resends_synack,
    syn_received_refuses_syn,
    syn_received_challenges_ack,
)
"""What arriving segments cause only where a switch of opening says so."""
