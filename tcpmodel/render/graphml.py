"""A graph as GraphML, which yEd, Gephi and networkx read."""

from __future__ import annotations

from typing import Any

import networkx as nx


def graphml(graph: Any) -> str:
    """`graph` with all that its nodes and edges say; what is no plain value is told as text."""
    plain = nx.MultiDiGraph(**_plain(graph.graph))
    plain.add_nodes_from((node, _plain(data)) for node, data in graph.nodes(data=True))
    plain.add_edges_from(
        (a, b, key, _plain(d)) for a, b, key, d in graph.edges(keys=True, data=True)
    )
    return "\n".join(nx.generate_graphml(plain)) + "\n"


def _plain(data: dict[str, Any]) -> dict[str, bool | int | str]:
    return {
        key: value if isinstance(value, bool | int | str) else "; ".join(map(str, value))
        for key, value in data.items()
    }
