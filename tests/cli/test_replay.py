"""`tcpmodel replay`: is a saved run a run of the model?"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tcpmodel import __version__
from tcpmodel.claims import saved_runs

from .driving import SMALL, plain, run

SIX = "always(A.state != ESTABLISHED)"


@pytest.fixture(name="file", scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the model, as `check` writes it."""
    folder = tmp_path_factory.mktemp("runs")
    assert run("check", SIX, "--scenario", SMALL, "--traces", folder).code == 10
    return folder / "check.json"


def words_of(text: str) -> str:
    """What is printed, however it is wrapped."""
    return " ".join(text.split())


def changed(file: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """A copy of the run with something changed in it."""
    data = json.loads(file.read_text("utf-8"))
    change(data)
    target = tmp_path / "changed.json"
    target.write_text(json.dumps(data), encoding="utf-8")
    return target


def test_a_run_is_taken_again(file: Path, tmp_path: Path) -> None:
    """Told as the check told it, with its scenario, and drawn; exit code 0."""
    chart = tmp_path / "x.svg"
    ran = run("replay", file, "--svg", chart)
    assert ran.code == 0
    assert plain(ran.out)
    assert "✓ " in ran.out
    assert words_of(ran.out).endswith(f"a run of the model, in the scenario {SMALL}")
    told = run("check", SIX, "--scenario", SMALL).out
    assert ran.out.partition("\n\n")[0] in told
    assert chart.read_text("utf-8") == run("replay", file, "--svg", "-").out


@pytest.mark.parametrize(
    ("change", "wrong", "told"),
    [
        (
            lambda d: d["steps"].pop(1),
            "step 2: ",
            1,
        ),
        (
            lambda d: d["steps"][1]["state"].update({"B.state": "ESTABLISHED"}),
            "step 2: the file says B.state = ESTABLISHED, the model SYN-RECEIVED",
            1,
        ),
        (
            lambda d: d["steps"][2].update(action="A.dreams\x1b[2J"),
            "step 3: rfc9293 incarnations=1 capacity=1 has no action 'A.dreams\\x1b[2J'",
            2,
        ),
        (lambda d: d["steps"][0]["state"].pop("A.inc"), "step 1: the file says A.inc = None", 0),
        (
            lambda d: d["initial"].update({"A.state": "ESTABLISHED"}),
            "step 0: the run does not start in an initial state",
            0,
        ),
        (lambda d: d.update(loop=0), "the loop of the trace does not close", 3),
    ],
    ids=["left-out", "other-state", "no-action", "no-value", "other-start", "no-loop"],
)
def test_the_first_step_that_is_none_is_named(
    file: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object], wrong: str, told: int
) -> None:
    """The steps before it are told, then what is wrong; exit code 10; nothing else is believed."""
    ran = run("replay", changed(file, tmp_path, change))
    assert ran.code == 10
    assert "no run of the model, in the scenario" in words_of(ran.out)
    assert wrong in words_of(ran.out)
    assert f"\n{told + 1}  " not in ran.out
    assert "\x1b" not in ran.out
    if told:
        assert f"\n{told}  " in ran.out
    drawn = run("replay", changed(file, tmp_path, change), "--svg", "-")
    assert drawn.code == 10
    assert drawn.err.startswith("tcpmodel: ")
    assert drawn.out.startswith("<svg")


def test_words_of_the_file_are_not_repeated(file: Path, tmp_path: Path) -> None:
    """Sentences, labels and citations are the model's."""
    ran = run("replay", changed(file, tmp_path, lambda d: d["steps"][0].update(label="BOO")))
    assert ran.code == 0
    assert "BOO" not in ran.out


def test_another_scenario_can_be_asked_for(file: Path) -> None:
    """The run of one scenario may be none of another: where it leaves it is named."""
    ran = run("replay", file, "--scenario", "two_way incarnations=1 capacity=1")
    assert ran.code == 10
    assert "step 2: the file says B.state = SYN-RECEIVED, the model ESTABLISHED" in ran.out


def test_other_versions_are_mentioned(file: Path, tmp_path: Path) -> None:
    """Where the model disagrees with a file of another version, that may be why."""

    def older(data: dict[str, Any]) -> None:
        assert data["version"] == __version__
        data.update(version="0.0.1")
        data["steps"].pop(0)

    ran = run("replay", changed(file, tmp_path, older))
    assert ran.code == 10
    words = f"the file was written by version 0.0.1, this is {__version__}"
    assert ran.err == f"tcpmodel: {words}\n"


def test_what_other_commands_write_is_read(tmp_path: Path) -> None:
    """`run --json` and `simulate --json` have the trace inside; written runs begin in midway."""
    for arguments in (("run", "fig09"), ("simulate", "--scenario", SMALL, "--steps", 5)):
        file = tmp_path / "x.json"
        assert run(*arguments, "--json", file).code == 0
        ran = run("replay", file)
        assert ran.code == 0, ran.out


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "not JSON"),
        ("[" * 100_000, "not JSON"),
        ("[]", "no saved run in it"),
        ('{"schema": "tcpmodel-trace/2"}', "no saved run in it"),
        ('{"trace": "x.json"}', "no saved run in it"),
        ('{"schema": "tcpmodel-trace/1"}', "not a saved trace"),
        ('{"schema": "tcpmodel-trace/1", "steps": []}', "not a saved trace"),
        (
            '{"schema": "tcpmodel-trace/1", "system": "nowhere\\u001b[2J", "loop": null, '
            '"initial": {}, "steps": []}',
            "no preset 'nowhere",
        ),
        (
            '{"schema": "tcpmodel-trace/1", "system": "rfc9293", "loop": null, "initial": '
            '{"A.state": "X\\u001b[2J"}, "steps": []}',
            "the state does not say what A.passive is",
        ),
        (
            '{"schema": "tcpmodel-trace/1", "system": "rfc9293", "loop": 1e999, "initial": {}, '
            '"steps": []}',
            "not a saved trace",
        ),
        ('{"schema": "tcpmodel-trace/1", "loop": ' + "9" * 10_000 + "}", "not JSON"),
        ("\xff", "not JSON"),
    ],
)
def test_what_is_no_run_is_one_line(tmp_path: Path, text: str, words: str) -> None:
    """Exit code 2, the file is named, nothing that a terminal would obey, nothing on stdout."""
    file = tmp_path / "x.json"
    file.write_bytes(text.encode("latin-1"))
    ran = run("replay", file)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"tcpmodel: {file}: ")
    assert words in ran.err
    assert len(ran.err.splitlines()) == 1
    assert ran.err[:-1].isprintable()


def test_files_that_cannot_be_read_are_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Missing, a folder, too large: exit code 2."""
    monkeypatch.setattr(saved_runs, "MAX_OCTETS", 10)
    large = tmp_path / "large.json"
    large.write_text("[" * 11, encoding="utf-8")
    for file, words in (
        (tmp_path / "none.json", "No such file"),
        (tmp_path, "Is a directory"),
        (large, "more than 10 octets"),
    ):
        ran = run("replay", file)
        assert (ran.code, ran.out) == (2, "")
        assert words in ran.err
        assert len(ran.err.splitlines()) == 1
