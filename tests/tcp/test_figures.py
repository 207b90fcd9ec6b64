"""The figures of RFC 9293 are runs of the model: message by message, state by state.

The numbers are the RFC's; `numbers` says what each stands for (a figure's 100 is A's ISS).  A line
`⟨state⟩ --> ⟨segment⟩ --> ⟨state⟩` is two steps: the segment leaves, the segment arrives.
"""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import z3

from tcpmodel.core.property import sometimes
from tcpmodel.core.result import Verdict
from tcpmodel.core.terms import all_of, any_of
from tcpmodel.engines import explicit
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import SYN_RECEIVED

from .harness import Packet, Play, played

A, B = 1, 17
"""The initial sequence numbers of A and B in their first incarnation, at five bits."""


reading = pytest.mark.parametrize("check", ["literal", "a2"])
"""The sequence check of 3.10.7.4 as it is written, and as Appendix A.2 suggests.

All figures are runs of both readings, except that Figure 7 is one of `a2` only.
"""


class Figure:
    """A run told in a figure's numbers.

    numbers: a number of the figure → the model's; what lies above it is counted from there.
    """

    def __init__(self, text: str, numbers: Mapping[int, int]) -> None:
        self.play: Play = played(text)
        self.numbers = sorted(numbers.items(), reverse=True)

    def number(self, printed: int) -> int:
        if printed == 0:
            return 0
        base, stands_for = next((b, n) for b, n in self.numbers if b <= printed)
        return stands_for + printed - base

    def model(self, segment: Packet | None) -> Packet | None:
        if segment is None:
            return None
        return Packet(segment.ctl, self.number(segment.seq), self.number(segment.ack), segment.text)

    def call(self, agent: str, label: str, sends: Packet | None = None) -> None:
        """The user calls, or a timer runs out."""
        self.play.does(agent, label, sends=self.model(sends))

    def arrives(self, agent: str, segment: Packet, answer: Packet | None = None) -> None:
        """The segment arrives at `agent`, which answers, or does not."""
        self.play.does(agent, received=self.model(segment), sends=self.model(answer))

    def shows(self, a: str, b: str) -> None:
        """The states printed at the margins."""
        assert self.play.states == (a, b)

    def lost(self, segment: Packet) -> None:
        """The network loses the segment."""
        self.play.does("network", "loses", received=self.model(segment))


def syn(seq: int) -> Packet:
    return Packet("SYN", seq)


def synack(seq: int, ack: int) -> Packet:
    return Packet("SYN,ACK", seq, ack)


def ack(seq: int, number: int, text: int = 0) -> Packet:
    return Packet("ACK", seq, number, text)


def fin(seq: int, number: int) -> Packet:
    return Packet("FIN,ACK", seq, number)


def rst(seq: int) -> Packet:
    return Packet("RST", seq)


def connect(figure: Figure, a: int, b: int) -> None:
    """Figure 6 with the figure's initial sequence numbers `a` and `b`."""
    figure.call("A", "active OPEN", syn(a))
    figure.arrives("B", syn(a), synack(b, a + 1))
    figure.arrives("A", synack(b, a + 1), ack(a + 1, b + 1))
    figure.arrives("B", ack(a + 1, b + 1))
    figure.shows("ESTABLISHED", "ESTABLISHED")


# --- 3.5 Establishing a connection ----------------------------------------------------------------


@reading
def test_figure_6_basic_handshake(check: str) -> None:
    """Figure 6: Basic Three-Way Handshake for Connection Synchronization."""
    figure = Figure(f"rfc9293 data=1 seq_check={check}", {100: A, 300: B})
    figure.shows("CLOSED", "LISTEN")  # 1
    figure.call("A", "active OPEN", syn(100))  # 2
    figure.arrives("B", syn(100), synack(300, 101))
    figure.shows("SYN-SENT", "SYN-RECEIVED")
    figure.arrives("A", synack(300, 101), ack(101, 301))  # 3
    figure.shows("ESTABLISHED", "SYN-RECEIVED")
    figure.arrives("B", ack(101, 301))  # 4
    figure.shows("ESTABLISHED", "ESTABLISHED")
    figure.call("A", "SEND", ack(101, 301, 1))  # 5: the same number as in line 4
    figure.arrives("B", ack(101, 301, 1), ack(301, 102))
    figure.shows("ESTABLISHED", "ESTABLISHED")


def simultaneous(check: str = "literal") -> Figure:
    """Figure 7, lines 1 to 5."""
    text = f"rfc9293 roles=both_active incarnations=1 seq_check={check}"
    figure = Figure(text, {100: A, 300: B})
    figure.shows("CLOSED", "CLOSED")  # 1
    figure.call("A", "active OPEN", syn(100))  # 2
    figure.call("B", "active OPEN", syn(300))  # 3
    figure.shows("SYN-SENT", "SYN-SENT")
    figure.arrives("A", syn(300), synack(100, 301))  # 3 arrives, 5 leaves
    figure.shows("SYN-RECEIVED", "SYN-SENT")
    figure.arrives("B", syn(100), synack(300, 101))  # 4 arrives, 6 leaves
    figure.shows("SYN-RECEIVED", "SYN-RECEIVED")
    return figure


class TestFigure7:
    """Figure 7: Simultaneous Connection Synchronization."""

    def test_as_far_as_the_sequence_check(self) -> None:
        """Lines 1 to 5 are a run.  Lines 6 and 7 are not quite: a SYN,ACK numbered 300 lies before
        RCV.NXT = 301, so section 3.10.7.4, read literally, answers it by an ACK and drops it.
        """
        figure = simultaneous()
        figure.arrives("A", synack(300, 101), ack(101, 301))  # 6
        figure.shows("SYN-RECEIVED", "SYN-RECEIVED")
        figure.arrives("B", synack(100, 301), ack(301, 101))  # 7
        figure.shows("SYN-RECEIVED", "SYN-RECEIVED")

    def test_with_appendix_a2_it_is_a_run_to_the_last_line(self) -> None:
        """If the SYN of line 6 is trimmed and its ACK processed, all seven lines are a run."""
        figure = simultaneous("a2")
        figure.arrives("A", synack(300, 101))  # 6
        figure.shows("ESTABLISHED", "SYN-RECEIVED")
        figure.arrives("B", synack(100, 301))  # 7
        figure.shows("ESTABLISHED", "ESTABLISHED")

    def test_with_appendix_a2_a_lost_synack_is_no_harm(self) -> None:
        """Line 7 is lost: the SYN,ACK that B repeats finds A ESTABLISHED, which acknowledges it."""
        figure = simultaneous("a2")
        figure.arrives("A", synack(300, 101))
        figure.lost(synack(100, 301))
        figure.call("B", "retransmission timeout", synack(300, 101))
        figure.arrives("A", synack(300, 101), ack(101, 301))
        figure.arrives("B", ack(101, 301))
        figure.shows("ESTABLISHED", "ESTABLISHED")

    def test_it_converges_by_pure_acks(self) -> None:
        """Those very answers acknowledge the SYNs: both are ESTABLISHED two messages later."""
        figure = simultaneous()
        figure.arrives("A", synack(300, 101), ack(101, 301))
        figure.arrives("B", synack(100, 301), ack(301, 101))
        figure.arrives("A", ack(301, 101))
        figure.shows("ESTABLISHED", "SYN-RECEIVED")
        figure.arrives("B", ack(101, 301))
        figure.shows("ESTABLISHED", "ESTABLISHED")

    @pytest.mark.parametrize(
        ("check", "expected"), [("literal", Verdict.FAILS), ("a2", Verdict.HOLDS)]
    )
    def test_the_printed_last_lines(self, check: str, expected: Verdict) -> None:
        """Read literally, in no reachable state does SYN-RECEIVED become ESTABLISHED by a SYN,ACK;
        with Appendix A.2 it does in some.
        """
        text = f"rfc9293 roles=both_active incarnations=1 seq_check={check}"
        model = compose(scenario(text))
        arriving = [
            action
            for action in model.system.actions
            if action.event.kind == "segment"
            and action.updates.get(f"{action.event.agent}.state") is not None
        ]
        by_synack = []
        for action in arriving:
            assert action.event.receives is not None
            me = model.world.endpoint(action.event.agent)
            leaves = action.updates[f"{action.event.agent}.state"] != SYN_RECEIVED
            both = action.event.receives.fields["ctl"] == z3.BitVecVal(9, 4)
            by_synack.append(all_of(action.enabled, me.state == SYN_RECEIVED, both, leaves))
        found = explicit.check(model.system, sometimes(any_of(*by_synack)))
        assert found.verdict is expected
        assert found.evidence.complete or expected is Verdict.HOLDS


@reading
def test_figure_8_old_duplicate_syn(check: str) -> None:
    """Figure 8: Recovery from Old Duplicate SYN.  (The old SYN is of an attempt that A gave up.)"""
    figure = Figure(f"rfc9293 seq_check={check}", {90: A, 100: A + 4, 300: B, 400: B + 4})
    figure.call("A", "active OPEN", syn(90))
    figure.call("A", "CLOSE")
    figure.shows("CLOSED", "LISTEN")  # 1
    figure.call("A", "active OPEN", syn(100))  # 2
    figure.shows("SYN-SENT", "LISTEN")
    figure.arrives("B", syn(90), synack(300, 91))  # 3
    figure.shows("SYN-SENT", "SYN-RECEIVED")
    figure.arrives("A", synack(300, 91), rst(91))  # 4
    figure.shows("SYN-SENT", "SYN-RECEIVED")
    figure.arrives("B", rst(91))  # 5
    figure.shows("SYN-SENT", "LISTEN")
    figure.arrives("B", syn(100), synack(400, 101))  # 6
    figure.shows("SYN-SENT", "SYN-RECEIVED")
    figure.arrives("A", synack(400, 101), ack(101, 401))  # 7
    figure.shows("ESTABLISHED", "SYN-RECEIVED")
    figure.arrives("B", ack(101, 401))  # 8
    figure.shows("ESTABLISHED", "ESTABLISHED")


# --- 3.5.1 Half-open connections ------------------------------------------------------------------


def half_open(text: str, numbers: Mapping[int, int]) -> Figure:
    """A has crashed and rebooted, B does not know.  B has send 300, receive 100."""
    figure = Figure(text, numbers)
    connect(figure, 99, 299)
    figure.call("A", "crash")
    figure.shows("CLOSED", "ESTABLISHED")
    assert figure.play["A.outcome"] == "crashed"
    return figure


@reading
def test_figure_9_half_open_discovery(check: str) -> None:
    """Figure 9: Half-Open Connection Discovery."""
    text = f"rfc9293 crash=A isn=free seq_check={check}"
    figure = half_open(text, {99: A, 299: B, 400: A + 4})  # 1, 2
    figure.call("A", "active OPEN", syn(400))  # 3
    figure.arrives("B", syn(400), ack(300, 100))
    figure.shows("SYN-SENT", "ESTABLISHED")
    figure.arrives("A", ack(300, 100), rst(100))  # 4 (!!)
    figure.shows("SYN-SENT", "ESTABLISHED")
    figure.arrives("B", rst(100))  # 5 (Abort!!)
    figure.shows("SYN-SENT", "CLOSED")  # 6
    assert figure.play["B.outcome"] == "reset"
    figure.call("A", "retransmission timeout", syn(400))  # 7


@reading
def test_figure_10_active_side_discovers(check: str) -> None:
    """Figure 10: Active Side Causes Half-Open Connection Discovery."""
    text = f"rfc9293 crash=A data=1 senders=B seq_check={check}"
    figure = half_open(text, {99: A, 299: B})  # 1
    figure.call("B", "SEND", ack(300, 100, 1))
    figure.arrives("A", ack(300, 100, 1), rst(100))  # 2 (??)
    figure.arrives("B", rst(100))  # 3 (ABORT!!)
    figure.shows("CLOSED", "CLOSED")
    assert figure.play["B.outcome"] == "reset"


@reading
def test_figure_11_two_passive_sockets(check: str) -> None:
    """Figure 11: Old Duplicate SYN Initiates a Reset on Two Passive Sockets.

    Z is 500, X is 300.  The duplicate is of an attempt that A gave up before it listened.
    """
    figure = Figure(f"rfc9293 roles=any seq_check={check}", {300: B, 500: A})
    figure.call("A", "active OPEN", syn(500))
    figure.call("A", "CLOSE")
    figure.call("A", "passive OPEN")
    figure.call("B", "passive OPEN")
    figure.shows("LISTEN", "LISTEN")  # 1
    figure.arrives("B", syn(500), synack(300, 501))  # 2
    figure.shows("LISTEN", "SYN-RECEIVED")
    figure.arrives("A", synack(300, 501), rst(501))  # 3 (??)
    figure.shows("LISTEN", "SYN-RECEIVED")
    figure.arrives("B", rst(501))  # 4 (return to LISTEN!)
    figure.shows("LISTEN", "LISTEN")  # 5


# --- 3.6 Closing a connection ---------------------------------------------------------------------


@reading
def test_figure_12_normal_close(check: str) -> None:
    """Figure 12: Normal Close Sequence, with 2 MSL of two ticks."""
    figure = Figure(f"tw2 seq_check={check}", {99: A, 299: B})
    connect(figure, 99, 299)  # 1
    figure.call("A", "CLOSE", fin(100, 300))  # 2
    figure.arrives("B", fin(100, 300), ack(300, 101))
    figure.shows("FIN-WAIT-1", "CLOSE-WAIT")
    figure.arrives("A", ack(300, 101))  # 3
    figure.shows("FIN-WAIT-2", "CLOSE-WAIT")
    figure.call("B", "CLOSE", fin(300, 101))  # 4
    figure.arrives("A", fin(300, 101), ack(101, 301))
    figure.shows("TIME-WAIT", "LAST-ACK")
    figure.arrives("B", ack(101, 301))  # 5
    figure.shows("TIME-WAIT", "CLOSED")
    for _ in range(2):  # 6 (2 MSL)
        assert "A.time_wait_timeout" not in figure.play.names()
        figure.play.take("tick")
    figure.call("A", "TIME-WAIT timeout")
    figure.shows("CLOSED", "CLOSED")


@reading
def test_figure_13_simultaneous_close(check: str) -> None:
    """Figure 13: Simultaneous Close Sequence."""
    figure = Figure(f"tw2 closes=either seq_check={check}", {99: A, 299: B})
    connect(figure, 99, 299)  # 1
    figure.call("A", "CLOSE", fin(100, 300))  # 2
    figure.call("B", "CLOSE", fin(300, 100))
    figure.shows("FIN-WAIT-1", "FIN-WAIT-1")
    figure.arrives("A", fin(300, 100), ack(101, 301))
    figure.arrives("B", fin(100, 300), ack(301, 101))
    figure.shows("CLOSING", "CLOSING")  # 3
    figure.arrives("A", ack(301, 101))
    figure.arrives("B", ack(101, 301))
    figure.shows("TIME-WAIT", "TIME-WAIT")  # 4
    figure.play.take("tick")
    figure.play.take("tick")
    figure.call("A", "TIME-WAIT timeout")
    figure.call("B", "TIME-WAIT timeout")
    figure.shows("CLOSED", "CLOSED")


@pytest.mark.parametrize(("check", "state"), [("literal", "CLOSING"), ("a2", "TIME-WAIT")])
def test_figure_13_with_lost_acks(check: str, state: str) -> None:
    """Simultaneous close, both ACKs of line 3 lost: B's FIN comes again and acknowledges A's.  Read
    literally A answers it without reading that and waits for an ACK; with Appendix A.2 it counts.
    """
    figure = Figure(f"tw2 closes=either loss=2 seq_check={check}", {99: A, 299: B})
    connect(figure, 99, 299)
    figure.call("A", "CLOSE", fin(100, 300))
    figure.call("B", "CLOSE", fin(300, 100))
    figure.arrives("A", fin(300, 100), ack(101, 301))
    figure.arrives("B", fin(100, 300), ack(301, 101))
    figure.lost(ack(101, 301))
    figure.lost(ack(301, 101))
    figure.call("B", "retransmission timeout", fin(300, 101))
    figure.arrives("A", fin(300, 101), ack(101, 301))
    figure.shows(state, "CLOSING")
    figure.arrives("B", ack(101, 301))
    figure.shows(state, "TIME-WAIT")


# --- the other handshakes -------------------------------------------------------------------------


def test_two_messages_connect_a_server_to_an_old_syn() -> None:
    """Figure 8 with the two-way handshake: at line 3 the server is ESTABLISHED with nobody."""
    figure = Figure("two_way_rst", {90: A, 100: A + 4, 300: B})
    figure.call("A", "active OPEN", syn(90))
    figure.call("A", "CLOSE")
    figure.call("A", "active OPEN", syn(100))
    figure.arrives("B", syn(90), synack(300, 91))
    figure.shows("SYN-SENT", "ESTABLISHED")
    assert figure.play["B.peer"] == 1
    assert figure.play["A.inc"] == 2


def test_without_resets_an_old_syn_is_outlived() -> None:
    """Figure 8 with resets off: A drops line 4, and B answers the SYN of line 6 by an ACK."""
    figure = Figure("rfc9293 rst=off", {90: A, 100: A + 4, 300: B})
    figure.call("A", "active OPEN", syn(90))
    figure.call("A", "CLOSE")
    figure.call("A", "active OPEN", syn(100))
    figure.arrives("B", syn(90), synack(300, 91))
    figure.arrives("A", synack(300, 91))
    figure.arrives("B", syn(100), ack(301, 91))
    figure.arrives("A", ack(301, 91))
    figure.shows("SYN-SENT", "SYN-RECEIVED")


@pytest.mark.parametrize("again", [False, True])
def test_the_last_ack_is_sent_again(again: bool) -> None:
    """Figure 12 with its last ACK lost: the FIN comes again, is acknowledged again, and TIME-WAIT
    starts anew, if it does.
    """
    text = "tw2 loss=1" if again else "tw2 loss=1 time_wait_restart=off"
    figure = Figure(text, {99: A, 299: B})
    connect(figure, 99, 299)
    figure.call("A", "CLOSE", fin(100, 300))
    figure.arrives("B", fin(100, 300), ack(300, 101))
    figure.arrives("A", ack(300, 101))
    figure.call("B", "CLOSE", fin(300, 101))
    figure.arrives("A", fin(300, 101), ack(101, 301))
    figure.lost(ack(101, 301))
    figure.play.take("tick")
    assert figure.play["A.timer"] == 1
    figure.call("B", "retransmission timeout", fin(300, 101))
    figure.arrives("A", fin(300, 101), ack(101, 301))
    assert figure.play["A.timer"] == (2 if again else 1)
    figure.arrives("B", ack(101, 301))
    figure.shows("TIME-WAIT", "CLOSED")


def test_a_passive_closer_that_listens_at_once_takes_an_old_fin() -> None:
    """With the same numbers every time, the active closer's TIME-WAIT does not protect a passive
    closer that listens again at once: a repeated SYN brings the connection back, the repeated FIN
    closes it.  Three segments have to be under way, so a smaller network hides it.
    """
    figure = Figure("tw2 tw_rfc1337=on capacity=3", {99: A, 299: B})
    figure.call("A", "active OPEN", syn(99))
    figure.call("A", "retransmission timeout", syn(99))
    figure.arrives("B", syn(99), synack(299, 100))
    figure.arrives("A", synack(299, 100), ack(100, 300))
    figure.call("A", "CLOSE", fin(100, 300))
    figure.arrives("B", ack(100, 300))
    figure.call("A", "retransmission timeout", fin(100, 300))
    figure.arrives("B", fin(100, 300), ack(300, 101))
    figure.call("B", "CLOSE", fin(300, 101))
    figure.arrives("A", fin(300, 101), ack(101, 301))
    figure.arrives("B", ack(101, 301))
    figure.shows("TIME-WAIT", "CLOSED")
    figure.call("B", "passive OPEN")
    figure.arrives("B", syn(99), synack(299, 100))
    figure.arrives("B", fin(100, 300), ack(300, 101))
    figure.shows("TIME-WAIT", "CLOSE-WAIT")
    assert figure.play["B.inc"] == 2
    assert figure.play["B.stale_fin"] is True
