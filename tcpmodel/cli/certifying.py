"""`tcpmodel certify`: check a proof again, from its file alone."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tcpmodel.cli.output import attempt, say, write

EPILOG = """\
\b
Example:  tcpmodel certify proof.json
where     tcpmodel check 'always(A.state != CLOSING)' --engine pdr --certificate proof.json
has written it

Exit codes: 0 every obligation is proved; 2 the file is no certificate;
5 the solver gave up; 10 refused; 130 interrupted."""


@click.command(epilog=EPILOG)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--timeout",
    type=click.FloatRange(0.0, min_open=True),
    metavar="S",
    help="Stop after S seconds.",
)
@click.option(
    "--smtlib",
    metavar="FILE",
    help="Write the obligations for another solver; each check-sat has to say unsat; - is stdout.",
)
def certify(file: Path, timeout: float | None, smtlib: str | None) -> None:
    """Check the certificate in FILE again.

    The model is built from the scenario and the property that the file names; then a fresh solver
    proves that the invariant holds at the start, that no step leaves it, and that it implies the
    property.
    """
    from tcpmodel.claims.certificates import load_certificate

    saved = load_certificate(file)
    written = True
    if smtlib:
        written = attempt(smtlib, lambda: write(smtlib, saved.smtlib()))
    answers = []
    for done in saved.check(timeout):
        answers.append(done.proved)
        mark = {True: "proved", False: "REFUSED", None: "open"}[done.proved]
        if smtlib != "-":
            why = f": {done.why}" if done.why else ""
            say(f"{mark}  {done.title}{why}  ({done.seconds:.2f} s)", hang=2)
    if smtlib != "-":
        what = f"{saved.question}  in  {saved.model.scenario.spelled}"
        say(f"{'HOLDS' if all(answers) else 'not shown'}  {what}", hang=2)
    if not written:
        sys.exit(2)
    sys.exit(10 if False in answers else 5 if None in answers else 0)
