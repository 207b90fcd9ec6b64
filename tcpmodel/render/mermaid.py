"""A run as a Mermaid sequence diagram, for READMEs and issues that draw one.

Its arrows are level, so that each stands where the segment arrives; that it was sent earlier is
told at the step that sent it, and at the arrow.  An arrow that ends in a cross is a segment lost,
where it gets lost; a dashed one is stale; an open one, where it was sent, is under way to the end.
The note of a step begins with its number.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from tcpmodel.core.trace import Trace
from tcpmodel.render import words
from tcpmodel.render.words import CLOCK, Fate, Flight, Story

WIDTH = 46
"""Characters after which a note goes on in its next line."""

BREAK = "<br/>"

_PLAIN = frozenset(" .,:!?()=_-+/→↻✗✓…'")
"""What may stand in a text besides letters and digits."""

_MARKS = frozenset("ﬂß")
"""Letters that Mermaid has for itself: it writes `#35;` as `ﬂ°°35¶ß` on its way."""

_ARROWS = {"arrives": "->>", "stale": "-->>", "lost": "-x", "under way": "-)"}


def mermaid(
    trace: Trace, *, claim: str = "", why: str = "", title: str = "", witness: bool = False
) -> str:
    """The diagram of a run, and below it the `claim` that it violates.

    why: what exactly is violated, in words.  witness: the run shows the claim instead.
    """
    story = Story(trace)
    lines = ["sequenceDiagram"]
    lines += [f"    accTitle: {_line(title)}"] if title else []
    drawing = _Drawing(story)
    lines += [f"    {line}" for line in drawing.lines(claim, why, witness)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """`text` as Mermaid reads it: what could mean something else is written by its number."""
    found = []
    for char in text:
        if char in _PLAIN or (char.isalnum() and char not in _MARKS):
            found.append(char)
        elif char.isprintable():
            found.append(f"#{ord(char)};")
        else:
            found.append(" ")
    # Two words that Mermaid takes for styles, whose last semicolon it drops.
    told = re.sub("style|classDef", lambda m: f"#{ord(m[0][0])};{m[0][1:]}", "".join(found))
    return told.strip() or "-"


def _line(text: str) -> str:
    """Plain text that is shown as it stands, for readers that do not see the picture."""
    return " ".join(re.sub(r"[^\w .,()=+/→-]", " ", text).split())


class _Drawing:
    """The statements of a diagram."""

    def __init__(self, story: Story) -> None:
        self.story = story
        plain = re.compile("[A-Z]")
        self.ids = {
            lane: lane if plain.fullmatch(lane) else f"p{place}"
            for place, lane in enumerate(story.lanes, start=1)
        }
        ends = [*self.ids.values()]
        self.everybody = ends[0] if len(ends) == 1 else f"{ends[0]},{ends[-1]}"
        self.ending = {flight.end: flight for flight in story.flights}
        self.starting: dict[int, list[Flight]] = {}
        for flight in story.flights:
            self.starting.setdefault(flight.start, []).append(flight)

    def lines(self, claim: str, why: str, witness: bool) -> Iterator[str]:
        story, trace = self.story, self.story.trace
        for lane, name in self.ids.items():
            told = "" if name == lane else f" as {escaped(lane or trace.system)}"
            yield f"participant {name}{told}"
        for lane in self.ids:
            facts = [fact for owner, fact in story.opening() if owner == lane]
            if told := ", ".join([*story.standing(0, lane), *facts]).removeprefix(f"{lane} "):
                yield self.note(lane, told)
        for flight in self.starting.get(0, []):
            if flight.end is None:
                yield from self.under_way(flight)
        for index in range(1, len(trace) + 1):
            if trace.loop == index - 1:
                yield f"loop {escaped(story.ending())}"
            yield from self.step(index)
        if trace.loop is not None:
            stutters = trace.loop == len(trace)
            yield self.note(None, story.ending()) if stutters else "end"
        if claim:
            verb = "witnessed" if witness else "violated"
            yield self.note(None, f"{verb}: {claim}")
        for paragraph in why.splitlines():
            yield self.note(None, paragraph)

    def step(self, index: int) -> Iterator[str]:
        """The arrow that ends here; what the step means for everybody; the arrow left over."""
        story, step = self.story, self.story.step(index)
        if (flight := self.ending.get(index)) is not None:
            yield from self.arrow(flight, index)
        if step.agent == CLOCK:
            yield self.note(None, f"{index} {story.tick(index)}")
        elif step.agent not in self.ids and flight is None:
            yield self.note(None, f"{index} the network {words.extra(step)}")
        for lane in self.ids:
            if told := ", ".join(self.meaning(index, lane)):
                yield self.note(lane, f"{index} {told}")
        for left in self.starting.get(index, []):
            if left.end is None:
                yield from self.under_way(left)

    def meaning(self, index: int, lane: str) -> list[str]:
        """What step `index` means for `lane`; empty if nothing."""
        story, step = self.story, self.story.step(index)
        acts = step.agent == lane
        event = words.extra(step) if acts else ""
        if acts and words.is_forged(step) and step.received is not None:
            event = f"a forged {words.segment(step.received)}"
        state = story.new_state(index, lane)
        found = [" → ".join(filter(None, (event, state)))]
        found += [n.words for n in story.notes(index) if n.agent == lane and n.kind != "aside"]
        if acts and step.sent is not None:
            found += self.sending(index)
        if acts and f"{lane}.state" not in story.trace.initial:
            found += story.details(index)
        told = [*filter(None, found)]
        if acts and not told:
            idle = "answers" if step.sent else "ignores it" if step.received else step.action
            told = story.details(index) or [idle]
        return told

    def sending(self, index: int) -> list[str]:
        """What step `index` sends, if no arrow right below it shows that."""
        step = self.story.step(index)
        assert step.sent is not None
        ends = [flight.end for flight in self.starting.get(index, [])]
        if None in ends or ends[:1] == [index + 1]:
            return []
        verb = "retransmits" if words.is_retransmission(step) else "sends"
        what = "lost" if self.starting[index][0].fate is Fate.LOST else "received"
        return [f"{verb} {words.segment(step.sent)} ({what} at step {ends[0]})"]

    def arrow(self, flight: Flight, index: int) -> Iterator[str]:
        """The end of a segment's way, at step `index`."""
        story, step = self.story, self.story.step(index)
        told = self.label(flight)
        late = flight.start < index - 1 or words.age(flight.message)
        if flight.fate is Fate.LOST:
            how = {"loses": "lost", "drops": "expired"}.get(step.label, step.label)
            where = f", {story.provenance(index)}" if late else ""
            told += f" ({how} at step {index}{where})"
            yield from self.drawn(flight, "lost", told)
            return
        stale = story.is_stale(index)
        if stale or story.is_again(index) or late or not flight.start:
            again = "again, " if story.is_again(index) else ""
            told = f"{'stale ' * stale}{told} ({again}{story.provenance(index)})"
        yield from self.drawn(flight, "stale" if stale else "arrives", told)

    def under_way(self, flight: Flight) -> Iterator[str]:
        """A segment that no step ends."""
        kind = "under way" if flight.fate is Fate.UNDER_WAY else "lost"
        yield from self.drawn(flight, kind, f"{self.label(flight)} ({flight.fate.value})")

    def label(self, flight: Flight) -> str:
        again = flight.start and words.is_retransmission(self.story.step(flight.start))
        return ("↻ " if again else "") + words.segment(flight.message)

    def drawn(self, flight: Flight, kind: str, told: str) -> Iterator[str]:
        """An arrow; a note if its channel does not tell from whom to whom."""
        sender, receiver = words.route(flight.message)
        if sender in self.ids and receiver in self.ids:
            yield f"{self.ids[sender]}{_ARROWS[kind]}{self.ids[receiver]}: {_wrapped(told)}"
        else:
            yield self.note(None, told)

    def note(self, lane: str | None, told: str) -> str:
        """A note over one lane, or over all."""
        over = self.everybody if lane is None else self.ids[lane]
        return f"Note over {over}: {_wrapped(told)}"


def _wrapped(text: str) -> str:
    lines = textwrap.wrap(text, WIDTH, break_on_hyphens=False, break_long_words=False)
    told = BREAK.join(map(escaped, lines)) or "-"
    return re.sub("^((?:no)?wrap)", lambda m: f"#{ord(m[0][0])};{m[0][1:]}", told)
