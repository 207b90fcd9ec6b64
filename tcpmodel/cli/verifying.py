"""`tcpmodel verify`: settle claims, and report."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.output import (
    EXIT_CODES,
    STYLES,
    attempt,
    beside,
    claims_of,
    complain,
    dump,
    limited,
    say,
    stop,
    write,
)
from tcpmodel.cli.table import SuiteProgress

if TYPE_CHECKING:
    from tcpmodel.claims.runner import Job, Outcome
    from tcpmodel.claims.verdicts import Verdicts
    from tcpmodel.core.result import Budget

LIMIT = 600.0
"""Seconds after which a check in a process of its own is stopped, if no less is asked for."""


class _Part(click.ParamType):  # type: ignore[type-arg]  # not generic in older versions
    """`i/n`: part i of n."""

    name = "part"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, int]:
        found = re.fullmatch(r"(\d{1,4})/(\d{1,4})", value)
        index, count = map(int, found.groups()) if found else (0, 0)
        if not 1 <= index <= count:
            self.fail(f"{value!r} is not i/n with 1 <= i <= n, e.g. 2/4", param, ctx)
        return index, count


@click.command(epilog="Example:  tcpmodel verify P01 P61 -j 2 --json report.json\n\n" + EXIT_CODES)
@click.argument("names", nargs=-1, metavar="[ID|PATH]...")
@limited
@click.option("--only", multiple=True, metavar="ID", help="Only this claim of those (repeatable).")
@click.option("--topic", multiple=True, metavar="T", help="Only claims about T (repeatable).")
@click.option("--shard", type=_Part(), metavar="I/N", help="Only part I of N, the same everywhere.")
@click.option("--fail-fast", is_flag=True, help="Stop at the first that is not as expected.")
@click.option("--no-cache", is_flag=True, help="Neither use verdicts known before, nor keep these.")
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - is stdout.")
@click.option("--junit", metavar="FILE", help="Write the report as JUnit XML; - is stdout.")
@click.option("--html", metavar="DIR", help="Write a site: all verdicts, and a page for each.")
@click.option("--traces", metavar="DIR", help="Where to write traces (default: beside the report).")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Parallel processes.")
def verify(
    names: tuple[str, ...],
    engine: str,
    budget: Budget,
    only: tuple[str, ...],
    topic: tuple[str, ...],
    shard: tuple[int, int] | None,
    fail_fast: bool,
    no_cache: bool,
    json_file: str | None,
    junit: str | None,
    html: str | None,
    traces: str | None,
    jobs: int | None,
) -> None:
    """Settle claims: those that come with the tool, or of the files and folders at PATH.

    ID is a claim's code (P01) or name (no-stale-established).  Verdicts that an earlier run has
    settled, from the same model, claims and limits, are not computed again.
    """
    from tcpmodel.claims import report, suite
    from tcpmodel.claims.discovery import select
    from tcpmodel.claims.runner import exit_code, jobs_of

    if json_file == junit == "-":
        stop(2, "--json - and --junit - both want stdout; give one of them a file")
    started = time.monotonic()
    claims, errors = claims_of(names)
    claims = suite.about_topics(select(claims, only), topic)
    todo = jobs_of(claims, engine, budget)
    if shard:
        todo = suite.shard(todo, *shard)
    run = Run(todo, jobs or os.cpu_count() or 1, cached=not no_cache, fail_fast=fail_fast)
    outcomes = run.outcomes()
    planned, ending = len(todo), "stopped" if run.failed else "interrupted"
    if "-" not in (json_file, junit):
        _print(outcomes)
        _print_topics(outcomes)
        seconds = time.monotonic() - started
        click.echo(report.summary(outcomes, errors, seconds, planned=planned, ending=ending))
        _hint(outcomes)
    folder = Path(traces) if traces else beside(json_file, junit)
    paths: dict[tuple[str, str], str] = {}
    written = True
    if json_file or junit or traces:
        written &= attempt(folder, lambda: report.write_traces(outcomes, folder, paths))
    if json_file:
        told = report.as_json(
            outcomes, errors, paths, interrupted=run.interrupted, planned=len(todo)
        )
        written &= attempt(json_file, lambda: write(json_file, dump(told)))
    if junit:
        written &= attempt(junit, lambda: write(junit, report.as_junit(outcomes, errors, paths)))
    if html:
        from tcpmodel.claims.site import site

        only_claims = [claim for _, claim in claims]
        files = site(outcomes, only_claims, errors, planned=planned, ending=ending)
        written &= attempt(html, lambda: _write_site(Path(html), files))
    code = exit_code(outcomes, broken=bool(errors), interrupted=run.interrupted)
    sys.exit(code if written else 2)


def _write_site(folder: Path, files: Iterator[tuple[str, str]]) -> None:
    for path, text in files:
        write(str(folder / path), text)


class Run:
    """Jobs, done with progress on stderr; what is known from before is not done again.

    interrupted: by Ctrl-C.  failed: stopped at the first that is not as expected.
    """

    def __init__(
        self, todo: Sequence[Job], processes: int, *, cached: bool, fail_fast: bool
    ) -> None:
        self.todo, self.processes = todo, processes
        self.cached, self.fail_fast = cached, fail_fast
        self.done: dict[Job, Outcome] = {}
        self.interrupted = self.failed = False

    def outcomes(self) -> list[Outcome]:
        """What came of the jobs that were done, in the order of the jobs."""
        from tcpmodel.claims.verdicts import Verdicts, folder

        known = Verdicts(folder()) if self.cached else None
        try:
            self._do(known)
        except KeyboardInterrupt:
            self.interrupted = True
        for line in known.close() if known else ():
            complain(line)
        return [self.done[job] for job in self.todo if job in self.done]

    def _do(self, known: Verdicts | None) -> None:
        from tcpmodel.claims.pool import run_jobs

        for job in self.todo if known else ():
            found = known.get(job) if known else None
            if found is not None:
                self.done[job] = found
                if self._enough(found):
                    return
        rest = [job for job in self.todo if job not in self.done]
        # A check of this process cannot be stopped by force; a single one starts sooner in it.
        limited = len(rest) > 1 or any(job.budget.seconds for job in rest)
        limit = LIMIT if limited else None
        with (
            SuiteProgress(len(self.todo), len(self.done)) as live,
            closing(
                run_jobs(rest, self.processes, live.watch, limit=limit, warn=live.say)
            ) as results,
        ):
            for job, found in results:
                self.done[job] = found
                if known:
                    known.put(job, found)
                live.finished(job, found)
                if self._enough(found):
                    return

    def _enough(self, found: Outcome) -> bool:
        """Whether to stop after this one."""
        from tcpmodel.claims.report import mark

        self.failed = self.fail_fast and mark(found) != "expected"
        return self.failed


def _print_topics(outcomes: Sequence[Outcome]) -> None:
    """A line per topic, where there are several."""
    from tcpmodel.claims import report, suite

    topics = suite.by_topic(outcomes)
    if len(topics) < 2:
        return
    wide = max(len(topic.name) for topic in topics)
    for topic in topics:
        total = sum(topic.marks.values())
        parts: list[str | tuple[str, str]] = [
            (f"{topic.name:<{wide}}", "bold"),
            f"  {topic.claims:>3} claims {total:>4} verdicts  ",
        ]
        if topic.marks["expected"] == total:
            parts.append(("all as expected", STYLES["expected"]))
        else:
            named = [
                f"{topic.marks[name]} {report.WORDS[name]}"
                for name in report.WORDS
                if topic.marks[name]
            ]
            parts.append((", ".join(named), STYLES["unexpected"]))
        parts.append((f"  {topic.seconds:.1f} s" if topic.seconds else "  known before", "dim"))
        say(*parts, hang=wide + 2)
    say("")


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
