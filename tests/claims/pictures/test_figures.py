"""The figures of TIME-WAIT and of knowledge show what was derived."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.claims.discovery import bundled, claim_files, discover, select
from tcpmodel.claims.knowledge_table import HANDSHAKES, rows
from tcpmodel.claims.pictures.figures import (
    corners,
    knowledge,
    matrix_table,
    stated,
    value,
)
from tcpmodel.claims.tables_derived import Cell
from tcpmodel.core.errors import ModelError

FORMULA = stated()["d"]

numbers = st.fractions(min_value=0, max_value=5, max_denominator=24)


@given(numbers, numbers, st.integers(0, 6))
def test_a_formula_has_its_value(msl: Fraction, rto: Fraction, n: int) -> None:
    """That of P59b, as Python would have it."""
    expected = msl + max(n * rto, min(msl, (n + 1) * rto))
    assert value(FORMULA, {"MSL": msl, "RTO": rto, "n": Fraction(n)}) == expected


@pytest.mark.parametrize("formula", ["MSL - 1", "abs(MSL)", "R3", "MSL.real", "1.5"])
def test_what_is_no_formula_is_refused(formula: str) -> None:
    """Nothing is evaluated that a bound cannot be made of."""
    with pytest.raises(ModelError):
        value(formula, {"MSL": Fraction(1)})


@given(st.integers(0, 4), st.fractions(min_value=0, max_value=2, max_denominator=60))
def test_the_line_goes_through_every_value(n: int, x: Fraction) -> None:
    """Between its corners a line is the formula."""
    points = corners(FORMULA, n, Fraction(2))
    (x0, y0), (x1, y1) = next(p for p in pairwise(points) if p[1][0] >= x)
    height = y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    assert height == value(FORMULA, {"MSL": Fraction(1), "RTO": x, "n": Fraction(n)})


def test_a_corner_that_is_not_expected_is_noticed() -> None:
    """A formula with another kink would be drawn wrongly; it is not drawn."""
    with pytest.raises(ModelError, match="corner"):
        corners("max(MSL, 3·RTO·5)", 1, Fraction(2))


def test_the_formulas_are_those_of_the_claims() -> None:
    """What P59, P59b and P60s state, row by row."""
    claims = discover(claim_files(bundled())).claims
    told = {
        row: expected.formula
        for code in ("P59", "P59b", "P60s")
        for row, expected in select(claims, [code])[0][1].verdicts.items()
    }
    assert stated() == told


def test_the_table_has_a_mark_for_what_is_not_settled() -> None:
    """Neither safe nor unsafe: it says so."""
    cells = [
        Cell("r", column, "s", verdict, 1, 0.0)
        for column, verdict in (("0", "FAILS"), ("1 MSL", "UNKNOWN"), ("2 MSL", "HOLDS"))
    ]
    table = matrix_table(cells)
    assert table.rows == [("r", [("unsafe", "bad"), ("not settled", "open"), ("safe", "good")])]
    assert list(table.columns) == ["no TIME-WAIT (0)", "1 MSL", "2 MSL"]


@pytest.mark.parametrize("name", HANDSHAKES)
def test_what_is_known_is_what_the_engine_says(name: str) -> None:
    """Each message, and each deepest knowledge after it, is in the figure."""
    drawn = knowledge(name).svg
    found = rows(HANDSHAKES[name])
    assert drawn.count('class="head"') == len(found) - 1
    for row in found:
        for side in row.sides.values():
            assert side.state in drawn
            assert all(words in drawn for words in side.knows)
