"""Every arriving segment is taken up by exactly one rule, every call of a user by at most one.

That is proved for all TCBs and all segments.

Also, what a solver can say of a seeded fault without any search: that it makes a gap or an overlap,
or that it is none, because what was removed follows from the rest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import z3

from tcpmodel.core.errors import EngineError
from tcpmodel.core.system import in_range
from tcpmodel.core.terms import Term, conjunction
from tcpmodel.tcp.compose import rules
from tcpmodel.tcp.faults import Fault, base_name, faulty_rules
from tcpmodel.tcp.rule import Rule, symbolic_segment
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import CTL
from tcpmodel.tcp.states import STATE
from tcpmodel.tcp.tcb import Me, segment_domains, tcb_domains


@dataclass(frozen=True)
class Clash:
    """A state, and the control bits of a segment (or the name of a call) that not exactly one rule
    takes up.
    """

    state: str
    event: str
    rules: tuple[str, ...]

    def __str__(self) -> str:
        many = f"{len(self.rules)} rules take it up" if self.rules else "no rule takes it up"
        return f"{self.event} in {self.state}: {many}"


class Totality:
    """The rules of a scenario over any TCB and any segment.

    guards: what each segment rule asks, by name, the choices of an ISS (or of the user) as one.
    """

    def __init__(self, switches: Scenario) -> None:
        self.switches = switches
        self.rules = rules(switches)
        me, seg = Me.symbolic(switches), symbolic_segment(switches)
        self.state = me.variables.get("state")
        self.ctl = seg.fields["ctl"]
        self.guards = _guards(self.rules)
        self.ranges = [
            *(in_range(me.variables[n], d) for n, (d, _) in tcb_domains(switches).items()),
            *(in_range(seg.fields[n], d) for n, (d, _) in segment_domains(switches).items()),
        ]

    def clashes(self) -> Iterator[Clash]:
        """Wherever it is not exactly one rule: each pair of state and control bits once."""
        found: list[Term] = []
        exactly_one = z3.PbEq([(guard, 1) for guard in self.guards.values()], 1)
        while model := self._example(self.ctl != 0, z3.Not(exactly_one), *found):
            clash = self._clash(model, self.guards)
            yield clash
            state, bits = STATE.term(clash.state), CTL.term(clash.event)
            found.append(z3.Or(self.state != state, self.ctl != bits))

    def ambiguities(self) -> Iterator[Clash]:
        """Calls that more than one rule takes up; each label once.

        Timeouts are not among them: which of SYN and FIN is to be sent again is a matter of
        numbers that are only right in TCBs that can come about.
        """
        for label, guards in _calls(self.rules).items():
            at_most_one = z3.PbLe([(guard, 1) for guard in guards.values()], 1)
            if len(guards) > 1 and (model := self._example(z3.Not(at_most_one))):
                yield self._clash(model, guards, label)

    def clash(self, fault: Fault) -> Clash | None:
        """What a fault in a guard leads to: a gap or an overlap; None if it leads to neither.

        Where no rule is touched there is none: `clashes` and `ambiguities` are about that.
        """
        faulty = faulty_rules(self.switches, self.rules, fault)
        calls = _calls(faulty)
        for label, sound in _calls(self.rules).items():
            if model := self._overlap(sound, calls.get(label, {}), z3.BoolVal(True)):
                return self._clash(model, calls[label], label)
        guards = _guards(faulty)
        there = self.ctl != 0
        model = self._overlap(self.guards, guards, there) or self._gap(guards, there)
        return self._clash(model, guards) if model else None

    def _overlap(
        self, sound: Mapping[str, Term], faulty: Mapping[str, Term], when: Term
    ) -> z3.ModelRef | None:
        """Where a guard that has become weaker meets another one."""
        for name, guard in faulty.items():
            others = [other for title, other in faulty.items() if title != name]
            if others and not guard.eq(sound[name]):
                return self._example(when, guard, z3.Not(sound[name]), z3.Or(*others))
        return None

    def _gap(self, faulty: Mapping[str, Term], when: Term) -> z3.ModelRef | None:
        """Where a guard that has become stronger, or has gone, leaves nothing."""
        for name, guard in self.guards.items():
            if name not in faulty or not guard.eq(faulty[name]):
                return self._example(when, guard, z3.Not(z3.Or(*faulty.values())))
        return None

    def has_no_effect(self, fault: Fault) -> bool:
        """The fault changes no guard: what it removes follows from the others.

        Over all TCBs, and for all segments: those have a control bit.
        """
        if fault.what not in ("remove", "negate"):
            return False
        sound, faulty = (
            {r.name: conjunction(r.reaction.when) for r in found}
            for found in (self.rules, faulty_rules(self.switches, self.rules, fault))
        )
        changed = [g != faulty[n] for n, g in sound.items() if not g.eq(faulty[n])]
        return self._example(self.ctl != 0, z3.Or(*changed)) is None

    def _clash(self, model: z3.ModelRef, guards: Mapping[str, Term], label: str = "") -> Clash:
        state = model.eval(self.state, model_completion=True)
        bits = model.eval(self.ctl, model_completion=True)
        fire = [n for n, g in guards.items() if z3.is_true(model.eval(g, True))]
        return Clash(STATE.names[state.as_long()], label or CTL.names[bits.as_long()], tuple(fire))

    def _example(self, *conditions: Term) -> z3.ModelRef | None:
        """A TCB and a segment for which `conditions` hold; None if there are none."""
        solver = z3.SolverFor("QF_BV")  # a fresh one simplifies first
        solver.add(*self.ranges, *conditions)
        match solver.check():
            case z3.sat:
                return solver.model()
            case z3.unsat:
                return None
        raise EngineError(f"the solver gave up: {solver.reason_unknown()}")


def _guards(found: Iterable[Rule]) -> dict[str, Term]:
    guards: dict[str, list[Term]] = defaultdict(list)
    for rule in found:
        if rule.kind == "segment":
            guards[base_name(rule.name).split("(")[0]].append(conjunction(rule.reaction.when))
    return {name: z3.Or(*cases) for name, cases in guards.items()}


def _calls(found: Iterable[Rule]) -> dict[str, dict[str, Term]]:
    """The guards of calls: by label, then by name."""
    guards: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for rule in found:
        if rule.kind == "call":
            guards[rule.label][base_name(rule.name)].append(conjunction(rule.reaction.when))
    return {
        label: {name: z3.Or(*cases) for name, cases in cases_of.items()}
        for label, cases_of in guards.items()
    }
