"""`tcpmodel report`: seeded faults, and how large the models are."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tcpmodel.claims.runner import Outcome
from tcpmodel.claims.scale import MANY, as_json, as_markdown, largest, size_of
from tcpmodel.core.result import Budget
from tcpmodel.tcp.scenario import PRESETS
from tests.tcp.test_compose import LEDGER

from .driving import run


def test_a_size_is_what_explicit_search_visits() -> None:
    """States, transitions and depth are those of the ledger; bits are those of all variables."""
    for name in ("two_way", "clock", "udp"):
        size = size_of(name, replace(PRESETS[name], incarnations=1), Budget())
        assert (size.states, size.transitions, size.depth) == LEDGER[name][:3]
        assert size.complete
        assert size.variables > size.ghosts > 0
        assert size.bits >= size.variables


def test_a_bound_that_is_reached_is_said() -> None:
    """Where the search stops early, the numbers are lower bounds."""
    size = size_of("rfc9293", PRESETS["rfc9293"], Budget(states=1000))
    assert not size.complete
    text = as_markdown([size], [])
    assert f"≥ {size.states:,}" in text
    assert "the limit of 1000 states was reached" in text


def _outcome(scenario: str, states: int | None) -> Outcome:
    return Outcome(
        code="P01",
        id="some-claim",
        says="",
        topic="",
        scenario=scenario,
        switches={"incarnations": 2, "data": 1, "capacity": 2, "msl": 0},
        expected="HOLDS",
        why="it is large",
        verdict="HOLDS",
        states=states,
        engine="bmc",
    )


def test_the_largest_scenario_of_a_claim_is_named_and_too_many_states_are_explained() -> None:
    """More than a million: the claim's reason and what makes it wide; none: who does not count."""
    (row,) = largest([_outcome("rfc9293", 10), _outcome("tw2", MANY + 1)])
    assert (row.scenario, row.states) == ("tw2", MANY + 1)
    assert "it is large (incarnations=2, data=1" in row.note
    assert "Above 1,000,000 states: P01." in as_markdown([], [row])
    (uncounted,) = largest([_outcome("rfc9293", None)])
    assert uncounted.note == "not counted by bmc"
    assert as_json([], [row])["claims"][0]["states"] == MANY + 1


def test_report_scale_prints_scenarios() -> None:
    """Those that are named, as Markdown, and as JSON with the same numbers."""
    names = ("udp", "two_way incarnations=1")
    told = json.loads(run("report", "scale", *names, "--json", "-").out)
    assert [size["scenario"] for size in told["presets"]] == list(names)
    ran = run("report", "scale", *names)
    assert ran.code == 0
    for size in told["presets"]:
        assert f"| {size['scenario']} |" in ran.out
        assert f"| {size['states']:,} | {size['transitions']:,} | {size['depth']} |" in ran.out
    assert run("report", "scale", "no_preset").code == 2


def test_report_mutation_says_what_a_claim_catches() -> None:
    """Only what that claim catches is listed; that it misses others is no failure."""
    ran = run("report", "mutation", "--claim", "P01w", "--rule", "close_second", "-j", 1)
    assert ran.code == 0
    assert "faults:" in ran.out


OWN = """
from tcpmodel.claims import *
few = Claim(code="X1", id="few", says="B never errs.", sources=[],
    property=always(lambda w: implies(w.B.state == ESTABLISHED, w.agrees_with_live_peer("B"))),
    verdicts={"two_way gives_up=off incarnations=1": holds("nothing is old")})
"""


def test_report_adequacy_lists_the_verdicts_that_change(tmp_path: Path) -> None:
    """With a second incarnation an old SYN comes; with wider numbers nothing changes.  A second
    run knows the first one's verdicts, unless that is not wanted.
    """
    file, folder = tmp_path / "own.py", {"XDG_CACHE_HOME": str(tmp_path)}
    file.write_text(OWN)
    asked = ("report", "adequacy", "--claim", file, "-j", 1)
    ran = run(*asked, "--raise", "width", "--raise", "incarnations", "--json", "-", **folder)
    told = json.loads(ran.out)
    assert ran.code == 10
    assert {row["switch"]: row["fate"] for row in told["rows"]} == {
        "width": "same",
        "incarnations": "changed",
    }
    assert list((tmp_path / "tcpmodel" / "verdicts").iterdir())
    ran = run(*asked, "--raise", "width", **folder)
    assert ran.code == 0
    assert "| width | 1 | 0 | 0 | 0 | 0 |" in ran.out
    ran = run(*asked, "--raise", "msl", "--no-cache")
    assert ran.code == 0
    assert "| msl | 0 | 0 | 0 | 0 | 1 |" in ran.out


def test_report_coverage_names_rules_that_nothing_exercises(tmp_path: Path) -> None:
    """Of a single claim: OPEN in CLOSED acts, OPEN in LISTEN does not."""
    file = tmp_path / "own.py"
    file.write_text(OWN)
    ran = run("report", "coverage", "--claim", file, "--json", "-", "-j", 1, "--no-cache")
    assert ran.code == 0
    told = {row["rule"]: row["verdicts"] for row in json.loads(ran.out)["rules"]}
    assert told["closed_active_open"]
    assert not told["listen_active_open"]
    (idle,) = json.loads(ran.out)["idle"]
    assert idle["complete"]
    assert "listen_active_open" in idle["rules"]
    ran = run("report", "coverage", "--claim", file, "-j", 1, "--no-cache")
    assert "## Rules that nothing exercises" in ran.out


def test_report_mutation_goes_on_where_it_was(tmp_path: Path) -> None:
    """What the first run has found is kept, and the second one finds the same."""
    asked = ("report", "mutation", "--claim", "P01w", "--rule", "close_second", "-j", 1)
    first = run(*asked, XDG_CACHE_HOME=str(tmp_path))
    assert [file.suffix for file in (tmp_path / "tcpmodel" / "faults").iterdir()] == [".jsonl"]
    assert run(*asked, XDG_CACHE_HOME=str(tmp_path)).out == first.out
