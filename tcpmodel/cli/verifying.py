"""`tcpmodel verify`: settle claims, and report."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.output import (
    EXIT_CODES,
    STYLES,
    attempt,
    beside,
    claims_of,
    dump,
    limited,
    say,
    stop,
    write,
)
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from tcpmodel.claims.runner import Job, Outcome
    from tcpmodel.core.result import Budget, Progress


@click.command(epilog="Example:  tcpmodel verify P01 P61 -j 2 --json report.json\n\n" + EXIT_CODES)
@click.argument("names", nargs=-1, metavar="[ID|PATH]...")
@limited
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - is stdout.")
@click.option("--junit", metavar="FILE", help="Write the report as JUnit XML; - is stdout.")
@click.option("--traces", metavar="DIR", help="Where to write traces (default: beside the report).")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Parallel processes.")
def verify(
    names: tuple[str, ...],
    engine: str,
    budget: Budget,
    json_file: str | None,
    junit: str | None,
    traces: str | None,
    jobs: int | None,
) -> None:
    """Settle claims: those that come with the tool, or of the files and folders at PATH.

    ID is a claim's code (P01) or name (no-stale-established).
    """
    from tcpmodel.claims import report
    from tcpmodel.claims.runner import exit_code, jobs_of

    if json_file == junit == "-":
        stop(2, "--json - and --junit - both want stdout; give one of them a file")
    started = time.monotonic()
    claims, errors = claims_of(names)
    todo = jobs_of(claims, engine, budget)
    outcomes, interrupted = _run(todo, jobs or os.cpu_count() or 1)
    if "-" not in (json_file, junit):
        _print(outcomes)
        seconds = time.monotonic() - started
        click.echo(report.summary(outcomes, errors, seconds, planned=len(todo)))
        _hint(outcomes)
    folder = Path(traces) if traces else beside(json_file, junit)
    paths: dict[tuple[str, str], str] = {}
    written = True
    if json_file or junit or traces:
        written &= attempt(folder, lambda: report.write_traces(outcomes, folder, paths))
    if json_file:
        told = report.as_json(outcomes, errors, paths, interrupted=interrupted)
        written &= attempt(json_file, lambda: write(json_file, dump(told)))
    if junit:
        written &= attempt(junit, lambda: write(junit, report.as_junit(outcomes, errors, paths)))
    code = exit_code(outcomes, broken=bool(errors), interrupted=interrupted)
    sys.exit(code if written else 2)


def _run(todo: Sequence[Job], processes: int) -> tuple[list[Outcome], bool]:
    """Do the jobs with progress on stderr; (outcomes in the order of the jobs, interrupted)."""
    from tcpmodel.claims.pool import run_jobs

    done: dict[Job, Outcome] = {}
    interrupted = False
    with Live(len(todo)) as live:

        def observer(job: Job, progress: Progress) -> None:
            live.show(f"{job.code} {job.scenario}", progress, job)

        results = run_jobs(todo, processes, observer)
        try:
            for job, found in results:
                done[job] = found
                live.finished(job)
        except KeyboardInterrupt:
            interrupted = True
            results.close()
    return [done[job] for job in todo if job in done], interrupted


def _print(outcomes: Sequence[Outcome]) -> None:
    """Claims with their verdicts, by topic."""
    from tcpmodel.claims import report
    from tcpmodel.claims.needs import excess

    topic = code = None
    # Fairness under which a claim fails in another scenario makes that failure stronger.
    fails = {found.code for found in outcomes if found.verdict == "FAILS"}
    for found in outcomes:
        if found.topic != topic:
            topic = found.topic
            say("")
            say((topic.upper(), "bold"))
        if found.code != code:
            code = found.code
            say("")
            say((f"{code:<5}", "bold"), (found.id, "bold"))
            say(found.says, indent=5, hang=5)
        kind = report.mark(found)
        verdict = "ERROR" if found.error else found.verdict
        say(
            (f"{report.MARKS[kind]} {verdict:<6}", STYLES[kind]),
            "  ",
            (found.scenario, "cyan"),
            (f"  {report.effort(found)}", "dim"),
            indent=5,
            hang=15,
        )
        say(report.explanation(found), indent=15, hang=15)
        for sentence in excess(found.fairness) if code not in fails else ():
            say(sentence, indent=15, hang=15)
    say("")


def _hint(outcomes: Sequence[Outcome]) -> None:
    for found in outcomes:
        if found.trace is not None:
            click.echo(f"Read a counterexample:  tcpmodel explain {found.code}", err=True)
            return
