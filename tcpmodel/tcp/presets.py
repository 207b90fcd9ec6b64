"""The named scenarios: what each stands for, and how it differs from RFC 9293.

Data only; `scenario` makes `Scenario`s of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

Changes: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True)
class Preset:
    """What a named scenario stands for, and which switches are not at their neutral values."""

    says: str
    changes: Changes


_TWO: Changes = {"handshake": "two", "rst": "off", "rfc5961": "off"}
_CLOCK: Changes = {"isn": "constant", "gives_up": "off", "loss": 0, "msl": 1, "time_wait": 2}
_TICKING = "a clock, no loss, the same numbers every time"
_SEED: Changes = {
    "rst": "off",
    "rfc5961": "off",
    "simultaneous_open": "off",
    "gives_up": "off",
    "msl": 1,
    "time_wait": 2,
}
# One tick is a second.  RTO_MAX, TIME-WAIT and tcp_fin_timeout are Linux's; its documentation gives
# tcp_synack_retries=5, tcp_retries2=15, tcp_orphan_retries=0 (meaning 8).  Its RTO for text begins
# at 0.2 s or the measured one, not at a tick.
_LINUX: Changes = {
    "msl": 30,
    "time_wait": 60,
    "rto": 1,
    "rto_policy": "linear4",
    "rto_cap": 120,
    "retries": 15,
    "syn_retries": 6,
    "synack_retries": 5,
    "orphan_retries": 8,
    "fin_timeout": 60,
}

PRESET_TABLE: Mapping[str, Preset] = {
    "rfc9293": Preset("RFC 9293, every switch at its neutral value", {}),
    "rfc9293_literal": Preset(
        "each check of 3.10.7.4 in its place: no exception for a repeated FIN in TIME-WAIT, nor "
        "for an ACK out of range in SYN-RECEIVED (on which 3.5.2 has the last word elsewhere)",
        {"synrcvd_bad_ack": "challenge", "time_wait_restart": "off"},
    ),
    "rfc9293_no5961": Preset("RFC 9293 without what it has from RFC 5961", {"rfc5961": "off"}),
    "rfc793": Preset(
        "RFC 793: no RFC 5961, a new SYN resets SYN-RECEIVED",
        {"rfc5961": "off", "synrcvd_inwindow_syn": "rst"},
    ),
    "const_isn": Preset("every connection begins with the same number", {"isn": "constant"}),
    "two_way": Preset("two messages, and silence instead of resets", _TWO),
    "two_way_rst": Preset("two messages", {"handshake": "two", "rfc5961": "off"}),
    "two_way_deltat": Preset(
        "two messages, and one MSL between connections instead of a third (Fletcher and Watson)",
        {**_CLOCK, **_TWO, "reuse_wait": 1},
    ),
    "flags_only": Preset(
        "no numbers: every ACK acknowledges everything",
        {"handshake": "three_noseq", "isn": "constant", "rfc5961": "off"},
    ),
    "four_naive": Preset("the server sends its ACK and its SYN apart", {"handshake": "four_naive"}),
    "split": Preset("the server answers a SYN by a SYN", {"handshake": "split"}),
    "textbook": Preset("three messages, four waves, 2 MSL; no word about resets", _SEED),
    "clock": Preset(
        "a clock, and a TIME-WAIT of 2 MSL; no loss, the same numbers every time", _CLOCK
    ),
    "tw0": Preset(f"{_TICKING}, no TIME-WAIT", {**_CLOCK, "time_wait": 0}),
    "tw1": Preset(f"{_TICKING}, TIME-WAIT of 1 MSL", {**_CLOCK, "time_wait": 1}),
    "tw2": Preset(f"{_TICKING}, TIME-WAIT of 2 MSL", {**_CLOCK, "time_wait": 2}),
    "seed0_misread": Preset(
        "a description that has FIN-WAIT-1 begin when the FIN is acknowledged",
        {**_CLOCK, "active_close": "late"},
    ),
    "freertos1303": Preset(
        "an active close that ends like a passive one (issue 1303 of FreeRTOS-Plus-TCP)",
        {**_CLOCK, "active_close": "passive"},
    ),
    "linux": Preset("the timers of Linux, in seconds", _LINUX),
    "linux_old": Preset(
        "Linux before 3.6 and 3.7 (2012): no RFC 5961, five retries of a SYN, all doubled",
        {**_LINUX, "rfc5961": "off", "rto_policy": "exponential", "syn_retries": 5},
    ),
    "tcp_tfo": Preset(
        "TCP Fast Open: text comes with a client's SYN", {"tfo": "on", "data": 1, "senders": "A"}
    ),
    "syncookie": Preset("SYN cookies: a listener stores nothing", {"syn_cookies": "on"}),
    "udp": Preset("no connection, for contrast", {"protocol": "udp", "data": 2, "incarnations": 1}),
    "bench4": Preset("for measuring: two messages, about 10^4 states", _TWO),
    "bench5": Preset("for measuring: about 10^5 states", {"abort": "on"}),
    "bench6": Preset("for measuring: about 10^6 states", {"roles": "any", "closes": "either"}),
    "bench7": Preset(
        "for measuring: about 10^7 states", {"data": 1, "closes": "either", "abort": "on"}
    ),
}
"""The presets by name."""
