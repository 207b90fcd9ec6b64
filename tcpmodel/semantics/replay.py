"""Replay: a run is re-executed, step by step, before anybody gets to see it.

Whatever an engine or a file claims, the trace that leaves this module was computed here, by the
reference semantics, from action names alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any

import z3

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import FreeVariables, Term, Value, conjunction
from tcpmodel.core.trace import Message, Step, Trace
from tcpmodel.semantics.interpret import Codes, Interpreter, compile_function, solutions

MOST_SHOWN = 60
"""How much of a value of unknown origin an error shows."""


@dataclass(frozen=True)
class Choice:
    """One step of a run: the action's name and, on a history channel, the step that sent the
    message which arrives.

    told: values of inputs that no step of the run determines, by name.  With `sent_at=0` they
    include the fields of a message that was under way before the run began.
    """

    action: str
    sent_at: int | None = None
    told: Mapping[str, Value] = field(default_factory=dict)


def replay(
    system: TransitionSystem,
    choices: Sequence[Choice],
    *,
    initial: Codes | None = None,
    loop: int | None = None,
) -> Trace:
    """Re-execute a run.

    initial: the initial state; may be left out if there is only one.
    loop: the step after which the run repeats for ever; see `Trace`.

    Raises `EngineError` if the run is none of the system's: an unknown action, one that is not
    enabled, a message that was not sent or has expired, a loop that does not close, a stop where
    an action is enabled.
    """
    run = Run(system, initial)
    for choice in choices:
        run.take(choice)
    return run.trace(loop)


def retrace(trace: Trace, system: TransitionSystem, *, midway: bool = False) -> Trace:
    """Re-execute a trace of unknown origin; raises `ModelError` where the system disagrees.

    midway: the run may begin in any state, and with messages under way, as written runs do.
    """
    again, wrong = follow(trace, system, midway=midway)
    if wrong:
        raise ModelError(f"this is not a run of {system.name}: {wrong}")
    return again


def follow(trace: Trace, system: TransitionSystem, *, midway: bool = False) -> tuple[Trace, str]:
    """Re-execute a trace of unknown origin as far as the system agrees: the steps that it takes,
    and what is wrong with the next one (`step 3: …`); empty if nothing is.

    Raises `ModelError` if the trace does not even begin in a state of the system.
    """
    initial = Interpreter(system, _unused, _unused).encode(trace.initial)
    begins = Trace(system.name, {n: trace.initial[n] for n in system.by_name})
    if midway:
        here = conjunction(v.term == v.domain.term(trace.initial[v.name]) for v in system.variables)
        system = replace(system, init=here)
    try:
        run = Run(system, initial)
    except EngineError as error:
        return begins, f"step 0: {error}"
    for index, step in enumerate(trace.steps, start=1):
        try:
            run.take(_choice(step, system, midway))
            wrong = _disagreement(index, step, run.decode(run.states[-1]))
        except (EngineError, ModelError) as error:
            wrong = str(error)
        if wrong:
            place = "" if wrong.startswith("step ") else f"step {index}: "
            return replace(begins, steps=tuple(run.steps[: index - 1])), place + wrong
    try:
        return run.trace(trace.loop), ""
    except EngineError as error:
        return run.trace(), str(error)


def _disagreement(index: int, step: Step, state: Mapping[str, Value]) -> str:
    """Where the file tells another state after a step than the model; empty if nowhere."""
    for name, value in state.items():
        if (claimed := step.state.get(name)) != value:
            told = str(claimed) if str(claimed).isprintable() else repr(claimed)
            return f"step {index}: the file says {name} = {told[:MOST_SHOWN]}, the model {value}"
    return ""


def _choice(step: Step, system: TransitionSystem, midway: bool) -> Choice:
    received = step.received if system.history else None
    told = dict(step.told)
    if midway and received and received.sent_at == 0:
        known = {name: received.fields.get(field) for name, field in system.shown.items()}
        told |= {name: value for name, value in known.items() if value is not None}
    return Choice(step.action, received.sent_at if received else None, told)


def _unused(*_: Any) -> Any:
    raise AssertionError("not an executable interpreter")


def choices_through(
    compiled: Interpreter, path: Sequence[tuple[int, Codes]], start: Codes
) -> list[Choice]:
    """The actions of a canonical path, named for states whose slots are left where they are.

    path: (index of the action, canonical state after it).  Interchangeable slots are sorted in a
    canonical state, so a segment moves about; here it stays, and the action of the slot where
    it really is gets named.
    """
    system = compiled.system
    bodies: dict[int, Callable[[Codes], tuple[int, ...]]] = {}
    places = {var.name: i for i, var in enumerate(system.variables)}
    kin: dict[tuple[str, ...], list[int]] = {}
    for index, action in enumerate(system.actions):
        kin.setdefault(_kind(action), []).append(index)
    found, state = [], start
    for wanted, target in path:
        for index in kin[_kind(system.actions[wanted])]:
            action = system.actions[index]
            if index not in bodies:
                bodies[index] = compile_function(
                    system.variables, [action.enabled, *action.updates.values()]
                )
            enabled, *values = bodies[index](state)
            if not enabled:
                continue
            after = list(state)
            for name, value in zip(action.updates, values, strict=True):
                after[places[name]] = value
            if compiled.canonical(tuple(after)) == target:
                found.append(Choice(action.name))
                state = tuple(after)
                break
        else:
            raise EngineError(f"no action leads on as {system.actions[wanted].name} did")
    return found


def _kind(action: Action) -> tuple[str, ...]:
    return (action.event.agent, action.event.label, action.event.group, action.says)


@dataclass
class _Channel:
    """What is under way on one channel, by the step that sent it; None is an empty slot."""

    slots: list[int | None] = field(default_factory=list)

    def take(self, slot: int, shifts: bool) -> None:
        if slot >= len(self.slots):
            return  # nothing was there: what is taken has no sender
        if shifts:
            self.slots.pop(slot)
        else:
            self.slots[slot] = None

    def put(self, step: int) -> None:
        if None in self.slots:
            self.slots[self.slots.index(None)] = step
        else:
            self.slots.append(step)

    def sender(self, slot: int) -> int:
        return (self.slots[slot] if slot < len(self.slots) else None) or 0


@dataclass(frozen=True)
class _Sent:
    """A message of a history: its fields (encoded), and the time when it was sent."""

    channel: str
    fields: Mapping[str, int]
    now: int


class Run:
    """A run that is being taken, step by step.  Raises `EngineError`; see `replay`.

    states: those passed through, encoded.  steps: what was done.
    """

    def __init__(self, system: TransitionSystem, initial: Codes | None) -> None:
        self.system = system
        self.reads = (*system.variables, *system.inputs)
        self.places = {var.name: i for i, var in enumerate(self.reads)}
        self.states = [self.start(initial)]
        self.steps: list[Step] = []
        self.channels: dict[str, _Channel] = {}
        self.sent: list[_Sent | None] = []  # per step, for histories

    def start(self, initial: Codes | None) -> Codes:
        if initial is None:
            found = list(islice(solutions(self.system, 2), 2))
            if len(found) != 1:
                number = "several initial states; name one" if found else "no initial state"
                raise EngineError(f"{self.system.name} has {number}")
            return found[0]
        values = [v.term == v.domain.term(v.domain.decode(c)) for v, c in self.pairs(initial)]
        solver = z3.SolverFor("QF_BV")
        solver.add(self.system.init, *values)
        if solver.check() != z3.sat:
            raise EngineError("the run does not start in an initial state")
        return initial

    def fork(self) -> Run:
        """The same run, to be taken on in another way."""
        other = copy(self)
        other.states, other.steps, other.sent = [*self.states], [*self.steps], [*self.sent]
        other.channels = {n: _Channel([*c.slots]) for n, c in self.channels.items()}
        return other

    def trace(self, loop: int | None = None) -> Trace:
        """What was done so far; loop: see `replay`."""
        trace = Trace(self.system.name, self.decode(self.states[0]), tuple(self.steps), loop)
        if loop is not None and self.states[loop] != self.states[-1]:
            raise EngineError(
                f"the loop of the trace does not close: step {loop} and the last differ"
            )
        if loop == len(trace) and (able := self.able()):
            raise EngineError(f"the run does not stop after step {loop}: {able[0]} is enabled")
        return trace

    def pairs(self, codes: Codes) -> list[tuple[Any, int]]:
        return list(zip(self.system.variables, codes, strict=True))

    def decode(self, codes: Codes) -> dict[str, Value]:
        return {var.name: var.domain.decode(code) for var, code in self.pairs(codes)}

    def evaluate(self, terms: Sequence[Term], row: Codes) -> tuple[int, ...]:
        return compile_function(self.reads, terms)(row)

    def take(self, choice: Choice) -> None:
        """Take a step; if it cannot be taken, the run is of no further use."""
        try:
            action = self.system.action(choice.action)
        except ModelError as error:
            raise EngineError(str(error)) from None
        number = len(self.states)
        row = self.states[-1] + self.arriving(action, choice, number)
        enabled, *values = self.evaluate([action.enabled, *action.updates.values()], row)
        if not enabled:
            raise EngineError(f"step {number}: {action.name} is not enabled")
        after = list(self.states[-1])
        for name, value in zip(action.updates, values, strict=True):
            after[self.places[name]] = value
        self.states.append(tuple(after))
        received = self.received(action, choice, row)
        sent, overflow = self.emitted(action, row, number)
        event = action.event
        self.steps.append(
            Step(
                action.name,
                event.agent,
                event.kind,
                event.label,
                action.says,
                action.cites,
                received,
                sent,
                overflow,
                self.decode(self.states[-1]),
                self.told(action, choice),
            )
        )

    def told(self, action: Action, choice: Choice) -> dict[str, Value]:
        """What the run tells this action and the arriving message does not."""
        own = {var.name for var in self.system.inputs} - self.system.shown.keys()
        asked = sorted(own & choice.told.keys())
        if not asked:
            return {}
        sends = action.event.sends
        sent = sends.fields.values() if sends else ()
        free = FreeVariables()
        read = frozenset[str]().union(*map(free, (*action.updates.values(), *sent)))
        return {name: choice.told[name] for name in asked if name in read}

    def able(self) -> list[str]:
        """The actions that are enabled in the last state (without inputs, which depend on more)."""
        if self.system.inputs:
            return []
        actions = self.system.actions
        enabled = self.evaluate([a.enabled for a in actions], self.states[-1])
        return [a.name for a, able in zip(actions, enabled, strict=True) if able]

    # --- messages ---------------------------------------------------------------------------

    def message(self, channel: str, fields: dict[str, Term], row: Codes, sent_at: int) -> Message:
        codes = self.evaluate(list(fields.values()), row)
        domains = self.system.message
        values = {
            name: domains[name].decode(code) if name in domains else code
            for name, code in zip(fields, codes, strict=True)
        }
        return Message(channel, values, sent_at)

    def received(self, action: Action, choice: Choice, row: Codes) -> Message | None:
        receive = action.event.receives
        if receive is None:
            return None
        if receive.slot is None:
            return self.message(receive.channel, dict(receive.fields), row, choice.sent_at or 0)
        channel = self.channels.setdefault(receive.channel, _Channel())
        origin = channel.sender(receive.slot)
        found = self.message(receive.channel, dict(receive.fields), row, origin)
        if receive.keeps and receive.shifts:
            channel.slots.insert(receive.slot, origin)
        elif receive.keeps:
            channel.put(origin)
        else:
            channel.take(receive.slot, receive.shifts)
        return found

    def emitted(self, action: Action, row: Codes, number: int) -> tuple[Message | None, bool]:
        send = action.event.sends
        self.sent.append(None)
        if send is None:
            return None, False
        room = bool(self.evaluate([send.room], row)[0])
        if room and self.system.history is None:
            self.channels.setdefault(send.channel, _Channel()).put(number)
        codes = self.evaluate(list(send.fields.values()), row)
        fields = dict(zip(send.fields, codes, strict=True))
        self.sent[-1] = _Sent(send.channel, fields, self.now(row))
        return self.message(send.channel, dict(send.fields), row, number), not room

    def now(self, row: Codes) -> int:
        history = self.system.history
        return row[self.places[history.clock]] if history and history.clock else 0

    def arriving(self, action: Action, choice: Choice, number: int) -> Codes:
        """The inputs of a step: the fields of the message that arrives, and what the run tells."""
        if not self.system.inputs:
            return ()
        history, receive = self.system.history, action.event.receives
        told = {
            v.name: v.domain.encode(choice.told.get(v.name, v.domain.decode(0)))
            for v in self.system.inputs
        }
        from_before = choice.sent_at == 0 and self.system.shown.keys() <= choice.told.keys()
        if receive is None or history is None or from_before:
            return tuple(told.values())
        origin = choice.sent_at or 0
        sent = self.sent[origin - 1] if 0 < origin < number else None
        if sent is None or sent.channel != receive.channel:
            raise EngineError(
                f"step {number}: nothing was sent on {receive.channel} at {choice.sent_at}"
            )
        if history.clock is not None and history.lifetime is not None:
            row = self.states[-1] + tuple(0 for _ in self.system.inputs)
            age = self.now(row) - sent.now
            late = history.expired is not None and bool(self.evaluate([history.expired], row)[0])
            if age > history.lifetime or (age == history.lifetime and late):
                raise EngineError(f"step {number}: the message is {age} ticks old and gone")
        shown = self.system.shown
        told |= {name: sent.fields[shown[name]] for name in told if shown.get(name) in sent.fields}
        return tuple(told.values())
