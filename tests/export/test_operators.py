"""Every operator means in Promela and in TLA+ what it means to z3."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property, always
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Term, Var, Word, implies
from tcpmodel.export.promela import promela
from tcpmodel.export.tla import tla
from tcpmodel.semantics.expression import OPERATORS

from .tools import needs_spin, needs_tlc, spin, tlc


def terms(a: Term, b: Term, multiplies: bool = True) -> Iterator[Term]:
    """Every operator that the reference interpreter knows, applied to `a` and `b`."""
    bits = a.size()
    half, less = bits // 2, z3.ULT(a, b)
    yield from (a + b, a - b, -a, ~a, a & b, a | b, a ^ b, a + b + a, a & b & ~a)
    if multiplies:
        yield a * b
    yield from (less, z3.ULE(a, b), z3.UGT(a, b), z3.UGE(a, b), a < b, a <= b, a > b, a >= b)
    yield from (a == b, a != b, z3.Distinct(a, b, a + 1), z3.If(less, a, b))
    yield from (z3.Not(less), z3.Not(z3.Not(less)), z3.Xor(less, a == 0), implies(less, b > 0))
    yield from (z3.And(less, a != 0), z3.Or(less, a == 0), z3.BoolVal(True), z3.BoolVal(False))
    yield from (z3.Extract(bits - 1, half, a), z3.Extract(half, 0, b), z3.Extract(1, 1, a))
    yield z3.Concat(z3.Extract(half - 1, 0, a), z3.Extract(bits - 1, half, b))
    yield z3.ZeroExt(half, z3.Extract(bits - half - 1, 0, a)) + b


def samples(bits: int) -> list[int]:
    """The numbers at which signs and carries change."""
    half = 1 << (bits - 1)
    return [0, 1, half - 1, half, 2 * half - 1]


def tables(bits: int, multiplies: bool = True) -> tuple[TransitionSystem, Property]:
    """A system that reaches every pair of samples, and what z3 says of the terms there."""
    a, b = Var("a", Word(bits)), Var("b", Word(bits))
    numbers = samples(bits)
    actions = [
        Action(f"{var.name} is {number}", (), {var.name: var.domain.term(number)})
        for var in (a, b)
        for number in numbers
    ]
    start = z3.And(a.term == 0, b.term == 0)
    system = TransitionSystem("pairs", (a, b), start, tuple(actions))
    facts = []
    for one, other in product(numbers, numbers):
        values = [(a.term, a.domain.term(one)), (b.term, b.domain.term(other))]
        here = z3.And(a.term == one, b.term == other)
        known = [
            term == z3.simplify(z3.substitute(term, *values))
            for term in terms(a.term, b.term, multiplies)
        ]
        facts.append(implies(here, z3.And(known)))
    return system, always(z3.And(facts), "what z3 says")


def broken(bits: int) -> tuple[TransitionSystem, Property]:
    """The same with one thing added that is wrong, to see that it is noticed."""
    system, question = tables(bits, multiplies=False)
    a, b = (system.by_name[name].term for name in "ab")
    return system, always(z3.And(question.formula, a - b != samples(bits)[-1]))


def test_every_operator_is_among_the_terms() -> None:
    """Nothing that the interpreter knows is left out."""
    a, b = z3.BitVecs("a b", 4)
    used, stack = set(), list(terms(a, b))
    while stack:
        term = stack.pop()
        used.add(term.decl().kind())
        stack.extend(term.children())
    assert used >= OPERATORS.keys()


@pytest.mark.slow
@needs_spin
@pytest.mark.parametrize("bits", [3, 31, 32])
def test_promela_computes_as_z3_does(bits: int, tmp_path: Path) -> None:
    """Sums wrap, signs are where they belong: also in words as wide as SPIN's own."""
    system, question = tables(bits)
    found = spin(system, question, tmp_path)
    assert not found.violated
    assert found.states == len(samples(bits)) ** 2


@pytest.mark.slow
@needs_tlc
@pytest.mark.parametrize(("bits", "multiplies"), [(3, True), (8, True), (30, False)])
def test_tla_computes_as_z3_does(bits: int, multiplies: bool, tmp_path: Path) -> None:
    """With numbers that never go beyond those of TLC."""
    system, question = tables(bits, multiplies)
    found = tlc(system, question, tmp_path)
    assert not found.violated
    assert found.states == len(samples(bits)) ** 2


@pytest.mark.slow
@needs_spin
@needs_tlc
def test_a_wrong_result_is_noticed(tmp_path: Path) -> None:
    """One wrong line among them, and both tools find where."""
    for tool in (spin, tlc):
        folder = tmp_path / tool.__name__
        folder.mkdir()
        assert tool(*broken(3), folder).violated


def test_what_has_no_meaning_is_refused_by_name() -> None:
    """Shifts and divisions differ between tools, and no model uses them."""
    x = Var("x", Word(4))
    step = Action("shift", (), {"x": x.term << 1})
    system = TransitionSystem("shifting", (x,), x.term == 0, (step,))
    for export in (promela, tla):
        with pytest.raises(ModelError, match="bvshl"):
            export(system, always(x.term == 0))


@pytest.mark.parametrize(("export", "bits"), [(promela, 33), (tla, 31)])
def test_words_that_are_too_wide_are_refused(export: object, bits: int) -> None:
    """SPIN counts to 2^32, TLC to 2^31: a sum that does not fit is none."""
    assert callable(export)
    x = Var("x", Word(bits))
    step = Action("up", (), {"x": x.term + 1})
    system = TransitionSystem("wide", (x,), x.term == 0, (step,))
    with pytest.raises(ModelError, match=r"numbers .* (bits|end)"):
        export(system, always(x.term == 0))
