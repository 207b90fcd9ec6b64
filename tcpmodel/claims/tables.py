"""Tables for documents, generated from the claims."""

from __future__ import annotations

from collections.abc import Iterable

from tcpmodel.claims.language import Claim


def claims_markdown(claims: Iterable[Claim]) -> str:
    """A Markdown table: each claim, and in which scenarios it is expected to hold and to fail.

    `tcpmodel verify` is what confirms the expectations.
    """
    lines = ["| claim | holds | fails |", "| --- | --- | --- |"]
    for claim in claims:
        cells = [
            "<br>".join(
                f"`{text}`" + (f": {e.formula}" if e.formula else "")
                for text, e in claim.verdicts.items()
                if e.verdict.value == verdict
            )
            for verdict in ("HOLDS", "FAILS")
        ]
        lines.append(f"| **{claim.code}** {claim.says} | {cells[0] or '–'} | {cells[1] or '–'} |")
    return "\n".join(lines) + "\n"
