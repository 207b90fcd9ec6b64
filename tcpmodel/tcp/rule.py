"""Rules: one reaction of a TCP endpoint each, with the paragraph it comes from.

A rule is a function of `me` (and, for an arriving segment, `seg`) that returns a `Reaction`, a list
of them (bounded choices, states alike), or None if the scenario has no such reaction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tcpmodel.core.terms import Term, Var
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.tcb import Me, segment_domains


@dataclass(frozen=True)
class Reaction:
    """What happens under which condition.

    when: a flat conjunction over my TCB and the arriving segment.
    then: my variable → its value afterwards; what is not mentioned stays.
    send: the segment I emit, at most one.
    name: distinguishes the reactions of one rule.
    """

    when: Sequence[Term]
    then: Mapping[Term, Term]
    send: Segment | None = None
    name: str = ""


Reactions: TypeAlias = Reaction | list[Reaction] | None


@dataclass(frozen=True)
class Rule:
    """A reaction with its name, its event (`call`, `segment`, `timer`) and its source."""

    name: str
    kind: str
    label: str
    says: str
    rfc: tuple[str, ...]
    reaction: Reaction


@dataclass(frozen=True)
class Source:
    """A rule as written: `rules` makes the rules of a scenario of it."""

    function: Callable[..., Reactions]
    kind: str
    label: str
    says: str
    rfc: tuple[str, ...]

    def rules(self, me: Me, seg: Segment) -> list[Rule]:
        """The rules that this source stands for in the scenario of `me`."""
        found = self.function(me, seg) if self.kind == "segment" else self.function(me)
        reactions = [] if found is None else [found] if isinstance(found, Reaction) else found
        base: str = self.function.__name__
        return [
            Rule(base + r.name, self.kind, self.label, self.says, self.rfc, r) for r in reactions
        ]


def call(label: str, *, rfc: str, says: str) -> Callable[[Callable[[Me], Reactions]], Source]:
    """A user call (RFC 9293 sections 3.10.1 to 3.10.6); `label` names it."""
    return lambda function: Source(function, "call", label, says, _cited(rfc))


def arrival(*, rfc: str, says: str) -> Callable[[Callable[[Me, Segment], Reactions]], Source]:
    """SEGMENT ARRIVES (RFC 9293 section 3.10.7)."""
    return lambda function: Source(function, "segment", "", says, _cited(rfc))


def timeout(label: str, *, rfc: str, says: str) -> Callable[[Callable[[Me], Reactions]], Source]:
    """A timeout (RFC 9293 section 3.10.8); `label` names the timer."""
    return lambda function: Source(function, "timer", label, says, _cited(rfc))


def _cited(rfc: str) -> tuple[str, ...]:
    return tuple(f"RFC {part.strip()}" for part in rfc.split(";"))


def symbolic_segment(switches: Scenario) -> Segment:
    """The `seg` of the rules."""
    domains = segment_domains(switches)
    return Segment({n: Var(f"seg.{n}", domain).term for n, (domain, _) in domains.items()})


def changes(rule: Rule, me: Me) -> dict[str, Term]:
    """The updates of a rule by the TCB's variable, without those that change nothing."""
    names = {term.get_id(): name for name, term in me.variables.items()}
    return {
        names[target.get_id()]: value
        for target, value in rule.reaction.then.items()
        if not value.eq(target)
    }
