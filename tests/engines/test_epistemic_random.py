"""Small random systems: knowledge as the engine finds it, and by its definition over all runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.epistemic import And, Atom, Common, Fact, Implies, Knows, Not, Or, View
from tcpmodel.core.property import Property, epistemic
from tcpmodel.core.result import Budget, Verdict, silent
from tcpmodel.core.system import Action, Event, TransitionSystem
from tcpmodel.core.terms import Counter, Term, Var, all_of
from tcpmodel.engines import knowledge
from tcpmodel.engines.histories import Histories
from tcpmodel.engines.views import Views
from tcpmodel.semantics.interpret import Codes, interpreter
from tcpmodel.semantics.replay import retrace

A, B, HIDDEN = Var("A.x", Counter(2)), Var("B.y", Counter(2)), Var("net.h", Counter(1))
LEFT = Var("net.left", Counter(3))
"""How many steps are left: every run ends, so that all runs can be listed."""

VARIABLES = (A, B, HIDDEN, LEFT)


@dataclass(frozen=True)
class Run:
    """The states of a run and the actions between them."""

    states: tuple[Codes, ...]
    actions: tuple[int, ...] = ()


def value(var: Var) -> st.SearchStrategy[Term]:
    """`var` is something."""
    return st.integers(0, var.domain.size - 1).map(lambda n: var.term == n)


def actions() -> st.SearchStrategy[Action]:
    """A step of A, of B or of nobody: sets one or two variables, if some of them are so and so."""
    agents = st.sampled_from(["A", "B", "net"])
    guards = st.lists(st.sampled_from(VARIABLES[:3]).flatmap(value), max_size=2)
    sets = st.dictionaries(st.sampled_from(VARIABLES[:3]), st.integers(0, 2), max_size=2)

    def make(agent: str, guard: list[Term], then: dict[Var, int]) -> Action:
        updates = {v.name: v.domain.term(min(n, v.domain.size - 1)) for v, n in then.items()}
        spent = {LEFT.name: LEFT.term - 1}
        event = Event(agent, label="")
        return Action("", (LEFT.term != 0, *guard), updates | spent, event=event)

    return st.builds(make, agents, guards, sets)


@st.composite
def systems(draw: st.DrawFn) -> TransitionSystem:
    """A random system; `net.h` is what nobody sees, and may start either way."""
    drawn = draw(st.lists(actions(), min_size=1, max_size=4))
    named = [
        Action(f"{i}", a.guard, a.updates, event=Event(a.event.agent, label=f"{i % 2}"))
        for i, a in enumerate(drawn)
    ]
    steps = draw(st.integers(1, 3))
    init = all_of(A.term == 0, B.term == 0, LEFT.term == steps)
    return TransitionSystem("random", VARIABLES, init, tuple(named))


def facts(common: bool) -> st.SearchStrategy[Fact]:
    """Nested knowledge."""
    atoms = st.sampled_from(VARIABLES[:3]).flatmap(value).map(Atom)

    def larger(inner: st.SearchStrategy[Fact]) -> st.SearchStrategy[Fact]:
        pairs = st.tuples(inner, inner)
        knows: st.SearchStrategy[Fact] = st.builds(Knows, st.sampled_from("AB"), inner)
        made = [knows, knows, inner.map(Not), pairs.map(And), pairs.map(Or)]
        made.append(st.builds(Implies, inner, inner))
        if common:
            made.append(inner.map(lambda f: Common(("A", "B"), f)))
        return st.one_of(made)

    return st.recursive(atoms, larger, max_leaves=4)


# --- the definition -------------------------------------------------------------------------------


def all_runs(system: TransitionSystem) -> list[Run]:
    """Every run, and every beginning of one; shortest first."""
    compiled = interpreter(system)
    runs = [Run((state,)) for state in compiled.initial()]
    for run in runs:
        steps = compiled.successors(run.states[-1])
        runs += [Run((*run.states, after), (*run.actions, action)) for action, after in steps]
    return runs


def sees(system: TransitionSystem, view: View, agent: str) -> Callable[[Run], Hashable]:
    """What the agent goes by at the end of a run."""
    place = "AB".index(agent)

    def look(run: Run) -> Hashable:
        seen: list[Hashable] = [run.states[0][place]]
        for before, action, after in zip(run.states, run.actions, run.states[1:], strict=False):
            event = system.actions[action].event
            if view is View.EVENTS and event.agent == agent:
                seen.append((event.label, after[place]))
            elif before[place] != after[place]:
                seen.append(after[place])
        return run.states[-1][place] if view is View.STATE else tuple(seen)

    return look


def truth(system: TransitionSystem, runs: list[Run], view: View, fact: Fact) -> list[bool]:
    """For each run, whether `fact` holds at its end: straight from the definition."""

    def everywhere(agent: str, inner: list[bool]) -> list[bool]:
        look, alike = sees(system, view, agent), defaultdict(list)
        for run, holds in zip(runs, inner, strict=True):
            alike[look(run)].append(holds)
        return [all(alike[look(run)]) for run in runs]

    match fact:
        case Atom(term):
            holds = interpreter(system).predicate(term)
            return [bool(holds(run.states[-1])) for run in runs]
        case Not(part):
            return [not x for x in truth(system, runs, view, part)]
        case And(parts):
            return [
                all(x) for x in zip(*(truth(system, runs, view, p) for p in parts), strict=True)
            ]
        case Or(parts):
            return [
                any(x) for x in zip(*(truth(system, runs, view, p) for p in parts), strict=True)
            ]
        case Implies(premise, conclusion):
            return truth(system, runs, view, Or((Not(premise), conclusion)))
        case Knows(agent, inner):
            return everywhere(agent, truth(system, runs, view, inner))
        case Common(agents, inner):
            found = truth(system, runs, view, inner)
            while True:  # the greatest fixpoint, from above
                known = [everywhere(agent, found) for agent in agents]
                fewer = [all(row) for row in zip(found, *known, strict=True)]
                if fewer == found:
                    return found
                found = fewer


def found(system: TransitionSystem, runs: list[Run], question: Property) -> list[bool]:
    """For each run, whether the fact holds at its end: as the engine has it."""
    assert question.fact is not None
    search = knowledge.searched(system, question, Budget(), silent)
    whole = interpreter(system)
    small = [
        [search.index[search.compiled.encode(whole.decode(s))] for s in r.states] for r in runs
    ]
    if question.view is View.STATE:
        values = Views(system, search).truth(question.fact)
        return [values[states[-1]] for states in small]
    layer = Histories(system, search, question).top
    starts = {layer.states[tree]: tree for tree in layer.starts()}
    answers = []
    for run, states in zip(runs, small, strict=True):
        tree = starts[states[0]]
        for edge in zip(run.actions, states[1:], strict=True):
            tree = layer.step(tree, search.edges[layer.states[tree]].index(edge))
        answers.append(layer.true(question.fact, tree))
    return answers


def agree(system: TransitionSystem, view: View, fact: Fact) -> None:
    """What holds after each run, the verdict, the length of the run and the looks of the twins are
    those of the definition.
    """
    runs = all_runs(system)
    holds = truth(system, runs, view, fact)
    question = epistemic(fact, when=z3.BoolVal(True), view=view)
    assert found(system, runs, question) == holds
    result = knowledge.check(system, question)
    assert (result.verdict is Verdict.HOLDS) == all(holds)
    if result.trace is None:
        return
    traces = [result.trace, *(twin.trace for twin in result.twins)]
    places = []
    for trace in traces:
        names = [step.action for step in retrace(trace, system).steps]
        start = interpreter(system).encode(trace.initial)
        taken = tuple(int(name) for name in names)
        places.append(
            next(i for i, r in enumerate(runs) if (r.states[0], r.actions) == (start, taken))
        )
    assert not holds[places[0]]
    if view is not View.STATE:
        assert len(traces[0]) == min(
            len(r.actions) for r, h in zip(runs, holds, strict=True) if not h
        )
    for one, other, twin in zip(places, places[1:], result.twins, strict=False):
        look = sees(system, view, twin.agent)
        assert look(runs[one]) == look(runs[other])


@given(systems(), facts(common=True))
@settings(max_examples=60, deadline=None)
def test_by_the_state(system: TransitionSystem, fact: Fact) -> None:
    """Sorting states by view is the definition, common knowledge included."""
    agree(system, View.STATE, fact)


@given(systems(), facts(common=False), st.sampled_from([View.RECALL, View.EVENTS]))
@settings(max_examples=90, deadline=None)
def test_by_perfect_recall(system: TransitionSystem, fact: Fact, view: View) -> None:
    """Remembering what is possible is remembering everything, however deep knowledge nests."""
    agree(system, view, fact)
