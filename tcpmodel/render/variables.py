"""The variables of a run as a table: who has which value after each step, as people spell it.

Endpoints stand side by side.  What no rule reads (ghosts) stands apart, as do the messages under
way, a row for each place of a channel, and the network's own counts and clock.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from dataclasses import dataclass
from functools import cached_property

from tcpmodel.core.terms import Value
from tcpmodel.core.trace import Message, State, Trace
from tcpmodel.render import words
from tcpmodel.render.vocabulary import TCB
from tcpmodel.render.words import CLOCK, Story

NOTHING = "–"
"""What stands for an empty place of a channel."""

NAMES = TCB | {
    "passive": "OPEN was passive",
    "inc": "incarnation",
    "timer": "TIME-WAIT timer",
    "user_timer": "user timeout",
    "fin_timer": "FIN-WAIT-2 timer",
    "quiet": "quiet time",
    "idle": "ticks without a word",
    "probes": "keep-alives sent",
    "tries": "sent again",
    "used": "ISNs selected",
    "accepted": "has accepted a SYN",
    "last_irs": "last SYN accepted",
    "fin_sent": "FIN sent",
    "deaf": "reads no more",
    "unread": "octets unread",
    "syn_text": "text of the SYN kept",
    "old_snd": "old SND.NXT",
    "old_rcv": "old RCV.NXT",
    "old_peer": "old peer",
    "ts_recent": "TS.Recent",
    "embryos": "backlog taken",
    "sent": "octets sent",
    "peer": "believes in incarnation",
    "confirmed": "confirmed by its peer",
    "outcome": "its user was told",
    "stale_text": "took old text",
    "stale_fin": "took an old FIN",
    "taken": "octets taken in order",
    "got": "octets got",
    "duplicated": "got an octet twice",
    "skipped": "got an octet too early",
    "overtaken": "got an octet too late",
    "cut": "FIN before an octet",
    "waited": "ticks waited",
    "sent_at": "sent last after",
    "swayed": "swayed by a forgery",
    "cut_short": "TIME-WAIT cut short",
    "served": "served from the SYN",
    "served_twice": "served twice",
    "losses_left": "losses left",
    "copies_left": "copies left",
    "forgeries_left": "forgeries left",
    "now": "now",
    "timer_fired": "a timer has run out",
}
"""Variables by the names that fit a row."""

GHOSTLY = frozenset({"inc", "to", "index"})
"""Fields of a segment that no endpoint sees."""

_ONE_MORE = {"fin_timer", "quiet"}
"""Timers that are one more than the ticks left, and 0 where they do not run."""


@dataclass(frozen=True)
class Cell:
    """A value that the table shows.

    name: what it is, where it does not stand in its row.  kind: `state` for a state of TCP, `tcb`
    for what means nothing without a connection, or nothing.  lane: whose it is.
    """

    number: int
    name: str
    lane: str
    kind: str
    values: tuple[str, ...]

    @property
    def first(self) -> str:
        """The value in the initial state."""
        return self.values[0]

    @property
    def idle(self) -> bool:
        """In the initial state nothing is there."""
        return self.first == NOTHING


@dataclass(frozen=True)
class Row:
    """A row: its name, and for each column a cell, or None where there is none."""

    name: str
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Block:
    """A part of the table.  kind: `endpoints`, `ghosts`, `wire` or `network`."""

    kind: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Change:
    """What a step does to a cell."""

    cell: Cell
    before: str
    after: str


@dataclass(frozen=True)
class Table:
    """All variables of a trace.

    ghosts: the names of the variables that no rule reads.
    """

    trace: Trace
    ghosts: Set[str] = frozenset()

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """The parts of the table that have a row."""
        return tuple(block for block in _Making(self).blocks() if block.rows)

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell, by number."""
        rows = (row for block in self.blocks for row in block.rows)
        return tuple(cell for row in rows for cell in row.cells if cell is not None)

    def changes(self, index: int) -> list[Change]:
        """What step `index` (1-based) changes of what the table shows."""
        return [
            Change(cell, cell.values[index - 1], cell.values[index])
            for cell in self.cells
            if cell.values[index - 1] != cell.values[index]
        ]


class _Making:
    """The table in the making: numbers its cells."""

    def __init__(self, table: Table) -> None:
        self.trace, self.ghosts = table.trace, table.ghosts
        self.number = 0
        owners = {name.rpartition(".")[0] for name in self.trace.initial}
        self.lanes = tuple(lane for lane in Story(table.trace).lanes if lane in owners)

    def blocks(self) -> Iterator[Block]:
        """Every part, also an empty one."""
        own = [n for n in self.trace.initial if n.rpartition(".")[0] in self.lanes and ">" not in n]
        seen = [name for name in own if name not in self.ghosts]
        unseen = [name for name in own if name in self.ghosts]
        yield Block("endpoints", "Endpoints", self.lanes, tuple(self._beside(seen)))
        yield Block("wire", "Under way", ("segment", "of incarnation"), tuple(self._places()))
        yield Block("network", "Network and clock", ("",), tuple(self._rest(own)))
        yield Block("ghosts", "Ghosts: no rule reads them", self.lanes, tuple(self._beside(unseen)))

    def _beside(self, names: list[str]) -> Iterator[Row]:
        """A row for each field, a column for each lane."""
        fields = dict.fromkeys(name.rpartition(".")[2] for name in names)
        for field in fields:
            kind = "state" if field == "state" else "tcb" if field in TCB else ""
            called = _called(field)
            cells: list[Cell | None] = []
            for lane in self.lanes:
                name = f"{lane}.{field}".lstrip(".")
                values = self._spelling(name, field) if name in names else None
                told = f"{lane} {called}".lstrip()
                cells.append(None if values is None else self._cell(told, lane, kind, values))
            yield Row(called, tuple(cells))

    def _places(self) -> Iterator[Row]:
        """A row for each place of a channel."""
        places: dict[str, list[str]] = {}
        for name in self.trace.initial:
            place, _, field = name.rpartition(".")
            if ">" in place:
                places.setdefault(place, []).append(field)
        for place, fields in places.items():
            channel = re.sub(r"\[\d+\]$", "", place)
            way = channel.replace(">", " → ")
            shown = [self._cell(way, "", "", self._segment(place, channel, fields))]
            if not GHOSTLY.isdisjoint(fields):
                whose = f"{way} (ghost)"
                shown.append(self._cell(whose, "", "", self._incarnations(place)))
            yield Row(way, (*shown, None)[:2])

    def _rest(self, own: list[str]) -> Iterator[Row]:
        """The network's own variables, and the ticks so far where there is a clock."""
        for name in self.trace.initial:
            if name not in own and ">" not in name:
                called = _called(name)
                yield Row(called, (self._cell(called, "", "", self._spelling(name, name)),))
        ticks = [0]
        for step in self.trace.steps:
            ticks.append(ticks[-1] + (step.agent == CLOCK))
        if ticks[-1]:
            values = tuple(map(str, ticks))
            yield Row("ticks so far", (self._cell("ticks so far", "", "", values),))

    def _cell(self, name: str, lane: str, kind: str, values: tuple[str, ...]) -> Cell:
        self.number += 1
        return Cell(self.number - 1, name, lane, kind, values)

    def _every(self, show: Callable[[State], str]) -> tuple[str, ...]:
        return tuple(show(self.trace.state(index)) for index in range(len(self.trace) + 1))

    def _spelling(self, name: str, field: str) -> tuple[str, ...]:
        return self._every(lambda state: _spelled(field, state[name]))

    def _segment(self, place: str, channel: str, fields: list[str]) -> tuple[str, ...]:
        """What is under way there, and how old it is."""

        def show(state: State) -> str:
            seen = {field: state[f"{place}.{field}"] for field in fields if field not in GHOSTLY}
            if seen.get("ctl", NOTHING) in ("-", NOTHING):
                return NOTHING
            message = Message(channel, seen, 0)
            return ", ".join(filter(None, (words.segment(message), words.age(message))))

        return self._every(show)

    def _incarnations(self, place: str) -> tuple[str, ...]:
        """Which incarnation sent it, and which it is meant for."""

        def show(state: State) -> str:
            if state.get(f"{place}.ctl", "-") == "-" or f"{place}.inc" not in state:
                return NOTHING
            meant = state.get(f"{place}.to", 0)
            return f"{state[f'{place}.inc']}" + (f", to {meant}" if meant else "")

        return self._every(show)


def _called(field: str) -> str:
    """A variable as a row is named."""
    if match := re.fullmatch(r"held(\d+)(_index|_stale)?", field):
        what = {"_index": ", which octet", "_stale": ", old"}.get(match[2] or "", "")
        return f"held back {match[1]} ahead{what}"
    if match := re.fullmatch(r"link\.(\w+)_to_(\w+)", field):
        return f"way {match[1]} → {match[2]}"
    return NAMES.get(field, field.replace("_", " "))


def _spelled(field: str, value: Value) -> str:
    """A value as it stands in the table."""
    if field in _ONE_MORE:
        return f"{words.number(value) - 1} left" if value else "off"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.spelled(value)
