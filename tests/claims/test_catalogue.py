"""The catalogue is settled or explained, and the posts are answered."""

from __future__ import annotations

import json

import pytest

from tcpmodel.claims.catalogue import (
    CATALOGUE,
    POSTS,
    REASONS,
    catalogue_markdown,
    entries,
    entry_of,
    sentences,
    sentences_markdown,
)
from tcpmodel.claims.discovery import bundled, claim_files, discover
from tcpmodel.claims.language import Claim, Derivation
from tests.cli.driving import run

CLAIMS: list[Claim] = [claim for _, claim in discover(claim_files(bundled())).claims]
ROWS = {row.code: row for row in entries(CLAIMS)}

MAIN_STATEMENTS = {
    "three messages open a connection": ("P01", "P14"),
    "why not two": ("P02", "P03", "P08"),
    "why not four": ("P07",),
    "half-open states": ("P37", "P38", "P101"),
    "who knows what after each message": ("P11", "P12", "P13", "P14", "P15"),
    "retransmission": ("P18", "P89"),
    "removal of duplicates, order": ("P88",),
    "batch acknowledgment": ("P92",),
    "the window": ("P91", "P93"),
    "the client and the server check ack = x+1, y+1": ("P12", "P14", "P76"),
    "four segments close, three may": ("P26",),
    "half-close": ("P46", "P48"),
    "the first message is lost: 63 s": ("P79", "P80", "P81", "P87"),
    "the second message is lost": ("P82",),
    "the third message is lost": ("P78", "P83"),
    "the first FIN is lost": ("P84",),
    "its ACK is lost": ("P85",),
    "the second FIN does not come: FIN_WAIT_2 for 60 s": ("P50", "P51"),
    "the last ACK is lost": ("P52", "P86"),
    "CLOSE_WAIT waits for the application": ("P49",),
    "TIME_WAIT sends the last ACK again": ("P58",),
    "TIME_WAIT lets old segments die": ("P61", "P69"),
    "why 2 MSL": ("P59", "P59b", "P60"),
    "4 minutes or 60 s": ("P66",),
    "whose TIME_WAIT it is": ("P67",),
    "the passive side needs no wait": ("P68",),
    "the same connection cannot be opened again": ("P62",),
    "an old FIN ends a new connection with small probability": ("P63",),
    "CLOSING": ("P25",),
    "TCP against UDP": ("P88", "P90"),
}
"""What the posts are about, and the entries of the catalogue that answer it."""


@pytest.mark.parametrize("code", CATALOGUE)
def test_every_entry_is_settled_or_has_a_reason(code: str) -> None:
    """By claims, or by a sentence that says what else settles it or why nothing does."""
    row = ROWS[code]
    assert row.title
    assert row.claims or row.reason
    assert not (row.claims and row.reason)


def test_no_reason_is_given_for_what_is_settled() -> None:
    """A reason for what a claim settles would be out of date; so would one for no entry."""
    assert CATALOGUE.keys() >= REASONS.keys()
    assert [code for code in REASONS if ROWS[code].claims] == []


def test_every_claim_belongs_to_an_entry() -> None:
    """By its code, with or without a letter behind."""
    assert [claim.code for claim in CLAIMS if not entry_of(claim.code)] == []
    assert entry_of("P59b") == "P59b"
    assert entry_of("P58b") == "P58"
    assert entry_of("P999") == ""


@pytest.mark.parametrize("statement", MAIN_STATEMENTS)
def test_what_the_posts_are_about_is_answered(statement: str) -> None:
    """Each of the entries is settled by claims, or says why not."""
    for code in MAIN_STATEMENTS[statement]:
        assert ROWS[code].claims or ROWS[code].reason


def test_every_post_is_answered() -> None:
    """Each is the source of claims, and no claim names a post that there is not."""
    assert {row.post for row in sentences(CLAIMS)} == set(POSTS)


def test_a_sentence_names_its_claims_with_their_verdicts() -> None:
    """All of them, from the claims' own sources; formulas as they are."""
    found = {row.says: row for row in sentences(CLAIMS)}
    row = found["why 2 MSL and not 1: I have not seen a satisfying explanation"]
    assert {"P59", "P60", "P61"} <= {claim.code for claim in row.claims}
    told = {claim.code: claim.verdicts for claim in row.claims}
    assert "b: 2·MSL" in told["P59"]
    assert told["P60"] == "holds in 3, fails in 2"
    lemmas = [claim for claim in CLAIMS if claim.property == Derivation("lemma")]
    assert lemmas
    assert all(claim.verdicts for row in found.values() for claim in row.claims)


def test_both_tables_are_documents() -> None:
    """A row per entry, a row per sentence; no bar within a cell breaks a row."""
    table = catalogue_markdown(list(ROWS.values())).splitlines()
    assert len(table) == len(CATALOGUE) + 2
    posts = sentences_markdown(sentences(CLAIMS)).splitlines()
    assert len(posts) == len(sentences(CLAIMS)) + 2
    assert {line.count("|") for line in table} == {4}
    assert {line.count("|") for line in posts} == {5}


@pytest.mark.parametrize("what", ["catalogue", "seeds"])
def test_list_prints_both(what: str) -> None:
    """For people, as Markdown, and as JSON; none of it with `list` alone."""
    rows = json.loads(run("list", what, "--json").out)["rows"]
    assert len(rows) == (len(ROWS) if what == "catalogue" else len(sentences(CLAIMS)))
    assert "| --- |" in run("list", what, "--markdown").out
    shown = run("list", what)
    assert shown.code == 0
    assert ("P59b" if what == "catalogue" else "8a7a010d") in shown.out
    assert what not in json.loads(run("list", "--json").out)
