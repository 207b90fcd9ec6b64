"""`tcpmodel explain`: why a claim holds or fails."""

from __future__ import annotations

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tcpmodel.core.trace import Trace
from tcpmodel.engines.several import Several
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

from .driving import LARGE, SMALL, claim, claims_file, plain, run

TWO_WAY = "two_way incarnations=1 gives_up=off link=any"
FAILING = "lambda w: w.A.state != ESTABLISHED"
OTHER = "two_way incarnations=1 capacity=1"
BOTH = f"{{{SMALL!r}: holds('we hope'), {OTHER!r}: fails('we fear')}}"


@pytest.fixture(name="file")
def claim_file(tmp_path: Path) -> Path:
    """A file with a claim that holds, and one that fails in its second scenario (and its first)."""
    return claims_file(tmp_path / "mine.py", claim("X1"), claim("X2", FAILING, BOTH))


def test_by_default_the_scenario_with_a_run_is_explained(file: Path) -> None:
    """Claim, sources, verdict with its reason, scope, the other scenarios, and the run."""
    ran = run("explain", f"{file}:X2")
    assert ran.code == 0
    assert plain(ran.out)
    for words in (
        "X2 claim-x2",
        "Claim X2 is about nothing in particular.",
        "- RFC 9293 section 3.10",
        f"FAILS in {OTHER}: we fear",
        "Scope: this run; handshake two",
        f"Other scenarios: {SMALL} (HOLDS)",
        "ESTABLISHED",
        "violated: Claim X2",
    ):
        assert words in ran.out, words


def test_a_bundled_claim_needs_no_path() -> None:
    """ID is a code or a name, in any case."""
    ran = run("explain", "p02", "--scenario", "two_way gives_up=on closes=nobody loss=0")
    assert ran.code == 0
    assert "P02 two-way-resource-leak" in ran.out
    assert "What people say:" in ran.out
    assert re.search("^4  ", ran.out, re.MULTILINE)


def test_a_scenario_may_be_spelled_differently(file: Path) -> None:
    """What counts is which switches are meant, not how they are written."""
    words = SMALL.split()
    ran = run("explain", f"{file}:X2", "--scenario", " ".join([words[0], *reversed(words[1:])]))
    assert ran.code == 0
    assert f"in {SMALL}: expected HOLDS: we hope" in ran.out


def test_only_the_run_with_text(file: Path) -> None:
    """--text prints the run and nothing else."""
    full, only = run("explain", f"{file}:X2").out, run("explain", f"{file}:X2", "--text").out
    assert full.endswith(only)
    assert only.startswith("0  at the start")
    assert "Scope" not in only


def test_a_chart_goes_to_a_file_or_to_stdout(file: Path, tmp_path: Path) -> None:
    """--svg FILE writes beside the text; --svg - prints the chart and nothing else."""
    target = tmp_path / "new" / "run.svg"
    beside = run("explain", f"{file}:X2", "--svg", target)
    assert beside.code == 0
    assert "violated" in beside.out
    alone = run("explain", f"{file}:X2", "--svg", "-")
    assert alone.out == target.read_text(encoding="utf-8")
    assert ElementTree.fromstring(alone.out.encode()).tag.endswith("svg")


def test_a_run_as_json_replays(file: Path) -> None:
    """--json - prints a trace that the model agrees with, and nothing else."""
    trace = Trace.from_json(json.loads(run("explain", f"{file}:X2", "--json", "-").out))
    assert len(retrace(trace, compose(scenario(OTHER)).system)) == len(trace) > 0


def test_a_claim_that_holds_has_no_run_and_says_so(file: Path, tmp_path: Path) -> None:
    """Explained, it is fine (0) with its evidence; where a run is asked for, exit code 5."""
    told = run("explain", f"{file}:X1")
    assert told.code == 0
    for words in ("HOLDS in", "Scope: all reachable states", "Actions taken:", "channel A>B full:"):
        assert words in told.out, words
    for option in (("--text",), ("--svg", tmp_path / "x.svg"), ("--json", "-")):
        asked = run("explain", f"{file}:X1", *option)
        assert asked.code == 5
        assert asked.err == f"tcpmodel: X1 has no run to show in {SMALL}: HOLDS\n"
    assert not (tmp_path / "x.svg").exists()


def test_an_inconclusive_explanation_is_no_success(tmp_path: Path) -> None:
    """A bound that was reached is exit code 5, with the reason."""
    file = claims_file(
        tmp_path / "mine.py", claim("X1", verdicts=f"{{{LARGE!r}: holds('it takes long')}}")
    )
    ran = run("explain", f"{file}:X1", "--max-depth", "2")
    assert ran.code == 5
    assert "the bound of 2 steps was reached" in ran.out


def test_one_stdout_is_for_one_thing(file: Path) -> None:
    """Two machine-readable outputs cannot share stdout: one line, exit code 2."""
    ran = run("explain", f"{file}:X2", "--svg", "-", "--json", "-")
    assert (ran.code, ran.out, len(ran.err.splitlines())) == (2, "", 1)


def test_a_file_that_cannot_be_written_is_one_line(file: Path) -> None:
    """The explanation stands; the file is named; exit code 2."""
    ran = run("explain", f"{file}:X2", "--svg", file / "x.svg")
    assert ran.code == 2
    assert "violated" in ran.out
    assert len(ran.err.splitlines()) == 1
    assert str(file) in ran.err


def test_a_broken_formula_is_one_line(tmp_path: Path) -> None:
    """Of a claim whose formula cannot be read, file and line are named."""
    file = claims_file(tmp_path / "mine.py", claim("X1", "lambda w: w.A.nonsense"))
    ran = run("explain", f"{file}:X1")
    assert ran.code == 2
    assert ran.err.startswith(f"tcpmodel: {file}:8: claim X1: A has no 'nonsense'")


def test_the_explanation_fits_the_terminal(file: Path) -> None:
    """COLUMNS is respected."""
    ran = run("explain", f"{file}:X2", COLUMNS="60")
    assert max(map(len, ran.out.splitlines())) <= 60


def test_runs_that_look_alike_stand_together() -> None:
    """Where knowledge is missing: who cannot tell which run from which; side by side if there is
    room.
    """
    told = {}
    for columns in ("80", "120"):
        ran = run("explain", "P14", "--scenario", TWO_WAY, COLUMNS=columns)
        assert ran.code == 0
        assert "At their ends, B cannot tell run 1 from run 2:" in ran.out
        assert "violated: An ESTABLISHED server knows that both directions work." in ran.out
        told[columns] = ran.out
    assert "into a broken direction: lost" in " ".join(told["80"].split())
    assert "│" not in told["80"]
    assert re.search("^run 1 +│ run 2$", told["120"], re.MULTILINE)


def test_it_says_what_turned_when(file: Path, tmp_path: Path) -> None:
    """Below the run, in the chart, and in the JSON: the part of the claim that became false."""
    sentence = "step 3: A.state != ESTABLISHED becomes false"
    chart, data = tmp_path / "x.svg", tmp_path / "x.json"
    ran = run("explain", f"{file}:X2", "--svg", chart, "--json", data)
    assert ran.out.splitlines()[-1].strip() == sentence
    assert sentence in " ".join(chart.read_text("utf-8").split())
    told = json.loads(data.read_text("utf-8"))
    assert told["turning"]["sentence"] == sentence
    assert told["turning"]["step"] == len(told["steps"]) == 3
    assert told["claim"] == "X2"


def test_several_runs_differ_in_the_states_they_pass_through(tmp_path: Path) -> None:
    """-n 3: shortest first, each with what turned; files are numbered; every one is a run of the
    model, and no two pass through the same states.
    """
    file = tmp_path / "x.json"
    text = "two_way gives_up=on closes=nobody loss=0"
    ran = run("explain", "P02", "-n", 3, "--scenario", text, "--json", file)
    assert ran.code == 0
    lengths = re.findall(r"^Run \d of 3 \((\d) steps\):$", ran.out, re.MULTILINE)
    assert lengths == ["4", "4", "6"]
    assert ran.out.endswith(
        "The 3 shortest runs that differ in the states of A and B that they pass through.\n"
    )
    assert ran.out.count("left_half_open('B') becomes true") == 3
    words = set()
    for name in ("x.json", "x-2.json", "x-3.json"):
        trace = Trace.from_json(json.loads((tmp_path / name).read_text("utf-8")))
        assert retrace(trace, compose(scenario(text)).system).steps == trace.steps
        states = [trace.state(i) for i in range(len(trace) + 1)]
        pairs = [(s["A.state"], s["B.state"]) for s in states]
        words.add(tuple(p for i, p in enumerate(pairs) if i == 0 or pairs[i - 1] != p))
    assert len(words) == 3


def test_fewer_runs_than_asked_for_are_explained() -> None:
    """All that there are, or all within a bound: which of the two is said."""
    name = "linux roles=alone gives_up=off incarnations=1"
    alone = run("explain", "P79", "-n", 4, "--scenario", name)
    assert alone.out.splitlines()[-1].startswith("There is only 1: every other passes through the")
    text = "two_way gives_up=on closes=nobody loss=0"
    bound = run("explain", "P02", "-n", 99, "--scenario", text, "--max-depth", 4)
    assert bound.out.endswith(
        "There are only 2 of at most 4 steps that differ in the states of A and B that they pass "
        "through; stopped: the bound of 4 steps was reached.\n"
    )


def test_several_runs_are_not_for_everything() -> None:
    """Of knowledge there is no run to a state, and one stdout is for one file: one line each."""
    knowing = run("explain", "P14", "-n", 2, "--scenario", TWO_WAY)
    assert (knowing.code, knowing.out) == (2, "")
    assert "several runs are found for always, sometimes and within" in knowing.err
    files = run("explain", "P02", "-n", 2, "--json", "-")
    assert (files.code, files.out) == (2, "")
    assert files.err == "tcpmodel: -n 2 makes several files; name one\n"


def test_without_time_for_others_the_first_run_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that settled the claim; that no other was found, and why, is said."""
    nothing = Several((), 3, "the time limit of 1 s was reached")
    monkeypatch.setattr("tcpmodel.claims.several.several", lambda *_, **__: nothing)
    told = run("explain", "P02", "-n", 3, "--scenario", "two_way gives_up=on closes=nobody loss=0")
    assert told.code == 0
    assert re.search("^4  ", told.out, re.MULTILINE)
    assert told.out.endswith(
        "No other run was found; stopped: the time limit of 1 s was reached.\n"
    )
