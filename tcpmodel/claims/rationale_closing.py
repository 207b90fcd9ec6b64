"""What the rationale document asks about closing, and TIME-WAIT after it: data only."""

from __future__ import annotations

from collections.abc import Sequence

from tcpmodel.claims.rationale_question import Picture, Question

CLOSING: Sequence[Question] = (
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
