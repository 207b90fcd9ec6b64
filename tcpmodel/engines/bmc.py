"""Bounded model checking: the unrolled system is put to a solver, one step more at a time.

Depth grows from 0, so that counterexamples are shortest.  What was refuted at one depth helps at
the next: one solver is kept, and the state asked for is an assumption.  (Biere, Cimatti, Clarke,
Zhu 1999.)

If no run goes on for another step, every state has been seen and the verdict is final.  The state
asked for is looked for *before* that, so that a bad state without successor is found.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace

import z3

from tcpmodel.core.cone import cone
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.monitor import bounded_response
from tcpmodel.core.property import Kind, Property, always
from tcpmodel.core.result import (
    Budget,
    Evidence,
    Observer,
    Progress,
    Result,
    Scope,
    Verdict,
    silent,
)
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import FreeVariables, Term
from tcpmodel.core.trace import Trace
from tcpmodel.engines.exploration import megabytes_in_use
from tcpmodel.engines.kinds import refusal
from tcpmodel.semantics.interpret import Codes, compile_predicate
from tcpmodel.semantics.replay import Choice, replay
from tcpmodel.semantics.unroll import Unrolling, start_like

NAME = "bmc"
DEPTH = 12
"""The bound, in steps, where the budget names none."""


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Look for a run of at most `budget.depth` steps (default: `DEPTH`) that settles the question.

    `always` FAILS and `sometimes` HOLDS with a shortest trace.  Without one, `always` HOLDS_UP_TO
    the bound and `sometimes` is UNKNOWN, unless no run is longer than the bound: then `always`
    HOLDS and `sometimes` FAILS.  Raises `ModelError` for `leads_to`, for a property over unknown
    variables, and if there is no initial state.
    """
    if question.kind is Kind.WITHIN:
        monitored, holds = bounded_response(system, question)
        return replace(check(monitored, always(holds), budget, observer), question=question)
    if question.kind not in (Kind.ALWAYS, Kind.SOMETIMES):
        raise refusal(NAME, question.kind)
    started = time.process_time()
    goal = question.formula if question.kind is Kind.SOMETIMES else z3.Not(question.formula)
    if unknown := sorted(FreeVariables()(goal) - system.by_name.keys()):
        raise ModelError(f"the property reads {unknown[0]!r}, which {system.name} does not have")
    premise = question.premise
    watched = [goal, *([premise] if premise is not None else []), *system.watches.values()]
    search = Search(cone(system, watched), goal, premise, budget, observer)
    search.run()
    trace = trace_to(system, search) if search.found is not None else None
    return _result(system, question, search, trace, time.process_time() - started)


class Stop(Exception):  # noqa: N818 - not an error
    """The search cannot go on; the message says why."""


@dataclass
class Search:
    """An incremental bounded search for a state with `goal`, with what it has learnt so far.

    depth: all states reached in at most so many steps are known to lack `goal`; -1: none is.
    found: the initial state and the steps of a shortest run to `goal`.  exhausted: no run is longer
    than `depth` steps.  stopped: why the search ended early; bounded: because a bound was reached.
    reached: for the premise (under the empty title) and each watch, whether it occurred.
    """

    system: TransitionSystem
    goal: Term
    premise: Term | None
    budget: Budget
    observer: Observer = silent
    depth: int = -1
    found: tuple[Codes, list[Choice]] | None = None
    exhausted: bool = False
    stopped: str = ""
    bounded: bool = False
    reached: dict[str, bool] = field(default_factory=dict)

    def run(self) -> None:
        """Search until the goal is found, nothing is left, or the budget is used up."""
        seconds = self.budget.seconds
        self.deadline = None if seconds is None else time.monotonic() + seconds
        self.unrolled = Unrolling(self.system)
        self.conditions = dict(self.system.watches)
        if self.premise is not None:
            self.conditions[""] = self.premise
        self.reached = dict.fromkeys(self.conditions, False)
        self.solver = z3.SolverFor("QF_BV")
        try:
            self._run()
        except Stop as why:
            self._stop(str(why))
        except KeyboardInterrupt:
            self._stop("interrupted")
        except z3.Z3Exception as error:
            self._stop(f"the solver failed: {error}")

    def _stop(self, reason: str) -> None:
        self.stopped = self.stopped or reason  # at a bound, the bound is what counts

    def _run(self) -> None:
        self.solver.add(self.unrolled.start())
        if not self.possible():
            raise ModelError(
                f"{self.system.name} has no initial state: its initial condition contradicts itself"
            )
        while not self._reaches_goal(self.depth + 1):
            self.depth += 1
            for title in [title for title in self.conditions if title]:
                self._occurs(title, self.depth)
            self.observer(Progress("search", self.depth, len(self.solver.assertions())))
            if self.settled():
                return
            self.stopped = self._bound()
            self.bounded = bool(self.stopped)
            self.solver.add(*self.unrolled.step(self.depth))
            self.exhausted = not self.possible()
            if self.exhausted or self.stopped:
                return

    def settled(self) -> bool:
        """Whether more is known at this depth than the search itself can tell; an engine that
        proves says so here.
        """
        return False

    def _bound(self) -> str:
        """Which bound is reached; empty if none is."""
        bound = DEPTH if self.budget.depth is None else self.budget.depth
        if self.depth >= bound:
            return f"the bound of {bound} steps was reached"
        return self.memory()

    def memory(self) -> str:
        """That the memory limit is reached; empty if it is not."""
        limit = self.budget.megabytes
        if limit is not None and megabytes_in_use() > limit:
            return f"the memory limit of {limit} MB was reached"
        return ""

    def _reaches_goal(self, index: int) -> bool:
        """Whether some run has `goal` after `index` steps; if not, that is asserted."""
        if "" in self.conditions and not self._occurs("", index):
            return False  # the goal of `always` implies the premise
        at_goal = self.unrolled.at(self.goal, index)
        if self.possible(at_goal):
            model = self.solver.model()
            self.found = self.unrolled.state(model, 0), self.unrolled.choices(model, index)
            for title, condition in self.conditions.items():
                here = model.eval(self.unrolled.at(condition, index), model_completion=True)
                self.reached[title] = z3.is_true(here)
            return True
        self.solver.add(z3.Not(at_goal))
        return False

    def _occurs(self, title: str, index: int) -> bool:
        """Whether the condition occurs after `index` steps; once it has, it is not asked again."""
        condition = self.unrolled.at(self.conditions[title], index)
        if not self.possible(condition):
            self.solver.add(z3.Not(condition))
            return False
        self.reached[title] = True
        del self.conditions[title]
        return True

    def possible(self, *assumed: Term, solver: Term = None) -> bool:
        """Whether what is asserted (by default: a run of this length) satisfies `assumed`."""
        solver = self.solver if solver is None else solver
        if self.deadline is not None:
            left = self.deadline - time.monotonic()
            if left <= 0:
                raise Stop(self.late())
            solver.set("timeout", max(1, int(left * 1000)))
        literals = []
        for term in assumed:
            literal = z3.FreshConst(z3.BoolSort())
            solver.add(z3.Implies(literal, term))
            literals.append(literal)
        answer = solver.check(*literals)
        if answer == z3.unknown:
            why = solver.reason_unknown()
            if "interrupted" in why:
                raise KeyboardInterrupt
            if self.deadline is not None and why in ("timeout", "canceled"):
                raise Stop(self.late())
            raise Stop(f"the solver gave up: {why}")
        return bool(answer == z3.sat)

    def late(self) -> str:
        """The reason of a search that is out of time."""
        return f"the time limit of {self.budget.seconds} s was reached"


def trace_to(system: TransitionSystem, search: Search) -> Trace:
    """The run that was found, re-executed; raises `EngineError` if it does not reach the goal."""
    assert search.found is not None
    start, choices = search.found
    trace = replay(system, choices, initial=start_like(system, search.system, start))
    last = trace.state(len(trace))
    codes = tuple(v.domain.encode(last[v.name]) for v in system.variables)
    if not compile_predicate(system.variables, search.goal)(codes):
        raise EngineError("the run that the solver found does not lead where it should")
    return trace


def _result(
    system: TransitionSystem,
    question: Property,
    search: Search,
    trace: Trace | None,
    seconds: float,
) -> Result:
    sometimes, steps = question.kind is Kind.SOMETIMES, None
    reason, depth = search.stopped, search.depth
    reached = search.reached if depth >= 0 or trace is not None else {}
    if trace is not None:
        verdict = Verdict.HOLDS if sometimes else Verdict.FAILS
        covers, reason, depth = "this run", "", len(trace)
    elif search.exhausted:
        verdict = Verdict.FAILS if sometimes else Verdict.HOLDS
        covers = f"all reachable states: each is reached within {steps_of(depth)}"
    else:
        steps = depth if depth >= 0 else None
        covers = "no run" if steps is None else f"all traces of at most {steps_of(steps)}"
        verdict = Verdict.UNKNOWN
        if sometimes and search.bounded:
            reason = f"no witness within {steps_of(depth)}; {reason}"
        elif search.bounded:
            verdict = Verdict.HOLDS_UP_TO
    return Result(
        verdict,
        question,
        Scope(covers, steps, system.assumptions),
        NAME,
        Evidence(
            complete=search.exhausted,
            premise=reached.get(""),
            reached={title: seen for title, seen in reached.items() if title},
        ),
        trace,
        reason,
        depth=depth if depth >= 0 else None,
        cpu_seconds=seconds,
    )


def steps_of(count: int) -> str:
    """`1 step`, `2 steps` …"""
    return f"{count} step" if count == 1 else f"{count} steps"
