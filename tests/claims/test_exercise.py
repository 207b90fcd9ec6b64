"""Which rules act in claims and in runs, and which in neither."""

from __future__ import annotations

import json
from pathlib import Path

from tcpmodel.claims.exercise import REASONS, Exercised, as_json, as_markdown, exercised, idle
from tcpmodel.claims.runner import Job, Outcome, run_job
from tcpmodel.tcp.compose import rules
from tcpmodel.tcp.coverage import family
from tcpmodel.tcp.faults import base_name
from tcpmodel.tcp.scenario import scenario

from .samples import write

TEXT = "two_way incarnations=1 closes=nobody gives_up=off"


def settled(path: Path) -> Outcome:
    """A claim about a connection that nobody closes."""
    file = write(
        path / "stays.py",
        "stays = Claim(code='X1', id='stays', says='It stays.', sources=[],",
        "    property=always(lambda w: w.B.state != TIME_WAIT),",
        f"    verdicts={{'{TEXT}': holds('nobody closes')}})",
    )
    return run_job(Job(str(file), "X1", TEXT))


def test_rules_are_told_with_who_has_them_act(tmp_path: Path) -> None:
    """OPEN acts in the claim, CLOSE in a run, and the cookie in neither."""
    found = [settled(tmp_path)]
    others = [scenario("rfc9293 syn_cookies=on")]
    rows = {
        row.rule: row for row in exercised(found, {"fig12": {"close_first__established"}}, others)
    }
    assert rows["closed_active_open"].verdicts == (f"X1 {TEXT}",)
    assert rows["close_first__established"].verdicts == ()
    assert rows["close_first__established"].runs == ("fig12",)
    assert not rows["cookie_returns"].verdicts
    assert not rows["cookie_returns"].runs
    text = as_markdown(list(rows.values()), idle(found))
    assert "| `cookie_returns` | `rfc9293" in text


def test_reasons_are_about_rules_that_no_run_exercises() -> None:
    """Each names a rule of the family that has them all."""
    names = {base_name(rule.name) for switches in family() for rule in rules(switches)}
    assert names >= REASONS.keys()
    (reason,) = REASONS.values()
    row = Exercised(next(iter(REASONS)), "rfc9293", (), ())
    assert reason in as_markdown([row], [])


def test_what_never_acts_is_told_by_scenario(tmp_path: Path) -> None:
    """Where nobody closes, no CLOSE acts: in all reachable states."""
    (row,) = idle([settled(tmp_path)])
    assert row.scenario == TEXT
    assert row.complete
    assert "close_first__established" in row.rules
    assert "closed_active_open" not in row.rules
    json.dumps(as_json([], [row]))
