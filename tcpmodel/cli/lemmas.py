"""`tcpmodel lemmas`: what holds for all numbers of 32 bits."""

from __future__ import annotations

import sys

import click

from tcpmodel.cli.output import say

EPILOG = """\
\b
Example:  tcpmodel lemmas old-octet

Exit codes: 0 all proved; 2 no such lemma; 5 the solver gave up; 10 one is refuted."""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option(
    "--timeout",
    default=60.0,
    show_default=True,
    type=click.FloatRange(0.0, min_open=True),
    metavar="S",
    help="Give each question at most S seconds.",
)
def lemmas(names: tuple[str, ...], timeout: float) -> None:
    """Prove the word-level lemmas (or those named): windows, old octets, ACKs, for all 2^32
    numbers.

    They are about the terms that the rules themselves are made of; each comes with witnesses that
    show why it says no more.
    """
    from tcpmodel.claims.lemmas import settle_all, spelled

    code = 0
    for found in settle_all(names, timeout):
        refuted = found.proved is False or found.missing
        mark = "open" if found.proved is None else "REFUTED" if refuted else "proved"
        code = max(code, {"proved": 0, "open": 5, "REFUTED": 10}[mark])
        cites = "; ".join(found.lemma.cites)
        title = f"{found.lemma.id}  ({found.seconds:.2f} s; {cites})"
        say(f"{mark}  {title}", hang=2)
        say(found.lemma.says, indent=2, hang=2)
        if found.counterexample:
            say(f"counterexample: {spelled(found.counterexample)}", indent=2, hang=4)
        for shows, values in found.witnesses.items():
            told = "no such case" if shows in found.missing else spelled(values)
            say(f"{shows}: {told}", indent=2, hang=4)
    sys.exit(code)
