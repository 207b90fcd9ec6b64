"""How a connection ends: three segments or four, one direction or both, and whether it ends at all.

Closing is a user's right, and TCP does not take it away from him: CLOSE-WAIT lasts until he calls
CLOSE, FIN-WAIT-2 until his peer does.  What is checked here is what follows from that: who waits
for whom, what ends the waiting, which fairness it takes, and what it costs to end it by a timer.
"""

from tcpmodel.claims import *
from tcpmodel.core.terms import Term
from tcpmodel.tcp.segment import ACK, FIN
from tcpmodel.tcp.world import World

_FAIR = ("A receives", "B receives")


def _both_established(w: World) -> Term:
    return all_of(w.A.state == ESTABLISHED, w.B.state == ESTABLISHED)


def _unconnected(state: Term) -> Term:
    return any_of(state == CLOSED, state == LISTEN)


three_segment_close = Claim(
    code="P26",
    id="three-segment-close",
    says="The FIN of the passive closer can be the first thing that acknowledges the other's.",
    sources=[
        seed("8a7a010d", "four waves may be three; FIN_WAIT_1 goes to TIME_WAIT directly"),
        seed("8a7a010d", "who receives a FIN can only answer by an ACK, and not send FIN at once"),
        seed("f6cf09d2", "FIN and ACK cannot be sent together, hence four segments"),
        rfc(9293, "3.3.2 Figure 5 Note 2", "from FIN-WAIT-1 to TIME-WAIT"),
        rfc(9293, "3.10.7.4 eighth, FIN-WAIT-1"),
    ],
    property=sometimes(
        # One segment each way, none lost or repeated: an ACK before it would have to be taken.
        lambda w: all_of(
            *(w.A.state == FIN_WAIT_1, w.B.state == LAST_ACK),
            w.under_way(
                "B", lambda segment: all_of(segment.has(FIN, ACK), segment.ack == w.A.snd_nxt)
            ),
        )
    ),
    verdicts={
        "rfc9293 incarnations=1 capacity=1 loss=0 retransmit=off fin_piggyback=allowed": holds(
            "a user who closes before the ACK has left saves it"
        ),
        "rfc9293 incarnations=1 capacity=1 loss=0 retransmit=off": fails(
            "a TCP that acknowledges at once needs four"
        ),
        "rfc9293 incarnations=1 capacity=2 loss=0 retransmit=off": holds(
            "its ACK may be overtaken by the FIN, which then is the first to arrive"
        ),
    },
    folklore="FIN and ACK can go together: every FIN carries an ACK.  Whether this ACK is the "
    "first to cover the other's FIN depends on how soon the user closes.",
)

close_in_syn_received = Claim(
    code="P27",
    id="close-in-syn-received",
    says="A server that closes in SYN-RECEIVED leaves FIN-WAIT-1 again.",
    sources=[
        rfc(9293, "3.10.4 SYN-RECEIVED", "CLOSE: form a FIN, enter FIN-WAIT-1"),
        paper("Han and Billington 2005, Termination properties of TCP's connection management"),
    ],
    property=leads_to(
        lambda w: all_of(w.B.state == FIN_WAIT_1, w.B.snd_una == w.B.iss),
        lambda w: w.B.state != FIN_WAIT_1,
        # The failures are there although both hear whatever keeps coming.
        strong=_FAIR,
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=B loss=0 retransmit=off channel=fifo": holds(
            "in order the SYN,ACK comes first, and then the FIN"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=B loss=0 retransmit=off": fails(
            "the FIN overtakes the SYN,ACK, and SYN-SENT drops it; the client is ESTABLISHED and "
            "does not know that the server waits for an ACK of its FIN"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=B": fails(
            "retransmission does not help if what gets through is the bare ACK that answers the "
            "client's SYN: it has no SYN and is dropped as well"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=B retries=2": holds(
            "a limit ends it in any case, though not in order"
        ),
        "rfc9293 incarnations=2 gives_up=off closes=B retries=2": fails(
            "A's first connection and B's second one answer each other's ACKs for ever: no limit "
            "counts those"
        ),
    },
)

half_close_delivers = Claim(
    code="P46",
    id="half-close-delivers",
    says="Text that the passive closer has sent after the other's FIN gets delivered.",
    sources=[
        seed("8a7a010d", "who has waved says no more, but his ears can go on listening"),
        seed("f6cf09d2", "half-closed: the direction from client to server is released"),
        seed("32ba5318", "a connection closed by close() can neither send nor receive any more"),
        rfc(9293, "3.6.1", "a host may go on sending in the open direction"),
        rfc(9293, "3.6.1 MAY-1", "half-duplex close"),
        rfc(9293, "3.6.1 SHLD-3", "a reset shows that data was lost"),
    ],
    property=leads_to(
        lambda w: all_of(
            w.A.state == FIN_WAIT_2, w.B.state == CLOSE_WAIT, w.B.snd_una != w.B.snd_nxt
        ),
        lambda w: w.A.taken == 1,
        strong=("A receives",),
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off data=1 senders=B": holds(
            "CLOSE ends one direction; it suffices that A hears what is sent again and again"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=B half_close=half_duplex": fails(
            "CLOSE ends both: the text is answered by a reset"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=B half_close=shutdown_wr": fails(
            "a shutdown leaves that direction open, but only until the user closes it, too"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=B retransmit=off": fails(
            "what is lost is lost"
        ),
    },
    folklore="The posts mean different calls by close: RFC 9293's CLOSE and shutdown() leave the "
    "other direction open, close() does not.",
)

close_wait_ends = Claim(
    code="P49",
    id="close-wait-ends-by-close",
    says="A passive closer leaves CLOSE-WAIT if its user who can close does.",
    sources=[
        seed("32ba5318", "the kernel has no right to close in the place of the process"),
        seed("8b6640a8", "the active closer waits until the passive one's application closes"),
        rfc(9293, "3.6 case 2", "the user is told that the peer is closing, and responds by CLOSE"),
    ],
    property=leads_to(
        lambda w: w.B.state == CLOSE_WAIT, lambda w: w.B.state != CLOSE_WAIT, weak=("B CLOSE",)
    ),
    verdicts={
        "rfc9293 incarnations=1": holds("that is all it takes: no segment has to arrive"),
        "clock incarnations=1": holds("nor does any time have to pass"),
        "rfc9293 incarnations=1 second_close=never": fails("a user who never closes"),
        "clock incarnations=2": fails(
            "the network may be full of a second connection's segments, which nobody has to "
            "take: then no FIN can be sent"
        ),
    },
    pair="P49t",
)

close_wait_for_ever = Claim(
    code="P49t",
    id="close-wait-ends-by-itself",
    says="A passive closer leaves CLOSE-WAIT even if its user never closes.",
    sources=[
        seed("32ba5318", "CLOSE_WAIT waits for the process to call close"),
        seed("8b6640a8", "in CLOSE_WAIT what is unfinished is sent"),
        rfc(9293, "3.10.8", "no timer is about CLOSE-WAIT"),
    ],
    property=leads_to(lambda w: w.B.state == CLOSE_WAIT, lambda w: w.B.state != CLOSE_WAIT),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off second_close=never": fails("nothing happens any more"),
        "rfc9293 incarnations=1 gives_up=off second_close=never keepalive=on": fails(
            "probes are answered, or lost, and nobody counts"
        ),
        "rfc9293 incarnations=1 gives_up=off second_close=never user_timeout=any retries=2": fails(
            "both run while something is unacknowledged, and nothing is"
        ),
        "clock incarnations=1 second_close=never fin_timeout=3 fin_timeout_for=all": fails(
            "the peer's timer ends its FIN-WAIT-2, not this CLOSE-WAIT"
        ),
    },
    pair="P49",
)

fin_wait_2_for_ever = Claim(
    code="P50",
    id="fin-wait-2-ends",
    says="FIN-WAIT-2 does not last more than 3 ticks, even if the peer's user never closes.",
    sources=[
        seed("32ba5318", "FIN_WAIT2 must not last too long after close(): tcp_fin_timeout, 60 s"),
        rfc(9293, "3.3.2", "FIN-WAIT-2 waits for the peer's FIN"),
        paper("users: embox 2946, tricep 33, zephyr 37843, utcp 28, node-v0.x 3613"),
    ],
    property=within(lambda w: w.A.state == FIN_WAIT_2, lambda w: w.A.state != FIN_WAIT_2, ticks=3),
    verdicts={
        "clock incarnations=1 second_close=never": fails("the RFC has no timer for that"),
        "clock incarnations=1 second_close=never fin_timeout=3 fin_timeout_for=all": holds(
            "a timer for every connection in FIN-WAIT-2"
        ),
        "clock incarnations=1 second_close=never fin_timeout=4 fin_timeout_for=all": fails(
            "one that runs a tick longer"
        ),
        "clock incarnations=1 second_close=never fin_timeout=3": fails(
            "a user who has only shut down sending is still there, and waits without bound"
        ),
    },
    folklore="The 60 seconds are Linux's, for connections that nobody holds any more; TCP itself "
    "waits for ever.",
    pair="P50o",
)

orphan_ends = Claim(
    code="P50o",
    id="orphaned-fin-wait-2-ends",
    says="FIN-WAIT-2 does not last more than 3 ticks once the user has left altogether.",
    sources=[
        seed("32ba5318", "of a connection closed by close(), FIN_WAIT2 lasts 60 seconds at most"),
    ],
    property=within(
        lambda w: all_of(w.A.state == FIN_WAIT_2, w.A.fin_timer != 0),
        lambda w: w.A.state != FIN_WAIT_2,
        ticks=3,
    ),
    verdicts={
        "clock incarnations=1 second_close=never fin_timeout=3": holds("the timer runs since then"),
        "clock incarnations=1 second_close=never fin_timeout=4": fails("a tick more is more"),
    },
    pair="P50",
)

price_of_fin_timeout = Claim(
    code="P51",
    id="fin-wait-2-timeout-resets-the-peer",
    says="A passive closer's close is never answered by a reset, though it may come late.",
    sources=[
        seed("32ba5318", "after 60 seconds in FIN_WAIT2 the connection is simply closed"),
        rfc(9293, "3.10.7.1", "without a TCB everything but a reset is answered by a reset"),
    ],
    property=always(lambda w: implies(w.A.state == CLOSED, none_of(w.ended("B", "reset")))),
    verdicts={
        "clock incarnations=1 data=1 senders=B": holds("A waits as long as it takes"),
        "clock incarnations=1 fin_timeout=3": fails("the FIN comes when nobody waits any more"),
        "clock incarnations=1 data=1 senders=B fin_timeout=3 fin_timeout_for=all": fails(
            "and so does text that a user who has only shut down would like to read"
        ),
        "clock incarnations=2 data=1 senders=B": fails(
            "where every connection begins with the same number, an old ACK opens a second one by "
            "itself, which a reset ends"
        ),
    },
    folklore="What the timer costs is seldom said: the peer did nothing wrong, and is reset.",
)

last_ack_terminates = Claim(
    code="P52",
    id="last-ack-terminates",
    says="A passive closer that has sent its FIN gets CLOSED.",
    sources=[
        seed("32ba5318", "the server sends its FIN again, up to tcp_orphan_retries times"),
        rfc(9293, "3.8.3", "R2: close the connection"),
    ],
    property=leads_to(lambda w: w.B.state == LAST_ACK, lambda w: w.B.state == CLOSED),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off retries=2": holds("by an ACK, a reset or the limit"),
        "rfc9293 incarnations=1 gives_up=off crash=A rst=off retries=2": holds(
            "even if the peer is gone and silent"
        ),
        "rfc9293 incarnations=1 gives_up=off crash=A rst=off": fails(
            "without a limit it calls after the dead for ever"
        ),
        "rfc9293 incarnations=1 gives_up=off": fails("nor must a network deliver anything"),
        "rfc9293 incarnations=2 gives_up=off crash=A rst=off retries=2": fails(
            "the client has begun anew with the same number: each answers the other's ACK, for ever"
        ),
    },
)

both_eventually_closed = Claim(
    code="P53",
    id="both-eventually-closed",
    says="From ESTABLISHED on both sides it goes to CLOSED on both sides, if each hears what keeps "
    "coming.",
    sources=[
        seed("f6cf09d2", "the server enters CLOSED, and after 2 MSL the client does"),
        rfc(9293, "3.6", "closing a connection"),
        paper("tlaplus/Examples, pull request 131: IsEstablishedOrTerminated"),
    ],
    property=leads_to(
        _both_established,
        lambda w: all_of(w.A.state == CLOSED, w.B.state == CLOSED),
        strong=_FAIR,
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off": holds(
            "both are needed; of users and timers nothing is, since where nothing else can happen "
            "it is they who act"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=either": fails(
            "a simultaneous close: each FIN gets through, each bare ACK is lost, and the ACK that "
            "the repeated FIN carries is dropped with it"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=either seq_check=a2": holds(
            "with Appendix A.2 that ACK counts"
        ),
        "rfc9293 incarnations=1 gives_up=off second_close=never": fails(
            "CLOSE-WAIT and FIN-WAIT-2 wait for ever"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody": fails(
            "an idle connection is no error"
        ),
        "rfc9293 incarnations=1 gives_up=off crash=A": fails("an idle half-open one is, but stays"),
        "rfc9293 incarnations=2 gives_up=off closes=either seq_check=a2": fails(
            "A's next SYN and B's answers to it may go on for ever, A's resets being lost"
        ),
    },
    folklore="Appendix A.2 is not cosmetic: without it a simultaneous close need not end.",
)

no_stuck_pair = Claim(
    code="P55",
    id="no-stuck-pair",
    says="Again and again one of the two is CLOSED.",
    sources=[
        paper(
            "von Hippel, Vick, Tripakis and Nita-Rotaru 2020, Automated attacker synthesis for "
            "distributed protocols (phi 3)"
        ),
    ],
    property=infinitely_often(lambda w: any_of(w.A.state == CLOSED, w.B.state == CLOSED)),
    verdicts={
        "flags_only incarnations=1 gives_up=off rst=off retransmit=off channel=fifo capacity=1 "
        "loss=0": holds("in the abstraction it was stated for, whose users do close"),
        "flags_only incarnations=2 gives_up=off rst=off retransmit=off channel=fifo capacity=1 "
        "loss=0": fails(
            "a second SYN that comes before B listens again is dropped, and nobody sends it again"
        ),
        "rfc9293 incarnations=1 gives_up=off retransmit=off loss=0": holds(
            "so do they on a network that delivers"
        ),
        "rfc9293 incarnations=1 gives_up=off retries=2": holds("and on any, if there is a limit"),
        "rfc9293 incarnations=1 gives_up=off retransmit=off loss=0 second_close=never": fails(
            "CLOSE-WAIT and FIN-WAIT-2, for ever"
        ),
        "rfc9293 incarnations=1 gives_up=off retransmit=off loss=0 closes=nobody": fails(
            "a connection that is left open counts as stuck"
        ),
    },
)

terminal_states = Claim(
    code="P56",
    id="terminal-states-are-unconnected",
    says="In the end neither side has a connection.",
    sources=[
        paper(
            "Billington and Han 2007, Modelling and analysing the functional behaviour of TCP's "
            "connection management procedures"
        ),
        rfc(9293, "3.3.2 Figure 5"),
    ],
    property=eventually_always(
        lambda w: all_of(_unconnected(w.A.state), _unconnected(w.B.state)),
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off retransmit=off loss=0": holds(
            "desired: whatever is reordered, a client that closes first leaves nothing behind"
        ),
        "rfc9293 incarnations=1 gives_up=off retransmit=off loss=0 closes=either channel=fifo": (
            holds("desired, whoever closes first, where nothing is reordered")
        ),
        "rfc9293 incarnations=2 gives_up=off retransmit=off loss=0 closes=either channel=fifo": (
            fails("undesired: a second SYN finds B in TIME-WAIT, and nobody sends it again")
        ),
        "rfc9293 incarnations=1 gives_up=off retransmit=off loss=0 closes=either": fails(
            "undesired: a server that closes in SYN-RECEIVED is overtaken by its own FIN (P27)"
        ),
        "rfc9293 incarnations=1 gives_up=off retransmit=off loss=1": fails(
            "undesired: a loss that nobody repairs"
        ),
        "rfc9293 incarnations=1 gives_up=off retries=2": fails(
            "acceptable: who gives up leaves a half-open connection behind"
        ),
    },
)

graceful_for_both = Claim(
    code="P57",
    id="graceful-for-both",
    says="If A's user is told that the connection was closed in order, B's is not told that it was "
    "reset or timed out.",
    sources=[
        seed("32ba5318", "the last ACK lost, FIN is sent again until the limit, then it is closed"),
        seed("a420545a", "A, in TIME-WAIT, does not know whether B has got the last ACK"),
        paper(
            "Fekete, Lynch, Mansour and Spinelli 1993, The impossibility of implementing "
            "reliable communication in the face of crashes"
        ),
    ],
    property=always(
        lambda w: none_of(
            all_of(w.ended("A", "closed"), any_of(w.ended("B", "reset"), w.ended("B", "timeout")))
        )
    ),
    verdicts={
        "tw2 incarnations=1": holds("nothing is lost, and TIME-WAIT outlasts what is late"),
        "tw2 incarnations=1 loss=1 rto=1": holds(
            "one loss, and TIME-WAIT is longer than B needs to try again; B never gives up"
        ),
        "tw2 incarnations=1 loss=2 rto=1": fails("two losses in a row outlast TIME-WAIT"),
        "tw2 incarnations=1 loss=1 rto=1 retries=1": fails(
            "B gives up when it has tried often enough, and the ACK is still under way"
        ),
        "tw2 incarnations=1 loss=any rto=1 time_wait=5": fails(
            "against losses without bound no wait is long enough"
        ),
        "tw2 incarnations=2": fails(
            "a reset that the first connection has left behind ends the second, which has its "
            "numbers"
        ),
        "tw2 incarnations=2 loss=1 rto=1": fails(
            "as without a loss: the second connection has the numbers of the first"
        ),
    },
    folklore="No number of waves makes both sure: some message is the last, and it may be lost.",
)
