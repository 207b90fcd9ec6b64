"""What the rationale document asks about opening a connection: data only."""

from __future__ import annotations

from collections.abc import Sequence

from tcpmodel.claims.rationale_question import Picture, Question

_BOTH_OPEN = "rfc9293 roles=both_active incarnations=1 gives_up=off closes=nobody"

OPENING: Sequence[Question] = (
    Question(
        name="two-messages",
        asks="Why three messages to open a connection, and not two?",
        framing="""\
A client sends SYN, and a server answers SYN,ACK. By then each has heard of the other: why does the
server wait for one more message before it counts the connection as ESTABLISHED?

The network loses, repeats, delays and reorders segments, so a SYN of an earlier connection between
the same ports may arrive when its sender has long gone on to the next one. Servers that count
themselves connected after two messages (`two_way`, which knows no resets, and `two_way_rst`) are
compared with one that waits for a third (`rfc9293`), over the same network. An *incarnation* is one
of several connections, one after the other, between the same two ports.
""",
        short=(
            ("P01", ("two_way gives_up=off", "rfc9293", "const_isn gives_up=off")),
            (
                "P02",
                (
                    "two_way gives_up=on closes=nobody loss=0",
                    "two_way_rst gives_up=on closes=nobody loss=0",
                    "two_way_rst gives_up=off loss=0",
                    "rfc9293",
                ),
            ),
            (
                "P03",
                ("two_way gives_up=off data=1 senders=A capacity=3", "rfc9293 data=1 senders=A"),
            ),
            ("P08", ("none/unknown", "none/known", "per_peer_last_inc/unknown")),
        ),
        claims=(
            *("P01", "P01w", "P02", "P03", "P08", "P09"),
            *("P04", "P04w", "P05", "P06", "P14l", "P94"),
        ),
        pictures=(
            Picture("P01", "two_way gives_up=off", "old-syn"),
            Picture("P02", "two_way_rst gives_up=off loss=0", "left-half-open"),
            Picture("P03", "two_way gives_up=off data=1 senders=A capacity=3", "old-text"),
        ),
    ),
    Question(
        name="four-messages",
        asks="Why three messages to open a connection, and not four?",
        framing="""\
Each side has a SYN to send and an ACK to receive, which makes four things to say. RFC 9293 has the
server say two of them in one segment. What if they travel apart? Two servers are compared with that
of RFC 9293: `four_naive` sends its ACK and then its SYN, `split` answers a SYN by nothing but a SYN
of its own. The client is that of RFC 9293 each time.
""",
        short=(
            ("P07", ("rfc9293", "split", "four_naive")),
            ("P07s", ("rfc9293", "split", "four_naive")),
        ),
        claims=("P07", "P07s"),
        pictures=(
            Picture("P07", "four_naive channel=fifo", "bare-syn"),
            Picture("P07s", "four_naive", "loose-syn"),
        ),
    ),
    Question(
        name="knowledge",
        asks="What does each side know after each message?",
        framing="""\
A handshake can be told as a story of what each side learns: that it hears, that it is heard, that
the other side knows. Knowledge is meant literally here: an endpoint knows what is so in every run
that looks the same to it. Either direction of the network may be broken from the start
(`link=any`), and nobody is told. Where knowledge is missing, there are two runs: what is so in one
of them is not so in the other, and to the endpoint they look alike.
""",
        short=(
            ("P11", ("rfc9293 incarnations=1 gives_up=off link=any",)),
            ("P12", ("rfc9293 incarnations=1 gives_up=off link=any",)),
            ("P13", ("rfc9293 incarnations=1 gives_up=off link=any capacity=1",)),
            (
                "P14",
                (
                    "rfc9293 incarnations=1 gives_up=off link=any",
                    "two_way incarnations=1 gives_up=off link=any",
                ),
            ),
            ("P15", ("rfc9293 incarnations=1 gives_up=off link=any",)),
        ),
        claims=("P11", "P12", "P12s", "P13", "P14", "P15", "P15k", "P15d"),
        pictures=(
            Picture("P14", "two_way incarnations=1 gives_up=off link=any", "server-unheard"),
        ),
    ),
    Question(
        name="simultaneous",
        asks="What if both sides do the same at once?",
        framing="""\
Both users may call OPEN, or CLOSE, before either has heard of the other. The segments then cross,
and the state machine has edges for that: a SYN in SYN-SENT, a FIN in FIN-WAIT-1.
""",
        short=(
            (
                "P21",
                (
                    f"{_BOTH_OPEN} retransmit=off loss=0",
                    f"{_BOTH_OPEN} retransmit=off loss=0 simultaneous_open=off",
                    _BOTH_OPEN,
                    f"{_BOTH_OPEN} seq_check=a2 dup_syn_in_synrcvd=resend_synack",
                ),
            ),
            (
                "P20b",
                (
                    f"{_BOTH_OPEN} retransmit=off loss=0",
                    f"{_BOTH_OPEN} retransmit=off loss=0 seq_check=a2",
                ),
            ),
            ("P25w", ("rfc9293 incarnations=1 closes=either",)),
            ("P67b", ("rfc9293 incarnations=1 closes=either",)),
        ),
        claims=("P21", "P20b", "P22", "P25w", "P67b"),
        pictures=(
            Picture("P25w", "rfc9293 incarnations=1 closes=either", "both-closing"),
            Picture("P21", _BOTH_OPEN, "both-open"),
        ),
    ),
)
