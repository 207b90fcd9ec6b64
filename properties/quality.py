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

no_needless_reset = Claim(
    code="P107r",
    id="no-needless-reset",
    says="Nobody sends a reset.",
    sources=[
        rfc(9293, "3.5.2", "a reset is sent whenever a segment arrives that is not for this one"),
    ],
    property=always(lambda w: none_of(w.inflight("A", "RST"), w.inflight("B", "RST"))),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off loss=0 retransmit=off channel=fifo": holds(
            "one connection, nothing is lost, comes twice or is overtaken: nothing to reset"
        ),
        "rfc9293 incarnations=1 gives_up=off loss=0 retransmit=off": fails(
            "an ACK that is overtaken may come when the connection is over"
        ),
        "rfc9293 incarnations=1 gives_up=off loss=0 channel=fifo": fails(
            "so may what is sent again"
        ),
    },
)

nobody_who_is_silent_is_heard = Claim(
    code="P107s",
    id="silent-is-not-heard",
    says="The user of A gets an octet.",
    sources=[rfc(768, "Introduction")],
    property=sometimes(lambda w: w.A.taken != 0),
    verdicts={
        "udp": holds("B sends some"),
        "udp senders=A": fails("B sends none"),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A": fails("nor over TCP"),
    },
)

copies_are_counted = Claim(
    code="P107d",
    id="copies-are-counted",
    says="The user of B has got an octet twice, and it is under way once more.",
    sources=[rfc(768, "Introduction")],
    property=sometimes(lambda w: all_of(w.B.duplicated, w.inflight("A"))),
    verdicts={
        "udp dup=1 data=1 senders=A": fails("one copy makes two of it"),
        "udp dup=2 data=1 senders=A": holds("two copies make three"),
    },
)

second_connection = Claim(
    code="P107c",
    id="second-connection",
    says="A's second connection comes to its orderly end.",
    sources=[rfc(9293, "3.4.1", "one connection after the other"), rfc(4987, "3.6")],
    property=sometimes(lambda w: all_of(w.A.inc == 2, w.A.state == TIME_WAIT)),
    verdicts={
        "rfc9293 gives_up=off": holds("it does not need the first to have failed"),
        "rfc9293 gives_up=off syn_cookies=on": holds(
            "the server's numbers are those of the cookie, also for the second client"
        ),
        "rfc9293 gives_up=off second_close=never": fails("B never closes, so A waits for its FIN"),
    },
)
