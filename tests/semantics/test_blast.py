"""Circuits mean what terms mean: the bits of every operator are those that z3 computes."""

from __future__ import annotations

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st
from pysat.solvers import Solver

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Term
from tcpmodel.semantics import blast, expression
from tcpmodel.semantics.aig import FALSE, TRUE, Circuit, inverted

X, Y = z3.BitVecs("x y", 4)
P, Q = z3.Bools("p q")

TERMS: tuple[Term, ...] = (
    *(z3.Not(P), z3.And(P, Q), z3.Or(P, Q), z3.Xor(P, Q), z3.Implies(P, Q), P == Q),
    *(z3.Distinct(X, Y, X + 1), z3.If(P, X, Y), X + Y, X - Y, X * Y, -X, X & Y, X | Y, X ^ Y, ~X),
    *(z3.ULT(X, Y), z3.ULE(X, Y), z3.UGT(X, Y), z3.UGE(X, Y), X < Y, X <= Y, X > Y, X >= Y),
    *(z3.Concat(X, Y), z3.Extract(2, 1, X), z3.ZeroExt(3, X), X == Y, z3.BoolVal(True)),
    *(z3.BoolVal(False), z3.BitVecVal(11, 4), z3.Sum(X, Y, X), z3.And(), z3.Or()),
)


def value(term: Term, codes: dict[str, int]) -> int:
    """What `term` is by its circuit, as a SAT solver evaluates it."""
    circuit = Circuit()
    bits = {
        name: tuple(circuit.input() for _ in range(size))
        for name, size in (("x", 4), ("y", 4), ("p", 1), ("q", 1))
    }
    found = blast.Blaster(circuit, bits)(term)
    known = [
        circuit.name(bit if codes[name] >> place & 1 else inverted(bit))
        for name, row in bits.items()
        for place, bit in enumerate(row)
    ]
    with Solver("minisat22", bootstrap_with=list(circuit.clauses(found))) as solver:
        assert solver.solve(assumptions=known)
        model = set(solver.get_model())
    return sum(1 << place for place, bit in enumerate(found) if circuit.name(bit) in model)


@pytest.mark.parametrize("term", TERMS, ids=lambda t: t.sexpr())
def test_an_operator_means_what_z3_says(term: Term) -> None:
    """On all pairs of interesting numbers and both truth values."""
    for x, y, p, q in [(a, b, a & 1, b & 1) for a in (0, 1, 7, 8, 15) for b in (0, 3, 8, 15)]:
        known = ((X, z3.BitVecVal(x, 4)), (Y, z3.BitVecVal(y, 4)))
        truth = ((P, z3.BoolVal(bool(p))), (Q, z3.BoolVal(bool(q))))
        said = z3.simplify(z3.substitute(term, *known, *truth))
        expected = int(z3.is_true(said)) if z3.is_bool(said) else said.as_long()
        assert value(term, {"x": x, "y": y, "p": p, "q": q}) == expected


def test_every_operator_of_the_interpreter_has_a_circuit() -> None:
    """The two lists are one, and the terms above use all of it."""
    assert set(blast.OPERATORS) == set(expression.OPERATORS)
    used, stack = set[int](), list(TERMS)
    while stack:
        term = stack.pop()
        used.add(term.decl().kind())
        stack.extend(term.children())
    assert set(blast.OPERATORS) <= used


def test_what_has_no_circuit_is_refused_by_name() -> None:
    """Shifts, divisions and unknown variables."""
    blaster = blast.Blaster(Circuit(), {})
    with pytest.raises(ModelError, match="no circuit for bvshl"):
        blast.Blaster(Circuit(), {"x": (2, 4, 6, 8)})(X << 1)
    with pytest.raises(ModelError, match="'p', which is not a variable"):
        blaster(P)


@given(st.lists(st.tuples(st.sampled_from("&|^?"), st.integers(0, 9), st.integers(0, 9))))
@settings(max_examples=60, deadline=None)
def test_gates_are_shared_and_decided(recipe: list[tuple[str, int, int]]) -> None:
    """Whatever is built, its value is that of Python's operators, constants included."""
    circuit = Circuit()
    inputs = [circuit.input() for _ in range(3)]
    row = [FALSE, TRUE, *inputs, *map(inverted, inputs)]
    for number in range(8):
        inside = [number >> place & 1 for place in range(3)]
        told = [0, 1, *inside, *(1 - bit for bit in inside)]
        literals = list(row)
        for sign, i, j in recipe:
            a, b = i % len(literals), j % len(literals)
            gate = {
                "&": circuit.both(literals[a], literals[b]),
                "|": circuit.either(literals[a], literals[b]),
                "^": circuit.differs(literals[a], literals[b]),
                "?": circuit.choice(literals[2], literals[a], literals[b]),
            }[sign]
            literals.append(gate)
            x, y = told[a], told[b]
            told.append({"&": x & y, "|": x | y, "^": x ^ y, "?": x if told[2] else y}[sign])
        known = [
            circuit.name(bit if inside[place] else inverted(bit))
            for place, bit in enumerate(inputs)
        ]
        with Solver("minisat22", bootstrap_with=list(circuit.clauses(literals))) as solver:
            assert solver.solve(assumptions=known)
            model = set(solver.get_model())
        assert [int(circuit.name(x) in model) for x in literals[8:]] == told[8:]
