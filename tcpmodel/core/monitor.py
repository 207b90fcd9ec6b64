"""Monitors: a property of runs becomes a property of states, by a ghost that watches.

`within` is safety: it is violated at a tick.  The monitor counts the ticks since the premise, and
the property becomes `always`.
"""

from __future__ import annotations

from dataclasses import replace

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Counter, Substitution, Term, Var, conjunction, implies

CLOCK = "clock"
"""The group of the actions that are ticks."""

WAITED = "waited"
"""The monitor's variable: 0 if nothing is due, otherwise 1 more than the ticks that have passed."""


def bounded_response(system: TransitionSystem, question: Property) -> tuple[TransitionSystem, Term]:
    """The system with a monitor for a `within`, and what must always hold in it (once it is seen).

    Raises `ModelError` if the system has no clock, or a variable of the monitor's name.
    """
    if not any(action.event.group == CLOCK for action in system.actions):
        raise ModelError(f"{system.name} has no clock: give it one to ask about ticks (msl=1 …)")
    late = question.ticks + 2
    waited = Var(WAITED, Counter(late), ghost=True)
    assert question.target is not None
    due = z3.And(question.formula, z3.Not(question.target))
    start = waited.term == _number(waited, due)
    watching = tuple(_watched(action, system, question, waited) for action in system.actions)
    monitored = replace(
        system,
        variables=(*system.variables, waited),
        init=conjunction([system.init, start]),
        actions=watching,
    )
    seen = z3.Or(question.formula, waited.term != 0)
    return monitored, implies(seen, waited.term != late)


def _number(waited: Var, due: Term) -> Term:
    return z3.If(due, waited.domain.term(1), waited.domain.term(0))


def _watched(action: Action, system: TransitionSystem, question: Property, waited: Var) -> Action:
    """The action, and what it does to the count."""
    after = Substitution((system.by_name[name].term, term) for name, term in action.updates.items())
    premise, target = after(question.formula), after(question.target)
    count, late = waited.term, waited.domain.term(question.ticks + 2)
    if action.event.group == CLOCK:
        count = z3.If(z3.Or(count == 0, count == late), count, count + 1)
    pending = z3.If(waited.term != 0, count, _number(waited, premise))
    updates = {**action.updates, WAITED: z3.If(target, waited.domain.term(0), pending)}
    return replace(action, updates=updates)
