"""What the lines ahead tell of a choice that has to be made now: which ISS, which answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from tcpmodel.claims.script_model import Effect
from tcpmodel.claims.script_parse import Line, Told
from tcpmodel.claims.script_result import differences
from tcpmodel.tcp.compose import AGENTS

_SENT_NOW = ("", "...", "lost")
"""The marks of messages that are sent on their line for the first time."""


def iss_told(lines: Sequence[Line], agent: str) -> int | None:
    """The ISS that `agent` selects next: that of the next SYN it sends; None if no line tells."""
    syns = (t for t in _sent(lines, agent) if "SYN" in t.ctl.split(",") and "seq" in t.numbers)
    return next((told.numbers["seq"] for told in syns), None)


def meant(
    effects: Sequence[Effect], lines: Sequence[Line], agent: str, state: Callable[[Effect], str]
) -> Effect:
    """Which choice of a rule is meant: that with the state of `agent` that the first line tells,
    or after which it sends what a later line tells next; else the first.

    state: of `agent` after an effect.
    """
    now = (lines[0].states or ("", ""))[AGENTS.index(agent)]
    told = next(_sent(lines[1:], agent), None)

    def fits(effect: Effect) -> tuple[bool, bool]:
        sends = told is not None and effect.sent is not None and not differences(told, effect.sent)
        return state(effect) == now, sends

    return max(effects, key=fits)


def _sent(lines: Sequence[Line], agent: str) -> Iterator[Told]:
    """What `agent` sends, as the lines tell it."""
    told = (line.what for line in lines)
    return (t for t in told if isinstance(t, Told) and t.sender == agent and t.mark in _SENT_NOW)
