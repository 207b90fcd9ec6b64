"""SEGMENT ARRIVES in CLOSED, LISTEN and SYN-SENT: RFC 9293 sections 3.10.7.1 to 3.10.7.3."""

from __future__ import annotations

import pytest

from .harness import ISS, Packet, host

ACK = Packet("ACK", 300, 500)
ANYTHING = [
    Packet("SYN", 300),
    Packet("SYN,ACK", 300, 101),
    Packet("ACK", 301, 101),
    Packet("ACK", 301, 101, 1),
    Packet("FIN,ACK", 301, 101),
    Packet("RST", 301),
    Packet("RST,ACK", 0, 101),
]


# --- CLOSED: 3.10.7.1 -----------------------------------------------------------------------------


class TestClosed:
    @pytest.mark.parametrize("reset", [Packet("RST", 7), Packet("RST,ACK", 0, 101)])
    def test_a_reset_is_discarded(self, reset: Packet) -> None:
        """An incoming segment containing a RST is discarded."""
        did = host("CLOSED").receives(reset)
        assert did.sent is None
        assert did.nothing_changed

    @pytest.mark.parametrize(
        ("arriving", "acknowledged"),
        [
            (Packet("SYN", 300), 301),
            (Packet("SYN", 300, 0, 1), 302),
            (Packet("FIN", 300), 301),
        ],
    )
    def test_without_ack(self, arriving: Packet, acknowledged: int) -> None:
        """<SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>; nothing is remembered."""
        did = host("CLOSED", "rfc9293 data=1").receives(arriving)
        assert did.sent == Packet("RST,ACK", 0, acknowledged)
        assert did.nothing_changed

    @pytest.mark.parametrize("bits", ["ACK", "SYN,ACK", "FIN,ACK"])
    def test_with_ack(self, bits: str) -> None:
        """<SEQ=SEG.ACK><CTL=RST>"""
        did = host("CLOSED").receives(Packet(bits, 300, 500))
        assert did.sent == Packet("RST", 500)
        assert did.nothing_changed

    @pytest.mark.parametrize("arriving", ANYTHING)
    def test_silence(self, arriving: Packet) -> None:
        """With resets off, nothing is answered."""
        did = host("CLOSED", "rfc9293 rst=off data=1").receives(arriving)
        assert did.sent is None
        assert did.nothing_changed

    def test_the_reset_is_for_who_sent_the_segment(self) -> None:
        """(Ghosts.)  The reset comes from my last incarnation and is for the segment's sender."""
        did = host("CLOSED", inc=1).receives(ACK, inc=2)
        assert did.sent_ghosts == (1, 2)


# --- LISTEN: 3.10.7.2 -----------------------------------------------------------------------------


class TestListenFirstReset:
    @pytest.mark.parametrize("bits", ["RST", "RST,ACK"])
    def test_ignored(self, bits: str) -> None:
        """First: a reset could not have been caused by anything a listener sent."""
        did = host("LISTEN").receives(Packet(bits, 0, 500))
        assert did.sent is None
        assert did.nothing_changed


class TestListenSecondAck:
    @pytest.mark.parametrize("bits", ["ACK", "SYN,ACK", "FIN,ACK"])
    def test_any_acknowledgment_is_bad(self, bits: str) -> None:
        """Second: <SEQ=SEG.ACK><CTL=RST>, before the SYN is looked at."""
        did = host("LISTEN").receives(Packet(bits, 300, 500))
        assert did.sent == Packet("RST", 500)
        assert did.nothing_changed

    def test_silence(self) -> None:
        """With resets off it is dropped."""
        did = host("LISTEN", "rfc9293 rst=off").receives(ACK)
        assert did.sent is None
        assert did.nothing_changed


class TestListenThirdSyn:
    def test_three_way(self) -> None:
        """Third: RCV.NXT = SEG.SEQ+1, IRS = SEG.SEQ, SND.NXT = ISS+1, SND.UNA = ISS, SYN-RECEIVED;
        <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>.
        """
        did = host("LISTEN").receives(Packet("SYN", 300))
        assert did.sent == Packet("SYN,ACK", ISS, 301)
        assert did.changed == {
            "state": "SYN-RECEIVED",
            "inc": 1,
            "iss": ISS,
            "irs": 300,
            "snd_una": ISS,
            "snd_nxt": ISS + 1,
            "rcv_nxt": 301,
        }
        assert did.tcb["passive"] is True  # MUST-11: remembered

    def test_two_way(self) -> None:
        """Two-way handshake: ESTABLISHED at once; the server's SYN needs no acknowledgment."""
        did = host("LISTEN", "two_way").receives(Packet("SYN", 300))
        assert did.sent == Packet("SYN,ACK", ISS, 301)
        assert did.state == "ESTABLISHED"
        assert did.tcb["snd_una"] == did.tcb["snd_nxt"] == ISS + 1

    def test_flags_only(self) -> None:
        """With flags only the messages are those of the three-way handshake."""
        did = host("LISTEN", "flags_only").receives(Packet("SYN", 300))
        assert did.sent is not None
        assert did.sent.ctl == "SYN,ACK"
        assert did.state == "SYN-RECEIVED"

    def test_whom_it_believes_in(self) -> None:
        """(Ghosts.)  The server believes in the SYN's sender, unconfirmed; its answer says so."""
        did = host("LISTEN", inc=1).receives(Packet("SYN", 300), inc=2, to=0)
        assert did.ghosts == {"peer": 2}
        assert did.sent_ghosts == (2, 2)

    def test_incarnations_run_out(self) -> None:
        """Beyond the last incarnation of the scenario a SYN is lost on a listener."""
        did = host("LISTEN", inc=2).receives(Packet("SYN", 300))
        assert did.rule == "listen_receives_syn__out_of_incarnations"
        assert did.sent is None
        assert did.nothing_changed

    def test_other_controls_wait(self) -> None:
        """Text or FIN with the SYN would be queued; here it is sent again by the peer instead."""
        listener = host("LISTEN", "rfc9293 data=1")
        plain = listener.receives(Packet("SYN", 300))
        for other in (Packet("SYN", 300, 0, 1), Packet("SYN,FIN", 300)):
            assert listener.receives(other) == plain


class TestListenFourthOther:
    @pytest.mark.parametrize("arriving", [Packet("FIN", 300), Packet("FIN", 300, 0, 1)])
    def test_dropped(self, arriving: Packet) -> None:
        """Fourth: what has neither RST nor ACK nor SYN should not get here, and is dropped."""
        did = host("LISTEN", "rfc9293 data=1").receives(arriving)
        assert did.sent is None
        assert did.nothing_changed


# --- SYN-SENT: 3.10.7.3 ---------------------------------------------------------------------------


class TestSynSentFirstAck:
    @pytest.mark.parametrize("acked", [ISS - 1, ISS, ISS + 2, 0, 40000])
    @pytest.mark.parametrize("bits", ["ACK", "SYN,ACK", "FIN,ACK"])
    def test_unacceptable(self, bits: str, acked: int) -> None:
        """First: SEG.ACK =< ISS or SEG.ACK > SND.NXT is refused, <SEQ=SEG.ACK><CTL=RST>, whatever
        else the segment says; the attempt goes on.
        """
        did = host("SYN-SENT").receives(Packet(bits, 300, acked))
        assert did.sent == Packet("RST", acked)
        assert did.nothing_changed

    @pytest.mark.parametrize("acked", [ISS, ISS + 2])
    def test_unacceptable_with_reset(self, acked: int) -> None:
        """First: "unless the RST bit is set, if so drop the segment"."""
        did = host("SYN-SENT").receives(Packet("RST,ACK", 0, acked))
        assert did.sent is None
        assert did.nothing_changed

    def test_silence(self) -> None:
        """With resets off it is dropped."""
        did = host("SYN-SENT", "rfc9293 rst=off").receives(Packet("SYN,ACK", 300, 7))
        assert did.sent is None
        assert did.nothing_changed


class TestSynSentSecondReset:
    @pytest.mark.parametrize("rfc5961", ["on", "off"])
    def test_with_an_acceptable_ack(self, rfc5961: str) -> None:
        """Second: the connection is refused: CLOSED, no TCB.

        RCV.NXT is not known yet, so RFC 5961 has nothing to compare SEG.SEQ with.
        """
        did = host("SYN-SENT", f"rfc9293 rfc5961={rfc5961}").receives(Packet("RST,ACK", 0, ISS + 1))
        assert did.sent is None
        assert did.state == "CLOSED"
        assert (did.tcb["iss"], did.tcb["snd_una"], did.tcb["snd_nxt"]) == (0, 0, 0)
        assert did.ghosts == {"outcome": "refused"}

    def test_without_ack(self) -> None:
        """Second: otherwise (no ACK), drop the segment."""
        did = host("SYN-SENT").receives(Packet("RST", 0))
        assert did.sent is None
        assert did.nothing_changed


class TestSynSentFourthSyn:
    def test_our_syn_is_acknowledged(self) -> None:
        """Fourth: ESTABLISHED, <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK>."""
        did = host("SYN-SENT").receives(Packet("SYN,ACK", 300, ISS + 1))
        assert did.sent == Packet("ACK", ISS + 1, 301)
        assert did.changed == {
            "state": "ESTABLISHED",
            "irs": 300,
            "rcv_nxt": 301,
            "snd_una": ISS + 1,
        }

    def test_two_way_is_silent(self) -> None:
        """Two-way handshake: the same, without a third message."""
        three = host("SYN-SENT").receives(Packet("SYN,ACK", 300, ISS + 1))
        two = host("SYN-SENT", "two_way").receives(Packet("SYN,ACK", 300, ISS + 1))
        assert two.sent is None
        assert two.changed == three.changed

    def test_flags_only_takes_any_ack(self) -> None:
        """With flags only any SYN,ACK will do."""
        did = host("SYN-SENT", "flags_only").receives(Packet("SYN,ACK", 300, 7))
        assert did.state == "ESTABLISHED"
        assert did.tcb["snd_una"] == ISS + 1

    def test_simultaneous_open(self) -> None:
        """Fourth, MUST-10: a SYN alone: SYN-RECEIVED, <SEQ=ISS><ACK=RCV.NXT><CTL=SYN,ACK>."""
        did = host("SYN-SENT").receives(Packet("SYN", 300), to=0)
        assert did.sent == Packet("SYN,ACK", ISS, 301)
        assert did.changed == {"state": "SYN-RECEIVED", "irs": 300, "rcv_nxt": 301}
        assert did.tcb["passive"] is False  # MUST-11

    def test_simultaneous_open_in_two_messages(self) -> None:
        """Two-way handshake: a SYN is all it takes on either side."""
        did = host("SYN-SENT", "two_way").receives(Packet("SYN", 300), to=0)
        assert did.sent == Packet("SYN,ACK", ISS, 301)
        assert did.state == "ESTABLISHED"
        assert did.tcb["snd_una"] == ISS + 1

    def test_whom_it_believes_in(self) -> None:
        """(Ghosts.)  A client believes in the sender; an answer to this incarnation confirms."""
        synack = Packet("SYN,ACK", 300, ISS + 1)
        assert host("SYN-SENT").receives(synack, inc=2, to=1).ghosts == {
            "peer": 2,
            "confirmed": True,
        }
        assert host("SYN-SENT", inc=2).receives(synack, inc=1, to=1).ghosts == {"peer": 1}


class TestSynSentFifthOther:
    @pytest.mark.parametrize(
        "arriving", [Packet("ACK", 300, ISS + 1), Packet("FIN,ACK", 300, ISS + 1), Packet("FIN", 3)]
    )
    def test_dropped(self, arriving: Packet) -> None:
        """Fifth: neither SYN nor RST: dropped.  (The eighth step says so of a FIN, too.)"""
        did = host("SYN-SENT").receives(arriving)
        assert did.sent is None
        assert did.nothing_changed
