"""What every engine owes its users, whatever its method.

Engines come from the registry; a new one is put to these tests by being listed there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import (
    Kind,
    Property,
    always,
    eventually,
    eventually_always,
    infinitely_often,
    knows,
    leads_to,
    sometimes,
    within,
)
from tcpmodel.core.result import Budget, Progress, Result, Verdict, silent
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Term, Var, Word, implies
from tcpmodel.core.trace import Trace
from tcpmodel.engines.registry import CHOICES, ENGINES, Engine, choose
from tcpmodel.semantics.replay import retrace

from .toys import BIG, N, at, bag, clock, counting, graph, grid, handing_over, jugs

NEVER, EVER = z3.BoolVal(False), z3.BoolVal(True)
BOUND = Budget(depth=10)
"""Deep enough for every toy below that an engine with a bound is asked to settle."""

SAMPLES = {
    Kind.ALWAYS: always(at(0)),
    Kind.SOMETIMES: sometimes(at(0)),
    Kind.LEADS_TO: leads_to(EVER, at(0)),
    Kind.EVENTUALLY: eventually(at(0)),
    Kind.INFINITELY_OFTEN: infinitely_often(at(0)),
    Kind.EVENTUALLY_ALWAYS: eventually_always(at(0)),
    Kind.WITHIN: within(EVER, at(0), 1),
    Kind.KNOWS: knows("me", at(0), when=EVER),
}


ANYTHING = replace(
    graph([(0, 0, "clock")]),
    variables=(N, Var("me.x", Bool())),
    init=z3.And(at(0), z3.Not(z3.Bool("me.x"))),
)
"""Has what every kind of question is about: places, a clock, an agent."""


def settles(engine: Engine, kind: Kind) -> bool:
    """Whether an engine takes on a kind of property; one that does not says so."""
    try:
        engine(ANYTHING, SAMPLES[kind], BOUND, silent)
    except ModelError:
        return False
    return True


def able(*kinds: Kind) -> pytest.MarkDecorator:
    """Run a test with every engine that settles properties of all these kinds."""
    names = [name for name, e in ENGINES.items() if all(settles(e, kind) for kind in kinds)]
    return pytest.mark.parametrize("engine", [ENGINES[name] for name in names], ids=names)


def replayed(result: Result, system: TransitionSystem) -> Trace:
    """The trace of a result, after it went through a file and was executed again."""
    assert result.trace is not None
    assert retrace(Trace.from_json(result.trace.to_json()), system) == result.trace
    return result.trace


def names_of(trace: Trace) -> list[str]:
    return [step.action for step in trace.steps]


safety = able(Kind.ALWAYS)
witness = able(Kind.SOMETIMES)
liveness = able(Kind.LEADS_TO)


# --- the registry ---------------------------------------------------------------------------------


def test_every_engine_settles_something_and_every_kind_has_an_engine() -> None:
    """No engine is listed in vain, and nothing can be asked that no engine answers."""
    table = {name: {k for k in Kind if settles(e, k)} for name, e in ENGINES.items()}
    assert all(table.values())
    assert set().union(*table.values()) == set(Kind)


def test_an_engine_is_chosen_by_name_or_by_the_question() -> None:
    """`auto` gives an engine that settles the question; an unknown name is refused."""
    system = graph([(0, 1)])
    for question in SAMPLES.values():
        engine, why = choose("auto", system, question)
        assert settles(engine, question.kind)
        assert why
    for name in ENGINES:
        assert choose(name, system, SAMPLES[Kind.ALWAYS]) == (ENGINES[name], "asked for")
    with pytest.raises(ModelError, match=f"no engine 'magic'; there are {', '.join(CHOICES)}"):
        choose("magic", system, SAMPLES[Kind.ALWAYS])


@pytest.mark.parametrize("kind", Kind)
def test_an_engine_refuses_what_it_cannot_settle_and_names_one_that_can(kind: Kind) -> None:
    """Never a verdict on something else than the question."""
    for engine in ENGINES.values():
        if not settles(engine, kind):
            with pytest.raises(ModelError, match=r"engine (\w+)") as refused:
                engine(ANYTHING, SAMPLES[kind], BOUND, silent)
            named = str(refused.value).rsplit("engine ", maxsplit=1)[-1].split()[0]
            assert settles(ENGINES[named], kind)


# --- safety: what is bad is found -----------------------------------------------------------------


@safety
def test_a_bad_state_without_successor_is_found(engine: Engine) -> None:
    """Two states; the bad one is reached and there it ends.  (Unrolling one step too many calls
    this system safe: no run is that long.)
    """
    system = graph([(0, 1)])
    result = engine(system, always(at(0)), BOUND, silent)
    assert result.verdict is Verdict.FAILS
    assert names_of(replayed(result, system)) == ["0: 0-1"]


@safety
def test_a_bad_initial_state_is_found(engine: Engine) -> None:
    """The counterexample has no steps, whether the run could go on or not."""
    for system in (graph([]), graph([(0, 1)]), graph([(1, 1)], starts=(1, 2, 0))):
        result = engine(system, always(z3.Not(at(0))), BOUND, silent)
        assert result.verdict is Verdict.FAILS
        assert len(replayed(result, system)) == 0
        assert replayed(result, system).initial == {"n": 0}


@safety
def test_a_bad_state_at_the_very_bound_is_found(engine: Engine) -> None:
    """A bound of k steps includes the states after k steps, and not one more."""
    system = counting(9)
    four = always(system.by_name["x"].term != 4)
    assert len(replayed(engine(system, four, Budget(depth=4), silent), system)) == 4
    before = engine(system, four, Budget(depth=3), silent)
    assert (before.verdict, before.scope.steps) == (Verdict.HOLDS_UP_TO, 3)


@safety
def test_counterexamples_are_shortest(engine: Engine) -> None:
    """Six steps to four gallons, though one can dawdle; the short way of two around a ring; the
    initial state that is nearest.
    """
    system = jugs()
    result = engine(system, always(BIG.term != 4), BOUND, silent)
    assert len(replayed(result, system)) == 6
    ring = graph([(0, 1), (1, 2), (2, 3), (3, 4), (0, 5), (5, 4)])
    assert len(replayed(engine(ring, always(z3.Not(at(4))), BOUND, silent), ring)) == 2
    ring = graph([(0, 1), (1, 2), (2, 3), (3, 4), (4, 0)], starts=(0, 1, 3))
    near = replayed(engine(ring, always(z3.Not(at(4))), BOUND, silent), ring)
    assert (near.initial, len(near)) == ({"n": 3}, 1)


@safety
def test_what_never_happens_is_not_found(engine: Engine) -> None:
    """A safe system holds, or holds up to the bound if the engine has one; it never fails."""
    for system, formula in (
        (jugs(), z3.ULE(BIG.term, 5)),
        (graph([(0, 1), (1, 0), (2, 3)]), z3.Not(at(3))),
        (bag(2), EVER),
    ):
        result = engine(system, always(formula), BOUND, silent)
        assert result.verdict in (Verdict.HOLDS, Verdict.HOLDS_UP_TO)
        assert result.trace is None
        if result.verdict is Verdict.HOLDS:
            assert result.evidence.complete
        else:
            assert not result.evidence.complete
            assert result.scope.steps == 10


@safety
def test_a_system_that_ends_is_settled_for_good(engine: Engine) -> None:
    """No run is longer than three steps: with a bound of five even an engine with a bound has
    seen everything.
    """
    system = counting(3)
    result = engine(system, always(z3.ULE(system.by_name["x"].term, 3)), Budget(depth=5), silent)
    assert result.verdict is Verdict.HOLDS
    assert result.evidence.complete
    assert result.scope.steps is None


@safety
def test_variables_that_do_not_matter_are_told_all_the_same(engine: Engine) -> None:
    """A trace speaks about all variables of the system, also about those an engine may drop."""
    x, seen = Var("x", Counter(3)), Var("seen", Word(32), ghost=True)
    up = Action("up", (x.term != 3,), {"x": x.term + 1, "seen": seen.term * 3 + 1})
    system = TransitionSystem("noted", (x, seen), z3.And(x.term == 0, seen.term == 5), (up,))
    trace = replayed(engine(system, always(x.term != 2), BOUND, silent), system)
    assert [trace.state(i)["seen"] for i in range(3)] == [5, 16, 49]


@safety
def test_initial_states_may_be_free(engine: Engine) -> None:
    """Billions of initial states that differ in what nobody reads are one."""
    x, free = Var("x", Word(4)), Var("free", Word(32))
    system = TransitionSystem("free", (x, free), EVER, ())
    trace = replayed(engine(system, always(x.term != 7), BOUND, silent), system)
    assert trace.initial["x"] == 7


@safety
def test_slots_are_told_where_they_are(engine: Engine) -> None:
    """A search may sort interchangeable places; the trace starts where the system starts, and
    names actions of the places as they are.
    """
    system = handing_over()
    result = engine(system, always(system.by_name["taken"].term == 0), BOUND, silent)
    trace = replayed(result, system)
    assert trace.initial == {"left": 0, "right": 1, "taken": 0}
    assert names_of(trace) == ["take from right"]


# --- what is wrong with the question is said ------------------------------------------------------

QUESTIONS: list[tuple[Engine, str, Kind]] = [
    (engine, name, kind)
    for name, engine in ENGINES.items()
    for kind in (Kind.ALWAYS, Kind.SOMETIMES, Kind.LEADS_TO)
    if settles(engine, kind)
]
"""What can be asked of a system without a clock and without agents, too."""
every_question = pytest.mark.parametrize(
    ("engine", "kind"),
    [(engine, kind) for engine, _, kind in QUESTIONS],
    ids=[f"{name}-{kind.value}" for _, name, kind in QUESTIONS],
)


def ask(kind: Kind, formula: Term) -> Property:
    """A question of some kind about `formula`."""
    return leads_to(EVER, formula) if kind is Kind.LEADS_TO else Property(kind, formula)


@every_question
def test_no_initial_state_is_a_mistake_not_a_proof(engine: Engine, kind: Kind) -> None:
    """Everything is true of a system that cannot start; no engine says so."""
    for init in (NEVER, z3.And(at(0), at(1)), z3.And(at(0), z3.Not(at(0)))):
        system = TransitionSystem("stillborn", (N,), init, ())
        with pytest.raises(ModelError, match="stillborn has no initial state"):
            engine(system, ask(kind, at(0)), BOUND, silent)


@every_question
def test_a_property_over_unknown_variables_is_refused(engine: Engine, kind: Kind) -> None:
    """A misspelt name is told to the author; it is not a variable that may be anything."""
    with pytest.raises(ModelError, match="'nn'"):
        engine(graph([(0, 1)]), ask(kind, z3.BitVec("nn", 3) == 0), BOUND, silent)


# --- sometimes ------------------------------------------------------------------------------------


@witness
def test_a_witness_is_shown(engine: Engine) -> None:
    """`sometimes` holds with a shortest run to a state of the kind."""
    system = jugs()
    result = engine(system, sometimes(BIG.term == 4), BOUND, silent)
    assert result.verdict is Verdict.HOLDS
    trace = replayed(result, system)
    assert (len(trace), trace.state(6)["big"]) == (6, 4)


@witness
def test_no_witness_is_a_failure_only_if_nothing_is_left_to_search(engine: Engine) -> None:
    """A complete search without a witness FAILS; one that was cut short is UNKNOWN, since nothing
    speaks for the witness and nothing against it.
    """
    system = counting(3)
    five = system.by_name["x"].term == 5
    result = engine(system, sometimes(five), Budget(depth=5), silent)
    assert (result.verdict, result.trace) == (Verdict.FAILS, None)
    assert result.evidence.complete
    ticking = clock(4)
    result = engine(ticking, sometimes(ticking.by_name["x"].term == 9), Budget(depth=8), silent)
    assert result.verdict is Verdict.UNKNOWN
    assert result.reason


# --- vacuity --------------------------------------------------------------------------------------


@safety
def test_a_vacuous_premise_is_reported(engine: Engine) -> None:
    """`n = 5 ⇒ …` holds of a system that ends at 3, and says nothing."""
    system = counting(3)
    x = system.by_name["x"].term
    result = engine(system, always(implies(x == 5, x == 6)), Budget(depth=6), silent)
    assert result.verdict is Verdict.HOLDS
    assert result.evidence.premise is False
    assert result.vacuous
    result = engine(system, always(implies(x == 3, x == 3)), Budget(depth=6), silent)
    assert result.evidence.premise is True
    assert not result.vacuous
    result = engine(system, always(z3.ULE(x, 3)), Budget(depth=6), silent)
    assert result.evidence.premise is None


@safety
def test_the_premise_of_a_failure_was_reached(engine: Engine) -> None:
    """Whoever breaks an implication has met its premise."""
    system = counting(3)
    x = system.by_name["x"].term
    result = engine(system, always(implies(x == 3, x == 4)), BOUND, silent)
    assert (result.verdict, result.evidence.premise) == (Verdict.FAILS, True)


@liveness
def test_a_call_that_never_comes_is_vacuous(engine: Engine) -> None:
    """Whatever calls for an answer has to occur."""
    result = engine(graph([(0, 1)]), leads_to(at(5), at(1)), Budget(), silent)
    assert (result.verdict, result.evidence.premise) == (Verdict.HOLDS, False)
    assert result.vacuous
    result = engine(graph([(0, 1)]), leads_to(at(0), at(1)), Budget(), silent)
    assert (result.verdict, result.evidence.premise) == (Verdict.HOLDS, True)


@every_question
def test_watches_tell_what_occurred(engine: Engine, kind: Kind) -> None:
    """Named conditions of the system, wherever in the search they occurred; they may read
    variables that matter to nothing else.
    """
    marked = Var("marked", Bool(), ghost=True)
    step = {"n": N.term + 1, "marked": N.term == 2}
    system = TransitionSystem(
        "watched",
        (N, marked),
        z3.And(at(0), z3.Not(marked.term)),
        (Action("up", (z3.ULT(N.term, 4),), step),),
        watches={
            "at the start": at(0),
            "half way": marked.term,
            "at the end": at(4),
            "beyond": at(5),
        },
    )
    goal = ask(kind, {Kind.ALWAYS: EVER, Kind.SOMETIMES: NEVER, Kind.LEADS_TO: at(4)}[kind])
    result = engine(system, goal, BOUND, silent)
    assert result.evidence.reached == {
        "at the start": True,
        "half way": True,
        "at the end": True,
        "beyond": False,
    }


# --- leads_to: runs that end, runs that go nowhere ------------------------------------------------


@liveness
def test_a_run_that_cannot_go_on_stutters(engine: Engine) -> None:
    """A deadlock on the way is a counterexample: a lasso that stays in its last state."""
    system = graph([(0, 1), (1, 2), (0, 3)])
    result = engine(system, leads_to(EVER, at(2)), Budget(), silent)
    assert result.verdict is Verdict.FAILS
    trace = replayed(result, system)
    assert (names_of(trace), trace.loop) == (["2: 0-3"], 1)


@liveness
def test_a_run_that_goes_round_where_it_is_goes_nowhere(engine: Engine) -> None:
    """The only infinite run takes an action that changes nothing."""
    system = graph([(0, 0)])
    result = engine(system, leads_to(EVER, at(1)), Budget(), silent)
    assert result.verdict is Verdict.FAILS
    trace = replayed(result, system)
    assert (names_of(trace), trace.loop) == (["0: 0-0"], 0)


@liveness
def test_a_target_on_every_way_is_reached(engine: Engine) -> None:
    """Whatever is done, sooner or later the target comes; afterwards anything may happen."""
    system = graph([(0, 1), (0, 2), (1, 3), (2, 3), (3, 0), (3, 4)])
    result = engine(system, leads_to(at(0), at(3)), Budget(), silent)
    assert result.verdict is Verdict.HOLDS
    assert result.evidence.complete


# --- limits ---------------------------------------------------------------------------------------


@safety
def test_a_bound_that_is_reached_is_named(engine: Engine) -> None:
    """HOLDS_UP_TO the bound, never HOLDS: here the bad state is one step beyond."""
    system = clock(4)
    result = engine(system, always(system.by_name["x"].term != 8), Budget(depth=7), silent)
    assert result.verdict is Verdict.HOLDS_UP_TO
    assert result.scope.steps == 7
    assert "7 steps" in result.scope.covers
    assert "bound of 7 steps" in result.reason
    assert not result.evidence.complete


@every_question
def test_a_memory_limit_settles_nothing_beyond_what_was_seen(engine: Engine, kind: Kind) -> None:
    """One megabyte is less than Python itself needs."""
    system = clock(8)
    x = system.by_name["x"].term
    formula = x != 200 if kind is Kind.ALWAYS else x == 200
    result = engine(system, ask(kind, formula), Budget(megabytes=1, depth=250), silent)
    assert result.verdict is (Verdict.HOLDS_UP_TO if kind is Kind.ALWAYS else Verdict.UNKNOWN)
    assert "memory limit of 1 MB" in result.reason
    assert not result.evidence.complete


@every_question
def test_a_time_out_is_unknown_with_its_reason(engine: Engine, kind: Kind) -> None:
    """No verdict is made of a lack of time."""
    system = clock(12)
    x = system.by_name["x"].term
    formula = x != 4000 if kind is Kind.ALWAYS else x == 4000
    result = engine(system, ask(kind, formula), Budget(seconds=0, depth=4000), silent)
    assert result.verdict is Verdict.UNKNOWN
    assert "time limit of 0 s" in result.reason
    assert not result.evidence.complete


@every_question
def test_an_interruption_keeps_what_is_known(engine: Engine, kind: Kind) -> None:
    """An observer that raises KeyboardInterrupt stops the engine: UNKNOWN, with what was seen
    until then, and not a traceback.
    """

    def after(looks: int) -> tuple[Callable[[Progress], None], list[Progress]]:
        seen: list[Progress] = []

        def observer(progress: Progress) -> None:
            seen.append(progress)
            if len(seen) >= looks:
                raise KeyboardInterrupt

        return observer, seen

    system = clock(6)
    x = system.by_name["x"].term
    formula = x != 60 if kind is Kind.ALWAYS else x == 60
    for looks in (1, 3):
        observer, seen = after(looks)
        result = engine(system, ask(kind, formula), Budget(depth=70), observer)
        assert result.verdict is Verdict.UNKNOWN
        assert "interrupted" in result.reason
        assert not result.evidence.complete
        assert result.depth is not None
        assert result.depth >= seen[looks - 1].depth
        if result.states is not None:
            assert result.states >= seen[looks - 1].states


@every_question
def test_progress_is_told(engine: Engine, kind: Kind) -> None:
    """Depth never goes back while an engine works."""
    seen: list[Progress] = []
    engine(counting(5), ask(kind, EVER), BOUND, seen.append)
    depths = [progress.depth for progress in seen]
    assert depths == sorted(depths)
    assert all(progress.phase for progress in seen)


# --- one check after another ----------------------------------------------------------------------


@every_question
def test_checks_in_one_process_do_not_interact(engine: Engine, kind: Kind) -> None:
    """A check gives the same answer after others on systems whose variables have the same names
    and other meanings, after a time-out, and after an interruption.
    """

    def answer() -> tuple[object, ...]:
        result = engine(jugs(), ask(kind, BIG.term == 4), BOUND, silent)
        return result.verdict, result.states, result.depth, result.trace, result.evidence

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    first = answer()
    big = Var("big", Bool())
    other = TransitionSystem("jugs", (big,), big.term, (Action("fill the big jug", (), {}),))
    engine(other, ask(kind, big.term), BOUND, silent)
    engine(clock(6), ask(kind, EVER), Budget(seconds=0), silent)
    engine(clock(6), ask(kind, EVER), BOUND, interrupt)
    assert answer() == first


@every_question
def test_results_say_who_found_out_and_under_which_assumptions(engine: Engine, kind: Kind) -> None:
    """The assumptions of the scenario are part of every scope."""
    system = TransitionSystem("assuming", (N,), at(0), (), assumptions={"loss": "none"})
    result = engine(system, ask(kind, EVER), BOUND, silent)
    assert result.scope.assumptions["loss"] == "none"
    assert "loss none" in str(result.scope)
    assert ENGINES[result.engine] is engine
    assert result.question.kind is kind
    assert result.cpu_seconds >= 0


def test_engines_agree() -> None:
    """Whatever is settled by two engines is settled in the same way, with runs of one length."""
    x = grid(2).by_name["x"].term
    for system, formula in (
        (jugs(), BIG.term != 4),
        (grid(2), x != 2),
        (bag(2), system_is_never_full()),
        (graph([(0, 1), (1, 2), (2, 0)]), z3.Not(at(2))),
        (graph([(0, 1), (1, 2), (2, 0)]), z3.Not(at(3))),
    ):
        results = [
            engine(system, always(formula), BOUND, silent)
            for engine in ENGINES.values()
            if settles(engine, Kind.ALWAYS)
        ]
        found = {len(r.trace) for r in results if r.trace is not None}
        assert len(found) <= 1
        assert len({r.trace is None for r in results}) == 1


def system_is_never_full() -> Term:
    """Not both places of the bag of two are taken."""
    return z3.Or(*(var.term == 0 for var in bag(2).variables))
