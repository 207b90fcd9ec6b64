"""Liveness: what happens sooner or later, under which fairness, and the lasso if it does not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, product
from typing import TypeAlias

import networkx as nx
import pytest
import z3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import (
    LIVENESS,
    Kind,
    Property,
    eventually,
    eventually_always,
    infinitely_often,
    leads_to,
)
from tcpmodel.core.result import Budget, Progress, Result, Verdict
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Term, Var, Word
from tcpmodel.core.trace import State, Trace
from tcpmodel.engines import fairness, liveness
from tcpmodel.semantics.interpret import compile_predicate
from tcpmodel.semantics.replay import retrace

from .toys import Edge, at, clock, graph, handing_over

EVER = z3.BoolVal(True)


def lasso(system: TransitionSystem, question: Property) -> Trace:
    """The counterexample to `question`, executed again and looked at by `is_fair_lasso`."""
    result = liveness.check(system, question)
    assert result.verdict is Verdict.FAILS
    return checked(system, question, result)


def checked(system: TransitionSystem, question: Property, result: Result) -> Trace:
    """The counterexample of a result; all that a counterexample has to be is looked up here, on
    the trace alone.
    """
    trace = result.trace
    assert trace is not None
    assert retrace(Trace.from_json(trace.to_json()), system) == trace
    assert trace.loop is not None
    assert violates(system, question, trace)
    assert_fair(system, question, trace)
    return trace


def violates(system: TransitionSystem, question: Property, trace: Trace) -> bool:
    """Whether a lasso breaks a property, by what the property says."""
    calls = [holds(system, question.formula, trace.state(i)) for i in range(len(trace) + 1)]
    assert trace.loop is not None
    match question.kind:
        case Kind.EVENTUALLY:
            return not any(calls)
        case Kind.INFINITELY_OFTEN:
            return not any(calls[trace.loop :])
        case Kind.EVENTUALLY_ALWAYS:
            return not all(calls[trace.loop :])
    assert question.target is not None
    meets = [holds(system, question.target, trace.state(i)) for i in range(len(trace) + 1)]
    return any(calls[i] and not any(meets[i:]) for i in range(trace.loop + 1))


def assert_fair(system: TransitionSystem, question: Property, trace: Trace) -> None:
    """A lasso treats nobody unfairly, and stutters only where nothing is enabled."""
    assert trace.loop is not None
    taken = {group_of(system, step.action) for step in trace.steps[trace.loop :]}
    on_loop = [enabled(system, trace.state(i)) for i in range(trace.loop, len(trace) + 1)]
    assert all(g in taken or any(g not in able for able in on_loop) for g in question.weak)
    assert all(g in taken or all(g not in able for able in on_loop) for g in question.strong)
    if trace.loop == len(trace):
        assert on_loop == [set()]


def holds(system: TransitionSystem, formula: Term, state: State) -> bool:
    codes = tuple(v.domain.encode(state[v.name]) for v in system.variables)
    return bool(compile_predicate(system.variables, formula)(codes))


def enabled(system: TransitionSystem, state: State) -> set[str]:
    """The fairness groups that can move."""
    return {a.event.group for a in system.actions if holds(system, a.enabled, state)}


def group_of(system: TransitionSystem, action: str) -> str:
    return system.action(action).event.group


# --- without fairness -----------------------------------------------------------------------------


def test_a_loop_beside_the_way_is_a_counterexample() -> None:
    """0 → 1 → 2 leads to 2, unless one goes round in 1 for ever."""
    system = graph([(0, 1), (1, 1), (1, 2)])
    trace = lasso(system, leads_to(at(0), at(2)))
    assert ([s.action for s in trace.steps], trace.loop) == (["0: 0-1", "1: 1-1"], 1)


def test_the_call_may_come_late_and_the_answer_at_once() -> None:
    """Only what follows a call counts; a state that calls and answers is done."""
    system = graph([(0, 0), (0, 1), (1, 2), (2, 0)])
    assert liveness.check(system, leads_to(at(1), at(0))).verdict is Verdict.HOLDS
    assert liveness.check(system, leads_to(at(1), at(1, 2))).verdict is Verdict.HOLDS
    assert lasso(system, leads_to(at(0, 1), at(2))).loop == 0


def test_what_is_beyond_the_target_does_not_matter() -> None:
    """A dead end and a loop after the target are nobody's business."""
    system = graph([(0, 1), (1, 2), (2, 2), (1, 3)])
    assert liveness.check(system, leads_to(at(0), at(1))).verdict is Verdict.HOLDS


def test_numbers_are_those_of_the_whole_graph() -> None:
    """States, steps, idle actions and dead ends are reported as by explicit search."""
    system = graph([(0, 1), (1, 2), (5, 6)])
    result = liveness.check(system, leads_to(at(0), at(2)))
    assert (result.states, result.transitions, result.depth) == (3, 2, 2)
    assert (result.evidence.never, result.evidence.deadlocks) == (("2: 5-6",), 1)


# --- fairness -------------------------------------------------------------------------------------

DOOR = graph([(0, 1, "door"), (1, 0, "door"), (1, 2, "enter")])
"""A door opens (0 → 1) and closes (1 → 0); while it is open one may enter (1 → 2)."""

QUEUE = graph([(0, 1, "walk"), (1, 0, "walk"), (0, 2, "enter"), (1, 2, "enter")])
"""The same with two doors, one of which is always open."""


def answer(
    system: TransitionSystem, weak: tuple[str, ...] = (), strong: tuple[str, ...] = ()
) -> Verdict:
    """Does one get in?"""
    question = leads_to(EVER, at(2), weak=weak, strong=strong)
    result = liveness.check(system, question)
    if result.verdict is Verdict.FAILS:
        checked(system, question, result)
    return result.verdict


def test_weak_fairness_is_enough_for_what_stays_possible() -> None:
    """Between two doors, one of them always open, entering is continuously enabled."""
    assert answer(QUEUE) is Verdict.FAILS
    assert answer(QUEUE, weak=("walk",)) is Verdict.FAILS
    assert answer(QUEUE, weak=("enter",)) is Verdict.HOLDS
    assert answer(QUEUE, strong=("enter",)) is Verdict.HOLDS


def test_strong_fairness_is_needed_for_what_is_possible_again_and_again() -> None:
    """A door that opens and closes for ever enables entering infinitely often, never for long."""
    assert answer(DOOR) is Verdict.FAILS
    assert answer(DOOR, weak=("enter", "door")) is Verdict.FAILS
    assert answer(DOOR, strong=("door",)) is Verdict.FAILS
    assert answer(DOOR, strong=("enter",)) is Verdict.HOLDS


def test_the_loop_passes_where_a_fair_group_is_taken_or_cannot_move() -> None:
    """The lasso is fair by itself: it goes past the closed door."""
    trace = lasso(DOOR, leads_to(EVER, at(2), weak=("enter",)))
    assert [s.action for s in trace.steps[trace.loop :]] == ["0: 0-1", "1: 1-0"]


def test_fairness_to_one_group_may_need_the_detour_of_another() -> None:
    """Round 0 → 1 → 0 both `a` and `b` could move; fair to both, the loop takes both."""
    system = graph(
        [(0, 1, "go"), (1, 0, "go"), (0, 2, "a"), (2, 0, "go"), (1, 3, "b"), (3, 1, "go")]
    )
    trace = lasso(system, leads_to(EVER, at(7), strong=("a", "b")))
    groups = [group_of(system, s.action) for s in trace.steps[trace.loop :]]
    assert {"a", "b"} <= set(groups)


def test_the_loop_goes_out_of_its_way_to_where_a_fair_group_cannot_move() -> None:
    """Waiting at the open door (0 → 0) for ever is unfair; letting it close now and then is not."""
    system = graph([(0, 0, "wait"), (0, 1, "close"), (1, 0, "open"), (0, 2, "enter")])
    trace = lasso(system, leads_to(EVER, at(2), weak=("enter",)))
    assert {1} <= {trace.state(i)["n"] for i in range(trace.loop or 0, len(trace))}


def test_strong_fairness_rules_out_states_not_runs() -> None:
    """All of 0, 1, 2 hang together, and a run that keeps coming to 0 has to leave at last; one
    that stays with 1 and 2 does not.
    """
    ways: list[Edge] = [(0, 1), (1, 0), (1, 2), (2, 1), (0, 3, "out")]
    trace = lasso(graph(ways), leads_to(EVER, at(3), strong=("out",)))
    assert {trace.state(i)["n"] for i in range(trace.loop or 0, len(trace))} == {1, 2}


def test_strong_fairness_rules_out_again_and_again() -> None:
    """Without 0, where `a` can move, nobody takes `b` any more, which can move in 1; without 1,
    2 and 3 are left, and going round there is fair.  If `b` can move in 3 too, nothing is left.
    """
    ways: list[Edge] = [(0, 1), (1, 2), (2, 1), (1, 0, "b"), (2, 3), (3, 2), (0, 7, "a")]
    question = leads_to(EVER, at(7), strong=("a", "b"))
    trace = lasso(graph(ways), question)
    assert {trace.state(i)["n"] for i in range(trace.loop or 0, len(trace))} == {2, 3}
    assert liveness.check(graph([*ways, (3, 0, "b")]), question).verdict is Verdict.HOLDS


def test_what_is_fair_elsewhere_is_no_concern_of_a_loop() -> None:
    """Round 0 nobody can take `a`; that it is taken round 1 is another loop's affair."""
    trace = lasso(graph([(0, 0), (0, 1), (1, 1, "a")]), leads_to(EVER, at(7), strong=("a",)))
    assert [s.action for s in trace.steps] == ["0: 0-0"]


def test_a_loop_that_is_left_over_is_not_mixed_up_with_another() -> None:
    """Round 3 and 4 it is fair once 2, where `a` can move, is ruled out; that 0 and 1 go round
    by `a`, which was clear before, is no part of it.
    """
    ways: list[Edge] = [(5, 3), (3, 4), (4, 3), (3, 2), (2, 3), (2, 7, "a")]
    ways += [(4, 0), (0, 1, "a"), (1, 0)]
    system = graph(ways, starts=(5,))
    trace = lasso(system, leads_to(EVER, at(7), strong=("a",)))
    assert [trace.state(i)["n"] for i in range(len(trace) + 1)] == [5, 3, 4, 3]


def test_a_deadlock_is_fair() -> None:
    """Where nothing is enabled nobody is treated unfairly."""
    system = graph([(0, 1, "a"), (0, 2, "b")])
    trace = lasso(system, leads_to(EVER, at(2), weak=("a", "b"), strong=("a", "b")))
    assert ([s.action for s in trace.steps], trace.loop) == (["0: 0-1"], 1)


def test_the_scope_tells_the_fairness() -> None:
    """A verdict under fairness is not one without."""
    question = leads_to(EVER, at(2), weak=("door",), strong=("enter",))
    result = liveness.check(DOOR, question)
    assert result.scope.assumptions["fairness"] == "weak door, strong enter"
    assert "stutter for ever" in result.scope.assumptions["runs"]
    assert liveness.check(DOOR, leads_to(EVER, EVER)).scope.assumptions["fairness"] == "none"


def test_an_unknown_group_is_named() -> None:
    """Fairness to nobody would be no assumption at all."""
    for assumed in ({"weak": ("leave",)}, {"strong": ("enter", "leave")}):
        with pytest.raises(
            ModelError, match="no group of actions is called 'leave'; there are door, enter"
        ):
            liveness.check(DOOR, leads_to(EVER, at(2), **assumed))


# --- loops of the whole system --------------------------------------------------------------------


def test_a_loop_closes_though_its_slots_are_exchanged() -> None:
    """Handed over once, the message is where a sorted state had it all the time; the trace goes
    on until it is really back.
    """
    system = handing_over()
    trace = lasso(system, leads_to(EVER, system.by_name["taken"].term == 1))
    assert trace.loop == 0
    assert [s.action for s in trace.steps] == ["hand over from right", "hand over from left"]
    assert [trace.state(i)["right"] for i in range(3)] == [1, 0, 1]


def test_a_loop_closes_for_variables_that_do_not_matter_too() -> None:
    """The lamp goes on and off; that nobody reads the count of its presses does not help: the
    loop goes on until the count is back as well.
    """
    on, presses = Var("on", Bool()), Var("presses", Word(3))
    press = {"on": z3.Not(on.term), "presses": presses.term + 1}
    system = TransitionSystem(
        "lamp", (on, presses), z3.And(on.term, presses.term == 0), (Action("press", (), press),)
    )
    trace = lasso(system, leads_to(on.term, z3.BoolVal(False)))
    assert (len(trace), trace.loop) == (8, 0)


# --- bounds ---------------------------------------------------------------------------------------


def test_an_incomplete_graph_shows_what_it_has_and_vouches_for_nothing() -> None:
    """A lasso is a lasso; no lasso so far is UNKNOWN."""
    system = clock(6)
    x = system.by_name["x"].term
    result = liveness.check(system, leads_to(EVER, x == 1), Budget(depth=5))
    assert result.verdict is Verdict.UNKNOWN
    assert "bound of 5 steps" in result.reason
    looping = graph([(0, 0), (0, 1), (1, 2), (2, 3)])
    result = liveness.check(looping, leads_to(EVER, at(3)), Budget(depth=1))
    assert result.verdict is Verdict.FAILS
    checked(looping, leads_to(EVER, at(3)), result)


def test_a_state_at_the_bound_is_no_deadlock() -> None:
    """That its steps were not looked at does not mean that it has none."""
    system = graph([(0, 1), (1, 2), (2, 3)])
    result = liveness.check(system, leads_to(EVER, at(3)), Budget(depth=2))
    assert result.verdict is Verdict.UNKNOWN


# --- the other kinds ------------------------------------------------------------------------------


def verdict(ways: list[Edge], question: Property) -> Verdict:
    """The verdict, and the lasso looked at if there is one."""
    system = graph(ways)
    result = liveness.check(system, question)
    if result.verdict is Verdict.FAILS:
        checked(system, question, result)
    return result.verdict


def test_four_ways_to_ask_for_a_place() -> None:
    """0 → 1 → 2 and back to 1: each run comes to 1 and 2 again and again, is at 0 in the beginning
    only, and stays away from it for ever after.
    """
    ways: list[Edge] = [(0, 1), (1, 2), (2, 1)]
    assert verdict(ways, eventually(at(2))) is Verdict.HOLDS
    assert verdict(ways, eventually(at(0))) is Verdict.HOLDS
    assert verdict(ways, eventually(at(3))) is Verdict.FAILS
    assert verdict(ways, infinitely_often(at(2))) is Verdict.HOLDS
    assert verdict(ways, infinitely_often(at(0))) is Verdict.FAILS
    assert verdict(ways, eventually_always(at(1, 2))) is Verdict.HOLDS
    assert verdict(ways, eventually_always(at(2))) is Verdict.FAILS


def test_only_the_first_state_calls_for_an_eventually() -> None:
    """1 is passed, and never seen again: that is enough for `eventually`, not for
    `infinitely_often`; starting in 1 as well as in 0 changes nothing.
    """
    system = graph([(0, 1), (1, 2), (2, 2)], starts=(0, 1))
    assert liveness.check(system, eventually(at(1))).verdict is Verdict.HOLDS
    assert liveness.check(system, infinitely_often(at(1))).verdict is Verdict.FAILS
    beside = graph([(0, 1), (1, 1), (3, 3)], starts=(0, 3))
    assert lasso(beside, eventually(at(1))).state(0)["n"] == 3


def test_a_run_that_ends_is_in_its_last_state_for_ever() -> None:
    """A deadlock in 2 is there again and again and always."""
    ways: list[Edge] = [(0, 1), (1, 2)]
    assert verdict(ways, infinitely_often(at(2))) is Verdict.HOLDS
    assert verdict(ways, eventually_always(at(2))) is Verdict.HOLDS
    assert verdict(ways, eventually_always(at(1))) is Verdict.FAILS
    assert verdict(ways, infinitely_often(at(1))) is Verdict.FAILS


def test_leaving_again_and_again_may_be_what_fairness_asks_for() -> None:
    """One may wait in 1; who must not wait for ever is in 0 again and again."""
    ways: list[Edge] = [(0, 1), (1, 1, "wait"), (1, 0, "back")]
    assert verdict(ways, infinitely_often(at(0))) is Verdict.FAILS
    assert verdict(ways, infinitely_often(at(0), weak=("back",))) is Verdict.HOLDS
    assert verdict(ways, eventually_always(at(1))) is Verdict.FAILS
    assert verdict(ways, eventually_always(at(1), weak=("wait",))) is Verdict.FAILS
    assert verdict([(0, 1), (1, 1)], eventually_always(at(1))) is Verdict.HOLDS


# --- which fairness it takes ----------------------------------------------------------------------


def needed(system: TransitionSystem, question: Property) -> list[set[str]]:
    """The minimal sets of assumptions, and the lassos looked at."""
    result = liveness.check(system, question)
    assert result.fairness is not None
    for needs in result.fairness.minimal:
        for need in needs:
            assert violates(system, question, need.lasso)
            assert retrace(need.lasso, system) == need.lasso
    return [{need.assumption for need in needs} for needs in result.fairness.minimal]


def test_what_is_not_needed_is_found_out() -> None:
    """The queue takes no more than weak fairness to enter, the door no less than strong."""
    question = leads_to(EVER, at(2), weak=("walk",), strong=("enter",))
    assert needed(QUEUE, question) == [{"weak enter"}]
    assert needed(DOOR, leads_to(EVER, at(2), weak=("door",), strong=("enter",))) == [
        {"strong enter"}
    ]
    assert needed(DOOR, leads_to(EVER, EVER, strong=("enter",))) == [set()]
    staying = graph([(0, 1), (1, 1, "stay")])
    assert needed(staying, eventually_always(at(1), weak=("stay",))) == [set()]


def test_either_may_be_enough() -> None:
    """Out of 0 lead two ways, and one fair doorkeeper will do: two minimal sets."""
    system = graph([(0, 0), (0, 1, "left"), (0, 1, "right")])
    question = eventually(at(1), weak=("left",), strong=("right",))
    assert needed(system, question) == [{"weak left"}, {"weak right"}]
    result = liveness.check(system, question)
    assert result.fairness is not None
    assert result.fairness.excessive
    exact = liveness.check(system, eventually(at(1), weak=("left",)))
    assert exact.fairness is not None
    assert not exact.fairness.excessive


def test_the_lasso_says_what_is_left_of_the_assumption() -> None:
    """Strong fairness is not dropped at once: weak fairness is tried instead, and the lasso is
    fair in this sense.
    """
    result = liveness.check(DOOR, leads_to(EVER, at(2), strong=("enter",)))
    assert result.fairness is not None
    (need,) = result.fairness.minimal[0]
    assert (need.assumption, need.instead) == ("strong enter", "weak enter")
    assert_fair(DOOR, leads_to(EVER, at(2), weak=("enter",)), need.lasso)


def test_a_search_for_minimal_sets_that_is_cut_short_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The verdict stands; of the sets that suffice there may be others."""
    question = eventually(at(1), weak=("left", "right"))
    system = graph([(0, 0), (0, 1, "left"), (0, 1, "right")])

    def interrupt(progress: Progress) -> None:
        if progress.phase == "fairness":
            raise KeyboardInterrupt

    stopped = liveness.check(system, question, Budget(), interrupt)
    assert stopped.verdict is Verdict.HOLDS
    monkeypatch.setattr(fairness, "MAX_SETS", 3)
    for result in (stopped, liveness.check(system, question)):
        assert result.fairness is not None
        assert not result.fairness.complete
        assert len(result.fairness.minimal) < 2


# --- against the definition, on random graphs -----------------------------------------------------

Step: TypeAlias = tuple[int, int, str]


def breaks(edges: list[Step], calls: set[int], goals: set[int], question: Property) -> bool:
    """Whether some fair run from place 0 breaks the property, straight from the definition.

    The edges that a run takes infinitely often are a set that hangs together both ways; so all
    sets of edges are tried.  A run may also end where no edge leaves.
    """
    kind = question.kind
    away = [e for e in edges if not goals & {e[0], e[1]}]
    reached = reach(edges, {0})
    match kind:
        case Kind.LEADS_TO:
            after = reach(away, (calls & reached) - goals)
        case Kind.EVENTUALLY:
            after = reach(away, {0} - goals)
        case _:
            after, away = reached, edges
    wanted = after - goals
    if any(all(s != place for s, _, _ in edges) for place in wanted):
        return True
    inside = [e for e in away if e[0] in after]
    return any(
        is_loop(loop) and is_fair(loop, edges, question) and sees(loop, wanted, kind)
        for size in range(1, len(inside) + 1)
        for loop in combinations(inside, size)
    )


def sees(loop: tuple[Step, ...], wanted: set[int], kind: Kind) -> bool:
    """Going round it is what the property forbids."""
    seen = {s for s, _, _ in loop}
    return bool(seen & wanted) if kind is Kind.EVENTUALLY_ALWAYS else seen <= wanted


def reach(edges: list[Step], places: set[int]) -> set[int]:
    """Where one gets from `places`."""
    more = {t for s, t, _ in edges if s in places} - places
    return reach(edges, places | more) if more else places


def is_loop(loop: tuple[Step, ...]) -> bool:
    """A run can take these edges, all of them and no others, again and again."""
    return bool(nx.is_strongly_connected(nx.DiGraph([(s, t) for s, t, _ in loop])))


def is_fair(loop: tuple[Step, ...], edges: list[Step], question: Property) -> bool:
    """Doing so is fair."""
    taken = {g for _, _, g in loop}
    able = [{g for s, _, g in edges if s == place} for place in {s for s, _, _ in loop}]
    return all(g in taken or any(g not in a for a in able) for g in question.weak) and all(
        g in taken or all(g not in a for a in able) for g in question.strong
    )


places = st.integers(0, 5)
groups = st.sampled_from(["", "p", "q"])
fair = st.lists(st.sampled_from(["p", "q"]), unique=True, max_size=2).map(tuple)


def asked(
    kind: Kind, calls: set[int], goals: set[int], weak: tuple[str, ...], strong: tuple[str, ...]
) -> Property:
    if kind is Kind.LEADS_TO:
        return leads_to(at(*calls), at(*goals), weak=weak, strong=strong)
    return Property(kind, at(*goals), weak=weak, strong=strong)


@settings(max_examples=200)
@given(
    st.lists(st.tuples(places, places, groups), max_size=8, unique=True),
    st.sampled_from(LIVENESS),
    st.sets(places, max_size=4),
    st.sets(places, max_size=2),
    fair,
    fair,
)
@example([(0, 1, "p"), (1, 0, ""), (1, 2, "q")], Kind.LEADS_TO, {0}, {2}, ("p",), ("q",))
@example([(0, 0, ""), (0, 0, "p")], Kind.LEADS_TO, {0}, set(), ("p",), ())  # which took it?
@example([(0, 0, "q"), (0, 0, "p")], Kind.LEADS_TO, {0}, set(), (), ("q", "p"))
@example(
    [(0, 1, ""), (1, 0, ""), (1, 1, "p"), (0, 2, "q")], Kind.LEADS_TO, {0}, {2}, ("q",), ("p",)
)
@example([(0, 1, ""), (1, 0, "p"), (1, 1, "")], Kind.EVENTUALLY_ALWAYS, {0}, {1}, ("p",), ())
def test_verdicts_are_those_of_the_definition(
    edges: list[Step],
    kind: Kind,
    calls: set[int],
    goals: set[int],
    weak: tuple[str, ...],
    strong: tuple[str, ...],
) -> None:
    """On graphs of up to six places, with two groups of edges that may be weakly or strongly fair:
    the engine and the definition agree, and every lasso is one.  What holds, holds under the
    minimal sets that it names, and under no weaker ones.
    """
    away = [(6, 6, "p"), (6, 6, "q")]  # unreachable: so that both groups exist
    system = graph([*edges, *away])
    question = asked(kind, calls, goals, weak, strong)
    result = liveness.check(system, question)
    if breaks(edges, calls, goals, question):
        assert result.verdict is Verdict.FAILS
        checked(system, question, result)
        return
    assert result.verdict is Verdict.HOLDS
    assert result.fairness is not None
    assert result.fairness.complete
    found = []
    for needs in result.fairness.minimal:
        found.append({need.assumption for need in needs})
        assert not breaks(edges, calls, goals, assuming(question, found[-1]))
        for need in needs:
            rest = (found[-1] - {need.assumption}) | ({need.instead} - {""})
            assert violates(system, question, need.lasso)
            assert_fair(system, assuming(question, rest), need.lasso)
    for less in weaker(question):
        if not breaks(edges, calls, goals, assuming(question, less)):
            assert any(one <= stronger(less) for one in found)


def assuming(question: Property, names: set[str]) -> Property:
    """The question under other assumptions: `weak p`, `strong q`."""
    weak, strong = (
        tuple(n.split()[1] for n in sorted(names) if n.split()[0] == word)
        for word in ("weak", "strong")
    )
    return replace(question, weak=weak, strong=strong)


def weaker(question: Property) -> Iterator[set[str]]:
    """All sets of assumptions that are at most as strong as a question's."""
    choices = []
    for group in {*question.weak, *question.strong}:
        strong = [f"strong {group}"] if group in question.strong else []
        choices.append(["", f"weak {group}", *strong])
    for chosen in product(*choices):
        yield set(chosen) - {""}


def stronger(names: set[str]) -> set[str]:
    """With what they imply: strong fairness is weak fairness, too."""
    return names | {n.replace("strong", "weak") for n in names}
