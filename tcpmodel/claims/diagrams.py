"""The pictures of `diagrams/`, and the page that shows them.

What each shows is computed by the modules of `claims.pictures`; here they are put in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from tcpmodel.claims.coverage import coverage_markdown
from tcpmodel.claims.pictures import (
    architecture,
    endpoints,
    figures,
    products,
    sequences,
    states,
)
from tcpmodel.claims.pictures.picture import Chart, Drawing, Picture, render
from tcpmodel.core.errors import ModelError
from tcpmodel.render.drawing import is_drawn_from, svg

KINDS = ("endpoint", "open", "close", "quotient", "states")
"""What can be drawn of any scenario."""

SECTIONS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "The endpoint": (
        "State diagrams, derived from the rules and compared with RFC 9293.",
        ("endpoint",),
    ),
    "Opening": ("Runs that the search finds, as short as can be.", ("handshake",)),
    "Closing": ("Each begins where both sides are ESTABLISHED.", ("close",)),
    "What goes wrong": ("Runs that break claims, as short as can be.", ("",)),
    "Both endpoints": (
        "All reachable states of a scenario: each for itself, or by pairs.",
        ("states", "quotient"),
    ),
    "Knowledge": ("What each side knows of the network.", ("knowledge",)),
    "TIME-WAIT": ("How long, and what for.", ("time_wait",)),
    "The program": ("", ("architecture",)),
}
"""The sections of the page: introduction, and the folders (or single names) of its pictures."""

_HEAD = """# Pictures

Made by `tcpmodel diagram -o diagrams`: none is drawn by hand.  `tcpmodel diagram --list` names
them, and what can be drawn of other scenarios.

What of RFC 9293 is modelled stands in [coverage.md](coverage.md); what the claims say about TCP, in
[rationale](rationale/README.md).
"""

Kept = Callable[[str], str]
"""What a file holds by now, by its name; empty if there is none."""


def pictures() -> dict[str, Picture]:
    """Every picture that is kept, by name."""
    makers = (endpoints, sequences, states, products, figures, architecture)
    return {picture.name: picture for maker in makers for picture in maker.pictures()}


def build(*, draw: bool = True, kept: Kept = lambda _: "") -> Iterator[tuple[str, str]]:
    """The generated files, one after the other: name and content.

    Graphs as DOT, and as SVG if `draw`; sheets; the page; the account of what is modelled.
    kept: a drawing of the same graph is left as it is, whichever version of Graphviz made it.

    Raises `ModelError` if there is nothing on this machine to draw with.
    """
    entries: dict[str, str] = {}
    for name, picture in pictures().items():
        drawing = picture.make()
        entries[name] = entry(name, drawing)
        if drawing.graph is not None:
            yield f"{name}.dot", str(render(drawing, "dot"))
        if draw or not isinstance(drawing, Chart):
            before = kept(f"{name}.svg")
            current = up_to_date(drawing, before)
            yield f"{name}.svg", before if current else str(render(drawing, "svg"))
    yield "README.md", page(entries)
    yield "coverage.md", coverage_markdown()


def up_to_date(drawing: Drawing, before: str) -> bool:
    """Whether an SVG is of this drawing; where Graphviz places things, of this graph."""
    if isinstance(drawing, Chart):
        return is_drawn_from(before, drawing.dot, drawing.title, drawing.told)
    return before == drawing.svg


def can_draw() -> str:
    """Why no graph can be drawn on this machine; empty if one can."""
    try:
        svg("digraph {}")
    except ModelError as error:
        return str(error)
    return ""


def entry(name: str, drawing: Drawing) -> str:
    """What the page says of a picture, in Markdown."""
    kinds = ("svg",) if drawing.graph is None else ("svg", "dot")
    links = ", ".join(f"[{kind}]({name}.{kind})" for kind in kinds)
    title = drawing.title
    return f"### {title}\n\n{drawing.caption} ({links})\n\n![{title}]({name}.svg)\n"


def page(entries: Mapping[str, str]) -> str:
    """The page of all pictures, from its entries by name."""
    parts = [_HEAD]
    for section, (says, folders) in SECTIONS.items():
        parts.append(f"## {section}\n" + f"\n{says}\n" * bool(says))
        parts += [text for name, text in entries.items() if _section(name) in folders]
    return "\n".join(parts)


def _section(name: str) -> str:
    """The folder of a picture; a picture that stands alone is its own."""
    folder, slash, _ = name.partition("/")
    return folder if slash or name in ("endpoint", "architecture") else ""


def of_scenario(
    kind: str, text: str, bad: str = "", *, force: bool = False, **limits: object
) -> Drawing:
    """One of `KINDS` of the scenario `text`.

    bad: a formula for bad states, or an `always(…)` that they break; for `quotient` and `states`.
    limits: `budget` and `observer` of the search, for the same two.
    Raises `ModelError`.
    """
    if kind not in KINDS:
        raise ModelError(f"{kind!r} cannot be drawn of a scenario; there are {', '.join(KINDS)}")
    if kind in ("quotient", "states"):
        question = products.asked(bad) if bad else None
        if kind == "states":
            return states.picture(text, question=question, force=force, **limits)  # type: ignore[arg-type]
        says = f"never: {bad}" if bad and not bad.lstrip().startswith("always(") else bad
        return products.picture(text, question=question, says=says, **limits)  # type: ignore[arg-type]
    if bad:
        raise ModelError(f"--bad is about reachable states: draw quotient or states, not {kind}")
    whole = endpoints.with_users(text)
    if kind in ("open", "close"):
        return endpoints.part(kind, whole)
    return endpoints.of_endpoint(whole)
