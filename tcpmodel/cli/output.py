"""What the commands share: printing for people, writing files, options, finding claims."""

from __future__ import annotations

import functools
import json
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from tcpmodel.claims.language import Claim

EXIT_CODES = """\
Exit codes: 0 every verdict as expected; 1 crash; 2 usage or a broken claim file;
5 inconclusive; 10 a verdict differs from the expected one; 11 holds only vacuously;
130 interrupted (what was known is written)."""

STYLES = {"expected": "green", "unexpected": "bold red", "open": "yellow", "vacuous": "yellow"}


def complain(message: str) -> None:
    """One line on stderr."""
    click.echo(f"tcpmodel: {message}", err=True)


def stop(code: int, message: str) -> NoReturn:
    """End with an exit code and one line on stderr."""
    complain(message)
    sys.exit(code)


class Group(click.Group):
    """A group whose help tells what each command does in a whole sentence."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, in the order of their names."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(
                [(n, c.get_short_help_str(limit=1000).rstrip(".")) for n, c in found if c]
            )


# --- options ------------------------------------------------------------------------------------

_LIMITS = (
    click.option(
        "--engine",
        default="auto",
        metavar="E",
        help="auto, or one that `tcpmodel list engines` names.",
    ),
    click.option("--max-states", type=click.IntRange(1), metavar="N", help="Stop after N states."),
    click.option(
        "--max-depth", type=click.IntRange(0), metavar="K", help="Look at runs of at most K steps."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0.0, min_open=True),
        metavar="S",
        help="Stop a check after S seconds.",
    ),
    click.option(
        "--max-memory",
        type=click.IntRange(1),
        metavar="MB",
        help="Stop a check above MB megabytes.",
    ),
    click.option(
        "--threads",
        type=click.IntRange(1, 64),
        metavar="N",
        help="Search with N threads where the engine can (default: as many as pay).",
    ),
)


of_scenario = click.option(
    "--scenario",
    "scenario_text",
    default="rfc9293",
    metavar="'PRESET key=value …'",
    show_default=True,
)
"""`--scenario` of the commands that take any."""


def limited(command: Callable[..., None]) -> Callable[..., None]:
    """Gives a command the options for engine and budget, as `engine` and `budget`."""

    @functools.wraps(command)
    def with_budget(
        *arguments: Any,
        engine: str,
        max_states: int | None,
        max_depth: int | None,
        timeout: float | None,
        max_memory: int | None,
        threads: int | None,
        **others: Any,
    ) -> None:
        from tcpmodel.core.result import Budget
        from tcpmodel.engines.registry import CHOICES

        if engine not in CHOICES:
            stop(2, f"no engine {engine!r}{_near(engine, CHOICES)}; there are {', '.join(CHOICES)}")
        usual = Budget()
        budget = Budget(
            max_states or usual.states,
            max_depth,
            timeout,
            max_memory or usual.megabytes,
            threads,
        )
        command(*arguments, engine=engine, budget=budget, **others)

    for option in reversed(_LIMITS):
        with_budget = option(with_budget)
    return with_budget


def _near(word: str, names: Sequence[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, names, n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""


# --- claims -------------------------------------------------------------------------------------


def claims_of(names: Sequence[str]) -> tuple[list[tuple[Path, Claim]], tuple[str, ...]]:
    """The claims that are meant, and what is wrong with files (said on stderr as well).

    Files are read before IDs are looked up; an ID that no named file has is one of the bundled.
    """
    from tcpmodel.claims.discovery import bundled, claim_files, discover, select

    paths = [Path(n) for n in names if os.sep in n or n.endswith(".py") or Path(n).is_dir()]
    ids = [n for n in names if Path(n) not in paths]
    named = list(dict.fromkeys(file for path in paths for file in claim_files(path)))
    found = discover(named or claim_files(bundled()))
    for error in found.errors:
        complain(error)
    if not ids:
        return list(found.claims), found.errors
    if not paths:
        return select(found.claims, ids), found.errors
    every = [*found.claims, *discover(claim_files(bundled())).claims]
    first = {pair[1].code: pair for pair in reversed(every)}  # a named file's claim comes first
    wanted = select(list(first.values()), ids)
    return list({p[1].code: p for p in (*found.claims, *wanted)}.values()), found.errors


# --- printing -----------------------------------------------------------------------------------


def width() -> int:
    """The width to write for: that of the terminal, or COLUMNS, or 100; 120 at most."""
    return min(shutil.get_terminal_size((100, 24)).columns, 120)


def forced() -> bool:
    """CLICOLOR_FORCE asks for colours where the output is no terminal; rich knows FORCE_COLOR."""
    return os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0")


def say(*parts: str | tuple[str, str], indent: int = 0, hang: int = 0) -> None:
    """Print a paragraph on stdout, wrapped to the terminal, in colours where they are wanted.

    parts: texts, or (text, style); indent: of the first line; hang: of the others.
    """
    if len(parts) == 1 and isinstance(parts[0], str) and _simple(parts[0]):
        from textwrap import TextWrapper

        wide = max(width(), 20 + max(indent, hang))
        wrapper = TextWrapper(wide, " " * indent, " " * hang, break_on_hyphens=False)
        click.echo(wrapper.fill(parts[0]))
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=1_000_000, force_terminal=forced() or None)
    rest = Text.assemble(*parts)
    margin, first = indent, True
    while first or str(rest):
        room = max(20, width() - margin)
        line = rest.wrap(console, room, tab_size=8)[0] if str(rest) else rest
        rest = rest[len(line) :]
        while str(rest)[:1].isspace():
            rest = rest[1:]
        line.rstrip()
        console.print(Text(" " * margin) + line if str(line) else line, soft_wrap=True)
        margin, first = hang, False


def _simple(text: str) -> bool:
    """Whether every character takes one place, so that no library has to be loaded to wrap it."""
    return text.isascii() and text.isprintable() and text == text.strip() != ""


def show_lassos(fairness: dict[str, Any] | None) -> None:
    """Print what happens without each assumption that a liveness property takes."""
    if fairness is None:
        return
    from tcpmodel.claims.needs import lassos
    from tcpmodel.render.text import text

    for title, lasso in lassos(fairness):
        click.echo(f"\n{title[0].upper()}{title[1:]}:\n")
        click.echo(text(lasso, width=max(60, width())), nl=False)


# --- files --------------------------------------------------------------------------------------


def dump(data: object) -> str:
    """`data` as JSON text."""
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def write(file: str, content: str | bytes) -> None:
    """Write a file, making its folder; `-` is stdout.  Raises `OSError`."""
    if file == "-":
        click.echo(content, nl=False)
        return
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    if isinstance(content, bytes):
        Path(file).write_bytes(content)
    else:
        Path(file).write_text(content, encoding="utf-8", errors="backslashreplace")


def attempt(name: str | Path, writing: Callable[[], None]) -> bool:
    """Write what is called `name`; if that cannot be, say so in one line.  Whether it worked."""
    try:
        writing()
    except BrokenPipeError:
        raise
    except OSError as error:
        complain(f"cannot write {error.filename or name}: {error.strerror or error}")
        return False
    return True


def numbered(file: str, number: int, suffix: str = "") -> str:
    """The name for the so-manieth of several files: `run.svg`, `run-2.svg`, `run-3.svg` …

    suffix: how such names end; what is behind the last dot where this one does not.
    """
    if number == 1 or file == "-":
        return file
    end = suffix if suffix and file.endswith(suffix) else Path(file).suffix
    return f"{file.removesuffix(end)}-{number}{end}"


def beside(*reports: str | None) -> Path:
    """The folder for traces: next to the first report that is a file."""
    for report in reports:
        if report and report != "-":
            return Path(report).with_name(Path(report).stem + "-traces")
    return Path("tcpmodel-traces")
