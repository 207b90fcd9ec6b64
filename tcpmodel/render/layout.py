"""Where everything on a sequence chart goes.

Time runs downward: a step goes below the last one and below whatever its columns hold already.  The
label of a message stands right above the start of its arrow; above it, what the step received has
arrived, so that neither arrow crosses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from tcpmodel.core.trace import Trace
from tcpmodel.render import rows, typeset, words
from tcpmodel.render.sheet import (
    BADGE,
    LANE_PITCH,
    MARGIN,
    Box,
    Column,
    Label,
    Rule,
    Sheet,
    badge_width,
    blank,
    reach,
)
from tcpmodel.render.typeset import Line
from tcpmodel.render.words import CLOCK, Fate, Flight, Story

GAP = 34  # least height of an arrow
FALL = 22  # how far an arrow falls before it fades or breaks off
NAME = 90  # half the room for the name of a lane
CROSS = 12  # from where a message is lost to what is said about it
RISE = 12  # how far above its end the arrow of a forged message begins
MANY = 4  # so many ticks at which nothing else happens share a rule


@dataclass(frozen=True)
class Arrow:
    """The way of one copy of a message, from the point of sending to the point where it ends.

    forged: nobody has sent it; its way begins between the lanes.
    """

    flight: Flight
    stale: bool
    x1: float
    y1: float
    x2: float
    y2: float
    forged: bool = False


@dataclass(frozen=True)
class Likeness:
    """What looks the same to `agent` in another run.

    steps: what is said at its steps that do.  end: what is said at the end of the run.
    """

    agent: str
    steps: Mapping[int, str]
    end: str


@dataclass(frozen=True)
class Bar:
    """A stretch of a lane in one state (empty if the system has no states)."""

    x: float
    top: float
    bottom: float
    state: str


@dataclass(frozen=True)
class Layout:
    """A chart, ready to be drawn.

    bracket: for a lasso, the side of the loop: (x, top, bottom).
    claim: what frames the violated claim.
    turn: the step at which the claim turned false (or true, in a witness).
    shaded: what looks the same to somebody in another run.
    """

    width: float
    height: float
    labels: tuple[Label, ...]
    arrows: tuple[Arrow, ...]
    bars: tuple[Bar, ...]
    rules: tuple[Rule, ...]
    bracket: tuple[float, float, float] | None
    claim: Box | None
    turn: int | None = None
    shaded: tuple[Box, ...] = field(default=())


def layout(
    trace: Trace,
    *,
    claim: str = "",
    why: str = "",
    title: str = "",
    witness: bool = False,
    alike: Sequence[Likeness] = (),
) -> Layout:
    """Where everything on the chart of `trace` goes.

    A paragraph of `why` that begins with `step 7:` tells of the step at which the claim turned.
    """
    story = Story(trace)
    sheet = blank(story)
    sheet.across([Line(line, typeset.TITLE) for line in title.splitlines()], 0)
    _heads(sheet)
    _beginning(sheet)
    for first, last in _stretches(story):
        if trace.loop == first - 1:
            _boundary(sheet, first)
        if last > first:
            _ticks(sheet, first, last)
        elif story.step(first).agent == CLOCK:
            _tick(sheet, first)
        else:
            _step(sheet, first, alike)
    for likeness in alike:
        column = sheet.outer[likeness.agent]
        sheet.put(column, [Line(likeness.end, typeset.SAME)], column.free + 8, None)
    sheet.level(sheet.bottom + FALL)
    end = sheet.y
    bracket = _loop(sheet)
    box = _claim(sheet, claim, why, witness)
    arrows = [_arrow(sheet, flight) for flight in story.flights]
    arrows += [_forged(sheet, index) for index in range(1, len(trace) + 1)]
    return Layout(
        sheet.width,
        sheet.bottom + MARGIN,
        tuple(sheet.labels),
        tuple(arrow for arrow in arrows if arrow is not None),
        tuple(_bars(sheet, end)),
        tuple(sheet.rules),
        bracket,
        box,
        _turn(why, len(trace)),
        tuple(_shaded(sheet, alike)),
    )


def _turn(why: str, steps: int) -> int | None:
    """The step that `why` tells of."""
    told = re.search(r"^step ([0-9]{1,9}):", why, re.MULTILINE)
    return int(told[1]) if told and 1 <= int(told[1]) <= steps else None


def _stretches(story: Story) -> Iterator[tuple[int, int]]:
    """First and last of the steps that are drawn as one: single steps, and many silent ticks."""
    length, first = len(story.trace), 1
    while first <= length:
        last = first
        if story.is_silent(first):
            while last < length and last != story.trace.loop and story.is_silent(last + 1):
                last += 1
        if last - first + 1 < MANY:
            last = first
        yield first, last
        first = last + 1


def _heads(sheet: Sheet) -> None:
    """The names of the lanes, above them."""
    top = sheet.bottom + 8
    half = NAME if not sheet.shared else LANE_PITCH / 2 - 4
    heads = [(lane or sheet.story.trace.system, x) for lane, x in sheet.x.items()]
    for name, x in heads:
        head = Column(x - half, x + half, "middle")
        sheet.put(head, [Line(name, typeset.LANE)], top, None)
        sheet.y = max(sheet.y, head.free)
    sheet.level(sheet.y)


def _beginning(sheet: Sheet) -> None:
    """The initial state, and the messages that are under way in it."""
    story = sheet.story
    sheet.at[0] = sheet.bottom + 18
    for lane in sheet.x:
        sheet.states[lane] = [(sheet.at[0], str(story.trace.initial.get(f"{lane}.state", "")))]
        _beside(sheet, lane, rows.beginning(story, lane), 0)
    sheet.y = sheet.at[0]
    for flight in story.flights:
        if flight.start == 0 and flight.origin not in sheet.sent:
            _send(sheet, flight, sheet.at[0])


def _step(sheet: Sheet, index: int, alike: Sequence[Likeness]) -> None:
    """A step at its lane (or between the lanes), and the label of the message that it sends."""
    story, step = sheet.story, sheet.story.step(index)
    blocks = {lane: rows.at_lane(story, index, lane) for lane in sheet.x}
    for likeness in alike:
        if step.agent == likeness.agent and index in likeness.steps:
            blocks[step.agent].append(Line(likeness.steps[index], typeset.SAME))
    inner = [] if step.agent in sheet.x else rows.of_nobody(story, index)
    used = [sheet.outer[lane] for lane, lines in blocks.items() if lines]
    used += [sheet.middle] if inner or words.is_forged(step) else []
    y = max([sheet.y + GAP, *(column.free + BADGE / 2 + 5 for column in used)])
    sheet.y = sheet.at[index] = y
    if inner:
        _between(sheet, index, inner)
    else:
        sheet.badge(sheet.x[step.agent], index)
    for lane, lines in blocks.items():
        _beside(sheet, lane, lines, index)
    for flight in story.flights:
        if flight.start == index and index not in sheet.sent:
            _send(sheet, flight, y)


def _beside(sheet: Sheet, lane: str, lines: list[Line], index: int) -> None:
    """The labels of `lane` for a step, the first of them at its height; marks on the lane."""
    y, before = sheet.at[index], len(sheet.labels)
    if lines:
        sheet.put(sheet.outer[lane], lines, y - lines[0].style.line / 2, index)
    for label in sheet.labels[before:]:
        if label.style is typeset.INCARNATION:
            x, y1 = sheet.x[lane], label.box.middle
            outward = -16 if label.align == "end" else 16
            sheet.rules.append(Rule(x, x + outward, y1, "incarnation", index))
    if index and (state := sheet.story.new_state(index, lane)):
        sheet.states[lane].append((y, state))


def _send(sheet: Sheet, flight: Flight, y: float) -> None:
    """The label of a message, below `y`; its arrow starts right below the label."""
    sender, _ = words.route(flight.message)
    toward = "end" if not sheet.shared and sender == list(sheet.x)[-1] else "start"
    area = replace(sheet.middle, align=toward)
    lines = rows.message(sheet.story, flight)
    sheet.put(area, lines, y + 2, flight.start)
    sheet.y = sheet.middle.free = area.free + 2
    sheet.sent[flight.origin] = sheet.y


def _between(sheet: Sheet, index: int, lines: list[Line]) -> None:
    """What the network does, beyond the point that the message it acts upon has reached."""
    received, y = sheet.story.step(index).received, sheet.at[index]
    area, side = replace(sheet.middle), 1
    if received is not None and not sheet.shared:
        half = (area.left + area.right) / 2
        if words.route(received)[0] == list(sheet.x)[-1]:
            area, side = replace(area, right=half - CROSS, align="end"), -1
        else:
            area = replace(area, left=half + CROSS)
    wide = badge_width(index)
    if side == 1:
        sheet.badge(area.left + wide / 2, index)
        area.left += wide + 4
    else:
        sheet.badge(area.right - wide / 2, index)
        area.right -= wide + 4
    sheet.put(area, lines, y - lines[0].style.line / 2, index)
    sheet.middle.free = max(area.free, y + BADGE / 2)


def _tick(sheet: Sheet, index: int) -> None:
    """A rule through everything; what the tick brings about stands below it."""
    y = sheet.bottom + GAP / 2
    sheet.y = sheet.at[index] = y
    column = next(iter(sheet.outer.values()))
    wide = badge_width(index)
    sheet.badge(column.left + wide / 2, index)
    area = replace(column, left=column.left + wide + 6, align="start")
    _ruled(sheet, area, sheet.story.tick(index), index)
    sheet.level(max(area.free, y + BADGE / 2))
    sheet.y = y
    for lane in sheet.x:
        _beside(sheet, lane, rows.at_lane(sheet.story, index, lane), index)


def _ticks(sheet: Sheet, first: int, last: int) -> None:
    """A rule for many ticks at which nothing happens, and the numbers of their steps below it."""
    story = sheet.story
    sheet.at[first] = sheet.bottom + GAP / 2
    column = next(iter(sheet.outer.values()))
    area = replace(column, align="start")
    _ruled(sheet, area, f"ticks {story.ticked(first)}–{story.ticked(last)}", first)
    pitch = badge_width(last) + 2
    row = max(1, int((column.right - column.left) // pitch))
    for index in range(first, last + 1):
        down, right = divmod(index - first, row)
        sheet.at[index] = area.free + BADGE / 2 + down * (BADGE + 2)
        sheet.badge(column.left + (right + 0.5) * pitch, index)
    sheet.level(sheet.at[last] + BADGE / 2)
    sheet.y = sheet.at[last]


def _ruled(sheet: Sheet, area: Column, name: str, index: int) -> None:
    """The name of a tick in `area`, and a rule through everything at the height of step `index`."""
    y = sheet.at[index]
    sheet.put(area, [Line(name, typeset.TICK)], y - typeset.TICK.line / 2, index)
    edge = max(sheet.labels[-1].box.right, area.left) + 8
    sheet.rules.append(Rule(edge, sheet.right, y, "tick", index))
    if sheet.shared:
        left = next(iter(sheet.outer.values())).left
        sheet.rules.append(Rule(MARGIN, left - 6, y, "tick", index))


def _boundary(sheet: Sheet, index: int) -> None:
    """A rule above step `index`, to which a lasso returns."""
    sheet.level(sheet.bottom + FALL)
    sheet.rules.append(Rule(MARGIN, sheet.right, sheet.y, "loop", index))


def _loop(sheet: Sheet) -> tuple[float, float, float] | None:
    """Says how a lasso goes on, and where its bracket is."""
    loop = sheet.story.trace.loop
    if loop is None:
        return None
    end = sheet.y
    sheet.rules.append(Rule(MARGIN, sheet.right, end, "loop", len(sheet.story.trace)))
    sheet.across([Line(f"↺ {sheet.story.ending()}", typeset.LOOP)], 4, "end")
    top = next(rule.y for rule in sheet.rules if rule.kind == "loop")
    return (sheet.right + 16, top, end) if top < end else None


def _claim(sheet: Sheet, claim: str, why: str, witness: bool) -> Box | None:
    """The claim that is violated (or witnessed), below everything."""
    if not (claim or why):
        return None
    top = sheet.bottom + 16
    verdict = Line("Witnessed", typeset.SHOWN) if witness else Line("Violated", typeset.VERDICT)
    lines = [verdict] if claim else []
    lines += [Line(claim, typeset.CLAIM)]
    for paragraph in why.splitlines():
        turned = _turn(paragraph, len(sheet.story.trace)) is not None
        lines.append(Line(paragraph, typeset.TURN if turned else typeset.WHY))
    column = Column(MARGIN + 18, sheet.right - 14, "start")
    sheet.put(column, lines, top + 10, None)
    sheet.level(column.free + 10)
    return Box(MARGIN, top, sheet.width - 2 * MARGIN, sheet.y - top)


def _bars(sheet: Sheet, end: float) -> Iterable[Bar]:
    for lane, points in sheet.states.items():
        for (top, state), (bottom, _) in zip(points, [*points[1:], (end, "")], strict=True):
            yield Bar(sheet.x[lane], top, bottom, state)


def _arrow(sheet: Sheet, flight: Flight) -> Arrow | None:
    """The way of a message; None if its channel does not say from whom to whom."""
    sender, receiver = words.route(flight.message)
    if sender not in sheet.x or receiver not in sheet.x or sender == receiver:
        return None
    side = 1 if sheet.x[sender] < sheet.x[receiver] else -1
    x1, x2 = sheet.x[sender] + side * 7, sheet.x[receiver] - side * reach(flight.end or 0)
    y1 = sheet.sent.get(flight.origin, sheet.at[flight.start])
    y2 = y1 + FALL if flight.end is None else sheet.at[flight.end]
    if flight.fate is not Fate.RECEIVED:
        x2 = (sheet.x[sender] + sheet.x[receiver]) / 2
    if flight.fate in (Fate.OVERFLOW, Fate.BROKEN):
        x2, y2 = x1 + (x2 - x1) * 0.4, y1 + FALL * 0.4
    stale = flight.end is not None and sheet.story.is_stale(flight.end)
    return Arrow(flight, stale, x1, y1, x2, y2)


def _forged(sheet: Sheet, index: int) -> Arrow | None:
    """The way of what step `index` receives and nobody has sent: it begins between the lanes."""
    step = sheet.story.step(index)
    if step.received is None or not words.is_forged(step):
        return None
    sender, receiver = words.route(step.received)
    if sender not in sheet.x or receiver not in sheet.x or sender == receiver:
        return None
    side = 1 if sheet.x[sender] < sheet.x[receiver] else -1
    y, middle = sheet.at[index], (sheet.x[sender] + sheet.x[receiver]) / 2
    x = sheet.x[receiver] - side * reach(index)
    flight = Flight(step.received, index, index, Fate.RECEIVED)
    return Arrow(flight, False, middle, y - RISE, x, y, forged=True)


def _shaded(sheet: Sheet, alike: Sequence[Likeness]) -> Iterator[Box]:
    """Behind the labels of what looks the same."""
    for likeness in alike:
        column = sheet.outer[likeness.agent]
        for index in likeness.steps:
            boxes = [
                label.box for label in sheet.labels
                if label.step == index and column.left <= label.box.x <= column.right
            ]  # fmt: skip
            if boxes and sheet.story.step(index).agent == likeness.agent:
                top, bottom = min(b.y for b in boxes), max(b.bottom for b in boxes)
                yield Box(column.left, top - 2, column.right - column.left, bottom - top + 4)
