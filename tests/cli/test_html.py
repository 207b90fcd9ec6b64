"""`tcpmodel explain --html` and `tcpmodel verify --html`: pages as files."""

from __future__ import annotations

from pathlib import Path

import pytest

from .driving import LARGE, SMALL, claim, claims_file, run

FAILING = "lambda w: w.A.state != ESTABLISHED"
FAILS = f"{{{SMALL!r}: fails('connections are established')}}"


@pytest.fixture(name="file")
def claim_file(tmp_path: Path) -> Path:
    """A file with a claim that holds, and one that fails."""
    return claims_file(tmp_path / "mine.py", claim("X1"), claim("X2", FAILING, FAILS))


def test_a_page_goes_to_a_file_or_to_stdout(file: Path, tmp_path: Path) -> None:
    """--html FILE writes beside the text; --html - prints the page and nothing else."""
    target = tmp_path / "new" / "run.html"
    beside = run("explain", f"{file}:X2", "--html", target)
    assert beside.code == 0
    assert "violated" in beside.out
    alone = run("explain", f"{file}:X2", "--html", "-")
    assert alone.code == 0
    assert alone.out == target.read_text(encoding="utf-8")
    assert alone.out.startswith("<!doctype html>")


def test_a_claim_without_a_run_has_a_page(file: Path, tmp_path: Path) -> None:
    """What holds can be shown as well (0); what was not settled has a page that says so (5)."""
    target = tmp_path / "x.html"
    assert run("explain", f"{file}:X1", "--html", target).code == 0
    assert "all reachable states" in target.read_text(encoding="utf-8")
    slow = claims_file(
        tmp_path / "slow.py", claim("X3", verdicts=f"{{{LARGE!r}: holds('it takes long')}}")
    )
    assert run("explain", f"{slow}:X3", "--html", target, "--max-depth", "2").code == 5
    assert "the bound of 2 steps was reached" in target.read_text(encoding="utf-8")


def test_several_runs_are_on_one_page(file: Path) -> None:
    """-n N: one page with all of them, whether it goes to a file or not."""
    ran = run("explain", f"{file}:X2", "-n", 3, "--html", "-")
    assert ran.code == 0
    assert ran.out.count('<section class="run"') == 3
    assert "Run 3 of 3" in ran.out
    assert ran.err.startswith("The 3 shortest runs that differ in the states of A and B")


def test_a_page_shares_stdout_with_nothing(file: Path) -> None:
    """Two outputs cannot both have it: one line, exit code 2."""
    ran = run("explain", f"{file}:X2", "--html", "-", "--text")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_a_site_is_written_beside_the_report(file: Path, tmp_path: Path) -> None:
    """--html DIR: an index and a page per verdict; the report is printed as ever."""
    folder = tmp_path / "new" / "site"
    ran = run("verify", file, "--html", folder)
    assert ran.code == 0
    assert "2 verdicts, all as expected" in ran.out
    assert (folder / "index.html").is_file()
    assert len(list((folder / "verdicts").iterdir())) == 2
    first = {path.name: path.read_bytes() for path in folder.rglob("*.html")}
    assert run("verify", file, "--html", folder).code == 0  # from verdicts known before
    assert {path.name: path.read_bytes() for path in folder.rglob("*.html")} == first


def test_a_folder_that_cannot_be_written_costs_no_results(file: Path, tmp_path: Path) -> None:
    """What was computed is printed and reported; the folder is named in one line; exit code 2."""
    report = tmp_path / "report.json"
    ran = run("verify", file, "--html", file, "--json", report)
    assert ran.code == 2
    assert "2 verdicts, all as expected" in ran.out
    assert report.is_file()
    assert [line for line in ran.err.splitlines() if str(file) in line] == [
        f"tcpmodel: cannot write {file}: File exists"
    ]


def test_a_broken_file_is_on_the_site(tmp_path: Path) -> None:
    """What could not be read is told at the top; the rest has its pages."""
    good = claims_file(tmp_path / "good.py", claim("X1"))
    bad = tmp_path / "bad.py"
    bad.write_text("1 +\n")
    folder = tmp_path / "site"
    assert run("verify", good, bad, "--html", folder).code == 2
    assert f"{bad}:1" in (folder / "index.html").read_text(encoding="utf-8")
    assert len(list((folder / "verdicts").iterdir())) == 1
