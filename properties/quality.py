"""The model about itself: that its alternatives are there and make a difference."""

from tcpmodel.claims import *

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
        "rfc9293 incarnations=1 loss=0 retransmit=off capacity=2": holds(
            "so they are two segments under way, of which the FIN may overtake the ACK"
        ),
    },
)
