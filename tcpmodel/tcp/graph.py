"""The state diagram of an endpoint, derived from the rules and compared with Figure 5 of RFC 9293.

Nothing here is drawn by hand: a solver finds the states that a rule leads from and to, and the
words on an edge come from what its guard demands of the arriving segment and from what it sends.
`figure5` is the opposite, the RFC's drawing transcribed; `compare` says where the two differ.

An edge says that a rule allows the step for *some* TCB and segment, not that the two endpoints of
the scenario can bring it about: that is a matter for the engines.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import networkx as nx
import z3

from tcpmodel.core.errors import EngineError
from tcpmodel.core.system import in_range
from tcpmodel.core.terms import Term
from tcpmodel.tcp.compose import AGENTS, permissions, rules
from tcpmodel.tcp.rule import Rule, changes, symbolic_segment
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import ACK, CTL, FIN, RST, SYN, Segment
from tcpmodel.tcp.states import STATE
from tcpmodel.tcp.tcb import Me, segment_domains, tcb_domains

GROUPS: Mapping[str, str] = {
    "CLOSED": "no connection",
    "LISTEN": "opening",
    "SYN-SENT": "opening",
    "SYN-RECEIVED": "opening",
    "ESTABLISHED": "open",
    "FIN-WAIT-1": "closing",
    "FIN-WAIT-2": "closing",
    "CLOSE-WAIT": "closing",
    "CLOSING": "closing",
    "LAST-ACK": "closing",
    "TIME-WAIT": "waiting",
}
"""The phase of a connection's life that a state belongs to."""

DRAWN, NOTE_2, NOTE_3, OMITTED = "drawn", "note 2", "note 3", "omitted"
"""Where Figure 5 has an edge: drawn, in one of its notes, or nowhere."""

_AWAITED = {"SYN-RECEIVED": "SYN", "FIN-WAIT-1": "FIN", "CLOSING": "FIN", "LAST-ACK": "FIN"}
"""What of mine waits for its acknowledgment in a state, by the state's definition (3.3.2)."""

_SETTLED = ("CLOSED", "LISTEN", "FIN-WAIT-2", "TIME-WAIT")
"""The states in which all that I have sent is acknowledged, by their definitions (3.3.2)."""

_PASSIVE, _ACTIVE = "after passive OPEN", "after active OPEN"


@dataclass(frozen=True)
class Arrow:
    """A change of state in the words of Figure 5.

    event: `active OPEN`, `rcv ACK of FIN`.  output: `snd SYN,ACK`, or `x` if nothing is done.
    condition: what it depends on besides, e.g. `after passive OPEN` (Note 1).
    rule, says, cites: where it comes from.  figure: where Figure 5 has it.
    """

    source: str
    target: str
    event: str
    output: str
    condition: str = ""
    rule: str = ""
    says: str = ""
    cites: tuple[str, ...] = ()
    figure: str = OMITTED

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two arrows the same: states, event, condition and the segment sent.

        That a TCB is created or deleted follows from the states; the figure says so on some edges
        and not on others (LAST-ACK to CLOSED).
        """
        sent = ", ".join(part for part in self.output.split(", ") if part.startswith("snd "))
        return (self.source, self.target, self.event, self.condition, sent)

    def __str__(self) -> str:
        condition = f" ({self.condition})" if self.condition else ""
        return f"{self.source} → {self.target}: {self.event}{condition} / {self.output}"


# --- the derived diagram --------------------------------------------------------------------------


def endpoint_graph(
    scenario: Scenario, *, using: Iterable[Rule] | None = None, self_loops: bool = False
) -> Any:
    """The state diagram of an endpoint: a networkx.MultiDiGraph, one edge per change of state.

    Nodes are the states, with their `group`; the data of an edge are the fields of `Arrow`.  The
    user of the endpoint may do what the user of A or of B does in the scenario.  The arriving
    segment carries at least one control bit (without any it is none); nothing else is assumed of
    it, and of the TCB that its variables are within their domains and that nothing waits for an
    acknowledgment in states that are defined so.  A state to which no path leads from CLOSED has
    no edges.

    using: other rules than those of the scenario.  self_loops: also the edges from a state to
    itself.
    """
    graph = nx.MultiDiGraph(scenario=scenario.spelled)
    for name in STATE.names:
        graph.add_node(name, group=GROUPS[name])
    reader = _Reader(scenario)
    for rule in rules(scenario) if using is None else using:
        for arrow in reader.arrows(rule, self_loops):
            data = {k: v for k, v in vars(arrow).items() if k not in ("source", "target")}
            graph.add_edge(arrow.source, arrow.target, key=rule.name, **data)
    lived_in = nx.descendants(graph, "CLOSED") | {"CLOSED"}
    for state in set(STATE.names) - lived_in:
        graph.remove_edges_from(list(graph.out_edges(state, keys=True)))
    return graph


def arrows(graph: Any) -> list[Arrow]:
    """The edges of a diagram, as arrows."""
    return [Arrow(source, target, **data) for source, target, data in graph.edges(data=True)]


class _Reader:
    """Reads rules with a solver: which steps they allow, and in which words to tell them."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.me, self.seg = Me.symbolic(scenario), symbolic_segment(scenario)
        self.solver = z3.SolverFor("QF_BV")
        self.solver.add(self.seg.fields["ctl"] != 0)
        mine, arriving = tcb_domains(scenario), segment_domains(scenario)
        self.solver.add(*(in_range(self.me.variables[n], d) for n, (d, _) in mine.items()))
        self.solver.add(*(in_range(self.seg.fields[n], d) for n, (d, _) in arriving.items()))
        if "snd_una" in mine:
            self.solver.add(*(_is_settled(self.me, STATE.term(name)) for name in _SETTLED))
        users = [permissions(scenario, agent) for agent in AGENTS]
        self.solver.add(z3.Or(*(_is_user(self.me, user) for user in users)))

    def arrows(self, rule: Rule, self_loops: bool) -> Iterator[Arrow]:
        """The changes of state that `rule` allows, in the order of the states."""
        after = changes(rule, self.me).get("state", self.me.state)
        with self.assuming(*rule.reaction.when):
            if not self_loops:
                self.solver.add(after != self.me.state)
            for source, target in sorted(self.pairs(after)):
                with self.assuming(self.me.state == source, after == target):
                    yield self.arrow(rule, STATE.names[source], STATE.names[target])

    def pairs(self, after: Term) -> set[tuple[int, int]]:
        """Every (state before, state after) that the solver finds, as codes."""
        found: set[tuple[int, int]] = set()
        with self.assuming():
            while self.satisfiable():
                model = self.solver.model()
                pair = tuple(
                    model.eval(term, model_completion=True).as_long()
                    for term in (self.me.state, after)
                )
                found.add((pair[0], pair[1]))
                self.solver.add(z3.Or(self.me.state != pair[0], after != pair[1]))
        return found

    # --- words ------------------------------------------------------------------------------------

    def arrow(self, rule: Rule, source: str, target: str) -> Arrow:
        """The step from `source` to `target` that is being assumed."""
        arrow = Arrow(
            source,
            target,
            self.event(rule, source),
            self.output(rule.reaction.send, source, target),
            self.condition(),
            rule.name,
            rule.says,
            rule.rfc,
        )
        return replace(arrow, figure=place(arrow))

    def event(self, rule: Rule, source: str) -> str:
        if rule.kind == "segment":
            return "rcv " + self.received(source)
        return self.timeout() if rule.label == "TIME-WAIT timeout" else rule.label

    def timeout(self) -> str:
        """How long TIME-WAIT lasts; without a clock the RFC's 2 MSL."""
        if not self.scenario.msl:
            return "Timeout=2MSL"
        return f"Timeout={int(self.scenario.time_wait) / self.scenario.msl:g}MSL"

    def received(self, source: str) -> str:
        """What the guard demands of the arriving segment."""
        bits = self.control_bits(self.seg)
        if bits & (SYN | RST):
            return str(CTL.decode(bits))
        parts = ["text"] * self.forced(self.seg.has_text) + ["FIN"] * bool(bits & FIN)
        if bits & ACK and (mine := self.acknowledged(source)):
            parts.append(f"ACK of {mine}")
        # Every segment of a connection carries an ACK: it is worth a word only if nothing else is.
        return ", ".join(parts) or ("ACK" if bits & ACK else "segment")

    def acknowledged(self, source: str) -> str:
        """What of mine the segment is bound to acknowledge: SYN, FIN or nothing."""
        mine = _AWAITED.get(source, "")
        acks = self.me.acks_new(self.seg) if mine == "SYN" else self.me.acks_all(self.seg)
        return mine if mine and self.forced(acks) else ""

    def output(self, sends: Segment | None, source: str, target: str) -> str:
        parts = []
        if source == "CLOSED" != target:
            parts.append("create TCB")
        if sends is not None:
            parts.append("snd " + self.sent(sends))
        if target == "CLOSED" != source:
            parts.append("delete TCB")
        return ", ".join(parts) or "x"

    def sent(self, segment: Segment) -> str:
        """The segment sent, as the figure names it: a FIN or RST with or without its ACK."""
        if self.forced(segment.has_text):
            return "text"
        bits = self.control_bits(segment)
        return str(CTL.decode(bits & ~ACK if bits & (FIN | RST) else bits))

    def condition(self) -> str:
        """Whether the guard asks how the connection was opened (Note 1)."""
        if self.forced(self.me.passive):
            return _PASSIVE
        return _ACTIVE if self.forced(z3.Not(self.me.passive)) else ""

    # --- the solver -------------------------------------------------------------------------------

    def control_bits(self, segment: Segment) -> int:
        """The control bits that `segment` is bound to carry."""
        return sum(bit for bit in (SYN, FIN, RST, ACK) if self.forced(segment.has(bit)))

    def forced(self, claim: Term) -> bool:
        """`claim` follows from what is assumed."""
        with self.assuming(z3.Not(claim)):
            return not self.satisfiable()

    def satisfiable(self) -> bool:
        answer = self.solver.check()
        if answer == z3.unknown:
            raise EngineError(f"the state diagram: {self.solver.reason_unknown()}")
        return bool(answer == z3.sat)

    @contextmanager
    def assuming(self, *terms: Term) -> Iterator[None]:
        self.solver.push()
        try:
            self.solver.add(*terms)
            yield
        finally:
            self.solver.pop()


def _is_settled(me: Me, state: Term) -> Term:
    """In `state`, nothing of mine is unacknowledged."""
    return z3.Implies(me.state == state, me.snd_una == me.snd_nxt)


def _is_user(me: Me, allowed: Mapping[str, bool]) -> Term:
    """The user of the endpoint does what `allowed` says."""
    return z3.And(*(me.permissions[name] == value for name, value in allowed.items()))


# --- Figure 5 -------------------------------------------------------------------------------------

_FIGURE_5 = """
    CLOSED       | LISTEN       | passive OPEN        | create TCB
    CLOSED       | SYN-SENT     | active OPEN         | create TCB, snd SYN
    LISTEN       | CLOSED       | CLOSE               | delete TCB
    SYN-SENT     | CLOSED       | CLOSE               | delete TCB
    LISTEN       | SYN-RECEIVED | rcv SYN             | snd SYN,ACK
    LISTEN       | SYN-SENT     | SEND                | snd SYN
    SYN-RECEIVED | LISTEN       | rcv RST             |             | after passive OPEN
    SYN-SENT     | SYN-RECEIVED | rcv SYN             | snd SYN,ACK
    SYN-RECEIVED | ESTABLISHED  | rcv ACK of SYN      | x
    SYN-SENT     | ESTABLISHED  | rcv SYN,ACK         | snd ACK
    SYN-RECEIVED | FIN-WAIT-1   | CLOSE               | snd FIN
    ESTABLISHED  | FIN-WAIT-1   | CLOSE               | snd FIN
    ESTABLISHED  | CLOSE-WAIT   | rcv FIN             | snd ACK
    FIN-WAIT-1   | FIN-WAIT-2   | rcv ACK of FIN      | x
    FIN-WAIT-1   | CLOSING      | rcv FIN             | snd ACK
    CLOSE-WAIT   | LAST-ACK     | CLOSE               | snd FIN
    FIN-WAIT-2   | TIME-WAIT    | rcv FIN             | snd ACK
    CLOSING      | TIME-WAIT    | rcv ACK of FIN      | x
    LAST-ACK     | CLOSED       | rcv ACK of FIN      | x
    TIME-WAIT    | CLOSED       | Timeout=2MSL        | delete TCB
"""
"""Source, target, event, output and condition of the twenty edges, in the order of reading."""


def figure5() -> tuple[Arrow, ...]:
    """RFC 9293 Figure 5 as it is printed: twenty edges, and the one that Note 2 adds.

    Note 1 is the condition of the edge from SYN-RECEIVED to LISTEN.  Note 2 does not say what is
    sent; the acknowledgment of the FIN is, as on the figure's other edges that receive one.
    Note 3 speaks of two classes of edges that are not drawn.  `is_reset_received` is the second;
    the first ("a RST can be sent from any state with a corresponding transition to TIME-WAIT") is
    at odds with section 3.10.5, by which ABORT sends a RST and enters CLOSED.
    """
    cites = ("RFC 9293 3.3.2 Figure 5",)
    drawn = []
    for row in _FIGURE_5.strip().splitlines():
        source, target, event, output, *notes = (cell.strip() for cell in row.split("|"))
        condition = "".join(notes)
        arrow = Arrow(source, target, event, output, condition, cites=cites, figure=DRAWN)
        drawn.append(arrow)
    note = Arrow(
        "FIN-WAIT-1",
        "TIME-WAIT",
        "rcv FIN, ACK of FIN",
        "snd ACK",
        cites=("RFC 9293 3.3.2 Figure 5 Note 2",),
        figure=NOTE_2,
    )
    return (*drawn, note)


def is_reset_received(arrow: Arrow) -> bool:
    """Note 3: "receipt of a RST from any state results in a transition to LISTEN or CLOSED"."""
    return arrow.event.startswith("rcv RST") and arrow.target in ("LISTEN", "CLOSED")


def place(arrow: Arrow) -> str:
    """Where Figure 5 has `arrow`."""
    for drawn in figure5():
        if drawn.key == arrow.key:
            return drawn.figure
    return NOTE_3 if is_reset_received(arrow) else OMITTED


@dataclass(frozen=True)
class Comparison:
    """A derived diagram against Figure 5.

    missing: edges of the figure (with Note 2's) that no rule yields.
    note3: derived edges that the figure leaves to its Note 3.
    omitted: derived edges that the figure does not have, with the rules that justify them.
    """

    missing: tuple[Arrow, ...]
    note3: tuple[Arrow, ...]
    omitted: tuple[Arrow, ...]


def compare(graph: Any) -> Comparison:
    """What the diagram of `endpoint_graph` lacks and adds with respect to Figure 5."""
    derived = [arrow for arrow in arrows(graph) if arrow.source != arrow.target]
    keys = {arrow.key for arrow in derived}
    return Comparison(
        missing=tuple(arrow for arrow in figure5() if arrow.key not in keys),
        note3=tuple(arrow for arrow in derived if arrow.figure == NOTE_3),
        omitted=tuple(arrow for arrow in derived if arrow.figure == OMITTED),
    )
