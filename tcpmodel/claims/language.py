"""The language of claims: a claim is data.

    from tcpmodel.claims import *

    half_open = Claim(
        code="X01",
        id="server-knows-its-client",
        says="An ESTABLISHED server has a client that is alive.",
        sources=[rfc(9293, "3.5.1")],
        property=always(lambda w: implies(w.B.state == ESTABLISHED, w.A.state != CLOSED)),
        verdicts={"rfc9293": fails("a client may abort without the server's knowledge")},
    )

Expected verdicts state what we believe; the engines have to find them.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import z3

from tcpmodel.core import epistemic as about
from tcpmodel.core import property as core
from tcpmodel.core.epistemic import Fact, View
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Verdict
from tcpmodel.core.terms import Term
from tcpmodel.tcp.world import World

Formula: TypeAlias = Callable[[World], Term]
"""A state formula: a function of the world, e.g. `lambda w: w.A.state == CLOSED`.

For `epistemic` and `knows` also a fact about knowledge: `lambda w: w.knows("B", w.A.inc == 1)`.
"""


@dataclass(frozen=True)
class Question:
    """A temporal formula that becomes a property in each scenario's world."""

    kind: core.Kind
    formula: Formula
    target: Formula | None = None
    weak: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    ticks: int = 0
    msl: int = 0
    agent: str = ""
    view: View = View.STATE

    @property
    def written(self) -> Formula:
        """What its author wrote that says most."""
        known = self.target if self.kind is core.Kind.KNOWS else None
        return known or self.formula

    def of(self, world: World, text: str = "") -> core.Property:
        """The property in `world`; raises `ModelError` if the world lacks what it speaks about."""
        formula, target = self.formula(world), self.target and self.target(world)
        if isinstance(formula, Fact):
            raise ModelError("what agents know is asked by knows(…) or epistemic(…)")
        if self.kind is core.Kind.KNOWS:
            known = world.knows(self.agent, target) if self.agent else about.fact(target)
            return core.epistemic(known, when=formula, view=self.view, text=text)
        ticks = self.ticks + self.msl * world.switches.msl
        return core.Property(self.kind, formula, target, self.weak, self.strong, text, ticks)


def always(formula: Formula) -> Question:
    """In every reachable state."""
    return Question(core.Kind.ALWAYS, formula)


def sometimes(formula: Formula) -> Question:
    """In some reachable state."""
    return Question(core.Kind.SOMETIMES, formula)


def leads_to(
    premise: Formula, target: Formula, *, weak: Sequence[str] = (), strong: Sequence[str] = ()
) -> Question:
    """Every state with `premise` is followed by one with `target`, if the named groups of actions
    (`A CLOSE`, `B receives`, `A retransmission timeout` …) are weakly or strongly fair.
    """
    return Question(core.Kind.LEADS_TO, premise, target, tuple(weak), tuple(strong))


def eventually(
    formula: Formula, *, weak: Sequence[str] = (), strong: Sequence[str] = ()
) -> Question:
    """In some state of every run that is fair to the named groups of actions."""
    return Question(core.Kind.EVENTUALLY, formula, None, tuple(weak), tuple(strong))


def infinitely_often(
    formula: Formula, *, weak: Sequence[str] = (), strong: Sequence[str] = ()
) -> Question:
    """Again and again in every fair run; in the last state of one that ends."""
    return Question(core.Kind.INFINITELY_OFTEN, formula, None, tuple(weak), tuple(strong))


def eventually_always(
    formula: Formula, *, weak: Sequence[str] = (), strong: Sequence[str] = ()
) -> Question:
    """In every fair run, from some state on for ever."""
    return Question(core.Kind.EVENTUALLY_ALWAYS, formula, None, tuple(weak), tuple(strong))


def within(premise: Formula, target: Formula, *, ticks: int = 0, msl: int = 0) -> Question:
    """Once `premise` holds, `target` holds before more than `ticks` ticks, and `msl` times the MSL,
    have passed.
    """
    return Question(core.Kind.WITHIN, premise, target, ticks=ticks, msl=msl)


def _ever(_: World) -> Term:
    return z3.BoolVal(True)


def knows(agent: str, fact: Formula, *, when: Formula = _ever, view: str = "state") -> Question:
    """In every reachable state with `when`, `agent` (`A`, `B`) knows `fact`.

    view: from its present `state`, or by perfect `recall` of all that it has seen.
    """
    return Question(core.Kind.KNOWS, when, fact, agent=agent, view=View(view))


def epistemic(fact: Formula, *, when: Formula = _ever, view: str = "state") -> Question:
    """In every reachable state with `when`, `fact` about who knows what holds.

    The fact is built of `w.knows("A", …)`, `w.knows_whether`, `w.everyone_knows`,
    `w.common_knowledge` and `all_of`, `any_of`, `none_of`, `implies`.
    """
    return Question(core.Kind.KNOWS, when, fact, view=View(view))


@dataclass(frozen=True)
class Derivation:
    """A question that is not about one scenario: its answers are derived, each a row of a table.

    table: one of `derivations.TABLES`.  A claim that asks it names rows instead of scenarios.
    """

    table: str


def derived(table: str) -> Derivation:
    """What the engines derive: `time-wait` and `handshake` (as `tcpmodel derive`), `isn` (TIME-WAIT
    by initial sequence numbers); the verdict on a row is a formula.
    """
    return Derivation(table)


def lemma() -> Derivation:
    """Word-level lemmas (`tcpmodel lemmas`): the rows of the verdicts are their names."""
    return Derivation("lemma")


@dataclass(frozen=True)
class Expected:
    """The verdict that we believe in, and why.

    formula: what is derived, where that says more than `HOLDS`.
    """

    verdict: Verdict
    why: str
    formula: str = ""

    @property
    def told(self) -> str:
        """The verdict in a word, or as a formula."""
        return self.formula or self.verdict.value


def gives(formula: str, why: str) -> Expected:
    """We believe that this formula is derived."""
    return Expected(Verdict.HOLDS, why, formula)


def holds(why: str) -> Expected:
    """We believe that the claim holds in this scenario."""
    return Expected(Verdict.HOLDS, why)


def fails(why: str) -> Expected:
    """We believe that the claim fails in this scenario."""
    return Expected(Verdict.FAILS, why)


@dataclass(frozen=True)
class Source:
    """Where a statement comes from: `where` it can be found, and what is said there."""

    where: str
    says: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.says}" if self.says else self.where


def seed(prefix: str, says: str) -> Source:
    """One of the five posts, by the beginning of its name; `says` paraphrases its sentence."""
    return Source(f"post {prefix}", says)


def rfc(number: int, section: str, says: str = "") -> Source:
    """A section of an RFC."""
    return Source(
        f"RFC {number} section {section}" if section[:1].isdigit() else f"RFC {number} {section}",
        says,
    )


def paper(reference: str, says: str = "") -> Source:
    """A publication."""
    return Source(reference, says)


@dataclass(frozen=True)
class Claim:
    """A statement about TCP, checked.

    code: its number in the catalogue, e.g. `P01`.  id: a readable name.  says: one sentence.
    property: what the engines check.  verdicts: scenario (`PRESET key=value …`), or row of what is
    derived, → expectation.
    folklore: what is wrong with what people say, where something is.
    pair: the code of the claim that shows the other side.
    """

    code: str
    id: str
    says: str
    sources: Sequence[Source]
    property: Question | Derivation
    verdicts: Mapping[str, Expected]
    folklore: str = ""
    pair: str = ""
    topic: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        if not self.code or not self.id or not self.says:
            raise ModelError("a claim needs a code, an id and a sentence (says)")
        if not self.verdicts:
            raise ModelError(
                f"claim {self.code} names no scenario; give verdicts={{'rfc9293': holds('why')}}"
            )
        for text, expected in self.verdicts.items():
            if not isinstance(expected, Expected):
                raise ModelError(
                    f"claim {self.code}, scenario {text!r}: expected holds('why') or fails('why')"
                )

    @builtins.property  # the field hides it
    def question(self) -> Question:
        """What is asked of the model of a scenario; raises `ModelError` if nothing is."""
        if isinstance(self.property, Derivation):
            raise ModelError(f"claim {self.code} is derived, not asked of a scenario")
        return self.property

    @builtins.property
    def of_model(self) -> bool:
        """It is asked of the models of its scenarios."""
        return isinstance(self.property, Question)
