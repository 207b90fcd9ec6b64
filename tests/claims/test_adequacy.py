"""Claims with one number of their scenario raised: what is raised, and what becomes of verdicts."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tcpmodel.claims.adequacy import (
    CHANGED,
    NOT_THERE,
    OPEN,
    SAME,
    STATED,
    as_json,
    as_markdown,
    raised,
    rows,
)
from tcpmodel.claims.runner import Job
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget

from .samples import write

TEXT = "two_way gives_up=off incarnations=1"


@pytest.mark.parametrize(
    ("text", "switch", "changes"),
    [
        ("rfc9293", "width", "width=6"),
        ("rfc9293 incarnations=1", "incarnations", "incarnations=2"),
        ("rfc9293", "msl", ""),
        ("tw2 rto=1", "msl", "msl=2 time_wait=4 rto=2"),
        ("tw2 msl=2 time_wait=3", "msl", "msl=3"),
        ("linux roles=alone gives_up=off", "msl", "msl=31"),
        ("linux roles=alone gives_up=off", "capacity", ""),
    ],
)
def test_what_is_raised(text: str, switch: str, changes: str) -> None:
    """One more of what the scenario has; what is a multiple of the MSL remains that, unless ticks
    are seconds.
    """
    assert raised(text, switch) == changes


def test_a_scenario_that_may_not_have_more_says_so() -> None:
    """Wider numbers than a scenario that tries all of them may have: the limit is named."""
    with pytest.raises(ModelError, match="width=6 or less"):
        raised("rfc9293 isn=free width=6", "width")


def asked(path: Path) -> Job:
    """A verdict that rests on there being no old segments."""
    file = write(
        path / "few.py",
        "few = Claim(code='X1', id='few', says='B never errs.', sources=[], property=always(",
        "    lambda w: implies(w.B.state == ESTABLISHED, w.agrees_with_live_peer('B'))),",
        f"    verdicts={{'{TEXT}': holds('nothing is old')}})",
    )
    return Job(str(file), "X1", TEXT)


def test_a_verdict_that_depends_on_the_scope_is_found(tmp_path: Path) -> None:
    """With a second incarnation it fails; wider numbers change nothing; there is no clock."""
    switches = ("incarnations", "width", "msl")
    found = list(rows([asked(tmp_path)], 1, lambda job, progress: None, switches))
    fates = {row.switch: row.fate for row in found}
    assert fates == {"incarnations": CHANGED, "width": SAME, "msl": NOT_THERE}
    (row,) = (row for row in found if row.fate == CHANGED)
    assert (row.small, row.large) == ("HOLDS", "FAILS")
    assert (
        "| X1 | `two_way gives_up=off incarnations=1` | `incarnations=2` | HOLDS | FAILS |"
        in as_markdown(found)
    )
    told = json.loads(json.dumps(as_json(found)))
    assert told["counts"]["incarnations"][CHANGED] == 1


def test_a_change_that_the_claim_states_itself_is_told_apart(tmp_path: Path) -> None:
    """It has a verdict, with its reason, about the very scenario with more incarnations."""
    job = asked(tmp_path)
    file = Path(job.file)
    larger = "'two_way gives_up=off': fails('an old SYN is enough'), "
    file.write_text(file.read_text().replace("verdicts={", "verdicts={" + larger))
    (row,) = rows([job], 1, lambda job, progress: None, ("incarnations",))
    assert (row.fate, row.how) == (STATED, "an old SYN is enough")
    assert "as the claim says" in as_markdown([row])


def test_what_was_not_finished_is_no_agreement(tmp_path: Path) -> None:
    """A run that ends at its limit is listed as such, with the limit."""
    limit = Budget(states=5)
    (row,) = rows([asked(tmp_path)], 1, lambda job, progress: None, ("width",), limit)
    assert row.fate == OPEN
    assert "limit of 5 states" in row.how
    assert "Not finished" in as_markdown([row])
