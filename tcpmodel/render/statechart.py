"""A graph as a Mermaid state diagram, which GitHub and many editors draw.

The same graphs as `render.dot` draws: nodes with `label`, edges with `event`, `output`,
`condition` and `style`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tcpmodel.render.dot import colours


def mermaid(graph: Any, *, title: str = "") -> str:
    """`graph` as a `stateDiagram-v2`; several edges between two nodes become one, and one that is
    `inline` is told in the box of its source.

    What a style says in a drawing is said in words here: `not here` for an edge that is missing,
    `added` for one that is.
    """
    names = {node: f"s{number}" for number, node in enumerate(graph)}
    lines = ["---", f"title: {_quoted(title)}", "---"] if title else []
    lines += ["stateDiagram-v2", "    direction TB"]
    for node, data in graph.nodes(data=True):
        words = [str(data.get("label", node)), *data.get("lines", ()), *_exits(graph, node)]
        lines.append(f'    state "{"<br/>".join(map(_escaped, words))}" as {names[node]}')
    lines += [
        f"    [*] --> {names[node]}" for node, data in graph.nodes(data=True) if data.get("start")
    ]
    for (source, target), labels in _merged(graph).items():
        told = f" : {'<br/>'.join(labels)}" if any(labels) else ""
        lines.append(f"    {names[source]} --> {names[target]}{told}")
    return "\n".join([*lines, *_classes(graph, names)]) + "\n"


def _exits(graph: Any, node: Any) -> Iterator[str]:
    """Where a node leads to by the edges that are not drawn."""
    for _, target, data in graph.out_edges(node, data=True):
        if data.get("inline"):
            yield f"{_words(data)} → {graph.nodes[target].get('label', target)}"


def _merged(graph: Any) -> Mapping[tuple[Any, Any], Sequence[str]]:
    merged: dict[tuple[Any, Any], list[str]] = {}
    for source, target, data in graph.edges(data=True):
        if data.get("inline"):
            continue
        label = _escaped(_words(data))
        labels = merged.setdefault((source, target), [])
        if label not in labels:
            labels.append(label)
    return merged


def _words(data: Mapping[str, Any]) -> str:
    condition = f" ({data['condition']})" if data.get("condition") else ""
    told = str(data.get("event", "")) + condition
    if data.get("output"):
        told += f" / {data['output']}"
    note = {"missing": "not here: ", "added": "added: "}.get(data.get("style", ""), "")
    return note + told


def _classes(graph: Any, names: Mapping[Any, str]) -> Iterator[str]:
    """The colours of the groups, as in the drawing."""
    groups: dict[str, list[str]] = {}
    for node, data in graph.nodes(data=True):
        groups.setdefault(data.get("group", ""), []).append(names[node])
    for number, (group, (fill, line)) in enumerate(colours(graph).items()):
        if group:
            yield f"    classDef g{number} fill:{fill},stroke:{line},color:#24292f"
            yield f"    class {','.join(groups[group])} g{number}"


def _escaped(words: str) -> str:
    """Text that means itself: whatever is more than letters to Mermaid becomes an entity."""
    flat = " ".join(words.split())
    safe = re.sub(r"[^\w ,.=+()/*→·–-]", lambda sign: f"#{ord(sign[0])};", flat)
    # Mermaid takes `direction LR` for a command wherever in a line it stands.
    return re.sub(r"\bdirection ", "direction#32;", safe)


def _quoted(words: str) -> str:
    """A string in the YAML of the front matter."""
    return '"' + " ".join(words.split()).replace("\\", "\\\\").replace('"', '\\"') + '"'
