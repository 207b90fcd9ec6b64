"""The state diagram that the rules amount to is Figure 5 of RFC 9293, plus what its text adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import z3

from tcpmodel.core.property import always
from tcpmodel.core.result import Verdict
from tcpmodel.engines import explicit
from tcpmodel.tcp.compose import compose, rules
from tcpmodel.tcp.graph import (
    DRAWN,
    NOTE_2,
    NOTE_3,
    OMITTED,
    Arrow,
    arrows,
    compare,
    endpoint_graph,
    figure5,
)
from tcpmodel.tcp.rule import Rule
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import CLOSED, ESTABLISHED, FIN_WAIT_2, LISTEN, STATE, TIME_WAIT

FULL = scenario("rfc9293 roles=any closes=either gives_up=on abort=on")
"""Both users do whatever users can do."""


def words(found: tuple[Arrow, ...] | list[Arrow]) -> set[str]:
    return {str(arrow) for arrow in found}


def changed(name: str, change: Callable[[Rule], Rule | None]) -> list[Rule]:
    """The rules of `FULL`, with `change` made to those called `name…`."""
    found = [change(rule) if rule.name.startswith(name) else rule for rule in rules(FULL)]
    assert len(found) > sum(rule is None for rule in found)
    return [rule for rule in found if rule is not None]


class TestFigure5:
    def test_it_is_transcribed_in_full(self) -> None:
        """Twenty edges are drawn and Note 2 adds one, all between states of the model."""
        figure = figure5()
        assert [arrow.figure for arrow in figure].count(DRAWN) == 20
        assert [arrow.figure for arrow in figure].count(NOTE_2) == 1
        assert {s for a in figure for s in (a.source, a.target)} == set(STATE.names)
        assert len({arrow.key for arrow in figure}) == 21

    def test_the_rules_yield_all_of_it(self) -> None:
        """Every edge of the figure, and Note 2's, is one of the rules'."""
        assert words(compare(endpoint_graph(FULL)).missing) == set()

    def test_note_3_holds_in_every_state_with_a_connection(self) -> None:
        """A reset leads to CLOSED from wherever there is a connection (to LISTEN, by Note 1)."""
        found = compare(endpoint_graph(FULL)).note3
        with_connection = set(STATE.names) - {"CLOSED", "LISTEN"}
        assert {arrow.source for arrow in found} == with_connection
        assert {arrow.target for arrow in found} == {"CLOSED"}
        assert words(found) >= {
            "SYN-SENT → CLOSED: rcv RST,ACK / delete TCB",
            "SYN-RECEIVED → CLOSED: rcv RST (after active OPEN) / delete TCB",
            "TIME-WAIT → CLOSED: rcv RST / delete TCB",
        }

    def test_what_it_omits_is_exactly_this(self) -> None:
        """The text of 3.10 has these changes of state; neither the figure nor its notes do."""
        omitted = compare(endpoint_graph(FULL)).omitted
        with_reset = ("SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT")
        silently = ("LISTEN", "SYN-SENT", "CLOSING", "LAST-ACK", "TIME-WAIT")
        assert words(omitted) == {
            "LISTEN → SYN-SENT: active OPEN / snd SYN",
            "SYN-RECEIVED → LISTEN: rcv SYN (after passive OPEN) / x",
            "SYN-RECEIVED → CLOSE-WAIT: rcv FIN, ACK of SYN / snd ACK",
            *(f"{state} → CLOSED: ABORT / snd RST, delete TCB" for state in with_reset),
            *(f"{state} → CLOSED: ABORT / delete TCB" for state in silently),
        }

    def test_note_1_is_the_condition_of_going_back_to_listen(self) -> None:
        """A reset in SYN-RECEIVED leads to LISTEN after a passive OPEN, to CLOSED otherwise."""
        graph = endpoint_graph(FULL)
        found = {
            (arrow.target, arrow.condition)
            for arrow in arrows(graph)
            if arrow.source == "SYN-RECEIVED" and arrow.event == "rcv RST"
        }
        assert found == {("LISTEN", "after passive OPEN"), ("CLOSED", "after active OPEN")}


class TestGraph:
    def test_every_edge_cites_the_rfc_and_names_its_rule(self) -> None:
        """An edge can be traced to the rule and to the paragraph that it comes from."""
        names = {rule.name for rule in rules(FULL)}
        for arrow in arrows(endpoint_graph(FULL)):
            assert arrow.rule in names
            assert arrow.says
            assert arrow.cites
            assert all(cite.startswith("RFC ") for cite in arrow.cites)

    def test_the_counts_are_pinned(self) -> None:
        """A new edge is a change of the protocol: it has to be seen."""
        graph = endpoint_graph(FULL)
        places = [arrow.figure for arrow in arrows(graph)]
        assert list(graph.nodes) == list(STATE.names)
        assert graph.number_of_edges() == 43
        assert [places.count(p) for p in (DRAWN, NOTE_2, NOTE_3, OMITTED)] == [20, 1, 9, 13]

    def test_self_loops_are_left_out_unless_asked_for(self) -> None:
        """A challenge ACK changes no state; it is an edge only in the graph of all reactions."""
        changes, everything = endpoint_graph(FULL), endpoint_graph(FULL, self_loops=True)
        assert all(source != target for source, target in changes.edges())
        assert set(changes.edges(keys=True)) < set(everything.edges(keys=True))
        assert everything.has_edge("ESTABLISHED", "ESTABLISHED", key="inexact_reset")
        assert compare(everything) == compare(changes)

    def test_text_changes_state_only_together_with_an_ack(self) -> None:
        """With data, the first octet may complete the handshake, or bring the ACK of our FIN."""
        plain = compare(endpoint_graph(FULL)).omitted
        data = compare(endpoint_graph(replace(FULL, data=1))).omitted
        assert words(data) - words(plain) == {
            "SYN-RECEIVED → ESTABLISHED: rcv text, ACK of SYN / snd ACK",
            "FIN-WAIT-1 → FIN-WAIT-2: rcv text, ACK of FIN / snd ACK",
        }

    def test_users_do_what_the_scenario_says(self) -> None:
        """If nobody listens, nothing leads to LISTEN, and nothing on from it."""
        graph = endpoint_graph(scenario("rfc9293 roles=both_active abort=on"))
        assert not graph.has_edge("CLOSED", "LISTEN")
        graph = endpoint_graph(scenario("rfc9293 closes=nobody abort=on"))
        assert not list(graph.in_edges("FIN-WAIT-1"))
        assert not list(graph.out_edges("FIN-WAIT-1"))

    def test_the_length_of_time_wait_is_told(self) -> None:
        """Half the TIME-WAIT of the figure is not the figure's."""
        halved = compare(endpoint_graph(scenario("tw1 roles=any closes=either gives_up=on")))
        assert "TIME-WAIT → CLOSED: Timeout=2MSL / delete TCB" in words(halved.missing)
        assert "TIME-WAIT → CLOSED: Timeout=1MSL / delete TCB" in words(halved.omitted)


class TestVariants:
    def test_without_rfc5961_a_syn_resets_a_connection(self) -> None:
        """RFC 793: a SYN in the window ends the connection, and is answered by a reset."""
        switches = scenario("rfc793 roles=any closes=either abort=on")
        added = words(compare(endpoint_graph(switches)).omitted) - words(
            compare(endpoint_graph(FULL)).omitted
        )
        synchronized = set(STATE.names[4:])
        assert added == {
            *(f"{state} → CLOSED: rcv SYN / snd RST, delete TCB" for state in synchronized),
            "SYN-RECEIVED → CLOSED: rcv SYN (after active OPEN) / snd RST, delete TCB",
            "SYN-RECEIVED → CLOSED: rcv SYN (after passive OPEN) / snd RST, delete TCB",
        }

    def test_a_two_way_handshake_has_no_syn_received(self) -> None:
        """The server is ESTABLISHED at once: what the figure has around SYN-RECEIVED is missing."""
        graph = endpoint_graph(scenario("two_way roles=any closes=either"))
        assert graph.degree("SYN-RECEIVED") == 0
        assert words(compare(graph).missing) == {
            *(str(a) for a in figure5() if "SYN-RECEIVED" in (a.source, a.target)),
            "SYN-SENT → ESTABLISHED: rcv SYN,ACK / snd ACK",
        }

    def test_nothing_is_given_up_where_nothing_is_sent(self) -> None:
        """Retransmission has a limit in the states that wait for an acknowledgment, only."""
        graph = endpoint_graph(scenario("rfc9293 retries=1 roles=any closes=either"))
        limited = {a.source for a in arrows(graph) if a.event == "retransmission limit"}
        waiting = set(STATE.names) - {"CLOSED", "LISTEN", "FIN-WAIT-2", "TIME-WAIT"}
        assert limited == waiting

    def test_what_is_assumed_of_quiet_states_is_so(self) -> None:
        """The diagrams assume that nothing is unacknowledged in these states: nor is it in any that
        is reachable.
        """
        for text in ("rfc9293 closes=either", "seed0_misread", "freertos1303", "two_way"):
            model = compose(scenario(f"{text} incarnations=1"))
            for me in (model.world.A, model.world.B):
                quiet = z3.Or(*(me.state == s for s in (CLOSED, LISTEN, FIN_WAIT_2, TIME_WAIT)))
                assumed = always(z3.Implies(quiet, me.snd_una == me.snd_nxt))
                assert explicit.check(model.system, assumed).verdict is Verdict.HOLDS

    def test_rfc1337_takes_the_reset_out_of_time_wait(self) -> None:
        """With RFC 1337 a reset cannot assassinate TIME-WAIT."""
        sources = {a.source for a in compare(endpoint_graph(FULL)).note3}
        heeded = compare(endpoint_graph(replace(FULL, tw_rfc1337="on"))).note3
        assert sources - {a.source for a in heeded} == {"TIME-WAIT"}


class TestSeededFaults:
    def test_a_rule_that_is_missing_is_missed(self) -> None:
        """Without the rule that takes a FIN, no state in which one has been taken has an edge."""
        after_fin = {"CLOSE-WAIT", "CLOSING", "LAST-ACK", "TIME-WAIT"}
        faulty = endpoint_graph(FULL, using=changed("receives_fin", lambda rule: None))
        healthy = compare(endpoint_graph(FULL))
        assert words(compare(faulty).missing) - words(healthy.missing) == {
            str(arrow) for arrow in figure5() if after_fin & {arrow.source, arrow.target}
        }

    def test_a_wrong_target_is_both_missing_and_too_much(self) -> None:
        """A FIN that leaves FIN-WAIT-2 for ESTABLISHED differs from the figure in two edges."""

        def astray(rule: Rule) -> Rule:
            state = next(term for term in rule.reaction.then if str(term) == "me.state")
            then = {**rule.reaction.then, state: ESTABLISHED}
            return replace(rule, reaction=replace(rule.reaction, then=then))

        using = changed("receives_fin__fin_wait_2", astray)
        faulty, healthy = compare(endpoint_graph(FULL, using=using)), compare(endpoint_graph(FULL))
        assert words(faulty.missing) - words(healthy.missing) == {
            "FIN-WAIT-2 → TIME-WAIT: rcv FIN / snd ACK"
        }
        assert words(faulty.omitted) - words(healthy.omitted) == {
            "FIN-WAIT-2 → ESTABLISHED: rcv FIN / snd ACK"
        }

    def test_a_segment_that_is_not_sent_is_missed(self) -> None:
        """A listener that does not answer a SYN is not the figure's listener."""

        def mute(rule: Rule) -> Rule:
            return replace(rule, reaction=replace(rule.reaction, send=None))

        faulty = compare(endpoint_graph(FULL, using=changed("listen_receives_syn", mute)))
        assert "LISTEN → SYN-RECEIVED: rcv SYN / snd SYN,ACK" in words(faulty.missing)
        assert "LISTEN → SYN-RECEIVED: rcv SYN / x" in words(faulty.omitted)

    def test_a_guard_that_is_too_weak_changes_the_event(self) -> None:
        """If any segment would do in LISTEN, the edge no longer says `rcv SYN`."""

        def weak(rule: Rule) -> Rule:
            state = rule.reaction.when[0]
            assert z3.is_eq(state)
            return replace(rule, reaction=replace(rule.reaction, when=[state]))

        using = changed("listen_receives_syn", weak)
        omitted = words(compare(endpoint_graph(FULL, using=using)).omitted)
        assert "LISTEN → SYN-RECEIVED: rcv segment / snd SYN,ACK" in omitted
