"""Terms as LLVM IR: what each operator means in native code.

A truth value is an `i1`, a bit-vector of up to 64 bits an `i64` whose upper bits are zero.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import combinations

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Arguments, Term, operator, width
from tcpmodel.semantics.packing import WORD


class Code:
    """The body of one function under construction.

    lines: what is written so far.  What was computed before a block may be used in it; what is
    computed inside `inside` may not be used after it.
    """

    def __init__(self, arguments: Arguments) -> None:
        self.lines: list[str] = []
        self.count = 0
        self.arguments = arguments
        self.variables: Mapping[str, Callable[[], str]] = {}
        self._known: dict[int, str] = {}
        self._recent: list[int] = []

    def op(self, text: str) -> str:
        """A new value: the result of the instruction `text`."""
        name = f"%v{self.count}"
        self.count += 1
        self.lines.append(f"{name} = {text}")
        return name

    def do(self, text: str) -> None:
        """An instruction without result."""
        self.lines.append(text)

    @contextmanager
    def inside(self, condition: str) -> Iterator[None]:
        """What is written inside is done only where `condition` holds."""
        number, before = self.count, len(self._recent)
        self.count += 1
        self.do(f"br i1 {condition}, label %then{number}, label %after{number}")
        self.do(f"then{number}:")
        yield
        self.do(f"br label %after{number}")
        self.do(f"after{number}:")
        for key in self._recent[before:]:
            del self._known[key]
        del self._recent[before:]

    def value(self, root: Term) -> str:
        """The value of `root`; what has been computed already is not computed again.

        Raises `ModelError` for an operator without meaning, and for more than 64 bits.
        """
        top = root.get_id()
        stack = [(top, root)]
        while stack:
            key, term = stack[-1]
            if key in self._known:
                stack.pop()
                continue
            arguments = self.arguments(key, term)
            missing = [argument for argument in arguments if argument[0] not in self._known]
            if missing:
                stack.extend(missing)
                continue
            self._known[key] = self._operator(term, [self._known[k] for k, _ in arguments])
            self._recent.append(key)
            stack.pop()
        return self._known[top]

    def _operator(self, term: Term, args: list[str]) -> str:
        kind = operator(term)
        if kind == z3.Z3_OP_UNINTERPRETED and not args:
            if (name := term.decl().name()) not in self.variables:
                raise ModelError(f"the formula reads {name!r}, which is not a variable")
            return self.variables[name]()
        if kind not in OPERATORS:
            raise ModelError(f"native code has no meaning for {term.decl().name()} in {term}")
        if isinstance(term, z3.BitVecRef) and width(term) > WORD:
            raise ModelError(f"native code holds at most {WORD} bits; {term} has {term.size()}")
        return OPERATORS[kind](self, term, args)

    def masked(self, value: str, bits: int) -> str:
        """`value` mod 2^bits."""
        return value if bits == WORD else self.op(f"and i64 {value}, {(1 << bits) - 1}")

    def all_true(self, values: list[str]) -> str:
        """The conjunction of truth values."""
        return self.chain("and i1", [v for v in values if v != "true"]) if values else "true"

    def chain(self, operator: str, values: list[str]) -> str:
        """`values` joined by a two-place operator; `true` if there are none."""
        if not values:
            return "true"
        total = values[0]
        for value in values[1:]:
            total = self.op(f"{operator} {total}, {value}")
        return total


_Meaning = Callable[[Code, Term, list[str]], str]


def _constant(text: str) -> _Meaning:
    return lambda code, term, args: text


def _chain(operator: str) -> _Meaning:
    return lambda code, term, args: code.chain(operator, args)


def _masked(operator: str) -> _Meaning:
    return lambda code, term, args: code.masked(code.chain(operator, args), int(term.size()))


def _compare(relation: str) -> _Meaning:
    return lambda code, term, args: code.op(f"icmp {relation} i64 {args[0]}, {args[1]}")


def _signed(relation: str) -> _Meaning:
    def meaning(code: Code, term: Term, args: list[str]) -> str:
        half = 1 << (int(term.arg(0).size()) - 1)
        left, right = (code.op(f"xor i64 {arg}, {half}") for arg in args)
        return code.op(f"icmp {relation} i64 {left}, {right}")

    return meaning


def _sort(term: Term) -> str:
    return "i1" if z3.is_bool(term) else "i64"


def _equal(code: Code, term: Term, args: list[str]) -> str:
    return code.op(f"icmp eq {_sort(term.arg(0))} {args[0]}, {args[1]}")


def _distinct(code: Code, term: Term, args: list[str]) -> str:
    sort = _sort(term.arg(0))
    return code.all_true([code.op(f"icmp ne {sort} {a}, {b}") for a, b in combinations(args, 2)])


def _choice(code: Code, term: Term, args: list[str]) -> str:
    sort = _sort(term)
    return code.op(f"select i1 {args[0]}, {sort} {args[1]}, {sort} {args[2]}")


def _disjunction(code: Code, term: Term, args: list[str]) -> str:
    return code.chain("or i1", args) if args else "false"


def _implication(code: Code, term: Term, args: list[str]) -> str:
    return code.op(f"or i1 {code.op(f'xor i1 {args[0]}, true')}, {args[1]}")


def _negative(code: Code, term: Term, args: list[str]) -> str:
    return code.masked(code.op(f"sub i64 0, {args[0]}"), int(term.size()))


def _complement(code: Code, term: Term, args: list[str]) -> str:
    return code.op(f"xor i64 {args[0]}, {(1 << int(term.size())) - 1}")


def _concatenation(code: Code, term: Term, args: list[str]) -> str:
    total = args[0]
    for child, arg in zip(term.children()[1:], args[1:], strict=True):
        total = code.op(f"or i64 {code.op(f'shl i64 {total}, {child.size()}')}, {arg}")
    return total


def _extract(code: Code, term: Term, args: list[str]) -> str:
    high, low = term.params()
    shifted = code.op(f"lshr i64 {args[0]}, {low}") if low else args[0]
    return code.masked(shifted, high - low + 1)


OPERATORS: dict[int, _Meaning] = {
    z3.Z3_OP_TRUE: _constant("true"),
    z3.Z3_OP_FALSE: _constant("false"),
    z3.Z3_OP_BNUM: lambda code, term, args: str(term.as_long()),
    z3.Z3_OP_NOT: lambda code, term, args: code.op(f"xor i1 {args[0]}, true"),
    z3.Z3_OP_AND: _chain("and i1"),
    z3.Z3_OP_OR: _disjunction,
    z3.Z3_OP_XOR: _chain("xor i1"),
    z3.Z3_OP_IMPLIES: _implication,
    z3.Z3_OP_EQ: _equal,
    z3.Z3_OP_DISTINCT: _distinct,
    z3.Z3_OP_ITE: _choice,
    z3.Z3_OP_BADD: _masked("add i64"),
    z3.Z3_OP_BSUB: _masked("sub i64"),
    z3.Z3_OP_BMUL: _masked("mul i64"),
    z3.Z3_OP_BNEG: _negative,
    z3.Z3_OP_BAND: _chain("and i64"),
    z3.Z3_OP_BOR: _chain("or i64"),
    z3.Z3_OP_BXOR: _chain("xor i64"),
    z3.Z3_OP_BNOT: _complement,
    z3.Z3_OP_ULT: _compare("ult"),
    z3.Z3_OP_ULEQ: _compare("ule"),
    z3.Z3_OP_UGT: _compare("ugt"),
    z3.Z3_OP_UGEQ: _compare("uge"),
    z3.Z3_OP_SLT: _signed("ult"),
    z3.Z3_OP_SLEQ: _signed("ule"),
    z3.Z3_OP_SGT: _signed("ugt"),
    z3.Z3_OP_SGEQ: _signed("uge"),
    z3.Z3_OP_CONCAT: _concatenation,
    z3.Z3_OP_EXTRACT: _extract,
    z3.Z3_OP_ZERO_EXT: lambda code, term, args: args[0],
}
"""What each operator means in native code: the same operators as in Python, for the same reason."""
