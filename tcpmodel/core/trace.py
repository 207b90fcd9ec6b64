"""Runs of a system, concrete: what a counterexample is.

States hold values as people write them.  A trace can be saved and read back; a file is untrusted
until `semantics.replay` has re-executed it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from tcpmodel import __version__
from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Value

State: TypeAlias = Mapping[str, Value]
"""A value for every variable of the system, by name."""

SCHEMA = "tcpmodel-trace/1"
"""The name of the JSON form; `trace.schema.json`, beside this file, describes it."""

MAX_STEPS = 100_000


@dataclass(frozen=True)
class Message:
    """A message on a channel.

    channel: the name of the channel, e.g. `A>B`.
    fields: its contents by field name.
    sent_at: the step (1-based) that sent it; 0 if it was under way from the start.
    """

    channel: str
    fields: Mapping[str, Value]
    sent_at: int


@dataclass(frozen=True)
class Step:
    """One action taken.

    action: its name in the system.        says: the rule in one sentence.
    agent:  who acts (`A`, `B`, `network`, `clock`).
    kind:   `call`, `segment`, `timer`, `network` or `step`.
    label:  the event in the field's words, e.g. `active OPEN`.
    received: the message taken from a channel; for kind `network`, the message it acts upon.
    sent:   the message put on a channel, or None.
    overflow: the message was sent into a full lossy channel, and so lost at once.
    state:  the state after the step.
    told:   inputs that nothing in the run determines, by name: the ISS that a written run tells.
    """

    action: str
    agent: str
    kind: str
    label: str
    says: str
    cites: tuple[str, ...]
    received: Message | None
    sent: Message | None
    overflow: bool
    state: State
    told: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Trace:
    """An initial state and the steps taken from it.

    loop: None for a finite run; otherwise the run repeats for ever from the state after step
    `loop` (0: from the initial state).  A lasso whose loop has no step stutters in its last state.
    """

    system: str
    initial: State
    steps: tuple[Step, ...] = field(default=())
    loop: int | None = None

    def __post_init__(self) -> None:
        if self.loop is not None and not 0 <= self.loop <= len(self.steps):
            raise ModelError(f"the loop starts after step {self.loop}; there are {len(self.steps)}")

    def __len__(self) -> int:
        """The number of steps."""
        return len(self.steps)

    def state(self, index: int) -> State:
        """The state after step `index`; 0 is the initial state."""
        return self.initial if index == 0 else self.steps[index - 1].state

    def changes(self, index: int) -> dict[str, tuple[Value, Value]]:
        """What step `index` (1-based) changed: variable → (before, after)."""
        before, after = self.state(index - 1), self.state(index)
        return {n: (before[n], after[n]) for n in after if before[n] != after[n]}

    def to_json(self) -> dict[str, Any]:
        """A JSON-ready form; `Trace.from_json` reads it back."""
        return {
            "schema": SCHEMA,
            "version": __version__,
            "system": self.system,
            "loop": self.loop,
            "initial": dict(self.initial),
            "steps": [
                {
                    "action": s.action,
                    "agent": s.agent,
                    "kind": s.kind,
                    "label": s.label,
                    "says": s.says,
                    "cites": list(s.cites),
                    "received": _message_json(s.received),
                    "sent": _message_json(s.sent),
                    "overflow": s.overflow,
                    "state": dict(s.state),
                    **({"told": dict(s.told)} if s.told else {}),
                }
                for s in self.steps
            ],
        }

    @staticmethod
    def from_json(data: Any) -> Trace:
        """Read what `to_json` wrote.

        Raises `ModelError` for anything else; whether the system can do it is replay's business.
        """
        try:
            if data["schema"] != SCHEMA:
                raise ModelError(f"this trace has schema {data['schema']!r}, not {SCHEMA!r}")
            if len(data["steps"]) > MAX_STEPS:
                raise ModelError(f"the trace has more than {MAX_STEPS} steps")
            steps = tuple(
                Step(
                    action=str(s["action"]),
                    agent=str(s["agent"]),
                    kind=str(s["kind"]),
                    label=str(s["label"]),
                    says=str(s["says"]),
                    cites=tuple(map(str, s["cites"])),
                    received=_message(s["received"]),
                    sent=_message(s["sent"]),
                    overflow=bool(s["overflow"]),
                    state=_values(s["state"]),
                    told=_values(s.get("told", {})),
                )
                for s in data["steps"]
            )
            loop = data["loop"]
            return Trace(
                str(data["system"]),
                _values(data["initial"]),
                steps,
                None if loop is None else int(loop),
            )
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise ModelError(f"not a saved trace: {type(error).__name__}: {error}") from None


def _message_json(message: Message | None) -> dict[str, Any] | None:
    if message is None:
        return None
    return {"channel": message.channel, "fields": dict(message.fields), "sent_at": message.sent_at}


def _message(data: Any) -> Message | None:
    if data is None:
        return None
    return Message(str(data["channel"]), _values(data["fields"]), int(data["sent_at"]))


def _values(data: Any) -> dict[str, Value]:
    for name, value in data.items():
        if not isinstance(name, str) or not isinstance(value, bool | int | str):
            raise TypeError(f"{name!r} has the value {value!r}")
    return dict(data)
