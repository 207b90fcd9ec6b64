"""What came of a suite as a static site: all verdicts on one page, and a page for each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from tcpmodel.claims.language import Claim
from tcpmodel.claims.pages import about, remark, verdict
from tcpmodel.claims.report import WORDS, file_stem, mark
from tcpmodel.claims.runner import Outcome
from tcpmodel.render.index import Entry, index
from tcpmodel.render.page import page

FOLDER = "verdicts"
"""Where the pages of the verdicts are, beside `index.html`."""

LONGEST = 150
"""Characters of a file's name, so that file systems take it."""


def site(
    outcomes: Sequence[Outcome],
    claims: Sequence[Claim],
    errors: Sequence[str],
    *,
    planned: int,
    ending: str,
) -> Iterator[tuple[str, str]]:
    """The files of the site, one after the other: path and HTML.

    errors, planned, ending: as for `report.summary`.
    """
    names = _names(outcomes)
    by_code = {claim.code: claim for claim in claims}
    grouped: dict[str, list[Outcome]] = {}
    for found in outcomes:
        grouped.setdefault(found.code, []).append(found)
    entries = []
    for code, rows in grouped.items():
        hrefs = (f"{FOLDER}/{quote(names[code, found.scenario])}" for found in rows)
        verdicts = [verdict(found, href=href) for found, href in zip(rows, hrefs, strict=True)]
        first, said = rows[0], remark(by_code.get(code), verdicts)
        says = first.says or first.id
        entries.append(Entry(code, first.id, says, first.topic, said, verdicts))
    told = _summary(outcomes, len(entries), planned, ending)
    title = "Claims about TCP, checked"
    yield "index.html", index(entries, title=title, summary=told, errors=errors)
    for found in outcomes:
        claim = by_code.get(found.code)
        verdicts = [
            verdict(f, href=quote(names[f.code, f.scenario]), here=f is found)
            for f in grouped[found.code]
        ]
        other = grouped.get(claim.pair) if claim else None
        pair = (other[0].code, quote(names[other[0].code, other[0].scenario])) if other else None
        html = page(about(claim, found, verdicts, home="../index.html", pair=pair))
        yield f"{FOLDER}/{names[found.code, found.scenario]}", html


def _summary(outcomes: Sequence[Outcome], claims: int, planned: int, ending: str) -> str:
    """How many verdicts (of how many planned), and how many are not as expected."""
    marks = [mark(found) for found in outcomes]
    tally = [f"{marks.count(one)} {word}" for one, word in WORDS.items() if one in marks]
    whole = len(outcomes) == planned
    counted = f"{claims} claims, {len(outcomes)} verdicts" + ("" if whole else f" of {planned}")
    told = "all as expected" if marks.count("expected") == len(marks) > 0 else ", ".join(tally)
    return ("" if whole else f"{ending}: ") + counted + (f": {told}" if told else "")


def _names(outcomes: Sequence[Outcome]) -> dict[tuple[str, str], str]:
    """A file name for each verdict, by (code, scenario), no two of them the same in any case."""
    names: dict[tuple[str, str], str] = {}
    taken: set[str] = set()
    for found in outcomes:
        stem = file_stem(found)[:LONGEST]
        name, number = stem, 1
        while name.lower() in taken:
            number += 1
            name = f"{stem}-{number}"
        taken.add(name.lower())
        names[found.code, found.scenario] = f"{name}.html"
    return names
