"""The rationale document: what it says is what was computed, and others can read it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tcpmodel.claims import commonmark, rationale
from tcpmodel.claims.catalogue import POSTS
from tcpmodel.claims.discovery import bundled, claim_files, discover
from tcpmodel.claims.language import Claim
from tcpmodel.claims.pool import run_jobs
from tcpmodel.claims.rationale_evidence import rfc_address, where
from tcpmodel.claims.rationale_question import Question
from tcpmodel.claims.rationale_reference import INDEX, SCENARIOS
from tcpmodel.claims.rationale_topics import (
    POSTS_FRAMING,
    POSTS_PAGE,
    POSTS_TITLE,
    THEMES,
    TOPICS,
)
from tcpmodel.claims.runner import Outcome, jobs_of
from tcpmodel.claims.verdicts import Verdicts, folder
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind
from tcpmodel.core.result import Budget, Verdict

COMMITTED = Path(__file__).parents[2] / "diagrams" / "rationale"
RENEW = "is out of date: `tcpmodel rationale` renews it"
FOUND = discover(claim_files(bundled())).claims
CLAIMS = {claim.code: claim for _, claim in FOUND}
PAGES = sorted(COMMITTED.glob("*.md"))

VERDICT_WORDS = {
    *("holds", "hold", "held", "fails", "fail", "failed", "true", "false", "right", "wrong"),
    *("safe", "unsafe", "enough", "suffices", "suffice", "always", "never", "must", "cannot"),
    *("proved", "proves", "proof", "violated", "impossible", "possible", "correct", "needed"),
    *("refuted", "works", "guaranteed", "guarantees", "unknown", "vacuous"),
}
"""What says, or seems to say, how something comes out."""

every_question = pytest.mark.parametrize("question", TOPICS.values(), ids=list(TOPICS))
every_page = pytest.mark.parametrize("page", PAGES, ids=[page.stem for page in PAGES])


# --- the questions --------------------------------------------------------------------------------


@every_question
def test_a_question_names_claims_and_scenarios_that_there_are(question: Question) -> None:
    """No claim twice; what the short answer and the charts are about is among the evidence."""
    assert len(set(question.claims)) == len(question.claims)
    assert CLAIMS.keys() >= set(question.claims) >= {code for code, _ in question.short}
    assert set(question.claims) >= {picture.code for picture in question.pictures}
    for code, texts in question.short:
        assert texts
        assert CLAIMS[code].verdicts.keys() >= set(texts)


@every_question
def test_a_question_shows_runs_that_are_expected(question: Question) -> None:
    """A run of a claim is that by which it fails, or of one that asks for a run, holds."""
    for picture in question.pictures:
        claim = CLAIMS[picture.code]
        shows = Verdict.HOLDS if claim.question.kind is Kind.SOMETIMES else Verdict.FAILS
        assert claim.verdicts[picture.scenario].verdict is shows


def test_names_of_pages_and_charts_differ() -> None:
    """None would overwrite another; they are short and can be typed."""
    pages = [*TOPICS, POSTS_PAGE, "README", "claims", "scenarios"]
    charts = [picture.file for question in TOPICS.values() for picture in question.pictures]
    assert len({*pages, *charts}) == len(pages) + len(charts)
    assert all(re.fullmatch(r"[a-z0-9-]{3,26}", name) for name in (*TOPICS, *charts))


@pytest.mark.parametrize(
    "text",
    [
        *(f"{q.asks} {q.framing}" for q in TOPICS.values()),
        f"{POSTS_TITLE} {POSTS_FRAMING} {INDEX} {SCENARIOS} {' '.join(THEMES)}",
    ],
    ids=[*TOPICS, "others"],
)
def test_no_framing_says_how_it_comes_out(text: str) -> None:
    """What depends on a verdict is taken from the claims, where a changed verdict is noticed."""
    assert VERDICT_WORDS.isdisjoint(re.findall(r"[a-z]+", text.lower()))


def test_an_unknown_topic_is_named_with_the_nearest() -> None:
    """And all that there are."""
    with pytest.raises(
        ModelError, match=r"no topic 'timewait'; did you mean time-wait\? there are"
    ):
        rationale.topics(["timewait"])
    assert rationale.topics([]) == [*TOPICS, POSTS_PAGE]
    assert rationale.topics(["resets", "closing"]) == ["closing", "resets"]


# --- what was computed decides --------------------------------------------------------------------


def imagined(claim: Claim, text: str) -> Outcome:
    """The outcome that is expected, without having been computed: to see what becomes of it."""
    expected = claim.verdicts[text]
    verdict, why = expected.told, expected.why
    about = (claim.code, claim.id, claim.says, claim.topic, text, dict[str, str | int]())
    return Outcome(*about, expected=verdict, why=why, verdict=verdict)


def document(*changed: Outcome, names: tuple[str, ...] = ("four-messages",)) -> dict[str, str]:
    """Pages of imagined outcomes, some of them changed."""
    found = {(c.code, text): imagined(c, text) for c in CLAIMS.values() for text in c.verdicts}
    found |= {(outcome.code, outcome.scenario): outcome for outcome in changed}
    return rationale.build(list(CLAIMS.values()), list(found.values()), names)


P07 = imagined(CLAIMS["P07"], "four_naive")


def test_a_verdict_that_differs_is_what_is_told() -> None:
    """With what was expected; and what the author concluded from his verdicts is left out."""
    page = document(replace(P07, verdict="HOLDS"))["four-messages.md"]
    told = f"expected FAILS: {P07.why}"
    assert f"| HOLDS | `four_naive` | {told} |" in page
    assert f"**HOLDS** in `four_naive`: {told}." in page
    assert CLAIMS["P07"].folklore not in page
    assert "not all of its verdicts are as expected" in page
    assert CLAIMS["P07s"].folklore in page
    assert CLAIMS["P07"].folklore in document()["four-messages.md"]


def test_what_is_not_settled_is_told_as_that() -> None:
    """Never the verdict that was expected, nor the reason for it."""
    reason = "the time limit of 1 s was reached"
    for verdict in ("UNKNOWN", "HOLDS_UP_TO"):
        files = document(replace(P07, verdict=verdict, reason=reason), names=())
        page = files["four-messages.md"]
        assert f"| {commonmark.plain(verdict)} | `four_naive` | {reason} |" in page
        assert P07.why not in page
        assert CLAIMS["P07"].folklore not in page + files["posts.md"]
        assert "holds in 1, fails in 2, not settled in 1" in files["claims.md"]
        assert re.search(r"Of \d+ verdicts: \d+ as expected, 1 not settled\.", files["README.md"])


def test_what_went_wrong_is_told() -> None:
    """A broken claim has no verdict; one that holds vacuously says so."""
    broken = document(replace(P07, verdict="UNKNOWN", error="a bug of ours"))
    assert "| ERROR | `four_naive` | a bug of ours |" in broken["four-messages.md"]
    vacuous = document(replace(P07, expected="HOLDS", verdict="HOLDS", vacuous=True))
    assert "| HOLDS | `four_naive` | holds vacuously" in vacuous["four-messages.md"]


def test_a_formula_that_differs_is_what_is_told() -> None:
    """What is derived stands for itself."""
    found = replace(imagined(CLAIMS["P59"], "b"), verdict="3·MSL")
    page = document(found, names=("two-msl",))["two-msl.md"]
    assert "- **3·MSL** in `b`" in page.replace("  -", "-")
    assert "expected 2·MSL: " in page


def test_without_a_run_there_is_no_chart() -> None:
    """No picture is promised of what was not found."""
    files = document()
    assert not [name for name in files if name.endswith(".svg")]
    assert "**FAILS**; there is no run to show." in files["four-messages.md"]
    assert "![" not in files["four-messages.md"]
    assert "--svg" not in files["four-messages.md"]


def test_a_claim_or_scenario_that_is_gone_is_named() -> None:
    """Rather than left out in silence."""
    others = [claim for code, claim in CLAIMS.items() if code != "P07s"]
    with pytest.raises(ModelError, match="the rationale names claim P07s"):
        rationale.build(others, [], ["four-messages"])
    with pytest.raises(ModelError, match=r"names P07 in '.*', of which nothing is known"):
        rationale.build(list(CLAIMS.values()), [], ["four-messages"])


def test_every_claim_has_its_place() -> None:
    """The list has all of them, and each sentence of the posts is on their page."""
    files = document(names=())
    for claim in CLAIMS.values():
        assert f"| {claim.code} {claim.id} | {commonmark.plain(claim.says)} |" in files["claims.md"]
        for source in claim.sources:
            if source.where.startswith("post "):
                assert commonmark.plain(source.says) in files["posts.md"]
    assert all(f"## Post {post}" in files["posts.md"] for post in POSTS)


@pytest.mark.parametrize(
    ("reference", "address"),
    [
        ("RFC 9293 section 3.5 Figure 8", "rfc9293.html#section-3.5"),
        ("RFC 9293 section 3.10.7.4 fifth, LAST-ACK", "rfc9293.html#section-3.10.7.4"),
        ("RFC 9293 A.2", "rfc9293.html#appendix-A.2"),
        ("RFC 768 Introduction", "rfc768.html"),
        ("Tomlinson 1975, Selecting Sequence Numbers", ""),
    ],
)
def test_a_section_of_an_rfc_has_an_address(reference: str, address: str) -> None:
    """That of the RFC editor; what is no RFC has none."""
    found = rfc_address(reference)
    assert found == (f"https://www.rfc-editor.org/rfc/{address}" if address else "")


# --- Markdown -------------------------------------------------------------------------------------


@cache
def parser() -> MarkdownIt:
    """CommonMark, and tables as GitHub has them."""
    return MarkdownIt("commonmark").enable("table")


@cache
def parsed(text: str) -> list[Token]:
    """The tokens of a document."""
    return parser().parse(text)


def tokens(text: str) -> Iterator[Token]:
    """All of a document's tokens, those within paragraphs, too."""
    for token in parsed(text):
        yield token
        yield from token.children or ()


def written(found: list[Token]) -> str:
    """What a reader sees of tokens within a line."""
    return "".join(t.content for t in found if t.type in ("text", "code_inline", "text_special"))


SIGNS = st.text(st.sampled_from("a B2 _*`|\\<>[]()#+-.!&;~$\n\"'"), max_size=20)


@given(SIGNS, SIGNS)
def test_text_is_shown_as_it_is(before: str, after: str) -> None:
    """In a paragraph and in a cell of a table, whatever signs are in it."""
    text = " ".join(f"{before} x {after}".split())
    spelled = commonmark.plain(text)
    (paragraph,) = (t for t in parser().parse(spelled) if t.type == "inline")
    assert written(paragraph.children or []) == text
    table = "\n".join(commonmark.table(("a", "b"), [(spelled, "end")]))
    cells = [t for t in parser().parse(table) if t.type == "inline"]
    assert [written(cell.children or []) for cell in cells] == ["a", "b", text, "end"]


@given(SIGNS)
def test_code_is_shown_as_it_is(text: str) -> None:
    """A scenario with whatever signs; a bar does not end its cell."""
    text = f"x{' '.join(text.split())}".strip()
    table = "\n".join(commonmark.table(("a",), [(commonmark.code(text),)]))
    cells = [t for t in parser().parse(table) if t.type == "inline"]
    assert written(cells[1].children or []) == text


def headings(text: str) -> list[tuple[int, str]]:
    """Level and words of every heading."""
    found = parsed(text)
    return [
        (int(token.tag[1]), written(after.children or []))
        for token, after in pairwise(found)
        if token.type == "heading_open"
    ]


@cache
def anchors(text: str) -> list[str]:
    """The anchors that GitHub gives the headings: small letters, no punctuation, hyphens."""
    words = [words.lower() for _, words in headings(text)]
    return ["".join(c for c in w if c.isalnum() or c in " -_").replace(" ", "-") for w in words]


@every_page
def test_headings_are_nested(page: Path) -> None:
    """One at the top, which comes first; none skips a level; no two have the same anchor."""
    text = page.read_text(encoding="utf-8")
    levels = [level for level, _ in headings(text)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert len(set(anchors(text))) == len(anchors(text))


@every_page
def test_links_and_pictures_lead_somewhere(page: Path) -> None:
    """Every file and heading that is linked exists; a picture has a text for those who cannot see
    it; all that is elsewhere is at the RFC editor.
    """
    for token in tokens(page.read_text(encoding="utf-8")):
        target = token.attrs.get("href") or token.attrs.get("src")
        if token.type == "image":
            assert token.content
            assert (COMMITTED / str(target)).is_file()
        elif target is not None and not str(target).startswith(
            "https://www.rfc-editor.org/rfc/rfc"
        ):
            file, _, anchor = str(target).partition("#")
            to = (COMMITTED / file if file else page).read_text(encoding="utf-8")
            assert not anchor or anchor in anchors(to), target


@every_page
def test_a_page_is_plain_commonmark(page: Path) -> None:
    """No HTML, and every line that looks like a row is one, with as many cells as the others."""
    text = page.read_text(encoding="utf-8")
    found = list(tokens(text))
    assert not [token.content for token in found if token.type.startswith("html")]
    rows = [line for line in text.splitlines() if line.startswith("|")]
    rules = sum(set(line) <= set("|- ") for line in rows)
    assert sum(token.type == "tr_open" for token in found) == len(rows) - rules
    assert sum(token.type == "table_open" for token in found) == rules
    for before, after in pairwise(text.splitlines()):
        if before.startswith("|") and after.startswith("|"):
            assert _cells(before) == _cells(after)


def _cells(row: str) -> int:
    return len(re.findall(r"(?<!\\)\|", row)) - 1


# --- the copy -------------------------------------------------------------------------------------


@every_question
def test_the_committed_pages_say_what_the_claims_say(question: Question) -> None:
    """Sentences, expected verdicts and reasons; that these come out, `tcpmodel verify` shows."""
    page = (COMMITTED / f"{question.name}.md").read_text(encoding="utf-8")
    for claim in map(CLAIMS.__getitem__, question.claims):
        assert commonmark.plain(claim.says) in page, f"{question.name}.md {RENEW}"
        for text, expected in claim.verdicts.items():
            row = f"| {commonmark.plain(expected.told)} | {where(claim, text)} | "
            assert f"{row}{commonmark.plain(expected.why)} |" in page, f"{question.name}.md {RENEW}"


SMALL = ("four-messages", "simultaneous")
"""Pages that take little to compute."""


def test_pages_computed_anew_are_the_committed_ones() -> None:
    """Every verdict and every run of some pages, whatever was known before."""
    jobs = jobs_of(rationale.needed(FOUND, SMALL), "auto", Budget())
    outcomes = [found for _, found in run_jobs(jobs, 1, lambda *_: None)]
    files = rationale.build(list(CLAIMS.values()), outcomes, SMALL)
    assert {"four-messages.md", "bare-syn.svg", "simultaneous.md"} <= files.keys()
    for name, text in files.items():
        assert (COMMITTED / name).read_text(encoding="utf-8") == text, f"{name} {RENEW}"


def test_the_committed_document_is_that_of_the_verdicts() -> None:
    """All of it, and nothing else is there.  The verdicts are those that `tcpmodel verify` has
    settled with this very program; computing them here would take minutes.
    """
    known = Verdicts(folder())
    jobs = jobs_of(FOUND, "auto", Budget())
    outcomes = [found for job in jobs if (found := known.get(job)) is not None]
    if missing := len(jobs) - len(outcomes):
        pytest.skip(f"{missing} verdicts are not known: run `tcpmodel verify` before")
    files = rationale.build(list(CLAIMS.values()), outcomes)
    for name, text in files.items():
        assert (COMMITTED / name).read_text(encoding="utf-8") == text, f"{name} {RENEW}"
    assert {path.name for path in COMMITTED.iterdir()} == files.keys()
