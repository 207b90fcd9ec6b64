"""Sequence charts: nothing overlaps, nothing is left out, and the SVG stands on its own."""

from __future__ import annotations

import re
from itertools import combinations
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.trace import Message, Trace
from tcpmodel.render import typeset
from tcpmodel.render.chart import chart
from tcpmodel.render.layout import Layout, layout
from tcpmodel.render.sheet import Box
from tcpmodel.render.typeset import Style
from tcpmodel.render.words import Fate, segment

from .random_traces import LABELS, random_traces
from .traces import SAMPLES, Run, half_open, lasso, lossy, message, normal, time_wait, toy

SVG = "{http://www.w3.org/2000/svg}"


def told(drawn: Layout, *styles: Style, step: int | None = None) -> list[str]:
    """The texts on a chart, of some kinds, of one step if given."""
    return [
        label.text
        for label in drawn.labels
        if label.style in styles and (step is None or label.step == step)
    ]


def texts(svg: str) -> list[str]:
    """What a reader of the SVG can select."""
    return ["".join(t.itertext()) for t in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def heads(drawn: Layout) -> list[Box]:
    """Where the arrowheads and the crosses are."""
    found = []
    for arrow in drawn.arrows:
        if arrow.flight.fate is Fate.RECEIVED:
            away = -10 if arrow.x2 > arrow.x1 else 10
            left, right = sorted((arrow.x2, arrow.x2 + away))
            found.append(Box(left, arrow.y2 - 5, right - left, 10))
        elif arrow.flight.fate is not Fate.UNDER_WAY:
            found.append(Box(arrow.x2 - 6, arrow.y2 - 6, 12, 12))
    return found


def check(drawn: Layout) -> None:
    """Labels are apart from each other, from arrowheads and from crosses, and on the chart."""
    canvas = Box(0, 0, drawn.width, drawn.height)
    boxes = [label.box for label in drawn.labels]
    assert all(canvas.contains(box) for box in boxes)
    texts = [(a.text, b.text) for a, b in combinations(drawn.labels, 2) if a.box.overlaps(b.box)]
    assert texts == []
    hit = [
        label.text for head in heads(drawn) for label in drawn.labels if label.box.overlaps(head)
    ]
    assert hit == []


class TestLayout:
    @settings(max_examples=150, deadline=None)
    @given(random_traces(), LABELS, LABELS)
    def test_no_two_labels_overlap(self, trace: Trace, claim: str, why: str) -> None:
        """Whatever happens in a trace, its labels are apart from each other, no arrow ends in one,
        and all are on the chart.
        """
        check(layout(trace, claim=claim, why=why, title=claim))

    def test_long_runs_have_room_for_long_numbers(self) -> None:
        """Step 100 and those after it: the same holds, and the number fits its disc."""
        run = Run(B__state="LISTEN")
        for _ in range(40):
            first = run.call("A", "active OPEN", sends="SYN seq=100 ack=0")
            run.lose(run.receive(first, sends="SYN,ACK seq=300 ack=101"))
        drawn = layout(run.trace())
        check(drawn)
        for label in drawn.labels:
            if label.style is typeset.BADGE:
                assert label.box.width >= typeset.BADGE.width(label.text)

    @settings(max_examples=50, deadline=None)
    @given(random_traces())
    def test_arrows_stay_on_the_chart_and_never_rise(self, trace: Trace) -> None:
        """Time runs downward: no message ends above where it was sent, and steps are in order."""
        drawn = layout(trace)
        for arrow in drawn.arrows:
            assert arrow.y1 <= arrow.y2 <= drawn.height
            assert 0 <= min(arrow.x1, arrow.x2) <= max(arrow.x1, arrow.x2) <= drawn.width
        heights = [label.box.y for label in drawn.labels if label.style is typeset.BADGE]
        assert heights == sorted(heights)
        assert len(heights) == len(trace)

    @settings(max_examples=50, deadline=None)
    @given(random_traces())
    def test_no_message_is_truncated(self, trace: Trace) -> None:
        """Every segment sent is written out, over as many lines as it needs."""
        drawn = layout(trace)
        for number, step in enumerate(trace.steps, start=1):
            if step.sent is not None:
                assert segment(step.sent) in " ".join(told(drawn, typeset.SEGMENT, step=number))

    def test_an_arrow_starts_below_its_label_and_ends_at_its_number(self) -> None:
        """What is received stands above what is sent in answer: their arrows do not cross it."""
        drawn = layout(normal())
        for arrow in drawn.arrows:
            labels = [a for a in drawn.labels if a.step == arrow.flight.start]
            name = next(a for a in labels if a.style is typeset.SEGMENT)
            badge = next(
                a for a in drawn.labels
                if a.step == arrow.flight.end and a.style is typeset.BADGE
            )  # fmt: skip
            assert arrow.y1 >= name.box.bottom
            assert arrow.y2 == badge.box.middle

    def test_a_box_overlaps_only_what_it_shares_an_area_with(self) -> None:
        """Touching is not overlapping: the check of the other tests can fail."""
        box = Box(0, 0, 10, 10)
        assert box.overlaps(Box(9, 9, 5, 5))
        assert not box.overlaps(Box(10, 0, 5, 5))
        assert not box.contains(Box(9, 9, 5, 5))

    @given(LABELS, st.floats(30, 400))
    def test_wrapping_loses_nothing(self, words: str, room: float) -> None:
        """Lines fit their room, and together they are the text."""
        for style in (typeset.NOTE, typeset.SEGMENT, typeset.STATE):
            lines = style.wrap(words, room)
            assert all(style.width(line) <= room or len(line) == 1 for line in lines)
            assert "".join(lines).replace(" ", "") == re.sub(r"\s", "", words)


class TestWhatIsShown:
    def test_states_and_calls_of_the_normal_case(self) -> None:
        """Every state has its RFC name at the step that enters it."""
        drawn = layout(normal())
        assert told(drawn, typeset.STATE, step=9) == ["TIME-WAIT"]
        assert told(drawn, typeset.EVENT) == ["active OPEN", "CLOSE", "CLOSE"]
        assert told(drawn, typeset.TIMER) == ["TIME-WAIT timeout"]
        assert {bar.state for bar in drawn.bars} > {"CLOSED", "LISTEN", "FIN-WAIT-1", "LAST-ACK"}

    def test_a_stale_segment_is_dashed_and_named_at_its_head(self) -> None:
        """The reader sees at the arrow's head which incarnation sent it, and when."""
        drawn = layout(half_open())
        (stale,) = (arrow for arrow in drawn.arrows if arrow.stale)
        assert (stale.flight.start, stale.flight.end) == (1, 4)
        assert "stale SYN seq=100" in told(drawn, typeset.ALARM)
        assert 'class="flight stale" data-from="1" data-to="4"' in chart(half_open())

    def test_incarnations_are_marked_only_where_there_is_a_second(self) -> None:
        """Numbering the only incarnation would say nothing."""
        assert told(layout(half_open()), typeset.INCARNATION, step=3) == ["incarnation 2"]
        assert told(layout(normal()), typeset.INCARNATION) == []

    def test_every_fate_of_a_message_looks_different(self) -> None:
        """Received, lost, lost in a full channel, received again, still under way."""
        arrows = layout(lossy()).arrows
        assert {arrow.flight.fate for arrow in arrows} == set(Fate) - {Fate.UNHEARD, Fate.BROKEN}
        assert sum(arrow.flight.copy for arrow in arrows) == 1
        drawn = chart(lossy())
        for kind in ("flight lost", "flight copy", "flight under-way"):
            assert f'class="{kind}"' in drawn
        assert "↻ SYN seq=100" in texts(drawn)
        assert "lost at once: the channel is full" in texts(drawn)

    def test_a_message_from_before_the_start_has_a_beginning(self) -> None:
        """What is under way at the start is listed there, once per message."""
        run = Run(A__state="ESTABLISHED", B__state="ESTABLISHED")
        old = message("A>B", "ACK seq=1 ack=1")
        run.receive(old)
        run.receive(old)
        drawn = layout(run.trace())
        assert told(drawn, typeset.SEGMENT, step=0) == ["ACK seq=1 ack=1"]
        assert [arrow.flight.copy for arrow in drawn.arrows] == [0, 1]

    def test_ticks_are_rules_with_numbers(self) -> None:
        """The clock is seen: each tick, the time left in TIME-WAIT, the age of what is late."""
        drawn = layout(time_wait())
        assert told(drawn, typeset.TICK) == ["tick 1", "tick 2", "tick 3"]
        assert sum(rule.kind == "tick" for rule in drawn.rules) == 3
        assert told(drawn, typeset.NOTE, step=7) == ["1 tick of TIME-WAIT left"]
        assert "3 ticks old" in " ".join(told(drawn, typeset.NOTE, step=14))

    def test_many_silent_ticks_share_a_rule(self) -> None:
        """Ten ticks at which nothing happens take one rule; each step still has its number."""
        run = Run(A__state="SYN-SENT")
        for _ in range(10):
            run.tick()
        run.tick(A__state="CLOSED")
        drawn = layout(run.trace())
        assert told(drawn, typeset.TICK) == ["ticks 1–10", "tick 11"]
        assert told(drawn, typeset.BADGE) == [str(number) for number in range(1, 12)]
        assert sum(rule.kind == "tick" for rule in drawn.rules) == 2
        check(drawn)

    def test_a_loop_begins_and_ends_between_ticks(self) -> None:
        """Ticks within the loop of a lasso do not share a rule with those before it."""
        run = Run(A__state="SYN-SENT")
        for _ in range(10):
            run.tick()
        drawn = layout(run.trace(loop=5))
        assert told(drawn, typeset.TICK) == ["ticks 1–5", "ticks 6–10"]
        check(drawn)

    def test_the_step_where_the_claim_broke_is_marked(self) -> None:
        """The sentence that tells of a step marks its number; no other sentence does."""
        why = "there is one\nstep 4: B.state == ESTABLISHED becomes true"
        drawn = layout(half_open(), claim="no ghosts", why=why)
        assert drawn.turn == 4
        assert told(drawn, typeset.TURN) == [why.splitlines()[1]]
        assert layout(half_open(), why="not step 4: really").turn is None
        assert layout(half_open(), why="step 99: there is none").turn is None
        marked = re.findall(r'<rect class="disc turned"[^>]*/><text [^>]*>(\d+)<', chart(
            half_open(), claim="no ghosts", why=why
        ))  # fmt: skip
        assert marked == ["4"]
        assert "turned good" in chart(half_open(), why=why, witness=True)

    def test_who_is_no_endpoint_has_no_lane(self) -> None:
        """An adversary off the path acts between the lanes, and is named there."""
        run = Run(A__state="LISTEN", B__state="LISTEN")
        run.step("adversary", "step", "SYN flood", B__embryos=1)
        run.initial = {**run.initial, "B.embryos": 0}
        drawn = layout(run.trace())
        assert told(drawn, typeset.LANE) == ["A", "B"]
        assert told(drawn, typeset.DEED) == ["adversary: SYN flood"]
        assert told(drawn, typeset.ASIDE) == ["B has 1 place of its backlog taken"]

    def test_a_lasso_has_a_bracket_around_its_loop(self) -> None:
        """The bracket spans the steps that repeat, and no others."""
        drawn = layout(lasso())
        assert drawn.bracket is not None
        _, top, bottom = drawn.bracket
        inside = [
            int(label.text)
            for label in drawn.labels
            if label.style is typeset.BADGE and top < label.box.middle < bottom
        ]
        assert inside == [3, 4]
        assert layout(normal()).bracket is None

    def test_the_claim_stands_at_the_bottom(self) -> None:
        """Below all steps: what is violated, and why."""
        drawn = layout(half_open(), claim="no ghosts", why="there is one")
        last = [label.text for label in drawn.labels[-3:]]
        assert last == ["Violated", "no ghosts", "there is one"]

    def test_where_nobody_connects_there_are_no_states(self) -> None:
        """UDP knows none; an endpoint that stays CLOSED while another does not has one."""
        run = Run()
        run.receive(run.call("A", "SEND", sends="UDP index=0"))
        assert told(layout(run.trace()), typeset.STATE) == []
        run.call("A", "active OPEN", A__state="SYN-SENT")
        assert told(layout(run.trace()), typeset.STATE) == ["CLOSED", "CLOSED", "SYN-SENT"]

    def test_a_toy_system_gets_one_lane(self) -> None:
        """Without agents there is one lane, and the variables tell the story."""
        drawn = layout(toy())
        assert len({bar.x for bar in drawn.bars}) == 1
        assert told(drawn, typeset.NOTE, step=2) == ["x 1 → 0, y 0 → 1"]

    def test_a_channel_without_a_route_has_no_arrow(self) -> None:
        """Where nobody can tell from whom to whom, the label alone tells."""
        run = Run()
        sent = run.call("A", "SEND", sends="ACK seq=1 ack=1")
        run.receive(Message("wireB", sent.fields, sent.sent_at))
        assert layout(run.trace()).arrows == ()


class TestDocument:
    @settings(max_examples=50, deadline=None)
    @given(random_traces(), LABELS)
    def test_it_is_well_formed_and_complete(self, trace: Trace, claim: str) -> None:
        """Any text survives the way into XML and back."""
        drawn = layout(trace, claim=claim)
        assert texts(chart(trace, claim=claim)) == [label.text for label in drawn.labels]

    @pytest.mark.parametrize("name", SAMPLES)
    def test_it_stands_on_its_own(self, name: str) -> None:
        """No scripts, nothing from elsewhere; a title and a description for screen readers."""
        svg = chart(SAMPLES[name](), claim="a < b", title="T & U")
        assert "script" not in svg
        assert re.findall(r'(?:href|src|@import|url)[=( ]+"?(?!#)\S*', svg) == []
        root = ElementTree.fromstring(svg)
        assert root.get("role") == "img"
        assert root.findtext(f"{SVG}title") == "T & U"
        assert "violated: a < b" in (root.findtext(f"{SVG}desc") or "")

    def test_characters_that_xml_cannot_hold_are_replaced(self) -> None:
        """A control character in a label does not break the document."""
        run = Run()
        run.call("A", "bell \x07 </text>")
        assert "bell \ufffd </text>" in texts(chart(run.trace()))

    def test_it_has_both_colour_schemes(self) -> None:
        """Light by default, dark where preferred, on a ground of its own."""
        svg = chart(normal())
        assert "prefers-color-scheme:dark" in svg
        assert '<rect class="paper"' in svg

    def test_the_steps_can_be_found_by_a_page(self) -> None:
        """Every step is a group with its number, titled with the rule that was followed."""
        root = ElementTree.fromstring(chart(normal()))
        groups = [g for g in root.iter(f"{SVG}g") if g.get("class") == "step"]
        assert [int(g.get("data-step", "")) for g in groups] == list(range(12))
        assert groups[1].findtext(f"{SVG}title") == "active OPEN happens"

    @pytest.mark.parametrize("name", SAMPLES)
    def test_it_is_a_function_of_the_trace(self, name: str) -> None:
        """The same trace always gives the same picture, also after a round trip through a file."""
        trace = SAMPLES[name]()
        assert chart(trace) == chart(Trace.from_json(trace.to_json()))
