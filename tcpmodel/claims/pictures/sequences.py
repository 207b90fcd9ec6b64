"""Sequence charts: how connections are opened and closed, and the runs that break claims.

None is drawn by hand.  How a connection is opened or closed is the shortest run to a goal that the
search finds in the scenario; where there are several goals, one after the other, the shortest run
from each to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial
from pathlib import Path

from tcpmodel.claims.discovery import bundled, claim_files, discover, select
from tcpmodel.claims.formula import parse
from tcpmodel.claims.language import Claim
from tcpmodel.claims.pictures.picture import Picture, Sheet
from tcpmodel.claims.runner import Job, reasons, run_job, trace_of
from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import conjunction
from tcpmodel.core.trace import Trace
from tcpmodel.engines import explicit
from tcpmodel.render.chart import chart
from tcpmodel.semantics.replay import Choice, replay
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

CLAIMS: Mapping[str, tuple[str, str]] = {
    "old_syn_two_way": ("P01", "two_way gives_up=off"),
    "old_syn_three_way": ("P01", "const_isn gives_up=off"),
    "old_data": ("P03", "two_way gives_up=off data=1 senders=A capacity=3"),
    "time_wait_1msl": ("P61", "tw1 tw_rfc1337=on"),
    "time_wait_assassination": ("P61", "tw2"),
    "last_ack_lost": ("P60", "tw2 tw_rfc1337=on loss=1"),
}
"""The charts of claims: code and scenario, by name."""


@dataclass(frozen=True)
class Scene:
    """A run to be found.

    goals: formulas; the run leads to the first, from there to the second, and so on.
    says: the last goal in words.  hidden: how many goals are reached before the chart begins.
    """

    title: str
    scenario: str
    goals: tuple[str, ...]
    says: str
    hidden: int = 0


_ONE = "incarnations=1 gives_up=off loss=0"
_OPENS = f"{_ONE} closes=nobody retransmit=off"
_CLOSES = f"{_ONE} retransmit=off"
_OPEN = "A.state == ESTABLISHED and B.state == ESTABLISHED and nothing_inflight()"
_CROSSING = (
    "A.state == SYN_SENT and B.state == SYN_SENT",
    "A.state == SYN_RECEIVED and B.state == SYN_RECEIVED",
    _OPEN,
)
_HALF = "A.state == FIN_WAIT_2 and B.state == CLOSE_WAIT and nothing_inflight()"
_WAITS = "A.state == TIME_WAIT and B.state == CLOSED and nothing_inflight()"
_BOTH_WAIT = "A.state == TIME_WAIT and B.state == TIME_WAIT and nothing_inflight()"
_OVER = "A.state == CLOSED and B.state == CLOSED"
_ARE_OPEN = "Both are ESTABLISHED, and nothing is under way."
_ARE_CLOSED = "Both are CLOSED."

_SEVERAL = "shortest runs, from goal to goal,"

OPENINGS: Mapping[str, Scene] = {
    name: Scene(title, f"{how} {_OPENS}", (goal,), says)
    for name, (title, how, goal, says) in {
        "three": ("The three-way handshake", "rfc9293", _OPEN, _ARE_OPEN),
        "two": ("A two-way handshake", "two_way", _OPEN, _ARE_OPEN),
        "split": ("A split handshake", "split", _OPEN, _ARE_OPEN),
        "flags_only": ("Three messages without numbers", "flags_only", _OPEN, _ARE_OPEN),
        "syncookie": ("A SYN cookie", "syncookie", _OPEN, _ARE_OPEN),
        "fast_open": (
            "TCP Fast Open",
            "tcp_tfo",
            f"{_OPEN} and B.taken == 1",
            "Both are ESTABLISHED, the text that came with the SYN has been delivered, and nothing "
            "is under way.",
        ),
    }.items()
} | {
    "four": Scene(
        "A handshake of four messages",
        f"four_naive {_ONE} closes=nobody",
        (_OPEN,),
        _ARE_OPEN,
    ),
    "simultaneous": Scene(
        "A simultaneous open, by the letter of 3.10.7.4",
        f"rfc9293 {_OPENS} roles=both_active",
        _CROSSING,
        _ARE_OPEN,
    ),
    "simultaneous_a2": Scene(
        "A simultaneous open, with the check of Appendix A.2",
        f"rfc9293 {_OPENS} roles=both_active seq_check=a2",
        _CROSSING,
        _ARE_OPEN,
    ),
}
"""How connections are opened, by name."""

CLOSINGS: Mapping[str, Scene] = {
    "four": Scene(
        "Four segments close a connection",
        f"rfc9293 {_CLOSES}",
        (_OPEN, _HALF, _WAITS, _OVER),
        _ARE_CLOSED,
        hidden=1,
    ),
    "three": Scene(
        "Three segments, if the second user closes at once",
        f"rfc9293 {_CLOSES} fin_piggyback=allowed",
        (_OPEN, _WAITS, _OVER),
        _ARE_CLOSED,
        hidden=1,
    ),
    "simultaneous": Scene(
        "Both close at the same time",
        f"rfc9293 {_CLOSES} closes=either",
        (_OPEN, _BOTH_WAIT, _OVER),
        _ARE_CLOSED,
        hidden=1,
    ),
    "half": Scene(
        "A half-closed connection still carries text",
        f"rfc9293 {_CLOSES} data=1 senders=B",
        (_OPEN, f"{_HALF} and A.taken == 0", f"{_HALF} and A.taken == 1", _WAITS, _OVER),
        _ARE_CLOSED,
        hidden=1,
    ),
    "abort": Scene(
        "A reset ends a connection at once",
        f"rfc9293 {_CLOSES} abort=on",
        (_OPEN, f"{_OVER} and ended('B', 'reset')"),
        "Both are CLOSED, and the user of B is told that the connection was reset.",
        hidden=1,
    ),
}
"""How connections are closed, by name; the charts begin where both are ESTABLISHED."""


def pictures() -> list[Picture]:
    """The sequence charts that are kept."""
    return [
        *(Picture(f"handshake/{n}", s.title, partial(of_scene, s)) for n, s in OPENINGS.items()),
        *(Picture(f"close/{n}", s.title, partial(of_scene, s)) for n, s in CLOSINGS.items()),
        *(Picture(n, _title(*about), partial(of_claim, *about)) for n, about in CLAIMS.items()),
    ]


def of_scene(scene: Scene) -> Sheet:
    """The chart of a scene; raises `ModelError` if there is no such run."""
    trace, hidden = run_of(scene)
    shown = _without(trace, hidden)
    sent = sum(step.sent is not None for step in shown.steps)
    found = "the shortest run" if len(scene.goals) == scene.hidden + 1 else _SEVERAL
    before = f", from where {hidden} steps have opened the connection" if hidden else ""
    segments = f"{sent} segment{'s' * (sent != 1)}"
    why = f"{found} of {scene.scenario}{before}: {len(shown)} steps, {segments}"
    drawn = chart(shown, claim=scene.says, why=why, title=scene.title, witness=True)
    caption = f"{found[0].upper()}{found[1:]} of `{scene.scenario}`{before}; {segments}."
    return Sheet(drawn, scene.title, caption)


def run_of(scene: Scene) -> tuple[Trace, int]:
    """For each goal the shortest run to it from where the one before ends, as one run; and how many
    of its steps lead to the goals that are hidden.
    """
    model = compose(scenario(scene.scenario))
    system, choices, hidden = model.system, list[Choice](), 0
    for number, goal in enumerate(scene.goals):
        trace = explicit.check(system, parse(f"sometimes({goal})")(model)).trace
        if trace is None:
            raise ModelError(f"{scene.scenario} has no run to {goal}")
        choices += [Choice(step.action) for step in trace.steps]
        hidden += len(trace) if number < scene.hidden else 0
        last = trace.state(len(trace))
        here = conjunction(v.term == v.domain.term(last[v.name]) for v in system.variables)
        system = system.part(init=here)
    return replay(model.system, choices), hidden


def _without(trace: Trace, hidden: int) -> Trace:
    """The run from a step on after which nothing is under way."""
    steps = []
    for step in trace.steps[hidden:]:
        got = step.received
        if got is not None:
            got = replace(got, sent_at=got.sent_at - hidden)
        steps.append(replace(step, received=got))
    return Trace(trace.system, trace.state(hidden), tuple(steps))


def of_claim(code: str, text: str) -> Sheet:
    """The run that an engine finds for a claim; raises `ModelError` if there is none any more."""
    file, claim = select(_claims(), [code])[0]
    found = run_job(Job(str(file), code, text))
    trace = trace_of(found)
    if trace is None:
        raise ModelError(f"{code} has no run to show in {text!r}: {found.verdict}")
    title = _title(code, text)
    why = "\n".join(reasons(found))
    witness = found.verdict == "HOLDS"
    drawn = chart(trace, claim=claim.says, why=why, title=title, witness=witness)
    caption = f"`{text}`: “{claim.says}” {found.verdict}: {claim.verdicts[text].why}."
    return Sheet(drawn, title, caption)


def _title(code: str, text: str) -> str:
    return f"{code} {_claim(code).id}: {text}"


def _claim(code: str) -> Claim:
    return select(_claims(), [code])[0][1]


@cache
def _claims() -> tuple[tuple[Path, Claim], ...]:
    return tuple(discover(claim_files(bundled())).claims)
