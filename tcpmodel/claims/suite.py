"""A suite of claims: which part of it to run, and what came of it by topic."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from tcpmodel.claims.language import Claim
from tcpmodel.claims.report import MARKS, mark
from tcpmodel.claims.runner import Job, Outcome
from tcpmodel.core.errors import ModelError


def about_topics(
    claims: Sequence[tuple[Path, Claim]], topics: Sequence[str]
) -> list[tuple[Path, Claim]]:
    """The claims whose topic has one of these names, or a name that begins with it.

    Raises `ModelError`, with the topics that there are, where a name fits none.
    """
    if not topics:
        return list(claims)
    known = list(dict.fromkeys(claim.topic for _, claim in claims))
    chosen: set[str] = set()
    for name in topics:
        fitting = {topic for topic in known if topic.lower().startswith(name.lower())}
        if not fitting:
            near = get_close_matches(name.lower(), [t.lower() for t in known], n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ModelError(f"no topic {name!r}; {hint}there are {', '.join(known)}")
        chosen |= fitting
    return [(file, claim) for file, claim in claims if claim.topic in chosen]


def shard(jobs: Sequence[Job], index: int, count: int) -> list[Job]:
    """Part `index` (from 1) of `count` parts of nearly the same number of jobs.

    Jobs about one scenario stay together where they can, so that its model is composed once.  The
    parts are the same on every machine: nothing that was measured counts.
    """
    by_scenario = defaultdict(list)
    for job in jobs:
        by_scenario[job.scenario].append(job)
    rows = sorted(by_scenario.values(), key=lambda row: (-len(row), row[0].scenario))
    order = [job for row in rows for job in row]
    share, first = divmod(len(order), count)
    starts = [n * share + min(n, first) for n in range(count + 1)]
    mine = set(order[starts[index - 1] : starts[index]])
    return [job for job in jobs if job in mine]


@dataclass(frozen=True)
class Topic:
    """What came of a topic: claims, verdicts by mark (see `report.MARKS`), processor seconds."""

    name: str
    claims: int
    marks: dict[str, int]
    seconds: float


def by_topic(outcomes: Sequence[Outcome]) -> list[Topic]:
    """The topics in the order in which they come."""
    rows: dict[str, list[Outcome]] = defaultdict(list)
    for found in outcomes:
        rows[found.topic].append(found)
    return [
        Topic(
            name,
            len({found.code for found in row}),
            {one: sum(mark(found) == one for found in row) for one in MARKS},
            sum(found.cpu_seconds for found in row if not found.cached),
        )
        for name, row in rows.items()
    ]
