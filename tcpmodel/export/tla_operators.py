"""The operators in TLA+: arithmetic mod 2^w, and bitwise operators by definitions of our own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Term
from tcpmodel.export.writing import Names, Operator, bare, infix, pairwise_different

WIDEST = 30
"""Bits of a word whose sums TLC can form: its numbers end at 2^31 - 1."""

TABULATED = 6
"""Bits of a word up to which bitwise operators are tables: TLC works them out once."""


def fitting(operators: Mapping[int, Operator]) -> dict[int, Operator]:
    """The operators, for words that TLC has numbers for; others raise `ModelError`."""
    return {kind: _fitting(operator) for kind, operator in operators.items()}


def _fitting(operator: Operator) -> Operator:
    def text(term: Term, args: list[str]) -> str:
        product = term.decl().kind() == z3.Z3_OP_BMUL
        for part in (term, *term.children()):
            if z3.is_bv(part) and part.size() * (1 + product) > WIDEST + product:
                raise ModelError(
                    f"TLC's numbers end at 2^31 - 1: {term.decl().name()} of "
                    f"{part.size()} bits does not fit; use a smaller width"
                )
        return operator(term, args)

    return text


class Bitwise:
    """The bitwise operators of one module, with the definitions that they turn out to need."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.used: dict[tuple[str, int], str] = {}

    @property
    def operators(self) -> dict[int, Operator]:
        return {kind: self._applied(name) for kind, name in BITWISE.items()}

    def _applied(self, name: str) -> Operator:
        """A bitwise operator: a table where it is small, a recursion elsewhere."""

        def text(term: Term, args: list[str]) -> str:
            width, found = int(term.size()), args[0]
            key = (name, width)
            if key not in self.used:
                small = width <= TABULATED
                self.used[key] = self.names.fresh(f"{name}{width}") if small else ""
            table = self.used[key]
            for arg in args[1:]:
                one, other = bare(found), bare(arg)
                found = f"{table}[{one}][{other}]" if table else f"{name}({one}, {other}, {width})"
            return found

        return text

    def definitions(self) -> Iterator[str]:
        """The definitions of the bitwise operators that are used."""
        for name in dict.fromkeys(name for name, _ in self.used):
            yield ""
            yield f"\\* {name} of the lowest n bits"
            yield f"RECURSIVE {name}(_, _, _)"
            bit = _BITS[name]
            yield f"{name}(a, b, n) =="
            yield f"    IF n = 0 THEN 0 ELSE {bit} + 2 * {name}(a \\div 2, b \\div 2, n - 1)"
        for (name, width), table in self.used.items():
            if table:
                numbers = f"0..{(1 << width) - 1}"
                value = f"{name}(a, b, {width})"
                yield f"{table} == [a \\in {numbers} |-> [b \\in {numbers} |-> {value}]]"


_BITS = {
    "BitAnd": "(a % 2) * (b % 2)",
    "BitOr": "(IF (a % 2) + (b % 2) > 0 THEN 1 ELSE 0)",
    "BitXor": "((a + b) % 2)",
}
BITWISE = {z3.Z3_OP_BAND: "BitAnd", z3.Z3_OP_BOR: "BitOr", z3.Z3_OP_BXOR: "BitXor"}


def decimal(value: int, bits: int) -> str:
    """A constant."""
    return str(value)


def _sum(symbol: str) -> Operator:
    def text(term: Term, args: list[str]) -> str:
        useful = [a for a in args if a != "0" or symbol != "+"] or ["0"]
        found = useful[0]
        for arg in useful[1:]:
            found = f"(({found} {symbol} {arg}) % {1 << int(term.size())})"
        return found

    return text


def _signed(symbol: str) -> Operator:
    def text(term: Term, args: list[str]) -> str:
        size = 1 << int(term.arg(0).size())
        one, other = (f"(({arg} + {size // 2}) % {size})" for arg in args)
        return f"({one} {symbol} {other})"

    return text


def _concat(term: Term, args: list[str]) -> str:
    found = args[0]
    for part, arg in zip(term.children()[1:], args[1:], strict=True):
        found = f"({found} * {1 << int(part.size())} + {arg})"
    return found


def _extract(term: Term, args: list[str]) -> str:
    high, low = (int(p) for p in term.params())
    found = f"({args[0]} \\div {1 << low})" if low else args[0]
    if high == int(term.arg(0).size()) - 1:
        return found
    return f"({found} % {1 << (high - low + 1)})"


OPERATORS: dict[int, Operator] = {
    z3.Z3_OP_TRUE: lambda term, args: "TRUE",
    z3.Z3_OP_FALSE: lambda term, args: "FALSE",
    z3.Z3_OP_NOT: lambda term, args: f"(~{args[0]})",
    z3.Z3_OP_AND: infix("/\\", "TRUE"),
    z3.Z3_OP_OR: infix("\\/", "FALSE"),
    z3.Z3_OP_XOR: infix("#"),
    z3.Z3_OP_IMPLIES: infix("=>"),
    z3.Z3_OP_EQ: infix("="),
    z3.Z3_OP_DISTINCT: lambda term, args: pairwise_different(args, "#", "/\\"),
    z3.Z3_OP_ITE: lambda term, args: f"(IF {args[0]} THEN {args[1]} ELSE {args[2]})",
    z3.Z3_OP_BADD: _sum("+"),
    z3.Z3_OP_BSUB: _sum("-"),
    z3.Z3_OP_BMUL: _sum("*"),
    z3.Z3_OP_BNEG: lambda term, args: f"((0 - {args[0]}) % {1 << int(term.size())})",
    z3.Z3_OP_BNOT: lambda term, args: f"({(1 << int(term.size())) - 1} - {args[0]})",
    z3.Z3_OP_ULT: infix("<"),
    z3.Z3_OP_ULEQ: infix("<="),
    z3.Z3_OP_UGT: infix(">"),
    z3.Z3_OP_UGEQ: infix(">="),
    z3.Z3_OP_SLT: _signed("<"),
    z3.Z3_OP_SLEQ: _signed("<="),
    z3.Z3_OP_SGT: _signed(">"),
    z3.Z3_OP_SGEQ: _signed(">="),
    z3.Z3_OP_CONCAT: _concat,
    z3.Z3_OP_EXTRACT: _extract,
    z3.Z3_OP_ZERO_EXT: lambda term, args: args[0],
}
"""What each operator of the reference interpreter is in TLA+, apart from the bitwise ones."""
