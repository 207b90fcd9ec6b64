"""`tcpmodel check`: settle a property of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.output import (
    attempt,
    beside,
    complain,
    dump,
    limited,
    say,
    show_lassos,
    stop,
    width,
    write,
)
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from tcpmodel.core.result import Budget, Result

EXAMPLE = """\
\b
Example:  tcpmodel check 'always(implies(B.state == ESTABLISHED, A.state != CLOSED))' \\
              --scenario 'rfc9293 abort=on'"""

EXIT_CODES = """\
\b
Exit codes: 0 holds; 2 usage; 5 inconclusive; 10 fails; 11 holds only vacuously;
130 interrupted."""

GRAMMAR = """\
\b
property  always(F) | sometimes(F) | leads_to(F, F, weak=['A CLOSE'], strong=['B receives'])
          eventually(F, weak=…) | infinitely_often(F, weak=…) | eventually_always(F, weak=…)
          A run goes on as long as some action is enabled, and stutters for ever where none
          is; a weakly fair group that stays enabled is taken, a strongly fair one if it is
          enabled again and again.
knowing   knows('B', F, when=F, view='recall') | always(F about knowledge, view='state')
          views: state (an agent's variables now), recall (all they have been), events (and
          each of its steps)
formula F F and F | F or F | not F | implies(F, F) | True | False | N == N | N != N | N < N …
number N  A.state | B.snd_nxt | … | ESTABLISHED | 7 | N + N | N - N
network   inflight('A', 'SYN', 'ACK') | nothing_inflight()
knowledge knows('A', F) | knows_whether('A', F) | everyone_knows(F) | common_knowledge(F)
helpers   synchronized('A') | agrees_with_live_peer('B') | left_half_open('B')
          ended('B', 'reset') | gave_up_after('A', 63) | gave_up_before('A', 180)
          last_sent_at('A', 0, 1, 3) | swayed('B', 'attempt') | gets_a_prefix('B')
          has_unacknowledged('A', 2) | sent_all('A') | delivered_twice('B') | works('A') | …"""


@click.command(epilog="\n\n".join((EXAMPLE, GRAMMAR, EXIT_CODES)))
@click.argument("formula")
@click.option(
    "--scenario",
    "scenario_text",
    default="rfc9293",
    metavar="'PRESET key=value …'",
    show_default=True,
)
@limited
@click.option("--json", "json_file", metavar="FILE", help="Write the result as JSON; - is stdout.")
@click.option("--svg", metavar="FILE", help="Write a sequence chart of the run; - is stdout.")
@click.option(
    "--certificate",
    metavar="FILE",
    help="Write the proof that it holds, for `tcpmodel certify` (engines induction, pdr, spacer).",
)
@click.option(
    "--lift",
    "bits",
    type=click.IntRange(2, 32),
    metavar="BITS",
    help="Take the run that is found again with sequence numbers of BITS bits, e.g. search with "
    "width=4 and --lift 32; without a run the answer is about the scenario as given.",
)
@click.option("--traces", metavar="DIR", help="Where to write the run (default: beside the JSON).")
def check(
    formula: str,
    scenario_text: str,
    engine: str,
    budget: Budget,
    json_file: str | None,
    svg: str | None,
    certificate: str | None,
    bits: int | None,
    traces: str | None,
) -> None:
    """Settle a property of your own, e.g. always(A.state != CLOSING)."""
    from tcpmodel.claims.formula import parse
    from tcpmodel.claims.runner import check_property

    if json_file == svg == "-":
        stop(2, "--json - and --svg - both want stdout; give one of them a file")
    question = parse(formula)
    with Live(1) as live:
        observer = live.observer(scenario_text)
        result, chosen = check_property(question, scenario_text, engine, budget, observer)
    if bits is not None and result.trace is not None:
        scenario_text, result = _lifted(formula, scenario_text, result, bits, budget)
    why = _why(result, formula, scenario_text)
    if "-" not in (json_file, svg):
        _print(result, formula, why, chosen)
    written = True
    path = None
    if result.trace is not None and (json_file or traces):
        path = str((Path(traces) if traces else beside(json_file)) / "check.json")
        written &= attempt(path, lambda: _write_runs(result, Path(str(path))))
    if json_file:
        from tcpmodel.claims.report import check_json

        told = check_json(result, scenario_text, chosen, path if written else None)
        written &= attempt(json_file, lambda: write(json_file, dump(told)))
    if svg:
        written &= attempt(svg, lambda: _draw(result, formula, scenario_text, why, svg))
    if certificate:
        written &= attempt(
            certificate, lambda: _certify(result, formula, scenario_text, certificate)
        )
    sys.exit(_code(result) if written else 2)


def _write_runs(result: Result, path: Path) -> None:
    """The run, and beside it those that somebody cannot tell from it."""
    from tcpmodel.claims.report import twin_paths

    assert result.trace is not None
    write(str(path), dump(result.trace.to_json()))
    for twin, file in zip(result.twins, twin_paths(path, len(result.twins)), strict=True):
        write(str(file), dump(twin.trace.to_json()))


def _certify(result: Result, formula: str, scenario_text: str, file: str) -> None:
    from tcpmodel.claims.certificates import certificate_json

    if result.verdict.value != "HOLDS":
        complain(f"there is nothing to certify: {result.verdict.value}")
        return
    write(file, dump(certificate_json(result, scenario_text, formula)))


def _lifted(
    formula: str, scenario_text: str, result: Result, bits: int, budget: Budget
) -> tuple[str, Result]:
    """Scenario and result with sequence numbers of so many bits; those given if there is none."""
    from tcpmodel.claims.formula import parse
    from tcpmodel.claims.runner import lifted

    found = lifted(parse(formula), scenario_text, result, bits, budget)
    if found is None:
        complain(f"no run of width={bits} takes these actions; this is the one of {scenario_text}")
        return scenario_text, result
    return found


def _why(result: Result, formula: str, scenario_text: str) -> str:
    """What turned at which step of the run; empty if there is no run, or nothing to say of it."""
    if result.trace is None:
        return ""
    from tcpmodel.claims.formula import parse
    from tcpmodel.claims.turning import turning
    from tcpmodel.tcp.compose import compose
    from tcpmodel.tcp.scenario import scenario

    model = compose(scenario(scenario_text))
    turned = turning(parse(formula), model, result.trace, result.verdict.value == "HOLDS")
    return turned.sentence if turned else ""


def _draw(result: Result, formula: str, scenario_text: str, why: str, svg: str) -> None:
    from tcpmodel.render.chart import chart

    if result.trace is None:
        complain(f"there is no run to draw: {result.verdict.value}")
        return
    holds = result.verdict.value == "HOLDS"
    write(svg, chart(result.trace, claim=formula, why=why, title=scenario_text, witness=holds))


def _print(result: Result, formula: str, why: str, chosen: str) -> None:
    from tcpmodel.claims.needs import plain, summary

    say(f"{result.verdict.value}  {formula}", hang=2)
    if result.reason:
        say(f"reason: {result.reason}", hang=2)
    say(f"scope: {result.scope}", hang=2)
    counted = [
        f"{value:,} {name}"
        for name, value in (("states", result.states), ("transitions", result.transitions))
        if value is not None
    ]
    effort = f"{result.cpu_seconds:.2f} s CPU, engine {result.engine} ({chosen})"
    say(", ".join([*counted, f"depth {result.depth}", effort]), hang=2)
    if result.vacuous:
        say("it holds vacuously: the premise is never reached", hang=2)
    fairness = plain(result.fairness)
    for sentence in summary(fairness):
        say(sentence, hang=2)
    show_lassos(fairness)
    if result.trace is not None:
        from tcpmodel.render.pairs import indistinguishable
        from tcpmodel.render.text import text

        click.echo()
        witness = result.verdict.value == "HOLDS"
        wide = max(60, width())
        if result.twins:
            twins = [(twin.agent, twin.trace) for twin in result.twins]
            told = indistinguishable(result.trace, twins, claim=formula, width=wide)
        else:
            told = text(result.trace, claim=formula, why=why, witness=witness, width=wide)
        click.echo(told, nl=False)


def _code(result: Result) -> int:
    from tcpmodel.core.result import Verdict

    if result.verdict is Verdict.FAILS:
        return 10
    if result.reason == "interrupted":
        return 130
    if result.verdict is not Verdict.HOLDS:
        return 5
    return 11 if result.vacuous else 0
