"""What becomes of it if one of the seven messages is lost.

Three messages open a connection and four close it; each may be lost.  The rule is always the same:
who has sent something that occupies a number (SYN, text, FIN) sends it again until it is
acknowledged, or gives up; an ACK is never sent again by itself, but whatever comes again is
answered again.  The first message and the limits on the clock are in `retransmission`.
"""

from tcpmodel.claims import *

_OPENING = "rfc9293 incarnations=1 gives_up=off closes=nobody"
_CLOSING = "rfc9293 incarnations=1 gives_up=off"

both_repeat = Claim(
    code="P82",
    id="synack-lost-both-retransmit",
    says="If the second message is lost, both may send theirs again: the client its SYN, the "
    "server its SYN,ACK.",
    sources=[
        seed(
            "32ba5318",
            "the client cannot tell that the answer was lost and sends its SYN again; the server "
            "gets no third message and sends its SYN,ACK again",
        ),
        rfc(9293, "3.8.1", "whatever occupies a number is sent again"),
    ],
    property=sometimes(
        lambda w: all_of(
            w.A.state == SYN_SENT,
            w.B.state == SYN_RECEIVED,
            w.sent_again("A", 1),
            w.sent_again("B", 1),
        )
    ),
    verdicts={
        f"{_OPENING} loss=1 retries=1": holds("both wait for the same acknowledgment"),
        f"{_OPENING} loss=1 retries=1 synack_retries=0": fails(
            "a server that may not repeat it does not"
        ),
    },
)

servers_own_timer = Claim(
    code="P82b",
    id="repeated-syn-is-answered-by-synack",
    says="If the second message is lost, the client's repeated SYN is enough to be connected.",
    sources=[
        seed("a420545a", "the client sends its SYN again, and the server its SYN,ACK"),
        rfc(9293, "3.10.7.4 first", "a SYN outside the window is answered by an ACK"),
    ],
    property=leads_to(
        lambda w: w.B.state == SYN_RECEIVED,
        lambda w: w.A.state == ESTABLISHED,
        # Nothing is said of timers: the client's alone has to do.
        strong=("A receives", "B receives"),
    ),
    verdicts={
        _OPENING: fails(
            "read literally, the repeated SYN is answered by a bare ACK, which a client in "
            "SYN-SENT drops: the server's own timer has to help"
        ),
        f"{_OPENING} dup_syn_in_synrcvd=resend_synack": holds("Linux answers it by SYN,ACK again"),
    },
    folklore="That the server answers a repeated SYN by its SYN,ACK is Linux, not RFC 9293.",
)

text_repairs = Claim(
    code="P83b",
    id="third-ack-lost-text-repairs",
    says="If the third message is lost, what the client sends next connects the server, without "
    "any timer.",
    sources=[
        seed("32ba5318", "if the third message is lost, the server sends its SYN,ACK again"),
        rfc(9293, "3.10.7.4 fifth, SYN-RECEIVED", "any acceptable segment that acknowledges"),
    ],
    property=leads_to(
        lambda w: w.A.state == ESTABLISHED,
        lambda w: w.B.state == ESTABLISHED,
        weak=("B receives",),
    ),
    verdicts={
        f"{_OPENING} loss=1 retransmit=off data=1 senders=A": holds(
            "text of the client's acknowledges the SYN as well as a bare ACK does"
        ),
        f"{_OPENING} loss=1 retransmit=off": fails(
            "where the client says nothing, it takes the server's timer"
        ),
        f"{_OPENING} loss=1 retransmit=off data=1 senders=B": fails(
            "likewise where the server is to speak first"
        ),
    },
    folklore="The post knows only the server's timer; often the client's first text comes before.",
)

half_open_until_it_sends = Claim(
    code="P83c",
    id="given-up-server-resets-the-client",
    says="A client that is ESTABLISHED with a server that has given up does not remain so.",
    sources=[
        seed("32ba5318", "the server sends its SYN,ACK again until the limit is reached"),
        rfc(9293, "3.5.1", "half-open connections are found out by sending"),
    ],
    property=leads_to(
        lambda w: all_of(w.A.state == ESTABLISHED, w.ended("B", "timeout")),
        lambda w: w.A.state != ESTABLISHED,
        strong=("A receives", "B receives"),
    ),
    verdicts={
        f"{_OPENING} synack_retries=1 data=1 senders=A": holds(
            "its text is answered by a reset, if it is sent often enough to get through"
        ),
        f"{_OPENING} synack_retries=1": fails("it says nothing, and nobody tells it"),
        f"{_OPENING} synack_retries=1 data=1 senders=A rst=off": fails(
            "it speaks, and is not answered"
        ),
    },
)

first_fin_lost = Claim(
    code="P85",
    id="ack-of-fin-lost",
    says="An active closer learns that its FIN has come, however often it or its ACK is lost.",
    sources=[
        seed("32ba5318", "if the ACK of the FIN is lost, the client sends its FIN again"),
        rfc(9293, "3.10.7.4 eighth, CLOSE-WAIT", "remain in the CLOSE-WAIT state"),
    ],
    property=leads_to(
        lambda w: w.A.state == FIN_WAIT_1,
        lambda w: w.A.state != FIN_WAIT_1,
        strong=("A receives", "B receives"),
    ),
    verdicts={
        f"{_CLOSING} second_close=never": holds(
            "the FIN comes again and is acknowledged again, in CLOSE-WAIT, too"
        ),
        f"{_CLOSING} second_close=never retransmit=off": fails(
            "the ACK does not come again by itself"
        ),
    },
)

last_ack_lost = Claim(
    code="P86",
    id="fourth-ack-lost",
    says="A passive closer's connection ends, however often its FIN or the last ACK is lost.",
    sources=[
        seed("32ba5318", "if the last ACK does not arrive, the server sends its FIN again"),
        rfc(9293, "3.10.7.4 eighth, TIME-WAIT"),
    ],
    property=leads_to(
        lambda w: w.B.state == LAST_ACK,
        lambda w: w.B.state != LAST_ACK,
        strong=("A receives", "B receives"),
    ),
    verdicts={
        _CLOSING: holds("its FIN is answered: by an ACK, or by a reset when TIME-WAIT is over"),
        f"{_CLOSING} retransmit=off": fails("a lost ACK does not come again by itself"),
        f"{_CLOSING} rst=off": fails("nobody answers it when TIME-WAIT is over"),
        f"{_CLOSING} rst=off orphan_retries=2": holds("unless it gives up"),
        "rfc9293 incarnations=2 gives_up=off rst=off orphan_retries=2": fails(
            "A's next SYN and the ACKs that answer it may go on without B's timer running out"
        ),
    },
    pair="P86b",
)

given_up_at_the_end = Claim(
    code="P86b",
    id="fourth-ack-lost-limit",
    says="No passive closer gives up.",
    sources=[
        seed(
            "32ba5318",
            "how often the server sends its FIN again is limited by tcp_orphan_retries, too",
        ),
        rfc(9293, "3.8.3 MUST-20"),
    ],
    property=always(lambda w: none_of(w.ended("B", "timeout"))),
    verdicts={
        _CLOSING: holds("without a limit it is repeated until it is answered"),
        f"{_CLOSING} orphan_retries=1": fails(
            "two losses in a row, and it ends without knowing whether its FIN has come"
        ),
    },
    pair="P86",
)

initial_timeout = Claim(
    code="P87",
    id="initial-timeout-is-a-parameter",
    says="Five retries of a SYN take 63 seconds or more, whatever the initial timeout.",
    sources=[
        seed("32ba5318", "the timeout is 1 s or 3 s, hard-coded into the kernel"),
        rfc(6298, "2.1", "1 s; more is allowed"),
    ],
    property=always(lambda w: implies(w.ended("A", "timeout"), none_of(w.gave_up_before("A", 63)))),
    verdicts={
        "linux_old roles=alone gives_up=off incarnations=1": holds("63 s with 1 s"),
        "linux_old roles=alone gives_up=off incarnations=1 rto=2": holds("126 s with 2 s"),
        "linux_old roles=alone gives_up=off incarnations=1 rto=3": holds("189 s with 3 s"),
        "linux_old roles=alone gives_up=off incarnations=1 syn_retries=4": fails(
            "it is the number of retries that makes it less: 31 s with four"
        ),
    },
    folklore="Hard-coded it may be in one kernel; nothing in TCP depends on its value, and a "
    "larger one never gives up sooner.",
)
