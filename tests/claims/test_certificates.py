"""Certificates as files: what is written can be checked by anybody, what is tampered with cannot
pass, and what is no certificate is said in one line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import z3

from tcpmodel.claims.certificates import (
    MAX_NESTING,
    certificate_json,
    load_certificate,
    read_certificate,
    read_invariant,
)
from tcpmodel.claims.formula import parse
from tcpmodel.claims.runner import check_property
from tcpmodel.core.certificate import Certificate
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget
from tcpmodel.core.terms import Bool, Var, Word

SCENARIO = "rfc9293 width=4 incarnations=1 capacity=1"
FORMULA = "always(A.state != CLOSING)"


def saved(engine: str, formula: str = FORMULA) -> dict[str, Any]:
    """The certificate of an engine, after it went through JSON."""
    result, _ = check_property(parse(formula), SCENARIO, engine, Budget())
    found: dict[str, Any] = json.loads(json.dumps(certificate_json(result, SCENARIO, formula)))
    return found


@pytest.fixture(scope="module")
def proof() -> dict[str, Any]:
    return saved("pdr")


def refused(data: dict[str, Any]) -> set[str]:
    """The obligations that fail."""
    return {done.title for done in read_certificate(data).check() if done.proved is False}


def test_what_is_written_is_checked_again_from_the_file_alone(
    proof: dict[str, Any], tmp_path: Path
) -> None:
    """The file names scenario, property and invariant: nothing else is needed."""
    file = tmp_path / "c.json"
    file.write_text(json.dumps(proof))
    again = load_certificate(file)
    assert again.model.scenario.spelled == SCENARIO
    assert [done.proved for done in again.check()] == [True, True, True]
    assert "(check-sat)" in again.smtlib()


def test_k_induction_is_certified_by_its_k() -> None:
    """The invariant of engine induction is the property itself, with how far to look back.  What
    one state back shows, two show as well; what it does not show is refused.
    """
    data = saved("induction", "always(implies(A.state == SYN_SENT, A.snd_nxt == A.iss + 1))")
    assert data["k"] == 1
    assert refused(data) == refused({**data, "k": 2}) == set()
    bare = {**data, "property": FORMULA, "invariant": "(not (= A.state #x8))"}
    assert refused(bare) == {"I ∧ T ⇒ I′"}
    assert refused({**bare, "k": 2}) == {"2 different states in I, T ⇒ I′"}


def test_a_tampered_certificate_is_refused_naming_what_fails(proof: dict[str, Any]) -> None:
    """Whatever is changed: a stronger invariant is left by a step, another one is false at the
    start, a weaker one says too little, and another property does not follow.
    """
    invariant = proof["invariant"]
    assert refused({**proof, "invariant": f"(and {invariant} (= A.iss #x0))"}) == {"I ∧ T ⇒ I′"}
    assert "Init ⇒ I" in refused({**proof, "invariant": f"(and {invariant} (not (= A.state #x0)))"})
    assert refused({**proof, "invariant": "true"}) == {"I ⇒ P"}
    assert refused({**proof, "property": "always(A.state != ESTABLISHED)"}) == {"I ⇒ P"}
    wider = SCENARIO.replace("incarnations=1", "closes=either incarnations=1")
    assert refused({**proof, "scenario": wider}) != set()


def test_a_verdict_without_proof_has_no_certificate() -> None:
    """Explicit search has seen all states; it does not say why there are no others."""
    result, _ = check_property(parse(FORMULA), SCENARIO, "explicit", Budget())
    with pytest.raises(ModelError, match="engine explicit gives no certificate"):
        certificate_json(result, SCENARIO, FORMULA)


BROKEN = {
    "no schema": ({"schema": "other/1"}, "its schema is not"),
    "no text": ({"invariant": 7}, "invariant is not a text"),
    "no scenario": ({"scenario": None}, "scenario is not a text"),
    "unknown preset": ({"scenario": "nonsense"}, "no preset 'nonsense'"),
    "no property": ({"property": "always("}, "column"),
    "another operator": ({"property": "sometimes(A.state == CLOSED)"}, "not for sometimes"),
    "k of zero": ({"k": 0}, "k is not a number"),
    "k of a million": ({"k": 1_000_000}, "k is not a number"),
    "k that is true": ({"k": True}, "k is not a number"),
    "two formulas": ({"invariant": "true) (assert false"}, "goes on after its end"),
    "a command": ({"invariant": "true)(exit)(assert true"}, "goes on after its end"),
    "two words": ({"invariant": "true false"}, "goes on after its end"),
    "unbalanced": ({"invariant": "(and true"}, "do not match"),
    "nothing": ({"invariant": "  "}, "do not match"),
    "comment": ({"invariant": "true ; more"}, "goes on after its end"),
    "string": ({"invariant": '(= "a" "a")'}, "not read"),
    "unknown variable": ({"invariant": "(= C.state #x0)"}, "uses 'C.state'"),
    "quantifier": ({"invariant": "(forall ((x Bool)) x)"}, "uses 'forall'"),
    "attribute": ({"invariant": "(! true :named x)"}, "uses '!'"),
    "huge number": ({"invariant": "(= ((_ zero_extend 999999999) A.iss) A.iss)"}, "999999999"),
    "concatenation": ({"invariant": "(= (concat A.iss A.iss) A.iss)"}, "uses 'concat'"),
    "wrong sort": ({"invariant": "A.iss"}, "cannot be read"),
    "sorts that differ": ({"invariant": "(= A.iss #b0)"}, "cannot be read"),
    "deep": ({"invariant": "(not " * 2000 + "true" + ")" * 2000}, f"more than {MAX_NESTING} deep"),
}


@pytest.mark.parametrize(("change", "words"), BROKEN.values(), ids=BROKEN)
def test_what_is_no_certificate_is_said_in_one_line(
    proof: dict[str, Any], change: dict[str, Any], words: str, tmp_path: Path
) -> None:
    """Nothing is run, believed or printed; the message says what is wrong."""
    file = tmp_path / "c.json"
    file.write_text(json.dumps({**proof, **change}))
    with pytest.raises(ModelError) as refusal:
        load_certificate(file)
    assert words in str(refusal.value)
    assert str(refusal.value).splitlines()[0].startswith(f"{file}: ")
    assert "column" in words or "\n" not in str(refusal.value)


def test_a_file_that_is_not_json_is_said(tmp_path: Path) -> None:
    """Octets, broken JSON, JSON that is too deep, a list."""
    file = tmp_path / "c.json"
    for text in (b"\xff\xfe", b"{", b"[" * 100_000, b"[]", b"nan"):
        file.write_bytes(text)
        with pytest.raises(ModelError, match=r"not JSON|not a certificate"):
            load_certificate(file)


def test_names_of_variables_may_need_quotes() -> None:
    """A slot is called `A>B[0].ctl`; SMT-LIB quotes that."""
    slot, flag = Var("A>B[0].ctl", Word(4)), Var("x", Bool())
    term = z3.And(slot.term == 3, z3.Not(flag.term))
    again = read_invariant(term.sexpr(), {"A>B[0].ctl": slot, "x": flag})
    assert again.eq(term)
    assert Certificate(again).k == 1
