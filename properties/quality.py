"""The model about itself: what its rules take for granted, checked.

None of this is about TCP alone: a rule that could act beside another one, or that never acts, would
say something about the model that its reader does not expect.
"""

from tcpmodel.claims import *

one_front_of_the_queue = Claim(
    code="P107q",
    id="one-front-of-the-queue",
    says="In FIN-WAIT-1 and CLOSING either the SYN or the FIN is to be sent again, never both.",
    sources=[
        rfc(9293, "3.10.8", "the segment at the front of the retransmission queue is sent again"),
        rfc(9293, "3.10.4", "CLOSE in SYN-RECEIVED: a FIN is formed and sent"),
    ],
    property=always(
        lambda w: none_of(
            *(
                all_of(
                    any_of(me.state == FIN_WAIT_1, me.state == CLOSING),
                    me.snd_una == me.iss,
                    me.snd_una == me.snd_nxt - 1,
                )
                for me in (w.A, w.B)
            )
        )
    ),
    verdicts={
        "rfc9293": holds("the FIN has a number of its own, behind the SYN's"),
        "rfc9293 incarnations=1 roles=any closes=either": holds("whoever opened, whoever closes"),
        "tw2 incarnations=1 loss=1 rto=1": holds("nor with a clock"),
        "rfc9293 incarnations=1 data=1": holds("nor with text between them"),
    },
)

close_is_piggybacked = Claim(
    code="P107p",
    id="close-is-piggybacked",
    says="B can answer A's FIN by its own: A is in FIN-WAIT-1, B in LAST-ACK, with one segment.",
    sources=[
        seed(
            "8a7a010d",
            "the two actions in the middle can be made one: three segments close, and the active "
            "closer goes from FIN_WAIT_1 to TIME_WAIT",
        ),
        rfc(9293, "3.10.4", "CLOSE-WAIT: a FIN is sent, with an ACK in it"),
    ],
    property=sometimes(
        lambda w: all_of(
            w.A.state == FIN_WAIT_1, w.B.state == LAST_ACK, w.inflight("B", "FIN", "ACK")
        )
    ),
    verdicts={
        "rfc9293 incarnations=1 loss=0 retransmit=off capacity=1 fin_piggyback=allowed": holds(
            "the user closes before the ACK leaves, which then goes with the FIN"
        ),
        "rfc9293 incarnations=1 loss=0 retransmit=off capacity=1": fails(
            "the ACK is a segment of its own, and the only one that fits"
        ),
    },
)
