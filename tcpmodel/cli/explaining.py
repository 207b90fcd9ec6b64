"""`tcpmodel explain`: why a claim holds or fails."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.output import (
    STYLES,
    claims_of,
    complain,
    dump,
    limited,
    numbered,
    say,
    show_lassos,
    stop,
    width,
    write,
)
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from tcpmodel.claims.language import Claim
    from tcpmodel.claims.runner import Outcome
    from tcpmodel.claims.turning import Turning
    from tcpmodel.core.result import Budget
    from tcpmodel.core.trace import Trace
    from tcpmodel.engines.several import Several

EPILOG = """\
\b
Example:  tcpmodel explain P01 --svg stale-syn.svg
          tcpmodel explain P01 --html stale-syn.html
          tcpmodel explain P01 -n 3

Under the run stands which part of the claim became true or false at which step.  Runs that
-n lists differ in the states that A and B pass through; FILE is then that of the first, and
FILE-2, FILE-3 … (before the suffix) those of the others; a page has all of them.

\b
Exit codes: 0 explained; 2 usage; 5 inconclusive, or no run to show where one was
asked for; 130 interrupted."""


@click.command(epilog=EPILOG)
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
@click.option("--svg", metavar="FILE", help="Write a sequence chart; - is stdout.")
@click.option("--html", metavar="FILE", help="Write a page to go through the run; - is stdout.")
@click.option("--text", "only_text", is_flag=True, help="Print the run and nothing else.")
@click.option("--json", "json_file", metavar="FILE", help="Write the run as JSON; - is stdout.")
@limited
def explain(
    name: str,
    wanted: str | None,
    count: int,
    svg: str | None,
    html: str | None,
    only_text: bool,
    json_file: str | None,
    engine: str,
    budget: Budget,
) -> None:
    """Why a claim holds or fails: the run as text, and as a chart.

    ID is a claim's code or name, or PATH:ID for a claim of another file.
    """
    from tcpmodel.claims.discovery import select
    from tcpmodel.claims.runner import Job, check_claim, outcome, run_job, trace_of

    if [svg, html, json_file, "-" if only_text else None].count("-") > 1:
        stop(2, "only one of --text, --svg -, --html - and --json - can have stdout; name a file")
    if count > 1 and "-" in (svg, json_file):
        stop(2, f"-n {count} makes several files; name one")
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
    loud = only_text or "-" not in (svg, html, json_file)
    if loud and not only_text:
        _print(claim, found)
        show_lassos(found.fairness)
    if trace is not None:
        traces = [trace] if more is None else list(more.traces)
        _show_all(claim, traces, found, svg, json_file, loud)
    elif svg or json_file or only_text:
        complain(f"{claim.code} has no run to show in {text}: {found.verdict}")
    if html:
        from tcpmodel.claims.pages import explained

        write(html, explained(claim, found, more.traces if more else ()))
    if more is not None:
        if loud and not only_text:
            click.echo()
        click.echo(_how_many(more, count), err=only_text or not loud)
    if "interrupted" in (found.reason, more and more.reason):
        sys.exit(130)
    wants_run = bool(svg or json_file or only_text)
    sys.exit(5 if found.inconclusive or (trace is None and wants_run) else 0)


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
    claim: Claim,
    traces: list[Trace],
    found: Outcome,
    svg: str | None,
    json_file: str | None,
    loud: bool,
) -> None:
    """Show every run, each under its number if there are several; files are numbered, too."""
    from tcpmodel.claims.runner import question_of
    from tcpmodel.claims.turning import turning
    from tcpmodel.tcp.compose import compose
    from tcpmodel.tcp.scenario import scenario

    model = compose(scenario(found.scenario))
    for number, trace in enumerate(traces, start=1):
        if loud and len(traces) > 1:
            steps = f"{len(trace)} step{'s' * (len(trace) != 1)}"
            click.echo(f"{chr(10) * (number > 1)}Run {number} of {len(traces)} ({steps}):\n")
        witness = found.verdict == "HOLDS"
        turned = turning(partial(question_of, claim), model, trace, witness)
        files = [numbered(file, number) for file in (svg, json_file)]
        _show(trace, claim.says, found, turned, files[0], files[1], loud)


def _how_many(more: Several, count: int) -> str:
    """`there are only 2 …`, if there are not as many as were asked for; what was looked at."""
    number = len(more.traces)
    differ = "that differ in the states of A and B that they pass through"
    if number == count:
        return f"The {count} shortest runs {differ}."
    there = f"There {'is' if number == 1 else 'are'} only {number}"
    if not more.reason:
        others = "every other passes through the same states of A and B, one after the other"
        return f"{there}: {others}."
    return f"{there} of at most {more.steps} steps {differ}; stopped: {more.reason}."


def _show(
    trace: Trace,
    says: str,
    found: Outcome,
    turned: Turning | None,
    svg: str | None,
    json_file: str | None,
    loud: bool,
) -> None:
    from tcpmodel.core.trace import Trace
    from tcpmodel.render.chart import chart
    from tcpmodel.render.pairs import indistinguishable
    from tcpmodel.render.text import text

    witness = found.verdict == "HOLDS"
    reasons = [found.why if found.as_expected else "", turned.sentence if turned else ""]
    why = "\n".join(filter(None, reasons))
    if loud:
        wide = max(60, width())
        if found.twins:
            twins = [(t["agent"], Trace.from_json(t["trace"])) for t in found.twins]
            told = indistinguishable(trace, twins, claim=says, why=why, width=wide)
        else:
            told = text(trace, claim=says, why=why, witness=witness, width=wide)
        click.echo(told, nl=False)
    if svg:
        title = f"{found.code} {found.id}: {found.scenario}"
        write(svg, chart(trace, claim=says, why=why, title=title, witness=witness))
    if json_file:
        data = trace.to_json() | {"claim": found.code}
        write(json_file, dump(data | ({"turning": turned.to_json()} if turned else {})))
