"""Why TIME-WAIT, and why 2 MSL.

Two reasons are usually given, and both are checked here: the last ACK may have to be sent again
(P58), and segments of the old connection have to die before the next one begins (P60, P61).  The
second is where 2 MSL comes from: one lifetime for the last ACK to reach the peer, one more for the
FIN that the peer repeated just before.  That sum rests on assumptions that are seldom stated: the
last ACK arrives, and nothing ends TIME-WAIT early.

MSL is one tick here, so `tw1` waits 1 MSL and `tw2` waits 2 MSL.
"""

from tcpmodel.claims import *

_SEEDS = [
    seed(
        "a420545a",
        "the wait is the sum of the longest life of the ACK one way and of the FIN the other",
    ),
    seed("8a7a010d", "why 2 MSL and not 1: I have not seen a satisfying explanation"),
]

timewait_reack = Claim(
    code="P58",
    id="timewait-reack",
    says="A passive closer's close is never answered by a reset.",
    sources=[
        seed(
            "a420545a",
            "without TIME-WAIT the repeated FIN meets a reset and the server sees an error",
        ),
        seed("f6cf09d2", "TIME-WAIT is for sending a lost last ACK again"),
        rfc(9293, "3.6.1 MUST-13"),
    ],
    property=always(lambda w: implies(w.A.state == CLOSED, none_of(w.ended("B", "reset")))),
    verdicts={
        "tw0 incarnations=1": fails("even without loss: the FIN was repeated before the ACK came"),
        "tw0 incarnations=1 channel=fifo": holds("in order, the ACK arrives before the reset"),
        "tw0 incarnations=1 channel=fifo loss=1": fails("the last ACK is lost, its sender gone"),
        "tw1 incarnations=1": holds("without loss the last ACK needs one MSL at most"),
        "tw2 incarnations=1": holds("and so does a longer wait"),
        "tw1 incarnations=1 loss=1 rto=1": fails("the repeated FIN may come after 1 MSL"),
        "tw2 incarnations=1 loss=1 rto=1": holds(
            "the FIN is repeated within one tick and arrives within another"
        ),
        "tw2 incarnations=1 loss=2 rto=1": fails("two losses in a row outlast 2 MSL"),
        "tw2 incarnations=1 loss=1": fails("nobody says how soon the FIN is repeated"),
        "tw1 incarnations=2": fails(
            "where every connection begins with the same number, an old ACK opens a second one by "
            "itself, which a reset ends"
        ),
    },
    folklore="2 MSL is not chosen to cover a lost ACK: it does so only for one loss and a "
    "retransmission timeout of at most 1 MSL.",
)

timewait_if_ack_lost = Claim(
    code="P60",
    id="timewait-2msl-if-ack-lost",
    says="No FIN of the old connection is accepted in the new one, though the last ACK may be "
    "lost.",
    sources=[*_SEEDS, rfc(9293, "3.4.1"), rfc(1337, "2")],
    property=always(lambda w: implies(w.A.inc == 2, none_of(w.A.stale_fin))),
    verdicts={
        "tw2 tw_rfc1337=on": holds(
            "the last ACK arrives within 1 MSL, the last FIN dies within another"
        ),
        "tw2 tw_rfc1337=on loss=1": fails(
            "unacknowledged, the peer repeats its FIN when TIME-WAIT is long over"
        ),
        "tw2 tw_rfc1337=on loss=1 time_wait=5": fails("no finite wait helps against that"),
        "tw2 tw_rfc1337=on loss=1 rto=1": holds(
            "a bound on the retransmission timeout and on the losses rescues it"
        ),
        "tw2 tw_rfc1337=on loss=1 isn=distinct": holds("and so do initial sequence numbers apart"),
    },
)

timewait_isn_fin = Claim(
    code="P61",
    id="timewait-x-isn-matrix-fin",
    says="No FIN of the old connection is accepted in the new one.",
    sources=[*_SEEDS, rfc(9293, "3.4.1"), rfc(9293, "3.6.1 MUST-13"), rfc(1337, "2")],
    property=always(lambda w: implies(w.A.inc == 2, none_of(w.A.stale_fin))),
    verdicts={
        "tw0 tw_rfc1337=on": fails("a FIN that was repeated is still under way"),
        "tw1 tw_rfc1337=on": fails("it was repeated when the last ACK was already under way"),
        "tw2 tw_rfc1337=on": holds("1 MSL for the last ACK to arrive, 1 MSL for the FIN to die"),
        "tw2": fails(
            "TIME-WAIT is ended early by a reset, which an old ACK provokes (RFC 1337): 2 MSL were "
            "never waited"
        ),
        "tw0 tw_rfc1337=on isn=distinct": holds("the old FIN is outside the new window"),
        "tw1 tw_rfc1337=on isn=distinct": holds("so no wait is needed for this reason"),
        "tw2 tw_rfc1337=on isn=distinct": holds("nor does it hurt"),
    },
    folklore="TIME-WAIT alone does not keep the old FIN out: RFC 9293 lets a reset end it, and old "
    "duplicates provoke one.",
)

timewait_isn_data = Claim(
    code="P61d",
    id="timewait-x-isn-matrix-data",
    says="No octet of the old connection is delivered to the active closer in the new one.",
    sources=[*_SEEDS, rfc(9293, "3.4.3"), rfc(1337, "2")],
    property=always(lambda w: implies(w.A.inc == 2, none_of(w.A.stale_text))),
    verdicts={
        "tw0 tw_rfc1337=on data=1 senders=B": fails(
            "an octet that was repeated is still under way"
        ),
        "tw1 tw_rfc1337=on data=1 senders=B": fails(
            "the peer repeats text as long as the last ACK has not arrived, like its FIN"
        ),
        "tw2 tw_rfc1337=on data=1 senders=B": holds("all of it is dead after 2 MSL"),
        "tw0 tw_rfc1337=on data=1 senders=B isn=distinct": holds(
            "the old octet is outside the new window"
        ),
    },
)

passive_needs_no_wait = Claim(
    code="P68",
    id="passive-needs-no-wait",
    says="The passive closer may take up a new connection at once: it accepts neither text nor FIN "
    "of the old one.",
    sources=[
        seed("a420545a", "the passive closer needs no waiting time at all"),
        rfc(9293, "3.10.7.4", "LAST-ACK: delete the TCB, enter CLOSED"),
    ],
    property=always(
        lambda w: implies(w.B.inc == 2, none_of(w.B.stale_fin, w.B.stale_text)),
    ),
    verdicts={
        "tw2 tw_rfc1337=on data=1 senders=A isn=distinct": holds(
            "what is left of the old connection is outside the new window"
        ),
        "tw0 tw_rfc1337=on data=1 senders=A isn=distinct": holds(
            "then it does not even depend on the other side's wait"
        ),
        "tw2 tw_rfc1337=on data=1 senders=A capacity=3": fails(
            "the old connection is opened once more, by a repeated SYN, and its repeated text or "
            "FIN is next in order: the other side's TIME-WAIT does not protect this one"
        ),
        "tw2 data=1 senders=A": fails("a reset has ended the active closer's TIME-WAIT (RFC 1337)"),
        "tw0 tw_rfc1337=on data=1 senders=A": fails("nobody has waited"),
    },
    folklore="Nothing has to be sent again, so it needs no wait to close.  But to listen again at "
    "once "
    "is safe only if the new connection gets other numbers than the old one.",
)
