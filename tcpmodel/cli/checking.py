"""`tcpmodel check`: settle a property of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.formats import FORMATS, Outputs, Shown, formatted
from tcpmodel.cli.output import (
    attempt,
    beside,
    complain,
    dump,
    limited,
    of_scenario,
    say,
    show_lassos,
    stop,
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
@of_scenario
@limited
@click.option("--json", "json_file", metavar="FILE", help="Write the result as JSON; - is stdout.")
@formatted("svg")
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
    outputs: Outputs,
    certificate: str | None,
    bits: int | None,
    traces: str | None,
) -> None:
    """Settle a property of your own, e.g. always(A.state != CLOSING)."""
    from tcpmodel.claims.formula import parse
    from tcpmodel.claims.runner import check_property

    if json_file == "-" and outputs.stdout:
        stop(2, f"--json - and {outputs.stdout} both want stdout; give one of them a file")
    question = parse(formula)
    with Live(1) as live:
        observer = live.observer(scenario_text)
        result, chosen = check_property(question, scenario_text, engine, budget, observer)
    if bits is not None and result.trace is not None:
        scenario_text, result = _lifted(formula, scenario_text, result, bits, budget)
    shown = _shown(result, formula, scenario_text)
    if json_file != "-" and not outputs.stdout:
        _print(result, formula, shown, chosen)
    written = True
    path = None
    if result.trace is not None and (json_file or traces):
        path = str((Path(traces) if traces else beside(json_file)) / "check.json")
        written &= attempt(path, lambda: _write_runs(result, Path(str(path))))
    if json_file:
        from tcpmodel.claims.report import check_json

        told = check_json(result, scenario_text, chosen, path if written else None)
        written &= attempt(json_file, lambda: write(json_file, dump(told)))
    if shown is not None:
        written &= outputs.write(shown)
    elif outputs:
        complain(f"there is no run to show: {result.verdict.value}")
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


def _shown(result: Result, formula: str, scenario_text: str) -> Shown | None:
    """The run, with what turned at which of its steps; None if there is none."""
    if result.trace is None:
        return None
    from tcpmodel.claims.formula import parse
    from tcpmodel.claims.turning import turning
    from tcpmodel.tcp.compose import compose
    from tcpmodel.tcp.scenario import scenario

    model = compose(scenario(scenario_text))
    witness = result.verdict.value == "HOLDS"
    turned = turning(parse(formula), model, result.trace, witness)
    return Shown(
        result.trace,
        claim=formula,
        why=turned.sentence if turned else "",
        title=scenario_text,
        witness=witness,
        verdict=result.verdict.value,
        twins=tuple((twin.agent, twin.trace) for twin in result.twins),
    )


def _print(result: Result, formula: str, shown: Shown | None, chosen: str) -> None:
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
    if shown is not None:
        click.echo()
        click.echo(FORMATS["text"].write(shown, ""), nl=False)


def _code(result: Result) -> int:
    from tcpmodel.core.result import Verdict

    if result.verdict is Verdict.FAILS:
        return 10
    if result.reason == "interrupted":
        return 130
    if result.verdict is not Verdict.HOLDS:
        return 5
    return 11 if result.vacuous else 0
