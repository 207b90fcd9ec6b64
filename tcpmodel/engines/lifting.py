"""Lifting: a run found with short sequence numbers, taken again with long ones.

A search is fast where numbers have few bits.  The actions of the run it finds are then put to the
solver at full width: only the numbers are left to be found.
"""

from __future__ import annotations

import time
from dataclasses import replace

import z3

from tcpmodel.core.cone import cone
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.result import Budget, Result, Scope
from tcpmodel.core.system import TransitionSystem
from tcpmodel.engines.bmc import Search, trace_to
from tcpmodel.semantics.unroll import Unrolling


def lift(
    found: Result, system: TransitionSystem, question: Property, budget: Budget = Budget()
) -> Result | None:
    """What `found` says, of a run of `system` that takes the same actions; None if there is none.

    Raises `ModelError` for a property that is neither always nor sometimes, for a result without
    a run, for a system that lacks one of its actions, and if the time is over.
    """
    if question.kind not in (Kind.ALWAYS, Kind.SOMETIMES) or found.trace is None:
        raise ModelError(f"only a run that settles always or sometimes can be lifted: {question}")
    started = time.process_time()
    goal = question.formula if question.kind is Kind.SOMETIMES else z3.Not(question.formula)
    small = cone(system, [goal])
    unrolled = Unrolling(small)
    places = {action.name: place for place, action in enumerate(unrolled.actions)}
    solver = z3.SolverFor("QF_BV")
    if budget.seconds is not None:
        solver.set("timeout", max(1, int(budget.seconds * 1000)))
    solver.add(unrolled.start(), unrolled.at(goal, len(found.trace)))
    for index, step in enumerate(found.trace.steps):
        if step.action not in places:
            raise ModelError(f"{system.name} has no action {step.action!r}")
        solver.add(unrolled.taken(index) == places[step.action], *unrolled.step(index))
    answer = solver.check()
    if answer == z3.unknown:
        if "interrupted" in solver.reason_unknown():
            raise KeyboardInterrupt
        raise ModelError(f"lifting to {system.name} gave up: {solver.reason_unknown()}")
    if answer == z3.unsat:
        return None
    model = solver.model()
    run = unrolled.state(model, 0), unrolled.choices(model, len(found.trace))
    trace = trace_to(system, Search(small, goal, None, budget, found=run))
    return replace(
        found,
        question=question,
        scope=Scope("this run", None, system.assumptions),
        trace=trace,
        cpu_seconds=found.cpu_seconds + time.process_time() - started,
    )
