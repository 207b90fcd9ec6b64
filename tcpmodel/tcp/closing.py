"""Alternatives of closing a connection: half-duplex close, and TIME-WAIT after a reset."""

from __future__ import annotations

import z3

from tcpmodel.tcp.acceptance import checked
from tcpmodel.tcp.rule import Reaction, Reactions, arrival, call
from tcpmodel.tcp.segment import ACK, RST, Segment, ctl
from tcpmodel.tcp.states import CLOSE_WAIT, ESTABLISHED, FIN_WAIT_1, FIN_WAIT_2
from tcpmodel.tcp.tcb import Me


@call("CLOSE", rfc="9293 MAY-1", says="CLOSE after a shutdown of sending ends receiving, too")
def close_after_shutdown(me: Me) -> Reactions:
    if me.switches.half_close != "shutdown_wr":
        return None
    return Reaction(
        [me.may_close_first, me.is_in(FIN_WAIT_1, FIN_WAIT_2), me.reads],
        {me.deaf: z3.BoolVal(True)},
    )


@arrival(
    rfc="9293 MAY-1; 9293 SHLD-3",
    says="text after a CLOSE that ended receiving is lost; a reset says so",
)
def text_after_close(me: Me, seg: Segment) -> Reactions:
    if me.switches.half_close == "simplex" or not me.switches.data:
        return None
    return [
        Reaction(
            [
                me.state == state,
                z3.Not(me.reads),
                *checked(me, seg),
                seg.has(ACK),
                z3.Not(me.acks_unsent(seg)),
                seg.has_text,
                me.is_next(seg),
            ],
            me.after_reset("aborted"),
            me.reset_for(seg),
            name,
        )
        for state, name in ((FIN_WAIT_1, "__fin_wait_1"), (FIN_WAIT_2, "__fin_wait_2"))
    ]


@call(
    "ABORT",
    rfc="9293 3.5.2 ¶1; 9293 Figure 5 Note 3",
    says="ABORT sends a reset and waits as long as segments of the connection may live",
)
def abort_enters_time_wait(me: Me) -> Reactions:
    if me.switches.abort == "off" or me.switches.rst_sender_state == "closed":
        return None
    reset = me.segment(ctl(RST), me.snd_nxt)
    return [
        Reaction([me.state == state], me.after_reset("aborted"), reset, name)
        for state, name in (
            (ESTABLISHED, "__established"),
            (FIN_WAIT_1, "__fin_wait_1"),
            (FIN_WAIT_2, "__fin_wait_2"),
            (CLOSE_WAIT, "__close_wait"),
        )
    ]


CLOSING_RULES = (close_after_shutdown, text_after_close, abort_enters_time_wait)
"""What happens only where a switch of closing says so."""
