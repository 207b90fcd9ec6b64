"""The network loses, duplicates and delays as much as the scenario says, and invents nothing."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always
from tcpmodel.core.terms import Value
from tcpmodel.engines import explicit
from tcpmodel.semantics.interpret import interpreter
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

from .harness import Move, Packet, Play, played

CHANNELS = ("A>B", "B>A")
QUEUE = "rfc9293 channel=fifo dup=any capacity=3"
SYN, ACK = Packet("SYN", 1), Packet("ACK", 2, 18)


def fill(play: Play, channel: str, *segments: Packet, age: int = 0) -> Play:
    """Put segments under way, in slots from the first one on."""
    for slot, segment in enumerate(segments):
        values: dict[str, Value] = {"ctl": segment.ctl, "seq": segment.seq, "ack": segment.ack}
        if play.model.scenario.msl:
            values["age"] = age
        play.put({f"{channel}[{slot}].{name}": value for name, value in values.items()})
    return play


def ages(play: Play, channel: str) -> list[Value]:
    return [play[f"{channel}[{i}].age"] for i in range(play.model.scenario.capacity)]


def network(play: Play) -> set[str]:
    """What the network can do now, by name."""
    return {move.name for move in play.moves(agent="network")}


# --- arrival --------------------------------------------------------------------------------------


class TestOrder:
    def test_in_a_bag_any_segment_may_be_next(self) -> None:
        """Reordering: each of the segments under way may arrive now."""
        play = fill(played("rfc9293"), "A>B", SYN, ACK)
        assert {m.received for m in play.moves(agent="B", label="segment")} == {SYN, ACK}

    def test_in_a_queue_only_the_first(self) -> None:
        """FIFO: the segment that was sent first arrives first, and the others move up."""
        play = fill(played(QUEUE), "A>B", SYN, ACK, SYN)
        assert {m.received for m in play.moves(agent="B", label="segment")} == {SYN}
        play.does("B", received=SYN, sends=Packet("SYN,ACK", 17, 2))
        assert play.under_way("A>B") == [ACK, SYN]
        assert play["A>B[2].ctl"] == "-"

    @pytest.mark.parametrize("text", ["rfc9293", QUEUE])
    def test_a_segment_goes_into_the_first_empty_slot(self, text: str) -> None:
        """Behind what is under way."""
        play = fill(played(text), "A>B", ACK)
        play.does("A", "active OPEN", sends=SYN)
        assert play.under_way("A>B") == [ACK, SYN]

    def test_an_empty_slot_holds_nothing(self) -> None:
        """Nothing arrives from an empty slot, and an empty network does nothing."""
        play = played("rfc9293 dup=any")
        assert play.moves(label="segment") == []
        assert network(play) == set()

    def test_the_directions_do_not_mix(self) -> None:
        """A does not receive what A sent."""
        play = fill(played("rfc9293"), "A>B", SYN)
        assert play.moves(agent="A", label="segment") == []


# --- loss, duplication, room ----------------------------------------------------------------------


class TestLoss:
    def test_any(self) -> None:
        """Every segment under way may be lost, whenever."""
        play = fill(played("rfc9293"), "A>B", SYN, ACK)
        assert network(play) == {"A>B[0].lost", "A>B[1].lost"}
        play.take("A>B[0].lost")
        assert play.under_way("A>B") == [ACK]

    def test_none(self) -> None:
        """`loss=0`: the network loses nothing."""
        assert network(fill(played("rfc9293 loss=0"), "A>B", SYN, ACK)) == set()

    def test_counted(self) -> None:
        """`loss=1`: one segment in all, of either direction."""
        play = fill(fill(played("rfc9293 loss=1 dup=1"), "A>B", SYN, ACK), "B>A", ACK)
        losses = {"A>B[0].lost", "A>B[1].lost", "B>A[0].lost"}
        assert network(play) >= losses
        play.take("B>A[0].lost")
        assert play["losses_left"] == 0
        assert not network(play) & losses

    def test_in_a_queue_the_first_is_lost(self) -> None:
        """FIFO: losing the head is losing any, as the others move up."""
        play = fill(played(QUEUE), "A>B", SYN, ACK)
        play.take("A>B[0].lost")
        assert play.under_way("A>B") == [ACK]


class TestDuplication:
    def test_none(self) -> None:
        """`dup=0`: no segment arrives twice (unless it is sent twice)."""
        assert "A>B[0].duplicated" not in network(fill(played("rfc9293"), "A>B", SYN))

    def test_a_copy_is_the_same(self) -> None:
        """A copy has the same contents and the same age: both share the time of their birth."""
        play = fill(played("clock msl=2 time_wait=4 dup=any loss=any"), "A>B", SYN, age=1)
        play.take("A>B[0].duplicated")
        assert play.under_way("A>B") == [SYN, SYN]
        assert ages(play, "A>B") == [1, 1]

    def test_it_needs_room(self) -> None:
        """A full channel duplicates nothing."""
        play = fill(played("rfc9293 dup=any"), "A>B", SYN, ACK)
        assert "A>B[0].duplicated" not in network(play)

    def test_counted(self) -> None:
        """`dup=1`: one copy in all."""
        play = fill(played("rfc9293 loss=1 dup=1"), "A>B", SYN)
        play.take("A>B[0].duplicated")
        assert play["copies_left"] == 0
        play.take("A>B[0].lost")
        assert not [name for name in network(play) if name.endswith("duplicated")]

    def test_in_a_queue_the_copy_follows_the_original(self) -> None:
        """FIFO: nothing overtakes the copy."""
        play = fill(played(QUEUE), "A>B", SYN, ACK)
        play.take("A>B[0].duplicated")
        assert play.under_way("A>B") == [SYN, SYN, ACK]


class TestRoom:
    def test_a_full_lossy_channel_loses(self) -> None:
        """`loss=any`: what finds no room is lost at once; the sender does not know."""
        play = fill(played("rfc9293"), "A>B", ACK, ACK)
        (move,) = play.moves(agent="A", label="active OPEN")
        assert move.lost
        play.take(move.name)
        assert play["A.state"] == "SYN-SENT"
        assert play.under_way("A>B") == [ACK, ACK]

    @pytest.mark.parametrize("text", ["rfc9293 loss=0", "rfc9293 loss=1 dup=1"])
    def test_a_full_lossless_channel_blocks(self, text: str) -> None:
        """With losses counted there is no loss by overflow: the sender waits for room."""
        play = fill(played(text), "A>B", ACK, ACK)
        assert play.moves(agent="A", label="active OPEN") == []

    def test_an_answer_waits_for_room_too(self) -> None:
        """A segment whose answer finds no room is not received yet; one without answer is."""
        play = fill(fill(played("rfc9293 loss=0"), "A>B", SYN, Packet("RST", 9)), "B>A", ACK, ACK)
        arriving = {m.received for m in play.moves(agent="B", label="segment")}
        assert arriving == {Packet("RST", 9)}

    def test_that_a_channel_was_full_is_reported(self) -> None:
        """The system watches for it, so that every result can say whether capacity mattered."""
        system = played("rfc9293").system
        assert set(system.watches) == {"channel A>B full", "channel B>A full"}
        full = played("rfc9293").compiled.predicate(system.watches["channel A>B full"])
        assert not full(fill(played("rfc9293"), "A>B", SYN).state)
        assert full(fill(played("rfc9293"), "A>B", SYN, SYN).state)


# --- age ------------------------------------------------------------------------------------------


class TestLifetime:
    TEXT = "clock msl=2 time_wait=4 dup=any"

    def test_a_tick_ages_what_is_under_way(self) -> None:
        """Segments grow older, empty slots do not."""
        play = fill(played(self.TEXT), "A>B", SYN, age=1)
        play.take("tick")
        assert ages(play, "A>B") == [2, 0]

    @pytest.mark.parametrize("age", [0, 1, 2])
    @pytest.mark.parametrize("loss", ["0", "1", "any"])
    def test_it_may_arrive_up_to_msl(self, age: int, loss: str) -> None:
        """At age MSL it can still arrive."""
        play = fill(played(f"{self.TEXT} loss={loss}"), "A>B", SYN, age=age)
        assert {m.received for m in play.moves(agent="B", label="segment")} == {SYN}

    @pytest.mark.parametrize("loss", ["0", "any"])
    def test_it_never_grows_older(self, loss: str) -> None:
        """At age MSL no time passes until it has arrived or is gone."""
        play = fill(played(f"{self.TEXT} loss={loss}"), "A>B", SYN, age=2)
        assert "tick" not in play.names()
        assert ("A>B[0].expired" in play.names()) == (loss == "any")

    def test_it_does_not_expire_early(self) -> None:
        """Younger than MSL it is not dropped for its age."""
        play = fill(played(f"{self.TEXT} loss=any"), "A>B", SYN, age=1)
        assert "A>B[0].expired" not in play.names()

    def test_without_loss_it_arrives_in_time(self) -> None:
        """With losses counted a lifetime does not end on the way: nothing expires."""
        for loss in (0, 1):
            actions = played(f"{self.TEXT} loss={loss}").system.actions
            assert not [a.name for a in actions if a.name.endswith("expired")]

    @pytest.mark.parametrize("loss", ["0", "any"])
    def test_it_is_gone_before_a_timer_of_the_same_instant(self, loss: str) -> None:
        """TIME-WAIT does not end while a segment has reached its lifetime; the scope says so."""
        play = fill(played(f"{self.TEXT} loss={loss}"), "B>A", Packet("FIN,ACK", 18, 3), age=2)
        play.put({"A.state": "TIME-WAIT", "A.timer": 0, "A.rcv_nxt": 19, "A.snd_nxt": 3})
        assert "A.time_wait_timeout" not in play.names()
        young = fill(played(f"{self.TEXT} loss={loss}"), "B>A", Packet("FIN,ACK", 18, 3), age=1)
        young.put({"A.state": "TIME-WAIT", "A.timer": 0, "A.rcv_nxt": 19, "A.snd_nxt": 3})
        assert "A.time_wait_timeout" in young.names()
        assumed = scenario(self.TEXT).assumptions["clock"]
        assert "a lifetime that ends with a timer ends first" in assumed

    def test_a_segment_is_born_young(self) -> None:
        """Also in a slot whose last segment was old."""
        play = fill(played(f"{self.TEXT} loss=any"), "A>B", ACK, age=2)
        play.take("A>B[0].lost")
        play.does("A", "active OPEN", sends=SYN)
        assert ages(play, "A>B") == [0, 0]

    def test_in_a_queue_ages_move_up_with_their_segments(self) -> None:
        """FIFO: the second becomes the first and keeps its age."""
        play = fill(played(f"{self.TEXT} channel=fifo loss=any"), "A>B", SYN, ACK, age=1)
        play.put({"A>B[0].age": 2})
        play.take("A>B[0].lost")
        assert play.under_way("A>B") == [ACK]
        assert ages(play, "A>B") == [1, 0]

    def test_without_a_clock_segments_have_no_age(self) -> None:
        """No ticks, no ages, no timers."""
        names = {var.name for var in played("rfc9293").system.variables}
        assert not [n for n in names if n.endswith(("age", "timer"))]
        assert "tick" not in {a.name for a in played("rfc9293").system.actions}


class TestLinks:
    def test_what_goes_into_a_broken_direction_is_lost(self) -> None:
        """It takes no place, and the other direction is none the worse."""
        play = played("rfc9293 incarnations=1 link=any loss=0")
        play.put({"link.A_to_B": "broken", "link.B_to_A": "works"})
        play.does("A", "active OPEN", sends=SYN)
        assert play.under_way("A>B") == []
        play.does("A", "retransmission timeout", sends=SYN)
        assert play.under_way("A>B") == []
        fill(play, "A>B", SYN).does("B", received=SYN, sends=Packet("SYN,ACK", 17, 2))
        assert play.under_way("B>A") == [Packet("SYN,ACK", 17, 2)]

    def test_nothing_mends_or_breaks_a_link(self) -> None:
        """Four initial states; no action changes a link; all that works is the usual system."""
        system = compose(scenario("rfc9293 incarnations=1 link=any")).system
        links = {name for name in system.by_name if name.startswith("link.")}
        assert len(links) == 2
        assert not any(links & action.updates.keys() for action in system.actions)
        assert len(interpreter(system).initial()) == 4
        fine = z3.And(*(system.by_name[name].term == 0 for name in links))
        working = replace(system, init=z3.And(system.init, fine))
        usual = compose(scenario("rfc9293 incarnations=1")).system
        never = always(z3.BoolVal(True))
        found, expected = (explicit.check(s, never).states for s in (working, usual))
        assert found == expected

    def test_a_history_has_no_links(self) -> None:
        """Everything that was ever sent can arrive there."""
        with pytest.raises(ModelError, match="use a bag or fifo"):
            scenario("rfc9293 link=any channel=history")


class TestHistory:
    def test_it_has_no_state(self) -> None:
        """A history channel holds nothing and does nothing; what arrives is an input."""
        system = compose(scenario("rfc9293 channel=history")).system
        assert not [v.name for v in system.variables if ">" in v.name]
        assert not [a.name for a in system.actions if a.event.agent == "network"]
        assert {v.name for v in system.inputs} >= {"seg.ctl", "seg.seq", "seg.ack"}
        assert system.history is not None

    def test_what_is_under_way_cannot_be_asked(self) -> None:
        """Such a network does not know what it still holds."""
        world = compose(scenario("rfc9293 channel=history")).world
        with pytest.raises(ModelError, match="use channel=bag or fifo"):
            world.nothing_inflight()


# --- conservation ---------------------------------------------------------------------------------

Segment = tuple[tuple[str, Value], ...]


class Naive:
    """A network as a list of segments, told what happens and never asking the model."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.holds: dict[str, list[dict[str, Value]]] = {name: [] for name in CHANNELS}
        self.sent: dict[str, set[Segment]] = {name: set() for name in CHANNELS}

    def told(self, move: Move) -> None:
        event = move.action.event
        if event.receives is not None:
            fields = self.play.read(move.action, "receives", event.receives.fields)
            channel = self.holds[event.receives.channel]
            assert timeless(fields) in self.sent[event.receives.channel], "never sent"
            assert fields in channel, "sent, but no longer under way"
            if event.receives.keeps:
                channel.append(dict(fields))
            else:
                del channel[channel.index(fields)]
        if event.sends is not None:
            fields = self.play.read(
                move.action, "sends", {**event.sends.fields, "room": event.sends.room}
            )
            assert bool(fields.pop("room")) == (not move.lost)
            self.sent[event.sends.channel].add(timeless(fields))
            if self.play.model.scenario.msl:
                fields["age"] = 0
            if not move.lost:
                self.holds[event.sends.channel].append(fields)
        if move.name == "tick":
            for segment in (s for held in self.holds.values() for s in held):
                segment["age"] = int(segment["age"]) + 1

    def agrees(self, channel: str) -> None:
        """The slots hold exactly these segments, a queue in this order; empty slots are zero."""
        names = [n for n in self.play.system.message if f"{channel}[0].{n}" in self.play.places]
        found = []
        for slot in range(self.play.model.scenario.capacity):
            values = {n: self.play[f"{channel}[{slot}].{n}"] for n in names}
            if values["ctl"] != "-":
                found.append(values)
            else:
                assert not any(v for n, v in values.items() if n != "ctl"), "an empty slot"
        if self.play.model.scenario.channel == "fifo":
            assert found == self.holds[channel]
        else:
            assert counted(found) == counted(self.holds[channel])


def timeless(fields: dict[str, Value]) -> Segment:
    return tuple(sorted((n, v) for n, v in fields.items() if n != "age"))


def counted(segments: list[dict[str, Value]]) -> Counter[Segment]:
    return Counter(tuple(sorted(s.items())) for s in segments)


@pytest.mark.parametrize(
    "text",
    [
        "rfc9293 capacity=3 dup=any",
        "rfc793 roles=any closes=either abort=on loss=2 dup=1",
        "two_way_rst channel=fifo dup=2 loss=1 data=1",
        "clock channel=fifo loss=any dup=any rto=1",
        "clock msl=2 time_wait=4 dup=any loss=any",
    ],
)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_segments_are_neither_invented_nor_multiplied(text: str, seed: int) -> None:
    """On every random walk the slots hold what was sent, less what arrived or was lost, plus the
    copies the network made; every segment that arrives was sent, as it is.
    """
    play, choose = played(text), random.Random(seed)
    naive = Naive(play)
    for _ in range(60):
        steps = play.compiled.successors(play.state)
        if not steps:
            break
        index, after = choose.choice(steps)
        move = play.move(play.system.actions[index], after)
        assert not move.lost or play.model.scenario.lossy
        naive.told(move)
        play.state = after
        for channel in CHANNELS:
            naive.agrees(channel)
