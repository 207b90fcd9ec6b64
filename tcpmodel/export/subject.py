"""What is exported: the part of a system that a property is about, and how its states begin.

The search of our own engines visits the cone of influence of the question and keeps interchangeable
slots sorted.  A model for another tool does the same, so that its states can be counted against
ours.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import z3

from tcpmodel import __version__
from tcpmodel.core.cone import cone, require_symmetric
from tcpmodel.core.errors import ModelError
from tcpmodel.core.monitor import bounded_response
from tcpmodel.core.property import Kind, Property, always
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Term, Value
from tcpmodel.semantics.interpret import interpreter

WIDTH = 100
"""Columns of the comments that we write."""


@dataclass(frozen=True)
class Subject:
    """A system and what is asked about it, ready to be written down.

    system: the cone of influence of the question.  question: as asked.
    invariant: what has to hold in every state; None if the question is no matter of states.
    starts: the initial states, interchangeable slots sorted.
    """

    system: TransitionSystem
    question: Property
    invariant: Term | None
    starts: tuple[Mapping[str, Value], ...]

    def header(self, usage: Iterable[str]) -> Iterator[str]:
        """Lines that say what this is, what is assumed, and how to run it."""
        yield f"{self.system.name}"
        yield f"Written by tcpmodel {__version__}."
        yield ""
        yield from folded(f"Property: {self.question}")
        if self.question.kind is Kind.SOMETIMES:
            yield "Its negation is what is checked: a counterexample is the run that is asked for."
        yield ""
        for topic, text in self.system.assumptions.items():
            yield from folded(f"{topic}: {text}")
        yield ""
        yield from usage


def subject(system: TransitionSystem, question: Property, language: str) -> Subject:
    """What `question` is about, for a language that has `always` and `leads_to`.

    Raises `ModelError` for a question that the language cannot ask, for a history channel, and for
    a property that tells interchangeable slots apart.
    """
    if question.kind is Kind.KNOWS:
        raise ModelError(f"{language} has no word for knows: ask engine knowledge")
    if system.inputs:
        raise ModelError(
            f"a history channel has no finite set of states, so it has no {language} model: "
            "use channel=bag or channel=fifo"
        )
    if question.kind is Kind.WITHIN:
        system, formula = bounded_response(system, question)
        asked = always(formula)
    else:
        asked = question
    terms = [asked.formula, *([] if asked.target is None else [asked.target])]
    small = cone(system, [*terms, *system.watches.values()])
    require_symmetric(small, terms)
    invariant = {Kind.ALWAYS: asked.formula, Kind.SOMETIMES: z3.Not(asked.formula)}.get(asked.kind)
    compiled = interpreter(small)
    starts = tuple(map(compiled.decode, compiled.initial()))
    if not starts:
        raise ModelError(f"{system.name} has no initial state")
    return Subject(small, question, invariant, starts)


def folded(text: str, width: int = WIDTH) -> list[str]:
    """A paragraph as lines; the second and later ones are indented."""
    return textwrap.wrap(
        text, width, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def told(action: Action) -> list[str]:
    """What an action is, in the words of its rule, and where the rule stands."""
    lines = folded(f"{action.name}: {action.says}" if action.says else action.name)
    return lines + ([f"    [{'; '.join(action.cites)}]"] if action.cites else [])


def touched(
    system: TransitionSystem, action: Action
) -> list[tuple[int, tuple[tuple[str, ...], ...]]]:
    """The groups of interchangeable slots that `action` changes, with their numbers."""
    return [
        (number, group)
        for number, group in enumerate(system.interchangeable)
        if any(name in action.updates for slot in group for name in slot)
    ]
