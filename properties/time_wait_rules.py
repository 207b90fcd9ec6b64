"""What is said of TIME-WAIT besides its length: who has it, what ends it, what it throws away.

RFC 1337 found that old duplicates end TIME-WAIT: they are answered by an ACK, and the peer, which
has no connection any more, answers that by a reset.  What an early end costs is below as well.

Where there is a clock, an MSL is one tick if nothing else is said.
"""

from tcpmodel.claims import *
from tcpmodel.core.terms import Term
from tcpmodel.tcp.segment import RST
from tcpmodel.tcp.world import World

# A reset outside the window changes nothing (P34).  It is here so that the end of TIME-WAIT is
# watched: whatever ends it early is a segment of the peer.
_WATCHED = "incarnations=1 loss=0 adversary=off_path forgeries=1 forges=rst guess=outside"

assassination = Claim(
    code="P64",
    id="timewait-assassination",
    says="No segment of the peer ends a TIME-WAIT.",
    sources=[
        rfc(1337, "2", "TIME-WAIT assassination"),
        rfc(9293, "3.6.1 MUST-13", "TIME-WAIT lasts 2 MSL"),
        rfc(9293, "3.10.7.4 second", "a valid reset deletes the TCB in TIME-WAIT, too"),
    ],
    property=always(lambda w: none_of(w.A.cut_short)),
    verdicts={
        f"rfc9293 {_WATCHED}": fails(
            "an ACK that answers an old duplicate meets a closed peer, whose reset has exactly the "
            "right number: RFC 5961 is no help"
        ),
        f"rfc9293_no5961 {_WATCHED}": fails("nor was it better before"),
        f"rfc9293 {_WATCHED} tw_rfc1337=on": holds("TIME-WAIT is deaf to resets"),
        f"rfc9293_no5961 {_WATCHED} tw_rfc1337=on": holds("that is all it takes"),
        f"rfc9293 {_WATCHED} rst=off": holds("and so would peers that send no resets"),
    },
    folklore="That TIME-WAIT lasts 2 MSL is a MUST that the same RFC breaks: its rule for resets "
    "makes an exception for no state.",
)

after_assassination_data = Claim(
    code="P65",
    id="timewait-hazard-old-data",
    says="No octet of the old connection is delivered to the active closer in the new one, though "
    "it waits 2 MSL.",
    sources=[rfc(1337, "2", "hazard H1: old data is accepted")],
    property=always(lambda w: implies(w.A.inc == 2, none_of(w.A.stale_text))),
    verdicts={
        "tw2 data=1 senders=B": fails("TIME-WAIT was ended by a reset while the octet lived"),
        "tw2 data=1 senders=B tw_rfc1337=on": holds("the first fix of RFC 1337: resets ignored"),
        "tw2 data=1 senders=B ts_paws=on": fails(
            "the second one, timestamps: a repeated SYN may have opened the peer's side once more, "
            "and what that sends has the newest timestamp"
        ),
    },
    folklore="Timestamps are no substitute for the wait: they tell how old a segment is, not for "
    "which connection of the receiver it is meant.",
)


def _quiet(w: World) -> Term:
    """Both are ESTABLISHED and neither has anything to send again."""
    both = all_of(w.A.state == ESTABLISHED, w.B.state == ESTABLISHED)
    return all_of(both, w.A.snd_una == w.A.snd_nxt, w.B.snd_una == w.B.snd_nxt)


after_assassination_storm = Claim(
    code="P65b",
    id="timewait-hazard-desynchronized",
    says="Two ESTABLISHED endpoints with nothing to send again fall silent, though one of them was "
    "in TIME-WAIT before.",
    sources=[rfc(1337, "2", "hazard H2: the new connection is de-synchronized")],
    property=leads_to(
        _quiet,
        lambda w: any_of(w.nothing_inflight(), none_of(_quiet(w))),
        weak=("A receives", "B receives"),
    ),
    verdicts={
        "tw2 data=1 senders=B": fails(
            "after an old octet each ACK of the other is unacceptable, and is answered by an ACK"
        ),
        "tw2 data=1 senders=B tw_rfc1337=on": holds("what is old is dead when TIME-WAIT ends"),
        "tw2 data=1 senders=B tw_rfc1337=on incarnations=3": fails(
            "a connection that a reset has ended has no TIME-WAIT: its text is old, and the next "
            "one begins with the same numbers"
        ),
    },
)


def _old_reset(w: World) -> Term:
    """A reset for the first connection of A has the number that A waits for."""
    return w.under_way("B", lambda s: all_of(s.has(RST), s.to == 1, s.seq == w.A.rcv_nxt))


after_assassination_reset = Claim(
    code="P65c",
    id="timewait-hazard-new-connection-killed",
    says="No reset of the old connection is under way that the new one would accept.",
    sources=[rfc(1337, "2", "hazard H3: the new connection is ended by an old duplicate")],
    property=always(
        lambda w: implies(all_of(w.A.inc == 2, w.synchronized("A")), none_of(_old_reset(w)))
    ),
    verdicts={
        "tw2": fails("it answered an old ACK, and the new connection has come to its number"),
        "tw2 tw_rfc1337=on": fails(
            "a repeated SYN has opened the peer's side once more; TIME-WAIT answers its SYN,ACK by "
            "an ACK, and that is answered by a reset"
        ),
        "tw2 tw_rfc1337=on time_wait=4": fails(
            "nor does a longer wait help: that peer goes on sending its SYN,ACK"
        ),
        "tw2 isn=distinct": holds("no reset of the old connection has a number of the new one"),
    },
    folklore="To be deaf to resets in TIME-WAIT saves the wait, not the connection after it: "
    "resets that TIME-WAIT itself has provoked may come later.",
)

linux_60s = Claim(
    code="P66",
    id="linux-60s",
    says="A TIME-WAIT of 60 seconds keeps every FIN of the old connection out of the new one.",
    sources=[
        seed("32ba5318", "on Linux TIME_WAIT lasts 60 seconds"),
        seed("8a7a010d", "the standard length of TIME_WAIT is four minutes, twice an MSL of two"),
        seed("8b6640a8", "an MSL of 120 seconds is recommended"),
        rfc(9293, "3.6.1 MUST-13"),
        rfc(9293, "3.4.2", "the MSL is taken to be 2 minutes"),
    ],
    property=always(lambda w: implies(w.A.inc == 2, none_of(w.A.stale_fin))),
    verdicts={
        "clock tw_rfc1337=on time_wait=2 msl=1": holds(
            "with a tick of 30 s: segments live for 30 s at most"
        ),
        "clock tw_rfc1337=on time_wait=2 msl=2": fails("segments that live for 60 s outlast it"),
        "clock tw_rfc1337=on time_wait=2 msl=4": fails("let alone those of RFC 9293, with 120 s"),
        "clock tw_rfc1337=on time_wait=8 msl=4": holds("they take the four minutes of the RFC"),
    },
    folklore="Both figures go round as *the* length of TIME-WAIT.  They are 2 MSL for different "
    "MSLs; what is safe depends on how long segments really live.",
)

client_waits = Claim(
    code="P67",
    id="timewait-belongs-to-active-closer",
    says="The server is never in TIME-WAIT.",
    sources=[
        seed("8b6640a8", "TIME_WAIT occurs on the client's side"),
        seed("8a7a010d", "TIME_WAIT is the duty of the one who has asked for the separation"),
        rfc(9293, "3.3.2 Figure 5"),
        rfc(9293, "3.6 case 3"),
    ],
    property=always(lambda w: none_of(w.B.state == TIME_WAIT)),
    verdicts={
        "rfc9293 closes=A": holds("where only the client closes first, the server is in LAST-ACK"),
        "rfc9293 incarnations=1 closes=B": fails("a server that closes first waits"),
        "rfc9293 incarnations=1 closes=either": fails("so does one that closes at the same time"),
        "rfc9293 incarnations=1 closes=A abort=on rst_sender_state=time_wait": fails(
            "and one that resets, if Note 3 of Figure 5 is taken at its word"
        ),
    },
    folklore="It is not client or server that decides, but who closes first.",
    pair="P67b",
)

both_wait = Claim(
    code="P67b",
    id="timewait-on-both-sides",
    says="Both can be in TIME-WAIT.",
    sources=[
        seed("8b6640a8", "CLOSING: both sides have closed at the same time"),
        rfc(9293, "3.6 Figure 13"),
    ],
    property=sometimes(lambda w: all_of(w.A.state == TIME_WAIT, w.B.state == TIME_WAIT)),
    verdicts={
        "rfc9293 incarnations=1 closes=either": holds("by way of CLOSING, if their FINs cross"),
        "rfc9293 incarnations=1 closes=A": fails("who answers a FIN by its own does not wait"),
        "rfc9293 incarnations=1 closes=B": fails("nor does the client then"),
    },
    pair="P67",
)

nothing_delivered = Claim(
    code="P69",
    id="timewait-discards",
    says="To a user whose connection is in TIME-WAIT nothing more is delivered, and nothing was "
    "left out before.",
    sources=[
        seed("8a7a010d", "segments left over that arrive in TIME_WAIT are discarded at once"),
        rfc(9293, "3.10.7.4 seventh, CLOSE-WAIT..TIME-WAIT", "ignore the segment text"),
    ],
    property=always(
        lambda w: implies(w.A.state == TIME_WAIT, all_of(w.gets_a_prefix("A"), none_of(w.A.cut)))
    ),
    verdicts={
        "rfc9293 incarnations=1 data=1 senders=B": holds(
            "the FIN came in its turn, and what comes after is outside the window"
        ),
        "rfc9293 data=1 senders=B": holds("also in a second connection"),
        "const_isn gives_up=off data=1 senders=B": fails(
            "an octet that was delivered before may have been of the old connection"
        ),
        "flags_only incarnations=1 data=1 senders=B": fails(
            "without numbers the FIN may come before the text"
        ),
    },
    folklore="Not discarded in silence: a segment outside the window is answered by an ACK, which "
    "can end TIME-WAIT (P64); a FIN starts it anew (P70).",
)

restart = Claim(
    code="P70",
    id="timewait-restart",
    says="TIME-WAIT is over within 2 MSL.",
    sources=[
        seed("a420545a", "the active closer waits for 2 MSL"),
        rfc(9293, "3.10.7.4 eighth, TIME-WAIT", "restart the 2 MSL timeout"),
    ],
    property=within(lambda w: w.A.state == TIME_WAIT, lambda w: w.A.state != TIME_WAIT, msl=2),
    verdicts={
        "tw2 incarnations=1 tw_rfc1337=on": fails("each FIN that comes again starts it anew"),
        "tw2 incarnations=1 tw_rfc1337=on time_wait_restart=off": holds("unless it does not"),
        "tw2 incarnations=1 tw_rfc1337=on retransmit=off": holds("or no FIN comes again"),
    },
    pair="P70b",
)

restart_bounded = Claim(
    code="P70b",
    id="timewait-restart-bounded",
    says="TIME-WAIT is over within 4 MSL.",
    sources=[rfc(9293, "3.10.7.4 eighth, TIME-WAIT", "restart the 2 MSL timeout")],
    property=within(lambda w: w.A.state == TIME_WAIT, lambda w: w.A.state != TIME_WAIT, msl=4),
    verdicts={
        "tw2 incarnations=1 tw_rfc1337=on": holds(
            "the last ACK arrives within 1 MSL, the last FIN within another: 2 MSL start then"
        ),
        "tw2 incarnations=1 tw_rfc1337=on loss=1": fails("a lost ACK adds a round"),
        "tw2 incarnations=1 tw_rfc1337=on loss=any": fails("if ACKs are lost again and again"),
    },
    folklore="2 MSL is how long TIME-WAIT lasts after the last FIN, not how long it lasts.",
    pair="P70",
)
