"""What became of seeded faults, and where that is kept while a hunt goes on.

A hunt takes long.  What the solver and the written runs have said of a fault is written to a file
as it comes, so that a hunt that was stopped goes on where it was; verdicts of claims are kept by
`verdicts`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tcpmodel.claims.verdicts import program
from tcpmodel.tcp.faults import Fault

SCHEMA = "tcpmodel-mutation/1"

STRUCTURE, RUN, CLAIM = "structure", "run", "claim"
EQUIVALENT, EXPLANATION, NOBODY = "equivalent", "explained", "unexplained"


@dataclass(frozen=True)
class Finding:
    """A fault and what becomes of it.

    fate: what catches it (`structure`, `run`, `claim`), or why nothing can (`equivalent`,
    `explained`), or `unexplained`.  by: the name of what catches it.  how: what is noticed, or why
    nothing is.  asked: how many claims were asked.
    """

    fault: Fault
    fate: str
    by: str = ""
    how: str = ""
    asked: int = 0


class Notebook:
    """The findings of an earlier hunt, stage by stage.

    They are those of the same program about the same `context`: whatever else they depend on.
    Without a place nothing is kept.  problem: why nothing can be written, if so.
    """

    def __init__(self, place: Path | None, context: Iterable[str] = ()) -> None:
        about = repr((program(), tuple(context)))
        name = hashlib.sha256(about.encode()).hexdigest()
        self.file = None if place is None else place / f"{name}.jsonl"
        self.problem = ""
        self._known: dict[tuple[str, Fault], Finding | None] = {}
        with suppress(OSError):
            lines = self.file.read_text(encoding="utf-8").splitlines() if self.file else []
            for line in lines:
                with suppress(ValueError, TypeError, KeyError):  # the last may not be whole
                    self._read(json.loads(line))

    def _read(self, line: dict[str, Any]) -> None:
        fault = Fault(**line["fault"])
        told = line["finding"]
        found = None if told is None else Finding(**{**told, "fault": fault})
        self._known[line["stage"], fault] = found

    def knows(self, stage: str, fault: Fault) -> bool:
        """Whether a stage has looked at a fault."""
        return (stage, fault) in self._known

    def found(self, stage: str, fault: Fault) -> Finding | None:
        """What the stage has found; None if that was nothing."""
        return self._known[stage, fault]

    def note(self, stage: str, fault: Fault, found: Finding | None) -> None:
        """Keep what a stage has found about a fault."""
        self._known[stage, fault] = found
        if self.file is None or self.problem:
            return
        told = {
            "stage": stage,
            "fault": asdict(fault),
            "finding": None if found is None else asdict(found),
        }
        try:
            self.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with self.file.open("a", encoding="utf-8") as file:
                file.write(json.dumps(told) + "\n")
        except OSError as error:
            self.problem = f"{self.file} cannot be written ({error.strerror}); nothing is kept"


def summary(findings: Sequence[Finding]) -> Iterator[tuple[str, int]]:
    """How many faults have which fate."""
    for fate in (STRUCTURE, RUN, CLAIM, EQUIVALENT, EXPLANATION, NOBODY):
        yield fate, sum(finding.fate == fate for finding in findings)


def as_json(findings: Sequence[Finding]) -> dict[str, Any]:
    """The findings for programs."""
    return {
        "schema": SCHEMA,
        "faults": len(findings),
        "fates": {fate: count for fate, count in summary(findings) if count},
        "findings": [{"name": str(found.fault), **asdict(found)} for found in findings],
    }
