"""The style is checked like everything else: ruff and mypy have nothing to say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    "tool",
    [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]],
    ids=lambda words: " ".join(words[:2]),
)
def test_it_is_clean(tool: list[str]) -> None:
    """No finding of the linter, the formatter or the type checker is left."""
    program = [sys.executable, "-m", *tool]
    ran = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_nothing_else_is_at_the_top() -> None:
    """The layout is the promised one."""
    known = {"pyproject.toml", "tcpmodel", "properties", "tests", "diagrams", "README.md"}
    known |= {"LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"}
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.splitlines()
    if not listed:
        pytest.skip("not a git checkout")
    top = {name.split("/")[0] for name in listed}
    assert {name for name in top if not name.startswith(".")} <= known
