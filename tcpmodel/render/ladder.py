"""Messages between two parties, and beside each what either side has learnt by then.  SVG, light
and dark, no scripts.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from tcpmodel.render import typeset
from tcpmodel.render.chart import COLOURS, GREY

WIDTH, PAD = 880.0, 16.0
LANES = (312.0, 568.0)
ROOM = 276.0
"""How wide the words beside a lane are at most."""

_STYLE = """<style>
.tcpmodel-ladder text{font-family:-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,
"DejaVu Sans",sans-serif;fill:#1f2328}
.tcpmodel-ladder .mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",
monospace}
.tcpmodel-ladder .paper{fill:#fff}.tcpmodel-ladder .dim{fill:#59636e}
.tcpmodel-ladder .lane{stroke:#8c959f;stroke-width:2.5}.tcpmodel-ladder .rule{stroke:#d1d9e0}
.tcpmodel-ladder .new{fill:#116329}.tcpmodel-ladder .wash{fill:#eefbf0}
.tcpmodel-ladder .way{stroke:#1f2328;stroke-width:1.6}.tcpmodel-ladder .head{fill:#1f2328}
@media screen and (prefers-color-scheme:dark){.tcpmodel-ladder text{fill:#e6edf3}
.tcpmodel-ladder .paper{fill:#0d1117}.tcpmodel-ladder .dim{fill:#9198a1}
.tcpmodel-ladder .lane{stroke:#6e7681}.tcpmodel-ladder .rule{stroke:#2b323b}
.tcpmodel-ladder .new{fill:#56d364}.tcpmodel-ladder .wash{fill:#12261a}
.tcpmodel-ladder .way{stroke:#e6edf3}.tcpmodel-ladder .head{fill:#e6edf3}}
</style>"""


@dataclass(frozen=True)
class Side:
    """A party's state and what it knows; news: how many of the first of these are new."""

    state: str
    knows: Sequence[str]
    news: int = 0


@dataclass(frozen=True)
class Rung:
    """After a message: its words, whether it goes to the right, and both sides.  No words: before
    the first message.
    """

    message: str
    rightward: bool
    sides: tuple[Side, Side]


def ladder(title: str, about: str, who: tuple[str, str], rungs: Sequence[Rung], note: str) -> str:
    """The drawing, as an SVG document."""
    parts = [_text(PAD, PAD + 16, title, typeset.TITLE)]
    y = PAD + 40
    for line in typeset.WHY.wrap(about, WIDTH - 2 * PAD):
        parts.append(_text(PAD, y, line, typeset.WHY, "dim"))
        y += typeset.WHY.line
    for x, name in zip(LANES, who, strict=True):
        parts.append(_text(x, y + 16, name, typeset.LANE, anchor="middle"))
    heads = [(-1, "end", f"{who[0]} knows that"), (1, "start", f"{who[1]} knows that")]
    for (side, anchor, words), x in zip(heads, LANES, strict=True):
        parts.append(_text(x + side * 20, y + 16, words, typeset.ALARM, "dim", anchor))
    top = y = y + 30
    for number, rung in enumerate(rungs):
        y = _rung(rung, number, y, parts)
    lanes = [
        f'<line class="lane" x1="{x}" x2="{x}" y1="{top:.1f}" y2="{y - 12:.1f}"/>' for x in LANES
    ]
    y += 14
    for line in typeset.WHY.wrap(note, WIDTH - 2 * PAD):
        parts.append(_text(PAD, y, line, typeset.WHY, "dim"))
        y += typeset.WHY.line
    size = f'width="{WIDTH:.0f}" height="{y + 4:.0f}"'
    told = "; ".join(
        f"after {rung.message or 'nothing'}: "
        + ", ".join(
            f"{name} in {side.state} knows {' and '.join(side.knows) or 'nothing of the network'}"
            for name, side in zip(who, rung.sides, strict=True)
        )
        for rung in rungs
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" class="tcpmodel-ladder" role="img" {size} '
            f'viewBox="0 0 {WIDTH:.0f} {y + 4:.0f}">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(told)}</desc>",
            _STYLE,
            f'<rect class="paper" {size}/>',
            *lanes,
            *parts,
            "</svg>\n",
        ]
    )


def _rung(rung: Rung, number: int, y: float, parts: list[str]) -> float:
    """A message, and below its end what both sides know then; where the next one begins."""
    if rung.message:
        rule = f'x1="{PAD}" x2="{WIDTH - PAD}" y1="{y - 4:.1f}" y2="{y - 4:.1f}"'
        parts.append(f'<line class="rule" {rule}/>')
        parts += _message(rung, y)
    y += 8
    below = [_side(side, where, y, parts) for where, side in enumerate(rung.sides)]
    return max([*below, y + (52 if rung.message else 30)]) + 12


def _message(rung: Rung, y: float) -> list[str]:
    x1, x2 = LANES if rung.rightward else LANES[::-1]
    sign = 1 if x2 > x1 else -1
    y1, y2 = y + 16, y + 40
    line = f'x1="{x1 + 8 * sign}" y1="{y1:.1f}" x2="{x2 - 15 * sign}" y2="{y2:.1f}"'
    corners = f"{x2 - 7 * sign},{y2 + 1:.1f} {x2 - 18 * sign},{y2 - 6:.1f} "
    corners += f"{x2 - 17 * sign},{y2 + 4:.1f}"
    middle = sum(LANES) / 2
    return [
        f'<line class="way" {line}/>',
        f'<polygon class="head" points="{corners}"/>',
        _text(middle, y + 18, rung.message, typeset.SEGMENT, "mono", "middle"),
    ]


def _side(side: Side, where: int, y: float, parts: list[str]) -> float:
    """The state in its colour, and what is known, the new first; where it ends."""
    x = LANES[where] + (20 if where else -20)
    anchor = "start" if where else "end"
    colour = COLOURS.get(side.state, GREY)
    wide = typeset.STATE.width(side.state)
    left = x if where else x - wide
    box = f'x="{left:.1f}" y="{y:.1f}" width="{wide:.1f}" height="18"'
    look = f'fill="{colour}" fill-opacity=".24" stroke="{colour}"'
    parts.append(f'<rect rx="4" {box} {look}/>')
    parts.append(_text(left + wide / 2, y + 13, side.state, typeset.STATE, "", "middle"))
    y += 22
    if not side.knows:
        parts.append(_text(x, y + 14, "nothing of the network", typeset.NOTE, "dim", anchor))
        return y + 20
    for number, words in enumerate(side.knows):
        new = number < side.news
        style, kind = (typeset.ALARM, "new") if new else (typeset.NOTE, "dim")
        lines = style.wrap(words, ROOM - 16)
        if new:
            longest = max(style.width(line) for line in lines) + 12
            edge = x - 6 if where else x - longest + 6
            high = len(lines) * style.line + 5
            size = f'x="{edge:.1f}" y="{y + 1:.1f}" width="{longest:.1f}" height="{high:.1f}"'
            parts.append(f'<rect class="wash" {size} rx="4"/>')
        for line in lines:
            parts.append(_text(x, y + 14, line, style, kind, anchor))
            y += style.line
        y += 6
    return y


def _text(
    x: float, y: float, words: str, style: typeset.Style, kind: str = "", anchor: str = ""
) -> str:
    more = f' class="{kind}"' if kind else ""
    more += ' font-weight="bold"' if style.bold else ""
    more += f' text-anchor="{anchor}"' if anchor not in ("", "start") else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{style.size}"{more}>{escape(words)}</text>'
