"""The bundled claims: sourced, spelled right, in pairs, and none of them empty."""

from __future__ import annotations

import re

import pytest

from tcpmodel.claims.runner import question_of
from tcpmodel.core.property import LIVENESS, Kind, Property, sometimes
from tcpmodel.core.result import Verdict
from tcpmodel.engines import liveness, native
from tcpmodel.tcp.scenario import scenario

from .samples import claims, model, pairs

CODES = list(claims())
HOLDING = [
    (code, text)
    for code, text in pairs()
    if claims()[code].question.kind is Kind.ALWAYS
    and claims()[code].verdicts[text].verdict is Verdict.HOLDS
]


def question(code: str, text: str) -> Property:
    """The property of a claim in a scenario."""
    return question_of(claims()[code], model(text))


# --- what is written ------------------------------------------------------------------------------


@pytest.mark.parametrize("code", CODES)
def test_a_claim_says_one_sentence_and_names_its_sources(code: str) -> None:
    """A capital letter, a full stop at the end and only there; a source at least."""
    claim = claims()[code]
    assert re.fullmatch(r"[A-Z].*[^.]\.", claim.says, re.DOTALL)
    assert not re.search(r"\.\s", claim.says)
    assert "  " not in claim.says
    assert claim.sources
    assert all(source.where for source in claim.sources)


@pytest.mark.parametrize(("code", "text"), pairs())
def test_every_verdict_has_a_reason(code: str, text: str) -> None:
    """A why that is more than a word, and no sentence with a full stop."""
    why = claims()[code].verdicts[text].why
    assert len(why.split()) > 2
    assert why == why.strip()
    assert not why.endswith(".")


def test_names_are_unique_and_well_formed() -> None:
    """Codes like P01 or P01w, ids like no-stale-established, no two alike in any case."""
    names = [name for claim in claims().values() for name in (claim.code, claim.id)]
    assert len({name.lower() for name in names}) == len(names)
    for claim in claims().values():
        assert re.fullmatch(r"P\d{2,3}[a-z]?", claim.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", claim.id)


@pytest.mark.parametrize(("code", "text"), pairs())
def test_a_scenario_is_spelled_right(code: str, text: str) -> None:
    """Read and spelled again it is the same; no switch is given twice; no scenario comes twice."""
    read = scenario(text)
    assert scenario(read.spelled) == read
    preset, *words = text.split()
    assert preset == read.name
    assert set(read.spelled.split()) <= {preset, *words}
    keys = [word.partition("=")[0] for word in words]
    assert len(set(keys)) == len(keys)
    others = [t for t in claims()[code].verdicts if t != text]
    assert all(scenario(other).switches != read.switches for other in others)


# --- pairs ----------------------------------------------------------------------------------------


def test_a_pair_is_a_pair() -> None:
    """The claim that shows the other side exists and points back."""
    for claim in claims().values():
        if claim.pair:
            assert claims()[claim.pair].pair == claim.code


@pytest.mark.parametrize("code", CODES)
def test_every_verdict_has_a_counterpart(code: str) -> None:
    """What fails in one scenario holds in another, of the same claim or its pair, and vice versa.

    So no formula is true or false of everything, and a reader can compare.
    """
    claim = claims()[code]
    family = [claim, *([claims()[claim.pair]] if claim.pair else [])]
    verdicts = {expected.verdict for member in family for expected in member.verdicts.values()}
    assert verdicts == {Verdict.HOLDS, Verdict.FAILS}


@pytest.mark.parametrize(
    "code", [code for code in CODES if claims()[code].question.kind is Kind.ALWAYS]
)
def test_every_always_can_be_violated(code: str) -> None:
    """In one of its scenarios, the cheapest here, explicit search does find a violation."""
    failing = [t for t, e in claims()[code].verdicts.items() if e.verdict is Verdict.FAILS]
    text = min(failing, key=lambda t: (scenario(t).data, scenario(t).capacity, len(t)))
    result = native.check(model(text).system, question(code, text))
    assert result.verdict is Verdict.FAILS


@pytest.mark.parametrize(("code", "text"), HOLDING)
def test_no_always_holds_vacuously(code: str, text: str) -> None:
    """Where it holds, its premise is reached; without premise, a server is connected there."""
    premise = question(code, text).premise
    if premise is None:
        premise = model(text).world.synchronized("B")
    assert native.check(model(text).system, sometimes(premise)).verdict is Verdict.HOLDS


def test_no_claim_assumes_more_fairness_than_it_takes() -> None:
    """Fairness under which a claim fails elsewhere makes that failure stronger; where it only
    holds, no assumption can go.
    """
    for code, claim in claims().items():
        verdicts = {expected.verdict for expected in claim.verdicts.values()}
        if claim.question.kind in LIVENESS and verdicts == {Verdict.HOLDS}:
            for text in claim.verdicts:
                result = liveness.check(model(text).system, question(code, text))
                assert result.fairness is not None
                assert result.fairness.complete
                assert not result.fairness.excessive
