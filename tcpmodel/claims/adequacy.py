"""Are the scenarios large enough?  Every claim again, with one number of its scenario raised.

A verdict about a small model says nothing about larger ones.  That it stays the same when sequence
numbers get one bit more, segments live one tick longer, one more is under way or one more
connection is made, is evidence (no proof) that the small model was large enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from tcpmodel.claims.pool import Watcher
from tcpmodel.claims.runner import Job, Outcome, claim_of
from tcpmodel.claims.verdicts import Verdicts, run_known
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget
from tcpmodel.tcp.scenario import Scenario, scenario

SCHEMA = "tcpmodel-adequacy/1"

RAISED = ("width", "msl", "capacity", "incarnations")
"""The switches that are raised, each by one, one at a time."""

LIMITS = Budget(states=2_000_000, seconds=20.0)
"""The limits of one run: what is larger may be much larger."""

_IN_MSL = ("time_wait", "rto", "quiet", "reuse_wait")
"""Durations that claims give as multiples of the MSL."""

SAME, STATED, CHANGED = "same", "stated", "changed"
OPEN, NOT_THERE = "not finished", "not there"
FATES = (SAME, STATED, CHANGED, OPEN, NOT_THERE)


@dataclass(frozen=True)
class Row:
    """A claim in a scenario with one switch raised.

    changes: what was raised, `key=value …`.  fate: `same`; `stated`: another verdict, which the
    claim states itself about that very scenario (`how` is its reason); `changed`; `not finished`
    (`how` says what was reached); or `not there`: the scenario does not have it, or (`how`) may not
    have more.
    small, large: the verdict before and after.
    """

    code: str
    scenario: str
    switch: str
    changes: str
    fate: str
    small: str = ""
    large: str = ""
    how: str = ""
    states: int | None = None


def raised(text: str, switch: str) -> str:
    """The changes that raise `switch` by one in a scenario; empty if it has no such thing.

    With the MSL, the durations that are multiples of it grow in proportion: only so do 2 MSL
    remain 2 MSL.  Where timeouts are exact, ticks are seconds, and only the lifetime grows.
    Raises `ModelError` if the scenario may not have more.
    """
    switches = scenario(text)
    if not _has(switches, switch):
        return ""
    before = int(getattr(switches, switch))
    changed = {switch: before + 1}
    if switch == "msl" and switches.rto_policy == "abstract":
        for name in _IN_MSL:
            ticks = getattr(switches, name)
            if isinstance(ticks, int) and ticks % before == 0 and ticks:
                changed[name] = ticks // before * (before + 1)
    changes = " ".join(f"{key}={value}" for key, value in changed.items())
    scenario(f"{text} {changes}")
    return changes


def _has(switches: Scenario, switch: str) -> bool:
    alone = switches.roles == "alone"
    match switch:
        case "msl":
            return bool(switches.msl)
        case "capacity":  # a history has no places, and nobody hears who is alone
            return switches.channel != "history" and not alone
    return True


def rows(
    claims: Sequence[Job],
    processes: int,
    watcher: Watcher,
    switches: Sequence[str] = RAISED,
    budget: Budget = LIMITS,
    known: Verdicts | None = None,
) -> Iterator[Row]:
    """Every verdict with every switch raised, as they come; first what is known.

    Verdicts are compared with what the claims expect, which `tcpmodel verify` confirms.
    """
    todo: dict[Job, str] = {}
    for job in claims:
        for switch in switches:
            try:
                changes = raised(job.scenario, switch)
            except ModelError as error:
                yield Row(job.code, job.scenario, switch, "", NOT_THERE, how=str(error))
                continue
            if changes:
                todo[replace(job, budget=budget, changes=changes)] = switch
            else:
                yield Row(job.code, job.scenario, switch, "", NOT_THERE)
    for job, found in run_known(list(todo), processes, watcher, known):
        yield _row(job, todo[job], found)


def _row(job: Job, switch: str, found: Outcome) -> Row:
    fate, how = SAME, ""
    if found.error or found.inconclusive:
        fate, how = OPEN, found.error or found.reason
    elif not found.as_expected:
        why = _stated(job, found.verdict)
        fate, how = (STATED, why) if why else (CHANGED, found.why)
    return Row(
        job.code,
        job.scenario,
        switch,
        job.changes,
        fate,
        found.expected,
        found.verdict,
        how,
        found.states,
    )


def _stated(job: Job, verdict: str) -> str:
    """Why a claim expects this verdict about the scenario with its changes; empty if it does not
    say so.
    """
    claim, switches = claim_of(job), scenario(job.text).switches
    if claim is None or claim.verdicts[job.scenario].told == verdict:
        return ""
    stated = (e for text, e in claim.verdicts.items() if scenario(text).switches == switches)
    return next((expected.why for expected in stated if expected.told == verdict), "")


# --- as text --------------------------------------------------------------------------------------


def counts(found: Sequence[Row]) -> dict[str, dict[str, int]]:
    """How many verdicts have which fate, by the switch that is raised."""
    return {
        switch: {
            fate: sum(row.switch == switch and row.fate == fate for row in found) for fate in FATES
        }
        for switch in dict.fromkeys(row.switch for row in found)
    }


def as_json(found: Sequence[Row]) -> dict[str, Any]:
    """The report for programs."""
    return {
        "schema": SCHEMA,
        "counts": counts(found),
        "rows": [asdict(row) for row in found],
    }


def as_markdown(found: Sequence[Row]) -> str:
    """The report for people: what changes, what was not finished, and how much is the same."""
    lines = [f"| raised by one | {' | '.join(FATES)} |", "| --- " * (len(FATES) + 1) + "|"]
    for switch, count in counts(found).items():
        lines.append(f"| {switch} | {' | '.join(str(count[fate]) for fate in FATES)} |")
    titles = {
        CHANGED: "Verdicts that change",
        STATED: "Verdicts that change as the claim says",
        OPEN: "Not finished",
    }
    for fate, title in titles.items():
        chosen = sorted((row for row in found if row.fate == fate), key=lambda row: row.code)
        if chosen:
            lines += ["", f"## {title}", "", *_table(chosen)]
    return "\n".join(lines) + "\n"


def _table(found: Sequence[Row]) -> Iterator[str]:
    yield "| claim | scenario | raised | expected | found | |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in found:
        cells = (row.code, f"`{row.scenario}`", f"`{row.changes}`", row.small, row.large, row.how)
        yield f"| {' | '.join(cells)} |"
