"""Terms as text in another language: names, constants, and subterms that are worth a name."""

from __future__ import annotations

import re
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import TypeAlias

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Arguments, Domain, Enumeration, FreeVariables, Term

Operator: TypeAlias = Callable[[Term, list[str]], str]
"""One operator applied to the texts of its arguments."""

WORTH_A_NAME = 4
"""From how many operators and operands on a subterm that occurs twice is written once."""

_COMPARISONS = {
    z3.Z3_OP_EQ,
    z3.Z3_OP_DISTINCT,
    z3.Z3_OP_ULT,
    z3.Z3_OP_ULEQ,
    z3.Z3_OP_UGT,
    z3.Z3_OP_UGEQ,
}
_BITWISE = {z3.Z3_OP_BAND, z3.Z3_OP_BOR, z3.Z3_OP_BXOR, z3.Z3_OP_BNOT}


class Names:
    """Identifiers: readable, each given once, none of them reserved."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self.taken = set(reserved)

    def fresh(self, text: str, otherwise: str = "nothing") -> str:
        """An identifier like `text`: `A>B[0].ctl` becomes `A_to_B_0_ctl`."""
        word = re.sub(r"[^A-Za-z0-9]+", "_", text.replace(">", "_to_")).strip("_") or otherwise
        if word[0].isdigit():
            word = f"n{word}"
        found, count = word, 1
        while found in self.taken:
            count += 1
            found = f"{word}_{count}"
        self.taken.add(found)
        return found


@dataclass
class Writer:
    """Terms of one system as expressions of one language.

    language: its name, for errors.  operators: what each operator looks like; one that is missing
    is refused by name.  number: a constant of so many bits.
    names: variable → identifier.  constants: for each enumeration, the identifiers of its values.
    """

    language: str
    system: TransitionSystem
    operators: Mapping[int, Operator]
    number: Callable[[int, int], str]
    names: dict[str, str]
    constants: dict[Enumeration, list[str]]
    arguments: Arguments = field(default_factory=Arguments)
    _free: FreeVariables = field(default_factory=FreeVariables)
    _sizes: dict[int, int] = field(default_factory=dict)
    _enumerations: dict[int, Enumeration | None] = field(default_factory=dict)

    def text(
        self,
        term: Term,
        domain: Domain | None = None,
        known: Mapping[int, str] | None = None,
    ) -> str:
        """The expression of `term`.

        domain: what its value is of, so that constants appear by name.  known: subterms that have
        a name already, by id.
        """
        expected = domain if isinstance(domain, Enumeration) else None
        return self._text(term.get_id(), term, expected, known or {}, {})

    def _text(
        self,
        key: int,
        term: Term,
        expected: Enumeration | None,
        known: Mapping[int, str],
        done: dict[tuple[int, Enumeration | None], str],
    ) -> str:
        if key in known:
            return known[key]
        if (key, expected) in done:
            return done[key, expected]
        kind = term.decl().kind()
        if kind == z3.Z3_OP_BNUM:
            return self._constant(term, expected)
        if kind == z3.Z3_OP_UNINTERPRETED and term.num_args() == 0:
            return self.names[term.decl().name()]
        if kind not in self.operators:
            raise ModelError(
                f"{self.language} export has no meaning for {term.decl().name()} in {term}"
            )
        pairs = list(self.arguments(key, term))
        if kind in (z3.Z3_OP_EQ, z3.Z3_OP_DISTINCT) and z3.is_bv_value(pairs[0][1]):
            pairs.reverse()  # `state = CLOSED` reads better
        domains = self._expected(key, term, expected)
        texts = [
            self._text(k, part, domain, known, done)
            for (k, part), domain in zip(pairs, domains, strict=True)
        ]
        found = done[key, expected] = self.operators[kind](term, texts)
        return found

    def _constant(self, term: Term, expected: Enumeration | None) -> str:
        value = int(term.as_long())
        if expected is not None and value < expected.size:
            return self.constants[expected][value]
        return self.number(value, int(term.size()))

    def _expected(
        self, key: int, term: Term, expected: Enumeration | None
    ) -> list[Enumeration | None]:
        """Which enumerations the arguments of `term` are of."""
        kind, count = term.decl().kind(), int(term.num_args())
        if kind in _COMPARISONS:
            return [self._enumeration(key, term)] * count
        if kind == z3.Z3_OP_ITE:
            return [None, *[expected or self._enumeration(key, term)] * 2]
        if kind in _BITWISE:
            return [expected or self._enumeration(key, term)] * count
        return [None] * count

    def _enumeration(self, key: int, term: Term) -> Enumeration | None:
        """The enumeration that `term`, or what it compares, is of."""
        if key in self._enumerations:
            return self._enumerations[key]
        kind, found = term.decl().kind(), None
        parts = self.arguments(key, term)
        if kind == z3.Z3_OP_UNINTERPRETED and not parts:
            domain = self.system.by_name[term.decl().name()].domain
            found = domain if isinstance(domain, Enumeration) else None
        elif kind in _COMPARISONS | _BITWISE | {z3.Z3_OP_ITE}:
            values = parts[1:] if kind == z3.Z3_OP_ITE else parts
            found = next((d for d in (self._enumeration(*v) for v in values) if d), None)
        self._enumerations[key] = found
        return found

    # --- subterms that occur more than once ----------------------------------------------------

    def shared(self, roots: Sequence[Term]) -> list[Term]:
        """What occurs at least twice in `roots` and is worth a name; parts come before wholes."""
        uses: Tally[int] = Tally()
        order: list[tuple[int, Term]] = []
        for root in roots:
            self._visit(root.get_id(), root, uses, order)
        return [
            term for key, term in order if uses[key] > 1 and self._size(key, term) >= WORTH_A_NAME
        ]

    def _visit(self, key: int, term: Term, uses: Tally[int], order: list[tuple[int, Term]]) -> None:
        uses[key] += 1
        if uses[key] == 1:
            for k, part in self.arguments(key, term):
                self._visit(k, part, uses, order)
            order.append((key, term))

    def _size(self, key: int, term: Term) -> int:
        if key not in self._sizes:
            self._sizes[key] = 1 + sum(self._size(k, p) for k, p in self.arguments(key, term))
        return self._sizes[key]

    def reads(self, term: Term) -> frozenset[str]:
        """The variables that `term` reads."""
        return self._free(term)


def named(
    system: TransitionSystem, names: Names
) -> tuple[dict[str, str], dict[Enumeration, list[str]]]:
    """Identifiers for the variables of `system` and for the values of their enumerations."""
    variables = {var.name: names.fresh(var.name) for var in system.variables}
    constants: dict[Enumeration, list[str]] = {}
    for var in system.variables:
        kind = var.domain
        if isinstance(kind, Enumeration) and kind not in constants:
            constants[kind] = [names.fresh(name, f"no_{kind.name}") for name in kind.names]
    return variables, constants


def bare(text: str) -> str:
    """`text` without the parentheses around all of it."""
    if not (text.startswith("(") and text.endswith(")")):
        return text
    depth = 0
    for place, sign in enumerate(text):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            return text[1:-1] if place == len(text) - 1 else text
    return text


def pairwise_different(texts: Sequence[str], differs: str, both: str) -> str:
    """All of `texts` differ, pair by pair."""
    pairs = [f"({a} {differs} {b})" for a, b in combinations(texts, 2)]
    return pairs[0] if len(pairs) == 1 else f"({f' {both} '.join(pairs)})"


def infix(symbol: str, empty: str = "") -> Operator:
    """`(a symbol b symbol c)`; `empty` where there is nothing to join."""

    def text(term: Term, args: list[str]) -> str:
        if len(args) < 2:
            return args[0] if args else empty
        return f"({f' {symbol} '.join(args)})"

    return text
