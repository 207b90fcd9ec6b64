"""Runs that somebody cannot tell apart, as text: side by side where there is room."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from itertools import zip_longest

from tcpmodel.core.trace import Trace
from tcpmodel.render.text import text

NARROW = 90
"""Below so many columns one run stands under the other."""

GUTTER = " │ "


def indistinguishable(
    first: Trace, twins: Sequence[tuple[str, Trace]], *, claim: str = "", why: str = "", width: int
) -> str:
    """The run in which knowledge is missing, and what is possible for all that somebody can see.

    twins: (who, a run that it cannot tell from the one before).  Lines are at most `width` wide,
    but not less than a run needs.
    """
    twins, note = distinct(first, twins)
    found, before = [], first
    if not twins:
        found += [text(first, width=width)]
    for number, (agent, twin) in enumerate(twins, 1):
        titles = f"run {number}", f"run {number + 1}"
        told = f"At their ends, {agent} cannot tell {' from '.join(titles)}:"
        found += [told, "", _beside(titles, (before, twin), width), ""]
        before = twin
    if note:
        found += [*textwrap.wrap(f"{note}.", width), ""]
    for mark, told in (("✗", f"violated: {claim}" if claim else ""), ("", why)):
        head = mark.rjust(3) + "  "
        found += textwrap.wrap(told, width, initial_indent=head, subsequent_indent=" " * 5)
    return "\n".join(found).rstrip("\n") + "\n"


def distinct(
    first: Trace, twins: Sequence[tuple[str, Trace]]
) -> tuple[list[tuple[str, Trace]], str]:
    """The twins that are not the run before them, and what to say of the last if it was one.

    Nobody can tell a run from itself; where the last twin is that, what is to be known is false at
    the end of a run that is there already.
    """
    found: list[tuple[str, Trace]] = []
    note, before = "", first
    for agent, twin in twins:
        note = f"what {agent} should know is not so at the end of run {len(found) + 1}"
        if twin != before:
            found.append((agent, twin))
            note, before = "", twin
    return found, note


def _beside(titles: tuple[str, str], runs: tuple[Trace, Trace], width: int) -> str:
    if width < NARROW:
        stacked = (f"{t}\n{text(run, width=width)}" for t, run in zip(titles, runs, strict=True))
        return "\n".join(stacked).rstrip()
    half = (width - len(GUTTER)) // 2
    columns = [text(run, width=half).splitlines() for run in runs]
    rows = zip_longest([titles[0], *columns[0]], [titles[1], *columns[1]], fillvalue="")
    return "\n".join(f"{a:<{half}}{GUTTER}{b}".rstrip() for a, b in rows)
