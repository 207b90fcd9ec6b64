"""Every switch about text changes a verdict, and the rules behind it do what the RFC says."""

from __future__ import annotations

from functools import cache

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always, leads_to, sometimes
from tcpmodel.core.result import Result, Verdict
from tcpmodel.core.terms import Term, all_of, any_of, implies
from tcpmodel.engines import explicit, liveness
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.rule import symbolic_segment
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.segment import within
from tcpmodel.tcp.states import CLOSE_WAIT, ESTABLISHED
from tcpmodel.tcp.tcb import Me, segment_domains, tcb_domains

from .harness import Packet, host

ONE = "rfc9293 incarnations=1 gives_up=off closes=nobody senders=A"
"""One connection over which A sends; it stays open."""

HALF = "const_isn width=4 window=8 data=2"
"""The window is half of the sixteen numbers."""


@cache
def model(text: str) -> Model:
    return compose(scenario(text))


def check(text: str, formula: Term) -> Result:
    """Whether a formula holds in every reachable state."""
    return explicit.check(model(text).system, always(formula))


def reachable(text: str, formula: Term) -> bool:
    """Some state satisfies the formula."""
    return explicit.check(model(text).system, sometimes(formula)).verdict is Verdict.HOLDS


class TestProtocol:
    def test_udp_delivers_whatever_comes(self) -> None:
        """protocol: a datagram overtakes another and its user sees it; TCP's user does not."""
        for text, expected in (("udp", Verdict.FAILS), (f"{ONE} data=2", Verdict.HOLDS)):
            assert check(text, model(text).world.gets_a_prefix("B")).verdict is expected

    def test_udp_has_no_state_machine(self) -> None:
        """Nobody ever leaves CLOSED; data is sent in the first step."""
        world = model("udp").world
        assert check("udp", all_of(world.A.state == 0, world.B.state == 0)).verdict is Verdict.HOLDS
        assert reachable("udp", world.A.sent == 1)

    def test_a_duplicate_reaches_the_user_of_udp(self) -> None:
        """A copy made by the network is delivered, too; without copies nothing comes twice."""
        assert reachable("udp dup=1", model("udp dup=1").world.B.duplicated)
        assert not reachable("udp", model("udp").world.B.duplicated)


class TestNumberedOctets:
    @pytest.mark.parametrize("more", ["", " dup=1", " reassembly=hold", " receiver=slow"])
    def test_what_is_delivered_is_a_prefix(self, more: str) -> None:
        """In every scenario with numbers; and that both octets are delivered is reachable."""
        text = f"{ONE} data=2{more}"
        world = model(text).world
        assert check(text, world.gets_a_prefix("B")).verdict is Verdict.HOLDS
        assert reachable(text, all_of(world.B.taken == 2, world.sent_all("A")))

    def test_an_octet_taken_again_would_be_noticed(self) -> None:
        """(Ghosts.)  The same octet at RCV.NXT for the second time sets `duplicated`."""
        endpoint = host("ESTABLISHED", "rfc9293 data=2", taken=1)
        found = endpoint.receives(Packet("ACK", 301, 101, 1))  # index 0
        assert found.ghosts == {"duplicated": True, "taken": 2}

    def test_the_default_has_no_more_state_than_before(self) -> None:
        """Buffers, windows and held text are variables only where a switch asks for them."""
        plain = scenario("rfc9293 data=2")
        found = tcb_domains(plain)
        assert not {"unread", "snd_wnd", "syn_text", "held1"} & found.keys()
        assert "wnd" not in segment_domains(plain)
        assert all(found[ghost][1] for ghost in ("taken", "duplicated", "skipped", "cut"))


class TestReassembly:
    def test_text_beyond_the_gap_is_held_back_or_dropped(self) -> None:
        """reassembly: the second octet of two is taken with the first, or has to come again.

        Without retransmission, only `hold` survives that the second overtakes the first.
        """
        for switch, survives in (("hold", True), ("drop", False)):
            text = f"{ONE} data=2 retransmit=off loss=0 capacity=3 reassembly={switch}"
            world = model(text).world
            stuck = all_of(
                world.A.state == ESTABLISHED,
                world.A.snd_nxt == world.A.iss + 3,
                world.B.taken != 2,
                world.nothing_inflight(),
            )
            assert reachable(text, stuck) is not survives

    def test_the_gap_closes(self) -> None:
        """The first octet takes the second with it, and one ACK is for both."""
        endpoint = host("ESTABLISHED", "rfc9293 data=3 reassembly=hold")
        early = endpoint.receives(Packet("ACK", 302, 101, 1))
        assert (early.rule, early.sent) == ("holds_back__established", Packet("ACK", 101, 301))
        assert early.tcb["held1"] == "text"
        found = endpoint.but(**early.tcb).receives(Packet("ACK", 301, 101, 1))
        assert found.rule == "receives_text__established"
        assert found.tcb["rcv_nxt"] == 303
        assert found.sent == Packet("ACK", 101, 303)
        assert found.tcb["held1"] == "-"

    def test_a_gap_stays_where_one_is(self) -> None:
        """Held beyond a second gap, the fourth octet moves nearer and is not taken."""
        endpoint = host("ESTABLISHED", "rfc9293 data=3 reassembly=hold", held1="text", held3="text")
        found = endpoint.receives(Packet("ACK", 301, 101, 1))
        assert found.tcb["rcv_nxt"] == 303
        held = [found.tcb[f"held{n}"] for n in range(1, 5)]
        assert held == ["text", "-", "-", "-"]

    @pytest.mark.parametrize(
        ("state", "after"),
        [("ESTABLISHED", "CLOSE-WAIT"), ("FIN-WAIT-1", "CLOSING"), ("FIN-WAIT-2", "TIME-WAIT")],
    )
    def test_a_fin_is_held_back_too(self, state: str, after: str) -> None:
        """The FIN behind the gap is taken when the text before it comes, in the same step."""
        endpoint = host(state, "rfc9293 data=1 reassembly=hold")
        mine = int(endpoint.tcb["snd_una"])
        early = endpoint.receives(Packet("FIN,ACK", 302, mine))
        assert early.state == state
        found = endpoint.but(**early.tcb).receives(Packet("ACK", 301, mine, 1))
        assert (found.state, found.tcb["rcv_nxt"]) == (after, 303)
        assert found.sent == Packet("ACK", int(endpoint.tcb["snd_nxt"]), 303)

    def test_an_ack_that_comes_with_it_counts(self) -> None:
        """Text behind a gap acknowledges our FIN all the same."""
        endpoint = host("FIN-WAIT-1", "rfc9293 data=2 reassembly=hold")
        assert endpoint.receives(Packet("ACK", 302, 102, 1)).state == "FIN-WAIT-2"


class TestWindow:
    def test_no_more_is_sent_than_the_window_allows(self) -> None:
        """window: with room for one octet TCP stops and waits; with room for two it does not."""
        for window, expected in ((1, False), (2, True)):
            text = f"{ONE} data=2 window={window}"
            assert reachable(text, model(text).world.has_unacknowledged("A", 2)) is expected

    def test_a_slow_receiver_closes_the_window(self) -> None:
        """receiver: who is told of a closed window waits; an immediate receiver never closes it."""
        text = f"{ONE} data=2 window=1 receiver=slow"
        world = model(text).world
        assert reachable(text, world.believes_window_closed("A"))
        closed = all_of(world.B.unread == 1, world.A.state == ESTABLISHED)
        assert reachable(text, closed)
        with pytest.raises(ModelError, match="no 'unread'"):
            _ = model(f"{ONE} data=2 window=1").world.B.unread

    def test_receive_opens_it_and_says_so(self) -> None:
        """RECEIVE empties the buffer; only a window that was closed is announced."""
        full = host("ESTABLISHED", "rfc9293 data=2 width=16 window=2 receiver=slow", unread=2)
        found = full.calls("RECEIVE")
        assert found.sent == Packet("ACK", 101, 301)
        assert found.tcb["unread"] == 0
        assert full.but(unread=1).calls("RECEIVE").sent is None
        assert full.but(unread=0).can_call("RECEIVE") == []

    def test_a_closed_window_takes_no_text_but_an_ack(self) -> None:
        """Table 6: with a window of 0 only a segment without text at RCV.NXT is acceptable."""
        full = host("ESTABLISHED", "rfc9293 data=2 width=16 window=2 receiver=slow", unread=2)
        assert full.receives(Packet("ACK", 301, 101, 1)).rule == "out_of_window"
        assert full.receives(Packet("ACK", 301, 101)).rule == "receives_ack"
        assert full.receives(Packet("RST", 301)).state == "CLOSED"

    def test_an_update_can_be_undone_by_the_ack_before_it(self) -> None:
        """A window that opens without new text is announced with the same SEQ and ACK as when it
        closed: SND.WL1 and SND.WL2 are equal, and whichever comes last counts.  (In order it is the
        update; where segments overtake each other a sender may wait for ever without a loss.)
        """
        for channel, expected in (("fifo", Verdict.HOLDS), ("bag", Verdict.FAILS)):
            text = f"{ONE} data=2 window=1 receiver=slow persist=off loss=0 channel={channel}"
            world = model(text).world
            misled = all_of(
                world.believes_window_closed("A"), world.B.unread == 0, world.nothing_inflight()
            )
            assert check(text, z3.Not(misled)).verdict is expected

    def test_an_old_segment_does_not_close_it_again(self) -> None:
        """SND.WL1 and SND.WL2: what was sent earlier does not change the send window."""
        text = "rfc9293 data=2 width=16 window=2 receiver=slow"
        endpoint = host("ESTABLISHED", text, snd_una=102, snd_nxt=102)
        endpoint = endpoint.but(snd_wnd=2, snd_wl1=301, snd_wl2=102)
        assert "snd_wnd" not in endpoint.receives(Packet("ACK", 301, 101)).changed
        assert endpoint.receives(Packet("ACK", 301, 102)).changed == {"snd_wnd": 0}

    @pytest.mark.parametrize(
        ("persist", "expected"), [("on", Verdict.HOLDS), ("off", Verdict.FAILS)]
    )
    def test_without_probes_a_lost_update_is_the_end(self, persist: str, expected: Verdict) -> None:
        """persist: the update that the window is open again may be lost; only a probe helps."""
        text = f"{ONE} data=2 window=1 receiver=slow persist={persist}"
        world = model(text).world
        waits, goes_on = (
            world.believes_window_closed("A"),
            any_of(world.A.snd_wnd != 0, world.sent_all("A")),
        )
        probes = ("A persist timeout",) if persist == "on" else ()
        fair = leads_to(
            waits,
            goes_on,
            weak=(*probes, "A retransmission timeout", "B RECEIVE"),
            strong=("A receives", "B receives"),
        )
        assert liveness.check(model(text).system, fair).verdict is expected


class TestHalfOfTheNumbers:
    """A window is at most half of the sequence space."""

    @pytest.mark.parametrize("width", [2, 3, 4])
    def test_what_was_taken_is_told_from_what_is_new(self, width: int) -> None:
        """W =< 2^(w-1): an octet taken within the last window, which the sender may send again as
        long as it has not heard of it, is outside the window that follows.  One more, and it is in.
        """
        taken, rcv_nxt = z3.BitVecs("taken rcv_nxt", width)
        for window in range(1, 1 << width):
            solver = z3.SolverFor("QF_BV")
            solver.add(within(taken, rcv_nxt - window, window), within(taken, rcv_nxt, window))
            confused = solver.check() == z3.sat
            assert confused is (window > 1 << (width - 1))

    def test_the_rules_tell_them_apart(self) -> None:
        """The largest window that a scenario may have: such an octet is never acceptable."""
        me, seg = Me.symbolic(scenario(HALF)), symbolic_segment(scenario(HALF))
        solver = z3.SolverFor("QF_BV")
        solver.add(me.acceptable(seg), seg.len == 1, within(seg.seq, me.rcv_nxt - 8, 8))
        assert solver.check() == z3.unsat

    def test_a_larger_window_is_refused(self) -> None:
        """Not even a scenario in which the numbers would not go round."""
        with pytest.raises(ModelError, match="more than half of the sequence space"):
            scenario(HALF.replace("window=8", "window=9"))


class TestTextOnSyn:
    def test_it_waits_for_the_third_message(self) -> None:
        """syn_data: the listener keeps the octet; the ACK of its SYN delivers it."""
        asked = host("LISTEN", "rfc9293 data=1 syn_data=on").receives(Packet("SYN", 300, 0, 1))
        assert (asked.state, asked.tcb["syn_text"], asked.tcb["taken"]) == ("SYN-RECEIVED", True, 0)
        assert asked.sent is not None
        assert asked.sent.ack == 301
        waiting = host("SYN-RECEIVED", "rfc9293 data=1 syn_data=on", syn_text=True)
        found = waiting.receives(Packet("ACK", 302, 101))
        assert (found.state, found.tcb["rcv_nxt"], found.tcb["taken"]) == ("ESTABLISHED", 302, 1)
        assert found.sent == Packet("ACK", 101, 302)

    def test_with_two_messages_an_old_syn_delivers_old_text(self) -> None:
        """Delivered before the peer is known to be there: two_way fails, three messages do not."""
        more = "incarnations=2 data=1 senders=A syn_data=on gives_up=off"
        for preset, expected in (("two_way", Verdict.FAILS), ("rfc9293", Verdict.HOLDS)):
            text = f"{preset} {more}"
            world = model(text).world
            delivered = all_of(world.B.state == ESTABLISHED, world.B.taken != 0)
            said = implies(delivered, world.agrees_with_live_peer("B"))
            assert check(text, said).verdict is expected

    def test_it_saves_a_round_trip(self) -> None:
        """Text is delivered although the client has sent nothing but its SYN and an ACK."""
        for switch, sends in (("on", False), ("off", True)):
            text = f"{ONE} data=1 retransmit=off syn_data={switch}"
            path = explicit.check(model(text).system, sometimes(model(text).world.B.taken == 1))
            assert path.trace is not None
            assert any("A.send" in step.action for step in path.trace.steps) is sends

    def test_a_repeated_syn_does_not_end_the_attempt(self) -> None:
        """Its text is in the window, its SYN is not: trimmed, not taken for a new SYN."""
        waiting = host("SYN-RECEIVED", "rfc9293 data=1 syn_data=on", syn_text=True)
        assert waiting.receives(Packet("SYN", 300, 0, 1)).rule == "out_of_window"


class TestFin:
    def test_a_fin_does_not_overtake_text(self) -> None:
        """With numbers it waits; with flags only it ends the connection before the text."""
        for text, expected in (
            ("rfc9293 incarnations=1 data=1 senders=A", Verdict.HOLDS),
            ("flags_only incarnations=1 data=1 senders=A", Verdict.FAILS),
        ):
            world = model(text).world
            closed = implies(world.B.state == CLOSE_WAIT, z3.Not(world.B.cut))
            assert check(text, closed).verdict is expected


class TestContradictions:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("rfc9293 reassembly=hold", "is about text: let users send some"),
            ("rfc9293 protocol=udp", "protocol=udp is about text"),
            ("udp syn_data=on", "syn_data=on is TCP's"),
            ("udp msl=1 time_wait=2", "UDP has no timers"),
            ("flags_only data=1 receiver=slow", "needs sequence numbers"),
            ("rfc9293 data=1 window=1 reassembly=hold", "use window=2 or more"),
            ("rfc9293 data=1 persist=off", "use receiver=slow"),
        ],
    )
    def test_switches_that_contradict_each_other(self, text: str, words: str) -> None:
        """A combination without meaning is refused, and the message says what to change."""
        with pytest.raises(ModelError, match=words):
            scenario(text)
