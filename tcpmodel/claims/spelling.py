"""Formulas of claims in the words of those who write them.

What a claim calls by a name of the `World` (`agrees_with_live_peer("B")`) keeps that name; the rest
is spelled out as one would type it for `tcpmodel check`: `A.state == ESTABLISHED and A.inc == 1`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import z3

from tcpmodel.core.terms import Bool, Counter, Enumeration, Term, Var
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
_JOINING = ("and", "or", "+", "-", "*", "&")


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
        text = self._spell(term, budget=[200])
        return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"

    def _spell(self, term: Term, budget: list[int]) -> str:
        """budget: how many parts may still be spelled, for formulas that share many."""
        term = self._bare(term)
        budget[0] -= 1
        if budget[0] < 0:
            return "…"
        if self.is_named(term):
            return self.names[term.get_id()][0]
        if z3.is_true(term) or z3.is_false(term):
            return str(term)
        if z3.is_bv_value(term):
            return str(term.as_long())
        if z3.is_const(term):
            return str(term.decl().name())
        arguments = term.children()
        if z3.is_eq(term) or z3.is_distinct(term):
            return self._equation(arguments, "==" if z3.is_eq(term) else "!=", budget)
        if z3.is_not(term):
            inner = arguments[0]
            if z3.is_eq(inner) and not self.is_named(inner):
                return self._equation(inner.children(), "!=", budget)
            return f"not {self._inside(inner, budget)}"
        kind = term.decl().kind()
        if kind in (z3.Z3_OP_ZERO_EXT, z3.Z3_OP_EXTRACT):
            return self._spell(arguments[0], budget)
        if sign := _SIGNS.get(kind):
            return f" {sign} ".join(self._inside(a, budget, sign) for a in arguments)
        name = "implies" if z3.is_implies(term) else term.decl().name()
        return f"{name}({', '.join(self._spell(a, budget) for a in arguments)})"

    def _bare(self, term: Term) -> Term:
        """Without the `and` or `or` of one formula."""
        while (z3.is_and(term) or z3.is_or(term)) and len(term.children()) == 1:
            if self.is_named(term):
                break
            term = term.arg(0)
        return term

    def _inside(self, term: Term, budget: list[int], sign: str = "") -> str:
        """As part of something larger, joined by `sign`: in brackets where these help."""
        term = self._bare(term)
        own = "" if self.is_named(term) else _SIGNS.get(term.decl().kind(), "")
        text = self._spell(term, budget)
        return f"({text})" if own in _JOINING and own != sign else text

    def _equation(self, arguments: list[Term], sign: str, budget: list[int]) -> str:
        left, right = arguments
        if z3.is_bv_value(left) and not z3.is_bv_value(right):
            left, right = right, left
        var = self.variables.get(str(left.decl().name())) if z3.is_const(left) else None
        code = right.as_long() if z3.is_bv_value(right) else None
        if var is not None and code is not None and not isinstance(var.domain, Bool):
            known = code < var.domain.size or not isinstance(var.domain, Counter | Enumeration)
            value = var.domain.decode(code) if known else code
            return f"{var.name} {sign} {_state(value)}"
        return f"{self._inside(left, budget)} {sign} {self._inside(right, budget)}"


def _state(value: object) -> str:
    """States are written as in formulas: `SYN_SENT`."""
    return str(value).replace("-", "_")
