"""Where knowledge is missing, the chart shows both runs."""

from __future__ import annotations

from pathlib import Path

from .driving import run

SCENARIO = "two_way incarnations=1 gives_up=off link=any"


def test_explain_draws_the_runs_that_cannot_be_told_apart(tmp_path: Path) -> None:
    """Both are in the file, and what the server sees is said to be the same."""
    file = tmp_path / "runs.svg"
    assert run("explain", "P14", "--scenario", SCENARIO, "--svg", file).code == 0
    drawn = file.read_text(encoding="utf-8")
    assert drawn.count('class="run"') == 2
    assert "Run 2: B cannot tell it from run 1" in drawn
    assert "= step 2 of run 1" in drawn


def test_check_does_so_too(tmp_path: Path) -> None:
    """For a property of one's own."""
    file = tmp_path / "runs.svg"
    formula = "knows('B', works('B'), when=B.state == ESTABLISHED)"
    assert run("check", formula, "--scenario", SCENARIO, "--svg", file).code == 10
    assert file.read_text(encoding="utf-8").count('class="run"') == 2
