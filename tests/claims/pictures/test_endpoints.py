"""State diagrams show every edge of the rules, and mark what differs from RFC 9293."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tcpmodel.claims.pictures.endpoints import (
    PRESETS,
    USERS,
    of_endpoint,
    part,
    variant,
    whole,
    with_users,
)
from tcpmodel.tcp.graph import arrows, compare, endpoint_graph
from tcpmodel.tcp.scenario import scenario

FULL = f"rfc9293 {USERS}"


def styles(graph: Any) -> Counter[str]:
    return Counter(style for _, _, style in graph.edges(data="style"))


def test_every_edge_of_the_rules_is_shown() -> None:
    """Drawn or written into a box, in the style that says whether Figure 5 has it."""
    derived = endpoint_graph(scenario(FULL))
    found = compare(derived)
    drawn = whole(FULL).graph
    assert drawn.number_of_edges() == derived.number_of_edges() + len(found.missing)
    assert styles(drawn) == {"solid": 20, "dashed": 23}
    labelled = Counter(data["event"] for _, _, data in drawn.edges(data=True))
    assert labelled == Counter(arrow.event for arrow in arrows(derived))


def test_rfc_9293_does_not_differ_from_itself() -> None:
    """No mark where there is nothing to mark."""
    assert set(styles(variant(FULL).graph)) == {"solid"}
    assert "added" not in variant(FULL).legend


@pytest.mark.parametrize("name", PRESETS)
def test_what_is_marked_is_the_difference(name: str) -> None:
    """An added edge is one of the preset only, a missing one only of RFC 9293; each is marked."""
    text = with_users(name)
    here = {arrow.key for arrow in arrows(endpoint_graph(scenario(text)))}
    there = {arrow.key for arrow in arrows(endpoint_graph(scenario(FULL)))}
    chart = variant(text)
    found = styles(chart.graph)
    assert found["missing"] == len(there - here)
    assert found["added"] >= len(here - there)
    assert bool(found["added"]) == bool(here - there)
    assert here != there, f"{name} has the endpoint of RFC 9293 and needs no picture"
    assert {"added", "missing"} & set(chart.legend) == {"added", "missing"} & set(found)


def test_users_who_cannot_are_left_as_they_are() -> None:
    """Fast Open is about a client and its server; everybody else's users do what they can."""
    assert with_users("tcp_tfo") == "tcp_tfo"
    assert scenario(with_users("clock")).gives_up == "on"


def test_what_is_said_of_users_is_heeded() -> None:
    """Who asks for users that never close gets them."""
    assert scenario(with_users("rfc9293 closes=nobody")).closes == "nobody"
    assert scenario(with_users("rfc9293 closes=nobody")).roles == "any"


def test_a_switch_is_compared_with_rfc_9293() -> None:
    """RFC 9293 itself is compared with its figure; with another switch, with itself."""
    assert of_endpoint(with_users("rfc9293")).legend.keys() == {"solid", "dashed"}
    assert of_endpoint(with_users("rfc9293 closes=B")).title == whole(FULL).title
    deaf = of_endpoint(with_users("rfc9293 tw_rfc1337=on"))
    assert deaf.title.endswith(": tw_rfc1337=on")
    gone = [(a, d["event"]) for a, _, d in deaf.graph.edges(data=True) if d["style"] == "missing"]
    assert gone == [("TIME-WAIT", "rcv RST")]


def test_a_state_without_edges_says_so() -> None:
    """The server of a two-way handshake is never in SYN-RECEIVED."""
    nodes = variant(with_users("two_way")).graph.nodes
    assert nodes["SYN-RECEIVED"]["lines"] == ("never entered",)
    assert not nodes["ESTABLISHED"].get("hollow")


def test_the_parts_make_up_the_whole() -> None:
    """Opening and closing share ESTABLISHED; what leads from an opening to a closing state is in
    neither.
    """
    opens, closes = part("open", FULL).graph, part("close", FULL).graph
    assert set(opens) & set(closes) == {"ESTABLISHED"}
    assert set(opens) | set(closes) == set(whole(FULL).graph)
    between = {("SYN-RECEIVED", "FIN-WAIT-1"), ("SYN-RECEIVED", "CLOSE-WAIT")}
    drawn = {(a, b) for a, b, d in whole(FULL).graph.edges(data=True) if not d["inline"]}
    parts = {(a, b) for g in (opens, closes) for a, b, d in g.edges(data=True) if not d["inline"]}
    assert drawn - parts == between
    aborts = [a for a, _, data in closes.edges(data=True) if data["event"] == "ABORT"]
    assert set(aborts) == set(closes) - {"CLOSED'"}


def test_an_edge_through_a_row_has_the_row_to_itself() -> None:
    """With SYN cookies an edge leads from LISTEN down to ESTABLISHED: that between SYN-SENT and
    SYN-RECEIVED is written into a box.
    """
    graph = variant(with_users("syncookie")).graph
    assert all(data["inline"] for data in graph["SYN-SENT"]["SYN-RECEIVED"].values())
    graph = variant(with_users("rfc793")).graph
    assert not any(data["inline"] for data in graph["SYN-SENT"]["SYN-RECEIVED"].values())
