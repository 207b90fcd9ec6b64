"""`tcpmodel list`, `doctor` and the helps."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import click
import pytest

from tcpmodel import __version__
from tcpmodel.claims.discovery import bundled, claim_files, discover
from tcpmodel.cli import main
from tcpmodel.doctor import LIBRARIES, OPTIONAL, PROGRAMS
from tcpmodel.engines.registry import ENGINES
from tcpmodel.tcp.scenario import PRESETS, SWITCHES

from .driving import plain, run, spawn

COMMANDS = sorted(main.commands)
ROOT = Path(__file__).parents[2]


# --- list -----------------------------------------------------------------------------------------


def test_list_names_everything() -> None:
    """All claims, presets, switches with all their values, and engines."""
    ran = run("list")
    assert ran.code == 0
    assert plain(ran.out)
    words = set(ran.out.replace("|", " ").split())
    for _, claim in discover(claim_files(bundled())).claims:
        assert {claim.code, claim.id} <= words
    assert PRESETS.keys() | SWITCHES.keys() | ENGINES.keys() <= words
    for switch in SWITCHES.values():
        assert set(switch.values.replace("|", " ").split()) <= words


@pytest.mark.parametrize("columns", [60, 100])
def test_list_fits_the_terminal(columns: int) -> None:
    """Lines are wrapped."""
    ran = run("list", COLUMNS=str(columns))
    assert max(map(len, ran.out.splitlines())) <= columns + 10  # a name may stick out of its column


def test_list_for_programs() -> None:
    """--json prints the same, and only what was asked for."""
    told = json.loads(run("list", "--json").out)
    assert set(told) == {"claims", "runs", "presets", "switches", "engines", "formats"}
    assert {row["name"] for row in told["switches"]} == SWITCHES.keys()
    assert all(row["values"] for row in told["switches"])
    assert all(row["scenarios"] for row in told["claims"])
    only: Any = json.loads(run("list", "presets", "--json").out)
    assert {row["name"] for row in only["presets"]} == PRESETS.keys()
    assert set(only) == {"presets"}


def test_list_of_what_there_is_not() -> None:
    """An unknown topic is a usage error that names the valid ones."""
    ran = run("list", "everything")
    assert ran.code == 2
    assert "claims" in ran.err
    assert "presets" in ran.err


# --- doctor ---------------------------------------------------------------------------------------


def test_doctor_names_what_is_missing(tmp_path: Path) -> None:
    """Without any program: each is named, with what it is for and how to get it; exit code 0."""
    ran = spawn("doctor", env={"PATH": str(tmp_path)})
    assert ran.code == 0, ran
    lines = ran.out.splitlines()
    for name, (_, purpose, remedy) in PROGRAMS.items():
        at = next(i for i, line in enumerate(lines) if line.startswith(f"missing {name} "))
        assert remedy in lines[at]
        assert purpose in lines[at + 1]
    for name in LIBRARIES:
        assert any(line.startswith(f"ok      {name} ") for line in lines), name
    assert plain(ran.out)
    assert ran.err == ""


def test_doctor_knows_every_library_that_is_required() -> None:
    """No dependency of the package is missing from its list, and none is there in vain."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert {re.split(r"[><=]", d)[0] for d in project["dependencies"]} == LIBRARIES.keys()


def test_doctor_fails_without_what_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    """A library that the tool stands on is MISSING: exit code 2; optional ones never are."""
    monkeypatch.setattr("tcpmodel.doctor.program", lambda *_: "")
    absent = {"networkx", *OPTIONAL}
    monkeypatch.setattr("tcpmodel.doctor.installed", lambda name: "" if name in absent else "1.0")
    ran = run("doctor")
    assert ran.code == 2
    assert "MISSING networkx" in ran.out
    assert "pip install networkx" in ran.out
    absent.discard("networkx")
    assert run("doctor").code == 0


def test_doctor_survives_a_program_that_does_not_start(tmp_path: Path) -> None:
    """What is there but broken is missing."""
    (tmp_path / "dot").write_bytes(b"\x7fELF nothing")
    (tmp_path / "dot").chmod(0o755)
    (tmp_path / "spin").write_text("#!/bin/sh\necho Spin Version 6.5.2\n")
    (tmp_path / "spin").chmod(0o755)
    out = spawn("doctor", env={"PATH": str(tmp_path)}).out
    assert "missing dot" in out
    assert "ok      spin           6.5.2" in out


# --- help -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_help_with_an_example(command: str) -> None:
    """--help (and -h) ends with 0, and shows a command that a reader can copy."""
    for option in ("--help", "-h"):
        ran = run(command, option)
        assert (ran.code, ran.err) == (0, "")
        assert f"Example:  tcpmodel {command}" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    """No option without a word on what it does (or at least what it defaults to)."""
    for parameter in main.commands[command].params:
        if isinstance(parameter, click.Option):
            assert parameter.help or parameter.show_default, parameter.name


def test_the_help_of_the_whole() -> None:
    """Names every command, the exit codes, and where to begin."""
    ran = run("--help")
    assert ran.code == 0
    for word in (*COMMANDS, "Exit codes", "130", "tcpmodel verify", "tcpmodel explain"):
        assert word in ran.out
    assert run("--version").out == f"tcpmodel, version {__version__}\n"


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_is_immediate(command: str) -> None:
    """No help imports a solver, a graph library, or anything of ours that does."""
    program = (
        "import sys\n"
        "from tcpmodel.cli import main\n"
        f"main({[*([command] if command else []), '--help']!r}, standalone_mode=False)\n"
        "heavy = {'z3', 'networkx', 'rich', 'multiprocessing', 'tcpmodel.core.terms'}\n"
        "sys.exit(str(sorted(heavy & sys.modules.keys())) if heavy & sys.modules.keys() else 0)\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr


def test_an_unknown_command_is_a_usage_error() -> None:
    """Exit code 2, and no traceback."""
    ran = run("verfiy")
    assert ran.code == 2
    assert "No such command" in ran.err


def test_what_each_side_of_a_handshake_knows() -> None:
    """A Markdown table per handshake, the same as JSON."""
    ran = run("knowledge")
    assert ran.code == 0
    assert [line for line in ran.out.splitlines() if line.startswith("#")] == [
        *("### Two messages", "### Three messages", "### Four messages")
    ]
    told = json.loads(run("knowledge", "--json").out)
    assert [table["messages"] for table in told["handshakes"]] == ["two", "three", "four"]
