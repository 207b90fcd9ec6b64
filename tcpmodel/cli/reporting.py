"""`tcpmodel report`: what the project says about itself, measured."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.output import Group, attempt, claims_of, complain, dump, say, stop, write
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tcpmodel.claims.findings import Finding
    from tcpmodel.claims.runner import Job, Outcome
    from tcpmodel.claims.verdicts import Verdicts
    from tcpmodel.core.result import Progress

_NO_CACHE = click.option(
    "--no-cache", is_flag=True, help="Neither use what an earlier run has found, nor keep this."
)

STYLES = {"unexplained": "bold red", "equivalent": "dim", "explained": "yellow"}


@click.group(cls=Group, epilog="Example:  tcpmodel report mutation --claim P01")
def report() -> None:
    """Reports about the model and its claims: seeded faults, size, adequacy, rules."""


@report.command(
    epilog="""\
\b
Example:  tcpmodel report mutation -j 2 --json faults.json
          tcpmodel report mutation --claim P01
          tcpmodel report mutation --rule syn_received --no-structure

Exit codes: 0 every fault is caught or explained; 2 usage; 10 one survives unexplained;
130 interrupted."""
)
@click.option("--claim", "names", multiple=True, metavar="ID", help="What this claim catches.")
@click.option("--rule", default="", metavar="TEXT", help="Only rules with TEXT in their name.")
@click.option(
    "--no-structure",
    is_flag=True,
    help="Rules that clash do not count: a run or a claim has to notice (takes much longer).",
)
@_NO_CACHE
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - is stdout.")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Parallel processes.")
def mutation(
    names: tuple[str, ...],
    rule: str,
    no_structure: bool,
    no_cache: bool,
    json_file: str | None,
    jobs: int | None,
) -> None:
    """Seed faults into the model, one at a time, and see what catches each.

    Every rule without one of the conditions of its guard, with the opposite of it, and missing;
    timers that are not set or one tick short; repeated ISNs; the network and the clock likewise.
    """
    from tcpmodel.claims.findings import CLAIM, NOBODY, as_json
    from tcpmodel.claims.mutation import FURTHER, Hunt, notebook
    from tcpmodel.claims.runner import jobs_of
    from tcpmodel.claims.verdicts import folder
    from tcpmodel.core.result import Budget

    found, errors = claims_of(names)
    claims = [pair for pair in found if pair[1].of_model]
    if errors:
        sys.exit(2)
    todo, further = jobs_of(claims, "auto", Budget()), () if names else FURTHER
    with Live(1) as live, _remembered(no_cache) as known:

        def watch(job: Job, progress: Progress) -> None:
            live.show(f"{job.code} {job.fault or job.scenario}", progress, job)

        hunt = Hunt(
            todo,
            live.say,
            watch,
            jobs or os.cpu_count() or 1,
            structural=not (names or no_structure),
            with_runs=not names,
            only=rule,
            further=further,
            known=known,
        )
        if not no_cache:
            hunt.notebook = notebook(todo, further, folder().with_name("faults"))
        findings = hunt.run()
    if hunt.notebook.problem:
        complain(hunt.notebook.problem)
    if names:
        findings = [found for found in findings if found.fate == CLAIM]
    elif not findings:
        stop(2, f"no rule has {rule!r} in its name")
    if json_file != "-":
        _tell(findings)
    if json_file and not attempt(json_file, lambda: write(json_file, dump(as_json(findings)))):
        sys.exit(2)
    sys.exit(10 if any(found.fate == NOBODY for found in findings) else 0)


def _tell(findings: Sequence[Finding]) -> None:
    from tcpmodel.claims.findings import summary

    for found in findings:
        who = f"{found.fate} {found.by}".strip()
        say((str(found.fault), "bold"))
        say((who, STYLES.get(found.fate, "green")), f": {found.how}", indent=5, hang=5)
    counts = [f"{count} {fate}" for fate, count in summary(findings) if count]
    click.echo(f"\n{len(findings)} faults: {', '.join(counts) or 'none'}")


@report.command(
    epilog="Example:  tcpmodel report scale --max-states 200000 --json scale.json > scale.md"
)
@click.argument("scenarios", nargs=-1, metavar="[SCENARIO]...")
@click.option(
    "--max-states",
    type=click.IntRange(1),
    default=100_000,
    show_default=True,
    metavar="N",
    help="Search a preset until N states are known.",
)
@click.option("--presets-only", is_flag=True, help="Leave out the claims.")
@_NO_CACHE
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - is stdout.")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Parallel processes.")
def scale(
    scenarios: tuple[str, ...],
    max_states: int,
    presets_only: bool,
    no_cache: bool,
    json_file: str | None,
    jobs: int | None,
) -> None:
    """How large the models are: states, bits and actions of each preset (or of each SCENARIO,
    'PRESET key=value …', and then of nothing else), and the states of each claim.
    """
    from tcpmodel.claims.scale import as_json, as_markdown, largest, sizes_of
    from tcpmodel.core.result import Budget

    with Live(1) as live:
        budget = Budget(states=max_states)
        sizes = list(sizes_of(scenarios, budget, live.observer("scenario")))
    outcomes = [] if presets_only or scenarios else _settled(jobs, no_cache)
    claims = largest(outcomes)
    if json_file != "-":
        click.echo(as_markdown(sizes, claims), nl=False)
    told = as_json(sizes, claims)
    if json_file and not attempt(json_file, lambda: write(json_file, dump(told))):
        sys.exit(2)


@report.command(
    epilog="""\
\b
Example:  tcpmodel report adequacy -j 2 --json adequacy.json > adequacy.md
          tcpmodel report adequacy --claim P61 --raise msl --raise capacity

Exit codes: 0 every verdict stays the same; 2 usage; 5 some run was not finished; 10 a verdict
changes; 130 interrupted."""
)
@click.option("--claim", "names", multiple=True, metavar="ID", help="Only this claim.")
@click.option(
    "--raise",
    "switches",
    multiple=True,
    type=click.Choice(["width", "msl", "capacity", "incarnations"]),
    help="What is raised (default: each of them, one at a time).",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0, min_open=True),
    default=20.0,
    show_default=True,
    metavar="S",
    help="The longest that one run may take.",
)
@_NO_CACHE
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - is stdout.")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Parallel processes.")
def adequacy(
    names: tuple[str, ...],
    switches: tuple[str, ...],
    seconds: float,
    no_cache: bool,
    json_file: str | None,
    jobs: int | None,
) -> None:
    """Settle claims again with one number of each scenario raised by one, and list the verdicts
    that change: a bit more per sequence number, a tick more of MSL (TIME-WAIT and timeouts in
    proportion), a segment more under way, an incarnation more.
    """
    from tcpmodel.claims import adequacy as raising
    from tcpmodel.claims.runner import jobs_of
    from tcpmodel.core.result import Budget

    claims, errors = claims_of(names)
    if errors:
        sys.exit(2)
    todo = jobs_of([pair for pair in claims if pair[1].of_model], "auto", Budget())
    budget = replace(raising.LIMITS, seconds=seconds)
    found = []
    with Live(len(todo) * len(switches or raising.RAISED)) as live, _remembered(no_cache) as known:

        def watch(job: Job, progress: Progress) -> None:
            live.show(f"{job.code} {job.text}", progress, job)

        processes = jobs or os.cpu_count() or 1
        chosen = switches or raising.RAISED
        for row in raising.rows(todo, processes, watch, chosen, budget, known):
            found.append(row)
            live.finished(row)
    if json_file != "-":
        click.echo(raising.as_markdown(found), nl=False)
    told = raising.as_json(found)
    if json_file and not attempt(json_file, lambda: write(json_file, dump(told))):
        sys.exit(2)
    fates = {row.fate for row in found}
    sys.exit(10 if raising.CHANGED in fates else 5 if raising.OPEN in fates else 0)


@report.command(epilog="Example:  tcpmodel report coverage -j 2 --json rules.json > rules.md")
@click.option("--claim", "names", multiple=True, metavar="ID", help="Only this claim, and no runs.")
@_NO_CACHE
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - is stdout.")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Parallel processes.")
def coverage(
    names: tuple[str, ...], no_cache: bool, json_file: str | None, jobs: int | None
) -> None:
    """Which rules act in no claim's model and in no written run; by scenario, which never act."""
    from tcpmodel.claims.exercise import as_json, as_markdown, exercised, idle
    from tcpmodel.claims.faulty_runs import Runs

    outcomes = _settled(jobs, no_cache, names)
    found, by_scenario = exercised(outcomes, {} if names else Runs().fired), idle(outcomes)
    if json_file != "-":
        click.echo(as_markdown(found, by_scenario), nl=False)
    told = as_json(found, by_scenario)
    if json_file and not attempt(json_file, lambda: write(json_file, dump(told))):
        sys.exit(2)


def _settled(processes: int | None, no_cache: bool, names: tuple[str, ...] = ()) -> list[Outcome]:
    """Every verdict of the bundled claims, or of those that are named."""
    from tcpmodel.claims.runner import jobs_of
    from tcpmodel.claims.verdicts import run_known
    from tcpmodel.core.result import Budget

    claims, errors = claims_of(names)
    if errors:
        sys.exit(2)
    todo = jobs_of([c for c in claims if c[1].of_model], "auto", Budget())
    done: dict[Job, Outcome] = {}
    with Live(len(todo)) as live, _remembered(no_cache) as known:

        def watch(job: Job, progress: Progress) -> None:
            live.show(job.code, progress, job)

        for job, found in run_known(todo, processes or os.cpu_count() or 1, watch, known):
            done[job] = found
            live.finished(job)
    return [done[job] for job in todo]


@contextmanager
def _remembered(no_cache: bool) -> Iterator[Verdicts | None]:
    """The verdicts of earlier runs; what went wrong with them is said at the end."""
    from tcpmodel.claims.verdicts import Verdicts, folder

    known = None if no_cache else Verdicts(folder())
    try:
        yield known
    finally:
        for line in known.close() if known else ():
            complain(line)
