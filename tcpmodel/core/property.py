"""What can be asked about a system.

A `Property` is a temporal operator over state formulas (z3 terms over the system's variables) or
over facts (what agents know of them).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import z3

from tcpmodel.core.epistemic import Atom, Fact, Implies, Knows, View, atoms
from tcpmodel.core.epistemic import fact as as_fact
from tcpmodel.core.terms import Term


class Kind(Enum):
    """The temporal operator of a property."""

    ALWAYS = "always"
    SOMETIMES = "sometimes"
    LEADS_TO = "leads_to"
    EVENTUALLY = "eventually"
    INFINITELY_OFTEN = "infinitely_often"
    EVENTUALLY_ALWAYS = "eventually_always"
    WITHIN = "within"
    KNOWS = "knows"


LIVENESS = (Kind.LEADS_TO, Kind.EVENTUALLY, Kind.INFINITELY_OFTEN, Kind.EVENTUALLY_ALWAYS)
"""What is asked of whole runs, and may assume that groups of actions are fair.

A run goes on as long as some action is enabled; one that cannot go on stutters for ever.  A weakly
fair group that stays enabled is taken; a strongly fair one is taken if it is enabled again and
again.
"""


@dataclass(frozen=True)
class Property:
    """A temporal formula.

    formula: what holds, in the sense of `kind`; where there is a `target` or a `fact`, what calls
        for it.
    weak, strong: for the kinds in `LIVENESS`, the groups of actions (`Event.group`) assumed fair.
    ticks: for `within`, how many may pass.
    fact, view: for `knows`, what holds then, and what agents go by.
    text: how its author wrote it.
    """

    kind: Kind
    formula: Term
    target: Term | None = None
    weak: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    text: str = ""
    ticks: int = 0
    fact: Fact | None = None
    view: View = View.STATE

    @property
    def terms(self) -> tuple[Term, ...]:
        """The state formulas that it is about."""
        target = () if self.target is None else (self.target,)
        known = () if self.fact is None else tuple(atoms(self.fact))
        return (self.formula, *target, *known)

    @property
    def premise(self) -> Term | None:
        """What calls for the rest: never reached means that the property holds vacuously."""
        match self.kind:
            case Kind.ALWAYS:
                return self.formula.arg(0) if z3.is_implies(self.formula) else None
            case Kind.SOMETIMES | Kind.EVENTUALLY | Kind.INFINITELY_OFTEN | Kind.EVENTUALLY_ALWAYS:
                return None
            case Kind.LEADS_TO | Kind.WITHIN | Kind.KNOWS:
                return self.formula

    def __str__(self) -> str:
        if self.fact is not None and not self.text:
            return f"where {self.formula}: {self.fact}"
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
    """Every state with `premise` is followed, sooner or later, by one with `target`."""
    return Property(Kind.LEADS_TO, premise, target, weak, strong, text)


def eventually(
    formula: Term, *, weak: tuple[str, ...] = (), strong: tuple[str, ...] = (), text: str = ""
) -> Property:
    """Every run has a state with `formula`."""
    return Property(Kind.EVENTUALLY, formula, None, weak, strong, text)


def infinitely_often(
    formula: Term, *, weak: tuple[str, ...] = (), strong: tuple[str, ...] = (), text: str = ""
) -> Property:
    """Every run comes to a state with `formula` again and again, or stutters in one."""
    return Property(Kind.INFINITELY_OFTEN, formula, None, weak, strong, text)


def eventually_always(
    formula: Term, *, weak: tuple[str, ...] = (), strong: tuple[str, ...] = (), text: str = ""
) -> Property:
    """In every run `formula` holds from some state on for ever."""
    return Property(Kind.EVENTUALLY_ALWAYS, formula, None, weak, strong, text)


def within(premise: Term, target: Term, ticks: int, *, text: str = "") -> Property:
    """Once `premise` holds, `target` holds before more than `ticks` ticks of the clock have passed.

    A run in which time stands still violates nothing: this is about what happens when it passes.
    """
    return Property(Kind.WITHIN, premise, target, ticks=ticks, text=text)


def knows(
    agent: str, known: Fact | Term, *, when: Term, view: View = View.STATE, text: str = ""
) -> Property:
    """In every reachable state with `when`, `agent` knows `known`.

    It knows what holds in every reachable state (or at the end of every run) that looks the same
    to it (Halpern and Moses 1990); `view` says what it goes by.
    """
    return epistemic(Knows(agent, as_fact(known)), when=when, view=view, text=text)


def epistemic(
    holds: Fact, *, when: Term | None = None, view: View = View.STATE, text: str = ""
) -> Property:
    """In every reachable state (at the end of every run) with `when`, `holds` holds."""
    if when is None and isinstance(holds, Implies) and isinstance(holds.premise, Atom):
        when, holds = holds.premise.term, holds.conclusion
    called = z3.BoolVal(True) if when is None else when
    return Property(Kind.KNOWS, called, text=text, fact=holds, view=view)
