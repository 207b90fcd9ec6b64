"""Systems: what no action mentions stays, what is wrong is named, what cannot matter goes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import z3
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tcpmodel.core.cone import cone
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always
from tcpmodel.core.result import Verdict
from tcpmodel.core.system import (
    Action,
    Event,
    History,
    Receive,
    Send,
    TransitionSystem,
)
from tcpmodel.core.terms import Bool, Counter, Domain, Enumeration, Term, Var, Word
from tcpmodel.engines import explicit
from tcpmodel.semantics.interpret import Codes, interpreter

COLOUR = Enumeration("colour", ("red", "green", "blue"))
n = Var("n", Counter(2))
on = Var("on", Bool())
light = Var("light", COLOUR)
past = Var("past", Counter(2), ghost=True)

START = z3.And(n.term == 0, z3.Not(on.term), light.term == COLOUR.term("red"), past.term == 0)
UP = Action("up", (n.term != 2,), {"n": n.term + 1})


def toy(*actions: Action, **changes: Any) -> TransitionSystem:
    """A system over the four variables above."""
    parts = {"variables": (n, on, light, past), "init": START} | changes
    return TransitionSystem("toy", actions=(UP, *actions), **parts)


def refusal(*actions: Action, **changes: Any) -> str:
    """Why this system cannot be built."""
    with pytest.raises(ModelError) as refused:
        toy(*actions, **changes)
    return str(refused.value)


# --- frames ---------------------------------------------------------------------------------------


def test_what_an_action_does_not_mention_is_unchanged() -> None:
    """There is no frame condition to forget: `up` says nothing about the other variables."""
    run = interpreter(toy())
    for light_was in range(3):
        for on_was in range(2):
            assert run.successors((1, on_was, light_was, 2)) == [(0, (2, on_was, light_was, 2))]


def test_all_updates_read_the_state_before_the_step() -> None:
    """Two variables exchange their values without a third."""
    a, b = Var("a", Word(2)), Var("b", Word(2))
    swap = Action("swap", (), {"a": b.term, "b": a.term})
    system = TransitionSystem("swap", (a, b), a.term == 1, (swap,))
    assert interpreter(system).successors((1, 3)) == [(0, (3, 1))]


def test_an_action_is_found_by_its_name() -> None:
    """And one that is not there is the caller's mistake."""
    assert toy().action("up") is UP
    with pytest.raises(ModelError, match="toy has no action 'down'"):
        toy().action("down")


# --- validation: every refusal names the system, the action, the variable -------------------------


def test_duplicate_names_are_refused() -> None:
    """Two variables, a variable and an input, two actions."""
    assert refusal(variables=(n, on, light, past, n)) == "system toy: two variables are called 'n'"
    assert refusal(inputs=(Var("on", Word(3)),)) == "system toy: two variables are called 'on'"
    assert refusal(UP) == "system toy: two actions are called 'up'"


UNDECLARED = {
    "the guard of go reads 'm', which is not declared": Action("go", (z3.Bool("m"),), {}),
    "the update of on by go reads 'm', which is not declared": Action(
        "go", (), {"on": z3.Bool("m")}
    ),
    "go updates 'm', which is not a variable": Action("go", (), {"m": n.term}),
    "the event of go reads 'm', which is not declared": Action(
        "go", (), {}, event=Event(sends=Send("A>B", {"x": z3.BitVec("m", 3)}, z3.BoolVal(True)))
    ),
}


@pytest.mark.parametrize(("expected", "action"), UNDECLARED.items(), ids=UNDECLARED)
def test_an_action_knows_declared_variables_only(expected: str, action: Action) -> None:
    """A misspelt name does not become a fresh unconstrained variable."""
    assert refusal(action) == f"system toy: {expected}"


def test_the_message_of_an_event_is_declared_too() -> None:
    """What an action receives, and whether there is room for what it sends."""
    received = Event(receives=Receive("A>B", 0, {"x": z3.BitVec("m", 3)}))
    assert "the event of go reads 'm'" in refusal(Action("go", (), {}, event=received))
    room = Event(sends=Send("A>B", {}, z3.Bool("m")))
    assert "the event of go reads 'm'" in refusal(Action("go", (), {}, event=room))


def test_initial_condition_and_watches_are_about_the_state() -> None:
    """They cannot read what is not declared, nor an input: there is no step whose input it is."""
    seg = Var("seg", Word(3))
    reads_seg = seg.term == 0
    for inputs in ((), (seg,)):
        start = refusal(inputs=inputs, init=reads_seg)
        assert start == "system toy: the initial condition reads 'seg', which is not declared"
        watch = refusal(inputs=inputs, watches={"full": reads_seg})
        assert watch == "system toy: the watch 'full' reads 'seg', which is not declared"


def test_sorts_must_match() -> None:
    """A truth value is no number, a number of two bits none of three, and Python's are no terms."""
    assert "go gives n a Bool; it is a BitVec(2)" in refusal(Action("go", (), {"n": on.term}))
    wide = z3.BitVecVal(0, 3)
    assert "go gives n a BitVec(3); it is a BitVec(2)" in refusal(Action("go", (), {"n": wide}))
    assert "a guard of go is not a truth value: n" in refusal(Action("go", (n.term,), {}))
    assert "the initial condition is not a truth value" in refusal(init=n.term)
    assert "the update of n by go is 1, which is not a term" in refusal(Action("go", (), {"n": 1}))
    assert "the guard of go is True, which is not a term" in refusal(Action("go", (True,), {}))


@pytest.mark.parametrize(
    ("action", "variable"),
    [
        (Action("go", (), {"n": n.term + 1}), "n"),
        (Action("go", (n.term != 2, on.term), {"n": n.term - 1}), "n"),
        (Action("go", (), {"n": z3.BitVecVal(3, 2)}), "n"),
        (Action("go", (), {"light": z3.BitVecVal(3, 2)}), "light"),
        (Action("go", (on.term,), {"light": z3.If(on.term, light.term + 1, light.term)}), "light"),
        (Action("go", (), {"past": past.term + n.term}), "past"),
    ],
    ids=["too far", "below 0", "constant", "no such name", "in a branch", "a sum"],
)
def test_counters_and_enumerations_keep_their_range(action: Action, variable: str) -> None:
    """Three values need two bits; that nobody ever produces the fourth pattern is proved."""
    message = f"system toy: go can give {variable} a value outside its range"
    assert refusal(action) == message


def test_a_guard_or_a_branch_that_keeps_the_range_is_enough() -> None:
    """The proof is about what the guard lets through, not about the look of the update."""
    toy(
        Action("by guard", (z3.ULT(n.term, 2),), {"n": n.term + 1}),
        Action("by branch", (), {"n": z3.If(n.term == 0, n.term, n.term - 1)}),
        Action("by name", (), {"past": n.term, "light": COLOUR.term("blue")}),
        Action("of no use", (z3.BoolVal(False),), {"n": z3.BitVecVal(3, 2)}),
    )


def test_ghosts_are_seen_by_properties_only() -> None:
    """History must not decide what happens: no guard reads a ghost, no other variable takes one
    over.  A ghost may read anything.
    """
    guard = Action("go", (past.term == 0,), {})
    assert refusal(guard) == "system toy: the guard of go reads the ghost 'past'"
    update = Action("go", (), {"n": past.term})
    assert refusal(update) == "system toy: go: n would depend on the ghost 'past'"
    toy(Action("remember", (), {"past": z3.If(past.term == 0, n.term, past.term)}))


def test_interchangeable_slots_are_alike() -> None:
    """Slots name variables, of the same domains at the same places."""
    assert (
        refusal(interchangeable=((("n",), ("m",)),))
        == "system toy: a slot names 'm', which is not a variable"
    )
    assert "the slots ('n',) … are not of the same domains" in refusal(
        interchangeable=((("n",), ("on",)),)
    )
    assert "are not of the same domains" in refusal(interchangeable=((("n",), ("n", "on")),))
    toy(interchangeable=((("n",), ("past",)),))


# --- the cone of influence ------------------------------------------------------------------------


def kept(system: TransitionSystem, *formulas: Term) -> list[str]:
    """The variables that are left when only `formulas` matter."""
    return [var.name for var in cone(system, formulas).variables]


def test_the_cone_drops_what_nothing_reads() -> None:
    """A ghost and a light that are only written go; what the guard of `up` reads stays."""
    shine = Action("shine", (), {"light": COLOUR.term("green"), "past": n.term})
    assert kept(toy(shine)) == ["n"]
    assert kept(toy(shine), past.term == 0) == ["n", "past"]
    assert kept(toy(shine), on.term) == ["n", "on"]


def test_the_cone_keeps_what_matters_through_others() -> None:
    """What the formula reads is computed from `past`, that from `light`, that from `on`."""
    far = Var("far", Bool(), ghost=True)
    chain = Action(
        "chain",
        (),
        {
            "far": past.term == 0,
            "past": z3.If(light.term == 0, past.term, n.term),
            "light": z3.If(on.term, light.term, COLOUR.term("red")),
        },
    )
    system = toy(chain, variables=(n, on, light, past, far))
    assert kept(system, far.term) == ["n", "on", "light", "past", "far"]
    assert kept(system, past.term == 0) == ["n", "on", "light", "past"]
    assert kept(system, light.term == 0) == ["n", "on", "light"]


def test_the_cone_keeps_actions_by_name() -> None:
    """A run of the cone is a run of the whole system, so no action goes, not even an empty one."""
    shine = Action("shine", (), {"light": COLOUR.term("green")})
    small = cone(toy(shine), [])
    assert [(a.name, set(a.updates)) for a in small.actions] == [("up", {"n"}), ("shine", set())]


def test_the_cone_keeps_conditions_that_tie_initial_values() -> None:
    """`light = red` says nothing about anything else and goes; `past = n` may rule out starts."""
    tied = replace(toy(), init=z3.And(n.term == past.term, light.term == COLOUR.term("red")))
    assert kept(tied) == ["n", "past"]
    impossible = replace(toy(), init=z3.And(on.term, z3.Not(on.term)))
    assert kept(impossible) == ["n", "on"]
    false = replace(toy(), init=z3.BoolVal(False))
    assert z3.is_false(cone(false, []).init)


def test_the_cone_treats_interchangeable_slots_alike() -> None:
    """A field is kept or dropped in all slots together."""
    slots = [(Var(f"s{i}.kind", Word(2)), Var(f"s{i}.tag", Word(2), ghost=True)) for i in range(2)]
    take = Action("take", (slots[0][0].term == 1,), {"s0.kind": z3.BitVecVal(0, 2)})
    system = TransitionSystem(
        "bag",
        tuple(var for slot in slots for var in slot),
        z3.BoolVal(True),
        (take,),
        interchangeable=(tuple(tuple(v.name for v in slot) for slot in slots),),
    )
    small = cone(system, [])
    assert [v.name for v in small.variables] == ["s0.kind", "s1.kind"]
    assert small.interchangeable == ((("s0.kind",), ("s1.kind",)),)
    assert kept(system, slots[0][1].term == 0) == ["s0.kind", "s0.tag", "s1.kind", "s1.tag"]


def test_the_cone_of_a_history_keeps_the_fields_that_are_read() -> None:
    """A message's `colour` is never looked at: neither the input nor the field sent stays."""
    number, colour = Var("seg.number", Word(2)), Var("seg.colour", COLOUR)
    got = Var("got", Word(2))
    send = Event(
        sends=Send(
            "A>B",
            {"number": z3.BitVecVal(1, 2), "colour": COLOUR.term("red")},
            z3.BoolVal(True),
        )
    )
    receive = Event(
        receives=Receive("A>B", None, {"number": number.term, "colour": colour.term}, keeps=True)
    )
    system = TransitionSystem(
        "history",
        (got, light),
        got.term == 0,
        (
            Action("send", (), {}, event=send),
            Action("take", (), {"got": number.term, "light": colour.term}, event=receive),
        ),
        inputs=(number, colour),
        history=History(),
    )
    assert system.shown == {"seg.number": "number", "seg.colour": "colour"}
    small = cone(system, [got.term == 1])
    assert [v.name for v in (*small.variables, *small.inputs)] == ["got", "seg.number"]
    assert small.actions[0].event.sends is not None
    assert list(small.actions[0].event.sends.fields) == ["number"]
    assert small.actions[1].event.receives is not None
    assert list(small.actions[1].event.receives.fields) == ["number"]


# --- the cone has the runs of the whole: random systems -------------------------------------------

VARIABLES = (
    Var("p", Bool()),
    Var("q", Bool()),
    Var("i", Counter(2)),
    Var("j", Counter(2)),
    Var("g", Counter(2), ghost=True),
    Var("h", Bool(), ghost=True),
)


def _values(domain: Domain, among: Sequence[Var]) -> list[Term]:
    """Terms of `domain` over some variables, all of them in range."""
    alike = [v.term for v in among if v.domain == domain]
    truths = [v.term for v in among if v.domain == Bool()]
    constants = [domain.term(domain.decode(code)) for code in range(domain.size)]
    if domain == Bool():
        numbers = [v.term for v in among if v.domain == Counter(2)]
        return [*constants, *alike, *map(z3.Not, alike), *(m == 1 for m in numbers)]
    branches = [z3.If(t, one, constants[1]) for t in truths for one in alike]
    return [*constants, *alike, *(z3.If(m == 2, constants[0], m + 1) for m in alike), *branches]


@st.composite
def small_systems(draw: st.DrawFn) -> TransitionSystem:
    """A few actions that copy, count and decide over six small variables, two of them ghosts."""
    real = [v for v in VARIABLES if not v.ghost]
    actions = []
    for number in range(draw(st.integers(1, 4))):
        guard = draw(st.lists(st.sampled_from(_values(Bool(), real)), max_size=2))
        updates = {}
        for var in draw(st.lists(st.sampled_from(VARIABLES), max_size=3, unique=True)):
            readable = VARIABLES if var.ghost else real
            updates[var.name] = draw(st.sampled_from(_values(var.domain, readable)))
        actions.append(Action(f"a{number}", tuple(guard), updates))
    starts = [
        var.term == draw(st.sampled_from(_values(var.domain, VARIABLES)))
        for var in draw(st.lists(st.sampled_from(VARIABLES), max_size=6))
    ]
    if draw(st.booleans()):
        starts.append(z3.Or(*draw(st.lists(st.sampled_from(_values(Bool(), VARIABLES))))))
    return TransitionSystem("random", VARIABLES, z3.And(*starts), tuple(actions))


def walk(system: TransitionSystem, names: list[str]) -> set[tuple[Codes, frozenset[str]]]:
    """The reachable states, seen through some variables, with the actions enabled in them.

    The plainest search there is, independent of the engines.
    """
    run = interpreter(system, canonical=False)
    places = [i for i, v in enumerate(system.variables) if v.name in names]
    todo = run.initial()
    seen, views = set(todo), set()
    while todo:
        state = todo.pop()
        steps = run.successors(state)
        enabled = frozenset(system.actions[a].name for a, _ in steps)
        views.add((tuple(int(state[i]) for i in places), enabled))
        for _, after in steps:
            if after not in seen:
                seen.add(after)
                todo.append(after)
    return views


@settings(max_examples=40)
@given(small_systems(), st.sampled_from(_values(Bool(), VARIABLES)))
@example(toy(), on.term)
def test_the_cone_has_the_same_runs(system: TransitionSystem, formula: Term) -> None:
    """Seen through the variables that are kept, whole and cone reach the same states and can do
    the same things there; so a formula over them has one answer, which explicit search gives.
    """
    small = cone(system, [formula])
    names = [v.name for v in small.variables]
    whole_views, cone_views = walk(system, names), walk(small, names)
    assert whole_views == cone_views
    if not whole_views:
        with pytest.raises(ModelError, match="no initial state"):
            explicit.check(system, always(formula))
        return
    holds = interpreter(small).predicate(formula)
    broken = any(not holds(view) for view, _ in cone_views)
    result = explicit.check(system, always(formula))
    assert result.verdict is (Verdict.FAILS if broken else Verdict.HOLDS)
