"""What properties speak about: both endpoints and the network, by name.

A property is a function of a `World`: `lambda w: w.B.state == ESTABLISHED`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import z3

from tcpmodel.core import epistemic
from tcpmodel.core.epistemic import Common, Fact, Knows
from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Term, Var
from tcpmodel.tcp.channel import Past, Slots
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import ACK, FIN, RST, SYN, Segment
from tcpmodel.tcp.states import (
    CLOSED,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    LISTEN,
    OUTCOME,
    SWAYED,
    SYNCHRONIZED,
)

FLAGS = {"SYN": SYN, "ACK": ACK, "FIN": FIN, "RST": RST}


@dataclass(frozen=True)
class Endpoint:
    """The variables of one endpoint: `w.A.state`, `w.B.snd_nxt`, `w.A.inc` …"""

    name: str
    tcb: Mapping[str, Var]

    def __getattr__(self, field: str) -> Term:
        if field.startswith("__") or field not in self.tcb:
            raise ModelError(
                f"{self.name} has no {field!r} in this scenario; it has {', '.join(self.tcb)}"
            )
        return self.tcb[field].term


@dataclass(frozen=True)
class World:
    """Both endpoints (`A`, `B`) and what is under way between them."""

    switches: Scenario
    tcbs: Mapping[str, Mapping[str, Var]]
    channels: Mapping[str, Slots | Past]

    @property
    def A(self) -> Endpoint:  # noqa: N802 - the endpoints' names are letters
        return Endpoint("A", self.tcbs["A"])

    @property
    def B(self) -> Endpoint:  # noqa: N802
        return Endpoint("B", self.tcbs["B"])

    def endpoint(self, name: str) -> Endpoint:
        """`A` or `B`; raises `ModelError` for anything else."""
        if name not in self.tcbs:
            raise ModelError(f"there is no endpoint {name!r}; there are A and B")
        return Endpoint(name, self.tcbs[name])

    def other(self, name: str) -> Endpoint:
        """The peer of `name`."""
        self.endpoint(name)
        return self.endpoint("B" if name == "A" else "A")

    def inflight(self, sender: str, *flags: str) -> Term:
        """A segment of `sender` with (at least) these control bits is under way."""
        unknown = [flag for flag in flags if flag not in FLAGS]
        if unknown:
            raise ModelError(f"no control bit {unknown[0]!r}; there are {', '.join(FLAGS)}")
        mask = [FLAGS[flag] for flag in flags]

        def fits(segment: Segment) -> Term:
            return segment.has(*mask) if mask else z3.BoolVal(True)

        return self._slots(sender).some(fits)

    def under_way(self, sender: str, condition: Callable[[Segment], Term]) -> Term:
        """A segment of `sender` for which `condition` holds is under way."""
        return self._slots(sender).some(condition)

    def settled(self) -> list[Term]:
        """No segment has reached its maximum lifetime: what is due to leave has left."""
        return [g for name in self.tcbs for g in self._slots(name).settled()]

    def nothing_inflight(self) -> Term:
        """No segment is under way in either direction."""
        return z3.And(*(self._slots(name).empty for name in self.tcbs))

    def agrees_with_live_peer(self, name: str) -> Term:
        """The incarnation that `name` believes in has answered it, or is at least the peer's
        current one.  (Murphy and Shankar 1987: when open, the remote incarnation is the peer's.)
        """
        me, peer = self.endpoint(name), self.other(name)
        return z3.Or(me.confirmed, me.peer == peer.inc)

    def left_half_open(self, name: str) -> Term:
        """`name` is ESTABLISHED, its peer has no connection, and nothing will tell: no segment is
        under way and `name` has nothing to send again.  Unless a user acts, it stays so.
        """
        me, peer = self.endpoint(name), self.other(name)
        return z3.And(
            me.state == ESTABLISHED,
            z3.Or(peer.state == CLOSED, peer.state == LISTEN),
            me.snd_una == me.snd_nxt,
            self.nothing_inflight(),
        )

    def ended(self, name: str, outcome: str) -> Term:
        """The user of `name` was told that its last connection ended so: `closed`, `refused`,
        `reset`, `aborted` or `timeout` (or was not told: `crashed`); `none` if it has not ended.
        """
        return self.endpoint(name).outcome == OUTCOME.term(outcome)

    def gave_up_after(self, name: str, ticks: int) -> Term:
        """`name` has given up, so many ticks after it first sent what was never acknowledged."""
        return z3.And(self.ended(name, "timeout"), self._is(name, "waited", ticks))

    def gave_up_before(self, name: str, ticks: int) -> Term:
        """`name` has given up, less than so many ticks after it first sent what was never
        acknowledged.
        """
        var = self._counter(name, "waited")
        top = var.domain.size - 1
        early = z3.BoolVal(True) if ticks > top else z3.ULT(var.term, ticks)
        return z3.And(self.ended(name, "timeout"), early)

    def last_sent_at(self, name: str, *ticks: int) -> Term:
        """What `name` is waiting to have acknowledged (or has given up on) was last sent at one of
        these ticks, counted from when it was first sent.
        """
        return z3.Or(*(self._is(name, "sent_at", tick) for tick in ticks))

    def sent_again(self, name: str, times: int) -> Term:
        """What `name` is waiting to have acknowledged was sent again at least so many times: the
        threshold R1 of RFC 9293 section 3.8.3, at which its user may be told.
        """
        self.endpoint(name)
        if "tries" not in self.tcbs[name]:
            raise ModelError(f"{name} counts no retransmissions in this scenario: set retries")
        var = self.tcbs[name]["tries"]
        return z3.UGE(var.term, times) if 0 <= times < var.domain.size else z3.BoolVal(False)

    def _is(self, name: str, field: str, ticks: int) -> Term:
        var = self._counter(name, field)
        return var.term == ticks if 0 <= ticks < var.domain.size else z3.BoolVal(False)

    def _counter(self, name: str, field: str) -> Var:
        self.endpoint(name)
        if field not in self.tcbs[name]:
            raise ModelError(
                f"{name} counts no ticks in this scenario: use rto_policy=exponential or linear4"
            )
        return self.tcbs[name][field]

    def swayed(self, name: str, *what: str) -> Term:
        """A forged segment has changed the state of `name`: of an `attempt` to connect, or of a
        synchronized `connection`; of either, if neither is named.
        """
        kinds = what or SWAYED.names[1:]
        return z3.Or(*(self.endpoint(name).swayed == SWAYED.term(kind) for kind in kinds))

    def delivered_twice(self, name: str) -> Term:
        """`name` has delivered an octet that was for another connection: with Fast Open, text of a
        SYN that an earlier connection had already delivered.
        """
        me = self.endpoint(name)
        return z3.Or(me.stale_text, me.served_twice) if "served_twice" in me.tcb else me.stale_text

    def synchronized(self, name: str) -> Term:
        """`name` is in a synchronized state (RFC 9293 section 3.5.1)."""
        me = self.endpoint(name)
        return z3.Or(*(me.state == state for state in SYNCHRONIZED))

    def works(self, sender: str) -> Term:
        """What `sender` sends can arrive: `sender` can send and its peer can receive."""
        return self._slots(sender).works

    # --- knowledge ------------------------------------------------------------------------------

    def knows(self, name: str, fact: Fact | Term) -> Fact:
        """`name` knows `fact`, a state formula or again something about knowledge."""
        self.endpoint(name)
        return Knows(name, epistemic.fact(fact))

    def knows_whether(self, name: str, fact: Fact | Term) -> Fact:
        """`name` knows `fact`, or knows that it is not so."""
        self.endpoint(name)
        return epistemic.knows_whether(name, fact)

    def everyone_knows(self, fact: Fact | Term) -> Fact:
        """Both endpoints know `fact`."""
        return epistemic.everyone_knows(tuple(self.tcbs), fact)

    def common_knowledge(self, fact: Fact | Term) -> Fact:
        """Both know `fact`, both know that both know it, and so on without end."""
        return Common(tuple(self.tcbs), epistemic.fact(fact))

    # --- text ---------------------------------------------------------------------------------

    def gets_a_prefix(self, name: str) -> Term:
        """What the user of `name` has got is a prefix of what its peer's user has sent: on this
        connection, in order, nothing left out, nothing twice.  (Octets are numbered by ghosts.)
        """
        tcb = self.endpoint(name).tcb
        faults = [f for f in ("duplicated", "skipped", "stale_text", "overtaken") if f in tcb]
        return z3.And(*(z3.Not(tcb[fault].term) for fault in faults))

    def has_unacknowledged(self, name: str, octets: int) -> Term:
        """`name` is ESTABLISHED and at least so many octets of it are unacknowledged."""
        me = self.endpoint(name)
        if octets >= 1 << self.switches.width:
            return z3.BoolVal(False)
        return z3.And(me.state == ESTABLISHED, z3.UGE(me.snd_nxt - me.snd_una, octets))

    def sent_all(self, name: str) -> Term:
        """The user of `name`, ESTABLISHED, has sent all of its octets and all are acknowledged.
        With UDP, where nothing is acknowledged: has sent them.
        """
        me = self.endpoint(name)
        if self.switches.protocol == "udp":
            return me.sent == self.switches.data
        sent = me.snd_nxt - me.iss - 1
        return z3.And(me.state == ESTABLISHED, me.snd_una == me.snd_nxt, sent == self.switches.data)

    def acknowledged_is_taken(self, name: str) -> Term:
        """No more octets of `name` are acknowledged than its peer has taken.  (Of a connection that
        is ESTABLISHED with the peer's current incarnation; true otherwise.)
        """
        me, peer = self.endpoint(name), self.other(name)
        acknowledged = me.snd_una - me.iss - 1
        taken = z3.ZeroExt(self.switches.width - peer.taken.size(), peer.taken)
        current = z3.And(me.state == ESTABLISHED, me.peer == peer.inc)
        return z3.Implies(current, z3.ULE(acknowledged, taken))

    def text_beyond_fin(self, name: str) -> Term:
        """`name` has sent its FIN, and text of it is under way that the peer could take for what
        comes after: its number is the FIN's or a later one in the window.
        """
        me = self.endpoint(name)
        fin_sent = z3.Or(*(me.state == s for s in (FIN_WAIT_1, FIN_WAIT_2, CLOSING, LAST_ACK)))

        def beyond(segment: Segment) -> Term:
            place = segment.seq - (me.snd_nxt - 1)
            return z3.And(segment.has_text, z3.ULT(place, self.switches.window))

        return z3.And(fin_sent, self._slots(name).some(beyond))

    def believes_window_closed(self, name: str) -> Term:
        """`name`, ESTABLISHED, has text to send and nothing unacknowledged, but thinks that the
        peer's window is closed.  (Needs `receiver=slow`.)
        """
        me = self.endpoint(name)
        more = z3.ULT(me.snd_nxt - me.iss - 1, self.switches.data)
        waits = z3.And(me.snd_una == me.snd_nxt, me.snd_wnd == 0)
        return z3.And(me.state == ESTABLISHED, more, waits)

    def _slots(self, sender: str) -> Slots:
        self.endpoint(sender)
        channel = self.channels[sender]
        if not isinstance(channel, Slots):
            raise ModelError(
                "a history channel does not know what is under way; use channel=bag or fifo"
            )
        return channel
