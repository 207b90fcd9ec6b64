"""`tcpmodel replay`: is a saved run a run of the model?"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tcpmodel.cli.formats import FORMATS, Outputs, Shown, formatted
from tcpmodel.cli.output import complain, say

EPILOG = """\
\b
Example:  tcpmodel replay stale-syn.json --svg stale-syn.svg
          (after: tcpmodel explain P01 --json stale-syn.json)
          tcpmodel replay stale-syn.json --format pcapng --at B -o stale-syn.pcapng

FILE is a trace as explain, check, verify, simulate and run write it.  Its scenario is composed
anew, and every step is taken again; nothing else in the file is believed.  Its JSON is described
by the schema core/trace.schema.json in the package.

Exit codes: 0 it is a run; 2 usage, or a file that holds none; 10 it is no run of the model."""


@click.command("replay", epilog=EPILOG)
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--scenario",
    "scenario_text",
    default="",
    metavar="'PRESET key=value …'",
    help="Instead of the one that the file names.",
)
@formatted("svg")
def replay(file: Path, scenario_text: str, outputs: Outputs) -> None:
    """Take a saved run again, and name the first step that is none of the model's."""
    from tcpmodel.claims.saved_runs import load_run

    saved = load_run(file, scenario_text)
    trace, wrong = saved.follow()
    title = saved.model.scenario.spelled
    if not outputs.stdout:
        if len(trace):
            click.echo(FORMATS["text"].write(Shown(trace), ""))
        if wrong:
            say((f"✗ {file}: no run of the model, in the scenario {title}", "red"), hang=2)
            say(wrong, indent=2, hang=4)
        else:
            say((f"✓ {file}: a run of the model, in the scenario {title}", "green"), hang=2)
    elif wrong:
        complain(wrong)
    if wrong and saved.caution:
        complain(saved.caution)
    claim = "This is a run of the model." if wrong else ""
    written = outputs.write(Shown(trace, claim=claim, why=wrong, title=title))
    sys.exit(2 if not written else 10 if wrong else 0)
