"""The rules as a whole: exactly one for every arriving segment; and the systems made of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
import z3

from tcpmodel.core.property import always
from tcpmodel.core.terms import FreeVariables, Term, all_of, any_of, implies
from tcpmodel.engines import explicit, native
from tcpmodel.semantics.interpret import Codes, interpreter
from tcpmodel.tcp.compose import AGENTS, Model, compose, peer_of, rules
from tcpmodel.tcp.scenario import PRESETS, scenario
from tcpmodel.tcp.segment import CTL
from tcpmodel.tcp.states import (
    CLOSED,
    CLOSING,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LISTEN,
    STATE,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)
from tcpmodel.tcp.tcb import OUTLIVES_TCB
from tcpmodel.tcp.totality import Clash, Totality
from tcpmodel.tcp.world import Endpoint

from .harness import played

WITH_TEXT = (
    "rfc9293 data=1",
    "rfc793 data=2 width=6",
    "two_way data=1",
    "flags_only data=1",
    "tw2 data=1 tw_rfc1337=on",
    "rfc793 rst=off isn=free width=4 tw_rfc1337=on",
    "rfc9293 isn=given channel=history",
    "rfc9293 data=1 seq_check=a2 dup_syn_in_synrcvd=resend_synack synrcvd_bad_ack=challenge",
    "rfc793 data=1 seq_check=a2 rst_sender_state=time_wait origin_memory=off",
    "four_naive data=1 seq_check=a2 server_memory=per_peer_last_inc",
    "split data=1 simultaneous_open=off synrcvd_inwindow_syn=rst half_close=shutdown_wr",
    "tw2 data=1 rto=1 fin_piggyback=allowed half_close=half_duplex rst_sender_state=time_wait",
    "two_way_rst data=1 seq_check=a2 origin_memory=off server_memory=per_peer_last_inc",
    "flags_only data=1 half_close=half_duplex rst_sender_state=time_wait synrcvd_inwindow_syn=rst",
    "rfc9293 tw_reopen=rfc1122 data=1",
    "rfc793 tw_reopen=rfc1122_no1 tw_rfc1337=on",
    "clock tw_reopen=rfc1122_no2",
    "clock crash=on quiet=2 isn=distinct",
    "clock rto=1 rto_policy=exponential retries=3 user_timeout=4 fin_timeout=2",
    "rfc9293 data=2 reassembly=hold",
    "rfc793 data=2 width=6 window=3 reassembly=hold receiver=slow",
    "rfc9293 data=2 receiver=slow window=1",
    "rfc9293 data=1 syn_data=on",
    "two_way data=2 width=6 syn_data=on reassembly=hold",
    "tw2 data=3 reassembly=hold receiver=slow syn_data=on",
    "rfc9293 data=1 ack_throttle=on syn_cookies=on ts_paws=on",
    "rfc9293 data=1 tfo=on",
    "rfc793 adversary=off_path forgeries=1 forges=syn_flood backlog=2 backlog_policy=evict",
    "rfc793 adversary=off_path forgeries=1 forges=syn_flood backlog=2",
    "rfc793 adversary=off_path forgeries=1 forges=syn_flood backlog=2 backlog_expiry=on",
    "rfc9293 data=1 active_close=late half_close=shutdown_wr",
    "rfc793 data=2 width=6 window=3 active_close=late receiver=slow",
    "flags_only data=1 active_close=late fin_piggyback=allowed",
    "rfc9293 data=1 active_close=passive fin_piggyback=allowed",
    "clock data=1 reuse_wait=2 crash=on quiet=1",
    "clock data=1 keepalive=2 keepalive_interval=3 keepalive_probes=2 ack_throttle=on",
)


# --- totality and determinism ---------------------------------------------------------------------


class TestEverySegmentIsTakenUp:
    @pytest.mark.parametrize("text", [*PRESETS, *WITH_TEXT])
    def test_by_exactly_one_rule(self, text: str) -> None:
        """In every state, for all values of the TCB and for all segments, exactly one rule fires,
        up to the choice of an ISS: there are no gaps and no overlaps.

        All fifteen combinations of control bits are tried, with and without text, absurd ones
        (SYN,FIN; RST,SYN) included.  There is no exception.
        """
        assert list(Totality(scenario(text)).clashes()) == []

    @pytest.mark.parametrize("text", [*PRESETS, *WITH_TEXT, "rfc9293 roles=any abort=on data=1"])
    def test_a_call_by_at_most_one(self, text: str) -> None:
        """Whatever a user calls, two rules never disagree about what it means: for all TCBs."""
        assert list(Totality(scenario(text)).ambiguities()) == []

    def test_a_missing_rule_is_found(self) -> None:
        """Without the rule for a FIN, the states that take one have a gap: the test can fail."""
        rules_of = Totality(scenario("rfc9293"))
        rules_of.guards.pop("receives_fin__established")
        assert set(rules_of.clashes()) == {Clash("ESTABLISHED", "FIN,ACK", ())}

    def test_an_overlap_is_found(self) -> None:
        """A second rule for a SYN on a listener would be noticed."""
        rules_of = Totality(scenario("rfc9293"))
        rules_of.guards["again"] = rules_of.guards["listen_receives_syn"]
        found = {(clash.state, clash.rules) for clash in rules_of.clashes()}
        assert found == {("LISTEN", ("listen_receives_syn", "again"))}


class TestRules:
    @pytest.mark.parametrize("text", [*PRESETS, *WITH_TEXT])
    def test_names_are_unique_and_sources_are_given(self, text: str) -> None:
        """Every rule has a name of its own, a sentence, and the RFC's paragraph."""
        found = rules(scenario(text))
        assert len({rule.name for rule in found}) == len(found)
        for rule in found:
            assert rule.says
            assert all(cite.startswith("RFC ") for cite in rule.rfc)

    def test_a_rule_speaks_of_me_and_the_segment_only(self) -> None:
        """No rule knows the peer, the channel, or which endpoint it is."""
        free = FreeVariables()
        for rule in rules(scenario("tw2 data=1 rto=1 abort=on roles=any")):
            reaction = rule.reaction
            sent = () if reaction.send is None else reaction.send.fields.values()
            for term in (*reaction.when, *reaction.then.values(), *sent):
                known = ("me.", "seg.") if rule.kind == "segment" else ("me.",)
                assert all(name.startswith(known) for name in free(term)), rule.name


# --- composition ----------------------------------------------------------------------------------


class TestComposition:
    def test_it_starts_with_nothing(self) -> None:
        """A is CLOSED, its server listens, nothing is under way (as in Figure 6)."""
        play = played("rfc9293")
        assert play.states == ("CLOSED", "LISTEN")
        left = {n: play[n] for n in play.places if play[n] not in (0, False, "-", "none")}
        assert left == {"A.state": "CLOSED", "B.state": "LISTEN", "B.passive": True}

    @pytest.mark.parametrize("roles", ["both_active", "any"])
    def test_otherwise_both_are_closed(self, roles: str) -> None:
        """Who may open actively is not found listening."""
        assert played(f"rfc9293 roles={roles}").states == ("CLOSED", "CLOSED")

    @pytest.mark.parametrize("text", ["rfc9293", "tw2", "rfc9293 roles=any"])
    def test_an_endpoint_changes_only_itself_and_the_network(self, text: str) -> None:
        """An action of A writes A's variables, takes from B>A, and puts on A>B."""
        for action in compose(scenario(text)).system.actions:
            agent, event = action.event.agent, action.event
            if agent not in AGENTS:
                continue
            out, back = f"{agent}>{peer_of(agent)}", f"{peer_of(agent)}>{agent}"
            allowed = [f"{agent}."]
            if event.sends is not None:
                assert event.sends.channel == out
                allowed.append(f"{out}[")
            if event.receives is not None:
                assert event.receives.channel == back
                allowed.append(f"{back}[")
            assert all(name.startswith(tuple(allowed)) for name in action.updates), action.name

    def test_what_users_never_do_is_no_action(self) -> None:
        """With client and server, only A opens actively, only B passively, only A closes first."""
        names = {a.name.split("[")[0] for a in compose(scenario("rfc9293")).system.actions}
        assert "A.closed_active_open" in names
        assert "B.closed_active_open" not in names
        assert "B.closed_passive_open" in names
        assert "A.closed_passive_open" not in names
        assert "A.close_first__established" in names
        assert "B.close_first__established" not in names

    def test_the_endpoints_have_their_own_numbers(self) -> None:
        """Initial sequence numbers of A and B are half the space apart."""
        for text, width in (("rfc9293", 5), ("rfc9293 width=8", 8)):
            play = played(text)
            play.take("A.closed_active_open")
            play.take("B.listen_receives_syn[0]")
            assert (int(play["B.iss"]) - int(play["A.iss"])) % (1 << width) == 1 << (width - 1)

    def test_both_endpoints_obey_the_same_rules(self) -> None:
        """Where both may do everything, A and B have the same actions up to names."""
        system = compose(scenario("rfc9293 roles=any closes=either incarnations=1")).system
        mine = {a: {x.name[2:] for x in system.actions if x.event.agent == a} for a in AGENTS}
        assert mine["A"] == mine["B"]

    def test_slots_of_a_bag_are_interchangeable(self) -> None:
        """A bag has no order; a queue has."""
        bag = compose(scenario("rfc9293 incarnations=1")).system
        fifo = compose(scenario("rfc9293 incarnations=1 channel=fifo")).system
        assert [len(group) for group in bag.interchangeable] == [2, 2]
        assert fifo.interchangeable == ()


# --- the ledger -----------------------------------------------------------------------------------

LEDGER = {
    # scenario with one incarnation: states, transitions, depth, states without successor
    "rfc9293": (2325, 15957, 19, 1),
    "rfc793": (2325, 15957, 19, 1),
    "const_isn": (2325, 15957, 19, 1),
    "two_way": (1168, 7908, 19, 2),
    "two_way_rst": (1937, 12997, 20, 2),
    "flags_only": (1680, 10737, 20, 4),
    "four_naive": (3267, 23041, 21, 1),
    "split": (5566, 40666, 20, 1),
    "textbook": (5579, 50332, 18, 0),
    "clock": (2687, 6643, 20, 49),
    "tw0": (3004, 7790, 20, 49),
    "tw1": (2720, 6773, 20, 49),
    "tw2": (2687, 6643, 20, 49),
    "udp": (36, 132, 8, 1),
    "rfc9293_literal": (2325, 15957, 19, 1),
    "rfc9293_no5961": (2325, 15957, 19, 1),
    "two_way_deltat": (1889, 4758, 18, 46),
    "seed0_misread": (2972, 7373, 20, 61),
    "freertos1303": (3712, 10355, 20, 49),
    "tcp_tfo": (7819, 56797, 23, 1),
    "syncookie": (3321, 22166, 22, 4),
}
"""What explicit search visits.  A difference is a change of what is modelled, to be explained.

With one incarnation RFC 5961 and the choice of an ISS make no difference: there is nothing old.
Where losses are counted, 49 states are stuck because both channels are full and every arrival
wants to answer; see `TestStuck`.
"""


@pytest.mark.parametrize("name", LEDGER)
def test_the_ledger(name: str) -> None:
    """Exactly as many states, transitions and steps as last time."""
    system = compose(replace(PRESETS[name], incarnations=1)).system
    found = explicit.check(system, always(z3.BoolVal(True)))
    assert found.evidence.complete
    assert (found.states, found.transitions, found.depth, found.evidence.deadlocks) == LEDGER[name]


SIZES = {
    # scenario for measuring: states, transitions, depth, states without successor
    "bench4": (11338, 81269, 28, 5),
    "bench5": (112276, 996922, 28, 1),
    "bench6": (939232, 7995082, 30, 1),
    "bench7 incarnations=1": (398214, 3730685, 25, 1),
}


@pytest.mark.parametrize("text", SIZES)
def test_the_scenarios_for_measuring(text: str) -> None:
    """About ten, a hundred and a thousand thousand states; ten million with two incarnations."""
    found = native.check(compose(scenario(text)).system, always(z3.BoolVal(True)))
    assert found.evidence.complete
    assert (found.states, found.transitions, found.depth, found.evidence.deadlocks) == SIZES[text]


def test_the_ledger_has_every_preset_that_can_be_searched() -> None:
    """The Linux presets count seconds by the hundred, in two endpoints: they are for one of them
    (`roles=alone`), or for single runs.
    """
    known = LEDGER.keys() | {text.split()[0] for text in SIZES}
    assert PRESETS.keys() - known == {"linux", "linux_old"}


# --- what holds in every reachable state ----------------------------------------------------------

SMALL = (
    "rfc9293 incarnations=1 data=1",
    "const_isn incarnations=2 gives_up=off closes=nobody",
    "rfc793 incarnations=1 roles=any closes=either abort=on",
    "two_way_rst incarnations=1 closes=either",
    "tw2 incarnations=1 rto=1 loss=1",
)


class Reached:
    """All reachable states of a scenario, ghosts included."""

    def __init__(self, text: str) -> None:
        self.model: Model = compose(scenario(text))
        self.compiled = interpreter(self.model.system)
        search = explicit.Search(self.model.system, z3.BoolVal(False))
        search.run()
        assert search.complete
        self.states = search.order

    def violations(self, formula: Term) -> list[Codes]:
        holds = self.compiled.predicate(formula)
        return [state for state in self.states if not holds(state)]

    def everywhere(self, formula: Term) -> bool:
        """`formula` holds in every reachable state."""
        wrong = self.violations(formula)
        assert not wrong, (formula, self.compiled.decode(wrong[0]))
        return True


@cache
def reached(text: str) -> Reached:
    return Reached(text)


def void(me: Endpoint, *but: str) -> Term:
    """Nothing is in the TCB of `me`, except for these."""
    outlives = ("state", *OUTLIVES_TCB, *but)
    fields = [getattr(me, name) for name in me.tcb if name not in outlives]
    return all_of(*(z3.Not(f) if z3.is_bool(f) else f == 0 for f in fields))


@pytest.mark.parametrize("text", SMALL)
class TestInvariants:
    def test_closed_means_no_tcb(self, text: str) -> None:
        """CLOSED is the state without a TCB: all is void then, and only then or in LISTEN."""
        here = reached(text)
        for agent in AGENTS:
            me = here.model.world.endpoint(agent)
            nothing = void(me)
            assert here.everywhere(implies(me.state == CLOSED, nothing))
            assert here.everywhere(implies(nothing, me.state == CLOSED))
            assert here.everywhere(
                implies(me.state == LISTEN, all_of(void(me, "passive"), me.passive))
            )

    def test_what_is_sent_and_unacknowledged(self, text: str) -> None:
        """SND.UNA =< SND.NXT: at most SYN, text and FIN are under way, from ISS on."""
        here, most = reached(text), scenario(text).data + 2
        for agent in AGENTS:
            me = here.model.world.endpoint(agent)
            assert here.everywhere(z3.ULE(me.snd_nxt - me.snd_una, most))
            assert here.everywhere(z3.ULE(me.snd_nxt - me.iss, most))
            assert here.everywhere(z3.ULE(me.snd_una - me.iss, me.snd_nxt - me.iss))

    def test_either_the_syn_or_the_fin_is_sent_again(self, text: str) -> None:
        """In FIN-WAIT-1 and CLOSING the SYN and the FIN are never both at the front of the
        retransmission queue: no more than one rule sends again.
        """
        here = reached(text)
        for agent in AGENTS:
            me = here.model.world.endpoint(agent)
            closing = any_of(me.state == FIN_WAIT_1, me.state == CLOSING)
            both = all_of(me.snd_una == me.iss, me.snd_una == me.snd_nxt - 1)
            assert here.everywhere(implies(closing, z3.Not(both)))

    def test_what_a_state_says(self, text: str) -> None:
        """SYN-SENT, SYN-RECEIVED: our SYN is all that was sent, unacknowledged.  FIN-WAIT-2,
        TIME-WAIT: our FIN is acknowledged.  ESTABLISHED and later: the SYN is, save after a CLOSE
        in SYN-RECEIVED.
        """
        here = reached(text)
        for agent in AGENTS:
            me = here.model.world.endpoint(agent)
            opening = any_of(me.state == SYN_SENT, me.state == SYN_RECEIVED)
            begun = all_of(me.snd_una == me.iss, me.snd_nxt == me.iss + 1)
            assert here.everywhere(implies(opening, begun))
            done = any_of(me.state == FIN_WAIT_2, me.state == TIME_WAIT)
            assert here.everywhere(implies(done, me.snd_una == me.snd_nxt))
            for name in ("ESTABLISHED", "CLOSE-WAIT", "LAST-ACK"):
                in_state = me.state == STATE.term(name)
                assert here.everywhere(implies(in_state, me.snd_una != me.iss))
            for name in ("FIN-WAIT-1", "CLOSING", "LAST-ACK"):
                in_state = me.state == STATE.term(name)
                assert here.everywhere(implies(in_state, me.snd_una != me.snd_nxt))
            known = z3.Not(any_of(me.state == CLOSED, me.state == LISTEN, me.state == SYN_SENT))
            assert here.everywhere(implies(known, me.rcv_nxt != me.irs))

    def test_incarnations_and_ghosts(self, text: str) -> None:
        """A connection has a number; who is confirmed or believed in exists; what is not open
        believes in nobody.
        """
        here = reached(text)
        for agent in AGENTS:
            me = here.model.world.endpoint(agent)
            peer = here.model.world.other(agent)
            open_ = z3.Not(any_of(me.state == CLOSED, me.state == LISTEN))
            assert here.everywhere(implies(open_, me.inc != 0))
            assert here.everywhere(z3.ULE(me.peer, peer.inc))
            assert here.everywhere(implies(me.confirmed, me.peer != 0))
            known = all_of(open_, me.state != SYN_SENT)
            assert here.everywhere(known == (me.peer != 0))
            assert here.everywhere(implies(open_, me.outcome == 0))

    def test_only_a_second_connection_meets_old_segments(self, text: str) -> None:
        """With one incarnation there is nothing old that could be taken for new."""
        here = reached(text)
        for agent in AGENTS:
            me = here.model.world.endpoint(agent)
            stale = z3.Or(me.stale_text, me.stale_fin)
            last = scenario(text).incarnations
            assert here.everywhere(implies(stale, me.inc == 2) if last > 1 else z3.Not(stale))

    def test_slots(self, text: str) -> None:
        """An empty slot is all zero; a segment was sent by an incarnation that exists, with control
        bits that a TCP sends, and is no older than MSL.
        """
        here = reached(text)
        sendable = ["-", "SYN", "SYN,ACK", "ACK", "FIN,ACK", "RST", "RST,ACK"]
        for agent in AGENTS:
            me = here.model.world.endpoint(agent)
            for group in [c.group for a, c in here.model.world.channels.items() if a == agent]:
                for slot in group:
                    terms = {n.split(".")[-1]: here.model.system.by_name[n].term for n in slot}
                    empty = terms["ctl"] == 0
                    zero = all_of(*(term == 0 for term in terms.values()))
                    assert here.everywhere(implies(empty, zero))
                    known = any_of(*(terms["ctl"] == CTL.term(name) for name in sendable))
                    assert here.everywhere(known)
                    assert here.everywhere(z3.ULE(terms["inc"], me.inc))
                    assert here.everywhere(z3.ULE(terms["to"], here.model.world.other(agent).inc))


def test_the_time_wait_timer_runs_in_time_wait_only() -> None:
    """Everywhere else it is void."""
    here = reached("tw2 incarnations=1 rto=1 loss=1")
    for agent in AGENTS:
        me = here.model.world.endpoint(agent)
        assert here.everywhere(implies(me.timer != 0, me.state == TIME_WAIT))


class TestStuck:
    """States from which nothing can happen."""

    def stuck(self, text: str) -> list[dict[str, object]]:
        here = reached(text)
        ends = [s for s in here.states if not here.compiled.successors(s)]
        return [dict(here.compiled.decode(s)) for s in ends]

    def test_only_the_end_of_all_connections(self) -> None:
        """Where anything may be lost, a run ends only when both have used up their incarnations."""
        for end in self.stuck("rfc9293 incarnations=1 data=1"):
            assert (end["A.state"], end["B.state"]) == ("CLOSED", "CLOSED")
            assert (end["A.inc"], end["B.inc"]) == (1, 1)

    def test_full_channels(self) -> None:
        """Where losses are counted, runs also get stuck when both channels are full of segments
        that have to be answered.  No TCP does that: it is the price of a bounded lossless channel,
        and a reason to look at a second capacity before believing that something holds.
        """
        for end in self.stuck("clock incarnations=1"):
            slots = [v for n, v in end.items() if n.endswith(".ctl")]
            assert "-" not in slots
