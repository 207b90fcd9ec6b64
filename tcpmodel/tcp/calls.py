"""User calls: RFC 9293 sections 3.10.1 (OPEN), 3.10.2 (SEND), 3.10.4 (CLOSE), 3.10.5 (ABORT).

RECEIVE is implicit, text being delivered in order as it arrives, unless `receiver=slow` (`text`).
"""

from __future__ import annotations

import z3

from tcpmodel.tcp.rule import Reaction, Reactions, call
from tcpmodel.tcp.segment import ACK, RST, SYN, ctl
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
from tcpmodel.tcp.stream import may_send_more
from tcpmodel.tcp.tcb import Me


def _connects(me: Me, state: object) -> list[Reaction]:
    return [
        Reaction(
            when=[
                me.may_open,
                me.state == state,
                me.inc != me.switches.incarnations,
                *me.awake(),
            ],
            then=me.with_new_tcb(SYN_SENT, iss)
            | {me.passive: z3.BoolVal(False), me.confirmed: z3.BoolVal(False)}
            | {me.snd_nxt: iss + 1 + z3.ZeroExt(me.switches.width - 1, me.syn_payload)},
            send=me.segment(ctl(SYN), iss, text=me.syn_payload, inc=me.inc + 1),
            name=choice,
        )
        for choice, iss in me.initial_sequence_numbers()
    ]


@call(
    "active OPEN",
    rfc="9293 3.10.1 CLOSED ¶1",
    says="without a TCB an active OPEN selects an ISS and sends a SYN",
)
def closed_active_open(me: Me) -> Reactions:
    return _connects(me, CLOSED)


@call(
    "active OPEN",
    rfc="9293 3.10.1 LISTEN ¶1",
    says="an active OPEN turns a listening endpoint into a connecting one",
)
def listen_active_open(me: Me) -> Reactions:
    return [
        Reaction([*r.when, me.may_listen], r.then, r.send, r.name) for r in _connects(me, LISTEN)
    ]


@call(
    "SEND",
    rfc="9293 3.10.2 LISTEN ¶1",
    says="SEND turns a listening endpoint into a connecting one",
)
def listen_send(me: Me) -> Reactions:
    return [
        Reaction([*r.when, me.may_listen, me.may_send], r.then, r.send, r.name)
        for r in _connects(me, LISTEN)
    ]


@call(
    "passive OPEN",
    rfc="9293 3.10.1 CLOSED ¶1",
    says="a passive OPEN creates a TCB that waits for a SYN",
)
def closed_passive_open(me: Me) -> Reactions:
    return Reaction(
        when=[
            me.may_listen,
            me.state == CLOSED,
            me.inc != me.switches.incarnations,
            *me.awake(),
        ],
        then={me.state: LISTEN, me.passive: z3.BoolVal(True)},
    )


@call(
    "SEND",
    rfc="9293 3.10.2 ESTABLISHED CLOSE-WAIT ¶1",
    says="text is sent with a piggybacked acknowledgment",
)
def send(me: Me) -> Reactions:
    if not me.switches.data:
        return None
    sent = me.snd_nxt - me.iss - 1
    return [
        Reaction(
            when=[
                *(me.may_send, me.state == state, *me.fin_unsent),
                z3.ULT(sent, me.switches.data),
                *may_send_more(me),
            ],
            then={me.snd_nxt: me.snd_nxt + 1, **me.sent_first()},
            send=me.segment(ctl(ACK), me.snd_nxt, me.rcv_nxt, text=1),
            name=name,
        )
        for state, name in ((ESTABLISHED, "__established"), (CLOSE_WAIT, "__close_wait"))
    ]


@call(
    "CLOSE",
    rfc="9293 3.10.4 LISTEN ¶1; 9293 3.10.4 SYN-SENT ¶1",
    says="CLOSE before anything was received deletes the TCB",
)
def close_unopened(me: Me) -> Reactions:
    if me.switches.gives_up == "off":
        return None
    return [
        Reaction(
            when=[me.state == state],
            then=me.without_tcb(outcome="closed"),
            name=name,
        )
        for state, name in ((LISTEN, "__listen"), (SYN_SENT, "__syn_sent"))
    ]


@call(
    "CLOSE",
    rfc="9293 3.10.4 SYN-RECEIVED ¶1; 9293 3.10.4 ESTABLISHED ¶1; 9293 3.6 case 1",
    says="CLOSE sends a FIN and waits for its acknowledgment",
)
def close_first(me: Me) -> Reactions:
    states = [(SYN_RECEIVED, "__syn_received"), (ESTABLISHED, "__established")]
    if me.switches.active_close == "late":
        states = states[:1]  # see `misclosing`
    return [
        Reaction(
            when=[me.may_close_first, me.state == state],
            then={me.state: FIN_WAIT_1, me.snd_nxt: me.snd_nxt + 1, **me.sent_first()},
            send=me.fin(),
            name=name,
        )
        for state, name in states
    ]


@call(
    "CLOSE",
    rfc="9293 3.10.4 CLOSE-WAIT ¶1; 9293 3.6 case 2",
    says="CLOSE after the peer's FIN sends ours",
)
def close_second(me: Me) -> Reactions:
    if me.switches.second_close == "never":
        return None
    return Reaction(
        when=[me.state == CLOSE_WAIT, *me.fin_unsent],
        then={me.state: LAST_ACK, me.snd_nxt: me.snd_nxt + 1, **me.sent_first()},
        send=me.fin(),
    )


@call(
    "ABORT",
    rfc="9293 3.10.5 SYN-RECEIVED..CLOSE-WAIT ¶1 ¶2",
    says="ABORT sends a reset and deletes the TCB",
)
def abort_with_reset(me: Me) -> Reactions:
    if me.switches.abort == "off":
        return None
    reset = me.segment(ctl(RST), me.snd_nxt) if me.switches.rst == "on" else None
    found = [
        Reaction([me.state == state], me.without_tcb(outcome="aborted"), reset, name)
        for state, name in (
            (SYN_RECEIVED, "__syn_received"),
            (ESTABLISHED, "__established"),
            (FIN_WAIT_1, "__fin_wait_1"),
            (FIN_WAIT_2, "__fin_wait_2"),
            (CLOSE_WAIT, "__close_wait"),
        )
    ]
    # With `rst_sender_state=time_wait` the synchronized states have `abort_enters_time_wait`.
    return found if me.switches.rst_sender_state == "closed" else found[:1]


@call(
    "ABORT",
    rfc="9293 3.10.5 LISTEN ¶1; 9293 3.10.5 SYN-SENT ¶1; 9293 3.10.5 CLOSING LAST-ACK TIME-WAIT ¶1",
    says="ABORT deletes the TCB; there is nobody to be told, or nothing to be lost",
)
def abort_silently(me: Me) -> Reactions:
    if me.switches.abort == "off":
        return None
    found = [
        Reaction([me.state == state], me.without_tcb(outcome="aborted"), None, name)
        for state, name in (
            (LISTEN, "__listen"),
            (SYN_SENT, "__syn_sent"),
            (CLOSING, "__closing"),
            (LAST_ACK, "__last_ack"),
            (TIME_WAIT, "__time_wait"),
        )
    ]
    # Who is in TIME-WAIT because of an ABORT has no connection to abort any more.
    return found if me.switches.rst_sender_state == "closed" else found[:-1]


CALLS = (
    closed_active_open,
    listen_active_open,
    listen_send,
    closed_passive_open,
    send,
    close_unopened,
    close_first,
    close_second,
    abort_with_reset,
    abort_silently,
)
"""The user calls, in the order of the RFC."""
