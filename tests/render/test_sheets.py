"""Maps, plots and ladders: everything is drawn, in its place, nothing on something else."""

from __future__ import annotations

import re
from fractions import Fraction
from itertools import combinations
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.render.grid import Cell, Grid, Move, grid
from tcpmodel.render.ladder import Rung, Side, ladder
from tcpmodel.render.plot import Bar, Bars, Line, Plot, plot

SVG = "{http://www.w3.org/2000/svg}"
NAMES = ("CLOSED", "LISTEN", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "CLOSING", "LAST-ACK")


def a_grid(cells: dict[tuple[int, int], Cell], moves: list[Move]) -> Grid:
    return Grid(
        "Title",
        "about <it>",
        ("A", "B"),
        NAMES,
        NAMES[:4],
        cells,
        moves,
        {"start": "begin", "row": "r", "column": "c", "way": "w", "bad": "b"},
        "A note.",
    )


def boxes(root: ET.Element, kind: str) -> list[tuple[float, float, float, float]]:
    return [
        tuple(float(rect.get(key) or 0) for key in ("x", "y", "width", "height"))  # type: ignore[misc]
        for rect in root.iter(f"{SVG}rect")
        if kind in (rect.get("class") or "").split()
    ]


places = st.tuples(st.integers(0, 6), st.integers(0, 3))


@given(st.dictionaries(places, st.integers(1, 10**6), min_size=1, max_size=28))
def test_no_cell_lies_on_another(counts: dict[tuple[int, int], int]) -> None:
    """Each pair has its place inside the picture; each count is told, the bad ones apart."""
    cells = {place: Cell(n, n // 2, place == (0, 0)) for place, n in counts.items()}
    drawn = grid(a_grid(cells, []))
    root = ET.fromstring(drawn)
    wide, high = float(root.get("width") or 0), float(root.get("height") or 0)
    found = boxes(root, "cell")[2:]  # two are in the key
    assert len(found) == len(cells)
    for (x, y, w, h), (x2, y2, w2, h2) in combinations(found, 2):
        assert x + w <= x2 or x2 + w2 <= x or y + h <= y2 or y2 + h2 <= y
    assert all(x >= 0 and x + w <= wide and y >= 0 and y + h <= high for x, y, w, h in found)
    texts = " ".join(root.itertext())
    assert all(f"{count:,}" in texts for count in counts.values())
    assert texts.count("✗") == sum(cell.bad > 0 for cell in cells.values())


@given(places, places, st.lists(st.integers(1, 99), max_size=2))
def test_a_move_goes_from_cell_to_cell(
    one: tuple[int, int], two: tuple[int, int], way: list[int]
) -> None:
    """Its arrow touches both, stays inside the picture, and says when a run takes it."""
    if one == two or (one[0] != two[0] and one[1] != two[1]):
        return
    drawn = grid(a_grid({one: Cell(1), two: Cell(2)}, [Move(one, two, "a tip", way)]))
    root = ET.fromstring(drawn)
    ways = [p for p in root.iter(f"{SVG}path") if "Q" in (p.get("d") or "")]
    head = list(root.iter(f"{SVG}polygon"))[-1]
    (path,) = ways
    numbers = [float(n) for n in re.findall(r"-?\d+\.\d", path.get("d") or "")]
    source, target = sorted(boxes(root, "cell")[2:], key=lambda b: (b[1], b[0]))[
        :: 1 if one < two else -1
    ]
    tip = [float(n) for n in (head.get("points") or "").split()[0].split(",")]
    assert touches(source, numbers[0], numbers[1])
    assert touches(target, tip[0], tip[1])
    wide, high = float(root.get("width") or 0), float(root.get("height") or 0)
    assert all(0 < x < wide for x in numbers[::2])
    assert all(0 < y < high for y in numbers[1::2])
    shown = "".join(text.text or "" for text in root.iter(f"{SVG}text"))
    assert (",".join(map(str, way)) in shown) or not way
    assert "a tip" in drawn


def touches(box: tuple[float, float, float, float], x: float, y: float) -> bool:
    left, top, wide, high = box
    return left - 0.2 <= x <= left + wide + 0.2 and top - 0.2 <= y <= top + high + 0.2


def test_a_line_ends_where_it_leaves_the_plane() -> None:
    """Its name is there; a line that stays has its name at the right."""
    steep = Line("steep", [(Fraction(0), Fraction(0)), (Fraction(2), Fraction(8))])
    flat = Line("flat", [(Fraction(0), Fraction(1)), (Fraction(2), Fraction(1))])
    plane = Plot("p", "x", "y", Fraction(2), Fraction(4), [steep, flat], Fraction(2), "ok", "no")
    bars = Bars("b", "MSL", Fraction(4), [Bar(Fraction(1), "MSL", "a"), Bar(None, "none", "c")])
    root = ET.fromstring(plot("t <", bars, plane, "note"))
    paths = {
        path.get("class"): [float(n) for n in re.findall(r"\d+\.\d", path.get("d") or "")]
        for path in root.iter(f"{SVG}path")
    }
    x, y = paths["line line0"][-2:]
    texts = {text.text: text for text in root.iter(f"{SVG}text")}
    assert float(texts["steep"].get("x") or 0) == pytest.approx(x)
    assert float(texts["steep"].get("y") or 0) < y
    assert float(texts["flat"].get("x") or 0) > paths["line line1"][-2]
    middle = (paths["line line0"][0] + paths["line line1"][-2]) / 2
    assert x == pytest.approx(middle, abs=0.1), "at half of the width it is as high as the plane"
    lengths = [box[2] for box in boxes(root, "bar")]
    assert lengths == [pytest.approx(boxes(root, "endless")[0][2] / 4, abs=0.1)]


words = st.text(alphabet="AB knows<>&→w", min_size=1, max_size=90).filter(str.strip)


@given(
    st.lists(
        st.tuples(st.lists(words, max_size=3), st.lists(words, max_size=3)), min_size=1, max_size=4
    )
)
def test_what_is_known_has_room(told: list[tuple[list[str], list[str]]]) -> None:
    """No line of one side lies on another, nor on a lane, however much is known."""
    rungs = [
        Rung("SYN" if n else "", n % 2 == 0, (Side("CLOSED", a, len(a)), Side("LISTEN", b)))
        for n, (a, b) in enumerate(told)
    ]
    root = ET.fromstring(ladder("t", "about", ("A", "B"), rungs, "note"))
    lanes = [
        float(line.get("x1") or 0)
        for line in root.iter(f"{SVG}line")
        if line.get("class") == "lane"
    ]
    assert len(lanes) == 2
    seen: dict[str, list[float]] = {"end": [], "start": []}
    for text in root.iter(f"{SVG}text"):
        x = float(text.get("x") or 0)
        if text.get("text-anchor") == "end":
            assert x < lanes[0]
            seen["end"].append(float(text.get("y") or 0))
        elif x > lanes[1]:
            seen["start"].append(float(text.get("y") or 0))
    for heights in seen.values():
        assert all(b - a >= 12 for a, b in zip(sorted(heights), sorted(heights)[1:], strict=False))
    assert sum(p.get("class") == "head" for p in root.iter(f"{SVG}polygon")) == len(told) - 1
