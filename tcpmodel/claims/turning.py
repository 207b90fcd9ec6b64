"""Why a run violates a claim, or shows it: which part of the claim turned at which step.

A claim that is false in the last state is taken apart: of an implication, premise and conclusion;
of a conjunction, the conjuncts that are false; of a disjunction, all of its parts.  Each part that
is left is told with the step since which it has been what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import z3

from tcpmodel.claims.spelling import Listening, Spelling
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.terms import Term
from tcpmodel.core.trace import Trace
from tcpmodel.semantics.interpret import Codes, compile_function
from tcpmodel.tcp.compose import Model

SCHEMA = "tcpmodel-turning/1"

MOST_PARTS = 5
"""What falls into more parts than this is told as a whole."""


@dataclass(frozen=True)
class Part:
    """Of a claim: its words, whether it is true at the end, and since which step (0: always).

    role: `premise`, `conclusion` or empty.
    """

    text: str
    value: bool
    since: int
    role: str = ""


@dataclass(frozen=True)
class Turning:
    """What became true or false on the way to step `step`, where the property is settled."""

    step: int
    parts: tuple[Part, ...]
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "schema": SCHEMA,
            "step": self.step,
            "sentence": self.sentence,
            "parts": [
                {"text": p.text, "value": p.value, "since": p.since, "role": p.role}
                for p in self.parts
            ],
        }


def _turned(parts: tuple[Part, ...]) -> str:
    """`step 7: B.state == ESTABLISHED (premise) becomes true, while … is false (since step 5)`."""
    last = max(part.since for part in parts)
    turned = [p for p in parts if p.since == last]
    others = [p for p in parts if p.since != last]
    if not last:
        return f"from the start {_list(f'{_name(p)} is {_truth(p)}' for p in turned)}"
    said = _list(f"{_name(p)} becomes {_truth(p)}" for p in turned)
    if others:
        since = (f"since step {p.since}" if p.since else "from the start" for p in others)
        told = (f"{_name(p)} is {_truth(p)} ({s})" for p, s in zip(others, since, strict=True))
        said += f", while {_list(told)}"
    return f"step {last}: {said}"


def _name(part: Part) -> str:
    return f"{part.text} (premise)" if part.role == "premise" else part.text


def _truth(part: Part) -> str:
    return "true" if part.value else "false"


def _list(words: Iterator[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def turning(
    asked: Callable[[Model], Property], model: Model, trace: Trace, witness: bool = False
) -> Turning | None:
    """What settles the property that is `asked` of a model, in a run of it.

    witness: the run shows a `sometimes`.  None where no single state settles it: knowledge, and
    what is asked of whole runs, except for the premise that a `leads_to` or `within` waits upon.
    """
    listening = Listening(model.world)
    question = asked(replace(model, world=listening.world))
    told = _Told(question, model, trace, Spelling(model.system.by_name, listening.calls))
    match question.kind:
        case Kind.ALWAYS | Kind.SOMETIMES if witness == (question.kind is Kind.SOMETIMES):
            parts = tuple(told.parts(question.formula, witness))
            return Turning(len(trace), parts, _turned(parts)) if parts else None
        case Kind.LEADS_TO | Kind.WITHIN:
            return told.waiting()
    return None


class _Told:
    """The parts of one question in one run."""

    def __init__(self, question: Property, model: Model, trace: Trace, spelling: Spelling) -> None:
        self.question = question
        self.spelling = spelling
        self.variables = model.system.variables
        states = (trace.state(i) for i in range(len(trace) + 1))
        self.states: list[Codes] = [
            tuple(v.domain.encode(state[v.name]) for v in self.variables) for state in states
        ]

    def history(self, term: Term) -> list[bool]:
        """Whether `term` holds, state by state."""
        look = compile_function(self.variables, [term])
        return [bool(look(state)[0]) for state in self.states]

    def since(self, term: Term) -> tuple[bool, int]:
        """Whether `term` holds at the end, and since which step that has been so."""
        held = self.history(term)
        last = len(held) - 1
        while last and held[last - 1] == held[-1]:
            last -= 1
        return held[-1], last

    def part(self, term: Term, role: str) -> Part:
        value, step = self.since(term)
        return Part(self.spelling(term), value, step, role)

    def parts(self, formula: Term, value: bool) -> Iterator[Part]:
        """Why `formula` has this value at the end."""
        if self.history(formula)[-1] != value:
            return
        if not value and z3.is_implies(formula) and not self.spelling.is_named(formula):
            premise, conclusion = formula.children()
            yield from self._of(premise, True, "premise")
            yield from self._of(conclusion, False, "conclusion")
        else:
            yield from self._of(formula, value, "")

    def _of(self, term: Term, value: bool, role: str) -> Iterator[Part]:
        found = list(self._leaves(term, value))
        for leaf in found if len(found) <= MOST_PARTS else [term]:
            yield self.part(leaf, role)

    def _leaves(self, term: Term, value: bool) -> Iterator[Term]:
        """What there is to say about why `term` has this value at the end."""
        if self.spelling.is_named(term) or z3.is_true(term) or z3.is_false(term):
            yield term
            return
        if z3.is_not(term) and not z3.is_eq(term.arg(0)):
            yield from self._leaves(term.arg(0), not value)
        elif (z3.is_and(term) or z3.is_or(term)) and term.children():
            for child in term.children():
                if self.since(child)[0] == value:
                    yield from self._leaves(child, value)
        elif z3.is_implies(term) and not value:
            yield from self._leaves(term.arg(0), True)
            yield from self._leaves(term.arg(1), False)
        else:
            yield term

    def waiting(self) -> Turning | None:
        """The premise that nothing answers: when it last became true, with nothing after it."""
        premise, target = self.history(self.question.formula), self.history(self.question.target)
        answered = max((i for i, held in enumerate(target) if held), default=-1)
        asking = [i for i, held in enumerate(premise) if held and i > answered]
        if not asking:
            return None
        first = Part(self.spelling(self.question.formula), True, asking[0], "premise")
        never = Part(self.spelling(self.question.target), False, answered + 1, "conclusion")
        when = f"step {asking[0]}: " if asking[0] else "from the start "
        turns = "becomes true" if asking[0] else "is true"
        ticks = f"{self.question.ticks} tick{'s' * (self.question.ticks != 1)}"
        within = self.question.kind is Kind.WITHIN
        then = f"not true within {ticks} of that" if within else "never true after that"
        sentence = f"{when}{_name(first)} {turns}; {never.text} is {then}"
        return Turning(asking[0], (first, never), sentence)
