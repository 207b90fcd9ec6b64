"""The generated pictures of `diagrams/`: state diagrams of an endpoint, charts of counterexamples.

`tcp.graph` derives a diagram and `render.dot` draws any graph; the arrangement, which is that of
RFC 9293 Figure 5, is decided here.  A chart shows the run that an engine finds for a claim.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import networkx as nx

from tcpmodel.claims.coverage import coverage_markdown
from tcpmodel.claims.discovery import bundled, claim_files, discover, select
from tcpmodel.claims.runner import check_claim
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget, Verdict
from tcpmodel.render.chart import chart
from tcpmodel.render.dot import dot
from tcpmodel.render.drawing import svg
from tcpmodel.tcp.graph import DRAWN, Arrow, arrows, compare, endpoint_graph
from tcpmodel.tcp.scenario import scenario

DIAGRAMS: Mapping[str, tuple[str, str]] = {
    "endpoint": (
        "The life of a TCP endpoint",
        "rfc9293 roles=any closes=either abort=on",
    ),
    "two_way": (
        "The life of an endpoint with a two-way handshake",
        "two_way roles=any closes=either",
    ),
}
"""The pictures: their titles and scenarios, by name.  The users do all that users can do, so that
nothing is missing for lack of a caller."""

_ARRANGEMENT = """
    .              CLOSED         .
    .              LISTEN         .
    SYN-RECEIVED   .              SYN-SENT
    .              ESTABLISHED    .
    FIN-WAIT-1     .              CLOSE-WAIT
    FIN-WAIT-2     CLOSING        LAST-ACK
    .              TIME-WAIT      CLOSED'
"""
"""Rows and columns of Figure 5, which draws CLOSED twice as well."""

_END = "CLOSED'"
_ENDING = ("LAST-ACK", "TIME-WAIT")
"""The states from which Figure 5 leads to its second CLOSED."""

LEGEND: Mapping[str, str] = {
    "solid": "drawn in Figure 5 of RFC 9293",
    "dashed": "not drawn there (inside the boxes: what leads to CLOSED)",
    "missing": "drawn there, but not among the rules",
}
"""The styles of edges."""


CHARTS: Mapping[str, tuple[str, str]] = {
    "old_syn_two_way": ("P01", "two_way gives_up=off"),
    "old_syn_three_way": ("P01", "const_isn gives_up=off"),
    "old_data": ("P03", "two_way gives_up=off data=1 senders=A capacity=3"),
    "time_wait_1msl": ("P61", "tw1 tw_rfc1337=on"),
    "time_wait_assassination": ("P61", "tw2"),
    "last_ack_lost": ("P60", "tw2 tw_rfc1337=on loss=1"),
}
"""The charts: claims and scenarios, by name."""


def build(*, draw: bool = True) -> dict[str, str]:
    """The contents of the generated files, by name.

    State diagrams as DOT, and as SVG if `draw`; charts; the account of what is modelled.

    Raises `ModelError` if there is nothing on this machine to draw with.
    """
    files = {f"{name}.dot": diagram(*about) for name, about in DIAGRAMS.items()}
    if draw:
        files |= {f"{name}.svg": svg(files[f"{name}.dot"]) for name in DIAGRAMS}
    return files | charts() | {"coverage.md": coverage_markdown()}


def charts() -> dict[str, str]:
    """The sequence charts of `CHARTS`, by file name.

    Raises `ModelError` if a claim has no run to show any more.
    """
    claims = discover(claim_files(bundled())).claims
    files = {}
    for name, (code, text) in CHARTS.items():
        _, claim = select(claims, [code])[0]
        result, _ = check_claim(claim, text, "auto", Budget())
        if result.trace is None:
            raise ModelError(f"{code} has no run to show in {text!r}: {result.verdict.value}")
        files[f"{name}.svg"] = chart(
            result.trace,
            claim=claim.says,
            why=claim.verdicts[text].why,
            title=f"{code} {claim.id}: {text}",
            witness=result.verdict is Verdict.HOLDS,
        )
    return files


def diagram(title: str, text: str) -> str:
    """The state diagram of an endpoint in the scenario that `text` names, as DOT."""
    graph = picture(endpoint_graph(scenario(text)))
    used = {style for _, _, style in graph.edges(data="style")}
    legend = {style: words for style, words in LEGEND.items() if style in used}
    about = f"derived from the rules of the scenario {text}"
    return dot(graph, title=title, about=about, legend=legend)


def picture(graph: Any) -> Any:
    """A diagram of `endpoint_graph`, arranged like Figure 5, with what that has in addition.

    What leads to CLOSED without being drawn in the figure (resets and ABORT, from nearly every
    state) is written into the boxes, and so is what only the figure has.
    """
    arranged = nx.MultiDiGraph()
    for row, line in enumerate(_ARRANGEMENT.strip().splitlines()):
        for column, name in enumerate(line.split()):
            if name != ".":
                state = name.rstrip("'")
                group = graph.nodes[state]["group"]
                arranged.add_node(name, label=state, group=group, row=row, column=column)
    for arrow in arrows(graph):
        _add(arranged, arrow, "solid" if arrow.figure == DRAWN else "dashed")
    for arrow in compare(graph).missing:
        _add(arranged, arrow, "missing")
    return arranged


def _add(arranged: Any, arrow: Arrow, style: str) -> None:
    ends = arrow.target == "CLOSED" and arrow.source in _ENDING
    inline = style == "missing" or (style == "dashed" and arrow.target == "CLOSED")
    # In the box of a state, what leads to CLOSED needs no word on what that does to the TCB.
    output = arrow.output.removesuffix("delete TCB").rstrip(", ") if inline else arrow.output
    source = f"{arrow.rule}: {arrow.says}" if arrow.rule else "no rule"
    arranged.add_edge(
        arrow.source,
        _END if ends else arrow.target,
        event=arrow.event,
        output=output,
        condition=arrow.condition,
        inline=inline,
        style=style,
        tip=f"{source} ({'; '.join(arrow.cites)})",
    )
