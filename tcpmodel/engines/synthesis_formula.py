"""Bounds as formulas: found from samples, not written down beforehand.

A bound is a maximum of minima of linear forms with small whole coefficients.  `fit` returns the
simplest one that agrees with all samples; whether it is right everywhere is for the proofs.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from itertools import combinations, permutations, product
from typing import TypeAlias

import z3

from tcpmodel.core.terms import Term

LARGEST = 4
"""The largest coefficient that is tried."""

Sample: TypeAlias = tuple[Mapping[str, Fraction], Fraction]
"""Values of the parameters, and the supremum of the unsafe waits for them."""


@dataclass(frozen=True)
class Linear:
    """A sum of multiples of parameters: (name, coefficient), none of them zero."""

    parts: tuple[tuple[str, int], ...]

    @property
    def weight(self) -> int:
        return sum(count for _, count in self.parts)

    def value(self, values: Mapping[str, Fraction]) -> Fraction:
        """Its value for these values of the parameters."""
        return sum((count * values[name] for name, count in self.parts), Fraction(0))

    def term(self) -> Term:
        """The same over the parameters."""
        return z3.Sum([count * z3.Real(name) for name, count in self.parts] or [z3.RealVal(0)])

    def without(self, common: Mapping[str, int]) -> Linear:
        """Less `common`, which is part of it."""
        left = ((name, count - common.get(name, 0)) for name, count in self.parts)
        return Linear(tuple(pair for pair in left if pair[1]))

    def __str__(self) -> str:
        return " + ".join(n if c == 1 else f"{c}·{n}" for n, c in self.parts) or "0"


@dataclass(frozen=True)
class Bound:
    """A maximum of minima of linear forms."""

    options: tuple[tuple[Linear, ...], ...]

    @property
    def forms(self) -> tuple[Linear, ...]:
        return tuple(form for option in self.options for form in option)

    @property
    def weight(self) -> tuple[int, int]:
        """Simple bounds have a small one."""
        return len(self.forms), sum(form.weight for form in self.forms)

    def value(self, values: Mapping[str, Fraction]) -> Fraction:
        """Its value for these values of the parameters."""
        return max(min(form.value(values) for form in option) for option in self.options)

    def reached_by(self, wait: Term) -> Term:
        """`wait` is at least the bound."""
        return z3.And(*(z3.Or(*(wait >= f.term() for f in option)) for option in self.options))

    def __str__(self) -> str:
        """As a formula, with what all forms have in common put in front."""
        common = {
            name: min(dict(form.parts).get(name, 0) for form in self.forms)
            for name, _ in self.forms[0].parts
        }
        rest = [[str(f.without(common)) for f in option] for option in self.options]
        inner = _call("max", [_call("min", option) for option in rest])
        front = str(Linear(tuple(pair for pair in common.items() if pair[1])))
        if front == "0":
            return inner
        return front if inner == "0" else f"{front} + {inner}"


def _call(name: str, arguments: Sequence[str]) -> str:
    return arguments[0] if len(arguments) == 1 else f"{name}({', '.join(arguments)})"


def when(bound: Bound, wait: Linear, names: Sequence[str], assume: Term) -> str:
    """When `wait` is as long as the bound: `always`, `never`, or an inequality, proved equivalent.

    names: of the parameters; assume: about them.  `?` if no inequality between two of the
    simplest linear forms says it.
    """
    enough = bound.reached_by(wait.term())
    if _valid(assume, enough):
        return "always"
    if _valid(assume, z3.Not(enough)):
        return "never"
    forms = [Linear(((name, 1),)) for name in names]
    for small, large in permutations(forms, 2):
        if _valid(assume, enough == (small.term() <= large.term())):
            return f"{small} ≤ {large}"
    return "?"


def _valid(assume: Term, claim: Term) -> bool:
    solver = z3.SolverFor("QF_LRA")
    solver.add(assume, z3.Not(claim))
    return bool(solver.check() == z3.unsat)


def fit(names: Sequence[str], samples: Sequence[Sample]) -> Bound | None:
    """The simplest bound over the parameters `names` that agrees with all samples, if any does."""
    forms = list(_forms(names))
    columns = {form: [form.value(values) for values, _ in samples] for form in forms}
    wanted = [value for _, value in samples]
    return next(_fitting(forms, columns, wanted), None)


def _forms(names: Sequence[str]) -> Iterator[Linear]:
    every = product(range(LARGEST + 1), repeat=len(names))
    for counts in sorted(every, key=lambda c: (sum(c), [-n for n in c])):
        if sum(counts) <= LARGEST + 1:
            yield Linear(tuple((n, c) for n, c in zip(names, counts, strict=True) if c))


def _fitting(
    forms: Sequence[Linear],
    columns: Mapping[Linear, Sequence[Fraction]],
    wanted: Sequence[Fraction],
) -> Iterator[Bound]:
    """Bounds that agree, those of few forms first."""
    yield from (Bound(((f,),)) for f in forms if columns[f] == wanted)
    pairs = {pair: _least(columns, pair) for pair in combinations(forms, 2)}
    yield from (Bound((pair,)) for pair, column in pairs.items() if column == wanted)
    below = [f for f in forms if _under(columns[f], wanted)]
    found = [
        Bound(((f,), (g,)))
        for f, g in combinations(below, 2)
        if _most(columns[f], columns[g]) == wanted
    ]
    yield from sorted(found, key=lambda bound: bound.weight)
    low = [(pair, column) for pair, column in pairs.items() if _under(column, wanted)]
    found = [
        Bound(((f,), pair))
        for f in below
        for pair, column in low
        if f not in pair and _most(columns[f], column) == wanted
    ]
    yield from sorted(found, key=lambda bound: bound.weight)


def _least(columns: Mapping[Linear, Sequence[Fraction]], forms: Sequence[Linear]) -> list[Fraction]:
    return list(reduce(lambda a, b: list(map(min, a, b)), (columns[f] for f in forms)))


def _most(left: Sequence[Fraction], right: Sequence[Fraction]) -> list[Fraction]:
    return list(map(max, left, right))


def _under(column: Sequence[Fraction], wanted: Sequence[Fraction]) -> bool:
    return all(a <= b for a, b in zip(column, wanted, strict=True))
