"""One side has a connection, the other has none: how that comes about, and how it is found out.

A crash, an ABORT whose reset is lost, a limit of retransmissions: each leaves a half-open
connection.  The RFC does not prevent it, it repairs it: who has no connection answers by a reset
whatever comes.  So it takes traffic, it takes a reset that arrives, and it takes numbers that
differ from those of before.  Resets in turn end connections without TIME-WAIT, which has a price.
"""

import z3

from tcpmodel.claims import *
from tcpmodel.core.terms import Term
from tcpmodel.tcp.segment import ACK, FIN, RST, SYN, Segment
from tcpmodel.tcp.world import World

_FAIR = ("A receives", "B receives")
_CAV16 = (
    "Fiterau-Brostean, Janssen and Vaandrager 2016, Combining model learning and model checking "
    "to analyze TCP implementations"
)

no_half_open = Claim(
    code="P36",
    id="no-half-open",
    says="While A is CLOSED, B is not ESTABLISHED.",
    sources=[
        seed("8a7a010d", "SYN_SENT and SYN_RCVD are called half-open"),
        paper(
            "von Hippel, Vick, Tripakis and Nita-Rotaru 2020, Automated attacker synthesis for "
            "distributed protocols (phi 1)"
        ),
        rfc(9293, "3.5.1", "half-open connections"),
    ],
    property=always(lambda w: implies(w.A.state == CLOSED, w.B.state != ESTABLISHED)),
    verdicts={
        "flags_only channel=fifo capacity=1 loss=0 rst=off gives_up=off closes=either": holds(
            "in the abstraction it was stated for: no losses, aborts, crashes or limits"
        ),
        "rfc9293 gives_up=off": holds("nor does an orderly close leave anything behind"),
        "rfc9293 incarnations=1 loss=0 abort=on": fails("until the reset of an ABORT arrives"),
        "rfc9293 incarnations=1 crash=A": fails("a crash tells nobody"),
        "rfc9293 incarnations=1 gives_up=off retries=1": fails(
            "who gives up its FIN is gone, and the peer never heard of it"
        ),
    },
    folklore="It is a property of the abstraction, not of TCP: TCP repairs half-open connections "
    "(P37), it does not rule them out.  (One post calls SYN_SENT and SYN_RCVD half-open; in the "
    "RFC the word is for a connection of which one side knows nothing.)",
    pair="P37",
)

healed_by_traffic = Claim(
    code="P37",
    id="half-open-healed-by-traffic",
    says="A server that has text unacknowledged, and whose client has no connection any more, "
    "finds that out.",
    sources=[
        rfc(9293, "3.5.1 Figure 10", "the active side causes half-open connection discovery"),
        rfc(9293, "3.10.7.1", "without a TCB everything but a reset is answered by a reset"),
    ],
    property=leads_to(
        lambda w: all_of(
            *(w.A.state == CLOSED, w.B.state == ESTABLISHED, w.B.snd_una != w.B.snd_nxt),
            # No earlier ACK of the client may still settle it.
            w.nothing_inflight(),
        ),
        lambda w: w.B.state != ESTABLISHED,
        strong=_FAIR,
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=nobody crash=A data=1 senders=B": holds(
            "it sends again, and is answered by a reset; both have to get through"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody crash=A data=1 senders=B rst=off": fails(
            "nobody answers, and it sends again for ever"
        ),
        "rfc9293 incarnations=2 gives_up=off closes=nobody crash=A data=1 senders=B": fails(
            "a client that begins anew with the same number finds the answer to its SYN "
            "acceptable, and drops it: nobody is reset"
        ),
    },
    pair="P36",
)

idle_for_ever = Claim(
    code="P38f",
    id="idle-half-open-is-found-out",
    says="A server that is left half-open with nothing to send finds that out.",
    sources=[
        seed("f6cf09d2", "the server goes on waiting for the client's data, a waste of resources"),
        rfc(9293, "3.8.4 MUST-25", "keep-alives are off unless the user turns them on"),
    ],
    property=leads_to(
        lambda w: w.left_half_open("B"), lambda w: w.B.state != ESTABLISHED, strong=_FAIR
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=nobody crash=A": fails(
            "nothing is under way and no timer runs: so it stays"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody crash=A keepalive=on": holds(
            "a probe is traffic"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody crash=A keepalive=on rst=off": fails(
            "traffic alone does not do it: somebody has to object"
        ),
        "rfc9293 incarnations=2 gives_up=off closes=nobody crash=A keepalive=on": fails(
            "a client that begins anew with the same number finds the answer to its SYN "
            "acceptable, and drops it: nobody is reset"
        ),
    },
    folklore="The posts blame two messages for a server that waits in vain.  With three it waits "
    "as well, if its client crashes: TCP by default never asks.",
)

reopening_finds_out = Claim(
    code="P39",
    id="new-syn-finds-half-open",
    says="A SYN of a client that has lost its connection ends what is left of it at the server.",
    sources=[rfc(9293, "3.5.1 Figure 9", "half-open connection discovery")],
    property=leads_to(
        lambda w: all_of(w.A.state == SYN_SENT, w.B.state == ESTABLISHED, w.A.inc == 2),
        lambda w: w.B.state != ESTABLISHED,
    ),
    verdicts={
        "rfc9293 gives_up=off closes=nobody abort=on loss=0 retransmit=off": holds(
            "SYN, ACK of the old numbers, reset"
        ),
        "rfc793 gives_up=off closes=nobody abort=on loss=0 retransmit=off": holds(
            "without RFC 5961 no other"
        ),
        "rfc9293 gives_up=off closes=nobody crash=A loss=0 retransmit=off": fails(
            "a client that starts from the same number again finds that ACK acceptable, waits for "
            "a SYN with it, and does not object"
        ),
        "rfc9293 gives_up=off closes=nobody crash=A loss=0 retransmit=off isn=free width=3": fails(
            "so it is whenever the number happens to be the same"
        ),
    },
    folklore="Figure 9 works because 400 is not 100.  With the ISN of before, client and server "
    "keep each other waiting: SYN, ACK, SYN, ACK.",
)


def _storm_over(w: World, a: Term, b: Term) -> Term:
    """Nothing is under way, or they are not in these states any more."""
    return any_of(w.nothing_inflight(), w.A.state != a, w.B.state != b)


storm_with_time_wait = Claim(
    code="P40t",
    id="time-wait-and-syn-received-fall-silent",
    says="A client in TIME-WAIT and a server that has taken an old SYN of it fall silent, or one "
    "of them moves on.",
    sources=[
        rfc(9293, "3.10.7.4 first", "answer what is unacceptable by an ACK"),
        rfc(5961, "7", "throttle challenge ACKs"),
    ],
    property=leads_to(
        lambda w: all_of(w.A.state == TIME_WAIT, w.B.state == SYN_RECEIVED),
        lambda w: _storm_over(w, TIME_WAIT, SYN_RECEIVED),
        weak=_FAIR,
    ),
    verdicts={
        "rfc9293 loss=0 retransmit=off": fails(
            "each finds the other's ACK out of its window, and answers by an ACK; only the end of "
            "TIME-WAIT stops it"
        ),
        "rfc9293 loss=0 retransmit=off ack_throttle=on": holds("a pure ACK is no reason to answer"),
    },
    folklore="An ACK storm takes neither a forgery nor equal numbers: one old SYN will do.",
)

storm_of_two_servers = Claim(
    code="P40r",
    id="two-syn-received-fall-silent",
    says="Two endpoints that have both taken an old SYN of the other's fall silent, or one of "
    "them moves on.",
    sources=[
        rfc(9293, "3.5.1 Figure 11", "one old SYN; here there are two"),
        rfc(9293, "3.10.7.4 first"),
    ],
    property=leads_to(
        lambda w: all_of(w.A.state == SYN_RECEIVED, w.B.state == SYN_RECEIVED),
        lambda w: _storm_over(w, SYN_RECEIVED, SYN_RECEIVED),
        weak=_FAIR,
    ),
    verdicts={
        "rfc9293 roles=any closes=nobody capacity=3 loss=0 retransmit=off": fails(
            "both SYN,ACKs are out of the window, so both are answered by an ACK, and so on"
        ),
        "rfc9293 roles=any closes=nobody capacity=3 loss=0 retransmit=off ack_throttle=on": holds(
            "silence, but both are stuck: where nothing is sent again, nothing helps them"
        ),
    },
)

established_meets_syn_sent = Claim(
    code="P42",
    id="established-meets-no-syn-sent",
    says="While one side is ESTABLISHED, the other is not in SYN-SENT.",
    sources=[
        paper(_CAV16),
        rfc(9293, "3.5.1 Figure 9"),
    ],
    property=always(
        lambda w: none_of(all_of(w.B.state == ESTABLISHED, w.A.state == SYN_SENT)),
    ),
    verdicts={
        "rfc9293 gives_up=off channel=fifo capacity=1": holds("on the network it was stated for"),
        "rfc9293": holds("and on a much worse one, as long as connections end in order"),
        "rfc9293 gives_up=off crash=A": fails("Figure 9: a reboot, and a new SYN"),
        "rfc9293 gives_up=off abort=on": fails("an ABORT, and a new SYN"),
    },
)

established_meets_time_wait = Claim(
    code="P42t",
    id="established-meets-no-time-wait",
    says="While one side is ESTABLISHED, the other is not in TIME-WAIT.",
    sources=[
        paper(_CAV16),
        rfc(9293, "3.3.2 Figure 5", "TIME-WAIT follows the peer's FIN"),
    ],
    property=always(
        lambda w: none_of(all_of(w.B.state == ESTABLISHED, w.A.state == TIME_WAIT)),
    ),
    verdicts={
        "rfc9293 gives_up=off crash=A": holds("TIME-WAIT means that the peer has sent its FIN"),
        "rfc9293 gives_up=off abort=on": holds("an ABORT does not lead there"),
        "rfc9293 incarnations=1 gives_up=off abort=on rst_sender_state=time_wait": fails(
            "unless Note 3 is taken at its word"
        ),
        "const_isn gives_up=off": fails("with equal numbers an old FIN will do"),
    },
)


def _old_reset(w: World, segment: Segment) -> Term:
    """A reset that A's first incarnation sent and that B would find acceptable."""
    fits = z3.ULT(segment.seq - w.B.rcv_nxt, w.switches.window)
    return all_of(segment.has(RST), segment.inc == 1, fits)


old_resets_are_harmless = Claim(
    code="P43",
    id="old-reset-is-out-of-the-window",
    says="No reset of an earlier connection is under way that is in the window of the present one.",
    sources=[
        rfc(9293, "3.5.3", "a reset is valid if its number is in the window"),
        rfc(9293, "3.4.1", "why initial sequence numbers differ"),
    ],
    property=always(
        lambda w: implies(
            all_of(w.B.state == ESTABLISHED, w.B.peer == w.A.inc, w.A.inc == 2),
            none_of(w.under_way("A", lambda segment: _old_reset(w, segment))),
        )
    ),
    verdicts={
        "rfc9293 gives_up=off abort=on": holds("its number is an old one"),
        "rfc793 gives_up=off abort=on": holds("so even RFC 793 drops it"),
        "const_isn gives_up=off abort=on": fails("with equal numbers it is as good as a new one"),
    },
)

reset_is_not_answered = Claim(
    code="P44",
    id="reset-is-not-answered",
    says="A reset is not answered: an ESTABLISHED server to which nothing else is said has no bare "
    "ACK under way.",
    sources=[
        rfc(9293, "3.5.2", "a reset is sent for whatever is not expected, except another reset"),
        rfc(5961, "3.2", "a reset in the window, but not exact: challenge ACK"),
    ],
    property=always(
        # Nobody sends text, closes or sends again: a handshake without losses needs no such ACK.
        lambda w: implies(
            w.B.state == ESTABLISHED,
            none_of(
                w.under_way(
                    "B", lambda segment: all_of(segment.has(ACK), segment.lacks(SYN, FIN, RST))
                )
            ),
        )
    ),
    verdicts={
        "rfc793 incarnations=1 gives_up=off closes=nobody retransmit=off adversary=off_path "
        "forgeries=1 forges=rst guess=window": holds("it is obeyed, and that is all"),
        "rfc9293 incarnations=1 gives_up=off closes=nobody retransmit=off adversary=off_path "
        "forgeries=1 forges=rst guess=exact": holds("so is one that is exact"),
        "rfc9293 incarnations=1 gives_up=off closes=nobody retransmit=off adversary=off_path "
        "forgeries=1 forges=rst guess=window": fails(
            "a reset that is nearly right is answered: the peer shall say it again, exactly"
        ),
        "rfc9293 incarnations=2 gives_up=off closes=nobody retransmit=off adversary=off_path "
        "forgeries=1 forges=rst guess=exact": fails(
            "it is not; but A, reset, opens anew, and B answers that SYN by an ACK"
        ),
        "rfc793 incarnations=2 gives_up=off closes=nobody retransmit=off adversary=off_path "
        "forgeries=1 forges=rst guess=window": fails("again the ACK is for A's next SYN"),
    },
    folklore="That a reset is never answered is true of RFC 793.  RFC 9293 answers some of them "
    "by an ACK; a reset never answers a reset.",
)

reset_skips_time_wait = Claim(
    code="P45",
    id="reset-skips-time-wait",
    says="No octet that was sent to an earlier incarnation of the server is delivered to a later "
    "one, though TIME-WAIT lasts 2 MSL.",
    sources=[
        seed("a420545a", "without TIME-WAIT segments of the old connection disturb the new one"),
        rfc(9293, "3.10.5", "ABORT: delete the TCB"),
        rfc(9293, "3.5.2", "the side that issues a reset should enter TIME-WAIT"),
        paper("Heavens 1995, Problems with TCP connections terminated by RSTs or timer"),
    ],
    property=always(lambda w: implies(w.B.inc == 2, none_of(w.B.stale_text))),
    verdicts={
        "tw2 tw_rfc1337=on data=1 senders=A": holds("orderly closes wait"),
        "tw2 tw_rfc1337=on data=1 senders=A abort=on": fails(
            "an ABORT does not, and its text is still under way"
        ),
        "tw2 tw_rfc1337=on data=1 senders=A abort=on rst_sender_state=time_wait": fails(
            "an ABORT in SYN-RECEIVED is not covered by Note 3, and who gets a reset never waits"
        ),
        "tw2 tw_rfc1337=on data=1 senders=A abort=on reuse_wait=2": fails(
            "nor does a wait after each connection help if the server goes back to LISTEN"
        ),
        "tw2 data=1 senders=A": fails("a reset may end TIME-WAIT as well, without RFC 1337"),
        "rfc9293 data=1 senders=A abort=on": holds(
            "initial sequence numbers apart need no TIME-WAIT"
        ),
    },
    folklore="The posts speak of TIME-WAIT as what protects the next connection.  A reset, at "
    "either end, goes round it.",
)
