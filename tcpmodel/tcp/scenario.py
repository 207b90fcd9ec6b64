"""Scenarios: which TCP, on which network, used how.

A `Scenario` is a frozen set of switches.  Presets name the useful ones; every other is made from a
preset by `replace` or, in text, by `PRESET key=value …`.  The neutral value of a switch is the one
of RFC 9293.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any

from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.security import assumptions, conflict

MAX_DIGITS = 9


@dataclass(frozen=True)
class Switch:
    """A switch: what it means, and its values (names, or numbers from `low` to `high`)."""

    meaning: str
    names: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None

    @property
    def values(self) -> str:
        """The values in words."""
        numbers = () if self.low is None else (f"{self.low}..{self.high}",)
        return " | ".join((*self.names, *numbers))

    def parse(self, key: str, text: str) -> str | int:
        """The value that `text` spells; raises `ModelError` naming the valid ones."""
        if text in self.names:
            return text
        numbers = range(self.low or 0, (-1 if self.high is None else self.high) + 1)
        if text.isdecimal() and len(text) <= MAX_DIGITS and int(text) in numbers:
            return int(text)
        raise ModelError(
            f"switch {key} has no value {text!r}{_hint(text, self.names)}; it takes {self.values}"
        )


def _switch(
    default: Any, meaning: str, *names: str, low: int | None = None, high: int | None = None
) -> Any:
    return field(default=default, metadata={"switch": Switch(meaning, names, low, high)})


@dataclass(frozen=True)
class Scenario:
    """The switches of a model.  The defaults are the preset `rfc9293`."""

    name: str = "rfc9293"

    handshake: str = _switch(
        "three",
        "messages to open: two (the server is ESTABLISHED at once), three, or three with flags "
        "only (no numbers: every ACK acknowledges everything)",
        "two",
        "three",
        "three_noseq",
    )
    rst: str = _switch("on", "whether resets are sent (3.5.2); off: silence instead", "on", "off")
    rfc5961: str = _switch(
        "on", "RFC 5961: exact reset, challenge ACK, range of acceptable ACKs", "on", "off"
    )
    isn: str = _switch(
        "distinct",
        "initial sequence numbers: always the same, apart per incarnation, or any value",
        "constant",
        "distinct",
        "free",
    )
    width: int = _switch(5, "bits of a sequence number", low=2, high=32)
    window: int = _switch(2, "receive window in octets", low=1, high=1 << 16)
    incarnations: int = _switch(
        2, "connections an endpoint may open, one after the other", low=1, high=7
    )
    roles: str = _switch(
        "client_server",
        "who opens: A actively and B passively; both actively; or either in either way",
        "client_server",
        "both_active",
        "any",
    )
    closes: str = _switch("A", "who calls CLOSE first", "A", "B", "either", "nobody")
    gives_up: str = _switch(
        "on",
        "whether users CLOSE before anything has been received (LISTEN, SYN-SENT)",
        "on",
        "off",
    )
    abort: str = _switch("off", "whether users call ABORT", "off", "on")
    data: int = _switch(0, "octets each user sends per connection", low=0, high=3)
    senders: str = _switch("both", "whose user sends the data", "A", "B", "both")
    channel: str = _switch(
        "bag",
        "what is under way: reordered, in order, or everything ever sent (bounded search only)",
        "bag",
        "fifo",
        "history",
    )
    capacity: int = _switch(2, "segments under way per direction", low=1, high=6)
    loss: str | int = _switch("any", "segments that the network may lose", "any", low=0, high=7)
    dup: str | int = _switch(0, "segments that the network may duplicate", "any", low=0, high=7)
    retransmit: str = _switch(
        "any",
        "retransmission: at any time as long as something is unacknowledged, or never",
        "any",
        "off",
    )
    msl: int = _switch(
        0, "maximum segment lifetime in ticks; 0: no clock, segments live for ever", low=0, high=8
    )
    time_wait: str | int = _switch(
        "any", "length of TIME-WAIT in ticks, or any (no clock needed)", "any", low=0, high=32
    )
    time_wait_restart: str = _switch(
        "on", "whether a retransmitted FIN restarts TIME-WAIT (3.10.7.4)", "on", "off"
    )
    tw_rfc1337: str = _switch("off", "RFC 1337: resets are ignored in TIME-WAIT", "off", "on")
    rto: int = _switch(
        0,
        "what is unacknowledged is sent again at least every so many ticks; 0: no bound",
        low=0,
        high=16,
    )

    # attack and defence: see `security`
    adversary: str = _switch(
        "none",
        "who forges segments: nobody; one off the path, who guesses; or one on it, who sees, "
        "copies and drops",
        "none",
        "off_path",
        "on_path",
    )
    forgeries: int = _switch(0, "how often the adversary acts", low=0, high=3)
    forges: str = _switch(
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
    guess: str = _switch(
        "window",
        "the numbers of an adversary off the path: outside the victim's window, inside but not at "
        "its edge, exactly at the edge, or from initial numbers learned in the first connection",
        "outside",
        "window",
        "exact",
        "learned",
    )
    ack_throttle: str = _switch(
        "off", "whether a pure ACK that is unacceptable is left without answer", "off", "on"
    )
    ts_paws: str = _switch(
        "off", "RFC 7323: segments carry timestamps, older ones are rejected", "off", "on"
    )
    syn_cookies: str = _switch(
        "off", "RFC 4987: a listener stores nothing until its SYN is acknowledged", "off", "on"
    )
    tfo: str = _switch(
        "off", "RFC 7413: text comes with a client's SYN and is delivered at once", "off", "on"
    )
    backlog: int = _switch(
        0, "half-open connections that a listener keeps; 0: any number", low=0, high=3
    )
    backlog_policy: str = _switch(
        "drop", "a SYN that finds the backlog full: dropped, or replaces another", "drop", "evict"
    )

    def __post_init__(self) -> None:
        for key, switch in SWITCHES.items():
            switch.parse(key, str(getattr(self, key)))
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
        if self.isn == "free" and self.width > 6:
            raise ModelError("isn=free tries every value: use width=6 or less")
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
            "handshake": f"{self.handshake}{resets}{challenges}",
            "ISN": self.isn,
            "sequence numbers": f"mod 2^{self.width}, window {self.window}",
            "incarnations": f"at most {self.incarnations} per endpoint",
            "channel": "everything ever sent"
            if history
            else f"{self.channel} of {self.capacity} per direction",
            "faults": "loss, duplication and reordering of any number" if history else faults,
            "retransmission": ("at any time" if self.retransmit == "any" else "none")
            + (f", at least every {self.rto} ticks" if self.rto else ""),
            "TIME-WAIT": "ended by no reset (RFC 1337)"
            if self.tw_rfc1337 == "on"
            else "ended by a valid reset",
            "clock": clock if self.msl else "none",
            "users": f"{self.roles}, first CLOSE by {self.closes}{attempt}, ABORT {self.abort}, "
            f"{self.data} octets sent by {self.senders}",
            **assumptions(self.switches),
        }


def _number(limit: str | int) -> str:
    return "of any number" if limit == "any" else f"at most {limit}" if limit else "none"


SWITCHES: Mapping[str, Switch] = {
    f.name: f.metadata["switch"] for f in fields(Scenario) if "switch" in f.metadata
}
"""Every switch by its key."""

_BASE = Scenario()
_TWO = replace(_BASE, name="two_way", handshake="two", rst="off", rfc5961="off")
_CLOCK = replace(_BASE, name="clock", isn="constant", gives_up="off", loss=0, msl=1, time_wait=2)

PRESETS: Mapping[str, Scenario] = {
    s.name: s
    for s in (
        _BASE,
        replace(_BASE, name="rfc793", rfc5961="off"),
        replace(_BASE, name="const_isn", isn="constant"),
        _TWO,
        replace(_TWO, name="two_way_rst", rst="on"),
        replace(_BASE, name="flags_only", handshake="three_noseq", isn="constant", rfc5961="off"),
        _CLOCK,
        replace(_CLOCK, name="tw0", time_wait=0),
        replace(_CLOCK, name="tw1", time_wait=1),
        replace(_CLOCK, name="tw2", time_wait=2),
    )
}
"""The named scenarios."""


def scenario(text: str) -> Scenario:
    """The scenario that `PRESET key=value …` names.

    Raises `ModelError`, with the nearest valid names, for an unknown preset, switch or value.
    """
    words = text.split()
    name = words[0] if words and "=" not in words[0] else "rfc9293"
    if name not in PRESETS:
        raise ModelError(f"no preset {name!r}{_hint(name, PRESETS)}; presets: {', '.join(PRESETS)}")
    changes: dict[str, Any] = {}
    for word in words[1:] if words and "=" not in words[0] else words:
        key, equals, value = word.partition("=")
        if not equals:
            raise ModelError(f"expected key=value, not {word!r}, after the preset {name}")
        if key not in SWITCHES:
            raise ModelError(
                f"no switch {key!r}{_hint(key, SWITCHES)}; switches: {', '.join(SWITCHES)}"
            )
        changes[key] = SWITCHES[key].parse(key, value)
    return replace(PRESETS[name], **changes)


def _hint(word: str, names: Any) -> str:
    near = get_close_matches(word, list(names), n=2, cutoff=0.5)
    return f" (did you mean {' or '.join(near)}?)" if near else ""
