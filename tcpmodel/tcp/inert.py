"""Timers that nobody looks at: what a fault that leaves one as it was cannot change.

A timer *sleeps* where its value decides nothing: that of retransmission, while nothing is
unacknowledged.  It is proved, for all TCBs and all segments, that two endpoints that differ in a
sleeping timer do the same and send the same, and that it is set to one value when it wakes.  A rule
that forgets to set a timer (or sets it to another value) is then no other rule if the timer sleeps
after it, or had that value already.

The proofs may use what is invariant: of some conjectures those that every step preserves together
(Houdini, Flanagan and Leino 2001).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

import z3

from tcpmodel.core.terms import FreeVariables, Substitution, Term, conjunction
from tcpmodel.tcp.compose import AGENTS, compose
from tcpmodel.tcp.faults import TIMERS, Fault, base_name, faulty_rules
from tcpmodel.tcp.rule import Rule, changes
from tcpmodel.tcp.schedule import keepalives
from tcpmodel.tcp.states import (
    CLOSE_WAIT,
    CLOSED,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    LISTEN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)
from tcpmodel.tcp.tcb import Me
from tcpmodel.tcp.totality import Totality

Step = tuple[Term, Mapping[str, Term], tuple[Term, ...]]
"""When something happens, what it does to the variables of a TCB, and what it sends."""


class Inert:
    """The timers of a scenario."""

    def __init__(self, totality: Totality) -> None:
        self.totality = totality
        self.me = Me.symbolic(totality.switches)
        self._free = FreeVariables()
        self.steps = [self._step(rule) for rule in totality.rules]
        if totality.switches.msl:
            self.steps.append(self._tick())
        self._known: dict[str, bool] = {}

    @cached_property
    def key(self) -> object:
        """The same for scenarios whose endpoints take the same steps."""
        terms = [t for when, then, sent in self.steps for t in (when, *then.values(), *sent)]
        names = [name for _, then, _ in self.steps for name in then]
        ranges = self.totality.ranges_of(self.me.variables.values())
        return tuple(names), tuple(term.get_id() for term in (*terms, *ranges))

    @cached_property
    def invariant(self) -> Term:
        """What is true in every state that can come about: void at first, kept by every step."""
        kept = [guess for guess in self._guesses() if self._at_first(guess)]
        while True:
            known = conjunction(kept)
            lost = [
                guess
                for guess in kept
                if any(
                    not self._never(known, when, z3.Not(_after(self.me, guess, then)))
                    for when, then, _ in self.steps
                )
            ]
            if not lost:
                return known
            kept = [guess for guess in kept if not any(guess is other for other in lost)]

    def has_no_effect(self, fault: Fault) -> bool:
        """The fault makes no difference that anybody could notice: where it changes a guard, that
        state cannot come about, or another rule does the same there; or it is about a timer that
        nobody looks at.
        """
        name = fault.conjunct
        if fault.what in ("remove", "negate"):
            known = self.totality.has_no_effect(fault, self.invariant)
            return known or (fault.what == "remove" and self._is_done_anyway(fault))
        if fault.what not in ("forget", "less") or self.asleep(name) is None:
            return False
        sound = [rule for rule in self.totality.rules if base_name(rule.name) == fault.rule]
        faulty = faulty_rules(self.totality.switches, sound, fault)
        return all(
            self._same(self._step(was), self._step(now), name)
            for was, now in zip(sound, faulty, strict=True)
        )

    def _is_done_anyway(self, fault: Fault) -> bool:
        """Whatever a call or timer does because of a fault, another of its name does, too."""
        mine = [rule for rule in self.totality.rules if base_name(rule.name) == fault.rule]
        faulty = faulty_rules(self.totality.switches, mine, fault)
        for was, now in zip(mine, faulty, strict=True):
            others = [rule for rule in self.totality.rules if rule not in mine]
            same = [rule for rule in others if self._does_the_same(rule, was)]
            others_act = z3.Or(*(conjunction(rule.reaction.when) for rule in same))
            sound, acts = conjunction(was.reaction.when), conjunction(now.reaction.when)
            if was.kind == "segment" or not self._never(
                self.invariant, acts, z3.Not(sound), z3.Not(others_act)
            ):
                return False
        return True

    def _does_the_same(self, one: Rule, other: Rule) -> bool:
        """Two rules of one label set and send the same."""
        (_, then, sent), (_, also, said) = self._step(one), self._step(other)
        return (
            one.label == other.label
            and (then.keys(), len(sent)) == (also.keys(), len(said))
            and all(term.eq(also[name]) for name, term in then.items())
            and all(term.eq(told) for term, told in zip(sent, said, strict=True))
        )

    def asleep(self, name: str) -> Term | None:
        """When the timer `name` sleeps; None if the scenario does not have it, or it never does."""
        me = self.me
        if name not in me.variables:
            return None
        match name:
            case "tries" | "rtx_timer" | "user_timer":
                return me.snd_una == me.snd_nxt
            case "timer":
                return me.state != TIME_WAIT
            case "fin_timer":
                return me.state != FIN_WAIT_2
        return None

    def _same(self, sound: Step, faulty: Step, name: str) -> bool:
        """Whether two steps that differ in how they set a timer are as good as the same."""
        when, then, _ = sound
        var = self.me.variables[name]
        differs = then.get(name, var) != faulty[1].get(name, var)
        if self._never(self.invariant, when, differs):
            return True
        awake = z3.Not(_after(self.me, self.asleep(name), then))
        return self._never(self.invariant, when, awake) and self.sleeps(name)

    def sleeps(self, name: str) -> bool:
        """Nobody notices what the timer is while it sleeps."""
        if name not in self._known:
            self._known[name] = all(self._unseen(step, name) for step in self.steps)
        return self._known[name]

    def _unseen(self, step: Step, name: str) -> bool:
        """With another value of the sleeping timer the step is the same, and the timer sleeps on or
        is set to one value.
        """
        when, then, sent = step
        var = self.me.variables[name]
        put = Substitution([(var, z3.FreshConst(var.sort(), name))])
        mine = then.get(name, var)
        rest = [term for n, term in then.items() if n != name]
        wakes = z3.And(z3.Not(_after(self.me, self.asleep(name), then)), mine != put(mine))
        shows = [term != put(term) for term in (*rest, *sent) if self._reads(term, name)]
        seen = [when != put(when)] if self._reads(when, name) else []
        differs = z3.Or(z3.And(when, z3.Or(wakes, *shows)), *seen)
        return self._never(self.invariant, self.asleep(name), differs)

    def _reads(self, term: Term, name: str) -> bool:
        return self.me.variables[name].decl().name() in self._free(term)

    def _never(self, *conditions: Term | None) -> bool:
        return self.totality.example(*conditions) is None

    # --- conjectures --------------------------------------------------------------------------

    def _guesses(self) -> Iterator[Term]:
        me, data = self.me, self.totality.switches.data
        if self.totality.switches.protocol == "udp":
            return
        sent, acked = me.snd_nxt - me.iss, me.snd_una - me.iss
        yield z3.ULE(acked, sent)
        yield z3.Implies(me.is_in(CLOSED, LISTEN), acked == sent)
        yield z3.ULE(sent, data + 2)
        yield z3.Implies(me.is_in(ESTABLISHED, CLOSE_WAIT), z3.ULE(sent, data + 1))
        yield z3.Implies(me.is_in(SYN_SENT, SYN_RECEIVED), z3.And(acked == 0, sent != 0))
        yield z3.Implies(me.is_in(SYN_SENT, SYN_RECEIVED), z3.ULE(sent, data + 1))
        yield z3.Implies(me.is_in(SYN_SENT, SYN_RECEIVED), sent == 1)
        yield z3.Implies(me.is_in(FIN_WAIT_1, CLOSING, LAST_ACK), acked != sent)
        yield z3.Implies(me.is_in(FIN_WAIT_2, TIME_WAIT), acked == sent)
        yield z3.Implies(me.is_in(ESTABLISHED, CLOSE_WAIT, FIN_WAIT_2, LAST_ACK), acked != 0)
        yield z3.Implies(z3.Or(me.state == LISTEN, me.passive), me.may_listen)
        yield z3.Implies(me.is_in(FIN_WAIT_1, FIN_WAIT_2), me.may_close_first)
        if "fin_sent" in me.variables:
            yield z3.Implies(me.fin_sent, me.is_in(ESTABLISHED, CLOSING, TIME_WAIT))
        if "quiet" in me.variables:
            yield z3.Implies(me.state != CLOSED, me.quiet == 0)
        if "unread" in me.variables:
            yield z3.Implies(me.is_in(CLOSE_WAIT, CLOSING, LAST_ACK, TIME_WAIT), me.rcv_wnd != 0)
            yield z3.Implies(me.is_in(CLOSED, LISTEN, SYN_SENT, SYN_RECEIVED), me.unread == 0)
        if "idle" in me.variables:
            for sent_before, ticks in enumerate(keepalives(self.totality.switches)[:-1]):
                late = z3.UGT(me.idle, ticks)
                yield z3.Implies(late, z3.UGT(me.probes, sent_before))
            elsewhere = z3.Not(me.is_in(ESTABLISHED, FIN_WAIT_2, CLOSE_WAIT))
            yield z3.Implies(z3.And(elsewhere, acked == sent), me.idle == 0)
        for name in TIMERS:
            if (sleeping := self.asleep(name)) is not None:
                yield z3.Implies(sleeping, me.variables[name] == 0)

    def _at_first(self, guess: Term) -> bool:
        """It is true when nothing has happened: all is void, but who only listens does so."""
        me = self.me
        listens = z3.And(me.may_listen, z3.Not(me.may_open))
        void = [
            z3.Not(term) if z3.is_bool(term) else term == 0
            for name, term in me.variables.items()
            if name not in ("state", "passive")
        ]
        void += [me.state == z3.If(listens, LISTEN, CLOSED), me.passive == listens]
        return self._never(*void, z3.Not(guess))

    # --- steps --------------------------------------------------------------------------------

    def _step(self, rule: Rule) -> Step:
        sent = rule.reaction.send
        fields = () if sent is None else tuple(sent.fields.values())
        return conjunction(rule.reaction.when), changes(rule, self.me), fields

    def _tick(self) -> Step:
        """What a tick does to an endpoint, if nothing of its own is due."""
        found = compose(self.totality.switches).system
        tick = found.action("tick")
        agent = AGENTS[0]
        put = Substitution(
            [(found.by_name[f"{agent}.{n}"].term, term) for n, term in self.me.variables.items()]
        )
        mine = {f"{agent}.{name}": name for name in self.me.variables}
        then = {mine[name]: put(term) for name, term in tick.updates.items() if name in mine}
        free = {variable.decl().name() for variable in self.me.variables.values()}
        guard = [part for part in map(put, tick.guard) if self._free(part) <= free]
        return conjunction(guard), then, ()


def _after(me: Me, term: Term, then: Mapping[str, Term]) -> Term:
    """`term` once the updates `then` have been done."""
    return Substitution((me.variables[name], value) for name, value in then.items())(term)
