"""What can be asked about a system.

A `Property` is a temporal operator over state formulas (z3 terms over the system's variables).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import z3

from tcpmodel.core.terms import Term


class Kind(Enum):
    """The temporal operator of a property."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    LEADS_TO = "leads_to"


@dataclass(frozen=True)
class Property:
    """A temporal formula.

    formula: what always or sometimes holds; for `leads_to`, what calls for `target`.
    weak, strong: for `leads_to`, the groups of actions (`Event.group`) assumed fair.
    text: how its author wrote it.
    """

    kind: Kind
    formula: Term
    target: Term | None = None
    weak: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    text: str = ""

    @property
    def premise(self) -> Term | None:
        """The premise of `always(premise ⇒ …)`: never reached means that it holds vacuously."""
        if self.kind is Kind.ALWAYS and z3.is_implies(self.formula):
            return self.formula.arg(0)
        return self.formula if self.kind is Kind.LEADS_TO else None

    def __str__(self) -> str:
        return self.text or f"{self.kind.value}({self.formula})"


def always(formula: Term, text: str = "") -> Property:
    """In every reachable state `formula` holds."""
    return Property(Kind.ALWAYS, formula, text=text)


def sometimes(formula: Term, text: str = "") -> Property:
    """Some reachable state satisfies `formula`: a witness must exist."""
    return Property(Kind.SOMETIMES, formula, text=text)


def leads_to(
    premise: Term,
    target: Term,
    *,
    weak: tuple[str, ...] = (),
    strong: tuple[str, ...] = (),
    text: str = "",
) -> Property:
    """Every state with `premise` is followed, sooner or later, by one with `target`.

    A run goes on as long as some action is enabled; one that cannot go on stutters for ever.
    A weakly fair group that stays enabled is taken; a strongly fair one is taken if it is
    enabled again and again.
    """
    return Property(Kind.LEADS_TO, premise, target, weak, strong, text)
