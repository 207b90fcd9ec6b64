"""What the rationale document asks about what goes wrong, and about Linux: data only."""

from __future__ import annotations

from collections.abc import Sequence

from tcpmodel.claims.rationale_question import Picture, Question

_FORGED = "incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst"
_TIME_WAIT = (
    "rfc9293 incarnations=1 channel=fifo loss=0 retransmit=off adversary=off_path forgeries=1"
)
_OPENING = "rfc9293 incarnations=1 gives_up=off closes=nobody"
_CRASH = "rfc9293 incarnations=1 gives_up=off closes=nobody crash=A"
_CLOCKED = "clock incarnations=1 closes=nobody crash=B quiet=20"
_LATER_SYN = "rfc9293 gives_up=off closes=nobody"
_COOKIES = "rfc9293 incarnations=1 closes=nobody gives_up=off loss=1 data=1 senders=B"
_FLOOD = (
    "rfc9293 incarnations=1 gives_up=off closes=nobody loss=0 retransmit=off adversary=off_path "
    "forgeries=2 forges=syn_flood"
)
_TEXT = (
    "incarnations=1 gives_up=off data=1 senders=A adversary=off_path forgeries=1 forges=data "
    "guess=exact"
)
_SYN = "incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=syn guess=window"
_STORM = "rfc9293 incarnations=1 gives_up=off closes=nobody data=1 senders=B"

TROUBLE: Sequence[Question] = (
    Question(
        name="resets",
        asks="Why is a reset checked before it is obeyed?",
        framing="""\
A reset tells an endpoint that its peer has no such connection. It ends a connection at once, so TCP
looks at its number first: RFC 793 wants it in the window, RFC 9293 (with RFC 5961) wants exactly
the next number expected. What follows asks what resets are good for, and what each check keeps out:
resets left over from earlier connections, and resets forged by somebody who does not see the
connection (`adversary=off_path`; `guess` says how near the forged number is) or who does
(`adversary=on_path`).
""",
        short=(
            (
                "P37",
                (
                    f"{_OPENING} crash=A data=1 senders=B",
                    f"{_OPENING} crash=A data=1 senders=B rst=off",
                ),
            ),
            (
                "P34",
                (
                    f"flags_only {_FORGED} guess=outside",
                    f"rfc793 {_FORGED} guess=outside",
                    f"rfc9293 {_FORGED} guess=outside",
                ),
            ),
            (
                "P95",
                (
                    f"rfc793 {_FORGED} guess=window",
                    f"rfc9293 {_FORGED} guess=window",
                    f"rfc9293 {_FORGED} guess=exact",
                ),
            ),
            ("P43", ("rfc9293 gives_up=off abort=on", "const_isn gives_up=off abort=on")),
            (
                "P103",
                (
                    f"{_TIME_WAIT} forges=rst guess=outside",
                    f"{_TIME_WAIT} forges=ack guess=outside",
                    f"{_TIME_WAIT} forges=ack guess=outside tw_rfc1337=on",
                ),
            ),
        ),
        claims=(
            *("P37", "P38f", "P34", "P34l", "P41", "P95", "P98", "P43", "P44"),
            *("P103", "P64", "P28", "P45"),
        ),
        pictures=(
            Picture("P34", f"flags_only {_FORGED} guess=outside", "unchecked-reset"),
            Picture("P95", f"rfc793 {_FORGED} guess=window", "reset-in-window"),
            Picture("P103", f"{_TIME_WAIT} forges=ack guess=outside", "time-wait-from-afar"),
        ),
    ),
    Question(
        name="losses",
        asks="What does the loss of each message do?",
        framing="""\
Follow a connection from its SYN to its last ACK, and let each message be lost in turn: who notices,
who sends again, and what is left if the sending again has a limit? `retries`, `syn_retries`,
`synack_retries` and `orphan_retries` are such limits; without them whatever is unacknowledged may
be sent again at any time.
""",
        short=(
            ("P54", ("rfc9293 roles=alone incarnations=1 gives_up=off retries=3",)),
            ("P82", (f"{_OPENING} loss=1 retries=1",)),
            (
                "P83b",
                (
                    f"{_OPENING} loss=1 retransmit=off data=1 senders=A",
                    f"{_OPENING} loss=1 retransmit=off",
                ),
            ),
            (
                "P83c",
                (
                    f"{_OPENING} synack_retries=1 data=1 senders=A",
                    f"{_OPENING} synack_retries=1",
                ),
            ),
            ("P84", ("rfc9293 incarnations=1", "rfc9293 incarnations=1 orphan_retries=1")),
            ("P85", ("rfc9293 incarnations=1 gives_up=off second_close=never",)),
            (
                "P86",
                (
                    "rfc9293 incarnations=1 gives_up=off",
                    "rfc9293 incarnations=1 gives_up=off rst=off",
                ),
            ),
            ("P78", ("silent-timers",)),
        ),
        claims=(
            *("P54", "P82", "P82b", "P83b", "P83", "P83c", "P54s", "P84", "P85", "P86", "P86b"),
            *("P58", "P78", "P18", "P18k", "P89"),
        ),
        pictures=(
            Picture("P82", f"{_OPENING} loss=1 retries=1", "second-message-lost"),
            Picture("P83c", f"{_OPENING} synack_retries=1", "server-gave-up"),
            Picture("P84", "rfc9293 incarnations=1 orphan_retries=1", "fin-lost"),
        ),
    ),
    Question(
        name="half-open",
        asks="What if only one side has a connection?",
        framing="""\
A connection is half-open, in the words of RFC 9293, if one side has it and the other has not: it
crashed, aborted, or gave up. Does the one that is left find that out if it says something, if its
peer does, if nobody does?
""",
        short=(
            ("P36", ("rfc9293 incarnations=1 crash=A",)),
            (
                "P37",
                (f"{_CRASH} data=1 senders=B", f"{_CRASH} data=1 senders=B rst=off"),
            ),
            ("P38f", (_CRASH, f"{_CRASH} keepalive=on")),
            (
                "P39",
                (
                    f"{_LATER_SYN} abort=on loss=0 retransmit=off",
                    f"{_LATER_SYN} crash=A loss=0 retransmit=off",
                ),
            ),
            (
                "P40t",
                (
                    "rfc9293 loss=0 retransmit=off",
                    "rfc9293 loss=0 retransmit=off ack_throttle=on",
                ),
            ),
        ),
        claims=(
            *("P36", "P37", "P38f", "P38", "P38b", "P39", "P42", "P42t"),
            *("P40", "P40t", "P40r", "P02"),
        ),
        pictures=(
            Picture("P38", _CLOCKED, "idle-half-open"),
            Picture(
                "P39", f"{_LATER_SYN} crash=A loss=0 retransmit=off", "same-number-after-crash"
            ),
            Picture("P40t", "rfc9293 loss=0 retransmit=off", "ack-storm"),
        ),
    ),
    Question(
        name="strangers",
        asks="What can a stranger do to a connection?",
        framing="""\
A stranger sends segments in somebody else's name. Off the path he sees nothing of the connection
and has to guess its numbers; on the path he sees, drops and forges what he likes. What has been
added to TCP against him (RFC 5961, SYN cookies, a bound on half-open connections) is asked for what
it does and what it costs.
""",
        short=(
            ("P97", (f"rfc793 {_TEXT}", f"rfc9293 {_TEXT}")),
            ("P96", (f"rfc793 {_SYN}", f"rfc9293 {_SYN}")),
            (
                "P100",
                (
                    f"{_FLOOD} backlog=2",
                    f"{_FLOOD} backlog=2 backlog_policy=evict",
                    f"{_FLOOD} syn_cookies=on",
                ),
            ),
            ("P102", (_COOKIES, f"{_COOKIES} syn_cookies=on")),
            (
                "P40",
                (
                    _STORM,
                    f"{_STORM} adversary=on_path forgeries=1 forges=data",
                    f"{_STORM} adversary=on_path forgeries=1 forges=data ack_throttle=on",
                ),
            ),
        ),
        claims=(
            *("P73", "P95", "P96", "P96s", "P97", "P100", "P100b", "P100c", "P101", "P102"),
            *("P99", "P40", "P104", "P104b"),
        ),
        pictures=(
            Picture("P97", f"rfc793 {_TEXT}", "blind-text"),
            Picture("P102", f"{_COOKIES} syn_cookies=on", "cookie-and-loss"),
        ),
    ),
    Question(
        name="linux",
        asks="What does Linux do differently?",
        framing="""\
Linux has limits, timers and habits of its own. The preset `linux` has today's defaults and
`linux_old` those before 2012, with a tick of one second. Other scenarios take one habit of Linux
into the rules of RFC 9293: `fin_timeout` ends FIN-WAIT-2, `dup_syn_in_synrcvd=resend_synack`
answers a repeated SYN by SYN,ACK, and TIME-WAIT lasts 60 seconds whatever the MSL.
""",
        short=(
            (
                "P80",
                (
                    "linux roles=alone gives_up=off incarnations=1",
                    "linux_old roles=alone gives_up=off incarnations=1",
                ),
            ),
            ("P79", ("linux_old roles=alone gives_up=off incarnations=1",)),
            (
                "P81",
                (
                    "linux roles=alone gives_up=off incarnations=1",
                    "linux_old roles=alone gives_up=off incarnations=1 rto=3",
                ),
            ),
            (
                "P82b",
                (_OPENING, f"{_OPENING} dup_syn_in_synrcvd=resend_synack"),
            ),
            (
                "P66",
                (
                    "clock tw_rfc1337=on time_wait=2 msl=1",
                    "clock tw_rfc1337=on time_wait=2 msl=4",
                ),
            ),
            (
                "P50o",
                ("clock incarnations=1 second_close=never fin_timeout=3",),
            ),
            (
                "P51",
                ("clock incarnations=1 data=1 senders=B", "clock incarnations=1 fin_timeout=3"),
            ),
        ),
        claims=(
            *("P79", "P79w", "P80", "P81", "P87", "P82b", "P83", "P84", "P66"),
            *("P50", "P50o", "P51", "P21"),
        ),
        pictures=(Picture("P82b", _OPENING, "syn-answered-by-ack"),),
    ),
)
