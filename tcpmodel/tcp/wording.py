"""Conditions of rules in words: `seg acks what is unacknowledged` instead of its bit-vectors.

What has a name in the RFC or in `Me` is called by it; the rest is spelled out over `me.` and
`seg.`.  Two scenarios call the same condition the same, though its terms may differ (in the width
of numbers, say), so that words can stand for it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import suppress

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.acceptance import identical_syn, repeated_fin, repeats_octet
from tcpmodel.tcp.arrives import acks_my_syn, older_than_accepted
from tcpmodel.tcp.cookies import cookie, is_valid
from tcpmodel.tcp.reopening import reopens
from tcpmodel.tcp.schedule import keepalives
from tcpmodel.tcp.segment import CTL, Segment
from tcpmodel.tcp.states import STATE
from tcpmodel.tcp.stream import holdable, next_octet, take
from tcpmodel.tcp.tcb import Me

_INFIX = {
    z3.Z3_OP_ULT: "<",
    z3.Z3_OP_ULEQ: "=<",
    z3.Z3_OP_UGT: ">",
    z3.Z3_OP_UGEQ: ">=",
    z3.Z3_OP_BADD: "+",
    z3.Z3_OP_BSUB: "-",
    z3.Z3_OP_BMUL: "*",
    z3.Z3_OP_BAND: "&",
    z3.Z3_OP_AND: "and",
    z3.Z3_OP_OR: "or",
    z3.Z3_OP_IMPLIES: "implies",
}

_SLOT = re.compile(r"[AB]>[AB]\[\d+\]\.")
_ENDPOINT = re.compile(r"^[AB]\.")


class Wording:
    """The words of one scenario's conditions."""

    def __init__(self, me: Me, seg: Segment) -> None:
        self.msl = me.switches.msl
        self.idle = _keepalive_times(me)
        self._names: dict[int, str] = {}
        self._alive: list[Term] = []
        self._said: dict[int, str] = {}
        for words, term in _named(me, seg):
            self._alive.append(term)
            if not (z3.is_true(term) or z3.is_false(term) or z3.is_bv_value(term)):
                self._names.setdefault(term.get_id(), words)

    def __call__(self, term: Term) -> str:
        """`term` in words; slots and endpoints of a system are called `slot` and `me`."""
        key = term.get_id()
        if (known := self._names.get(key) or self._said.get(key)) is None:
            known = self._said[key] = self._spell(term)
            self._alive.append(term)
        return known

    def _spell(self, term: Term) -> str:
        if z3.is_not(term):
            inner = term.children()[0]
            words = self(inner)
            if _is_simple_equation(inner) and inner.get_id() not in self._names:
                return words.replace(" == ", " != ", 1)
            return f"not {words}"
        if states := _states(term):
            subject, names = states
            return f"{_plain(subject)} in {', '.join(names)}"
        if z3.is_bv_value(term):
            return str(term.as_long())
        if z3.is_const(term):
            return _plain(term)
        return self._application(term)

    def _application(self, term: Term) -> str:
        arguments = term.children()
        if z3.is_eq(term) or z3.is_distinct(term):
            return self._equation(arguments, "==" if z3.is_eq(term) else "!=")
        if z3.is_and(term) or z3.is_or(term):
            neutral = z3.is_true if z3.is_and(term) else z3.is_false
            arguments = [a for a in arguments if not neutral(z3.simplify(a))]
            if len(arguments) == 1:
                return self(arguments[0])
        words = [self(argument) for argument in arguments]
        if z3.is_and(term) or z3.is_or(term):
            words = list(dict.fromkeys(words))  # several slots may say the same
            if len(words) == 1:
                return words[0]
        if sign := _INFIX.get(term.decl().kind()):
            text = f" {sign} ".join(words)
            return text if sign in ("<", "=<", ">", ">=") else f"({text})"
        if term.decl().kind() in (z3.Z3_OP_ZERO_EXT, z3.Z3_OP_EXTRACT) and len(words) == 1:
            return words[0]
        return f"{term.decl().name()}({', '.join(words)})"

    def _equation(self, arguments: list[Term], sign: str) -> str:
        left, right = _constant_last(arguments)
        if z3.is_const(left) and z3.is_bv_value(right):
            name, value = _plain(left), right.as_long()
            if names := _ENUMERATED.get(name):
                return f"{name} {sign} {names[value]}"
            if name == "slot.age" and value == self.msl:
                return f"{name} {sign} MSL"
            if name == "me.idle" and value in self.idle:
                return f"{name} {sign} {self.idle[value]}"
            if name == "me.probes" and value == len(self.idle) - 1:
                return f"{name} {sign} all"
        return f"{self(left)} {sign} {self(right)}"


_ENUMERATED = {"me.state": STATE.names, "seg.ctl": CTL.names, "slot.ctl": CTL.names}


def _constant_last(arguments: list[Term]) -> tuple[Term, Term]:
    left, right = arguments
    return (right, left) if z3.is_bv_value(left) else (left, right)


def _named(me: Me, seg: Segment) -> Iterator[tuple[str, Term]]:
    """Conditions that have a name, as far as the scenario has them."""
    for bits, flags in enumerate(CTL.names):
        if bits and "ctl" in seg.fields:
            yield f"seg has {flags}", seg.has(bits)
            yield f"seg lacks {flags.replace(',', ' and ')}", seg.lacks(bits)
    if "seq" in seg.fields:
        yield "SEG.LEN", seg.len
    switches = me.switches
    pending: dict[str, Callable[[], Term]] = {
        "something is unacknowledged": lambda: me.snd_una != me.snd_nxt,
        "nothing is unacknowledged": lambda: me.snd_una == me.snd_nxt,
    }
    terms = pending | {
        "seg carries text": lambda: seg.has_text,
        "seg is acceptable": lambda: me.acceptable(seg),
        "seg is in the window": lambda: _in_window(me, seg),
        "seg begins at RCV.NXT": lambda: me.is_next(seg),
        "SEG.ACK > SND.UNA and =< SND.NXT": lambda: me.acks_new(seg),
        "SEG.ACK acknowledges all": lambda: me.acks_all(seg),
        "SEG.ACK is out of range": lambda: me.acks_unsent(seg),
        "seg acknowledges my SYN": lambda: acks_my_syn(me, seg),
        "seg repeats the FIN": lambda: repeated_fin(me, seg),
        "seg repeats the SYN": lambda: identical_syn(me, seg),
        "seg repeats the last octet": lambda: repeats_octet(me, seg),
        "seg reopens": lambda: reopens(me, seg),
        "seg can be held back": lambda: holdable(me, seg),
        "seg returns a cookie": lambda: is_valid(me, seg),
        "seg is older than what was accepted": lambda: older_than_accepted(me, seg),
        "seg is fresh": lambda: me.is_fresh(seg),
        "the next ISS": lambda: cookie(me),
        "the OPEN was passive": lambda: me.returns_to_listen,
        "the user reads": lambda: me.reads,
        "tries are exhausted": lambda: me.exhausted,
        "no incarnation is left": lambda: me.inc == switches.incarnations,
        "an incarnation is left": lambda: me.inc != switches.incarnations,
        "RCV.WND is 0": lambda: me.rcv_wnd == 0,
        "RCV.WND is not 0": lambda: me.rcv_wnd != 0,
        "a FIN that was held back follows": lambda: take(me, next_octet(me, seg)).fin_follows,
        "octets are left to send": lambda: z3.ULT(me.snd_nxt - me.iss - 1, switches.data),
        "the backlog is full": lambda: me.embryos == switches.backlog,
    }
    for words, term in terms.items():
        with suppress(AttributeError, KeyError, ValueError):  # this scenario has no such thing
            yield words, term()


def _keepalive_times(me: Me) -> dict[int, str]:
    """What the ticks mean after which something is due on an idle connection."""
    if not isinstance(me.switches.keepalive, int):
        return {}
    *probes, last = keepalives(me.switches)
    return {t: f"time of probe {n}" for n, t in enumerate(probes, 1)} | {last: "time to give up"}


def _in_window(me: Me, seg: Segment) -> Term:
    """What `acceptable` asks besides a timestamp that is fresh."""
    acceptable = me.acceptable(seg)
    return acceptable.children()[0] if z3.is_and(acceptable) else acceptable


def _plain(variable: Term) -> str:
    """The name of a variable, without saying whose or which."""
    name = _SLOT.sub("slot.", variable.decl().name())
    return _ENDPOINT.sub("me.", name)


def _is_simple_equation(term: Term) -> bool:
    return z3.is_eq(term) and not z3.is_bool(term.children()[0])


def _states(term: Term) -> tuple[Term, list[str]] | None:
    """The variable and the states, if `term` says that it is one of them."""
    if not z3.is_or(term):
        return None
    found: list[str] = []
    subject = None
    for part in term.children():
        if not z3.is_eq(part):
            return None
        subject, value = _constant_last(part.children())
        if not (z3.is_const(subject) and subject.decl().name().endswith(".state")):
            return None
        found.append(STATE.names[value.as_long()])
    return subject, found
