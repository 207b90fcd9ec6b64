"""Several runs to a state: all projections that there are, each by a shortest run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property, always, leads_to, sometimes, within
from tcpmodel.core.result import Budget, Progress
from tcpmodel.core.system import Action, Event, TransitionSystem
from tcpmodel.core.terms import Counter, Term, Var
from tcpmodel.core.trace import State, Trace
from tcpmodel.engines import exploration
from tcpmodel.engines import several as module
from tcpmodel.engines.several import several
from tcpmodel.semantics.interpret import Codes, compile_function, interpreter
from tcpmodel.semantics.replay import retrace

from .toys import N, at, clock, counting, graph, grid, handing_over

LENGTH = 5


def word(values: list[Codes]) -> tuple[Codes, ...]:
    """A sequence without what repeats the last."""
    return tuple(v for i, v in enumerate(values) if i == 0 or values[i - 1] != v)


def passed_through(system: TransitionSystem, trace: Trace, view: list[Term]) -> tuple[Codes, ...]:
    look = compile_function(system.variables, view)

    def codes(state: State) -> Codes:
        return tuple(v.domain.encode(state[v.name]) for v in system.variables)

    return word([look(codes(trace.state(i))) for i in range(len(trace) + 1)])


def by_hand(
    system: TransitionSystem, goal: Term, view: list[Term], length: int
) -> dict[tuple[Codes, ...], int]:
    """Every run of at most `length` steps that ends where `goal` first holds: what it passes
    through, and how long the shortest such run is.
    """
    compiled = interpreter(system)
    holds, look = compiled.predicate(goal), compiled.function(view)
    found: dict[tuple[Codes, ...], int] = {}

    def runs(state: Codes, seen: list[Codes]) -> Iterator[list[Codes]]:
        if holds(state):
            yield seen
        elif len(seen) <= length:
            for _, there in compiled.successors(state):
                yield from runs(there, [*seen, look(there)])

    for start in compiled.initial():
        for values in runs(start, [look(start)]):
            key = word(values)
            found[key] = min(found.get(key, length), len(values) - 1)
    return found


place = st.integers(0, 5)


@given(st.lists(st.tuples(place, place), min_size=1, max_size=9, unique=True), place)
@settings(max_examples=40, deadline=None)
def test_all_words_by_shortest_runs(edges: list[tuple[int, int]], goal: int) -> None:
    """On random graphs: the words are exactly those of all runs of at most five steps, listed from
    short to long, each with a run of the least length, which replays and ends at the goal.
    """
    system, view = graph(edges, starts=(0, 1)), [N.term & 3]
    asked = sometimes(z3.And(at(goal), N.term == N.term))
    expected = by_hand(system, at(goal), view, LENGTH)
    found = several(system, asked, 1000, view, Budget(depth=LENGTH))
    told = {passed_through(system, t, view): len(t) for t in found.traces}
    assert told == expected
    assert len(told) == len(found.traces)
    assert [len(t) for t in found.traces] == sorted(map(len, found.traces))
    for trace in found.traces:
        assert retrace(trace, system) == trace
        assert trace.state(len(trace))["n"] == goal


def test_a_violation_ends_the_run_and_a_witness_shows_it() -> None:
    """`always` asks for the states in which it is false, `sometimes` for those in which it is true;
    nobody walks on from there to the same state by a longer word.
    """
    system = graph([(0, 1), (1, 2), (0, 2), (2, 0)])
    view = [N.term]
    for asked in (always(z3.Not(at(2))), sometimes(at(2))):
        found = several(system, asked, 5, view)
        places = [[t.state(i)["n"] for i in range(len(t) + 1)] for t in found.traces]
        assert places == [[0, 2], [0, 1, 2]]


def test_the_end_of_the_list_is_honest() -> None:
    """All that there are: no bound, no reason.  A bound: it is named.  Enough: no reason."""
    few = several(graph([(0, 1), (1, 2), (0, 2)]), sometimes(at(2)), 5, [N.term])
    assert (len(few.traces), few.steps, few.reason) == (2, None, "")
    round_and_round = graph([(0, 1), (1, 0), (1, 2)])
    bound = several(round_and_round, sometimes(at(2)), 9, [N.term], Budget(depth=5))
    assert [len(t) for t in bound.traces] == [2, 4]
    assert (bound.steps, bound.reason) == (5, "the bound of 5 steps was reached")
    enough = several(round_and_round, sometimes(at(2)), 3, [N.term])
    assert ([len(t) for t in enough.traces], enough.reason) == ([2, 4, 6], "")


def test_a_part_of_the_graph_is_not_taken_for_the_whole() -> None:
    """Where the search itself is stopped, only runs that it knows for certain are listed."""
    system = grid(9)
    x, y = (v.term for v in system.variables)
    asked = sometimes(z3.And(x == 2, y == 1))
    found = several(system, asked, 1000, [x, y], Budget(states=12))
    assert found.reason == "the limit of 12 states was reached"
    assert found.steps is not None
    assert all(len(t) <= found.steps for t in found.traces)
    whole = several(system, asked, 1000, [x, y])
    assert (len(whole.traces), whole.reason) == (3, "")


def test_deep_runs_are_found_though_the_search_begins_shallow() -> None:
    """The graph is explored deeper and deeper until there are enough runs."""
    system = counting(40, bits=6)
    found = several(system, always(system.variables[0].term != 39), 2, [])
    assert [len(t) for t in found.traces] == [39]
    assert found.reason == ""


def test_no_run_is_no_run() -> None:
    """Of what never happens there are none, and that is all."""
    found = several(
        clock(3), always(clock(3).variables[0].term == clock(3).variables[0].term), 3, []
    )
    assert (found.traces, found.steps, found.reason) == ((), None, "")


def test_slots_stay_where_they_are() -> None:
    """In a bag of interchangeable places a run is told as it goes, not as the search sorts it."""
    system = handing_over()
    taken = system.by_name["taken"].term
    found = several(system, sometimes(taken == 1), 3, [taken])
    assert [[s.action for s in t.steps] for t in found.traces] == [["take from right"]]


def ticking() -> TransitionSystem:
    """A counter that goes up, and a clock that ticks meanwhile."""
    x, y = Var("x", Counter(3)), Var("y", Counter(1))
    tick = Action("tick", (), {}, event=Event("clock", group="clock"))
    up = Action("up", (x.term != 3,), {"x": x.term + 1})
    other = Action("other", (), {"y": 1 - y.term})
    return TransitionSystem("ticking", (x, y), z3.And(x.term == 0, y.term == 0), (tick, up, other))


def test_what_comes_too_late_comes_in_several_ways() -> None:
    """`within` is violated at a tick; the runs differ in what happens meanwhile."""
    system = ticking()
    x, y = (v.term for v in system.variables)
    found = several(system, within(x == 0, x == 3, 1), 3, [x, y])
    assert len(found.traces) == 3
    for trace in found.traces:
        assert [s.action for s in trace.steps].count("tick") == 2
        assert trace.steps[-1].action == "tick"


@pytest.mark.parametrize("asked", [leads_to(at(0), at(1))], ids=["leads_to"])
def test_what_has_no_runs_to_a_state_is_refused(asked: Property) -> None:
    """A lasso is no run to a state: that is said."""
    with pytest.raises(ModelError, match="for always, sometimes and within, not for leads_to"):
        several(graph([(0, 1)]), asked, 2, [N.term])


def test_work_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are as many words as paths: at the limit it stops, and says so."""
    monkeypatch.setattr(module, "MOST_PAIRS", 4096)
    system = grid(12)
    corner = z3.And(*(v.term == 12 for v in system.variables))
    view = [v.term for v in system.variables]
    seen: list[Progress] = []
    found = several(system, sometimes(corner), 10**6, view, observer=seen.append)
    assert found.reason == "the limit of 4,096 ways to get on was reached"
    assert [p for p in seen if p.phase == "runs"]


def test_an_interrupted_search_keeps_what_it_has() -> None:
    """Ctrl-C ends it; it says so."""

    def stop(progress: Progress) -> None:
        if progress.phase == "runs":
            raise KeyboardInterrupt

    system = grid(12)
    corner = z3.And(*(v.term == 12 for v in system.variables))
    found = several(
        system, sometimes(corner), 10**6, [v.term for v in system.variables], observer=stop
    )
    assert found.reason == "interrupted"


def on_replay(monkeypatch: pytest.MonkeyPatch, happens: Callable[[int], None]) -> list[int]:
    """Has something happen when a run is replayed, the so-manieth; the lengths of all of them."""
    told: list[int] = []
    usual = exploration.run_along

    def replayed(*arguments: Any) -> Trace:
        told.append(len(arguments[3]))
        happens(len(told))
        return usual(*arguments)

    monkeypatch.setattr(module, "run_along", replayed)
    return told


def test_the_time_limit_is_for_replaying_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found but could not be told in time is not counted, and the bound is below it."""
    clock_shows = [0.0]
    stopwatch = SimpleNamespace(monotonic=lambda: clock_shows[0], process_time=time.process_time)
    monkeypatch.setattr(exploration, "time", stopwatch)
    told = on_replay(monkeypatch, lambda _: clock_shows.append(clock_shows.pop() + 2))
    round_and_round = graph([(0, 1), (1, 0), (1, 2)])
    found = several(round_and_round, sometimes(at(2)), 50, [N.term], Budget(seconds=1))
    assert [len(t) for t in found.traces] == told == [2]
    assert found.steps == 3
    assert found.reason == "the time limit of 1 s was reached"


def test_an_interruption_while_replaying_keeps_what_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The runs before it, and the bound below the next one."""

    def stop(number: int) -> None:
        if number == 3:
            raise KeyboardInterrupt

    on_replay(monkeypatch, stop)
    found = several(graph([(0, 1), (1, 0), (1, 2)]), sometimes(at(2)), 50, [N.term])
    assert [len(t) for t in found.traces] == [2, 4]
    assert (found.steps, found.reason) == (5, "interrupted")


def test_deeper_searches_share_the_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each goes on with what the one before has left; the limit is told as it was asked for."""
    clock_shows = [0.0]

    def monotonic() -> float:
        clock_shows.append(clock_shows.pop() + 1e-6)
        return clock_shows[0]

    stopwatch = SimpleNamespace(monotonic=monotonic, process_time=time.process_time)
    monkeypatch.setattr(exploration, "time", stopwatch)
    given: list[float] = []
    usual = exploration.explored

    def noted(*arguments: Any, **more: Any) -> Any:
        given.append(arguments[2].seconds)
        clock_shows.append(clock_shows.pop() + 1)
        return usual(*arguments, **more)

    monkeypatch.setattr(module, "explored", noted)
    system = counting(40, bits=6)
    found = several(system, always(system.variables[0].term != 39), 2, [], Budget(seconds=2.5))
    assert given == pytest.approx([2.5, 1.5, 0.5, 0.0], abs=1e-3)
    assert (found.traces, found.reason) == ((), "the time limit of 2.5 s was reached")
