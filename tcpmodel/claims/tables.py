"""Tables for documents, generated from the claims."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from html import escape
from itertools import groupby
from pathlib import Path

from tcpmodel.claims.commonmark import plain, table
from tcpmodel.claims.language import Claim
from tcpmodel.claims.rationale_reference import home

RATIONALE = "diagrams/rationale"
"""Where the pages are that a claim's number leads to, seen from the README."""


def claims_markdown(claims: Iterable[tuple[Path, Claim]]) -> str:
    """Markdown: for each topic a table of its claims, folded up, with the number of scenarios in
    which each is expected to hold and to fail; of a derived value, the least one found.

    `tcpmodel verify` is what confirms the expectations.
    """
    lines: list[str] = []
    for (file, topic), group in groupby(claims, key=lambda found: (found[0], found[1].topic)):
        rows = [_row(claim) for _, claim in group]
        number = f"{len(rows)} claim{'s' * (len(rows) != 1)}"
        summary = f"<b>{escape(topic)}</b>: {escape(_headline(file))} ({number})"
        lines += [f"<details><summary>{summary}</summary>", ""]
        lines += [*table(("claim", "holds", "fails"), rows), "", "</details>"]
    return "\n".join(lines) + "\n"


def _row(claim: Claim) -> tuple[str, str, str]:
    """What a claim says, and its verdicts; its number leads to where it is told of."""
    held, failed = (
        [e for e in claim.verdicts.values() if e.verdict.value == verdict]
        for verdict in ("HOLDS", "FAILS")
    )
    formulas = [f"{plain(t)}: {plain(e.formula)}" for t, e in claim.verdicts.items() if e.formula]
    holds = "<br>".join(formulas) or str(len(held) or "–")
    number = f"[{claim.code}]({RATIONALE}/{home(claim)})"
    return f"{number} {plain(claim.says)}", holds, str(len(failed) or "–")


def _headline(file: Path) -> str:
    """What a claim file is about: the first sentence of its docstring, without the full stop."""
    docstring = ast.get_docstring(ast.parse(file.read_bytes())) or ""
    return docstring.partition("\n")[0].rstrip(".")
