"""Knowledge: what agents can tell from what they see.

An agent knows a fact where the fact holds in all runs that look the same to it.  By the state:
exploring all states once and sorting them by the agents' views settles it (`views`).  By perfect
recall: runs are remembered by what is possible for all that an agent has seen (`recall`).
(Fagin, Halpern, Moses, Vardi: Reasoning About Knowledge, chapter 4.)
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tcpmodel.core.epistemic import And, Atom, Fact, Implies, Knows, View, agents, forbids
from tcpmodel.core.errors import EngineError
from tcpmodel.core.property import Kind, Property, epistemic
from tcpmodel.core.result import (
    Budget,
    Evidence,
    Observer,
    Progress,
    Result,
    Scope,
    Twin,
    Verdict,
    silent,
)
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.core.trace import Trace
from tcpmodel.engines.explicit import Search
from tcpmodel.engines.exploration import explored, run_along
from tcpmodel.engines.histories import Histories, Run
from tcpmodel.engines.kinds import refusal
from tcpmodel.engines.recall import experience
from tcpmodel.engines.views import Views, own_variables
from tcpmodel.semantics.interpret import compile_predicate

NAME = "knowledge"

_GOES_BY = {
    View.STATE: "the present state of {}",
    View.RECALL: "all states of {} so far, without a clock",
    View.EVENTS: "all states and steps of {} so far, without a clock",
}


@dataclass(frozen=True)
class _Answer:
    """What a view of the question came to.

    runs: nothing, or the run in which knowledge is missing and those that show it, each with the
    agent to whom it looks like the one before.
    """

    runs: list[tuple[str, Run]]
    stopped: str
    timed_out: bool
    states: int
    transitions: int
    depth: int
    premise: bool


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle `knows` over all reachable states, or over all runs.

    FAILS with runs whose ends look alike: after the first somebody should know (`Result.trace`);
    what it should know is false after the next (`Result.twins`), or not known after that one
    because of the one after it.  Where something should not be known but is, the run that leads
    there stands alone.  Raises `ModelError` for an agent without state, and for common knowledge
    with perfect recall.
    """
    if question.kind is not Kind.KNOWS or question.fact is None:
        raise refusal(NAME, question.kind)
    started = time.process_time()
    recalls = question.view is not View.STATE
    search = searched(system, question, budget, observer)
    observer(Progress("views", search.depth, len(search.order)))
    if recalls and search.complete:
        answer = _by_recall(system, question, question.fact, search, budget, observer)
    else:
        answer = _by_state(system, question, question.fact, search)
    traces = [_realised(system, search, run) for _, run in answer.runs]
    twins = tuple(
        Twin(agent, trace) for (agent, _), trace in zip(answer.runs[1:], traces[1:], strict=True)
    )
    if traces:
        _confirm(system, question, traces[0], twins)
    verdict, covers, steps = _verdict(answer, recalls and search.complete, bool(traces))
    who = " and ".join(agents(question.fact)) or "nobody"
    assumed = {**system.assumptions, "view": _GOES_BY[question.view].format(who)}
    return Result(
        verdict,
        question,
        Scope(covers, steps, assumed),
        NAME,
        _evidence(search, answer),
        traces[0] if traces else None,
        "" if traces else answer.stopped,
        states=answer.states,
        transitions=answer.transitions,
        depth=answer.depth,
        cpu_seconds=time.process_time() - started,
        twins=twins,
    )


def along(system: TransitionSystem, facts: Sequence[Fact], trace: Trace) -> list[list[bool]]:
    """For each state of a run, which of `facts` hold there, by the agents' states.

    Raises `EngineError` if not all states can be visited.
    """
    question = epistemic(And(tuple(facts)))
    search = searched(system, question, Budget(), silent)
    if not search.complete:
        raise EngineError(search.stopped)
    views, compiled = Views(system, search), search.compiled
    answers = [views.truth(fact) for fact in facts]
    states = [compiled.encode(trace.state(index)) for index in range(len(trace) + 1)]
    places = [search.index[compiled.canonical(codes)] for codes in states]
    return [[answer[place] for answer in answers] for place in places]


def searched(
    system: TransitionSystem, question: Property, budget: Budget, observer: Observer
) -> Search:
    """All reachable states of what an epistemic question is about.

    Recall needs them all, whatever the bound on the runs: what is possible is not bounded.
    """
    assert question.fact is not None
    seen = [term for agent in agents(question.fact) for term in own_variables(system, agent)]
    recalls = question.view is not View.STATE
    whole = replace(budget, depth=None) if recalls else budget
    return explored(system, question, whole, observer, Search, view=seen)


def _by_state(system: TransitionSystem, question: Property, fact: Fact, search: Search) -> _Answer:
    views = Views(system, search)
    # What looks the same may be among the states that were not reached.
    sure = search.complete or (question.view is View.STATE and not forbids(fact))
    pair = views.refutation(question.formula, fact) if sure else None
    states = [] if pair is None else [("", pair[0]), *pair[1]]
    runs = [(agent, _run_to(search, state)) for agent, state in states]
    premise = _premise(views, question, fact) if search.complete else False
    counted = len(search.order), search.transitions, search.depth
    return _Answer(runs, search.stopped, search.timed_out, *counted, premise)


def _premise(views: Views, question: Property, fact: Fact) -> bool:
    called = views.holds(question.formula)
    if isinstance(fact, Implies):
        return any(a and b for a, b in zip(called, views.truth(fact.premise), strict=True))
    return any(called)


def _by_recall(
    system: TransitionSystem,
    question: Property,
    fact: Fact,
    search: Search,
    budget: Budget,
    observer: Observer,
) -> _Answer:
    histories = Histories(system, search, question)
    histories.run(budget, observer)
    runs: list[tuple[str, Run]] = []
    if histories.found is not None:
        run = histories.to(histories.found)
        chain = histories.chain(fact, histories.top, histories.found, run, False)
        runs = [("", run), *chain]
    return _Answer(
        runs,
        histories.stopped,
        histories.timed_out,
        len(histories.order),
        histories.transitions,
        histories.depth,
        histories.premise,
    )


def _run_to(search: Search, state: int) -> Run:
    first = search.index[search.start_of(state)]
    return first, [(action, search.index[codes]) for action, codes in search.path(state)]


def _realised(system: TransitionSystem, search: Search, run: Run) -> Trace:
    start, edges = run
    path = [(action, search.order[there]) for action, there in edges]
    return run_along(system, search.compiled, search.order[start], path)


def _confirm(
    system: TransitionSystem, question: Property, trace: Trace, twins: tuple[Twin, ...]
) -> None:
    """Look at the replayed runs, without the search: are they what they should be?"""
    ends, before, missing = _holds_at(system, trace, question.formula), trace, question.fact
    for twin in twins:
        events = question.view is View.EVENTS
        here, there = (experience(t, system, twin.agent, events) for t in (before, twin.trace))
        recent = -1 if question.view is View.STATE else 0
        ends = ends and here[recent:] == there[recent:]
        before = twin.trace
        missing = missing.fact if isinstance(missing, Knows) else None
    if isinstance(missing, Atom) and twins:
        ends = ends and not _holds_at(system, before, missing.term)
    if not ends:
        raise EngineError("the runs that were found do not look alike at their ends")


def _holds_at(system: TransitionSystem, trace: Trace, term: Term) -> bool:
    codes = tuple(v.domain.encode(trace.state(len(trace))[v.name]) for v in system.variables)
    return bool(compile_predicate(system.variables, term)(codes))


def _verdict(answer: _Answer, recalled: bool, refuted: bool) -> tuple[Verdict, str, int | None]:
    """(the verdict, what it covers, the bound on the steps)."""
    if refuted:
        return Verdict.FAILS, "these runs" if len(answer.runs) > 1 else "this run", None
    if not answer.stopped:
        covers = "all runs, of any length" if recalled else "all reachable states"
        return Verdict.HOLDS, covers, None
    if recalled and not answer.timed_out:
        covers = f"all runs of at most {answer.depth} steps, and whatever looks like them"
        return Verdict.HOLDS_UP_TO, covers, answer.depth
    return Verdict.UNKNOWN, f"all states of depth at most {answer.depth}", None


def _evidence(search: Search, answer: _Answer) -> Evidence:
    found = search.evidence()
    settled = search.complete and (not answer.stopped or bool(answer.runs))
    premise = answer.premise if settled else found.premise
    return replace(found, complete=found.complete and not answer.stopped, premise=premise)
