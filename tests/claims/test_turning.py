"""Which part of a claim turned at which step, in the words of those who wrote it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
import z3

from tcpmodel.claims.formula import parse
from tcpmodel.claims.runner import check_claim, question_of
from tcpmodel.claims.spelling import LONGEST, Spelling
from tcpmodel.claims.turning import Part, Turning, turning
from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Verdict
from tcpmodel.core.trace import Trace
from tcpmodel.engines.registry import choose
from tcpmodel.tcp.compose import Model

from .samples import claims, model

ONE = "rfc9293 incarnations=1 capacity=1"


def run_of(text: str, formula: str) -> tuple[Callable[[Model], Property], Trace]:
    """A formula, and the run that settles it."""
    asked = parse(formula)
    question = asked(model(text))
    check, _ = choose("auto", model(text).system, question)
    trace = check(model(text).system, question, Budget()).trace
    assert trace is not None
    return asked, trace


def told(text: str, formula: str) -> Turning:
    asked, trace = run_of(text, formula)
    found = turning(asked, model(text), trace, formula.startswith("sometimes"))
    assert found is not None
    return found


def test_premise_and_conclusion_are_told_apart() -> None:
    """P01 in its two-way scenario: the server becomes ESTABLISHED, and for some steps already its
    peer has been over.  A helper of the world keeps its name.
    """
    claim, text = claims()["P01"], "two_way gives_up=off"
    result, _ = check_claim(claim, text, "auto", Budget())
    assert result.trace is not None
    found = turning(partial(question_of, claim), model(text), result.trace)
    assert found is not None
    assert found.step == len(result.trace) == 13
    assert found.parts == (
        Part("B.state == ESTABLISHED", True, 13, "premise"),
        Part("agrees_with_live_peer('B')", False, 9, "conclusion"),
    )
    assert found.sentence == (
        "step 13: B.state == ESTABLISHED (premise) becomes true, "
        "while agrees_with_live_peer('B') is false (since step 9)"
    )


@pytest.mark.parametrize(
    ("formula", "sentence"),
    [
        ("always(A.state != SYN_SENT)", "step 1: A.state != SYN_SENT becomes false"),
        (
            "always(A.state != SYN_SENT and B.state != ESTABLISHED)",
            "step 1: A.state != SYN_SENT becomes false",
        ),
        ("always(not inflight('A', 'SYN'))", "step 1: inflight('A', 'SYN') becomes true"),
        (
            "always(A.state == CLOSED or nothing_inflight())",
            "step 1: A.state == CLOSED becomes false and nothing_inflight() becomes false",
        ),
        (
            "always(implies(A.inc > 0, A.state == CLOSED))",
            "step 1: A.inc > 0 (premise) becomes true and A.state == CLOSED becomes false",
        ),
        ("always(A.state != CLOSED)", "from the start A.state != CLOSED is false"),
        (
            "sometimes(A.state == SYN_SENT and B.state == LISTEN)",
            "step 1: A.state == SYN_SENT becomes true, while B.state == LISTEN is true "
            "(from the start)",
        ),
        (
            "leads_to(A.state == SYN_SENT, A.state == ESTABLISHED)",
            "step 1: A.state == SYN_SENT (premise) becomes true; A.state == ESTABLISHED is never "
            "true after that",
        ),
    ],
)
def test_what_is_said(formula: str, sentence: str) -> None:
    """A conjunct that is true is not blamed; a disjunction takes all of its parts."""
    assert told(ONE, formula).sentence == sentence


def test_what_is_due_is_told_with_its_ticks() -> None:
    """Of a `within` the last premise that nothing has answered is told, and how long it waited."""
    found = told("tw2 incarnations=1", "within(A.state == SYN_SENT, A.state == CLOSED, ticks=1)")
    assert found.parts[0].since == found.step
    assert "(premise) becomes true; A.state == CLOSED is not true within 1 tick" in found.sentence


def test_the_last_part_turns_at_the_last_step() -> None:
    """For claims that are settled by a state, in every scenario in which they fail: before its last
    step, a shortest run violates nothing.
    """
    for code in ("P79", "P84"):
        claim = claims()[code]
        for text, expected in claim.verdicts.items():
            if expected.verdict is Verdict.FAILS:
                result, _ = check_claim(claim, text, "auto", Budget())
                assert result.trace is not None
                found = turning(partial(question_of, claim), model(text), result.trace)
                assert found is not None
                assert max(part.since for part in found.parts) == len(result.trace), (code, text)
                assert found.to_json()["sentence"] == found.sentence


def test_knowledge_turns_at_no_step() -> None:
    """What somebody knows is not a matter of one state: nothing is said."""
    text = "two_way incarnations=1 gives_up=off link=any"
    asked, trace = run_of(
        text, "knows('B', works('A') and works('B'), when=B.state == ESTABLISHED)"
    )
    assert turning(asked, model(text), trace) is None


def test_a_run_that_does_not_settle_it_has_nothing_to_tell() -> None:
    """A claim that is true at the end of a run is not explained away."""
    _, trace = run_of(ONE, "always(A.state != SYN_SENT)")
    assert turning(parse("always(A.state != CLOSING)"), model(ONE), trace) is None


def test_formulas_are_spelled_as_they_are_typed() -> None:
    """Names of states, counters without their bits, brackets only where they help; what is read
    back means the same.
    """
    spell = Spelling(model(ONE).system.by_name)
    for typed in (
        "A.state == FIN_WAIT_1",
        "A.state != CLOSED",
        "A.inc < B.inc + 1",
        "A.confirmed and not B.confirmed",
        "A.state == CLOSED and (B.state == CLOSED or B.state == LISTEN)",
        "not (A.state == CLOSED and B.state == LISTEN)",
        "implies(A.confirmed, A.snd_nxt == A.snd_una + 1)",
        "A.inc - (B.inc - 1) > 2",
        "A.inc + B.inc <= 3",
    ):
        term = parse(f"always({typed})")(model(ONE)).formula
        assert spell(term) == typed
        again = parse(f"always({spell(term)})")(model(ONE)).formula
        solver = z3.Solver()
        solver.add(term != again)
        assert solver.check() == z3.unsat


def test_long_formulas_are_cut() -> None:
    """A formula that shares its parts could fill a book: the sentence stays short."""
    term = z3.Bool("p")
    for _ in range(60):
        term = z3.And(z3.Or(term, term), term)
    text = Spelling({})(term)
    assert len(text) <= LONGEST
    assert text.endswith("…")
