"""Me: the transmission control block a rule speaks about (RFC 9293 section 3.3.1).

A rule is written over `Me` and an arriving `Segment`, both symbolic (`me.state`, `seg.ack`);
`compose` puts an endpoint's variables and a channel's slot in their place.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import z3

from tcpmodel.core.terms import Bool, Counter, Domain, Term, Var, Word
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import ACK, CTL, FIN, RST, Segment, after, ctl, within
from tcpmodel.tcp.states import CLOSED, LISTEN, OUTCOME, STATE, SWAYED

PERMISSIONS = ("may_open", "may_listen", "may_close_first", "may_send")
"""What the user of an endpoint does: constants that `compose` fills in per endpoint."""

OUTLIVES_TCB = frozenset(
    {"inc", "outcome", "stale_text", "stale_fin"}
    | {"embryos", "swayed", "cut_short", "served", "served_twice"}
)
"""What outlives a TCB: the count of connections, and what properties want to know afterwards."""


def tcb_domains(switches: Scenario) -> dict[str, tuple[Domain, bool]]:
    """The variables of an endpoint: field → (domain, whether it is a ghost)."""
    number = Word(switches.width)
    domains: dict[str, tuple[Domain, bool]] = {
        "state": (STATE, False),
        "passive": (Bool(), False),
        "iss": (number, False),
        "irs": (number, False),
        "snd_una": (number, False),
        "snd_nxt": (number, False),
        "rcv_nxt": (number, False),
        "inc": (Counter(switches.incarnations), False),
    }
    if switches.msl:
        assert isinstance(switches.time_wait, int)
        domains["timer"] = (Counter(switches.time_wait), False)
        if switches.rto:
            domains["rtx_timer"] = (Counter(switches.rto), False)
    domains["peer"] = (Counter(switches.incarnations), True)
    domains["confirmed"] = (Bool(), True)
    domains["stale_text"] = (Bool(), True)
    domains["stale_fin"] = (Bool(), True)
    domains["outcome"] = (OUTCOME, True)
    domains |= _security_domains(switches)
    return domains


def _security_domains(switches: Scenario) -> dict[str, tuple[Domain, bool]]:
    """What attack and defence add to an endpoint: see `adversary`, `cookies`, `fast_open`."""
    domains: dict[str, tuple[Domain, bool]] = {}
    if switches.ts_paws == "on":
        domains["ts_recent"] = (Counter(switches.incarnations), False)
    if switches.backlog and switches.syn_cookies == "off":
        domains["embryos"] = (Counter(switches.backlog), False)
    if switches.tfo == "on":
        domains["served"] = (Counter(switches.incarnations), True)
        domains["served_twice"] = (Bool(), True)
    if switches.adversary != "none":
        domains["swayed"] = (SWAYED, True)
        domains["cut_short"] = (Bool(), True)
    return domains


def segment_domains(switches: Scenario) -> dict[str, tuple[Domain, bool]]:
    """The fields of a segment: field → (domain, whether it is a ghost).  The channel adds `age`."""
    number = Word(switches.width)
    domains: dict[str, tuple[Domain, bool]] = {
        "ctl": (CTL, False),
        "seq": (number, False),
        "ack": (number, False),
    }
    if switches.data:
        domains["text"] = (Word(1), False)
    if switches.ts_paws == "on":
        domains["ts"] = (Counter(switches.incarnations), False)
    domains["inc"] = (Counter(switches.incarnations), True)
    domains["to"] = (Counter(switches.incarnations), True)
    return domains


@dataclass(frozen=True)
class Me:
    """My TCB, symbolic, and what RFC 9293 computes from it.

    The attributes named like the RFC's variables are terms: `snd_una` is SND.UNA.  `inc` counts
    my connections on this 4-tuple; `peer` (ghost) is the incarnation I believe in, `confirmed`
    (ghost) says that this very incarnation of mine was acknowledged by it.
    """

    switches: Scenario
    variables: dict[str, Term]
    permissions: dict[str, Term] = field(default_factory=dict)

    @staticmethod
    def symbolic(switches: Scenario) -> Me:
        """The `me` of the rules."""
        domains = tcb_domains(switches)
        me = {name: Var(f"me.{name}", domain).term for name, (domain, _) in domains.items()}
        return Me(switches, me, {name: z3.Bool(f"me.{name}") for name in PERMISSIONS})

    def __getattr__(self, name: str) -> Term:
        for terms in (self.variables, self.permissions):
            if name in terms:
                return terms[name]
        raise AttributeError(f"this scenario's TCB has no {name}")

    @property
    def isn_base(self) -> Term:
        """Where my initial sequence numbers begin; `compose` fills it in per endpoint."""
        return z3.BitVec("me.isn_base", self.switches.width)

    # --- the state -----------------------------------------------------------------------

    def is_in(self, *states: Term) -> Term:
        """My state is one of `states`."""
        return (
            z3.Or(*(self.state == s for s in states))
            if len(states) > 1
            else self.state == states[0]
        )

    @property
    def flags_only(self) -> bool:
        """Sequence and acknowledgment numbers are not looked at."""
        return self.switches.handshake == "three_noseq"

    @property
    def challenges(self) -> bool:
        """RFC 5961 is in force."""
        return self.switches.rfc5961 == "on"

    # --- arriving numbers ------------------------------------------------------------------

    def acceptable(self, seg: Segment) -> Term:
        """The segment occupies part of the receive window (3.10.7.4 first, Table 6)."""
        if self.flags_only:
            return z3.BoolVal(True)
        window = self.switches.window
        last = seg.seq + seg.len - 1
        fits = z3.Or(
            within(seg.seq, self.rcv_nxt, window),
            z3.And(seg.len != 0, within(last, self.rcv_nxt, window)),
        )
        return z3.And(fits, self.is_fresh(seg)) if "ts_recent" in self.variables else fits

    def is_fresh(self, seg: Segment) -> Term:
        """Its timestamp is not older than the last one; resets are exempt (RFC 7323 5.2, 5.3)."""
        if "ts_recent" not in self.variables:
            return z3.BoolVal(True)
        return z3.Or(seg.has(RST), z3.UGE(seg.fields["ts"], self.ts_recent))

    def noting_timestamp(self, seg: Segment) -> dict[Term, Term]:
        """The update of TS.Recent by a segment that is taken (RFC 7323 4.3)."""
        if "ts_recent" not in self.variables:
            return {}
        return {self.ts_recent: seg.fields["ts"]}

    def is_next(self, seg: Segment) -> Term:
        """The segment begins at RCV.NXT."""
        return z3.BoolVal(True) if self.flags_only else seg.seq == self.rcv_nxt

    def acks_new(self, seg: Segment) -> Term:
        """SND.UNA < SEG.ACK =< SND.NXT."""
        if self.flags_only:
            return self.snd_una != self.snd_nxt
        offset = seg.ack - self.snd_una
        return z3.And(offset != 0, z3.ULE(offset, self.snd_nxt - self.snd_una))

    def acks_all(self, seg: Segment) -> Term:
        """Nothing of mine is unacknowledged after this segment; my FIN, if sent, is not either."""
        if self.flags_only:
            return z3.BoolVal(True)
        return z3.Or(seg.ack == self.snd_nxt, self.snd_una == self.snd_nxt)

    def acks_unsent(self, seg: Segment) -> Term:
        """SEG.ACK > SND.NXT; with RFC 5961 section 5 also SEG.ACK < SND.UNA - MAX.SND.WND."""
        if self.flags_only:
            return z3.BoolVal(False)
        if self.challenges:
            oldest = self.snd_una - self.switches.window
            return z3.UGT(seg.ack - oldest, self.snd_nxt - oldest)
        return after(seg.ack, self.snd_nxt)

    def una_after(self, seg: Segment) -> Term:
        """SND.UNA once the acknowledgment has been processed."""
        reached = self.snd_nxt if self.flags_only else seg.ack
        return z3.If(self.acks_new(seg), reached, self.snd_una)

    # --- segments I send --------------------------------------------------------------------

    def segment(
        self,
        bits: Term,
        seq: Term | int,
        ack: Term | int = 0,
        *,
        text: int = 0,
        to: Term | None = None,
        inc: Term | None = None,
    ) -> Segment:
        """A segment of mine; `ack` is only meant if the ACK bit is set.

        to, inc (ghosts): the incarnation it is for and the one that sends it, if they are not
        those of before the step.
        """
        width = self.switches.width
        fields = {"ctl": bits, "seq": _number(seq, width), "ack": _number(ack, width)}
        if self.switches.data:
            fields["text"] = z3.BitVecVal(text, 1)
        if self.switches.ts_paws == "on":
            fields["ts"] = self.inc if inc is None else inc
        fields["inc"] = self.inc if inc is None else inc
        fields["to"] = self.peer if to is None else to
        return Segment(fields)

    def ack(self, rcv_nxt: Term | None = None, *, to: Term | None = None) -> Segment:
        """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>"""
        taken = self.rcv_nxt if rcv_nxt is None else rcv_nxt
        return self.segment(ctl(ACK), self.snd_nxt, taken, to=to)

    def fin(self) -> Segment:
        """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>"""
        return self.segment(ctl(FIN, ACK), self.snd_nxt, self.rcv_nxt)

    def reset_for(self, seg: Segment) -> Segment | None:
        """The reset that its sender will find acceptable (3.10.7.1), or None if resets are off."""
        if self.switches.rst == "off":
            return None
        acked = seg.has(ACK)
        return self.segment(
            z3.If(acked, ctl(RST), ctl(RST, ACK)),
            z3.If(acked, seg.ack, _number(0, self.switches.width)),
            z3.If(acked, _number(0, self.switches.width), seg.seq + seg.len),
            to=seg.inc,
        )

    # --- what becomes of me -----------------------------------------------------------------

    def without_tcb(self, state: Term = CLOSED, outcome: str | None = None) -> dict[Term, Term]:
        """The updates that delete the TCB: every variable but the count of incarnations is void.

        In LISTEN there is a TCB, but nothing in it save that it is passive.
        """
        then = {self.variables[name]: self._void(name) for name in self._volatile()}
        then[self.state] = state
        then[self.passive] = z3.BoolVal(state.eq(LISTEN))
        if outcome is not None:
            then[self.outcome] = OUTCOME.term(outcome)
        return then

    def with_new_tcb(
        self, state: Term, iss: Term, *, irs: Term | None = None, peer: Term | None = None
    ) -> dict[Term, Term]:
        """The updates that begin an incarnation: ISS chosen, its SYN counted as sent."""
        then = {
            self.state: state,
            self.inc: self.inc + 1,
            self.iss: iss,
            self.snd_una: iss,
            self.snd_nxt: iss + 1,
            self.outcome: OUTCOME.term("none"),
            self.stale_text: z3.BoolVal(False),
            self.stale_fin: z3.BoolVal(False),
            **self.sent_again(),
        }
        if irs is not None and peer is not None:
            then |= {self.irs: irs, self.rcv_nxt: irs + 1, self.peer: peer}
        return then

    def sent_first(self) -> dict[Term, Term]:
        """The update for having sent something new: its retransmission timer runs, if none did."""
        return self._rtx(self.snd_una == self.snd_nxt)

    def sent_again(self) -> dict[Term, Term]:
        """The update for having sent what was at the front of the queue: its timer starts anew."""
        return self._rtx(z3.BoolVal(True))

    def acked(self, seg: Segment) -> dict[Term, Term]:
        """The update for an acknowledgment of something new: the timer is that of the rest."""
        return self._rtx(self.acks_new(seg))

    def _rtx(self, when: Term) -> dict[Term, Term]:
        """RFC 6298 section 5, for a constant timeout."""
        if "rtx_timer" not in self.variables:
            return {}
        full = z3.BitVecVal(self.switches.rto, self.rtx_timer.size())
        return {self.rtx_timer: z3.If(when, full, self.rtx_timer)}

    def enter_time_wait(self) -> dict[Term, Term]:
        """The updates that start (or restart) the time-wait timer."""
        if "timer" not in self.variables:
            return {}
        return {self.timer: z3.BitVecVal(self.switches.time_wait, self.timer.size())}

    def _volatile(self) -> list[str]:
        return [name for name in self.variables if name not in OUTLIVES_TCB]

    def _void(self, name: str) -> Term:
        term = self.variables[name]
        return z3.BoolVal(False) if z3.is_bool(term) else z3.BitVecVal(0, term.size())

    # --- choices ------------------------------------------------------------------------------

    def initial_sequence_numbers(self) -> list[tuple[str, Term]]:
        """What ISS may be selected at OPEN: (suffix of the rule's name, ISS).  Section 3.4.1."""
        width = self.switches.width
        if self.switches.isn == "free":
            return [(f"(iss={n})", z3.BitVecVal(n, width)) for n in range(1 << width)]
        if self.switches.isn == "constant":
            return [("", self.isn_base)]
        count = z3.ZeroExt(width, self.inc)
        return [("", self.isn_base + z3.Extract(width - 1, 0, count) * self.switches.isn_stride)]


def _number(value: Term | int, width: int) -> Term:
    return z3.BitVecVal(value, width) if isinstance(value, int) else value
