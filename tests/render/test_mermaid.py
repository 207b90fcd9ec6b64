"""Runs as Mermaid sequence diagrams.

The grammar is Mermaid's as far as our diagrams use it, told again here; and Mermaid itself draws
them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.trace import Trace
from tcpmodel.render.mermaid import BREAK, escaped, mermaid
from tcpmodel.render.words import Fate, Story
from tests.render.mermaid_js import drawn, needs_mermaid
from tests.render.random_traces import random_traces
from tests.render.traces import half_open, lasso, lossy, normal, time_wait, toy

TEXT = r"(?:[^#;<>\"%{}$&`\n]|#\d+;|<br/>)+"
STATEMENTS = [
    rf"participant \w+(?: as {TEXT})?",
    rf"\w+(?:->>|-->>|-x|-\))\w+: {TEXT}",
    rf"Note over \w+(?:,\w+)?: {TEXT}",
    rf"loop {TEXT}",
    "end",
    r"accTitle: [\w .,()=+/→-]*",
]

NASTY = [
    *(
        "end",
        "end;",
        "#",
        "#35;",
        "a;b",
        "%%c",
        "%%{init: {}}%%",
        "style x:#35;y",
        "classDef a:#x;",
    ),
    *("nowrap: x", "wrap:x", "$$x^2$$", "<script>alert(1)</script>", "ﬂ°°35¶ß", "&amp;", "<br/>"),
    *("->>", "A->>B: x", "loop x", '"q"', "\\n", "`m`", "{a}", "[b]", '@{ "a": 1}', "的网络", "😀"),
]


def statements(diagram: str) -> list[str]:
    """The lines of a diagram, each of which is a statement that Mermaid knows."""
    first, *lines = diagram.splitlines()
    assert first == "sequenceDiagram"
    told = [line.removeprefix("    ") for line in lines]
    assert [s for s in told if not any(re.fullmatch(p, s) for p in STATEMENTS)] == []
    assert [s.partition(" ")[0] for s in told].count("loop") == told.count("end")
    return told


def arrows(diagram: str) -> list[str]:
    return [s for s in statements(diagram) if re.match(r"\w+-", s)]


def shown(text: str) -> str:
    """A text of a diagram as Mermaid shows it."""
    told = text.replace(BREAK, " ")
    return re.sub(r"#(\d+);", lambda m: chr(int(m[1])), told)


# --- what is drawn --------------------------------------------------------------------------------


def test_a_normal_life_is_arrows_and_notes() -> None:
    """Each message between the note of its sender and that of its receiver."""
    told = statements(mermaid(normal()))
    assert told[:9] == [
        "participant A",
        "participant B",
        "Note over A: CLOSED",
        "Note over B: LISTEN",
        "Note over A: 1 active OPEN → SYN-SENT",
        "A->>B: SYN seq=100",
        "Note over B: 2 SYN-RECEIVED",
        "B->>A: SYN,ACK seq=300 ack=101",
        "Note over A: 3 ESTABLISHED",
    ]
    assert told[-1] == "Note over A: 11 TIME-WAIT timeout → CLOSED"


def test_a_segment_that_arrives_later_stands_where_it_arrives() -> None:
    """Its sender's note says so; stale, it is dashed and tells its incarnation."""
    told = [shown(s) for s in statements(mermaid(half_open()))]
    assert told[4].endswith("incarnation 1, sends SYN seq=100 (received at step 4)")
    stale = "A-->>B: stale SYN seq=100 (sent at step 1 by incarnation 1)"
    assert told.index(stale) > told.index("A-)B: SYN seq=200 (still under way at the end)")
    assert told[told.index(stale) + 1].startswith("Note over B: 4 ESTABLISHED")


def test_losses_end_in_a_cross_and_repetitions_are_marked() -> None:
    """Lost by the network where that happens, or at once; sent again, received again."""
    told = [shown(s) for s in arrows(mermaid(lossy()))]
    assert told[:2] == ["A-xB: SYN seq=100 (lost at step 2)", "A->>B: ↻ SYN seq=100"]
    assert "A-xB: ACK seq=102 ack=301 (lost at once: the channel is full)" in told
    assert "A->>B: ACK seq=101 ack=301 (again, sent at step 6)" in told


def test_ticks_and_ages_are_told() -> None:
    """A tick concerns all; what a timer has left, its owner."""
    told = [shown(s) for s in statements(mermaid(time_wait()))]
    assert "Note over A,B: 8 tick 2" in told
    assert "Note over A: 8 no tick of TIME-WAIT left" in told
    assert any("3 ticks old" in s for s in told)


def test_a_loop_is_a_block() -> None:
    """Of a lasso, the steps that repeat; where nothing is enabled any more, a note."""
    told = statements(mermaid(lasso()))
    begin = told.index("loop from here it repeats for ever from step 3")
    assert [s[:13] for s in told[begin + 1 : told.index("end")]] == [
        "Note over A: ",
        "A-xB: ↻ SYN s",
    ]
    stuck = statements(mermaid(replace(normal(), loop=len(normal()))))
    assert "stutters for ever" in shown(stuck[-1])


def test_the_claim_stands_below() -> None:
    """Violated or witnessed, and why."""
    diagram = mermaid(normal(), claim="It is so.", why="step 3: x\nstep 4: y", title="A: #1")
    told = [shown(s) for s in statements(diagram)]
    assert told[0] == "accTitle: A 1"
    assert told[-3:] == [
        *("Note over A,B: violated: It is so.", "Note over A,B: step 3: x"),
        "Note over A,B: step 4: y",
    ]
    assert "witnessed: It is so." in mermaid(normal(), claim="It is so.", witness=True)


def test_other_systems_are_drawn_as_well() -> None:
    """Without endpoints and messages: a lane, and what changes."""
    told = [shown(s) for s in statements(mermaid(toy()))]
    assert told[0] == "participant p1 as chase"
    assert "Note over p1: 1 x+1, x 0 → 1" in told


# --- any run, any text ----------------------------------------------------------------------------


@settings(deadline=None, max_examples=60)
@given(trace=random_traces(), text=st.one_of(st.text(max_size=40), st.sampled_from(NASTY)))
def test_every_line_is_a_statement(trace: Trace, text: str) -> None:
    """Whatever a run does and a claim says; the same diagram every time; an arrow for each copy
    of each message between two who take part, ending in a cross if it is lost.
    """
    diagram = mermaid(trace, claim=text, why=text, title=text)
    assert diagram == mermaid(trace, claim=text, why=text, title=text)
    story = Story(trace)
    between = [f for f in story.flights if set(f.message.channel.split(">")) <= {*story.lanes}]
    drawn = arrows(diagram)
    assert len(drawn) == len(between)
    whole = (Fate.RECEIVED, Fate.UNDER_WAY)
    assert sum("-x" in s.partition(":")[0] for s in drawn) == sum(
        f.fate not in whole for f in between
    )


@given(text=st.one_of(st.text(), st.sampled_from(NASTY)))
def test_a_text_is_shown_as_it_is(text: str) -> None:
    """Escaped, it has nothing that Mermaid would obey, and reads as before."""
    told = escaped(text)
    assert re.fullmatch(TEXT, told)
    assert not re.search("style|classDef", told)
    plain = "".join(c if c.isprintable() else " " for c in text).strip()
    assert shown(told) == (plain or "-")


# --- Mermaid itself -------------------------------------------------------------------------------


@needs_mermaid
def test_mermaid_draws_them(tmp_path: Path) -> None:
    """No error, and every text is shown as it was meant."""
    runs = [normal(), half_open(), time_wait(), lossy(), lasso(), toy()]
    diagrams = [mermaid(run, claim="c", title="t") for run in runs]
    labelled = [replace(normal().steps[0], label=text, sent=None) for text in NASTY]
    diagrams += [mermaid(replace(normal(), steps=(step,))) for step in labelled]
    found = drawn(diagrams, tmp_path)
    for shown, text in zip(found[len(runs) :], NASTY, strict=True):
        assert f"1 {text} → SYN-SENT" in shown
