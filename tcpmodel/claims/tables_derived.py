"""Matrices that the full model derives: handshakes by memory and lifetime; TIME-WAIT by ISN.

Each cell is one check of the explicit engine; a cell that is not settled says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tcpmodel.core.property import Property, always
from tcpmodel.core.result import Budget, Observer, Result, silent
from tcpmodel.core.terms import all_of, implies, none_of
from tcpmodel.engines.registry import choose
from tcpmodel.render.text import text
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.segment import RST
from tcpmodel.tcp.states import ESTABLISHED
from tcpmodel.tcp.world import World


@dataclass(frozen=True)
class Cell:
    """One check.

    row, column: where it stands.  verdict: of the engine.  trace: its counterexample, in words.
    """

    row: str
    column: str
    scenario: str
    verdict: str
    states: int
    seconds: float
    reason: str = ""
    trace: str = ""

    @property
    def settled(self) -> bool:
        return self.verdict in ("HOLDS", "FAILS")


def _cell(
    row: str, column: str, spelled: str, asked: str, budget: Budget, observer: Observer
) -> Cell:
    model = compose(scenario(spelled))
    question = QUESTIONS[asked](model.world)
    engine, _ = choose("auto", model.system, question)
    result: Result = engine(model.system, question, budget, observer)
    shown = "" if result.trace is None else text(result.trace)
    verdict = "UNKNOWN" if result.vacuous else result.verdict.value
    reason = "the premise is never reached" if result.vacuous else result.reason
    states, seconds = result.states or 0, result.cpu_seconds
    return Cell(row, column, spelled, verdict, states, seconds, reason, shown)


def _live(world: World) -> Property:
    established = world.B.state == ESTABLISHED
    return always(implies(established, world.agrees_with_live_peer("B")))


def _fin(world: World) -> Property:
    return always(implies(world.A.inc == 2, none_of(world.A.stale_fin)))


def _text(world: World) -> Property:
    return always(implies(world.A.inc == 2, none_of(world.A.stale_text)))


def _reset(world: World) -> Property:
    """No reset of the last connection is under way that would end the next one."""
    a = world.A
    old = world.under_way("B", lambda s: all_of(s.has(RST), s.to == 1, s.seq == a.rcv_nxt))
    return always(implies(all_of(a.inc == 2, world.synchronized("A")), none_of(old)))


QUESTIONS = {"live": _live, "FIN": _fin, "text": _text, "reset": _reset}
"""What is asked, by name: P01, P61, P61d, and the like of resets."""


# --- handshakes (P08) -----------------------------------------------------------------------------

MEMORIES = {
    "none": "remembers nothing",
    "per_peer_last_inc": "remembers the last SYN it accepted",
}
LIFETIMES = {
    "unknown": ("segments live for ever", ""),
    "known": (
        "MSL is known, and the server, who closes first, waits 2 MSL",
        "msl=1 time_wait=2 tw_rfc1337=on closes=B",
    ),
    "known, used by the client only": (
        "MSL is known, but it is the client that closes first and waits",
        "msl=1 time_wait=2 tw_rfc1337=on closes=A",
    ),
}
MESSAGES = {2: "two", 3: "three"}


@dataclass(frozen=True)
class Handshake:
    """The least number of messages that is safe, of those modelled; None if none is, or unknown.

    cells: the checks, by number of messages.
    """

    memory: str
    lifetime: str
    cells: dict[int, Cell]

    @property
    def settled(self) -> bool:
        return all(cell.settled for cell in self.cells.values())

    @property
    def least(self) -> int | None:
        safe = [n for n, cell in self.cells.items() if cell.verdict == "HOLDS"]
        return min(safe) if safe and self.settled else None


def handshakes(budget: Budget, observer: Observer = silent) -> Iterator[Handshake]:
    """The rows of `tcpmodel derive handshake`, one after the other."""
    for memory in MEMORIES:
        for lifetime in LIFETIMES:
            yield handshake(memory, lifetime, budget, observer)


def handshake(memory: str, lifetime: str, budget: Budget, observer: Observer = silent) -> Handshake:
    """One of the rows."""
    cells = {}
    for count, messages in MESSAGES.items():
        spelled = " ".join(
            f"two_way gives_up=off handshake={messages} server_memory={memory} "
            f"{LIFETIMES[lifetime][1]}".split()
        )
        name = f"{memory}, {lifetime}"
        cells[count] = _cell(name, str(count), spelled, "live", budget, observer)
    return Handshake(memory, lifetime, cells)


def handshake_json(found: Sequence[Handshake], *, interrupted: bool = False) -> dict[str, Any]:
    """The table, JSON-ready."""
    rows = []
    for row in found:
        fewer = row.cells.get((row.least or 0) - 1)
        rows.append(
            {
                "id": f"{row.memory}/{row.lifetime}",
                "claim": "P08",
                "assumptions": f"the server {MEMORIES[row.memory]}; {LIFETIMES[row.lifetime][0]}",
                "bound": "none" if row.least is None and row.settled else str(row.least or ""),
                "boundary": "two is the least that is modelled",
                "violating_trace": fewer.trace if fewer else None,
                "proved": row.settled,
                "checks": {str(n): cell_json(cell) for n, cell in row.cells.items()},
                "seconds": round(sum(cell.seconds for cell in row.cells.values()), 2),
            }
        )
    return {
        "schema": "tcpmodel-derive/1",
        "derived": "handshake",
        "interrupted": interrupted,
        "rows": rows,
    }


# --- TIME-WAIT by ISN (P61) -----------------------------------------------------------------------

WAITS = {"0": 0, "1 MSL": 1, "2 MSL": 2}
ISNS = {"constant": "isn=constant", "distinct": "isn=distinct"}
KINDS = {"FIN": "", "text": "data=1 senders=B", "reset": ""}


def matrix(budget: Budget, observer: Observer = silent) -> Iterator[Cell]:
    """TIME-WAIT × ISN policy: may something old be taken for something new?"""
    for isn in ISNS:
        for wait in WAITS:
            for kind in KINDS:
                yield matrix_cell(isn, wait, kind, budget, observer)


def matrix_cell(
    isn: str, wait: str, kind: str, budget: Budget, observer: Observer = silent
) -> Cell:
    """One of its cells."""
    switches = f"{ISNS[isn]} time_wait={WAITS[wait]} {KINDS[kind]}"
    spelled = f"clock tw_rfc1337=on {switches}".strip()
    return _cell(f"{isn} ISN, {kind}", wait, spelled, kind, budget, observer)


def cell_json(cell: Cell) -> dict[str, Any]:
    """A cell, JSON-ready."""
    return {
        "scenario": cell.scenario,
        "verdict": cell.verdict,
        "states": cell.states,
        "seconds": round(cell.seconds, 2),
        "reason": cell.reason,
    }
