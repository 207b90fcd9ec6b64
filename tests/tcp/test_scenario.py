"""Scenarios: what can be said, what is refused with advice, what a verdict takes for granted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.compose import AGENTS, compose, permissions
from tcpmodel.tcp.scenario import PRESETS, SWITCHES, Scenario, scenario

TOPICS = {
    "handshake": (
        *("handshake", "rst", "rfc5961", "simultaneous_open", "seq_check", "origin_memory"),
        *("dup_syn_in_synrcvd", "synrcvd_inwindow_syn", "synrcvd_bad_ack", "server_memory"),
    ),
    "ISN": ("isn",),
    "sequence numbers": ("width", "window"),
    "incarnations": ("incarnations",),
    "channel": ("channel", "capacity"),
    "faults": ("loss", "dup", "link"),
    "retransmission": (
        "retransmit",
        "rto",
        "rto_policy",
        "rto_cap",
        "retries",
        "syn_retries",
        "synack_retries",
        "orphan_retries",
    ),
    "timeouts": (
        *("user_timeout", "fin_timeout", "fin_timeout_for", "reuse_wait"),
        *("keepalive", "keepalive_interval", "keepalive_probes"),
    ),
    "crashes": ("crash", "quiet"),
    "TIME-WAIT": ("tw_rfc1337", "tw_reopen", "rst_sender_state"),
    "clock": ("msl", "time_wait", "time_wait_restart"),
    "users": (
        *("roles", "closes", "gives_up", "abort", "data", "senders"),
        *("half_close", "active_close", "fin_piggyback", "second_close"),
        *("protocol", "reassembly", "receiver", "persist", "syn_data"),
    ),
    "adversary": ("adversary", "forgeries", "forges", "guess"),
    "defences": (
        "ack_throttle",
        "ts_paws",
        "syn_cookies",
        "tfo",
        "backlog",
        "backlog_policy",
        "backlog_expiry",
    ),
}
"""Under which topic of the assumptions each switch is named."""


def every_value(key: str) -> st.SearchStrategy[Any]:
    switch = SWITCHES[key]
    values: list[st.SearchStrategy[Any]] = []
    if switch.names:
        values.append(st.sampled_from(switch.names))
    if switch.low is not None:
        values.append(st.integers(switch.low, switch.high))
    return st.one_of(values)


@st.composite
def scenarios(draw: st.DrawFn) -> Scenario:
    """A preset with up to five switches changed, in any way that is not refused."""
    preset = PRESETS[draw(st.sampled_from(sorted(PRESETS)))]
    keys = draw(st.lists(st.sampled_from(sorted(SWITCHES)), max_size=5, unique=True))
    changes = {key: draw(every_value(key)) for key in keys}
    try:
        return replace(preset, **changes)
    except ModelError:
        assume(False)
        raise


class TestSpelling:
    @given(scenarios())
    def test_what_is_spelled_is_read_back(self, any_scenario: Scenario) -> None:
        """`scenario(s.spelled)` is `s`, whatever was switched."""
        assert scenario(any_scenario.spelled) == any_scenario

    @pytest.mark.parametrize("name", sorted(PRESETS))
    def test_a_preset_is_spelled_by_its_name(self, name: str) -> None:
        """Nothing is said about a switch that has the preset's value."""
        assert PRESETS[name].spelled == name
        assert scenario(name) == PRESETS[name]

    def test_only_differences_are_spelled(self) -> None:
        """The text names the preset and what is different from it, in the order of the switches."""
        assert scenario("two_way loss=1 rst=on isn=distinct").spelled == "two_way rst=on loss=1"

    def test_without_a_preset_the_rfc_is_meant(self) -> None:
        """Switches alone change the RFC's TCP; no text at all is the RFC's TCP."""
        assert scenario("") == PRESETS["rfc9293"] == Scenario()
        assert scenario("isn=constant").spelled == "rfc9293 isn=constant"

    def test_the_defaults_are_the_rfc(self) -> None:
        """The neutral value of every switch is that of the preset rfc9293."""
        assert PRESETS["rfc9293"].switches == Scenario().switches
        assert set(PRESETS["rfc9293"].switches) == set(SWITCHES)


class TestHelp:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            (
                "rfc9239",
                [
                    "no preset 'rfc9239'",
                    "did you mean rfc9293",
                    "presets: rfc9293, rfc9293_literal",
                ],
            ),
            ("rfc9293 handshak=two", ["no switch 'handshak'", "did you mean handshake?"]),
            ("rfc9293 handshake=thre", ["no value 'thre'", "did you mean three", "two | three"]),
            ("rfc9293 loss=9", ["switch loss has no value '9'", "any | 0..7"]),
            ("rfc9293 loss=-1", ["no value '-1'", "any | 0..7"]),
            ("rfc9293 width=33", ["no value '33'", "it takes 2..32"]),
            ("rfc9293 width=99999999999", ["no value '99999999999'"]),
            ("rfc9293 two", ["expected key=value, not 'two', after the preset rfc9293"]),
            ("rfc9293 loss", ["expected key=value, not 'loss'"]),
            ("xyzzy", ["no preset 'xyzzy'; presets:"]),
        ],
    )
    def test_the_nearest_names_are_offered(self, text: str, words: list[str]) -> None:
        """What cannot be read is quoted, with what comes closest and all that is valid."""
        with pytest.raises(ModelError) as refused:
            scenario(text)
        for word in words:
            assert word in str(refused.value)

    def test_every_switch_says_what_it_means(self) -> None:
        """A meaning, and values in words, for every switch."""
        for switch in SWITCHES.values():
            assert switch.meaning
            assert switch.values
        assert SWITCHES["loss"].values == "any | 0..7"


class TestContradictions:
    @pytest.mark.parametrize(
        ("text", "words"),
        [
            ("rfc9293 isn=constant width=3 window=5", "more than half of the sequence space"),
            ("rfc9293 time_wait=2", "set msl to at least 1 to have a clock"),
            ("rfc9293 rto=1", "set msl to at least 1 to have a clock"),
            ("rfc9293 msl=2", "say how long TIME-WAIT is, e.g. time_wait=4"),
            ("rfc9293 incarnations=7", "no room for incarnations=7 of 4 sequence numbers each"),
            ("rfc9293 isn=free width=7", "tries every value: use width=6 or less"),
            ("clock rto=1 retransmit=off", "a retransmission that retransmit=off forbids"),
            ("const_isn width=2", "all the way round the sequence space of width=2 bits"),
            ("const_isn width=3 window=4 data=2", "make the width larger or the window smaller"),
        ],
    )
    def test_switches_that_contradict_each_other(self, text: str, words: str) -> None:
        """A combination without meaning is refused, and the message says what to change."""
        with pytest.raises(ModelError, match=words):
            scenario(text)

    def test_a_history_loses_what_it_likes(self) -> None:
        """A channel that is the history of what was sent cannot count losses."""
        with pytest.raises(ModelError, match="use loss=any or a bag"):
            compose(scenario("rfc9293 channel=history loss=1"))

    def test_distinct_numbers_are_apart(self) -> None:
        """Neither the numbers of an incarnation nor its window reach the next one's, or the peer's:
        the last window begins at ISS + data + 2, and the peers' numbers are half a space apart.
        """
        for data in range(4):
            chosen = scenario(f"rfc9293 width=6 data={data}")
            furthest = data + 2 + chosen.window
            assert furthest <= chosen.isn_stride
            assert chosen.incarnations * chosen.isn_stride < 1 << (chosen.width - 1)


class TestAssumptions:
    def test_every_switch_has_a_topic(self) -> None:
        """The table above is complete, and so is the list of topics."""
        assert sorted(k for keys in TOPICS.values() for k in keys) == sorted(SWITCHES)
        assert set(Scenario().assumptions) == set(TOPICS)

    @pytest.mark.parametrize(
        "base",
        [
            "rfc9293 data=1 width=6",
            "tw2 data=1 width=6 rto=1",
            "rfc9293 data=1 width=6 adversary=off_path forgeries=1",
            "rfc9293 width=6 adversary=off_path forgeries=1 forges=syn_flood backlog=1",
        ],
    )
    def test_no_switch_is_passed_over(self, base: str) -> None:
        """A switch that is changed shows in its topic, and in no other.

        (A restart of TIME-WAIT and a retransmission time-out mean nothing without a clock, nor
        does what is forged without an adversary.)
        """
        chosen = scenario(base)
        for topic, keys in TOPICS.items():
            for key in keys:
                if key == "time_wait_restart" and not chosen.msl:
                    continue
                if key in ("forges", "guess") and chosen.adversary == "none":
                    continue
                for changed in different(chosen, key):
                    before, after = chosen.assumptions, changed.assumptions
                    assert {t for t in TOPICS if before[t] != after[t]} == {topic}, changed.spelled

    def test_a_history_says_that_it_is_one(self) -> None:
        """With a history of everything sent, capacity and counted faults are not mentioned."""
        assumed = scenario("rfc9293 channel=history").assumptions
        assert assumed["channel"] == "everything ever sent"
        assert assumed["faults"] == "loss, duplication and reordering of any number"

    def test_lossy_means_any_number(self) -> None:
        """Only where anything may be lost do segments overflow or outlive their time."""
        assert scenario("rfc9293").lossy
        assert not scenario("rfc9293 loss=0").lossy
        assert not scenario("rfc9293 loss=3").lossy


def different(chosen: Scenario, key: str) -> list[Scenario]:
    """The scenario with other values of a switch, as far as they are not refused."""
    switch = SWITCHES[key]
    numbers = [] if switch.low is None else [switch.low, switch.low + 1, switch.low + 2]
    found = []
    for value in [*switch.names, *numbers]:
        try:
            change: dict[str, Any] = {key: value}
            changed = replace(chosen, **change)
        except ModelError:
            continue
        # A history, and a clock that was not there, speak about other topics too.
        if value not in (getattr(chosen, key), "history"):
            found.append(changed)
    return found


class TestPresets:
    @pytest.mark.parametrize("name", sorted(PRESETS))
    def test_every_preset_composes(self, name: str) -> None:
        """Its system passes validation, bears its name, and carries its assumptions."""
        model = compose(PRESETS[name])
        assert model.system.name == name
        assert model.system.assumptions == PRESETS[name].assumptions
        assert model.system.actions

    @settings(max_examples=12, deadline=None)
    @given(scenarios())
    def test_what_is_not_refused_composes(self, any_scenario: Scenario) -> None:
        """Whatever combination of switches is accepted has a valid system."""
        small = replace(
            any_scenario,
            capacity=min(any_scenario.capacity, 2),
            isn="distinct" if any_scenario.isn == "free" else any_scenario.isn,
            incarnations=1,
            width=max(any_scenario.width, 6),
            window=min(any_scenario.window, 4),
            loss="any" if any_scenario.channel == "history" else any_scenario.loss,
        )
        assert compose(small).system.name == small.spelled


class TestUsers:
    @pytest.mark.parametrize(
        ("roles", "opens", "listens"),
        [("client_server", "A", "B"), ("both_active", "AB", ""), ("any", "AB", "AB")],
    )
    def test_roles(self, roles: str, opens: str, listens: str) -> None:
        """Who opens actively, who passively."""
        users = {a: permissions(scenario(f"rfc9293 roles={roles}"), a) for a in AGENTS}
        assert "".join(a for a in AGENTS if users[a]["may_open"]) == opens
        assert "".join(a for a in AGENTS if users[a]["may_listen"]) == listens

    @pytest.mark.parametrize(
        ("switch", "value", "who"),
        [
            ("closes", "A", "A"),
            ("closes", "B", "B"),
            ("closes", "either", "AB"),
            ("closes", "nobody", ""),
            ("senders", "A", "A"),
            ("senders", "both", "AB"),
        ],
    )
    def test_who_closes_and_sends(self, switch: str, value: str, who: str) -> None:
        """The first CLOSE, and SEND, are of whom the scenario says."""
        key = "may_close_first" if switch == "closes" else "may_send"
        users = {a: permissions(scenario(f"rfc9293 {switch}={value}"), a) for a in AGENTS}
        assert "".join(a for a in AGENTS if users[a][key]) == who
