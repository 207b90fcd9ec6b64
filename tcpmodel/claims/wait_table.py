"""The table of `tcpmodel derive time-wait`: every row solved, proved, shown, compared.

A row is a plain value when it leaves this module; what could not be settled in it says so.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from tcpmodel.claims.wait_agreement import Compared, compare
from tcpmodel.claims.wait_rows import ROWS, Row, numbers
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget, Observer, silent
from tcpmodel.core.timed import TimedTrace
from tcpmodel.engines.least_wait import LeastWait, least_wait, unbounded_in
from tcpmodel.engines.synthesis import Deadline, OutOfTimeError, violation
from tcpmodel.engines.synthesis_formula import Linear, when
from tcpmodel.tcp.timing import LOSSES, RTO, time_wait

SCHEMA = "tcpmodel-derive/1"
DEPTH = 7
"""Steps of a run at most; bursts make one of many."""

EXAMPLE_MSL = 120
"""MSL in seconds for the runs that are shown; RFC 9293 section 3.4.2."""

BOUNDARY = (
    "a segment may arrive until its age is MSL; a lifetime that ends together with TIME-WAIT ends "
    "first: a wait of exactly the bound is safe"
)


@dataclass(frozen=True)
class Derived:
    """What is known of a row.

    bound: the formula, `none` if no wait is safe, or empty if nothing was found.
    enough: when 2 MSL is.  proved: below and above the bound, for all values of all parameters.
    compared: checks of the full model.
    """

    row: Row
    least: LeastWait
    enough: str
    trace: TimedTrace | None
    compared: tuple[Compared, ...]
    seconds: float
    reason: str = ""

    @property
    def bound(self) -> str:
        if self.least.unbounded:
            return "none" if self.least.proved else ""
        return spelled(str(self.least.bound)) if self.least.bound else ""

    @property
    def proved(self) -> bool:
        return self.least.proved

    @property
    def disagrees(self) -> bool:
        """The full model says otherwise."""
        return any(c.settled and not c.agrees for c in self.compared)

    @property
    def settled(self) -> bool:
        """The bound is proved, and each comparison has come to an end."""
        return self.proved and all(c.settled for c in self.compared) and not self.reason


def spelled(formula: str) -> str:
    """The formula with (n+1)·RTO for what the solver calls RTO + n·RTO."""
    return formula.replace("RTO + n·RTO", "(n+1)·RTO")


def select(names: Sequence[str]) -> list[Row]:
    """The rows of these ids or claim codes, all if none is named; raises `ModelError`."""
    known = {row.id for row in ROWS} | {row.code for row in ROWS}
    for name in names:
        if name not in known:
            raise ModelError(f"no row {name!r}; there are {', '.join(r.id for r in ROWS)}")
    return [row for row in ROWS if not names or row.id in names or row.code in names]


def derive(
    rows: Sequence[Row], seconds: float | None, *, full: bool = True, observer: Observer = silent
) -> Iterator[Derived]:
    """The rows, one after the other; seconds: for each of them and each comparison at most.

    full: compare with the full model, too.
    """
    known: dict[str, LeastWait] = {}
    for row in rows:
        started = time.process_time()
        deadline = Deadline.after(seconds)
        least = _solve(row, known, deadline)
        trace, reason = None, least.reason
        try:
            trace = _example(row, least, deadline)
        except OutOfTimeError as error:
            reason = reason or f"the run below the bound: {error}"
        compared: tuple[Compared, ...] = ()
        if full and least.proved:
            budget = Budget(seconds=seconds)
            compared = tuple(compare(row, least.bound, budget, observer))
        spent = time.process_time() - started
        yield Derived(row, least, _enough(row, least), trace, compared, spent, reason)


def bound_of(row: Row, seconds: float | None) -> LeastWait:
    """The least safe wait of a row with its proof, without the rest of the table."""
    return _solve(row, {}, Deadline.after(seconds))


def _solve(row: Row, known: dict[str, LeastWait], deadline: Deadline) -> LeastWait:
    if row.id in known:
        return known[row.id]
    system = time_wait(row.ending)
    if row.within:
        smaller = next(r for r in ROWS if r.id == row.within)
        least = _solve(smaller, known, deadline)
        found = unbounded_in(system, time_wait(smaller.ending), least, LOSSES, RTO)
    else:
        samples = [numbers({"MSL": 1, **values}) for values in row.samples]
        found = least_wait(system, samples, DEPTH, deadline)
    known[row.id] = found
    return found


def _example(row: Row, least: LeastWait, deadline: Deadline) -> TimedTrace | None:
    """A run that goes wrong: one second below the bound, or for a long wait if none is safe."""
    values = numbers({"MSL": EXAMPLE_MSL, **row.example})
    if least.bound is not None:
        values["T"] = least.bound.value(values) - 1
    elif not least.unbounded:
        return None
    return violation(time_wait(row.ending), values, DEPTH, deadline)


def _enough(row: Row, least: LeastWait) -> str:
    if least.bound is None:
        return "never" if least.unbounded and least.proved else "?"
    names = [str(p) for p in row.ending.parameters]
    return when(least.bound, Linear((("MSL", 2),)), names, time_wait(row.ending).assume)


# --- reports --------------------------------------------------------------------------------------


def exit_code(found: Sequence[Derived]) -> int:
    """10 if the full model disagrees anywhere, 5 if something is not settled, else 0."""
    if any(d.disagrees for d in found):
        return 10
    return 0 if all(d.settled for d in found) else 5


def trace_lines(trace: TimedTrace) -> list[str]:
    """A run in words, with the time in seconds at which each step ends."""
    return [f"{_seconds(step.at)} s  {step.says}" for step in trace.steps]


def trace_values(trace: TimedTrace) -> str:
    """The parameters of a run."""
    return ", ".join(f"{name} = {_seconds(value)} s" for name, value in trace.parameters.items())


def _seconds(value: Fraction) -> str:
    return f"{float(value):.4f}".rstrip("0").rstrip(".")


def as_json(found: Sequence[Derived], *, interrupted: bool = False) -> dict[str, Any]:
    """The table, JSON-ready."""
    return {
        "schema": SCHEMA,
        "derived": "time-wait",
        "interrupted": interrupted,
        "rows": [_row_json(d) for d in found],
    }


def _row_json(found: Derived) -> Mapping[str, Any]:
    trace, safe = found.trace, found.least.safe
    return {
        "id": found.row.id,
        "claim": found.row.code,
        "assumptions": found.row.says,
        "bound": found.bound,
        "boundary": BOUNDARY,
        "two_msl_is_enough": found.enough,
        "violating_trace": None
        if trace is None
        else {
            "parameters": {name: str(value) for name, value in trace.parameters.items()},
            "steps": [
                {"at": str(s.at), "delay": str(s.delay), "action": s.action, "says": s.says}
                for s in trace.steps
            ],
        },
        "proved": found.proved,
        "proof": {
            "unsafe_below": [list(names) for names in found.least.unsafe],
            "safe_from": None if safe is None else safe.invariant.sexpr(),
        },
        "reason": found.reason,
        "full_model": [_compared_json(c) for c in found.compared],
        "note": found.row.note,
        "seconds": round(found.seconds, 2),
    }


def _compared_json(check: Compared) -> Mapping[str, Any]:
    return {
        "scenario": check.scenario,
        "expected": check.expected,
        "verdict": check.verdict,
        "agrees": check.agrees,
        "states": check.states,
        "seconds": round(check.seconds, 2),
        "reason": check.reason,
    }
