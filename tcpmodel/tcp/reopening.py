"""A SYN in TIME-WAIT opens anew: RFC 9293 section 3.6.1, MAY-2 (RFC 1122 section 4.2.2.13).

The two conditions can be dropped one by one: (1) the new ISS is larger than all numbers used
before, (2) back to TIME-WAIT if the SYN turns out to be an old duplicate.  Any SYN may try: the RFC
does not ask whether its number is new.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.rule import Reaction, Reactions, arrival
from tcpmodel.tcp.segment import ACK, RST, SYN, Segment, ctl
from tcpmodel.tcp.states import SYN_RECEIVED, TIME_WAIT
from tcpmodel.tcp.tcb import Me


def reopens(me: Me, seg: Segment) -> Term:
    """The segment is a SYN that opens anew."""
    more = me.inc != me.switches.incarnations
    return z3.And(me.state == TIME_WAIT, seg.has(SYN), seg.lacks(RST, ACK), more)


@arrival(rfc="9293 3.6.1 MAY-2", says="a SYN in TIME-WAIT asks to connect once more")
def time_wait_receives_syn(me: Me, seg: Segment) -> Reactions:
    """SND.NXT is the least number larger than all that were used: condition (1)."""
    if me.switches.tw_reopen == "off":
        return None
    numbers = [("", me.snd_nxt)]
    if me.switches.tw_reopen == "rfc1122_no1":
        numbers = me.initial_sequence_numbers()
    void = {me.confirmed: z3.BoolVal(False), me.passive: z3.BoolVal(False)}
    if "timer" in me.variables:
        void[me.timer] = z3.BitVecVal(0, me.timer.size())
    kept = {}
    if "reopened" in me.variables:
        kept = {me.reopened: z3.BoolVal(True), me.old_peer: me.peer}
        kept |= {me.old_snd: me.snd_nxt, me.old_rcv: me.rcv_nxt}
    return [
        Reaction(
            [reopens(me, seg)],
            me.with_new_tcb(SYN_RECEIVED, iss, irs=seg.seq, peer=seg.inc) | void | kept,
            me.segment(ctl(SYN, ACK), iss, seg.seq + 1, to=seg.inc, inc=me.inc + 1),
            choice,
        )
        for choice, iss in numbers
    ]


def returns_to_time_wait(me: Me) -> dict[Term, Term]:
    """The updates for a SYN that was an old duplicate: TIME-WAIT starts anew, condition (2)."""
    then = {me.state: TIME_WAIT, me.rcv_nxt: me.old_rcv, me.peer: me.old_peer}
    then |= {me.snd_una: me.old_snd, me.snd_nxt: me.old_snd, me.confirmed: z3.BoolVal(True)}
    return then | me.enter_time_wait() | me.nothing_left() | forget_time_wait(me, z3.BoolVal(True))


def forget_time_wait(me: Me, when: Term) -> dict[Term, Term]:
    """The updates by which the TIME-WAIT of before is over for good: our new SYN is acknowledged.

    Before that, CLOSE may have led from SYN-RECEIVED to FIN-WAIT-1 and further.
    """
    if "reopened" not in me.variables:
        return {}
    numbers = (me.old_snd, me.old_rcv, me.old_peer)
    void = {n: z3.If(when, z3.BitVecVal(0, n.size()), n) for n in numbers}
    return {me.reopened: z3.And(me.reopened, z3.Not(when)), **void}


REOPENING = (time_wait_receives_syn,)
"""SEGMENT ARRIVES in TIME-WAIT, where it may open a connection."""
