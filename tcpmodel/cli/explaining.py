"""`tcpmodel explain`: why a claim holds or fails."""

from __future__ import annotations

import sys
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.formats import FORMATS, Outputs, Shown, formats_help, formatted
from tcpmodel.cli.output import (
    STYLES,
    attempt,
    claims_of,
    complain,
    limited,
    say,
    show_lassos,
    stop,
    write,
)
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from tcpmodel.claims.language import Claim
    from tcpmodel.claims.runner import Outcome
    from tcpmodel.core.result import Budget
    from tcpmodel.core.trace import Trace
    from tcpmodel.engines.several import Several

EXAMPLE = """\
\b
Example:  tcpmodel explain P01 --svg stale-syn.svg
          tcpmodel explain P01 --html stale-syn.html
          tcpmodel explain P01 -n 3
          tcpmodel explain P61 --scenario tw2 -o late-fin.pcapng --at B"""

NOTES = """\
Under the run stands which part of the claim became true or false at which step.  Runs that
-n lists differ in the states that A and B pass through; FILE is then that of the first, and
FILE-2, FILE-3 … (before the suffix) those of the others; a page has all of them.

A capture (pcap, pcapng) on the wire has every segment when it is sent, lost ones as well; at A or B
it has what that host sends, and what reaches it when it gets there.  A tick is a second; without a
clock a step takes 10 ms, and a timer fires after 1 s.  A model's sequence numbers stay what they
are, but that they go on where the model's go round."""

CODES = """\
Exit codes: 0 explained; 2 usage; 5 inconclusive, or no run to show where one was
asked for; 130 interrupted."""


@click.command(epilog="\n\n".join((EXAMPLE, formats_help(), NOTES, CODES)))
@click.argument("name", metavar="ID")
@click.option(
    "--scenario",
    "wanted",
    metavar="S",
    help="Which of the claim's scenarios (default: the first with a trace).",
)
@click.option(
    "-n",
    "count",
    type=click.IntRange(1, 100),
    default=1,
    metavar="N",
    help="Show up to N runs that pass through different states, shortest first.",
)
@click.option("--html", metavar="FILE", help="Write a page to go through the run; - is stdout.")
@formatted("svg", "json", "text")
@limited
def explain(
    name: str,
    wanted: str | None,
    count: int,
    outputs: Outputs,
    html: str | None,
    engine: str,
    budget: Budget,
) -> None:
    """Why a claim holds or fails: the run as text, as a chart, for other tools.

    ID is a claim's code or name, or PATH:ID for a claim of another file.
    """
    from tcpmodel.claims.discovery import select
    from tcpmodel.claims.runner import Job, check_claim, outcome, run_job, trace_of

    _check_stdout(count, outputs, html)
    path, _, code = name.rpartition(":")
    file, claim = select(claims_of([path] if path else [])[0], [code])[0]
    text = _scenario_of(claim, wanted)
    job = Job(str(file), claim.code, text, engine, budget)
    with Live(1) as live:
        observer = live.observer(f"{claim.code} {text}")
        more = None
        if claim.of_model:
            result, chosen = check_claim(claim, text, engine, budget, observer)
            found = outcome(claim, job, result, chosen)
            if count > 1 and result.trace is not None:
                from tcpmodel.claims.several import several_runs

                more = several_runs(claim, text, count, budget, observer)
        else:
            found = run_job(job, observer)
    trace = trace_of(found)
    loud = not outputs.stdout and html != "-"
    if loud:
        _print(claim, found)
        show_lassos(found.fairness)
    written = True
    if trace is not None:
        traces = list(more.traces) if more is not None and more.traces else [trace]
        written = _show_all(claim, traces, found, outputs, loud)
    elif outputs:
        complain(f"{claim.code} has no run to show in {text}: {found.verdict}")
    if html:
        from tcpmodel.claims.pages import explained

        page = explained(claim, found, more.traces if more else ())
        written &= attempt(html, partial(write, html, page))
    if more is not None:
        if loud:
            click.echo()
        click.echo(_how_many(more, count), err=not loud)
    if "interrupted" in (found.reason, more and more.reason):
        sys.exit(130)
    if not written:
        sys.exit(2)
    sys.exit(5 if found.inconclusive or (trace is None and outputs) else 0)


def _check_stdout(count: int, outputs: Outputs, html: str | None) -> None:
    """Stdout has room for one thing."""
    if html == "-" and outputs.stdout:
        stop(2, f"only one of html and {outputs.stdout} can have stdout; name a file")
    if count > 1 and outputs.stdout not in ("", "text"):
        stop(2, f"-n {count} makes several files; name one")


def _scenario_of(claim: Claim, wanted: str | None) -> str:
    """The scenario to explain: the wanted one, or the first that should have a run to show."""
    from difflib import get_close_matches

    from tcpmodel.core.errors import ModelError
    from tcpmodel.core.property import Kind
    from tcpmodel.core.result import Verdict
    from tcpmodel.tcp.scenario import scenario

    if not claim.of_model:
        if wanted not in (None, *claim.verdicts):
            listed = ", ".join(claim.verdicts)
            raise ModelError(f"claim {claim.code} has no row {wanted!r}; it has {listed}")
        return wanted or next(iter(claim.verdicts))
    if wanted is not None:
        switches = scenario(wanted).switches
        same = [t for t in claim.verdicts if scenario(t).switches == switches]
        if same:
            return same[0]
        near = get_close_matches(wanted, list(claim.verdicts), n=1, cutoff=0.3)
        hint = f" (did you mean {near[0]!r}?)" if near else ""
        listed = ", ".join(repr(t) for t in claim.verdicts)
        raise ModelError(f"claim {claim.code} has no scenario {wanted!r}{hint}; it has {listed}")
    shows = Verdict.HOLDS if claim.question.kind is Kind.SOMETIMES else Verdict.FAILS
    return next(
        (t for t, e in claim.verdicts.items() if e.verdict is shows), next(iter(claim.verdicts))
    )


def _print(claim: Claim, found: Outcome) -> None:
    from tcpmodel.claims import report
    from tcpmodel.claims.needs import summary

    kind = report.mark(found)
    say((f"{claim.code} {claim.id}", "bold"))
    say(claim.says)
    if claim.folklore:
        say((f"What people say: {claim.folklore}", "italic"))
    for source in claim.sources:
        say((f"- {source}", "dim"), hang=2)
    say("")
    say(
        (found.verdict, STYLES[kind]),
        " in ",
        (found.scenario, "cyan"),
        f": {report.explanation(found)}",
    )
    say((f"Scope: {found.scope}", "dim"))
    for line in report.evidence_lines(found):
        say((line, "dim"))
    for sentence in summary(found.fairness):
        say((sentence, "dim"))
    others = [f"{t} ({e.told})" for t, e in claim.verdicts.items() if t != found.scenario]
    if others:
        say(("Other scenarios: " + "; ".join(others), "dim"))
    say("")


def _show_all(
    claim: Claim, traces: list[Trace], found: Outcome, outputs: Outputs, loud: bool
) -> bool:
    """Show every run, each under its number if there are several; files are numbered, too.

    Whether all that was asked for could be written.
    """
    from tcpmodel.claims.runner import question_of
    from tcpmodel.claims.turning import turning
    from tcpmodel.tcp.compose import compose
    from tcpmodel.tcp.scenario import scenario

    model = compose(scenario(found.scenario))
    written = True
    for number, trace in enumerate(traces, start=1):
        if (loud or outputs.stdout == "text") and len(traces) > 1:
            steps = f"{len(trace)} step{'s' * (len(trace) != 1)}"
            click.echo(f"{chr(10) * (number > 1)}Run {number} of {len(traces)} ({steps}):\n")
        witness = found.verdict == "HOLDS"
        turned = turning(partial(question_of, claim), model, trace, witness)
        told = replace(found, turning=None if turned is None else turned.to_json())
        shown = _shown(trace, claim.says, told)
        if loud:
            click.echo(FORMATS["text"].write(shown, ""), nl=False)
        written &= outputs.write(shown, number)
    return written


def _how_many(more: Several, count: int) -> str:
    """`there are only 2 …`, if there are not as many as were asked for; what was looked at."""
    number = len(more.traces)
    if not number:
        return f"No other run was found; stopped: {more.reason}."
    differ = "that differ in the states of A and B that they pass through"
    if number == count:
        return f"The {count} shortest runs {differ}."
    there = f"There {'is' if number == 1 else 'are'} only {number}"
    if not more.reason:
        others = "every other passes through the same states of A and B, one after the other"
        return f"{there}: {others}."
    return f"{there} of at most {more.steps} steps {differ}; stopped: {more.reason}."


def _shown(trace: Trace, says: str, found: Outcome) -> Shown:
    from tcpmodel.claims.runner import reasons
    from tcpmodel.core.trace import Trace

    return Shown(
        trace,
        claim=says,
        why="\n".join(reasons(found)),
        title=f"{found.code} {found.id}: {found.scenario}",
        witness=found.verdict == "HOLDS",
        verdict=found.verdict,
        twins=tuple((t["agent"], Trace.from_json(t["trace"])) for t in found.twins),
        more={"claim": found.code, **({"turning": found.turning} if found.turning else {})},
    )
