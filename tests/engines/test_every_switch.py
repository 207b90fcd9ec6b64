"""Explicit search and bounded model checking agree on what each value of a switch allows.

Two starts, so that few steps see much: nobody is connected, and both are ESTABLISHED.  The targets
are the pairs of states (A's, B's).  Explicit search says after how many steps each is first
reached; the solver, asked whether it is reached within so many steps, and within one less, says the
same, of those that are never reached in these steps, too.  On the history channel, where whatever
was sent may arrive whenever it likes, at least the same is possible.
"""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import product

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always
from tcpmodel.core.result import Budget, Progress, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import conjunction
from tcpmodel.engines import bmc, explicit
from tcpmodel.engines.exploration import explored
from tcpmodel.tcp.compose import AGENTS, compose
from tcpmodel.tcp.scenario import SWITCHES, Scenario, scenario
from tcpmodel.tcp.states import STATES

SMALL = "rfc9293 capacity=1 incarnations=1 width=5 window=2 closes=either"
"""What every scenario here has in common, unless its switch is one of these."""

CLOCK, GROWING = "msl=1 time_wait=1", "msl=1 time_wait=1 rto=1 retries=2"
FORGER = "adversary=off_path forgeries=1"

COMPANY: Mapping[str, str] = {
    "isn=given": "channel=history",
    "rto_policy=abstract": "",
    "isn=free": "width=3",
    "width": "window=1",
    "time_wait": "msl=1",
    "time_wait=any": "",
    "msl": "time_wait=1",
    "msl=0": "",
    "rto": CLOCK,
    "rto_policy": GROWING,
    "rto_cap": f"{GROWING} rto_policy=exponential",
    "user_timeout": CLOCK,
    "fin_timeout": CLOCK,
    "fin_timeout_for": f"{CLOCK} fin_timeout=1",
    "quiet": f"{CLOCK} crash=on",
    "protocol": "data=1",
    "reassembly": "data=2",
    "receiver": "data=1",
    "persist": "data=1 receiver=slow",
    "syn_data": "data=1",
    "tfo": "data=1",
    "adversary": "forgeries=1",
    "adversary=none": "",
    "forgeries": "adversary=off_path",
    "forgeries=0": "",
    "forges=data": f"{FORGER} data=1",
    "guess": FORGER,
    "forges": FORGER,
    "backlog": f"{FORGER} forges=syn_flood",
    "backlog_policy": f"{FORGER} forges=syn_flood backlog=1",
    "backlog_expiry": f"{CLOCK} {FORGER} forges=syn_flood backlog=1",
    "keepalive=1": f"{CLOCK} keepalive_interval=1 keepalive_probes=1",
    "keepalive=2": f"{CLOCK} keepalive_interval=1 keepalive_probes=1",
    "keepalive_interval": f"{CLOCK} keepalive=1 keepalive_probes=1",
    "keepalive_probes": f"{CLOCK} keepalive=1 keepalive_interval=1",
    "reuse_wait": "msl=1 time_wait=1",
    "reuse_wait=0": "",
    "keepalive_interval=0": "",
    "keepalive_probes=0": "",
}
"""What a switch, or one value of it, needs beside it."""

DEPTH = 3
"""How many steps both engines look ahead."""

CONNECTED = {"passive": 0, "snd_una": 2, "snd_nxt": 2, "rcv_nxt": 2, "iss": 1, "irs": 1, "inc": 1}


def values(key: str) -> list[str | int]:
    """All the names that a switch takes, and its two least numbers."""
    switch = SWITCHES[key]
    low = 3 if key == "width" else switch.low  # with 2 bits there is no room for a connection
    numbers = range(0) if low is None else range(low, low + 2)
    return [*switch.names, *(n for n in numbers if n <= (switch.high or 0))]


def spelled(key: str, value: str | int) -> str:
    """The scenario of one value of a switch."""
    company = COMPANY.get(f"{key}={value}", COMPANY.get(key, ""))
    given = {word.partition("=")[0] for word in (*company.split(), f"{key}=")}
    preset, *words = SMALL.split()
    kept = [word for word in words if word.partition("=")[0] not in given]
    return " ".join([preset, *kept, *company.split(), f"{key}={value}"])


CASES = {
    read.spelled: text
    for key in SWITCHES
    for value in values(key)
    for text in [spelled(key, value)]
    for read in [scenario(text)]
    if read.channel != "history"
}
"""Every value of every switch, once: the scenario as the tool spells it, and as it is spelled here.

`channel=history` is for the solver only; it is compared with the slots in a test of its own.
"""

PAIRS = {f"{a}, {b}": (STATES[a], STATES[b]) for a, b in product(STATES, repeat=2)}


def system_of(switches: Scenario) -> TransitionSystem:
    """The system with its two starts, and every pair of states as something to look out for."""
    system = compose(switches).system
    states = [system.by_name[f"{agent}.state"].term for agent in AGENTS]
    starts = [system.init]
    if switches.protocol == "tcp":
        told = {f"{agent}.{name}": code for agent in AGENTS for name, code in CONNECTED.items()}
        rest = [v for v in system.variables if not v.name.endswith(".state")]
        codes = [v.term == v.domain.term(v.domain.decode(told.get(v.name, 0))) for v in rest]
        starts.append(conjunction([*(state == STATES["ESTABLISHED"] for state in states), *codes]))
    pairs = {
        name: z3.And(*(state == value for state, value in zip(states, pair, strict=True)))
        for name, pair in PAIRS.items()
    }
    return replace(system, init=z3.Or(*starts), watches=pairs)


def searched(system: TransitionSystem) -> dict[str, int]:
    """After how many steps each pair is first reached, by explicit search."""
    everything = always(z3.BoolVal(True))
    search = explored(system, everything, Budget(depth=DEPTH + 1), silent, explicit.Search)
    places = [list(search.system.by_name).index(f"{agent}.state") for agent in AGENTS]
    first: dict[str, int] = {}
    names = {
        (a, b): name
        for name, (a, b) in zip(PAIRS, product(range(len(STATES)), repeat=2), strict=True)
    }
    for number, state in enumerate(search.order):
        first.setdefault(names[state[places[0]], state[places[1]]], bisect(search.ends, number))
    return first


def solved(system: TransitionSystem, pairs: Iterable[str]) -> dict[str, int]:
    """The same by the solver, for some pairs: asked at each depth before it goes on to the next."""
    asked = replace(system, watches={pair: system.watches[pair] for pair in pairs})
    first: dict[str, int] = {}

    def look(progress: Progress) -> None:
        for pair, seen in search.reached.items():
            if seen:
                first.setdefault(pair, progress.depth)

    nothing = z3.BoolVal(False)
    search = bmc.Search(asked, nothing, None, Budget(depth=DEPTH), look)
    search.run()
    assert search.depth == DEPTH or search.exhausted
    return first


def history_of(text: str) -> TransitionSystem | None:
    """The system on the history channel; None for a scenario that cannot have one."""
    words = [word for word in text.split() if not word.startswith("channel=")]
    try:
        return system_of(scenario(" ".join([*words, "channel=history"])))
    except ModelError:  # it counts losses, or has an adversary who takes from the network
        return None


@pytest.mark.parametrize("text", CASES.values())
def test_the_engines_agree(text: str) -> None:
    """A pair that explicit search reaches first after n steps is one that the solver can reach in
    n steps and in no fewer: it was asked, and refuted it, at each smaller number.

    The solver is asked of every pair that explicit search reaches in one step more than it looks
    ahead: so it has to deny some to the end.  With history in place of slots, which forgets nothing
    and has no room to lack, it reaches each of them, too, in n steps or fewer.
    """
    system = system_of(scenario(text))
    known = searched(system)
    assert len(known) > 3 or "protocol=udp" in text  # which has no states
    assert solved(system, known) == {pair: n for pair, n in known.items() if n <= DEPTH}
    if (history := history_of(text)) is not None:
        past = solved(history, known)
        assert all(past.get(pair, DEPTH + 1) <= n for pair, n in known.items() if n <= DEPTH)


def test_most_switches_are_seen_on_the_history_channel() -> None:
    """The comparison with history is not empty: only counted faults and adversaries rule it out."""
    refused = {text for text in list(CASES.values())[::6] if history_of(text) is None}
    assert all("adversary" in text or "loss" in text for text in refused)
    assert len(refused) < len(CASES) // 12
