"""Crashes: a host loses its memory, and may keep quiet before it sends again.

It may also keep quiet after every connection (`reuse_wait`).

RFC 9293 sections 3.4.2, 3.4.3 and 3.5.1.  What is lost is the TCB, and which initial sequence
numbers were selected before; the incarnations are still counted, but that is the model's count.
"""

from __future__ import annotations

import z3

from tcpmodel.tcp.rule import Reaction, Reactions, Source, arrival, timeout
from tcpmodel.tcp.segment import RST, Segment
from tcpmodel.tcp.states import CLOSED
from tcpmodel.tcp.tcb import Me


def _crash(me: Me) -> Reactions:
    if me.switches.crash == "off":
        return None
    then = me.without_tcb(outcome="crashed")
    to_lose = me.state != CLOSED
    if "used" in me.variables:
        then[me.used] = z3.BitVecVal(0, me.used.size())
        to_lose = z3.Or(to_lose, me.used != 0)
    if "quiet" in me.variables:
        then[me.quiet] = z3.BitVecVal(me.switches.quiet + 1, me.quiet.size())
    return Reaction([me.may_crash, to_lose], then)


_crash.__name__ = "crash"

crash = Source(
    _crash,
    "step",
    "crash",
    "a host crashes and reboots: it has lost all it knew",
    ("RFC 9293 3.5.1 ¶2", "RFC 9293 3.4.2 ¶1"),
)


@arrival(rfc="9293 3.4.3 ¶1", says="whoever keeps quiet answers nothing")
def keeps_quiet(me: Me, seg: Segment) -> Reactions:
    if "quiet" not in me.variables:
        return None
    return Reaction([me.state == CLOSED, seg.lacks(RST), me.quiet != 0], {})


@timeout("quiet time over", rfc="9293 3.4.3 ¶1", says="what was sent before is gone")
def quiet_time_over(me: Me) -> Reactions:
    if "quiet" not in me.variables:
        return None
    return Reaction([me.quiet == 1], {me.quiet: z3.BitVecVal(0, me.quiet.size())})


CRASHES = (crash, keeps_quiet, quiet_time_over)
"""Crashes, and the quiet time after them."""
