"""Timeouts: RFC 9293 section 3.10.8, and the clock that drives them.

What is sent again is the segment at the front of the retransmission queue: what bears SND.UNA.
"""

from __future__ import annotations

from typing import Any

import pytest

from .harness import EVERY_STATE, Packet, host, played

SYN = Packet("SYN", 100)
SYNACK = Packet("SYN,ACK", 100, 301)


class TestRetransmission:
    @pytest.mark.parametrize(
        ("state", "tcb", "front"),
        [
            ("SYN-SENT", {}, SYN),
            ("SYN-RECEIVED", {}, SYNACK),
            ("SYN-RECEIVED", {"passive": False}, SYNACK),
            ("ESTABLISHED", {"snd_nxt": 102}, Packet("ACK", 101, 301, 1)),
            ("ESTABLISHED", {"snd_nxt": 103}, Packet("ACK", 101, 301, 1)),
            ("ESTABLISHED", {"snd_una": 102, "snd_nxt": 103}, Packet("ACK", 102, 301, 1)),
            ("CLOSE-WAIT", {"snd_nxt": 102}, Packet("ACK", 101, 302, 1)),
            ("FIN-WAIT-1", {}, Packet("FIN,ACK", 101, 301)),
            ("FIN-WAIT-1", {"snd_nxt": 103}, Packet("ACK", 101, 301, 1)),
            ("FIN-WAIT-1", {"snd_una": 102, "snd_nxt": 103}, Packet("FIN,ACK", 102, 301)),
            ("FIN-WAIT-1", {"snd_una": 100}, SYNACK),
            ("CLOSING", {}, Packet("FIN,ACK", 101, 302)),
            ("CLOSING", {"snd_nxt": 103}, Packet("ACK", 101, 302, 1)),
            ("CLOSING", {"snd_una": 100}, Packet("SYN,ACK", 100, 302)),
            ("LAST-ACK", {}, Packet("FIN,ACK", 101, 302)),
            ("LAST-ACK", {"snd_nxt": 103}, Packet("ACK", 101, 302, 1)),
        ],
    )
    def test_the_front_of_the_queue(self, state: str, tcb: dict[str, Any], front: Packet) -> None:
        """SYN before text before FIN; with the acknowledgment of now; nothing else changes.

        A CLOSE in SYN-RECEIVED has put a FIN behind a SYN that is still unacknowledged.
        """
        (did,) = host(state, "rfc9293 data=2", **tcb).times_out()
        assert did.sent == front
        assert did.nothing_changed

    @pytest.mark.parametrize(
        "state",
        ["CLOSED", "LISTEN", "ESTABLISHED", "FIN-WAIT-2", "CLOSE-WAIT", "TIME-WAIT"],
    )
    def test_an_empty_queue(self, state: str) -> None:
        """Where everything is acknowledged, nothing is sent again.  ACKs never are."""
        assert host(state, "rfc9293 data=2").times_out() == []

    @pytest.mark.parametrize("state", EVERY_STATE)
    def test_never(self, state: str) -> None:
        """`retransmit=off`: what is lost is lost."""
        assert host(state, "rfc9293 data=2 retransmit=off", snd_nxt=102).times_out() == []

    def test_the_two_way_server_has_no_syn_to_repeat(self) -> None:
        """Two-way handshake: the server's SYN counts as acknowledged when it is sent."""
        server = host("LISTEN", "two_way").receives(Packet("SYN", 300))
        assert host("ESTABLISHED", "two_way").but(**server.tcb).times_out() == []


class TestRetransmissionTimer:
    """`rto`: with a clock, something is sent again at least every so many ticks."""

    def test_it_restarts_when_something_is_sent(self) -> None:
        """SYN, text, FIN and every retransmission set the timer (3.10.8: reinitialize)."""
        text = "clock rto=3 data=1"
        assert host("CLOSED", text).calls("active OPEN").tcb["rtx_timer"] == 3
        assert host("LISTEN", text).receives(Packet("SYN", 300)).tcb["rtx_timer"] == 3
        assert host("ESTABLISHED", text).calls("SEND").tcb["rtx_timer"] == 3
        assert host("ESTABLISHED", text).calls("CLOSE").tcb["rtx_timer"] == 3
        assert host("CLOSE-WAIT", text).calls("CLOSE").tcb["rtx_timer"] == 3
        (did,) = host("LAST-ACK", text).times_out()
        assert did.changed == {"rtx_timer": 3}

    def test_an_acknowledgment_alone_does_not_set_it(self) -> None:
        """An ACK carries nothing that must be acknowledged."""
        did = host("FIN-WAIT-2", "clock rto=3").receives(Packet("FIN,ACK", 301, 102))
        assert did.tcb["rtx_timer"] == 0

    def test_time_stands_still_until_it_is_sent_again(self) -> None:
        """When the timer has run out and something is unacknowledged, no tick comes before the
        retransmission.
        """
        play = played("clock rto=1")
        play.take("A.closed_active_open")
        play.put(gone("A>B[0]"))
        play.take("tick")
        assert play["A.rtx_timer"] == 0
        assert "tick" not in play.names()
        play.take("A.retransmit_syn__syn_sent")
        assert "tick" in play.names()

    def test_nothing_is_due_once_it_is_acknowledged(self) -> None:
        """With nothing under way and nothing unacknowledged the clock just runs."""
        play = played("clock rto=3").put({"A.state": "ESTABLISHED", "B.state": "ESTABLISHED"})
        assert play["A.rtx_timer"] == 0
        assert "tick" in play.names()

    def test_it_may_come_earlier(self) -> None:
        """The timer is a bound, not a date: any other policy is a run, too."""
        play = played("clock rto=3")
        play.take("A.closed_active_open")
        assert play["A.rtx_timer"] == 3
        assert "A.retransmit_syn__syn_sent" in play.names()


class TestTimeWait:
    def test_without_a_clock_it_may_end_at_any_time(self) -> None:
        """3.10.8: delete the TCB, enter CLOSED; no clock says when."""
        (did,) = host("TIME-WAIT").times_out("TIME-WAIT timeout")
        assert did.sent is None
        assert did.state == "CLOSED"
        assert (did.tcb["snd_nxt"], did.tcb["rcv_nxt"], did.tcb["outcome"]) == (0, 0, "closed")

    def test_with_a_clock_it_ends_when_the_timer_does(self) -> None:
        """Not before the timer has run out."""
        assert host("TIME-WAIT", "tw2", timer=1).times_out("TIME-WAIT timeout") == []
        assert len(host("TIME-WAIT", "tw2", timer=0).times_out("TIME-WAIT timeout")) == 1

    @pytest.mark.parametrize("state", EVERY_STATE[:-1])
    def test_only_there(self, state: str) -> None:
        """No other state has this timer."""
        assert host(state).times_out("TIME-WAIT timeout") == []

    def test_it_lasts_as_many_ticks_as_the_scenario_says(self) -> None:
        """From entering TIME-WAIT to CLOSED exactly `time_wait` ticks pass."""
        for ticks, preset in ((0, "tw0"), (2, "clock"), (3, "clock time_wait=3")):
            play = played(preset)
            play.put({"A.state": "TIME-WAIT", "A.timer": ticks})
            for left in range(ticks, 0, -1):
                assert play["A.timer"] == left
                assert "A.time_wait_timeout" not in play.names()
                play.take("tick")
            assert "tick" not in play.names()
            play.take("A.time_wait_timeout")
            assert play["A.state"] == "CLOSED"

    def test_both_may_wait(self) -> None:
        """After a simultaneous close one tick is one tick for both."""
        play = played("clock")
        play.put({"A.state": "TIME-WAIT", "A.timer": 2, "B.state": "TIME-WAIT", "B.timer": 1})
        play.take("tick")
        assert (play["A.timer"], play["B.timer"]) == (1, 0)
        assert "tick" not in play.names()
        play.take("B.time_wait_timeout")
        play.take("tick")
        assert play["A.timer"] == 0


def gone(slot: str) -> dict[str, str | int]:
    """An empty slot."""
    return {f"{slot}.{n}": "-" if n == "ctl" else 0 for n in ("ctl", "seq", "ack", "inc", "to")}
