"""Random runs are runs, the same from the same seed; chosen runs can be taken back."""

from __future__ import annotations

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always, leads_to, sometimes, within
from tcpmodel.core.result import Budget, Progress
from tcpmodel.core.system import Action, Event, TransitionSystem
from tcpmodel.core.terms import Counter, Var
from tcpmodel.engines.simulate import Walk, simulate
from tcpmodel.semantics.replay import retrace

from .toys import N, at, bag, counting, graph, jugs

FOUR = z3.And(jugs().by_name["big"].term == 4)


def test_a_seed_is_a_run() -> None:
    """The same seed gives the same run, whether it is taken alone or as one of many; another seed
    gives another.
    """
    many = simulate(jugs(), None, 5, steps=30, runs=4)
    last = simulate(jugs(), None, 8, steps=30)
    assert (many.runs, many.seed, many.trace) == (4, 8, last.trace)
    assert last.trace == retrace(last.trace, jugs())
    assert last.trace != simulate(jugs(), None, 7, steps=30).trace


def test_what_was_taken_is_counted() -> None:
    """Steps by action; what was never taken; runs that cannot go on."""
    found = simulate(counting(5), None, 0, steps=9, runs=3)
    assert (found.runs, found.taken, found.stuck) == (3, 15, 3)
    assert (dict(found.fired), found.never) == ({"up": 15}, ())
    assert simulate(graph([(0, 1), (2, 3)]), None, 0).never == ("1: 2-3",)


def test_the_first_violation_ends_it() -> None:
    """The run that violates an `always` is the last, ends there, and its seed gives it again."""
    found = simulate(jugs(), always(z3.BoolVal(False) == FOUR), 0, steps=60, runs=500)
    assert found.settled
    assert found.trace.state(len(found.trace))["big"] == 4
    assert all(found.trace.state(i)["big"] != 4 for i in range(len(found.trace)))
    alone = simulate(jugs(), sometimes(FOUR), found.seed, steps=60)
    assert (alone.settled, alone.trace) == (True, found.trace)


def test_a_run_that_begins_wrong_has_no_steps() -> None:
    """The initial state is looked at, too."""
    found = simulate(counting(3), always(counting(3).variables[0].term != 0), 0)
    assert (found.settled, len(found.trace)) == (True, 0)


def test_what_comes_too_late_is_noticed() -> None:
    """`within` is watched by a monitor."""
    x = Var("x", Counter(1))
    tick = Action("tick", (), {}, event=Event("clock", group="clock"))
    system = TransitionSystem("late", (x,), x.term == 0, (tick,))
    found = simulate(system, within(x.term == 0, x.term == 1, 2), 0)
    assert (found.settled, len(found.trace)) == (True, 3)


def test_groups_take_turns() -> None:
    """Whose turn it is, is drawn first: one action of one group is taken as often as all five of
    another.
    """
    edges = [(0, 0, "many")] * 5 + [(0, 0, "one")]
    found = simulate(graph(edges), None, 1, steps=2000)
    assert 900 < found.fired["5: 0-0"] < 1100


def test_several_initial_states_are_drawn_from() -> None:
    """None of them is left out for ever."""
    system = graph([(0, 0), (1, 1), (2, 2)], starts=(0, 1, 2))
    begins = {simulate(system, None, seed, steps=0).trace.initial["n"] for seed in range(30)}
    assert begins == {0, 1, 2}


def test_limits_and_interrupts_are_said() -> None:
    """The time limit; Ctrl-C; what was seen until then is told."""
    late = simulate(graph([(0, 0)]), None, 0, steps=1000, budget=Budget(seconds=0.0))
    assert late.reason == "the time limit of 0.0 s was reached"
    assert 0 < len(late.trace) < 1000

    def stop(progress: Progress) -> None:
        raise KeyboardInterrupt

    assert simulate(jugs(), None, 0, steps=1, runs=1000, observer=stop).reason == "interrupted"


def test_what_no_run_settles_is_refused() -> None:
    """Liveness is about runs without end."""
    with pytest.raises(ModelError, match="settles always, sometimes and within, not leads_to"):
        simulate(graph([(0, 0)]), leads_to(at(0), at(1)), 0)


def test_steps_are_chosen_undone_and_started_over() -> None:
    """A walk through the graph, with a way back; its trace replays at any time."""
    system = graph([(0, 1), (0, 2), (2, 0)])
    walk = Walk(system)
    assert not walk.undo()
    assert [o.action.name for o in walk.options()] == ["0: 0-1", "1: 0-2"]
    walk.take(walk.options()[1])
    walk.take(walk.options()[0])
    walk.take(walk.options()[0])
    assert [walk.trace.state(i)["n"] for i in range(len(walk) + 1)] == [0, 2, 0, 1]
    assert retrace(walk.trace, system) == walk.trace
    assert walk.options() == []
    assert walk.undo()
    assert len(walk) == 2
    assert walk.codes == (0,)
    walk.restart()
    assert (len(walk), walk.trace.steps) == (0, ())


def test_an_option_leaves_the_walk_alone() -> None:
    """Looking at what could happen changes nothing, not even where messages are."""
    walk = Walk(jugs())
    before = walk.trace
    # to fill either jug; emptying and pouring nothing, in four ways, leaves everything as it is
    assert len(walk.options()) == 3
    assert walk.trace == before


def test_places_that_are_alike_are_one_option() -> None:
    """To put 1 into any of three free places is one thing to do; the places are interchangeable."""
    assert [o.action.name for o in Walk(bag(3)).options()] == [
        "put 1 into place0",
        "put 2 into place0",
    ]


def test_a_walk_needs_a_state_to_begin_with() -> None:
    """An initial condition that contradicts itself is reported."""
    x = N.term
    system = TransitionSystem("nowhere", (N,), z3.And(x == 1, x == 2), ())
    for begin in (lambda: Walk(system), lambda: simulate(system, None, 0)):
        with pytest.raises(ModelError, match="nowhere has no initial state"):
            begin()
