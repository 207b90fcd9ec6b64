"""Runs in the Informal Trace Format."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from tcpmodel.claims.formula import parse
from tcpmodel.core.property import always, leads_to
from tcpmodel.core.trace import Trace
from tcpmodel.engines import explicit, liveness
from tcpmodel.export.itf import ACTION, itf
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tests.engines.toys import at, graph
from tests.render.random_traces import random_traces
from tests.render.traces import lasso as tcp_lasso
from tests.render.traces import toy

SCHEMA = json.loads(Path(__file__).with_name("itf.schema.json").read_text("utf-8"))


def valid(data: Any) -> bool:
    """It is what the format's description asks for: its schema, a value for each variable in each
    state, a loop that begins at one of them.
    """
    if not Draft202012Validator(SCHEMA).is_valid(data):
        return False
    names = {*data.get("params", ()), *data["vars"]}
    states = [state.keys() - {"#meta"} for state in data["states"]]
    return all(state == names for state in states) and data.get("loop", 0) < len(states)


def number(value: Any) -> Any:
    """A value of the format as ours."""
    return int(value["#bigint"]) if isinstance(value, dict) else value


def test_a_run_is_written_state_by_state() -> None:
    """Every state with every variable, and the action that led to it; the rule is told beside."""
    model = compose(scenario("rfc9293 incarnations=1 capacity=1"))
    trace = explicit.check(model.system, parse("always(B.state != ESTABLISHED)")(model)).trace
    assert trace is not None
    data = json.loads(itf(trace, claim="never", verdict="FAILS"))
    assert data["#meta"]["format"] == "ITF"
    assert data["#meta"]["source"] == model.system.name
    assert data["#meta"]["status"] == "FAILS"
    assert data["params"] == []
    assert data["vars"] == [ACTION, *(v.name for v in model.system.variables)]
    assert "loop" not in data
    assert len(data["states"]) == len(trace) + 1
    for index, state in enumerate(data["states"]):
        assert state["#meta"]["index"] == index
        assert {n: number(state[n]) for n in data["vars"][1:]} == trace.state(index)
    assert [s[ACTION] for s in data["states"]] == ["init", *(s.action for s in trace.steps)]
    assert [s["#meta"]["says"] for s in data["states"][1:]] == [s.says for s in trace.steps]
    assert data["states"][-1]["B.state"] == "ESTABLISHED"


def lasso(edges: list[Any]) -> Trace:
    """A run that never reaches 3."""
    trace = liveness.check(graph(edges), leads_to(at(0), at(3))).trace
    assert trace is not None
    return trace


def test_a_loop_returns_to_one_of_its_states() -> None:
    """The state after the last step is the one where the loop begins; it is not written twice."""
    trace = lasso([(0, 1), (1, 2), (2, 1)])
    data = json.loads(itf(trace))
    assert data["loop"] == trace.loop == 1
    assert [number(s["n"]) for s in data["states"]] == [0, 1, 2]
    assert data["#meta"]["loop-action"] == trace.steps[-1].action


def test_a_run_that_stops_stutters_in_its_last_state() -> None:
    """The loop is the last state alone."""
    data = json.loads(itf(lasso([(0, 1)])))
    assert [number(s["n"]) for s in data["states"]] == [0, 1]
    assert data["loop"] == 1


def test_truth_values_and_numbers_are_told_apart() -> None:
    """True is not 1."""
    model = compose(scenario("rfc9293 incarnations=1 capacity=1"))
    trace = explicit.check(model.system, always(z3.Not(model.system.by_name["A.passive"].term)))
    assert trace.trace is None  # A never listens
    witness = explicit.check(model.system, parse("sometimes(A.state == SYN_SENT)")(model)).trace
    assert witness is not None
    first = json.loads(itf(witness))["states"][0]
    assert first["B.passive"] is True
    assert first["A.inc"] == {"#bigint": "0"}


# --- the description of the format ----------------------------------------------------------------


@settings(deadline=None, max_examples=40)
@given(trace=random_traces())
def test_whatever_happens_is_in_the_format(trace: Trace) -> None:
    """Runs of any kind, lassos as well: valid, and the values are the run's."""
    data = json.loads(itf(trace, claim="x"))
    assert valid(data)
    last = data["states"][-1]
    states = [trace.state(i) for i in range(len(trace) + 1)]
    written = {n: number(v) for n, v in last.items() if n not in ("#meta", ACTION)}
    assert written == states[len(data["states"]) - 1]


def test_lassos_and_other_systems_are_valid() -> None:
    """Loops that go round, a loop of a system that is no TCP."""
    for trace in (tcp_lasso(), toy(), lasso([(0, 1), (1, 2), (2, 1)]), lasso([(0, 1)])):
        data = json.loads(itf(trace))
        assert valid(data)
        assert data["loop"] == trace.loop


@pytest.mark.parametrize(
    "break_it",
    [
        lambda d: d.pop("vars"),
        lambda d: d["vars"].append("more"),
        lambda d: d["states"][0].pop("n"),
        lambda d: d["states"][0].update(n={"#bigint": 1}),
        lambda d: d["states"][0].update(n={"#bigint": "1", "more": 2}),
        lambda d: d["states"][0].update(n=1 << 53),
        lambda d: d["states"][0].update(n=1.5),
        lambda d: d["states"][0].update(n={"#number": "1"}),
        lambda d: d.update(loop=3),
        lambda d: d.update(more=1),
    ],
)
def test_the_schema_can_refuse(break_it: Any) -> None:
    """Otherwise it would say nothing."""
    good = json.loads(itf(lasso([(0, 1), (1, 2), (2, 1)])))
    assert valid(good)
    bad = deepcopy(good)
    break_it(bad)
    assert not valid(bad)
