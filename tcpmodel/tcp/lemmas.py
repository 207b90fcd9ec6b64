"""Lemmas: what the rules do with sequence numbers, for every number of 32 bits at once.

They speak about the very terms that the rules are made of (`Me.acceptable`, the guards and updates
of `compose.rules`), with windows, lengths and numbers left open, and need no search.  Each comes
with a witness: why its assumptions cannot be weakened, or its bound improved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.acceptance import is_open
from tcpmodel.tcp.compose import rules
from tcpmodel.tcp.rule import Rule, changes, symbolic_segment
from tcpmodel.tcp.scenario import Scenario, scenario
from tcpmodel.tcp.segment import ACK, RST, Segment, ctl, within
from tcpmodel.tcp.states import CLOSED, ESTABLISHED, SYN_RECEIVED, SYN_SENT, TIME_WAIT
from tcpmodel.tcp.tcb import Me

BITS = 32


@dataclass(frozen=True)
class Lemma:
    """A statement about numbers of 32 bits.

    broken: what must be impossible.  witnesses: what must be possible, by what that shows.
    """

    id: str
    says: str
    cites: tuple[str, ...]
    broken: Term
    witnesses: Mapping[str, Term]


def lemmas() -> tuple[Lemma, ...]:
    """Every lemma."""
    return tuple(make() for make in LEMMAS)


class _AnyWindow(Me):
    """A TCB whose receive window is any number."""

    @property
    def rcv_wnd(self) -> Term:
        return _number("RCV.WND")


class _AnyLength(Segment):
    """A segment of any length."""

    @property
    def len(self) -> Term:
        return _number("SEG.LEN")


def _number(name: str) -> Term:
    return z3.BitVec(name, BITS)


def _open(text: str) -> tuple[_AnyWindow, _AnyLength]:
    """`me` and `seg` of a scenario, with window and length left open."""
    switches = scenario(text)
    me, seg = Me.symbolic(switches), symbolic_segment(switches)
    return _AnyWindow(switches, me.variables, me.permissions), _AnyLength(seg.fields)


def _wide(term: Term) -> Term:
    """A number with room for sums."""
    return z3.ZeroExt(2, term)


# --- the window ---------------------------------------------------------------------------------


def window_test() -> Lemma:
    """The acceptability test is Table 6 of RFC 9293."""
    me, seg = _open(f"rfc9293 width={BITS} receiver=slow data=1")
    number, length, start, window = seg.seq, seg.len, me.rcv_nxt, me.rcv_wnd

    def inside(octet: Term) -> Term:
        """RCV.NXT =< octet < RCV.NXT+RCV.WND"""
        past_end = start + window
        return z3.If(
            z3.ULE(start, past_end),
            z3.And(z3.ULE(start, octet), z3.ULT(octet, past_end)),
            z3.Or(z3.ULE(start, octet), z3.ULT(octet, past_end)),
        )

    table = z3.If(
        length == 0,
        z3.If(window == 0, number == start, inside(number)),
        z3.And(window != 0, z3.Or(inside(number), inside(number + length - 1))),
    )
    return Lemma(
        "window-test",
        "A segment passes the acceptability test exactly in the four cases of the RFC's table.",
        ("RFC 9293 3.10.7.4 first, Table 6",),
        me.acceptable(seg) != table,
        {
            "numbers below RCV.NXT as plain integers are accepted: the window wraps": z3.And(
                me.acceptable(seg), z3.ULT(number, start), length == 0
            )
        },
    )


def window_overlap() -> Lemma:
    """First and last octet suffice, as long as no segment is longer than the window."""
    me, seg = _open(f"rfc9293 width={BITS}")
    number, length, start, window = seg.seq, seg.len, me.rcv_nxt, me.rcv_wnd
    common = z3.Or(within(number, start, window), within(start, number, length))
    some = z3.And(length != 0, window != 0, z3.ULE(_wide(length) + _wide(window), 1 << BITS))
    wrong = z3.And(some, me.acceptable(seg) != common)
    return Lemma(
        "window-overlap",
        "A segment no longer than the window is acceptable exactly if an octet of it is in the "
        "window.",
        ("RFC 9293 3.4", "RFC 9293 3.10.7.4 first"),
        z3.And(wrong, z3.ULE(length, window)),
        {
            "two octets longer, and both its ends may be outside a window that it covers": z3.And(
                wrong, _wide(length) == _wide(window) + 2
            )
        },
    )


# --- old octets -----------------------------------------------------------------------------------


def old_octet() -> Lemma:
    """When a number that an old connection used is acceptable in a new one."""
    me, seg = _open(f"rfc9293 width={BITS}")
    old, apart, used, progress = map(_number, ("ISN.old", "apart", "used", "progress"))
    place, taken = _number("place"), _number("taken")
    accepted = z3.And(
        me.acceptable(seg),
        seg.len == 1,
        z3.ULE(1, taken),
        z3.ULE(taken, progress),
        z3.ULT(place, used),
        seg.seq == old + place,
        me.rcv_nxt == old + apart + taken,
    )
    beyond = z3.ULE(_wide(used), _wide(apart) + 1)
    not_around = z3.ULE(_wide(apart) + _wide(progress) + _wide(me.rcv_wnd), 1 << BITS)
    one_more = _wide(used) == _wide(apart) + 2
    too_far = _wide(apart) + _wide(progress) + _wide(me.rcv_wnd) == (1 << BITS) + 1
    return Lemma(
        "old-octet",
        "If the old connection used the numbers ISN.old to ISN.old + n - 1 and the new one has "
        "taken at most m, no old octet is acceptable as long as, for d = ISN.new - ISN.old mod "
        "2^32, n <= d + 1 and d + m + RCV.WND <= 2^32.",
        ("RFC 9293 3.4.1", "RFC 9293 3.4.3"),
        z3.And(accepted, beyond, not_around),
        {
            "with n = d + 2 the last old number is acceptable": z3.And(
                accepted, one_more, not_around
            ),
            "with d + m + RCV.WND = 2^32 + 1 the first one is": z3.And(accepted, beyond, too_far),
        },
    )


def old_octet_share() -> Lemma:
    """How many initial sequence numbers make an old octet acceptable: as many as the window has."""
    me, seg = _open(f"rfc9293 width={BITS}")
    new = _number("ISN.new")
    begins = z3.And(me.rcv_nxt == new + 1, seg.len == 1)
    bad = within(new, seg.seq - me.rcv_wnd, me.rcv_wnd)
    return Lemma(
        "old-octet-share",
        "An old octet is acceptable to a connection that has just begun for exactly RCV.WND of "
        "the 2^32 initial sequence numbers: the last ones before it.",
        ("RFC 9293 3.4.1", "RFC 6528 1"),
        z3.And(begins, me.acceptable(seg) != bad),
        {
            "the one right before the octet is among them": z3.And(
                begins, me.acceptable(seg), new == seg.seq - 1
            )
        },
    )


# --- rules ----------------------------------------------------------------------------------------

_Statement = Callable[[Rule, Mapping[str, Term]], Term]
"""A formula about a rule and the values of the TCB's variables after it."""


def _some_rule(switches: Scenario, statement: _Statement) -> Term:
    """Some rule is enabled and the statement is true of it."""
    me = Me.symbolic(switches)
    found = []
    for rule in rules(switches):
        after = {**me.variables, **changes(rule, me)}
        found.append(z3.And(*rule.reaction.when, statement(rule, after)))
    return z3.Or(found)


def _only_syn_sent(after: Mapping[str, Term]) -> Term:
    """In SYN-SENT and SYN-RECEIVED, SND.UNA = ISS and SND.NXT = ISS+1."""
    opening = z3.Or(after["state"] == SYN_SENT, after["state"] == SYN_RECEIVED)
    una, nxt, iss = after["snd_una"], after["snd_nxt"], after["iss"]
    return z3.Implies(opening, z3.And(una == iss, nxt == iss + 1))


def opening_numbers() -> Lemma:
    """What `ack_of_our_syn` takes for granted is kept by every rule."""
    switches = scenario(f"rfc9293 width={BITS}")
    me = Me.symbolic(switches)
    before = _only_syn_sent(me.variables)
    return Lemma(
        "opening-numbers",
        "Whatever happens: in SYN-SENT and SYN-RECEIVED, SND.UNA = ISS and SND.NXT = ISS + 1.",
        ("RFC 9293 3.3.1", "RFC 9293 3.10.1"),
        z3.And(
            before,
            _some_rule(switches, lambda rule, after: z3.Not(_only_syn_sent(after))),
        ),
        {
            "elsewhere it need not be so": z3.And(
                me.state == ESTABLISHED, before, me.snd_una != me.iss
            )
        },
    )


def ack_of_our_syn() -> Lemma:
    """ACK = ISS+1 is the only way from SYN-RECEIVED to ESTABLISHED."""
    switches = scenario(f"rfc9293 width={BITS}")
    me, seg = Me.symbolic(switches), symbolic_segment(switches)

    def connects(rule: Rule, after: Mapping[str, Term]) -> Term:
        return after["state"] == ESTABLISHED

    here = [me.state == SYN_RECEIVED, _only_syn_sent(me.variables)]
    way = _some_rule(switches, connects)
    exact = z3.And(seg.has(ACK), seg.ack == me.iss + 1)
    return Lemma(
        "ack-of-our-syn",
        "From SYN-RECEIVED nothing leads to ESTABLISHED but a segment with ACK = ISS + 1.",
        ("RFC 9293 3.10.7.4 fifth, SYN-RECEIVED", "RFC 9293 3.5"),
        z3.And(*here, way, z3.Not(exact)),
        {"and such a segment does": z3.And(*here, way, exact)},
    )


def out_of_window() -> Lemma:
    """Segments outside the window change nothing."""
    switches = scenario(f"rfc9293 width={BITS} msl=1 time_wait=2")
    me, seg = Me.symbolic(switches), symbolic_segment(switches)
    repeated_fin = z3.And(me.state == TIME_WAIT, seg.seq + seg.len == me.rcv_nxt)

    def answer(rule: Rule) -> Term:
        """What is sent, if anything is, is <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>, to no reset."""
        sent = rule.reaction.send
        if sent is None:
            return z3.BoolVal(True)
        is_ack = sent.fields["ctl"] == ctl(ACK)
        return z3.And(is_ack, sent.seq == me.snd_nxt, sent.ack == me.rcv_nxt, seg.lacks(RST))

    def harmful(rule: Rule, after: Mapping[str, Term]) -> Term:
        if rule.kind != "segment":
            return z3.BoolVal(False)
        kept = [after[name] == term for name, term in me.variables.items()]
        return z3.Not(z3.And(*kept, answer(rule)))

    outside = z3.And(is_open(me), z3.Not(me.acceptable(seg)))
    harm = _some_rule(switches, harmful)
    return Lemma(
        "out-of-window",
        "In SYN-RECEIVED and beyond, a segment outside the window changes no variable of the TCB; "
        "at most an ACK answers it, and a reset is not answered.  (But for the FIN repeated in "
        "TIME-WAIT.)",
        ("RFC 9293 3.10.7.4 first",),
        z3.And(outside, z3.Not(repeated_fin), harm),
        {
            "the FIN repeated in TIME-WAIT is outside, and starts TIME-WAIT anew": z3.And(
                outside, repeated_fin, harm
            )
        },
    )


def ack_of_ack() -> Lemma:
    """A segment that occupies no number is not answered, and counts for nothing."""
    switches = scenario(f"rfc9293 width={BITS} data=1")
    me, seg = Me.symbolic(switches), symbolic_segment(switches)

    def counts(rule: Rule, after: Mapping[str, Term]) -> Term:
        if rule.kind != "segment":
            return z3.BoolVal(False)
        answered = z3.BoolVal(rule.reaction.send is not None)
        moved = z3.And(after["state"] != CLOSED, after["rcv_nxt"] != me.rcv_nxt)
        return z3.Or(answered, moved)

    due = z3.And(is_open(me), me.state != SYN_RECEIVED, me.acceptable(seg))
    sound = z3.And(due, z3.Not(me.acks_unsent(seg)), seg.fields["ctl"] == ctl(ACK))
    some = _some_rule(switches, counts)
    return Lemma(
        "ack-of-ack",
        "In synchronized states, a bare ACK in the window that acknowledges nothing unsent does "
        "not move RCV.NXT and is not answered.",
        ("RFC 9293 3.4", "RFC 9293 3.10.7.4 seventh"),
        z3.And(sound, seg.len == 0, some),
        {"an octet does and is": z3.And(sound, seg.len == 1, some)},
    )


def silent_timers() -> Lemma:
    """No timer sends what occupies no number."""
    switches = scenario(f"rfc9293 width={BITS} data=1")
    me = Me.symbolic(switches)

    def sends(rule: Rule, after: Mapping[str, Term]) -> Term:
        return z3.BoolVal(rule.kind == "timer" and rule.reaction.send is not None)

    some = _some_rule(switches, sends)
    return Lemma(
        "silent-timers",
        "If nothing is unacknowledged, no timer sends anything: a bare ACK is never sent again by "
        "itself.  (The numbers of opening are kept, and SND.NXT is not ISS again.  Keep-alives and "
        "probes of closed windows are apart.)",
        ("RFC 9293 3.8.1", "RFC 9293 3.10.8"),
        z3.And(
            some,
            me.snd_una == me.snd_nxt,
            me.snd_nxt != me.iss,
            _only_syn_sent(me.variables),
        ),
        {"what is unacknowledged is sent again": z3.And(some, me.snd_una != me.snd_nxt)},
    )


LEMMAS: tuple[Callable[[], Lemma], ...] = (
    window_test,
    window_overlap,
    old_octet,
    old_octet_share,
    opening_numbers,
    ack_of_our_syn,
    out_of_window,
    ack_of_ack,
    silent_timers,
)
"""The lemmas, as written."""
