"""The paper a chart is laid out on: columns of labels that cannot overlap.

Labels live in columns: one on the outer side of each lane and one between the lanes.  A column is
filled from the top, and columns do not overlap; so no two labels do, however long they are.  With
one lane, or with more than two, all labels share one column to the right of the lanes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from tcpmodel.render import typeset
from tcpmodel.render.typeset import Line, Style
from tcpmodel.render.words import Story

WIDTH = 860  # what a README shows without scaling
MARGIN = 14
OUTER = 196  # room for labels on the outer side of a lane
HEAD = 10  # length of an arrowhead
LANE_PITCH = 110  # from lane to lane where there are not exactly two, at least
LEDGER = 420  # least room for labels where they share one column
LOOP_GUTTER = 30
BADGE = 20  # at least so wide, and so high

_SLACK = {"start": 0.0, "middle": 0.5, "end": 1.0}


@dataclass(frozen=True)
class Box:
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.x + self.width

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + self.height / 2

    def overlaps(self, other: Box) -> bool:
        """The two share more than an edge."""
        return (
            self.x < other.right
            and other.x < self.right
            and self.y < other.bottom
            and other.y < self.bottom
        )

    def contains(self, other: Box) -> bool:
        """`other` is nowhere outside."""
        return (
            self.x <= other.x
            and other.right <= self.right
            and self.y <= other.y
            and other.bottom <= self.bottom
        )


@dataclass(frozen=True)
class Label:
    """A line of text.

    align: `start`, `middle` or `end`, the edge of `box` at which the text stands.
    step: the step it belongs to, 0 for the initial state, None for what frames the chart.
    state: the state that it names, if it does.
    """

    text: str
    style: Style
    box: Box
    align: str
    step: int | None = None
    state: str = ""


@dataclass(frozen=True)
class Rule:
    """A horizontal line.

    kind: `tick` of the clock, beginning of an `incarnation` on its lane, an end of the `loop`.
    """

    x1: float
    x2: float
    y: float
    kind: str
    step: int


@dataclass
class Column:
    """Room for labels between `left` and `right`; `free` is where the free part begins."""

    left: float
    right: float
    align: str
    free: float = MARGIN


@dataclass
class Sheet:
    """A layout in the making: the columns, what has been placed, and where each step is.

    x: of each lane.  outer: the column of each lane.  middle: the column between the lanes.
    y: of the last point in time.  at, sent: y of each step, and of the message it sends.
    """

    story: Story
    width: float
    x: dict[str, float]
    outer: dict[str, Column]
    middle: Column
    y: float = MARGIN
    at: dict[int, float] = field(default_factory=dict)
    sent: dict[object, float] = field(default_factory=dict)
    labels: list[Label] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)
    states: dict[str, list[tuple[float, str]]] = field(default_factory=dict)

    @property
    def columns(self) -> list[Column]:
        return [*self.outer.values(), self.middle]

    @property
    def right(self) -> float:
        return max(column.right for column in self.columns)

    @property
    def shared(self) -> bool:
        """All labels share one column."""
        return self.middle in self.outer.values()

    @property
    def bottom(self) -> float:
        """Below everything so far."""
        return max(self.y, *(column.free for column in self.columns))

    def put(self, column: Column, lines: Iterable[Line], top: float, step: int | None) -> None:
        """Stack `lines` in `column`, from `top` or from where it is free."""
        column.free = max(column.free, top)
        for line in lines:
            for text in line.style.wrap(line.text, column.right - column.left):
                width, height = line.style.width(text), line.style.line
                slack = column.right - column.left - width
                x = column.left + slack * _SLACK[column.align]
                box = Box(x, column.free, width, height)
                self.labels.append(Label(text, line.style, box, column.align, step, line.state))
                column.free += height

    def across(self, lines: Iterable[Line], gap: float, align: str = "start") -> None:
        """Stack `lines` below everything so far, over all columns."""
        row = Column(MARGIN, self.right, align)
        self.put(row, lines, self.bottom + gap, None)
        self.level(row.free)

    def level(self, y: float) -> None:
        """Nothing goes above `y` any more."""
        self.y = max(self.y, y)
        for column in self.columns:
            column.free = max(column.free, y)

    def badge(self, x: float, step: int) -> None:
        """The number of a step, at `x` and at the height of the step."""
        wide = badge_width(step)
        box = Box(x - wide / 2, self.at[step] - BADGE / 2, wide, BADGE)
        self.labels.append(Label(str(step), typeset.BADGE, box, "middle", step))


def badge_width(step: int) -> float:
    """The room that the number of a step takes."""
    return max(BADGE, typeset.BADGE.width(str(step)) + 4)


def reach(step: int) -> float:
    """How far from its lane an arrow to `step` stops: before its number."""
    return badge_width(step) / 2 + 2


def blank(story: Story) -> Sheet:
    """Lanes and columns, empty."""
    gutter = LOOP_GUTTER if story.trace.loop is not None else 0
    x: dict[str, float]
    if len(story.lanes) == 2:
        left, right = story.lanes
        room = reach(len(story.trace)) + HEAD  # for a lane's bar, its numbers and arrowheads
        x = {left: MARGIN + OUTER + room, right: WIDTH - MARGIN - OUTER - room}
        outer = {
            left: Column(MARGIN, MARGIN + OUTER, "end"),
            right: Column(WIDTH - MARGIN - OUTER, WIDTH - MARGIN, "start"),
        }
        middle = Column(x[left] + room, x[right] - room, "start")
        return Sheet(story, WIDTH + gutter, x, outer, middle)
    widest = max(typeset.LANE.width(lane or story.trace.system) for lane in story.lanes)
    pitch = min(max(LANE_PITCH, widest + 8), 2 * LANE_PITCH)
    x = {lane: MARGIN + pitch * (i + 0.5) for i, lane in enumerate(story.lanes)}
    start = MARGIN + pitch * len(x)
    ledger = Column(start, max(WIDTH - MARGIN, start + LEDGER), "start")
    return Sheet(story, ledger.right + MARGIN + gutter, x, dict.fromkeys(x, ledger), ledger)
