"""Terms as Python expressions: what each operator means in Python.

A subterm that is used twice is computed once; what the generated code cannot nest is computed
before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Arguments, Term

DEEPEST = 24
"""How deep an expression of the generated code may nest: Python's parser has a limit."""

LARGEST = 1000
"""How many operators a guard may have to be written out as it stands."""


class Text:
    """Terms as Python expressions over local variables."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.temporaries = 0
        self.arguments = Arguments()
        self.written: dict[int, str] = {}
        self.operators: dict[int, Callable[[list[str]], str]] = {}

    def shared(self, root: Term, lines: list[str], indent: str) -> str:
        """The expression of `root`; subterms that occur twice become assignments in `lines`."""
        return self.all_shared([root], lines, indent)[0]

    def all_shared(self, roots: Sequence[Term], lines: list[str], indent: str) -> list[str]:
        """The expressions of `roots`; what occurs twice in them becomes assignments in `lines`."""
        uses: Counter[int] = Counter()
        keyed = [(root.get_id(), root) for root in roots]
        stack, seen = list(keyed), set[int]()
        while stack:
            key, term = stack.pop()
            uses[key] += 1
            if key not in seen:
                seen.add(key)
                stack.extend(self.arguments(key, term))
        done: dict[int, str] = {}
        for key, root in keyed:
            self._emit(key, root, uses, done, lines, indent)
        return [done[key] for key, _ in keyed]

    def _emit(
        self,
        top: int,
        root: Term,
        uses: Counter[int],
        done: dict[int, str],
        lines: list[str],
        indent: str,
    ) -> None:
        nested: Counter[int] = Counter()
        stack = [(top, root)]
        while stack:
            key, term = stack[-1]
            if key in done:
                stack.pop()
                continue
            arguments = self.arguments(key, term)
            missing = [argument for argument in arguments if argument[0] not in done]
            if missing:
                stack.extend(missing)
                continue
            text = self.operator(key, term, [done[k] for k, _ in arguments])
            nested[key] = 1 + max((nested[k] for k, _ in arguments), default=0)
            if (uses[key] > 1 and arguments) or nested[key] > DEEPEST:
                nested[key] = 0
                name = f"t{self.temporaries}"
                self.temporaries += 1
                lines.append(f"{indent}{name} = {text}")
                text = name
            done[key] = text
            stack.pop()

    def condition(self, term: Term, lines: list[str], indent: str) -> str:
        """The expression of a guard, evaluated where it stands: no work before need.

        One that is too large to be written out is computed before.
        """
        key = term.get_id()
        if key in self.written or self._is_small(key, term):
            return self._plain(key, term)
        return self.shared(term, lines, indent)

    def _plain(self, key: int, term: Term) -> str:
        text = self.written.get(key)
        if text is None:
            arguments = [self._plain(k, argument) for k, argument in self.arguments(key, term)]
            text = self.written[key] = self.operator(key, term, arguments)
        return text

    def _is_small(self, top: int, root: Term) -> bool:
        """Whether `root`, written out as a tree, is short and not deep."""
        stack, size = [(top, root, 1)], 0
        while stack:
            key, term, depth = stack.pop()
            size += 1
            if size > LARGEST or depth > DEEPEST:
                return False
            stack.extend((k, argument, depth + 1) for k, argument in self.arguments(key, term))
        return True

    def operator(self, key: int, term: Term, args: list[str]) -> str:
        """One operator applied to the texts of its arguments."""
        apply = self.operators.get(key)
        if apply is None:
            apply = self.operators[key] = self._meaning(term)
        return apply(args)

    def _meaning(self, term: Term) -> Callable[[list[str]], str]:
        kind = term.decl().kind()
        if kind == z3.Z3_OP_UNINTERPRETED and term.num_args() == 0:
            if (name := term.decl().name()) not in self.names:
                raise ModelError(f"the formula reads {name!r}, which is not a variable")
            return lambda args: self.names[name]
        if kind == z3.Z3_OP_BNUM:
            number = str(term.as_long())
            return lambda args: number
        if kind not in OPERATORS:
            raise ModelError(f"the interpreter has no meaning for {term.decl().name()} in {term}")
        return partial(OPERATORS[kind], term)


def _mask(term: Term) -> int:
    return (1 << int(term.size())) - 1


def _sum(symbol: str) -> Callable[[Term, list[str]], str]:
    return lambda term, args: f"(({f' {symbol} '.join(args)}) & {_mask(term)})"


def _infix(symbol: str) -> Callable[[Term, list[str]], str]:
    return lambda term, args: f"({f' {symbol} '.join(args)})"


def _signed(symbol: str) -> Callable[[Term, list[str]], str]:
    def text(term: Term, args: list[str]) -> str:
        half = 1 << (int(term.arg(0).size()) - 1)
        return f"(({args[0]} ^ {half}) {symbol} ({args[1]} ^ {half}))"

    return text


def _concat(term: Term, args: list[str]) -> str:
    text = args[0]
    for child, arg in zip(term.children()[1:], args[1:], strict=True):
        text = f"({text} << {child.size()} | {arg})"
    return text


def _extract(term: Term, args: list[str]) -> str:
    high, low = term.params()
    shifted = f"{args[0]} >> {low}" if low else args[0]
    return f"({shifted} & {(1 << (high - low + 1)) - 1})"


OPERATORS: dict[int, Callable[[Term, list[str]], str]] = {
    z3.Z3_OP_TRUE: lambda term, args: "True",
    z3.Z3_OP_FALSE: lambda term, args: "False",
    z3.Z3_OP_NOT: lambda term, args: f"(not {args[0]})",
    z3.Z3_OP_AND: lambda term, args: f"({' and '.join(args)})" if args else "True",
    z3.Z3_OP_OR: lambda term, args: f"({' or '.join(args)})" if args else "False",
    z3.Z3_OP_XOR: lambda term, args: f"(bool({args[0]}) != bool({args[1]}))",
    z3.Z3_OP_IMPLIES: lambda term, args: f"(not {args[0]} or {args[1]})",
    z3.Z3_OP_EQ: lambda term, args: f"({args[0]} == {args[1]})",
    z3.Z3_OP_DISTINCT: lambda term, args: f"(len({{{', '.join(args)}}}) == {len(args)})",
    z3.Z3_OP_ITE: lambda term, args: f"({args[1]} if {args[0]} else {args[2]})",
    z3.Z3_OP_BADD: _sum("+"),
    z3.Z3_OP_BSUB: _sum("-"),
    z3.Z3_OP_BMUL: _sum("*"),
    z3.Z3_OP_BNEG: lambda term, args: f"(-{args[0]} & {_mask(term)})",
    z3.Z3_OP_BAND: _infix("&"),
    z3.Z3_OP_BOR: _infix("|"),
    z3.Z3_OP_BXOR: _infix("^"),
    z3.Z3_OP_BNOT: lambda term, args: f"({args[0]} ^ {_mask(term)})",
    z3.Z3_OP_ULT: _infix("<"),
    z3.Z3_OP_ULEQ: _infix("<="),
    z3.Z3_OP_UGT: _infix(">"),
    z3.Z3_OP_UGEQ: _infix(">="),
    z3.Z3_OP_SLT: _signed("<"),
    z3.Z3_OP_SLEQ: _signed("<="),
    z3.Z3_OP_SGT: _signed(">"),
    z3.Z3_OP_SGEQ: _signed(">="),
    z3.Z3_OP_CONCAT: _concat,
    z3.Z3_OP_EXTRACT: _extract,
    z3.Z3_OP_ZERO_EXT: lambda term, args: args[0],
}
"""What each operator means in Python; shifts and divisions are left out on purpose (they are
partial or differ between back ends), and a term that uses one is refused by name."""
