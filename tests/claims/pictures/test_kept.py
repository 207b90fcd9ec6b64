"""What is in `diagrams/` is what is drawn now, and can be read by everybody."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tcpmodel.claims.coverage import coverage_markdown
from tcpmodel.claims.diagrams import SECTIONS, entry, pictures, up_to_date
from tcpmodel.claims.pictures.picture import Chart, Picture, Sheet, render

FOLDER = Path(__file__).parents[3] / "diagrams"
SVG = "{http://www.w3.org/2000/svg}"
PICTURES = pictures()
every_picture = pytest.mark.parametrize("name", PICTURES)
RENEW = "tcpmodel diagram -o diagrams"


@cache
def page() -> str:
    return (FOLDER / "README.md").read_text(encoding="utf-8")


@every_picture
def test_what_is_kept_is_what_is_drawn_now(name: str) -> None:
    """DOT and sheets to the byte, what Graphviz laid out by what it was laid out from."""
    drawing = PICTURES[name].make()
    kept = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    assert up_to_date(drawing, kept), f"{name}.svg is out of date: {RENEW}"
    if drawing.graph is not None:
        text = (FOLDER / f"{name}.dot").read_text(encoding="utf-8")
        assert text == render(drawing, "dot"), f"{name}.dot is out of date: {RENEW}"
    assert entry(name, drawing) in page(), f"README.md is out of date: {RENEW}"
    assert drawing.title == PICTURES[name].title
    assert (FOLDER / f"{name}.dot").exists() == (drawing.graph is not None)


@every_picture
def test_a_picture_is_for_everybody(name: str) -> None:
    """A title and a description for who listens, colours for dark pages, nothing from elsewhere,
    and as wide as a page of a repository.
    """
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    root = ET.fromstring(text)
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title")
    assert len(root.findtext(f"{SVG}desc") or "") > 20
    assert "prefers-color-scheme:dark" in text
    assert not re.search(r"<script|<image|<foreignObject|url\(http|@import", text)
    wide = float((root.get("width") or "").removesuffix("pt"))
    assert 300 < wide <= 1000
    assert any((node.text or "").strip() for node in root.iter(f"{SVG}text"))


@pytest.mark.parametrize("name", [n for n in PICTURES if (FOLDER / f"{n}.dot").exists()])
def test_no_colour_is_left_light_on_a_dark_page(name: str) -> None:
    """Every colour that Graphviz was given has a dark one in its place."""
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8")
    if 'class="tcpmodel-graph"' not in text:
        return
    style, drawn = text.split("</style>")
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', drawn)) - {"none", "transparent"}
    assert used
    assert {colour for colour in used if f'="{colour}"]' not in style} == set()


def test_the_page_shows_each_picture_once() -> None:
    """In sections, and none that is not drawn any more; what it links to is there."""
    shown = re.findall(r"!\[.*\]\((.*)\.svg\)", page())
    assert sorted(shown) == sorted(PICTURES)
    assert re.findall(r"^## (.*)$", page(), re.MULTILINE) == list(SECTIONS)
    links = re.findall(r"\]\(([^)]+)\)", page())
    assert [link for link in links if not (FOLDER / link).is_file()] == []


def test_the_account_of_what_is_modelled_is_that_of_the_rules() -> None:
    """Paragraph by paragraph."""
    assert (FOLDER / "coverage.md").read_text(encoding="utf-8") == coverage_markdown()


def test_nothing_else_is_kept() -> None:
    """No picture is left over from what has another name by now."""
    rationale = FOLDER / "rationale"
    files = {
        str(file.relative_to(FOLDER).with_suffix(""))
        for suffix in ("svg", "dot")
        for file in FOLDER.rglob(f"*.{suffix}")
        if rationale not in file.parents
    }
    assert files == set(PICTURES)


def test_a_picture_that_changes_is_noticed() -> None:
    """Another word in a graph or on a sheet, and what was kept is out of date."""
    chart = PICTURES["endpoint"].make()
    assert isinstance(chart, Chart)
    kept = (FOLDER / "endpoint.svg").read_text(encoding="utf-8")
    other = Chart(chart.graph, chart.title, chart.about + "!", chart.caption, chart.legend)
    assert up_to_date(chart, kept)
    assert not up_to_date(other, kept)
    sheet = Sheet("<svg/>", "t", "c")
    assert up_to_date(sheet, "<svg/>")
    assert not up_to_date(sheet, "<svg />")


def test_every_picture_has_a_name_and_a_title_of_its_own() -> None:
    """Names are paths below `diagrams/`, titles tell them apart."""
    for name, picture in PICTURES.items():
        assert isinstance(picture, Picture)
        assert re.fullmatch(r"\w+(/\w+)?", name)
    titles = [picture.title for picture in PICTURES.values()]
    assert len(set(titles)) == len(titles)
