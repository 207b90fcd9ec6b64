"""A trace as a sequence chart: a standalone SVG document, drawn from its layout.

No scripts, no fonts from elsewhere, text as text.  Colours are in the style sheet inside: light by
default, dark where the reader prefers it, and on paper light again.  Each step's labels are a group
with `data-step`, each arrow has `data-from` and `data-to`, so that a page can light them up.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from tcpmodel.core.trace import Trace
from tcpmodel.render import typeset
from tcpmodel.render.layout import Arrow, Bar, Layout, layout
from tcpmodel.render.sheet import Box, Label
from tcpmodel.render.text import text
from tcpmodel.render.vocabulary import NO_CONNECTION
from tcpmodel.render.words import Fate

COLOURS = {
    "LISTEN": "#0ea5e9",
    "SYN-SENT": "#eab308",
    "SYN-RECEIVED": "#f59e0b",
    "ESTABLISHED": "#22a559",
    "FIN-WAIT-1": "#a78bfa",
    "FIN-WAIT-2": "#8b5cf6",
    "CLOSING": "#d946ef",
    "TIME-WAIT": "#4f6df0",
    "CLOSE-WAIT": "#fb7185",
    "LAST-ACK": "#f97316",
}
GREY = "#8c959f"
"""For CLOSED, and for whatever is no state of TCP."""

_LIGHT = {"ink": "#1f2328", "dim": "#59636e", "paper": "#ffffff", "faint": "#d1d9e0"} | {
    "same": "#0550ae", "shade": "#e7f1fd",
    "red": "#cf222e", "old": "#bc4c00", "wash": "#fff1f0", "green": "#1a7f37", "lawn": "#eefbf0"
}  # fmt: skip
_DARK = {"ink": "#e6edf3", "dim": "#9198a1", "paper": "#0d1117", "faint": "#3d444d"} | {
    "same": "#79c0ff", "shade": "#12263d",
    "red": "#ff7b72", "old": "#f0883e", "wash": "#2a1517", "green": "#3fb950", "lawn": "#12261a"
}  # fmt: skip

_RULES = (
    (".paper", "fill:{paper}"),
    (".mask", "fill:{paper};fill-opacity:.86"),
    ("text", "fill:{ink}"),
    (".note,.aside,.why,.copied", "fill:{dim}"),
    (".alarm,.stale-name", "fill:{old}"),
    (".loss,.verdict", "fill:{red}"),
    (".flight path,.flight line", "stroke:{ink}"),
    (".flight .head", "fill:{ink};stroke:none"),
    (".stale line", "stroke:{old}"),
    (".stale .head", "fill:{old}"),
    (".lost line", "stroke:{dim}"),
    (".lost path", "stroke:{red}"),
    (".fade stop", "stop-color:{ink}"),
    (".disc", "fill:{paper};stroke:{ink}"),
    (".disc.turned", "fill:{red};stroke:{red}"),
    (".disc.turned.good", "fill:{green};stroke:{green}"),
    (".turned-number", "fill:{paper}"),
    (".forged line", "stroke:{red}"),
    (".forged .head,.forged .source", "fill:{red}"),
    (".same", "fill:{same}"),
    (".shade", "fill:{shade}"),
    (".tick-rule,.loop-rule", "stroke:{faint}"),
    (".bracket", "stroke:{dim}"),
    (".bracket-head", "fill:{dim}"),
    (".incarnation-rule", "stroke:{ink}"),
    (".wash", "fill:{wash}"),
    (".lawn", "fill:{lawn}"),
    (".shown", "fill:{green}"),
    (".edge", "fill:{red}"),
)

_BETWEEN = (typeset.SEGMENT, typeset.ASIDE, typeset.DEED, typeset.LOSS, typeset.COPIED)
"""Labels that arrows may pass behind."""

_SANS = '-apple-system,"Segoe UI","Noto Sans",Helvetica,Arial,"DejaVu Sans",sans-serif'
_MONO = 'ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace'


def chart(
    trace: Trace, *, claim: str = "", why: str = "", title: str = "", witness: bool = False
) -> str:
    """The sequence chart of `trace`, as an SVG document.

    claim: the claim that the trace violates.  why: what exactly is violated, in words; a line
    `step 7: …` tells of the step at which the claim turned, whose number is then marked.
    witness: the trace shows the claim instead.
    """
    drawn = layout(trace, claim=claim, why=why, title=title, witness=witness)
    told = text(trace, claim=claim, why=why, witness=witness)
    head = title or claim or trace.system
    return document(drawn.width, drawn.height, head, told, body(trace, drawn, witness=witness))


def document(width: float, height: float, title: str, told: str, parts: Iterable[str]) -> str:
    """An SVG document of such a size, called `title`, with its description in words: `told`."""
    size = f'width="{_n(width)}" height="{_n(height)}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" class="tcpmodel-chart" role="img" {size} '
        f'viewBox="0 0 {_n(width)} {_n(height)}">',
        f"<title>{_escape(title)}</title>",
        f"<desc>{_escape(told)}</desc>",
        _style(),
        _gradient("tcpmodel-fade-right", 0, 1) + _gradient("tcpmodel-fade-left", 1, 0),
        f'<rect class="paper" {size}/>',
        *parts,
        "</svg>",
    ]
    return "\n".join(lines) + "\n"


def body(trace: Trace, drawn: Layout, *, witness: bool) -> Iterator[str]:
    """What is drawn of a run, back to front."""
    for box in drawn.shaded:
        yield _rect("shade", box, 4)
    yield from _frame(drawn, witness)
    yield from map(_bar, drawn.bars)
    yield from _incarnations(drawn)
    yield from map(_arrow, drawn.arrows)
    yield from _labels(trace, drawn, witness)


def _style() -> str:
    fonts = [
        f".tcpmodel-chart text{{font-family:{_SANS}}}",
        f".tcpmodel-chart .mono{{font-family:{_MONO}}}",
        ".tcpmodel-chart .aside,.tcpmodel-chart .timer{font-style:italic}",
        ".tcpmodel-chart line,.tcpmodel-chart path{fill:none;stroke-width:1.5}",
    ]
    dark = "".join(_colours(_DARK))
    sheet = [*fonts, *_colours(_LIGHT), f"@media screen and (prefers-color-scheme:dark){{{dark}}}"]
    return "<style>\n" + "\n".join(sheet) + "\n</style>"


def _colours(palette: dict[str, str]) -> Iterator[str]:
    for selectors, declaration in _RULES:
        scoped = ",".join(f".tcpmodel-chart {selector}" for selector in selectors.split(","))
        yield f"{scoped}{{{declaration.format(**palette)}}}"


def _gradient(name: str, start: int, end: int) -> str:
    return (
        f'<linearGradient id="{name}" class="fade" x1="{start}" x2="{end}" y1="0" y2="0">'
        '<stop offset=".35"/><stop offset="1" stop-opacity="0"/></linearGradient>'
    )


# --- lines ------------------------------------------------------------------------------------


def _frame(drawn: Layout, witness: bool) -> Iterator[str]:
    """Ticks, the bracket of a loop, the panel of the claim."""
    for rule in drawn.rules:
        if rule.kind != "incarnation":
            dashes = 'stroke-dasharray="2 4"' if rule.kind == "tick" else ""
            yield _line(f"{rule.kind}-rule", rule.x1, rule.y, rule.x2, rule.y, dashes)
    if drawn.bracket is not None:
        x, top, bottom = drawn.bracket
        way = f"M{_n(x - 14)} {_n(bottom)}H{_n(x)}V{_n(top)}H{_n(x - 8)}"
        yield f'<path class="bracket" d="{way}"/>'
        yield _triangle("bracket-head", x - 15, top, math.pi)
    if (box := drawn.claim) is not None:
        yield _rect("lawn" if witness else "wash", box, 4)
        yield _rect("shown" if witness else "edge", Box(box.x, box.y, 4, box.height), 2)


def _bar(bar: Bar) -> str:
    """A lane in one state: thin where there is no connection."""
    colour = COLOURS.get(bar.state, GREY)
    width = 2.5 if bar.state in ("CLOSED", "") else 5 if bar.state in NO_CONNECTION else 12
    box = Box(bar.x - width / 2, bar.top, width, bar.bottom - bar.top)
    return _rect("bar", box, min(3, width / 2), f'fill="{colour}"')


def _incarnations(drawn: Layout) -> Iterator[str]:
    for rule in drawn.rules:
        if rule.kind == "incarnation":
            yield _line("incarnation-rule", rule.x1, rule.y, rule.x2, rule.y)


def _arrow(arrow: Arrow) -> str:
    """The way of a message, and how it ends: an arrowhead, a cross, or fading away."""
    flight = arrow.flight
    kinds = ["flight"]
    dashes = ""
    if arrow.forged:
        kinds = [*kinds, "forged"]
    elif arrow.stale:
        kinds, dashes = [*kinds, "stale"], 'stroke-dasharray="7 4"'
    elif flight.copy:
        kinds, dashes = [*kinds, "copy"], 'stroke-dasharray="2 3"'
    x1, y1, x2, y2 = arrow.x1, arrow.y1, arrow.x2, arrow.y2
    if flight.fate is Fate.RECEIVED:
        angle = math.atan2(y2 - y1, x2 - x1)
        # The line ends inside the head, not at its tip.
        tail = _line("way", x1, y1, x2 - 7 * math.cos(angle), y2 - 7 * math.sin(angle), dashes)
        way = tail + _triangle("head", x2, y2, angle)
        if arrow.forged:
            way += f'<circle class="source" cx="{_n(x1)}" cy="{_n(y1)}" r="3.5"/>'
    elif flight.fate is Fate.UNDER_WAY:
        kinds.append("under-way")
        paint = f"tcpmodel-fade-{'right' if x2 > x1 else 'left'}"
        way = _line("way", x1, y1, x2, y2, f'style="stroke:url(#{paint})"')
    else:
        kinds.append("lost")
        cross = f"M{_n(x2 - 5)} {_n(y2 - 5)}l10 10m0 -10l-10 10"
        way = _line("way", x1, y1, x2, y2, dashes) + f'<path d="{cross}" stroke-width="2.2"/>'
    ends = f'data-from="{flight.start}"' + (f' data-to="{flight.end}"' if flight.end else "")
    return f'<g class="{" ".join(kinds)}" {ends}>{way}</g>'


def _triangle(kind: str, x: float, y: float, angle: float) -> str:
    """An arrowhead with its tip at (x, y)."""
    corners = [(0.0, 0.0), (-9.0, -4.0), (-9.0, 4.0)]
    cos, sin = math.cos(angle), math.sin(angle)
    turned = ((x + u * cos - v * sin, y + u * sin + v * cos) for u, v in corners)
    points = " ".join(f"{_n(u)},{_n(v)}" for u, v in turned)
    return f'<polygon class="{kind}" points="{points}"/>'


def _line(kind: str, x1: float, y1: float, x2: float, y2: float, more: str = "") -> str:
    ends = f'x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"'
    return f'<line class="{kind}" {ends} {more}/>'


def _rect(kind: str, box: Box, radius: float, more: str = "") -> str:
    size = f'x="{_n(box.x)}" y="{_n(box.y)}" width="{_n(box.width)}" height="{_n(box.height)}"'
    return f'<rect class="{kind}" {size} rx="{_n(radius)}" {more}/>'


# --- labels -----------------------------------------------------------------------------------


def _labels(trace: Trace, drawn: Layout, witness: bool) -> Iterator[str]:
    """All text; what belongs to a step is a group, with the rule that was followed as its title."""
    look = "turned good" if witness else "turned"
    for step, labels in groupby(drawn.labels, key=lambda label: label.step):
        turned = look if step is not None and step == drawn.turn else ""
        body = "\n".join(_label(label, turned) for label in labels)
        if step is None:
            yield body
            continue
        rule = ""
        if step:
            taken = trace.steps[step - 1]
            cited = f" ({'; '.join(taken.cites)})" if taken.cites else ""
            rule = f"<title>{_escape(taken.says + cited)}</title>"
        yield f'<g class="step" data-step="{step}">{rule}\n{body}\n</g>'


def _label(label: Label, turned: str = "") -> str:
    """A text with what is behind it; the number of a step looks as `turned` says."""
    style, box = label.style, label.box
    behind = ""
    if style is typeset.BADGE:
        behind = _rect(f"disc {turned}".rstrip(), box, box.height / 2)
    elif style is typeset.STATE:
        colour = COLOURS.get(label.state, GREY)
        inset = Box(box.x, box.y + 1, box.width, box.height - 2)
        look = f'fill="{colour}" fill-opacity=".24" stroke="{colour}"'
        behind = _rect("pill", inset, 4, look)
    elif style in _BETWEEN:
        behind = _rect("mask", box, 3)
    # Widths are estimates: in the middle of its box a text looks right whatever its true width.
    align = "middle" if style in (typeset.BADGE, typeset.STATE) else label.align
    middle = box.x + box.width / 2
    x = {"start": box.x + style.pad, "middle": middle, "end": box.right - style.pad}[align]
    kind = style.name + (" mono" if style.mono else "")
    if turned and style is typeset.BADGE:
        kind += " turned-number"
    weight = ' font-weight="600"' if style.bold else ""
    anchor = f' text-anchor="{align}"' if align != "start" else ""
    place = f'x="{_n(x)}" y="{_n(box.middle + style.size * 0.36)}" font-size="{style.size}"'
    return f'{behind}<text class="{kind}" {place}{weight}{anchor}>{_escape(label.text)}</text>'


def _n(number: float) -> str:
    """A coordinate, to a tenth of a pixel."""
    return f"{number:.1f}".removesuffix(".0")


def _escape(words: str) -> str:
    """XML text; characters that XML cannot hold become replacement characters."""
    return escape(re.sub("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", words))
