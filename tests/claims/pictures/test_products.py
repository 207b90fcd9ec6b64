"""Quotients say which states occur together, how often, and where a claim breaks."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
import z3

from tcpmodel.claims.pictures.products import Quotient, as_graph, asked, picture, quotient
from tcpmodel.claims.pictures.states import picture as states_picture
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always
from tcpmodel.core.result import Budget, silent
from tcpmodel.engines import explicit
from tcpmodel.engines.exploration import explored
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

SMALL = "two_way gives_up=off incarnations=1"
BAD = "B.state == ESTABLISHED and A.state == SYN_SENT"


def found(text: str, bad: str = "") -> Quotient:
    return quotient(compose(scenario(text)), asked(bad) if bad else None)


def test_it_counts_the_states_of_a_plain_search() -> None:
    """The same pairs, as often, as the reference interpreter finds; the same moves."""
    model = compose(scenario(SMALL))
    view = [model.world.A.state, model.world.B.state]
    search = explored(
        model.system, always(z3.BoolVal(True)), Budget(), silent, explicit.Search, view=view
    )
    states = [search.compiled.decode(codes) for codes in search.order]
    pairs = [(str(state["A.state"]), str(state["B.state"])) for state in states]
    got = found(SMALL)
    assert got.states == Counter(pairs)
    moves = {
        (pairs[here], pairs[there])
        for here, steps in enumerate(search.edges)
        for _, there in steps
        if pairs[here] != pairs[there]
    }
    assert set(got.moves) == moves
    assert got.start == ("CLOSED", "LISTEN")
    assert not got.stopped


def test_a_step_changes_one_of_the_two() -> None:
    """Every move goes along a row or a column, and says whose step it is."""
    for (one, two), labels in found("tw2 incarnations=1").moves.items():
        changed = [agent for agent, a, b in zip("AB", one, two, strict=True) if a != b]
        assert len(changed) == 1
        assert all(label.startswith(changed[0]) for label in labels)


def test_moves_say_what_is_received() -> None:
    """The control bits of the segment, or the user's call."""
    moves = found(SMALL).moves
    assert moves[("CLOSED", "LISTEN"), ("SYN-SENT", "LISTEN")] == ("A: active OPEN",)
    assert moves[("SYN-SENT", "LISTEN"), ("SYN-SENT", "ESTABLISHED")] == ("B receives SYN",)


def test_bad_states_are_where_the_claim_breaks() -> None:
    """All of one pair here, and the way there is a way of moves that is as long as the run."""
    got = found(SMALL, BAD)
    assert got.bad == {("SYN-SENT", "ESTABLISHED"): got.states["SYN-SENT", "ESTABLISHED"]}
    assert got.way == (("CLOSED", "LISTEN"), ("SYN-SENT", "LISTEN"), ("SYN-SENT", "ESTABLISHED"))
    assert got.length == 2
    assert all(step in got.moves for step in pairwise(got.way))
    assert found(SMALL, f"always(not ({BAD}))") == got


def test_without_bad_states_there_is_no_way() -> None:
    """Nor a word about what was not asked."""
    got = found(SMALL, "A.state == CLOSING")
    assert (got.bad, got.way, got.length) == ({}, (), 0)
    assert "broken" in picture(SMALL, question=asked("A.state == CLOSING"), says="x").caption
    assert "broken" not in picture(SMALL).caption


def test_a_search_that_ends_early_says_so() -> None:
    """The picture is not called that of all states."""
    drawn = picture("rfc9293", budget=Budget(states=50))
    assert not drawn.complete
    assert "not all: the limit of 50 states was reached" in drawn.svg
    assert "not all" in drawn.caption


def test_the_graph_says_what_the_map_says() -> None:
    """Nodes with their numbers; the run to a bad state stands out."""
    got = found(SMALL, BAD)
    graph = as_graph(got, SMALL)
    assert {node: data["states"] for node, data in graph.nodes(data=True)} == {
        ", ".join(pair): count for pair, count in got.states.items()
    }
    assert [node for node, data in graph.nodes(data=True) if data["bad"]] == [
        "SYN-SENT, ESTABLISHED"
    ]
    assert sum(style == "added" for *_, style in graph.edges(data="style")) == 2


@pytest.mark.parametrize("formula", ["sometimes(A.state == CLOSED)", "knows('A', B.inc == 1)"])
def test_bad_states_are_a_matter_of_states(formula: str) -> None:
    """What is not about states has no bad ones."""
    with pytest.raises(ModelError):
        found(SMALL, formula)


def test_a_history_has_no_states() -> None:
    """Nor a quotient."""
    with pytest.raises(ModelError, match="history"):
        found("rfc9293 channel=history")


def test_every_state_of_a_small_scenario() -> None:
    """Each is a node with what is under way, each step an edge; the bad ones stand out."""
    text = "rfc9293 incarnations=1 gives_up=off closes=nobody retransmit=off"
    chart = states_picture(text, question=asked("A.state == B.state"))
    graph = chart.graph
    assert len(graph) == 8
    assert graph.nodes[1]["lines"] == ("A>B SYN",)
    assert {data["event"] for *_, data in graph.edges(data=True)} == {
        "A: active OPEN",
        *("B receives SYN", "A receives SYN,ACK", "B receives ACK"),
        *("network loses SYN", "network loses SYN,ACK", "network loses ACK"),
    }
    broken = [data["label"] for _, data in graph.nodes(data=True) if data["group"] == "broken"]
    assert broken == ["ESTABLISHED, ESTABLISHED"]


def test_too_many_states_are_refused_by_name_of_the_quotient() -> None:
    """Unless forced."""
    text = "rfc9293 incarnations=1 gives_up=off"
    with pytest.raises(ModelError, match=r"tcpmodel diagram\s+quotient --scenario"):
        states_picture(text)
    assert len(states_picture(text, force=True).graph) > 300
