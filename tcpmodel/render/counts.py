"""What the timers and counts of an endpoint say, in words: `has waited 2 ticks`.

Knows them by name only, like `words`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from tcpmodel.core.terms import Value


def ticks(count: int) -> str:
    """`1 tick`, `2 ticks`."""
    return _many(count, "tick")


def said(field: str, value: Value) -> str | None:
    """What it means of an endpoint that its `field` is now `value`: the rest of a sentence that
    begins with its name.  Empty if that goes without saying, None if the field is unknown here.
    """
    if re.fullmatch(r"held\d+(_index|_stale)?", field):
        distance = re.sub(r"\D", "", field)
        kept = "_" not in field and value != "-"
        return f"holds {value} back, {_many(int(distance), 'octet')} ahead" if kept else ""
    if field not in _WORDS or isinstance(value, str):
        return None
    return _WORDS[field](int(value))


def _many(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _again(count: int) -> str:
    times = {1: "once", 2: "twice"}.get(count, f"{count} times")
    return f"has retransmitted {times}" if count else ""


_WORDS: Mapping[str, Callable[[int], str]] = {
    "waited": lambda n: f"has waited {ticks(n)}" if n else "",
    "sent_at": lambda n: f"last sent it after {ticks(n)}" if n else "",
    "tries": _again,
    "idle": lambda n: f"has heard nothing for {ticks(n)}" if n else "",
    "probes": lambda n: f"has sent {_many(n, 'keep-alive')}" if n else "",
    "user_timer": lambda n: f"is willing to wait {ticks(n)} more" if n else "",
    # The timers of FIN-WAIT-2 and of the quiet time are one more than what is left, 0 if stopped.
    "fin_timer": lambda n: f"has {ticks(n - 1)} of FIN-WAIT-2 left" if n else "",
    "quiet": lambda n: f"keeps quiet for {ticks(n - 1)} more" if n else "may send again",
    "used": lambda n: f"has selected {_many(n, 'ISN')} since it booted",
    "unread": lambda n: f"has {_many(n, 'octet')} for its user to read",
    "deaf": lambda n: "reads no more" if n else "",
    "fin_sent": lambda n: "has sent its FIN" if n else "",
    "syn_text": lambda n: "keeps the text of the SYN" if n else "",
    "embryos": lambda n: f"has {_many(n, 'place')} of its backlog taken",
    "reopened": lambda n: "may have to return to TIME-WAIT" if n else "",
    "old_snd": lambda n: "",
    "old_rcv": lambda n: "",
    "old_peer": lambda n: "",
    "accepted": lambda n: "",
    "last_irs": lambda n: f"remembers the SYN with seq={n}",
    "ts_recent": lambda n: f"has TS.Recent = {n}" if n else "",
}
"""What a number means, by the field that it is the value of."""
