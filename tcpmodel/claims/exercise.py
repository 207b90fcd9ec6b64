"""Which rules do the claims and the written runs exercise?

A rule that acts in no claim's model and in no run is a rule of which nothing is known: it could be
wrong and nobody would notice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tcpmodel.claims.mutation import rules_that_fire
from tcpmodel.claims.runner import Outcome
from tcpmodel.tcp.compose import rules
from tcpmodel.tcp.coverage import family
from tcpmodel.tcp.faults import base_name
from tcpmodel.tcp.scenario import Scenario, scenario

SCHEMA = "tcpmodel-coverage/1"


REASONS: Mapping[str, str] = {
    "cookie_answers_syn__out_of_incarnations": "what a listener does that may open no other "
    "connection: it is there so that every segment is taken up, but nobody listens who may not",
}
"""Rules that nothing can exercise, with the reason."""


@dataclass(frozen=True)
class Exercised:
    """A rule, and who has it act: verdicts (`CODE scenario`) and written runs.

    since: a scenario that has the rule.
    """

    rule: str
    since: str
    verdicts: tuple[str, ...]
    runs: tuple[str, ...]


@dataclass(frozen=True)
class Idle:
    """A scenario of claims, and which of its rules act in none of them.

    complete: all its reachable states were visited by one of them, so these rules can never act.
    """

    scenario: str
    rules: tuple[str, ...]
    complete: bool


def exercised(
    outcomes: Sequence[Outcome],
    runs: Mapping[str, set[str]],
    others: Iterable[Scenario] | None = None,
) -> list[Exercised]:
    """Every rule of every scenario.

    runs: the rules that act in each written run.  others: the scenarios that are looked at besides
    those of the outcomes; the family that has every rule, if none is given.
    """
    since: dict[str, str] = {}
    texts = dict.fromkeys(found.scenario for found in outcomes)
    for switches in (*(family() if others is None else others), *map(scenario, texts)):
        for rule in rules(switches):
            since.setdefault(base_name(rule.name), switches.spelled)
    acting = [(f"{found.code} {found.scenario}", rules_that_fire(found)) for found in outcomes]
    return [
        Exercised(
            rule,
            text,
            tuple(title for title, fired in acting if rule in fired),
            tuple(name for name, fired in runs.items() if rule in fired),
        )
        for rule, text in since.items()
    ]


def idle(outcomes: Sequence[Outcome]) -> list[Idle]:
    """By scenario of claims: the rules that it has and that act in none of them."""
    found = []
    for text in dict.fromkeys(outcome.scenario for outcome in outcomes):
        mine = [outcome for outcome in outcomes if outcome.scenario == text]
        fired = set[str]().union(*map(rules_that_fire, mine))
        names = dict.fromkeys(base_name(rule.name) for rule in rules(scenario(text)))
        complete = any(outcome.evidence.get("complete") for outcome in mine)
        found.append(Idle(text, tuple(n for n in names if n not in fired), complete))
    return found


# --- as text --------------------------------------------------------------------------------------


def as_json(found: Sequence[Exercised], by_scenario: Sequence[Idle]) -> dict[str, Any]:
    """The report for programs."""
    return {
        "schema": SCHEMA,
        "rules": [asdict(row) for row in found],
        "reasons": dict(REASONS),
        "idle": [asdict(row) for row in by_scenario],
    }


def as_markdown(found: Sequence[Exercised], by_scenario: Sequence[Idle]) -> str:
    """The report for people."""
    nobody = [row for row in found if not row.verdicts and not row.runs]
    only_runs = [row for row in found if not row.verdicts and row.runs]
    lines = [
        f"{len(found)} rules: {len(found) - len(nobody) - len(only_runs)} act in a claim, "
        f"{len(only_runs)} only in a written run, {len(nobody)} in neither."
    ]
    if nobody:
        lines += [
            "",
            "## Rules that nothing exercises",
            "",
            "| rule | in scenarios such as | why |",
        ]
        lines += ["| --- | --- | --- |"]
        lines += [f"| `{r.rule}` | `{r.since}` | {REASONS.get(r.rule, '')} |" for r in nobody]
    if only_runs:
        lines += ["", "## Rules that only written runs exercise", "", *_rules(only_runs)]
    lines += [
        "",
        "## By scenario",
        "",
        "| scenario | rules that never act | |",
        "| --- | --- | --- |",
    ]
    for row in by_scenario:
        seen = "all states visited" if row.complete else "not all states visited"
        lines.append(f"| `{row.scenario}` | {', '.join(row.rules) or 'none'} | {seen} |")
    return "\n".join(lines) + "\n"


def _rules(found: Sequence[Exercised]) -> Iterator[str]:
    yield "| rule | in scenarios such as | runs |"
    yield "| --- | --- | --- |"
    for row in found:
        yield f"| `{row.rule}` | `{row.since}` | {', '.join(row.runs)} |"
