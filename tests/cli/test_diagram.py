"""`tcpmodel diagram`: all pictures, one of them, or one of a scenario of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from tcpmodel.claims.diagrams import KINDS, pictures

from .driving import run

SMALL = "two_way gives_up=off incarnations=1"
BAD = "B.state == ESTABLISHED and A.state == SYN_SENT"


def test_without_a_name_everything_is_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every picture's path is printed, below the folder that was named, which is made."""
    files = {"endpoint.dot": "digraph {}", "close/four.svg": "<svg/>"}
    monkeypatch.setattr("tcpmodel.claims.diagrams.build", lambda **_: files.items())
    folder = tmp_path / "new" / "pictures"
    ran = run("diagram", "-o", folder)
    assert ran.code == 0
    assert ran.out.splitlines() == [str(folder / name) for name in files]
    assert {name: (folder / name).read_text() for name in files} == files


def test_a_drawing_that_is_up_to_date_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another version of Graphviz would only place things elsewhere: its work is not renewed."""
    only = {"states/handshake": pictures()["states/handshake"]}
    monkeypatch.setattr("tcpmodel.claims.diagrams.pictures", lambda: only)
    monkeypatch.setattr("tcpmodel.claims.diagrams.coverage_markdown", lambda: "")
    assert run("diagram", "-o", tmp_path).code == 0
    file = tmp_path / "states" / "handshake.svg"
    drawn = file.read_text()
    file.write_text(drawn.replace("</svg>", "<!-- placed elsewhere --></svg>"))
    run("diagram", "-o", tmp_path)
    assert "placed elsewhere" in file.read_text()
    file.write_text(drawn.replace('data-drawn-from="', 'data-drawn-from="0'))
    run("diagram", "-o", tmp_path)
    assert file.read_text() == drawn


def test_without_anything_to_draw_with_there_is_dot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing is told once, and what can be written is."""
    known = pictures()
    some = {name: known[name] for name in ("states/handshake", "endpoint/open", "knowledge/two")}
    monkeypatch.setattr("tcpmodel.claims.diagrams.pictures", lambda: some)
    monkeypatch.setattr("tcpmodel.claims.diagrams.coverage_markdown", lambda: "")
    monkeypatch.setattr("tcpmodel.claims.diagrams.can_draw", lambda: "nothing to draw with")
    ran = run("diagram", "-o", tmp_path)
    assert ran.code == 0
    assert ran.err == "tcpmodel: nothing to draw with; DOT is written all the same\n"
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert found == {
        *("states/handshake.dot", "endpoint/open.dot", "knowledge/two.svg"),
        *("README.md", "coverage.md"),
    }


def test_into_a_file_is_one_line(tmp_path: Path) -> None:
    """A folder that cannot be made is named."""
    file = tmp_path / "file"
    file.write_text("in the way")
    ran = run("diagram", "-o", file)
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)
    assert str(file) in ran.err


def test_the_list_names_them_all() -> None:
    """With their titles, and what there is of any scenario."""
    ran = run("diagram", "--list")
    assert ran.code == 0
    for name, picture in pictures().items():
        assert name in ran.out
        assert picture.title in " ".join(ran.out.split())
    assert all(kind in ran.out.splitlines()[-1] for kind in KINDS)


@pytest.mark.parametrize(
    ("kind", "starts"),
    [
        ("svg", "<svg "),
        ("dot", "digraph "),
        ("mermaid", "---\ntitle:"),
        ("graphml", "<graphml "),
    ],
)
def test_one_picture_in_every_format_of_text(kind: str, starts: str) -> None:
    """On stdout, nothing else beside it."""
    ran = run("diagram", "states/handshake", "--format", kind)
    assert ran.code == 0, ran.err
    text = (
        ran.out.partition("?>\n")[2].partition('.dtd">\n')[2] or ran.out
        if kind == "svg"
        else ran.out
    )
    assert text.startswith(starts)
    assert ran.err == ""


@pytest.mark.parametrize("suffix", ["svg", "dot", "mmd", "graphml"])
def test_the_name_of_the_file_says_the_format(suffix: str, tmp_path: Path) -> None:
    """As GraphML, somebody else reads it."""
    file = tmp_path / "new" / f"picture.{suffix}"
    ran = run("diagram", "endpoint/open", "-o", file)
    assert (ran.code, ran.out) == (0, f"{file}\n")
    text = file.read_text()
    assert "SYN-RECEIVED" in text
    if suffix == "graphml":
        graph: Any = nx.read_graphml(file, force_multigraph=True)
        assert set(graph) == {"CLOSED", "LISTEN", "SYN-RECEIVED", "SYN-SENT", "ESTABLISHED"}


@pytest.mark.skipif(shutil.which("dot") is None, reason="there is no dot program")
def test_an_image(tmp_path: Path) -> None:
    """PNG, into a file; a terminal gets none."""
    file = tmp_path / "picture.png"
    assert run("diagram", "states/handshake", "-o", file).code == 0
    assert file.read_bytes().startswith(b"\x89PNG")
    ran = run("diagram", "states/handshake", "--format", "png")
    assert (ran.code, ran.err) == (2, "tcpmodel: png needs a file: -o FILE\n")


def test_several_pictures_go_into_a_folder(tmp_path: Path) -> None:
    """By their names; not to stdout."""
    names = ("states/handshake", "endpoint/close")
    formats = ("--format", "dot", "--format", "mermaid")
    assert run("diagram", *names, *formats, "-o", tmp_path).code == 0
    found = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")}
    assert found == {f"{name}.{suffix}" for name in names for suffix in ("dot", "mmd")}
    assert run("diagram", *names).code == 2


def test_a_scenario_of_ones_own() -> None:
    """Its endpoint, compared with RFC 9293; each of its states; the pairs of them."""
    drawn = run("diagram", "endpoint", "--scenario", "rfc9293_no5961", "--format", "dot")
    assert "not in RFC 9293" in drawn.out
    assert "the scenario rfc9293_no5961 roles=any" in drawn.out
    drawn = run("diagram", "quotient", "--scenario", SMALL, "--bad", BAD)
    assert "that break “never: B.state" in drawn.out
    assert f"reachable states of {SMALL}" in drawn.out
    small = f"{SMALL} closes=nobody retransmit=off"
    drawn = run("diagram", "states", "--scenario", small, "--format", "dot", "--bad", BAD)
    assert "broken" in drawn.out


def test_a_search_that_ends_early() -> None:
    """The picture says so, and so does the exit code."""
    ran = run("diagram", "quotient", "--scenario", "rfc9293", "--max-states", 100)
    assert ran.code == 5
    assert "not all: the limit of 100 states was reached" in ran.out
    assert "ended early" in ran.err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["endpiont"], "did you mean endpoint?"),
        (["quotient"], "--scenario"),
        (["endpoint", "close", "--scenario", "rfc9293"], "takes one NAME"),
        (["sky", "--scenario", "rfc9293"], "cannot be drawn of a scenario"),
        (["endpoint", "--bad", "True"], "--scenario"),
        (["endpoint", "--scenario", "rfc9293", "--bad", "True"], "reachable states"),
        (["endpoint", "--scenario", "rfc9294"], "no preset"),
        (["quotient", "--scenario", "rfc9293", "--bad", "A.state =="], "invalid syntax"),
        (["states", "--scenario", "rfc9293 incarnations=1"], "quotient --scenario"),
        (["close/four", "--format", "dot"], "no graph"),
        (["endpoint", "--format", "dot", "-o", "x.svg"], "not the name of a file"),
    ],
)
def test_mistakes_are_told_in_a_line(arguments: list[str], told: str) -> None:
    """Exit code 2, nothing on stdout, no traceback."""
    ran = run("diagram", *arguments)
    assert ran.code == 2
    assert ran.out == ""
    assert told in ran.err
    assert "Traceback" not in ran.err
