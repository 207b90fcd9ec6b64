"""The eleven states of RFC 9293 section 3.3.2, in the order of Figure 5."""

from __future__ import annotations

from tcpmodel.core.terms import Enumeration, Term

STATE = Enumeration(
    "state",
    (
        "CLOSED",
        "LISTEN",
        "SYN-SENT",
        "SYN-RECEIVED",
        "ESTABLISHED",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "CLOSE-WAIT",
        "CLOSING",
        "LAST-ACK",
        "TIME-WAIT",
    ),
)

CLOSED = STATE.term("CLOSED")
LISTEN = STATE.term("LISTEN")
SYN_SENT = STATE.term("SYN-SENT")
SYN_RECEIVED = STATE.term("SYN-RECEIVED")
ESTABLISHED = STATE.term("ESTABLISHED")
FIN_WAIT_1 = STATE.term("FIN-WAIT-1")
FIN_WAIT_2 = STATE.term("FIN-WAIT-2")
CLOSE_WAIT = STATE.term("CLOSE-WAIT")
CLOSING = STATE.term("CLOSING")
LAST_ACK = STATE.term("LAST-ACK")
TIME_WAIT = STATE.term("TIME-WAIT")

STATES: dict[str, Term] = {
    "CLOSED": CLOSED,
    "LISTEN": LISTEN,
    "SYN_SENT": SYN_SENT,
    "SYN_RECEIVED": SYN_RECEIVED,
    "ESTABLISHED": ESTABLISHED,
    "FIN_WAIT_1": FIN_WAIT_1,
    "FIN_WAIT_2": FIN_WAIT_2,
    "CLOSE_WAIT": CLOSE_WAIT,
    "CLOSING": CLOSING,
    "LAST_ACK": LAST_ACK,
    "TIME_WAIT": TIME_WAIT,
}
"""The states by the names that formulas use."""

SYNCHRONIZED = (
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    CLOSE_WAIT,
    CLOSING,
    LAST_ACK,
    TIME_WAIT,
)
"""The states in which both sides' initial sequence numbers are agreed (RFC 9293 section 3.5.1)."""

OUTCOME = Enumeration(
    "outcome", ("none", "closed", "refused", "reset", "aborted", "timeout", "crashed")
)
"""How the last connection of an endpoint ended, as its user was told (RFC 9293 MUST-12); `crashed`:
its user is gone as well.
"""

SWAYED = Enumeration("swayed", ("nothing", "attempt", "connection"))
"""Whose state a forged segment has changed: nobody's, an attempt's to connect, a connection's."""
