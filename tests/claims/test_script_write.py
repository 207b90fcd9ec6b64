"""Runs of the model as written runs: what is written is read back as the same run."""

from __future__ import annotations

import re
from random import Random

import pytest

from tcpmodel.claims.script import play
from tcpmodel.claims.script_parse import parse_script
from tcpmodel.claims.script_write import written_run
from tcpmodel.core.errors import ModelError
from tcpmodel.core.trace import Trace
from tcpmodel.engines.simulate import simulate

from .samples import model


def states(trace: Trace) -> list[tuple[object, object]]:
    """What A and B pass through."""
    every = (trace.state(i) for i in range(len(trace) + 1))
    pairs = [(s["A.state"], s["B.state"]) for s in every]
    return [p for i, p in enumerate(pairs) if i == 0 or pairs[i - 1] != p]


@pytest.mark.parametrize("text", ["rfc9293 data=1 dup=1", "tw2 loss=1", "two_way roles=any"])
def test_random_runs_survive_being_written(text: str) -> None:
    """With losses, retransmissions, duplicates, ticks, from any start: played, they pass through
    the same states.
    """
    for seed in range(3):
        trace = simulate(model(text).system, None, seed, steps=25).trace
        written = written_run(trace, model(text).scenario)
        report = play(parse_script(written, "x"))
        assert report.is_run
        assert states(report.trace) == states(trace)


def rules(trace: Trace) -> list[str]:
    """The rules by which A, B and the clock have acted; what the network did is no rule."""
    own = (step.action for step in trace.steps if step.agent != "network")
    return [re.sub(r"\[\d+\]$", "", action) for action in own]


@pytest.mark.parametrize(
    "text",
    [
        "rfc9293 data=1 receiver=slow window=1",
        "tcp_tfo dup=1",
        "tw1 roles=both_active dup=any fin_piggyback=allowed",
        "rfc793 tw_reopen=rfc1122 crash=B",
        "syncookie isn=constant",
    ],
)
def test_the_player_takes_the_same_rules(text: str) -> None:
    """Random runs of very different scenarios: what is played is taken again by the reference, and
    it is, step by step, what the run did.
    """
    draw = Random(text)
    for _ in range(3):
        trace = simulate(model(text).system, None, draw.randrange(10**6), steps=30).trace
        if not any(step.sent for step in trace.steps):
            continue
        report = play(parse_script(written_run(trace, model(text).scenario), "x"))
        assert rules(report.trace) == rules(trace)


def test_forged_segments_have_no_line() -> None:
    """Nobody in the file could have sent them: it is refused, with the reason."""
    text = (
        "rfc793 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst guess=window"
    )
    runs = (simulate(model(text).system, None, seed, steps=12).trace for seed in range(20))
    forged = next(t for t in runs if any(s.label == "forged" for s in t.steps))
    with pytest.raises(ModelError, match="it cannot be written line by line: "):
        written_run(forged, model(text).scenario)


def test_nothing_happened_is_not_a_written_run() -> None:
    """A file without a message is none."""
    trace = simulate(model("rfc9293").system, None, 0, steps=0).trace
    with pytest.raises(ModelError, match="there is no message in it"):
        written_run(trace, model("rfc9293").scenario)
