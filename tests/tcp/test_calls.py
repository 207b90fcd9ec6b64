"""User calls in every state: RFC 9293 sections 3.10.1 (OPEN), .2 (SEND), .4 (CLOSE), .5 (ABORT).

A call that the RFC answers with an error does nothing, so no rule serves it.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from .harness import EVERY_STATE, GHOSTS, ISS, Packet, host

VOID = {"passive": False, "iss": 0, "irs": 0, "snd_una": 0, "snd_nxt": 0, "rcv_nxt": 0}
"""What is left of a TCB in CLOSED."""


class TestOpen:
    def test_closed_active(self) -> None:
        """3.10.1 CLOSED: SYN <SEQ=ISS>, SND.UNA = ISS, SND.NXT = ISS+1, SYN-SENT."""
        did = host("CLOSED").calls("active OPEN")
        assert did.sent == Packet("SYN", ISS)
        assert did.state == "SYN-SENT"
        assert (did.tcb["iss"], did.tcb["snd_una"], did.tcb["snd_nxt"]) == (ISS, ISS, ISS + 1)
        assert did.tcb["inc"] == 1

    def test_closed_passive(self) -> None:
        """3.10.1 CLOSED: a passive OPEN enters LISTEN and sends nothing."""
        did = host("CLOSED").calls("passive OPEN")
        assert did.sent is None
        assert did.changed == {"state": "LISTEN", "passive": True}

    def test_listen_active(self) -> None:
        """3.10.1 LISTEN: the connection changes from passive to active, and a SYN is sent."""
        did = host("LISTEN").calls("active OPEN")
        assert did.sent == Packet("SYN", ISS)
        assert did.state == "SYN-SENT"
        assert did.tcb["passive"] is False

    @pytest.mark.parametrize("state", EVERY_STATE[2:])
    @pytest.mark.parametrize("call", ["active OPEN", "passive OPEN"])
    def test_connection_already_exists(self, state: str, call: str) -> None:
        """3.10.1, all other states: an error."""
        assert host(state).can_call(call) == []

    def test_listening_twice_is_no_event(self) -> None:
        """A passive OPEN of a listener changes nothing, so it is none."""
        assert host("LISTEN").can_call("passive OPEN") == []

    @pytest.mark.parametrize("call", ["active OPEN", "passive OPEN"])
    def test_not_every_user_opens(self, call: str) -> None:
        """A user who does not open does not."""
        assert host("CLOSED", may=()).can_call(call) == []

    @pytest.mark.parametrize("call", ["active OPEN", "passive OPEN"])
    def test_incarnations_run_out(self, call: str) -> None:
        """After the last incarnation of the scenario there is no further one."""
        assert host("CLOSED", inc=2).can_call(call) == []

    @pytest.mark.parametrize(
        ("isn", "first", "second"),
        [("constant", [100], [100]), ("distinct", [100], [100 + 4]), ("free", [*range(16)], None)],
    )
    def test_initial_sequence_numbers(
        self, isn: str, first: list[int], second: list[int] | None
    ) -> None:
        """Section 3.4.1: always the same, apart by what a connection may use, or any at all."""
        text = f"rfc9293 isn={isn} width={4 if isn == 'free' else 8}"
        for inc, expected in ((0, first), (1, second or first)):
            endpoint = host("CLOSED", text, inc=inc)
            base = 0 if isn == "free" else 100  # a free choice does not ask
            endpoint = replace(endpoint, given={**endpoint.given, "isn_base": base})
            found = endpoint.can_call("active OPEN")
            assert [did.tcb["iss"] for did in found] == expected
            assert [did.sent for did in found] == [Packet("SYN", n) for n in expected]

    def test_the_user_forgets_how_the_last_one_ended(self) -> None:
        """A new incarnation begins with a clean record."""
        did = host("CLOSED", inc=1, outcome="reset", stale_text=True).calls("active OPEN")
        assert did.ghosts == {"outcome": "none", "stale_text": False}


class TestSend:
    @pytest.mark.parametrize("state", ["ESTABLISHED", "CLOSE-WAIT"])
    def test_text_with_a_piggybacked_acknowledgment(self, state: str) -> None:
        """3.10.2: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=ACK> with the text; SND.NXT advances."""
        endpoint = host(state, "rfc9293 data=1")
        did = endpoint.calls("SEND")
        assert did.sent == Packet("ACK", 101, int(endpoint.tcb["rcv_nxt"]), 1)
        assert did.changed == {"snd_nxt": 102}

    @pytest.mark.parametrize(
        "state", [s for s in EVERY_STATE if s not in ("LISTEN", "ESTABLISHED", "CLOSE-WAIT")]
    )
    def test_no_connection_or_closing(self, state: str) -> None:
        """3.10.2: an error without a connection and after CLOSE; until it is open text would be
        queued, which is left out: the user SENDs later.
        """
        assert host(state, "rfc9293 data=1").can_call("SEND") == []

    def test_in_listen_it_opens(self) -> None:
        """3.10.2 LISTEN: as an active OPEN would; the text itself waits."""
        endpoint = host("LISTEN", "rfc9293 data=1")
        did = endpoint.calls("SEND")
        assert did.sent == Packet("SYN", ISS)
        assert did.tcb == endpoint.calls("active OPEN").tcb

    def test_as_much_as_the_scenario_says(self) -> None:
        """A user has so many octets to send per connection; acknowledged or not, they count."""
        endpoint = host("ESTABLISHED", "rfc9293 data=2")
        assert endpoint.but(snd_nxt=102).calls("SEND").sent == Packet("ACK", 102, 301, 1)
        assert endpoint.but(snd_nxt=103).can_call("SEND") == []
        assert endpoint.but(snd_una=103, snd_nxt=103).can_call("SEND") == []

    def test_not_every_user_sends(self) -> None:
        """A user who has nothing to say says nothing; without data nobody has."""
        assert host("ESTABLISHED", "rfc9293 data=1", may=()).can_call("SEND") == []
        assert host("ESTABLISHED").can_call("SEND") == []


class TestClose:
    @pytest.mark.parametrize("state", ["LISTEN", "SYN-SENT"])
    def test_before_anything_came(self, state: str) -> None:
        """3.10.4: the TCB is deleted; nothing is sent."""
        endpoint = host(state)
        did = endpoint.calls("CLOSE")
        assert did.sent is None
        assert did.tcb == {**endpoint.tcb, **VOID, "state": "CLOSED", "outcome": "closed"}

    @pytest.mark.parametrize("state", ["LISTEN", "SYN-SENT"])
    def test_users_who_do_not_give_up(self, state: str) -> None:
        """`gives_up=off`: users wait for ever for a connection."""
        assert host(state, "rfc9293 gives_up=off").can_call("CLOSE") == []

    @pytest.mark.parametrize("state", ["SYN-RECEIVED", "ESTABLISHED"])
    def test_first(self, state: str) -> None:
        """3.10.4: <SEQ=SND.NXT><ACK=RCV.NXT><CTL=FIN,ACK>, FIN-WAIT-1; the FIN counts as sent."""
        did = host(state).calls("CLOSE")
        assert did.sent == Packet("FIN,ACK", 101, 301)
        assert did.changed == {"state": "FIN-WAIT-1", "snd_nxt": 102}
        assert not did.ghosts

    def test_behind_text(self) -> None:
        """3.10.4 ESTABLISHED: the FIN comes behind all that was sent, acknowledged or not."""
        did = host("ESTABLISHED", "rfc9293 data=1", snd_nxt=102).calls("CLOSE")
        assert did.sent == Packet("FIN,ACK", 102, 301)
        assert did.changed == {"state": "FIN-WAIT-1", "snd_nxt": 103}

    @pytest.mark.parametrize("state", ["SYN-RECEIVED", "ESTABLISHED"])
    def test_not_every_user_closes_first(self, state: str) -> None:
        """Who only answers a CLOSE does not begin."""
        assert host(state, may=()).can_call("CLOSE") == []

    def test_second(self) -> None:
        """3.10.4 CLOSE-WAIT: FIN, LAST-ACK.  Every user does that sooner or later."""
        did = host("CLOSE-WAIT", may=()).calls("CLOSE")
        assert did.sent == Packet("FIN,ACK", 101, 302)
        assert did.changed == {"state": "LAST-ACK", "snd_nxt": 102}

    @pytest.mark.parametrize(
        "state", ["CLOSED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSING", "LAST-ACK", "TIME-WAIT"]
    )
    def test_again_or_without_a_connection(self, state: str) -> None:
        """3.10.4: an error; a second FIN is not emitted."""
        assert host(state).can_call("CLOSE") == []


class TestAbort:
    @pytest.mark.parametrize(
        "state", ["SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT"]
    )
    def test_with_a_reset(self, state: str) -> None:
        """3.10.5: <SEQ=SND.NXT><CTL=RST>, and the TCB is deleted."""
        endpoint = host(state, "rfc9293 abort=on")
        did = endpoint.calls("ABORT")
        assert did.sent == Packet("RST", int(endpoint.tcb["snd_nxt"]))
        assert did.state == "CLOSED"
        assert {n: did.tcb[n] for n in VOID} == VOID
        assert did.tcb["outcome"] == "aborted"

    @pytest.mark.parametrize("state", ["LISTEN", "SYN-SENT", "CLOSING", "LAST-ACK", "TIME-WAIT"])
    def test_without_a_reset(self, state: str) -> None:
        """3.10.5: before anything came, and when both sides have closed, nobody is told."""
        did = host(state, "rfc9293 abort=on").calls("ABORT")
        assert did.sent is None
        assert did.state == "CLOSED"
        assert {n: did.tcb[n] for n in VOID} == VOID

    def test_without_a_connection(self) -> None:
        """3.10.5 CLOSED: an error."""
        assert host("CLOSED", "rfc9293 abort=on").can_call("ABORT") == []

    def test_silence(self) -> None:
        """With resets off nobody is told."""
        did = host("ESTABLISHED", "rfc9293 abort=on rst=off").calls("ABORT")
        assert did.sent is None
        assert did.state == "CLOSED"

    @pytest.mark.parametrize("state", EVERY_STATE)
    def test_only_where_users_abort(self, state: str) -> None:
        """`abort=off`: users never do."""
        assert host(state).can_call("ABORT") == []


@pytest.mark.parametrize("state", EVERY_STATE)
@pytest.mark.parametrize("call", ["active OPEN", "passive OPEN", "SEND", "CLOSE", "ABORT"])
def test_a_call_is_served_in_one_way(state: str, call: str) -> None:
    """No call has two answers, and what deletes a TCB leaves nothing but counts behind."""
    found = host(state, "rfc9293 abort=on data=1").can_call(call)
    assert len(found) <= 1
    for did in found:
        if did.state == "CLOSED":
            left = {n: v for n, v in did.tcb.items() if v not in (0, False)}
            assert set(left) - {*GHOSTS, "inc"} == {"state"}
