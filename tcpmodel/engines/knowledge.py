"""Knowledge: what an agent can tell from its own state.

An agent knows a fact where the fact holds in every reachable state that looks the same to it.
Exploring all states once and sorting them by the agent's view settles it.  (Fagin, Halpern, Moses,
Vardi: Reasoning About Knowledge, section 4.)
"""

from __future__ import annotations

import time

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.result import Budget, Observer, Progress, Result, Scope, Verdict, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines.exploration import Exploration, explored, trace_to
from tcpmodel.engines.kinds import refusal
from tcpmodel.engines.native import quickest

NAME = "knowledge"


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle `knows` on the set of all reachable states.

    FAILS with two runs whose ends look the same to the agent: after the first it should know, after
    the second (`Result.twin`) the fact is false.  Raises `ModelError` for an agent without state.
    """
    if question.kind is not Kind.KNOWS or question.target is None:
        raise refusal(NAME, question.kind)
    started = time.process_time()
    view = _view(system, question.agent)
    search = explored(system, question, budget, observer, quickest(), view=view)
    observer(Progress("views", search.depth, len(search.order)))
    pair = _indistinguishable(search, question, view)
    ends = (
        () if pair is None else zip(pair, (question.formula, z3.Not(question.target)), strict=True)
    )
    runs = [trace_to(system, search, end, goal) for end, goal in ends]
    reason, covers = "", "all reachable states"
    if pair is not None:
        verdict, covers = Verdict.FAILS, "these two runs"
    elif search.complete:
        verdict = Verdict.HOLDS
    else:
        verdict, reason = Verdict.UNKNOWN, search.stopped
        covers = f"all states of depth at most {search.depth}"
    scope = Scope(covers, None, {**system.assumptions, "view": f"the state of {question.agent}"})
    return Result(
        verdict,
        question,
        scope,
        NAME,
        search.evidence(),
        runs[0] if runs else None,
        reason,
        states=len(search.order),
        transitions=search.transitions,
        depth=search.depth,
        cpu_seconds=time.process_time() - started,
        twin=runs[1] if runs else None,
    )


def _view(system: TransitionSystem, agent: str) -> list[Term]:
    """What `agent` sees: its own variables, ghosts apart."""
    own = [v.term for v in system.variables if v.name.startswith(f"{agent}.") and not v.ghost]
    if not own:
        agents = sorted({v.name.partition(".")[0] for v in system.variables if "." in v.name})
        raise ModelError(f"{agent!r} has no state of its own; there are {', '.join(agents)}")
    return own


def _indistinguishable(
    search: Exploration, question: Property, view: list[Term]
) -> tuple[int, int] | None:
    """Two states that look the same: one in which the agent should know, one without the fact."""
    look = search.compiled.function(view)
    called = search.compiled.predicate(question.formula)
    true = search.compiled.predicate(question.target)
    should: dict[tuple[int, ...], int] = {}
    without: dict[tuple[int, ...], int] = {}
    for index, state in enumerate(search.order):
        seen = look(state)
        if called(state):
            should.setdefault(seen, index)
        if not true(state):
            without.setdefault(seen, index)
    pairs = [(i, without[seen]) for seen, i in should.items() if seen in without]
    return min(pairs, key=lambda pair: (sum(pair), pair), default=None)
