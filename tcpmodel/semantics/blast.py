"""Terms as circuits: what each operator means in bits, the lowest bit first.

The operators are those of the interpreter (`expression`); anything else is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import TypeAlias

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Arguments, Term
from tcpmodel.semantics.aig import FALSE, TRUE, Circuit, inverted

Bits: TypeAlias = tuple[int, ...]
"""A truth value (one bit) or a number, as literals of a circuit."""


class Blaster:
    """Terms over the given variables as circuits; equal terms become the same gates."""

    def __init__(self, circuit: Circuit, variables: Mapping[str, Bits]) -> None:
        self.circuit = circuit
        self.variables = variables
        self._arguments = Arguments()
        self._done: dict[int, Bits] = {}

    def __call__(self, root: Term) -> Bits:
        """The bits of `root`.  Raises `ModelError` for an operator without meaning."""
        top = root.get_id()
        stack = [(top, root)]
        while stack:
            key, term = stack[-1]
            if key in self._done:
                stack.pop()
                continue
            arguments = self._arguments(key, term)
            missing = [a for a in arguments if a[0] not in self._done]
            if missing:
                stack.extend(missing)
                continue
            self._done[key] = self._bits(term, [self._done[k] for k, _ in arguments])
            stack.pop()
        return self._done[top]

    def condition(self, term: Term) -> int:
        """The literal of a truth value."""
        (literal,) = self(term)
        return literal

    def _bits(self, term: Term, args: list[Bits]) -> Bits:
        kind = term.decl().kind()
        if kind == z3.Z3_OP_UNINTERPRETED and not args:
            if (name := term.decl().name()) not in self.variables:
                raise ModelError(f"the formula reads {name!r}, which is not a variable")
            return self.variables[name]
        if kind == z3.Z3_OP_BNUM:
            return constant(term.as_long(), term.size())
        if kind not in OPERATORS:
            raise ModelError(f"there is no circuit for {term.decl().name()} in {term}")
        return OPERATORS[kind](self.circuit, term, args)


def constant(number: int, size: int) -> Bits:
    """A number of `size` bits."""
    return tuple(number >> place & 1 for place in range(size))


def _sum(circuit: Circuit, a: Bits, b: Bits, carry: int = FALSE) -> Bits:
    """A + b + carry, as long as they are."""
    found = []
    for x, y in zip(a, b, strict=True):
        odd = circuit.differs(x, y)
        found.append(circuit.differs(odd, carry))
        carry = circuit.either(circuit.both(x, y), circuit.both(odd, carry))
    return tuple(found)


def _negative(circuit: Circuit, a: Bits) -> Bits:
    return _sum(circuit, tuple(map(inverted, a)), constant(0, len(a)), TRUE)


def _difference(circuit: Circuit, a: Bits, b: Bits) -> Bits:
    return _sum(circuit, a, tuple(map(inverted, b)), TRUE)


def _product(circuit: Circuit, a: Bits, b: Bits) -> Bits:
    total = constant(0, len(a))
    for place, bit in enumerate(b):
        row = (FALSE,) * place + tuple(circuit.both(x, bit) for x in a[: len(a) - place])
        total = _sum(circuit, total, row)
    return total


def _equal(circuit: Circuit, a: Bits, b: Bits) -> int:
    return circuit.every(inverted(circuit.differs(x, y)) for x, y in zip(a, b, strict=True))


def _less(circuit: Circuit, a: Bits, b: Bits) -> int:
    """A < b, unsigned."""
    less = FALSE
    for x, y in zip(a, b, strict=True):
        less = circuit.choice(circuit.differs(x, y), y, less)
    return less


def _signed(a: Bits) -> Bits:
    """A number whose order among unsigned ones is that of `a` among signed ones."""
    return (*a[:-1], inverted(a[-1]))


_Meaning: TypeAlias = Callable[[Circuit, Term, list[Bits]], Bits]


def _fold(word: Callable[[Circuit, Bits, Bits], Bits]) -> _Meaning:
    return lambda circuit, term, args: reduce(lambda a, b: word(circuit, a, b), args)


def _each(gate: Callable[[Circuit, Sequence[int]], int]) -> _Meaning:
    """An operator on the bits in the same place."""
    return lambda circuit, term, args: tuple(
        gate(circuit, column) for column in zip(*args, strict=True)
    )


def _order(swap: bool, negate: bool, signed: bool) -> _Meaning:
    def meaning(circuit: Circuit, term: Term, args: list[Bits]) -> Bits:
        a, b = map(_signed, args) if signed else args
        less = _less(circuit, b, a) if swap else _less(circuit, a, b)
        return (inverted(less) if negate else less,)

    return meaning


def _different(circuit: Circuit, args: list[Bits]) -> int:
    pairs = ((a, b) for i, a in enumerate(args) for b in args[:i])
    return circuit.every(inverted(_equal(circuit, a, b)) for a, b in pairs)


def _parity(circuit: Circuit, column: Sequence[int]) -> int:
    return reduce(circuit.differs, column)


def _chosen(circuit: Circuit, term: Term, args: list[Bits]) -> Bits:
    ((which,), a, b) = args
    return tuple(circuit.choice(which, x, y) for x, y in zip(a, b, strict=True))


def _extracted(circuit: Circuit, term: Term, args: list[Bits]) -> Bits:
    high, low = term.params()
    return args[0][low : high + 1]


OPERATORS: Mapping[int, _Meaning] = {
    z3.Z3_OP_TRUE: lambda circuit, term, args: (TRUE,),
    z3.Z3_OP_FALSE: lambda circuit, term, args: (FALSE,),
    z3.Z3_OP_NOT: lambda circuit, term, args: (inverted(args[0][0]),),
    z3.Z3_OP_AND: lambda circuit, term, args: (circuit.every(a for (a,) in args),),
    z3.Z3_OP_OR: lambda circuit, term, args: (circuit.some(a for (a,) in args),),
    z3.Z3_OP_XOR: _each(_parity),
    z3.Z3_OP_IMPLIES: lambda circuit, term, args: (
        circuit.either(inverted(args[0][0]), args[1][0]),
    ),
    z3.Z3_OP_EQ: lambda circuit, term, args: (_equal(circuit, *args),),
    z3.Z3_OP_DISTINCT: lambda circuit, term, args: (_different(circuit, args),),
    z3.Z3_OP_ITE: _chosen,
    z3.Z3_OP_BADD: _fold(_sum),
    z3.Z3_OP_BSUB: _fold(_difference),
    z3.Z3_OP_BMUL: _fold(_product),
    z3.Z3_OP_BNEG: lambda circuit, term, args: _negative(circuit, args[0]),
    z3.Z3_OP_BAND: _each(Circuit.every),
    z3.Z3_OP_BOR: _each(Circuit.some),
    z3.Z3_OP_BXOR: _each(_parity),
    z3.Z3_OP_BNOT: lambda circuit, term, args: tuple(map(inverted, args[0])),
    z3.Z3_OP_ULT: _order(swap=False, negate=False, signed=False),
    z3.Z3_OP_ULEQ: _order(swap=True, negate=True, signed=False),
    z3.Z3_OP_UGT: _order(swap=True, negate=False, signed=False),
    z3.Z3_OP_UGEQ: _order(swap=False, negate=True, signed=False),
    z3.Z3_OP_SLT: _order(swap=False, negate=False, signed=True),
    z3.Z3_OP_SLEQ: _order(swap=True, negate=True, signed=True),
    z3.Z3_OP_SGT: _order(swap=True, negate=False, signed=True),
    z3.Z3_OP_SGEQ: _order(swap=False, negate=True, signed=True),
    z3.Z3_OP_CONCAT: lambda circuit, term, args: tuple(b for a in reversed(args) for b in a),
    z3.Z3_OP_EXTRACT: _extracted,
    z3.Z3_OP_ZERO_EXT: lambda circuit, term, args: args[0] + (FALSE,) * term.params()[0],
}
"""What each operator means in bits."""
