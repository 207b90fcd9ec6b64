"""When something is sent again, and how often, in numbers.

Four kinds of segments wait at the front of a retransmission queue, and systems limit them apart:
our `syn`, our `synack`, text (`data`), and what is left after CLOSE (`fin`).  All times are in
ticks.
"""

from __future__ import annotations

from itertools import accumulate

from tcpmodel.tcp.scenario import Scenario

KINDS = ("syn", "synack", "data", "fin")

LINEAR = 4
"""How many timeouts of a SYN `linear4` does not double (tcp_syn_linear_timeouts of Linux)."""


def limit(switches: Scenario, kind: str) -> int | None:
    """How often a segment of this kind is sent again before giving up; None: without limit."""
    own = {
        "syn": switches.syn_retries,
        "synack": switches.synack_retries,
        "data": "same",
        "fin": switches.orphan_retries,
    }[kind]
    chosen = switches.retries if own == "same" else own
    if not isinstance(chosen, int):
        return None
    return chosen + LINEAR if kind == "syn" and switches.rto_policy == "linear4" else chosen


def limited(switches: Scenario) -> bool:
    """Retransmissions are counted: some kind has a limit."""
    return any(limit(switches, kind) is not None for kind in KINDS)


def most(switches: Scenario) -> int:
    """The largest limit, 0 if there is none."""
    return max(limit(switches, kind) or 0 for kind in KINDS)


def timeouts(switches: Scenario, kind: str) -> list[int]:
    """The timeouts of a segment of this kind: after its transmission, its first repetition, ….

    A constant `rto` has one for all; otherwise there is one per transmission, the last being what
    is waited before giving up.  RFC 6298 section 5.5 doubles it; `rto_cap` is its rule 2.5.
    """
    if switches.rto_policy == "abstract":
        return [switches.rto]
    linear = LINEAR if kind == "syn" and switches.rto_policy == "linear4" else 0
    doubled = [switches.rto << n for n in range((limit(switches, kind) or 0) - linear + 1)]
    found = [switches.rto] * linear + doubled
    return [min(t, switches.rto_cap) for t in found] if switches.rto_cap else found


def keepalives(switches: Scenario) -> list[int]:
    """When keep-alives are sent, in ticks since something arrived; the last is when the connection
    is given up instead.
    """
    assert isinstance(switches.keepalive, int)
    steps = range(switches.keepalive_probes + 1)
    return [switches.keepalive + n * switches.keepalive_interval for n in steps]


def longest_timeout(switches: Scenario) -> int:
    """The longest timeout of any kind."""
    return max(max(timeouts(switches, kind)) for kind in KINDS)


def transmissions(switches: Scenario, kind: str) -> list[int]:
    """When a segment of this kind is sent, counted from the first time, if no answer comes."""
    return [0, *accumulate(timeouts(switches, kind)[:-1])]


def given_up(switches: Scenario, kind: str) -> int:
    """When its sender gives up, counted from the first time, if no answer comes."""
    return sum(timeouts(switches, kind))
