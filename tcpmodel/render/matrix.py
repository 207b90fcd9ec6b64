"""A table of verdicts as a picture: rows, columns, a coloured word in each cell.  SVG, dark and
light, no scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tcpmodel.render import typeset

PAD, GAP, ROW = 14.0, 18.0, 30.0
NARROWEST = 104.0
"""How wide a column is at least."""
NOTE_WIDTH = 832.0

_STYLE = """<style>
.tcpmodel-matrix text{font-family:-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,
"DejaVu Sans",sans-serif;fill:#1f2328}
.tcpmodel-matrix .paper{fill:#fff}.tcpmodel-matrix .rule{stroke:#d1d9e0}
.tcpmodel-matrix .good{fill:#116329}.tcpmodel-matrix .bad{fill:#b3121f}
.tcpmodel-matrix .open{fill:#7d4e00}.tcpmodel-matrix .why{fill:#59636e}
.tcpmodel-matrix .lawn{fill:#d8f3de}.tcpmodel-matrix .wash{fill:#ffdcd7}
.tcpmodel-matrix .sand{fill:#fbefc9}
@media screen and (prefers-color-scheme:dark){.tcpmodel-matrix text{fill:#e6edf3}
.tcpmodel-matrix .paper{fill:#0d1117}.tcpmodel-matrix .rule{stroke:#3d444d}
.tcpmodel-matrix .good{fill:#56d364}.tcpmodel-matrix .bad{fill:#ff9a92}
.tcpmodel-matrix .open{fill:#e3b341}.tcpmodel-matrix .why{fill:#9198a1}
.tcpmodel-matrix .lawn{fill:#12301c}.tcpmodel-matrix .wash{fill:#4b1a1d}
.tcpmodel-matrix .sand{fill:#3a2c07}}
</style>"""

_MARKS = {"good": ("lawn", "✓ "), "bad": ("wash", "✗ "), "open": ("sand", "? ")}
"""What is behind the word in a cell, and what is before it, so that no colour has to be seen."""


@dataclass(frozen=True)
class Table:
    """A table to draw.

    rows: each a name and its cells; a cell is (word, kind), kind being `good`, `bad`, `open`
    (not settled) or empty.  note: a sentence below.
    """

    title: str
    columns: Sequence[str]
    rows: Sequence[tuple[str, Sequence[tuple[str, str]]]]
    note: str = ""


def tables(drawn: Sequence[Table]) -> str:
    """Tables below each other, as one SVG document."""
    parts: list[str] = []
    y, width = PAD, 0.0
    for table in drawn:
        y, right = _table(table, y, parts)
        width = max(width, right)
    title = escape(" · ".join(table.title for table in drawn))
    size = f'width="{width + PAD:.0f}" height="{y:.0f}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tcpmodel-matrix" role="img" {size} '
        f'viewBox="0 0 {width + PAD:.0f} {y:.0f}">'
    )
    paper = f'<rect class="paper" {size}/>'
    return (
        "\n".join(
            [
                head,
                f"<title>{title}</title>",
                f"<desc>{escape(_told(drawn))}</desc>",
                _STYLE,
                paper,
                *parts,
                "</svg>",
            ]
        )
        + "\n"
    )


def _told(drawn: Sequence[Table]) -> str:
    """The tables in words."""
    rows = (
        f"{name}: " + ", ".join(f"{c} {w}" for c, (w, _) in zip(table.columns, cells, strict=True))
        for table in drawn
        for name, cells in table.rows
    )
    return "; ".join([*rows, *(table.note for table in drawn if table.note)])


def _table(table: Table, y: float, parts: list[str]) -> tuple[float, float]:
    """Draw a table from `y` on; (where it ends, its right edge)."""
    style = typeset.NOTE
    lefts = [PAD]
    names = ["", *(name for name, _ in table.rows)]
    lefts.append(PAD + max(style.width(name) for name in names) + GAP)
    for index, column in enumerate(table.columns):
        words = [_MARKS.get(kind, ("", ""))[1] + word for word, kind in _column(table, index)]
        wide = max(NARROWEST, *(typeset.ALARM.width(word) for word in [column, *words]))
        lefts.append(lefts[-1] + wide + GAP)
    parts.append(_text(PAD, y + 16, table.title, typeset.TITLE))
    y += typeset.TITLE.line + 8
    for left, column in zip(lefts[1:], table.columns, strict=False):
        parts.append(_text(left, y + 12, column, typeset.ALARM))
    for name, cells in table.rows:
        y += ROW
        rule = f'x1="{PAD}" x2="{lefts[-1]:.0f}" y1="{y - 8:.0f}" y2="{y - 8:.0f}"'
        parts.append(f'<line class="rule" {rule}/>')
        parts.append(_text(PAD, y + 11, name, style))
        for left, right, (word, kind) in zip(lefts[1:-1], lefts[2:], cells, strict=True):
            mark = ""
            if kind in _MARKS:
                behind, mark = _MARKS[kind]
                size = f'x="{left - 8:.1f}" y="{y - 5:.1f}" width="{right - left - 6:.1f}"'
                parts.append(f'<rect class="{behind}" {size} height="{ROW - 6:.0f}" rx="4"/>')
            shown = typeset.ALARM if kind else style
            parts.append(_text(left, y + 11, mark + word, shown, kind))
    y += ROW
    for line in typeset.WHY.wrap(table.note, NOTE_WIDTH) if table.note else []:
        parts.append(_text(PAD, y + 8, line, typeset.WHY, "why"))
        y += typeset.WHY.line
    title = typeset.TITLE.width(table.title) + PAD
    return y + GAP, max(lefts[-1], title, NOTE_WIDTH if table.note else 0)


def _column(table: Table, index: int) -> Sequence[tuple[str, str]]:
    return [cells[index] for _, cells in table.rows]


def _text(x: float, y: float, words: str, style: typeset.Style, kind: str = "") -> str:
    bold = ' font-weight="bold"' if style.bold else ""
    role = f' class="{kind}"' if kind else ""
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{style.size}"'
    return f"<text{role} {place}{bold}>{escape(words)}</text>"
