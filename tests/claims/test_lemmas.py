"""Lemmas about all numbers of 32 bits: proved, no stronger than they could be, and able to fail."""

from __future__ import annotations

from dataclasses import replace

import pytest
import z3

from tcpmodel.claims.lemmas import settle
from tcpmodel.core.terms import Term
from tcpmodel.tcp.lemmas import LEMMAS, Lemma, lemmas

BY_ID: dict[str, Lemma] = {lemma.id: lemma for lemma in lemmas()}


@pytest.mark.parametrize("lemma", BY_ID.values(), ids=BY_ID)
def test_a_lemma_is_proved_and_its_witnesses_exist(lemma: Lemma) -> None:
    """For every number; and what its assumptions or its bound exclude does happen."""
    found = settle(lemma)
    assert found.proved is True, found.counterexample
    assert found.missing == ()
    assert all(found.witnesses.values())
    assert lemma.cites


def parts(term: Term) -> list[Term]:
    """The members of a conjunction, and of the conjunctions in it."""
    found = []
    for part in term.children():
        found += parts(part) if z3.is_and(part) else [part]
    return found


@pytest.mark.parametrize("name", ["window-overlap", "old-octet", "opening-numbers"])
def test_a_lemma_without_its_last_assumption_is_refuted(name: str) -> None:
    """Each assumption is needed: dropping one gives a counterexample."""
    lemma = BY_ID[name]
    assumptions = parts(lemma.broken)
    dropped = 0 if name == "opening-numbers" else -1
    del assumptions[dropped]
    found = settle(replace(lemma, broken=z3.And(assumptions)))
    assert found.proved is False
    assert found.counterexample


def test_a_solver_that_has_no_time_proves_nothing() -> None:
    """A question that was given up is open, and a witness that was not found is missing."""
    found = settle(BY_ID["window-test"], seconds=0.001)
    assert found.proved is None
    assert found.counterexample == {}


def test_the_lemmas_are_the_promised_ones() -> None:
    """The window test, old octets, the ACK of our SYN, segments outside the window."""
    assert len(BY_ID) == len(LEMMAS)
    assert {"window-test", "old-octet", "ack-of-our-syn", "out-of-window"} <= set(BY_ID)
