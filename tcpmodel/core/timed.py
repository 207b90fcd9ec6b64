"""Timed systems: clocks with real values, parameters without values.

What a `TransitionSystem` is to ticks, a `TimedSystem` is to real time.  It is small enough to be
solved for all values of its parameters at once; one of them, the `wait`, is what is sought.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import FreeVariables, Term

Number: TypeAlias = Fraction | bool
"""The value of a clock, a quantity or a flag."""


@dataclass(frozen=True)
class TimedAction:
    """A named guarded command that takes no time.

    updates: variable name → term over the state before.  says: one sentence, for traces.
    """

    name: str
    guard: Term
    updates: Mapping[str, Term]
    says: str


@dataclass(frozen=True)
class Burst:
    """Many rounds in one step: time passes and `repeats` is taken, again and again.

    What a burst does follows from the action; that it is nothing but its rounds is proved before
    it is used.

    repeats: name of an action that sets some clocks to zero; they are zero when a burst begins.
    every: how long a round takes at most.
    when: what else must hold when it begins, such that a round changes nothing but clocks.
    budget, total: if given, each round takes `every` off the budget, however short it is, and the
        burst goes on until it is used up; `total`, a multiple of `every`, is its first value.
    """

    name: str
    repeats: str
    every: Term
    says: str
    when: Term = field(default_factory=lambda: z3.BoolVal(True))
    budget: Term | None = None
    total: Term | None = None


@dataclass(frozen=True, eq=False)
class TimedSystem:
    """Clocks, what stands still between actions, and what may happen.

    parameters: reals that never change; `wait` is one of them.  assume: about the parameters.
    clocks: all grow at the same rate.  still: reals and Booleans that only actions change.
    invariant: holds at all times; time does not pass beyond it, so what is due happens.
    init, bad: over parameters and variables.

    Raises `ModelError`, naming the culprit, for undeclared variables and duplicate names.
    """

    name: str
    parameters: tuple[Term, ...]
    wait: Term
    assume: Term
    clocks: tuple[Term, ...]
    still: tuple[Term, ...]
    init: Term
    actions: tuple[TimedAction, ...]
    invariant: Term
    bad: Term
    bursts: tuple[Burst, ...] = ()

    def __post_init__(self) -> None:
        free = FreeVariables()
        constants = {str(p) for p in self.parameters}
        known = constants | set(self.names)
        if len(known) != len(self.parameters) + len(self.variables):
            raise ModelError(f"timed system {self.name}: two things have the same name")
        names = [a.name for a in self.actions] + [b.name for b in self.bursts]
        if len(set(names)) != len(names):
            raise ModelError(f"timed system {self.name}: two actions have the same name")
        told: list[tuple[str, Term, set[str]]] = [
            ("the assumption", self.assume, constants),
            ("init", self.init, known),
        ]
        told += [("the invariant", self.invariant, known), ("bad", self.bad, known)]
        for action in self.actions:
            told.append((f"the guard of {action.name}", action.guard, known))
            for target, term in action.updates.items():
                told.append((f"{action.name}: {target}", term, known))
                if target not in known - constants:
                    raise ModelError(f"{action.name} updates {target!r}, which is no variable")
        for where, term, allowed in told:
            if unknown := free(term) - allowed:
                raise ModelError(f"{where} reads {min(unknown)!r}, which it may not")
        if str(self.wait) not in constants:
            raise ModelError(f"{self.wait} is not a parameter")

    @property
    def variables(self) -> tuple[Term, ...]:
        """The state."""
        return (*self.clocks, *self.still)

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of `variables`: those of the clocks first."""
        return tuple(v.decl().name() for v in self.variables)

    @property
    def clock_names(self) -> frozenset[str]:
        """The names of the clocks."""
        return frozenset(self.names[: len(self.clocks)])

    def action(self, name: str) -> TimedAction:
        """The action called `name`; raises `ModelError` if there is none."""
        for action in self.actions:
            if action.name == name:
                return action
        raise ModelError(f"{self.name} has no action {name!r}")


@dataclass(frozen=True)
class TimedStep:
    """`delay` passes, then an action is taken; at: the time since the beginning, afterwards."""

    action: str
    says: str
    delay: Fraction
    at: Fraction
    state: Mapping[str, Number]


@dataclass(frozen=True)
class TimedTrace:
    """A run of a timed system for one choice of its parameters."""

    system: str
    parameters: Mapping[str, Fraction]
    initial: Mapping[str, Number]
    steps: tuple[TimedStep, ...]


def real(value: int | str | Fraction) -> Term:
    """A constant."""
    return z3.RealVal(str(value))
