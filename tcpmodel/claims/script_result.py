"""What becomes of a written run: the lines as played, the answers of the rules, where it fails."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tcpmodel.claims.script_parse import Line, Script, Told
from tcpmodel.core.trace import Trace
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import CTL


@dataclass(frozen=True)
class Answer:
    """A step of an endpoint: what it reacted to, by which rule, and what it sent."""

    agent: str
    event: str
    rule: str
    says: str
    cites: tuple[str, ...]
    sent: str = ""
    line: int = 0


@dataclass(frozen=True)
class Done:
    """A line that was played: the steps it stands for, the states after it."""

    line: Line
    answers: tuple[Answer, ...]
    states: tuple[str, str]
    implied: str = ""


@dataclass(frozen=True)
class Failure:
    """Where the lines leave the model: what is wrong, what answered instead, and further hints."""

    line: Line
    says: str
    instead: Answer | None
    hints: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """What became of a written run.

    silent: segments that were sent though no line says so.  trace: the steps as far as they went.
    """

    script: Script
    switches: Scenario
    scenario: str
    started: tuple[str, str]
    done: tuple[Done, ...]
    failure: Failure | None
    silent: tuple[str, ...]
    trace: Trace

    @property
    def is_run(self) -> bool:
        """Every line is what the model does."""
        return self.failure is None


class Wrong(Exception):  # noqa: N818 - not an error of ours
    """What a line says is not so: why, what the rules answered instead, and hints."""

    def __init__(self, says: str, instead: Answer | None, hints: Iterable[str]) -> None:
        super().__init__(says)
        self.says, self.instead, self.hints = says, instead, tuple(hints)


@dataclass
class Sent:
    """A segment that was sent: by which step and at which tick; the lines that tell what became
    of it (0: none).
    """

    channel: str
    fields: Mapping[str, int]
    step: int
    tick: int
    told: int = 0
    arrived: int = 0
    lost: int = 0


def spelled(fields: Mapping[str, int]) -> str:
    """A segment as a line writes it."""
    ctl = CTL.names[fields["ctl"]]
    parts = [ctl, f"seq={fields['seq']}"]
    if "ACK" in ctl.split(","):
        parts.append(f"ack={fields['ack']}")
    if fields.get("text"):
        parts.append(f"text={fields['text']}")
    return " ".join(parts)


def differences(told: Told, fields: Mapping[str, int]) -> list[str]:
    """Where a segment is not what a line tells: `ack=301, not ack=300`."""
    found = []
    ctl = CTL.names[fields["ctl"]]
    if ctl != told.ctl:
        found.append(f"{ctl}, not {told.ctl}")
    for key in ("seq", "ack", "text"):
        if key == "ack" and "ACK" not in ctl.split(","):
            continue
        wanted = told.numbers.get(key, 0 if key == "text" else None)
        if wanted is not None and (is_ := fields.get(key, 0)) != wanted:
            found.append(f"{key}={is_}, not {key}={wanted}")
    return found


def nearest(told: Told, segments: Iterable[Mapping[str, int]]) -> Mapping[str, int] | None:
    """The segment that a line most likely means: the same control bits, the least differences."""
    same = [s for s in segments if CTL.names[s["ctl"]] == told.ctl]
    return min(same, key=lambda fields: len(differences(told, fields)), default=None)


def ticks(count: int) -> str:
    """`1 tick`, `2 ticks`."""
    return "1 tick" if count == 1 else f"{count} ticks"


def what_became_of(sent: Sent) -> str:
    """What the lines say of a segment so far, and how to go on."""
    if sent.lost:
        return f"line {sent.lost} says that it was lost; a retransmission is marked 'again'"
    if sent.arrived:
        return f"it arrived on line {sent.arrived}; if it arrives once more, mark it 'again'"
    return "where it arrives, mark it 'arrives'"


def since(sent: Sent) -> str:
    """Since when it is under way."""
    return f"is under way since line {sent.told}"
