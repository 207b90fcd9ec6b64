"""What it means that a variable of an endpoint changes, where that deserves words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tcpmodel.core.terms import Value
from tcpmodel.core.trace import State
from tcpmodel.render.counts import ticks
from tcpmodel.render.vocabulary import FORGED, GHOSTS, NO_CONNECTION, OUTCOMES


@dataclass(frozen=True)
class Note:
    """A consequence of a step for `agent` that deserves words.

    kind: `incarnation`, `alarm` (what should not be), `aside` (for the text only) or `plain`.
    """

    agent: str
    words: str
    kind: str = "plain"


def meanings(
    name: str,
    value: Value,
    after: State,
    peer_of: Callable[[str], str],
    counted: bool,
    forged: bool,
) -> Iterator[Note]:
    """What it means that the variable `name` has become `value`.

    counted: somebody has a second incarnation.  forged: a segment that nobody sent did it.
    """
    agent, _, field = name.rpartition(".")
    if field == "inc" and value and counted:
        yield Note(agent, f"incarnation {value}", "incarnation")
    elif field == "peer" and value and not _lives(after, peer_of(agent), value):
        yield _lost(agent, peer_of(agent), value, after)
    elif field in GHOSTS and value is True:
        yield Note(agent, (FORGED if forged else GHOSTS).get(field, GHOSTS[field]), "alarm")
    elif field == "confirmed" and value is True and counted:
        yield Note(agent, f"{peer_of(agent)} has answered this incarnation", "aside")
    elif field == "outcome" and value in OUTCOMES:
        yield Note(agent, OUTCOMES[str(value)])
    elif field == "timer" and after.get(f"{agent}.state") == "TIME-WAIT":
        left = int(value) if not isinstance(value, str) else 0
        yield Note(agent, f"{ticks(left) if left else 'no tick'} of TIME-WAIT left")


def _lost(agent: str, peer: str, value: Value, after: State) -> Note:
    """`agent` believes in an incarnation of its peer that is over, or (SYN cookies) to come."""
    belief = f"believes in incarnation {value} of {peer}, which"
    now = after.get(f"{peer}.inc", value)
    if isinstance(now, int) and isinstance(value, int) and now < value:
        return Note(agent, f"{belief} has not begun")
    return Note(agent, f"{belief} is over", "alarm")


def _lives(state: State, agent: str, incarnation: Value) -> bool:
    current = state.get(f"{agent}.inc", incarnation) == incarnation
    return current and state.get(f"{agent}.state") not in NO_CONNECTION
