"""UDP, for contrast (RFC 768): no connection, no state machine, delivery on arrival.

A user may send at any time; whatever arrives is delivered.  What the network loses, duplicates or
reorders, the user sees.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.buffers import DATAGRAM
from tcpmodel.tcp.rule import Reaction, Reactions, arrival, call
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.tcb import Me


@call("SEND", rfc="768 User Interface", says="a datagram is sent, whoever listens")
def udp_send(me: Me) -> Reactions:
    most = me.switches.data
    datagram = Segment({"ctl": DATAGRAM.term("UDP"), "index": me.sent})
    return Reaction([me.may_send, me.sent != most], {me.sent: me.sent + 1}, datagram)


@arrival(rfc="768 User Interface", says="a datagram is delivered as it comes")
def udp_receives(me: Me, seg: Segment) -> Reactions:
    most = me.switches.data
    index: Term = seg.index
    arrived = z3.BitVecVal(0, most)
    earlier, later, again = (z3.BoolVal(False) for _ in range(3))
    for place in range(most):
        here = index == place
        arrived = z3.If(here, z3.BitVecVal(1 << place, most), arrived)
        before, after = (1 << place) - 1, (1 << most) - (2 << place)
        again = z3.Or(again, z3.And(here, me.got & (1 << place) != 0))
        earlier = z3.Or(earlier, z3.And(here, me.got & before != before))
        later = z3.Or(later, z3.And(here, me.got & after != 0))
    got_all = me.taken == most
    return Reaction(
        [seg.fields["ctl"] == DATAGRAM.term("UDP")],
        {
            me.got: me.got | arrived,
            me.taken: z3.If(z3.Or(again, got_all), me.taken, me.taken + 1),
            me.duplicated: z3.Or(me.duplicated, again),
            me.skipped: z3.Or(me.skipped, earlier),
            me.overtaken: z3.Or(me.overtaken, z3.And(later, z3.Not(again))),
        },
    )


UDP_RULES = (udp_send, udp_receives)
"""All there is to UDP."""
