"""`tcpmodel rationale`: why TCP is the way it is, as a document."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from tcpmodel.cli.output import claims_of, complain, stop, write
from tcpmodel.cli.verifying import Run

EPILOG = """\
\b
Example:  tcpmodel rationale -o why -j 2
          tcpmodel rationale --topic time-wait --topic two-msl

\b
Topics: two-messages, four-messages, knowledge, simultaneous, sequence-numbers, states,
stream, closing, waiting, time-wait, two-msl, passive-closer, resets, losses, half-open,
strangers, linux, posts.

A verdict that is not settled within S seconds stands in the document as that.  With --topic the
index (README.md) and the list of claims are neither written nor changed.

Exit codes: 0 written, every verdict as expected; 2 usage or a broken claim file;
written all the same: 1 crash, 5 something not settled, 10 a verdict differs from the
expected one, 11 holds only vacuously; 130 interrupted, nothing written."""


@click.command(epilog=EPILOG)
@click.option("--topic", multiple=True, metavar="T", help="Only the page on T (repeatable).")
@click.option(
    "-o",
    "--output",
    default="diagrams/rationale",
    show_default=True,
    metavar="DIR",
    help="Where to write the pages.",
)
@click.option(
    "--timeout",
    type=click.FloatRange(0.0, min_open=True),
    metavar="S",
    help="Stop a check after S seconds.",
)
@click.option("--no-cache", is_flag=True, help="Neither use verdicts known before, nor keep these.")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Parallel processes.")
def rationale(
    topic: tuple[str, ...], output: str, timeout: float | None, no_cache: bool, jobs: int | None
) -> None:
    """Write a document that answers questions about TCP: Markdown, with charts beside it.

    Why three messages, why 2 MSL, what each loss does: a page each, made of claims with their
    verdicts as computed.  Verdicts that `verify` has settled before are not computed again.
    """
    from tcpmodel.claims.rationale import build, needed, topics
    from tcpmodel.claims.report import WORDS, mark
    from tcpmodel.claims.runner import exit_code, jobs_of
    from tcpmodel.core.result import Budget

    names = topics(topic) if topic else []
    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    claims, errors = claims_of(())
    todo = jobs_of(needed(claims, names), "auto", Budget(seconds=timeout))
    run = Run(todo, jobs or os.cpu_count() or 1, cached=not no_cache, fail_fast=False)
    outcomes = run.outcomes()
    if run.interrupted:
        stop(130, "interrupted, nothing written; verdicts that were settled are known next time")
    for name, content in build([claim for _, claim in claims], outcomes, names).items():
        write(str(folder / name), content)
        click.echo(str(folder / name))
    for found in outcomes:
        if (kind := mark(found)) != "expected":
            complain(f"{found.code} in {found.scenario}: {WORDS[kind]}")
    sys.exit(exit_code(outcomes, broken=bool(errors)))
