"""The README says what is so: its commands run, its table and its pictures are generated."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tcpmodel.claims.discovery import bundled, claim_files, discover
from tcpmodel.claims.tables import claims_markdown

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


def commands() -> list[list[str]]:
    lines = [line for block in blocks(README, "console") for line in block.splitlines()]
    lines = [line for line in lines if line.startswith("$ ")]
    return [shlex.split(line.removeprefix("$ "), comments=True) for line in lines]


def test_the_first_two_blocks_are_the_two_commands() -> None:
    """The first installs and verifies; the second installs the test extra and runs the tests."""
    first, second = blocks(README, "sh")[:2]
    assert first.splitlines()[-1] == ".venv/bin/tcpmodel verify"
    assert "'.[test]'" in second
    assert "pytest" in second.splitlines()[-1]


def test_the_table_of_claims_is_that_of_the_claims() -> None:
    """`tcpmodel list claims --markdown` prints what stands in the README."""
    found = re.search(r"<!-- claims:.*?-->\n(.*?)<!-- end of claims -->", README, re.DOTALL)
    assert found is not None
    claims = discover(claim_files(bundled())).claims
    assert found.group(1) == claims_markdown(claims)


def test_the_first_counterexample_is_what_the_tool_prints() -> None:
    """The run that the README goes through is the one that is found."""
    program = [sys.executable, "-m", "tcpmodel", "explain", "P01", "--text"]
    environment = {**os.environ, "COLUMNS": "100"}
    ran = subprocess.run(program, capture_output=True, text=True, check=True, env=environment)
    assert ran.stdout == blocks(README, "text")[0]


def test_every_picture_exists() -> None:
    """No picture that the README shows is missing."""
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert pictures
    assert [p for p in pictures if not (ROOT / p).is_file()] == []


@pytest.mark.parametrize("command", commands(), ids=" ".join)
def test_what_you_can_ask_can_be_asked(command: list[str], tmp_path: Path) -> None:
    """Each command of the README ends with a verdict, not with an error."""
    if "my_claims/" in command:
        (tmp_path / "my_claims").mkdir()
        (tmp_path / "my_claims" / "mine.py").write_text(blocks(CONTRIBUTING, "python")[0])
    made_by = [
        c for c in commands() if command[1] == "certify" and command[2] in c and c != command
    ]
    for needed in [*made_by, command]:
        program = [sys.executable, "-m", "tcpmodel", *needed[1:]]
        ran = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert ran.returncode in (0, 10), ran.stderr
    assert "Traceback" not in ran.stderr


def test_the_claim_of_the_guide_is_settled(tmp_path: Path) -> None:
    """A claim file written by following CONTRIBUTING works on the first try."""
    file = tmp_path / "mine.py"
    file.write_text(blocks(CONTRIBUTING, "python")[0])
    program = [sys.executable, "-m", "tcpmodel", "verify", str(file)]
    ran = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "1 verdicts, all as expected" in ran.stdout


def test_the_written_run_of_the_guide_is_one(tmp_path: Path) -> None:
    """The example of the format is a run of the model."""
    file = tmp_path / "mine.run"
    file.write_text(blocks(CONTRIBUTING, "text")[0])
    program = [sys.executable, "-m", "tcpmodel", "run", str(file)]
    ran = subprocess.run(program, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_the_switch_of_the_guide_is_one(tmp_path: Path) -> None:
    """The example of a switch is taken from the code."""
    source = (ROOT / "tcpmodel" / "tcp" / "scenario.py").read_text(encoding="utf-8")
    spaces = re.compile(r"\s+")
    assert spaces.sub("", blocks(CONTRIBUTING, "python")[1]) in spaces.sub("", source)


def test_the_engine_of_the_guide_finds_something() -> None:
    """A random walk is an engine: its trace replays, and it proves nothing."""
    from tcpmodel.core.property import always, sometimes
    from tcpmodel.core.result import Budget, Verdict
    from tcpmodel.tcp.compose import compose
    from tcpmodel.tcp.scenario import scenario
    from tcpmodel.tcp.states import CLOSED, LISTEN

    scope: dict[str, object] = {}
    exec(blocks(CONTRIBUTING, "python")[2], scope)
    check = scope["check"]
    assert callable(check)
    model = compose(scenario("rfc9293 incarnations=1"))
    opened = check(model.system, sometimes(model.world.A.state != CLOSED), Budget(depth=200))
    assert opened.verdict is Verdict.HOLDS
    assert opened.trace.state(len(opened.trace))["A.state"] == "SYN-SENT"
    idle = check(model.system, always(model.world.A.state != LISTEN), Budget(depth=5))
    assert idle.verdict is Verdict.UNKNOWN


def test_the_renderer_of_the_guide_draws() -> None:
    """A renderer is a function of a trace."""
    from render.traces import normal  # type: ignore[import-not-found]

    scope: dict[str, object] = {}
    exec(blocks(CONTRIBUTING, "python")[3], scope)
    states = scope["states"]
    assert callable(states)
    assert "| 0 | CLOSED | LISTEN |\n| 1 | SYN-SENT | LISTEN |\n" in states(normal())


def test_the_rule_of_the_readme_is_one() -> None:
    """The example of a rule is taken from the code."""
    spaces = re.compile(r"[\s,]+")
    source = (ROOT / "tcpmodel" / "tcp" / "synchronized.py").read_text(encoding="utf-8")
    assert spaces.sub("", blocks(README, "python")[0]) in spaces.sub("", source)
