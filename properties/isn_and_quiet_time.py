"""Initial sequence numbers where memory ends: after a crash, and when TIME-WAIT is cut short.

Numbers keep the segments of two connections apart only if the second begins beyond the first.  A
host that has crashed does not know where that is: it has to wait (P72).  A host in TIME-WAIT knows:
it may begin at once (P62), on two conditions.
"""

from tcpmodel.claims import *

_MAY_2 = rfc(9293, "3.6.1 MAY-2", "accept a new SYN in TIME-WAIT, on two conditions")
_NO_REOPENING = seed("8b6640a8", "in TIME-WAIT the same connection cannot be opened again")

quiet_time = Claim(
    code="P72",
    id="quiet-time",
    says="No octet that a client sent before it crashed is delivered in its next connection.",
    sources=[rfc(9293, "3.4.3", "keep quiet for an MSL"), rfc(5961, "5.2")],
    property=always(lambda w: implies(w.B.inc == 2, none_of(w.B.stale_text))),
    verdicts={
        "clock closes=nobody crash=A isn=distinct rfc5961=off data=1 senders=A retransmit=off "
        "dup=1": fails("it begins with the same number again while a copy is under way"),
        "clock closes=nobody crash=A isn=distinct rfc5961=off data=1 senders=A retransmit=off "
        "dup=1 quiet=1": holds("after one MSL the copy is gone"),
        "clock closes=nobody crash=A isn=distinct rfc5961=off data=1 senders=A retransmit=off "
        "dup=1 msl=2 time_wait=4 quiet=1": fails("half an MSL is not enough"),
        "clock closes=nobody crash=A isn=distinct rfc5961=off data=1 senders=A retransmit=off "
        "dup=1 msl=2 time_wait=4 quiet=2": holds("it is one MSL, not a number of seconds"),
        "clock closes=nobody crash=A isn=distinct data=1 senders=A retransmit=off dup=1": holds(
            "without any wait: the old octet acknowledges a number of the server that is too old, "
            "which RFC 5961 checks; the server did not crash, its numbers are fresh"
        ),
    },
    folklore="The quiet time is needed only if nothing else tells old from new: the range check on "
    "acknowledgments of RFC 5961, meant against attackers, does.",
)

timewait_reopen = Claim(
    code="P62",
    id="timewait-reopen-rfc1122",
    says="No octet of the old connection is delivered to the client in one that reopens TIME-WAIT.",
    sources=[_MAY_2, rfc(1122, "4.2.2.13"), _NO_REOPENING],
    property=always(lambda w: implies(w.A.inc == 2, none_of(w.A.stale_text))),
    verdicts={
        "tw2 tw_rfc1337=on closes=B data=1 senders=B retransmit=off dup=1": holds(
            "TIME-WAIT has outlasted it"
        ),
        "tw2 tw_rfc1337=on closes=B data=1 senders=B retransmit=off dup=1 tw_reopen=rfc1122": holds(
            "the new numbers begin beyond it: condition (1)"
        ),
        "tw2 tw_rfc1337=on closes=B data=1 senders=B retransmit=off dup=1 "
        "tw_reopen=rfc1122_no1": fails("the new numbers are the old ones, and it is next in order"),
    },
    folklore="That TIME-WAIT keeps the connection from being opened again is the rule, not a law: "
    "who knows its last number may open at once.",
)

timewait_survives_old_syn = Claim(
    code="P62b",
    id="timewait-survives-old-syn",
    says="TIME-WAIT is not lost to a SYN that turns out to be an old duplicate.",
    sources=[_MAY_2, rfc(1122, "4.2.2.13")],
    property=always(lambda w: none_of(w.ended("B", "refused"))),
    verdicts={
        "tw2 tw_rfc1337=on closes=B tw_reopen=rfc1122": holds(
            "the reset that answers leads back to TIME-WAIT: condition (2)"
        ),
        "tw2 tw_rfc1337=on closes=B tw_reopen=rfc1122_no2": fails(
            "the reset that answers leads to CLOSED, before 2 MSL are over"
        ),
    },
)

reopening_resets_the_peer = Claim(
    code="P62c",
    id="reopening-spares-the-passive-closer",
    says="A passive closer's close is never answered by a reset.",
    sources=[_MAY_2, rfc(9293, "3.10.7.4 fifth, SYN-RECEIVED")],
    property=always(lambda w: none_of(w.ended("A", "reset"))),
    verdicts={
        "tw2 tw_rfc1337=on closes=B isn=distinct": holds("TIME-WAIT only ever acknowledges"),
        "tw2 tw_rfc1337=on closes=B isn=distinct tw_reopen=rfc1122": fails(
            "an old SYN leads to SYN-RECEIVED before the last ACK has arrived; there the peer's "
            "answer acknowledges too little, and is answered by a reset that it accepts"
        ),
    },
    folklore="The two conditions of RFC 1122 protect the new connection; the end of the old one "
    "they do not.",
)
