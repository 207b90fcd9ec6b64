"""Unrolling: runs as formulas, on slots and on histories."""

from __future__ import annotations

from typing import Any

import pytest
import z3

from tcpmodel.core.cone import cone
from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import Action, Event, History, Receive, Send, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Enumeration, Var, Word
from tcpmodel.semantics.interpret import interpreter
from tcpmodel.semantics.replay import replay
from tcpmodel.semantics.unroll import Unrolling, start_like

COLOUR = Var("colour", Enumeration("colour", ("red", "green", "blue")))
LIT = Var("lit", Bool())
NOW = Var("now", Word(3))
LATE = Var("late", Bool())
GOT = Var("got", Word(2))
NOTE = Var("note", Word(2), ghost=True)
READ = Var("in.number", Word(2))
REMARK = Var("in.remark", Word(2), ghost=True)


def lamp() -> TransitionSystem:
    """Any colour to start with; it turns while lit and can be lit once."""
    following = z3.If(COLOUR.term == 2, z3.BitVecVal(0, 2), COLOUR.term + 1)
    return TransitionSystem(
        "lamp",
        (COLOUR, LIT),
        z3.Not(LIT.term),
        (
            Action("light", (z3.Not(LIT.term),), {"lit": z3.BoolVal(True)}),
            Action("turn", (LIT.term,), {"colour": following}),
        ),
    )


def post(lifetime: int | None = 1) -> TransitionSystem:
    """Numbers are sent on two channels and received later, while they live."""
    fields = {"number": READ.term, "remark": REMARK.term}

    def sends(channel: str, number: int) -> Event:
        sent = {"number": z3.BitVecVal(number, 2), "remark": NOTE.term}
        return Event(sends=Send(channel, sent, z3.BoolVal(True)))

    def receives(channel: str) -> Event:
        return Event(receives=Receive(channel, None, fields, keeps=True))

    take = {"got": READ.term, "note": REMARK.term}
    return TransitionSystem(
        "post",
        (NOW, LATE, GOT, NOTE),
        z3.And(NOW.term == 0, z3.Not(LATE.term), GOT.term == 0, NOTE.term == 1),
        (
            Action("send one", (), {}, event=sends("to", 1)),
            Action("send two", (), {}, event=sends("to", 2)),
            Action("send three", (), {}, event=sends("fro", 3)),
            Action("receive", (READ.term != 2,), take, event=receives("to")),
            Action("receive fro", (), take, event=receives("fro")),
            Action("be late", (), {"late": z3.BoolVal(True)}),
            Action("tick", (NOW.term != 7,), {"now": NOW.term + 1, "late": z3.BoolVal(False)}),
        ),
        inputs=(READ, REMARK),
        message={"number": READ.domain, "remark": REMARK.domain},
        history=History("now", lifetime, LATE.term),
    )


def runs(system: TransitionSystem, names: list[str]) -> Any:
    """A solver that holds the runs of these actions, and the unrolling."""
    unrolled, solver = Unrolling(system), z3.SolverFor("QF_BV")
    solver.add(unrolled.start())
    for index, name in enumerate(names):
        solver.add(*unrolled.step(index))
        place = [a.name for a in unrolled.actions].index(name)
        solver.add(unrolled.taken(index) == place)
    return solver, unrolled


def possible(system: TransitionSystem, *names: str) -> bool:
    """Whether the actions can be taken one after the other; if so, the run is replayed."""
    solver, unrolled = runs(system, list(names))
    if solver.check() != z3.sat:
        return False
    model = solver.model()
    choices = unrolled.choices(model, len(names))
    assert [choice.action for choice in choices] == list(names)
    trace = replay(system, choices, initial=unrolled.state(model, 0))
    for index in range(len(names) + 1):
        codes = unrolled.state(model, index)
        state = {v.name: v.domain.decode(c) for v, c in zip(system.variables, codes, strict=True)}
        assert state == trace.state(index)
    return True


def test_the_states_of_a_formula_are_those_of_the_interpreter() -> None:
    """After n steps the models are exactly the states that the interpreter reaches in n steps."""
    system = lamp()
    compiled = interpreter(system)
    level = set(compiled.initial())
    unrolled, solver = Unrolling(system), z3.SolverFor("QF_BV")
    solver.add(unrolled.start())
    for index in range(4):
        found = set()
        solver.push()
        while solver.check() == z3.sat:
            codes = unrolled.state(solver.model(), index)
            found.add(codes)
            here = [
                v.term == v.domain.term(v.domain.decode(c))
                for v, c in zip(system.variables, codes, strict=True)
            ]
            solver.add(z3.Not(unrolled.at(z3.And(here), index)))
        solver.pop()
        assert found == level
        level = {after for state in level for _, after in compiled.successors(state)}
        solver.add(*unrolled.step(index))


def test_patterns_outside_a_domain_are_no_states() -> None:
    """A variable that the initial condition leaves open starts within its domain."""
    solver, unrolled = runs(lamp(), [])
    assert solver.check(unrolled.at(COLOUR.term == 3, 0)) == z3.unsat


def test_a_system_without_actions_has_no_step() -> None:
    """No action, no step."""
    unrolled = Unrolling(TransitionSystem("still", (LIT,), LIT.term, ()))
    solver = z3.SolverFor("QF_BV")
    solver.add(unrolled.start())
    assert solver.check() == z3.sat
    solver.add(*unrolled.step(0))
    assert solver.check() == z3.unsat


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (["receive"], False),
        (["send one", "receive"], True),
        (["send one", "receive", "receive"], True),
        (["send two", "receive"], False),
        (["send two", "send one", "receive"], True),
        (["send three", "receive"], False),
        (["send three", "receive fro"], True),
        (["send one", "tick", "receive"], True),
        (["send one", "tick", "be late", "receive"], False),
        (["send one", "be late", "receive"], True),
        (["send one", "tick", "tick", "receive"], False),
        (["send one", "tick", "send one", "tick", "receive"], True),
    ],
)
def test_a_message_arrives_where_it_was_sent_to_while_it_lives(
    names: list[str], expected: bool
) -> None:
    """Nothing arrives before it was sent, on another channel, or after its lifetime."""
    assert possible(post(), *names) is expected


def test_without_a_lifetime_messages_live_for_ever() -> None:
    """What was sent may arrive at any later time."""
    assert possible(post(None), "send one", "be late", *["tick"] * 7, "receive")


def test_what_arrives_is_what_was_sent() -> None:
    """Every input shows the field of the one message that arrives, ghosts too."""
    solver, unrolled = runs(post(), ["send one", "send three", "receive fro"])
    both = z3.And(GOT.term == 3, NOTE.term == 1)
    assert solver.check(unrolled.at(z3.Not(both), 3)) == z3.unsat


def test_the_cone_of_a_history_keeps_what_is_read() -> None:
    """The clock, what ends a lifetime and the fields that inputs show stay; the rest goes."""
    small = cone(post(), [GOT.term == 3])
    assert [var.name for var in small.variables] == ["now", "late", "got"]
    assert [var.name for var in small.inputs] == ["in.number"]
    for names in (["send two", "send one", "receive"], ["send one", "tick", "be late", "receive"]):
        assert possible(small, *names) is possible(post(), *names)
    assert [v.name for v in cone(post(None), [GOT.term == 3]).variables] == ["now", "got"]


def test_an_input_that_nothing_fills_is_refused() -> None:
    """Each message has to have a field for every input."""
    system = post()
    bare = Action(
        "send bare", (), {}, event=Event(sends=Send("to", {"number": READ.term}, z3.BoolVal(True)))
    )
    with pytest.raises(ModelError, match=r"send bare sends nothing that in\.remark could show"):
        Unrolling(
            TransitionSystem(
                "bare",
                system.variables,
                system.init,
                (*system.actions, bare),
                inputs=system.inputs,
                message=system.message,
                history=system.history,
            )
        )


def test_a_start_of_the_cone_is_one_of_the_whole() -> None:
    """The variables that the cone lost get values that the initial condition allows."""
    counter = Var("count", Counter(4))
    system = TransitionSystem(
        "two", (COLOUR, counter), z3.And(COLOUR.term != 0, counter.term == 3), ()
    )
    small = cone(system, [COLOUR.term == 2])
    assert [v.name for v in small.variables] == ["colour"]
    assert start_like(system, small, (2,)) == (2, 3)
