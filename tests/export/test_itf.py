"""Runs in the Informal Trace Format."""

from __future__ import annotations

import json
from typing import Any

import z3

from tcpmodel.claims.formula import parse
from tcpmodel.core.property import always, leads_to
from tcpmodel.core.trace import Trace
from tcpmodel.engines import explicit, liveness
from tcpmodel.export.itf import ACTION, itf
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tests.engines.toys import at, graph


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
