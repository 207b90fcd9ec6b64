"""`tcpmodel simulate`: random runs, and runs that are chosen step by step."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import click

from tcpmodel.cli.formats import FORMATS, Outputs, Shown, formatted
from tcpmodel.cli.output import (
    attempt,
    dump,
    of_scenario,
    say,
    stop,
    write,
)
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from collections.abc import Callable

    from tcpmodel.core.property import Property
    from tcpmodel.engines.simulate import Simulation
    from tcpmodel.tcp.compose import Model

EPILOG = """\
\b
Example:  tcpmodel simulate --seed 7
          tcpmodel simulate --interactive --scenario 'rfc9293 loss=1'
          tcpmodel simulate --scenario two_way --runs 1000 --seed 1 \\
              --property 'always(A.state != CLOSING)'

A run from a seed is always the same; run number i of several is that of seed + i - 1.  Whose turn
it is, is drawn first, then what happens.  The first run that violates the property (or shows a
sometimes) is told.  Random runs prove nothing: for that there is `tcpmodel check`.

\b
At the prompt of --interactive:
  a number  take this step          w FILE  save the run, as one that `tcpmodel run` reads
  u  undo    r  restart             (or, as FILE.json, one that `tcpmodel replay` reads)
  s  the state    ?  help           q  quit, as the end of the input does

Exit codes: 0 done, or what the property asks for was shown; 2 usage; 5 the property was neither
violated nor shown; 10 violated; 130 interrupted."""

SCHEMA = "tcpmodel-simulate/1"


@click.command(epilog=EPILOG)
@of_scenario
@click.option("--property", "formula", default="", metavar="F", help="As `tcpmodel check` takes.")
@click.option(
    "--seed", type=click.IntRange(0), metavar="S", help="Where to begin (default: anywhere)."
)
@click.option(
    "--steps",
    type=click.IntRange(0, 10_000),
    default=50,
    show_default=True,
    metavar="K",
    help="How long a run may get.",
)
@click.option(
    "--runs", type=click.IntRange(1), default=1, metavar="N", help="How many; 1 if not given."
)
@click.option("-i", "--interactive", is_flag=True, help="Choose every step at a prompt.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.0, min_open=True),
    metavar="S",
    help="Stop after S seconds.",
)
@formatted("svg")
@click.option("--json", "json_file", metavar="FILE", help="Write the result as JSON; - is stdout.")
def simulate(
    scenario_text: str,
    formula: str,
    seed: int | None,
    steps: int,
    runs: int,
    interactive: bool,
    timeout: float | None,
    outputs: Outputs,
    json_file: str | None,
) -> None:
    """Take random runs of a scenario, or choose one step by step."""
    from tcpmodel.claims.formula import parse
    from tcpmodel.tcp.compose import compose
    from tcpmodel.tcp.scenario import scenario

    if json_file == "-" and outputs.stdout:
        stop(2, f"--json - and {outputs.stdout} both want stdout; give one of them a file")
    asked = parse(formula) if formula else None
    model = compose(scenario(scenario_text))
    question = asked(model) if asked else None
    if interactive:
        from tcpmodel.cli.prompting import prompt

        if outputs or json_file or runs > 1 or seed is not None or timeout:
            stop(2, "--interactive takes --scenario and --property; w FILE at the prompt saves")
        prompt(model, asked, question)
        return
    found = _run(model, question, _seed(seed), steps, runs, timeout)
    told = _Told(model, found, formula, question, asked)
    if json_file != "-" and not outputs.stdout:
        told.show(runs)
    written = True
    if json_file:
        written &= attempt(json_file, lambda: write(json_file, dump(told.to_json())))
    written &= outputs.write(told.shown)
    sys.exit(told.code if written else 2)


def _seed(given: int | None) -> int:
    """The seed that was asked for, or any."""
    import secrets

    return secrets.randbelow(1_000_000) if given is None else given


def _run(
    model: Model,
    question: Property | None,
    seed: int,
    steps: int,
    runs: int,
    seconds: float | None,
) -> Simulation:
    from tcpmodel.core.result import Budget
    from tcpmodel.engines.simulate import simulate as taken

    with Live(1) as live:
        return taken(
            model.system,
            question,
            seed,
            steps=steps,
            runs=runs,
            budget=Budget(seconds=seconds),
            observer=live.observer(model.scenario.spelled),
        )


class _Told:
    """What random runs have shown, to be told."""

    def __init__(
        self,
        model: Model,
        found: Simulation,
        formula: str,
        question: Property | None,
        asked: Callable[[Model], Property] | None,
    ) -> None:
        from tcpmodel.claims.turning import turning
        from tcpmodel.core.property import Kind

        self.model, self.found = model, found
        self.witness = question is not None and question.kind is Kind.SOMETIMES
        self.claim = formula if found.settled else ""
        self.asks = bool(formula)
        turned = (
            turning(asked, model, found.trace, self.witness) if found.settled and asked else None
        )
        self.why = turned.sentence if turned else ""

    @property
    def code(self) -> int:
        """The exit code."""
        if self.found.reason == "interrupted":
            return 130
        if self.found.settled:
            return 0 if self.witness else 10
        return 5 if self.asks else 0

    def show(self, runs: int) -> None:
        found = self.found
        first = found.seed - found.runs + 1
        seeds = f"seeds {first} to {found.seed}" if found.runs > 1 else f"seed {first}"
        say(f"{self.model.scenario.spelled}, {seeds}", hang=2)
        if runs > 1:
            self._summary()
            if found.settled:
                verb = "shows" if self.witness else "violates"
                say(f"the run of --seed {found.seed} {verb} the property:", hang=2)
        if runs == 1 or found.settled:
            click.echo()
            click.echo(FORMATS["text"].write(self.shown, ""), nl=False)
        if self.asks and not found.settled:
            click.echo()
            which = "the run" if runs == 1 else "these runs"
            lack = "is no witness of" if self.witness else "is no violation of"
            say(f"in {which} there {lack} the property, which proves nothing", hang=2)

    def _summary(self) -> None:
        found = self.found
        plural = "s" * (found.runs > 1)
        counted = [f"{found.runs:,} run{plural} of at most {found.steps} steps"]
        counted.append(f"{found.taken:,} steps")
        if found.stuck:
            counted.append(f"{found.stuck:,} ended where nothing is enabled")
        say("; ".join(counted), hang=2)
        if found.reason:
            say(f"stopped: {found.reason}", hang=2)
        every = len(found.fired) + len(found.never)
        say(f"actions taken: {len(found.fired)} of {every}", hang=2)
        groups = _groups(self.model)
        seen = Counter(dict.fromkeys(groups.values(), 0))
        for action, times in found.fired.items():
            seen[groups[action]] += times
        told = [f"{name} {times:,}" for name, times in seen.most_common()]
        say(f"how often: {', '.join(told)}", hang=2)

    def to_json(self) -> dict[str, Any]:
        """The result, with the run inside."""
        from tcpmodel import __version__

        found = self.found
        return {
            "schema": SCHEMA,
            "version": __version__,
            "scenario": self.model.scenario.spelled,
            "seed": found.seed,
            "runs": found.runs,
            "steps": found.steps,
            "steps_taken": found.taken,
            "stuck": found.stuck,
            "reason": found.reason,
            "fired": dict(found.fired),
            "never_taken": list(found.never),
            "settled": found.settled,
            "property": self.claim,
            "why": self.why,
            "trace": found.trace.to_json(),
        }

    @property
    def shown(self) -> Shown:
        """The run."""
        title = f"{self.model.scenario.spelled}, seed {self.found.seed}"
        return Shown(
            self.found.trace, claim=self.claim, why=self.why, title=title, witness=self.witness
        )


def _groups(model: Model) -> dict[str, str]:
    """What the actions are called together, by name: `A receives`, `B CLOSE` …"""
    return {a.name: a.event.group or a.event.label or a.name for a in model.system.actions}
