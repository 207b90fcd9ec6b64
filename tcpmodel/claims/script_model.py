"""The model that a written run is played on: real numbers, any network, users who do anything.

A run says which ISS is selected, who calls what, and what the network does; so none of that is
left to the scenario unless its text asks for it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache

from tcpmodel.claims.script_parse import Script, Start
from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Value, conjunction
from tcpmodel.core.trace import Trace
from tcpmodel.semantics.interpret import Codes, compile_function, solutions
from tcpmodel.semantics.replay import Choice, replay
from tcpmodel.tcp.compose import AGENTS, compose, permissions, rules
from tcpmodel.tcp.faults import Fault
from tcpmodel.tcp.scenario import Scenario, scenario

FIXED: dict[str, str | int] = {
    "channel": "history",
    "isn": "given",
    "width": 32,
    "loss": "any",
    "dup": 0,
}
"""What a written run is about: it tells ISS, losses and duplicates itself, in 32-bit numbers."""

_TOLD_BY_THE_RUN = (*FIXED, "capacity")

FREE: Mapping[str, str | int] = {
    "roles": "any",
    "closes": "either",
    "gives_up": "on",
    "abort": "on",
    "senders": "both",
    "data": 3,
    "incarnations": 7,
}
"""What users may do in a written run, unless its scenario says otherwise, or contradicts it:
everything.
"""

_FIN_UNACKNOWLEDGED = ("FIN-WAIT-1", "CLOSING", "LAST-ACK")
_UNACKNOWLEDGED = ("SYN-SENT", "SYN-RECEIVED", *_FIN_UNACKNOWLEDGED)
_WITHOUT_CONNECTION = ("CLOSED", "LISTEN")


def switches_of(text: str) -> Scenario:
    """The scenario of a run whose author wrote `text`.  Raises `ModelError`."""
    asked = {word.partition("=")[0] for word in text.split() if "=" in word}
    if told := asked.intersection(_TOLD_BY_THE_RUN):
        raise ModelError(
            f"a written run tells its own ISS, losses and duplicates, in 32-bit numbers: "
            f"leave out {', '.join(sorted(told))}"
        )
    free = {key: value for key, value in FREE.items() if key not in asked}
    try:
        return _changed(text, FIXED | free)
    except ModelError:
        for key in free:  # Fast Open, say, is about a client and its server
            with suppress(ModelError):
                return _changed(text, FIXED | {k: v for k, v in free.items() if k != key})
        raise


def _changed(text: str, switches: Mapping[str, str | int]) -> Scenario:
    return scenario(" ".join([text, *(f"{key}={value}" for key, value in switches.items())]))


@dataclass(frozen=True)
class Effect:
    """What an action would do now: the state after it, and the segment it would send (codes).

    iss: the ISS that is told it.
    """

    action: Action
    after: Codes
    sent: Mapping[str, int] | None
    iss: int = 0


@dataclass(frozen=True)
class _Group:
    """Actions, and a function that says which of them are enabled."""

    actions: tuple[Action, ...]
    guards: Callable[[Codes], tuple[int, ...]]

    def enabled(self, row: Codes) -> list[Action]:
        return [a for a, able in zip(self.actions, self.guards(row), strict=True) if able]


class _Actions:
    """The actions of a scenario, by who acts; what they do is compiled when it is first done."""

    def __init__(self, switches: Scenario, fault: Fault | None) -> None:
        self.system = compose(switches, fault).system
        self._reads = (*self.system.variables, *self.system.inputs)
        self._bodies: dict[str, Callable[[Codes], tuple[int, ...]]] = {}
        every = self.system.actions
        mine = {agent: [a for a in every if a.event.agent == agent] for agent in (*AGENTS, "clock")}
        self.own = {k: self._group(a for a in v if not a.event.receives) for k, v in mine.items()}
        self.arrivals = {k: self._group(a for a in v if a.event.receives) for k, v in mine.items()}
        self.clock = self.own["clock"]

    def _group(self, actions: Iterable[Action]) -> _Group:
        chosen = tuple(actions)
        return _Group(chosen, compile_function(self._reads, [a.enabled for a in chosen]))

    def body(self, action: Action) -> Callable[[Codes], tuple[int, ...]]:
        """The values of the updates of an action, then the fields of what it sends."""
        if action.name not in self._bodies:
            sends = action.event.sends
            terms = [*action.updates.values(), *(sends.fields.values() if sends else ())]
            self._bodies[action.name] = compile_function(self._reads, terms)
        return self._bodies[action.name]


@lru_cache(maxsize=4)
def _actions(switches: Scenario, fault: Fault | None) -> _Actions:
    return _Actions(switches, fault)  # many runs are played in few scenarios


@lru_cache(maxsize=64)
def labels_of(switches: Scenario) -> tuple[str, ...]:
    """The names of the calls and timers of a scenario, whether its endpoints use them or not."""
    return tuple(sorted({rule.label for rule in rules(switches) if rule.kind != "segment"}))


class Machine:
    """The model of a run: its state, and the steps taken so far."""

    def __init__(self, script: Script, switches: Scenario, fault: Fault | None = None) -> None:
        self.switches = switches
        start = _starts(script, switches)
        earlier = int(any(getattr(line.what, "mark", "") == "old" for line in script.lines))
        self.base = earlier
        self.actions = _actions(switches, fault)
        self.system, self.initial = _begun(self.actions.system, start, earlier)
        self.codes = self.initial
        self.choices: list[Choice] = []
        self.cookies: dict[str, set[int]] = {agent: set() for agent in AGENTS}
        self._places = {var.name: i for i, var in enumerate(self.system.variables)}

    # --- looking --------------------------------------------------------------------------------

    def value(self, name: str) -> Value:
        """The variable `name` now."""
        return self.system.by_name[name].domain.decode(self.codes[self._places[name]])

    def has(self, name: str) -> bool:
        """Whether this scenario has the variable `name`."""
        return name in self._places

    @property
    def states(self) -> tuple[str, str]:
        """The states of A and B."""
        a, b = (str(self.value(f"{agent}.state")) for agent in AGENTS)
        return a, b

    def state_after(self, agent: str, effect: Effect) -> str:
        """The state of `agent` after an effect."""
        name = f"{agent}.state"
        return str(self.system.by_name[name].domain.decode(effect.after[self._places[name]]))

    def numbers(self, agent: str) -> str:
        """The numbers of an endpoint's TCB as the RFC calls them; empty without a connection."""
        if self.value(f"{agent}.state") in _WITHOUT_CONNECTION:
            return ""
        una, snd, rcv = (self.value(f"{agent}.{n}") for n in ("snd_una", "snd_nxt", "rcv_nxt"))
        found = f"SND.UNA={una} SND.NXT={snd}"
        if self.value(f"{agent}.state") != "SYN-SENT":
            found += f" RCV.NXT={rcv} RCV.WND={self.switches.window}"
        return found

    @property
    def now(self) -> int:
        """Ticks since the start; 0 without a clock."""
        return int(self.value("now")) if self.has("now") else 0

    # --- what could happen ----------------------------------------------------------------------

    def calls(self, agent: str, iss: int) -> list[Effect]:
        """What the user and the timers of `agent` could do, those of the same effect once.

        Where two calls do the same (an active OPEN and a SEND in LISTEN), the first stands for
        both.
        """
        found: list[Effect] = []
        for effect in self._effects(self.actions.own[agent], {"iss": iss}):
            if all((e.after, e.sent) != (effect.after, effect.sent) for e in found):
                found.append(effect)
        return found

    def called(self, agent: str, label: str, iss: int) -> list[Effect]:
        """What the user or timer of `agent` called `label` could do."""
        effects = self._effects(self.actions.own[agent], {"iss": iss})
        return [e for e in effects if e.action.event.label.lower() == label.lower()]

    def arrival(self, agent: str, fields: Mapping[str, int], iss: int) -> list[Effect]:
        """What `agent` does when a segment arrives: one rule answers, which may leave a choice.

        What acknowledges a cookie of `agent` tells the ISS itself.
        """
        if "ack" in fields and (cookie := (fields["ack"] - 1) % (1 << 32)) in self.cookies[agent]:
            iss = cookie
        inputs = {f"seg.{name}": code for name, code in fields.items()} | {"iss": iss}
        return self._effects(self.actions.arrivals[agent], inputs)

    def tick(self) -> Effect | None:
        """The passing of a tick, if nothing that is due has been left undone."""
        return next(iter(self._effects(self.actions.clock, {})), None)

    def labels(self, agent: str) -> list[str]:
        """The names of the calls and timers of an endpoint."""
        return sorted({action.event.label for action in self.actions.own[agent].actions})

    def _effects(self, group: _Group, inputs: Mapping[str, int]) -> list[Effect]:
        row = self.codes + tuple(inputs.get(var.name, 0) for var in self.system.inputs)
        told = inputs.get("iss", 0)
        return [replace(self._effect(action, row), iss=told) for action in group.enabled(row)]

    def _effect(self, action: Action, row: Codes) -> Effect:
        sends = action.event.sends
        values = self.actions.body(action)(row)
        after = list(self.codes)
        for name, value in zip(action.updates, values, strict=False):
            after[self._places[name]] = int(value)
        told = values[len(action.updates) :]
        sent = dict(zip(sends.fields, told, strict=True)) if sends else None
        return Effect(action, tuple(after), sent)

    # --- what happens ---------------------------------------------------------------------------

    def take(self, effect: Effect, choice: Choice) -> int:
        """Take a step; its number, 1-based."""
        self.codes = effect.after
        self.choices.append(choice)
        if effect.action.name.endswith(".cookie_answers_syn") and effect.sent is not None:
            self.cookies[effect.action.event.agent].add(effect.sent["seq"])
        return len(self.choices)

    def trace(self) -> Trace:
        """What was played, computed anew by the reference semantics."""
        return replay(self.system, self.choices, initial=self.initial)


# --- the start ----------------------------------------------------------------------------------


def _starts(script: Script, switches: Scenario) -> dict[str, Start]:
    """As the file says; else the active side is CLOSED and the passive one listens."""
    listens = permissions(switches, "B")["may_listen"]
    usual = {"A": Start("CLOSED"), "B": Start("LISTEN" if listens else "CLOSED")}
    return {agent: script.start.get(agent, usual[agent]) for agent in AGENTS}


def _begun(
    system: TransitionSystem, starts: Mapping[str, Start], earlier: int
) -> tuple[TransitionSystem, Codes]:
    """The system with the start of a run as its only initial state.

    earlier: how many incarnations there were before.  Whoever has a connection is in the next one,
    and so is its peer, even if that has lost it.
    """
    connected = any(s.state not in _WITHOUT_CONNECTION for s in starts.values())
    told: dict[str, Value] = {}
    for agent, start in starts.items():
        told[f"{agent}.state"] = start.state
        told[f"{agent}.inc"] = earlier + connected
        told[f"{agent}.passive"] = start.state == "LISTEN"
        if start.state in _WITHOUT_CONNECTION:
            continue
        una = (start.snd - (start.state in _UNACKNOWLEDGED)) % (1 << 32)
        has_fin = start.state in (*_FIN_UNACKNOWLEDGED, "FIN-WAIT-2", "TIME-WAIT")
        told |= {
            f"{agent}.snd_nxt": start.snd,
            f"{agent}.snd_una": una,
            f"{agent}.iss": (start.snd - 1 - has_fin) % (1 << 32),
        }
        if start.state != "SYN-SENT":
            told[f"{agent}.rcv_nxt"] = start.rcv
            told[f"{agent}.irs"] = (start.rcv - 1) % (1 << 32)
            told[f"{agent}.peer"] = earlier + 1
            told[f"{agent}.confirmed"] = start.state != "SYN-RECEIVED"
        if start.state == "TIME-WAIT" and f"{agent}.timer" in system.by_name:
            told[f"{agent}.timer"] = getattr(system.by_name[f"{agent}.timer"].domain, "top", 0)
    kept = _first(system)
    codes = tuple(
        var.domain.encode(told[var.name]) if var.name in told else code
        for var, code in zip(system.variables, kept, strict=True)
    )
    if codes == kept:
        return system, codes
    init = conjunction(
        var.term == var.domain.term(var.domain.decode(code))
        for var, code in zip(system.variables, codes, strict=True)
    )
    return replace(system, init=init), codes


def _first(system: TransitionSystem) -> Codes:
    return next(iter(solutions(system, 1)))
