"""Graphs in arrays: rows of edges, parts, components, shortest ways, against networkx."""

from __future__ import annotations

from itertools import pairwise

import networkx as nx
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.engines import graph as module
from tcpmodel.engines.graph import Graph

STATES = 7
places = st.integers(0, STATES - 1)
edge_lists = st.lists(st.tuples(places, places, st.integers(0, 3)), max_size=20)


def made(edges: list[tuple[int, int, int]]) -> Graph:
    """The graph of some edges: (from, to, action)."""
    source, target, action = np.array(edges, np.int64).reshape(-1, 3).T
    return Graph.of(STATES, source, target, action)


def listed(graph: Graph) -> list[tuple[int, int, int]]:
    return [
        (s, int(graph.target[e]), int(graph.action[e]))
        for s in range(len(graph))
        for e in graph.edges(s)
    ]


@given(edge_lists)
def test_edges_are_kept_row_by_row_in_their_order(edges: list[tuple[int, int, int]]) -> None:
    """In whatever order they come, several between two states and loops among them."""
    graph = made(edges)
    assert listed(graph) == sorted(edges, key=lambda e: e[0])
    assert graph.source.tolist() == [s for s, _, _ in listed(graph)]
    rows = [[(a, t) for s, t, a in edges if s == state] for state in range(STATES - 2)]
    kept = [e for e in listed(graph) if e[0] < STATES - 2]
    assert listed(Graph.of_rows(STATES, rows)) == kept


@given(edge_lists, st.sets(places))
def test_a_part_has_the_edges_between_its_states(
    edges: list[tuple[int, int, int]], states: set[int]
) -> None:
    """Its states are numbered anew in the same order."""
    graph = made(edges)
    mask = np.isin(np.arange(STATES), list(states))
    part = graph.part(mask, graph.inside(mask))
    names = sorted(states)
    inside = [e for e in listed(graph) if {e[0], e[1]} <= states]
    assert [(names[s], names[t], a) for s, t, a in listed(part)] == inside


@given(edge_lists)
@example([(0, 1, 0), (0, 1, 1)])
@example([(0, 1, 0), (0, 1, 1), (1, 0, 0)])
def test_components_are_those_of_networkx(edges: list[tuple[int, int, int]]) -> None:
    """Several edges between two states, over which scipy by itself never ends, do no harm."""
    label = made(edges).components()
    known = nx.DiGraph([(s, t) for s, t, _ in edges])
    known.add_nodes_from(range(STATES))
    found = {frozenset(np.flatnonzero(label == number).tolist()) for number in set(label.tolist())}
    assert found == set(map(frozenset, nx.strongly_connected_components(known)))


@given(edge_lists, st.dictionaries(places, st.integers(0, 4)))
@example([(0, 1, 0), (1, 2, 0)], {0: 0, 2: 4})
def test_ways_from_several_starts_are_shortest(
    edges: list[tuple[int, int, int]], starts: dict[int, int]
) -> None:
    """A start counts for as many steps as it lies deep: one that is deep may be reached from
    another sooner.
    """
    graph = made(edges)
    first, depth = np.array(list(starts), np.int64), np.array(list(starts.values()), np.int64)
    order, before = graph.breadth_first_from(first, depth)
    known = nx.DiGraph([(s, t, {"steps": 1}) for s, t, _ in edges])
    known.add_edges_from((STATES, s, {"steps": d}) for s, d in starts.items())
    known.add_node(STATES)
    far = nx.single_source_dijkstra_path_length(known, STATES, weight="steps")
    assert set(order.tolist()) == far.keys() - {STATES}
    assert all(far[a] <= far[b] for a, b in pairwise(order.tolist()))
    for state in order.tolist():
        way = [state]
        while before[way[-1]] < STATES:
            way.append(int(before[way[-1]]))
        assert starts[way[-1]] + len(way) - 1 == far[state]


def test_what_scipy_cannot_count_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """More edges than 32 bits number are told, not wrapped around."""
    monkeypatch.setattr(module, "MOST", 2)
    with pytest.raises(ModelError, match="more than 2 steps"):
        made([(0, 1, 0), (1, 2, 0), (2, 0, 0)])
