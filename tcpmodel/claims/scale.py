"""How large the models are: of each preset, and of each claim where it is largest."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import z3

from tcpmodel.claims.runner import Outcome
from tcpmodel.core.property import always
from tcpmodel.core.result import Budget, Observer, silent
from tcpmodel.engines.registry import choose
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import PRESETS, Scenario, scenario

SCHEMA = "tcpmodel-scale/1"

MANY = 1_000_000
"""What the scenario of a claim should stay below."""


@dataclass(frozen=True)
class Size:
    """How large the model of a scenario is.

    variables: ghosts included, of which there are `ghosts`.  bits: of all of them together.
    states, transitions, depth: of what explicit search visits (without what no guard reads, equal
    bags of segments counted once); complete: of all there is; otherwise `stopped` says why not.
    """

    scenario: str
    variables: int
    ghosts: int
    bits: int
    actions: int
    states: int
    transitions: int
    depth: int
    complete: bool
    stopped: str = ""


def size_of(name: str, switches: Scenario, budget: Budget, observer: Observer = silent) -> Size:
    """The size of a scenario, searched as far as the budget goes."""
    system = compose(switches).system
    everything = always(z3.BoolVal(True))
    engine, _ = choose("auto", system, everything)
    found = engine(system, everything, budget, observer)
    return Size(
        name,
        len(system.variables),
        sum(var.ghost for var in system.variables),
        sum(var.domain.bits for var in system.variables),
        len(system.actions),
        found.states or 0,
        found.transitions or 0,
        found.depth or 0,
        found.evidence.complete,
        found.reason,
    )


def sizes_of(texts: Sequence[str], budget: Budget, observer: Observer = silent) -> Iterator[Size]:
    """The sizes of scenarios; of every preset if none is named."""
    for text in texts or PRESETS:
        yield size_of(text, scenario(text), budget, observer)


@dataclass(frozen=True)
class Largest:
    """The scenario of a claim in which most states are visited, and how many those are.

    note: why they are more than `MANY`, or that the number of states is unknown; else empty.
    """

    code: str
    id: str
    scenario: str
    states: int | None
    note: str = ""


def largest(outcomes: Sequence[Outcome]) -> list[Largest]:
    """Each claim's largest scenario.  A search that ended with a run ended before all states."""
    by_claim: dict[str, list[Outcome]] = {}
    for found in outcomes:
        by_claim.setdefault(found.code, []).append(found)
    rows = []
    for code, results in by_claim.items():
        top = max(results, key=lambda found: found.states or 0)
        rows.append(Largest(code, top.id, top.scenario, top.states, _note(top)))
    return rows


def _note(found: Outcome) -> str:
    if found.error or found.inconclusive:
        return found.error or found.reason
    if found.states is None:
        return f"not counted by {found.engine}"
    if found.states <= MANY:
        return ""
    wide = (f"{key}={found.switches[key]}" for key in ("incarnations", "data", "capacity", "msl"))
    return f"{found.why} ({', '.join(wide)})"


# --- as text --------------------------------------------------------------------------------------


def as_json(sizes: Sequence[Size], claims: Sequence[Largest]) -> dict[str, Any]:
    """The report for programs."""
    return {
        "schema": SCHEMA,
        "presets": [asdict(size) for size in sizes],
        "claims": [asdict(row) for row in claims],
    }


def as_markdown(sizes: Sequence[Size], claims: Sequence[Largest]) -> str:
    """The report for people."""
    lines = _table(
        ("preset", "variables", "ghosts", "bits", "actions", "states", "transitions", "depth"),
        [
            (
                *(s.scenario, s.variables, s.ghosts, s.bits, s.actions),
                f"{'' if s.complete else '≥ '}{s.states:,}",
                f"{'' if s.complete else '≥ '}{s.transitions:,}",
                str(s.depth) if s.complete else f"{s.depth} ({s.stopped})",
            )
            for s in sizes
        ],
    )
    if claims:
        lines += ["", *_table(("claim", "largest scenario", "states", "note"), _rows(claims)), ""]
        above = [row.code for row in claims if (row.states or 0) > MANY]
        lines.append(f"Above {MANY:,} states: {', '.join(above) or 'no claim'}.")
    return "\n".join(lines) + "\n"


def _rows(claims: Sequence[Largest]) -> list[tuple[object, ...]]:
    return [
        (f"{c.code} {c.id}", f"`{c.scenario}`", "" if c.states is None else f"{c.states:,}", c.note)
        for c in claims
    ]


def _table(titles: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table."""
    head = [" | ".join(titles), " | ".join("---" for _ in titles)]
    return [f"| {line} |" for line in [*head, *(" | ".join(map(str, row)) for row in rows)]]
