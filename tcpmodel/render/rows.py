"""What the labels of a chart say: the lines for each lane and each message, step by step."""

from __future__ import annotations

import re

from tcpmodel.render import typeset, words
from tcpmodel.render.typeset import Line
from tcpmodel.render.words import Fate, Flight, Story

FAR = 2
"""An arrow that spans more steps than this is named at its head, too."""

_NOTES = {
    "alarm": typeset.ALARM,
    "incarnation": typeset.INCARNATION,
    "plain": typeset.NOTE,
}

_PAST = {"loses": "lost", "expires": "expired", "duplicates": "duplicated"}
"""What the network has done to a message."""


def beginning(story: Story, lane: str) -> list[Line]:
    """The initial state of `lane`, and what else is not at zero."""
    initial = story.trace.initial
    lines = []
    state = str(initial.get(f"{lane}.state", ""))
    if state and story.connects:
        lines.append(Line(state, typeset.STATE, state))
    if story.counts_incarnations and (number := initial.get(f"{lane}.inc")):
        lines.append(Line(f"incarnation {number}", typeset.INCARNATION))
    # A variable of nobody in particular is told at the first lane.
    owners = (lane,) if lane != story.lanes[0] else (lane, *_strangers(story))
    facts = [fact for owner, fact in story.opening() if owner in owners]
    return [*lines, _list(facts)]


def at_lane(story: Story, index: int, lane: str) -> list[Line]:
    """What step `index` means for `lane`: event, new state, consequences."""
    step = story.step(index)
    acts = step.agent == lane
    lines = []
    if acts and (event := words.extra(step)):
        lines.append(Line(event, typeset.TIMER if step.kind == "timer" else typeset.EVENT))
    if acts and step.received is not None:
        lines += _arrival(story, index)
    if state := story.new_state(index, lane):
        lines.append(Line(state, typeset.STATE, state))
    for note in story.notes(index):
        if note.kind in _NOTES and note.agent == lane:
            lines.append(Line(_bound(note.words), _NOTES[note.kind]))
    stateless = f"{lane}.state" not in story.trace.initial
    if acts and (stateless or not (lines or step.received or step.sent)):
        lines.append(_list(story.details(index)))
    return lines


def of_nobody(story: Story, index: int) -> list[Line]:
    """What step `index` means if no lane takes it: the network acts, or it just happens."""
    step = story.step(index)
    if step.received is None:
        who = "" if step.agent in ("", words.NETWORK) else f"{step.agent}: "
        facts = ", ".join(story.details(index))
        return [Line(who + words.extra(step), typeset.DEED), Line(facts, typeset.ASIDE)]
    kept = words.stays_under_way(step)
    style = typeset.COPIED if kept else typeset.LOSS
    lines = [Line(_PAST.get(step.label, step.label), style)]
    if index - story.sent_at(index) > FAR:
        lines.append(Line(words.segment(step.received), typeset.SEGMENT))
        lines.append(Line(_bound(story.provenance(index)), typeset.ASIDE))
    elif old := words.age(step.received):
        lines.append(Line(old, typeset.ASIDE))
    return lines


def message(story: Story, flight: Flight) -> list[Line]:
    """The label of an arrow: the message, and what a look at the arrow does not tell."""
    step = story.step(flight.start) if flight.start else None
    again = step is not None and words.is_retransmission(step)
    lines = [Line(("↻ " if again else "") + words.segment(flight.message), typeset.SEGMENT)]
    if step is None:
        lines.append(Line("under way from the start", typeset.ASIDE))
    if flight.fate in (Fate.OVERFLOW, Fate.BROKEN, Fate.UNHEARD, Fate.UNDER_WAY):
        style = typeset.ASIDE if flight.fate is Fate.UNDER_WAY else typeset.LOSS
        lines.append(Line(flight.fate.value, style))
    return lines


def _arrival(story: Story, index: int) -> list[Line]:
    """Names what arrives where its arrow is hard to follow or the segment is not what it seems."""
    received = story.step(index).received
    assert received is not None
    stale, again = story.is_stale(index), story.is_again(index)
    far = index - story.sent_at(index) > FAR
    forged = words.is_forged(story.step(index))
    if not (stale or again or far or forged or words.age(received)):
        return []
    name = f"{'stale ' * stale}{'forged ' * forged}{words.segment(received)}{' again' * again}"
    if forged:
        return [Line(name, typeset.ALARM)]
    style = typeset.ALARM if stale else typeset.NOTE
    return [Line(name, style), Line(_bound(story.provenance(index)), typeset.NOTE)]


def _strangers(story: Story) -> list[str]:
    return [owner for owner, _ in story.opening() if owner not in story.lanes]


def _bound(sentence: str) -> str:
    """`sentence` that does not break within `incarnation 1` or `2 ticks old`."""
    inside = r"(?<=[a-z]) (?=[0-9])|(?<=[0-9]) (?=ticks? old)|(?<=tick) (?=old)|(?<=ticks) (?=old)"
    return re.sub(inside, "\N{NO-BREAK SPACE}", sentence)


def _list(facts: list[str]) -> Line:
    """One line (if there is room) for all `facts`, which do not break within."""
    unbroken = (fact.replace(" ", "\N{NO-BREAK SPACE}") for fact in facts)
    return Line(", ".join(unbroken), typeset.NOTE)
