"""Which claim, which written run or which structural check notices a seeded fault?

A fault is caught by the *structure* if it leaves a segment that no rule takes up, or that two do,
or if the model cannot be built any more; by a *run* if that is no longer played as before; by a
*claim* if its verdict is another one.  What is inconclusive catches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from tcpmodel.claims.faulty_runs import Runs
from tcpmodel.claims.findings import (
    CLAIM,
    EQUIVALENT,
    EXPLANATION,
    NOBODY,
    STRUCTURE,
    Finding,
    Notebook,
)
from tcpmodel.claims.pool import Watcher
from tcpmodel.claims.runner import Job, Outcome
from tcpmodel.claims.script_report import run_files
from tcpmodel.claims.survivors import EXPLAINED
from tcpmodel.claims.verdicts import Verdicts, run_known
from tcpmodel.core.result import Budget
from tcpmodel.tcp.compose import compose, rules
from tcpmodel.tcp.faults import Fault, base_name, concerned, faults_of, faults_of_actions
from tcpmodel.tcp.inert import Inert
from tcpmodel.tcp.scenario import Scenario, scenario
from tcpmodel.tcp.totality import Totality

FURTHER = (
    "rfc9293 data=1 seq_check=a2 dup_syn_in_synrcvd=resend_synack synrcvd_bad_ack=challenge",
    "rfc793 data=1 seq_check=a2 rst_sender_state=time_wait",
    "four_naive data=1 server_memory=per_peer_last_inc",
    "split data=1 simultaneous_open=off synrcvd_inwindow_syn=rst half_close=shutdown_wr",
    "rfc9293 fin_piggyback=allowed",
    "rfc9293 abort=on data=1 keepalive=on user_timeout=any roles=any",
    "rfc9293 abort=on rst_sender_state=time_wait",
)
"""Scenarios with rules that no claim's scenario has."""

MOST = 12
"""How many claims are asked about one fault, the most promising first."""

AT_ONCE = 1
"""How many claims are asked about one fault before the answers are looked at."""

LIMITS = Budget(states=200_000, seconds=10.0)
"""The limits of one claim with one fault."""


def places(texts: Iterable[str]) -> dict[Fault, list[str]]:
    """Every fault with the scenarios (of `texts`) that can have it."""
    found: dict[Fault, list[str]] = {}
    by_network: dict[object, list[Fault]] = {}
    for text in texts:
        switches = scenario(text)
        key = _network(switches)
        if key not in by_network:
            by_network[key] = faults_of_actions(switches, compose(switches).system.actions)
        for fault in (*faults_of(switches, rules(switches)), *by_network[key]):
            found.setdefault(fault, []).append(text)
    return found


def _network(switches: Scenario) -> object:
    """What the guards of the network and the clock depend on."""
    numbers = (bool(switches.msl), bool(switches.rto), bool(switches.quiet), switches.loss)
    return (*numbers, switches.dup, switches.channel, switches.user_timeout, switches.fin_timeout)


class Solver:
    """What a solver says about faults, without any search."""

    def __init__(self) -> None:
        self._totality: dict[str, Totality] = {}
        self._inert: dict[str, Inert] = {}
        self._same_inert: dict[object, Inert] = {}
        self._guards: dict[tuple[str, str], object] = {}
        self._effects: dict[object, bool] = {}

    def totality(self, text: str) -> Totality:
        if text not in self._totality:
            self._totality[text] = Totality(scenario(text))
        return self._totality[text]

    def has_effect(self, fault: Fault, text: str) -> bool:
        """Whether a fault changes the guard of any rule in a scenario, lacks a rule that acts, or
        sets a timer so that it can be noticed; of other faults (also in what `compose` adds to
        rules) it is assumed.
        """
        if fault.what in ("forget", "less"):
            return not self.inert(text).has_no_effect(fault)
        if fault.what == "repeat" or fault.conjunct.startswith("slot."):
            return True
        if not (guards := self._guard(fault.rule, text)):
            return True
        key = (fault, guards)
        if key not in self._effects:
            self._effects[key] = not self.totality(text).has_no_effect(fault)
        return self._effects[key]

    def is_about_a_guard(self, fault: Fault, texts: Sequence[str]) -> bool:
        """Whether a fault changes the guard of a rule."""
        return fault.what in ("remove", "negate") and bool(self._guard(fault.rule, texts[0]))

    def inert(self, text: str) -> Inert:
        """The timers of a scenario; many scenarios have the same."""
        if text not in self._inert:
            found = Inert(self.totality(text))
            self._inert[text] = self._same_inert.setdefault(found.key, found)
        return self._inert[text]

    def _guard(self, rule: str, text: str) -> object:
        """What the guards of a rule are in a scenario, and the ranges of what they read.

        Many scenarios have the same; the answers about one of them are those about all.
        """
        if (rule, text) not in self._guards:
            totality = self.totality(text)
            found = [r.reaction.when for r in totality.rules if base_name(r.name) == rule]
            terms = [part for guard in found for part in guard]
            ranges = totality.ranges_of(terms) if terms else ()
            self._guards[rule, text] = tuple(term.get_id() for term in (*terms, *ranges))
        return self._guards[rule, text]


def judged(job: Job, found: Outcome) -> Finding | None:
    """What a verdict about a model with a fault means."""
    assert job.fault is not None
    by = f"{job.code} {job.scenario}"
    if found.error and not found.crashed:
        return Finding(job.fault, STRUCTURE, "validation", found.error)
    if found.error or found.inconclusive:
        return None
    if not found.as_expected:
        return Finding(job.fault, CLAIM, by, f"{found.verdict}, not {found.expected}")
    return Finding(job.fault, CLAIM, by, "holds only vacuously") if found.vacuous else None


Note = Callable[[str], None]
"""Told now and then what is being done."""


@dataclass
class Hunt:
    """The search for what catches each fault: the solver first, then runs, then claims.

    claims: the verdicts to ask for.  structural: whether a clash of rules counts; without it, runs
    and claims have to notice every fault.  with_runs: whether written runs are asked.
    only: the faults of rules whose name contains this.  further: scenarios of no claim, in which
    the solver and runs look for faults, too.  notebook, known: what an earlier hunt has found.
    """

    claims: Sequence[Job]
    note: Note
    watcher: Watcher
    processes: int = 1
    structural: bool = True
    with_runs: bool = True
    only: str = ""
    further: Sequence[str] = FURTHER
    notebook: Notebook = field(default_factory=lambda: Notebook(None))
    known: Verdicts | None = None
    findings: dict[Fault, Finding] = field(default_factory=dict)
    asked: dict[Fault, int] = field(default_factory=dict)
    solver: Solver = field(default_factory=Solver)

    def run(self) -> list[Finding]:
        """Every fault with its finding, in the order of the rules."""
        sound = dict(self.answers(self.claims))
        where = places(texts_of(self.claims, self.further))
        where = {fault: texts for fault, texts in where.items() if self.only in fault.rule}
        self.ask_solver(where)
        if self.with_runs:
            self.ask_runs(where)
        self.ask_invariants(where)
        self.ask_claims(where, sound)
        for fault in where:
            if fault not in self.findings:
                why = EXPLAINED.get(fault, "")
                fate = EXPLANATION if why else NOBODY
                self.findings[fault] = Finding(fault, fate, "", why, self.asked.get(fault, 0))
        return [self.findings[fault] for fault in where]

    def answers(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Outcome]]:
        """The verdicts, known ones first."""
        return run_known(jobs, self.processes, self.watcher, self.known)

    def open(self, faults: Iterable[Fault]) -> list[Fault]:
        """Those of `faults` of which nothing is known yet."""
        return [fault for fault in faults if fault not in self.findings]

    def ask_solver(self, where: Mapping[Fault, Sequence[str]]) -> None:
        """What follows from the other conditions is no fault; what makes a clash is caught."""
        stage = "solver" if self.structural else "solver, no structure"
        self._ask(stage, list(where), lambda fault: self._solved(fault, where[fault]))

    def _solved(self, fault: Fault, texts: Sequence[str]) -> Finding | None:
        first = next((text for text in texts if self.solver.has_effect(fault, text)), "")
        if not first:
            return Finding(fault, EQUIVALENT, "", "nobody can notice: proved for all TCBs")
        if self.structural and (clash := self.solver.totality(first).clash(fault)):
            return Finding(fault, STRUCTURE, first, str(clash))
        return None

    def ask_invariants(self, where: Mapping[Fault, Sequence[str]]) -> None:
        """What only makes a difference in states that cannot come about is no fault."""

        def unseen(fault: Fault) -> Finding | None:
            if any(not self.solver.inert(t).has_no_effect(fault) for t in where[fault]):
                return None
            return Finding(fault, EQUIVALENT, "", "nobody can notice: proved with invariants")

        todo = [f for f in self.open(where) if self.solver.is_about_a_guard(f, where[f])]
        self._ask("invariants", todo, unseen)

    def ask_runs(self, faults: Iterable[Fault]) -> None:
        """Play the written runs with each fault."""
        played = cache(Runs)  # which takes a while, and is not needed if all is known
        self._ask("written runs", self.open(faults), lambda fault: played().catch(fault))

    def _ask(
        self, stage: str, todo: Sequence[Fault], look: Callable[[Fault], Finding | None]
    ) -> None:
        for number, fault in enumerate(todo):
            if not self.notebook.knows(stage, fault):
                if number % 10 == 0:
                    self.note(f"{stage}: {number} of {len(todo)} faults")
                self.notebook.note(stage, fault, look(fault))
            if found := self.notebook.found(stage, fault):
                self.findings[fault] = found

    def ask_claims(
        self, where: Mapping[Fault, Sequence[str]], sound: Mapping[Job, Outcome]
    ) -> None:
        """Ask the claims in whose scenario the rule of a fault fires.

        Whoever does too much violates what holds; whoever does too little lacks a run that goes
        through the rule.  Those claims are asked first: of the former those that see most states,
        of the latter the cheapest.
        """
        cheapest = sorted(
            (job for job, found in sound.items() if found.as_expected and not found.vacuous),
            key=lambda job: sound[job].cpu_seconds,
        )
        fired = {job: rules_that_fire(sound[job]) for job in cheapest}
        used = {job: _rules_of_trace(sound[job]) for job in cheapest}
        todo = {}
        for fault in self.open(where):
            able = [
                job
                for job in cheapest
                if job.scenario in where[fault] and _fires(fault, fired[job])
                if self.solver.has_effect(fault, job.scenario)
            ]
            weaker = fault.what == "remove"
            if weaker:
                able.sort(key=lambda job: (bool(used[job]), -(sound[job].states or 0)))
            else:
                able.sort(key=lambda job: fault.rule not in used[job])
            todo[fault] = [replace(job, budget=LIMITS, fault=fault) for job in able[:MOST]]
        for start in range(0, MOST, AT_ONCE):
            jobs = [job for f in self.open(todo) for job in todo[f][start : start + AT_ONCE]]
            self.note(f"claims: {len(jobs)} verdicts about {len(self.open(todo))} faults")
            for job, outcome in self.answers(jobs):
                assert job.fault is not None
                self.asked[job.fault] = self.asked.get(job.fault, 0) + 1
                if found := judged(job, outcome):
                    self.findings.setdefault(job.fault, found)


def texts_of(claims: Iterable[Job], further: Iterable[str]) -> list[str]:
    """The scenarios of claims, and others, each once."""
    return list(dict.fromkeys([*(job.scenario for job in claims), *further]))


def notebook(claims: Iterable[Job], further: Iterable[str], place: Path) -> Notebook:
    """What an earlier hunt in the same scenarios and runs has found."""
    runs = [file.read_text(encoding="utf-8") for file in run_files().values()]
    return Notebook(place, [*texts_of(claims, further), *runs])


def rules_that_fire(found: Outcome) -> set[str]:
    """The rules that act in what the engine explored, or at least in its run."""
    return {concerned(action) for action in found.evidence.get("fired", ())} | _rules_of_trace(
        found
    )


def _rules_of_trace(found: Outcome) -> set[str]:
    steps = found.trace["steps"] if found.trace else []
    return {concerned(step["action"]) for step in steps}


def _fires(fault: Fault, fired: Iterable[str]) -> bool:
    return fault.rule in fired or fault.rule in ("arrival", "sending")
