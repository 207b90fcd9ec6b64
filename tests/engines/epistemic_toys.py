"""Puzzles about knowledge whose answers are in the books."""

from __future__ import annotations

import z3

from tcpmodel.core.system import Action, Event, TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Term, Var

CHILDREN = ("c1", "c2", "c3")
ROUND = 3
"""How often the father asks at most."""


def muddy(child: str) -> Term:
    """The child has mud on its forehead, which it does not see."""
    return Var(f"forehead {child}", Bool()).term


def number_of_muddy() -> Term:
    """How many are muddy."""
    return sum(
        (z3.If(muddy(child), z3.BitVecVal(1, 4), z3.BitVecVal(0, 4)) for child in CHILDREN),
        start=z3.BitVecVal(0, 4),
    )


def muddy_children(announced: bool = True) -> TransitionSystem:
    """Each child sees the others' foreheads; the father asks again and again who knows about its
    own, and all say no as long as more are muddy than he has asked times (with his announcement,
    that at least one is, that is when nobody knows).

    Fagin, Halpern, Moses, Vardi: Reasoning About Knowledge, section 1.1.
    """
    variables = [Var(f"forehead {child}", Bool()) for child in CHILDREN]
    asked = {child: Var(f"{child}.asked", Counter(ROUND)) for child in CHILDREN}
    sees: dict[Var, Term] = {
        Var(f"{child}.sees_{other}", Bool()): muddy(other)
        for child in CHILDREN
        for other in CHILDREN
        if other != child
    }
    init = [var.term == seen for var, seen in sees.items()]
    init += [var.term == 0 for var in asked.values()]
    init += [z3.Or(*(muddy(child) for child in CHILDREN))] if announced else []
    rounds = z3.ZeroExt(2, asked["c1"].term)
    no = Action(
        "all say no",
        (z3.UGT(number_of_muddy(), rounds + 1), asked["c1"].term != ROUND),
        {var.name: var.term + 1 for var in asked.values()},
    )
    every = (*variables, *asked.values(), *sees)
    return TransitionSystem("muddy children", tuple(every), z3.And(*init), (no,))


def asked(times: int) -> Term:
    """The father has asked so many times, and all have said no."""
    return Var("c1.asked", Counter(ROUND)).term == times


def generals(top: int) -> TransitionSystem:
    """A general may have decided to attack, and sends a messenger; whoever gets a message sends one
    back; any messenger may be captured.  A.n counts the decision and what A has got, B.n the same.

    The two generals of Gray 1978; Fagin and others, section 6.1.
    """
    a, b = Var("A.n", Counter(top)), Var("B.n", Counter(top))
    to_b = Action("B gets a message", (a.term == b.term + 1,), {"B.n": b.term + 1})
    back = (a.term == b.term, b.term != 0, a.term != top)
    to_a = Action("A gets a message", back, {"A.n": a.term + 1})
    decided = z3.Or(a.term == 0, a.term == 1)
    return TransitionSystem("two generals", (a, b), z3.And(decided, b.term == 0), (to_b, to_a))


def telegraph(late: int) -> TransitionSystem:
    """Both see one clock.  A's decision arrives at B after at least 1 and at most 1 + `late` ticks.

    No message is lost: after 1 + `late` ticks the decision is common knowledge (Fagin and others,
    section 6.1 and 11.2).
    """
    decided, heard = Var("A.decided", Bool()), Var("B.heard", Bool())
    a, b = (Var(f"{agent}.clock", Counter(late + 2)) for agent in "AB")
    now = a.term
    ticks = {"A.clock": now + 1, "B.clock": now + 1}
    running = now != late + 2
    due = z3.And(decided.term, z3.Not(heard.term), now == late)
    arrives = Action(
        "a tick, it arrives", (running, decided.term), {**ticks, "B.heard": z3.BoolVal(True)}
    )
    passes = Action("a tick", (running, z3.Not(due)), ticks)
    init = z3.And(z3.Not(heard.term), a.term == 0, b.term == 0)
    return TransitionSystem("telegraph", (decided, heard, a, b), init, (arrives, passes))


BIT = Var("S.bit", Bool())
GOT = Var("R.got", Bool())
VALUE = Var("R.value", Bool())
ACKED = Var("S.acked", Bool())
TOLD = Var("R.told", Bool())


def bit_transmission() -> TransitionSystem:
    """S sends its bit until it gets an acknowledgment; R acknowledges until it is told that it may
    stop; any message may be lost.

    Fagin and others, examples 4.1.1 and 7.1.1: R never knows that S has the acknowledgment, unless
    told; whoever is told last leaves the other in doubt.
    """
    true = z3.BoolVal(True)

    def gets(agent: str, what: str, when: Term, then: dict[str, Term]) -> Action:
        return Action(f"{agent} gets {what}", (when,), then, event=Event(agent, label=what))

    variables = (BIT, GOT, VALUE, ACKED, TOLD)
    return TransitionSystem(
        "bit transmission",
        variables,
        z3.And(*(z3.Not(var.term) for var in variables[1:])),
        (
            gets("R", "the bit", true, {"R.got": true, "R.value": BIT.term}),
            gets("S", "an acknowledgment", GOT.term, {"S.acked": true}),
            gets("R", "word of it", ACKED.term, {"R.told": true}),
        ),
    )
