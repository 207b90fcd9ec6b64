"""Small systems whose every state can be counted by hand, and graphs given by their edges."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeAlias

import z3

from tcpmodel.core.system import Action, Event, TransitionSystem
from tcpmodel.core.terms import Counter, Term, Var, Word

N = Var("n", Counter(7))

Edge: TypeAlias = tuple[int, int] | tuple[int, int, str]
"""From, to, and the fairness group if there is one."""


def at(*places: int) -> Term:
    """The graph is in one of `places`."""
    return z3.Or(*(N.term == N.domain.term(place) for place in places))


def graph(edges: Iterable[Edge], starts: Iterable[int] = (0,)) -> TransitionSystem:
    """A graph of up to eight places; each edge is an action `from-to` of a fairness group."""
    actions = []
    for number, (here, there, *groups) in enumerate(edges):
        event = Event(group=groups[0] if groups else "")
        step = {N.name: N.domain.term(there)}
        actions.append(Action(f"{number}: {here}-{there}", (at(here),), step, event=event))
    return TransitionSystem("graph", (N,), at(*starts), tuple(actions))


def counting(top: int, bits: int = 4) -> TransitionSystem:
    """Counts from 0 to `top` and stops: `top` + 1 states in a row, the last a deadlock."""
    x = Var("x", Word(bits))
    up = Action("up", (z3.ULT(x.term, top),), {"x": x.term + 1})
    return TransitionSystem("counting", (x,), x.term == 0, (up,))


def clock(bits: int) -> TransitionSystem:
    """Counts round and round: 2^`bits` states, no deadlock."""
    x = Var("x", Word(bits))
    return TransitionSystem("clock", (x,), x.term == 0, (Action("tick", (), {"x": x.term + 1}),))


def grid(side: int) -> TransitionSystem:
    """Two counters from 0 to `side` that go up independently.

    (side+1)² states; from every state a step right except in the last column and a step up except
    in the last row, 2·side·(side+1) in all; the far corner, 2·side steps away, is the one deadlock.
    """
    x, y = Var("x", Counter(side)), Var("y", Counter(side))
    actions = (
        Action("right", (x.term != side,), {"x": x.term + 1}),
        Action("up", (y.term != side,), {"y": y.term + 1}),
    )
    return TransitionSystem("grid", (x, y), z3.And(x.term == 0, y.term == 0), actions)


BIG, SMALL = Var("big", Counter(5)), Var("small", Counter(3))


def jugs() -> TransitionSystem:
    """Two jugs of 5 and 3 gallons, a tap and a drain, as in Die Hard 3.

    The TLA+ examples give its size: 16 distinct states; each of the six actions is always
    enabled, so there are 96 steps.  Measuring 4 gallons takes 6 steps.
    """
    big, small = (z3.ZeroExt(5 - v.domain.bits, v.term) for v in (BIG, SMALL))
    both = big + small

    def into(var: Var, amount: Term) -> dict[str, Term]:
        return {var.name: z3.Extract(var.domain.bits - 1, 0, amount)}

    pour_small = into(BIG, z3.If(z3.ULE(both, 5), both, 5)) | into(
        SMALL, z3.If(z3.ULE(both, 5), z3.BitVecVal(0, 5), both - 5)
    )
    pour_big = into(SMALL, z3.If(z3.ULE(both, 3), both, 3)) | into(
        BIG, z3.If(z3.ULE(both, 3), z3.BitVecVal(0, 5), both - 3)
    )
    return TransitionSystem(
        "jugs",
        (BIG, SMALL),
        z3.And(BIG.term == 0, SMALL.term == 0),
        (
            Action("fill the big jug", (), {"big": BIG.domain.term(5)}),
            Action("fill the small jug", (), {"small": SMALL.domain.term(3)}),
            Action("empty the big jug", (), {"big": BIG.domain.term(0)}),
            Action("empty the small jug", (), {"small": SMALL.domain.term(0)}),
            Action("pour the small jug into the big one", (), pour_small),
            Action("pour the big jug into the small one", (), pour_big),
        ),
    )


def bag(size: int) -> TransitionSystem:
    """A bag with `size` places for messages of the kinds 1 and 2, put in and taken out.

    Places are interchangeable: a state is how many of each kind, (size+1)(size+2)/2 in all.
    """
    places = [Var(f"place{i}", Counter(2)) for i in range(size)]
    actions = []
    for place in places:
        free, name = place.term == 0, place.name
        actions += [
            Action(f"put 1 into {name}", (free,), {name: place.domain.term(1)}),
            Action(f"put 2 into {name}", (free,), {name: place.domain.term(2)}),
            Action(f"take from {name}", (place.term != 0,), {name: place.domain.term(0)}),
        ]
    return TransitionSystem(
        "bag",
        tuple(places),
        z3.And(*(place.term == 0 for place in places)),
        tuple(actions),
        interchangeable=(tuple((place.name,) for place in places),),
    )


def handing_over() -> TransitionSystem:
    """A message in one of two interchangeable places is handed to the other, until it is taken.

    To a search that sorts the places nothing ever changes; in truth every second step does.
    It starts in the second place, where no sorted state has it.
    """
    left, right, taken = (Var(name, Word(2)) for name in ("left", "right", "taken"))
    nothing = z3.BitVecVal(0, 2)
    actions = []
    for here, there in ((left, right), (right, left)):
        moved = {here.name: nothing, there.name: here.term}
        gone = {here.name: nothing, taken.name: here.term}
        actions += [
            Action(f"hand over from {here.name}", (here.term != 0, there.term == 0), moved),
            Action(f"take from {here.name}", (here.term != 0,), gone),
        ]
    return TransitionSystem(
        "handing over",
        (left, right, taken),
        z3.And(left.term == 0, right.term == 1, taken.term == 0),
        tuple(actions),
        interchangeable=((("left",), ("right",)),),
    )
