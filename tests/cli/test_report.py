"""`tcpmodel report`: seeded faults, and how large the models are."""

from __future__ import annotations

import json
from dataclasses import replace

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
