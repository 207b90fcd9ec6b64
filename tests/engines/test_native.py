"""The native search finds what the search in Python finds: the same states, in the same order."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always, sometimes
from tcpmodel.core.result import Budget, Progress, Verdict
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Term, Var, Word
from tcpmodel.engines import explicit, exploration, native, registry, team
from tcpmodel.semantics import jit
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

from .tla_anchor import system as tla_anchor
from .toys import bag, clock, counting, graph, grid, handing_over, jugs

NEVER, EVER = z3.BoolVal(False), z3.BoolVal(True)

TOYS = [
    counting(9),
    clock(4),
    grid(9),
    jugs(),
    bag(2),
    bag(3),
    handing_over(),
    graph([(0, 1), (0, 1), (1, 1), (2, 3)], starts=(0, 4)),
    tla_anchor(),
]

SCENARIOS = (
    "rfc9293 incarnations=1",
    "rfc9293 incarnations=1 capacity=3",
    "two_way incarnations=1 channel=fifo",
    "flags_only incarnations=1",
    "tw2 incarnations=1 rto=1 loss=1",
    "rfc793 incarnations=1 data=2 width=6 window=3 reassembly=hold receiver=slow",
    "rfc9293 incarnations=1 width=32",
    "udp",
)


def same(
    system: TransitionSystem,
    goal: Term,
    watches: dict[str, Term],
    budget: Budget = Budget(),
    threads: int | None = None,
) -> None:
    """Everything that a search learns is the same in Python and native."""
    slow = explicit.Search(system, goal, budget, watches=watches.items())
    limits = replace(budget, threads=threads)
    fast = native.Search(system, goal, limits, watches=watches.items())
    slow.run()
    fast.run()
    assert fast.threads == (threads or 1 if fast.expanded else 1)
    assert fast.order[:] == slow.order
    assert [fast.parent(i) for i in range(len(fast.order))] == [
        slow.parent(i) for i in range(len(slow.order))
    ]
    for learnt in ("ends", "fired", "transitions", "deadlocks", "expanded", "found", "reached"):
        assert getattr(fast, learnt) == getattr(slow, learnt), learnt
    assert (fast.stopped, fast.timed_out) == (slow.stopped, slow.timed_out)
    fast_steps, slow_steps = fast.steps(), slow.steps()
    for part in ("indptr", "target", "action"):
        assert getattr(fast_steps, part).tolist() == getattr(slow_steps, part).tolist(), part
    asked = [goal, *watches.values(), *(v.term for v in system.variables)]
    assert fast.values(asked).tolist() == slow.values(asked).tolist()


@pytest.mark.parametrize("system", TOYS, ids=lambda system: system.name)
def test_toys(system: TransitionSystem) -> None:
    """States, their order, parents, numbers, steps and values of formulas."""
    watches = {v.name: v.term if z3.is_bool(v.term) else v.term != 0 for v in system.variables}
    same(system, NEVER, watches)


@pytest.mark.parametrize("text", SCENARIOS)
def test_scenarios(text: str) -> None:
    """The TCP model, with sorted bags, queues, clocks, text and sequence numbers of 32 bits."""
    model = compose(scenario(text))
    same(model.system, NEVER, dict(model.system.watches), Budget(states=5_000))


def test_a_search_stops_at_the_same_state() -> None:
    """Where a state with the goal is found, both have taken the same steps."""
    model = compose(scenario("two_way incarnations=1"))
    half_open = model.world.left_half_open("B")
    same(model.system, half_open, dict(model.system.watches))


@pytest.mark.parametrize("budget", [Budget(depth=3), Budget(states=50)], ids=str)
def test_a_bound_stops_both_alike(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle of a level, too."""
    monkeypatch.setattr(exploration, "EVERY", 7)
    same(grid(20), NEVER, {}, budget)


def test_a_table_that_grows_forgets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From a few places on, at every load."""
    for load in (0.3, 0.75, 0.99):
        monkeypatch.setattr(native, "LOAD", load)
        monkeypatch.setattr(native, "SMALLEST", 8)
        same(grid(60), NEVER, {})


def test_better_code_is_the_same_code(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled again in the middle of a search, the model is what it was."""
    monkeypatch.setattr(native, "LONG", 100)
    monkeypatch.setattr(exploration, "EVERY", 64)
    same(compose(scenario("rfc9293 incarnations=1")).system, NEVER, {})


@st.composite
def systems(draw: st.DrawFn) -> tuple[TransitionSystem, Term]:
    """A few small variables, actions with random guards and updates, a goal."""
    x, y, n, p = Var("x", Word(3)), Var("y", Word(3)), Var("n", Counter(2)), Var("p", Bool())
    words = [x.term, y.term, x.term + 1, x.term - y.term, x.term ^ y.term, z3.BitVecVal(5, 3)]
    truths = [p.term, z3.Not(p.term), z3.ULT(x.term, y.term), x.term < 0, n.term == 1, y.term == 2]
    counters = [n.term, z3.If(n.term == 2, z3.BitVecVal(0, 2), n.term + 1), z3.BitVecVal(2, 2)]
    choices = {"x": words, "y": words, "n": counters, "p": truths}
    actions = []
    for number in range(draw(st.integers(1, 6))):
        changed = draw(st.sets(st.sampled_from(sorted(choices))))
        updates = {name: draw(st.sampled_from(choices[name])) for name in sorted(changed)}
        guard = draw(st.lists(st.sampled_from(truths), max_size=3))
        actions.append(Action(f"a{number}", tuple(guard), updates))
    init = z3.And(x.term == draw(st.integers(0, 7)), z3.ULE(y.term, 1), n.term == 0, p.term)
    slots = ((("x",), ("y",)),) if draw(st.booleans()) else ()
    system = TransitionSystem("random", (x, y, n, p), init, tuple(actions), interchangeable=slots)
    return system, draw(st.sampled_from([NEVER, *truths]))


@settings(max_examples=80, deadline=None)
@given(systems())
def test_random_systems(case: tuple[TransitionSystem, Term]) -> None:
    """Whatever the guards, the updates and the goal."""
    system, goal = case
    same(system, goal, {"p": system.by_name["p"].term})


# --- several threads ------------------------------------------------------------------------------


@pytest.mark.parametrize("share", [3, 2048])
@pytest.mark.parametrize("threads", [2, 3])
def test_several_threads_find_what_one_finds(
    threads: int, share: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the same order, with the same numbers; with many shares, and with a table that grows."""
    monkeypatch.setattr(team, "SHARE", share)
    monkeypatch.setattr(native, "SMALLEST", 8)
    for system in (*TOYS, grid(60)):
        same(
            system,
            NEVER,
            {v.name: v.term == v.domain.term(v.domain.decode(0)) for v in system.variables},
            threads=threads,
        )


@pytest.mark.parametrize("text", [SCENARIOS[n] for n in (0, 2, 4, 6)])
def test_scenarios_with_two_threads(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of rows of one, two and many words; better code comes in the middle of a search."""
    monkeypatch.setattr(team, "SHARE", 64)
    monkeypatch.setattr(native, "LONG", 1_000)
    monkeypatch.setattr(exploration, "EVERY", 256)
    model = compose(scenario(text))
    same(model.system, NEVER, dict(model.system.watches), Budget(states=3_000), threads=2)


@settings(max_examples=40, deadline=None)
@given(systems(), st.integers(2, 4), st.sampled_from([1, 2, 5, 2048]))
def test_random_systems_with_threads(
    case: tuple[TransitionSystem, Term], threads: int, share: int
) -> None:
    """Wherever the goal is found: no step after it is counted."""
    system, goal = case
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(team, "SHARE", share)
        same(system, goal, {"p": system.by_name["p"].term}, threads=threads)


@pytest.mark.parametrize("budget", [Budget(depth=3), Budget(states=50)], ids=str)
def test_a_bound_stops_two_threads_alike(budget: Budget, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a helper has done ahead of its time is not told."""
    monkeypatch.setattr(exploration, "EVERY", 7)
    monkeypatch.setattr(team, "SHARE", 2)
    same(grid(20), NEVER, {}, budget, threads=2)


def test_a_trace_is_the_same_with_two_threads() -> None:
    """Every time."""
    model = compose(scenario("two_way incarnations=1"))
    question = always(z3.Not(model.world.left_half_open("B")))
    alone = native.check(model.system, question, Budget(threads=1))
    assert (alone.verdict, alone.threads) == (Verdict.FAILS, 1)
    for _ in range(3):
        both = native.check(model.system, question, Budget(threads=2))
        assert both.threads == 2
        for told in ("verdict", "trace", "states", "transitions", "depth", "evidence"):
            assert getattr(both, told) == getattr(alone, told), told


def test_large_searches_alone_get_two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """From some number of states on, where a processor is idle and nobody says otherwise."""
    monkeypatch.setattr(native, "MANY", 1_000)
    monkeypatch.setattr(exploration, "EVERY", 64)
    idle: list[int] = []
    monkeypatch.setattr(native, "idle_processors", idle.pop)
    for size, known, threads in ((20, [], 1), (60, [1], 2), (60, [1, 0], 2), (60, [0, 0], 1)):
        idle[:] = known
        result = native.check(grid(size), always(EVER))
        assert (result.states, result.threads) == ((size + 1) ** 2, threads)
        assert not idle, "asked as often as was expected"
    assert native.check(grid(60), always(EVER), Budget(threads=1)).threads == 1


def test_idle_processors_are_counted() -> None:
    """There are never more than there are processors besides the one that asks."""
    assert 0 <= native.idle_processors() < (os.cpu_count() or 1)


def test_an_interrupt_waits_for_the_helpers(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is known is consistent afterwards, and nobody works on."""
    monkeypatch.setattr(exploration, "EVERY", 64)
    monkeypatch.setattr(team, "SHARE", 16)

    def impatient(progress: Progress) -> None:
        if progress.states > 1000:
            raise KeyboardInterrupt

    search = native.Search(grid(90), NEVER, Budget(threads=2), impatient)
    search.run()
    assert search.stopped == "interrupted"
    assert 1000 < len(search.order) < 91 * 91
    assert len(search.steps().target) == search.transitions


def test_without_room_for_several_threads_one_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory that cannot be reserved is no reason to give up."""

    def full(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(team, "Part", full)
    result = native.check(grid(9), always(EVER), Budget(threads=2))
    assert (result.verdict, result.states, result.threads) == (Verdict.HOLDS, 100, 1)


# --- limits and what is missing -------------------------------------------------------------------


def test_a_full_memory_is_a_reason() -> None:
    """The states of the completed levels are vouched for, and the reason is named."""
    x = Var("x", Word(40))
    double = Action("double", (), {"x": x.term + x.term})
    odd = Action("odd", (), {"x": x.term + x.term + 1})
    system = TransitionSystem("tree", (x,), x.term == 1, (double, odd))
    held = exploration.megabytes_in_use()
    question = always(x.term != 0)
    result = native.check(system, question, Budget(states=None, megabytes=held + 64))
    assert result.verdict is Verdict.HOLDS_UP_TO
    assert result.reason == f"the memory limit of {held + 64} MB was reached"
    assert result.states is not None
    assert result.scope.steps is not None
    assert result.states >= 2 ** (result.scope.steps + 1) - 1
    assert result.peak_bytes is not None
    assert result.peak_bytes < (held + 64) << 20


def test_an_interrupted_search_keeps_what_it_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C is honoured between two batches of states."""
    monkeypatch.setattr(exploration, "EVERY", 64)

    def impatient(progress: Progress) -> None:
        if progress.states > 1000:
            raise KeyboardInterrupt

    result = native.check(grid(90), always(z3.BitVec("x", 7) != 127), Budget(), impatient)
    assert (result.verdict, result.reason) == (Verdict.UNKNOWN, "interrupted")
    assert result.states is not None
    assert 1000 < result.states < 91 * 91


def test_without_llvmlite_the_interpreter_searches(monkeypatch: pytest.MonkeyPatch) -> None:
    """`auto` falls back and says what would be faster; asked for by name, the engine says what is
    missing and what to do.
    """
    for module in (jit, native, registry):
        monkeypatch.setattr(module, "available", lambda: False)
    engine, why = registry.choose("auto", grid(2), always(EVER))
    assert engine.name == "explicit"
    assert "llvmlite" in why
    assert native.quickest() is explicit.Search
    with pytest.raises(ModelError, match=r"needs llvmlite .*; the engine explicit"):
        native.check(grid(2), always(EVER))


def test_the_memory_of_the_states_is_told() -> None:
    """Rows, parents and table: for a state of one word at most 36 octets once there are many."""
    x = Var("x", Counter(499))
    y = Var("y", Counter(499))
    actions = tuple(Action(f"{v.name} up", (v.term != 499,), {v.name: v.term + 1}) for v in (x, y))
    system = TransitionSystem("square", (x, y), z3.And(x.term == 0, y.term == 0), actions)
    result = native.check(system, sometimes(z3.And(x.term == 499, y.term == 500)))
    assert result.verdict is Verdict.FAILS
    assert result.states == 250_000
    assert result.peak_bytes is not None
    assert 8 + 4 + 8 <= result.peak_bytes / result.states <= 36
