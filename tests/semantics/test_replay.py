"""Replay: a run is executed again from names alone, and what the system cannot do is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.system import Action, Event, History, Receive, Send, TransitionSystem
from tcpmodel.core.terms import Counter, Enumeration, Term, Value, Var, Word
from tcpmodel.core.trace import Message, Step, Trace
from tcpmodel.semantics.interpret import Codes, Interpreter, interpreter
from tcpmodel.semantics.replay import Choice, choices_through, replay, retrace

# --- a lamp and a counter -------------------------------------------------------------------------

LAMP = Enumeration("lamp", ("off", "on"))
lamp, count = Var("lamp", LAMP), Var("count", Counter(3))
PRESS = Action(
    "press",
    (count.term != 3,),
    {"lamp": z3.If(lamp.term == 0, LAMP.term("on"), LAMP.term("off")), "count": count.term + 1},
    says="a press turns the lamp over",
    cites=("the manual, 1",),
    event=Event("user", "call", "press"),
)
FLICKER = Action("flicker", (lamp.term == 1,), {})
RESET = Action("reset", (count.term == 2,), {"count": count.term - 2})
SYSTEM = TransitionSystem(
    "lamp",
    (lamp, count),
    z3.And(lamp.term == 0, z3.ULE(count.term, 1)),
    (PRESS, FLICKER, RESET),
)


def run(*names: str, start: int = 0, loop: int | None = None) -> Trace:
    """The run of the lamp that takes these actions, from a count of `start`."""
    return replay(SYSTEM, [Choice(name) for name in names], initial=(0, start), loop=loop)


def test_a_run_is_executed_from_the_names_of_its_actions() -> None:
    """States are computed, and what is to be read is taken from the action."""
    trace = run("press", "flicker", "press")
    assert [dict(trace.state(i)) for i in range(4)] == [
        {"lamp": "off", "count": 0},
        {"lamp": "on", "count": 1},
        {"lamp": "on", "count": 1},
        {"lamp": "off", "count": 2},
    ]
    assert trace.steps[0] == Step(
        "press",
        "user",
        "call",
        "press",
        "a press turns the lamp over",
        ("the manual, 1",),
        None,
        None,
        overflow=False,
        state={"lamp": "on", "count": 1},
    )
    assert (trace.system, trace.loop) == ("lamp", None)


def test_an_action_that_is_not_enabled_is_refused() -> None:
    """The refusal names the step, counted from 1, and the action."""
    with pytest.raises(EngineError, match="step 1: flicker is not enabled"):
        run("flicker")
    with pytest.raises(EngineError, match="step 4: press is not enabled"):
        run("press", "press", "press", "press")


def test_an_unknown_action_is_refused() -> None:
    """A name that the system does not have, in any step."""
    with pytest.raises(EngineError, match="lamp has no action 'kick'"):
        run("press", "kick")


def test_a_run_starts_in_an_initial_state() -> None:
    """One that breaks the initial condition is refused; with several, one has to be named."""
    assert run("press", start=1).state(1)["count"] == 2
    with pytest.raises(EngineError, match="does not start in an initial state"):
        run(start=2)
    with pytest.raises(EngineError, match="lamp has several initial states; name one"):
        replay(SYSTEM, [])
    single = replace(SYSTEM, init=z3.And(lamp.term == 0, count.term == 1))
    assert replay(single, [Choice("press")]).initial == {"lamp": "off", "count": 1}
    none = replace(SYSTEM, init=z3.BoolVal(False))
    with pytest.raises(EngineError, match="lamp has no initial state"):
        replay(none, [])


def test_a_loop_closes() -> None:
    """The last state is the one the loop starts from: on, off and back is a loop once the count
    is reset, not before.
    """
    assert run("press", "press", "reset", loop=0).loop == 0
    assert run("press", "flicker", loop=1).loop == 1
    with pytest.raises(EngineError, match="the loop of the trace does not close: step 0"):
        run("press", "press", loop=0)


def test_a_run_stops_only_where_nothing_can_happen() -> None:
    """A loop without steps stutters for ever; a run that could go on does not."""
    stopped = run("press", "press", start=1, loop=2)
    assert stopped.state(2) == {"lamp": "off", "count": 3}
    with pytest.raises(EngineError, match="does not stop after step 1: press is enabled"):
        run("press", loop=1)


# --- traces of unknown origin ---------------------------------------------------------------------


def tampered(trace: Trace, index: int, **values: Value) -> Trace:
    """`trace` with other values claimed in the state after step `index`."""
    if index == 0:
        return replace(trace, initial={**trace.initial, **values})
    steps = list(trace.steps)
    steps[index - 1] = replace(steps[index - 1], state={**steps[index - 1].state, **values})
    return replace(trace, steps=tuple(steps))


def test_a_saved_run_is_accepted() -> None:
    """What was computed here, saved and read back, is computed again."""
    for trace in (run(), run("press", "press", "reset", loop=0), run("press", start=1)):
        assert retrace(Trace.from_json(trace.to_json()), SYSTEM) == trace


def test_a_tampered_state_is_named_by_step_and_variable() -> None:
    """The file claims another value than the model computes."""
    trace = run("press", "press")
    with pytest.raises(ModelError, match="step 2: the file says count = 3, the model 2"):
        retrace(tampered(trace, 2, count=3), SYSTEM)
    with pytest.raises(ModelError, match="step 1: the file says lamp = off, the model on"):
        retrace(tampered(trace, 1, lamp="off"), SYSTEM)
    silent = replace(trace.steps[0], state={"lamp": "on"})
    with pytest.raises(ModelError, match="step 1: the file says count = None, the model 1"):
        retrace(replace(trace, steps=(silent, trace.steps[1])), SYSTEM)


def test_what_is_no_run_is_the_fault_of_the_file() -> None:
    """Not ours: the refusal is a `ModelError` that says so, for every kind of disagreement."""
    trace = run("press", "press")
    kicked = replace(trace, steps=(replace(trace.steps[0], action="kick"),))
    thrice = run("press", "press", "press")
    for bad, reason in (
        (kicked, "this is not a run of lamp: step 1: lamp has no action 'kick'"),
        (replace(thrice, steps=(*thrice.steps, thrice.steps[2])), "step 4: press is not enabled"),
        (replace(trace, loop=1), "the loop of the trace does not close"),
        (replace(trace, loop=2), "does not stop after step 2"),
        (tampered(trace, 0, lamp="on"), "does not start in an initial state"),
        (tampered(trace, 0, lamp="blue"), "lamp has no value 'blue'"),
        (replace(trace, initial={"lamp": "off"}), "the state does not say what count is"),
    ):
        with pytest.raises(ModelError, match=reason):
            retrace(bad, SYSTEM)


def test_what_a_file_tells_in_words_does_not_count() -> None:
    """Sentences, citations and events of a trace are the model's, whatever the file says."""
    trace = run("press")
    lying = replace(trace.steps[0], says="nothing happened", agent="nobody", cites=())
    assert retrace(replace(trace, steps=(lying,)), SYSTEM) == trace


# --- messages: every one carries, as a ghost, the step that sent it -------------------------------

LONGEST = 20

BODY, TAG = Counter(2), Counter(LONGEST)
NOW = Var("now", TAG, ghost=True)
NEXT = z3.If(NOW.term == LONGEST, NOW.term, NOW.term + 1)


def network(order: str, capacity: int = 3) -> TransitionSystem:
    """A sends, B receives and answers; the network loses and duplicates what is under way.

    An empty place has body 0.  A message goes to the first empty place; the copy of one that is
    first in a queue goes right behind it.
    """
    there, back = (_places(name, capacity) for name in ("A>B", "B>A"))
    actions = [
        _acts(f"A sends {body}", _put(there, body), sends=_sent("A>B", there, body))
        for body in (1, 2)
    ]
    for name, places in (("A>B", there), ("B>A", back)):
        takable = places[:1] if order == "fifo" else places
        for i, (body, tag) in enumerate(takable):
            received = Receive(
                name, i, {"body": body.term, "tag": tag.term}, shifts=order == "fifo"
            )
            here, gone = body.term != 0, _without(places, i, order)
            copied = _copied(places, i, order)
            actions += [
                _acts(f"{name}[{i}] received", gone, here, receives=received),
                _acts(f"{name}[{i}] lost", gone, here, receives=received),
                _acts(
                    f"{name}[{i}] duplicated",
                    copied,
                    z3.And(here, _room(places)),
                    receives=replace(received, keeps=True),
                ),
            ]
            if name == "A>B":
                actions.append(
                    _acts(
                        f"{name}[{i}] answered",
                        gone | _put(back, body.term),
                        here,
                        receives=received,
                        sends=_sent("B>A", back, body.term),
                    )
                )
    slots = [tuple((b.name, t.name) for b, t in places) for places in (there, back)]
    variables = (NOW, *(var for place in (*there, *back) for var in place))
    return TransitionSystem(
        order,
        variables,
        z3.And(*(var.term == 0 for var in variables)),
        tuple(actions),
        message={"body": BODY, "tag": TAG},
        interchangeable=tuple(slots) if order == "bag" else (),
    )


Places = list[tuple[Var, Var]]


def _places(name: str, capacity: int) -> Places:
    return [
        (Var(f"{name}[{i}].body", BODY), Var(f"{name}[{i}].tag", TAG, ghost=True))
        for i in range(capacity)
    ]


def _room(places: Places) -> Term:
    return z3.Or(*(body.term == 0 for body, _ in places))


def _put(places: Places, body: Term | int, tag: Term = NEXT) -> dict[str, Term]:
    updates, full = {}, z3.BoolVal(True)
    for b, t in places:
        here = z3.And(full, b.term == 0)
        updates[b.name] = z3.If(here, body, b.term)
        updates[t.name] = z3.If(here, tag, t.term)
        full = z3.And(full, b.term != 0)
    return updates


def _without(places: Places, index: int, order: str) -> dict[str, Term]:
    if order == "bag":
        return {var.name: z3.BitVecVal(0, var.domain.bits) for var in places[index]}
    behind: list[tuple[Term, Term]] = [(b.term, t.term) for b, t in places[1:]]
    behind.append((z3.BitVecVal(0, BODY.bits), z3.BitVecVal(0, TAG.bits)))
    return {
        var.name: term
        for place, moved in zip(places, behind, strict=True)
        for var, term in zip(place, moved, strict=True)
    }


def _copied(places: Places, index: int, order: str) -> dict[str, Term]:
    if order == "bag":
        body, tag = places[index]
        return _put(places, body.term, tag.term)
    return {
        var.name: ahead.term
        for place, behind in pairwise(places)
        for ahead, var in zip(place, behind, strict=True)
    }


def _sent(name: str, places: Places, body: Term | int) -> Send:
    term = z3.BitVecVal(body, BODY.bits) if isinstance(body, int) else body
    return Send(name, {"body": term, "tag": NEXT}, _room(places))


def _acts(
    name: str,
    updates: dict[str, Term],
    guard: Term | None = None,
    receives: Receive | None = None,
    sends: Send | None = None,
) -> Action:
    label = name.rsplit("]", maxsplit=1)[-1]
    event = Event("network", "network", label, receives=receives, sends=sends)
    guards = () if guard is None else (guard,)
    return Action(name, guards, {**updates, NOW.name: NEXT}, event=event)


NETWORKS = {order: network(order) for order in ("bag", "fifo")}
START: Codes = (0,) * len(NETWORKS["bag"].variables)
WALKERS = {order: interpreter(NETWORKS[order], canonical=False) for order in NETWORKS}
SORTING = interpreter(NETWORKS["bag"])


def wander(walker: Interpreter, data: st.DataObject) -> list[tuple[int, Codes]]:
    """A random walk: its actions, and the states after them."""
    state, walk = START, list[tuple[int, Codes]]()
    for _ in range(data.draw(st.integers(0, LONGEST))):
        action, state = data.draw(st.sampled_from(walker.successors(state)))
        walk.append((action, state))
    return walk


@pytest.mark.parametrize("order", NETWORKS)
@settings(max_examples=20)
@given(data=st.data())
def test_every_message_is_traced_to_the_step_that_sent_it(order: str, data: st.DataObject) -> None:
    """Through loss, duplication, overtaking and moving up, the step that a received message is
    said to come from is the one that it carries inside.
    """
    system = NETWORKS[order]
    walk = wander(WALKERS[order], data)
    trace = replay(system, [Choice(system.actions[a].name) for a, _ in walk])
    for number, (step, (action, _)) in enumerate(zip(trace.steps, walk, strict=True), 1):
        event, before = system.actions[action].event, trace.state(number - 1)
        assert (step.received is None) == (event.receives is None)
        assert (step.sent is None) == (event.sends is None)
        if step.received is not None and event.receives is not None:
            assert step.received.sent_at == step.received.fields["tag"] != 0
            place = f"{event.receives.channel}[{event.receives.slot}]"
            assert step.received.fields["body"] == before[f"{place}.body"]
        if step.sent is not None:
            assert step.sent.sent_at == step.sent.fields["tag"] == number
            full = all(before[f"{step.sent.channel}[{i}].body"] != 0 for i in range(3))
            assert step.overflow == full


def test_a_message_without_room_is_lost_at_once() -> None:
    """The fourth of four is said to overflow, and nobody ever receives it."""
    takes = [Choice("A>B[0] received")] * 3
    trace = replay(NETWORKS["fifo"], [*[Choice("A sends 1")] * 4, *takes])
    assert [s.overflow for s in trace.steps[:4]] == [False, False, False, True]
    assert [s.received and s.received.sent_at for s in trace.steps[4:]] == [1, 2, 3]


@settings(max_examples=20)
@given(data=st.data())
def test_a_canonical_path_is_told_as_a_run(data: st.DataObject) -> None:
    """In sorted states a message moves about; told for people, it stays in its place, and the
    run passes through the same states up to sorting.
    """
    path = wander(SORTING, data)
    trace = replay(NETWORKS["bag"], choices_through(SORTING, path, START))
    told = [SORTING.canonical(SORTING.encode(trace.state(i + 1))) for i in range(len(path))]
    assert told == [after for _, after in path]


# --- histories: a channel without state -----------------------------------------------------------

GOT, CLOCK, SEG = Var("got", Word(3)), Var("clock", Counter(4)), Var("seg.x", Word(3))


def history(lifetime: int | None = None) -> TransitionSystem:
    """A sends numbers, and B may receive each of them at any later time, again and again, until
    it is `lifetime` ticks old; then it is gone as soon as anything at all has been received.
    """
    arrives = Receive("A>B", None, {"x": SEG.term}, keeps=True)
    back = Receive("B>A", None, {"x": SEG.term}, keeps=True)
    sends = [
        Action(
            f"send {x}",
            (),
            {},
            event=Event(sends=Send("A>B", {"x": z3.BitVecVal(x, 3)}, z3.BoolVal(True))),
        )
        for x in (1, 2)
    ]
    tick = Action("tick", (CLOCK.term != 4,), {"clock": CLOCK.term + 1})
    small = SEG.term != 1
    return TransitionSystem(
        "history",
        (GOT, CLOCK),
        z3.And(GOT.term == 0, CLOCK.term == 0),
        (
            *sends,
            Action("receive", (), {"got": SEG.term}, event=Event(receives=arrives)),
            Action("receive 2", (small,), {"got": SEG.term}, event=Event(receives=arrives)),
            Action("return", (), {}, event=Event(receives=back)),
            tick,
        ),
        inputs=(SEG,),
        message={"x": Word(3)},
        history=History("clock", lifetime, GOT.term != 0) if lifetime else History(),
    )


def sends_and(*choices: Choice | str) -> Sequence[Choice]:
    """Sends 1 and 2, then goes on."""
    given_names = ["send 1", "send 2", *choices]
    return [Choice(c) if isinstance(c, str) else c for c in given_names]


def test_on_a_history_whatever_was_sent_may_arrive_in_any_order_and_again() -> None:
    """Each receipt names the step of the sending, and reads what was sent there."""
    trace = replay(history(), sends_and(*(Choice("receive", i) for i in (2, 1, 2))))
    assert [trace.state(i)["got"] for i in range(6)] == [0, 0, 0, 2, 1, 2]
    assert [s.received for s in trace.steps[2:]] == [
        Message("A>B", {"x": x}, sent_at) for x, sent_at in ((2, 2), (1, 1), (2, 2))
    ]
    assert retrace(Trace.from_json(trace.to_json()), history()) == trace


@pytest.mark.parametrize("sent_at", [None, -1, 0, 3, 4, 99])
def test_on_a_history_nothing_arrives_that_was_not_sent(sent_at: int | None) -> None:
    """Not from a step that sent nothing, nor from the step itself, nor from the future."""
    with pytest.raises(EngineError, match=f"step 4: nothing was sent on A>B at {sent_at}"):
        replay(history(), sends_and("tick", Choice("receive", sent_at)))


def test_a_message_may_be_under_way_before_the_run() -> None:
    """If the run tells all its fields; the trace says that it was sent at 0.  What was sent in the
    run reads as it was sent, whatever is told.
    """
    before = replay(history(), [Choice("receive", 0, {SEG.name: 5})])
    assert before.state(1)["got"] == 5
    assert before.steps[0].received == Message("A>B", {"x": 5}, 0)
    assert replay(history(), sends_and(Choice("receive", 1, {SEG.name: 5}))).state(3)["got"] == 1
    with pytest.raises(EngineError, match="step 1: nothing was sent on A>B at 0"):
        replay(history(), [Choice("receive", 0, {"other": 5})])


def test_on_a_history_channels_and_guards_are_kept() -> None:
    """What went to B does not arrive at A, and the guard reads the message that arrives."""
    with pytest.raises(EngineError, match="nothing was sent on B>A at 1"):
        replay(history(), sends_and(Choice("return", 1)))
    with pytest.raises(EngineError, match="step 3: receive 2 is not enabled"):
        replay(history(), sends_and(Choice("receive 2", 1)))
    assert replay(history(), sends_and(Choice("receive 2", 2))).state(3)["got"] == 2


def test_on_a_history_messages_expire() -> None:
    """Younger than its lifetime a message arrives, older not; at the very age it depends on
    whether the timers have fired, which here means that something has been received.
    """
    system = history(lifetime=2)
    in_time = replay(system, sends_and("tick", "tick", Choice("receive", 1)))
    assert in_time.state(5)["got"] == 1
    with pytest.raises(EngineError, match="step 6: the message is 2 ticks old and gone"):
        replay(system, sends_and("tick", "tick", Choice("receive", 1), Choice("receive", 2)))
    with pytest.raises(EngineError, match="step 6: the message is 3 ticks old and gone"):
        replay(system, sends_and("tick", "tick", "tick", Choice("receive", 1)))
    assert replay(history(), sends_and(*["tick"] * 4, Choice("receive", 1))).state(7)["got"] == 1


def test_a_saved_run_may_not_point_outside_itself() -> None:
    """A file that says that a message was sent before the start is refused like any other."""
    trace = replay(history(), sends_and(Choice("receive", 1)))
    for sent_at in (-5, 0, 3, 10**9):
        last = replace(trace.steps[2], received=Message("A>B", {"x": 1}, sent_at))
        with pytest.raises(ModelError, match=f"nothing was sent on A>B at {sent_at}"):
            retrace(replace(trace, steps=(*trace.steps[:2], last)), history())


def test_on_a_history_fields_go_by_their_names() -> None:
    """In whichever order a sender fills them in, and the receiver reads them."""
    x, y = Var("seg.x", Word(3)), Var("seg.y", Word(3))
    sends = Send("A>B", {"y": z3.BitVecVal(2, 3), "x": z3.BitVecVal(1, 3)}, z3.BoolVal(True))
    receives = Receive("A>B", None, {"x": x.term, "y": y.term}, keeps=True)
    system = TransitionSystem(
        "two fields",
        (GOT,),
        GOT.term == 0,
        (
            Action("send", (), {}, event=Event(sends=sends)),
            Action("receive", (y.term == 2,), {"got": x.term}, event=Event(receives=receives)),
        ),
        inputs=(x, y),
        message={"x": Word(3), "y": Word(3)},
        history=History(),
    )
    trace = replay(system, [Choice("send"), Choice("receive", 1)])
    assert trace.state(2)["got"] == 1
    assert trace.steps[1].received == Message("A>B", {"x": 1, "y": 2}, 1)
