"""Scenarios: which TCP, on which network, used how.

A `Scenario` is a frozen set of switches.  Presets name the useful ones; every other is made from a
preset by `replace` or, in text, by `PRESET key=value …`.  The neutral value of a switch is the one
of RFC 9293.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.presets import PRESET_TABLE
from tcpmodel.tcp.security import assumptions, conflict
from tcpmodel.tcp.security_switches import SecuritySwitches
from tcpmodel.tcp.switch import Switch, hint, switch
from tcpmodel.tcp.text_switches import TextSwitches
from tcpmodel.tcp.time_switches import TimeSwitches
from tcpmodel.tcp.variants import refusals, remarks

MAX_DIGITS = 9


@dataclass(frozen=True)
class Scenario(SecuritySwitches, TextSwitches, TimeSwitches):
    """The switches of a model.  The defaults are the preset `rfc9293`."""

    name: str = "rfc9293"

    handshake: str = switch(
        "three",
        "messages to open: two (the server is ESTABLISHED at once), three, three with flags "
        "only (no numbers: every ACK acknowledges everything), four (the server sends ACK and SYN "
        "apart), or split (the server answers by a SYN, as if both had opened)",
        "two",
        "three",
        "three_noseq",
        "four_naive",
        "split",
    )
    simultaneous_open: str = switch(
        "on", "whether SYN-SENT takes a SYN without ACK (MUST-10) or ignores it", "on", "off"
    )
    seq_check: str = switch(
        "literal",
        "whether the ACK of a repeated SYN or FIN is dropped with it (3.10.7.4) or counts (A.2)",
        *("literal", "a2"),
    )
    origin_memory: str = switch(
        "on",
        "whether SYN-RECEIVED remembers if the OPEN was passive (MUST-11); off: always to LISTEN",
        *("on", "off"),
    )
    dup_syn_in_synrcvd: str = switch(
        "ack",
        "answer to an identical SYN in SYN-RECEIVED: an ACK, or SYN,ACK again (as Linux does)",
        *("ack", "resend_synack"),
    )
    synrcvd_inwindow_syn: str = switch(
        "listen",
        "a new SYN in SYN-RECEIVED after a passive OPEN: back to LISTEN, or reset (RFC 793)",
        *("listen", "rst"),
    )
    synrcvd_bad_ack: str = switch(
        "reset",
        "an ACK out of range in SYN-RECEIVED: reset (3.5.2), or challenge ACK (RFC 5961)",
        *("reset", "challenge"),
    )
    server_memory: str = switch(
        "none",
        "what a listener remembers: nothing, or the last SYN it accepted, ignoring older ones",
        *("none", "per_peer_last_inc"),
    )
    rst: str = switch("on", "whether resets are sent (3.5.2); off: silence instead", "on", "off")
    rfc5961: str = switch(
        "on", "RFC 5961: exact reset, challenge ACK, range of acceptable ACKs", "on", "off"
    )
    isn: str = switch(
        "distinct",
        "initial sequence numbers: always the same, apart per incarnation, any value, or told by a "
        "run that is written down",
        "constant",
        "distinct",
        "free",
        "given",
    )
    width: int = switch(5, "bits of a sequence number", low=2, high=32)
    window: int = switch(2, "receive window in octets", low=1, high=1 << 16)
    incarnations: int = switch(
        2, "connections an endpoint may open, one after the other", low=1, high=7
    )
    roles: str = switch(
        "client_server",
        "who opens: A actively and B passively; both actively; either in either way; or A alone, "
        "whose peer is dead",
        "client_server",
        "both_active",
        "any",
        "alone",
    )
    closes: str = switch("A", "who calls CLOSE first", "A", "B", "either", "nobody")
    gives_up: str = switch(
        "on",
        "whether users CLOSE before anything has been received (LISTEN, SYN-SENT)",
        "on",
        "off",
    )
    abort: str = switch("off", "whether users call ABORT", "off", "on")
    half_close: str = switch(
        "simplex",
        "what CLOSE means: no more is sent; nor received (MAY-1: text is answered by a reset); or "
        "first shutdown of sending, then CLOSE of receiving",
        *("simplex", "half_duplex", "shutdown_wr"),
    )
    fin_piggyback: str = switch(
        "never",
        "whether a user may CLOSE as the FIN arrives, so that FIN,ACK answers it",
        *("never", "allowed"),
    )
    active_close: str = switch(
        "rfc",
        "states of the side that closes first: as in Figure 5; late: FIN-WAIT-1 is entered when "
        "the FIN is acknowledged; passive: the peer's FIN leads to LAST-ACK or CLOSE-WAIT",
        *("rfc", "late", "passive"),
    )
    second_close: str = switch(
        "always", "whether users CLOSE after the peer has closed", "always", "never"
    )
    rst_sender_state: str = switch(
        "closed",
        "where a synchronized endpoint goes that sends a reset: 3.10.5, or 3.5.2 and Note 3",
        *("closed", "time_wait"),
    )
    data: int = switch(0, "octets each user sends per connection", low=0, high=3)
    senders: str = switch("both", "whose user sends the data", "A", "B", "both")
    channel: str = switch(
        "bag",
        "what is under way: reordered, in order, or everything ever sent (bounded search only)",
        "bag",
        "fifo",
        "history",
    )
    capacity: int = switch(2, "segments under way per direction", low=1, high=6)
    loss: str | int = switch("any", "segments that the network may lose", "any", low=0, high=7)
    dup: str | int = switch(0, "segments that the network may duplicate", "any", low=0, high=7)
    link: str = switch(
        "both",
        "whether both directions of the network work, or either may be broken from the start: "
        "whatever an endpoint sends that way is lost",
        "both",
        "any",
    )
    retransmit: str = switch(
        "any",
        "retransmission: at any time as long as something is unacknowledged, or never",
        "any",
        "off",
    )
    msl: int = switch(
        0, "maximum segment lifetime in ticks; 0: no clock, segments live for ever", low=0, high=120
    )
    time_wait: str | int = switch(
        "any", "length of TIME-WAIT in ticks, or any (no clock needed)", "any", low=0, high=240
    )
    time_wait_restart: str = switch(
        "on", "whether a retransmitted FIN restarts TIME-WAIT (3.10.7.4)", "on", "off"
    )
    tw_rfc1337: str = switch("off", "RFC 1337: resets are ignored in TIME-WAIT", "off", "on")
    rto: int = switch(
        0,
        "what is unacknowledged is sent again at least every so many ticks; 0: no bound",
        low=0,
        high=16,
    )

    def __post_init__(self) -> None:
        for key, kind in SWITCHES.items():
            kind.parse(key, str(getattr(self, key)))
        for refusal in refusals(self.switches):
            raise ModelError(refusal)
        if self.window > 1 << (self.width - 1):
            raise ModelError(
                f"window={self.window} is more than half of the sequence space of "
                f"width={self.width} bits; "
                "make the window smaller or the width larger"
            )
        if self.window + self.data + 2 >= 1 << self.width:
            raise ModelError(
                f"SYN, data={self.data}, FIN and window={self.window} go all the way round the "
                f"sequence space of width={self.width} bits; "
                "make the width larger or the window smaller"
            )
        self.check_text()
        if self.rto and self.retransmit == "off":
            raise ModelError(
                f"rto={self.rto} bounds a retransmission that retransmit=off forbids; "
                "drop one of them"
            )
        if self.msl == 0 and (self.time_wait != "any" or self.rto):
            raise ModelError(
                "time_wait and rto are in ticks: set msl to at least 1 to have a clock"
            )
        if self.msl and self.time_wait == "any":
            raise ModelError(
                f"msl={self.msl} starts a clock: say how long TIME-WAIT is, "
                f"e.g. time_wait={2 * self.msl}"
            )
        if self.isn == "distinct" and self.incarnations * self.isn_stride >= 1 << (self.width - 1):
            raise ModelError(
                f"isn=distinct has no room for incarnations={self.incarnations} of "
                f"{self.isn_stride} sequence numbers each in width={self.width} bits; "
                "make the width larger"
            )
        if self.link == "any" and self.channel == "history":
            raise ModelError("link=any is about a channel that takes segments: use a bag or fifo")
        if self.isn == "free" and self.width > 6:
            raise ModelError("isn=free tries every value: use width=6 or less")
        if self.isn == "given" and self.channel != "history":
            raise ModelError(
                "isn=given is for runs that are written down (tcpmodel run), which have "
                "channel=history; a search needs isn=constant, distinct or free"
            )
        self.check_time()
        if contradiction := conflict(self.switches):
            raise ModelError(contradiction)

    @property
    def isn_stride(self) -> int:
        """How far apart `distinct` initial sequence numbers are: neither the numbers that an
        incarnation uses nor its receive window reach those of the next one.
        """
        return self.data + self.window + 2

    @property
    def lossy(self) -> bool:
        """Anything may be lost: what finds no room, and what has reached its maximum lifetime.

        Where losses are counted (or none happen) a segment finds room and arrives in time.
        """
        return self.loss == "any"

    @property
    def switches(self) -> dict[str, str | int]:
        """Every switch with its value."""
        return {key: getattr(self, key) for key in SWITCHES}

    @property
    def spelled(self) -> str:
        """The scenario as text: `PRESET key=value …`, such that `scenario(text)` gives it back."""
        base = PRESETS.get(self.name, Scenario())
        changed = [f"{k}={v}" for k, v in self.switches.items() if v != getattr(base, k)]
        return " ".join([base.name, *changed])

    @property
    def assumptions(self) -> dict[str, str]:
        """What a verdict about this scenario takes for granted, by topic."""
        history = self.channel == "history"
        broken = "" if self.link == "both" else ", or all that is sent in a broken direction"
        resets = "" if self.rst == "on" else ", resets off"
        challenges = "" if self.rfc5961 == "off" else ", RFC 5961"
        attempt = " (also of an attempt)" if self.gives_up == "on" else ""
        faults = f"loss {_number(self.loss)}, duplication {_number(self.dup)}"
        clock = (
            f"MSL {self.msl} ticks, TIME-WAIT {self.time_wait} ticks"
            f"{'' if self.time_wait_restart == 'on' else ' not restarted by a FIN'}; "
            "a lifetime that ends with a timer ends first"
        )
        return {
            "handshake": f"{self.handshake}{resets}{challenges}"
            + remarks("handshake", self.switches),
            "ISN": self.isn,
            "sequence numbers": f"mod 2^{self.width}, window {self.window}",
            "incarnations": f"at most {self.incarnations} per endpoint",
            "channel": "everything ever sent"
            if history
            else f"{self.channel} of {self.capacity} per direction",
            "faults": "loss, duplication and reordering of any number"
            if history
            else faults + broken,
            **self.time_assumptions,
            "TIME-WAIT": (
                "ended by no reset (RFC 1337)"
                if self.tw_rfc1337 == "on"
                else "ended by a valid reset"
            )
            + ("" if self.tw_reopen == "off" else f", reopened by a SYN ({self.tw_reopen})")
            + remarks("TIME-WAIT", self.switches),
            "clock": clock if self.msl else "none",
            "users": f"{self.roles}, first CLOSE by {self.closes}{attempt}, ABORT {self.abort}, "
            f"{self.data} octets sent by {self.senders}{self.way_of_text}"
            + remarks("users", self.switches),
            **assumptions(self.switches),
        }


def _number(limit: str | int) -> str:
    return "of any number" if limit == "any" else f"at most {limit}" if limit else "none"


_MIXED_IN = set[str]().union(
    *(kind.__annotations__ for kind in (SecuritySwitches, TextSwitches, TimeSwitches))
)

SWITCHES: Mapping[str, Switch] = {
    f.name: f.metadata["switch"]
    for f in sorted(fields(Scenario), key=lambda f: f.name in _MIXED_IN)
    if "switch" in f.metadata
}
"""Every switch by its key."""

PRESETS: Mapping[str, Scenario] = {
    name: Scenario(name=name, **preset.changes) for name, preset in PRESET_TABLE.items()
}
"""The named scenarios."""


def scenario(text: str) -> Scenario:
    """The scenario that `PRESET key=value …` names.

    Raises `ModelError`, with the nearest valid names, for an unknown preset, switch or value.
    """
    words = text.split()
    name = words[0] if words and "=" not in words[0] else "rfc9293"
    if name not in PRESETS:
        raise ModelError(f"no preset {name!r}{hint(name, PRESETS)}; presets: {', '.join(PRESETS)}")
    changes: dict[str, Any] = {}
    for word in words[1:] if words and "=" not in words[0] else words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ModelError(f"expected key=value, not {word!r}, after the preset {name}")
        if key not in SWITCHES:
            raise ModelError(
                f"no switch {key!r}{hint(key, SWITCHES)}; switches: {', '.join(SWITCHES)}"
            )
        changes[key] = SWITCHES[key].parse(key, value)
    return replace(PRESETS[name], **changes)
