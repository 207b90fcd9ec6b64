"""Seeded faults: a model with one mistake in it, made mechanically.

Every rule may lack one condition of its guard, have it the wrong way round, or be missing; a timer
may be set to one tick less or not at all; an initial sequence number may be repeated.  The network,
the clock and the conditions that `compose` adds to rules have guards, too.  A fault is a plain
value that means the same in every scenario that has its rule; `compose(switches, fault)` makes the
model that has it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import z3

from tcpmodel.core.system import Action
from tcpmodel.core.terms import Term, conjuncts
from tcpmodel.tcp.rule import Reaction, Rule, changes, symbolic_segment
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.tcb import Me
from tcpmodel.tcp.wording import Wording

ARRIVAL, SENDING = "arrival", "sending"
"""What every rule does with the network: not rules, but conditions that `compose` gives to all."""

TICK = "clock tick"
"""The passing of a tick."""

TIMERS = ("timer", "rtx_timer", "user_timer", "fin_timer", "quiet", "tries")
"""The variables of a TCB that count ticks or repetitions."""

_MEANINGS = {
    "remove": "without “{}”",
    "negate": "with the opposite of “{}”",
    "delete": "is missing",
    "forget": "does not set {}",
    "less": "sets {} to one less",
    "repeat": "selects the same ISS every time",
}


@dataclass(frozen=True, order=True)
class Fault:
    """One mistake.

    rule: the name of a rule (without the choice of an ISS); of what the network or the clock does
    (`network loses`, `clock tick`); or `arrival`, `sending`.
    what: `remove`, `negate` (a condition), `delete` (the rule), `forget`, `less` (a timer),
    `repeat` (the ISS).  conjunct: the condition, in words, or the timer.
    """

    rule: str
    what: str
    conjunct: str = ""

    def __str__(self) -> str:
        return f"{self.rule} {_MEANINGS[self.what].format(self.conjunct)}"


def base_name(rule: str) -> str:
    """The name of a rule without the choice of an ISS."""
    return re.sub(r"\(iss=\d+\)$", "", rule)


_SUFFIXES = {"lost": "loses", "duplicated": "duplicates", "expired": "drops"}


def concerned(action: str) -> str:
    """What an action, by its name, is an instance of: the `rule` of the faults that it may have."""
    if action == "tick":
        return TICK
    owner, _, name = action.partition(".")
    if ">" in owner:
        return f"network {_SUFFIXES[name]}" if name in _SUFFIXES else action
    return base_name(re.sub(r"(\[\d+\]|\[forged .*\])$", "", name))


# --- making them ----------------------------------------------------------------------------------


def faults_of(switches: Scenario, rules: Iterable[Rule]) -> list[Fault]:
    """The faults that the rules of a scenario may have."""
    me, words = Me.symbolic(switches), _words(switches)
    found: dict[Fault, None] = {}
    for rule in rules:
        if not any(z3.is_false(z3.simplify(part)) for part in rule.reaction.when):
            found |= dict.fromkeys(_faults_of_rule(rule, me, words))
    return list(found)


def _faults_of_rule(rule: Rule, me: Me, words: Wording) -> Iterator[Fault]:
    name = base_name(rule.name)
    yield Fault(name, "delete")
    for part in rule.reaction.when:
        for condition in {c.get_id(): c for c in (part, *conjuncts(part))}.values():
            if not z3.is_true(z3.simplify(condition)):
                yield Fault(name, "remove", words(condition))
                yield Fault(name, "negate", words(condition))
    for variable, term in changes(rule, me).items():
        value = z3.simplify(term)
        is_number = z3.is_bv_value(value)
        if variable in TIMERS and not (is_number and value.as_long() == 0):
            yield Fault(name, "forget", variable)
            if is_number:
                yield Fault(name, "less", variable)
        if variable == "iss" and not z3.is_bv_value(value) and not value.eq(me.isn_base):
            yield Fault(name, "repeat")


def faults_of_actions(switches: Scenario, actions: Iterable[Action]) -> list[Fault]:
    """The faults of the network and the clock, and of what `compose` adds to rules."""
    words = _words(switches)
    found: dict[Fault, None] = {}
    for action in actions:
        if _by_itself(action) and action.event.agent != "adversary":
            found[Fault(_owner(action, ""), "delete")] = None
        for part in action.guard:
            text = words(part)
            if owner := _owner(action, text):
                found[Fault(owner, "remove", text)] = None
                found[Fault(owner, "negate", text)] = None
    return list(found)


def _by_itself(action: Action) -> bool:
    return action.event.agent in ("network", "clock")


def _owner(action: Action, text: str) -> str:
    """Of what a fault is that concerns a condition of an action; empty: of a rule, made there."""
    if _by_itself(action):
        return f"{action.event.agent} {action.event.label}"
    match text:
        case "slot.ctl != -":
            return ARRIVAL
        case "slot.ctl == -":
            return SENDING
        case "slot.age != MSL":
            return base_name(action.name.partition(".")[2])
    return ""


# --- putting them in ------------------------------------------------------------------------------


def faulty_rules(switches: Scenario, rules: Sequence[Rule], fault: Fault | None) -> list[Rule]:
    """The rules with a fault; unchanged if they cannot have it."""
    if fault is None or all(base_name(rule.name) != fault.rule for rule in rules):
        return list(rules)
    me, words = Me.symbolic(switches), _words(switches)
    found = []
    for rule in rules:
        if base_name(rule.name) != fault.rule:
            found.append(rule)
        elif fault.what != "delete":
            found.append(replace(rule, reaction=_faulty(rule, fault, me, words)))
    return found


def _faulty(rule: Rule, fault: Fault, me: Me, words: Wording) -> Reaction:
    reaction = rule.reaction
    if fault.what in ("remove", "negate"):
        when = [c for part in reaction.when for c in _faulty_condition(part, fault, words)]
        return replace(reaction, when=when)
    then = dict(reaction.then)
    if fault.what == "repeat":
        again = [(then[me.iss], me.isn_base)]
        then = {variable: z3.substitute(value, *again) for variable, value in then.items()}
        send = reaction.send
        if send is not None:
            send = Segment({n: z3.substitute(t, *again) for n, t in send.fields.items()})
        return replace(reaction, then=then, send=send)
    variable = me.variables.get(fault.conjunct)
    if variable is not None and variable in then:
        if fault.what == "less":
            then[variable] = then[variable] - 1
        else:
            del then[variable]
    return replace(reaction, then=then)


def _faulty_condition(part: Term, fault: Fault, words: Wording) -> list[Term]:
    """A condition of a guard with a fault: itself, its opposite, or nothing."""
    found = []
    whole = words(part) == fault.conjunct
    for condition in [part] if whole else conjuncts(part):
        if words(condition) != fault.conjunct:
            found.append(condition)
        elif fault.what == "negate":
            found.append(z3.Not(condition))
    return found


def faulty_actions(
    switches: Scenario, actions: Iterable[Action], fault: Fault | None
) -> Iterator[Action]:
    """The actions of a system with a fault that no rule has."""
    words = None if fault is None else _words(switches)
    for action in actions:
        if fault is None or words is None:
            yield action
        elif fault.what == "delete":
            if not _by_itself(action) or _owner(action, "") != fault.rule:
                yield action
        elif fault.what in ("remove", "negate") and (
            _by_itself(action) or fault.conjunct.startswith("slot.")
        ):
            guard = [
                condition
                for part in action.guard
                for condition in (
                    _faulty_condition(part, fault, words)
                    if _owner(action, words(part)) == fault.rule
                    else [part]
                )
            ]
            yield replace(action, guard=tuple(guard))
        else:
            yield action


@lru_cache(maxsize=256)
def _words(switches: Scenario) -> Wording:
    return Wording(Me.symbolic(switches), symbolic_segment(switches))
