"""Claims whose verdict is derived: a formula, a least number, or a lemma about all numbers.

What `tcpmodel derive` and `tcpmodel lemmas` compute row by row, one row at a time, so that a claim
can state what it expects of it.  That the full model agrees with the formulas is not asked here;
`tcpmodel derive` does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from tcpmodel.claims.language import Derivation
from tcpmodel.claims.lemmas import settle_all, spelled
from tcpmodel.claims.tables_derived import (
    ISNS,
    KINDS,
    LIFETIMES,
    MEMORIES,
    WAITS,
    handshake,
    matrix_cell,
)
from tcpmodel.claims.wait_rows import ROWS
from tcpmodel.claims.wait_table import BOUNDARY, bound_of, select
from tcpmodel.claims.wait_table import spelled as formula_of
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget, Observer
from tcpmodel.tcp.lemmas import LEMMAS

LIMIT = 60.0
"""Seconds for a row if the budget has no limit."""


@dataclass(frozen=True)
class Derived:
    """What was derived for a row.

    verdict: the formula, `HOLDS` or `FAILS` for a lemma, or `UNKNOWN` with its reason.
    scope: over what it speaks.  shown: why it is neither more nor less, a line each.
    """

    verdict: str
    scope: str
    shown: tuple[str, ...] = ()
    reason: str = ""
    seconds: float = 0.0


def check_row(asked: Derivation, row: str) -> None:
    """Raises `ModelError`, with what there is, for an unknown table or row."""
    if asked.table not in TABLES:
        raise ModelError(f"no table {asked.table!r}; there are {', '.join(TABLES)}")
    rows = TABLES[asked.table].rows()
    if row not in rows:
        raise ModelError(f"{asked.table} has no row {row!r}; there are {', '.join(rows)}")


def settle(asked: Derivation, row: str, budget: Budget, observer: Observer) -> Derived:
    """Derive a row; raises `ModelError` if there is none."""
    check_row(asked, row)
    started = time.process_time()
    limited = Budget(seconds=budget.seconds or LIMIT)
    found = TABLES[asked.table].settle(row, limited, observer)
    spent = time.process_time() - started
    return Derived(found.verdict, found.scope, found.shown, found.reason, spent)


# --- TIME-WAIT ------------------------------------------------------------------------------------


def _wait_rows() -> list[str]:
    return [row.id for row in ROWS]


def _wait(name: str, budget: Budget, _: Observer) -> Derived:
    """The least safe TIME-WAIT: runs that go wrong below it, an invariant from there on."""
    row = select([name])[0]
    least = bound_of(row, budget.seconds)
    scope = f"all values of all parameters, runs of any length; {row.says}; {BOUNDARY}"
    if not least.proved:
        return Derived("UNKNOWN", scope, (), least.reason or "it was not proved")
    shown = [f"unsafe below: {', '.join(names)}" for names in least.unsafe]
    if least.safe is not None:
        shown.append("safe from there on: an inductive invariant, checked again")
    formula = "none" if least.unbounded else formula_of(str(least.bound))
    return Derived(formula, scope, tuple(shown))


# --- handshakes, and TIME-WAIT by initial sequence numbers ----------------------------------------


def _handshake_rows() -> list[str]:
    return [f"{memory}/{lifetime}" for memory in MEMORIES for lifetime in LIFETIMES]


def _handshake(name: str, budget: Budget, observer: Observer) -> Derived:
    """The least number of messages, of those modelled."""
    memory, lifetime = name.split("/")
    found = handshake(memory, lifetime, budget, observer)
    scope = (
        f"all reachable states; two messages are the least that is modelled; the server "
        f"{MEMORIES[memory]}; {LIFETIMES[lifetime][0]}"
    )
    shown = tuple(
        f"{count} messages: {cell.verdict} in {cell.scenario}, {cell.states:,} states"
        for count, cell in found.cells.items()
    )
    if not found.settled:
        reasons = (cell.reason for cell in found.cells.values() if not cell.settled)
        return Derived("UNKNOWN", scope, shown, "; ".join(reasons))
    return Derived(f"{found.least} messages" if found.least else "none", scope, shown)


def _isn_rows() -> list[str]:
    return [f"{isn}/{kind}" for isn in ISNS for kind in KINDS]


def _isn(name: str, budget: Budget, observer: Observer) -> Derived:
    """The least TIME-WAIT of 0, 1 and 2 MSL from which on nothing old is accepted."""
    isn, kind = name.split("/")
    scope = "all reachable states, MSL = 1 tick, no loss, resets ignored in TIME-WAIT (RFC 1337)"
    cells = [matrix_cell(isn, wait, kind, budget, observer) for wait in WAITS]
    shown = tuple(f"{c.column}: {c.verdict} in {c.scenario}, {c.states:,} states" for c in cells)
    if unsettled := [cell.reason for cell in cells if not cell.settled]:
        return Derived("UNKNOWN", scope, shown, "; ".join(unsettled))
    unsafe = [n for n, cell in enumerate(cells) if cell.verdict == "FAILS"]
    least = unsafe[-1] + 1 if unsafe else 0
    return Derived(cells[least].column if least < len(cells) else "none of these", scope, shown)


# --- lemmas ---------------------------------------------------------------------------------------


def _lemma_rows() -> list[str]:
    """Without building them, which takes a while."""
    return [make.__name__.replace("_", "-") for make in LEMMAS]


def _lemma(name: str, budget: Budget, _: Observer) -> Derived:
    """A lemma: holds if it is proved and each of its witnesses exists."""
    found = next(settle_all([name], budget.seconds or LIMIT))
    scope = "all values of all numbers of 32 bits"
    shown = [f"{shows}: {spelled(values)}" for shows, values in found.witnesses.items()]
    if found.proved is None:
        return Derived("UNKNOWN", scope, tuple(shown), "the solver gave up")
    if not found.proved:
        shown = [f"counterexample: {spelled(found.counterexample)}"]
        return Derived("FAILS", scope, tuple(shown))
    if found.missing:
        return Derived("FAILS", scope, tuple(f"no such case: {shows}" for shows in found.missing))
    return Derived("HOLDS", scope, (found.lemma.says, *shown))


Settle: TypeAlias = Callable[[str, Budget, Observer], Derived]


@dataclass(frozen=True)
class _Table:
    """rows: their names.  settle: derives one."""

    rows: Callable[[], list[str]]
    settle: Settle


TABLES: Mapping[str, _Table] = {
    "time-wait": _Table(_wait_rows, _wait),
    "handshake": _Table(_handshake_rows, _handshake),
    "isn": _Table(_isn_rows, _isn),
    "lemma": _Table(_lemma_rows, _lemma),
}
"""What can be derived, by name."""
