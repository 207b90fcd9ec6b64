"""The table of variables: every value after every step, and exactly what changed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from tcpmodel.core.trace import Trace
from tcpmodel.render.variables import NOTHING, Cell, Table

from .random_traces import random_traces
from .traces import SAMPLES, Run, half_open, message, time_wait, toy

GHOSTS = frozenset({"A.peer", "B.peer", "A.stale_fin", "B.stale_fin"})


def cell(table: Table, name: str) -> Cell:
    """The only cell of that name."""
    (found,) = (c for c in table.cells if c.name == name)
    return found


@settings(max_examples=60, deadline=None)
@given(random_traces(most=12))
def test_every_variable_is_shown_and_nothing_else_changes(trace: Trace) -> None:
    """Cells are numbered through; a step's changes are where neighbouring values differ."""
    table = Table(trace, GHOSTS)
    assert [c.number for c in table.cells] == list(range(len(table.cells)))
    assert all(len(c.values) == len(trace) + 1 for c in table.cells)
    for index in range(1, len(trace) + 1):
        told = {c.cell.number: (c.before, c.after) for c in table.changes(index)}
        assert all(before != after for before, after in told.values())
        for c in table.cells:
            pair = (c.values[index - 1], c.values[index])
            assert told.get(c.number, (pair[0], pair[0])) == pair


@pytest.mark.parametrize("name", SAMPLES)
def test_a_change_is_told_exactly_if_the_step_made_it(name: str) -> None:
    """The endpoints' cells change at the steps at which the trace says so."""
    trace = SAMPLES[name]()
    table = Table(trace, GHOSTS)
    spelled = {"snd_nxt": "SND.NXT", "rcv_nxt": "RCV.NXT", "state": "state", "inc": "incarnation"}
    for index in range(1, len(trace) + 1):
        made = {n for n in trace.changes(index) if n.rpartition(".")[2] in spelled and ">" not in n}
        wanted = {f"{n[0]} {spelled[n[2:]]}" for n in made}
        told = {change.cell.name for change in table.changes(index)}
        assert {n for n in told if n.partition(" ")[2] in spelled.values()} == wanted


def test_endpoints_stand_side_by_side_and_ghosts_apart() -> None:
    """One row per variable in the RFC's spelling, a column for A and one for B."""
    table = Table(half_open(), GHOSTS)
    blocks = {block.kind: block for block in table.blocks}
    assert blocks["endpoints"].columns == ("A", "B")
    rows = {row.name: row.cells for row in blocks["endpoints"].rows}
    assert {"state", "ISS", "SND.UNA", "SND.NXT", "RCV.NXT", "incarnation"} <= rows.keys()
    a, b = rows["state"]
    assert a is not None
    assert b is not None
    assert a.values[-1] == "SYN-SENT"
    assert b.values[-1] == "ESTABLISHED"
    ghosts = [row.name for row in blocks["ghosts"].rows]
    assert ghosts == ["believes in incarnation", "took an old FIN"]


def test_what_is_under_way_is_a_segment() -> None:
    """A place of a channel is told as people write a segment, its ghosts beside it."""
    run = Run(**{"A>B[0].seq": 0, "A>B[0].inc": 0, "A>B[0].to": 0, "A>B[0].age": 0})
    sent = message("A>B", "SYN seq=7 inc=1 to=0", 1)
    places = {f"A>B[0].{field}": value for field, value in sent.fields.items()}
    run.call("A", "active OPEN", **{**places, "A>B[0].age": 2})
    table = Table(run.trace())
    (wire,) = (block for block in table.blocks if block.kind == "wire")
    shown = [tuple(c.values for c in row.cells if c is not None) for row in wire.rows]
    assert ((NOTHING, "SYN seq=7, 2 ticks old"), (NOTHING, "1")) in shown


def test_ticks_are_counted() -> None:
    """Where there is a clock the table says how late it is."""
    assert cell(Table(time_wait()), "ticks so far").values[-1] == "3"
    assert all(c.name != "ticks so far" for c in Table(half_open()).cells)


def test_timers_that_are_off_are_off() -> None:
    """The timers of FIN-WAIT-2 and of the quiet time are stored as one more than what is left."""
    run = Run(A__fin_timer=0, A__quiet=3)
    run.tick(A__fin_timer=4, A__quiet=0)
    table = Table(run.trace())
    assert cell(table, "A FIN-WAIT-2 timer").values == ("off", "3 left")
    assert cell(table, "A quiet time").values == ("2 left", "off")


def test_other_systems_have_a_table_too() -> None:
    """Variables that nobody owns are called by their names."""
    table = Table(toy())
    assert [(c.name, c.values[0]) for c in table.cells] == [("x", "0"), ("y", "0")]
