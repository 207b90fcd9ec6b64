"""`tcpmodel export`: models and runs for other tools."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tcpmodel.cli.exporting import export
from tcpmodel.export.registry import LANGUAGES

from .driving import LARGE, SMALL, plain, run

HOLDS = "always(A.state != CLOSING)"
FAILS = "always(A.state != ESTABLISHED)"


@pytest.mark.parametrize(
    ("language", "start"), [("promela", "/* rfc"), ("tla", "---- MODULE"), ("smtlib", "; rfc")]
)
def test_a_model_goes_to_standard_output(language: str, start: str) -> None:
    """Nothing else does, so that it can be piped."""
    ran = run("export", "--to", language, HOLDS, "--scenario", SMALL)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith(start)
    assert plain(ran.out)


def test_a_module_has_its_configuration_beside_it(tmp_path: Path) -> None:
    """TLC wants two files; on standard output the second stands behind the end of the first."""
    file = tmp_path / "deep" / "Handshake.tla"
    assert run("export", "--to", "tla", HOLDS, "--scenario", SMALL, "-o", file).code == 0
    assert "MODULE Handshake" in file.read_text("utf-8")
    configuration = file.with_suffix(".cfg").read_text("utf-8")
    assert "INVARIANT Property" in configuration
    out = run("export", "--to", "tla", HOLDS, "--scenario", SMALL).out
    assert configuration in out.split("\n====\n")[1]
    ran = run("export", "--to", "tla", HOLDS, "--scenario", SMALL, "-o", tmp_path / "Handshake")
    assert ran.code == 2
    assert ".tla" in ran.err


def test_a_run_is_exported_whole(tmp_path: Path) -> None:
    """The counterexample of a property that fails, the witness of one that asks for it."""
    file = tmp_path / "run.itf.json"
    assert run("export", "--to", "itf", FAILS, "--scenario", SMALL, "-o", file).code == 0
    data = json.loads(file.read_text("utf-8"))
    assert data["states"][-1]["A.state"] == "ESTABLISHED"
    assert data["#meta"]["status"] == "FAILS"
    ran = run("export", "--to", "itf", "sometimes(A.state == ESTABLISHED)", "--scenario", SMALL)
    assert json.loads(ran.out)["#meta"]["status"] == "HOLDS"


@pytest.mark.parametrize(
    ("formula", "scenario", "options", "code", "reason"),
    [
        (HOLDS, SMALL, (), 10, "there is no run to export: HOLDS"),
        (HOLDS, LARGE, ("--max-states", "5"), 5, "the limit of 5 states"),
        (HOLDS, LARGE, ("--timeout", "0.2"), 5, "the time limit"),
    ],
)
def test_where_there_is_no_run_nothing_is_written(
    formula: str, scenario: str, options: tuple[str, ...], code: int, reason: str, tmp_path: Path
) -> None:
    """Settled without one, or not settled: the exit code tells which, and no file appears."""
    file = tmp_path / "run.json"
    ran = run("export", "--to", "itf", formula, "--scenario", scenario, *options, "-o", file)
    assert ran.code == code
    assert reason in ran.err
    assert not file.exists()


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--to", "promela", "leads_to(True, True)"), "leads_to"),
        (("--to", "promela", "always(A.stat == CLOSED)"), "A.stat"),
        (("--to", "uppaal", HOLDS), "uppaal"),
        ((HOLDS,), "--to"),
        (("--to", "promela", HOLDS, "-o", "/dev/null/model"), "cannot write"),
    ],
)
def test_what_cannot_be_exported_is_one_line(arguments: tuple[str, ...], reason: str) -> None:
    """Usage errors have exit code 2 and name the culprit."""
    ran = run("export", *arguments, "--scenario", SMALL)
    assert ran.code == 2
    assert reason in ran.err
    assert ran.out == ""


def test_the_languages_are_those_of_the_registry() -> None:
    """The command line names them before it imports them; a run is no model."""
    option = next(p for p in export.params if p.name == "language")
    assert {*getattr(option.type, "choices", ())} == {*LANGUAGES, "itf"}
