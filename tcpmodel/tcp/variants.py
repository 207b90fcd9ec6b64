"""The switches of opening, closing and resets: what excludes what, and what a verdict says of them.

Tables instead of code: a row of `REFUSED` is a combination without meaning, a row of `REMARKS` is
what a value that is not the RFC's adds to the assumptions of a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

Settings: TypeAlias = Mapping[str, str | int]

REFUSED: tuple[tuple[Settings, str], ...] = (
    (
        {"handshake": "four_naive", "retransmit": "off"},
        "the server's SYN follows its ACK when its timer runs out, which retransmit=off forbids; "
        "drop one of them",
    ),
    (
        {"handshake": "four_naive", "simultaneous_open": "off"},
        "the client takes a SYN that comes before the ACK as in a simultaneous open; "
        "use simultaneous_open=on or another handshake",
    ),
    (
        {"handshake": "three_noseq", "seq_check": "a2"},
        "Appendix A.2 is about numbers that flags alone do not have; use another handshake",
    ),
    (
        {"handshake": "three_noseq", "server_memory": "per_peer_last_inc"},
        "the server remembers numbers that flags alone do not have; use another handshake",
    ),
    (
        {"handshake": "three_noseq", "dup_syn_in_synrcvd": "resend_synack"},
        "with flags alone an identical SYN cannot be told from a new one; use another handshake",
    ),
    (
        {"handshake": "two", "dup_syn_in_synrcvd": "resend_synack"},
        "a server that is ESTABLISHED at once is never in SYN-RECEIVED; drop one of them",
    ),
    (
        {"handshake": "four_naive", "dup_syn_in_synrcvd": "resend_synack"},
        "this handshake has no SYN,ACK to send again; drop one of them",
    ),
    (
        {"rst_sender_state": "time_wait", "rst": "off"},
        "nobody sends a reset that could lead to TIME-WAIT; use rst=on",
    ),
    (
        {"half_close": "half_duplex", "rst": "off"},
        "text after CLOSE is answered by a reset; use rst=on",
    ),
    (
        {"half_close": "shutdown_wr", "rst": "off"},
        "text after CLOSE is answered by a reset; use rst=on",
    ),
    (
        {"fin_piggyback": "allowed", "second_close": "never"},
        "a FIN answers the peer's FIN only if the user closes; drop one of them",
    ),
    *(
        ({"active_close": value, other: setting}, advice)
        for value in ("late", "passive")
        for other, setting, advice in (
            (
                "reassembly",
                "hold",
                "where a FIN that was held back leads is RFC 9293's to say; use reassembly=drop",
            ),
            (
                "seq_check",
                "a2",
                "Appendix A.2 is about the states of RFC 9293; use seq_check=literal",
            ),
            (
                "rst_sender_state",
                "time_wait",
                "Note 3 is about the states of RFC 9293; use rst_sender_state=closed",
            ),
        )
    ),
    (
        {"synrcvd_bad_ack": "challenge", "rfc5961": "off"},
        "the challenge ACK is that of RFC 5961; use rfc5961=on",
    ),
)
"""Settings that contradict each other, and what to do about it."""

REMARKS: Mapping[str, tuple[tuple[str, str, str], ...]] = {
    "handshake": (
        ("simultaneous_open", "off", "no simultaneous open"),
        ("seq_check", "a2", "sequence check with Appendix A.2"),
        ("origin_memory", "off", "origin of SYN-RECEIVED forgotten"),
        ("dup_syn_in_synrcvd", "resend_synack", "an identical SYN is answered by SYN,ACK"),
        ("synrcvd_inwindow_syn", "rst", "a new SYN resets SYN-RECEIVED"),
        ("synrcvd_bad_ack", "challenge", "RFC 5961 also in SYN-RECEIVED"),
        ("server_memory", "per_peer_last_inc", "the server remembers the last SYN it accepted"),
    ),
    "TIME-WAIT": (("rst_sender_state", "time_wait", "also entered by who sends a reset"),),
    "users": (
        ("half_close", "half_duplex", "CLOSE ends receiving too"),
        ("half_close", "shutdown_wr", "shutdown first, CLOSE later ends receiving"),
        ("active_close", "late", "FIN-WAIT-1 entered when the FIN is acknowledged"),
        ("active_close", "passive", "the peer's FIN always answered as in a passive close"),
        ("fin_piggyback", "allowed", "users may CLOSE as the FIN arrives"),
        ("second_close", "never", "no CLOSE after the peer's"),
    ),
}
"""Topic → (switch, value, what is assumed then)."""


def refusals(switches: Settings) -> Iterator[str]:
    """Why these switches have no meaning together; nothing if they have one."""
    for settings, advice in REFUSED:
        if all(switches[key] == value for key, value in settings.items()):
            named = " and ".join(f"{key}={value}" for key, value in settings.items())
            yield f"{named} contradict each other: {advice}"


def remarks(topic: str, switches: Settings) -> str:
    """What is to be added to a topic of the assumptions, beginning with a comma if anything is."""
    rows = REMARKS[topic]
    return "".join(f", {words}" for key, value, words in rows if switches[key] == value)
