"""The suite as a site, in a browser: filters, their addresses, and links that lead somewhere."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from tests.browser.visiting import Visits, contrast, overflow
from tests.cli.driving import SMALL, claim, claims_file, run

if TYPE_CHECKING:
    from playwright.sync_api import Page

BUNDLED = ("P11", "P54", "P14l")
HOSTILE = "<script>document.title = 'taken'</script>"


@pytest.fixture(scope="module", name="site")
def site_with_every_kind_of_verdict(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Knowledge, liveness and lemmas as they come with the tool, all as expected; and three of our
    own: one that differs, one that is vacuous, one that cannot be read.
    """
    folder = tmp_path_factory.mktemp("site")
    differs = f"{{{SMALL!r}: holds({HOSTILE!r})}}"
    vacuous = "lambda w: implies(w.A.state == CLOSING, w.B.state == CLOSING)"
    file = claims_file(
        folder / "mine.py",
        claim("X1", "lambda w: w.A.state != ESTABLISHED", differs),
        claim("X2", vacuous).replace("    sources", "    folklore='so they say',\n    sources"),
        claim("X3", "lambda w: w.A.nonsense"),
    )
    ran = run("verify", *BUNDLED, file, "--html", folder / "out", "--no-cache", "-j", 1)
    assert ran.code == 10
    return folder / "out"


def shown(page: Page) -> list[str]:
    """The verdicts that can be seen, as (claim, what it says)."""
    rows = page.locator(".claim li:visible")
    told = rows.evaluate_all(
        "all => all.map(o => o.closest('.claim').id + ' ' + o.querySelector('.pill').textContent)"
    )
    return [str(one) for one in told]


def test_all_verdicts_are_there_and_told_apart_by_words(visits: Visits, site: Path) -> None:
    """Claims by topic, with every verdict, and what it means in words."""
    page = visits.open(site / "index.html")
    everything = shown(page)
    assert {"P11 HOLDS", "P54 FAILS", "P14l HOLDS", "X1 FAILS", "X3 ERROR"} <= set(everything)
    assert page.locator("output").inner_text() == f"{len(everything)} verdicts"
    told = page.locator("main").inner_text()
    for words in ("as expected", "not as expected: HOLDS", "vacuous", "nonsense"):
        assert words in told


def test_words_filter(visits: Visits, site: Path) -> None:
    """All words must occur, in the claim or in the verdict; the address keeps them."""
    page = visits.open(site / "index.html")
    box = page.get_by_role("searchbox")
    box.fill("ATTEMPT retries=3")
    assert set(shown(page)) == {"P54 HOLDS"}
    assert len(shown(page)) == 2
    assert page.evaluate("location.hash") == "#q=ATTEMPT+retries%3D3"
    box.fill("no such words")
    assert shown(page) == []
    assert page.get_by_text("No verdict fits the filter.").is_visible()
    page.get_by_role("button", name="Clear").click()
    page.locator("output", has_text=re.compile(r"^\d+ verdicts$")).wait_for()
    assert "#" not in page.url


def test_verdicts_marks_topics_and_sayings_filter(visits: Visits, site: Path) -> None:
    """Each by itself, and together."""
    page = visits.open(site / "index.html")
    everything = shown(page)
    chips = page.locator(".chips label")
    chips.filter(has_text=re.compile(r"^fails \d+")).click()
    assert shown(page) == [one for one in everything if one.endswith("FAILS")]
    chips.filter(has_text=re.compile(r"^not as expected \d+")).click()
    assert shown(page) == ["X1 FAILS"]
    page.get_by_role("button", name="Clear").click()
    chips.filter(has_text="vacuous").click()
    assert shown(page) == ["X2 HOLDS"]
    page.get_by_role("button", name="Clear").click()
    page.get_by_label("Topic").select_option("knowledge")
    assert {one.split()[0] for one in shown(page)} == {"P11"}
    assert page.locator("h2:visible").all_text_contents() == ["knowledge"]
    page.get_by_role("button", name="Clear").click()
    chips.filter(has_text="what people say").click()
    assert {"X2", "P54"} <= {one.split()[0] for one in shown(page)}
    assert "X1" not in {one.split()[0] for one in shown(page)}


def test_a_filter_is_an_address(visits: Visits, site: Path) -> None:
    """It is honoured when the page is opened, and when it changes; a claim's is left alone."""
    page = visits.open(site / "index.html", "#verdict=FAILS&mark=unexpected")
    assert shown(page) == ["X1 FAILS"]
    assert page.locator("input:checked").count() == 2
    page.evaluate("location.hash = '#q=P54&verdict=FAILS'")
    page.locator("output", has_text="2 of").wait_for()
    assert set(shown(page)) == {"P54 FAILS"}
    named = visits.open(site / "index.html", "#P54")
    assert len(shown(named)) > 10
    place = named.locator("#P54 h3").bounding_box()
    bar = named.locator(".filters").bounding_box()
    assert place is not None
    assert bar is not None
    assert bar["y"] + bar["height"] <= place["y"] < 900


def test_every_link_leads_somewhere(visits: Visits, site: Path) -> None:
    """From the index to each verdict, from there to the others and back: to files that exist, and
    to places in them that exist.
    """
    files = [*site.rglob("*.html")]
    assert len(files) > 12
    page = visits.open(site / "index.html")
    followed: set[str] = set()
    for file in files:
        page.goto(file.as_uri())
        links = page.locator("a[href]").evaluate_all("all => all.map(a => a.href)")
        for link in set(links) - followed:
            parts = urlsplit(link)
            assert parts.scheme == "file"
            target = Path(unquote(parts.path))
            assert target.is_file(), link
            fragment = unquote(parts.fragment)
            if fragment and not fragment.startswith(("step=", "run=")):
                assert f'id="{fragment}"' in target.read_text("utf-8"), link
        followed |= set(links)
    index = (site / "index.html").as_uri()
    assert {file.as_uri() for file in files} - {index} <= {link.split("#")[0] for link in followed}


def test_a_verdict_is_one_click_away_and_back(visits: Visits, site: Path) -> None:
    """The index leads to the page of a verdict, which leads back to its claim."""
    page = visits.open(site / "index.html")
    page.locator("#P54 li a").first.click()
    assert page.locator("h1").inner_text() == "An attempt to connect comes to an end."
    page.get_by_role("link", name="P54", exact=True).click()
    assert page.url.endswith("index.html#P54")


def test_hostile_text_is_inert(visits: Visits, site: Path) -> None:
    """Markup in a claim file is shown as it stands, in the index and on its page."""
    page = visits.open(site / "index.html")
    assert HOSTILE in page.locator("#X1").inner_text()
    assert page.title() == "Claims about TCP, checked"
    page.locator("#X1 li a").first.click()
    assert HOSTILE in page.locator("main").inner_text()
    assert page.title() != "taken"


@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_is_wider_than_the_window(width: int, visits: Visits, site: Path) -> None:
    """On a phone as on a wide screen, with and without scripts."""
    assert overflow(visits.open(site / "index.html", width=width)) <= 0
    assert overflow(visits.open(site / "index.html", width=width, scripts=False)) <= 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_dark(scheme: str, visits: Visits, site: Path) -> None:
    """At least 4.5 to 1 (WCAG 2 AA)."""
    page = visits.open(site / "index.html", "#verdict=FAILS&q=X1", scheme=scheme)  # type: ignore[arg-type]
    for selector in (
        "h1", "h2", ".sum", "h3", "h3 small", ".code", ".folklore span", ".pill", ".claim code",
        ".claim .why", ".mark", ".chips span", ".chips small", ".filters select", "output",
        "footer p",
    ):  # fmt: skip
        assert contrast(page, selector) >= 4.5, selector


def test_everything_is_there_without_scripts(visits: Visits, site: Path) -> None:
    """All verdicts with their links; no filter that does nothing."""
    page = visits.open(site / "index.html", scripts=False)
    assert page.locator(".filters").evaluate("o => o.offsetHeight") == 0
    assert page.locator(".claim li a").count() == len(shown(page)) > 10
