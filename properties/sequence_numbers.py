"""What is numbered, and what an acknowledgment says.

SYN and FIN occupy a number each, like octets of text; a bare ACK does not.  So an acknowledgment is
one more than the last number taken in order, which is not the same as one more than the number of
the segment that it answers.
"""

import z3

from tcpmodel.claims import *
from tcpmodel.core.terms import Term
from tcpmodel.tcp.segment import SYN, Segment
from tcpmodel.tcp.world import World


def _old_in_window(w: World) -> Term:
    """A segment of an earlier connection of A is under way, and its number is in B's window."""

    def fits(s: Segment) -> Term:
        inside = z3.ULT(s.seq - w.B.rcv_nxt, w.switches.window)
        return all_of(z3.ULT(s.inc, w.B.peer), s.lacks(SYN), inside)

    return w.under_way("A", fits)


distinct_numbers = Claim(
    code="P71",
    id="isn-distinct-within-msl",
    says="No segment of an earlier connection that is still under way is in the window of the new "
    "one.",
    sources=[
        seed("f6cf09d2", "the client begins with a random number x, the server with y"),
        rfc(9293, "3.4.1", "numbers of old and new connections must not be confused"),
        rfc(9293, "3.4.3", "to begin with 0 every time"),
    ],
    property=always(lambda w: implies(w.synchronized("B"), none_of(_old_in_window(w)))),
    verdicts={
        "tw0 isn=distinct data=1 senders=A": holds(
            "the numbers of a connection and its window end before those of the next one begin"
        ),
        "tw0 data=1 senders=A": fails("every connection begins with the same number"),
        "tw2 data=1 senders=A tw_rfc1337=on": fails(
            "the ACKs that TIME-WAIT has sent to the end are old segments, too"
        ),
        "tw0 isn=free width=4 window=1 gives_up=off": fails(
            "a number picked at random may be one of the old ones: how likely that is, P63 says"
        ),
    },
)


def _taken(w: World) -> Term:
    """What B has taken of A in this connection, as numbers: SYN, octets, FIN."""
    octets = z3.ZeroExt(w.switches.width - w.B.taken.size(), w.B.taken)
    fin = any_of(w.B.state == CLOSE_WAIT, w.B.state == LAST_ACK)
    return z3.If(fin, octets + 2, octets + 1)


ack_counts = Claim(
    code="P76",
    id="ack-number-counts-syn-text-fin",
    says="The number that B acknowledges is the peer's first one plus one for the SYN, one for "
    "each octet, and one for the FIN.",
    sources=[
        seed("f6cf09d2", "ack = x+1, y+1 for the SYNs, u+1, w+1 for the FINs"),
        seed("8b6640a8", "ack is seq + 1"),
        seed("8b6640a8", "the ACK field is the last octet received in order, plus one"),
        rfc(9293, "3.4", "SYN and FIN occupy a number each"),
        rfc(9293, "3.10.7.4 seventh"),
    ],
    property=always(
        lambda w: implies(w.synchronized("B"), w.B.rcv_nxt == w.B.irs + _taken(w)),
    ),
    verdicts={
        "rfc9293 incarnations=1 data=2 senders=A": holds("with two octets, three and four later"),
        "rfc9293 incarnations=1 data=2 senders=A reassembly=hold": holds(
            "what is held back is not counted before its turn"
        ),
        "rfc9293 data=1 senders=A": holds("in a second connection, too"),
        "flags_only incarnations=1 data=1 senders=A": fails(
            "without numbers an octet that comes twice counts twice"
        ),
    },
    folklore="seq + 1 is the answer to a SYN, a FIN, or a single octet that came in its turn; in "
    "general it is the number of the next octet wanted.",
)
