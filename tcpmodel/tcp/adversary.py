"""The adversary: segments that no endpoint has sent.

A forged segment is not put on a channel but arrives at once: what the adversary guesses is right or
wrong when it arrives.  Its numbers are those of a kind of guess, relative to the victim.  That such
a guess is possible is modelled, that it is improbable (one window, one number in 2^32) is not.
Forged segments carry no incarnation (ghosts `inc` and `to` are 0), and two ghosts of an endpoint
tell what came of them: `swayed`, whether a forged segment has changed the state of an attempt to
connect or of a connection; `cut_short`, a segment,
forged or not, has ended its TIME-WAIT.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import z3

from tcpmodel.core.system import Action, Event, Receive
from tcpmodel.core.terms import Counter, Term, Var
from tcpmodel.tcp.channel import Arrival, Slots
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import ACK, FIN, RST, SYN, Segment, ctl
from tcpmodel.tcp.states import LISTEN, SWAYED, SYN_RECEIVED, SYN_SENT, SYNCHRONIZED, TIME_WAIT
from tcpmodel.tcp.tcb import Me, segment_domains

NOTHING = SWAYED.term("nothing")

GROUP = "adversary"
"""The fairness group of what the adversary does: nobody assumes that it does anything."""

_KINDS = {
    "rst": (("RST", (RST,), 0), ("RST,ACK", (RST, ACK), 0)),
    "syn": (("SYN", (SYN,), 0),),
    "ack": (("ACK", (ACK,), 0),),
    "fin": (("FIN,ACK", (FIN, ACK), 0),),
    "data": (("DATA", (ACK,), 1),),
    "handshake": (("SYN", (SYN,), 0), ("ACK", (ACK,), 0)),
}
"""What is forged: (name, control bits, octets of text) by the value of the switch `forges`."""


@dataclass(frozen=True)
class Adversary:
    """What the adversary of a scenario may do."""

    switches: Scenario

    @property
    def variables(self) -> tuple[Var, ...]:
        """How many forgeries are left."""
        if self.switches.adversary == "none":
            return ()
        return (Var("forgeries_left", Counter(self.switches.forgeries)),)

    def arrivals(self, channel: str, tcb: Mapping[str, Var], isn_base: Term) -> Iterator[Arrival]:
        """The forged segments that may arrive over `channel` at the endpoint with `tcb`."""
        if self.switches.adversary == "none" or self.switches.forges == "syn_flood":
            return
        kinds = self.switches.forges
        every = ("rst", "syn", "ack", "fin", *(("data",) if self.switches.data else ()))
        chosen = every if kinds == "any" else (kinds,)
        for name, bits, text in (kind for key in chosen for kind in _KINDS[key]):
            for guess, seq, ack in self.numbers(bits, tcb, isn_base):
                newest = self.switches.incarnations  # no timestamp is newer
                values = {"ctl": ctl(*bits), "seq": seq, "ack": ack, "text": text, "ts": newest}
                yield self.arrival(channel, f"[forged {name} {guess}]", values)

    def arrival(self, channel: str, name: str, values: Mapping[str, Term | int]) -> Arrival:
        fields = {}
        for field, (domain, _) in segment_domains(self.switches).items():
            value = values.get(field, 0)
            fields[field] = z3.BitVecVal(value, domain.bits) if isinstance(value, int) else value
        segment = Segment(fields)
        receive = Receive(channel, None, dict(fields))
        return Arrival(name, segment, (self.left,), self.spend, receive, forged=True)

    def numbers(
        self, bits: tuple[int, ...], tcb: Mapping[str, Var], isn_base: Term
    ) -> Iterator[tuple[str, Term, Term]]:
        """(name, SEG.SEQ, SEG.ACK) of each guess."""
        width = self.switches.width
        quarter = z3.BitVecVal(1 << (width - 2), width)
        rcv_nxt, zero = tcb["rcv_nxt"].term, z3.BitVecVal(0, width)
        if self.switches.adversary == "on_path":
            yield "as due", rcv_nxt, tcb["snd_nxt"].term if ACK in bits else zero
            return
        if self.switches.guess == "learned":
            # Its own SYN has a number it chose; the answer to it would tell ISS, but it sees none.
            yield "learned", quarter + (0 if SYN in bits else 1), isn_base + 1
            return
        offsets = {"outside": [1 << (width - 1)], "exact": [0]}.get(
            self.switches.guess, list(range(1, self.switches.window))
        )
        # Two ACKs half the space apart: one of them is not ahead of SND.NXT (RFC 5961 section 5).
        acks = [("low", quarter), ("high", quarter * 3)] if ACK in bits else [("", zero)]
        for offset in offsets:
            for which, ack in acks:
                yield f"+{offset} {which}".strip(), rcv_nxt + offset, ack

    # --- what it does to segments under way, and to listeners -------------------------------------

    def deeds(
        self, channels: Mapping[str, Slots], listeners: Mapping[str, Mapping[str, Var]], me: Me
    ) -> Iterator[Action]:
        """What the adversary does but for forging segments of this connection."""
        if self.switches.adversary == "on_path":
            for channel in channels.values():
                yield from self.interferences(channel)
        if self.switches.forges == "syn_flood" and self.switches.adversary != "none":
            for agent, tcb in listeners.items():
                yield from self.floods(agent, tcb, me)

    def interferences(self, channel: Slots) -> Iterator[Action]:
        """On the path it drops and copies what is under way: faults at its own expense."""
        free = replace(self.switches, loss="any", dup="any")
        for fault in Slots(channel.name, free).faults():
            if fault.name.endswith("expired"):
                continue
            event = replace(fault.event, group=GROUP, label=f"(adversary) {fault.event.label}")
            yield replace(
                fault,
                name=f"{fault.name} by the adversary",
                guard=(*fault.guard, self.left),
                updates={**fault.updates, **self.spend},
                says=fault.says.replace("network", "adversary"),
                event=event,
            )

    def floods(self, agent: str, tcb: Mapping[str, Var], me: Me) -> Iterator[Action]:
        """SYNs from addresses that never answer: each takes a place in the backlog, if it can.

        The places are given back when the listener gives up (`backlog_expiry`).
        """
        event = Event(GROUP, "step", "SYN flood", GROUP)
        says = "a SYN from an address that will not answer"
        cites = ("RFC 4987 2.2",)
        state, listener = tcb["state"].term, tcb["passive"].term
        ours = z3.And(state == SYN_RECEIVED, listener)
        if "embryos" not in tcb:
            yield Action(
                f"adversary.floods {agent}",
                (self.left, z3.Or(state == LISTEN, ours)),
                self.spend,
                says,
                cites,
                event,
            )
            return
        embryos = tcb["embryos"].term
        places = self.switches.backlog
        full = z3.Or(embryos == places, z3.And(ours, embryos == places - 1))
        taken = {tcb["embryos"].name: embryos + 1, **self.spend}
        name = f"adversary.floods {agent}"
        yield Action(
            name, (self.left, z3.Or(state == LISTEN, ours), z3.Not(full)), taken, says, cites, event
        )
        if self.switches.backlog_policy == "evict":
            names = {term.get_id(): field for field, term in me.variables.items()}
            gone = {
                tcb[names[target.get_id()]].name: value
                for target, value in me.without_tcb(LISTEN).items()
            }
            evicted = (self.left, ours, embryos == places - 1)
            yield Action(f"{name}, evicting", evicted, {**gone, **taken}, says, cites, event)

    @property
    def left(self) -> Term:
        return self.variables[0].term != 0

    @property
    def spend(self) -> dict[str, Term]:
        var = self.variables[0]
        return {var.name: var.term - 1}

    # --- ghosts -------------------------------------------------------------------------------

    def marks(
        self, tcb: Mapping[str, Var], arrival: Arrival | None, updates: Mapping[str, Term]
    ) -> dict[str, Term]:
        """The updates of the ghosts that an arriving segment causes with its rule's `updates`."""
        state = tcb["state"]
        if self.switches.adversary == "none" or arrival is None or state.name not in updates:
            return {}
        moved = updates[state.name] != state.term
        cut, swayed = tcb["cut_short"], tcb["swayed"]
        found = {cut.name: z3.Or(cut.term, z3.And(moved, state.term == TIME_WAIT))}
        if arrival.forged:
            known = z3.Or(*(state.term == s for s in SYNCHRONIZED))
            trying = z3.Or(state.term == SYN_SENT, state.term == SYN_RECEIVED)
            attempt = z3.If(
                z3.And(moved, trying, swayed.term == NOTHING), SWAYED.term("attempt"), swayed.term
            )
            found[swayed.name] = z3.If(z3.And(moved, known), SWAYED.term("connection"), attempt)
        return found
