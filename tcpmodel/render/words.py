"""What a trace says, in the words of RFC 9293: shared by the text and by the chart.

Knows variables and fields by name only (`A.snd_una`, `ctl`); what it does not know it calls by
its name, so that any system's trace can be told.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property
from itertools import accumulate

from tcpmodel.core.terms import Value
from tcpmodel.core.trace import Message, Step, Trace
from tcpmodel.render.counts import said, ticks
from tcpmodel.render.notes import Note, meanings
from tcpmodel.render.vocabulary import NO_CONNECTION, TCB, TOLD

NETWORK, CLOCK = "network", "clock"


class Fate(Enum):
    """What becomes of a copy of a message."""

    RECEIVED = "received"
    LOST = "lost"
    OVERFLOW = "lost at once: the channel is full"
    BROKEN = "lost at once: this direction is broken"
    UNHEARD = "lost: there is nobody to receive it"
    UNDER_WAY = "still under way at the end"


@dataclass(frozen=True)
class Flight:
    """One copy of a message on its way.

    start: the step that sent it, 0 if it was under way from the start.
    end: the step that received or lost it, None if it is still under way.
    copy: how many copies of it arrived before this one.
    """

    message: Message
    start: int
    end: int | None
    fate: Fate
    copy: int = 0

    @property
    def origin(self) -> object:
        """What the copies of a message share: the step that sent it, else where and what it is."""
        contents = (item for item in self.message.fields.items() if item[0] != "age")
        return self.start or (self.message.channel, *contents)


def segment(message: Message) -> str:
    """The message as people write it: `SYN,ACK seq=300 ack=101`."""
    fields = message.fields
    if "ctl" not in fields:
        return " ".join(f"{name}={spelled(value)}" for name, value in fields.items()) or "message"
    control = str(fields["ctl"])
    parts = [control]
    if "seq" in fields:
        parts.append(f"seq={fields['seq']}")
    if "ack" in fields and "ACK" in control.split(","):
        parts.append(f"ack={fields['ack']}")
    if octets := number(fields.get("text", 0)):
        parts.append(f"+ {octets} octet{'s' if octets > 1 else ''}")
    if "wnd" in fields:
        parts.append(f"wnd={fields['wnd']}")
    if "ts" in fields:
        parts.append(f"TSval={fields['ts']}")
    if "seq" not in fields and "index" in fields:
        parts.append(f"octet {number(fields['index']) + 1}")
    return " ".join(parts)


def route(message: Message) -> tuple[str, str]:
    """Sender and receiver, as the channel's name `A>B` tells; empty where it does not."""
    sender, arrow, receiver = message.channel.partition(">")
    return (sender, receiver) if arrow else ("", "")


def age(message: Message) -> str:
    """How long ago it was sent, where there is a clock."""
    old = number(message.fields.get("age", 0))
    return f"{ticks(old)} old" if old else ""


def number(value: Value) -> int:
    """`value` where a number is expected; 0 if it is none, as other systems' variables may be."""
    return 0 if isinstance(value, str) else int(value)


def spelled(value: Value) -> str:
    """A value as people write it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def is_retransmission(step: Step) -> bool:
    """What the step sends, it has sent before."""
    return step.kind == "timer" and "retransmission" in step.label


def is_forged(step: Step) -> bool:
    """What the step receives was sent by no endpoint."""
    return step.label == "forged"


def stays_under_way(step: Step) -> bool:
    """The network acts upon a message that stays under way."""
    return step.agent == NETWORK and "duplicat" in step.label


def extra(step: Step) -> str:
    """What the label of a step adds to its arrow: the event, but not `receives SYN`."""
    if is_forged(step):
        return ""
    if step.received is None or step.agent == NETWORK:
        return step.label or step.action
    arrival = f"receives {step.received.fields.get('ctl', '')}"
    return step.label.removeprefix(arrival).strip(" ,:;")


@dataclass(frozen=True)
class Story:
    """A trace, read as a story: who takes part, what each step means, what became of messages."""

    trace: Trace

    @cached_property
    def lanes(self) -> tuple[str, ...]:
        """Who takes part: whoever has a state, an end of a channel, or a step.

        Where there are endpoints, who is none (an adversary off the path) takes steps without a
        lane.
        """
        variables = self.trace.initial
        names = [name.removesuffix(".state") for name in variables if name.endswith(".state")]
        owners = {name.rpartition(".")[0] for name in variables}
        endpoints = bool(names)
        for step in self.trace.steps:
            for message in (step.received, step.sent):
                names += route(message) if message is not None else ()
            if step.agent in owners or not (endpoints or step.agent in (NETWORK, CLOCK)):
                names.append(step.agent)
        return tuple(dict.fromkeys(filter(None, names))) or ("",)

    @cached_property
    def counts_incarnations(self) -> bool:
        """Somebody has a second incarnation, so that numbering them says something."""
        names = [name for name in self.trace.initial if name.endswith(".inc")]
        states = (self.trace.state(index) for index in range(len(self.trace) + 1))
        return any(number(state.get(name, 0)) > 1 for state in states for name in names)

    @cached_property
    def connects(self) -> bool:
        """Somebody leaves CLOSED: states say something, as they do not where only UDP is used."""
        states = (self.trace.state(index) for index in range(len(self.trace) + 1))
        return any(s.get(f"{lane}.state") != "CLOSED" for s in states for lane in self.lanes)

    @cached_property
    def flights(self) -> list[Flight]:
        """Every copy of every message that the trace speaks of, in order of sending."""
        found: list[Flight] = []
        arrived: Counter[object] = Counter()
        for index, step in enumerate(self.trace.steps, start=1):
            if (message := step.received) is None or stays_under_way(step) or is_forged(step):
                continue
            start = self.sent_at(index)
            if step.agent == NETWORK:
                found.append(Flight(message, start, index, Fate.LOST))
                continue
            flight = Flight(message, start, index, Fate.RECEIVED)
            found.append(replace(flight, copy=arrived[flight.origin]))
            arrived[flight.origin] += 1
        ended = {flight.start for flight in found}
        for index, step in enumerate(self.trace.steps, start=1):
            if step.sent is not None and index not in ended:
                fate = self.overflow(index) or Fate.UNDER_WAY
                found.append(Flight(step.sent, index, None, fate))
        return sorted(found, key=lambda f: (f.start, f.end or len(self.trace) + 1))

    @cached_property
    def _copies(self) -> dict[int | None, int]:
        return {flight.end: flight.copy for flight in self.flights}

    @cached_property
    def _clock(self) -> list[int]:
        return list(accumulate(int(step.agent == CLOCK) for step in self.trace.steps))

    def step(self, index: int) -> Step:
        """Step `index`, 1-based."""
        return self.trace.steps[index - 1]

    def overflow(self, index: int) -> Fate | None:
        """Why what step `index` sends is lost at once: the way is broken, or there is no room, or
        nobody to receive it, which is so if nothing is under way and still there is no room; None
        if it is not lost.
        """
        step, before = self.step(index), self.trace.state(index - 1)
        if step.sent is None or not step.overflow:
            return None
        if step.state.get(f"link.{step.sent.channel.replace('>', '_to_')}") == "broken":
            return Fate.BROKEN
        slots = [value for n, value in before.items() if n.startswith(f"{step.sent.channel}[")]
        taken = not slots or any(value not in (0, False, "-") for value in slots)
        return Fate.OVERFLOW if taken else Fate.UNHEARD

    # --- where a message comes from ---------------------------------------------------------

    def sent_at(self, index: int) -> int:
        """The step that sent what step `index` takes; 0 if none of the trace did."""
        message = self.step(index).received
        start = message.sent_at if message is not None else 0
        return start if 0 < start < index else 0

    def is_again(self, index: int) -> bool:
        """Step `index` receives what was received before."""
        return self._copies.get(index, 0) > 0

    def is_stale(self, index: int) -> bool:
        """Step `index` receives a segment that was not meant for this connection."""
        return self._past(index) is not None

    def provenance(self, index: int) -> str:
        """Where what step `index` takes comes from: `sent at step 1 by incarnation 1`."""
        message = self.step(index).received
        start = self.sent_at(index)
        sent = f"sent at step {start}" if start else "sent before the start"
        if is_forged(self.step(index)):
            return "by no endpoint"
        old = age(message) if message is not None else ""
        return ", ".join(filter(None, (sent + (self._past(index) or ""), old)))

    def _past(self, index: int) -> str | None:
        """What marks the segment received as one of the past, in words; None if nothing does."""
        step, before = self.step(index), self.trace.state(index - 1)
        message = step.received
        if message is None or step.agent == NETWORK or is_forged(step):
            return None
        sender, receiver = route(message)
        sent_by, meant_for = message.fields.get("inc", 0), message.fields.get("to", 0)
        if sent_by and number(sent_by) < number(before.get(f"{sender}.inc", 0)):
            return f" by incarnation {sent_by}"
        if meant_for and meant_for != before.get(f"{receiver}.inc", meant_for):
            return f" to incarnation {meant_for} of {receiver}"
        state = before.get(f"{sender}.state")
        # An abort sends a reset and leaves no connection: neither is it old.
        if "RST" in str(message.fields.get("ctl", "")):
            return None
        if state in NO_CONNECTION and self._had_connection(sender, self.sent_at(index)):
            return f" by {sender}, which is {state} by now"
        return None

    def _had_connection(self, sender: str, start: int) -> bool:
        """The segment that step `start` sent belongs to a connection of its sender; what was sent
        before the start does.

        SYN cookies are sent without one, and so is all that UDP sends.
        """
        around = (self.trace.state(index) for index in (start - 1, start) if start)
        states = [state.get(f"{sender}.state") for state in around]
        return not states or any(state not in NO_CONNECTION for state in states)

    # --- what a step means ------------------------------------------------------------------

    def tick(self, index: int) -> str:
        """The name of step `index`, one of the clock: `tick 3`."""
        label = self.step(index).label
        return f"tick {self._clock[index - 1]}" if label in ("tick", "") else label

    def ticked(self, index: int) -> int:
        """How often the clock has ticked after step `index`."""
        return self._clock[index - 1]

    def is_silent(self, index: int) -> bool:
        """Step `index` is a tick of the clock that brings nothing about which deserves words."""
        step = self.step(index)
        if step.agent != CLOCK or step.label not in ("tick", "") or step.received or step.sent:
            return False
        states = any(self.new_state(index, lane) for lane in self.lanes)
        return not states and not self.notes(index)

    def new_state(self, index: int, agent: str) -> str:
        """The state that step `index` takes `agent` to; empty if it stays."""
        before, after = (self.trace.state(i).get(f"{agent}.state") for i in (index - 1, index))
        return "" if before == after else str(after)

    def notes(self, index: int) -> list[Note]:
        """What step `index` brings about, besides states and messages, that deserves words."""
        after, forged = self.trace.state(index), is_forged(self.step(index))
        return [
            note
            for name, (_, value) in self.trace.changes(index).items()
            if ">" not in name  # the slots of a channel: arrows show them
            for note in meanings(name, value, after, self.peer_of, self.counts_incarnations, forged)
        ]

    def peer_of(self, agent: str) -> str:
        """Whom `agent` talks to."""
        others = [other for other in self.lanes if other != agent]
        return others[0] if len(others) == 1 else "its peer"

    def details(self, index: int) -> list[str]:
        """The variables that step `index` changes and that nothing else about it tells."""
        step = self.step(index)
        found = []
        for name, (before, after) in self.trace.changes(index).items():
            agent, _, field = name.rpartition(".")
            if self._is_bookkeeping(name) or (agent and field in TOLD):
                continue
            if agent and (words := said(field, after)) is not None:
                found += [f"{agent} {words}"] if words else []
                continue
            spelling = name
            if agent and field in TCB:
                # The segment sent shows SND.NXT as its SEQ and RCV.NXT as its ACK.
                shown = agent == step.agent and step.sent and field in ("snd_nxt", "rcv_nxt")
                if shown or self.new_state(index, agent):
                    continue
                spelling = TCB[field] if agent == step.agent else f"{agent}'s {TCB[field]}"
            found.append(f"{spelling} {spelled(before)} → {spelled(after)}")
        return found

    # --- the ends ---------------------------------------------------------------------------

    def standing(self, index: int, agent: str) -> list[str]:
        """The state of `agent` after step `index`, e.g. `A ESTABLISHED (incarnation 2)`, if any."""
        state = self.trace.state(index)
        if (name := state.get(f"{agent}.state")) is None:
            return []
        number = state.get(f"{agent}.inc", 0)
        marked = self.counts_incarnations and number and name not in NO_CONNECTION
        return [f"{agent} {name}" + (f" (incarnation {number})" if marked else "")]

    def opening(self) -> list[tuple[str, str]]:
        """What else to know of the initial state, as (agent, `SND.NXT = 5`).

        That is whatever is not zero, and the numbers of a TCB only where there is a connection.
        """
        initial = self.trace.initial
        found = []
        for name, value in initial.items():
            agent, _, field = name.rpartition(".")
            state = initial.get(f"{agent}.state")
            if agent == "link":
                ways = field.replace("_to_", " to ")
                found += [(agent, f"nothing gets from {ways}")] if value == "broken" else []
                continue
            if self._is_bookkeeping(name) or (state is not None and field in TOLD):
                continue
            if state is None or (value and (state not in NO_CONNECTION or field not in TCB)):
                spelling = name if state is None else TCB.get(field, field)
                found.append((agent, f"{spelling} = {spelled(value)}"))
        return found

    def ending(self) -> str:
        """How a lasso goes on for ever; empty for a finite run."""
        if self.trace.loop is None:
            return ""
        if self.trace.loop == len(self.trace):
            return "from here it stutters for ever: nothing is enabled any more"
        again = f"from here it repeats for ever from step {self.trace.loop + 1}"
        loop = range(self.trace.loop + 1, len(self.trace) + 1)
        if any(self.trace.changes(i) or self.step(i).sent or self.step(i).received for i in loop):
            return again
        return f"{again}, and nothing changes: it stutters though actions are enabled"

    def _is_bookkeeping(self, name: str) -> bool:
        """A channel's slot, or what the network may still do: arrows and crosses show them."""
        agent = name.rpartition(".")[0]
        endpoints = any(f"{lane}.state" in self.trace.initial for lane in self.lanes)
        return ">" in name or (endpoints and not agent)
