"""`tcpmodel run`: exit codes, files, and messages without tracebacks."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from .driving import plain, run

WRONG = "A>B SYN seq=100\nB>A SYN,ACK seq=300 ack=100\n"


def test_a_figure_is_a_run() -> None:
    """Exit code 0; the states of each line; every step if asked for."""
    ran = run("run", "fig06")
    assert (ran.code, ran.err) == (0, "")
    assert plain(ran.out)
    assert "SYN-SENT      SYN-RECEIVED  A>B SYN seq=100" in ran.out
    assert "this is a run of the model" in ran.out
    assert "1  A: active OPEN → SYN-SENT" in run("run", "fig06", "--steps").out


def test_what_is_none_ends_with_10(tmp_path: Path) -> None:
    """The message names file and line, the rule and its paragraph."""
    file = tmp_path / "mine.run"
    file.write_text(WRONG)
    ran = run("run", file)
    assert ran.code == 10
    told = " ".join(ran.out.split())
    assert f"{file}:2: B sends SYN,ACK seq=300 ack=101 here: ack=101, not ack=100" in told
    assert "rule listen_receives_syn" in told
    assert "RFC 9293 3.10.7.2 third" in told


def test_a_scenario_can_be_given() -> None:
    """It replaces the file's; one that does not exist is refused."""
    assert run("run", "rfc1337").code == 0
    assert run("run", "rfc1337", "--scenario", "rfc9293 tw_rfc1337=on").code == 10
    refused = run("run", "fig06", "--scenario", "rfc9294")
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("tcpmodel: no preset 'rfc9294' (did you mean rfc9293")


@pytest.mark.parametrize("name", ["fig08", "fig07"])
def test_chart_and_data(name: str, tmp_path: Path) -> None:
    """--svg draws the run, or how far it goes and why no further; --json has it as data."""
    svg, data = tmp_path / "a.svg", tmp_path / "a.json"
    ran = run("run", name, "--svg", svg, "--json", data)
    told = json.loads(data.read_text())
    assert told["schema"] == "tcpmodel-run/1"
    assert told["is_run"] is (ran.code == 0) is (name == "fig08")
    assert ET.fromstring(svg.read_text()).tag.endswith("svg")
    assert ("out_of_window" in svg.read_text()) is (name == "fig07")
    assert json.loads(run("run", name, "--json", "-").out) == told


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("A>B SYN\nnonsense\n", ":2: cannot read 'nonsense'"),
        ("A>B SYN\nA: DANCE\n", ":2: A has no 'DANCE'"),
        ("", ": there is no message in it"),
    ],
)
def test_what_cannot_be_read_ends_with_2(content: str, says: str, tmp_path: Path) -> None:
    """One line on stderr, nothing on stdout."""
    file = tmp_path / "mine.run"
    file.write_text(content)
    ran = run("run", file)
    assert (ran.code, ran.out) == (2, "")
    assert f"{file}{says}" in ran.err
    assert ran.err.count("\n") == 1


def test_other_misuse(tmp_path: Path) -> None:
    """Files that are not there, and two reports for one stdout."""
    assert "did you mean fig06?" in run("run", "fig6").err
    assert run("run", tmp_path).code == 2
    assert run("run", "fig06", "--json", "-", "--svg", "-").code == 2
    assert run("run", "fig06", "--json", tmp_path).code == 2


def test_the_bundled_runs_are_listed() -> None:
    """By the name that `run` takes."""
    rows = json.loads(run("list", "runs", "--json").out)["runs"]
    assert {"fig06", "fig13", "rfc1337"} <= {row["name"] for row in rows}
    assert all(row["says"] for row in rows)
    figures = [row for row in rows if row["name"].startswith("fig")]
    assert all(row["says"].startswith("RFC ") for row in figures)
