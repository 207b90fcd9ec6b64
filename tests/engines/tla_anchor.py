"""A model of RFC 9293 that was counted elsewhere: flags only, two peers, two FIFO queues.

It follows the TLA+ specification of TCP in the TLA+ examples collection (`specifications/tcp`,
model `MCtcp`), whose numbers TLC has published: 1182 distinct states, 6322 generated, depth 14.
Nothing here comes from our own rules of TCP: it is the kernel that is put to the test.

Each peer has a flag (does it have a TCB), one of the eleven states, and a queue of what is under
way to it.  `steps` are the actions as specified; `system` also imposes the two constraints of the
model: no queue may hold two equal neighbours, and nobody opens or sends from LISTEN (the model
starts when that has happened).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import z3

from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Enumeration, Substitution, Term, Var

CAPACITY = 8
"""Places per queue: more than are ever used, which the watches of the system show."""

STATE = Enumeration(
    "state",
    (
        "CLOSED",
        "LISTEN",
        "SYN-SENT",
        "SYN-RECEIVED",
        "ESTABLISHED",
        "FIN-WAIT-1",
        "FIN-WAIT-2",
        "CLOSE-WAIT",
        "CLOSING",
        "LAST-ACK",
        "TIME-WAIT",
    ),
)
MESSAGE = Enumeration("message", ("-", "SYN", "SYN,ACK", "ACK", "RST", "FIN", "ACK of FIN"))

FORBIDDEN = ("active OPEN", "passive OPEN", "SEND")
"""What the action constraint rules out; the specification has it, the model never does it."""


@dataclass(frozen=True)
class Peer:
    """One side: its variables, and what changes them."""

    name: str
    capacity: int = CAPACITY

    @property
    def tcb(self) -> Var:
        return Var(f"{self.name}.tcb", Bool())

    @property
    def state(self) -> Var:
        return Var(f"{self.name}.state", STATE)

    @property
    def queue(self) -> list[Var]:
        """What is under way to this peer, oldest first; empty places are at the end."""
        return [Var(f"{self.name}.queue[{i}]", MESSAGE) for i in range(self.capacity)]

    @property
    def variables(self) -> tuple[Var, ...]:
        return (self.tcb, self.state, *self.queue)

    def is_in(self, *names: str) -> Term:
        return z3.Or(*(self.state.term == STATE.term(name) for name in names))

    def begins(self, *messages: str) -> Term:
        """The queue begins with `messages`."""
        return z3.And(
            *(q.term == MESSAGE.term(m) for q, m in zip(self.queue, messages, strict=False))
        )

    def becomes(self, name: str) -> dict[str, Term]:
        return {self.state.name: STATE.term(name)}

    def has_tcb(self, value: bool) -> dict[str, Term]:
        return {self.tcb.name: z3.BoolVal(value)}

    def pop(self, count: int = 1) -> dict[str, Term]:
        places = [q.term for q in self.queue] + [MESSAGE.term("-")] * count
        return {q.name: places[i + count] for i, q in enumerate(self.queue)}

    def append(self, message: str) -> dict[str, Term]:
        updates, before = {}, z3.BoolVal(True)
        for q in self.queue:
            free = q.term == MESSAGE.term("-")
            updates[q.name] = z3.If(z3.And(before, free), MESSAGE.term(message), q.term)
            before = z3.Not(free)
        return updates

    @property
    def empty(self) -> Term:
        return self.queue[0].term == MESSAGE.term("-")

    @property
    def full(self) -> Term:
        return self.queue[-1].term != MESSAGE.term("-")

    @property
    def no_equal_neighbours(self) -> Term:
        return z3.And(
            *(
                z3.Or(a.term == MESSAGE.term("-"), a.term != b.term)
                for a, b in zip(self.queue, self.queue[1:], strict=False)
            )
        )


A, B = Peer("A"), Peer("B")


def steps(a: Peer = A, b: Peer = B) -> Iterator[Action]:
    """Every action of the specification, for both peers."""
    for me, peer in ((a, b), (b, a)):
        for name, guard, updates in (*_calls(me, peer), *_arrivals(me, peer), *_notes(me, peer)):
            yield Action(f"{me.name} {name}", guard, updates)


_Rule = tuple[str, tuple[Term, ...], Mapping[str, Term]]


def _calls(me: Peer, peer: Peer) -> Iterator[_Rule]:
    """What the users do."""
    closed, listen = (me.is_in("CLOSED"),), (me.is_in("LISTEN"),)
    tcb = me.has_tcb(True)
    yield "active OPEN", closed, peer.append("SYN") | me.becomes("SYN-SENT") | tcb
    yield "passive OPEN", closed, me.becomes("LISTEN") | tcb
    yield "SEND", listen, peer.append("SYN") | me.becomes("SYN-SENT")
    for state in ("SYN-SENT", "LISTEN"):
        updates = me.becomes("CLOSED") | me.has_tcb(False)
        yield f"CLOSE in {state}", (me.is_in(state),), updates
    for state, after in (
        ("SYN-RECEIVED", "FIN-WAIT-1"),
        ("ESTABLISHED", "FIN-WAIT-1"),
        ("CLOSE-WAIT", "LAST-ACK"),
    ):
        updates = peer.append("FIN") | me.becomes(after)
        yield f"CLOSE in {state}", (me.is_in(state),), updates


def _arrivals(me: Peer, peer: Peer) -> Iterator[_Rule]:
    """What happens to the first message of the queue, and the end of TIME-WAIT."""
    for state, head, after, answer in (
        ("SYN-SENT", "SYN", "SYN-RECEIVED", "SYN,ACK"),
        ("SYN-SENT", "SYN,ACK", "ESTABLISHED", "ACK"),
        ("SYN-RECEIVED", "RST", "LISTEN", None),
        ("SYN-RECEIVED", "ACK", "ESTABLISHED", None),
        ("LISTEN", "SYN", "SYN-RECEIVED", "SYN,ACK"),
        ("ESTABLISHED", "FIN", "CLOSE-WAIT", "ACK of FIN"),
        ("FIN-WAIT-1", "FIN", "CLOSING", "ACK of FIN"),
        ("FIN-WAIT-1", "ACK of FIN", "FIN-WAIT-2", None),
        ("FIN-WAIT-2", "FIN", "TIME-WAIT", "ACK of FIN"),
        ("CLOSING", "ACK of FIN", "TIME-WAIT", None),
        ("LAST-ACK", "ACK of FIN", "CLOSED", None),
    ):
        updates = me.pop() | me.becomes(after) | (peer.append(answer) if answer else {})
        yield f"{state} takes {head}", (me.is_in(state), me.begins(head)), updates
    yield (
        "leaves TIME-WAIT",
        (me.is_in("TIME-WAIT"), me.tcb.term),
        me.becomes("CLOSED") | me.has_tcb(False),
    )


def _notes(me: Peer, peer: Peer) -> Iterator[_Rule]:
    """Notes 2 and 3 of the state diagram: FIN with its acknowledgment, and resets."""
    yield (
        "FIN-WAIT-1 takes FIN and ACK of FIN",
        (me.is_in("FIN-WAIT-1"), me.begins("FIN", "ACK of FIN")),
        me.pop(2) | me.becomes("TIME-WAIT") | peer.append("ACK of FIN"),
    )
    yield "resets", (me.tcb.term,), peer.append("RST") | me.becomes("TIME-WAIT")
    for after in ("LISTEN", "CLOSED"):
        yield f"is reset to {after}", (me.begins("RST"),), me.pop() | me.becomes(after)


def _initial(a: Peer, b: Peer) -> Term:
    """One peer has sent its SYN, the other listens with the SYN waiting; either way round."""
    no = MESSAGE.term("-")
    return z3.And(
        a.tcb.term,
        b.tcb.term,
        *(q.term == no for p in (a, b) for q in p.queue[1:]),
        z3.Or(
            *(
                z3.And(
                    one.is_in("SYN-SENT"),
                    one.empty,
                    other.is_in("LISTEN"),
                    other.begins("SYN"),
                )
                for one, other in ((a, b), (b, a))
            )
        ),
    )


def specification(a: Peer = A, b: Peer = B) -> TransitionSystem:
    """All steps, without the constraints of the model: its state space has no end."""
    return TransitionSystem(
        "RFC 9293 in TLA+",
        (*a.variables, *b.variables),
        _initial(a, b),
        tuple(steps(a, b)),
        watches={f"queue of {p.name} full": p.full for p in (a, b)},
    )


def bounded(bound: int) -> TransitionSystem:
    """The model with at most `bound` messages in a queue: nobody puts one more into a full one."""
    a, b = (Peer(name, bound) for name in "AB")
    free = _constrained(specification(a, b), a, b)
    full = {a.name: b, b.name: a}  # what a peer sends goes into the queue of the other
    actions = []
    for action in free.actions:
        other = full[action.name[0]]
        room = (z3.Not(other.full),) if other.queue[0].name in action.updates else ()
        actions.append(replace(action, guard=(*action.guard, *room)))
    return replace(free, actions=tuple(actions))


def system() -> TransitionSystem:
    """The model that TLC counts: no step to a state with equal neighbours, no forbidden step."""
    return _constrained(specification(), A, B)


def _constrained(free: TransitionSystem, a: Peer, b: Peer) -> TransitionSystem:
    allowed = z3.And(a.no_equal_neighbours, b.no_equal_neighbours)
    actions = []
    for action in free.actions:
        if action.name[2:] in FORBIDDEN:
            continue
        after = Substitution((free.by_name[n].term, t) for n, t in action.updates.items())
        actions.append(Action(action.name, (*action.guard, after(allowed)), action.updates))
    return TransitionSystem(
        free.name, free.variables, free.init, tuple(actions), watches=free.watches
    )


BOTH_OR_NEITHER = z3.Implies(
    z3.And(A.empty, B.empty), A.is_in("ESTABLISHED") == B.is_in("ESTABLISHED")
)
"""The invariant of the specification: with nothing under way, the peers agree."""
