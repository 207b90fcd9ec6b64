"""What a person sees while a suite runs: on a terminal a table of what is being done."""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tcpmodel.cli.output import STYLES
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from rich.console import RenderableType

    from tcpmodel.claims.runner import Job, Outcome
    from tcpmodel.core.result import Progress


@dataclass
class _Row:
    """A job that is being done, its last progress, and when (and with how many states) it began."""

    job: Job
    progress: Progress
    since: float
    states: int

    @property
    def rate(self) -> float:
        """States per second, since the phase began."""
        passed = time.monotonic() - self.since
        return (self.progress.states - self.states) / passed if passed > 0 else 0.0


class SuiteProgress:
    """On stderr: a table on a terminal, a plain line now and then elsewhere."""

    def __init__(self, total: int, cached: int) -> None:
        self.total, self.cached = total, cached
        self.done = cached
        self.tally = dict.fromkeys(STYLES, 0)
        self.rows: dict[Job, _Row] = {}
        self.began = time.monotonic()
        self.lines = Live(total, done=cached)
        self.table: Any = None
        if total > cached and sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
            self.table = self._live()

    def _live(self) -> Any:
        from rich.console import Console
        from rich.live import Live as RichLive

        console = Console(stderr=True, highlight=False)
        # Redrawn by `watch` and not by a thread: the columns of a row then belong together.
        return RichLive(console=console, transient=True, auto_refresh=False)

    def __enter__(self) -> SuiteProgress:
        if self.table is not None:
            self.table.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.table is not None:
            self.table.stop()
            self.table = None

    def watch(self, job: Job, progress: Progress) -> None:
        """How far a job is."""
        row = self.rows.get(job)
        if row is None or row.progress.phase != progress.phase:
            self.rows[job] = _Row(job, progress, time.monotonic(), progress.states)
        else:
            row.progress = progress
        if self.table is None:
            self.lines.show(f"{job.code} {job.scenario}", progress, job)
        else:
            self._draw()

    def finished(self, job: Job, found: Outcome) -> None:
        """A job is done."""
        from tcpmodel.claims.report import mark

        self.done += 1
        self.tally[mark(found)] += 1
        self.rows.pop(job, None)
        if self.table is None:
            self.lines.finished(job)
        else:
            self._draw()

    def say(self, line: str) -> None:
        """A line that stays."""
        if self.table is None:
            sys.stderr.write(f"tcpmodel: {line}\n")
        else:
            self.table.console.print(f"tcpmodel: {line}", soft_wrap=True, markup=False)

    def _draw(self) -> None:
        self.table.update(self._rendered(), refresh=True)

    def _rendered(self) -> RenderableType:
        """How many are done and how they came out; a row for each that is being done."""
        from rich.console import Group
        from rich.table import Table
        from rich.text import Text

        from tcpmodel.claims.report import WORDS

        parts: list[str | tuple[str, str]] = [(f"{self.done}/{self.total} done", "bold")]
        if self.cached:
            parts.append(f", {self.cached} of them known from before")
        for name in ("unexpected", "open", "vacuous"):
            if self.tally[name]:
                text = WORDS[name]
                parts.append((f", {self.tally[name]} {text}", STYLES[name]))
        parts.append((f"  {time.monotonic() - self.began:.0f} s", "dim"))
        table = Table.grid(padding=(0, 2), expand=False)
        for _ in range(2):
            table.add_column(no_wrap=True)
        for _ in range(3):
            table.add_column(no_wrap=True, justify="right")
        cells = [_cells(row) for row in self.rows.values()]
        wide = [max(map(len, column)) for column in zip(*cells, strict=True)]
        room = self.table.console.width - sum(wide) + (wide[1] if wide else 0) - 2 * len(wide)
        for code, scenario, *numbers in cells:
            where = scenario if len(scenario) <= room else scenario[: max(0, room - 1)] + "…"
            table.add_row(Text(code, "bold"), Text(where, "cyan"), *map(Text, numbers))
        return Group(Text.assemble(*parts), table)


def _cells(row: _Row) -> tuple[str, ...]:
    """Claim, scenario, where in the search it is, how much it has seen, and how quickly."""
    at = row.progress
    rate = f"{row.rate:,.0f}/s" if row.rate >= 1 else ""
    phase = f"{at.phase}, depth {at.depth}" if at.states else at.phase
    seen = f"{at.states:,} states" if at.states else ""
    return row.job.code, row.job.scenario, phase, seen, rate
