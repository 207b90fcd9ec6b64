"""States of two parties as a map: a row for each state of one, a column for each of the other.

A step changes one of the two, so every arrow goes along a row or a column.  Arrows that go further
than to the next cell, or back, are bowed round what lies between.  A standalone SVG document, light
and dark, no scripts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from tcpmodel.render import typeset

Place = tuple[int, int]
"""Row and column."""

WIDTH, PAD = 880.0, 16.0
HIGH, GAP = 36.0, 34.0
"""Of a cell, and of the room below it, where arrows are."""

SIDE = 40.0
"""Room left and right for arrows, and for the names above, which are slanted."""

WIDEST, SHARE = 72.0, 0.62
"""How wide a cell is at most, and how much of the distance of two cells is cell."""

_STYLE = """<style>
.tcpmodel-grid text{font-family:-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,"DejaVu Sans",
sans-serif;fill:#1f2328}
.tcpmodel-grid .paper{fill:#fff}.tcpmodel-grid .band{fill:#f3f5f8}
.tcpmodel-grid .cell{fill:#e3edf7;stroke:#7b95ad}
.tcpmodel-grid .bad{fill:#ffdcd7;stroke:#cf222e;stroke-width:2.4}
.tcpmodel-grid .start{stroke:#1f2328;stroke-width:2.6}
.tcpmodel-grid .count-bad{fill:#b3121f}.tcpmodel-grid .dim{fill:#59636e}
.tcpmodel-grid .move{fill:none;stroke-width:1.2}
.tcpmodel-grid .row{stroke:#8a6100}.tcpmodel-grid .head-row{fill:#8a6100}
.tcpmodel-grid .column{stroke:#0065a3}.tcpmodel-grid .head-column{fill:#0065a3}
.tcpmodel-grid .disc{fill:#fff;stroke:#cf222e}
.tcpmodel-grid .way{stroke:#cf222e;stroke-width:3}.tcpmodel-grid .head-way{fill:#cf222e}
@media screen and (prefers-color-scheme:dark){.tcpmodel-grid text{fill:#e6edf3}
.tcpmodel-grid .paper{fill:#0d1117}.tcpmodel-grid .band{fill:#151b23}
.tcpmodel-grid .cell{fill:#1c2f42;stroke:#5d7d9a}
.tcpmodel-grid .bad{fill:#4b1a1d;stroke:#ff7b72}.tcpmodel-grid .start{stroke:#e6edf3}
.tcpmodel-grid .count-bad{fill:#ff9a92}.tcpmodel-grid .dim{fill:#9198a1}
.tcpmodel-grid .row{stroke:#d29922}.tcpmodel-grid .head-row{fill:#d29922}
.tcpmodel-grid .column{stroke:#58a6e8}.tcpmodel-grid .head-column{fill:#58a6e8}
.tcpmodel-grid .disc{fill:#0d1117;stroke:#ff7b72}
.tcpmodel-grid .way{stroke:#ff7b72}.tcpmodel-grid .head-way{fill:#ff7b72}}
</style>"""


@dataclass(frozen=True)
class Cell:
    """states: how many there are in this place.  bad: how many of them break the claim."""

    states: int
    bad: int = 0
    start: bool = False


@dataclass(frozen=True)
class Move:
    """source, target: in the same row or column.  tip: told to who points at it.

    way: which of the moves of the run that is marked it is, counted from 1, if any.
    """

    source: Place
    target: Place
    tip: str = ""
    way: Sequence[int] = ()


@dataclass(frozen=True)
class Grid:
    """rows, columns: names of states; who: whose.  about: a line below the title.

    keys: what the marks mean: `row`, `column`, `way`, `bad`.  note: sentences at the bottom.
    """

    title: str
    about: str
    who: tuple[str, str]
    rows: Sequence[str]
    columns: Sequence[str]
    cells: Mapping[Place, Cell]
    moves: Sequence[Move]
    keys: Mapping[str, str]
    note: str


def grid(drawn: Grid) -> str:
    """The map, as an SVG document."""
    names = [typeset.STATE.width(name) for name in drawn.rows]
    left = PAD + max(names) + SIDE
    slant = max(typeset.STATE.width(name) for name in drawn.columns) * math.sin(math.radians(30))
    pitch = min(WIDEST / SHARE, (WIDTH - left - PAD - SIDE) / len(drawn.columns))
    head: list[str] = []
    y = _heading(drawn, head)
    top = y + slant + 34
    frame = _Frame(left, top, pitch)
    bottom = top + len(drawn.rows) * (HIGH + GAP)
    note = list(_note(drawn.note, bottom + 18))
    height = bottom + 22 + len(note) * typeset.WHY.line
    size = f'width="{WIDTH:.0f}" height="{height:.0f}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tcpmodel-grid" role="img" {size} '
            f'viewBox="0 0 {WIDTH:.0f} {height:.0f}">',
            f"<title>{escape(drawn.title)}</title>",
            f"<desc>{escape(_told(drawn))}</desc>",
            _STYLE,
            f'<rect class="paper" {size}/>',
            *head,
            *_axes(drawn, frame),
            *(_cell(frame, place, cell) for place, cell in sorted(drawn.cells.items())),
            *(_move(frame, move) for move in sorted(drawn.moves, key=lambda m: bool(m.way))),
            *(_number(frame, move) for move in drawn.moves if move.way),
            *note,
            "</svg>\n",
        ]
    )


@dataclass(frozen=True)
class _Frame:
    left: float
    top: float
    pitch: float

    @property
    def wide(self) -> float:
        return self.pitch * SHARE

    def corner(self, place: Place) -> tuple[float, float]:
        """The upper left corner of a cell."""
        return self.left + place[1] * self.pitch, self.top + place[0] * (HIGH + GAP)


def _told(drawn: Grid) -> str:
    """The map in words."""
    pairs = []
    for (row, column), cell in sorted(drawn.cells.items()):
        bad = f", {cell.bad} of them break the claim" if cell.bad else ""
        pairs.append(f"{drawn.rows[row]} and {drawn.columns[column]}: {cell.states} states{bad}")
    return f"{drawn.about}. {drawn.who[0]} and {drawn.who[1]}: " + "; ".join(pairs)


def _heading(drawn: Grid, parts: list[str]) -> float:
    y = PAD + 16
    for line in typeset.TITLE.wrap(drawn.title, WIDTH - 2 * PAD):
        parts.append(_text(PAD, y, line, typeset.TITLE))
        y += typeset.TITLE.line
    for line in typeset.WHY.wrap(drawn.about, WIDTH - 2 * PAD):
        parts.append(_text(PAD, y - 2, line, typeset.WHY, "dim"))
        y += typeset.WHY.line
    x = PAD
    for key, words in drawn.keys.items():
        wide = 34 + typeset.NOTE.width(words) + 18
        if x + wide > WIDTH:
            x, y = PAD, y + 22
        parts += [_key(key, x, y), _text(x + 34, y + 4, words, typeset.NOTE)]
        x += wide
    return y + 16


def _key(key: str, x: float, y: float) -> str:
    if key in ("bad", "start"):
        return (
            f'<rect class="cell {key}" x="{x:.1f}" y="{y - 7:.1f}" width="24" height="14" rx="3"/>'
        )
    line = f'<path class="move {key}" d="M{x:.1f} {y:.1f}h20"/>'
    return line + _head(key, x + 25, y, 0)


def _axes(drawn: Grid, frame: _Frame) -> Iterator[str]:
    width = frame.pitch * (len(drawn.columns) - 1) + frame.wide
    for row, name in enumerate(drawn.rows):
        x, y = frame.corner((row, 0))
        size = f'x="{x - 8:.1f}" y="{y - 5:.1f}" width="{width + 16:.1f}" height="{HIGH + 10:.1f}"'
        yield f'<rect class="band" {size} rx="6"/>'
        yield _text(x + 2 - SIDE, y + HIGH / 2 + 4, name, typeset.STATE, anchor="end")
    for column, name in enumerate(drawn.columns):
        x, y = frame.corner((0, column))
        x, y = x + frame.wide / 2 - 4, y - 24
        yield _text(x, y, name, typeset.STATE, turn=f"rotate(-30 {x:.1f} {y:.1f})")
    x, y = frame.corner((0, 0))
    yield _text(
        x + 2 - SIDE, y - 22, f"{drawn.who[0]} ↓  {drawn.who[1]} →", typeset.ALARM, anchor="end"
    )


def _cell(frame: _Frame, place: Place, cell: Cell) -> str:
    x, y = frame.corner(place)
    kind = "cell" + " bad" * bool(cell.bad) + " start" * cell.start
    size = f'x="{x:.1f}" y="{y:.1f}" width="{frame.wide:.1f}" height="{HIGH}"'
    box = f'<rect class="{kind}" {size} rx="6"/>'
    middle = x + frame.wide / 2
    count = f"{cell.states:,}"
    if not cell.bad:
        return box + _text(middle, y + HIGH / 2 + 4, count, typeset.NOTE, anchor="middle")
    broken = _text(middle, y + 15, f"✗ {cell.bad:,}", typeset.ALARM, "count-bad", "middle")
    return box + broken + _text(middle, y + 30, f"of {count}", typeset.NOTE, "dim", "middle")


Point = tuple[float, float]


@dataclass(frozen=True)
class _Path:
    """Where an arrow begins, which way it bows, where it ends."""

    start: Point
    bow: Point
    tip: Point

    @property
    def middle(self) -> Point:
        ends = zip(self.start, self.bow, self.tip, strict=True)
        x, y = (a / 4 + b / 2 + c / 4 for a, b, c in ends)
        return x, y


def _path(frame: _Frame, move: Move) -> _Path:
    """Straight to the next cell; bowed if it goes further or back, the further, the deeper."""
    (row, column), (to_row, to_column) = move.source, move.target
    across = row == to_row
    span = (to_column - column) if across else (to_row - row)
    (x1, y1), (x2, y2) = frame.corner(move.source), frame.corner(move.target)
    wide = frame.wide
    if span == 1:
        if across:
            start, tip = (x1 + wide, y1 + HIGH / 2), (x2, y2 + HIGH / 2)
        else:
            start, tip = (x1 + wide / 2, y1 + HIGH), (x2 + wide / 2, y2)
        return _Path(start, ((start[0] + tip[0]) / 2, (start[1] + tip[1]) / 2), tip)
    # Forward below or to the right, back above or to the left.
    ahead = span > 0
    far = min(abs(span), 6)
    out, into = (0.62 + far * 0.05, 0.34) if ahead else (0.38 - far * 0.05, 0.66)
    depth = (GAP - 7 if across else min(SIDE, frame.pitch - wide) - 6) * 2 * (0.3 + 0.7 * far / 6)
    depth = depth if ahead else -depth
    if across:
        y = y1 + HIGH if ahead else y1
        start, tip = (x1 + wide * out, y), (x2 + wide * into, y)
        return _Path(start, ((start[0] + tip[0]) / 2, y + depth), tip)
    x = x1 + wide if ahead else x1
    start, tip = (x, y1 + HIGH * out), (x, y2 + HIGH * into)
    return _Path(start, (x + depth, (start[1] + tip[1]) / 2), tip)


def _move(frame: _Frame, move: Move) -> str:
    kind = "way" if move.way else "row" if move.source[0] == move.target[0] else "column"
    path = _path(frame, move)
    (x1, y1), (x, y), (x2, y2) = path.start, path.bow, path.tip
    angle = math.atan2(y2 - y, x2 - x)
    end = f"{x2 - 7 * math.cos(angle):.1f} {y2 - 7 * math.sin(angle):.1f}"
    words = f"<title>{escape(move.tip)}</title>" if move.tip else ""
    line = f'<path class="move {kind}" d="M{x1:.1f} {y1:.1f}Q{x:.1f} {y:.1f} {end}"/>'
    return f"<g>{words}{line}{_head(kind, x2, y2, angle)}</g>"


def _number(frame: _Frame, move: Move) -> str:
    """When the run takes this move, on the arrow."""
    x, y = _path(frame, move).middle
    words = ",".join(map(str, move.way))
    wide = max(17.0, typeset.BADGE.width(words) + 8)
    size = f'x="{x - wide / 2:.1f}" y="{y - 8.5:.1f}" width="{wide:.1f}" height="17"'
    disc = f'<rect class="disc" {size} rx="8.5"/>'
    return disc + _text(x, y + 3.8, words, typeset.BADGE, "count-bad", "middle")


def _head(kind: str, x: float, y: float, angle: float) -> str:
    long, half = (11.0, 5.0) if kind == "way" else (8.5, 3.4)
    corners = [(0.0, 0.0), (-long, -half), (-long, half)]
    cos, sin = math.cos(angle), math.sin(angle)
    turned = ((x + u * cos - v * sin, y + u * sin + v * cos) for u, v in corners)
    points = " ".join(f"{u:.1f},{v:.1f}" for u, v in turned)
    return f'<polygon class="head-{kind}" points="{points}"/>'


def _note(words: str, y: float) -> Iterator[str]:
    for line in typeset.WHY.wrap(words, WIDTH - 2 * PAD):
        yield _text(PAD, y, line, typeset.WHY, "dim")
        y += typeset.WHY.line


def _text(
    x: float,
    y: float,
    words: str,
    style: typeset.Style,
    kind: str = "",
    anchor: str = "",
    turn: str = "",
) -> str:
    more = f' class="{kind}"' if kind else ""
    more += ' font-weight="bold"' if style.bold else ""
    more += f' text-anchor="{anchor}"' if anchor else ""
    more += f' transform="{turn}"' if turn else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{style.size}"{more}>{escape(words)}</text>'
