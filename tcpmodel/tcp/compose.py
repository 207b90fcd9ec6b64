"""A scenario becomes a transition system: the rules twice, a network between them, a clock.

The rules are built once, over a symbolic `me` and `seg`; an endpoint's action is a rule with that
endpoint's variables and one arriving segment put in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import z3

from tcpmodel.core import known
from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import Action, Event, TransitionSystem
from tcpmodel.core.terms import (
    Bool,
    Counter,
    Domain,
    Substitution,
    Term,
    Var,
    Word,
    conjunction,
    conjuncts,
)
from tcpmodel.tcp.acceptance import CHECKS
from tcpmodel.tcp.adversary import GROUP, Adversary
from tcpmodel.tcp.arrives import UNSYNCHRONIZED
from tcpmodel.tcp.calls import CALLS
from tcpmodel.tcp.channel import Arrival, Past, Slots, fault_budgets, history, inputs
from tcpmodel.tcp.clock import grow_older
from tcpmodel.tcp.closing import CLOSING_RULES
from tcpmodel.tcp.cookies import COOKIES
from tcpmodel.tcp.crash import CRASHES
from tcpmodel.tcp.faults import Fault, faulty_actions, faulty_rules
from tcpmodel.tcp.limits import LIMITS
from tcpmodel.tcp.misclosing import MISCLOSING
from tcpmodel.tcp.opening import OPENING
from tcpmodel.tcp.reopening import REOPENING
from tcpmodel.tcp.repeated import REPEATED
from tcpmodel.tcp.rule import Rule, Source, changes, symbolic_segment
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.states import LISTEN, TIME_WAIT
from tcpmodel.tcp.synchronized import SYNCHRONIZED_RULES
from tcpmodel.tcp.tcb import Me, given_iss, segment_domains, tcb_domains
from tcpmodel.tcp.text import TEXT_RULES
from tcpmodel.tcp.timeouts import TIMEOUTS
from tcpmodel.tcp.udp import UDP_RULES
from tcpmodel.tcp.world import World

TCP_SOURCES = (
    *CALLS,
    *UNSYNCHRONIZED,
    *COOKIES,
    *CHECKS,
    *REOPENING,
    *SYNCHRONIZED_RULES,
    *TEXT_RULES,
    *TIMEOUTS,
    *LIMITS,
    *CRASHES,
    *OPENING,
    *REPEATED,
    *CLOSING_RULES,
    *MISCLOSING,
)
"""Every rule of TCP: those of RFC 9293 section 3.10, in its order; then the alternatives."""

OUTLAST_SEGMENTS = ("time_wait_timeout", "quiet_time_over")
"""Waits that end after the lifetimes that end with them."""

SOURCES = (*TCP_SOURCES, *UDP_RULES)
"""Every rule."""

AGENTS = ("A", "B")


@dataclass(frozen=True)
class Model:
    """A scenario with the system it stands for and the names that properties use."""

    scenario: Scenario
    system: TransitionSystem
    world: World


def sources(switches: Scenario) -> tuple[Source, ...]:
    """The rules of the scenario's protocol, as written."""
    return UDP_RULES if switches.protocol == "udp" else TCP_SOURCES


def rules(switches: Scenario) -> list[Rule]:
    """The rules of a scenario, over the symbolic `me` and `seg`."""
    return list(_rules(switches))


@lru_cache(maxsize=8)
def _rules(switches: Scenario) -> tuple[Rule, ...]:
    me, seg = Me.symbolic(switches), symbolic_segment(switches)
    return tuple(rule for source in sources(switches) for rule in source.rules(me, seg))


def compose(switches: Scenario, fault: Fault | None = None) -> Model:
    """The model of a scenario; with a mistake in it, if one is asked for."""
    return _Composition(switches, fault).model()


def peer_of(agent: str) -> str:
    """The other endpoint."""
    return "B" if agent == "A" else "A"


def permissions(switches: Scenario, agent: str) -> dict[str, bool]:
    """What the user of `agent` does in this scenario."""
    roles = switches.roles
    return {
        "may_open": roles not in ("client_server", "alone") or agent == "A",
        "may_listen": roles == "any" or (roles == "client_server" and agent == "B"),
        "may_close_first": switches.closes in (agent, "either"),
        "may_send": switches.senders in (agent, "both"),
        "may_crash": switches.crash in (agent, "on"),
    }


class _Composition:
    """The steps of `compose`."""

    def __init__(self, switches: Scenario, fault: Fault | None) -> None:
        self.switches = switches
        self.fault = fault
        self.me = Me.symbolic(switches)
        self.seg = symbolic_segment(switches)
        self.rules = faulty_rules(switches, rules(switches), fault)
        make = Past if switches.channel == "history" else Slots
        self.channels = {a: make(f"{a}>{peer_of(a)}", switches) for a in AGENTS}
        self.tcbs = {
            a: {n: Var(f"{a}.{n}", d, g) for n, (d, g) in tcb_domains(switches).items()}
            for a in AGENTS
        }
        self.adversary = Adversary(switches)
        self.is_history = switches.channel == "history"
        self.alone = switches.roles == "alone"
        if self.is_history and not switches.lossy:
            raise ModelError("channel=history loses any number of segments; use loss=any or a bag")

    def model(self) -> Model:
        switches = self.switches
        variables = [v for a in AGENTS for v in self.tcbs[a].values()]
        variables += [v for c in self.channels.values() for v in c.variables]
        variables += [v for c in self.channels.values() if isinstance(c, Slots) for v in c.link]
        if not self.is_history:
            variables += fault_budgets(switches)
        elif switches.msl:
            variables += [Var("now", Word(8)), Var("timer_fired", Bool())]
        variables += self.adversary.variables
        groups = [c.group for c in self.channels.values() if switches.channel == "bag"]
        system = TransitionSystem.known(
            self.origin(),
            name=switches.spelled,
            variables=tuple(variables),
            init=conjunction(_starts(v, switches) for v in variables),
            actions=tuple(faulty_actions(switches, self.actions(), self.fault)),
            inputs=self.inputs(),
            message={n: d for n, (d, _) in self.message_domains().items()},
            interchangeable=tuple(g for g in groups if len(g) > 1),
            history=history(switches) if self.is_history else None,
            watches={
                f"channel {c.name} full": z3.Not(c.room)
                for c in self.channels.values()
                if isinstance(c, Slots)
            },
            assumptions=switches.assumptions,
        )
        return Model(switches, system, World(switches, self.tcbs, self.channels))

    def origin(self) -> str:
        """A digest of all that the system depends on; empty with a fault, for those are many."""
        program = known.program()
        return known.digest(program, repr(self.switches)) if program and not self.fault else ""

    def inputs(self) -> tuple[Var, ...]:
        """What a step reads and nobody remembers: the arriving segment, the ISS to select."""
        told = (given_iss(self.switches),) if self.switches.isn == "given" else ()
        return ((*inputs(self.switches), *told)) if self.is_history else ()

    def message_domains(self) -> dict[str, tuple[Domain, bool]]:
        channel = self.channels["A"]
        found = channel.domains if isinstance(channel, Slots) else segment_domains(self.switches)
        return dict(found)

    def actions(self) -> Iterator[Action]:
        for agent in AGENTS[:1] if self.alone else AGENTS:
            inbound = self.channels[peer_of(agent)]
            base = self.constants(agent)["isn_base"]
            forged = self.adversary.arrivals(inbound.name, self.tcbs[agent], base)
            arrivals: list[Arrival | None] = [*inbound.arrivals(), *forged]
            bound = [(a, self.bind(agent, a)) for a in (None, *arrivals)]
            for rule in self.rules:
                changed = changes(rule, self.me)
                for arrival, put in bound[1:] if rule.kind == "segment" else bound[:1]:
                    yield from self.action(agent, rule, changed, arrival, put)
        for channel in self.channels.values():
            if isinstance(channel, Slots):
                yield from channel.faults()
        slots = {a: c for a, c in self.channels.items() if isinstance(c, Slots)}
        listening = [a for a in AGENTS if permissions(self.switches, a)["may_listen"]]
        listeners = {a: self.tcbs[a] for a in listening}
        yield from self.adversary.deeds(slots, listeners, self.me)
        if self.switches.msl:
            yield self.tick()

    def bind(self, agent: str, arrival: Arrival | None) -> Substitution:
        constants = self.constants(agent)
        return _substitution(self.me, self.tcbs[agent], constants, self.seg, arrival)

    def action(
        self,
        agent: str,
        rule: Rule,
        changed: Mapping[str, Term],
        arrival: Arrival | None,
        put: Substitution,
    ) -> Iterator[Action]:
        """The rule as an action of `agent`; none if its user never does that.

        changed: what the rule changes, in terms of `me`.
        """
        guard = [g for part in rule.reaction.when for g in conjuncts(put(part))]
        if arrival is not None and arrival.forged:
            guard = [z3.simplify(part) for part in guard]  # constants decide most of them
        if any(z3.is_false(part) for part in guard):
            return
        updates = {self.tcbs[agent][name].name: put(term) for name, term in changed.items()}
        outbound = self.channels[agent]
        sends = None
        if rule.reaction.send is not None:
            segment = Segment({n: put(t) for n, t in rule.reaction.send.fields.items()})
            sends = outbound.send(segment)
            if self.alone:  # there is nobody whom it could reach
                sends = replace(sends, room=z3.BoolVal(False))
            else:
                updates |= outbound.put(segment)
                if isinstance(outbound, Slots) and not self.switches.lossy:
                    guard.append(outbound.room)
        if rule.name.startswith(OUTLAST_SEGMENTS) and self.switches.msl:
            guard += [g for c in self.channels.values() for g in c.settled()]
            if self.is_history:
                updates["timer_fired"] = z3.BoolVal(True)
        name = f"{agent}.{rule.name}"
        receives = None
        if arrival is not None:
            guard = [*arrival.when, *guard]
            updates = {**arrival.updates, **updates}
            receives = arrival.receive
            name += arrival.name
        updates |= self.adversary.marks(self.tcbs[agent], arrival, updates)
        label, group = rule.label, f"{agent} {_group(rule)}"
        if arrival is not None and arrival.forged:
            label, group = "forged", GROUP
        event = Event(agent, rule.kind, label, group, receives, sends)
        yield Action(name, tuple(guard), updates, rule.says, rule.rfc, event)

    def constants(self, agent: str) -> dict[str, Term]:
        """What differs between the endpoints: what their users do, where their ISNs begin."""
        allowed = permissions(self.switches, agent)
        terms: dict[str, Term] = {name: z3.BoolVal(value) for name, value in allowed.items()}
        half = 1 << (self.switches.width - 1)
        terms["isn_base"] = z3.BitVecVal(
            1 if agent == "A" else (half + 1) % (2 * half), half.bit_length()
        )
        return terms

    def tick(self) -> Action:
        """One unit of time passes; nothing that is due may be left behind."""
        guard: list[Term] = []
        updates: dict[str, Term] = {}
        for channel in self.channels.values():
            guard += channel.settled()
            if isinstance(channel, Slots):
                updates |= channel.grow_older()
        for agent in AGENTS:
            tcb = self.tcbs[agent]
            state, timer = tcb["state"].term, tcb["timer"].term
            waiting = state == TIME_WAIT
            guard.append(z3.Or(z3.Not(waiting), timer != 0))
            updates[tcb["timer"].name] = z3.If(timer == 0, timer, timer - 1)
            if "rtx_timer" in tcb:
                left = tcb["rtx_timer"].term
                pending = tcb["snd_una"].term != tcb["snd_nxt"].term
                guard.append(z3.Or(z3.Not(pending), left != 0))
                updates[tcb["rtx_timer"].name] = z3.If(left == 0, left, left - 1)
            due, older = grow_older(tcb, self.switches)
            guard += due
            updates |= older
        if self.is_history:
            now = Var("now", Word(8)).term
            guard.append(now != 255)
            updates |= {"now": now + 1, "timer_fired": z3.BoolVal(False)}
        event = Event("clock", "step", "tick", group="clock")
        return Action("tick", tuple(guard), updates, "one tick passes", (), event)


def _substitution(
    me: Me,
    tcb: dict[str, Var],
    constants: dict[str, Term],
    seg: Segment,
    arrival: Arrival | None,
) -> Substitution:
    """Puts an endpoint and an arriving segment in the place of `me` and `seg`."""
    pairs = [(term, tcb[name].term) for name, term in me.variables.items()]
    pairs += [(term, constants[name]) for name, term in me.permissions.items()]
    pairs.append((me.isn_base, constants["isn_base"]))
    if arrival is not None:
        fields = arrival.segment.fields
        pairs += [(term, fields[name]) for name, term in seg.fields.items()]
    return Substitution(pairs)


def _group(rule: Rule) -> str:
    """The fairness group of a rule: what its user calls, its timer, or the arrival of segments."""
    return "receives" if rule.kind == "segment" else rule.label


def _starts(var: Var, switches: Scenario) -> Term:
    """The initial value: all is void, budgets are full, a server listens (as in the figures)."""
    if var.name in ("losses_left", "copies_left", "forgeries_left"):
        assert isinstance(var.domain, Counter)
        return var.term == var.domain.term(var.domain.top)
    agent, _, name = var.name.partition(".")
    if agent == "link":  # as it happens to be
        return z3.BoolVal(True)
    if agent in AGENTS and name in ("state", "passive"):
        user = permissions(switches, agent)
        if switches.protocol == "tcp" and user["may_listen"] and not user["may_open"]:
            return var.term == (LISTEN if name == "state" else z3.BoolVal(True))
    return var.term == var.domain.term(var.domain.decode(0))
