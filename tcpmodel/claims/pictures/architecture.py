"""The layers of this program, read from its sources: which package imports which."""

from __future__ import annotations

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import networkx as nx

import tcpmodel
from tcpmodel.claims.pictures.picture import Chart, Picture
from tcpmodel.core.errors import ModelError

_ROOT = Path(tcpmodel.__file__).parent
_TITLE = "The layers of tcpmodel"
_LEGEND = {"solid": "imports (what follows from other arrows is left out)"}


@dataclass(frozen=True)
class Package:
    """modules: how many.  says: its first sentence.  layer: the number that this begins with, if it
    does.  imports: the other packages that it imports.
    """

    modules: int
    says: str
    layer: int | None
    imports: frozenset[str]


def pictures() -> list[Picture]:
    """The picture that is kept."""
    return [Picture("architecture", _TITLE, architecture)]


def packages() -> dict[str, Package]:
    """The packages of this program by name."""
    found = {}
    for start in sorted(_ROOT.glob("*/__init__.py")):
        name, files = start.parent.name, sorted(start.parent.rglob("*.py"))
        told = " ".join((ast.get_docstring(ast.parse(start.read_text("utf-8"))) or "").split())
        said = re.fullmatch(r"(?:Layer (\d): )?(.*?)(?:\. .*|\.)", told)
        if said is None:
            raise ModelError(f"{start} does not say what it is")
        layer = None if said[1] is None else int(said[1])
        imports = frozenset(other for file in files for other in _imports(file)) - {name}
        found[name] = Package(len(files), said[2], layer, imports)
    known = frozenset(found)
    return {
        name: Package(p.modules, p.says, p.layer, p.imports & known) for name, p in found.items()
    }


def _imports(file: Path) -> Iterator[str]:
    """The packages (or modules at the top) of this program that a file imports."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tcpmodel."):
            yield str(node.module).split(".")[1]
        elif isinstance(node, ast.Import):
            names = (alias.name.split(".") for alias in node.names)
            yield from (name[1] for name in names if name[0] == "tcpmodel" and len(name) > 1)


def architecture() -> Chart:
    """The packages, the layers above each other."""
    found = packages()
    needed = nx.transitive_reduction(
        nx.DiGraph(
            (name, other) for name, package in found.items() for other in sorted(package.imports)
        )
    )
    highest = max(p.layer for p in found.values() if p.layer is not None)
    graph, seen = nx.MultiDiGraph(), Counter[int]()
    members = Counter(package.layer for package in found.values())
    for name, package in sorted(found.items(), key=lambda item: _place(*item)):
        layer = highest + 1 if package.layer is None else package.layer
        row = highest + 1 - layer
        says = f"{package.says[0].lower()}{package.says[1:]}".replace("`", "")
        lines = (*textwrap.wrap(says, 30), f"{package.modules} modules")
        group = "command line" if package.layer is None else f"layer {layer}"
        # Of three columns: alone in the middle, two left and right.
        column = {1: 1, 2: 2 * seen[row]}.get(members[package.layer], seen[row])
        graph.add_node(name, label=f"{name}/", lines=lines, group=group, row=row, column=column)
        seen[row] += 1
    graph.add_edges_from(
        (name, other, {"style": "solid"}) for name, other in sorted(needed.edges())
    )
    caption = "The packages of this program, how many modules each has, and which imports which."
    return Chart(graph, _TITLE, "read from the sources", caption, _LEGEND)


def _place(name: str, package: Package) -> tuple[int, str]:
    return (-99 if package.layer is None else -package.layer, name)
