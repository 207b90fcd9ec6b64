"""Seeded faults: generated from the rules, named readably, applied where they are meant to be."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import pytest

from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import Action
from tcpmodel.tcp.compose import compose, rules
from tcpmodel.tcp.faults import Fault, base_name, concerned, faults_of, faults_of_actions
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.totality import Totality

TEXTS = ("rfc9293", "rfc793 data=1 seq_check=a2", "tw2 rto=1 loss=any", "two_way crash=on", "udp")


@cache
def generated(text: str) -> list[Fault]:
    """All faults that a scenario may have."""
    switches = scenario(text)
    actions = compose(switches).system.actions
    return [*faults_of(switches, rules(switches)), *faults_of_actions(switches, actions)]


def differing(sound: Iterable[Action], faulty: Iterable[Action]) -> set[str]:
    """The names of actions of a model that demand or do something else in another, or are not
    there.
    """
    there = {a.name: a for a in faulty}
    return {a.name for a in sound if a.name not in there or not same(a, there[a.name])}


def same(one: Action, other: Action) -> bool:
    """Whether two actions demand and do the same: equal terms are one term for the solver."""
    if (len(one.guard), one.updates.keys()) != (len(other.guard), other.updates.keys()):
        return False
    pairs = [*zip(one.guard, other.guard, strict=True)]
    pairs += [(term, other.updates[name]) for name, term in one.updates.items()]
    return all(left.eq(right) for left, right in pairs)


@pytest.mark.parametrize("text", TEXTS)
def test_every_rule_has_faults(text: str) -> None:
    """Each rule may be missing, and lack, or have the opposite of, at least one condition."""
    found = generated(text)
    for rule in rules(scenario(text)):
        mine = {fault.what for fault in found if fault.rule == base_name(rule.name)}
        assert {"delete", "remove", "negate"} <= mine
    assert len(set(found)) == len(found) == len({str(fault) for fault in found})


@pytest.mark.parametrize("text", TEXTS)
def test_names_are_readable(text: str) -> None:
    """No bit-vectors and no solver's operators; whose state it is and which slot is not said."""
    for fault in generated(text):
        assert not any(word in str(fault) for word in ("bv", "extract", "A>B", "B>A", "|", "A."))


@pytest.mark.parametrize(
    "fault",
    [
        Fault("syn_received_receives_ack", "remove", "SEG.ACK > SND.UNA and =< SND.NXT"),
        Fault("time_wait_timeout", "negate", "me.timer == 0"),
        Fault("receives_fin__fin_wait_2", "less", "timer"),
        Fault("time_wait_receives_fin", "forget", "timer"),
        Fault("listen_receives_syn", "repeat"),
        Fault("close_second", "delete"),
        Fault("network drops", "remove", "slot.age == MSL"),
        Fault("clock tick", "remove", "slot.age != MSL"),
        Fault("time_wait_timeout", "remove", "slot.age != MSL"),
    ],
    ids=str,
)
def test_a_fault_is_where_it_says_and_nowhere_else(fault: Fault) -> None:
    """The faulty model differs from the sound one in that rule's actions, and only there."""
    switches = scenario("textbook")
    assert fault in generated("textbook")
    sound, faulty = compose(switches), compose(switches, fault)
    different = differing(sound.system.actions, faulty.system.actions)
    assert different
    assert {concerned(name) for name in different} == {fault.rule}


def test_what_every_rule_does_with_the_network_has_faults() -> None:
    """An empty slot that delivers something concerns all rules that take segments."""
    switches, fault = scenario("textbook"), Fault("arrival", "remove", "slot.ctl != -")
    sound = compose(switches).system.actions
    faulty = {a.name: a for a in compose(switches, fault).system.actions}
    for action in sound:
        taken = action.event.kind == "segment"
        assert (len(faulty[action.name].guard) < len(action.guard)) == taken


def test_a_fault_of_another_scenario_changes_nothing() -> None:
    """What a scenario does not have cannot be wrong in it."""
    switches = scenario("rfc9293")
    sound = compose(switches).system.actions
    for fault in (Fault("udp_send", "delete"), Fault("receives_reset", "remove", "me.quiet == 0")):
        assert not differing(sound, compose(switches, fault).system.actions)


def test_a_model_that_leaves_its_ranges_is_not_built() -> None:
    """More connections than there are incarnations: validation refuses the system."""
    fault = Fault("closed_active_open", "remove", "an incarnation is left")
    with pytest.raises(ModelError, match="inc a value outside its range"):
        compose(scenario("rfc9293"), fault)


# --- what a solver says -----------------------------------------------------------------------


def test_a_weaker_guard_is_an_overlap_and_a_missing_rule_a_gap() -> None:
    """For all TCBs and all segments, with an example of both."""
    rules_of = Totality(scenario("rfc9293"))
    weaker = rules_of.clash(Fault("receives_reset", "remove", "seg begins at RCV.NXT"))
    assert weaker is not None
    assert set(weaker.rules) == {"receives_reset", "inexact_reset"}
    missing = rules_of.clash(Fault("last_ack_receives_ack_of_fin", "delete"))
    assert missing is not None
    assert (missing.state, missing.rules) == ("LAST-ACK", ())


def test_two_rules_for_one_call_are_an_overlap() -> None:
    """CLOSE in a state that has a rule of its own for it."""
    clash = Totality(scenario("rfc9293")).clash(
        Fault("close_second", "remove", "me.state == CLOSE-WAIT")
    )
    assert clash is not None
    assert clash.event == "CLOSE"
    assert len(clash.rules) == 2


def test_what_follows_from_the_rest_is_no_fault() -> None:
    """A FIN at RCV.NXT is in the window, which has room for one: for every TCB.  Its number itself
    does not follow from anything.
    """
    rules_of = Totality(scenario("rfc9293"))
    assert rules_of.has_no_effect(Fault("receives_fin__established", "remove", "seg is acceptable"))
    needed = Fault("receives_fin__established", "remove", "seg begins at RCV.NXT")
    assert not rules_of.has_no_effect(needed)
    assert not rules_of.has_no_effect(Fault("receives_fin__established", "delete"))
