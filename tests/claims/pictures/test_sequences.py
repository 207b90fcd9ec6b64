"""How connections open and close: runs of the model, as short as can be."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import pytest

from tcpmodel.claims.formula import parse
from tcpmodel.claims.pictures.sequences import CLOSINGS, OPENINGS, Scene, of_scene, run_of
from tcpmodel.core.errors import ModelError
from tcpmodel.core.trace import Trace
from tcpmodel.semantics.interpret import compile_predicate
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

SEGMENTS: Mapping[str, int] = {
    "two": 2,
    "three": 3,
    "four": 4,
    "split": 4,
    "flags_only": 3,
    "syncookie": 3,
    "fast_open": 3,
    "simultaneous": 6,
    "simultaneous_a2": 4,
}


found = cache(run_of)


def controls(trace: Trace) -> list[str]:
    return [str(step.sent.fields["ctl"]) for step in trace.steps if step.sent]


@pytest.mark.parametrize("name", OPENINGS)
def test_how_many_messages_it_takes_to_open(name: str) -> None:
    """As many as its name says; the simultaneous open of RFC 9293 needs two more by the letter."""
    trace, hidden = found(OPENINGS[name])
    assert not hidden
    assert len(controls(trace)) == SEGMENTS[name]


@pytest.mark.parametrize("scene", [*OPENINGS.values(), *CLOSINGS.values()], ids=lambda s: s.title)
def test_it_is_a_run_that_reaches_its_goals(scene: Scene) -> None:
    """The model takes it again from its start, and its last state is the goal."""
    model = compose(scenario(scene.scenario))
    trace = retrace(found(scene)[0], model.system)
    last = trace.state(len(trace))
    codes = tuple(v.domain.encode(last[v.name]) for v in model.system.variables)
    goal = parse(f"sometimes({scene.goals[-1]})")(model).formula
    assert compile_predicate(model.system.variables, goal)(codes)


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("four", ["FIN,ACK", "ACK", "FIN,ACK", "ACK"]),
        ("three", ["FIN,ACK", "FIN,ACK", "ACK"]),
        ("simultaneous", ["FIN,ACK", "FIN,ACK", "ACK", "ACK"]),
        ("half", ["FIN,ACK", "ACK", "ACK", "ACK", "FIN,ACK", "ACK"]),
        ("abort", ["RST"]),
    ],
)
def test_what_is_sent_to_close(name: str, sent: list[str]) -> None:
    """After the steps that open the connection, which the chart leaves out."""
    trace, hidden = found(CLOSINGS[name])
    assert controls(trace)[3:] == sent
    assert [trace.state(hidden)[f"{agent}.state"] for agent in "AB"] == ["ESTABLISHED"] * 2


def test_a_goal_that_is_never_reached_is_told() -> None:
    """There is no chart of what does not happen."""
    scene = Scene("t", "rfc9293 incarnations=1 closes=nobody", ("A.state == CLOSING",), "s")
    with pytest.raises(ModelError, match="has no run to A"):
        of_scene(scene)
