"""Why 2 MSL?  The bounds that we believe in, found and proved by the engines.

Folklore: "TIME-WAIT is 2 MSL, so that old segments have died".  That is right for FINs if the last
ACK is not lost; with losses it is right if and only if n·RTO ≤ MSL; for other old segments, and
where resets are honoured, it is wrong.
"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tcpmodel.claims.tables_derived import Handshake, handshakes, matrix
from tcpmodel.claims.wait_agreement import compare
from tcpmodel.claims.wait_rows import ROWS
from tcpmodel.claims.wait_table import (
    Derived,
    as_json,
    derive,
    exit_code,
    select,
    trace_lines,
)
from tcpmodel.core.result import Budget
from tests.cli.driving import run

BELIEVED = {
    "a": ("MSL", "always"),
    "b": ("2·MSL", "always"),
    "b-no-restart": ("2·MSL", "always"),
    "b-any": ("4·MSL", "never"),
    "b-any-no-restart": ("4·MSL", "never"),
    "b-any-restart-by-any": ("2·MSL", "always"),
    "c": ("none", "never"),
    "d": ("MSL + max(n·RTO, min(MSL, (n+1)·RTO))", "n·RTO ≤ MSL"),
    "d-no-restart": ("3·MSL + n·RTO", "never"),
    "e": ("MSL + R2", "R2 ≤ MSL"),
    "f": ("none", "never"),
    "one-loss": ("none", "never"),
}
"""Row → the least safe TIME-WAIT, and when 2 MSL is enough."""


@pytest.fixture(scope="module")
def found() -> dict[str, Derived]:
    """The whole table, without the comparison with the full model."""
    return {row.row.id: row for row in derive(ROWS, None, full=False)}


def test_every_bound_is_the_one_we_believe_in(found: dict[str, Derived]) -> None:
    """Nothing about the bounds is written down where they are sought: rows hold assumptions."""
    assert {name: (row.bound, row.enough) for name, row in found.items()} == BELIEVED


def test_every_bound_is_proved(found: dict[str, Derived]) -> None:
    """Unsafe below, safe from there on: for all values of MSL, RTO, R2, T and every n."""
    assert [name for name, row in found.items() if not row.proved] == []
    assert exit_code(list(found.values())) == 0


def test_every_bound_has_a_run_below_it(found: dict[str, Derived]) -> None:
    """A second less, and something goes wrong; A has opened the next connection by then."""
    for row in found.values():
        assert row.trace is not None
        assert row.trace.steps[-1].at >= row.trace.parameters["T"] or row.row.id == "c"
        assert any("opens the next connection" in line for line in trace_lines(row.trace))


def test_2_msl_is_the_ack_one_way_and_the_fin_the_other(found: dict[str, Derived]) -> None:
    """The run below 2 MSL is the story that the posts tell: the last ACK takes a whole lifetime,
    and the FIN that B sent just before takes another.
    """
    trace = found["b"].trace
    assert trace is not None
    assert [step.action for step in trace.steps] == [
        *("first_fin_arrives", "fin_is_sent", "ack_arrives", "time_wait_timeout")
    ]
    assert trace.parameters["T"] == 239


@pytest.mark.parametrize("name", ["a", "c", "d-no-restart"])
def test_the_full_model_agrees(found: dict[str, Derived], name: str) -> None:
    """In ticks, with all the rules of TCP, the least safe wait is the same (one MSL each)."""
    row = found[name]
    short = replace(row.row, full=(replace(row.row.full[0], lifetimes=(1,)),))
    checks = list(compare(short, row.least.bound, Budget()))
    assert len(checks) == 2
    assert [check for check in checks if not check.agrees] == []


def test_restarting_saves_time_if_fins_are_frequent(found: dict[str, Derived]) -> None:
    """With RTO below MSL and few losses less than 2 MSL is enough: some FIN always restarts the
    timer.  The full model agrees at MSL = 2 ticks, RTO = 1: 3 ticks instead of 4.
    """
    row = found["d"]
    short = replace(row.row, full=(replace(row.row.full[0], lifetimes=(2,)),))
    checks = compare(short, row.least.bound, Budget())
    shown = {c.scenario.split("rto=1 ")[1]: c.verdict for c in checks}
    assert shown["msl=2 time_wait=2"] == "FAILS"
    assert shown["msl=2 time_wait=3"] == "HOLDS"


def test_out_of_time_is_no_proof() -> None:
    """A row for which there was no time says so, and the exit code is that of the inconclusive."""
    rows = list(derive(select(["d"]), 0.001, full=False))
    assert not rows[0].proved
    assert rows[0].reason
    assert exit_code(rows) == 5
    assert as_json(rows)["rows"][0]["proved"] is False


def test_fewest_messages() -> None:
    """Three messages are needed exactly where the server neither remembers nor waits (P08)."""

    def least(row: Handshake) -> tuple[str, int | None]:
        return f"{row.memory}/{row.lifetime}", row.least

    assert dict(map(least, handshakes(Budget()))) == {
        "none/unknown": 3,
        "none/known": 2,
        "none/known, used by the client only": 3,
        "per_peer_last_inc/unknown": 2,
        "per_peer_last_inc/known": 2,
        "per_peer_last_inc/known, used by the client only": 2,
    }


def test_the_matrix_of_time_wait_and_isn() -> None:
    """Numbers apart make TIME-WAIT needless for this purpose; the same numbers need 2 MSL against
    old FINs and text, and 2 MSL is not enough against an old reset.
    """
    cells = {(c.row, c.column): c.verdict for c in matrix(Budget())}
    safe = {place for place, verdict in cells.items() if verdict == "HOLDS"}
    assert {place for place in cells if place[0].startswith("distinct")} <= safe
    constant = {place for place in safe if place[0].startswith("constant")}
    assert constant == {("constant ISN, FIN", "2 MSL"), ("constant ISN, text", "2 MSL")}


def test_the_command_writes_a_table() -> None:
    """`derive time-wait a --json -`: a row with its bound, its run and its proof."""
    ran = run("derive", "time-wait", "a", "--no-full-model", "--json", "-")
    row = json.loads(ran.out)["rows"][0]
    assert (ran.code, row["bound"], row["proved"]) == (0, "MSL", True)
    assert row["violating_trace"]["steps"]
    assert run("derive", "time-wait", "zebra").code == 2


def test_the_command_draws() -> None:
    """The figure is a standalone SVG: the bounds, and the matrix."""
    ran = run("derive", "time-wait", "a", "--no-full-model", "--figure", "-")
    assert ran.code == 0
    assert ran.out.startswith("<svg")
    assert "unsafe" in ran.out
