"""Results: a verdict that is not backed by what it needs cannot be built."""

from __future__ import annotations

from dataclasses import replace

import pytest
import z3

from tcpmodel.core.property import Kind, Property, always, leads_to, sometimes
from tcpmodel.core.result import Evidence, Result, Scope, Verdict
from tcpmodel.core.terms import implies
from tcpmodel.core.trace import Trace

p, q = z3.Bools("p q")
RUN = Trace("toy", {"p": False})
EVERYTHING = Scope("all reachable states")


def answer(
    verdict: Verdict,
    question: Property,
    trace: Trace | None = None,
    reason: str = "",
    scope: Scope = EVERYTHING,
) -> Result:
    return Result(verdict, question, scope, "by hand", Evidence(complete=True), trace, reason)


# --- what a verdict needs -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("question", "settled_by_a_run"),
    [
        (always(p), Verdict.FAILS),
        (leads_to(p, q), Verdict.FAILS),
        (sometimes(p), Verdict.HOLDS),
    ],
    ids=["always", "leads to", "sometimes"],
)
def test_a_run_is_shown_exactly_where_a_run_settles_the_matter(
    question: Property, settled_by_a_run: Verdict
) -> None:
    """A counterexample to `always` and `leads_to`, a witness of `sometimes`: with the verdict
    there is the run, without it there is none.
    """
    for verdict in (Verdict.HOLDS, Verdict.FAILS):
        trace, other = (RUN, None) if verdict is settled_by_a_run else (None, RUN)
        assert answer(verdict, question, trace).trace is trace
        with pytest.raises(ValueError, match="trace present is"):
            answer(verdict, question, other)


@pytest.mark.parametrize("verdict", [Verdict.UNKNOWN, Verdict.HOLDS_UP_TO])
def test_what_is_not_settled_says_why(verdict: Verdict) -> None:
    """No reason, no result."""
    bounded = Scope("all traces of at most 3 steps", 3)
    assert answer(verdict, always(p), reason="the bound was reached", scope=bounded).reason
    with pytest.raises(ValueError, match=f"{verdict.value} needs a reason"):
        answer(verdict, always(p), scope=bounded)


def test_what_holds_up_to_a_bound_names_the_bound() -> None:
    """HOLDS_UP_TO without a number of steps would be HOLDS in disguise."""
    with pytest.raises(ValueError, match="HOLDS_UP_TO needs the bound in its scope"):
        answer(Verdict.HOLDS_UP_TO, always(p), reason="the bound was reached")


# --- vacuity --------------------------------------------------------------------------------------


def test_a_claim_whose_premise_never_holds_is_vacuous() -> None:
    """Only a HOLDS can be vacuous, and only if its premise is known never to have held."""
    holds = answer(Verdict.HOLDS, always(implies(p, q)))
    for premise, expected in ((False, True), (True, False), (None, False)):
        evidence = Evidence(complete=True, premise=premise)
        assert replace(holds, evidence=evidence).vacuous is expected
    fails = answer(Verdict.FAILS, always(p), RUN)
    assert not replace(fails, evidence=Evidence(complete=False, premise=False)).vacuous


def test_the_premise_of_a_property() -> None:
    """What has to happen for a claim to say anything: the left side of an `always` implication,
    what calls for the target of a `leads_to`; a `sometimes` says something in any case.
    """
    premise = always(implies(p, q)).premise
    assert premise is not None
    assert premise.eq(p)
    calls = leads_to(p, q).premise
    assert calls is not None
    assert calls.eq(p)
    assert always(z3.Or(p, q)).premise is None
    assert sometimes(implies(p, q)).premise is None


# --- what people read -----------------------------------------------------------------------------


def test_a_property_prints_as_its_author_wrote_it() -> None:
    """And as its formula if the author gave no words."""
    assert str(always(p, "p for ever")) == "p for ever"
    assert str(sometimes(p)) == "sometimes(p)"
    assert leads_to(p, q, weak=("g",)).kind is Kind.LEADS_TO


def test_a_scope_prints_its_assumptions() -> None:
    """A verdict speaks about a scenario; the scope says which."""
    scope = Scope("all reachable states", None, {"loss": "none", "order": "kept"})
    assert str(scope) == "all reachable states; loss none; order kept"
