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
from tcpmodel.core.terms import FreeVariables, Term, conjunction
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
        self._calls = _calls(self.rules)
        domains = [(me.variables[n], d) for n, (d, _) in tcb_domains(switches).items()]
        domains += [(seg.fields[n], d) for n, (d, _) in segment_domains(switches).items()]
        self._ranges = {term.decl().name(): in_range(term, d) for term, d in domains}
        self._free = FreeVariables()

    def ranges_of(self, terms: Iterable[Term]) -> list[Term]:
        """That the variables which occur in `terms` are within their ranges."""
        names = {name for term in terms for name in self._free(term)}
        return [term for name, term in self._ranges.items() if name in names]

    def clashes(self) -> Iterator[Clash]:
        """Wherever it is not exactly one rule: each pair of state and control bits once."""
        found: list[Term] = []
        exactly_one = z3.PbEq([(guard, 1) for guard in self.guards.values()], 1)
        while model := self.example(self.ctl != 0, z3.Not(exactly_one), *found):
            clash = self._clash(model, self.guards)
            yield clash
            state, bits = STATE.term(clash.state), CTL.term(clash.event)
            found.append(z3.Or(self.state != state, self.ctl != bits))

    def ambiguities(self) -> Iterator[Clash]:
        """Calls that more than one rule takes up; each label once.

        Timeouts are not among them: which of SYN and FIN is to be sent again is a matter of
        numbers that are only right in TCBs that can come about.
        """
        for label, guards in self._calls.items():
            at_most_one = z3.PbLe([(guard, 1) for guard in guards.values()], 1)
            if len(guards) > 1 and (model := self.example(z3.Not(at_most_one))):
                yield self._clash(model, guards, label)

    def clash(self, fault: Fault) -> Clash | None:
        """What a fault in a guard leads to: a gap or an overlap; None if it leads to neither.

        Where no rule is touched there is none: `clashes` and `ambiguities` are about that.
        """
        sound, faulty = self._pair(fault)
        before, after = _calls(sound), _calls(faulty)
        for label, found in before.items():
            calls = _replaced(self._calls[label], found, after.get(label, {}))
            if model := self._overlap(found, calls, z3.BoolVal(True)):
                return self._clash(model, calls, label)
        found = _guards(sound)
        guards = _replaced(self.guards, found, _guards(faulty))
        there = self.ctl != 0
        model = self._overlap(found, guards, there) or self._gap(found, guards, there)
        return self._clash(model, guards) if model else None

    def _pair(self, fault: Fault) -> tuple[list[Rule], list[Rule]]:
        """The rules that a fault concerns (and those that count as one with them), without it and
        with it.
        """
        titles = {_title(rule) for rule in self.rules if base_name(rule.name) == fault.rule}
        sound = [rule for rule in self.rules if _title(rule) in titles]
        return sound, faulty_rules(self.switches, sound, fault)

    def _overlap(
        self, sound: Mapping[str, Term], faulty: Mapping[str, Term], when: Term
    ) -> z3.ModelRef | None:
        """Where a guard that has become weaker meets another one."""
        for name, was in sound.items():
            guard = faulty.get(name)
            others = [other for title, other in faulty.items() if title != name]
            if others and guard is not None and not guard.eq(was):
                return self.example(when, guard, z3.Not(was), z3.Or(*others))
        return None

    def _gap(
        self, sound: Mapping[str, Term], faulty: Mapping[str, Term], when: Term
    ) -> z3.ModelRef | None:
        """Where a guard that has become stronger, or has gone, leaves nothing."""
        for name, was in sound.items():
            if name not in faulty or not was.eq(faulty[name]):
                return self.example(when, was, z3.Not(z3.Or(*faulty.values())))
        return None

    def has_no_effect(self, fault: Fault, known: Term | None = None) -> bool:
        """The fault changes no guard: what it removes follows from the others, or the rule that is
        missing never acts.

        Over all TCBs (with `known`, if that is given), and for all segments: those have a control
        bit.
        """
        told = [self.ctl != 0] if known is None else [self.ctl != 0, known]
        if fault.what == "delete":
            found, _ = self._pair(fault)
            mine = [r.reaction.when for r in found if base_name(r.name) == fault.rule]
            return all(self.example(*told, *when) is None for when in mine)
        if fault.what not in ("remove", "negate"):
            return False
        sound, faulty = (
            {r.name: conjunction(r.reaction.when) for r in found} for found in self._pair(fault)
        )
        changed = [g != faulty[n] for n, g in sound.items() if not g.eq(faulty[n])]
        return self.example(*told, z3.Or(*changed)) is None

    def _clash(self, model: z3.ModelRef, guards: Mapping[str, Term], label: str = "") -> Clash:
        state = model.eval(self.state, model_completion=True)
        bits = model.eval(self.ctl, model_completion=True)
        fire = [n for n, g in guards.items() if z3.is_true(model.eval(g, True))]
        return Clash(STATE.names[state.as_long()], label or CTL.names[bits.as_long()], tuple(fire))

    def example(self, *conditions: Term) -> z3.ModelRef | None:
        """A TCB and a segment for which `conditions` hold; None if there are none."""
        solver = z3.SolverFor("QF_BV")  # a fresh one simplifies first
        solver.add(*self.ranges_of(conditions), *conditions)
        match solver.check():
            case z3.sat:
                return solver.model()
            case z3.unsat:
                return None
        raise EngineError(f"the solver gave up: {solver.reason_unknown()}")


def _replaced(
    guards: Mapping[str, Term], before: Mapping[str, Term], after: Mapping[str, Term]
) -> dict[str, Term]:
    """`guards` with those of some rules as they are after a change."""
    return {
        name: after.get(name, guard)
        for name, guard in guards.items()
        if name in after or name not in before
    }


def _title(rule: Rule) -> str:
    """The name under which a rule is counted: the choices of an ISS, or of the user, are one."""
    name = base_name(rule.name)
    return name.split("(")[0] if rule.kind == "segment" else name


def _guards(found: Iterable[Rule]) -> dict[str, Term]:
    guards: dict[str, list[Term]] = defaultdict(list)
    for rule in found:
        if rule.kind == "segment":
            guards[_title(rule)].append(conjunction(rule.reaction.when))
    return {name: z3.Or(*cases) for name, cases in guards.items()}


def _calls(found: Iterable[Rule]) -> dict[str, dict[str, Term]]:
    """The guards of calls: by label, then by name."""
    guards: dict[str, dict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
    for rule in found:
        if rule.kind == "call":
            guards[rule.label][_title(rule)].append(conjunction(rule.reaction.when))
    return {
        label: {name: z3.Or(*cases) for name, cases in cases_of.items()}
        for label, cases_of in guards.items()
    }
