"""SEGMENT ARRIVES in SYN-RECEIVED and beyond: RFC 9293 section 3.10.7.4, check by check.

My SYN is 100 (my FIN 101), the peer's SYN is 300 (its FIN 301); the window is ten octets.
"""

from __future__ import annotations

import pytest

from .harness import FIN_TAKEN, FIN_TO_COME, SYNCHRONIZED, WINDOW, Host, Outcome, Packet, host

OPEN = ("SYN-RECEIVED", *SYNCHRONIZED)
"""The states that this section is about."""


def rcv_nxt(endpoint: Host) -> int:
    return int(endpoint.tcb["rcv_nxt"])


def ack_of(endpoint: Host) -> Packet:
    """<SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>"""
    return Packet("ACK", int(endpoint.tcb["snd_nxt"]), rcv_nxt(endpoint))


def arrives(endpoint: Host, bits: str, ahead: int = 0, acked: int = 101, text: int = 0) -> Outcome:
    """A segment arrives that begins `ahead` of RCV.NXT."""
    return endpoint.receives(Packet(bits, rcv_nxt(endpoint) + ahead, acked, text))


# --- first: the sequence number -------------------------------------------------------------------


class TestFirstSequenceNumber:
    @pytest.mark.parametrize("state", OPEN)
    @pytest.mark.parametrize("bits", ["ACK", "SYN", "SYN,ACK"])
    @pytest.mark.parametrize("ahead", [-2, -100, WINDOW, 1000])
    def test_out_of_window(self, state: str, bits: str, ahead: int) -> None:
        """Not acceptable: an acknowledgment is sent in reply, and the segment is dropped."""
        endpoint = host(state)
        did = arrives(endpoint, bits, ahead)
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    @pytest.mark.parametrize("state", OPEN)
    @pytest.mark.parametrize("bits", ["RST", "RST,ACK"])
    @pytest.mark.parametrize("ahead", [-1, WINDOW])
    @pytest.mark.parametrize("rfc5961", ["on", "off"])
    def test_reset_out_of_window(self, state: str, bits: str, ahead: int, rfc5961: str) -> None:
        """ "unless the RST bit is set, if so drop the segment and return"."""
        did = arrives(host(state, f"rfc9293 rfc5961={rfc5961}"), bits, ahead)
        assert did.sent is None
        assert did.nothing_changed

    @pytest.mark.parametrize("state", OPEN)
    def test_a_repeated_syn_is_out_of_window(self, state: str) -> None:
        """The SYN that began it all lies before RCV.NXT: answered by an ACK.

        Read literally that is also what SYN-RECEIVED says to a client whose SYN,ACK was lost.
        """
        endpoint = host(state)
        did = endpoint.receives(Packet("SYN", 300))
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    def test_a_repeated_synack_is_out_of_window(self) -> None:
        """So the third message is sent again when the second comes again."""
        did = host("ESTABLISHED").receives(Packet("SYN,ACK", 300, 101))
        assert did.sent == Packet("ACK", 101, 301)
        assert did.nothing_changed

    def test_synack_in_a_simultaneous_open(self) -> None:
        """Figure 7 line 6, read literally: the SYN,ACK begins before RCV.NXT, so it is answered by
        an ACK and dropped, acknowledgment and all.  (Appendix A.2 would process it.)
        """
        opened = host("SYN-RECEIVED", passive=False)
        did = opened.receives(Packet("SYN,ACK", 300, 101))
        assert did.rule == "out_of_window"
        assert did.sent == Packet("ACK", 101, 301)
        assert did.nothing_changed

    @pytest.mark.parametrize("state", ["CLOSE-WAIT", "CLOSING", "LAST-ACK"])
    def test_a_repeated_fin(self, state: str) -> None:
        """The peer's FIN once more lies before RCV.NXT: acknowledged again; its ACK is not read."""
        endpoint = host(state)
        did = endpoint.receives(Packet("FIN,ACK", 301, 102))
        assert did.rule == "out_of_window"
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    @pytest.mark.parametrize("state", ["SYN-RECEIVED", *FIN_TO_COME])
    def test_a_repeated_octet(self, state: str) -> None:
        """Text that was already delivered is acknowledged again, and not delivered again."""
        endpoint = host(state, "rfc9293 data=1", rcv_nxt=302)
        did = endpoint.receives(Packet("ACK", 301, 101, 1))
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    @pytest.mark.parametrize("state", OPEN)
    def test_flags_only_has_no_window(self, state: str) -> None:
        """With flags only nothing is out of the window."""
        assert "out_of_window" not in arrives(host(state, "flags_only"), "ACK", 5000).rule


# --- second: RST ----------------------------------------------------------------------------------


class TestSecondReset:
    @pytest.mark.parametrize("bits", ["RST", "RST,ACK"])
    @pytest.mark.parametrize("state", SYNCHRONIZED[:-1])
    def test_ends_the_connection(self, state: str, bits: str) -> None:
        """At RCV.NXT: CLOSED, no TCB, nothing is sent, the user is told (3.5.3, MUST-12).

        3.10.7.4 signals "connection reset" in ESTABLISHED, FIN-WAIT and CLOSE-WAIT only, 3.5.3 in
        "any other state"; the latter is what the outcome records.
        """
        did = arrives(host(state), bits)
        assert did.sent is None
        assert did.state == "CLOSED"
        assert not any(did.tcb[n] for n in ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt"))
        assert did.tcb["outcome"] == "reset"

    @pytest.mark.parametrize("rfc5961", ["on", "off"])
    def test_syn_received_after_passive_open(self, rfc5961: str) -> None:
        """Back to LISTEN; the user need not be informed.  (Figure 5 Note 1)"""
        did = arrives(host("SYN-RECEIVED", f"rfc9293 rfc5961={rfc5961}"), "RST")
        assert did.sent is None
        assert did.state == "LISTEN"
        assert did.tcb["passive"] is True
        assert not any(did.tcb[n] for n in ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt"))
        assert did.tcb["outcome"] == "none"

    def test_syn_received_after_active_open(self) -> None:
        """The connection was refused: CLOSED, no TCB.  (MUST-11)"""
        did = arrives(host("SYN-RECEIVED", passive=False), "RST")
        assert did.sent is None
        assert did.state == "CLOSED"
        assert did.tcb["outcome"] == "refused"

    def test_time_wait(self) -> None:
        """TIME-WAIT: CLOSED, no TCB; both sides had closed, so the user has nothing to hear."""
        did = arrives(host("TIME-WAIT"), "RST")
        assert did.sent is None
        assert did.state == "CLOSED"
        assert did.tcb["outcome"] == "closed"

    @pytest.mark.parametrize("state", OPEN)
    @pytest.mark.parametrize("ahead", [1, WINDOW - 1])
    def test_rfc5961_wants_the_exact_number(self, state: str, ahead: int) -> None:
        """In the window but not at RCV.NXT: a challenge ACK, and nothing else."""
        endpoint = host(state)
        did = arrives(endpoint, "RST", ahead)
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    @pytest.mark.parametrize("state", OPEN)
    @pytest.mark.parametrize("ahead", [0, 1, WINDOW - 1])
    def test_rfc793_takes_any_in_the_window(self, state: str, ahead: int) -> None:
        """3.5.3: a reset is valid if its sequence number is in the window."""
        did = arrives(host(state, "rfc793"), "RST", ahead)
        assert did.sent is None
        assert did.state == ("LISTEN" if state == "SYN-RECEIVED" else "CLOSED")

    @pytest.mark.parametrize("ahead", [0, 1, WINDOW - 1, WINDOW, -1])
    @pytest.mark.parametrize("rfc5961", ["on", "off"])
    def test_rfc1337_is_deaf_to_resets(self, ahead: int, rfc5961: str) -> None:
        """RFC 1337 F1: resets are ignored in TIME-WAIT, those in the window like the others."""
        text = f"rfc9293 tw_rfc1337=on rfc5961={rfc5961}"
        did = arrives(host("TIME-WAIT", text), "RST", ahead)
        assert did.sent is None
        assert did.nothing_changed

    @pytest.mark.parametrize("state", SYNCHRONIZED[:-1])
    def test_rfc1337_is_about_time_wait_only(self, state: str) -> None:
        """In every other state resets are heard."""
        assert arrives(host(state, "rfc9293 tw_rfc1337=on"), "RST").state == "CLOSED"


# --- fourth: SYN ----------------------------------------------------------------------------------


class TestFourthSyn:
    @pytest.mark.parametrize("bits", ["SYN", "SYN,ACK"])
    @pytest.mark.parametrize("rfc5961", ["on", "off"])
    def test_syn_received_after_passive_open(self, bits: str, rfc5961: str) -> None:
        """In the window: back to LISTEN, and nothing is sent."""
        did = arrives(host("SYN-RECEIVED", f"rfc9293 rfc5961={rfc5961}"), bits, 3)
        assert did.sent is None
        assert did.state == "LISTEN"
        assert did.tcb["passive"] is True

    @pytest.mark.parametrize("state", OPEN)
    @pytest.mark.parametrize("bits", ["SYN", "SYN,ACK"])
    @pytest.mark.parametrize("ahead", [0, 3, -5, WINDOW])
    def test_rfc5961_challenges(self, state: str, bits: str, ahead: int) -> None:
        """ "irrespective of the sequence number": a challenge ACK, and the segment is dropped."""
        endpoint = host(state, passive=False)
        did = arrives(endpoint, bits, ahead)
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    @pytest.mark.parametrize("state", OPEN)
    def test_rfc793_resets(self, state: str) -> None:
        """In the window it is an error: a reset is sent, CLOSED, the user is told."""
        endpoint = host(state, "rfc793", passive=False)
        did = arrives(endpoint, "SYN")
        assert did.sent == Packet("RST,ACK", 0, rcv_nxt(endpoint) + 1)
        assert did.state == "CLOSED"
        assert did.tcb["outcome"] == "reset"
        assert arrives(endpoint, "SYN,ACK", acked=500).sent == Packet("RST", 500)

    @pytest.mark.parametrize("state", SYNCHRONIZED)
    def test_flags_only_answers_with_an_ack(self, state: str) -> None:
        """Without numbers a repeated SYN looks like a new one; it must not end the connection."""
        did = arrives(host(state, "flags_only"), "SYN")
        assert did.sent is not None
        assert did.sent.ctl == "ACK"
        assert did.nothing_changed

    def test_two_way_server_repeats_its_answer(self) -> None:
        """Two-way handshake: the SYN of this connection is answered as it was the first time."""
        did = host("ESTABLISHED", "two_way").receives(Packet("SYN", 300))
        assert did.sent == Packet("SYN,ACK", 100, 301)
        assert did.nothing_changed

    def test_two_way_server_knows_its_client(self) -> None:
        """Two-way handshake: another SYN is out of the window, and answered by an ACK."""
        did = host("ESTABLISHED", "two_way").receives(Packet("SYN", 200))
        assert did.sent == Packet("ACK", 101, 301)
        assert did.nothing_changed


# --- fifth: ACK -----------------------------------------------------------------------------------


class TestFifthAck:
    @pytest.mark.parametrize("state", OPEN)
    @pytest.mark.parametrize(("bits", "text"), [("FIN", 0), ("FIN", 1)])
    def test_off(self, state: str, bits: str, text: int) -> None:
        """If the ACK bit is off, drop the segment."""
        did = arrives(host(state, "rfc9293 data=1"), bits, text=text)
        assert did.sent is None
        assert did.nothing_changed

    @pytest.mark.parametrize("state", SYNCHRONIZED)
    @pytest.mark.parametrize("rfc5961", ["on", "off"])
    @pytest.mark.parametrize("bits", ["ACK", "FIN,ACK"])
    def test_of_what_was_never_sent(self, state: str, rfc5961: str, bits: str) -> None:
        """SEG.ACK > SND.NXT: an ACK is sent, the segment dropped, FIN and all."""
        endpoint = host(state, f"rfc9293 rfc5961={rfc5961}")
        for beyond in (1, 2, 1000):
            did = arrives(endpoint, bits, 0, int(endpoint.tcb["snd_nxt"]) + beyond)
            assert did.sent == ack_of(endpoint)
            assert did.nothing_changed

    @pytest.mark.parametrize("state", SYNCHRONIZED)
    def test_rfc5961_range(self, state: str) -> None:
        """RFC 5961: older than SND.UNA - MAX.SND.WND is refused like what was never sent."""
        endpoint = host(state)
        oldest = int(endpoint.tcb["snd_una"]) - WINDOW
        assert arrives(endpoint, "ACK", 0, oldest - 1).sent == ack_of(endpoint)
        assert arrives(endpoint, "ACK", 0, oldest).sent is None

    @pytest.mark.parametrize("state", SYNCHRONIZED)
    @pytest.mark.parametrize("rfc5961", ["on", "off"])
    def test_a_duplicate_is_ignored(self, state: str, rfc5961: str) -> None:
        """SEG.ACK =< SND.UNA: it can be ignored."""
        endpoint = host(state, f"rfc9293 rfc5961={rfc5961}")
        for old in (0, 1, 5):
            did = arrives(endpoint, "ACK", 0, int(endpoint.tcb["snd_una"]) - old)
            assert did.sent is None
            assert did.nothing_changed

    def test_rfc793_ignores_even_the_oldest(self) -> None:
        """Without RFC 5961 there is no lower bound."""
        did = arrives(host("ESTABLISHED", "rfc793"), "ACK", 0, 101 - 2000)
        assert did.sent is None
        assert did.nothing_changed


class TestFifthSynReceived:
    @pytest.mark.parametrize("passive", [True, False])
    def test_our_syn_is_acknowledged(self, passive: bool) -> None:
        """SND.UNA < SEG.ACK =< SND.NXT: ESTABLISHED; nothing is sent."""
        did = arrives(host("SYN-RECEIVED", passive=passive), "ACK")
        assert did.sent is None
        assert did.changed == {"state": "ESTABLISHED", "snd_una": 101}

    @pytest.mark.parametrize("rfc5961", ["on", "off"])
    @pytest.mark.parametrize("bits", ["ACK", "FIN,ACK"])
    @pytest.mark.parametrize("acked", [99, 100, 102, 40000, 50])
    def test_something_else_is(self, rfc5961: str, bits: str, acked: int) -> None:
        """Not acceptable: <SEQ=SEG.ACK><CTL=RST>, and SYN-RECEIVED goes on (3.5.2 group 2).

        The input check of RFC 5961 stands before this paragraph and would send an ACK where
        SEG.ACK is out of its range; 3.5.2 speaks of a reset without condition, and is followed.
        """
        did = arrives(host("SYN-RECEIVED", f"rfc9293 rfc5961={rfc5961}"), bits, 0, acked)
        assert did.sent == Packet("RST", acked)
        assert did.nothing_changed

    def test_silence(self) -> None:
        """With resets off it is dropped."""
        did = arrives(host("SYN-RECEIVED", "rfc9293 rst=off"), "ACK", 0, 99)
        assert did.sent is None
        assert did.nothing_changed

    def test_flags_only_takes_any_ack(self) -> None:
        """With flags only any ACK completes the handshake."""
        did = arrives(host("SYN-RECEIVED", "flags_only"), "ACK", 77, 9)
        assert did.changed == {"state": "ESTABLISHED", "snd_una": 101}


class TestFifthSynchronized:
    @pytest.mark.parametrize("state", ["ESTABLISHED", "CLOSE-WAIT"])
    def test_text_is_acknowledged(self, state: str) -> None:
        """SND.UNA <- SEG.ACK, in part or in whole."""
        endpoint = host(state, "rfc9293 data=2", snd_nxt=103)
        for acked in (102, 103):
            did = arrives(endpoint, "ACK", 0, acked)
            assert did.sent is None
            assert did.changed == {"snd_una": acked}

    def test_fin_wait_1(self) -> None:
        """If our FIN is now acknowledged, FIN-WAIT-2."""
        did = arrives(host("FIN-WAIT-1"), "ACK", 0, 102)
        assert did.sent is None
        assert did.changed == {"state": "FIN-WAIT-2", "snd_una": 102}

    @pytest.mark.parametrize("state", ["FIN-WAIT-1", "CLOSING", "LAST-ACK"])
    def test_our_fin_is_not_acknowledged_yet(self, state: str) -> None:
        """What is acknowledged is text, or the SYN of an early CLOSE: wait on."""
        text = arrives(host(state, "rfc9293 data=1", snd_nxt=103), "ACK", 0, 102)
        assert text.changed == {"snd_una": 102}
        early = arrives(host("FIN-WAIT-1", snd_una=100), "ACK", 0, 101)
        assert early.changed == {"snd_una": 101}
        assert text.sent is early.sent is None

    def test_fin_wait_2_waits(self) -> None:
        """The TCB is not deleted."""
        did = arrives(host("FIN-WAIT-2"), "ACK", 0, 102)
        assert did.sent is None
        assert did.nothing_changed

    def test_closing(self) -> None:
        """If the ACK acknowledges our FIN, TIME-WAIT; its timer starts."""
        did = arrives(host("CLOSING", "tw2"), "ACK", 0, 102)
        assert did.sent is None
        assert did.changed == {"state": "TIME-WAIT", "snd_una": 102, "timer": 2}

    def test_last_ack(self) -> None:
        """If our FIN is now acknowledged, CLOSED and no TCB."""
        did = arrives(host("LAST-ACK"), "ACK", 0, 102)
        assert did.sent is None
        assert did.state == "CLOSED"
        assert not any(did.tcb[n] for n in ("iss", "irs", "snd_una", "snd_nxt", "rcv_nxt"))
        assert did.tcb["outcome"] == "closed"

    @pytest.mark.parametrize("state", ["FIN-WAIT-1", "CLOSING", "LAST-ACK"])
    def test_flags_only_any_ack_is_of_our_fin(self, state: str) -> None:
        """With flags only an old ACK acknowledges our FIN."""
        after = {"FIN-WAIT-1": "FIN-WAIT-2", "CLOSING": "TIME-WAIT", "LAST-ACK": "CLOSED"}
        assert arrives(host(state, "flags_only"), "ACK", 7, 7).state == after[state]

    def test_time_wait_does_not_answer_acks(self) -> None:
        """TIME-WAIT: "the only thing that can arrive is a retransmission of the remote FIN": an
        ACK by itself is none, is not answered (two in TIME-WAIT would go on for ever), and does
        not restart the timer.
        """
        did = arrives(host("TIME-WAIT", "tw2", timer=1), "ACK", 0, 102)
        assert did.sent is None
        assert did.nothing_changed


# --- seventh: text --------------------------------------------------------------------------------


class TestSeventhText:
    @pytest.mark.parametrize("state", FIN_TO_COME)
    def test_the_next_octet(self, state: str) -> None:
        """RCV.NXT advances over it, and it is acknowledged."""
        endpoint = host(state, "rfc9293 data=1")
        did = arrives(endpoint, "ACK", 0, int(endpoint.tcb["snd_una"]), text=1)
        assert did.sent == Packet("ACK", int(endpoint.tcb["snd_nxt"]), 302)
        assert did.changed == {"rcv_nxt": 302}

    def test_with_the_third_message(self) -> None:
        """SYN-RECEIVED: ESTABLISHED by its ACK, the text follows in the same step."""
        did = arrives(host("SYN-RECEIVED", "rfc9293 data=1"), "ACK", text=1)
        assert did.sent == Packet("ACK", 101, 302)
        assert did.changed == {"state": "ESTABLISHED", "snd_una": 101, "rcv_nxt": 302}

    def test_with_the_acknowledgment_of_our_fin(self) -> None:
        """FIN-WAIT-1: FIN-WAIT-2 by its ACK, "and continue processing in that state"."""
        did = arrives(host("FIN-WAIT-1", "rfc9293 data=1"), "ACK", 0, 102, text=1)
        assert did.sent == Packet("ACK", 102, 302)
        assert did.changed == {"state": "FIN-WAIT-2", "snd_una": 102, "rcv_nxt": 302}

    @pytest.mark.parametrize("state", ["SYN-RECEIVED", *FIN_TO_COME])
    def test_beyond_the_next(self, state: str) -> None:
        """In the window but not at RCV.NXT: an ACK (MAY-13); holding it back is left out."""
        endpoint = host(state, "rfc9293 data=1")
        did = arrives(endpoint, "ACK", 1, text=1)
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    @pytest.mark.parametrize("state", FIN_TAKEN)
    def test_after_the_fin(self, state: str) -> None:
        """It should not occur: it is not delivered."""
        endpoint = host(state, "rfc9293 data=1")
        did = arrives(endpoint, "ACK", 0, int(endpoint.tcb["snd_una"]), text=1)
        assert did.rule == "text_after_fin"
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    @pytest.mark.parametrize(("state", "after"), [("CLOSING", "TIME-WAIT"), ("LAST-ACK", "CLOSED")])
    def test_the_ack_of_ignored_text_counts(self, state: str, after: str) -> None:
        """The fifth step comes before the seventh: our FIN is acknowledged all the same."""
        endpoint = host(state, "rfc9293 data=1")
        did = arrives(endpoint, "ACK", 0, int(endpoint.tcb["snd_nxt"]), text=1)
        assert did.changed["state"] == after

    def test_old_text_is_noticed(self) -> None:
        """(Ghosts.)  Text that was meant for an earlier incarnation of mine is remembered."""
        endpoint = host("ESTABLISHED", "rfc9293 data=1", inc=2, peer=2)
        segment = Packet("ACK", 301, 101, 1)
        assert endpoint.receives(segment, inc=1, to=1).ghosts == {"stale_text": True, "taken": 1}
        assert endpoint.receives(segment, inc=2, to=2).nothing_changed is False
        assert endpoint.receives(segment, inc=2, to=2).ghosts == {"taken": 1}


# --- eighth: FIN ----------------------------------------------------------------------------------


class TestEighthFin:
    @pytest.mark.parametrize(
        ("state", "acked", "after"),
        [
            ("SYN-RECEIVED", 101, "CLOSE-WAIT"),
            ("ESTABLISHED", 101, "CLOSE-WAIT"),
            ("FIN-WAIT-1", 101, "CLOSING"),
            ("FIN-WAIT-1", 102, "TIME-WAIT"),
            ("FIN-WAIT-2", 102, "TIME-WAIT"),
            ("FIN-WAIT-2", 101, "TIME-WAIT"),
        ],
    )
    def test_the_direction_is_closed(self, state: str, acked: int, after: str) -> None:
        """RCV.NXT advances over the FIN, which is acknowledged; the state is as Figure 5 says."""
        endpoint = host(state, "tw2")
        did = arrives(endpoint, "FIN,ACK", 0, acked)
        assert did.sent == Packet("ACK", int(endpoint.tcb["snd_nxt"]), 302)
        una = max(acked, int(endpoint.tcb["snd_una"]))
        wanted = {"state": after, "rcv_nxt": 302, "snd_una": una}
        if after == "TIME-WAIT":
            wanted["timer"] = 2  # start the time-wait timer
        assert did.changed == {n: v for n, v in wanted.items() if v != endpoint.tcb[n]}

    def test_early_close_meets_early_close(self) -> None:
        """FIN-WAIT-1 with our SYN unacknowledged, a FIN that acknowledges only that: CLOSING."""
        did = arrives(host("FIN-WAIT-1", snd_una=100), "FIN,ACK", 0, 101)
        assert did.changed == {"state": "CLOSING", "snd_una": 101, "rcv_nxt": 302}

    @pytest.mark.parametrize("state", ["SYN-RECEIVED", *FIN_TO_COME])
    def test_beyond_the_next(self, state: str) -> None:
        """A FIN that overtook text is answered by an ACK and dropped, acknowledgment and all."""
        endpoint = host(state)
        did = arrives(endpoint, "FIN,ACK", 1)
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    @pytest.mark.parametrize("state", FIN_TAKEN)
    def test_another_fin(self, state: str) -> None:
        """Remain in the state; nothing behind a FIN is taken."""
        endpoint = host(state)
        did = arrives(endpoint, "FIN,ACK", 0, int(endpoint.tcb["snd_una"]))
        assert did.sent == ack_of(endpoint)
        assert did.nothing_changed

    def test_old_fin_is_noticed(self) -> None:
        """(Ghosts.)  A FIN that was meant for an earlier incarnation of mine is remembered."""
        endpoint = host("ESTABLISHED", inc=2, peer=2)
        assert endpoint.receives(Packet("FIN,ACK", 301, 101), to=1).ghosts == {"stale_fin": True}

    def test_text_is_taken_before_a_fin(self) -> None:
        """Of a segment with both only the text is taken; the FIN will be sent again."""
        did = arrives(host("ESTABLISHED", "rfc9293 data=1"), "FIN,ACK", text=1)
        assert did.sent == Packet("ACK", 101, 302)
        assert did.changed == {"rcv_nxt": 302}


class TestTimeWait:
    @pytest.mark.parametrize("acked", [102, 101, 500])
    def test_the_fin_comes_again(self, acked: int) -> None:
        """Acknowledge it, and restart the 2 MSL timeout."""
        did = host("TIME-WAIT", "tw2", timer=1).receives(Packet("FIN,ACK", 301, acked))
        assert did.sent == Packet("ACK", 102, 302)
        assert did.changed == {"timer": 2}

    def test_the_restart_is_a_switch(self) -> None:
        """Read literally, the sequence check comes first: acknowledged, but no restart."""
        waiting = host("TIME-WAIT", "tw2 time_wait_restart=off", timer=1)
        did = waiting.receives(Packet("FIN,ACK", 301, 102))
        assert did.sent == Packet("ACK", 102, 302)
        assert did.nothing_changed

    def test_with_text_in_front(self) -> None:
        """The FIN that was taken is the one before RCV.NXT, whatever stands in front of it."""
        waiting = host("TIME-WAIT", "tw2 data=1", rcv_nxt=303, timer=1)
        assert waiting.receives(Packet("FIN,ACK", 301, 102, 1)).changed == {"timer": 2}
        assert waiting.receives(Packet("FIN,ACK", 302, 102, 1)).nothing_changed

    @pytest.mark.parametrize("seq", [300, 302, 303])
    def test_another_fin(self, seq: int) -> None:
        """Any other FIN does not restart the timer."""
        did = host("TIME-WAIT", "tw2", timer=1).receives(Packet("FIN,ACK", seq, 102))
        assert did.sent == Packet("ACK", 102, 302)
        assert did.nothing_changed

    @pytest.mark.parametrize("ahead", [-2, 0, 5, 1000])
    def test_a_new_syn(self, ahead: int) -> None:
        """No connection is accepted from TIME-WAIT (MAY-2 is left out): an ACK."""
        waiting = host("TIME-WAIT", "tw2", timer=1)
        did = arrives(waiting, "SYN", ahead)
        assert did.sent == ack_of(waiting)
        assert did.nothing_changed


# --- in all states --------------------------------------------------------------------------------


@pytest.mark.parametrize("state", OPEN)
class TestGhosts:
    def test_an_answer_to_me_confirms(self, state: str) -> None:
        """(Ghosts.)  Whoever acknowledges this incarnation of mine is whom I am connected with."""
        endpoint = host(state, inc=2, peer=1, confirmed=False)
        did = arrives(endpoint, "ACK", 0, int(endpoint.tcb["snd_nxt"]))
        if did.state != "CLOSED":
            assert (did.tcb["peer"], did.tcb["confirmed"]) == (1, False)
        segment = Packet("ACK", rcv_nxt(endpoint), int(endpoint.tcb["snd_nxt"]))
        did = endpoint.receives(segment, inc=2, to=2)
        if did.state != "CLOSED":
            assert (did.tcb["peer"], did.tcb["confirmed"]) == (2, True)

    def test_what_is_dropped_teaches_nothing(self, state: str) -> None:
        """(Ghosts.)  A segment that fails a check changes no belief."""
        endpoint = host(state, inc=2, peer=1, confirmed=False)
        for segment in (Packet("ACK", 50, 101), Packet("ACK", rcv_nxt(endpoint), 9999)):
            assert endpoint.receives(segment, inc=2, to=2).nothing_changed
