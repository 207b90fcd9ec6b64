"""The page of a verdict, as its reader uses it: keys, buttons, clicks, permalinks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.visiting import Visits, contrast, overflow
from tests.cli.driving import SMALL, claim, claims_file, run

if TYPE_CHECKING:
    from playwright.sync_api import Page

PAGES = {
    "run": ("P01", "two_way gives_up=off"),
    "lasso": ("P54", "rfc9293 roles=alone incarnations=1"),
    "knowledge": ("P14", "two_way incarnations=1 gives_up=off link=any"),
    "longest": ("P81", "linux roles=alone gives_up=off incarnations=1"),
    "none": ("P01", "rfc9293"),
}
"""A page of each kind: what is explained.  The longest run is the longest of all claims."""


@pytest.fixture(scope="module", name="file")
def page_by_kind(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The file of a page, made when it is first asked for."""
    folder = tmp_path_factory.mktemp("pages")

    def made(kind: str) -> Path:
        path = folder / f"{kind}.html"
        if not path.exists():
            code, scenario = PAGES[kind]
            assert run("explain", code, "--scenario", scenario, "--html", path).code == 0
        return path

    return made


def step(page: Page, number: int = 1) -> int:
    """The step that a run shows: the same in its counter, list, card and chart."""
    root = page.locator(f"#run-{number}")
    count = int(root.locator(".count b").inner_text())
    assert root.locator(".steps > .now > a").inner_text() == str(count)
    assert root.locator(".card > a").inner_text() == str(count)
    lit = root.locator("svg [data-step].now")
    assert {one.get_attribute("data-step") for one in lit.all()} == {str(count)}
    return count


def table(page: Page, number: int = 1) -> dict[str, str]:
    """What the table of a run says, by the number of the cell."""
    cells = page.locator(f"#run-{number} td[data-cell]")
    told = cells.evaluate_all("cells => cells.map(c => [c.dataset.cell, c.textContent])")
    return dict(told)


# --- going from step to step ----------------------------------------------------------------------


def test_keys_move_the_step(visits: Visits, file: Callable[[str], Path]) -> None:
    """Arrows, j and k go to the next and the previous step, Home and End to the ends."""
    page = visits.open(file("run"))
    assert step(page) == 0
    for key, wanted in (
        ("ArrowRight", 1), ("j", 2), ("j", 3), ("ArrowLeft", 2), ("k", 1), ("End", 13),
        ("ArrowRight", 13), ("Home", 0), ("k", 0),
    ):  # fmt: skip
        page.keyboard.press(key)
        assert step(page) == wanted
        assert page.evaluate("location.hash") == f"#step={wanted}"
    page.keyboard.press("Control+j")  # the browser's own
    assert step(page) == 0


def test_buttons_move_the_step(visits: Visits, file: Callable[[str], Path]) -> None:
    """They have names, and those that lead nowhere are off."""
    page = visits.open(file("run"))
    named = {name: page.get_by_role("button", name=name, exact=True) for name in (
        "First step", "Previous step", "Next step", "Last step")}  # fmt: skip
    assert named["Previous step"].is_disabled()
    for name, wanted in (("Next step", 1), ("Last step", 13), ("Previous step", 12)):
        named[name].click()
        assert step(page) == wanted
    named["Last step"].click()
    assert named["Next step"].is_disabled()
    named["First step"].click()
    assert step(page) == 0


def test_play_goes_on_by_itself_until_it_is_paused(
    visits: Visits, file: Callable[[str], Path]
) -> None:
    """Space and the button start and stop it; meanwhile it is not read out step by step."""
    page = visits.open(file("run"))
    page.keyboard.press("Space")
    assert page.get_by_role("button", name="Pause").is_visible()
    assert page.locator(".card").get_attribute("aria-live") == "off"
    page.locator(".count b", has_text="1").wait_for()
    page.get_by_role("button", name="Pause").click()
    assert page.locator(".card").get_attribute("aria-live") == "polite"
    stopped = step(page)
    page.wait_for_timeout(1600)
    assert step(page) == stopped


def test_a_click_on_a_step_goes_there(visits: Visits, file: Callable[[str], Path]) -> None:
    """In the list, on a label of the chart, and beside it: the step at that height."""
    page = visits.open(file("run"))
    page.locator(".steps > li").nth(5).locator("p").first.click()
    assert step(page) == 5
    page.locator("svg [data-step='8'] text").first.click()
    assert step(page) == 8
    place = page.locator("svg [data-step='2'] .disc").bounding_box()
    left = page.locator("svg .paper").bounding_box()
    assert place is not None
    assert left is not None
    page.mouse.click(left["x"] + 6, place["y"] + place["height"] / 2)
    assert step(page) == 2


def test_a_lasso_goes_round(visits: Visits, file: Callable[[str], Path]) -> None:
    """After its last step `next` leads back to where the loop begins, and says so."""
    page = visits.open(file("lasso"))
    page.keyboard.press("End")
    last = step(page)
    loop = int(page.locator("#run-1").get_attribute("data-loop") or "")
    page.get_by_role("button", name=f"Back to step {loop}, where the loop begins").click()
    assert step(page) == loop <= last
    told = page.locator(".loops").inner_text()
    assert told.endswith(f"after the last step it repeats for ever from step {loop}")
    assert page.locator(".steps > .back > a").inner_text() == str(loop)


def test_runs_that_look_alike_have_their_own_steps(
    visits: Visits, file: Callable[[str], Path]
) -> None:
    """Each run has its buttons, and an address of its steps; keys go to the one used last."""
    page = visits.open(file("knowledge"), "#run=2&step=1")
    assert (step(page, 1), step(page, 2)) == (0, 1)
    page.keyboard.press("ArrowRight")
    assert (step(page, 1), step(page, 2)) == (0, 2)
    assert page.evaluate("location.hash") == "#run=2&step=2"
    page.locator("#run-1 [data-go=next]").click()
    assert (step(page, 1), step(page, 2)) == (1, 2)
    assert page.evaluate("location.hash") == "#step=1"


# --- permalinks -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fragment", "wanted"), [("#step=7", 7), ("#7", 7), ("#step=99", 13), ("#nonsense", 0)]
)
def test_a_permalink_loads_its_step(
    fragment: str, wanted: int, visits: Visits, file: Callable[[str], Path]
) -> None:
    """Also abbreviated; beyond the end it is the last step, and what is none is ignored."""
    page = visits.open(file("run"), fragment)
    assert step(page) == wanted
    if wanted:
        band = page.locator("svg .lit").bounding_box()
        assert band is not None
        assert 0 <= band["y"] <= band["y"] + band["height"] <= 900


def test_an_address_may_change_while_the_page_is_open(
    visits: Visits, file: Callable[[str], Path]
) -> None:
    """The step follows, and going through steps does not fill the browser's history."""
    page = visits.open(file("run"))
    before = page.evaluate("history.length")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert page.evaluate("history.length") == before
    page.evaluate("location.hash = '#step=9'")
    page.locator(".count b", has_text="9").wait_for()
    assert step(page) == 9


# --- the table ------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["run", "lasso", "knowledge", "longest"])
def test_what_is_highlighted_is_what_changed(
    kind: str, visits: Visits, file: Callable[[str], Path]
) -> None:
    """At every step exactly the cells that differ from the step before are marked."""
    page = visits.open(file(kind))
    before = table(page)
    assert page.locator("td.changed").count() == 0
    last = page.locator("#run-1 .steps > li").count() - 1
    for number in range(1, min(last, 12) + 1):
        page.keyboard.press("ArrowRight")
        now = table(page)
        marked = page.locator("#run-1 td.changed").evaluate_all("c => c.map(d => d.dataset.cell)")
        assert set(marked) == {cell for cell in now if now[cell] != before[cell]}, number
        before = now


def test_the_table_is_the_same_whichever_way_one_comes(
    visits: Visits, file: Callable[[str], Path]
) -> None:
    """Forward step by step, backward, or at once by the permalink."""
    page = visits.open(file("run"))
    forward = []
    for _ in range(14):
        forward.append(table(page))
        page.keyboard.press("j")
    backward = []
    for _ in range(14):
        backward.append(table(page))
        page.keyboard.press("k")
    assert backward[::-1] == forward
    assert table(visits.open(file("run"), "#8")) == forward[8]


# --- what it looks like ---------------------------------------------------------------------------


def test_the_current_step_is_lit_and_the_rest_is_dim(
    visits: Visits, file: Callable[[str], Path]
) -> None:
    """Before one begins to step through it the chart is all there; then the step stands out."""
    page = visits.open(file("run"))

    def opacity(number: int) -> float:
        label = page.locator(f"svg [data-step='{number}'] text").last
        return float(label.evaluate("node => getComputedStyle(node).opacity"))

    assert [opacity(n) for n in (0, 3, 7)] == [1, 1, 1]
    page.keyboard.press("End")
    for _ in range(10):
        page.keyboard.press("k")
    assert step(page) == 3
    assert opacity(3) == 1 > opacity(2) > opacity(7) > 0
    band, badge = page.locator("svg .lit").bounding_box(), page.locator("svg .now .disc")
    box = badge.bounding_box()
    assert band is not None
    assert box is not None
    assert band["y"] <= box["y"] <= box["y"] + box["height"] <= band["y"] + band["height"] + 1


@pytest.mark.parametrize("kind", PAGES)
@pytest.mark.parametrize("width", [375, 1280])
def test_nothing_is_wider_than_the_window(
    kind: str, width: int, visits: Visits, file: Callable[[str], Path]
) -> None:
    """On a phone as on a wide screen, with and without scripts."""
    assert overflow(visits.open(file(kind), "#2", width=width)) <= 0
    assert overflow(visits.open(file(kind), width=width, scripts=False)) <= 0


def test_on_a_phone_the_step_is_in_view(visits: Visits, file: Callable[[str], Path]) -> None:
    """The chart scrolls by itself to where the step is, on either side; buttons stay at hand."""
    page = visits.open(file("run"), width=375)
    for number in range(1, 14):
        page.keyboard.press("j")
        badge = page.locator(f"svg [data-step='{number}'] .disc").bounding_box()
        chart = page.locator(".chart").bounding_box()
        buttons = page.locator(".controls").bounding_box()
        assert badge is not None
        assert chart is not None
        assert buttons is not None
        assert chart["x"] <= badge["x"] <= chart["x"] + chart["width"] - badge["width"]
        assert chart["y"] <= badge["y"] <= chart["y"] + chart["height"]
        assert buttons["y"] + buttons["height"] <= 900


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_in_light_and_dark(
    scheme: str, visits: Visits, file: Callable[[str], Path]
) -> None:
    """At least 4.5 to 1 (WCAG 2 AA) for what is read, highlighted or not."""
    page = visits.open(file("run"), "#13", scheme=scheme)  # type: ignore[arg-type]
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(255, 255, 255)", "dark": "rgb(13, 17, 23)"}[scheme]
    for selector in (
        "h1", ".name", ".judged .mark", ".because", ".turned", ".pill", ".card p", ".card cite",
        ".count", ".st", "td.changed", ".tables th", ".tables td", ".step.now p", ".steps ins",
        ".steps del", ".others td", ".others code", ".about li", "footer p", ".top a, .top span",
    ):  # fmt: skip
        assert contrast(page, selector) >= 4.5, selector


# --- for everyone ---------------------------------------------------------------------------------


def test_everything_is_there_without_scripts(visits: Visits, file: Callable[[str], Path]) -> None:
    """Every step with its rule and changes is seen, no button that does nothing; links work."""
    page = visits.open(file("run"), "#step=7", scripts=False)
    assert page.locator(".controls, .card").evaluate_all("all => all.every(o => !o.offsetHeight)")
    hidden = "all => all.filter(o => !o.offsetHeight).length"
    assert page.locator(".steps li, .steps p").evaluate_all(hidden) == 0
    place = page.locator(".steps > li").nth(7).bounding_box()
    assert place is not None
    assert 0 <= place["y"] < 900


def test_it_can_be_printed(visits: Visits, file: Callable[[str], Path]) -> None:
    """On paper: no buttons, nothing dimmed, every step with its rule and changes, light."""
    page = visits.open(file("run"), "#step=3", scheme="dark")
    page.emulate_media(media="print")
    assert page.locator(".controls").evaluate("o => o.offsetHeight") == 0
    hidden = "all => all.filter(o => !o.offsetHeight).length"
    assert page.locator(".steps li").evaluate_all(hidden) == 0
    opacity = "all => Math.min(...all.map(o => Number(getComputedStyle(o).opacity)))"
    assert page.locator("svg .step > *, svg .flight").evaluate_all(opacity) == 1
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == "rgb(255, 255, 255)"


def test_it_can_be_used_by_keyboard_and_ear(visits: Visits, file: Callable[[str], Path]) -> None:
    """Focus is seen; space presses the button that has it; the step is announced."""
    page = visits.open(file("run"))
    page.get_by_role("button", name="Next step").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    outline = page.locator("[data-go=next]").evaluate("o => getComputedStyle(o).outlineStyle")
    assert outline == "solid"
    page.keyboard.press("Space")
    assert step(page) == 1
    assert page.locator(".card").get_attribute("aria-live") == "polite"
    assert page.locator("[aria-current=step]").count() == 1
    unnamed = "all => all.filter(o => !o.getAttribute('aria-label')).length"
    assert page.locator("button").evaluate_all(unnamed) == 0


def test_the_longest_run_is_small_and_has_its_chart(
    visits: Visits, file: Callable[[str], Path]
) -> None:
    """Less than 200 kB, though it has a step for every tick of two minutes."""
    path = file("longest")
    assert path.stat().st_size < 200_000
    page = visits.open(path, "#step=100")
    assert step(page) == 100
    assert page.locator(".steps > li").count() > 130


def test_hostile_text_is_inert(visits: Visits, tmp_path: Path) -> None:
    """A script in a claim's sentence is shown and not run; nor is one in the address."""
    script = (
        "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">"
    )
    verdicts = f"{{{SMALL!r}: fails({script!r})}}"
    source = claim("X1", "lambda w: w.A.state != ESTABLISHED", verdicts)
    source = source.replace("'Claim X1 is about nothing in particular.'", repr(script))
    path = tmp_path / "page.html"
    file = claims_file(tmp_path / "mine.py", source)
    assert run("explain", f"{file}:X1", "--html", path).code == 0
    page = visits.open(path, "#<img src=x onerror=alert(1)>")
    page.keyboard.press("ArrowRight")
    assert step(page) == 1
    assert page.locator("h1").inner_text() == script
    assert "taken" not in page.title().split()
    assert page.locator("img").count() == 0


def test_the_policy_is_in_force(visits: Visits, file: Callable[[str], Path]) -> None:
    """Even where markup got in, neither a script of it would run nor an image be asked for."""
    page = visits.open(file("run"))
    page.evaluate(
        """() => {
          document.body.insertAdjacentHTML("beforeend", "<img src='http://example.invalid/x'>");
          const script = document.createElement("script");
          script.textContent = "document.title = 'taken'";
          document.body.append(script);
        }"""
    )
    page.wait_for_timeout(100)
    assert page.title() != "taken"
    refused = [words for words in visits.complaints if "Content Security Policy" in words]
    assert len(refused) == len(visits.complaints) == 2
    visits.complaints.clear()
    visits.requests.remove("http://example.invalid/x")  # asked for, and refused
