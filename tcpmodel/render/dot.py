"""A graph as DOT text, for Graphviz.

Knows networkx graphs, not what they are about.  A node may have `label`, `group` (its colour),
`row` with `column` (its place), `lines` (what else its box says) and `hollow`; an edge `event`,
`output`, `condition`, `style` (a key of `STYLES`), `tip` (told to who points at it) and `inline`.
The graph's own `groups` give the order of the colours; without it they come in order of appearance.

The same graph gives the same text.  Its colours are light; `DARK` has those for a dark page.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any

from tcpmodel.core.errors import ModelError

MAX_NODES = 300
"""Beyond this a layout takes minutes and shows nothing."""

PALETTE = (
    ("#eceff2", "#5f6b78"),
    ("#fdeac0", "#a86a00"),
    ("#cdeedf", "#00734f"),
    ("#f1dcf0", "#94458f"),
    ("#d3e7f7", "#0065a3"),
    ("#fbdcd2", "#b23c12"),
)
"""Fill and line of each group of nodes, in order of appearance: after Okabe and Ito's colours,
which the colour-blind tell apart, with dark lines because tints alone would not do."""

STYLES: Mapping[str, tuple[str, str]] = {
    "solid": ("#24292f", "penwidth=1.5"),
    "added": ("#0065a3", "penwidth=2.6"),
    "dashed": ("#0065a3", "style=dashed, penwidth=1.2"),
    "missing": ("#b23c12", "style=dotted, penwidth=1.8"),
    "faint": ("#8c959f", "penwidth=0.8, arrowsize=0.55"),
}
"""Colour and attributes of an edge."""

_SIGNS = {
    "solid": "──▸",
    "added": "━━▸",
    "dashed": "╌╌▸",
    "missing": "✗",
    "faint": "──▸",
}
"""The styles in the legend."""

_MARKS = {"missing": "✗", "added": "+"}
"""What tells these styles from the others where there is no line to draw, without colour."""

DARK: Mapping[str, str] = {
    "#eceff2": "#2b323b",
    "#5f6b78": "#9aa7b4",
    "#fdeac0": "#3f300c",
    "#a86a00": "#e2a73e",
    "#cdeedf": "#103a2b",
    "#00734f": "#43c597",
    "#f1dcf0": "#3d233b",
    "#94458f": "#d993d3",
    "#d3e7f7": "#12314c",
    "#0065a3": "#5fb0ee",
    "#fbdcd2": "#4b2115",
    "#b23c12": "#ff9068",
    "#8c959f": "#6e7681",
    "#24292f": "#e6edf3",
    "#59636e": "#9198a1",
    "#ffffff": "#0d1117",
}
"""Every colour used here, and what takes its place on a dark page."""

_INK, _DIM, _PAPER = "#24292f", "#59636e", "#ffffff"
_FONT = "Helvetica,Arial,sans-serif"

_STRAIGHT = 30
"""How much more than others an edge within a column strives to be straight."""


@dataclass(frozen=True)
class _Label:
    """What is written at an edge; tip: what is told to who points at it."""

    event: str
    output: str
    style: str
    tip: str


def dot(
    graph: Any,
    *,
    title: str = "",
    about: str = "",
    legend: Mapping[str, str] | None = None,
    force: bool = False,
) -> str:
    """`graph` in the DOT language.

    Edges from one node to the same other one become one edge with several labels; an `inline` edge
    is not drawn but written into the box of its source.

    about: a line below the title.  legend: what the styles of edges mean, by style.
    Raises `ModelError` for more than 300 nodes, unless forced.
    """
    if len(graph) > MAX_NODES and not force:
        raise ModelError(
            f"a graph of {len(graph)} nodes cannot be read; draw one of at most {MAX_NODES} nodes"
        )
    palette = colours(graph)
    merged = _merged(graph)
    head = _heading(title, about, palette, legend or {})
    lines = [
        f"digraph {_id(title)} {{",
        f'  graph [bgcolor="{_PAPER}", fontname="{_FONT}", fontcolor="{_INK}", fontsize=11,',
        f"    label=<{head}>, labelloc=t, pad=0.3, nodesep=0.5, ranksep=0.35]",
        f'  node [shape=box, style="filled,rounded", fontname="{_FONT}", fontcolor="{_INK}",',
        '    fontsize=13, margin="0.16,0.08", penwidth=1.6]',
        f'  edge [fontname="{_FONT}", fontsize=10, arrowsize=0.75]',
        *_nodes(graph, palette),
        *_grid(graph, merged),
        *_edges(graph, merged),
        "}",
    ]
    return "\n".join(lines) + "\n"


def colours(graph: Any) -> dict[str, tuple[str, str]]:
    """The colours of the groups that appear; they repeat where there are too many."""
    there = dict.fromkeys(data.get("group", "") for _, data in graph.nodes(data=True))
    groups = dict.fromkeys([*graph.graph.get("groups", ()), *there])
    return {group: PALETTE[i % len(PALETTE)] for i, group in enumerate(groups) if group in there}


# --- statements -----------------------------------------------------------------------------------


def _nodes(graph: Any, colours: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    for node, data in graph.nodes(data=True):
        fill, line = colours[data.get("group", "")]
        exits = [e for e in graph.out_edges(node, data=True) if e[2].get("inline")]
        leads = [
            (_label(edge), graph.nodes[target].get("label", target)) for _, target, edge in exits
        ]
        label = _box(str(data.get("label", node)), data.get("lines", ()), leads)
        attributes = f'color="{line}"{_tips(e.get("tip") for _, _, e in exits)}'
        attributes += ', style="dashed,rounded"' if data.get("hollow") else f', fillcolor="{fill}"'
        if "column" in data:
            attributes += f", group={_id(data['column'])}"
        yield f"  {_id(node)} [label=<{label}>, {attributes}]"


def _grid(graph: Any, links: Iterable[tuple[Any, Any]]) -> Iterator[str]:
    """Invisible edges that keep rows level and columns straight where the `links` drawn do not."""
    linked = {pair for a, b in links for pair in ((a, b), (b, a))}
    place = {n: (d["row"], d["column"]) for n, d in graph.nodes(data=True) if "row" in d}
    rows: dict[Any, list[Any]] = {}
    columns: dict[Any, list[Any]] = {}
    for node in sorted(place, key=lambda n: place[n]):
        rows.setdefault(place[node][0], []).append(node)
        columns.setdefault(place[node][1], []).append(node)
    for row in rows.values():
        yield f"  {{rank=same; {'; '.join(_id(node) for node in row)}}}"
    for lines, weight in ((rows, 1), (columns, _STRAIGHT)):
        for one, two in (pair for line in lines.values() for pair in pairwise(line)):
            if (one, two) not in linked:
                yield f"  {_id(one)} -> {_id(two)} [style=invis, weight={weight}]"
                linked.add((one, two))
    for above, below in pairwise(rows.values()):
        if not any((a, b) in linked for a in above for b in below):
            yield f"  {_id(above[0])} -> {_id(below[0])} [style=invis]"


def _edges(graph: Any, merged: Mapping[tuple[Any, Any], Sequence[_Label]]) -> Iterator[str]:
    for (source, target), labels in merged.items():
        # The edge is drawn in the style, of those of its labels, that comes first in STYLES.
        colour, attributes = STYLES[min((label.style for label in labels), key=list(STYLES).index)]
        tail, head = graph.nodes[source], graph.nodes[target]
        arrow = f"{_id(source)} -> {_id(target)}"
        if "row" in tail and "row" in head:
            if (tail["row"], tail["column"]) > (head["row"], head["column"]):
                # Layouts go downwards: an edge against the order of reading is turned round.
                arrow = f"{_id(target)} -> {_id(source)}"
                attributes += ", dir=back"
            if tail["column"] == head["column"]:
                attributes += f", weight={_STRAIGHT}"
        attributes += _tips(label.tip for label in labels)
        yield f'  {arrow} [label=<{_stack(labels)}>, color="{colour}", {attributes}]'


def _tips(tips: Iterable[str | None]) -> str:
    """What is told to who points at a node or an edge, as an attribute."""
    lines = "\n".join(dict.fromkeys(tip for tip in tips if tip))
    return f", tooltip={_id(lines)}" if lines else ""


def _merged(graph: Any) -> dict[tuple[Any, Any], list[_Label]]:
    """The labels of the edges that are drawn, by source and target."""
    merged: dict[tuple[Any, Any], list[_Label]] = {}
    for source, target, data in graph.edges(data=True):
        if not data.get("inline"):
            labels = merged.setdefault((source, target), [])
            label = _label(data)
            if label not in labels:
                labels.append(label)
    return merged


# --- labels ---------------------------------------------------------------------------------------


def _label(data: Mapping[str, Any]) -> _Label:
    """What the data of an edge say."""
    condition = f"\n({data['condition']})" if data.get("condition") else ""
    event, output = str(data.get("event", "")) + condition, str(data.get("output", ""))
    return _Label(event, output, data.get("style", "solid"), data.get("tip", ""))


def _box(name: str, lines: Iterable[str], exits: Iterable[tuple[_Label, Any]]) -> str:
    """The name of a node, and below it what there is to say, and where else it leads to."""
    rows = [f"<TR><TD><B>{_text(name)}</B></TD></TR>"]
    rows += [f"<TR><TD>{_small(line, 10, _DIM)}</TD></TR>" for line in lines]
    for label, target in exits:
        event = label.event.replace("\n", " ")
        words = f"{event} / {label.output}" if label.output else event
        if label.style in _MARKS:
            words = f"{_MARKS[label.style]} {words}"
        rows.append(
            f"<TR><TD>{_small(f'{words} ⇢ {target}', 8.5, STYLES[label.style][0])}</TD></TR>"
        )
    return _table(rows)


def _stack(labels: Iterable[_Label]) -> str:
    """Events over their outputs, with a line between them as in Figure 5 of RFC 9293."""
    rows: list[str] = []
    for label in labels:
        if rows:
            rows.append('<TR><TD HEIGHT="6"></TD></TR>')
        rows.append(f"<TR><TD>{_small(label.event, 10, STYLES[label.style][0])}</TD></TR>")
        if label.output:
            rows += ["<HR/>", f"<TR><TD>{_small(label.output, 9, _DIM)}</TD></TR>"]
    # A table in a table keeps the words off the line that they belong to.
    return _table([f"<TR><TD>{_table(rows)}</TD></TR>"], padding=4)


def _heading(
    title: str, about: str, colours: Mapping[str, tuple[str, str]], legend: Mapping[str, str]
) -> str:
    """Title and legend."""
    rows = []
    if title:
        rows.append(f'<TR><TD><FONT POINT-SIZE="17"><B>{_text(title)}</B></FONT></TD></TR>')
    if about:
        rows.append(f"<TR><TD>{_small(about, 11, _DIM)}</TD></TR>")
    keys = [
        f'<FONT POINT-SIZE="15" COLOR="{line}">■</FONT> {_text(group)}'
        for group, (_, line) in colours.items()
        if group
    ]
    if keys:
        rows.append(f"<TR><TD>{'    '.join(keys)}</TD></TR>")
    for style, words in legend.items():
        rows.append(
            f"<TR><TD>{_small(f'{_SIGNS[style]}  {words}', 11, STYLES[style][0])}</TD></TR>"
        )
    return _table(rows) if rows else " "


def _table(rows: Iterable[str], padding: int = 1) -> str:
    attributes = f'BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{padding}"'
    return f"<TABLE {attributes}>{''.join(rows)}</TABLE>"


def _small(words: str, size: float, colour: str) -> str:
    return f'<FONT POINT-SIZE="{size:g}" COLOR="{colour}">{_text(words)}</FONT>'


def _text(words: str) -> str:
    """Words in an HTML-like label, which may not be empty."""
    return "<BR/>".join(escape(line) for line in words.splitlines()) or " "


def _id(node: Any) -> str:
    """A quoted identifier."""
    return '"' + str(node).replace("\\", "\\\\").replace('"', '\\"') + '"'
