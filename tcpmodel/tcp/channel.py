"""The network between two endpoints: a separate choice, unseen by the rules.

*Slots*: state variables per direction, as a bag (any segment may arrive next) or a FIFO queue, with
loss, duplication and, where there is a clock, a maximum segment lifetime.  *History*: no state at
all; a bounded engine lets whatever was sent arrive at any later time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

import z3

from tcpmodel.core.system import Action, Event, History, Receive, Send
from tcpmodel.core.terms import Counter, Domain, Enumeration, Term, Var, if_else
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.tcb import segment_domains

LINK = Enumeration("link", ("works", "broken"))
"""What is the matter with a direction of the network."""


@dataclass(frozen=True)
class Arrival:
    """A segment that may arrive now: its name, its fields, and what taking it changes.

    when: the conditions of its arrival.
    forged: no endpoint sent it.
    """

    name: str
    segment: Segment
    when: tuple[Term, ...]
    updates: Mapping[str, Term]
    receive: Receive
    forged: bool = False


@dataclass(frozen=True)
class Slots:
    """One direction of the network as `capacity` slots.

    A slot whose `ctl` is 0 is empty and all zero.  A segment goes into the first empty slot.
    """

    name: str
    switches: Scenario

    @cached_property
    def domains(self) -> dict[str, tuple[Domain, bool]]:
        found = segment_domains(self.switches)
        if self.switches.msl:
            found["age"] = (Counter(self.switches.msl), False)
        return found

    @cached_property
    def slots(self) -> list[dict[str, Var]]:
        return [
            {f: Var(f"{self.name}[{i}].{f}", d, g) for f, (d, g) in self.domains.items()}
            for i in range(self.switches.capacity)
        ]

    @property
    def variables(self) -> tuple[Var, ...]:
        return tuple(var for slot in self.slots for var in slot.values())

    @property
    def group(self) -> tuple[tuple[str, ...], ...]:
        """The slots, interchangeable in a bag."""
        return tuple(tuple(var.name for var in slot.values()) for slot in self.slots)

    @cached_property
    def link(self) -> tuple[Var, ...]:
        """Whether this direction works, where it may not; nobody's variable, never changed."""
        if self.switches.link == "both":
            return ()
        return (Var(f"link.{self.name.replace('>', '_to_')}", LINK),)

    @cached_property
    def works(self) -> Term:
        """What is sent this way does not get lost at once."""
        return z3.And(*(var.term == LINK.term("works") for var in self.link))

    @cached_property
    def room(self) -> Term:
        """Some slot is empty."""
        return z3.Or(*(slot["ctl"].term == 0 for slot in self.slots))

    @property
    def empty(self) -> Term:
        """Nothing is under way in this direction."""
        return z3.And(*(slot["ctl"].term == 0 for slot in self.slots))

    @cached_property
    def _first_empty(self) -> list[Term]:
        """For each slot: what is sent goes there."""
        before: list[Term] = []
        found = []
        for slot in self.slots:
            free = slot["ctl"].term == 0
            here = z3.And(free, *before) if before else free
            found.append(z3.And(here, self.works) if self.link else here)
            before.append(slot["ctl"].term != 0)
        return found

    def some(self, condition: object) -> Term:
        """Some segment under way satisfies `condition` (a function of a `Segment`)."""
        assert callable(condition)
        return z3.Or(
            *(z3.And(slot["ctl"].term != 0, condition(_segment(slot))) for slot in self.slots)
        )

    def settled(self) -> list[Term]:
        """No segment has reached its maximum lifetime: what is due to leave has left."""
        if not self.switches.msl:
            return []
        return [slot["age"].term != self.switches.msl for slot in self.slots]

    # --- what goes in and out -----------------------------------------------------------------

    def arrivals(self) -> Iterator[Arrival]:
        """The segments that may arrive: any in a bag, the first in a FIFO queue."""
        for index, slot in enumerate(self._takable()):
            yield Arrival(
                f"[{index}]",
                _segment(slot),
                (slot["ctl"].term != 0,),
                self._without(index),
                self._receive(index, slot),
            )

    def put(self, segment: Segment) -> dict[str, Term]:
        """The updates that send `segment` this way; it is lost if there is no room."""
        return {
            var.name: if_else(here, segment.fields[name], var.term)
            for slot, here in zip(self.slots, self._first_empty, strict=True)
            for name, var in slot.items()
            if name != "age"  # an empty slot has age 0
        }

    def send(self, segment: Segment) -> Send:
        """The event of sending `segment` this way."""
        room = z3.And(self.room, self.works) if self.link else self.room
        return Send(self.name, dict(segment.fields), room)

    def faults(self) -> Iterator[Action]:
        """What the network does by itself: loss, duplication, the end of a lifetime."""
        for index, slot in enumerate(self._takable()):
            here = slot["ctl"].term != 0
            receive = self._receive(index, slot)
            if self.switches.loss != 0:
                yield self._fault(
                    "loses",
                    f"{self.name}[{index}].lost",
                    (here, *_left("losses_left", self.switches.loss)),
                    self._without(index) | _spend("losses_left", self.switches.loss),
                    receive,
                )
            if self.switches.dup != 0:
                copies = _left("copies_left", self.switches.dup)
                yield self._fault(
                    "duplicates",
                    f"{self.name}[{index}].duplicated",
                    (here, self.room, *copies),
                    self._copied(slot) | _spend("copies_left", self.switches.dup),
                    replace(receive, keeps=True),
                )
            if self.switches.msl and self.switches.lossy:
                yield self._fault(
                    "drops",
                    f"{self.name}[{index}].expired",
                    (here, slot["age"].term == self.switches.msl),
                    self._without(index),
                    receive,
                )

    def grow_older(self) -> dict[str, Term]:
        """The updates of a tick."""
        return {
            slot["age"].name: z3.If(slot["ctl"].term == 0, slot["age"].term, slot["age"].term + 1)
            for slot in self.slots
        }

    def _takable(self) -> list[dict[str, Var]]:
        return self.slots[:1] if self.switches.channel == "fifo" else self.slots

    def _receive(self, index: int, slot: Mapping[str, Var]) -> Receive:
        fields = {name: var.term for name, var in slot.items()}
        return Receive(self.name, index, fields, shifts=self.switches.channel == "fifo")

    def _without(self, index: int) -> dict[str, Term]:
        slots = self.slots
        if self.switches.channel == "fifo":
            moved = {
                var.name: later[name].term
                for slot, later in pairwise(slots)
                for name, var in slot.items()
            }
            return moved | {v.name: v.domain.term(_zero(v.domain)) for v in slots[-1].values()}
        return {v.name: v.domain.term(_zero(v.domain)) for v in slots[index].values()}

    def _copied(self, slot: Mapping[str, Var]) -> dict[str, Term]:
        """A copy in the first empty slot; in a queue, behind the original."""
        slots = self.slots
        if self.switches.channel == "fifo":
            return {
                var.name: earlier[name].term
                for earlier, later in pairwise(slots)
                for name, var in later.items()
            }
        updates = self.put(_segment(slot))
        if self.switches.msl:
            before: list[Term] = []
            for other in slots:
                here = z3.And(other["ctl"].term == 0, *before)
                age = z3.If(here, slot["age"].term, other["age"].term)
                updates[other["age"].name] = age
                before.append(other["ctl"].term != 0)
        return updates

    def _fault(
        self,
        label: str,
        name: str,
        guard: tuple[Term, ...],
        updates: Mapping[str, Term],
        receive: Receive,
    ) -> Action:
        event = Event("network", "network", label, group=f"{self.name} {label}", receives=receive)
        says = {
            "loses": "the network loses a segment",
            "duplicates": "the network duplicates a segment",
            "drops": "a segment has reached the maximum segment lifetime and is gone",
        }
        return Action(name, guard, updates, says[label], (), event)


@dataclass(frozen=True)
class Past:
    """One direction of the network as the history of what was sent."""

    name: str
    switches: Scenario

    variables: tuple[Var, ...] = ()
    group: tuple[tuple[str, ...], ...] = ()

    def arrivals(self) -> Iterator[Arrival]:
        """Whatever was sent this way; the engine fills the inputs in."""
        segment = Segment({v.name.removeprefix("seg."): v.term for v in inputs(self.switches)})
        receive = Receive(self.name, None, dict(segment.fields), keeps=True)
        yield Arrival("", segment, (), {}, receive)

    def put(self, segment: Segment) -> dict[str, Term]:
        return {}

    def send(self, segment: Segment) -> Send:
        return Send(self.name, dict(segment.fields), z3.BoolVal(True))

    def settled(self) -> list[Term]:
        return []


def inputs(switches: Scenario) -> tuple[Var, ...]:
    """The inputs of a history channel: the fields of the arriving segment."""
    return tuple(Var(f"seg.{n}", d, g) for n, (d, g) in segment_domains(switches).items())


def history(switches: Scenario) -> History:
    """What the engine has to know about a history channel."""
    if not switches.msl:
        return History()
    return History("now", switches.msl, z3.Bool("timer_fired"))


def fault_budgets(switches: Scenario) -> tuple[Var, ...]:
    """The variables that count down bounded loss and duplication."""
    budgets = (("losses_left", switches.loss), ("copies_left", switches.dup))
    return tuple(Var(n, Counter(b)) for n, b in budgets if isinstance(b, int) and b > 0)


def _left(name: str, budget: str | int) -> tuple[Term, ...]:
    return (Var(name, Counter(budget)).term != 0,) if isinstance(budget, int) else ()


def _spend(name: str, budget: str | int) -> dict[str, Term]:
    if not isinstance(budget, int):
        return {}
    left = Var(name, Counter(budget)).term
    return {name: left - 1}


def _segment(slot: Mapping[str, Var]) -> Segment:
    return Segment({name: var.term for name, var in slot.items() if name != "age"})


def _zero(domain: Domain) -> str | int | bool:
    return domain.decode(0)
