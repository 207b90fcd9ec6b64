"""What the page of a verdict says, gathered from its claim and from what was computed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from tcpmodel.claims import needs, report
from tcpmodel.claims.language import Claim
from tcpmodel.claims.runner import Outcome, reasons, trace_of
from tcpmodel.core.trace import Trace
from tcpmodel.render.page import Page, Run, Verdict, page
from tcpmodel.tcp.compose import AGENTS
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.tcb import tcb_domains


def explained(claim: Claim, found: Outcome, traces: Sequence[Trace] = ()) -> str:
    """The page of one verdict by itself.

    traces: the runs to show, if there are more than that of `found`.  What is not computed here is
    told as expected.
    """
    verdicts = [
        verdict(found, here=True)
        if text == found.scenario
        else Verdict(text, expected.told, "", "", "expected", expected.why)
        for text, expected in claim.verdicts.items()
    ]
    return page(about(claim, found, verdicts, traces))


def verdict(found: Outcome, *, href: str = "", here: bool = False) -> Verdict:
    """An outcome as a row of a table."""
    kind = report.mark(found)
    told = "ERROR" if found.error else found.verdict
    word = report.WORDS[kind]
    if kind == "unexpected" and not found.error:
        word += f": {found.expected}"
    return Verdict(
        found.scenario, told, kind, report.MARKS[kind], word, report.explanation(found), href, here
    )


def about(
    claim: Claim | None,
    found: Outcome,
    verdicts: Sequence[Verdict],
    traces: Sequence[Trace] = (),
    *,
    home: str = "",
    pair: tuple[str, str] | None = None,
) -> Page:
    """What the page of `found` says.  claim: None if its file has none of this name any more."""
    return Page(
        code=found.code,
        id=found.id,
        says=found.says or found.id,
        topic=found.topic,
        verdict=verdict(found, here=True),
        turned=_sentence(found.turning),
        folklore=remark(claim, verdicts),
        sources=[str(source) for source in claim.sources] if claim else [],
        scope=found.scope.split("; ") if found.scope else [],
        evidence=list(_evidence(found)),
        verdicts=verdicts,
        runs=list(_runs(found, traces)),
        ghosts=_ghosts(found),
        home=home,
        pair=pair,
    )


def remark(claim: Claim | None, verdicts: Sequence[Verdict]) -> str:
    """What the claim says about what people say, unless a verdict came out otherwise or not at all:
    it was written with those that the claim expects.
    """
    doubtful = any(row.mark in ("unexpected", "open") for row in verdicts)
    return "" if claim is None or doubtful else claim.folklore


def _evidence(found: Outcome) -> Iterator[str]:
    """What the verdict rests on, a line each."""
    yield from report.evidence_lines(found)
    yield from needs.summary(found.fairness)
    if found.states is not None:
        yield f"States: {found.states:,}; depth {found.depth}"
    if found.engine:
        yield f"Engine: {found.engine}" + (f" ({found.chosen})" if found.chosen else "")


def _sentence(turned: dict[str, Any] | None) -> str:
    """`Step 7: …`, with a capital."""
    told = turned["sentence"] if turned else ""
    return told[:1].upper() + told[1:]


def _runs(found: Outcome, traces: Sequence[Trace]) -> Iterator[Run]:
    """Every run behind a verdict: its own, what looks alike, and what happens without fairness."""
    first = trace_of(found)
    shown = list(traces) or [trace for trace in (first,) if trace is not None]
    witness = found.verdict == "HOLDS"
    what = "witness" if witness else "counterexample"
    for number, trace in enumerate(shown, start=1):
        if found.twins:
            title = "Run 1"
        else:
            title = f"The {what}" if len(shown) == 1 else f"Run {number} of {len(shown)}"
        # What turned was looked for in the first.
        why = "\n".join(reasons(found if number == 1 else replace(found, turning=None)))
        intro = ""
        if found.twins:
            who = found.twins[0]["agent"]
            intro = f"At their ends, {who} cannot tell run 1 from run 2."
        yield Run(title, trace, intro, found.says, why, witness)
    for number, twin in enumerate(found.twins, start=2):
        intro = f"At its end, {twin['agent']} cannot tell this run from run {number - 1}."
        yield Run(f"Run {number}", Trace.from_json(twin["trace"]), intro, like=True)
    for title, lasso in needs.lassos(found.fairness):
        intro = "The claim takes this fairness: without it, this may go on for ever."
        yield Run(title[:1].upper() + title[1:], lasso, intro)


def _ghosts(found: Outcome) -> frozenset[str]:
    """The names of the endpoints' variables that no rule reads."""
    if found.trace is None and not found.fairness:
        return frozenset()
    fields = tcb_domains(Scenario(**found.switches))  # type: ignore[arg-type]  # from a report
    ghosts = [field for field, (_, ghost) in fields.items() if ghost]
    return frozenset(f"{agent}.{field}" for agent in AGENTS for field in ghosts)
