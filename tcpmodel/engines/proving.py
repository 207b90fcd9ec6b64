"""What the engines that prove have in common: the question, the certificate, the evidence.

Each is a bounded search that may know more than it has seen: it fails with a shortest run, and it
holds with a certificate that was checked again on the system itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import z3

from tcpmodel.core.certificate import Certificate
from tcpmodel.core.cone import cone
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.result import Budget, Evidence, Observer, Progress, Result, Scope, Verdict
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import FreeVariables, Term
from tcpmodel.engines.bmc import Search, steps_of, trace_to
from tcpmodel.engines.kinds import refusal
from tcpmodel.semantics.certify import ranges, recheck
from tcpmodel.semantics.interpret import compile_predicate, first_states

SECONDS_FOR_EVIDENCE = 20.0
"""How long, after a proof, the premise and each watched condition are looked for at most."""

STATES_FOR_EVIDENCE = 20_000
"""How many states are looked at first, by the interpreter."""


@dataclass
class Prover(Search):
    """A bounded search that may be settled by a proof.

    certificate: the proof that `goal` is never reached.
    """

    certificate: Certificate | None = None

    @property
    def safe(self) -> Term:
        """What always holds if the goal is never reached."""
        return z3.Not(self.goal)

    def proved(self, invariant: Term, k: int = 1) -> bool:
        """Take down a proof; always true, so that `settled` can end with it."""
        self.certificate = Certificate(z3.And(ranges(self.system), invariant), k)
        return True


Make = Callable[[TransitionSystem, Term, Budget, Observer], Prover]
"""Sets up a search of a system for a goal."""


def prove(
    name: str,
    make: Make,
    system: TransitionSystem,
    question: Property,
    budget: Budget,
    observer: Observer,
) -> Result:
    """Settle an `always` with the engine `name`.

    Raises `ModelError` for another kind of property, for one over unknown variables, and for a
    system with inputs or a history channel, whose steps do not depend on its state alone.
    """
    if question.kind is not Kind.ALWAYS:
        raise refusal(name, question.kind)
    if system.history is not None or system.inputs:
        raise ModelError(
            f"engine {name} needs all that a step depends on in the state: use channel=bag or "
            "fifo, or ask engine bmc"
        )
    safe = question.formula
    if unknown := sorted(FreeVariables()(safe) - system.by_name.keys()):
        raise ModelError(f"the property reads {unknown[0]!r}, which {system.name} does not have")
    started, since = time.process_time(), time.monotonic()
    search = make(cone(system, [safe]), z3.Not(safe), budget, observer)
    search.run()
    left = None if budget.seconds is None else budget.seconds - (time.monotonic() - since)
    if search.certificate is not None:
        for done in recheck(system, safe, search.certificate, left):
            if done.proved is False:
                raise EngineError(f"the proof of engine {name} is none: {done.title}: {done.why}")
            if done.proved is None:
                search.certificate = None
                search.stopped = f"the proof could not be checked again: {done.why}"
    evidence = _Evidence(make, system, question, budget, observer).of(search)
    return _result(name, system, question, search, evidence, time.process_time() - started)


@dataclass
class _Evidence:
    """Finds out what a proof does not tell: whether the premise and the watches ever occur."""

    make: Make
    system: TransitionSystem
    question: Property
    budget: Budget
    observer: Observer

    def of(self, search: Prover) -> Evidence:
        conditions = dict(self.system.watches)
        if self.question.premise is not None:
            conditions[""] = self.question.premise
        if search.found is not None:
            known = self._on_the_way(search, conditions)
        elif search.certificate is not None or search.exhausted:
            known = self._excluded(conditions, search.certificate)
            rest = {t: w for t, w in conditions.items() if t not in known}
            known |= self._reachable(rest, max(search.depth, 0))
        else:
            known = {}
        return Evidence(
            complete=search.certificate is not None or search.exhausted,
            premise=known.pop("", None),
            reached=known,
        )

    def _on_the_way(self, search: Prover, conditions: dict[str, Term]) -> dict[str, bool]:
        """What occurs in the counterexample; of what does not, nothing is known."""
        trace = trace_to(self.system, search)
        rows = [
            tuple(v.domain.encode(trace.state(i)[v.name]) for v in self.system.variables)
            for i in range(len(trace) + 1)
        ]
        return {
            title: True
            for title, term in conditions.items()
            if any(map(compile_predicate(self.system.variables, term), rows))
        }

    @staticmethod
    def _excluded(conditions: dict[str, Term], certificate: Certificate | None) -> dict[str, bool]:
        """The conditions that contradict the invariant."""
        known: dict[str, bool] = {}
        if certificate is None:
            return known
        for title, term in conditions.items():
            solver = z3.SolverFor("QF_BV")
            solver.add(certificate.invariant, term)
            if solver.check() == z3.unsat:
                known[title] = False
        return known

    def _reachable(self, conditions: dict[str, Term], depth: int) -> dict[str, bool]:
        """Which conditions occur; one that could not be settled in time is left out."""
        small = cone(self.system, conditions.values())
        states = first_states(small, STATES_FOR_EVIDENCE) if conditions else []
        known = {
            title: True
            for title, term in conditions.items()
            if any(map(compile_predicate(small.variables, term), states))
        }
        conditions = {title: term for title, term in conditions.items() if title not in known}
        seconds = min(self.budget.seconds or SECONDS_FOR_EVIDENCE, SECONDS_FOR_EVIDENCE)
        limits = replace(self.budget, seconds=seconds, depth=None)

        def watching(progress: Progress) -> None:
            self.observer(Progress("evidence", depth, progress.states))

        for title, term in conditions.items():
            side = self.make(cone(self.system, [term]), term, limits, watching)
            side.run()
            if side.stopped == "interrupted":
                break
            if side.found is not None:
                known[title] = True
            elif side.certificate is not None or side.exhausted:
                known[title] = False
        return known


def _result(
    name: str,
    system: TransitionSystem,
    question: Property,
    search: Prover,
    evidence: Evidence,
    seconds: float,
) -> Result:
    reason, depth, steps, trace = search.stopped, search.depth, None, None
    certificate = search.certificate
    if search.found is not None:
        trace = trace_to(system, search)
        verdict, covers, reason, depth = Verdict.FAILS, "this run", "", len(trace)
    elif certificate is not None:
        verdict, reason = Verdict.HOLDS, ""
        how = "inductive" if certificate.k == 1 else f"{certificate.k}-inductive on simple paths"
        covers = f"all reachable states: {how}, for any number of steps"
    elif search.exhausted:
        verdict, reason = Verdict.HOLDS, ""
        covers = f"all reachable states: each is reached within {steps_of(depth)}"
    else:
        steps = depth if depth >= 0 else None
        covers = "no run" if steps is None else f"all traces of at most {steps_of(steps)}"
        verdict = Verdict.HOLDS_UP_TO if search.bounded else Verdict.UNKNOWN
    return Result(
        verdict,
        question,
        Scope(covers, steps, system.assumptions),
        name,
        evidence,
        trace,
        reason,
        depth=depth if depth >= 0 else None,
        cpu_seconds=seconds,
        certificate=certificate,
    )
