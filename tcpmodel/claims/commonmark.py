"""Writing CommonMark (with tables, as GitHub has them): text that is meant literally stays so."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"[\\`*<>\[\]~$&]|(?<![^\W_])_|_(?![^\W_])")
"""What begins a construct wherever it stands; an underscore within a word does not."""
_AT_START = re.compile(r"^(\s*)([#+-]|\d+(?=[.)]))")
"""What makes a heading or a list of a line that begins with it."""


def plain(text: str) -> str:
    """`text` as it is, whatever signs are in it."""
    escaped = _SPECIAL.sub(lambda found: "\\" + found[0], " ".join(text.split()))
    return _AT_START.sub(_guarded, escaped)


def _guarded(found: re.Match[str]) -> str:
    sign = found[2]
    return f"{found[1]}{sign}\\" if sign.isdigit() else f"{found[1]}\\{sign}"


def code(text: str) -> str:
    """`text` as code; as it has no line breaks, between as many backticks as it takes."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, line by line; cells are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return [f"| {' | '.join(map(_cell, line))} |" for line in lines]


def _cell(text: str) -> str:
    """A bar would end the cell, even within code."""
    return text.replace("|", "\\|")


def slug(heading: str) -> str:
    """The anchor that GitHub gives a heading, if there is no other like it on the page."""
    kept = re.sub(r"[^\w\- ]", "", heading.lower())
    return kept.replace(" ", "-")


def page(*blocks: str | Iterable[str]) -> str:
    """A document of blocks, each of one or several lines; empty ones are left out."""
    texts = [block if isinstance(block, str) else "\n".join(block) for block in blocks]
    return "\n\n".join(filter(None, (text.strip("\n") for text in texts))) + "\n"
