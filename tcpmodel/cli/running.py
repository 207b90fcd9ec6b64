"""`tcpmodel run`: is a written list of messages a run of the model?"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.formats import Outputs, Shown, formatted
from tcpmodel.cli.output import attempt, dump, stop, width, write

if TYPE_CHECKING:
    from tcpmodel.claims.script_result import Report

EXAMPLE = """\
\b
Example:  tcpmodel run fig08 --svg fig08.svg        (tcpmodel list runs shows the bundled ones)
          tcpmodel run mine.run --scenario 'rfc793 window=100'
          tcpmodel run fig13 --format pcapng -o fig13.pcapng"""

FORMAT = """\
\b
A file is a list of lines, each about one message, as in the RFC's figures:
  A>B SYN seq=100                 sent by A, arrives at B
  B>A SYN,ACK seq=300 ack=101     a number that is left out matches any; text=1 is an octet
Control bits: SYN, FIN, RST, ACK, joined by commas.  A mark may stand at the end:
  ...       sent, stays under way          arrives   one that is under way arrives now
  lost      sent, never arrives            again     a retransmission, or else a duplicate
  copy      a duplicate, even if it could be a retransmission
  old       of an earlier incarnation; arrives though nobody sends it now
What users and timers do (a message that only such a thing can have sent implies it):
  A: OPEN    B: passive OPEN    A: SEND    A: CLOSE    A: ABORT
  A: retransmits    A: TIME-WAIT timeout    A: crash (where the scenario says crash=on)
  tick 2 (where the scenario has a clock)
The states of A and B after a line may follow it; - matches any; alone they are a line, too:
  A>B SYN seq=100 | SYN-SENT, SYN-RECEIVED
Before the first message, each at most once:
  scenario: rfc793 window=100
  start: A ESTABLISHED snd=100 rcv=300; B LISTEN      (SND.NXT and RCV.NXT;
                                                       otherwise A CLOSED; B LISTEN)
A # begins a comment.  Numbers are those of 32 bits; each SYN tells the ISS that is selected; the
receive window is 2 octets unless the scenario says window=N."""

EXIT_CODES = """\
Exit codes: 0 it is a run; 2 usage, or a line that cannot be read; 10 it is none."""


@click.command("run", epilog="\n\n".join((EXAMPLE, FORMAT, EXIT_CODES)))
@click.argument("file")
@click.option(
    "--scenario",
    "scenario_text",
    default="",
    metavar="'PRESET key=value …'",
    help="Instead of the file's own, or of rfc9293.",
)
@click.option("--steps", is_flag=True, help="Tell every step of the model, too.")
@formatted("svg")
@click.option("--json", "json_file", metavar="FILE", help="Write the result as JSON; - is stdout.")
def run_(
    file: str, scenario_text: str, steps: bool, outputs: Outputs, json_file: str | None
) -> None:
    """Check that a list of messages is a run of the model; if not, say where and why.

    FILE is a file of yours, or a figure of RFC 9293: fig06 to fig13; rfc1337; wrap.
    """
    from tcpmodel.claims.script import play
    from tcpmodel.claims.script_parse import read_script
    from tcpmodel.claims.script_report import find_run, run_json, run_text

    if json_file == "-" and outputs.stdout:
        stop(2, f"--json - and {outputs.stdout} both want stdout; give one of them a file")
    report = play(read_script(find_run(file)), scenario_text)
    if json_file != "-" and not outputs.stdout:
        click.echo(run_text(report, max(60, width())), nl=False)
        if steps:
            _tell(report)
    written = True
    if json_file:
        written &= attempt(json_file, lambda: write(json_file, dump(run_json(report))))
    written &= outputs.write(_shown(report))
    sys.exit(2 if not written else 0 if report.is_run else 10)


def _tell(report: Report) -> None:
    from tcpmodel.render.text import text

    click.echo()
    click.echo(text(report.trace, width=max(60, width())), nl=False)


def _shown(report: Report) -> Shown:
    from tcpmodel.claims.script_report import answer_text

    failure = report.failure
    if failure is None:
        return Shown(report.trace, title=report.script.file)
    claim = f"{report.script.at(failure.line.number)}: {failure.line.text}"
    instead = [answer_text(failure.instead)] if failure.instead else []
    why = "\n".join([failure.says, *instead])
    return Shown(report.trace, claim=claim, why=why, title=report.script.file)
