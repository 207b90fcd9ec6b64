"""Does the model in real time agree with the full one?  Least waits, compared in ticks.

For every lifetime of a scenario two checks: TIME-WAIT as long as the bound holds, one tick less
fails.  Where no wait is safe, long ones are tried, which fail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tcpmodel.claims.wait_rows import Full, Row, numbers
from tcpmodel.core.property import Property, always
from tcpmodel.core.result import Budget, Observer, Result, Verdict, silent
from tcpmodel.core.terms import Term, all_of, any_of, implies, none_of
from tcpmodel.engines.registry import choose
from tcpmodel.engines.synthesis_formula import Bound
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.segment import FIN
from tcpmodel.tcp.states import LAST_ACK, TIME_WAIT
from tcpmodel.tcp.world import World

LONG = (2, 4)
"""Waits in MSL that are tried where none is safe."""


@dataclass(frozen=True)
class Compared:
    """One check of the full model.

    expected: what the bound says: `HOLDS` or `FAILS`.  verdict: what was found; reason: of a
    verdict that settles nothing.
    """

    scenario: str
    wait: int
    expected: str
    verdict: str
    states: int
    seconds: float
    reason: str = ""

    @property
    def agrees(self) -> bool:
        return self.expected == self.verdict

    @property
    def settled(self) -> bool:
        return self.verdict in ("HOLDS", "FAILS")


def question(kind: str, world: World) -> Property:
    """What has to hold of the full model.

    fin: no FIN of A's first connection is accepted in its second.
    any: when A opens its second connection, no segment of the first is under way, in either
        direction, as long as B has not taken up another connection.
    left: when A's TIME-WAIT ends, B is done and no FIN of it is under way, as long as B has not
        taken up another connection.  (Asked in the last instant of TIME-WAIT: where users give
        up, A may also reopen without any.)
    """
    a, b = world.A, world.B
    if kind == "fin":
        return always(implies(a.inc == 2, none_of(a.stale_fin)))
    if kind == "any":
        old = [
            world.under_way("A", lambda segment: segment.inc == 1),
            world.under_way("B", lambda segment: segment.to == 1),
        ]
        return always(implies(all_of(a.inc == 2, b.inc == 1), none_of(*old)))
    over = all_of(a.state == TIME_WAIT, a.timer == 0, b.inc == 1, *world.settled())
    fin: Term = world.under_way("B", lambda segment: segment.has(FIN))
    return always(implies(over, none_of(any_of(fin, b.state == LAST_ACK))))


def compare(
    row: Row, bound: Bound | None, budget: Budget, observer: Observer = silent
) -> Iterator[Compared]:
    """The comparisons of a row, one after the other; bound: None if no wait is safe."""
    for full in row.full:
        for lifetime in full.lifetimes:
            for wait, expected in _waits(full, lifetime, bound):
                yield _check(row, full, lifetime, wait, expected, budget, observer)


def _waits(full: Full, lifetime: int, bound: Bound | None) -> Iterator[tuple[int, str]]:
    if bound is None:
        yield from ((count * lifetime, "FAILS") for count in LONG)
        return
    least = bound.value(numbers({"MSL": lifetime, **full.values}))
    assert least.denominator == 1
    yield int(least) - 1, "FAILS"
    yield int(least), "HOLDS"


def _check(
    row: Row,
    full: Full,
    lifetime: int,
    wait: int,
    expected: str,
    budget: Budget,
    observer: Observer,
) -> Compared:
    text = f"{full.scenario} msl={lifetime} time_wait={wait}"
    model = compose(scenario(text))
    asked = question(row.question, model.world)
    engine, _ = choose("auto", model.system, asked)
    result: Result = engine(model.system, asked, budget, observer)
    vacuous = result.verdict is Verdict.HOLDS and result.vacuous
    return Compared(
        text,
        wait,
        expected,
        "UNKNOWN" if vacuous else result.verdict.value,
        result.states or 0,
        result.cpu_seconds,
        "TIME-WAIT is never over" if vacuous else result.reason,
    )
