"""The formats that a run is written in, and the options that ask for them.

Each is a row of `FORMATS`; help, completion and `tcpmodel list formats` are made from it.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

import click

from tcpmodel.cli.output import attempt, dump, numbered, stop, width, write

if TYPE_CHECKING:
    from tcpmodel.core.trace import Trace
    from tcpmodel.export.wire import Wire

WIRE = "wire"


@dataclass(frozen=True)
class Shown:
    """A run to be shown, and what goes with it.

    claim: what it violates, or witnesses.  why: what exactly, in words.  title: of a picture.
    verdict: of the claim.  twins: (agent, run) of runs that somebody cannot tell from this one.
    more: what stands beside the run in JSON.
    """

    trace: Trace
    claim: str = ""
    why: str = ""
    title: str = ""
    witness: bool = False
    verdict: str = ""
    twins: tuple[tuple[str, Trace], ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Format:
    """A format of runs.

    suffix: how the names of its files end.  says: what it is for.
    write: its text or octets, of a run and, for a capture, of the place where it is made.
    is_capture: it depends on that place, and is nothing that a terminal could show.
    """

    suffix: str
    says: str
    write: Callable[[Shown, str], str | bytes]
    is_capture: bool = False


# --- the formats ----------------------------------------------------------------------------------


def _text(shown: Shown, _: str) -> str:
    from tcpmodel.render.pairs import indistinguishable
    from tcpmodel.render.text import text

    told = {"claim": shown.claim, "why": shown.why}
    wide = max(60, width())
    if shown.twins:
        return indistinguishable(shown.trace, [*shown.twins], **told, width=wide)
    return text(shown.trace, **told, witness=shown.witness, width=wide)


def _svg(shown: Shown, _: str) -> str:
    from tcpmodel.render.chart import chart
    from tcpmodel.render.twins import twin_chart

    told = {"claim": shown.claim, "why": shown.why, "title": shown.title}
    if shown.twins:
        return twin_chart(shown.trace, shown.twins, **told)
    return chart(shown.trace, **told, witness=shown.witness)


def _mermaid(shown: Shown, _: str) -> str:
    from tcpmodel.render.mermaid import mermaid

    return mermaid(
        shown.trace, claim=shown.claim, why=shown.why, title=shown.title, witness=shown.witness
    )


def _json(shown: Shown, _: str) -> str:
    return dump(shown.trace.to_json() | dict(shown.more))


def _itf(shown: Shown, _: str) -> str:
    from tcpmodel.export.itf import itf

    return itf(shown.trace, claim=shown.claim, verdict=shown.verdict)


def _pcap(shown: Shown, at: str) -> bytes:
    from tcpmodel.export.pcap import pcap

    return pcap(shown.trace, _wire(shown), at)


def _pcapng(shown: Shown, at: str) -> bytes:
    from tcpmodel.export.pcap import pcapng
    from tcpmodel.render.text import sentences

    about = "\n".join(filter(None, (shown.title, shown.claim, shown.why)))
    words = sentences(shown.trace)[1:]
    return pcapng(shown.trace, _wire(shown), at, words=words, about=about)


def _wire(shown: Shown) -> Wire:
    from tcpmodel.export.wire import Wire
    from tcpmodel.tcp.scenario import scenario

    switches = scenario(shown.trace.system)
    return Wire(switches.width, switches.window, switches.tfo == "on")


FORMATS: Mapping[str, Format] = {
    "text": Format(".txt", "what happens, step by step, in TCP's words", _text),
    "svg": Format(".svg", "a sequence chart", _svg),
    "mermaid": Format(".mmd", "a sequence diagram for Markdown, as GitHub draws it", _mermaid),
    "json": Format(".json", "the run as tcpmodel replay reads it", _json),
    "itf": Format(".itf.json", "states and actions for Apalache's and Quint's tools", _itf),
    "pcap": Format(".pcap", "a capture for Wireshark, tshark, tcpdump", _pcap, is_capture=True),
    "pcapng": Format(
        ".pcapng",
        "a capture in which a comment on each segment tells the step",
        _pcapng,
        is_capture=True,
    ),
}
"""The formats by name."""


def formats_help() -> str:
    """The formats as part of a command's help."""
    rows = "\n".join(f"  {name:<8} {f.suffix:<10} {f.says}" for name, f in FORMATS.items())
    return f"\b\nFormats, and the endings from which -o FILE alone tells them:\n{rows}"


# --- the options ----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Outputs:
    """Where a run is written, and in which formats: (format, file), the file `-` being stdout."""

    files: tuple[tuple[str, str], ...]
    at: str = WIRE

    def __bool__(self) -> bool:
        return bool(self.files)

    @property
    def stdout(self) -> str:
        """The format that has stdout for itself; empty if none has."""
        return next((name for name, file in self.files if file == "-"), "")

    def write(self, shown: Shown, number: int = 1) -> bool:
        """Write a run, the so-manieth of several, everywhere; whether all of it could be written.

        Raises `ModelError` for a run that a format has no words for.
        """
        written = True
        for name, file in self.files:
            form = FORMATS[name]
            content = form.write(shown, self.at)
            target = numbered(file, number, form.suffix)
            written &= attempt(target, functools.partial(write, target, content))
        return written


_Decorator: TypeAlias = Callable[[Callable[..., None]], Callable[..., None]]

_OPTIONS: tuple[_Decorator, ...] = (
    click.option(
        "--format",
        "form",
        type=click.Choice([*FORMATS]),
        metavar="F",
        help=f"Write the run as {', '.join(FORMATS)}.",
    ),
    click.option(
        "-o",
        "--output",
        "output_file",
        metavar="FILE",
        help="Where to; - or nothing is stdout.  Without --format the ending counts.",
    ),
    click.option(
        "--at",
        type=click.Choice(["A", "B", WIRE], case_sensitive=False),
        metavar=f"A|B|{WIRE}",
        help=f"Where a capture is made (default: {WIRE}).",
    ),
)


def formatted(*short: str) -> _Decorator:
    """Gives a command --format, -o and --at, as `outputs`.

    short: formats that have an option of their own: `--svg FILE` is `--format svg -o FILE`; that of
    `text` takes no file, it is stdout.
    """
    options = (*_OPTIONS, *(_short(name) for name in short))

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        @functools.wraps(command)
        def with_outputs(
            *arguments: Any,
            form: str | None,
            output_file: str | None,
            at: str | None,
            **others: Any,
        ) -> None:
            found = [(name, others.pop(f"short_{name}")) for name in short]
            files = [(name, "-" if to is True else to) for name, to in found if to]
            if form or output_file:
                files.append((form or _by_ending(output_file or ""), output_file or "-"))
            command(*arguments, outputs=_checked(files, at), **others)

        decorated: Callable[..., None] = with_outputs
        for option in reversed(options):
            decorated = option(decorated)
        return decorated

    return decorate


def _short(name: str) -> _Decorator:
    if name == "text":
        return click.option(
            "--text", "short_text", is_flag=True, help="Print the run and nothing else."
        )
    return click.option(
        f"--{name}", f"short_{name}", metavar="FILE", help=f"Short for --format {name} -o FILE."
    )


def _by_ending(file: str) -> str:
    """The format that the name of a file tells; the longest ending counts."""
    fits = [name for name, form in FORMATS.items() if file.endswith(form.suffix)]
    if not fits:
        endings = ", ".join(form.suffix for form in FORMATS.values())
        stop(2, f"-o {file}: which format? Say --format, or end the name in one of {endings}")
    return max(fits, key=lambda name: len(FORMATS[name].suffix))


def _checked(files: list[tuple[str, str]], at: str | None) -> Outputs:
    """What was asked for, if it can be done."""
    on_stdout = [name for name, file in files if file == "-"]
    if len(on_stdout) > 1:
        stop(2, f"only one of {' and '.join(on_stdout)} can have stdout; name a file")
    captures = [name for name, _ in files if FORMATS[name].is_capture]
    if at is not None and not captures:
        stop(2, "--at says where a capture is made: it goes with --format pcap or pcapng")
    if on_stdout and FORMATS[on_stdout[0]].is_capture and sys.stdout.isatty():
        stop(2, f"{on_stdout[0]} is not for a terminal: give -o FILE, or append | tshark -r -")
    return Outputs(tuple(files), at or WIRE)
