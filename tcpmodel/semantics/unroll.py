"""Unrolling: a system laid out in time, as one formula over copies of its variables.

Variable `x` at step 3 is the constant `x@3`.  Between two steps stands the transition relation: a
selector says which action is taken, whose guard then holds, and every variable is a chain of
`if selected then update`, ending in its old value: what no action mentions cannot change.

Where the system is a history of messages, an action that receives is tied to an earlier step that
sent what it reads; `semantics.replay` has the same meaning for concrete runs.

Actions that change no variable and send nothing are left out: a run with them visits the same
states as one without.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import z3

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.system import Action, Receive, Send, TransitionSystem, in_range
from tcpmodel.core.terms import Substitution, Term, Var
from tcpmodel.semantics.interpret import Codes, code_of
from tcpmodel.semantics.replay import Choice


class Unrolling:
    """The formulas of the runs of `system`; steps are counted from 0, the initial state.

    Raises `ModelError` if an input of a history is not tied to a field of every message.
    """

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self.actions = tuple(a for a in system.actions if _matters(a, system))
        self.past = _Past(self) if system.history is not None and system.inputs else None
        self._at: dict[int, Substitution] = {}
        self._relation = self._one_step()

    # --- formulas --------------------------------------------------------------------------

    def at(self, term: Term, index: int) -> Term:
        """The state formula `term` in the state after `index` steps."""
        if index not in self._at:
            pairs = [(v.term, _copy(v.term, index)) for v in self.system.variables]
            self._at[index] = Substitution(pairs)
        return self._at[index](term)

    def start(self) -> Term:
        """State 0 is an initial state."""
        ranges = [in_range(v.term, v.domain) for v in self.system.variables]
        return self.at(z3.And(self.system.init, *ranges), 0)

    def step(self, index: int) -> list[Term]:
        """An action leads from the state after `index` steps to the next one.

        On a history channel the steps before it have to be asserted as well.
        """
        pairs = [(v.term, _copy(v.term, index)) for v in self.system.variables]
        pairs += [(self._next[v.name], _copy(v.term, index + 1)) for v in self.system.variables]
        pairs.append((self.selector, self.taken(index)))
        found = [Substitution(pairs + self._inputs(index))(self._relation)]
        return found if self.past is None else found + self.past.arrives(index)

    def taken(self, index: int) -> Term:
        """The place in `actions` of the action taken after `index` steps."""
        return z3.BitVec(f"action!{index}", self.selector.size())

    def differ(self, one: int, other: int) -> Term:
        """The states after `one` and after `other` steps are not the same."""
        return z3.Or(
            [self.at(v.term, one) != self.at(v.term, other) for v in self.system.variables]
        )

    def _inputs(self, index: int) -> list[tuple[Term, Term]]:
        if self.past is not None:
            return self.past.pairs(index)
        return [(v.term, v.domain.term(v.domain.decode(0))) for v in self.system.inputs]

    # --- the relation, once, over the variables themselves ----------------------------------

    @cached_property
    def selector(self) -> Term:
        """Which action is taken, by its place in `actions`."""
        return z3.FreshConst(z3.BitVecSort(max(1, (len(self.actions) - 1).bit_length())))

    @cached_property
    def _next(self) -> dict[str, Term]:
        return {v.name: z3.FreshConst(v.domain.sort) for v in self.system.variables}

    def chosen(self, places: Iterable[int]) -> Term:
        """One of the actions at `places` is taken."""
        return z3.Or([self.selector == place for place in places])

    def _one_step(self) -> Term:
        if not self.actions:
            return z3.BoolVal(False)
        parts = self.enabled()
        parts += [self._next[v.name] == self.after(v) for v in self.system.variables]
        if self.past is not None:
            parts += self.past.relation()
        return z3.And(parts)

    def enabled(self) -> list[Term]:
        """The selector stands for an action that can be taken."""
        guards = _grouped((part, i) for i, a in enumerate(self.actions) for part in a.guard)
        ruled = [z3.Implies(self.chosen(places), guard) for guard, places in guards]
        return [z3.ULE(self.selector, len(self.actions) - 1), *ruled]

    def after(self, var: Var) -> Term:
        """What the action taken makes of `var`; actions that agree on it share one test."""
        updates = _grouped(
            (action.updates[var.name], place)
            for place, action in enumerate(self.actions)
            if var.name in action.updates
        )
        return self.cases(updates, var.term)

    def cases(self, cases: Iterable[tuple[Term, list[int]]], otherwise: Term) -> Term:
        """The term whose actions contain the one taken."""
        value = otherwise
        for term, places in sorted(cases, key=lambda case: -len(case[1])):
            value = z3.If(self.chosen(places), term, value)
        return value

    # --- from models to runs ---------------------------------------------------------------

    def state(self, model: Term, index: int) -> Codes:
        """The state after `index` steps."""
        copies = (_copy(v.term, index) for v in self.system.variables)
        return tuple(code_of(model.eval(copy, model_completion=True)) for copy in copies)

    def choices(self, model: Term, steps: int) -> list[Choice]:
        """The actions of the first `steps` steps, and where their messages were sent."""
        found = []
        for index in range(steps):
            place = code_of(model.eval(self.taken(index), model_completion=True))
            origin = None
            action = self.actions[place]
            if self.past is not None and action.event.receives is not None:
                origin = self.past.sender(model, index) + 1
            found.append(Choice(action.name, origin))
        return found


class _Past:
    """The messages of a history channel: what each step sent, and which one each step received.

    A message is one bit-vector.  For every pair of steps a truth value says that the later one
    receives what the earlier one sent; if several are true they sent the same.
    """

    def __init__(self, unrolling: Unrolling) -> None:
        self.unrolling = unrolling
        self.system = unrolling.system
        self.actions = unrolling.actions
        missing = [v.name for v in self.system.inputs if v.name not in self.system.shown]
        if missing:
            raise ModelError(
                f"{self.system.name}: no action receives a field as {missing[0]}: "
                "only a run that is written down tells it"
            )
        self.width = sum(var.domain.bits for var in self.system.inputs)
        self.message = z3.FreshConst(z3.BitVecSort(self.width))
        self.receives = _by_channel((a.event.receives, i) for i, a in enumerate(self.actions))
        self.sends = _by_channel((a.event.sends, i) for i, a in enumerate(self.actions))
        self.marks = {
            (kind, channel): z3.FreshConst(z3.BoolSort())
            for kind in ("sends", "receives")
            for channel in self.receives
        }

    def relation(self) -> list[Term]:
        """What the step sends, and on which channels it sends and receives."""
        chosen = self.unrolling.chosen
        sent = _grouped(
            (self._packed(action), place)
            for place, action in enumerate(self.actions)
            if action.event.sends is not None
        )
        none = z3.BitVecVal(0, self.width)
        parts = [self.message == self.unrolling.cases(sent, none)]
        for channel, places in self.receives.items():
            parts.append(self.marks["receives", channel] == chosen(places))
            parts.append(self.marks["sends", channel] == chosen(self.sends.get(channel, [])))
        receiving = [self.marks["receives", channel] for channel in self.receives]
        empty = [v.term == v.domain.term(v.domain.decode(0)) for v in self.system.inputs]
        return [*parts, z3.Or(*receiving, z3.And(empty))]

    def _packed(self, action: Action) -> Term:
        """The message that `action` sends, as one bit-vector of the fields that inputs show."""
        assert action.event.sends is not None
        fields, shown = action.event.sends.fields, self.system.shown
        for var in self.system.inputs:
            field = fields.get(shown[var.name])
            if field is None or field.sort() != var.domain.sort:
                raise ModelError(f"{action.name} sends nothing that {var.name} could show")
        parts = [_as_bits(fields[shown[var.name]]) for var in self.system.inputs]
        return z3.Concat(*parts) if len(parts) > 1 else parts[0]

    def pairs(self, index: int) -> list[tuple[Term, Term]]:
        """What stands for the inputs, the message sent and the marks at step `index`."""
        found = [(self.message, self._sent(index))]
        found += [(mark, self._mark(*key, index)) for key, mark in self.marks.items()]
        top = self.width
        for var in self.system.inputs:
            bits = z3.Extract(top - 1, top - var.domain.bits, self._arriving(index))
            found.append((var.term, bits == 1 if z3.is_bool(var.term) else bits))
            top -= var.domain.bits
        return found

    def arrives(self, index: int) -> list[Term]:
        """What step `index` receives was sent before, on the same channel, and still lives."""
        parts: list[Term] = []
        for channel in self.receives:
            origins = [self._origin(index, j) for j in range(index)]
            receiving = self._mark("receives", channel, index)
            parts.append(z3.Implies(receiving, z3.Or(origins)))
            parts += [
                z3.Implies(z3.And(receiving, origin), self._mark("sends", channel, j))
                for j, origin in enumerate(origins)
            ]
        for j in range(index):
            same = self._arriving(index) == self._sent(j)
            parts.append(z3.Implies(self._origin(index, j), z3.And(same, *self._alive(index, j))))
        return parts

    def _alive(self, index: int, j: int) -> list[Term]:
        """The lifetime of what step `j` sent is not over at step `index`."""
        history = self.system.history
        assert history is not None
        if history.clock is None or history.lifetime is None:
            return []
        clock = self.system.by_name[history.clock].term
        width = max(clock.size(), history.lifetime.bit_length()) + 1  # the sum does not wrap
        wide = z3.ZeroExt(width - clock.size(), clock)
        now, last = self.unrolling.at(wide, index), self.unrolling.at(wide, j) + history.lifetime
        parts = [z3.ULE(now, last)]
        if history.expired is not None:
            expired = self.unrolling.at(history.expired, index)
            parts.append(z3.Not(z3.And(now == last, expired)))
        return parts

    def sender(self, model: Term, index: int) -> int:
        """The step whose message arrives at step `index`."""
        for j in range(index):
            if z3.is_true(model.eval(self._origin(index, j), model_completion=True)):
                return j
        raise EngineError(f"the solver lets step {index} receive a message that nobody sent")

    def _sent(self, index: int) -> Term:
        return z3.BitVec(f"sent!{index}", self.width)

    def _arriving(self, index: int) -> Term:
        return z3.BitVec(f"arriving!{index}", self.width)

    def _mark(self, kind: str, channel: str, index: int) -> Term:
        return z3.Bool(f"{kind} {channel}!{index}")

    def _origin(self, index: int, j: int) -> Term:
        return z3.Bool(f"origin!{index}!{j}")


def start_like(system: TransitionSystem, small: TransitionSystem, codes: Codes) -> Codes:
    """An initial state of `system` that agrees with the state `codes` of its cone `small`.

    Raises `EngineError` if there is none: then `small` is no cone of `system`.
    """
    solver = z3.SolverFor("QF_BV")
    solver.add(system.init, *(in_range(v.term, v.domain) for v in system.variables))
    for var, code in zip(small.variables, codes, strict=True):
        solver.add(var.term == var.domain.term(var.domain.decode(code)))
    if solver.check() != z3.sat:
        raise EngineError(f"{system.name} has no initial state like the one of its cone")
    model = solver.model()
    values = (model.eval(var.term, model_completion=True) for var in system.variables)
    return tuple(code_of(value) for value in values)


def _matters(action: Action, system: TransitionSystem) -> bool:
    """Whether `action` changes anything, or sends what may be received later."""
    changes = any(not term.eq(system.by_name[name].term) for name, term in action.updates.items())
    return changes or (system.history is not None and action.event.sends is not None)


def _copy(term: Term, index: int) -> Term:
    """The copy of a variable after `index` steps.  Names of our own have `!` and no `@`."""
    return z3.Const(f"{term.decl().name()}@{index}", term.sort())


def _as_bits(term: Term) -> Term:
    return z3.If(term, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1)) if z3.is_bool(term) else term


def _grouped(pairs: Iterable[tuple[Term, int]]) -> list[tuple[Term, list[int]]]:
    """Each term once, with all that it was paired with."""
    groups: dict[int, tuple[Term, list[int]]] = {}
    for term, place in pairs:
        groups.setdefault(term.get_id(), (term, []))[1].append(place)
    return list(groups.values())


def _by_channel(events: Iterable[tuple[Receive | Send | None, int]]) -> dict[str, list[int]]:
    """For each channel, the places of the actions that use it."""
    found: dict[str, list[int]] = {}
    for event, place in events:
        if event is not None:
            found.setdefault(event.channel, []).append(place)
    return found
