"""What becomes of text: taken in order, held back, put in the user's buffer; the send window.

Functions from `me` and the arriving segment to updates, for the rules of `synchronized` and `text`.
RFC 9293 sections 3.8.6 and 3.10.7.4 seventh.
"""

from __future__ import annotations

from dataclasses import dataclass

import z3

from tcpmodel.core.terms import Term
from tcpmodel.tcp.buffers import HELD, held_numbers
from tcpmodel.tcp.segment import Segment, after
from tcpmodel.tcp.tcb import Me

NOTHING, TEXT, FIN_HELD = (HELD.term(name) for name in HELD.names)


@dataclass(frozen=True)
class Octet:
    """A place of the stream and what is there: text, FIN or nothing; the rest are ghosts."""

    kind: Term
    index: Term
    stale: Term


@dataclass(frozen=True)
class Taken:
    """What taking the next octet, and what follows it in the reassembly buffer, leads to.

    fin_follows: next is a FIN that has been held back, `fin`.
    """

    rcv_nxt: Term
    rcv_wnd: Term
    fin_follows: Term
    fin: Octet
    updates: dict[Term, Term]


def next_octet(me: Me, seg: Segment) -> Octet:
    """The octet of text that the segment carries."""
    return Octet(TEXT, seg.index, seg.to != me.inc)


def take(me: Me, first: Octet) -> Taken:
    """The octet at RCV.NXT is there; so may be some of those that follow it."""
    got = {name: getattr(me, name) for name in ("taken", "duplicated", "skipped", "stale_text")}
    got = _delivered(me, got, first, z3.BoolVal(True))
    width = me.switches.width
    count: Term = z3.BitVecVal(1, width)
    queue = [_held(me, distance) for distance in held_numbers(me.switches)]
    for _ in held_numbers(me.switches):
        ready = queue[0].kind == TEXT
        got = _delivered(me, got, queue[0], ready)
        count = z3.If(ready, count + 1, count)
        moved = [*queue[1:], _empty(me)]
        queue = [_either(ready, *pair) for pair in zip(moved, queue, strict=True)]
    rcv_nxt = me.rcv_nxt + count
    updates = {me.rcv_nxt: rcv_nxt, **{getattr(me, name): term for name, term in got.items()}}
    # What is at the front now is next in order: a FIN, or nothing.  It has no place of its own.
    front, *rest = [*queue, _empty(me)]
    for distance, octet in zip(held_numbers(me.switches), rest, strict=True):
        updates |= _placed(me, distance, octet)
    rcv_wnd = me.rcv_wnd
    if "unread" in me.variables:
        rcv_wnd = z3.If(z3.UGT(count, me.rcv_wnd), z3.BitVecVal(0, width), me.rcv_wnd - count)
        unread = z3.BitVecVal(me.switches.window, width) - rcv_wnd
        updates[me.unread] = z3.Extract(me.unread.size() - 1, 0, unread)
    if "syn_text" in me.variables:
        updates[me.syn_text] = z3.BoolVal(False)
    follows = front.kind == FIN_HELD if queue else z3.BoolVal(False)
    return Taken(rcv_nxt, rcv_wnd, follows, front, updates)


def take_fin(me: Me, index: Term, taken: Term) -> dict[Term, Term]:
    """The updates when the FIN is taken, after `taken` octets: nothing is waited for any more."""
    updates = {me.cut: z3.Or(me.cut, index != taken)}
    for distance in held_numbers(me.switches):
        updates |= _placed(me, distance, _empty(me))
    if "syn_text" in me.variables:
        updates[me.syn_text] = z3.BoolVal(False)
    return updates


def holdable(me: Me, seg: Segment) -> Term:
    """It carries one octet or a FIN, in the window but beyond RCV.NXT."""
    if not held_numbers(me.switches):
        return z3.BoolVal(False)
    ahead = seg.seq - me.rcv_nxt
    return z3.And(seg.len == 1, ahead != 0, z3.ULT(ahead, me.rcv_wnd))


def hold(me: Me, seg: Segment) -> dict[Term, Term]:
    """The updates that keep what the segment carries in its place, if there is nothing yet."""
    updates: dict[Term, Term] = {}
    for distance in held_numbers(me.switches):
        old = _held(me, distance)
        here = z3.And(seg.seq - me.rcv_nxt == distance, old.kind == NOTHING)
        kind = z3.If(seg.has_text, TEXT, FIN_HELD)
        new = Octet(kind, seg.index, seg.to != me.inc)
        updates |= _placed(me, distance, _either(here, new, old))
    return updates


def queued_text(me: Me) -> Term:
    """Text that came with the SYN waits for the connection to be ESTABLISHED."""
    return me.syn_text if "syn_text" in me.variables else z3.BoolVal(False)


def syn_octet(me: Me, seg: Segment) -> Octet:
    """The octet that came with the SYN, when the segment completes the handshake.

    It is stale if the segment answers another connection than mine, or another incarnation of the
    peer sent the SYN.
    """
    first = z3.BitVecVal(0, me.taken.size())
    return Octet(TEXT, first, z3.Or(seg.to != me.inc, seg.inc != me.peer))


# --- the send window ------------------------------------------------------------------------------


def may_send_more(me: Me) -> list[Term]:
    """SND.NXT < SND.UNA + SND.WND; nothing to say where the window has room for all."""
    outstanding = me.snd_nxt - me.snd_una
    if "snd_wnd" in me.variables:
        return [z3.ULT(outstanding, me.wide("snd_wnd"))]
    if me.switches.data <= me.switches.window:
        return []
    return [z3.ULT(outstanding, z3.BitVecVal(me.switches.window, me.switches.width))]


def first_window(me: Me, seg: Segment) -> dict[Term, Term]:
    """The updates that set the send window from the segment that opens the connection."""
    if "snd_wnd" not in me.variables:
        return {}
    return {me.snd_wnd: seg.fields["wnd"], me.snd_wl1: seg.seq, me.snd_wl2: seg.ack}


def window_after(me: Me, seg: Segment, *, opens: Term) -> dict[Term, Term]:
    """The updates of the send window: not by segments older than those that set it last."""
    if "snd_wnd" not in me.variables:
        return {}
    fits = z3.ULE(seg.ack - me.snd_una, me.snd_nxt - me.snd_una)
    same = z3.And(seg.seq == me.snd_wl1, z3.Not(after(me.snd_wl2, seg.ack)))
    newer = z3.Or(opens, z3.And(fits, z3.Or(after(seg.seq, me.snd_wl1), same)))
    return {old: z3.If(newer, new, old) for old, new in first_window(me, seg).items()}


# --- octets ---------------------------------------------------------------------------------------


def _delivered(me: Me, got: dict[str, Term], octet: Octet, when: Term) -> dict[str, Term]:
    """The ghosts once an octet has been taken, if `when`."""
    taken, index = got["taken"], octet.index
    most = z3.BitVecVal(me.switches.data, taken.size())
    now = {
        "taken": z3.If(taken == most, taken, taken + 1),
        "duplicated": z3.Or(got["duplicated"], z3.ULT(index, taken)),
        "skipped": z3.Or(got["skipped"], z3.UGT(index, taken)),
        "stale_text": z3.Or(got["stale_text"], octet.stale),
    }
    if z3.is_true(when):
        return now
    return {name: z3.If(when, now[name], before) for name, before in got.items()}


def _held(me: Me, distance: int) -> Octet:
    name = f"held{distance}"
    return Octet(*(getattr(me, field) for field in (name, f"{name}_index", f"{name}_stale")))


def _empty(me: Me) -> Octet:
    return Octet(NOTHING, z3.BitVecVal(0, me.taken.size()), z3.BoolVal(False))


def _either(condition: Term, left: Octet, right: Octet) -> Octet:
    return Octet(
        z3.If(condition, left.kind, right.kind),
        z3.If(condition, left.index, right.index),
        z3.If(condition, left.stale, right.stale),
    )


def _placed(me: Me, distance: int, octet: Octet) -> dict[Term, Term]:
    old = _held(me, distance)
    return {old.kind: octet.kind, old.index: octet.index, old.stale: octet.stale}
