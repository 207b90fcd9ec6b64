"""Attack and defence: each switch changes what can be said about a TCP."""

from __future__ import annotations

import pytest

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property, always, leads_to, sometimes
from tcpmodel.core.result import Verdict
from tcpmodel.core.terms import Term, all_of, any_of, implies, none_of
from tcpmodel.engines import explicit, liveness
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import ESTABLISHED, LISTEN, SYN_RECEIVED, SYN_SENT
from tcpmodel.tcp.world import World

from .harness import played

HOLDS, FAILS = Verdict.HOLDS, Verdict.FAILS
ONCE = "incarnations=1 gives_up=off adversary=off_path forgeries=1"


def model(text: str) -> Model:
    return compose(scenario(text))


def verdict(found: Model, question: Property) -> Verdict:
    return explicit.check(found.system, question).verdict


def untouched(w: World) -> Term:
    """No forged segment has changed the state of an attempt or of a connection."""
    return none_of(w.swayed("A"), w.swayed("B"))


# --- who attacks ----------------------------------------------------------------------------------


class TestAdversary:
    @pytest.mark.parametrize(
        ("guess", "rfc793", "rfc9293"),
        [("outside", HOLDS, HOLDS), ("window", FAILS, HOLDS), ("exact", FAILS, FAILS)],
    )
    def test_how_good_a_guess_has_to_be(
        self, guess: str, rfc793: Verdict, rfc9293: Verdict
    ) -> None:
        """A forged reset needs a number in the window; with RFC 5961 it needs the exact one."""
        for name, expected in (("rfc793", rfc793), ("rfc9293", rfc9293)):
            found = model(f"{name} {ONCE} forges=rst guess={guess} capacity=1")
            assert verdict(found, always(untouched(found.world))) is expected

    def test_who_sees_needs_no_luck(self) -> None:
        """On the path every number is known: RFC 5961 does not help."""
        found = model("rfc9293 incarnations=1 adversary=on_path forgeries=1 forges=rst")
        assert verdict(found, always(untouched(found.world))) is FAILS

    def test_a_budget_is_a_budget(self) -> None:
        """A connection in another's name takes a SYN and an ACK: one forgery is not enough."""
        for forgeries, expected in ((1, HOLDS), (2, FAILS)):
            found = model(
                "rfc9293 incarnations=1 gives_up=off closes=nobody capacity=1 adversary=off_path "
                f"guess=learned forges=handshake forgeries={forgeries}"
            )
            b = found.world.B
            connected = implies(b.state == ESTABLISHED, b.peer != 0)
            assert verdict(found, always(connected)) is expected

    def test_on_the_path_it_drops_and_copies(self) -> None:
        """Where the network loses and duplicates nothing, only the adversary does."""
        found = model("rfc9293 loss=0 adversary=on_path forgeries=1 forges=ack")
        deeds = {a.name for a in found.system.actions if "by the adversary" in a.name}
        assert "A>B[0].lost by the adversary" in deeds
        assert "A>B[0].duplicated by the adversary" in deeds
        faults = [a for a in found.system.actions if a.event.agent == "network"]
        assert {a.name for a in faults} == deeds

    def test_nobody_relies_on_the_adversary(self) -> None:
        """What it does is in a fairness group of its own, and costs a forgery."""
        found = model(f"rfc9293 {ONCE}")
        forged = [a for a in found.system.actions if "[forged" in a.name]
        assert forged
        assert {a.event.group for a in forged} == {"adversary"}
        assert all("forgeries_left" in a.updates for a in forged)

    def test_forged_resets_do_arrive(self) -> None:
        """Where they do no harm they have been answered by challenge ACKs, in both endpoints."""
        found = model(f"rfc9293 {ONCE} forges=rst capacity=1")
        evidence = explicit.check(found.system, always(untouched(found.world))).evidence
        for agent in ("A", "B"):
            assert evidence.fired[f"{agent}.inexact_reset[forged RST +1]"] > 0

    def test_a_forged_segment_has_no_incarnation(self) -> None:
        """Properties can tell it: no incarnation sent it, and it is for none."""
        play = played(f"rfc9293 {ONCE} forges=syn")
        forged = [m for m in play.moves(agent="B") if "[forged" in m.name]
        assert forged
        for move in forged:
            assert move.action.event.receives is not None
            fields = move.action.event.receives.fields
            assert [fields[name].as_long() for name in ("inc", "to")] == [0, 0]


# --- what defends ---------------------------------------------------------------------------------


class TestThrottling:
    @pytest.mark.parametrize(("throttle", "expected"), [("off", FAILS), ("on", HOLDS)])
    def test_an_ack_storm(self, throttle: str, expected: Verdict) -> None:
        """One forged octet, and both sides answer each other's ACKs for ever, unless a pure ACK
        that is unacceptable is no reason to answer.
        """
        found = model(
            "rfc9293 incarnations=1 gives_up=off closes=nobody data=1 senders=B "
            f"adversary=on_path forgeries=1 forges=data ack_throttle={throttle}"
        )
        w = found.world
        quiet = all_of(
            w.A.state == ESTABLISHED,
            w.B.state == ESTABLISHED,
            w.A.snd_una == w.A.snd_nxt,
            w.B.snd_una == w.B.snd_nxt,
        )
        silent = any_of(w.nothing_inflight(), none_of(quiet))
        question = leads_to(quiet, silent, weak=("A receives", "B receives"))
        result = liveness.check(found.system, question)
        assert result.verdict is expected
        if result.trace is not None:
            assert result.trace.loop is not None
            rest = result.trace.steps[result.trace.loop :]
            assert {step.kind for step in rest} == {"segment"}
            assert all(step.sent and step.sent.fields["ctl"] == "ACK" for step in rest)

    @pytest.mark.parametrize(("throttle", "expected"), [("off", FAILS), ("on", HOLDS)])
    def test_time_wait_ended_from_afar(self, throttle: str, expected: Verdict) -> None:
        """An ACK outside the window makes TIME-WAIT answer, and a closed peer's reset ends it."""
        found = model(
            f"rfc9293 {ONCE} channel=fifo loss=0 retransmit=off forges=ack guess=outside "
            f"ack_throttle={throttle}"
        )
        assert verdict(found, always(none_of(found.world.A.cut_short))) is expected


class TestCookies:
    @pytest.mark.parametrize(("cookies", "expected"), [("off", FAILS), ("on", HOLDS)])
    def test_a_syn_takes_no_memory(self, cookies: str, expected: Verdict) -> None:
        """With cookies a listener is never in SYN-RECEIVED, and connects all the same."""
        found = model(f"rfc9293 incarnations=1 syn_cookies={cookies}")
        b = found.world.B
        assert verdict(found, always(none_of(b.state == SYN_RECEIVED))) is expected
        assert verdict(found, sometimes(b.state == ESTABLISHED)) is HOLDS

    def test_an_ack_without_a_cookie_is_refused(self) -> None:
        """The forged ACK of some number is answered by a reset, as without cookies."""
        play = played(f"rfc9293 {ONCE} forges=ack guess=exact syn_cookies=on")
        rules = {m.name.split("[")[0] for m in play.moves(agent="B") if "[forged" in m.name}
        assert rules == {"B.listen_refuses_ack"}

    @pytest.mark.parametrize(("cookies", "expected"), [("off", HOLDS), ("on", FAILS)])
    def test_the_third_message_is_lost(self, cookies: str, expected: Verdict) -> None:
        """A server that keeps nothing repeats nothing: its client waits for ever."""
        found = model(
            "rfc9293 incarnations=1 closes=nobody gives_up=off loss=1 data=1 senders=B "
            f"syn_cookies={cookies}"
        )
        w = found.world
        question = leads_to(
            w.A.state == ESTABLISHED,
            any_of(w.B.state == ESTABLISHED, w.A.state != ESTABLISHED),
            weak=(
                *("A receives", "B receives"),
                *("A retransmission timeout", "B retransmission timeout"),
            ),
        )
        assert liveness.check(found.system, question).verdict is expected


class TestBacklog:
    @pytest.mark.parametrize(
        ("words", "expected"),
        [
            ("backlog=1", FAILS),
            ("backlog=2", HOLDS),
            ("backlog=1 backlog_policy=evict", HOLDS),
            ("syn_cookies=on", HOLDS),
        ],
    )
    def test_one_syn_of_a_flood(self, words: str, expected: Verdict) -> None:
        """It fills a backlog of one, and a client's SYN is dropped; a second place, replacement, or
        no memory at all helps.
        """
        found = model(
            f"rfc9293 {ONCE} closes=nobody loss=0 retransmit=off forges=syn_flood {words}"
        )
        a = found.world.A
        question = leads_to(
            a.state == SYN_SENT, a.state != SYN_SENT, weak=("A receives", "B receives")
        )
        assert liveness.check(found.system, question).verdict is expected

    def test_a_place_is_free_again_when_its_half_open_connection_is_given_up(self) -> None:
        """The listener's own connection, if it has one, has a place besides and is not touched."""
        play = played(f"rfc9293 {ONCE} forges=syn_flood backlog=1 backlog_expiry=on")
        play.take("adversary.floods B")
        play.take("A.closed_active_open")
        assert "B.listen_receives_syn__backlog_full[0]" in play.names()
        play.take("B.half_open_expires")
        assert play["B.embryos"] == 0
        play.take("B.listen_receives_syn[0]")
        assert play.states == ("SYN-SENT", "SYN-RECEIVED")
        assert "B.half_open_expires" not in play.names()

    def test_who_is_evicted_is_back_in_listen(self) -> None:
        """The flood may also replace the client's entry: its server forgets the attempt."""
        play = played(f"rfc9293 {ONCE} forges=syn_flood backlog=1 backlog_policy=evict")
        play.take("A.closed_active_open")
        play.take("B.listen_receives_syn[0]")
        play.take("adversary.floods B, evicting")
        assert play.states == ("SYN-SENT", "LISTEN")
        assert (play["B.embryos"], play["B.snd_nxt"]) == (1, 0)


class TestFastOpen:
    @pytest.mark.parametrize(("fast", "expected"), [("off", HOLDS), ("on", FAILS)])
    def test_a_duplicate_syn_delivers_twice(self, fast: str, expected: Verdict) -> None:
        """Text that comes with a SYN is delivered as often as the SYN arrives at a listener."""
        found = model(f"rfc9293 data=1 senders=A loss=0 dup=1 closes=nobody tfo={fast}")
        twice = found.world.delivered_twice("B")
        assert verdict(found, always(implies(found.world.B.inc == 2, none_of(twice)))) is expected

    def test_the_text_is_acknowledged_with_the_syn(self) -> None:
        """SYN and one octet: the answer acknowledges two numbers, before anybody is connected."""
        play = played("rfc9293 incarnations=1 data=1 senders=A tfo=on")
        opened = play.take("A.closed_active_open")
        answered = play.take("B.listen_receives_syn[0]")
        assert opened.sent is not None
        assert answered.sent is not None
        assert opened.sent.text == 1
        assert answered.sent.ack == opened.sent.seq + 2
        assert play.states == ("SYN-SENT", "SYN-RECEIVED")


class TestTimestamps:
    def test_an_old_segment_is_answered_and_dropped(self) -> None:
        """It fits the window, but its timestamp is older than the last: ACK, drop (RFC 7323)."""
        for recent, rule in ((1, "A.receives_fin__established"), (2, "A.out_of_window")):
            play = played("const_isn incarnations=2 capacity=1 ts_paws=on")
            play.put(
                {"A.state": "ESTABLISHED", "A.inc": 2, "A.iss": 1, "A.snd_una": 2, "A.snd_nxt": 2}
            )
            play.put({"A.irs": 17, "A.rcv_nxt": 18, "A.ts_recent": recent})
            slot: dict[str, str | int] = {"ctl": "FIN,ACK", "seq": 18, "ack": 2, "ts": 1, "inc": 1}
            play.put({f"B>A[0].{name}": value for name, value in slot.items()})
            assert f"{rule}[0]" in play.names()


# --- combinations ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("rfc9293 forgeries=1", "set adversary to off_path or on_path"),
        ("rfc9293 adversary=off_path", "set forgeries to at least 1"),
        ("rfc9293 adversary=off_path forgeries=1 channel=history", "use channel=bag or fifo"),
        ("rfc9293 adversary=off_path forgeries=1 forges=data", "set data to at least 1"),
        ("rfc9293 adversary=off_path forgeries=1 window=1", "all edge"),
        ("two_way syn_cookies=on", "needs the numbers of handshake=three"),
        ("rfc9293 syn_cookies=on isn=free", "computed, not chosen"),
        ("rfc9293 data=1 tfo=on syn_cookies=on", "drop one"),
        ("rfc9293 tfo=on", "set data=1"),
        ("rfc9293 data=1 tfo=on roles=any", "use roles=client_server"),
        ("rfc9293 backlog=1", "set forges=syn_flood and an adversary"),
        ("rfc9293 backlog_policy=evict", "set it to at least 1"),
        ("rfc9293 backlog_expiry=on", "set it to at least 1"),
        (f"rfc9293 {ONCE} forges=syn_flood backlog=1 backlog_expiry=on syn_cookies=on", "expire"),
    ],
)
def test_what_contradicts_itself_is_refused(text: str, words: str) -> None:
    """With advice on what to change."""
    with pytest.raises(ModelError, match=words):
        scenario(text)


def test_a_listener_is_where_it_begins() -> None:
    """Nothing of all this is in a scenario that does not ask for it."""
    system = model("rfc9293").system
    names = {var.name.partition(".")[2] for var in system.variables}
    extra = {"swayed", "cut_short", "embryos", "served", "served_twice", "ts_recent", "ts"}
    assert names.isdisjoint(extra)
    assert system.by_name["B.state"].domain.decode(LISTEN.as_long()) == "LISTEN"
