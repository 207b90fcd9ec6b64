"""The switches about attack and defence; `security` says what of them contradicts what."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmodel.tcp.switch import switch


@dataclass(frozen=True)
class SecuritySwitches:
    """An adversary; throttled ACKs, timestamps, SYN cookies, Fast Open, a bounded backlog."""

    adversary: str = switch(
        "none",
        "who forges segments: nobody; one off the path, who guesses; or one on it, who sees, "
        "copies and drops",
        "none",
        "off_path",
        "on_path",
    )
    forgeries: int = switch(0, "how often the adversary acts", low=0, high=3)
    forges: str = switch(
        "any",
        "what it forges: any segment, some kind, a client's part of the handshake (SYN and ACK), "
        "or SYNs of other connections from addresses that never answer",
        "any",
        "handshake",
        "rst",
        "syn",
        "ack",
        "fin",
        "data",
        "syn_flood",
    )
    guess: str = switch(
        "window",
        "the numbers of an adversary off the path: outside the victim's window, inside but not at "
        "its edge, exactly at the edge, or from initial numbers learned in the first connection",
        "outside",
        "window",
        "exact",
        "learned",
    )
    ack_throttle: str = switch(
        "off", "whether a pure ACK that is unacceptable is left without answer", "off", "on"
    )
    ts_paws: str = switch(
        "off", "RFC 7323: segments carry timestamps, older ones are rejected", "off", "on"
    )
    syn_cookies: str = switch(
        "off", "RFC 4987: a listener stores nothing until its SYN is acknowledged", "off", "on"
    )
    tfo: str = switch(
        "off", "RFC 7413: text comes with a client's SYN and is delivered at once", "off", "on"
    )
    backlog: int = switch(
        0, "half-open connections that a listener keeps; 0: any number", low=0, high=3
    )
    backlog_policy: str = switch(
        "drop", "a SYN that finds the backlog full: dropped, or replaces another", "drop", "evict"
    )
    backlog_expiry: str = switch(
        "off",
        "whether a listener gives a half-open connection up, at any time: its place is free again",
        "off",
        "on",
    )
