"""What a picture is: a graph that Graphviz lays out, or a sheet that is drawn here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tcpmodel.core.errors import ModelError
from tcpmodel.render.dot import dot
from tcpmodel.render.drawing import graph_png, png, svg
from tcpmodel.render.graphml import graphml
from tcpmodel.render.statechart import mermaid


@dataclass(frozen=True)
class Chart:
    """A graph to be laid out.

    about: a line below the title.  caption: what it shows, in a sentence or two of Markdown.
    legend: what the styles of edges mean.  force: however many nodes it has.
    complete: the search that it shows did not end early.
    """

    graph: Any
    title: str
    about: str
    caption: str
    legend: Mapping[str, str] = field(default_factory=dict)
    force: bool = False
    complete: bool = True

    @property
    def dot(self) -> str:
        """The DOT text; raises `ModelError` for more nodes than can be read, unless forced."""
        return dot(
            self.graph, title=self.title, about=self.about, legend=self.legend, force=self.force
        )

    @property
    def told(self) -> str:
        """All edges in words, for who cannot see them."""
        label = {node: data.get("label", node) for node, data in self.graph.nodes(data=True)}
        return f"{self.about}. " + "; ".join(
            f"{label[a]} to {label[b]}"
            + (f": {data['event']}" if data.get("event") else "")
            + (f" / {data['output']}" if data.get("output") else "")
            + (f" [{self.legend[data['style']]}]" if data.get("style") in self.legend else "")
            for a, b, data in self.graph.edges(data=True)
        )


@dataclass(frozen=True)
class Sheet:
    """A drawing of our own: an SVG document.  graph: what it draws, where that is a graph.

    complete: the search that it shows did not end early.
    """

    svg: str
    title: str
    caption: str
    graph: Any = None
    complete: bool = True


Drawing: TypeAlias = Chart | Sheet


@dataclass(frozen=True)
class Picture:
    """name: where it is kept, below `diagrams/`, without a suffix.  make: draws it anew."""

    name: str
    title: str
    make: Callable[[], Drawing]


FORMATS = ("svg", "dot", "mermaid", "png", "graphml")
"""The formats of a picture; their names are the suffixes of files, but for Mermaid's `.mmd`."""

SUFFIXES: Mapping[str, str] = {**{name: name for name in FORMATS}, "mermaid": "mmd"}
"""The suffix of each format."""


def render(drawing: Drawing, kind: str) -> str | bytes:
    """A picture in one of `FORMATS`.

    Raises `ModelError` for a format that it cannot have, or that this machine cannot draw.
    """
    if kind == "svg":
        return drawing.svg if isinstance(drawing, Sheet) else _svg(drawing)
    if kind == "png":
        return png(drawing.svg) if isinstance(drawing, Sheet) else graph_png(drawing.dot)
    if drawing.graph is None:
        raise ModelError(f"{drawing.title!r} is no graph: it can be had as svg or png, not {kind}")
    if kind == "mermaid":
        return mermaid(drawing.graph, title=drawing.title)
    if kind == "graphml":
        return graphml(drawing.graph)
    return drawing.dot if isinstance(drawing, Chart) else dot(drawing.graph, title=drawing.title)


def _svg(chart: Chart) -> str:
    return svg(chart.dot, chart.title, chart.told)
