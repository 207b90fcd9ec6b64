"""The named scenarios: what each stands for, and a claim that RFC 9293 answers otherwise."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tcpmodel.core.property import always
from tcpmodel.core.result import Verdict
from tcpmodel.core.terms import Term, implies, none_of
from tcpmodel.engines import explicit
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.graph import compare, endpoint_graph
from tcpmodel.tcp.presets import PRESET_TABLE
from tcpmodel.tcp.scenario import SWITCHES, Scenario, scenario
from tcpmodel.tcp.states import CLOSED, ESTABLISHED, FIN_WAIT_1, SYN_RECEIVED
from tcpmodel.tcp.world import World

from .harness import Packet, host, played


def everywhere(text: str, formula: Callable[[World], Term]) -> bool:
    """The formula holds in every reachable state, by complete search."""
    model = compose(scenario(text))
    found = explicit.check(model.system, always(formula(model.world)))
    assert found.verdict in (Verdict.HOLDS, Verdict.FAILS), found.reason
    return found.verdict is Verdict.HOLDS


def server_agrees(w: World) -> Term:
    return implies(w.B.state == ESTABLISHED, w.agrees_with_live_peer("B"))


def passive_closer_is_not_reset(w: World) -> Term:
    return implies(w.A.state == CLOSED, none_of(w.ended("B", "reset")))


def fin_wait_1_awaits_its_ack(w: World) -> Term:
    return implies(w.A.state == FIN_WAIT_1, w.A.snd_una != w.A.snd_nxt)


class TestTheTable:
    def test_every_preset_says_what_it_stands_for(self) -> None:
        """A sentence each, no two alike, without a full stop."""
        told = [preset.says for preset in PRESET_TABLE.values()]
        assert len(set(told)) == len(told)
        assert all(len(says.split()) > 1 and not says.endswith(".") for says in told)

    def test_only_differences_are_written(self) -> None:
        """What a preset lists are switches, and not at their neutral values."""
        neutral = Scenario().switches
        for preset in PRESET_TABLE.values():
            assert preset.changes.keys() <= SWITCHES.keys()
            assert all(value != neutral[key] for key, value in preset.changes.items())


LAST_ACK_LOST = "incarnations=1 isn=constant gives_up=off msl=1 time_wait=2 loss=1 rto=1"
BLIND_RESET = "incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst"


@pytest.mark.parametrize(
    ("preset", "rest", "formula", "of_rfc9293"),
    [
        ("rfc9293_literal", LAST_ACK_LOST, passive_closer_is_not_reset, True),
        ("rfc9293_no5961", BLIND_RESET, lambda w: none_of(w.swayed("A"), w.swayed("B")), True),
        ("seed0_misread", LAST_ACK_LOST, fin_wait_1_awaits_its_ack, True),
        ("freertos1303", LAST_ACK_LOST, passive_closer_is_not_reset, True),
        (
            "tcp_tfo",
            "gives_up=off data=1 senders=A loss=0 dup=1",
            lambda w: implies(w.B.inc == 2, none_of(w.delivered_twice("B"))),
            True,
        ),
        ("syncookie", "incarnations=1", lambda w: w.B.state != SYN_RECEIVED, False),
    ],
)
def test_a_preset_changes_a_verdict(
    preset: str, rest: str, formula: Callable[[World], Term], of_rfc9293: bool
) -> None:
    """One claim that holds of RFC 9293 and not of the preset, or the other way round.

    (`TestReuseWait` has that of `two_way_deltat`, which two messages without a wait do not fulfil.)
    """
    assert everywhere(f"rfc9293 {rest}", formula) is of_rfc9293
    assert everywhere(f"{preset} {rest}", formula) is not of_rfc9293


class TestReuseWait:
    """`reuse_wait`: a host neither opens nor answers for some ticks after a connection."""

    @pytest.mark.parametrize(
        ("msl", "wait", "safe"), [(1, 0, False), (1, 1, True), (2, 1, False), (2, 2, True)]
    )
    def test_two_messages_are_enough_after_one_msl(self, msl: int, wait: int, safe: bool) -> None:
        """The server's wait outlasts the client's old SYNs: exactly one MSL, whatever a tick is."""
        text = f"two_way_deltat msl={msl} time_wait={2 * msl} reuse_wait={wait}"
        assert everywhere(text, server_agrees) is safe

    def test_a_client_that_gives_up_leaves_a_server_that_has_nothing_to_wait_for(self) -> None:
        """The wait is between connections; a server left ESTABLISHED is in the middle of one."""
        assert not everywhere("two_way_deltat gives_up=on", server_agrees)

    def test_who_waits_answers_nothing(self) -> None:
        """Neither a SYN nor what would be reset is answered, and resets are ignored as ever."""
        waiting = host("CLOSED", "clock reuse_wait=1", quiet=1)
        for bits in ("SYN", "ACK", "FIN,ACK", "RST"):
            did = waiting.receives(Packet(bits, 100, 100 if "ACK" in bits else 0))
            assert did.sent is None
            assert did.nothing_changed

    def test_it_does_not_open_either(self) -> None:
        """The user may call OPEN when the ticks are over."""
        play = played("clock reuse_wait=1 incarnations=2 gives_up=on")
        play.take("A.closed_active_open")
        play.take("A.close_unopened__syn_sent")
        assert "A.closed_active_open" not in play.names()
        play.take("B.listen_receives_syn[0]")
        play.take("A.keeps_quiet[0]")
        play.take("tick")
        play.take("A.quiet_time_over")
        assert "A.closed_active_open" in play.names()


class TestActiveClose:
    """`active_close`: the states of the side that closes first, told or built wrong."""

    def test_late_tells_the_same_story_with_other_states(self) -> None:
        """The FIN leaves in ESTABLISHED; its acknowledgment leads to FIN-WAIT-1."""
        found = compare(endpoint_graph(scenario("seed0_misread roles=any")))
        assert "ESTABLISHED → FIN-WAIT-1: CLOSE / snd FIN" in {str(a) for a in found.missing}
        assert "ESTABLISHED → FIN-WAIT-1: rcv ACK / x" in {str(a) for a in found.omitted}

    def test_late_changes_nothing_for_the_peer(self) -> None:
        """The last ACK is repeated as before: what goes over the wire is the same."""
        assert everywhere(f"seed0_misread {LAST_ACK_LOST}", passive_closer_is_not_reset)

    def test_late_meets_the_peers_fin(self) -> None:
        """If both close, the FIN finds us in ESTABLISHED: CLOSING, or TIME-WAIT if it brings the
        acknowledgment of ours, as if FIN-WAIT-1 had been there.
        """
        endpoint = host("ESTABLISHED", "seed0_misread", fin_sent=True, snd_nxt=102)
        assert endpoint.receives(Packet("FIN,ACK", 301, 101)).state == "CLOSING"
        assert endpoint.receives(Packet("FIN,ACK", 301, 102)).state == "TIME-WAIT"
        assert host("ESTABLISHED", "seed0_misread").receives(Packet("FIN,ACK", 301, 101)).state == (
            "CLOSE-WAIT"
        )

    def test_late_repeats_its_fin(self) -> None:
        """In ESTABLISHED the FIN is at the front of the queue, behind the text."""
        play = played("seed0_misread incarnations=1 loss=1")
        play.take("A.closed_active_open")
        play.take("B.listen_receives_syn[0]")
        play.take("A.syn_sent_receives_synack[0]")
        play.take("B.syn_received_receives_ack[0]")
        play.take("A.closes_late")
        assert play.states[0] == "ESTABLISHED"
        assert "A.retransmit_fin__established" in play.names()
        assert "A.closes_late" not in play.names()

    @pytest.mark.parametrize(
        ("state", "acked", "after"),
        [
            ("FIN-WAIT-1", 101, "LAST-ACK"),
            ("FIN-WAIT-1", 102, "CLOSE-WAIT"),
            ("FIN-WAIT-2", 102, "CLOSE-WAIT"),
        ],
    )
    def test_passive_ends_as_if_the_peer_had_closed_first(
        self, state: str, acked: int, after: str
    ) -> None:
        """No CLOSING and no TIME-WAIT: LAST-ACK, or CLOSE-WAIT where the FIN is acknowledged."""
        endpoint = host(state, "freertos1303", snd_nxt=102)
        did = endpoint.receives(Packet("FIN,ACK", 301, acked))
        assert (did.state, did.sent) == (after, Packet("ACK", 102, 302))
        missing = {str(a) for a in compare(endpoint_graph(scenario("freertos1303"))).missing}
        assert "FIN-WAIT-2 → TIME-WAIT: rcv FIN / snd ACK" in missing
        assert "FIN-WAIT-1 → CLOSING: rcv FIN / snd ACK" in missing

    @pytest.mark.parametrize("preset", ["seed0_misread", "freertos1303"])
    @pytest.mark.parametrize("state", ["SYN-RECEIVED", "ESTABLISHED"])
    def test_who_closes_second_closes_as_ever(self, preset: str, state: str) -> None:
        """The peer's FIN leads to CLOSE-WAIT, in which our FIN is still to be sent."""
        did = host(state, preset).receives(Packet("FIN,ACK", 301, 101))
        assert (did.state, did.tcb["fin_sent"]) == ("CLOSE-WAIT", False)
        assert [f.sent for f in host("CLOSE-WAIT", preset).can_call("CLOSE")] == [
            Packet("FIN,ACK", 101, 302)
        ]

    def test_passive_closes_once_more_without_another_fin(self) -> None:
        """CLOSE-WAIT waits for the user, who has closed; there is nothing left to send."""
        names = {a.name: a for a in compose(scenario("freertos1303")).system.actions}
        closed = host("CLOSE-WAIT", "freertos1303", fin_sent=True).can_call("CLOSE")
        assert names["A.closes_again"].event.sends is None
        assert [f.rule for f in closed] == ["closes_again"]
