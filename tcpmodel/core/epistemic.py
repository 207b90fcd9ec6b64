"""Formulas about what agents know.

State formulas (z3 terms) are the leaves; knowledge nests over them: A knows that B knows that the
link works.  A view says what an agent goes by.  (Fagin, Halpern, Moses, Vardi: Reasoning About
Knowledge, chapters 2 and 4.)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from tcpmodel.core import terms
from tcpmodel.core.terms import Term


class View(Enum):
    """What an agent goes by.

    STATE: the present values of its own variables, ghosts apart.
    RECALL: all the values they have had, in order and without repetition.
    EVENTS: also each of its own steps: which call, which timer, which message received, even if
        its variables stay as they are.
    With the last two an agent forgets nothing but has no clock: what others do and leaves its
    variables alone passes unnoticed, however much it is.  (Asynchronous perfect recall.)
    Who knows a state formula by one view knows it by those that follow.
    """

    STATE = "state"
    RECALL = "recall"
    EVENTS = "events"


# Compared by identity: two z3 terms have no truth value when compared.
@dataclass(frozen=True, eq=False)
class Atom:
    """A state formula."""

    term: Term

    def __str__(self) -> str:
        return " ".join(str(self.term).split())


@dataclass(frozen=True, eq=False)
class Not:
    """The negation of `part`."""

    part: Fact

    def __str__(self) -> str:
        return f"not ({self.part})"


@dataclass(frozen=True, eq=False)
class And:
    """All of `parts`."""

    parts: tuple[Fact, ...]

    def __str__(self) -> str:
        return " and ".join(f"({part})" for part in self.parts)


@dataclass(frozen=True, eq=False)
class Or:
    """At least one of `parts`."""

    parts: tuple[Fact, ...]

    def __str__(self) -> str:
        return " or ".join(f"({part})" for part in self.parts)


@dataclass(frozen=True, eq=False)
class Implies:
    """`conclusion`, where `premise`."""

    premise: Fact
    conclusion: Fact

    def __str__(self) -> str:
        return f"implies({self.premise}, {self.conclusion})"


@dataclass(frozen=True, eq=False)
class Knows:
    """`agent` knows `fact`: it holds wherever everything looks the same to it."""

    agent: str
    fact: Fact

    def __str__(self) -> str:
        return f"{self.agent} knows ({self.fact})"


@dataclass(frozen=True, eq=False)
class Common:
    """`fact` is common knowledge: all `agents` know it, know that all know it, and so on.

    The greatest fixpoint: it holds wherever one can get, any number of times, by going to what
    looks the same to one of them.
    """

    agents: tuple[str, ...]
    fact: Fact

    def __str__(self) -> str:
        return f"{' and '.join(self.agents)} have common knowledge of ({self.fact})"


Fact: TypeAlias = Atom | Not | And | Or | Implies | Knows | Common
"""An epistemic formula."""


def fact(formula: Fact | Term) -> Fact:
    """A state formula as a fact; facts are left as they are."""
    return formula if isinstance(formula, Fact) else Atom(formula)


def implies(premise: Fact | Term, conclusion: Fact | Term) -> Fact | Term:
    """`premise ⇒ conclusion`, over facts or state formulas."""
    if _about_states(premise, conclusion):
        return terms.implies(premise, conclusion)
    return Implies(fact(premise), fact(conclusion))


def all_of(*formulas: Fact | Term) -> Fact | Term:
    """Every one of `formulas` holds."""
    if _about_states(*formulas):
        return terms.all_of(*formulas)
    return And(tuple(fact(formula) for formula in formulas))


def any_of(*formulas: Fact | Term) -> Fact | Term:
    """At least one of `formulas` holds."""
    if _about_states(*formulas):
        return terms.any_of(*formulas)
    return Or(tuple(fact(formula) for formula in formulas))


def none_of(*formulas: Fact | Term) -> Fact | Term:
    """None of `formulas` holds."""
    if _about_states(*formulas):
        return terms.none_of(*formulas)
    return Not(fact(formulas[0]) if len(formulas) == 1 else fact(any_of(*formulas)))


def everyone_knows(agents: tuple[str, ...], formula: Fact | Term) -> Fact:
    """Each of `agents` knows `formula`."""
    return And(tuple(Knows(agent, fact(formula)) for agent in agents))


def knows_whether(agent: str, formula: Fact | Term) -> Fact:
    """`agent` knows `formula`, or knows that it is false."""
    known = fact(formula)
    return Or((Knows(agent, known), Knows(agent, Not(known))))


def _about_states(*formulas: Fact | Term) -> bool:
    return not any(isinstance(formula, Fact) for formula in formulas)


def parts(formula: Fact) -> tuple[Fact, ...]:
    """The formulas that `formula` is made of."""
    match formula:
        case Atom():
            return ()
        case Not(part):
            return (part,)
        case And(several) | Or(several):
            return several
        case Implies(premise, conclusion):
            return premise, conclusion
        case Knows(_, known) | Common(_, known):
            return (known,)


def atoms(formula: Fact) -> Iterator[Term]:
    """The state formulas in it."""
    if isinstance(formula, Atom):
        yield formula.term
    for part in parts(formula):
        yield from atoms(part)


def agents(formula: Fact) -> list[str]:
    """Whose knowledge it is about, in alphabetical order."""
    found: set[str] = set()
    if isinstance(formula, Knows):
        found.add(formula.agent)
    if isinstance(formula, Common):
        found.update(formula.agents)
    return sorted(found.union(*(agents(part) for part in parts(formula))))


def forbids(formula: Fact, wanted: bool = True) -> bool:
    """Some knowledge in it should be missing, so that what is possible elsewhere can confirm it.

    Otherwise states that look alike refute it, whatever else there is.
    """
    match formula:
        case Knows() | Common() if not wanted:
            return True
        case Not(part):
            return forbids(part, not wanted)
        case Implies(premise, conclusion):
            return forbids(premise, not wanted) or forbids(conclusion, wanted)
    return any(forbids(part, wanted) for part in parts(formula))


def depth(formula: Fact) -> float:
    """How deep knowledge is nested in it; infinite if some of it is common knowledge."""
    inner = max((depth(part) for part in parts(formula)), default=0)
    if isinstance(formula, Common):
        return float("inf")
    return inner + 1 if isinstance(formula, Knows) else inner
