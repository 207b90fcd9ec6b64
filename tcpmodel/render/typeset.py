"""How much room text takes: widths estimated from above, and lines broken to fit.

The renderer's fonts are unknown, so the estimates are those of a wide font: DejaVu Sans (which is
Verdana's width), and 0.61 em for a monospaced one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

THIN = " \N{NO-BREAK SPACE}.,:;'|!()[]/fijlrtIJ-"
BROAD = "ABCDEFGHKLNOPQRSTUVXYZ=+<>~#&^_"


@dataclass(frozen=True)
class Style:
    """A kind of label: font size and height of line in pixels; `pad` is room left and right."""

    name: str
    size: float
    line: float
    bold: bool = False
    mono: bool = False
    pad: float = 0

    def width(self, text: str) -> float:
        """At most so wide is `text`, padding included."""
        return self.size * sum(map(self._em, text)) + 2 * self.pad

    def _em(self, character: str) -> float:
        if unicodedata.east_asian_width(character) in "WF" or ord(character) > 0x2FFF:
            return 1.4
        if self.mono:
            return 0.61 if character.isascii() else 1.0
        if character in THIN:
            return 0.5 if self.bold else 0.43
        wide = 0.8 if character in BROAD else 0.64
        if character in "mwMW@%" or not (character.isascii() or character.isalpha()):
            wide = 1.04
        return wide + 0.08 if self.bold else wide

    def wrap(self, text: str, room: float) -> list[str]:
        """The lines of `text`, each at most `room` wide; words break only where they must.

        A no-break space is part of its word, and a plain space in the line.
        """
        lines: list[str] = []
        for word in re.findall(r"[^ \t\n\r\f\v]+", text):
            for piece in self._pieces(word, room):
                if lines and self.width(f"{lines[-1]} {piece}") <= room:
                    lines[-1] += f" {piece}"
                else:
                    lines.append(piece)
        return [line.replace("\N{NO-BREAK SPACE}", " ") for line in lines]

    def _pieces(self, word: str, room: float) -> Iterator[str]:
        """`word`, cut where it does not fit a line of its own."""
        start, width = 0, 2 * self.pad
        for end, character in enumerate(word):
            width += self.size * self._em(character)
            if width > room and end > start:
                yield word[start:end]
                start, width = end, self.width(character)
        yield word[start:]


TITLE = Style("title", 17, 26, bold=True)
LANE = Style("lane", 17, 24, bold=True)
EVENT = Style("event", 13, 18, bold=True)
TIMER = Style("timer", 13, 18, bold=True)
STATE = Style("state", 11.5, 20, bold=True, pad=7)
INCARNATION = Style("incarnation", 11.5, 18, bold=True)
NOTE = Style("note", 12, 16)
ALARM = Style("alarm", 12, 16, bold=True)
SEGMENT = Style("segment", 12.5, 17, mono=True, pad=3)
ASIDE = Style("aside", 11.5, 15, pad=3)
LOSS = Style("loss", 12, 16, bold=True, pad=3)
DEED = Style("deed", 13, 18, bold=True, pad=3)
COPIED = Style("copied", 12, 16, bold=True, pad=3)
SAME = Style("same", 12, 16, bold=True)
BADGE = Style("badge", 10.5, 19, bold=True)
TICK = Style("tick", 12, 18, bold=True)
LOOP = Style("loop", 12.5, 20, bold=True)
VERDICT = Style("verdict", 13, 22, bold=True)
SHOWN = Style("shown", 13, 22, bold=True)
CLAIM = Style("claim", 15, 22, bold=True)
WHY = Style("why", 12.5, 19)
TURN = Style("turn", 12.5, 19)


@dataclass(frozen=True)
class Line:
    """A label to be: its text, its kind, and the state that it names, if it does."""

    text: str
    style: Style
    state: str = ""
