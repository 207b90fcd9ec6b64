"""What TCP's constants have to be: derived, not guessed.

The least safe TIME-WAIT is a formula in the maximum segment lifetime (MSL), the retransmission
timeout (RTO), the number of losses (n) and the time after which the peer gives up (R2).  Runs that
go wrong with any shorter wait are found; that no run goes wrong from there on is proved, for all
values.  `tcpmodel derive` shows those runs, and compares with the full model.
"""

from tcpmodel.claims import *

_QUESTIONS = [
    seed("8a7a010d", "why 2 MSL and not 1: I have not seen a satisfying explanation"),
    seed("a420545a", "the longest life of the ACK one way and of the FIN the other make 2 MSL"),
]

timewait_minimum = Claim(
    code="P59",
    id="timewait-minimum",
    says="The least TIME-WAIT after which nothing of the old connection is accepted in a new one.",
    sources=[*_QUESTIONS, rfc(9293, "3.6.1 MUST-13"), rfc(1337, "2")],
    property=derived("time-wait"),
    verdicts={
        "a": gives("MSL", "a FIN that is not sent again just has to die"),
        "b": gives("2·MSL", "the ACK arrives within one MSL; a FIN sent just before lives another"),
        "b-no-restart": gives("2·MSL", "no FIN that restarts the wait comes later than that"),
        "b-any": gives("4·MSL", "TIME-WAIT itself answers what comes late, by what comes later"),
        "b-any-restart-by-any": gives("2·MSL", "unless whatever it answers restarts it"),
        "c": gives("none", "a reset ends the wait however long it should have been"),
        "e": gives("MSL + R2", "the peer sends its FIN until it gives up, and that lives an MSL"),
    },
    folklore="2 MSL is right for the FIN, if the last ACK is not lost and resets are ignored; for "
    "other old segments it takes 4 MSL, and with resets as in RFC 9293 no wait is long enough.",
)

timewait_losses = Claim(
    code="P59b",
    id="timewait-loss-formula",
    says="The least TIME-WAIT if up to n segments in a row are lost and the FIN is sent again at "
    "least every RTO.",
    sources=[*_QUESTIONS, rfc(9293, "3.8.1"), rfc(9293, "3.10.7.4 eighth, TIME-WAIT")],
    property=derived("time-wait"),
    verdicts={
        "d": gives(
            "MSL + max(n·RTO, min(MSL, (n+1)·RTO))",
            "2 MSL is enough exactly if n·RTO is not more than MSL",
        ),
    },
    folklore="That TIME-WAIT covers lost ACKs is true only of losses that take no longer than an "
    "MSL to repair.",
)

timewait_unbounded = Claim(
    code="P60s",
    id="timewait-one-loss-unbounded",
    says="The least TIME-WAIT if one segment may be lost and nobody says how soon the FIN is sent "
    "again.",
    sources=[*_QUESTIONS, rfc(9293, "3.8.1")],
    property=derived("time-wait"),
    verdicts={
        "one-loss": gives("none", "the FIN may be sent again when any wait is long over"),
    },
)

timewait_by_isn = Claim(
    code="P61s",
    id="timewait-x-isn-matrix",
    says="The least TIME-WAIT of 0, 1 and 2 MSL that keeps old segments out, by initial sequence "
    "numbers and kind of segment.",
    sources=[*_QUESTIONS, rfc(9293, "3.4.1"), rfc(9293, "3.4.3")],
    property=derived("isn"),
    verdicts={
        "constant/FIN": gives("2 MSL", "what P59 derives, in the full model"),
        "constant/text": gives("2 MSL", "text is sent again as long as the FIN is"),
        "constant/reset": gives(
            "none of these", "TIME-WAIT itself provokes resets until it is over"
        ),
        "distinct/FIN": gives("0", "the old FIN is outside the new window"),
        "distinct/text": gives("0", "and so is the old text"),
        "distinct/reset": gives("0", "and the number of an old reset is not exact"),
    },
    folklore="Whoever begins each connection with numbers beyond the last one's needs no TIME-WAIT "
    "to tell old from new.",
)

handshake_levels = Claim(
    code="P08",
    id="handshake-level-theorem",
    says="The least number of messages with which no server is ESTABLISHED with a client that is "
    "not there, by what it remembers and what is known of lifetimes.",
    sources=[
        seed("f6cf09d2", "can it be two?  Three are needed because of expired requests"),
        seed("a420545a", "if the handshake had been designed with two messages"),
        paper(
            "Attiya and Rappoport 1997, The level of handshake required for establishing a "
            "connection"
        ),
    ],
    property=derived("handshake"),
    verdicts={
        "none/unknown": gives("3 messages", "the cell that all the explanations are about"),
        "none/known": gives("2 messages", "a server that closes first and waits needs no third"),
        "none/known, used by the client only": gives(
            "3 messages", "the wait has to be the server's, whom the old SYN would deceive"
        ),
        "per_peer_last_inc/unknown": gives("2 messages", "who remembers the last SYN knows an old"),
        "per_peer_last_inc/known": gives("2 messages", "either would do"),
        "per_peer_last_inc/known, used by the client only": gives(
            "2 messages", "memory makes up for it"
        ),
    },
    folklore="Three is not a law: it is the price of a server that remembers nothing and waits for "
    "nothing.",
)

old_fin_probability = Claim(
    code="P63",
    id="old-fin-probability",
    says="Of the 2^32 initial sequence numbers, RCV.WND make an old octet (or FIN) acceptable: "
    "65535 of them, with the largest unscaled window, are 1 in 65537.",
    sources=[
        seed("a420545a", "the old FIN ends the new connection with small, but real probability"),
        rfc(9293, "3.4.1"),
        rfc(6528, "1"),
    ],
    property=lemma(),
    verdicts={
        "old-octet-share": holds("65535 / 2^32 is 1.5e-5 for a number picked at random"),
    },
    folklore="The probability is that of a random first number; with a clock or numbers beyond the "
    "last ones it is none, with the same number every time it is one.",
)

numbers_apart = Claim(
    code="P71b",
    id="isn-distance-that-suffices",
    says="No old octet is acceptable if the new first number is beyond the old numbers and the "
    "window does not come round to them.",
    sources=[rfc(9293, "3.4.1"), rfc(9293, "3.4.3")],
    property=lemma(),
    verdicts={"old-octet": holds("and by one number less apart, one is")},
)

window_test = Claim(
    code="P75b",
    id="window-test-is-modular",
    says="The acceptability test is the table of the RFC, and finds what overlaps the window, "
    "wherever in the 2^32 numbers that lies.",
    sources=[rfc(9293, "3.4"), rfc(9293, "3.10.7.4 first, Table 6")],
    property=lemma(),
    verdicts={
        "window-test": holds("comparisons that go round agree with the four cases"),
        "window-overlap": holds("first and last octet are enough for segments not longer"),
    },
)

no_ack_of_acks = Claim(
    code="P77",
    id="syn-occupies-one-ack-none",
    says="A bare ACK occupies no number: it is not acknowledged in turn.",
    sources=[
        rfc(9293, "3.4", "otherwise we would wind up acknowledging ACKs"),
        seed("f6cf09d2", "the third message has seq = x+1, and so has the first octet after it"),
    ],
    property=lemma(),
    verdicts={"ack-of-ack": holds("an octet is acknowledged, a segment without one is not")},
)

ack_not_repeated = Claim(
    code="P78",
    id="pure-ack-never-retransmitted",
    says="A bare ACK is not sent again by any timer.",
    sources=[
        seed("32ba5318", "an ACK is not sent again: if it is lost, the peer sends again"),
        rfc(9293, "3.8.1"),
    ],
    property=lemma(),
    verdicts={"silent-timers": holds("the retransmission queue holds what occupies a number")},
    folklore="That is: not by itself.  What comes again is answered again, so ACKs do repeat.",
)

reset_out_of_window = Claim(
    code="P34l",
    id="out-of-window-changes-nothing",
    says="A segment outside the window changes nothing, and is answered by an ACK at most.",
    sources=[rfc(9293, "3.10.7.4 first"), rfc(9293, "3.5.3")],
    property=lemma(),
    verdicts={"out-of-window": holds("but for the FIN that comes again in TIME-WAIT")},
)

third_message_is_exact = Claim(
    code="P14l",
    id="third-message-names-the-isn",
    says="Only ACK = ISS+1 connects a server that has answered a SYN.",
    sources=[
        seed("f6cf09d2", "the server checks whether ack is y+1"),
        rfc(9293, "3.10.7.4 fifth, SYN-RECEIVED"),
    ],
    property=lemma(),
    verdicts={
        "ack-of-our-syn": holds("of 2^32 acknowledgments one is right"),
        "opening-numbers": holds("what that takes for granted is kept by every rule"),
    },
)
