"""The fields of an endpoint as people spell them, and what their changes mean."""

from __future__ import annotations

NO_CONNECTION = ("CLOSED", "LISTEN")
"""The states in which an endpoint has no connection, not even an embryonic one."""

TCB = {
    "iss": "ISS",
    "irs": "IRS",
    "snd_una": "SND.UNA",
    "snd_nxt": "SND.NXT",
    "rcv_nxt": "RCV.NXT",
    "rtx_timer": "retransmission timer",
    "passive": "passive",
    "snd_wnd": "SND.WND",
    "snd_wl1": "SND.WL1",
    "snd_wl2": "SND.WL2",
}
"""Fields of an endpoint that a change of state explains, as people spell them."""

TOLD = {"state", "inc", "peer", "timer", "outcome", "confirmed", "stale_text", "stale_fin"} | {
    *("taken", "got", "duplicated", "skipped", "overtaken", "cut"),
    *("sent", "swayed", "cut_short", "served", "served_twice"),
}
"""Fields of an endpoint whose changes have words of their own."""

GHOSTS = {
    "stale_text": "has delivered text of an old incarnation",
    "stale_fin": "has taken an old FIN for a new one",
    "duplicated": "has delivered an octet twice",
    "skipped": "has delivered an octet before an earlier one",
    "overtaken": "has delivered an octet after a later one",
    "cut": "has taken the FIN before an octet that precedes it",
    "cut_short": "its TIME-WAIT is cut short",
    "served_twice": "has delivered the text of a SYN twice",
}
"""What it means that a ghost becomes true."""

FORGED = {"stale_text": "has delivered forged text", "stale_fin": "has taken a forged FIN"}
"""What it means if a forged segment does it."""

OUTCOMES = {
    "refused": "its user is told: connection refused",
    "reset": "its user is told: connection reset",
    "timeout": "its user is told: connection timed out",
}
"""What the end of a connection means to its user."""
