"""Me: the transmission control block a rule speaks about (RFC 9293 section 3.3.1).

A rule is written over `Me` and an arriving `Segment`, both symbolic (`me.state`, `seg.ack`);
`compose` puts an endpoint's variables and a channel's slot in their place.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import z3

from tcpmodel.core.terms import Bool, Counter, Domain, Term, Var, Word
from tcpmodel.tcp import schedule
from tcpmodel.tcp.buffers import (
    GOT,
    buffer_domains,
    datagram_domains,
    payload_domains,
    udp_endpoint_domains,
)
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.security_domains import security_domains
from tcpmodel.tcp.segment import ACK, CTL, FIN, RST, SYN, Segment, after, ctl, within
from tcpmodel.tcp.states import CLOSED, LISTEN, OUTCOME, STATE, TIME_WAIT
from tcpmodel.tcp.timers import Timers, number_of, optional_domains

PERMISSIONS = ("may_open", "may_listen", "may_close_first", "may_send", "may_crash")
"""What the user of an endpoint does, and whether it may crash: constants that `compose` fills in
per endpoint.
"""

OUTLIVES_TCB = GOT | {
    *("inc", "used", "quiet", "accepted", "last_irs"),
    *("outcome", "stale_text", "stale_fin"),
    *("embryos", "swayed", "cut_short", "served", "served_twice"),
}
"""What outlives a TCB: the count of connections and of initial sequence numbers, the quiet time,
what a server remembers of its clients, and what properties want to know afterwards.
"""


def tcb_domains(switches: Scenario) -> dict[str, tuple[Domain, bool]]:
    """The variables of an endpoint: field → (domain, whether it is a ghost)."""
    if switches.protocol == "udp":
        return udp_endpoint_domains(switches)
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
            domains["rtx_timer"] = (Counter(schedule.longest_timeout(switches)), False)
    domains |= optional_domains(switches, number)
    if switches.server_memory != "none":
        domains["accepted"] = (Bool(), False)
        domains["last_irs"] = (number, False)
    if switches.active_close != "rfc":
        domains["fin_sent"] = (Bool(), False)
    if switches.half_close == "shutdown_wr":
        domains["deaf"] = (Bool(), False)
    domains["peer"] = (Counter(switches.incarnations), True)
    domains["confirmed"] = (Bool(), True)
    domains["stale_text"] = (Bool(), True)
    domains["stale_fin"] = (Bool(), True)
    domains["outcome"] = (OUTCOME, True)
    return domains | buffer_domains(switches) | security_domains(switches)


def segment_domains(switches: Scenario) -> dict[str, tuple[Domain, bool]]:
    """The fields of a segment: field → (domain, whether it is a ghost).  The channel adds `age`."""
    if switches.protocol == "udp":
        return datagram_domains(switches)
    number = Word(switches.width)
    domains: dict[str, tuple[Domain, bool]] = {
        "ctl": (CTL, False),
        "seq": (number, False),
        "ack": (number, False),
    }
    domains |= payload_domains(switches)
    if switches.ts_paws == "on":
        domains["ts"] = (Counter(switches.incarnations), False)
    domains["inc"] = (Counter(switches.incarnations), True)
    domains["to"] = (Counter(switches.incarnations), True)
    return domains


def given_iss(switches: Scenario) -> Var:
    """The input that tells the ISS to select, for `isn=given`."""
    return Var("iss", Word(switches.width))


@dataclass(frozen=True)
class Me(Timers):
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

    @property
    def isn_base(self) -> Term:
        """Where my initial sequence numbers begin; `compose` fills it in per endpoint."""
        return z3.BitVec("me.isn_base", self.switches.width)

    # --- the state -----------------------------------------------------------------------

    @property
    def flags_only(self) -> bool:
        """Sequence and acknowledgment numbers are not looked at."""
        return self.switches.handshake == "three_noseq"

    @property
    def challenges(self) -> bool:
        """RFC 5961 is in force."""
        return self.switches.rfc5961 == "on"

    @property
    def returns_to_listen(self) -> Term:
        """A failed attempt to connect leads back to LISTEN: the OPEN was passive (MUST-11)."""
        return self.passive if self.switches.origin_memory == "on" else z3.BoolVal(True)

    @property
    def fin_unsent(self) -> list[Term]:
        """My FIN is not sent, where my state does not say so (`active_close`)."""
        return [z3.Not(self.fin_sent)] if "fin_sent" in self.variables else []

    @property
    def reads(self) -> Term:
        """After my CLOSE, text of the peer is still taken (MAY-1)."""
        if self.switches.half_close == "shutdown_wr":
            return z3.Not(self.deaf)
        return z3.BoolVal(self.switches.half_close == "simplex")

    # --- arriving numbers ------------------------------------------------------------------

    def acceptable(self, seg: Segment) -> Term:
        """The segment occupies part of the receive window (3.10.7.4 first, Table 6)."""
        if self.flags_only:
            return z3.BoolVal(True)
        window = self.rcv_wnd
        last = seg.seq + seg.len - 1
        long = seg.len != 0
        if self.switches.syn_data == "on":
            # A SYN before the window is trimmed off (3.10.7.4 first); what is left has no ACK.
            long = z3.And(long, seg.lacks(SYN))
        cases = [within(seg.seq, self.rcv_nxt, window)]
        cases.append(z3.And(long, within(last, self.rcv_nxt, window)))
        if "unread" in self.variables:
            cases.append(z3.And(seg.len == 0, window == 0, seg.seq == self.rcv_nxt))
        fits = z3.Or(*cases)
        return z3.And(fits, self.is_fresh(seg)) if "ts_recent" in self.variables else fits

    @property
    def rcv_wnd(self) -> Term:
        """RCV.WND: what the buffer has room for."""
        size = z3.BitVecVal(self.switches.window, self.switches.width)
        return size - self.wide("unread") if "unread" in self.variables else size

    def wide(self, name: str) -> Term:
        """A counter of mine as a number mod 2^w."""
        term = self.variables[name]
        return z3.ZeroExt(self.switches.width - term.size(), term)

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

    def acknowledged(self, seg: Segment) -> dict[Term, Term]:
        """The updates that an acceptable ACK causes, besides a change of state.

        The SYN that began all this may have been an old one, equal to the current one; whoever
        answers this incarnation of mine is the incarnation I am connected with.
        """
        answers_me = seg.to == self.inc
        return {
            self.snd_una: self.una_after(seg),
            self.confirmed: z3.Or(self.confirmed, answers_me),
            self.peer: z3.If(answers_me, seg.inc, self.peer),
            **self.acked(seg),
        }

    # --- segments I send --------------------------------------------------------------------

    def segment(
        self,
        bits: Term,
        seq: Term | int,
        ack: Term | int = 0,
        *,
        text: Term | int = 0,
        wnd: Term | None = None,
        to: Term | None = None,
        inc: Term | None = None,
    ) -> Segment:
        """A segment of mine; `ack` is only meant if the ACK bit is set.

        wnd: my receive window, if it is not that of before the step.
        to, inc (ghosts): the incarnation it is for and the one that sends it, if they are not
        those of before the step.
        """
        width = self.switches.width
        fields = {"ctl": bits, "seq": number_of(seq, width), "ack": number_of(ack, width)}
        if self.switches.data:
            fields["text"] = z3.BitVecVal(text, 1) if isinstance(text, int) else text
            fields["index"] = self.index(bits, fields["seq"], fields["text"])
        if "unread" in self.variables:
            window = self.rcv_wnd if wnd is None else wnd
            fields["wnd"] = z3.Extract(self.unread.size() - 1, 0, window)
        if self.switches.ts_paws == "on":
            fields["ts"] = self.inc if inc is None else inc
        fields["inc"] = self.inc if inc is None else inc
        fields["to"] = self.peer if to is None else to
        return Segment(fields)

    @property
    def syn_payload(self) -> Term:
        """How many octets my SYN carries, in one bit: none unless `syn_data=on` or `tfo=on`."""
        if self.switches.syn_data == "off" and self.switches.tfo == "off":
            return z3.BitVecVal(0, 1)
        return z3.If(self.may_send, z3.BitVecVal(1, 1), z3.BitVecVal(0, 1))

    def index(self, bits: Term, seq: Term, text: Term) -> Term:
        """Ghost: which octet of my user's a segment carries; how many precede its FIN; else 0."""
        none = z3.BitVecVal(0, self.taken.size())
        most = z3.BitVecVal(self.switches.data, self.switches.width)
        syn = (bits & SYN) != 0
        place = z3.If(syn, z3.BitVecVal(0, self.switches.width), seq - self.iss - 1)
        place = z3.Extract(none.size() - 1, 0, z3.If(z3.UGT(place, most), most, place))
        return z3.If(z3.Or(text == 1, (bits & FIN) != 0), place, none)

    def ack(
        self, rcv_nxt: Term | None = None, *, wnd: Term | None = None, to: Term | None = None
    ) -> Segment:
        """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>"""
        taken = self.rcv_nxt if rcv_nxt is None else rcv_nxt
        return self.segment(ctl(ACK), self.snd_nxt, taken, wnd=wnd, to=to)

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
            z3.If(acked, seg.ack, number_of(0, self.switches.width)),
            z3.If(acked, number_of(0, self.switches.width), seg.seq + seg.len),
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
        if self.switches.reuse_wait and state.eq(CLOSED):
            then[self.quiet] = number_of(self.switches.reuse_wait + 1, self.quiet.size())
        if outcome == "timeout" and "waited" in self.variables:
            del then[self.waited], then[self.sent_at]
        return then

    def after_reset(self, outcome: str) -> dict[Term, Term]:
        """The updates for having sent a reset in a synchronized state: no TCB (3.10.5), or a TCB in
        TIME-WAIT with nothing to send again (3.5.2, Note 3); the user is told `outcome` at once.
        """
        if self.switches.rst_sender_state == "closed":
            return self.without_tcb(outcome=outcome)
        told = {self.outcome: OUTCOME.term(outcome)}
        waits = {self.state: TIME_WAIT, self.snd_una: self.snd_nxt}
        return waits | told | self.enter_time_wait()

    def after_time_wait(self) -> dict[Term, Term]:
        """The updates that end TIME-WAIT; a user who aborted knows how the connection ended."""
        then = self.without_tcb(outcome="closed")
        if self.switches.rst_sender_state == "time_wait":
            untold = self.outcome == OUTCOME.term("none")
            then[self.outcome] = z3.If(untold, OUTCOME.term("closed"), self.outcome)
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
            **self.got_nothing(),
            **self._front(z3.BoolVal(True)),
        }
        if "used" in self.variables:
            top = self.used == self.switches.incarnations  # no more than there are incarnations
            then[self.used] = z3.If(top, self.used, self.used + 1)
        if irs is not None and peer is not None:
            then |= {self.irs: irs, self.rcv_nxt: irs + 1, self.peer: peer}
        return then

    def got_nothing(self) -> dict[Term, Term]:
        """The updates for a user who has not got anything yet."""
        names = sorted(GOT & self.variables.keys())
        return {self.variables[name]: self._void(name) for name in names}

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
        if self.switches.isn == "given":
            return [("", given_iss(self.switches).term)]
        if self.switches.isn == "constant":
            return [("", self.isn_base)]
        count = z3.ZeroExt(width, self.used if "used" in self.variables else self.inc)
        return [("", self.isn_base + z3.Extract(width - 1, 0, count) * self.switches.isn_stride)]
