"""TCP Fast Open: text comes with a client's SYN and is delivered before the handshake is over.

RFC 7413.  The client has a cookie from an earlier connection, which is always valid here; it shows
where the client is, not that its SYN is new.  A SYN that is sent again comes without text, which
then follows after the handshake.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.tcb import Me


def text_taken(me: Me, seg: Segment) -> Term:
    """The octets that I take from an arriving SYN; without Fast Open its text is not kept."""
    return seg.text if me.switches.tfo == "on" else z3.BitVecVal(0, me.switches.width)


def delivery(me: Me, seg: Segment) -> dict[Term, Term]:
    """The ghosts' updates for the delivery of a SYN's text: whose it was, and if it was before."""
    if me.switches.tfo == "off":
        return {}
    taken = {}
    if "taken" in me.variables:
        taken[me.taken] = z3.ZeroExt(me.taken.size() - 1, seg.fields["text"])
    again = z3.And(seg.has_text, seg.inc != 0, seg.inc == me.served)
    return taken | {
        me.served: z3.If(seg.has_text, seg.inc, me.served),
        me.served_twice: z3.Or(me.served_twice, again),
    }
