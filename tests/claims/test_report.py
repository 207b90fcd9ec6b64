"""Reports: as text, as JSON, as JUnit XML."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.claims import report
from tcpmodel.claims.runner import Outcome

FINE = Outcome(
    code="X1",
    id="an-id",
    says="A sentence.",
    topic="a topic",
    scenario="rfc9293 rst=off",
    switches={"rst": "off"},
    expected="HOLDS",
    why="it is so",
    verdict="HOLDS",
    scope="all reachable states",
    engine="explicit",
    states=12345,
    transitions=23456,
    depth=7,
    cpu_seconds=1.25,
)
WRONG = replace(FINE, verdict="FAILS", trace={"steps": [1, 2, 3]})
OPEN = replace(FINE, verdict="HOLDS_UP_TO", reason="the bound of 3 steps was reached")
VACUOUS = replace(FINE, vacuous=True)
BROKEN = replace(FINE, verdict="UNKNOWN", error="mine.py:3: no such variable")


@pytest.mark.parametrize(
    ("found", "mark", "explanation", "effort"),
    [
        (FINE, "expected", "it is so", "12,345 states, depth 7, 1.2 s"),
        (WRONG, "unexpected", "expected HOLDS: it is so", "3 steps, 1.2 s"),
        (OPEN, "open", "the bound of 3 steps was reached", "12,345 states, depth 7, 1.2 s"),
        (
            VACUOUS,
            "vacuous",
            "holds vacuously: its premise is never reached (it is so)",
            "12,345 states, depth 7, 1.2 s",
        ),
        (BROKEN, "unexpected", "mine.py:3: no such variable", ""),
        (
            replace(FINE, cached=True),
            "expected",
            "it is so",
            "12,345 states, depth 7, known before",
        ),
        (replace(FINE, states=None), "expected", "it is so", "depth 7, 1.2 s"),
    ],
)
def test_an_outcome_in_words(found: Outcome, mark: str, explanation: str, effort: str) -> None:
    """What it is, why, and what it took."""
    assert report.mark(found) == mark
    assert report.explanation(found) == explanation
    assert report.effort(found) == effort


def test_the_summary_counts_every_kind() -> None:
    """One line, with what is missing and what is broken."""
    everything = [FINE, WRONG, OPEN, VACUOUS, BROKEN]
    assert report.summary([FINE], (), 2.0, planned=1) == "1 verdicts, all as expected; 2.0 s"
    assert report.summary(everything, ("a", "b"), 2.0, planned=5) == (
        "5 verdicts, 1 as expected, 2 not as expected, 1 not settled, 1 vacuous, "
        "2 broken claim files; 2.0 s"
    )
    assert report.summary([], ("a",), 0, planned=0) == "0 verdicts, 1 broken claim file; 0.0 s"
    cut = report.summary([FINE], (), 2.0, planned=4)
    assert cut == "interrupted: 1 verdicts of 4, all as expected; 2.0 s"
    known = report.summary([replace(FINE, cached=True), FINE], (), 2.0, planned=2)
    assert known == "2 verdicts, all as expected, 1 known before; 2.0 s"


def test_json_has_every_field_of_an_outcome() -> None:
    """Nothing that is known is left out; the trace is a path, the claim is called claim."""
    told = report.as_json(
        [FINE, WRONG], ["e"], {("X1", FINE.scenario): "t.json"}, interrupted=True, planned=3
    )
    assert json.loads(json.dumps(told)) == told
    assert (told["interrupted"], told["planned"], told["errors"]) == (True, 3, ["e"])
    row = told["results"][0]
    names = {field.name for field in fields(Outcome)} - {"code"} | {"claim", "as_expected"}
    assert row.keys() == names
    assert (row["claim"], row["trace"]) == ("X1", "t.json")


def test_traces_have_names_of_their_own(tmp_path: Path) -> None:
    """By claim and scenario, without characters that a file system minds."""
    outcomes = [replace(WRONG, scenario=text) for text in ("rfc9293", "rfc9293 rst=off", "a/../b")]
    paths: dict[tuple[str, str], str] = {}
    report.write_traces([FINE, *outcomes, replace(WRONG, code="../X")], tmp_path / "t", paths)
    written = sorted(p.name for p in (tmp_path / "t").iterdir())
    assert len(written) == 4
    assert sorted(Path(p).name for p in paths.values()) == written
    assert "X1__rfc9293_rst-off.json" in written
    assert json.loads(Path(paths["X1", "rfc9293"]).read_text()) == WRONG.trace


def test_what_was_written_before_an_error_is_known(tmp_path: Path) -> None:
    """The report can point at the traces that did get written."""
    paths: dict[tuple[str, str], str] = {}
    second = replace(WRONG, code="X2")
    (tmp_path / f"{report.file_stem(second)}.json").mkdir()
    with pytest.raises(IsADirectoryError):
        report.write_traces([WRONG, second], tmp_path, paths)
    assert list(paths) == [("X1", WRONG.scenario)]


def suite(outcomes: list[Outcome], errors: list[str], **paths: Any) -> ElementTree.Element:
    """The JUnit report, parsed."""
    return ElementTree.fromstring(report.as_junit(outcomes, errors, paths.get("traces", {})))


def test_junit_agrees_with_the_exit_code() -> None:
    """Whatever makes the exit code other than 0 is a failure or an error."""
    found = suite([FINE, WRONG, OPEN, VACUOUS, BROKEN], ["bad.py:1: SyntaxError"])
    counts = [found.get(name) for name in ("tests", "failures", "errors")]
    assert counts == ["6", "3", "2"]
    assert len(found.findall("testcase/failure")) == 3
    assert len(found.findall("testcase/error")) == 2
    case = found.findall("testcase")[0]
    assert (case.get("classname"), case.get("name")) == ("a topic.X1", "an-id [rfc9293 rst=off]")
    assert case.get("time") == "1.250"


def test_junit_leads_to_the_trace() -> None:
    """A failure's text has claim, verdicts, scope and the path of the trace."""
    found = suite([WRONG], [], traces={("X1", WRONG.scenario): "t/X1.json"})
    body = found.findtext("testcase/failure") or ""
    assert body.splitlines() == [
        "A sentence.",
        "verdict FAILS, expected HOLDS",
        "all reachable states",
        "trace t/X1.json",
    ]


@given(st.text(), st.text())
def test_junit_is_xml_whatever_authors_write(says: str, error: str) -> None:
    """Control characters, quotes, brackets and half characters are no way out of the document."""
    found = suite([replace(WRONG, says=says), replace(BROKEN, error=error or "e")], [error])
    assert found.get("tests") == "3"
