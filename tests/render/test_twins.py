"""Runs that cannot be told apart, as one chart."""

from __future__ import annotations

from itertools import combinations
from xml.etree import ElementTree

from hypothesis import given, settings

from tcpmodel.core.trace import Trace
from tcpmodel.render import typeset
from tcpmodel.render.layout import layout
from tcpmodel.render.sheet import Box
from tcpmodel.render.twins import likenesses, twin_chart

from .random_traces import random_traces
from .traces import Run, half_open, lossy, normal

SVG = "{http://www.w3.org/2000/svg}"


def answered() -> Trace:
    """B hears nothing of what becomes of its answer: here it arrives."""
    run = Run(B__state="LISTEN")
    syn = run.call("A", "active OPEN", A__state="SYN-SENT", sends="SYN seq=100 ack=0")
    synack = run.receive(syn, B__state="SYN-RECEIVED", sends="SYN,ACK seq=300 ack=101")
    run.receive(synack, A__state="ESTABLISHED")
    return run.trace()


def unanswered() -> Trace:
    """… and here it is lost, after A has waited."""
    run = Run(B__state="LISTEN")
    syn = run.call("A", "active OPEN", A__state="SYN-SENT", sends="SYN seq=100 ack=0")
    run.timer("A", "retransmission timeout", sends="SYN seq=100 ack=0")
    synack = run.receive(syn, B__state="SYN-RECEIVED", sends="SYN,ACK seq=300 ack=101")
    run.lose(synack)
    return run.trace()


def test_what_looks_the_same_is_said_in_both_runs() -> None:
    """B does the same at step 2 of one run and at step 3 of the other; nothing else is B's."""
    (here,), (there,) = likenesses(answered(), [("B", unanswered())])
    assert dict(here.steps) == {2: "= step 3 of run 2"}
    assert dict(there.steps) == {3: "= step 2 of run 1"}
    drawn = layout(answered(), alike=[here])
    said = [label.text for label in drawn.labels if label.style is typeset.SAME]
    assert " ".join(said) == "= step 3 of run 2 the end looks the same to B as the end of run 2"
    (shade,) = drawn.shaded
    state = next(a for a in drawn.labels if a.text == "SYN-RECEIVED")
    assert shade.contains(state.box)


def test_what_differs_is_not_said_to_be_the_same() -> None:
    """A receives the answer in one run only: of its steps only the first is the same."""
    (here,), _ = likenesses(answered(), [("A", unanswered())])
    assert dict(here.steps) == {1: "= step 1 of run 2"}


def test_every_run_is_there_with_its_heading_and_its_steps() -> None:
    """One group a run, each with its own steps; the claim once, below all; the text as well."""
    svg = twin_chart(
        normal(), [("B", lossy()), ("A", half_open())], claim="They agree.", title="T & U"
    )
    root = ElementTree.fromstring(svg)
    runs = [g for g in root.iter(f"{SVG}g") if g.get("class") == "run"]
    assert [g.get("data-run") for g in runs] == ["1", "2", "3"]
    for group, trace in zip(runs, (normal(), lossy(), half_open()), strict=True):
        steps = {g.get("data-step") for g in group.iter(f"{SVG}g") if g.get("class") == "step"}
        assert steps == {str(index) for index in range(len(trace) + 1)}
    texts = ["".join(t.itertext()) for t in root.iter(f"{SVG}text")]
    assert "Run 2: B cannot tell it from run 1" in texts
    assert "Run 3: A cannot tell it from run 2" in texts
    assert texts.count("They agree.") == 1
    assert root.findtext(f"{SVG}title") == "T & U"
    assert "B cannot tell run 1 from run 2" in (root.findtext(f"{SVG}desc") or "")


def test_a_run_is_not_drawn_twice() -> None:
    """Where what should be known is false in the run itself, that is said instead."""
    svg = twin_chart(normal(), [("A", normal())], claim="A knows it.", why="because")
    assert svg.count('class="run"') == 1
    texts = ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]
    assert "what A should know is not so at the end of run 1" in texts
    assert not any("Run 1" in line or "looks the same" in line for line in texts)


@settings(max_examples=40, deadline=None)
@given(random_traces(most=15), random_traces(most=15))
def test_no_two_labels_overlap(one: Trace, other: Trace) -> None:
    """What is said of likeness has room of its own, whatever the runs are."""
    agent = "A" if "A.state" in other.initial else "P" if "P.state" in other.initial else ""
    if not all(f"{agent}.state" in run.initial for run in (one, other)):
        return
    for run, alike in zip((one, other), likenesses(one, [(agent, other)]), strict=True):
        drawn = layout(run, alike=alike)
        canvas = Box(0, 0, drawn.width, drawn.height)
        assert all(canvas.contains(label.box) for label in drawn.labels)
        assert not any(a.box.overlaps(b.box) for a, b in combinations(drawn.labels, 2))
        assert all(canvas.contains(box) for box in drawn.shaded)
