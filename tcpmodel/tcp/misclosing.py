"""Two ways to get the states of the active closer wrong (`active_close`).

`late`: FIN-WAIT-1 is entered when the FIN is acknowledged instead of when it is sent, as some
descriptions have it.  `passive`: the peer's FIN leads where it leads the side that closes second,
to LAST-ACK or CLOSE-WAIT, as issue 1303 of FreeRTOS-Plus-TCP reports.  In both the state does not
say whether a FIN was sent, so that the TCB has to (`fin_sent`).
"""

from __future__ import annotations

import z3

from tcpmodel.tcp.rule import Reaction, Reactions, arrival, call
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.states import CLOSE_WAIT, ESTABLISHED, FIN_WAIT_1
from tcpmodel.tcp.synchronized import accepted, acks_late_fin, empty, process
from tcpmodel.tcp.tcb import Me


@call(
    "CLOSE",
    rfc="9293 3.3.2 ¶1",
    says="a misreading: CLOSE sends a FIN, which changes no state before it is acknowledged",
)
def closes_late(me: Me) -> Reactions:
    if me.switches.active_close != "late":
        return None
    then = {me.fin_sent: z3.BoolVal(True), me.snd_nxt: me.snd_nxt + 1, **me.sent_first()}
    return Reaction([me.may_close_first, me.state == ESTABLISHED, *me.fin_unsent], then, me.fin())


@arrival(
    rfc="9293 3.3.2 ¶1",
    says="a misreading: only the acknowledgment of our FIN leads to FIN-WAIT-1",
)
def receives_ack_of_late_fin(me: Me, seg: Segment) -> Reactions:
    if me.switches.active_close != "late":
        return None
    return Reaction(
        [*accepted(me, seg, ESTABLISHED), *empty(seg), acks_late_fin(me, seg)],
        process(me, seg, FIN_WAIT_1) | {me.fin_sent: z3.BoolVal(False)},
    )


@call(
    "CLOSE",
    rfc="9293 3.3.2 ¶1",
    says="a misreading: who has closed first waits in CLOSE-WAIT to be closed again; no TCB",
)
def closes_again(me: Me) -> Reactions:
    if me.switches.active_close != "passive":
        return None
    return Reaction([me.state == CLOSE_WAIT, me.fin_sent], me.without_tcb(outcome="closed"))


MISCLOSING = (closes_late, receives_ack_of_late_fin, closes_again)
"""What happens only where `active_close` says so."""
