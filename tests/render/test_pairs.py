"""Runs that cannot be told apart, side by side."""

from __future__ import annotations

import pytest

from tcpmodel.render.pairs import GUTTER, NARROW, indistinguishable
from tcpmodel.render.text import text

from .traces import half_open, lossy, normal

TWINS = [("B", lossy()), ("A", half_open())]


@pytest.mark.parametrize("width", [NARROW, 100, 120, 200])
def test_two_columns(width: int) -> None:
    """Each pair is announced, stands side by side, and is complete: read down, each column is the
    text of its run.
    """
    told = indistinguishable(normal(), TWINS, claim="They agree.", why="they do not", width=width)
    lines = told.splitlines()
    assert max(map(len, lines)) <= width
    assert lines[0] == "At their ends, B cannot tell run 1 from run 2:"
    assert "At their ends, A cannot tell run 2 from run 3:" in lines
    assert lines[-2:] == ["  ✗  violated: They agree.", "     they do not"]
    wordy = indistinguishable(normal(), TWINS, claim="A claim " * 50, width=width)
    assert max(map(len, wordy.splitlines())) <= width
    half = (width - len(GUTTER)) // 2
    for start, (left, right) in ((2, (normal(), lossy())), (None, (lossy(), half_open()))):
        begin = lines.index(next(line for line in lines if line.startswith("run 2 "))) + 1
        begin = start + 1 if start is not None else begin
        for column, run in enumerate((left, right)):
            wanted = text(run, width=half).splitlines()
            cut = lines[begin : begin + len(wanted)]
            places = slice(0, half) if column == 0 else slice(half + len(GUTTER), None)
            assert [line[places].rstrip() for line in cut] == wanted


def test_one_under_the_other_where_it_is_narrow() -> None:
    """On a small terminal no line is wider than it, and each run has its title."""
    told = indistinguishable(normal(), TWINS, width=NARROW - 1)
    lines = told.splitlines()
    assert max(map(len, lines)) < NARROW
    titles = [line for line in lines if line.startswith("run ")]
    assert titles == ["run 1", "run 2", "run 2", "run 3"]
    assert text(half_open(), width=NARROW - 1).rstrip() in told


def test_a_run_is_not_told_twice() -> None:
    """Nobody can tell a run from itself: what should be known is false in that very run."""
    told = indistinguishable(normal(), [("A", normal())], claim="A knows it.", width=100)
    assert told.startswith(text(normal(), width=100))
    assert "cannot tell" not in told
    assert "what A should know is not so at the end of run 1." in told
    nested = indistinguishable(normal(), [("A", normal()), ("B", lossy())], width=100)
    assert nested == indistinguishable(normal(), [("B", lossy())], width=100)
