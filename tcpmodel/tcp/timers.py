"""My timers and counts, as far as they are about the retransmission queue and about waiting.

A part of `tcb.Me`: the updates that start, restart and stop them, and the conditions under which
they let something happen.  How long and how often is said by `schedule`.
"""

from __future__ import annotations

import z3

from tcpmodel.core.terms import Bool, Counter, Domain, Term
from tcpmodel.tcp import schedule
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import Segment
from tcpmodel.tcp.states import CLOSING, FIN_WAIT_1, FIN_WAIT_2, LAST_ACK, SYN_SENT


def optional_domains(switches: Scenario, number: Domain) -> dict[str, tuple[Domain, bool]]:
    """Variables that few scenarios need.

    tries: how often the front of the retransmission queue was sent again.  user_timer: ticks left
    to the user timeout.  fin_timer: one more than the ticks left in FIN-WAIT-2, 0 if it does not
    run; quiet: likewise for the quiet time, or for `reuse_wait`.  idle: ticks since something
    arrived, probes: keep-alives sent since.  used: initial sequence numbers selected since the last
    boot.  reopened, old_snd, old_rcv, old_peer: what a reopened TIME-WAIT may return to.  Ghosts:
    waited, the ticks since the front of the queue was first sent, kept when
    it was in vain; sent_at, what that was when it was last sent.
    """
    found: dict[str, tuple[Domain, bool]] = {}
    if schedule.limited(switches):
        found["tries"] = (Counter(schedule.most(switches)), False)
    if isinstance(switches.user_timeout, int):
        found["user_timer"] = (Counter(switches.user_timeout), False)
    if isinstance(switches.keepalive, int):
        found["idle"] = (Counter(schedule.keepalives(switches)[-1]), False)
        found["probes"] = (Counter(switches.keepalive_probes), False)
    if switches.fin_timeout:
        found["fin_timer"] = (Counter(switches.fin_timeout + 1), False)
    if silence := max(switches.quiet, switches.reuse_wait):
        found["quiet"] = (Counter(silence + 1), False)
    if switches.crash != "off" and switches.isn == "distinct":
        found["used"] = (Counter(switches.incarnations), False)
    if switches.tw_reopen in ("rfc1122", "rfc1122_no1"):
        found |= {"reopened": (Bool(), False), "old_snd": (number, False)}
        found |= {"old_rcv": (number, False)}
        found["old_peer"] = (Counter(switches.incarnations), True)
    if switches.rto_policy != "abstract":
        longest = max(schedule.given_up(switches, kind) for kind in schedule.KINDS)
        found |= {n: (Counter(longest), True) for n in ("waited", "sent_at")}
    return found


class Timers:
    """What a TCB knows of time.

    switches: the scenario.  variables, permissions: terms by the name they have as attributes.
    """

    switches: Scenario
    variables: dict[str, Term]
    permissions: dict[str, Term]

    def __getattr__(self, name: str) -> Term:
        for terms in (self.variables, self.permissions):
            if name in terms:
                return terms[name]
        raise AttributeError(f"this scenario's TCB has no {name}")

    def is_in(self, *states: Term) -> Term:
        """My state is one of `states`."""
        return (
            z3.Or(*(self.state == s for s in states))
            if len(states) > 1
            else self.state == states[0]
        )

    def sent_first(self) -> dict[Term, Term]:
        """The update for having sent something new: its retransmission timer runs, if none did."""
        return self._front(self.snd_una == self.snd_nxt)

    def sent_again(self) -> dict[Term, Term]:
        """The update for having sent what was at the front of the queue: its timer starts anew."""
        then = {}
        tries = number_of(0, 1)
        if "tries" in self.variables:
            top = schedule.most(self.switches)
            tries = z3.If(self.tries == top, self.tries, self.tries + 1)
            then[self.tries] = tries
        if "rtx_timer" in self.variables:
            then[self.rtx_timer] = self._timeout(tries)
        if "waited" in self.variables:
            then[self.sent_at] = self.waited
        return then

    def acked(self, seg: Segment) -> dict[Term, Term]:
        """The update for an acknowledgment of something new: the timer is that of the rest."""
        then = self._front(self.acks_new(seg))
        left = self.una_after(seg) != self.snd_nxt
        return {
            v: z3.If(left, new, number_of(0, v.size())) if self._stops(v) else new
            for v, new in then.items()
        }

    def acked_and_sent(self, seg: Segment) -> dict[Term, Term]:
        """The update for an acknowledgment that is answered by something new."""
        return self._front(z3.Or(self.acks_new(seg), self.snd_una == self.snd_nxt))

    def nothing_left(self) -> dict[Term, Term]:
        """The update for an acknowledgment of all there was: the timers stop."""
        then = self._front(z3.BoolVal(True))
        return {v: number_of(0, v.size()) for v in then if self._stops(v)}

    def _front(self, when: Term) -> dict[Term, Term]:
        """Something else is at the front of the queue: its timers and counts begin.  RFC 6298
        section 5; the backoff ends with it, as if a new round-trip time had been measured.
        """
        zero = dict.fromkeys(("tries", "waited", "sent_at"), 0)
        first = zero | {"rtx_timer": self.switches.rto, "user_timer": self.switches.user_timeout}
        return {
            self.variables[n]: z3.If(
                when, number_of(v, self.variables[n].size()), self.variables[n]
            )
            for n, v in first.items()
            if n in self.variables
        }

    def _stops(self, variable: Term) -> bool:
        """It is zero while the queue is empty.  (What is a mere bound just runs out.)"""
        bound = self.switches.rto_policy == "abstract" and "rtx_timer" in self.variables
        return not (bound and variable.eq(self.rtx_timer))

    def _timeout(self, tries: Term) -> Term:
        """The retransmission timeout after so many repetitions."""
        bits = self.rtx_timer.size()

        def listed(kind: str) -> Term:
            *steps, last = schedule.timeouts(self.switches, kind)
            term = number_of(last, bits)
            for n, ticks in reversed(list(enumerate(steps))):
                term = z3.If(tries == n, number_of(ticks, bits), term)
            return term

        if self.switches.rto_policy != "linear4":
            longest = max(schedule.KINDS, key=lambda k: len(schedule.timeouts(self.switches, k)))
            return listed(longest)
        longest = max(schedule.KINDS[1:], key=lambda k: len(schedule.timeouts(self.switches, k)))
        return z3.If(self.state == SYN_SENT, listed("syn"), listed(longest))

    @property
    def exhausted(self) -> Term:
        """What is at the front of the queue was sent as often as it may be."""
        if "tries" not in self.variables:
            return z3.BoolVal(False)

        def reached(kind: str) -> Term:
            count = schedule.limit(self.switches, kind)
            return z3.BoolVal(False) if count is None else z3.UGE(self.tries, count)

        gone = self.is_in(FIN_WAIT_1, CLOSING, LAST_ACK)
        rest = z3.If(gone, reached("fin"), reached("data"))
        opening = z3.If(self.snd_una == self.iss, reached("synack"), rest)
        return z3.If(self.state == SYN_SENT, reached("syn"), opening)

    def due(self) -> list[Term]:
        """The retransmission timer has run out; nothing, if that may happen at any time."""
        return [] if self.switches.rto_policy == "abstract" else [self.rtx_timer == 0]

    def may_repeat(self) -> list[Term]:
        """What is at the front of the queue may be sent again now."""
        return [*self.due(), *([z3.Not(self.exhausted)] if "tries" in self.variables else [])]

    def awake(self) -> list[Term]:
        """I am not keeping quiet, after a crash or a connection."""
        return [self.quiet == 0] if "quiet" in self.variables else []

    def heard(self) -> dict[Term, Term]:
        """The updates for a segment of the peer's: the connection is not idle."""
        names = [name for name in ("idle", "probes") if name in self.variables]
        return {self.variables[n]: number_of(0, self.variables[n].size()) for n in names}

    def entering(self, state: Term) -> dict[Term, Term]:
        """The updates for the timer of FIN-WAIT-2, if the next state is `state`."""
        if "fin_timer" not in self.variables or not state.eq(FIN_WAIT_2):
            return {}
        starts = self.switches.fin_timeout + 1 if self.switches.fin_timeout_for == "all" else 0
        first = number_of(starts, self.fin_timer.size())
        return {self.fin_timer: z3.If(self.state == FIN_WAIT_2, self.fin_timer, first)}

    def enter_time_wait(self) -> dict[Term, Term]:
        """The updates that start (or restart) the time-wait timer."""
        then = {}
        if "fin_timer" in self.variables:
            then[self.fin_timer] = number_of(0, self.fin_timer.size())
        if "timer" in self.variables:
            then[self.timer] = z3.BitVecVal(self.switches.time_wait, self.timer.size())
        return then


def number_of(value: Term | int, width: int) -> Term:
    """A number as a term of so many bits; a term is left as it is."""
    return z3.BitVecVal(value, width) if isinstance(value, int) else value
