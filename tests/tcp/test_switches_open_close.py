"""The switches of opening, closing and resets: for each, a question that its values answer
differently, and where the messages matter, the exchange itself.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property, always, sometimes
from tcpmodel.core.result import Verdict
from tcpmodel.core.terms import Term, all_of, implies
from tcpmodel.engines import explicit
from tcpmodel.tcp.channel import Slots
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.segment import ACK, FIN, RST, SYN, Segment
from tcpmodel.tcp.states import (
    CLOSE_WAIT,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    LISTEN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)
from tcpmodel.tcp.variants import REFUSED, REMARKS
from tcpmodel.tcp.world import World

from .harness import Packet, Play, host, played

A, B = 1, 17
"""The initial sequence numbers of A and B in their first incarnation, at five bits."""


@cache
def composed(text: str) -> Model:
    return compose(scenario(text))


def settled(text: str, ask: Callable[[Term], Property], formula: Callable[[World], Term]) -> bool:
    """Whether the question holds of the scenario, by complete explicit search or a run."""
    model = composed(text)
    found = explicit.check(model.system, ask(formula(model.world)))
    assert found.verdict in (Verdict.HOLDS, Verdict.FAILS), found.reason
    return found.verdict is Verdict.HOLDS


def can(text: str, formula: Callable[[World], Term]) -> bool:
    """Some reachable state of the scenario is like this."""
    return settled(text, sometimes, formula)


def must(text: str, formula: Callable[[World], Term]) -> bool:
    """Every reachable state of the scenario is like this."""
    return settled(text, always, formula)


def under_way(w: World, sender: str, fits: Callable[[Segment], Term]) -> Term:
    """A segment of `sender` that fits is under way."""
    channel = w.channels[sender]
    assert isinstance(channel, Slots)
    return channel.some(fits)


def pure_ack(segment: Segment) -> Term:
    return z3.And(segment.has(ACK), segment.lacks(SYN, FIN, RST), z3.Not(segment.has_text))


def both_established(w: World) -> Term:
    return all_of(w.A.state == ESTABLISHED, w.B.state == ESTABLISHED)


# --- handshakes -----------------------------------------------------------------------------------


class TestFourMessages:
    """`handshake=four_naive`: the server's ACK and its SYN are segments of their own."""

    def opened(self) -> Play:
        play = played("four_naive incarnations=1")
        play.does("A", "active OPEN", sends=Packet("SYN", A))
        play.does("B", received=Packet("SYN", A), sends=Packet("ACK", B + 1, A + 1))
        play.does("B", "retransmission timeout", sends=Packet("SYN", B))
        return play

    def test_ack_then_syn(self) -> None:
        """SYN; ACK, SYN; ACK: the client is connected when it has both."""
        play = self.opened()
        play.does("A", received=Packet("ACK", B + 1, A + 1))
        assert play.states == ("SYN-SENT", "SYN-RECEIVED")
        play.does("A", received=Packet("SYN", B), sends=Packet("ACK", A + 1, B + 1))
        assert play.states == ("ESTABLISHED", "SYN-RECEIVED")
        play.does("B", received=Packet("ACK", A + 1, B + 1))
        assert play.states == ("ESTABLISHED", "ESTABLISHED")

    def test_syn_then_ack(self) -> None:
        """If the SYN overtakes the ACK, the client waits for the ACK in SYN-RECEIVED."""
        play = self.opened()
        play.does("A", received=Packet("SYN", B), sends=Packet("ACK", A + 1, B + 1))
        assert play.states == ("SYN-RECEIVED", "SYN-RECEIVED")
        play.does("A", received=Packet("ACK", B + 1, A + 1))
        play.does("B", received=Packet("ACK", A + 1, B + 1))
        assert play.states == ("ESTABLISHED", "ESTABLISHED")

    @pytest.mark.parametrize(
        ("text", "safe"),
        [("four_naive closes=nobody", False), ("rfc9293 closes=nobody", True)],
    )
    def test_a_client_is_connected_to_an_old_syn(self, text: str, safe: bool) -> None:
        """SYN and ACK in one segment are not only cheaper: the ACK says which SYN of the client the
        server's SYN answers.  Apart from it, a SYN of an earlier attempt is taken for today's.
        """
        agrees = must(
            text, lambda w: implies(w.A.state == ESTABLISHED, w.agrees_with_live_peer("A"))
        )
        assert agrees is safe

    def test_the_ack_may_come_twice(self) -> None:
        """Four messages: a second ACK of the SYN is no reason for a reset."""
        client = host("SYN-SENT", "four_naive", snd_una=101)
        assert client.receives(Packet("ACK", 301, 101)).sent is None
        assert client.receives(Packet("ACK", 301, 99)).sent == Packet("RST", 99)


class TestSplit:
    """`handshake=split`: the server answers a SYN by a SYN."""

    def test_the_exchange(self) -> None:
        """SYN; SYN; SYN,ACK; ACK: the client goes the way of a simultaneous open."""
        play = played("split incarnations=1")
        play.does("A", "active OPEN", sends=Packet("SYN", A))
        play.does("B", received=Packet("SYN", A), sends=Packet("SYN", B))
        assert play.states == ("SYN-SENT", "SYN-SENT")
        play.does("A", received=Packet("SYN", B), sends=Packet("SYN,ACK", A, B + 1))
        assert play.states == ("SYN-RECEIVED", "SYN-SENT")
        synack, answer = Packet("SYN,ACK", A, B + 1), Packet("ACK", B + 1, A + 1)
        play.does("B", received=synack, sends=answer)
        assert play.states == ("SYN-RECEIVED", "ESTABLISHED")
        play.does("A", received=answer)
        assert play.states == ("ESTABLISHED", "ESTABLISHED")

    @pytest.mark.parametrize(("text", "seen"), [("split", True), ("rfc9293", False)])
    def test_a_client_in_syn_received(self, text: str, seen: bool) -> None:
        """Only a server that splits its answer brings a client into SYN-RECEIVED."""
        assert can(f"{text} incarnations=1", lambda w: w.A.state == SYN_RECEIVED) is seen

    @pytest.mark.parametrize(("switch", "works"), [("on", True), ("off", False)])
    def test_it_needs_simultaneous_open(self, switch: str, works: bool) -> None:
        """A client without MUST-10 ignores the server's SYN: no connection, ever."""
        text = f"split incarnations=1 simultaneous_open={switch}"
        assert can(text, both_established) is works

    def test_a_refused_server_listens_again(self) -> None:
        """The server's SYN meets a client that is gone: its reset leads back to LISTEN."""
        server = host("SYN-SENT", "split", passive=True)
        assert server.receives(Packet("RST,ACK", 0, 101)).state == "LISTEN"
        assert server.but(passive=False).receives(Packet("RST,ACK", 0, 101)).state == "CLOSED"


@pytest.mark.parametrize(("switch", "works"), [("on", True), ("off", False)])
def test_simultaneous_open(switch: str, works: bool) -> None:
    """MUST-10: without it two users who both open never connect; each ignores the other's SYN."""
    text = f"rfc9293 incarnations=1 roles=both_active simultaneous_open={switch}"
    assert can(text, both_established) is works


# --- SYN-RECEIVED ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("switch", "safe"), [("on", True), ("off", False)])
def test_origin_memory(switch: str, safe: bool) -> None:
    """MUST-11: a TCP that forgets how it came to SYN-RECEIVED listens after a reset, though its
    user opened actively and nobody ever asked for a listener.
    """
    text = f"rfc9293 incarnations=1 roles=both_active origin_memory={switch}"
    assert must(text, lambda w: w.A.state != LISTEN) is safe


@pytest.mark.parametrize(("switch", "seen"), [("ack", True), ("resend_synack", False)])
def test_the_answer_to_a_repeated_syn(switch: str, seen: bool) -> None:
    """Read literally, a server answers a repeated SYN by an ACK numbered after its SYN, which a
    client in SYN-SENT drops: it waits for the server's timer.  Linux repeats the SYN,ACK instead.
    """
    text = f"rfc9293 incarnations=1 gives_up=off dup_syn_in_synrcvd={switch}"
    useless = can(text, lambda w: all_of(w.A.state == SYN_SENT, under_way(w, "B", pure_ack)))
    assert useless is seen
    server = host("SYN-RECEIVED", text)
    answer = Packet("ACK", 101, 301) if seen else Packet("SYN,ACK", 100, 301)
    assert server.receives(Packet("SYN", 300)).sent == answer


class TestNewSynInSynReceived:
    """`synrcvd_inwindow_syn`: a SYN in the window of a former listener's attempt."""

    @pytest.mark.parametrize(("switch", "told"), [("listen", False), ("rst", True)])
    def test_the_server(self, switch: str, told: bool) -> None:
        """RFC 9293 returns to LISTEN without a word; RFC 793 resets and closes the server."""
        text = f"rfc9293 synrcvd_inwindow_syn={switch}"
        found = host("SYN-RECEIVED", text).receives(Packet("SYN", 303))
        assert found.state == ("CLOSED" if told else "LISTEN")
        assert found.sent == (Packet("RST,ACK", 0, 304) if told else None)

    @pytest.mark.parametrize(("switch", "told"), [("listen", False), ("rst", True)])
    def test_a_server_that_nobody_aborted_is_reset(self, switch: str, told: bool) -> None:
        """Two SYNs of one client close RFC 793's server, if their numbers are that close; the
        listener of RFC 9293 forgets the first and stays.  (The client gives up and opens again.)
        """
        text = (
            "rfc793 isn=free width=3 window=3 capacity=1 closes=nobody retransmit=off "
            f"synrcvd_inwindow_syn={switch}"
        )
        opens_again = can(
            text,
            lambda w: all_of(
                w.ended("B", "reset"), w.B.inc == 1, w.A.inc == 2, w.A.state == SYN_SENT
            ),
        )
        assert opens_again is told


@pytest.mark.parametrize(("switch", "seen"), [("reset", True), ("challenge", False)])
def test_an_ack_out_of_range_in_syn_received(switch: str, seen: bool) -> None:
    """RFC 9293 3.5.2 answers an ACK of what was never sent by a reset in SYN-RECEIVED; RFC 5961,
    read as coming first, by an ACK.  An ACK of an earlier connection shows the difference.
    """
    server = host("SYN-RECEIVED", f"rfc9293 synrcvd_bad_ack={switch}")
    far = server.receives(Packet("ACK", 301, 700))
    assert far.sent == (Packet("RST", 700) if seen else Packet("ACK", 101, 301))
    near = server.receives(Packet("ACK", 301, 100))
    assert near.sent == Packet("RST", 100)


@pytest.mark.parametrize(("switch", "seen"), [("reset", True), ("challenge", False)])
def test_an_old_ack_makes_a_server_send_a_reset(switch: str, seen: bool) -> None:
    """The ACK of a connection that the client aborted meets the server's next SYN-RECEIVED."""
    text = (
        "rfc9293 isn=free width=2 window=1 abort=on closes=nobody retransmit=off loss=0 "
        f"gives_up=off synrcvd_bad_ack={switch}"
    )

    def resets(w: World) -> Term:
        mine = under_way(
            w, "B", lambda s: z3.And(s.has(RST), s.inc == w.B.inc, s.ack == 0, out_of(w, s))
        )
        return all_of(w.B.state == SYN_RECEIVED, w.B.inc == 2, mine)

    def out_of(w: World, s: Segment) -> Term:
        return z3.UGT(s.seq - w.B.snd_una + 1, 2)

    assert can(text, resets) is seen


# --- memory ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(("switch", "safe"), [("none", False), ("per_peer_last_inc", True)])
def test_a_server_that_remembers(switch: str, safe: bool) -> None:
    """With two messages a repeated SYN connects a server twice to one connection of its client;
    a server that remembers the last SYN it accepted does not fall for it.
    """
    text = f"two_way_rst gives_up=off dup=1 retransmit=off server_memory={switch}"
    once = must(
        text, lambda w: implies(all_of(w.B.inc == 2, w.B.state == ESTABLISHED), w.B.peer == 2)
    )
    assert once is safe


def test_memory_is_not_enough() -> None:
    """An old SYN that comes for the first time is newer than all that was accepted: memory without
    a maximum segment lifetime does not make two messages safe.
    """
    text = "two_way server_memory=per_peer_last_inc"
    assert not must(text, lambda w: implies(w.B.state == ESTABLISHED, w.agrees_with_live_peer("B")))


# --- closing --------------------------------------------------------------------------------------


class TestHalfClose:
    """`half_close`: what CLOSE means for text that is still to come."""

    @pytest.mark.parametrize(
        ("switch", "taken", "reset"),
        [("simplex", True, False), ("half_duplex", False, True), ("shutdown_wr", True, True)],
    )
    def test_text_after_close(self, switch: str, taken: bool, reset: bool) -> None:
        """RFC 9293: text after CLOSE is delivered.  Half-duplex (MAY-1, SHLD-3): it is answered by
        a reset.  With shutdown first and CLOSE later, either happens.
        """
        text = (
            "rfc9293 incarnations=1 data=1 senders=B gives_up=off channel=fifo loss=0 "
            f"retransmit=off half_close={switch}"
        )
        assert can(text, lambda w: w.ended("B", "reset")) is reset
        # In order, the ACK of text that was taken before CLOSE comes before the FIN.
        after_close = can(
            text,
            lambda w: all_of(
                w.A.state == FIN_WAIT_2,
                w.A.rcv_nxt == w.A.irs + 2,
                w.B.state == CLOSE_WAIT,
                w.B.snd_una == w.B.iss + 1,
            ),
        )
        assert after_close is taken

    def test_shutdown_then_close(self) -> None:
        """After shutdown text is taken; after CLOSE it is answered by a reset."""
        text = "rfc9293 data=1 half_close=shutdown_wr"
        closer = host("FIN-WAIT-2", text)
        assert closer.receives(Packet("ACK", 301, 102, 1)).state == "FIN-WAIT-2"
        deaf = closer.but(deaf=bool(closer.calls("CLOSE").changed["deaf"]))
        found = deaf.receives(Packet("ACK", 301, 102, 1))
        assert (found.state, found.sent) == ("CLOSED", Packet("RST", 102))
        assert deaf.can_call("CLOSE") == []

    def test_the_fin_is_taken_all_the_same(self) -> None:
        """Half-duplex: the peer's FIN is no text; the connection closes normally."""
        closer = host("FIN-WAIT-2", "rfc9293 data=1 half_close=half_duplex")
        assert closer.receives(Packet("FIN,ACK", 301, 102)).state == "TIME-WAIT"


@pytest.mark.parametrize(("switch", "seen"), [("never", False), ("allowed", True)])
def test_three_segments_close(switch: str, seen: bool) -> None:
    """FIN; FIN,ACK; ACK: if the user closes as the FIN arrives, no ACK travels alone.  In order and
    without loss, LAST-ACK before any ACK tells the two apart.
    """
    text = f"rfc9293 incarnations=1 channel=fifo loss=0 retransmit=off fin_piggyback={switch}"
    assert (
        can(
            text,
            lambda w: all_of(
                w.B.state == LAST_ACK,
                w.A.state == FIN_WAIT_1,
                z3.Not(under_way(w, "B", pure_ack)),
            ),
        )
        is seen
    )


def test_the_three_segments() -> None:
    """FIN,ACK; FIN,ACK; ACK: FIN-WAIT-1 becomes TIME-WAIT (Note 2)."""
    play = played("rfc9293 incarnations=1 fin_piggyback=allowed")
    play.does("A", "active OPEN", sends=Packet("SYN", A))
    play.does("B", received=Packet("SYN", A), sends=Packet("SYN,ACK", B, A + 1))
    play.does("A", received=Packet("SYN,ACK", B, A + 1), sends=Packet("ACK", A + 1, B + 1))
    play.does("B", received=Packet("ACK", A + 1, B + 1))
    first, second = Packet("FIN,ACK", A + 1, B + 1), Packet("FIN,ACK", B + 1, A + 2)
    play.does("A", "CLOSE", sends=first)
    play.does("B", received=first, sends=second)
    assert play.states == ("FIN-WAIT-1", "LAST-ACK")
    play.does("A", received=second, sends=Packet("ACK", A + 2, B + 2))
    play.does("B", received=Packet("ACK", A + 2, B + 2))
    assert play.states == ("TIME-WAIT", "CLOSED")


@pytest.mark.parametrize(("switch", "seen"), [("always", True), ("never", False)])
def test_an_application_that_never_closes(switch: str, seen: bool) -> None:
    """No timer leads out of CLOSE-WAIT: if the user does not close, neither side ever gets on."""
    text = f"rfc9293 incarnations=1 channel=fifo loss=0 retransmit=off second_close={switch}"
    assert can(text, lambda w: w.B.state == LAST_ACK) is seen
    assert can(text, lambda w: w.A.state == TIME_WAIT) is seen
    assert can(text, lambda w: w.B.state == CLOSE_WAIT)


# --- resets ---------------------------------------------------------------------------------------


class TestWhoSendsAReset:
    """`rst_sender_state`: 3.10.5 says CLOSED; Note 3 of Figure 5 and 3.5.2 say TIME-WAIT."""

    @pytest.mark.parametrize(("switch", "seen"), [("closed", False), ("time_wait", True)])
    def test_time_wait_while_the_peer_is_established(self, switch: str, seen: bool) -> None:
        """TIME-WAIT usually means that the peer has sent its FIN.  Not so after an ABORT, if that
        leads to TIME-WAIT: the peer may be ESTABLISHED still.
        """
        text = (
            "rfc9293 incarnations=1 abort=on closes=nobody retransmit=off "
            f"rst_sender_state={switch}"
        )
        assert can(text, lambda w: all_of(w.A.state == TIME_WAIT, w.B.state == ESTABLISHED)) is seen

    @pytest.mark.parametrize("state", ["ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"])
    def test_the_user_is_told_at_once(self, state: str) -> None:
        """ABORT: a reset leaves, TIME-WAIT begins with nothing to send again; when it ends, the
        outcome is what the user was told.
        """
        text = "tw2 abort=on rst_sender_state=time_wait width=16 window=10"
        found = host(state, text).calls("ABORT")
        assert found.sent is not None
        assert found.sent.ctl == "RST"
        assert (found.state, found.tcb["outcome"], found.tcb["timer"]) == (
            "TIME-WAIT",
            "aborted",
            2,
        )
        assert found.tcb["snd_una"] == found.tcb["snd_nxt"]
        waiting = host("TIME-WAIT", text).but(**{**found.tcb, "timer": 0})
        (over,) = waiting.times_out("TIME-WAIT timeout")
        assert (over.state, over.tcb["outcome"]) == ("CLOSED", "aborted")
        assert waiting.can_call("ABORT") == []

    def test_rfc_793_resets_by_itself(self) -> None:
        """A SYN in the window: reset; the states where SYNs are not agreed end in CLOSED."""
        text = "rfc793 rst_sender_state=time_wait"
        assert host("ESTABLISHED", text).receives(Packet("SYN", 303)).state == "TIME-WAIT"
        active = host("SYN-RECEIVED", text, passive=False)
        assert active.receives(Packet("SYN", 303)).state == "CLOSED"


# --- what is refused, what is assumed -------------------------------------------------------------


@pytest.mark.parametrize("row", REFUSED, ids=lambda row: "-".join(map(str, row[0].values())))
def test_contradictions_are_refused(row: tuple[dict[str, str], str]) -> None:
    """The message names the switches and what to do."""
    settings, advice = row
    with pytest.raises(ModelError, match=advice[:20]) as refused:
        scenario("rfc9293 " + " ".join(f"{k}={v}" for k, v in settings.items()))
    assert all(f"{k}={v}" in str(refused.value) for k, v in settings.items())


def test_every_remark_is_about_a_value_that_is_not_the_rfcs() -> None:
    """A verdict about the RFC's own TCP bears none of these remarks."""
    neutral = scenario("rfc9293").switches
    for rows in REMARKS.values():
        for key, value, _ in rows:
            assert neutral[key] != value
