"""`tcpmodel export`: models and runs for other tools."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.output import (
    attempt,
    complain,
    limited,
    of_scenario,
    stop,
    write,
)
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from tcpmodel.core.result import Budget

EPILOG = """\
\b
Example:  tcpmodel export --to promela --scenario 'rfc9293 incarnations=1' \\
              -o model.pml 'always(A.state != CLOSING)'

\b
promela  for SPIN       smtlib  Horn clauses, for z3 and others
tla      for TLC        itf     the counterexample or witness, for Apalache's and Quint's tools
The file says how to run it.  With tla, the configuration goes to a .cfg beside the .tla (on
stdout, behind the end of the module).

Exit codes: 0 written; 2 usage, or the language cannot say it.  With itf: 5 inconclusive;
10 settled without a run; 130 interrupted."""


@click.command(epilog=EPILOG)
@click.argument("formula")
@click.option(
    "--to",
    "language",
    required=True,
    type=click.Choice(["promela", "tla", "smtlib", "itf"]),
    help="The language.",
)
@of_scenario
@click.option("-o", "--output", default="-", metavar="FILE", help="Default: stdout.")
@limited
def export(
    formula: str,
    language: str,
    scenario_text: str,
    output: str,
    engine: str,
    budget: Budget,
) -> None:
    """Write a model and a property in the language of another tool.

    Engine and limits concern itf, which settles the property first.
    """
    from tcpmodel.claims.formula import parse

    question = parse(formula)
    if language == "itf":
        from tcpmodel.claims.runner import check_property
        from tcpmodel.export.itf import itf

        with Live(1) as live:
            observer = live.observer(scenario_text)
            result, _ = check_property(question, scenario_text, engine, budget, observer)
        if result.trace is None:
            settled = not result.reason
            complain(f"there is no run to export: {result.verdict.value} {result.reason}".rstrip())
            sys.exit(10 if settled else 130 if result.reason == "interrupted" else 5)
        texts = {".json": itf(result.trace, claim=formula, verdict=result.verdict.value)}
    else:
        from tcpmodel.export.registry import LANGUAGES
        from tcpmodel.tcp.compose import compose
        from tcpmodel.tcp.scenario import scenario

        model = compose(scenario(scenario_text))
        name = "Model" if output == "-" else Path(output).stem
        texts = LANGUAGES[language](model.system, question(model), name)
    sys.exit(0 if _written(texts, output) else 2)


def _written(texts: dict[str, str], output: str) -> bool:
    """Write each text: the first where it is wanted, the others beside it."""
    first, *others = texts.items()
    if output == "-":
        write("-", first[1] + "".join(f"\nModel{end}:\n{text}" for end, text in others))
        return True
    if others and Path(output).suffix != first[0]:
        stop(
            2,
            f"TLA+ wants a module to be called like its file: give -o a name ending in {first[0]}",
        )
    files = {output: first[1], **{str(Path(output).with_suffix(e)): t for e, t in others}}
    written = [attempt(file, partial(write, file, text)) for file, text in files.items()]
    return all(written)
