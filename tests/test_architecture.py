"""The shape of the code: who may import whom, who may print, and how long things may get."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import networkx as nx
import pytest

import tcpmodel
from tcpmodel.claims.pictures.architecture import packages

ROOT = Path(tcpmodel.__file__).parent
LONGEST_FUNCTION, LONGEST_MODULE = 70, 400

MAY_IMPORT = {
    "core": set[str](),
    "semantics": {"core"},
    "tcp": {"core"},
    "engines": {"core", "semantics"},
    "render": {"core"},
    "export": {"core", "semantics"},
    "claims": {"core", "semantics", "tcp", "engines", "render", "export"},
    "doctor": {"core", "semantics", "tcp", "engines", "render", "export"},
    "pytest_plugin": {"core", "render", "claims"},
    "cli": {"core", "semantics", "tcp", "engines", "render", "export", "claims", "doctor"},
    "__main__": {"cli"},
}
"""The layers from the ground up, and what each may know besides itself."""


LAYERS = {"core": 0, "semantics": 1, "tcp": 1, "engines": 2, "render": 2, "export": 2, "claims": 3}


def _sources() -> dict[str, ast.Module]:
    """Every module of the package, by its dotted name."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        parts = ("tcpmodel", *path.relative_to(ROOT).with_suffix("").parts)
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


SOURCES = _sources()
every_module = pytest.mark.parametrize("module", SOURCES)


def imports(module: str) -> Iterator[str]:
    """The modules of the package that a module imports, wherever in its text it does."""
    for node in ast.walk(SOURCES[module]):
        if isinstance(node, ast.Import):
            yield from (a.name for a in node.names if a.name in SOURCES)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:  # relative to the package the module is in
                is_package = (ROOT.parent / module.replace(".", "/")).is_dir()
                inside = module.split(".")[: None if is_package else -1]
                inside = inside[: len(inside) - node.level + 1]
                base = ".".join([*inside, *([base] if base else [])])
            for alias in node.names:
                submodule = f"{base}.{alias.name}"
                if submodule in SOURCES:
                    yield submodule
                elif base in SOURCES:
                    yield base


def part(module: str) -> str:
    """The layer's name: the package, or the module at the top."""
    return module.split(".")[1] if "." in module else ""


def calls(tree: ast.AST) -> Iterator[str]:
    """Dotted names that occur, as written: `print`, `click.echo`, `sys.stdout`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name):
            yield node.id
        elif isinstance(node, ast.Attribute):
            yield ast.unparse(node)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


# --- layers ---------------------------------------------------------------------------------------


@every_module
def test_imports_point_downward(module: str) -> None:
    """A layer knows the layers below that it is meant to know, and no others: what TCP is knows
    nothing of engines, engines know nothing of TCP, pictures know nothing of either.
    """
    here = part(module)
    if not here:
        assert not list(imports(module))
        return
    assert here in MAY_IMPORT, f"give {here} a layer"
    known = {"", here} | MAY_IMPORT[here]
    assert [name for name in imports(module) if part(name) not in known] == []


def test_layers_are_layers() -> None:
    """The table itself has no cycle, and nothing but its start knows the command line."""
    graph = nx.DiGraph([(one, other) for one, below in MAY_IMPORT.items() for other in below])
    assert nx.is_directed_acyclic_graph(graph)
    assert [name for name, below in MAY_IMPORT.items() if "cli" in below] == ["__main__"]


def test_the_picture_of_the_layers_is_read_from_the_same_sources() -> None:
    """Each package of the picture imports whom its modules import, and has as many modules."""
    found = packages()
    members: dict[str, list[str]] = {name: [] for name in found}
    for name in SOURCES:
        members.setdefault(part(name), []).append(name)
    for name, package in found.items():
        imported = {part(other) for module in members[name] for other in imports(module)}
        assert package.imports == imported & set(found) - {name}
        assert package.modules == len(members[name])
        assert package.layer == LAYERS.get(name)


def test_modules_do_not_import_each_other_in_circles() -> None:
    """Not even inside a layer, not even inside a function."""
    graph = nx.DiGraph()
    graph.add_nodes_from(SOURCES)
    graph.add_edges_from(
        (name, other) for name in SOURCES for other in imports(name) if other != name
    )
    assert [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1] == []


# --- side effects ---------------------------------------------------------------------------------

PRINTS = {"print", "click", "click.echo", "rich", "rich.print", "rich.console.Console"}
PRINTS |= {
    f"sys.{stream}.{write}" for stream in ("stdout", "stderr") for write in ("write", "buffer")
}
GLOBAL_OPTIONS = {"set_param", "set_option", "reset_params"}


@every_module
def test_only_the_command_line_prints(module: str) -> None:
    """Everything below returns values; what is done with them is decided at the top.  (Where the
    code of claim files runs, what *it* prints is led away from standard output.)
    """
    if part(module) != "cli":
        assert PRINTS.isdisjoint(calls(SOURCES[module]))


@every_module
def test_nobody_sets_options_of_the_whole_process(module: str) -> None:
    """z3's parameters are shared by all checks of a process: options go to a solver."""
    names = {name.rsplit(".", maxsplit=1)[-1] for name in calls(SOURCES[module])}
    assert GLOBAL_OPTIONS.isdisjoint(names)


# --- sizes ----------------------------------------------------------------------------------------


@every_module
def test_modules_can_be_read_at_one_sitting(module: str) -> None:
    """400 lines; what is longer is two things."""
    path = ROOT.parent / module.replace(".", "/")
    text = (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text("utf-8")
    assert len(text.splitlines()) <= LONGEST_MODULE


@every_module
def test_functions_fit_on_a_page(module: str) -> None:
    """70 lines."""
    functions = [
        node
        for node in ast.walk(SOURCES[module])
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    long = [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= LONGEST_FUNCTION]
    assert long == []


@every_module
def test_every_module_says_what_it_is(module: str) -> None:
    """The first thing in a file is a sentence."""
    assert ast.get_docstring(SOURCES[module])
