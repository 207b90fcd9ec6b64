"""`tcpmodel diagram`: the pictures, and those of scenarios of one's own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.output import complain, say, stop
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tcpmodel.claims.pictures.picture import Drawing

FORMATS = ("svg", "dot", "mermaid", "png", "graphml")
SUFFIXES = {".svg": "svg", ".dot": "dot", ".gv": "dot", ".mmd": "mermaid", ".png": "png"} | {
    ".graphml": "graphml"
}

EPILOG = """\
\b
Example:  tcpmodel diagram -o diagrams
          tcpmodel diagram endpoint/linux -o linux.png
          tcpmodel diagram endpoint --scenario 'rfc9293 tw_rfc1337=on' --format mermaid
          tcpmodel diagram quotient --scenario 'two_way gives_up=off' -o map.svg \\
              --bad 'B.state == ESTABLISHED and not agrees_with_live_peer("B")'

\b
Of any scenario there are
  endpoint   the state diagram of an endpoint, with what differs from RFC 9293
  open, close   the part of it in which a connection opens or closes
  quotient   all reachable states, by the pair of the states of A and B
  states     every reachable state for itself, if there are not too many

Charts of runs: tcpmodel explain ID --svg FILE, tcpmodel check FORMULA --svg FILE.

Exit codes: 0 drawn; 2 usage, or nothing to draw with; 5 the search ended early, as
the picture says."""


@click.command(epilog=EPILOG)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--list", "listed", is_flag=True, help="Name the pictures, and draw none.")
@click.option(
    "--scenario", "text", metavar="'PRESET key=value …'", help="Draw NAME of this scenario."
)
@click.option(
    "--bad",
    default="",
    metavar="F",
    help="Mark the states in which F holds, or that break F if it is always(…).",
)
@click.option(
    "--format",
    "formats",
    type=click.Choice(FORMATS),
    multiple=True,
    help="May be given several times (default: what the name of the file says, or svg).",
)
@click.option(
    "-o",
    "--output",
    metavar="DIR|FILE",
    help="Where to (default: diagrams for all pictures, stdout for one; - is stdout).",
)
@click.option("--force", is_flag=True, help="Draw graphs of more than 300 nodes, too.")
@click.option("--max-states", type=click.IntRange(1), metavar="N", help="Stop after N states.")
@click.option(
    "--timeout",
    type=click.FloatRange(0.0, min_open=True),
    metavar="S",
    help="Stop a search after S seconds.",
)
def diagram(
    names: tuple[str, ...],
    listed: bool,
    text: str | None,
    bad: str,
    formats: tuple[str, ...],
    output: str | None,
    force: bool,
    max_states: int | None,
    timeout: float | None,
) -> None:
    """Draw pictures: all that there are, some of them, or one of a scenario of your own."""
    if bad and text is None:
        stop(2, "--bad is about the states of a --scenario")
    if listed:
        _list()
    elif text is not None:
        _of_scenario(names, text, bad, formats, output, force, max_states, timeout)
    elif names:
        from tcpmodel.claims.diagrams import KINDS, pictures

        known = pictures()
        for name in names:
            if name not in known:
                more = " (of what --scenario?)" * (name in KINDS)
                stop(2, f"no picture {name!r}{more or _near(name, list(known))}; see --list")
        drawn = ((name, known[name].make()) for name in names)
        for name, drawing in drawn:
            _write(name, drawing, formats, output, alone=len(names) == 1)
    else:
        _all(formats, output or "diagrams")


def _list() -> None:
    from tcpmodel.claims.diagrams import KINDS, pictures

    for name, picture in pictures().items():
        say((f"{name:<28}", "bold"), picture.title, hang=28)
    say("")
    say(f"With --scenario: {', '.join(KINDS)}.")


def _of_scenario(
    names: Sequence[str],
    text: str,
    bad: str,
    formats: Sequence[str],
    output: str | None,
    force: bool,
    max_states: int | None,
    timeout: float | None,
) -> None:
    from tcpmodel.claims.diagrams import KINDS, of_scenario
    from tcpmodel.core.result import Budget

    if len(names) != 1:
        stop(2, f"--scenario takes one NAME, of {', '.join(KINDS)}")
    limits: dict[str, object] = {}
    with Live(1) as live:
        if names[0] in ("quotient", "states"):
            budget = Budget(max_states or Budget().states, seconds=timeout)
            limits = {"budget": budget, "observer": live.observer(text)}
        drawing = of_scenario(names[0], text, bad, force=force, **limits)
    _write(names[0], drawing, formats, output, alone=True)
    if not drawing.complete:
        complain("the search ended early: not all reachable states are in the picture")
        sys.exit(5)


def _write(
    name: str, drawing: Drawing, formats: Sequence[str], output: str | None, *, alone: bool
) -> None:
    """Write one picture in every format that is asked for."""
    from tcpmodel.claims.pictures.picture import SUFFIXES as ENDINGS
    from tcpmodel.claims.pictures.picture import render

    target = None if output in (None, "-") else Path(str(output))
    told = SUFFIXES.get(target.suffix) if target is not None and not target.is_dir() else None
    kinds = list(formats) or [told or "svg"]
    if target is None or told:
        if len(kinds) > 1 or not alone:
            stop(2, "several pictures need a folder: -o DIR")
        if told and kinds != [told]:
            stop(2, f"{output} is not the name of a file in the format {kinds[0]}")
        if target is None and kinds == ["png"]:
            stop(2, "png needs a file: -o FILE")
    for kind in kinds:
        content = render(drawing, kind)
        if target is None:
            click.echo(content, nl=False)
            continue
        file = target if told else target / f"{name}.{ENDINGS[kind]}"
        _save(file, content)
        click.echo(str(file))


def _save(file: Path, content: str | bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        file.write_bytes(content)
    else:
        file.write_text(content, encoding="utf-8")


def _all(formats: Sequence[str], output: str) -> None:
    """Every picture: as SVG and DOT with their page, or in the formats that are asked for."""
    from tcpmodel.claims.diagrams import build, can_draw, pictures
    from tcpmodel.core.errors import ModelError

    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    if formats:
        for name, picture in pictures().items():
            drawing = picture.make()
            for kind in formats:
                if drawing.graph is not None or kind in ("svg", "png"):
                    try:
                        _write(name, drawing, [kind], output, alone=True)
                    except ModelError as error:
                        stop(2, str(error))
        return

    def kept(name: str) -> str:
        file = folder / name
        return file.read_text(encoding="utf-8") if file.is_file() else ""

    missing = can_draw()
    if missing:
        complain(f"{missing}; DOT is written all the same")
    for name, content in build(draw=not missing, kept=kept):
        _save(folder / name, content)
        click.echo(str(folder / name))


def _near(word: str, names: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, names, n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""
