"""Attempts to connect: how two of them meet, and how each of them ends.

If both sides open actively their SYNs cross, and the RFC wants one connection of it.  Read
literally its rules give that only on a network that does not lose the wrong segments.  An attempt
that leads nowhere ends because somebody counts retransmissions.
"""

from tcpmodel.claims import *
from tcpmodel.core.terms import Term
from tcpmodel.tcp.world import World


def _both_established(w: World) -> Term:
    return all_of(w.A.state == ESTABLISHED, w.B.state == ESTABLISHED)


figure_7_by_synack = Claim(
    code="P20b",
    id="figure-7-ends-by-syn-ack",
    says="In a simultaneous open a SYN,ACK can lead from SYN-RECEIVED to ESTABLISHED.",
    sources=[
        rfc(9293, "3.5 Figure 7", "line 6"),
        rfc(9293, "A.2", "a segment that begins one number too early may carry a good ACK"),
    ],
    property=sometimes(
        # Nothing is sent again: what A has sent is still under way, so B has sent no bare ACK.
        lambda w: all_of(
            w.A.state == ESTABLISHED, w.B.state == SYN_RECEIVED, w.inflight("A", "SYN", "ACK")
        )
    ),
    verdicts={
        "rfc9293 roles=both_active incarnations=1 gives_up=off closes=nobody retransmit=off "
        "loss=0": fails("read literally, the first check drops it: its number was taken before"),
        "rfc9293 roles=both_active incarnations=1 gives_up=off closes=nobody retransmit=off "
        "loss=0 seq_check=a2": holds("with Appendix A.2 its ACK counts, as Figure 7 shows it"),
    },
    folklore="Figure 7 is no run of the rules of section 3.10.7.4, read literally.",
)


def _crossing_syns(w: World) -> Term:
    """Both have opened actively, and neither has been refused before the other did."""
    refusal = any_of(w.inflight("A", "RST"), w.inflight("B", "RST"))
    return all_of(w.A.state == SYN_SENT, w.B.state == SYN_SENT, none_of(refusal))


simultaneous_open = Claim(
    code="P21",
    id="simultaneous-open-converges",
    says="When both have opened actively, both get ESTABLISHED.",
    sources=[
        rfc(9293, "3.5 MUST-10", "simultaneous open attempts"),
        paper("smoltcp, pull request 1001: a SYN in SYN-SENT"),
    ],
    property=leads_to(_crossing_syns, _both_established, strong=("A receives", "B receives")),
    verdicts={
        "rfc9293 roles=both_active incarnations=1 gives_up=off closes=nobody retransmit=off "
        "loss=0": holds("each SYN,ACK is answered by an ACK, and that one counts"),
        "rfc9293 roles=both_active incarnations=1 gives_up=off closes=nobody retransmit=off "
        "loss=0 simultaneous_open=off": fails("both ignore what they get, and wait"),
        "rfc9293 roles=both_active incarnations=1 gives_up=off closes=nobody": fails(
            "read literally only a bare ACK connects: a network that delivers for ever, but loses "
            "just those, keeps both in SYN-RECEIVED"
        ),
        "rfc9293 roles=both_active incarnations=1 gives_up=off closes=nobody seq_check=a2 "
        "channel=fifo": fails(
            "a repeated SYN is answered by an ACK without SYN, of no use to one in SYN-SENT"
        ),
        "rfc9293 roles=both_active incarnations=1 gives_up=off closes=nobody seq_check=a2 "
        "dup_syn_in_synrcvd=resend_synack": holds(
            "with Appendix A.2, and SYN,ACK for a repeated SYN, whatever gets through helps"
        ),
        "rfc9293 roles=both_active incarnations=2 gives_up=off closes=nobody seq_check=a2 "
        "dup_syn_in_synrcvd=resend_synack": fails(
            "a SYN of the attempt before has made half a connection, which the other side refuses "
            "in vain if its resets are lost"
        ),
    },
    folklore="On a lossy network it takes two departures from the letter of RFC 9293.",
)

remembers_origin = Claim(
    code="P22",
    id="must11-origin-memory",
    says="Where nobody calls a passive OPEN nobody is in LISTEN.",
    sources=[
        rfc(9293, "3.5 MUST-11", "remember whether SYN-RECEIVED came from LISTEN"),
        rfc(9293, "3.3.2 Figure 5 Note 1", "a reset in SYN-RECEIVED leads back to LISTEN"),
        paper("tlaplus/Examples, specifications/tcp: its first open point"),
    ],
    property=always(lambda w: none_of(w.A.state == LISTEN, w.B.state == LISTEN)),
    verdicts={
        "rfc9293 roles=both_active": holds("a reset in SYN-RECEIVED ends an active attempt"),
        "rfc9293 roles=both_active origin_memory=off": fails(
            "a reset turns who called into who waits to be called"
        ),
    },
)

connect_decides = Claim(
    code="P54",
    id="connect-eventually-decides",
    says="An attempt to connect comes to an end.",
    sources=[
        seed("32ba5318", "after the last retransmission of SYN the client gives up"),
        rfc(9293, "3.8.3 MUST-23", "retransmission of SYN is limited as well"),
        paper("tlaplus/Examples, specifications/tcp: Prop"),
    ],
    property=leads_to(lambda w: w.A.state == SYN_SENT, lambda w: w.A.state != SYN_SENT),
    verdicts={
        "rfc9293 roles=alone incarnations=1 gives_up=off retries=3": holds(
            "the limit ends it, without help of user or network"
        ),
        "rfc9293 roles=alone incarnations=1 gives_up=off": fails(
            "a dead peer, and nobody counts: SYN for ever"
        ),
        "rfc9293 roles=alone incarnations=1": fails("a user who may give up need not"),
        "rfc9293 incarnations=1 gives_up=off retries=3": holds("a live peer makes no difference"),
    },
    folklore="It is the limit that ends SYN-SENT.  A TCP without one needs its user for that.",
)

syn_received_ends = Claim(
    code="P54s",
    id="syn-received-comes-to-an-end",
    says="A server does not stay in SYN-RECEIVED.",
    sources=[
        seed("8b6640a8", "SYN_RCVD is very short: on the ACK it becomes ESTABLISHED"),
        seed("32ba5318", "SYN-ACK is sent again until the third message comes or the limit does"),
        rfc(9293, "3.8.3"),
    ],
    property=leads_to(lambda w: w.B.state == SYN_RECEIVED, lambda w: w.B.state != SYN_RECEIVED),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off retries=2": holds("the limit, if nothing else"),
        "rfc9293 incarnations=1 gives_up=off rst=off retries=2": holds("even without resets"),
        "rfc9293 incarnations=1 retransmit=off loss=0 rst=off": fails(
            "the client has given up, and says nothing to the SYN,ACK"
        ),
        "rfc9293 incarnations=1 gives_up=off": fails("each SYN,ACK may be lost"),
        "rfc9293 incarnations=2 gives_up=off rst=off retries=2": fails(
            "an old SYN begins a second half: each answers the other's ACK by an ACK, for ever"
        ),
    },
    folklore="One post calls SYN_RCVD very short.  It lasts until the limit of retransmissions if "
    "the third message does not come: 63 seconds with five of them.",
)
