"""Put an endpoint into a state, let something happen to it, and look at what it does.

`host(…)` is one endpoint by itself: the symbolic rules evaluated on a concrete TCB and a concrete
segment.  Its numbers are those of the RFC's figures: mine begin at 100, the peer's at 300, and the
window is ten octets.  `Play` drives a whole composed system, action by action.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Term, Value, Var, Word, conjunction
from tcpmodel.semantics.interpret import Codes, compile_function, interpreter
from tcpmodel.tcp.buffers import GOT
from tcpmodel.tcp.compose import Model, compose, rules
from tcpmodel.tcp.rule import Rule, changes
from tcpmodel.tcp.scenario import Scenario, scenario
from tcpmodel.tcp.tcb import PERMISSIONS, Me, segment_domains, tcb_domains

ISS, IRS, WINDOW = 100, 300, 10
"""My and the peer's initial sequence number, and both windows, for a `host`."""

GHOSTS = ("peer", "confirmed", "stale_text", "stale_fin", "outcome", *sorted(GOT))
"""What only properties read."""


@dataclass(frozen=True)
class Packet:
    """A segment as the RFC's figures print it; `ack` counts only where the ACK bit is set."""

    ctl: str
    seq: int
    ack: int = 0
    text: int = 0

    def __str__(self) -> str:
        acked = f"<ACK={self.ack}>" if "ACK" in self.ctl else ""
        return f"<SEQ={self.seq}>{acked}<CTL={self.ctl}>{'<DATA>' if self.text else ''}"

    @property
    def length(self) -> int:
        """SEG.LEN."""
        return self.text + ("SYN" in self.ctl) + ("FIN" in self.ctl)


def packet(fields: Mapping[str, Value]) -> Packet:
    """The segment with these fields."""
    return Packet(
        str(fields["ctl"]), int(fields["seq"]), int(fields["ack"]), int(fields.get("text", 0))
    )


# --- one endpoint ---------------------------------------------------------------------------------

TCBS: Mapping[str, Mapping[str, Value]] = {
    "CLOSED": {},
    "LISTEN": {"passive": True},
    "SYN-SENT": {"iss": 100, "snd_una": 100, "snd_nxt": 101},
    "SYN-RECEIVED": {"snd_una": 100, "snd_nxt": 101, "rcv_nxt": 301, "passive": True},
    "ESTABLISHED": {"snd_una": 101, "snd_nxt": 101, "rcv_nxt": 301},
    "FIN-WAIT-1": {"snd_una": 101, "snd_nxt": 102, "rcv_nxt": 301},
    "FIN-WAIT-2": {"snd_una": 102, "snd_nxt": 102, "rcv_nxt": 301},
    "CLOSE-WAIT": {"snd_una": 101, "snd_nxt": 101, "rcv_nxt": 302},
    "CLOSING": {"snd_una": 101, "snd_nxt": 102, "rcv_nxt": 302},
    "LAST-ACK": {"snd_una": 101, "snd_nxt": 102, "rcv_nxt": 302},
    "TIME-WAIT": {"snd_una": 102, "snd_nxt": 102, "rcv_nxt": 302},
}
"""The usual TCB of each state: no text was sent, what was received is acknowledged."""

EVERY_STATE = tuple(TCBS)
SYNCHRONIZED = EVERY_STATE[4:]
"""ESTABLISHED and what comes after it."""

FIN_TO_COME = ("ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2")
FIN_TAKEN = ("CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT")
"""The synchronized states before and after the peer's FIN."""


@dataclass(frozen=True)
class Outcome:
    """What an endpoint did.

    rule: the name of the one rule that fired, without the choice of an ISS.
    sent: the segment it emitted, or None.  changed: what it changed, by name; `ghosts` likewise.
    tcb: all of it afterwards.
    """

    rule: str
    sent: Packet | None
    changed: Mapping[str, Value]
    ghosts: Mapping[str, Value]
    tcb: Mapping[str, Value]
    sent_ghosts: tuple[int, int] | None = None

    @property
    def state(self) -> str:
        return str(self.tcb["state"])

    @property
    def nothing_changed(self) -> bool:
        """It changed nothing, not even what only properties read."""
        return not self.changed and not self.ghosts


class Bench:
    """The rules of a scenario, compiled."""

    def __init__(self, switches: Scenario) -> None:
        self.switches = switches
        self.me = Me.symbolic(switches)
        mine, arriving = tcb_domains(switches), segment_domains(switches)
        self.mine = {n: Var(f"me.{n}", d, g) for n, (d, g) in mine.items()}
        self.arriving = {n: Var(f"seg.{n}", d, g) for n, (d, g) in arriving.items()}
        self.given = {n: Var(f"me.{n}", Bool()) for n in PERMISSIONS}
        self.given["isn_base"] = Var("me.isn_base", Word(switches.width))
        self.variables = (*self.mine.values(), *self.given.values(), *self.arriving.values())
        self.rules = rules(switches)
        self.guards = self.function([conjunction(r.reaction.when) for r in self.rules])
        self.bodies: dict[str, Callable[[Codes], tuple[int, ...]]] = {}

    def function(self, terms: Sequence[Term]) -> Callable[[Codes], tuple[int, ...]]:
        return compile_function(self.variables, terms)

    def body(self, rule: Rule) -> tuple[list[str], list[str], Callable[[Codes], tuple[int, ...]]]:
        """(what it changes, the fields it sends, their values)."""
        updates = changes(rule, self.me)
        sent = {} if rule.reaction.send is None else dict(rule.reaction.send.fields)
        if rule.name not in self.bodies:
            self.bodies[rule.name] = self.function([*updates.values(), *sent.values()])
        return list(updates), list(sent), self.bodies[rule.name]


@cache
def bench(text: str) -> Bench:
    """The compiled rules of a scenario, with wide numbers unless it says otherwise."""
    wide = "" if "width=" in text else f" width=16 window={WINDOW}"
    return Bench(scenario(text + wide))


@dataclass(frozen=True)
class Host:
    """One endpoint: its TCB, and what its user may do."""

    bench: Bench
    tcb: Mapping[str, Value]
    given: Mapping[str, Value] = field(default_factory=dict)

    def but(self, **tcb: Value) -> Host:
        """The same with other values in its TCB."""
        return replace(self, tcb={**self.tcb, **tcb})

    def receives(self, arriving: Packet, *, inc: int = 1, to: int = 1) -> Outcome:
        """A segment arrives; exactly one rule must take it up.

        inc, to: the incarnation of its sender and the one of mine that it is for (ghosts).
        """
        found = self.outcomes("segment", arriving=arriving, inc=inc, to=to)
        assert len(found) == 1, f"{self.tcb['state']}, {arriving}: {[f.rule for f in found]}"
        return found[0]

    def calls(self, label: str) -> Outcome:
        """The user calls; exactly one rule must serve the call."""
        found = self.can_call(label)
        assert len(found) == 1, f"{self.tcb['state']}, {label}: {[f.rule for f in found]}"
        return found[0]

    def can_call(self, label: str) -> list[Outcome]:
        """All that may come of a user call; none if it is an error."""
        return self.outcomes("call", label)

    def times_out(self, label: str = "retransmission timeout") -> list[Outcome]:
        """All that may come of a timeout."""
        return self.outcomes("timer", label)

    def outcomes(
        self,
        kind: str,
        label: str = "",
        arriving: Packet | None = None,
        inc: int = 0,
        to: int = 0,
    ) -> list[Outcome]:
        """What every rule of this kind does that is enabled."""
        seg: dict[str, Value] = {n: var.domain.decode(0) for n, var in self.bench.arriving.items()}
        seg |= {"ctl": "-", "seq": 0, "ack": 0, "text": 0, "inc": inc, "to": to}
        if arriving is not None:
            modulus = 1 << self.bench.switches.width
            seg |= {"ctl": arriving.ctl, "text": arriving.text}
            seg |= {"seq": arriving.seq % modulus, "ack": arriving.ack % modulus}
        values = {
            **{self.bench.mine[n].name: v for n, v in self.tcb.items()},
            **{self.bench.given[n].name: v for n, v in self.given.items()},
            **{var.name: seg[n] for n, var in self.bench.arriving.items()},
        }
        row = tuple(var.domain.encode(values[var.name]) for var in self.bench.variables)
        fires = self.bench.guards(row)
        return [
            self.outcome(rule, row)
            for rule, enabled in zip(self.bench.rules, fires, strict=True)
            if enabled and rule.kind == kind and label in ("", rule.label)
        ]

    def outcome(self, rule: Rule, row: Codes) -> Outcome:
        changed, sent, body = self.bench.body(rule)
        values = body(row)
        after = {
            name: self.bench.mine[name].domain.decode(code)
            for name, code in zip(changed, values, strict=False)
        }
        fields = {
            name: self.bench.arriving[name].domain.decode(code)
            for name, code in zip(sent, values[len(changed) :], strict=True)
        }
        differs = {name: value for name, value in after.items() if value != self.tcb[name]}
        return Outcome(
            rule.name.split("(")[0],
            packet(fields) if fields else None,
            {n: v for n, v in differs.items() if n not in GHOSTS},
            {n: v for n, v in differs.items() if n in GHOSTS},
            {**self.tcb, **after},
            (int(fields["inc"]), int(fields["to"])) if fields else None,
        )


def host(
    state: str, text: str = "rfc9293", *, may: Sequence[str] = PERMISSIONS, **tcb: Value
) -> Host:
    """An endpoint in `state` with its usual TCB, changed by `tcb`, under the scenario `text`.

    may: what its user does.  It is in its first incarnation, and so is the peer it believes in.
    """
    found = bench(text)
    known = state not in ("CLOSED", "LISTEN", "SYN-SENT")
    usual: dict[str, Value] = {n: var.domain.decode(0) for n, var in found.mine.items()}
    if known:
        usual |= {"iss": ISS, "irs": IRS, "peer": 1, "confirmed": state != "SYN-RECEIVED"}
    usual |= {"state": state, "inc": int(state not in ("CLOSED", "LISTEN")), **TCBS[state], **tcb}
    given: dict[str, Value] = {name: name in may for name in PERMISSIONS}
    return Host(found, usual, {**given, "isn_base": ISS})


# --- a composed system ----------------------------------------------------------------------------


@dataclass(frozen=True)
class Move:
    """An action that is enabled, with what it receives and sends, and where it leads.

    lost: it sends into a full channel.
    """

    action: Action
    received: Packet | None
    sent: Packet | None
    lost: bool
    after: Codes

    @property
    def name(self) -> str:
        return self.action.name

    @property
    def agent(self) -> str:
        return self.action.event.agent

    def __str__(self) -> str:
        return f"{self.name}: {self.received} / {self.sent}"


class Play:
    """A composed system and a state of it."""

    def __init__(self, text: str) -> None:
        self.model: Model = compose(scenario(text))
        self.system: TransitionSystem = self.model.system
        self.compiled = interpreter(self.system, canonical=False)
        self.places = {var.name: i for i, var in enumerate(self.system.variables)}
        self.readers: dict[tuple[str, str], Callable[[Codes], tuple[int, ...]]] = {}
        self.start, *_ = self.compiled.initial()  # the others have broken links
        self.state = self.start

    def __getitem__(self, name: str) -> Value:
        """The value of a variable, `A.state`."""
        place = self.places[name]
        return self.system.variables[place].domain.decode(self.state[place])

    @property
    def states(self) -> tuple[Value, Value]:
        """The states of A and B."""
        return self["A.state"], self["B.state"]

    def put(self, values: Mapping[str, Value]) -> Play:
        """Change variables by hand."""
        state = list(self.state)
        for name, value in values.items():
            place = self.places[name]
            state[place] = self.system.variables[place].domain.encode(value)
        self.state = tuple(state)
        return self

    def moves(self, *, agent: str = "", label: str = "") -> list[Move]:
        """What can happen now; `label` is that of a call or a timer, or the kind of an event."""
        found = []
        for index, after in self.compiled.successors(self.state):
            action = self.system.actions[index]
            named = ("", action.event.agent), ("", action.event.label, action.event.kind)
            if agent in named[0] and label in named[1]:
                found.append(self.move(action, after))
        return found

    def move(self, action: Action, after: Codes) -> Move:
        event = action.event
        received = sent = None
        lost = False
        if event.receives is not None:
            received = packet(self.read(action, "receives", event.receives.fields))
        if event.sends is not None:
            fields = {**event.sends.fields, "room": event.sends.room}
            values = self.read(action, "sends", fields)
            sent, lost = packet(values), not values["room"]
        return Move(action, received, sent, lost, after)

    def read(self, action: Action, what: str, fields: Mapping[str, Term]) -> dict[str, Value]:
        """The values of a message's fields now."""
        key = (action.name, what)
        if key not in self.readers:
            self.readers[key] = compile_function(self.system.variables, list(fields.values()))
        codes = self.readers[key](self.state)
        domains = self.system.message
        return {
            name: domains[name].decode(code) if name in domains else code
            for name, code in zip(fields, codes, strict=True)
        }

    def names(self) -> set[str]:
        """The names of the actions that are enabled."""
        return {move.name for move in self.moves()}

    def take(self, name: str) -> Move:
        """Take the action called `name`."""
        found = [move for move in self.moves() if move.name == name]
        assert found, f"{name} is not enabled in {self.states}; enabled: {sorted(self.names())}"
        self.state = found[0].after
        return found[0]

    def does(
        self,
        agent: str,
        label: str = "segment",
        *,
        received: Packet | None = None,
        sends: Packet | None = None,
    ) -> Move:
        """`agent` does what is described, and nothing else fits the description.

        Segments in equal slots are the same segment.
        """
        fits = [
            move
            for move in self.moves(agent=agent, label=label)
            if move.received == received and move.sent == sends
        ]
        told = "\n".join(map(str, self.moves(agent=agent)))
        want = f"{agent} {label} {received} / {sends}"
        assert fits, f"in {self.states} {want} is impossible; possible:\n{told}"
        rules = {move.name.split("[")[0] for move in fits}
        assert len(rules) == 1, f"{want} is ambiguous: {rules}"
        self.state = fits[0].after
        return fits[0]

    def under_way(self, channel: str) -> list[Packet]:
        """The segments under way on `A>B` or `B>A`, slot by slot."""
        capacity = self.model.scenario.capacity
        found = []
        for slot in range(capacity):
            names = ("ctl", "seq", "ack", *(["text"] if self.model.scenario.data else []))
            values = {n: self[f"{channel}[{slot}].{n}"] for n in names}
            if values["ctl"] != "-":
                found.append(packet(values))
        return found


@cache
def _composed(text: str) -> Play:
    return Play(text)


def played(text: str) -> Play:
    """A composed system in its initial state; the same text gives the same object."""
    play = _composed(text)
    play.state = play.start
    return play
