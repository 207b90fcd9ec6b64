"""Figures of what was derived: how long TIME-WAIT has to be, and who knows what when.

The formulas of the least TIME-WAIT are those that the claims P59, P59b and P60s state; that each is
proved is for `tcpmodel verify` (and `tcpmodel derive time-wait`) to show.  Everything else is
computed here.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import partial
from itertools import pairwise

from tcpmodel.claims import knowledge_table
from tcpmodel.claims.discovery import bundled, claim_files, discover
from tcpmodel.claims.pictures.picture import Picture, Sheet
from tcpmodel.claims.tables_derived import Cell, matrix
from tcpmodel.claims.wait_rows import ROWS
from tcpmodel.claims.wait_table import BOUNDARY
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget
from tcpmodel.render.ladder import Rung, Side, ladder
from tcpmodel.render.matrix import Table, tables
from tcpmodel.render.plot import Bar, Bars, Line, Plot, Points, plot
from tcpmodel.tcp.compose import AGENTS

COLOURS = {"HOLDS": ("safe", "good"), "FAILS": ("unsafe", "bad")}
"""How a verdict is shown in a table of what is safe."""

LOSSES = (0, 1, 2, 3)
"""The numbers of losses in a row that have a line."""

_BOUND = "How long TIME-WAIT has to be"
_MATRIX = "TIME-WAIT and initial sequence numbers"
_KNOWS = "What each side knows"
_WORDS = {"two": "two messages", "three": "three messages", "four": "four messages"}


def pictures() -> list[Picture]:
    """The figures that are kept."""
    return [
        Picture("time_wait/bound", _BOUND, bound),
        Picture("time_wait/matrix", _MATRIX, isn_matrix),
        *(
            Picture(f"knowledge/{name}", f"{_KNOWS}: {_WORDS[name]}", partial(knowledge, name))
            for name in knowledge_table.HANDSHAKES
        ),
    ]


# --- TIME-WAIT by initial sequence numbers --------------------------------------------------------


def isn_matrix() -> Sheet:
    """TIME-WAIT × ISN: where something old is taken for something new.  Searched anew."""
    cells = list(matrix(Budget()))
    unsafe = sum(cell.verdict == "FAILS" for cell in cells)
    found = "find a run in which something old is taken"
    caption = f"Each cell is a search; {unsafe} of {len(cells)} {found}."
    return Sheet(tables([matrix_table(cells)]), _MATRIX, caption)


def matrix_table(cells: Sequence[Cell]) -> Table:
    """The cells of `tables_derived.matrix`, as a table to draw."""
    columns = list(dict.fromkeys(cell.column for cell in cells))
    rows: dict[str, dict[str, tuple[str, str]]] = {}
    for cell in cells:
        shown = COLOURS.get(cell.verdict, ("not settled", "open"))
        rows.setdefault(cell.row, {})[cell.column] = shown
    table = [(name, [row.get(c, ("", "")) for c in columns]) for name, row in rows.items()]
    note = (
        "May something of the old connection be accepted by the side that closed first?  No loss, "
        "resets ignored in TIME-WAIT (RFC 1337).  Safe: in all reachable states of a model with "
        "two segments per direction and an MSL of one tick."
    )
    named = [column if column.endswith("MSL") else f"no TIME-WAIT ({column})" for column in columns]
    return Table(_MATRIX, named, table, note)


# --- the least safe TIME-WAIT ---------------------------------------------------------------------


def bound() -> Sheet:
    """The least safe TIME-WAIT under all assumptions, and as a function of RTO and losses."""
    formulas = stated()
    says = {row.id: row.says for row in ROWS}
    fixed = [
        (row, formula)
        for row, formula in formulas.items()
        if formula == "none" or _names(formula) == {"MSL"}
    ]
    bars = [
        Bar(
            None if formula == "none" else value(formula, {"MSL": Fraction(1)}),
            "no wait is safe" if formula == "none" else formula,
            f"{row}: {says[row]}",
        )
        for row, formula in fixed
    ]
    formula = formulas["d"]
    right, top = Fraction(2), Fraction(5)
    lines = [
        Line(
            "no loss" if not n else f"{n} loss{'es' * (n > 1)} in a row", corners(formula, n, right)
        )
        for n in LOSSES
    ]
    plane = Plot(
        title=f"d: TIME-WAIT ≥ {formula}",
        x_name="RTO / MSL: how soon the FIN is sent again",
        y_name="least safe TIME-WAIT, in MSL",
        right=right,
        top=top,
        lines=lines,
        limit=Fraction(2),
        below="2 MSL is enough",
        above="2 MSL is not enough",
    )
    others = "".join(
        f"{row}: {says[row]}: {formula}.  "
        for row, formula in formulas.items()
        if row != "d" and (row, formula) not in fixed
    )
    note = (
        f"d: {says['d']}.  {others}The formulas are those that the claims P59, P59b and P60s "
        "state; tcpmodel verify proves each anew, for all values and runs of any length.  "
        f"{BOUNDARY[0].upper()}{BOUNDARY[1:]}."
    )
    drawn = plot(
        _BOUND,
        Bars("By what is assumed of the end of a connection", "MSL", Fraction(4), bars),
        plane,
        note,
    )
    caption = f"By what is assumed; with up to n losses in a row, {formula}."
    return Sheet(drawn, _BOUND, caption)


def stated() -> dict[str, str]:
    """The formula that a claim states for a row of `tcpmodel derive time-wait`, by row."""
    found: dict[str, str] = {}
    for _, claim in discover(claim_files(bundled())).claims:
        if not claim.of_model and getattr(claim.property, "table", "") == "time-wait":
            found |= {row: expected.formula for row, expected in claim.verdicts.items()}
    return {row.id: found[row.id] for row in ROWS if row.id in found}


def corners(formula: str, losses: int, right: Fraction) -> Points:
    """The graph of a piecewise linear formula over RTO, with MSL = 1: its corners.

    The corners of sums, maxima and minima of n·RTO, (n+1)·RTO and MSL lie where these are equal.
    """
    steps = [Fraction(1, k) for k in range(1, losses + 2)]
    xs = sorted({Fraction(0), right, *steps, *(x for x in map(Fraction, range(1, int(right))))})
    points = [
        (x, value(formula, {"MSL": Fraction(1), "RTO": x, "n": Fraction(losses)})) for x in xs
    ]
    for (x0, y0), (x1, y1) in pairwise(points):
        middle = value(formula, {"MSL": Fraction(1), "RTO": (x0 + x1) / 2, "n": Fraction(losses)})
        if middle * 2 != y0 + y1:
            raise ModelError(f"{formula!r} has a corner between RTO = {x0} and {x1} MSL")
    return points


def value(formula: str, parameters: Mapping[str, Fraction]) -> Fraction:
    """The value of a formula such as `MSL + max(n·RTO, min(MSL, (n+1)·RTO))`.

    Raises `ModelError` for anything but sums, products, max and min of numbers and parameters.
    """
    return _value(_tree(formula), parameters)


def _tree(formula: str) -> ast.expr:
    return ast.parse(formula.replace("·", "*"), mode="eval").body


def _names(formula: str) -> set[str]:
    """The parameters in a formula."""
    called = ("max", "min")
    names = (node.id for node in ast.walk(_tree(formula)) if isinstance(node, ast.Name))
    return {name for name in names if name not in called}


def _value(node: ast.expr, parameters: Mapping[str, Fraction]) -> Fraction:
    match node:
        case ast.Constant(value=int(number)):
            return Fraction(number)
        case ast.Name(id=name) if name in parameters:
            return parameters[name]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _value(left, parameters) + _value(right, parameters)
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return _value(left, parameters) * _value(right, parameters)
        case ast.Call(func=ast.Name(id="max" | "min" as name), args=args):
            return (max if name == "max" else min)(_value(arg, parameters) for arg in args)
    raise ModelError(f"no formula of TIME-WAIT: {ast.unparse(node)}")


# --- knowledge ------------------------------------------------------------------------------------


def knowledge(name: str) -> Sheet:
    """What each side of a handshake knows after each message."""
    text = knowledge_table.HANDSHAKES[name]
    found = knowledge_table.rows(text)
    rungs = []
    for before, row in zip([None, *found], found, strict=False):
        sides = []
        for agent in AGENTS:
            told = row.sides[agent]
            old = set(before.sides[agent].knows) if before else set()
            news = [words for words in told.knows if words not in old]
            rest = [words for words in told.knows if words in old]
            sides.append(Side(told.state, [*news, *rest], len(news)))
        words = row.segment.partition(" ")[2]
        rungs.append(Rung(words, row.segment.startswith("A"), (sides[0], sides[1])))
    title = f"{_KNOWS}: {_WORDS[name]}"
    about = (
        f"{text}: either direction of the network may be broken from the start; nothing is lost "
        "here, and each message arrives before the next one is sent"
    )
    note = (
        "New knowledge is green.  What is known deepest in each direction is told; it implies the "
        "rest.  An endpoint knows what is true in every reachable state in which it would be in "
        "the state it is in."
    )
    last = [" and that ".join(side.knows) or "nothing" for side in rungs[-1].sides]
    caption = f"`{text}`.  In the end A knows that {last[0]}; B knows that {last[1]}."
    return Sheet(ladder(title, about, (AGENTS[0], AGENTS[1]), rungs, note), title, caption)
