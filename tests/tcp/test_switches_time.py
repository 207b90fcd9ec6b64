"""Time and failure: limits, retransmission on time, crashes, reopening from TIME-WAIT.

Each switch changes the verdict of something; the tests say of what.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property, always, leads_to, sometimes
from tcpmodel.core.result import Result, Verdict
from tcpmodel.core.terms import Term, all_of, implies, none_of
from tcpmodel.engines import explicit, liveness
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.schedule import KINDS, given_up, transmissions
from tcpmodel.tcp.states import CLOSED, ESTABLISHED, SYN_SENT
from tcpmodel.tcp.world import World

from .harness import EVERY_STATE, Packet, host, played

ALONE = " roles=alone gives_up=off incarnations=1"
"""B is dead: whatever A sends is lost."""


@cache
def model(text: str) -> Model:
    return compose(scenario(text))


def check(
    text: str, formula: Callable[[World], Term], ask: Callable[[Term], Property] = always
) -> Result:
    """The answer of explicit search about a scenario; the whole of it is searched."""
    found = explicit.check(model(text).system, ask(formula(model(text).world)))
    assert found.evidence.complete or found.trace is not None
    return found


def holds(text: str, formula: Callable[[World], Term]) -> bool:
    """Whether `formula` holds in every reachable state."""
    return check(text, formula).verdict is Verdict.HOLDS


def possible(text: str, formula: Callable[[World], Term]) -> bool:
    """Whether some reachable state satisfies `formula`."""
    return check(text, formula, sometimes).verdict is Verdict.HOLDS


# --- when something is sent again, and given up ---------------------------------------------------


class TestSchedule:
    @pytest.mark.parametrize(
        ("text", "kind", "sent", "end"),
        [
            ("linux_old", "syn", [0, 1, 3, 7, 15, 31], 63),
            ("linux_old syn_retries=6", "syn", [0, 1, 3, 7, 15, 31, 63], 127),
            ("linux", "syn", [0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67], 131),
            ("linux_old rto=3", "syn", [0, 3, 9, 21, 45, 93], 189),
            ("linux", "synack", [0, 1, 3, 7, 15, 31], 63),
            ("linux_old rto_cap=4", "syn", [0, 1, 3, 7, 11, 15], 19),
            ("linux_old syn_retries=0", "syn", [0], 1),
        ],
    )
    def test_the_published_numbers(self, text: str, kind: str, sent: list[int], end: int) -> None:
        """When a segment is sent, and when it is given up, in seconds."""
        assert transmissions(scenario(text), kind) == sent
        assert given_up(scenario(text), kind) == end

    def test_text_is_given_up_after_924_6_seconds(self) -> None:
        """tcp_retries2=15 with an RTO of 0.2 s, a tick here, and RTO_MAX of 120 s, 600 ticks."""
        assert given_up(scenario("linux rto_cap=600"), "data") * 2 == 9246

    def test_a_schedule_is_what_its_parts_say(self) -> None:
        """As many transmissions as there are retries and one; it is given up after the last."""
        chosen = scenario("linux")
        assert [len(transmissions(chosen, k)) for k in KINDS] == [11, 6, 16, 9]
        assert all(given_up(chosen, k) > transmissions(chosen, k)[-1] for k in KINDS)


class TestOnTime:
    @pytest.mark.parametrize(
        ("text", "sent", "end"),
        [
            ("linux_old", (0, 1, 3, 7, 15, 31), 63),
            ("linux_old syn_retries=6", (0, 1, 3, 7, 15, 31, 63), 127),
            ("linux", (0, 1, 2, 3, 4, 5, 7, 11, 19, 35, 67), 131),
            ("linux_old rto=3", (0, 3, 9, 21, 45, 93), 189),
        ],
    )
    def test_a_syn_to_a_dead_host(self, text: str, sent: tuple[int, ...], end: int) -> None:
        """The rules keep to the schedule: a SYN is sent then, and only then; it is given up then,
        and only then; and its user is told.
        """
        assert holds(
            text + ALONE,
            lambda w: all_of(
                implies(w.A.state == SYN_SENT, w.last_sent_at("A", *sent)),
                implies(w.A.outcome != 0, w.gave_up_after("A", end)),
                none_of(w.gave_up_before("A", end)),
            ),
        )

    def test_it_is_a_small_question(self) -> None:
        """One endpoint in 131 seconds has as many states as seconds and transmissions."""
        found = check("linux" + ALONE, lambda w: z3.BoolVal(True))
        assert found.states == 144

    def test_neither_earlier_nor_later(self) -> None:
        """`rto_policy=abstract` repeats at any time; `exponential` when the timer has run out."""
        for policy, names in (
            ("", {"tick", "A.retransmit_syn__syn_sent"}),
            (" rto_policy=exponential", {"tick"}),
        ):
            play = played(f"clock rto=2 retries=1{policy} roles=alone")
            play.take("A.closed_active_open")
            assert play.names() == names
        play.take("tick")
        play.take("tick")
        assert play.names() == {"A.retransmit_syn__syn_sent"}
        play.take("A.retransmit_syn__syn_sent")
        assert play["A.rtx_timer"] == 4

    def test_an_acknowledgment_ends_the_backoff(self) -> None:
        """What is sent next begins with the first timeout again."""
        text = "clock rto=2 retries=5 rto_policy=exponential data=2"
        tired = host("ESTABLISHED", text, snd_nxt=103, tries=3, rtx_timer=7, waited=21, sent_at=14)
        did = tired.receives(Packet("ACK", 301, 102))
        assert (did.tcb["tries"], did.tcb["rtx_timer"], did.tcb["waited"]) == (0, 2, 0)
        did = tired.receives(Packet("ACK", 301, 103))
        assert (did.tcb["tries"], did.tcb["rtx_timer"], did.tcb["waited"]) == (0, 0, 0)

    def test_a_helper_that_has_no_clock_says_so(self) -> None:
        """Without an exact policy nobody counts the ticks."""
        with pytest.raises(ModelError, match="use rto_policy=exponential"):
            model("rfc9293").world.gave_up_after("A", 63)


class TestRetries:
    def test_without_a_limit_nobody_gives_up(self) -> None:
        """`retries=unlimited`, the default, ends no connection; a limit does."""
        told: Callable[[World], Term] = lambda w: none_of(w.ended("A", "timeout"))  # noqa: E731
        assert holds("rfc9293 incarnations=1", told)
        assert not holds("rfc9293 incarnations=1 retries=2", told)

    @pytest.mark.parametrize(
        ("switch", "state"),
        [("syn", "SYN-SENT"), ("synack", "SYN-RECEIVED"), ("orphan", "LAST-ACK")],
    )
    def test_each_kind_has_its_own_limit(self, switch: str, state: str) -> None:
        """A SYN, a SYN,ACK, what is left after CLOSE; then the user is told, and nobody else."""
        text = f"rfc9293 {switch}_retries=2"
        (again,) = host(state, text, tries=1).times_out("")
        assert again.rule.startswith("retransmit")
        (did,) = host(state, text, tries=2).times_out("")
        assert (did.rule, did.state, did.sent) == ("gives_up", "CLOSED", None)
        assert did.ghosts["outcome"] == "timeout"
        others = host("ESTABLISHED", text + " data=1", snd_nxt=102, tries=2).times_out("")
        assert [o.rule for o in others] == ["retransmit_text__established"]

    def test_giving_up_a_fin_leaves_the_peer_half_open(self) -> None:
        """From FIN-WAIT-1 directly to CLOSED; the peer is never told (`orphan_retries`)."""
        lonely: Callable[[World], Term] = lambda w: w.left_half_open("B")  # noqa: E731
        assert not possible("rfc9293 incarnations=1", lonely)
        assert possible("rfc9293 incarnations=1 orphan_retries=0", lonely)


# --- other timeouts -------------------------------------------------------------------------------


class TestUserTimeout:
    def test_it_ends_what_would_go_on_for_ever(self) -> None:
        """3.10.8: with the user timeout a SYN to a dead host does not stay; without it, it does."""
        for switch, verdict in (("", Verdict.FAILS), (" user_timeout=5", Verdict.HOLDS)):
            text = "clock rto=1" + ALONE.replace(" gives_up=off", "") + switch
            here = model(text)
            asked = leads_to(
                here.world.A.state == SYN_SENT,
                here.world.A.state == CLOSED,
                weak=("clock", *(["A user timeout"] if switch else [])),
            )
            assert liveness.check(here.system, asked).verdict is verdict

    @pytest.mark.parametrize("state", EVERY_STATE)
    def test_in_any_state_in_which_something_is_unacknowledged(self, state: str) -> None:
        """`any`: whenever it likes, the TCB is deleted and the user told; no reset is sent."""
        found = host(state, "rfc9293 user_timeout=any").times_out("user timeout")
        pending = ("SYN-SENT", "SYN-RECEIVED", "FIN-WAIT-1", "CLOSING", "LAST-ACK")
        told = [(o.state, o.sent, o.ghosts["outcome"]) for o in found]
        assert told == ([("CLOSED", None, "timeout")] if state in pending else [])

    def test_after_exactly_so_many_ticks(self) -> None:
        """Not a tick earlier, and not a tick later."""
        play = played("clock user_timeout=3 roles=alone retransmit=off")
        play.take("A.closed_active_open")
        for _ in range(3):
            assert play.names() == {"tick"}
            play.take("tick")
        assert play.names() == {"A.user_timeout"}


class TestFinTimeout:
    def test_a_half_closed_peer_is_reset(self) -> None:
        """In the RFC the passive closer may take its time; with `fin_timeout` it meets a reset."""
        text = "clock incarnations=1 capacity=1 rfc5961=off"
        fine: Callable[[World], Term] = lambda w: implies(  # noqa: E731
            w.A.state == CLOSED, none_of(w.ended("B", "reset"))
        )
        assert holds(text + " loss=0 channel=fifo retransmit=off", fine)
        assert not holds(text + " loss=0 channel=fifo retransmit=off fin_timeout=1", fine)

    def test_of_whom(self) -> None:
        """`orphan`: only once the user has left; `all`: from the beginning of FIN-WAIT-2."""
        acked = Packet("ACK", 301, 102)
        for whose, timer in (("orphan", 0), ("all", 4)):
            text = f"clock fin_timeout=3 fin_timeout_for={whose}"
            did = host("FIN-WAIT-1", text).receives(acked)
            assert (did.state, did.tcb["fin_timer"]) == ("FIN-WAIT-2", timer)
        assert host("FIN-WAIT-2", "clock fin_timeout=3").calls("leave").changed == {"fin_timer": 4}

    def test_it_ends_silently(self) -> None:
        """No segment; the connection is simply gone."""
        (did,) = host("FIN-WAIT-2", "clock fin_timeout=3", fin_timer=1).times_out("")
        assert (did.rule, did.state, did.sent) == ("fin_wait_2_timeout", "CLOSED", None)

    def test_a_fin_in_time_stops_it(self) -> None:
        """In TIME-WAIT it does not run any more."""
        waiting = host("FIN-WAIT-2", "clock fin_timeout=3", fin_timer=2)
        did = waiting.receives(Packet("FIN,ACK", 301, 102))
        assert (did.state, did.tcb["fin_timer"]) == ("TIME-WAIT", 0)


class TestR1:
    def test_the_user_could_be_told_long_before_the_end(self) -> None:
        """SHLD-9 and SHLD-10: with R1 at three retransmissions a user who asks is told after 7 s
        that the SYN goes unanswered, when 56 of the 63 s are still to come.
        """
        here = model("linux_old roles=alone incarnations=1 gives_up=off")
        w = here.world
        passed = w.sent_again("A", 3)
        at_7 = explicit.check(here.system, sometimes(all_of(passed, w.A.waited == 7)))
        assert at_7.verdict is Verdict.HOLDS
        not_before = explicit.check(here.system, always(implies(passed, z3.UGE(w.A.waited, 7))))
        assert not_before.verdict is Verdict.HOLDS

    def test_more_often_than_the_limit_is_never(self) -> None:
        """And where nothing is counted, nobody can be told."""
        w = model("linux_old roles=alone incarnations=1 gives_up=off").world
        assert z3.is_false(w.sent_again("A", 1000))
        with pytest.raises(ModelError, match="counts no retransmissions"):
            model("rfc9293 incarnations=1").world.sent_again("A", 3)


class TestKeepAlive:
    def test_a_probe_calls_for_an_answer(self) -> None:
        """SEQ = SND.NXT-1, no text: a peer that lives acknowledges, one that does not resets."""
        (probe,) = host("ESTABLISHED", "rfc9293 keepalive=on").times_out("keep-alive")
        assert probe.sent == Packet("ACK", 100, 301)
        assert probe.nothing_changed
        assert host("ESTABLISHED").receives(Packet("ACK", 300, 101)).sent == Packet("ACK", 101, 301)
        assert host("CLOSED").receives(Packet("ACK", 300, 101)).sent == Packet("RST", 101)

    @pytest.mark.parametrize("state", EVERY_STATE)
    def test_only_on_an_idle_connection(self, state: str) -> None:
        """MUST-26: not while something is outstanding; and never unless asked for (MUST-25)."""
        idle = state in ("ESTABLISHED", "FIN-WAIT-2", "CLOSE-WAIT")
        assert len(host(state, "rfc9293 keepalive=on").times_out("keep-alive")) == idle
        assert host(state).times_out("keep-alive") == []
        busy = host("ESTABLISHED", "rfc9293 keepalive=on data=1", snd_nxt=102)
        assert busy.times_out("keep-alive") == []

    def test_it_finds_out_about_a_crash(self) -> None:
        """A server whose client has crashed stays ESTABLISHED for ever; with keep-alives it does
        not, if the network delivers what is sent again and again.
        """
        for switch, verdict in (("", Verdict.FAILS), (" keepalive=on", Verdict.HOLDS)):
            text = "rfc9293 incarnations=1 closes=nobody crash=A capacity=1" + switch
            here = model(text)
            half_open = all_of(here.world.B.state == ESTABLISHED, here.world.A.state == CLOSED)
            asked = leads_to(
                half_open,
                here.world.B.state != ESTABLISHED,
                strong=("A receives", "B receives", *(["B keep-alive"] if switch else [])),
            )
            assert liveness.check(here.system, asked).verdict is verdict


class TestKeepAliveOnTime:
    """`keepalive=K keepalive_interval=I keepalive_probes=N`: when probes come, and what ends it."""

    TEXT = "clock keepalive=4 keepalive_interval=2 keepalive_probes=2"

    def test_linux_gives_up_after_7875_seconds(self) -> None:
        """Its defaults 7200 s, 75 s and 9 probes, one tick being 75 s: nine probes, the first after
        96 ticks, and the end 105 ticks after the last segment, if the peer is dead.
        """
        here = model(
            "clock incarnations=1 closes=nobody crash=B quiet=120 keepalive=96 "
            "keepalive_interval=1 keepalive_probes=9"
        )
        given_up = all_of(here.world.ended("A", "timeout"), here.world.ended("B", "crashed"))
        trace = explicit.check(here.system, sometimes(given_up)).trace
        assert trace is not None
        ticks, told = 0, []
        for step in trace.steps:
            ticks += step.agent == "clock"
            if step.label.startswith("keep-alive"):
                told.append((ticks, step.label))
        assert told == [
            *((96 + n, "keep-alive") for n in range(9)),
            (105, "keep-alive limit"),
        ]
        assert 105 * 75 == 7875

    @pytest.mark.parametrize(
        ("idle", "probes", "due"),
        [(3, 0, []), (4, 0, ["keep_alive"]), (4, 1, []), (6, 1, ["keep_alive"]), (6, 2, [])],
    )
    def test_a_probe_is_due_once(self, idle: int, probes: int, due: list[str]) -> None:
        """Not before its tick, and not twice in it."""
        found = host("ESTABLISHED", self.TEXT, idle=idle, probes=probes).times_out("keep-alive")
        assert [did.rule for did in found] == due
        assert all(did.changed == {"probes": probes + 1} for did in found)

    def test_the_end_is_told_to_the_user(self) -> None:
        """An interval after the last probe; no reset is sent."""
        (did,) = host("ESTABLISHED", self.TEXT, idle=8, probes=2).times_out("keep-alive limit")
        assert (did.state, did.sent, did.tcb["outcome"]) == ("CLOSED", None, "timeout")
        assert host("ESTABLISHED", self.TEXT, idle=7, probes=2).times_out("keep-alive limit") == []

    @pytest.mark.parametrize(
        "arriving",
        [Packet("ACK", 301, 101), Packet("ACK", 300, 101), Packet("ACK", 302, 101, 1)],
    )
    def test_whatever_arrives_from_the_peer_ends_idleness(self, arriving: Packet) -> None:
        """An acknowledgment, a keep-alive of its own, text out of order."""
        idle = host("ESTABLISHED", f"{self.TEXT} data=1", idle=6, probes=1)
        did = idle.receives(arriving)
        assert (did.tcb["idle"], did.tcb["probes"]) == (0, 0)

    @pytest.mark.parametrize(
        ("text", "advice"),
        [
            ("rfc9293 keepalive=4 keepalive_interval=1 keepalive_probes=1", "msl to at least 1"),
            ("clock keepalive=4 keepalive_probes=1", "set keepalive_interval to at least 1"),
            ("clock keepalive=4 keepalive_interval=1", "set keepalive_probes to at least 1"),
            ("clock keepalive=on keepalive_probes=1", "say after how many idle ticks"),
        ],
    )
    def test_what_says_too_little_is_refused(self, text: str, advice: str) -> None:
        """With advice on what to add."""
        with pytest.raises(ModelError, match=advice):
            scenario(text)


# --- crashes --------------------------------------------------------------------------------------


class TestCrash:
    @pytest.mark.parametrize("state", EVERY_STATE[1:])
    def test_everything_is_lost_but_the_count(self, state: str) -> None:
        """No TCB is left, and no segment is sent."""
        (did,) = host(state, "rfc9293 crash=on", used=1).outcomes("step")
        assert (did.state, did.sent, did.ghosts["outcome"]) == ("CLOSED", None, "crashed")
        assert (did.tcb["snd_nxt"], did.tcb["rcv_nxt"], did.tcb["used"]) == (0, 0, 0)
        assert did.tcb["inc"] == int(state != "LISTEN")

    def test_the_isn_generator_begins_anew(self) -> None:
        """After a crash the next ISN is the first one again, in a new incarnation."""
        play = played("rfc9293 crash=A roles=alone")
        play.take("A.closed_active_open")
        first = play["A.iss"]
        play.take("A.crash")
        play.take("A.closed_active_open")
        assert (play["A.inc"], play["A.iss"]) == (2, first)

    def test_who_may_crash(self) -> None:
        """Nobody, both, or one of them."""
        for value, who in (("off", ""), ("on", "AB"), ("A", "A"), ("B", "B")):
            actions = compose(scenario(f"rfc9293 crash={value}")).system.actions
            found = {a.event.agent for a in actions if a.event.label == "crash"}
            assert found == set(who)

    def test_a_crash_leaves_the_peer_half_open(self) -> None:
        """3.5.1: nothing tells a server of it that has nothing to send."""
        lonely: Callable[[World], Term] = lambda w: w.left_half_open("B")  # noqa: E731
        assert not possible("rfc9293 incarnations=1 closes=nobody", lonely)
        assert possible("rfc9293 incarnations=1 closes=nobody crash=A", lonely)

    def test_quiet_means_quiet(self) -> None:
        """While it keeps quiet it sends nothing, whatever arrives, and opens nothing."""
        quiet = host("CLOSED", "clock crash=on quiet=2", quiet=3)
        did = quiet.receives(Packet("SYN", 300))
        assert (did.rule, did.sent, did.nothing_changed) == ("keeps_quiet", None, True)
        assert quiet.outcomes("call") == []
        assert host("CLOSED", "clock crash=on quiet=2").receives(Packet("SYN", 300)).sent

    def test_for_so_many_ticks(self) -> None:
        """From the crash to the first OPEN exactly `quiet` ticks pass."""
        play = played("clock crash=A quiet=2 roles=alone")
        play.take("A.closed_active_open")
        play.take("A.crash")
        for _ in range(2):
            assert play.names() == {"tick"}
            play.take("tick")
        assert play.names() == {"A.quiet_time_over"}
        play.take("A.quiet_time_over")
        assert "A.closed_active_open" in play.names()


# --- reopening ------------------------------------------------------------------------------------


class TestReopening:
    SYN = Packet("SYN", 700)

    def test_the_rfc_by_default_does_not(self) -> None:
        """A SYN in TIME-WAIT is answered by an ACK."""
        did = host("TIME-WAIT").receives(self.SYN, inc=2)
        assert (did.state, did.sent) == ("TIME-WAIT", Packet("ACK", 102, 302))

    @pytest.mark.parametrize(
        ("value", "iss"), [("rfc1122", 102), ("rfc1122_no2", 102), ("rfc1122_no1", 100)]
    )
    def test_the_new_number(self, value: str, iss: int) -> None:
        """Larger than all that were used (102 is the next), or what the generator yields."""
        waiting = host("TIME-WAIT", f"rfc9293 isn=constant tw_reopen={value}")
        did = waiting.receives(self.SYN, inc=2)
        assert (did.state, did.sent) == ("SYN-RECEIVED", Packet("SYN,ACK", iss, 701))
        assert did.tcb["inc"] == 2

    @pytest.mark.parametrize(
        ("value", "state"), [("rfc1122", "TIME-WAIT"), ("rfc1122_no2", "CLOSED")]
    )
    def test_an_old_duplicate(self, value: str, state: str) -> None:
        """Back to TIME-WAIT with all it knew, and its full length; or nothing is left."""
        waiting = host("TIME-WAIT", f"clock tw_reopen={value}", timer=1)
        opened = waiting.but(**waiting.receives(self.SYN, inc=2).tcb)
        did = opened.receives(Packet("RST", 701))
        assert did.state == state
        if state == "TIME-WAIT":
            kept = ("snd_una", "snd_nxt", "rcv_nxt", "peer", "timer")
            assert [did.tcb[name] for name in kept] == [102, 102, 302, 1, 2]
            again = opened.but(**did.tcb).receives(Packet("FIN,ACK", 301, 102))
            assert again.sent == Packet("ACK", 102, 302)

    def test_an_old_duplicate_found_out_after_close(self) -> None:
        """CLOSE in SYN-RECEIVED does not make it forget where it came from."""
        waiting = host("TIME-WAIT", "clock tw_reopen=rfc1122")
        opened = waiting.but(**waiting.receives(self.SYN, inc=2).tcb)
        closed = opened.but(**opened.calls("CLOSE").tcb)
        assert closed.receives(Packet("RST", 701)).state == "TIME-WAIT"

    def test_a_connection_that_is_new_forgets_it(self) -> None:
        """Once its SYN is acknowledged, a reset is a reset."""
        waiting = host("TIME-WAIT", "clock tw_reopen=rfc1122")
        opened = waiting.but(**waiting.receives(self.SYN, inc=2).tcb)
        did = opened.receives(Packet("ACK", 701, 103), inc=2, to=2)
        assert (did.state, did.tcb["reopened"], did.tcb["old_rcv"]) == ("ESTABLISHED", False, 0)
        assert opened.but(**did.tcb).receives(Packet("RST", 701)).state == "CLOSED"

    def test_only_an_incarnation_that_is_left(self) -> None:
        """The model's count of connections is the limit, as for a listener."""
        did = host("TIME-WAIT", "rfc9293 tw_reopen=rfc1122", inc=2).receives(self.SYN)
        assert did.state == "TIME-WAIT"

    def test_without_the_way_back_old_text_is_delivered(self) -> None:
        """Why condition (2): an old SYN ends TIME-WAIT, and a copy of the old text outlives it."""
        play = played(
            "tw2 tw_rfc1337=on closes=B data=1 senders=B incarnations=3 tw_reopen=rfc1122_no2"
        )
        for line in OLD_TEXT.strip().splitlines():
            for rule in line.split():
                play.take(next(n for n in sorted(play.names()) if n.split("[")[0] == rule))
        assert (play["A.inc"], play["A.stale_text"]) == (2, True)


OLD_TEXT = """
A.closed_active_open B.listen_receives_syn A.retransmit_syn__syn_sent
A.syn_sent_receives_synack B.syn_received_receives_ack
B.send__established B.retransmit_text__established A.receives_text__established
B.close_first__established B.receives_ack__fin_unacknowledged
A.receives_fin__established B.fin_wait_1_receives_ack_of_fin
A.close_second B.receives_fin__fin_wait_2 A.last_ack_receives_ack_of_fin
B.time_wait_receives_syn A.closed_answers_reset
A.closed_active_open B.syn_received_receives_reset__active
B.closed_passive_open B.listen_receives_syn A.syn_sent_receives_synack
A.receives_text__established
"""
"""A SYN and an octet are repeated; both copies are still there when the connection is over."""


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rfc9293 rto_cap=5", "set rto_policy=exponential or linear4"),
        ("rfc9293 rto_policy=exponential retries=5", "set rto to at least 1"),
        ("clock rto=1 rto_policy=linear4", "say how many there are, e.g. retries=5"),
        ("rfc9293 retransmit=off retries=3", "has no retries to limit"),
        ("rfc9293 user_timeout=3", "user_timeout is in ticks"),
        ("rfc9293 fin_timeout=3", "fin_timeout is in ticks"),
        ("clock fin_timeout_for=all", "set fin_timeout, too"),
        ("clock quiet=1", "set crash, too"),
        ("rfc9293 crash=on quiet=1", "quiet is in ticks"),
        ("two_way tw_reopen=rfc1122", "use handshake=three"),
    ],
)
def test_contradictions(text: str, words: str) -> None:
    """A combination without meaning is refused, and the message says what to change."""
    with pytest.raises(ModelError, match=words):
        scenario(text)


def test_a_dead_peer_does_nothing() -> None:
    """`roles=alone`: only A acts, and nothing it sends is ever under way."""
    found: Any = model("rfc9293 roles=alone").system
    assert {a.event.agent for a in found.actions} <= {"A", "network"}
    assert holds("rfc9293 roles=alone", lambda w: w.nothing_inflight())
