"""Progress on stderr, while engines work."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING, Any

from tcpmodel.cli.output import width

if TYPE_CHECKING:
    from tcpmodel.core.result import Observer, Progress


class Live:
    """One line on stderr: rewritten on a terminal, a new one now and then elsewhere."""

    def __init__(self, total: int, done: int = 0) -> None:
        self.total, self.done = total, done
        # A dumb terminal cannot go back in a line.
        self.tty = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.last = time.monotonic()
        self.rates: dict[Any, tuple[float, int]] = {}

    def __enter__(self) -> Live:
        return self

    def __exit__(self, *_: object) -> None:
        if self.tty:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def finished(self, job: Any) -> None:
        """A job is done."""
        self.done += 1
        self.rates.pop(job, None)
        self.say(f"{self.done}/{self.total} done", force=self.tty)

    def show(self, title: str, progress: Progress, key: Any = None) -> None:
        """How far a job is: phase, depth, states, states per second."""
        now = time.monotonic()
        since, before = self.rates.setdefault(key, (now, progress.states))
        rate = (progress.states - before) / (now - since) if now > since else 0.0
        speed = f", {rate:,.0f}/s" if rate >= 1 else ""
        counted = f"{self.done}/{self.total} done; " if self.total > 1 else ""
        numbers = f": {progress.phase}, depth {progress.depth}, {progress.states:,} states{speed}"
        room = width() - 1 - len(counted) - len(numbers) if self.tty else len(title)
        if len(title) > room:
            title = title[: max(0, room - 1)] + "…"
        self.say(counted + title + numbers)

    def say(self, text: str, *, force: bool = False) -> None:
        """Show a line, unless the last one is too fresh."""
        now = time.monotonic()
        if not force and now - self.last < (0.1 if self.tty else 5.0):
            return
        self.last = now
        sys.stderr.write(f"\r\x1b[K{text[: width() - 1]}" if self.tty else f"{text}\n")
        sys.stderr.flush()

    def observer(self, title: str) -> Observer:
        """For a single check."""
        return lambda progress: self.show(title, progress)
