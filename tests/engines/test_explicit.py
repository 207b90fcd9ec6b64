"""Explicit search, in Python and native: exact numbers, shortest runs, honest bounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

import networkx as nx
import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always, sometimes
from tcpmodel.core.result import Budget, Result, Verdict
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Counter, Term, Var
from tcpmodel.engines import explicit, exploration, native
from tcpmodel.semantics.replay import retrace

from .toys import at, bag, clock, counting, graph, grid, handing_over, jugs

Check: TypeAlias = Callable[..., Result]

pytestmark = pytest.mark.parametrize(
    "check", [explicit.check, native.check], ids=[explicit.NAME, native.NAME]
)

# --- numbers worked out by hand -------------------------------------------------------------------


def looking_at_everything(system: TransitionSystem) -> Term:
    """A formula that always holds and for which every variable matters."""
    return z3.And(*(z3.Or(v.term == 0, v.term != 0) for v in system.variables))


@pytest.mark.parametrize(
    ("system", "states", "transitions", "depth", "deadlocks"),
    [
        (counting(5), 6, 5, 5, 1),
        (clock(3), 8, 8, 7, 0),
        (grid(2), 9, 12, 4, 1),
        (grid(9), 100, 180, 18, 1),
        (jugs(), 16, 96, 7, 0),
        # with k of n places taken there are k+1 states and 2(n-k) + k steps from each
        (bag(1), 3, 4, 1, 0),
        (bag(2), 6, 16, 2, 0),
        (bag(3), 10, 40, 3, 0),
        (handing_over(), 2, 2, 1, 1),
        (graph([(0, 1), (0, 1), (1, 1), (2, 3)], starts=(0, 4)), 3, 3, 1, 1),
    ],
    ids=lambda value: value.name if isinstance(value, TransitionSystem) else "",
)
def test_numbers_are_exact(
    check: Check,
    system: TransitionSystem,
    states: int,
    transitions: int,
    depth: int,
    deadlocks: int,
) -> None:
    """States, steps between them, the longest of all shortest ways, and dead ends.  Two actions
    with the same effect are two steps.
    """
    result = check(system, always(looking_at_everything(system)))
    assert result.verdict is Verdict.HOLDS
    assert (result.states, result.transitions, result.depth) == (states, transitions, depth)
    assert result.evidence.deadlocks == deadlocks
    assert sum(result.evidence.fired.values()) == transitions


def test_actions_are_counted_and_idle_ones_named(check: Check) -> None:
    """How often each action was taken; those that never could be, one by one."""
    system = graph([(0, 1), (1, 0), (1, 2), (3, 4), (4, 3)])
    evidence = check(system, always(z3.BoolVal(True))).evidence
    assert evidence.fired == {"0: 0-1": 1, "1: 1-0": 1, "2: 1-2": 1}
    assert evidence.never == ("3: 3-4", "4: 4-3")
    evidence = check(jugs(), always(looking_at_everything(jugs()))).evidence
    assert list(evidence.fired.values()) == [16] * 6


def test_what_nobody_reads_does_not_make_states(check: Check) -> None:
    """A ghost that counts steps would make a state of every path; asked about, it does."""
    x, steps = Var("x", Counter(1)), Var("steps", Counter(7), ghost=True)
    flip = {"x": 1 - x.term, "steps": z3.If(steps.term == 7, steps.term, steps.term + 1)}
    system = TransitionSystem(
        "flip", (x, steps), z3.And(x.term == 0, steps.term == 0), (Action("flip", (), flip),)
    )
    assert check(system, always(z3.ULE(x.term, 1))).states == 2
    about_steps = z3.And(z3.ULE(x.term, 1), z3.ULE(steps.term, 7))
    assert check(system, always(about_steps)).states == 9


# --- against another search -----------------------------------------------------------------------

places = st.integers(0, 6)
edges = st.lists(st.tuples(places, places), max_size=14)
some_places = st.sets(places, max_size=3)


@settings(max_examples=60)
@given(edges, some_places.filter(bool), some_places)
def test_runs_are_shortest_on_random_graphs(
    check: Check, steps: list[tuple[int, int]], starts: set[int], goals: set[int]
) -> None:
    """Verdicts, lengths of runs and numbers are those that networkx finds."""
    system = graph(steps, starts)
    drawn = nx.MultiDiGraph(steps)
    drawn.add_nodes_from(starts)
    far = nx.multi_source_dijkstra_path_length(drawn, starts)
    distances = [far[goal] for goal in goals if goal in far]
    result = check(system, sometimes(at(*goals)))
    opposite = check(system, always(z3.Not(at(*goals))))
    if distances:
        assert (result.verdict, opposite.verdict) == (Verdict.HOLDS, Verdict.FAILS)
        assert result.trace is not None
        assert result.trace == opposite.trace == retrace(result.trace, system)
        assert len(result.trace) == min(distances)
        assert result.trace.initial["n"] in starts
        assert result.trace.state(len(result.trace))["n"] in goals
    else:
        assert (result.verdict, opposite.verdict) == (Verdict.FAILS, Verdict.HOLDS)
        reached = drawn.subgraph(far)
        assert result.states == opposite.states == len(reached)
        assert result.transitions == reached.number_of_edges()
        assert result.depth == max(far.values())
        assert result.evidence.deadlocks == sum(not reached.out_degree(n) for n in reached)


# --- bounds ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [1, 2, 10, 37, 99])
def test_a_limit_of_states_speaks_about_the_depth_that_was_completed(
    check: Check, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped in the middle of a level, the search vouches for the levels before it: in the grid
    the states of depth at most d are those with x + y ≤ d.
    """
    monkeypatch.setattr(exploration, "EVERY", 1)
    system = grid(9)
    result = check(system, always(looking_at_everything(system)), Budget(states=limit))
    assert result.verdict is Verdict.HOLDS_UP_TO
    assert f"limit of {limit} states" in result.reason
    steps = result.scope.steps
    assert steps is not None
    assert result.states is not None
    assert limit <= result.states <= limit + 2
    within = sum(x + y <= steps for x in range(10) for y in range(10))
    one_more = sum(x + y <= steps + 1 for x in range(10) for y in range(10))
    assert within <= result.states <= one_more
    assert not result.evidence.complete


def test_a_limit_above_the_number_of_states_is_none(check: Check) -> None:
    """One hundred states fit into a budget of one hundred and one."""
    system = grid(9)
    question = always(looking_at_everything(system))
    assert check(system, question, Budget(states=101)).verdict is Verdict.HOLDS
    assert check(system, question, Budget(depth=19)).verdict is Verdict.HOLDS


def test_a_bound_may_be_deeper_than_any_run(check: Check) -> None:
    """At the bound itself nobody has looked further, and the verdict says so."""
    system = grid(9)
    result = check(system, always(looking_at_everything(system)), Budget(depth=18))
    assert (result.verdict, result.states) == (Verdict.HOLDS_UP_TO, 100)


# --- interchangeable slots ------------------------------------------------------------------------


def told_apart(formula: Any) -> Term:
    """A formula about the first and the second place of `handing_over`."""
    system = handing_over()
    term: Term = formula(*(system.by_name[name].term for name in ("left", "right", "taken")))
    return term


def test_a_property_that_tells_slots_apart_is_refused(check: Check) -> None:
    """Where slots are sorted it has no meaning: "nothing in the first place" would be a matter of
    how the search names the places.
    """
    left_empty = told_apart(lambda left, right, taken: left == 0)
    with pytest.raises(ModelError, match="tells left and right apart"):
        check(handing_over(), always(left_empty))


def test_a_property_of_slots_is_about_all_of_them(check: Check) -> None:
    """Told of all places alike, the same property has the same answer in every order."""
    both_empty = told_apart(lambda left, right, taken: z3.And(left == 0, right == 0))
    result = check(handing_over(), always(both_empty))
    assert result.trace is not None
    assert (result.verdict, len(result.trace)) == (Verdict.FAILS, 0)
    assert check(handing_over(), sometimes(both_empty)).verdict is Verdict.HOLDS
