"""What each state says, and what can still arrive in it.

A state of RFC 9293 is a short way to say which FINs have been sent, acknowledged and taken.  The
claims below spell that out, so that a description which enters a state one message too early or too
late differs.  The RFC also says, here and there, that only one thing can arrive in a state, or that
something should not; that depends on the network, and on how many connections it remembers.
"""

import z3

from tcpmodel.claims import *
from tcpmodel.core.terms import Term
from tcpmodel.tcp.segment import ACK, FIN, RST, SYN, Segment
from tcpmodel.tcp.world import Endpoint, World


def _fin_sent(me: Endpoint) -> Term:
    """Of a user who sends no text: SYN and FIN have numbers, and both are sent."""
    return me.snd_nxt == me.iss + 2


def _fin_taken(me: Endpoint) -> Term:
    """Likewise of the peer's."""
    return me.rcv_nxt == me.irs + 2


close_wait_is_passive = Claim(
    code="P19",
    id="close-wait-has-sent-no-fin",
    says="In CLOSE-WAIT no FIN has been sent: no edge leads there from a state that follows CLOSE.",
    sources=[
        rfc(9293, "3.3.2 Figure 5", "CLOSE-WAIT is reached from ESTABLISHED"),
        rfc(9293, "3.10.7.4 eighth", "FIN-WAIT-1 goes to CLOSING or TIME-WAIT"),
        paper("FreeRTOS-Plus-TCP, issue 1303: from FIN-WAIT-1 to CLOSE-WAIT or LAST-ACK"),
    ],
    property=always(lambda w: implies(w.A.state == CLOSE_WAIT, none_of(_fin_sent(w.A)))),
    verdicts={
        "rfc9293 closes=either": holds("who has sent a FIN goes to CLOSING or TIME-WAIT"),
        "seed0_misread incarnations=1 closes=either": holds(
            "a state that is named too late is another mistake"
        ),
        "freertos1303 incarnations=1": fails(
            "the active closer is told to wait for a CLOSE that its user has already called"
        ),
    },
)

fin_sent_is_fin_wait_1 = Claim(
    code="P23c",
    id="unacknowledged-fin-is-fin-wait-1",
    says="Who has sent a FIN that is not acknowledged, and has not got the peer's, is in "
    "FIN-WAIT-1.",
    sources=[
        seed("8b6640a8", "FIN_WAIT_1 stands for waiting for the peer's FIN"),
        seed("a420545a", "A is in FIN_WAIT_1 when it has received B's acknowledgment"),
        seed("f6cf09d2", "the client sends its FIN and enters FIN-WAIT-1, waiting for the ACK"),
        rfc(9293, "3.3.2", "FIN-WAIT-1: waits for the peer's FIN, or for the ACK of its own"),
    ],
    property=always(
        lambda w: implies(
            all_of(_fin_sent(w.A), w.A.snd_una != w.A.snd_nxt, none_of(_fin_taken(w.A))),
            w.A.state == FIN_WAIT_1,
        )
    ),
    verdicts={
        "rfc9293": holds("CLOSE leads there at once"),
        "rfc9293 incarnations=1 closes=either": holds("and whoever closes first"),
        "seed0_misread incarnations=1": fails("until the ACK comes it looks ESTABLISHED"),
    },
    folklore="One post has FIN_WAIT_1 begin with the ACK of the FIN, another says that it waits "
    "for the peer's FIN: it waits for whichever of the two comes first.",
    pair="P23",
)

acknowledged_fin_is_fin_wait_2 = Claim(
    code="P24",
    id="acknowledged-fin-is-fin-wait-2",
    says="Who has sent a FIN that is acknowledged, and has not got the peer's, is in FIN-WAIT-2.",
    sources=[
        seed("a420545a", "A receives B's FIN,ACK, enters FIN_WAIT_2, answers and enters TIME_WAIT"),
        seed("f6cf09d2", "on the server's ACK the client enters FIN-WAIT-2"),
        seed("32ba5318", "the second wave received, the client is in FIN_WAIT2 and waits for FIN"),
        seed("8b6640a8", "FIN_WAIT_2 is reached on the server's ACK and waits for its FIN"),
        rfc(9293, "3.3.2", "FIN-WAIT-2: waits for the peer's FIN"),
    ],
    property=always(
        lambda w: implies(
            all_of(_fin_sent(w.A), w.A.snd_una == w.A.snd_nxt, none_of(_fin_taken(w.A))),
            w.A.state == FIN_WAIT_2,
        )
    ),
    verdicts={
        "rfc9293 incarnations=1": holds("the ACK leads there, and the peer's FIN away from there"),
        "rfc9293 incarnations=1 closes=either": holds("and whoever closes first"),
        "seed0_misread incarnations=1": fails("that is what it calls FIN-WAIT-1"),
    },
    folklore="One post has the peer's FIN lead to FIN_WAIT_2 and on to TIME_WAIT.  The FIN ends "
    "FIN-WAIT-2; what begins it is the ACK before.",
)

closing_is_crossing = Claim(
    code="P25",
    id="closing-is-crossing",
    says="In CLOSING the own FIN is not acknowledged, and the peer's that was taken is of this "
    "connection.",
    sources=[
        seed("8b6640a8", "CLOSING: FIN sent, no ACK of it yet, but the peer's FIN has come"),
        rfc(9293, "3.6 case 3", "both users close simultaneously"),
    ],
    property=always(
        lambda w: implies(
            w.A.state == CLOSING, all_of(w.A.snd_una != w.A.snd_nxt, none_of(w.A.stale_fin))
        )
    ),
    verdicts={
        "rfc9293 incarnations=1 closes=either": holds("the two FINs have crossed"),
        "rfc9293 closes=either gives_up=off": holds("and the FIN is no old one"),
        "const_isn closes=either gives_up=off": fails(
            "with the same numbers every time a FIN of the last connection crosses as well"
        ),
    },
    pair="P25w",
)

both_closing = Claim(
    code="P25w",
    id="both-closing",
    says="Both sides can be in CLOSING.",
    sources=[
        seed("8b6640a8", "CLOSING: both sides close at the same time"),
        rfc(9293, "3.6 Figure 13"),
    ],
    property=sometimes(lambda w: all_of(w.A.state == CLOSING, w.B.state == CLOSING)),
    verdicts={
        "rfc9293 incarnations=1 closes=either": holds("as in Figure 13"),
        "rfc9293 incarnations=1": fails("it takes two users who close without waiting"),
        "freertos1303 incarnations=1 closes=either": fails(
            "it goes to LAST-ACK, as if it had closed second"
        ),
    },
    pair="P25",
)

abort_leaves_nothing = Claim(
    code="P28",
    id="abort-leaves-nothing",
    says="Who has aborted has no TCB any more.",
    sources=[
        rfc(9293, "3.10.5", "ABORT: delete the TCB, enter CLOSED"),
        rfc(9293, "3.5.2", "the side that issues a reset should enter TIME-WAIT"),
        rfc(9293, "3.3.2 Figure 5 Note 3"),
    ],
    property=always(lambda w: implies(w.ended("A", "aborted"), w.A.state == CLOSED)),
    verdicts={
        "rfc9293 incarnations=1 abort=on": holds("3.10.5 says so"),
        "rfc9293 incarnations=1 abort=on rst_sender_state=time_wait": fails(
            "3.5.2 and Note 3 say that it waits"
        ),
    },
    folklore="RFC 9293 contradicts itself here; P45 shows what each reading costs.",
)


def _acks_fin(w: World, segment: Segment) -> Term:
    """An acknowledgment of B's FIN, and nothing else."""
    bare = all_of(segment.has(ACK), segment.lacks(SYN, FIN, RST), none_of(segment.has_text))
    return all_of(bare, segment.ack == w.B.snd_nxt)


last_ack_only_ack = Claim(
    code="P29",
    id="last-ack-only-ack",
    says="The only thing that is on its way to LAST-ACK is the acknowledgment of its FIN.",
    sources=[
        rfc(9293, "3.10.7.4 fifth, LAST-ACK", "the only thing that can arrive is that ACK"),
        seed("8b6640a8", "LAST_ACK waits for the peer's ACK"),
    ],
    property=always(
        lambda w: implies(
            w.B.state == LAST_ACK,
            none_of(w.under_way("A", lambda segment: none_of(_acks_fin(w, segment)))),
        )
    ),
    verdicts={
        "rfc9293 incarnations=1 retransmit=off channel=fifo": holds(
            "in order, nothing sent twice, nothing said since the peer's FIN: the weakest network "
            "found on which the sentence is true; losses do no harm"
        ),
        "rfc9293 incarnations=1 retransmit=off loss=0": fails("the ACK of the SYN,ACK is late"),
        "rfc9293 incarnations=1 channel=fifo": fails("the peer's FIN is sent again"),
        "rfc9293 incarnations=1 retransmit=off channel=fifo dup=1": fails(
            "the network repeats that FIN"
        ),
        "rfc9293 incarnations=1 retransmit=off channel=fifo data=1 senders=B": fails(
            "text sent in CLOSE-WAIT is acknowledged, too, and that is no ACK of the FIN"
        ),
        "rfc9293 incarnations=2 retransmit=off channel=fifo": fails(
            "the next SYN may be on its way, too"
        ),
    },
    folklore="The sentence is the RFC's.  It is true only of a network that keeps the order, and "
    "of a user who says no more after the peer's FIN.",
)


def _repeats_fin(w: World, segment: Segment) -> Term:
    """B's FIN, once more."""
    return all_of(
        segment.has(FIN), segment.lacks(SYN, RST), segment.seq + segment.len == w.A.rcv_nxt
    )


time_wait_only_fin = Claim(
    code="P30",
    id="time-wait-only-fin",
    says="The only thing that is on its way to TIME-WAIT is the peer's FIN, once more.",
    sources=[
        rfc(9293, "3.10.7.4 fifth, TIME-WAIT", "the only thing that can arrive is that FIN"),
        seed("8a7a010d", "residual segments that come late are dropped at once"),
    ],
    property=always(
        lambda w: implies(
            w.A.state == TIME_WAIT,
            none_of(w.under_way("B", lambda segment: none_of(_repeats_fin(w, segment)))),
        )
    ),
    verdicts={
        "rfc9293 incarnations=1 retransmit=off channel=fifo": holds(
            "in order and sent once, the FIN is the last that B sends: nothing comes at all"
        ),
        "rfc9293 incarnations=1 retransmit=off channel=fifo data=1 senders=B": holds(
            "text before the FIN has come before it"
        ),
        "rfc9293 incarnations=1 retransmit=off loss=0": fails("the FIN has overtaken B's ACK"),
        "rfc9293 incarnations=1 channel=fifo": fails(
            "A has sent its FIN twice, and both are acknowledged"
        ),
        "rfc9293 incarnations=1 retransmit=off channel=fifo dup=1": fails(
            "of whatever is repeated there is more than one"
        ),
    },
    folklore="Where the RFC's sentence is true to the letter, not even the FIN can come.",
)

no_text_after_fin = Claim(
    code="P31",
    id="no-text-after-fin",
    says="When the peer's FIN has been taken, no text is under way that would be next in order or "
    "later in the window.",
    sources=[
        rfc(9293, "3.10.7.4 seventh, CLOSE-WAIT", "should not occur: a FIN has been received"),
        seed("f6cf09d2", "after its FIN the client sends no more data"),
    ],
    property=always(
        lambda w: implies(
            any_of(w.B.state == CLOSE_WAIT, w.B.state == LAST_ACK),
            none_of(
                w.under_way(
                    "A",
                    lambda segment: all_of(
                        segment.has_text,
                        z3.ULT(segment.seq - w.B.rcv_nxt, w.switches.window),
                    ),
                )
            ),
        )
    ),
    verdicts={
        "rfc9293 incarnations=1 data=2 senders=A": holds(
            "what is sent again is below RCV.NXT: the first check drops it"
        ),
        "rfc9293 data=1 senders=A": holds("text of another connection is out of the window"),
        "const_isn gives_up=off data=1 senders=A": holds(
            "one old octet has at most the FIN's own number, which is taken"
        ),
        "const_isn gives_up=off data=2 senders=A": fails(
            "the next connection's second octet meets a LAST-ACK of the one before, in which the "
            "FIN came earlier"
        ),
    },
)

never_without_control_bit = Claim(
    code="P32",
    id="never-without-control-bit",
    says="A segment can be under way that has neither SYN nor ACK nor RST.",
    sources=[
        rfc(9293, "3.10.7.2 fourth", "this should not be reached"),
        rfc(9293, "3.1", "once a connection is established, ACK is always sent"),
    ],
    property=sometimes(
        lambda w: any_of(
            w.under_way("A", lambda segment: segment.lacks(SYN, ACK, RST)),
            w.under_way("B", lambda segment: segment.lacks(SYN, ACK, RST)),
        )
    ),
    verdicts={
        "rfc9293": fails("no rule sends one, so that nothing is left for LISTEN's fourth check"),
        "rfc9293 abort=on": fails("nor does ABORT"),
    },
    pair="P32w",
)

reset_without_ack = Claim(
    code="P32w",
    id="reset-without-ack",
    says="A segment can be under way that has neither SYN nor ACK.",
    sources=[rfc(9293, "3.10.7.1", "the answer to an ACK is a reset without ACK")],
    property=sometimes(
        lambda w: any_of(
            w.under_way("A", lambda segment: segment.lacks(SYN, ACK)),
            w.under_way("B", lambda segment: segment.lacks(SYN, ACK)),
        )
    ),
    verdicts={
        "rfc9293": holds("a reset that answers an ACK takes its number and has none to give"),
        "rfc9293 rst=off": fails("nothing but a reset is like that"),
    },
    folklore="Not every segment after the first has ACK set: resets are the exception.",
    pair="P32",
)

active_is_not_passive = Claim(
    code="P35",
    id="syn-sent-is-not-passive",
    says="Nobody in SYN-SENT remembers a passive OPEN: whoever left LISTEN by SEND or OPEN will "
    "not be sent back there.",
    sources=[
        rfc(9293, "3.10.2 LISTEN", "SEND: change the connection from passive to active"),
        rfc(9293, "MUST-11", "remember whether SYN-RECEIVED came from a passive OPEN"),
    ],
    property=always(lambda w: implies(w.B.state == SYN_SENT, none_of(w.B.passive))),
    verdicts={
        "rfc9293 roles=any incarnations=1 data=1 senders=B": holds(
            "SEND in LISTEN makes the connection an active one"
        ),
        "rfc9293 roles=any incarnations=1": holds("and so does an active OPEN"),
        "split incarnations=1": fails(
            "a server that answers a SYN by a SYN is in SYN-SENT, and returns to LISTEN if refused"
        ),
    },
)
