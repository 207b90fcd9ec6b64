"""Both back ends mean what z3 means, operator by operator and all together."""

from __future__ import annotations

from itertools import permutations, product

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Enumeration, Term, Value, Var, Word
from tcpmodel.semantics import expression
from tcpmodel.semantics.interpret import (
    Codes,
    compile_function,
    compile_predicate,
    interpreter,
)

from .random_terms import NAMES, OPERATORS, applied, by_z3, graphs


def by_us(variables: tuple[Var, ...], term: Term, state: Codes) -> int:
    """The value of `term` as the interpreter computes it."""
    return int(compile_function(variables, [term])(state)[0])


# --- every operator by itself ---------------------------------------------------------------------


def test_no_operator_goes_untested() -> None:
    """The table above and the interpreter's know the same operators."""
    assert set(OPERATORS) == set(expression.OPERATORS)


@pytest.mark.parametrize("kind", OPERATORS, ids=NAMES.__getitem__)
@settings(max_examples=25)
@given(data=st.data())
def test_an_operator_means_what_z3_means(kind: int, data: st.DataObject) -> None:
    """On random values of random widths, also at the borders."""
    variables, term, state = data.draw(applied(kind))
    assert by_us(variables, term, state) == by_z3(variables, term, state)


# --- all together ---------------------------------------------------------------------------------


@settings(max_examples=150)
@given(graphs(), st.data())
def test_nested_and_shared_terms_mean_what_z3_means(
    graph: tuple[tuple[Var, ...], list[Term]], data: st.DataObject
) -> None:
    """Operators on top of operators, subterms used many times, several terms in one function."""
    variables, pool = graph
    state = tuple(data.draw(st.integers(0, v.domain.size - 1)) for v in variables)
    ours = compile_function(variables, pool)(state)
    assert [int(value) for value in ours] == [by_z3(variables, term, state) for term in pool]
    assert bool(compile_predicate(variables, pool[0])(state)) == bool(state[0])


@settings(max_examples=50)
@given(graphs(), st.data())
def test_guards_and_updates_mean_what_terms_mean(
    graph: tuple[tuple[Var, ...], list[Term]], data: st.DataObject
) -> None:
    """Actions, which share guards, give the steps that z3's evaluation of their terms gives."""
    variables, pool = graph
    truths = [t for t in pool if z3.is_bool(t)]
    actions = []
    for number in range(3):
        updates = {}
        for var in variables:
            fitting = [t for t in pool if t.sort() == var.domain.sort]
            if data.draw(st.booleans()):
                updates[var.name] = data.draw(st.sampled_from(fitting))
        guard = data.draw(st.lists(st.sampled_from(truths), max_size=3))
        actions.append(Action(f"a{number}", tuple(guard), updates))
    system = TransitionSystem("random", variables, z3.BoolVal(True), tuple(actions))
    state = tuple(data.draw(st.integers(0, v.domain.size - 1)) for v in variables)
    expected = []
    for number, action in enumerate(actions):
        if by_z3(variables, action.enabled, state):
            updated = {n: by_z3(variables, t, state) for n, t in action.updates.items()}
            after = (updated.get(v.name, c) for v, c in zip(variables, state, strict=True))
            expected.append((number, tuple(after)))
    assert sorted(interpreter(system).successors(state)) == expected


def test_operators_with_many_operands() -> None:
    """z3 makes one sum out of nested ones; such sums, products and so on mean the same."""
    variables = tuple(Var(name, Word(5)) for name in "abcd")
    a, b, c, d = (v.term for v in variables)
    for term in (a + b + c + d, a * b * c * d, a & b & c & d, a | b | c | d, a ^ b ^ c ^ d):
        flat = z3.simplify(term)
        assert flat.num_args() > 2 or z3.is_app_of(flat, z3.Z3_OP_BNOT)
        for state in product((0, 1, 19, 31), repeat=4):
            assert by_us(variables, flat, state) == by_z3(variables, term, state)


def test_terms_may_be_deep() -> None:
    """A chain of 2000 operators is no problem, in a formula, an update or a guard."""
    x = Var("x", Word(8))
    term = x.term
    for number in range(1000):
        term = ~(term + number)
    expected = by_z3((x,), term, (7,))
    assert by_us((x,), term, (7,)) == expected
    deep = Action("deep", (term == expected,), {"x": term})
    system = TransitionSystem("deep", (x,), x.term == 7, (deep,))
    assert interpreter(system).successors((7,)) == [(0, (expected,))]


def test_guards_may_share() -> None:
    """A guard whose tree has 2^60 leaves is only 60 operators, and is evaluated as such."""
    x = Var("x", Word(8))
    term = x.term
    for number in range(60):
        term = term * term + number
    action = Action("big", (term == by_z3((x,), term, (7,)), x.term == 7), {"x": x.term + 1})
    same = Action("same", action.guard, {})
    system = TransitionSystem("big", (x,), x.term == 7, (action, same))
    assert interpreter(system).successors((7,)) == [(0, (8,)), (1, (7,))]


# --- what has no meaning here ---------------------------------------------------------------------

u, v = z3.BitVecs("u v", 8)
REFUSED = {
    "bvudiv": z3.UDiv(u, v),
    "bvurem": z3.URem(u, v),
    "bvsdiv": u / v,
    "bvsrem": z3.SRem(u, v),
    "bvsmod": u % v,
    "bvshl": u << v,
    "bvlshr": z3.LShR(u, v),
    "bvashr": u >> v,
    "sign_extend": z3.SignExt(3, u),
    "repeat": z3.RepeatBitVec(2, u),
    "ext_rotate_left": z3.RotateLeft(u, v),
    "ext_rotate_right": z3.RotateRight(u, v),
    "f": z3.Function("f", u.sort(), u.sort())(u),
}


@pytest.mark.parametrize(("name", "term"), REFUSED.items(), ids=REFUSED)
def test_other_operators_are_refused_by_name(name: str, term: Term) -> None:
    """Shifts and divisions are partial or differ between back ends: no guess is made."""
    variables = (Var("u", Word(8)), Var("v", Word(8)))
    with pytest.raises(ModelError, match=f"the interpreter has no meaning for {name} in"):
        compile_function(variables, [term])
    with pytest.raises(ModelError, match=f"no meaning for {name} in"):
        compile_predicate(variables, z3.And(u == v, term == term + 1))
    shifty = Action("shifty", (), {"u": z3.Extract(7, 0, term)})
    system = TransitionSystem("shifty", variables, u == v, (shifty,))
    with pytest.raises(ModelError, match=f"no meaning for {name} in"):
        interpreter(system)


# --- initial states -------------------------------------------------------------------------------

COLOUR = Enumeration("colour", ("red", "green", "blue"))
SMALL = (Var("p", Bool()), Var("c", COLOUR), Var("n", Counter(4)), Var("w", Word(2)))


def _all(variables: tuple[Var, ...]) -> list[Codes]:
    return list(product(*(range(v.domain.size) for v in variables)))


@settings(max_examples=40)
@given(st.data())
def test_the_initial_states_are_all_solutions_within_the_domains(data: st.DataObject) -> None:
    """Compared with trying every combination of values: patterns that stand for no value, such as
    a fourth colour or a count of 7, never start a run.
    """
    p, c, n, w = (v.term for v in SMALL)
    parts = [p, c != 1, n == z3.ZeroExt(1, w), z3.UGE(n, 2), z3.Xor(p, w == 0), z3.ULT(c, w)]
    chosen = data.draw(st.lists(st.sampled_from(parts), max_size=3))
    init = data.draw(st.sampled_from([z3.And, z3.Or]))(*chosen)
    holds = compile_predicate(SMALL, init)
    system = TransitionSystem("starts", SMALL, init, ())
    assert interpreter(system).initial() == [state for state in _all(SMALL) if holds(state)]


def test_there_may_be_no_initial_state_but_not_too_many() -> None:
    """None is for the engines to complain about; more than the limit is refused here."""
    w = Var("w", Word(8))
    never = interpreter(TransitionSystem("never", (w,), w.term != w.term, ()))
    assert never.initial() == []
    free = interpreter(TransitionSystem("free", (w,), z3.BoolVal(True), ()))
    assert len(free.initial(limit=256)) == 256
    with pytest.raises(ModelError, match="free has more than 255 initial states"):
        free.initial(limit=255)


def test_a_system_may_have_no_variables() -> None:
    """It has one state, and actions that go back to it."""
    system = TransitionSystem("void", (), z3.BoolVal(True), (Action("tick", (), {}),))
    assert interpreter(system).initial() == [()]
    assert interpreter(system).successors(()) == [(0, ())]


# --- states in and out ----------------------------------------------------------------------------


def test_states_are_decoded_and_encoded() -> None:
    """Codes for the machine, values for people, and back."""
    run = interpreter(TransitionSystem("starts", SMALL, z3.BoolVal(True), ()))
    for state in _all(SMALL):
        assert run.encode(run.decode(state)) == state
    assert run.decode((1, 2, 4, 3)) == {"p": True, "c": "blue", "n": 4, "w": 3}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"c": "pink"}, "colour has no value 'pink'"),
        ({"n": 5}, "expected a number from 0 to 4, not 5"),
        ({"p": 1}, "expected true or false, not 1"),
    ],
)
def test_an_impossible_state_is_refused(change: dict[str, Value], expected: str) -> None:
    """A value that its variable cannot have, or a variable without one."""
    run = interpreter(TransitionSystem("starts", SMALL, z3.BoolVal(True), ()))
    good: dict[str, Value] = {"p": True, "c": "blue", "n": 4, "w": 3}
    with pytest.raises(ModelError, match=expected):
        run.encode(good | change)
    del good["n"]
    with pytest.raises(ModelError, match="the state does not say what n is"):
        run.encode(good)


# --- interchangeable slots ------------------------------------------------------------------------


def bag(size: int) -> TransitionSystem:
    """A bag of `size` slots, each a number and a mark.  Numbers are put in, grow, are marked and
    taken out to `last`; what happens to one slot may happen to every other.
    """
    slots = [(Var(f"s{i}.number", Word(2)), Var(f"s{i}.mark", Bool())) for i in range(size)]
    last = Var("last", Word(2))
    actions = []
    for i, (number, mark) in enumerate(slots):
        name = number.name
        full, unmarked = number.term != 0, z3.Not(mark.term)
        actions += [
            Action(f"put {i}", (number.term == 0, unmarked), {name: z3.BitVecVal(1, 2)}),
            Action(f"grow {i}", (full, unmarked), {name: number.term + 1}),
            Action(f"mark {i}", (full,), {mark.name: z3.Not(mark.term)}),
            Action(
                f"take {i}",
                (full, mark.term),
                {name: z3.BitVecVal(0, 2), mark.name: z3.BoolVal(False), "last": number.term},
            ),
        ]
    return TransitionSystem(
        "bag",
        (slots[0][0], last, slots[0][1], *(v for slot in slots[1:] for v in slot)),
        z3.And(*(z3.And(number.term == 0, z3.Not(mark.term)) for number, mark in slots)),
        tuple(actions),
        interchangeable=(tuple((number.name, mark.name) for number, mark in slots),),
    )


def permuted(system: TransitionSystem, state: Codes, order: tuple[int, ...]) -> Codes:
    """`state` with the slots of the first group in another order."""
    place = {v.name: i for i, v in enumerate(system.variables)}
    after = list(state)
    slots = system.interchangeable[0]
    for slot, origin in zip(slots, order, strict=True):
        for here, there in zip(slot, slots[origin], strict=True):
            after[place[here]] = state[place[there]]
    return tuple(after)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_sorting_slots_picks_one_state_of_all_permutations(size: int) -> None:
    """All permutations of a state have the same canonical state, which is one of them; variables
    that belong to no slot stay.
    """
    system = bag(size)
    run = interpreter(system)
    for state in _all(system.variables)[::5]:
        orders = list(permutations(range(size)))
        images = {permuted(system, state, order) for order in orders}
        assert {run.canonical(image) for image in images} == {run.canonical(state)}
        assert run.canonical(state) in images
        assert run.canonical(state)[1] == state[1]


@pytest.mark.parametrize("size", [1, 2, 3])
def test_steps_commute_with_permutations(size: int) -> None:
    """From every permutation of a state the same canonical states follow: those of the unsorted
    steps, sorted.
    """
    system = bag(size)
    run, unsorted = interpreter(system), interpreter(system, canonical=False)
    for state in _all(system.variables)[::7]:
        after = {run.canonical(s) for _, s in unsorted.successors(state)}
        for order in permutations(range(size)):
            image = permuted(system, state, order)
            assert {run.canonical(s) for _, s in run.successors(image)} == after


def test_steps_that_touch_no_slot_keep_a_sorted_state_sorted() -> None:
    """Successors of a canonical state are canonical, although only touched groups are sorted."""
    system = bag(3)
    run = interpreter(system)
    for state in {run.canonical(s) for s in _all(system.variables)[::5]}:
        assert all(run.canonical(s) == s for _, s in run.successors(state))
