"""Traces: looking at a run, saving it, and reading what may not be one."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Value
from tcpmodel.core.trace import MAX_STEPS, SCHEMA, Message, Step, Trace


def step(action: str, **state: Value) -> Step:
    """A step of which only the action and the state after it matter."""
    return Step(action, "A", "step", "", "", (), None, None, overflow=False, state=state)


RUN = Trace("toy", {"x": 0, "y": False}, (step("up", x=1, y=False), step("set", x=1, y=True)))

# --- looking at a run -----------------------------------------------------------------------------


def test_states_are_counted_from_the_initial_one() -> None:
    """State 0 is the initial state, state i the one after step i."""
    assert len(RUN) == 2
    assert [RUN.state(i) for i in range(3)] == [
        {"x": 0, "y": False},
        {"x": 1, "y": False},
        {"x": 1, "y": True},
    ]


def test_changes_tell_only_what_changed() -> None:
    """A reader is shown what a step did, before and after."""
    assert RUN.changes(1) == {"x": (0, 1)}
    assert RUN.changes(2) == {"y": (False, True)}


@pytest.mark.parametrize("loop", [-1, 3])
def test_a_loop_starts_somewhere_in_the_run(loop: int) -> None:
    """A run of two steps has states 0, 1 and 2 to go back to, no others."""
    with pytest.raises(ModelError, match=f"the loop starts after step {loop}; there are 2"):
        Trace("toy", RUN.initial, RUN.steps, loop)
    for good in (None, 0, 1, 2):
        assert Trace("toy", RUN.initial, RUN.steps, good).loop == good


# --- saving and reading back ----------------------------------------------------------------------

names = st.text(max_size=8)
values: st.SearchStrategy[Value] = st.booleans() | st.integers() | st.text(max_size=5)
states = st.dictionaries(names, values, max_size=4)
messages = st.builds(Message, names, states, st.integers(0, 9))
steps = st.builds(
    Step,
    names,
    names,
    names,
    names,
    names,
    st.lists(names, max_size=2).map(tuple),
    st.none() | messages,
    st.none() | messages,
    overflow=st.booleans(),
    state=states,
)


@st.composite
def traces(draw: st.DrawFn) -> Trace:
    taken = tuple(draw(st.lists(steps, max_size=4)))
    loop = draw(st.none() | st.integers(0, len(taken)))
    return Trace(draw(names), draw(states), taken, loop)


@given(traces())
def test_a_saved_trace_is_read_back_as_it_was(trace: Trace) -> None:
    """Through the text of a JSON file and back, nothing is lost and nothing is added."""
    assert Trace.from_json(json.loads(json.dumps(trace.to_json()))) == trace


# --- reading what may not be a trace --------------------------------------------------------------


def saved(**changes: Any) -> dict[str, Any]:
    """A saved run with some of its parts replaced."""
    return RUN.to_json() | changes


def with_step(**changes: Any) -> dict[str, Any]:
    """A saved run whose first step has some of its parts replaced."""
    data = RUN.to_json()
    data["steps"][0] |= changes
    return data


MALFORMED: dict[str, Any] = {
    "nothing": None,
    "a number": 3,
    "a list": [],
    "a text": "trace",
    "an empty object": {},
    "another schema": saved(schema="tcpmodel-trace/99"),
    "a schema that is a list": saved(schema=[SCHEMA]),
    "no initial state": saved(initial=None),
    "an initial state that is a list": saved(initial=["x"]),
    "a fraction as a value": saved(initial={"x": 0.5}),
    "nothing as a value": saved(initial={"x": None}),
    "an object as a value": saved(initial={"x": {}}),
    "steps that are a number": saved(steps=7),
    "steps that are a text": saved(steps="up"),
    "steps that are an object": saved(steps={"up": 1}),
    "a step that is nothing": saved(steps=[None]),
    "a step without a state": with_step(state=None),
    "a message that is a text": with_step(received="SYN"),
    "a message without fields": with_step(sent={"channel": "A>B", "sent_at": 1}),
    "a message sent at infinity": with_step(
        sent={"channel": "A>B", "fields": {}, "sent_at": math.inf}
    ),
    "a message sent at no number": with_step(
        received={"channel": "A>B", "fields": {}, "sent_at": "yesterday"}
    ),
    "citations that are a number": with_step(cites=9293),
    "a loop that is a text": saved(loop="again"),
    "a loop that is infinity": saved(loop=math.inf),
    "a loop that is not a number": saved(loop=math.nan),
    "a loop beyond the end": saved(loop=3),
    "a loop before the start": saved(loop=-1),
}


@pytest.mark.parametrize("data", MALFORMED.values(), ids=MALFORMED)
def test_what_is_not_a_trace_is_refused(data: Any) -> None:
    """A file that was not written by us is the author's mistake, not a crash."""
    with pytest.raises(ModelError):
        Trace.from_json(data)


def test_the_refusal_says_what_is_wrong() -> None:
    """The schema that was found, the key that is missing."""
    with pytest.raises(ModelError, match=f"this trace has schema 'old', not '{SCHEMA}'"):
        Trace.from_json(saved(schema="old"))
    incomplete = saved()
    del incomplete["initial"]
    with pytest.raises(ModelError, match="not a saved trace: KeyError: 'initial'"):
        Trace.from_json(incomplete)


def test_a_huge_trace_is_refused_before_it_is_read() -> None:
    """The steps are counted first: here none of them is even an object."""
    with pytest.raises(ModelError, match=f"more than {MAX_STEPS} steps"):
        Trace.from_json(saved(steps=[None] * (MAX_STEPS + 1)))


def positions(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where in a JSON value its parts are."""
    if not isinstance(data, dict | list):
        return [path]
    inside = data.items() if isinstance(data, dict) else enumerate(data)
    return [path, *(p for key, part in inside for p in positions(part, (*path, key)))]


def replaced(data: Any, path: tuple[Any, ...], part: Any) -> Any:
    """`data` with the part at `path` replaced."""
    if not path:
        return part
    copy = dict(data) if isinstance(data, dict) else list(data)
    copy[path[0]] = replaced(data[path[0]], path[1:], part)
    return copy


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=5,
)


@given(traces(), st.data())
def test_a_tampered_file_is_read_or_refused_but_never_crashes(
    trace: Trace, data: st.DataObject
) -> None:
    """Any part of a saved trace may be replaced by any JSON value."""
    good = trace.to_json()
    path = data.draw(st.sampled_from(positions(good)))
    try:
        read = Trace.from_json(replaced(good, path, data.draw(json_values)))
    except ModelError:
        return
    assert isinstance(read, Trace)
