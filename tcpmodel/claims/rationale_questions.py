"""What the rationale document asks: data only.

A question says how it is asked and what to know before reading on; what the answer is, it leaves to
its claims, whose sentences, verdicts and reasons are put in when the document is built.  So nothing
here may say how a claim comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Asked = tuple[str, tuple[str, ...]]
"""The code of a claim, and those of its scenarios (or rows) that the short answer is made of."""


@dataclass(frozen=True)
class Picture:
    """The run that settles a claim in a scenario, as a chart.

    file: the name of the chart, without its ending.
    """

    code: str
    scenario: str
    file: str


@dataclass(frozen=True)
class Question:
    """A page of the document.

    name: of the page, and of the topic.  asks: the question.  framing: what it is about, in
    paragraphs.  short: what the short answer is made of.  claims: the codes of all that is shown
    as evidence.
    """

    name: str
    asks: str
    framing: str
    short: Sequence[Asked]
    claims: Sequence[str]
    pictures: Sequence[Picture] = ()


POSTS_PAGE = "posts"
POSTS_TITLE = "What do the posts say, and what is to be said about it?"
POSTS_FRAMING = """\
The project answers to five posts in Chinese that explain how TCP connections begin and end. This is
what they say, sentence by sentence in an English paraphrase, next to the claims that were made of
it. A remark is there where the sentence, or one of its neighbours in the same claim, leaves
something out or has it otherwise.
"""

QUESTIONS: Sequence[Question] = (
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
        name="closing",
        asks="Why four segments to close, and when three?",
        framing="""\
Each direction is closed by itself: a FIN says that its sender has nothing more to send, and an ACK
says that this was heard. That makes four segments, in two pairs. What follows is about whether two
of them travel as one, about what may be sent between the two pairs, and about how sure both sides
are in the end that the other one is done.
""",
        short=(
            (
                "P26",
                (
                    "rfc9293 incarnations=1 capacity=1 loss=0 retransmit=off",
                    "rfc9293 incarnations=1 capacity=1 loss=0 retransmit=off fin_piggyback=allowed",
                ),
            ),
            (
                "P46",
                (
                    "rfc9293 incarnations=1 gives_up=off data=1 senders=B",
                    "rfc9293 incarnations=1 gives_up=off data=1 senders=B half_close=half_duplex",
                ),
            ),
            ("P47", ("rfc9293 incarnations=1 data=2 senders=A",)),
            (
                "P53",
                (
                    "rfc9293 incarnations=1 gives_up=off",
                    "rfc9293 incarnations=1 gives_up=off closes=either",
                ),
            ),
            ("P57", ("tw2 incarnations=1 loss=1 rto=1", "tw2 incarnations=1 loss=2 rto=1")),
        ),
        claims=("P26", "P107p", "P46", "P47", "P48", "P53", "P57", "P25w", "P27"),
        pictures=(
            Picture(
                "P26",
                "rfc9293 incarnations=1 capacity=1 loss=0 retransmit=off fin_piggyback=allowed",
                "three-segments",
            ),
            Picture(
                "P46",
                "rfc9293 incarnations=1 gives_up=off data=1 senders=B half_close=half_duplex",
                "half-duplex",
            ),
        ),
    ),
    Question(
        name="waiting",
        asks="Who waits for whom, and what ends the waiting?",
        framing="""\
A state of opening or closing lasts until something happens: a segment arrives, a user calls, a
timer runs out. Which of these it takes is asked here state by state, and what it costs to put a
timer where TCP has none.
""",
        short=(
            (
                "P49",
                ("rfc9293 incarnations=1", "rfc9293 incarnations=1 second_close=never"),
            ),
            ("P49t", ("rfc9293 incarnations=1 gives_up=off second_close=never",)),
            (
                "P50",
                (
                    "clock incarnations=1 second_close=never",
                    "clock incarnations=1 second_close=never fin_timeout=3 fin_timeout_for=all",
                ),
            ),
            ("P51", ("clock incarnations=1 fin_timeout=3",)),
            (
                "P54",
                (
                    "rfc9293 roles=alone incarnations=1 gives_up=off",
                    "rfc9293 roles=alone incarnations=1 gives_up=off retries=3",
                ),
            ),
        ),
        claims=("P49", "P49t", "P50", "P50o", "P51", "P52", "P54", "P54s", "P55", "P56"),
        pictures=(Picture("P51", "clock incarnations=1 fin_timeout=3", "fin-timeout"),),
    ),
    Question(
        name="time-wait",
        asks="Why TIME-WAIT, and whose is it?",
        framing="""\
Who closes first keeps the connection for a while when everything has been said. Two reasons are
usually given: the last ACK may have to be sent again, and what is left of the old connection has to
leave the network before the next one begins. Each is asked for by itself, with a TIME-WAIT of 0, 1
and 2 MSL (`tw0`, `tw1`, `tw2`); MSL, the maximum segment lifetime, is one tick of the clock unless
a scenario has it otherwise. `rto=1` bounds by one tick the time until something is sent again.
""",
        short=(
            (
                "P58",
                (
                    "tw0 incarnations=1 channel=fifo loss=1",
                    "tw1 incarnations=1",
                    "tw2 incarnations=1 loss=1 rto=1",
                    "tw2 incarnations=1 loss=1",
                ),
            ),
            (
                "P61",
                (
                    "tw0 tw_rfc1337=on",
                    "tw1 tw_rfc1337=on",
                    "tw2 tw_rfc1337=on",
                    "tw0 tw_rfc1337=on isn=distinct",
                ),
            ),
            ("P67", ("rfc9293 closes=A", "rfc9293 incarnations=1 closes=B")),
            ("P69", ("rfc9293 data=1 senders=B",)),
        ),
        claims=(
            *("P58", "P58b", "P61", "P61d", "P61s", "P67", "P67b", "P69"),
            *("P62", "P62b", "P62c", "P45"),
        ),
        pictures=(
            Picture("P58", "tw0 incarnations=1 channel=fifo loss=1", "no-time-wait"),
            Picture("P61", "tw0 tw_rfc1337=on", "old-fin"),
        ),
    ),
    Question(
        name="two-msl",
        asks="Why 2 MSL, and on which assumptions?",
        framing="""\
RFC 9293 gives TIME-WAIT 2 MSL. The usual sum is one MSL for the last ACK on its way there, and one
for a FIN on its way back. Here the least wait that keeps old segments out of the next connection is
derived as a formula, from assumptions that are written down: what may be lost, how soon a FIN is
sent again (RTO), how long its sender goes on (R2), whether a FIN starts the wait anew, and whether
a reset ends it. The formulas are about a timed model of the close; the scenarios ask the full
model, with its clock, the same.
""",
        short=(
            ("P59", ("a", "b", "b-any", "c", "e")),
            ("P59b", ("d",)),
            (
                "P60",
                (
                    "tw2 tw_rfc1337=on",
                    "tw2 tw_rfc1337=on loss=1",
                    "tw2 tw_rfc1337=on loss=1 rto=1",
                    "tw2 tw_rfc1337=on loss=1 isn=distinct",
                ),
            ),
            ("P61", ("tw1 tw_rfc1337=on", "tw2 tw_rfc1337=on", "tw2")),
            (
                "P17",
                (
                    "tw2 incarnations=1 tw_rfc1337=on channel=fifo loss=1",
                    "tw2 incarnations=1 tw_rfc1337=on channel=fifo loss=1 rto=1",
                ),
            ),
        ),
        claims=(
            *("P59", "P59b", "P60s", "P60", "P61", "P17", "P66", "P70", "P70b"),
            *("P64", "P65", "P65b", "P65c", "P74"),
        ),
        pictures=(
            Picture("P61", "tw1 tw_rfc1337=on", "one-msl"),
            Picture("P61", "tw2", "time-wait-reset"),
            Picture("P60", "tw2 tw_rfc1337=on loss=1", "last-ack-lost"),
        ),
    ),
    Question(
        name="passive-closer",
        asks="Why may the passive side leave at once?",
        framing="""\
Who closes second goes from LAST-ACK to CLOSED as soon as the last ACK has come, without a wait.
Three things might speak against that: somebody could still need an answer from it; it could be
ignorant of what the other side knows; and it could open the next connection while segments of the
old one are under way.
""",
        short=(
            ("P16", ("rfc9293 incarnations=1 gives_up=off",)),
            (
                "P68",
                (
                    "tw0 tw_rfc1337=on data=1 senders=A isn=distinct",
                    "tw2 tw_rfc1337=on data=1 senders=A capacity=3",
                    "tw2 data=1 senders=A",
                ),
            ),
            ("P86", ("rfc9293 incarnations=1 gives_up=off",)),
        ),
        claims=("P16", "P68", "P86", "P86b", "P29"),
        pictures=(
            Picture("P68", "tw2 tw_rfc1337=on data=1 senders=A capacity=3", "opened-once-more"),
        ),
    ),
)
