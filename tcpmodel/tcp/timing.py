"""TIME-WAIT in real time: a small model of nothing but the end of a connection.

B has sent its FIN and is in LAST-ACK; A is in FIN-WAIT-2, then in TIME-WAIT for `T`, and then opens
the next connection.  What is under way is abstracted to the age of the youngest segment of each
kind, since a segment may take any time up to MSL; bounds on losses are obligations: of the segments
that are not lost the oldest has to arrive within MSL.  Both abstractions allow more than TCP does;
that they do not allow too much is what the comparison with the full model is for.

The convention is that of the full model: a segment may arrive until its age is MSL, and a lifetime
that ends together with TIME-WAIT ends first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import z3

from tcpmodel.core.terms import Term, conjunction
from tcpmodel.core.timed import Burst, TimedAction, TimedSystem, real

T, MSL, RTO, R2 = z3.Reals("T MSL RTO R2")
"""TIME-WAIT; the maximum segment lifetime; the longest time between two transmissions of a FIN;
how long a FIN is transmitted in all.
"""

LOSSES = z3.Real("n·RTO")
"""The number of losses n, times RTO: so that everything stays linear, for every n at once."""


@dataclass(frozen=True)
class Ending:
    """What is assumed of the end of a connection.

    repeats: B sends its FIN again until it is acknowledged; otherwise only until A's first ACK.
    loss: `none`; `row`: at most n in a row; `total`: at most n, and n is at least 1; `one`; `any`.
    rto: the FIN is sent again at least every RTO.  gives_up: R2 after its first FIN, B does.
    restart: what restarts TIME-WAIT: `fin`, `nothing`, or `any` segment of B but a reset.
    resets: a reset ends TIME-WAIT (RFC 9293), or not (RFC 1337).
    old: what must not reach the next connection: a `fin`, or `any` segment of the last one.
    """

    repeats: bool = True
    loss: str = "none"
    rto: bool = False
    gives_up: bool = False
    restart: str = "fin"
    resets: bool = False
    old: str = "fin"

    @property
    def counted(self) -> bool:
        """Losses are counted, in any number."""
        return self.loss in ("row", "total")

    @property
    def parameters(self) -> tuple[Term, ...]:
        """What the least wait may depend on."""
        used = {MSL: True, RTO: self.rto, LOSSES: self.counted, R2: self.gives_up}
        return tuple(name for name, needed in used.items() if needed)


# Clocks.  `_sent`: since B last transmitted its FIN, lost or not; `_first`: since it first did.
# The ages are those of the youngest segment of a kind, the debts those of the oldest that is due.
_waited, _sent, _first = z3.Reals("waited sent first")
_fin, _ack, _other, _reset = z3.Reals("fin_age ack_age other_age reset_age")
_fin_debt, _ack_debt = z3.Reals("fin_debt ack_debt")
_left = z3.Real("losses_left·RTO")

# Flags.  A: waiting, then anew (the next connection); B: done with the old one.
_waiting, _anew, _done, _one_lost = z3.Bools("waiting anew done one_lost")
_fin_due, _ack_due, _acked, _others, _resets = z3.Bools("fin_due ack_due acked others resets")

# Where a FIN does not restart TIME-WAIT, all that counts of its arrival is the ACK that it causes:
# the debt is then of the oldest FIN whose ACK will come back, which takes 2 MSL at most.
_trip_due, _trip_debt = z3.Bool("trip_due"), z3.Real("trip_debt")

_ZERO, _YES, _NO = real(0), z3.BoolVal(True), z3.BoolVal(False)


def time_wait(ending: Ending) -> TimedSystem:
    """The system of these assumptions, with TIME-WAIT `T` to be found."""
    return _Ending(ending).system()


class _Ending:
    """The parts of `time_wait`."""

    def __init__(self, ending: Ending) -> None:
        self.ending = ending
        self.resets_seen = ending.resets or ending.old == "any"
        self.trips = ending.counted and ending.restart == "nothing"

    def system(self) -> TimedSystem:
        ending = self.ending
        clocks = [_waited, _sent, _fin, _fin_debt, _ack, _ack_debt]
        still = [_waiting, _anew, _done, _fin_due, _ack_due, _acked]
        clocks += [_first] if ending.gives_up else []
        clocks += [_other] if ending.old == "any" else []
        clocks += [_reset] if self.resets_seen else []
        clocks += [_trip_debt] if self.trips else []
        still += [_trip_due] if self.trips else []
        still += [_left] if ending.counted else []
        still += [_one_lost] if ending.loss == "one" else []
        still += [_others] if ending.old == "any" else []
        still += [_resets] if self.resets_seen else []
        start = dict.fromkeys(clocks, _ZERO) | dict.fromkeys(still, _NO)
        start |= {_fin_due: _YES} | ({_left: LOSSES} if ending.counted else {})
        return TimedSystem(
            name=f"TIME-WAIT, {ending}",
            parameters=(*ending.parameters, T),
            wait=T,
            assume=conjunction(self.assumed()),
            clocks=tuple(clocks),
            still=tuple(still),
            init=conjunction(variable == value for variable, value in start.items()),
            actions=tuple(self.actions()),
            invariant=conjunction(self.invariant()),
            bad=z3.And(_anew, z3.Or(*self.alive())),
            bursts=tuple(self.bursts()),
        )

    def assumed(self) -> Iterator[Term]:
        yield from (MSL > 0, T >= 0)
        if self.ending.rto:
            yield RTO > 0
        if self.ending.counted:
            none = [] if self.ending.loss == "total" else [LOSSES == 0]
            yield z3.Or(LOSSES >= RTO, *none)
        if self.ending.gives_up:
            yield R2 >= 0

    def invariant(self) -> Iterator[Term]:
        """What is due has happened."""
        yield z3.Implies(_fin_due, _fin_debt <= MSL)
        yield z3.Implies(_ack_due, _ack_debt <= MSL)
        yield z3.Implies(_waiting, _waited <= T)
        if self.trips:
            yield z3.Implies(_trip_due, _trip_debt <= 2 * MSL)
        if self.ending.rto:
            yield z3.Or(_done, _sent <= RTO)
        if self.ending.gives_up:
            yield z3.Or(_done, _first <= R2)

    def settled(self) -> Iterator[Term]:
        """What has to arrive before its lifetime ends does so before a timer that ends with it."""
        yield z3.Not(z3.And(_fin_due, _fin_debt == MSL))
        yield z3.Not(z3.And(_ack_due, _ack_debt == MSL))
        if self.trips:
            yield z3.Not(z3.And(_trip_due, _trip_debt == 2 * MSL))

    def alive(self) -> Iterator[Term]:
        """Old segments that may still arrive: their lifetime has not ended."""
        yield _fin < MSL
        if self.ending.old == "any":
            yield z3.And(_acked, _ack < MSL)
            yield z3.And(_others, _other < MSL)
            yield z3.And(_resets, _reset < MSL)

    # --- what happens -------------------------------------------------------------------------

    def actions(self) -> Iterator[TimedAction]:
        yield from self.fin_is_sent()
        yield from self.fin_arrives()
        yield from self.ack_arrives()
        if self.ending.old == "any":
            yield from self.others()
        if self.ending.resets:
            yield TimedAction(
                "reset_arrives",
                z3.And(_waiting, _resets, _reset <= MSL),
                _set({_waiting: _NO, _anew: _YES}),
                "the reset reaches A and ends TIME-WAIT; A opens the next connection",
            )
        if self.ending.gives_up:
            yield TimedAction(
                "gives_up",
                z3.And(z3.Not(_done), _first == R2),
                _set({_done: _YES}),
                "B gives up",
            )
        yield TimedAction(
            "time_wait_timeout",
            z3.And(_waiting, _waited == T, *self.settled()),
            _set({_waiting: _NO, _anew: _YES}),
            "TIME-WAIT is over; A opens the next connection",
        )

    def fin_is_sent(self) -> Iterator[TimedAction]:
        may = z3.Not(_done) if self.ending.repeats else z3.Not(z3.Or(_done, _waiting, _anew))
        due = {_fin_due: _YES, _fin_debt: z3.If(_fin_due, _fin_debt, _ZERO)}
        if self.trips:
            due = {_trip_due: _YES, _trip_debt: z3.If(_trip_due, _trip_debt, _ZERO)}
        yield TimedAction(
            "fin_is_sent",
            may,
            _set({_sent: _ZERO, _fin: _ZERO, **due}),
            "B sends its FIN again",
        )
        for guard, then in self.losses({}):
            yield TimedAction(
                "fin_is_sent__lost",
                z3.And(may, guard),
                _set({_sent: _ZERO, **then}),
                "B sends its FIN again, which is lost",
            )
            if self.trips:
                yield TimedAction(
                    "fin_is_sent__ack_lost",
                    z3.And(may, guard),
                    _set({_sent: _ZERO, _fin: _ZERO, **then}),
                    "B sends its FIN again, and the ACK that it causes will be lost",
                )

    def fin_arrives(self) -> Iterator[TimedAction]:
        restart = {} if self.ending.restart == "nothing" else {_waited: _ZERO}
        cases = [
            (
                "first_fin_arrives",
                z3.Not(z3.Or(_waiting, _anew)),
                {_waiting: _YES, _waited: _ZERO},
                "the FIN reaches A, whose TIME-WAIT begins",
            )
        ]
        if not self.trips:
            says = "a FIN reaches A" + (", whose TIME-WAIT begins anew" if restart else "")
            cases.append(("fin_arrives", _waiting, restart, says))
        for name, state, then, says in cases:
            here = z3.And(state, _fin <= MSL)
            got = {**then, _fin_due: _NO}
            refill = {_left: LOSSES} if self.ending.loss == "row" else {}
            sent = {**got, **refill, **_ack_is_sent()}
            yield TimedAction(name, here, _set(sent), f"{says}; A sends an ACK")
            for guard, lost in self.losses(refill):
                lossy = z3.And(here, guard)
                told = f"{says}; A's ACK is lost"
                yield TimedAction(f"{name}__ack_lost", lossy, _set({**got, **lost}), told)

    def losses(self, before: Mapping[Term, Term]) -> Iterator[tuple[Term, Mapping[Term, Term]]]:
        """(when, with what effect) a segment may be lost, `before` being applied first."""
        match self.ending.loss:
            case "row" | "total":
                left = before.get(_left, _left)
                yield left >= RTO, {_left: left - RTO}
            case "one":
                yield z3.Not(_one_lost), {_one_lost: _YES}
            case "any":
                yield _YES, {}

    def ack_arrives(self) -> Iterator[TimedAction]:
        here = z3.And(_acked, _ack <= MSL)
        first = z3.Or(here, _trip_due) if self.trips else here
        then = {_done: _YES, _ack_due: _NO} | ({_trip_due: _NO} if self.trips else {})
        yield TimedAction(
            "ack_arrives",
            z3.And(first, z3.Not(_done)),
            _set(then),
            "an ACK reaches B, which is done",
        )
        answer = {_ack_due: _NO}
        says = "an ACK reaches B, which is done already"
        if self.resets_seen:
            answer |= {_resets: _YES, _reset: _ZERO}
            says += "; B sends a reset"
        yield TimedAction("ack_arrives_late", z3.And(here, _done), _set(answer), says)

    def others(self) -> Iterator[TimedAction]:
        """Whatever else B may send before it is done: text or ACKs, again."""
        yield TimedAction(
            "other_is_sent",
            z3.Not(_done),
            _set({_others: _YES, _other: _ZERO}),
            "B sends something else, e.g. an old octet again",
        )
        restart = {_waited: _ZERO} if self.ending.restart == "any" else {}
        yield TimedAction(
            "other_arrives",
            z3.And(_waiting, _others, _other <= MSL),
            _set({**restart, **_ack_is_sent()}),
            "an old segment reaches A; A answers by an ACK, as it is out of the window"
            + (", and TIME-WAIT begins anew" if restart else ""),
        )

    def bursts(self) -> Iterator[Burst]:
        if self.ending.rto:
            yield Burst(
                "fins_are_sent",
                "fin_is_sent",
                RTO,
                "at least every RTO, B has sent its FIN again",
                _trip_due if self.trips else _fin_due,
            )
        if self.ending.counted:
            yield Burst(
                "fins_are_lost",
                "fin_is_sent__lost",
                RTO,
                "every RTO, B has sent its FIN again, and all that may be lost is lost",
                budget=_left,
                total=LOSSES,
            )


def _ack_is_sent() -> dict[Term, Term]:
    debt = z3.If(_ack_due, _ack_debt, _ZERO)
    due = z3.Or(_ack_due, z3.Not(_done))
    return {_acked: _YES, _ack: _ZERO, _ack_due: due, _ack_debt: debt}


def _set(updates: Mapping[Term, Term]) -> dict[str, Term]:
    return {str(variable): value for variable, value in updates.items()}
