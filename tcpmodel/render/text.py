"""A trace as text: a line per step, in TCP words, only what changed."""

from __future__ import annotations

import textwrap

from tcpmodel.core.trace import Trace
from tcpmodel.render import words
from tcpmodel.render.words import CLOCK, NETWORK, Fate, Story


def text(
    trace: Trace, *, claim: str = "", why: str = "", witness: bool = False, width: int = 100
) -> str:
    """The run from its initial state to its end, and the `claim` that it violates.

    why: what exactly is violated, in words.  witness: the run shows the claim instead.
    Lines are at most `width` columns wide.
    """
    story = Story(trace)
    gutter = len(str(len(trace))) + 2
    width = max(width, gutter + 20)
    lines = _paragraph("0", _beginning(story), gutter, width)
    for index in range(1, len(trace) + 1):
        lines += _paragraph(str(index), _sentence(story, index), gutter, width)
    lines += _paragraph("↺", story.ending(), gutter, width)
    for sentence in _end(story):
        lines += _paragraph("", sentence, gutter, width)
    if claim:
        mark, verb = ("✓", "witnessed") if witness else ("✗", "violated")
        lines += ["", *_paragraph(mark, f"{verb}: {claim}", gutter, width)]
    for paragraph in why.splitlines():
        lines += _paragraph("", paragraph, gutter, width)
    return "\n".join(lines) + "\n"


def sentences(trace: Trace) -> list[str]:
    """How a run begins, and each of its steps in one sentence."""
    story = Story(trace)
    return [_beginning(story), *(_sentence(story, i) for i in range(1, len(trace) + 1))]


def step_text(trace: Trace, index: int) -> str:
    """Step `index` (1-based) of a run in one sentence."""
    return _sentence(Story(trace), index)


def _paragraph(mark: str, sentence: str, gutter: int, width: int) -> list[str]:
    return textwrap.wrap(
        sentence,
        width,
        initial_indent=mark.rjust(gutter - 2) + "  ",
        subsequent_indent=" " * (gutter + 2),
        break_on_hyphens=False,
    )


def _beginning(story: Story) -> str:
    """Who is in which state [and with which numbers]; for other systems, all variables."""
    told = []
    for agent in story.lanes:
        facts = ", ".join(fact for owner, fact in story.opening() if owner == agent)
        told += [state + (f" [{facts}]" if facts else "") for state in story.standing(0, agent)]
    others = [fact for owner, fact in story.opening() if not story.standing(0, owner)]
    return f"at the start: {', '.join(told + others)}"


def _end(story: Story) -> list[str]:
    """Where it ends: states, and what is still under way."""
    last = len(story.trace)
    finite = last > 0 and story.trace.loop is None
    states = [s for agent in story.lanes for s in story.standing(last, agent)] if finite else []
    left = [
        f"{words.segment(flight.message)} (sent at step {flight.start})"
        for flight in story.flights
        if flight.fate is Fate.UNDER_WAY
    ]
    told = [f"at the end: {', '.join(states)}"] if states else []
    return told + ([f"still under way: {', '.join(left)}"] if left else [])


def _sentence(story: Story, index: int) -> str:
    """Step `index`: who does what → the new state, what is sent; consequences [details]."""
    step = story.step(index)
    sentence = _event(story, index)
    mine = [n for n in story.notes(index) if (n.kind, n.agent) == ("incarnation", step.agent)]
    rest = [n for n in story.notes(index) if n not in mine and n.kind != "aside"]
    asides = [n.words for n in story.notes(index) if n.kind == "aside"]
    if state := story.new_state(index, step.agent):
        sentence += f" → {state}"
    sentence += "".join(f" ({note.words})" for note in mine)
    for agent in story.lanes:
        if agent != step.agent and (state := story.new_state(index, agent)):
            sentence += f"; {agent} → {state}"
    if step.sent is not None:
        sentence += f", {_sends(story, index)}"
    for note in rest:
        whose = "" if note.agent == step.agent else f"{note.agent}: "
        sentence += f"; {whose}{note.words}"
    if step.kind == "segment" and step.sent is None and not _changes_anything(story, index):
        sentence += ", ignores it"
    details = story.details(index) + asides
    return sentence + (f" [{', '.join(details)}]" if details else "")


def _event(story: Story, index: int) -> str:
    """What happens: `B receives stale SYN seq=100 (sent at step 1 by incarnation 1)`."""
    step = story.step(index)
    if step.agent == CLOCK:
        return story.tick(index)
    if step.received is None:
        if step.agent == NETWORK:
            return f"the network {words.extra(step)}"
        return f"{step.agent}: {words.extra(step)}" if step.agent else words.extra(step)
    stale, again = story.is_stale(index), story.is_again(index)
    forged = words.is_forged(step)
    start = story.sent_at(index)
    late = start == 0 or start < index - 1 or words.age(step.received)
    what = words.segment(step.received)
    told = f" ({story.provenance(index)})" if (late or stale or again) and not forged else ""
    if step.agent == NETWORK:
        return f"the network {words.extra(step)} {what}{told}"
    adjective = "forged " if forged else "stale " if stale else ""
    adverb = " again" if again else ""
    sentence = f"{step.agent} receives {adjective}{what}{adverb}{told}".lstrip()
    return ", ".join(filter(None, (sentence, words.extra(step))))


def _sends(story: Story, index: int) -> str:
    step = story.step(index)
    assert step.sent is not None
    verb = "retransmits" if words.is_retransmission(step) else "sends"
    lost = {
        Fate.OVERFLOW: " into a full channel: lost",
        Fate.BROKEN: " into a broken direction: lost",
        Fate.UNHEARD: ", but nobody is there to receive it",
    }
    fate = story.overflow(index)
    return f"{verb} {words.segment(step.sent)}{lost[fate] if fate else ''}"


def _changes_anything(story: Story, index: int) -> bool:
    return any(">" not in name for name in story.trace.changes(index))
