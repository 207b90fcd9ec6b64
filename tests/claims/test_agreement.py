"""Two engines that share no code for searching give the same answers about the bundled claims.

Of every claim, its smallest scenario in which it holds and its smallest in which it fails.
"""

from __future__ import annotations

import pytest

from tcpmodel.claims.runner import question_of
from tcpmodel.core.property import Kind
from tcpmodel.core.result import Budget, Result, Verdict
from tcpmodel.engines import bmc, native
from tcpmodel.tcp.scenario import scenario

from .samples import claims, model


def smallest(code: str) -> list[str]:
    """A scenario for each verdict that the claim gets: the one with the least text and channel."""
    verdicts = claims()[code].verdicts
    kinds = {expected.verdict: expected for expected in verdicts.values()}

    def size(text: str) -> tuple[int, int, int, str]:
        switches = scenario(text)
        return switches.data, switches.capacity, len(text), text

    return [min((t for t, e in verdicts.items() if e.verdict is v), key=size) for v in kinds]


OF_STATES = [
    (code, text)
    for code, claim in claims().items()
    if claim.question.kind in (Kind.ALWAYS, Kind.SOMETIMES, Kind.WITHIN)
    for text in smallest(code)
]
"""Pairs of claim and scenario that both engines settle."""

WITH_A_RUN = [
    (code, text)
    for code, text in OF_STATES
    if (claims()[code].verdicts[text].verdict is Verdict.FAILS)
    is (claims()[code].question.kind is not Kind.SOMETIMES)
]
"""The pairs of claim and scenario for which a run is expected."""


def explore(code: str, text: str, depth: int | None) -> Result:
    """Explicit search."""
    here = model(text)
    return native.check(here.system, question_of(claims()[code], here), Budget(depth=depth))


def unroll(code: str, text: str, depth: int) -> Result:
    """Bounded model checking."""
    here = model(text)
    return bmc.check(here.system, question_of(claims()[code], here), Budget(depth=depth))


def agree(code: str, text: str, known: Result, depth: int) -> None:
    """A run of at most `depth` steps is found with the same length; otherwise none is."""
    found = unroll(code, text, depth)
    if known.trace is not None and len(known.trace) <= depth:
        assert found.verdict is known.verdict
        assert found.trace is not None
        assert len(found.trace) == len(known.trace)
        return
    assert found.trace is None
    if found.evidence.complete:  # no run goes on: the same answer
        assert found.verdict is known.verdict
        return
    assert found.scope.steps == depth
    sometimes = known.question.kind is Kind.SOMETIMES
    assert found.verdict is (Verdict.UNKNOWN if sometimes else Verdict.HOLDS_UP_TO)


@pytest.mark.parametrize(("code", "text"), OF_STATES)
def test_with_one_segment_under_way_per_direction(code: str, text: str) -> None:
    """Reduced to capacity=1, where explicit search is complete.

    The solver looks at runs of at most 8 steps, and of 16 where explicit search found a run.
    """
    reduced = " ".join([w for w in text.split() if not w.startswith("capacity=")] + ["capacity=1"])
    known = explore(code, reduced, None)
    assert known.evidence.complete or known.trace is not None
    agree(code, reduced, known, 16 if known.trace is not None else 8)


@pytest.mark.parametrize(("code", "text"), WITH_A_RUN)
def test_runs_in_the_scenarios_as_they_are(code: str, text: str) -> None:
    """Scenarios in which a claim has a run, unreduced.

    A run of at most 13 steps is found by both, equally long; where the shortest is longer, the
    solver finds none of at most 7.
    """
    known = explore(code, text, 13)
    agree(code, text, known, 13 if known.trace is not None else 7)
