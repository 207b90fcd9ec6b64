"""What the rationale document asks about numbers, states and the stream: data only."""

from __future__ import annotations

from collections.abc import Sequence

from tcpmodel.claims.rationale_question import Picture, Question

_CLOSED_WINDOW = (
    "rfc9293 incarnations=1 gives_up=off closes=nobody data=2 senders=A window=1 receiver=slow"
)

WORKINGS: Sequence[Question] = (
    Question(
        name="sequence-numbers",
        asks="Why sequence numbers, and why does each connection begin with another one?",
        framing="""\
TCP numbers octets, and SYN and FIN like octets, modulo 2^32; each connection begins with an initial
sequence number (ISN) of its own. To see what the numbers are for, they are taken away
(`flags_only`: every ACK acknowledges everything), or every connection begins with the same one
(`const_isn`, or `isn=constant`), or those of different connections are apart (`isn=distinct`, as in
`rfc9293`).
""",
        short=(
            (
                "P01",
                (
                    "flags_only gives_up=off",
                    "flags_only gives_up=off channel=fifo loss=0",
                    "const_isn gives_up=off",
                    "rfc9293",
                ),
            ),
            (
                "P88",
                (
                    "flags_only incarnations=1 data=1 senders=A",
                    "const_isn gives_up=off data=1 senders=A",
                    "rfc9293 data=1 senders=A",
                ),
            ),
            (
                "P73",
                (
                    "const_isn gives_up=off capacity=1 adversary=off_path forgeries=2 "
                    "forges=handshake guess=learned",
                    "rfc9293 gives_up=off capacity=1 adversary=off_path forgeries=2 "
                    "forges=handshake guess=learned",
                ),
            ),
            ("P63", ("old-octet-share",)),
        ),
        claims=(
            *("P01", "P88", "P92", "P47", "P71", "P71b", "P63", "P72", "P73", "P39"),
            *("P76", "P77", "P75", "P75b", "P14l", "P12s"),
        ),
        pictures=(
            Picture("P01", "flags_only gives_up=off", "no-numbers"),
            Picture("P01", "const_isn gives_up=off", "same-numbers"),
        ),
    ),
    Question(
        name="states",
        asks="What do the states mean?",
        framing="""\
A state is a summary: of what has been sent, what has been acknowledged, and what has come from the
other side. Descriptions differ in when a state begins, and implementations have confused some. What
RFC 9293 says is compared with such a description (`seed0_misread`, in which FIN-WAIT-1 begins with
the ACK of the FIN) and with a bug that was reported (`freertos1303`, an active close that ends like
a passive one).
""",
        short=(
            ("P23c", ("rfc9293 incarnations=1 closes=either", "seed0_misread incarnations=1")),
            ("P24", ("rfc9293 incarnations=1", "seed0_misread incarnations=1")),
            ("P25", ("rfc9293 incarnations=1 closes=either",)),
            ("P19", ("rfc9293 closes=either", "freertos1303 incarnations=1")),
            (
                "P30",
                (
                    "rfc9293 incarnations=1 retransmit=off channel=fifo",
                    "rfc9293 incarnations=1 channel=fifo",
                ),
            ),
        ),
        claims=(
            *("P23", "P23c", "P24", "P25", "P19", "P29", "P30", "P31"),
            *("P32", "P32w", "P28", "P35"),
        ),
        pictures=(
            Picture("P23", "seed0_misread incarnations=1", "fin-wait-1-misread"),
            Picture("P19", "freertos1303 incarnations=1", "close-wait-after-close"),
        ),
    ),
    Question(
        name="stream",
        asks="What does TCP do that UDP does not?",
        framing="""\
What the user of A has sent is compared with what the user of B gets, over a network that loses,
reorders and, with `dup=1`, duplicates. UDP has no connection and no numbers; TCP numbers every
octet, acknowledges, repeats, and sends no more than the window has room for.
""",
        short=(
            ("P88", ("udp", "rfc9293 incarnations=1 data=2 senders=A")),
            ("P90", ("udp", "rfc9293 incarnations=1 data=2 senders=A")),
            ("P90d", ("udp dup=1", "rfc9293 incarnations=1 data=1 senders=A dup=1")),
            ("P90o", ("udp", "rfc9293 incarnations=1 data=2 senders=A")),
            (
                "P89",
                (
                    "rfc9293 incarnations=1 gives_up=off closes=nobody data=1 senders=A",
                    "rfc9293 incarnations=1 gives_up=off data=1 senders=A retries=1",
                ),
            ),
            ("P91", ("rfc9293 incarnations=1 data=2 senders=A",)),
            ("P93d", (f"{_CLOSED_WINDOW} persist=off loss=0",)),
        ),
        claims=(
            *("P88", "P88w", "P90", "P90d", "P90o", "P89", "P91", "P92"),
            *("P93", "P93d", "P94"),
        ),
        pictures=(
            Picture("P90o", "udp", "out-of-order"),
            Picture("P93d", f"{_CLOSED_WINDOW} persist=off loss=0", "closed-window"),
        ),
    ),
)
