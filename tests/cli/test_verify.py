"""`tcpmodel verify`, as its most demanding users know it: CI jobs and authors of claims."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from tcpmodel.core.trace import Trace
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import SWITCHES, scenario

from .driving import LARGE, SMALL, claim, claims_file, plain, run, spawn

FAILING = "lambda w: w.A.state != ESTABLISHED"
VACUOUS = "lambda w: implies(w.A.state == CLOSING, w.B.state == CLOSING)"
HOLDS_BUT_FAILS = f"{{{SMALL!r}: holds('so we thought')}}"
OTHER = "two_way incarnations=1 capacity=1"
FAILS = f"{{{SMALL!r}: fails('connections are established')}}"


def settled(file: Path) -> Any:
    """The JSON report in a file."""
    return json.loads(file.read_text(encoding="utf-8"))


# --- exit codes -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        (claim("X1") + claim("X2", FAILING, FAILS), (), 0),
        (claim("X1", "lambda w: w.A.nonsense == 1"), (), 2),
        (claim("X1"), ("--max-states", "3"), 5),
        (claim("X1"), ("--max-depth", "3"), 5),
        (claim("X1", verdicts=f"{{{LARGE!r}: holds('it does')}}"), ("--timeout", "0.2"), 5),
        (claim("X1", FAILING, HOLDS_BUT_FAILS), (), 10),
        (claim("X1", VACUOUS), (), 11),
    ],
    ids=["expected", "broken claim", "states", "depth", "time", "unexpected", "vacuous"],
)
def test_the_exit_code_says_what_happened(
    source: str, options: tuple[str, ...], code: int, tmp_path: Path
) -> None:
    """0 as expected, 2 broken, 5 inconclusive, 10 another verdict, 11 holds only vacuously."""
    file = claims_file(tmp_path / "mine.py", source)
    ran = run("verify", file, *options)
    assert ran.code == code, ran
    assert plain(ran.out)


def test_the_gravest_exit_code_wins(tmp_path: Path) -> None:
    """A contradicted claim is not hidden by a broken one, nor that by a vacuous one."""
    wrong = claim("X1", FAILING, HOLDS_BUT_FAILS)
    broken = claim("X2", "lambda w: w.nonsense")
    vacuous = claim("X3", VACUOUS)
    assert run("verify", claims_file(tmp_path / "a.py", wrong, broken, vacuous)).code == 10
    assert run("verify", claims_file(tmp_path / "b.py", broken, vacuous)).code == 2
    (tmp_path / "c.py").write_text("this is no Python")
    assert run("verify", tmp_path / "c.py", claims_file(tmp_path / "d.py", vacuous)).code == 2


def test_a_contradicted_claim_shows_what_was_expected_and_found(tmp_path: Path) -> None:
    """The verdict, marked, and the expectation with its reason."""
    file = claims_file(tmp_path / "mine.py", claim("X1", FAILING, HOLDS_BUT_FAILS))
    out = run("verify", file).out
    assert re.search(rf"✗ FAILS +{SMALL} +\d+ steps", out)
    assert "expected HOLDS: so we thought" in out
    assert "1 verdicts, 0 as expected, 1 not as expected" in out


# --- reports --------------------------------------------------------------------------------------


def test_the_json_report_has_all_that_a_program_needs(tmp_path: Path) -> None:
    """Per claim and scenario: answer, scope, effort, evidence, and a trace that replays."""
    verdicts = f"{{{SMALL!r}: fails('they are'), {OTHER!r}: fails('here, too')}}"
    file = claims_file(tmp_path / "mine.py", claim("X1"), claim("X2", FAILING, verdicts))
    report = tmp_path / "new" / "folder" / "report.json"
    assert run("verify", file, "--json", report).code == 0
    told = settled(report)
    assert told["schema"] == "tcpmodel-verify/1"
    assert (told["interrupted"], told["errors"]) == (False, [])
    rows = told["results"]
    assert [(r["claim"], r["scenario"]) for r in rows] == [
        ("X1", SMALL),
        ("X2", SMALL),
        ("X2", OTHER),
    ]
    for row in rows:
        assert row["switches"].keys() == SWITCHES.keys()
        assert row["expected"] == row["verdict"]
        assert row["as_expected"] is True
        assert row["engine"] == "native"
        assert "incarnations" in row["scope"]
        assert min(row["states"], row["transitions"], row["depth"]) > 0
        assert row["cpu_seconds"] > 0
        assert row["evidence"]["fired"]
        assert row["evidence"]["complete"] is (row["verdict"] == "HOLDS")
        assert (row["trace"] is None) is (row["verdict"] == "HOLDS")
        if row["trace"]:
            saved = Trace.from_json(json.loads(Path(row["trace"]).read_text(encoding="utf-8")))
            again = retrace(saved, compose(scenario(row["scenario"])).system)
            assert again.state(len(again))["A.state"] == "ESTABLISHED"


def test_json_on_stdout_is_nothing_but_json(tmp_path: Path) -> None:
    """Whatever else there is to say, a claim file's own prints included, goes to stderr."""
    chatty = claim("X2", "lambda w: (print('evaluated'), w.A.state != ESTABLISHED)[1]", FAILS)
    file = claims_file(tmp_path / "mine.py", "print('loaded')", claim("X1"), chatty)
    bad = tmp_path / "bad.py"
    bad.write_text("1 +")
    for jobs in ("1", "2"):
        command = ("verify", bad, file, "-j", jobs, "--json", "-", "--traces", tmp_path / "t")
        ran = spawn(*command, "--no-cache", cwd=tmp_path)
        told = json.loads(ran.out)
        assert [row["claim"] for row in told["results"]] == ["X1", "X2"], told
        assert len(told["errors"]) == 1
        assert "loaded" in ran.err
        assert "evaluated" in ran.err
        assert ran.code == 2


def test_the_junit_report_counts_what_ci_shows(tmp_path: Path) -> None:
    """A test case per verdict; what is not as expected is a failure, what is broken an error."""
    good = claims_file(
        tmp_path / "good.py",
        claim("X1"),
        claim("X2", FAILING, FAILS),
        claim("X3", FAILING, HOLDS_BUT_FAILS),
        claim("X4", VACUOUS),
        claim("X5", "lambda w: w.nonsense"),
    )
    bad = tmp_path / "bad.py"
    bad.write_text("1 +")
    report = tmp_path / "report.xml"
    assert run("verify", good, bad, "--junit", report).code == 10
    suite = ElementTree.parse(report).getroot()
    counts = {name: int(suite.get(name, "")) for name in ("tests", "failures", "errors")}
    assert counts == {"tests": 6, "failures": 2, "errors": 2}
    cases = {case.get("name", ""): case for case in suite.iter("testcase")}
    assert len(cases) == 6
    for code, kind in (("x3", "failure"), ("x4", "failure"), ("x5", "error")):
        assert cases[f"claim-{code} [{SMALL}]"].find(kind) is not None, code
    body = cases[f"claim-x3 [{SMALL}]"].findtext("failure") or ""
    path = re.search(r"^trace (.+)$", body, re.MULTILINE)
    assert path is not None
    assert Path(path.group(1)).is_relative_to(tmp_path / "report-traces")
    assert Path(path.group(1)).is_file()


def test_junit_on_stdout_is_nothing_but_xml(tmp_path: Path) -> None:
    """`--junit -` works like `--json -`; both at once cannot."""
    file = claims_file(tmp_path / "mine.py", claim("X1"))
    ran = run("verify", file, "--junit", "-")
    assert ElementTree.fromstring(ran.out.encode()).get("tests") == "1"
    both = run("verify", file, "--junit", "-", "--json", "-")
    assert (both.code, both.out, len(both.err.splitlines())) == (2, "", 1)


def test_a_report_that_cannot_be_written_costs_only_itself(tmp_path: Path) -> None:
    """One line on stderr and exit code 2; the results stand, and so does the other report."""
    file = claims_file(tmp_path / "mine.py", claim("X1", FAILING, FAILS))
    blocked = tmp_path / "a file"
    blocked.write_text("in the way")
    xml = tmp_path / "ok.xml"
    ran = run("verify", file, "--json", blocked / "r.json", "--junit", xml, "--traces", tmp_path)
    assert ran.code == 2
    assert "✓ FAILS" in ran.out
    complaints = [line for line in ran.err.splitlines() if "cannot write" in line]
    assert len(complaints) == 1
    assert str(blocked) in complaints[0]
    assert ElementTree.parse(xml).getroot().get("tests") == "1"
    traces = run("verify", file, "--json", "-", "--traces", blocked)
    assert traces.code == 2
    assert json.loads(traces.out)["results"][0]["verdict"] == "FAILS"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_one_line(tmp_path: Path) -> None:
    """A disk without room is named, and the results stand."""
    file = claims_file(tmp_path / "mine.py", claim("X1"))
    ran = run("verify", file, "--junit", "/dev/full")
    assert ran.code == 2
    assert "✓ HOLDS" in ran.out
    assert ran.err == "tcpmodel: cannot write /dev/full: No space left on device\n"


def test_a_trace_stays_in_its_folder(tmp_path: Path) -> None:
    """The name of a claim is no path."""
    source = claim("X1", FAILING, FAILS).replace("code='X1'", "code='../../X1'")
    file = claims_file(tmp_path / "mine.py", source)
    folder = tmp_path / "deep" / "inside"
    assert run("verify", file, "--traces", folder).code == 0
    assert [p.parent for p in tmp_path.rglob("*.json")] == [folder]


# --- claim files ----------------------------------------------------------------------------------

BROKEN = {
    "syntax error": ("x = (\n", 1, "SyntaxError"),
    "exception": ("x = 1\ny = 2\nz = x / 0\n", 3, "ZeroDivisionError"),
    "exit": ("import sys\nsys.exit(3)\n", 2, "SystemExit"),
    "missing field": ("from tcpmodel.claims import *\n\nc = Claim(code='X9')\n", 3, "missing"),
    "no expectation": (
        "from tcpmodel.claims import *\n" + claim("X9", verdicts="{'rfc9293': 'HOLDS'}"),
        2,
        "expected holds('why') or fails('why')",
    ),
    "unknown scenario": (
        "from tcpmodel.claims import *\n" + claim("X9", verdicts="{'rfc9923': holds('?')}"),
        8,
        "did you mean rfc9293",
    ),
    "unknown switch": (
        "from tcpmodel.claims import *\n" + claim("X9", verdicts="{'rfc9293 los=1': holds('?')}"),
        8,
        "did you mean loss",
    ),
    "python's and": (
        "from tcpmodel.claims import *\n"
        + claim("X9", "lambda w: w.A.state == CLOSED and w.B.state == CLOSED"),
        7,
        "write all_of",
    ),
}


@pytest.mark.parametrize(("text", "line", "words"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_is_named_with_its_line(
    text: str, line: int, words: str, tmp_path: Path
) -> None:
    """`file:line: what is wrong`, in one line; the other files' claims are settled all the same."""
    bad = tmp_path / "bad.py"
    bad.write_text(text)
    good = claims_file(tmp_path / "good.py", claim("X1"))
    ran = run("verify", bad, good)
    first, *_ = ran.err.splitlines()
    assert first.startswith(f"tcpmodel: {bad}:{line}: "), first
    assert words in first
    assert "✓ HOLDS" in ran.out
    assert "1 broken claim file" in ran.out
    assert ran.code == 2


def test_a_code_that_is_taken_is_named_with_its_line_and_its_owner(tmp_path: Path) -> None:
    """The second claim of a code is refused, in the same file and in another one."""
    file = claims_file(tmp_path / "a.py", claim("X1"), claim("X1").replace("x1 =", "other ="))
    other = claims_file(tmp_path / "b.py", claim("X1"))
    ran = run("verify", file, other)
    mine, theirs = (e for e in ran.err.splitlines() if "already" in e)
    assert mine.startswith(f"tcpmodel: {file}:13: X1 is already the name of a claim in {file}")
    assert theirs.startswith(f"tcpmodel: {other}:4: X1 is already the name of a claim in {file}")
    assert "1 verdicts" in ran.out
    assert ran.code == 2


FORMULAS = {
    "unknown variable": ("lambda w: w.A.stat == CLOSED", "A has no 'stat'"),
    "unknown endpoint": ("lambda w: w.C.state == CLOSED", "'C'"),
    "unknown control bit": ("lambda w: none_of(w.inflight('A', 'URG'))", "URG"),
    "no term": ("lambda w: None", "gives None"),
    "a truth value": ("lambda w: True", "gives True"),
    "a number": ("lambda w: w.A.inc", "not a formula"),
    "foreign variable": ("lambda w: __import__('z3').Bool('rain')", "'rain'"),
    "exception": ("lambda w: 1 / 0", "ZeroDivisionError"),
    "exit": ("lambda w: exit(0)", "SystemExit"),
    "wrong arity": ("lambda: CLOSED", "TypeError"),
}


@pytest.mark.parametrize(("formula", "words"), FORMULAS.values(), ids=FORMULAS)
def test_a_broken_formula_is_named_with_its_line(formula: str, words: str, tmp_path: Path) -> None:
    """What goes wrong in a formula is its author's business: file, line, claim, what to change."""
    file = claims_file(tmp_path / "mine.py", claim("X1", formula), claim("X2"))
    ran = run("verify", file, "--json", tmp_path / "r.json", "-j", "1")
    broken, fine = settled(tmp_path / "r.json")["results"]
    assert broken["error"].startswith(f"{file}:8: claim X1: "), broken["error"]
    assert words in broken["error"]
    assert "\n" not in broken["error"]
    assert fine["verdict"] == "HOLDS"
    assert ran.code == 2


def test_claims_live_anywhere(tmp_path: Path) -> None:
    """A claim file outside the checkout, named from another directory, relatively."""
    (tmp_path / "claims").mkdir()
    (tmp_path / "elsewhere").mkdir()
    claims_file(tmp_path / "claims" / "mine.py", claim("X1"))
    ran = spawn("verify", "../claims/mine.py", "--json", "r.json", cwd=tmp_path / "elsewhere")
    assert ran.code == 0, ran.err
    assert settled(tmp_path / "elsewhere" / "r.json")["results"][0]["claim"] == "X1"
    folder = spawn("verify", tmp_path / "claims", "x1", cwd=tmp_path / "elsewhere")
    assert "1 verdicts, all as expected" in folder.out


def test_names_choose_once(tmp_path: Path) -> None:
    """A claim that is named twice, by file and by ID, is settled once."""
    file = claims_file(tmp_path / "mine.py", claim("X1"), claim("X2"))
    assert "2 verdicts" in run("verify", file, file, "x1", "claim-x1").out
    with_bundled = run("verify", file, "P01w", "--json", "-").out
    codes = [row["claim"] for row in json.loads(with_bundled)["results"]]
    assert codes == ["X1", "X2", "P01w", "P01w"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("verify", "P0"), "did you mean P"),
        (("verify", "no-stale-establish"), "did you mean no-stale-established"),
        (("verify", "P01", "--engine", "explict"), "did you mean explicit"),
        (("verify", "nowhere.py"), "no such file"),
        (("verify", "./"), "no claim files"),
        (("explain", "P1"), "did you mean P"),
        (("explain", "P01", "--scenario", "rfc9923"), "did you mean rfc9293"),
        (("explain", "P01", "--scenario", "rfc9293 rst=of"), "did you mean"),
        (("explain", "P01", "--scenario", "rfc9293 rst=off width=6"), "did you mean"),
        (("explain", "nowhere.py:P01"), "no such file"),
        (("check", "always(True)", "--scenario", "two_wey"), "did you mean two_way"),
        (("check", "always(True)", "--scenario", "rfc9293 chanel=bag"), "did you mean channel"),
        (("check", "always(True)", "--scenario", "rfc9293 channel=bog"), "did you mean bag"),
        (("check", "always(True)", "--scenario", "rfc9293 loss=9"), "0..7"),
        (("check", "always(True)", "--scenario", "rfc9293 loss"), "key=value"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_what_does_not_exist_gets_the_nearest_that_does(
    arguments: tuple[str, ...], words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line on stderr with the nearest valid name (or the valid range); exit code 2."""
    monkeypatch.chdir(tmp_path)
    ran = run(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert len(ran.err.splitlines()) == 1
    assert words in ran.err
