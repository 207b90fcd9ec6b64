"""Formulas of claims in the words of those who write them.

What a claim calls by a name of the `World` (`agrees_with_live_peer("B")`) keeps that name; the rest
is spelled out as one would type it for `tcpmodel check`: `A.state == ESTABLISHED and A.inc == 1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import z3

from tcpmodel.core.terms import Enumeration, Term, Var
from tcpmodel.tcp.world import World

LONGEST = 160
"""How many characters of a formula are told."""

_SIGNS = {
    z3.Z3_OP_ULT: "<",
    z3.Z3_OP_ULEQ: "<=",
    z3.Z3_OP_UGT: ">",
    z3.Z3_OP_UGEQ: ">=",
    z3.Z3_OP_SLT: "<",
    z3.Z3_OP_SLEQ: "<=",
    z3.Z3_OP_SGT: ">",
    z3.Z3_OP_SGEQ: ">=",
    z3.Z3_OP_BADD: "+",
    z3.Z3_OP_BSUB: "-",
    z3.Z3_OP_BMUL: "*",
    z3.Z3_OP_BAND: "&",
    z3.Z3_OP_AND: "and",
    z3.Z3_OP_OR: "or",
}
_LEVELS = {"or": 1, "and": 2, "not": 3, "&": 5, "+": 6, "-": 6, "*": 7}
"""What binds more tightly has the higher level, as in Python."""

_COMPARISON, _ATOM = 4, 9

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


class Listening:
    """A world that remembers what is asked of it: which call gave which formula."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._calls: dict[int, tuple[str, Term]] = {}

    @property
    def world(self) -> World:
        """To be spoken about instead of the world itself."""
        return cast("World", self)

    @property
    def calls(self) -> Mapping[int, tuple[str, Term]]:
        """By the id of a formula, how it was called, and the formula (which keeps its id alive)."""
        return self._calls

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._world, name)
        if not callable(found):
            return found

        def called(*arguments: Any, **others: Any) -> Any:
            answer = found(*arguments, **others)
            if z3.is_expr(answer) and z3.is_bool(answer) and not _trivial(answer):
                told = ", ".join(_argument(a) for a in (*arguments, *others.values()))
                self._calls[answer.get_id()] = (f"{name}({told})", answer)
            return answer

        return called


def _trivial(term: Term) -> bool:
    """Constants and variables have names of their own."""
    return bool(z3.is_const(term))


def _argument(value: Any) -> str:
    return repr(value) if isinstance(value, str | int) else "…"


class Spelling:
    """Spells formulas over the variables of a system."""

    def __init__(
        self, variables: Mapping[str, Var], names: Mapping[int, tuple[str, Term]] | None = None
    ) -> None:
        self.variables = variables
        self.names = names or {}

    def is_named(self, term: Term) -> bool:
        """Whether its author has a name for it."""
        return term.get_id() in self.names

    def __call__(self, term: Term) -> str:
        """`term` in words, cut short if it is long."""
        text, _ = self._spell(term, [200])
        return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"

    def _spell(self, term: Term, budget: list[int]) -> tuple[str, int]:
        """The words, and how tightly what they are made of is bound.

        budget: how many parts may still be spelled, for formulas that share many.
        """
        budget[0] -= 1
        if budget[0] < 0:
            return "…", _ATOM
        if self.is_named(term):
            return self.names[term.get_id()][0], _ATOM
        if z3.is_bv_value(term):
            return str(term.as_long()), _ATOM
        if z3.is_const(term):
            return str(term.decl().name()), _ATOM
        return self._application(term, term.children(), budget)

    def _application(self, term: Term, parts: list[Term], budget: list[int]) -> tuple[str, int]:
        kind = term.decl().kind()
        passes = kind in (z3.Z3_OP_ZERO_EXT, z3.Z3_OP_EXTRACT)
        if passes or ((z3.is_and(term) or z3.is_or(term)) and len(parts) == 1):
            return self._spell(parts[0], budget)
        if (z3.is_eq(term) or z3.is_distinct(term)) and len(parts) == 2:
            return self._equation(parts, "==" if z3.is_eq(term) else "!=", budget)
        if z3.is_not(term):
            inner = parts[0]
            if z3.is_eq(inner) and not self.is_named(inner):
                return self._equation(inner.children(), "!=", budget)
            return f"not {self._inside(inner, _LEVELS['not'], budget)}", _LEVELS["not"]
        if (sign := _SIGNS.get(kind)) in _FLIPPED:
            if z3.is_bv_value(parts[0]) and not z3.is_bv_value(parts[1]):
                parts, sign = parts[::-1], _FLIPPED[str(sign)]
            sides = (self._inside(part, _COMPARISON + 1, budget) for part in parts)
            return f" {sign} ".join(sides), _COMPARISON
        if sign:
            level = _LEVELS[sign]
            least = [level] + [level + (sign == "-")] * (len(parts) - 1)
            words = map(self._inside, parts, least, [budget] * len(parts))
            return f" {sign} ".join(words), level
        name = "implies" if z3.is_implies(term) else term.decl().name()
        return f"{name}({', '.join(self._spell(part, budget)[0] for part in parts)})", _ATOM

    def _inside(self, term: Term, least: int, budget: list[int]) -> str:
        """As part of what binds at level `least`: in brackets if it binds less tightly."""
        text, level = self._spell(term, budget)
        return text if level >= least else f"({text})"

    def _equation(self, sides: list[Term], sign: str, budget: list[int]) -> tuple[str, int]:
        left, right = sides[::-1] if z3.is_bv_value(sides[0]) else sides
        var = self.variables.get(str(left.decl().name())) if z3.is_const(left) else None
        if var is not None and isinstance(var.domain, Enumeration) and z3.is_bv_value(right):
            names, code = var.domain.names, right.as_long()
            value = names[code] if code < len(names) else str(code)
            return f"{var.name} {sign} {_state(value)}", _COMPARISON
        words = (self._inside(side, _COMPARISON + 1, budget) for side in (left, right))
        return f" {sign} ".join(words), _COMPARISON


def _state(value: str) -> str:
    """States are written as in formulas: `SYN_SENT`."""
    return value.replace("-", "_")
