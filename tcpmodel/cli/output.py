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
\b
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


def say(*parts: str | tuple[str, str], indent: int = 0, hang: int = 0) -> None:
    """Print a paragraph on stdout, wrapped to the terminal, in colours where they are wanted.

    parts: texts, or (text, style); indent: of the first line; hang: of the others.
    """
    if len(parts) == 1 and isinstance(parts[0], str) and _simple(parts[0]):
        for number, line in enumerate(_wrapped(parts[0], max(40, width() - hang))):
            click.echo(" " * (hang if number else indent) + line)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=1_000_000)
    paragraph = Text.assemble(*parts)
    room = max(40, width() - hang)
    first = True
    for row in paragraph.wrap(console, room, tab_size=8) if str(paragraph) else [paragraph]:
        row.rstrip()
        margin = Text(" " * (indent if first else hang)) if str(row) else Text()
        console.print(margin + row, soft_wrap=True)
        first = False


def _simple(text: str) -> bool:
    """Whether every character takes one place, so that no library has to be loaded to wrap it."""
    return text.isascii() and text.isprintable() and text == text.strip() != ""


def _wrapped(text: str, room: int) -> list[str]:
    from textwrap import wrap

    return wrap(text, room, break_on_hyphens=False)


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


def write(file: str, text: str) -> None:
    """Write a file, making its folder; `-` is stdout.  Raises `OSError`."""
    if file == "-":
        click.echo(text, nl=False)
    else:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(text, encoding="utf-8", errors="backslashreplace")


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


def numbered(file: str | None, number: int) -> str | None:
    """The name for the so-manieth of several files: `run.svg`, `run-2.svg`, `run-3.svg` …"""
    if not file or number == 1:
        return file
    path = Path(file)
    return str(path.with_name(f"{path.stem}-{number}{path.suffix}"))


def beside(*reports: str | None) -> Path:
    """The folder for traces: next to the first report that is a file."""
    for report in reports:
        if report and report != "-":
            return Path(report).with_name(Path(report).stem + "-traces")
    return Path("tcpmodel-traces")
