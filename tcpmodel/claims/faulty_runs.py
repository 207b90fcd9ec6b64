"""Which written run is another one if there is a fault in the model?

A run is played again only where that can make a difference: the rule acts in it, or a condition
would be another one in one of its states.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import z3

from tcpmodel.claims.findings import RUN, Finding
from tcpmodel.claims.script import heard, play
from tcpmodel.claims.script_parse import Call, Tick, Told, read_script
from tcpmodel.claims.script_report import run_files
from tcpmodel.claims.script_result import Failure, Report
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.terms import Bool, Term, Value, Var, conjunction
from tcpmodel.semantics.interpret import Codes, compile_predicate
from tcpmodel.tcp.compose import AGENTS, compose, permissions, rules
from tcpmodel.tcp.faults import TICK, Fault, base_name, faulty_actions, faulty_rules
from tcpmodel.tcp.rule import Rule, changes
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.tcb import PERMISSIONS, Me, segment_domains, tcb_domains

MOST = 10
"""In how many runs a fault is played, the most promising first."""


class Runs:
    """The written runs that come with the tool, as the sound model plays them.

    fired: the rules that act in each.
    """

    def __init__(self) -> None:
        self.scripts = {name: read_script(file) for name, file in run_files().items()}
        self.reports = {name: play(script) for name, script in self.scripts.items()}
        self.sound = {name: _told(r.failure, r.silent) for name, r in self.reports.items()}
        self.fired = {
            name: {base_name(a.rule) for done in report.done for a in done.answers}
            for name, report in self.reports.items()
        }
        self._situations = {name: _Situations(report) for name, report in self.reports.items()}
        self._differs: dict[tuple[Scenario, Fault], Callable[[Codes], bool] | None] = {}

    def catch(self, fault: Fault) -> Finding | None:
        """The first run that is another one with a fault."""
        ranks = {name: self._rank(name, fault) for name in self.scripts}
        able = [name for name, rank in ranks.items() if rank is not None]
        able.sort(key=lambda name: ranks[name] or 0)
        for name in able[:MOST]:
            if how := self._noticed(name, fault):
                return Finding(fault, RUN, name, how)
        return None

    def _rank(self, name: str, fault: Fault) -> int | None:
        """How promising a run is, 0 being best: something becomes possible of which it says that it
        is not, the rule acts in it, or would act otherwise.  None if there is no difference.
        """
        seen, fires = self._situations[name], fault.rule in self.fired[name]
        if fault.rule == TICK:
            return self._rank_of_ticks(name, fault)
        if fault.what in ("delete", "repeat"):
            return 1 if fires else None
        switches = self.reports[name].switches
        mine = [rule for rule in rules(switches) if base_name(rule.name) == fault.rule]
        differs = self._differs_in(switches, mine, fault) if mine else None
        if differs is None:
            return None
        if any(map(differs, seen.refused(mine[0].label))):
            return 0
        return (1 if fires else 2) if any(map(differs, seen.of(mine[0].kind))) else None

    def _rank_of_ticks(self, name: str, fault: Fault) -> int | None:
        """The same for a fault of the clock."""
        seen, switches = self._situations[name], self.reports[name].switches
        if not seen.ticks:
            return None
        system = compose(switches).system
        if fault.what == "delete":
            return 1
        sound = system.action("tick")
        (tick,) = faulty_actions(switches, [sound], fault)
        if conjunction(tick.guard).eq(conjunction(sound.guard)):
            return None
        able = compile_predicate(system.variables, conjunction(tick.guard))
        states = map(self.reports[name].trace.state, seen.stuck())
        rows = (tuple(v.domain.encode(s[v.name]) for v in system.variables) for s in states)
        return 0 if any(map(able, rows)) else 1

    def _differs_in(
        self, switches: Scenario, mine: list[Rule], fault: Fault
    ) -> Callable[[Codes], bool] | None:
        """Whether any of the rules `mine` asks or sets something else; None if none ever does."""
        key = switches, fault
        if key not in self._differs:
            faulty = faulty_rules(switches, mine, fault)
            pairs = zip(mine, faulty, strict=True)
            other = [term for was, now in pairs for term in _differences(switches, was, now)]
            reads = _reads(switches)
            self._differs[key] = compile_predicate(reads, z3.Or(*other)) if other else None
        return self._differs[key]

    def _noticed(self, name: str, fault: Fault) -> str:
        try:
            failure, silent = heard(self.scripts[name], fault)
        except (EngineError, ModelError) as error:
            return str(error).rpartition("/")[2]
        if _told(failure, silent) == self.sound[name]:
            return ""
        if failure is None:
            return "is played otherwise"
        return f"line {failure.line.number}: {failure.says}"


def _differences(switches: Scenario, sound: Rule, faulty: Rule) -> Iterator[Term]:
    """Where a rule asks or sets something else."""
    was, now = conjunction(sound.reaction.when), conjunction(faulty.reaction.when)
    if not was.eq(now):
        yield was != now
    me = Me.symbolic(switches)
    before, after = changes(sound, me), changes(faulty, me)
    for name, term in before.items():
        other = after[name] if name in after else me.variables[name]
        if not other.eq(term):
            yield z3.And(was, term != other)


class _Situations:
    """What an endpoint was asked to react to in a run, as rows of `_reads`.

    ticks: time passes in it.
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self.ticks = any(isinstance(line.what, Tick) for line in report.script.lines)
        self._rows: dict[bool, list[Codes]] = {}

    def of(self, kind: str) -> list[Codes]:
        """The situations of a rule of this kind: arrivals for segments; for calls and timers every
        state of either endpoint.
        """
        arrives = kind == "segment"
        if arrives not in self._rows:
            self._rows[arrives] = list(dict.fromkeys(self._found(arrives)))
        return self._rows[arrives]

    def refused(self, label: str) -> list[Codes]:
        """Where the run says that a call or timer is impossible, or that something is not sent."""
        return [
            self._row(index, what.agent if isinstance(what, Call) else what.sender, {})
            for index, what in self._impossible()
            if isinstance(what, Told)
            or (isinstance(what, Call) and what.name.lower() == label.lower())
        ]

    def stuck(self) -> list[int]:
        """The states in which the run says that time cannot pass."""
        return [index for index, what in self._impossible() if isinstance(what, Tick)]

    def _impossible(self) -> Iterator[tuple[int, Told | Call | Tick]]:
        """What the run says to be impossible, and after how many steps."""
        index = 0
        for done in self.report.done:
            match done.line.what:
                case Call(possible=False) | Tick(possible=False) | Told(mark="impossible") as what:
                    yield index, what
                case Tick(count):
                    index += count
            index += len(done.answers)

    def _found(self, arrives: bool) -> Iterator[Codes]:
        trace = self.report.trace
        for index in range(len(trace) + 1):
            step = trace.steps[index] if index < len(trace) else None
            if not arrives:
                for agent in AGENTS:
                    yield self._row(index, agent, {})
            elif step is not None and step.received is not None and step.agent in AGENTS:
                yield self._row(index, step.agent, step.received.fields)

    def _row(self, index: int, agent: str, fields: Mapping[str, Value]) -> Codes:
        switches, state = self.report.switches, self.report.trace.state(index)
        allowed = permissions(switches, agent)
        me = [d.encode(state[f"{agent}.{n}"]) for n, (d, _) in tcb_domains(switches).items()]
        may = [int(allowed[name]) for name in PERMISSIONS]
        seg = [
            domain.encode(fields[name]) if name in fields else 0
            for name, (domain, _) in segment_domains(switches).items()
        ]
        return (*me, *may, *seg)


def _reads(switches: Scenario) -> list[Var]:
    """What the guards of rules read: a TCB, what its user may do, a segment."""
    me = [Var(f"me.{name}", domain) for name, (domain, _) in tcb_domains(switches).items()]
    may = [Var(f"me.{name}", Bool()) for name in PERMISSIONS]
    seg = [Var(f"seg.{name}", domain) for name, (domain, _) in segment_domains(switches).items()]
    return [*me, *may, *seg]


def _told(failure: Failure | None, silent: tuple[str, ...]) -> object:
    """What of a written run has to be the same: how far it is played, and what was said."""
    return failure and (failure.line.number, failure.says), silent
