"""State diagrams of an endpoint: as the rules have it, compared with Figure 5 or with RFC 9293.

`tcp.graph` derives the diagrams; the arrangement, which is that of Figure 5, is decided here.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import networkx as nx

from tcpmodel.claims.pictures.picture import Chart, Picture
from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.graph import DRAWN, GROUPS, Arrow, arrows, compare, endpoint_graph
from tcpmodel.tcp.presets import PRESET_TABLE
from tcpmodel.tcp.scenario import Scenario, scenario

USERS = "roles=any closes=either gives_up=on abort=on"
"""The users do all that users can do, so that nothing is missing for lack of a caller."""

_USED = ("roles", "closes", "gives_up", "abort", "second_close", "data", "senders")
"""The switches that say what users do."""

PRESETS = (
    *("rfc793", "linux", "two_way", "four_naive", "split", "textbook", "syncookie"),
    *("seed0_misread", "freertos1303"),
)
"""The named scenarios whose endpoint is not that of RFC 9293."""

_TITLE, _VARIANT = "The life of a TCP endpoint", "The life of an endpoint"
_PARTS = {"open": "How a TCP connection opens", "close": "How a TCP connection closes"}

_ARRANGEMENT = """
    .              CLOSED         .
    .              LISTEN         .
    SYN-RECEIVED   .              SYN-SENT
    .              ESTABLISHED    .
    FIN-WAIT-1     .              CLOSE-WAIT
    FIN-WAIT-2     CLOSING        LAST-ACK
    .              TIME-WAIT      CLOSED'
"""
"""Rows and columns of Figure 5, which draws CLOSED twice as well."""

_END = "CLOSED'"
_ENDING = ("LAST-ACK", "TIME-WAIT")
"""The states from which Figure 5 leads to its second CLOSED."""

FIGURE_5: Mapping[str, str] = {
    "solid": "drawn in Figure 5 of RFC 9293",
    "dashed": "not drawn there (inside the boxes: what leads to CLOSED)",
    "missing": "drawn there, but not among the rules",
}
"""The styles of edges where a diagram is compared with the RFC's."""

RFC_9293: Mapping[str, str] = {
    "solid": "as in RFC 9293",
    "added": "not in RFC 9293",
    "missing": "in RFC 9293, but not here",
}
"""The styles of edges where it is compared with that of the preset `rfc9293`."""

_OPENING = ("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED")
_CLOSING = (
    *("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "TIME-WAIT", "CLOSE-WAIT"),
    *("LAST-ACK", _END),
)


def pictures() -> list[Picture]:
    """The state diagrams that are kept."""
    full = f"rfc9293 {USERS}"
    return [
        Picture("endpoint", _TITLE, partial(whole, full)),
        *(
            Picture(f"endpoint/{which}", title, partial(part, which, full))
            for which, title in _PARTS.items()
        ),
        *(
            Picture(f"endpoint/{name}", f"{_VARIANT}: {name}", partial(_preset, name))
            for name in PRESETS
        ),
    ]


def _preset(name: str) -> Chart:
    return variant(with_users(name))


def with_users(text: str) -> str:
    """The scenario `text` with users who do all that they can, but for what it says of them; as it
    is, if they cannot.
    """
    told = {word.partition("=")[0] for word in text.split()}
    more = [word for word in USERS.split() if word.partition("=")[0] not in told]
    plain = scenario(text).spelled
    try:
        return scenario(" ".join([plain, *more])).spelled
    except ModelError:
        return plain


def of_endpoint(text: str) -> Chart:
    """The diagram of the scenario `text`: compared with Figure 5 if it is RFC 9293, otherwise with
    RFC 9293.
    """
    return variant(text) if _changes(text) else whole(text)


def _changes(text: str) -> list[str]:
    """What in a scenario is not about users and not as in RFC 9293: its preset, and switches."""
    words = scenario(text).spelled.split()
    preset = [] if words[0] == "rfc9293" else words[:1]
    return [*preset, *(word for word in words[1:] if word.partition("=")[0] not in _USED)]


def whole(text: str) -> Chart:
    """The diagram of the scenario `text`, compared with Figure 5."""
    derived = endpoint_graph(scenario(text))
    graph = _arranged(derived)
    for arrow in arrows(derived):
        _add(graph, arrow, "solid" if arrow.figure == DRAWN else "dashed")
    found = compare(derived)
    for arrow in found.missing:
        _add(graph, arrow, "missing")
    lacks = f"lacks {_count(len(found.missing), 'edge')} of Figure 5"
    caption = (
        f"Derived from the rules of `{text}`: {derived.number_of_edges()} changes of state.  It "
        f"{lacks if found.missing else 'has every edge of Figure 5'} of RFC 9293, "
        f"{_count(len(found.note3), 'reset')} of which its Note 3 speaks, and "
        f"{_count(len(found.omitted), 'edge')} that only the text of the RFC has."
    )
    return _chart(graph, _TITLE, text, caption, FIGURE_5)


def part(which: str, text: str) -> Chart:
    """The part of a diagram that is about opening (`open`) or about closing (`close`)."""
    kept = _OPENING if which == "open" else _CLOSING
    full = whole(text).graph
    graph = nx.MultiDiGraph(**full.graph)
    graph.add_nodes_from((node, data) for node, data in full.nodes(data=True) if node in kept)
    for source, target, data in full.edges(data=True):
        # What leads to CLOSED is written into the boxes: it stays where its box does.
        end = _END if data["inline"] and which == "close" else target
        if source in kept and end in kept:
            graph.add_edge(source, end, **data)
    caption = "That part of the diagram."
    return _chart(graph, _PARTS[which], text, caption, FIGURE_5)


def variant(text: str) -> Chart:
    """The diagram of the scenario `text`, with what is not as in RFC 9293 marked.

    Both have the same users, as far as the scenario can have them.
    """
    derived = endpoint_graph(scenario(text))
    reference = _reference(scenario(text))
    here, there = arrows(derived), arrows(reference)
    added = {arrow.key for arrow in here} - {arrow.key for arrow in there}
    missing = {arrow.key for arrow in there} - {arrow.key for arrow in here}
    graph = _arranged(derived)
    for arrow in here:
        _add(graph, arrow, "added" if arrow.key in added else "solid")
    for arrow in there:
        if arrow.key in missing:
            _add(graph, arrow, "missing")
    _make_way(graph)
    name = " ".join(_changes(text)) or "rfc9293"
    says = f": {PRESET_TABLE[name].says}" if name in PRESET_TABLE else ""
    caption = (
        f"`{name}`{says}.  Against RFC 9293, "
        f"{_count(len(added), 'edge')} added and {_count(len(missing), 'edge')} missing."
    )
    title = f"{_VARIANT}: {name}"
    return _chart(graph, title, text, caption, RFC_9293)


def _reference(other: Scenario) -> Any:
    return _reference_graph(" ".join(f"{key}={other.switches[key]}" for key in _USED))


@cache
def _reference_graph(users: str) -> Any:
    return endpoint_graph(scenario(f"rfc9293 {users}"))


def _chart(graph: Any, title: str, text: str, caption: str, legend: Mapping[str, str]) -> Chart:
    used = {style for _, _, style in graph.edges(data="style")}
    shown = {style: words for style, words in legend.items() if style in used}
    return Chart(graph, title, f"derived from the rules of the scenario {text}", caption, shown)


def _arranged(derived: Any) -> Any:
    graph = nx.MultiDiGraph(groups=tuple(dict.fromkeys(GROUPS.values())))
    for row, line in enumerate(_ARRANGEMENT.strip().splitlines()):
        for column, name in enumerate(line.split()):
            if name != ".":
                state = name.rstrip("'")
                group = derived.nodes[state]["group"]
                more: dict[str, Any] = {"start": True} if name == "CLOSED" else {}
                if not derived.degree(state):
                    more |= {"hollow": True, "lines": ("never entered",)}
                graph.add_node(name, label=state, group=group, row=row, column=column, **more)
    return graph


def _add(graph: Any, arrow: Arrow, style: str) -> None:
    """Add an edge; what leads to CLOSED without being drawn in Figure 5 (resets and ABORT, from
    nearly every state) is written into the boxes, and so is what is missing.
    """
    ends = arrow.target == "CLOSED" and arrow.source in _ENDING
    drawn = arrow.figure == DRAWN or (style == "added" and arrow.target != "CLOSED")
    inline = style == "missing" or (not drawn and arrow.target == "CLOSED")
    # In the box of a state, what leads to CLOSED needs no word on what that does to the TCB.
    output = arrow.output.removesuffix("delete TCB").rstrip(", ") if inline else arrow.output
    source = f"{arrow.rule}: {arrow.says}" if arrow.rule else "no rule"
    graph.add_edge(
        arrow.source,
        _END if ends else arrow.target,
        event=arrow.event,
        output=output,
        condition=arrow.condition,
        inline=inline,
        style=style,
        tip=f"{source} ({'; '.join(arrow.cites)})",
    )


def _make_way(graph: Any) -> None:
    """Where an edge goes down through a row, those along the row are written into the boxes:
    Graphviz would lead them across the labels of others.
    """
    row = nx.get_node_attributes(graph, "row")
    drawn = [(a, b, data) for a, b, data in graph.edges(data=True) if not data["inline"]]
    column = nx.get_node_attributes(graph, "column")
    passed = {
        level
        for a, b, _ in drawn
        for level in range(row[a] + 1, row[b])
        if column[a] == column[b] == 1
    }
    for a, b, data in drawn:
        if row[a] == row[b] and row[a] in passed:
            data["inline"] = True


def _count(number: int, noun: str) -> str:
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"
