"""All verdicts of a suite on one page, by topic: with filters, and a link to the page of each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tcpmodel.render.page import Verdict, asset, document

KINDS = {
    "HOLDS": "holds",
    "FAILS": "fails",
    "formula": "derived",
    "UNKNOWN": "unknown",
    "ERROR": "error",
}
"""The kinds of verdicts, as the filter names them."""


@dataclass(frozen=True)
class Entry:
    """A claim and what came of it."""

    code: str
    id: str
    says: str
    topic: str
    folklore: str
    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class _Topic:
    name: str
    claims: Sequence[Entry]


@dataclass(frozen=True)
class _Choice:
    """What one can filter by: its name, the word for it, how many verdicts it has."""

    name: str
    word: str
    count: int


def index(entries: Sequence[Entry], *, title: str, summary: str, errors: Sequence[str] = ()) -> str:
    """The page as an HTML document.  errors: files that could not be read, a line each."""
    topics: dict[str, list[Entry]] = {}
    for entry in entries:
        topics.setdefault(entry.topic or "claims", []).append(entry)
    rows = [row for entry in entries for row in entry.verdicts]
    # What the mark of a verdict that differs says goes on with what was expected.
    words = {row.mark: row.word.partition(":")[0] for row in rows}
    return document(
        "index.html",
        style=asset("base.css") + asset("index.css"),
        script=asset("index.js"),
        title=title,
        summary=summary,
        errors=errors,
        topics=[_Topic(name, claims) for name, claims in topics.items()],
        kinds=_choices((row.kind for row in rows), KINDS),
        marks=_choices((row.mark for row in rows), words),
        sayings=sum(bool(entry.folklore) for entry in entries),
    )


def _choices(found: Iterable[str], words: dict[str, str]) -> list[_Choice]:
    """What there is to choose from, in the order of `words`."""
    counts = Counter(found)
    return [_Choice(name, word, counts[name]) for name, word in words.items() if counts[name]]
