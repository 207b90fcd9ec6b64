"""Lines over a plane, and bars: exact piecewise linear functions, as a standalone SVG document.

Light and dark, no scripts.  Each line is named where it ends, so that no colour has to be matched
with a key.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from html import escape

from tcpmodel.render import typeset

Points = Sequence[tuple[Fraction, Fraction]]

WIDTH, PAD = 880.0, 16.0
LEFT, RIGHT, HIGH = 64.0, 190.0, 330.0
BAR, ROOM = 18.0, 8.0
DASHES = ("", "9 4", "3 3", "11 4 3 4")

_STYLE = """<style>
.tcpmodel-plot text{font-family:-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,"DejaVu Sans",
sans-serif;fill:#1f2328}
.tcpmodel-plot .paper{fill:#fff}.tcpmodel-plot .dim{fill:#59636e}
.tcpmodel-plot .rule{stroke:#d1d9e0;stroke-width:1}.tcpmodel-plot .axis{stroke:#59636e}
.tcpmodel-plot .good{fill:#e6f6ea}.tcpmodel-plot .bad{fill:#fdeceb}
.tcpmodel-plot .good-word{fill:#1a7f37}.tcpmodel-plot .bad-word{fill:#b3121f}
.tcpmodel-plot .line{fill:none;stroke-width:2.6;stroke-linejoin:round}
.tcpmodel-plot .line0{stroke:#0065a3}.tcpmodel-plot .line1{stroke:#8a6100}
.tcpmodel-plot .line2{stroke:#94458f}.tcpmodel-plot .line3{stroke:#b23c12}
.tcpmodel-plot .bar{fill:#7b95ad}.tcpmodel-plot .endless{fill:#cf222e}
@media screen and (prefers-color-scheme:dark){.tcpmodel-plot text{fill:#e6edf3}
.tcpmodel-plot .paper{fill:#0d1117}.tcpmodel-plot .dim{fill:#9198a1}
.tcpmodel-plot .rule{stroke:#2b323b}.tcpmodel-plot .axis{stroke:#9198a1}
.tcpmodel-plot .good{fill:#10251a}.tcpmodel-plot .bad{fill:#2a1517}
.tcpmodel-plot .good-word{fill:#3fb950}.tcpmodel-plot .bad-word{fill:#ff7b72}
.tcpmodel-plot .line0{stroke:#58a6e8}.tcpmodel-plot .line1{stroke:#e2a73e}
.tcpmodel-plot .line2{stroke:#d993d3}.tcpmodel-plot .line3{stroke:#ff9068}
.tcpmodel-plot .bar{fill:#5d7d9a}.tcpmodel-plot .endless{fill:#ff7b72}}
</style>"""


@dataclass(frozen=True)
class Line:
    """A piecewise linear function by its corners, in order of x."""

    name: str
    points: Points


@dataclass(frozen=True)
class Bar:
    """length: None if there is no bound.  words: the length in words; says: what it is of."""

    length: Fraction | None
    words: str
    says: str


@dataclass(frozen=True)
class Plot:
    """right, top: where the axes end; they begin at 0 and have a mark at every whole number.

    limit: a level, below which it is good and above which it is bad, in these words.
    """

    title: str
    x_name: str
    y_name: str
    right: Fraction
    top: Fraction
    lines: Sequence[Line]
    limit: Fraction
    below: str
    above: str


@dataclass(frozen=True)
class Bars:
    """Bars below each other, to the scale of a unit."""

    title: str
    unit: str
    top: Fraction
    bars: Sequence[Bar]


def plot(title: str, bars: Bars, plane: Plot, note: str) -> str:
    """Bars, and below them lines over a plane."""
    parts: list[str] = []
    y = PAD + 16
    parts.append(_text(PAD, y, title, typeset.TITLE))
    y = _bars(bars, y + 30, parts)
    y = _plane(plane, y + 34, parts)
    for line in typeset.WHY.wrap(note, WIDTH - 2 * PAD):
        parts.append(_text(PAD, y, line, typeset.WHY, "dim"))
        y += typeset.WHY.line
    size = f'width="{WIDTH:.0f}" height="{y:.0f}"'
    told = [f"{bar.says}: {bar.words}" for bar in bars.bars] + [line.name for line in plane.lines]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tcpmodel-plot" role="img" {size} '
            f'viewBox="0 0 {WIDTH:.0f} {y:.0f}">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape('; '.join([*told, note]))}</desc>",
            _STYLE,
            f'<rect class="paper" {size}/>',
            *parts,
            "</svg>\n",
        ]
    )


def _bars(bars: Bars, y: float, parts: list[str]) -> float:
    """Bars from `y` on, each below what it says; where they end."""
    parts.append(_text(PAD, y, bars.title, typeset.CLAIM))
    y += 10
    scale = (WIDTH - 2 * PAD - 190) / float(bars.top)
    for bar in bars.bars:
        for line in typeset.NOTE.wrap(bar.says, WIDTH - 2 * PAD):
            y += typeset.NOTE.line
            parts.append(_text(PAD, y, line, typeset.NOTE))
        y += ROOM
        for n in range(int(bars.top) + 1):
            x = PAD + scale * n
            ends = f'x1="{x:.1f}" x2="{x:.1f}" y1="{y - 3:.1f}" y2="{y + BAR + 3:.1f}"'
            parts.append(f'<line class="rule" {ends}/>')
        long = scale * float(bars.top if bar.length is None else bar.length)
        kind = "endless" if bar.length is None else "bar"
        size = f'x="{PAD}" y="{y:.1f}" width="{long:.1f}" height="{BAR}"'
        parts.append(f'<rect class="{kind}" {size} rx="2"/>')
        if bar.length is None:
            corners = f"{PAD + long:.1f},{y - 4:.1f} {PAD + long + 16:.1f},{y + BAR / 2:.1f} "
            corners += f"{PAD + long:.1f},{y + BAR + 4:.1f}"
            parts.append(f'<polygon class="endless" points="{corners}"/>')
            long += 16
        role = "bad-word" if bar.length is None else ""
        parts.append(_text(PAD + long + 8, y + 13.5, bar.words, typeset.ALARM, role))
        y += BAR + ROOM
    parts += [
        _text(PAD + scale * n, y + 10, f"{n} {bars.unit}" if n else "0", typeset.ASIDE, "dim", side)
        for n in range(int(bars.top) + 1)
        for side in ["middle" if n else "start"]
    ]
    return y + 14


def _plane(plane: Plot, y: float, parts: list[str]) -> float:
    """The lines, from `y` on; where the drawing ends."""
    parts.append(_text(PAD, y, plane.title, typeset.CLAIM))
    parts.append(_text(PAD, y + 24, plane.y_name, typeset.NOTE, "dim"))
    top, left = y + 40, LEFT
    wide = WIDTH - LEFT - RIGHT

    def place(x: Fraction, height: Fraction) -> tuple[float, float]:
        across = left + wide * float(x / plane.right)
        return across, top + HIGH * (1 - float(height / plane.top))

    _, level = place(Fraction(0), plane.limit)
    parts += [
        f'<rect class="bad" x="{left}" y="{top}" width="{wide}" height="{level - top:.1f}"/>',
        f'<rect class="good" x="{left}" y="{level:.1f}" width="{wide}" '
        f'height="{top + HIGH - level:.1f}"/>',
    ]
    for n in range(int(plane.top) + 1):
        _, at = place(Fraction(0), Fraction(n))
        kind = "axis" if n in (0, plane.limit) else "rule"
        ends = f'x1="{left}" x2="{left + wide:.1f}" y1="{at:.1f}" y2="{at:.1f}"'
        parts.append(f'<line class="{kind}" {ends}/>')
        parts.append(_text(left - 8, at + 4, str(n), typeset.NOTE, "dim", "end"))
    for quarter in range(int(plane.right * 4) + 1):
        at, _ = place(Fraction(quarter, 4), Fraction(0))
        if quarter % 2 == 0:
            words = f"{quarter / 4:g}"
            parts.append(_text(at, top + HIGH + 18, words, typeset.NOTE, "dim", "middle"))
        ends = f'x1="{at:.1f}" x2="{at:.1f}" y1="{top}" y2="{top + HIGH}"'
        parts.append(f'<line class="rule" {ends}/>')
    parts.append(_text(left + wide / 2, top + HIGH + 40, plane.x_name, typeset.NOTE, "", "middle"))
    inside = left + wide - 12
    parts.append(_text(inside, top + HIGH - 14, plane.below, typeset.ALARM, "good-word", "end"))
    parts.append(_text(left + 12, top + 22, plane.above, typeset.ALARM, "bad-word"))
    for number, line in enumerate(plane.lines):
        parts += _line(plane, line, number, place)
    return top + HIGH + 72


def _line(plane: Plot, line: Line, number: int, place: object) -> Iterator[str]:
    """A line, cut where it leaves at the top, and its name there or at its right end."""
    assert callable(place)
    shown = list(_cut(line.points, plane.top))
    corners = [place(*point) for point in shown]
    way = "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)
    dashes = DASHES[number % len(DASHES)]
    more = f' stroke-dasharray="{dashes}"' if dashes else ""
    yield f'<path class="line line{number % 4}" d="{way}"{more}/>'
    x, y = corners[-1]
    if shown[-1][0] < plane.right:
        yield _text(x, y - 8, line.name, typeset.ALARM, anchor="middle")
    else:
        yield _text(x + 8, y + 4, line.name, typeset.ALARM)


def _cut(points: Points, top: Fraction) -> Iterator[tuple[Fraction, Fraction]]:
    """The part of a rising line that is not above `top`."""
    before: tuple[Fraction, Fraction] | None = None
    for x, y in points:
        if y > top and before is not None:
            x0, y0 = before
            yield x0 + (top - y0) / (y - y0) * (x - x0), top
            return
        yield x, y
        before = x, y


def _text(
    x: float, y: float, words: str, style: typeset.Style, kind: str = "", anchor: str = ""
) -> str:
    more = f' class="{kind}"' if kind else ""
    more += ' font-weight="bold"' if style.bold else ""
    more += f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{style.size}"{more}>{escape(words)}</text>'
