"""Transition systems: variables, an initial condition, named guarded actions.

An action's updates are simultaneous: every right-hand side reads the state before the step.  A
variable that an action does not mention is unchanged by construction, so there are no frame
conditions to forget.  Everything is checked when a system is built; see `TransitionSystem`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cached_property
from typing import Any

import z3

from tcpmodel.core import known
from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import (
    Counter,
    Domain,
    Enumeration,
    FreeVariables,
    Term,
    Var,
    conjunction,
    fits,
)


@dataclass(frozen=True)
class Receive:
    """The message an action takes from a channel (or, for the network's own, acts upon).

    slot: its place in the channel; None for a channel that is a history of what was sent.
    fields: what it reads there, by field name.
    keeps: it stays under way; where there are slots, with a copy (FIFO: right behind it).
    shifts: the messages behind it move up (FIFO).
    """

    channel: str
    slot: int | None
    fields: Mapping[str, Term]
    keeps: bool = False
    shifts: bool = False


@dataclass(frozen=True)
class Send:
    """The message an action puts on a channel.

    room: whether it finds a place there; without one it is lost at once.
    """

    channel: str
    fields: Mapping[str, Term]
    room: Term


@dataclass(frozen=True)
class Event:
    """What an action is to a reader: who acts, what happens, what is received and sent.

    group: the fairness group of the action; kind, label: see `trace.Step`.
    """

    agent: str = ""
    kind: str = "step"
    label: str = ""
    group: str = ""
    receives: Receive | None = None
    sends: Send | None = None


@dataclass(frozen=True)
class Action:
    """A named guarded command.

    guard: a flat conjunction.  updates: variable name → term over the state before the step.
    says, cites: the rule in one sentence, and where it comes from.
    """

    name: str
    guard: tuple[Term, ...]
    updates: Mapping[str, Term]
    says: str = ""
    cites: tuple[str, ...] = ()
    event: Event = field(default_factory=Event)

    @property
    def enabled(self) -> Term:
        """The guard as one term."""
        return conjunction(self.guard)


@dataclass(frozen=True)
class History:
    """A channel without state: what was sent at one step may be received at any later one.

    Loss, duplication and reordering come for free.  An action with `event.receives` reads the
    system's inputs, which then equal the fields of some message sent earlier on that channel.

    clock: the variable that counts ticks (or None); lifetime: a message sent at tick c is
    deliverable while now - c < lifetime, and at now - c = lifetime until `expired` is true.
    """

    clock: str | None = None
    lifetime: int | None = None
    expired: Term | None = None


@dataclass(frozen=True)
class TransitionSystem:
    """A system, validated when built.

    variables: the state.            init: a term over them; several initial states are allowed.
    inputs: variables that a step reads and no step remembers (the arriving message of a
        history channel).
    message: the fields of the messages that events send and receive, with their domains.
    interchangeable: groups of slots, each slot a tuple of variable names of the same domains;
        exchanging two slots of a group changes nothing but names.
    watches: named conditions whose occurrence every engine that explores reports.
    assumptions: of the scenario, in words, by topic; they become part of every scope.
    origin: a digest of all that determines the system; empty if nobody knows of one.

    Raises `ModelError`, naming the culprit, for duplicate or undeclared names, sorts that do not
    match, updates that leave a counter's or an enumeration's range, and ghosts that are read by
    a guard or by the update of a variable that is none.
    """

    name: str
    variables: tuple[Var, ...]
    init: Term
    actions: tuple[Action, ...]
    inputs: tuple[Var, ...] = ()
    message: Mapping[str, Domain] = field(default_factory=dict)
    interchangeable: tuple[tuple[tuple[str, ...], ...], ...] = ()
    history: History | None = None
    watches: Mapping[str, Term] = field(default_factory=dict)
    assumptions: Mapping[str, str] = field(default_factory=dict)
    origin: str = field(default="", init=False, compare=False)

    def __post_init__(self) -> None:
        _Validation(self).run()

    @staticmethod
    def known(origin: str, **parts: Any) -> TransitionSystem:
        """The system of these parts, all of which `origin` determines.

        It is not validated again if an earlier run has done that.
        """
        stamp = known.folder("systems") / f"{origin}.valid"
        if origin and known.load(stamp) is not None:
            made = _unchecked(parts)
        else:
            made = TransitionSystem(**parts)
            if origin:
                known.keep(stamp, made.name.encode())
        object.__setattr__(made, "origin", origin)
        return made

    @cached_property
    def free(self) -> FreeVariables:
        """The names of the variables that occur in terms of the system."""
        return FreeVariables()

    @cached_property
    def by_name(self) -> dict[str, Var]:
        """The state variables by name."""
        return {var.name: var for var in self.variables}

    @cached_property
    def shown(self) -> dict[str, str]:
        """The inputs by name, each with the field of the arriving message that it shows."""
        names = {var.name for var in self.inputs}
        return {
            term.decl().name(): title
            for action in self.actions
            if self.history is not None and action.event.receives is not None
            for title, term in action.event.receives.fields.items()
            if z3.is_const(term) and term.decl().name() in names
        }

    def part(self, **changes: object) -> TransitionSystem:
        """The system with some of its fields replaced, not validated again.

        For reductions that only leave things out: what was proved of the whole holds of its part.
        """
        parts = {slot.name: getattr(self, slot.name) for slot in fields(self)}
        made = _unchecked({**parts, "origin": "", **changes})
        made.__dict__["free"] = self.free
        return made

    def action(self, name: str) -> Action:
        """The action called `name`; raises `ModelError` if there is none."""
        for action in self.actions:
            if action.name == name:
                return action
        raise ModelError(f"{self.name} has no action {name!r}")


def _unchecked(parts: Mapping[str, Any]) -> TransitionSystem:
    """The system of these parts, not validated."""
    made = object.__new__(TransitionSystem)
    for slot in fields(TransitionSystem):
        usual = slot.default if slot.default_factory is MISSING else slot.default_factory()
        object.__setattr__(made, slot.name, parts.get(slot.name, usual))
    return made


class _Validation:
    """The checks behind `TransitionSystem`, one method each."""

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self.free = system.free
        self.declared = {v.name: v for v in (*system.variables, *system.inputs)}
        self.state = frozenset(system.by_name)

    def run(self) -> None:
        self.names_are_unique()
        self.slots_match()
        self.terms_are_declared()
        self.sorts_match()
        self.ghosts_are_silent()
        self.updates_stay_in_range()

    def fail(self, message: str) -> None:
        raise ModelError(f"system {self.system.name}: {message}")

    def names_are_unique(self) -> None:
        for what, names in (
            ("variable", [v.name for v in (*self.system.variables, *self.system.inputs)]),
            ("action", [a.name for a in self.system.actions]),
        ):
            seen: set[str] = set()
            for name in names:
                if name in seen:
                    self.fail(f"two {what}s are called {name!r}")
                seen.add(name)

    def slots_match(self) -> None:
        for group in self.system.interchangeable:
            domains = set()
            for slot in group:
                unknown = [name for name in slot if name not in self.system.by_name]
                if unknown:
                    self.fail(f"a slot names {unknown[0]!r}, which is not a variable")
                domains.add(tuple(self.declared[name].domain for name in slot))
            if len(domains) > 1:
                self.fail(f"the slots {group[0]} … are not of the same domains")

    def require_declared(self, term: Term, where: str, inputs: bool = True) -> None:
        if not z3.is_expr(term):
            self.fail(f"{where} is {term!r}, which is not a term")
        names = self.free(term)
        if names <= self.state:
            return
        for name in sorted(names):
            if name not in self.declared or not (inputs or name in self.system.by_name):
                self.fail(f"{where} reads {name!r}, which is not declared")

    def terms_are_declared(self) -> None:
        self.require_declared(self.system.init, "the initial condition", inputs=False)
        for title, term in self.system.watches.items():
            self.require_declared(term, f"the watch {title!r}", inputs=False)
        for action in self.system.actions:
            for part in action.guard:
                self.require_declared(part, f"the guard of {action.name}")
            for name, term in action.updates.items():
                if name not in self.system.by_name:
                    self.fail(f"{action.name} updates {name!r}, which is not a variable")
                self.require_declared(term, f"the update of {name} by {action.name}")
            for term in _event_terms(action.event):
                self.require_declared(term, f"the event of {action.name}")

    def sorts_match(self) -> None:
        if not z3.is_bool(self.system.init):
            self.fail("the initial condition is not a truth value")
        for action in self.system.actions:
            for part in action.guard:
                if not z3.is_bool(part):
                    self.fail(f"a guard of {action.name} is not a truth value: {part}")
            for name, term in action.updates.items():
                domain = self.declared[name].domain
                if not fits(term, domain):
                    got = term.sort() if z3.is_expr(term) else type(term).__name__
                    self.fail(f"{action.name} gives {name} a {got}; it is a {domain.sort}")

    def ghosts_are_silent(self) -> None:
        ghosts = frozenset(v.name for v in self.declared.values() if v.ghost)
        for action in self.system.actions:
            for part in action.guard:
                if bad := self.free(part) & ghosts:
                    self.fail(f"the guard of {action.name} reads the ghost {min(bad)!r}")
            for name, term in action.updates.items():
                if name not in ghosts and (bad := self.free(term) & ghosts):
                    self.fail(f"{action.name}: {name} would depend on the ghost {min(bad)!r}")

    def updates_stay_in_range(self) -> None:
        """Prove that counters and enumerations keep their range; one solver call for the rest."""
        clear: dict[tuple[int, Domain], bool] = {}
        doubtful = []
        for action in self.system.actions:
            for name, term in action.updates.items():
                domain = self.declared[name].domain
                key = (term.get_id(), domain)
                if key not in clear:
                    clear[key] = _obviously_in_range(term, domain, self.declared)
                if not clear[key]:
                    doubtful.append((action, name, term))
        if not doubtful:
            return
        solver = z3.SolverFor("QF_BV")
        solver.add(*(in_range(v.term, v.domain) for v in self.declared.values()))
        claims = [
            z3.And(action.enabled, z3.Not(in_range(term, self.declared[name].domain)))
            for action, name, term in doubtful
        ]
        solver.add(z3.Or(*claims))
        if solver.check() != z3.unsat:
            model = solver.model()
            for (action, name, _), claim in zip(doubtful, claims, strict=True):
                if z3.is_true(model.eval(claim, model_completion=True)):
                    self.fail(f"{action.name} can give {name} a value outside its range")


def _event_terms(event: Event) -> Iterable[Term]:
    if event.receives is not None:
        yield from event.receives.fields.values()
    if event.sends is not None:
        yield from event.sends.fields.values()
        yield event.sends.room


def in_range(term: Term, domain: Domain) -> Term:
    """The bit pattern `term` stands for a value of `domain`."""
    match domain:
        case Counter() | Enumeration() if domain.size < 1 << domain.bits:
            return z3.ULT(term, z3.BitVecVal(domain.size, domain.bits))
        case _:
            return z3.BoolVal(True)


def _obviously_in_range(term: Term, domain: Domain, declared: Mapping[str, Var]) -> bool:
    """Whether constants and variables of the same domain are all that `term` can be."""
    if not isinstance(domain, Counter | Enumeration) or domain.size == 1 << domain.bits:
        return True
    stack = [term]
    while stack:
        part = stack.pop()
        if z3.is_bv_value(part):
            if part.as_long() >= domain.size:
                return False
        elif z3.is_app_of(part, z3.Z3_OP_ITE):
            stack.extend(part.children()[1:])
        elif not z3.is_const(part) or declared[part.decl().name()].domain != domain:
            return False
    return True
