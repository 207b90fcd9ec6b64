"""Which states of the two endpoints occur together: all reachable states, by (A.state, B.state).

The graph of all reachable states of a scenario is far too large to be seen; this is its quotient.
Where a claim is asked for, the pairs in which some state breaks it are marked, and the shortest run
to such a state.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import networkx as nx
import numpy as np
import z3
from numpy.typing import NDArray

from tcpmodel.claims.discovery import bundled, claim_files, discover, select
from tcpmodel.claims.formula import parse
from tcpmodel.claims.pictures.picture import Picture, Sheet
from tcpmodel.claims.runner import question_of
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind, Property, always
from tcpmodel.core.result import Budget, Observer, silent
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Domain, Term
from tcpmodel.engines.exploration import Exploration, explored
from tcpmodel.engines.native import quickest
from tcpmodel.render.grid import Cell, Grid, Move, grid
from tcpmodel.tcp.compose import AGENTS, Model, compose
from tcpmodel.tcp.graph import GROUPS
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import STATE

ORDER = (
    *("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "FIN-WAIT-1", "FIN-WAIT-2"),
    *("CLOSING", "TIME-WAIT", "CLOSE-WAIT", "LAST-ACK"),
)
"""The states along the axes, roughly as they come in a connection's life."""

Pair = tuple[str, str]
"""The states of A and of B."""

CLAIMS: Mapping[str, tuple[str, str, str]] = {
    "two_way": ("P01", "two_way gives_up=off", "An old SYN and a handshake of two messages"),
    "three_way": ("P01", "rfc9293 gives_up=off", "The same with three messages"),
    "constant_isn": ("P01", "const_isn gives_up=off", "Three messages and constant numbers"),
    "time_wait": ("P61", "tw2", "An old FIN, though TIME-WAIT lasts 2 MSL"),
}
"""The maps of claims: code, scenario and title, by name."""

_TITLE = "Which states occur together"
_NOTE = (
    "In each box: how many states there are with this pair.  States that differ only in what "
    "nobody asks for, and no step depends on, count as one."
)
_ALL = "rfc9293 incarnations=1 gives_up=off closes=either"


@dataclass(frozen=True)
class Quotient:
    """The reachable states by pairs.

    states, bad: how many there are of each pair, and how many of them break the claim.
    moves: between which pairs there are steps, and which (`A: CLOSE`, `B receives ACK`).
    start: the pair of the initial state.  way: the pairs that a shortest run to a bad state visits.
    length: of that run, in steps; 0 if there is none.  stopped: why the search ended early.
    """

    states: Mapping[Pair, int]
    bad: Mapping[Pair, int]
    moves: Mapping[tuple[Pair, Pair], tuple[str, ...]]
    start: Pair
    way: tuple[Pair, ...]
    length: int
    stopped: str


def pictures() -> list[Picture]:
    """The maps that are kept."""
    return [
        Picture("quotient/all", _TITLE, partial(picture, _ALL)),
        *(
            Picture(f"quotient/{name}", about[2], partial(_of_claim, *about))
            for name, about in CLAIMS.items()
        ),
    ]


def _of_claim(code: str, text: str, title: str) -> Sheet:
    _, claim = select(discover(claim_files(bundled())).claims, [code])[0]
    return picture(
        text,
        question=partial(question_of, claim),
        says=f"{code}: {claim.says}",
        title=title,
    )


def asked(formula: str) -> Any:
    """The property `always(…)` that `formula` spells, or that says that `formula` never holds."""
    spelled = formula if formula.lstrip().startswith("always(") else f"always(not ({formula}))"
    return parse(spelled)


def picture(
    text: str,
    *,
    question: Any = None,
    says: str = "",
    title: str = "",
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Sheet:
    """The map of the scenario `text`; where states break `question`, it is marked.

    question: the property of a model, or None.  says: what it says, in words.
    Raises `ModelError` for a property that is not about states, and for a history channel.
    """
    model = compose(scenario(text))
    found = quotient(model, question, budget, observer)
    rows, columns = (_there(pair[side] for pair in found.states) for side in (0, 1))
    about = (
        f"all {sum(found.states.values()):,} reachable states of {text}, by the states of A and B"
    )
    if found.stopped:
        about = (
            f"{sum(found.states.values()):,} states of {text}, by the states of A and B; not all: "
            f"{found.stopped}"
        )
    verdict = _verdict(found, says)
    drawn = Grid(
        title=title or _TITLE,
        about=about,
        who=AGENTS,
        rows=rows,
        columns=columns,
        cells={
            (rows.index(a), columns.index(b)): Cell(
                count, found.bad.get((a, b), 0), (a, b) == found.start
            )
            for (a, b), count in found.states.items()
        },
        moves=[
            Move(
                (rows.index(one[0]), columns.index(one[1])),
                (rows.index(two[0]), columns.index(two[1])),
                f"{', '.join(one)} → {', '.join(two)}: {'; '.join(labels)}",
                way=[n for n, step in enumerate(pairwise(found.way), 1) if step == (one, two)],
            )
            for (one, two), labels in found.moves.items()
        ],
        keys=_keys(found),
        note=f"{_NOTE}  {verdict}",
    )
    caption = f"{about[0].upper()}{about[1:].replace(text, f'`{text}`')}.  {verdict}"
    return Sheet(
        grid(drawn), drawn.title, caption.strip(), as_graph(found, text), not found.stopped
    )


def _there(names: Iterable[str]) -> list[str]:
    present = set(names)
    return [name for name in ORDER if name in present]


def _keys(found: Quotient) -> dict[str, str]:
    keys = {"start": "here it begins", "column": "a step of A", "row": "a step of B"}
    if found.bad:
        keys |= {"way": "a shortest run to a violation", "bad": "some states break the claim"}
    return keys


def _verdict(found: Quotient, says: str) -> str:
    if not says:
        return ""
    if found.bad:
        broken = sum(found.bad.values())
        return (
            f"✗ marks the {broken:,} states that break “{says}”; the nearest is {found.length} "
            f"steps away."
        )
    far = f"in none of these states is “{says}” broken"
    return f"{far[0].upper()}{far[1:]}." if not found.stopped else f"So far, {far}."


# --- the quotient ---------------------------------------------------------------------------------


def bad_states(model: Model, question: Any) -> Term:
    """The states that break the property that `question` makes of a model; none if it is None.

    Raises `ModelError` for a property that is not about states, and for a history channel.
    """
    if model.system.history is not None:
        raise ModelError("a history channel has no finite set of states; use channel=bag or fifo")
    if question is None:
        return z3.BoolVal(False)
    asked: Property = question(model)
    if asked.kind is not Kind.ALWAYS or asked.fact is not None:
        raise ModelError("bad states are those that break an always(…) about states")
    return z3.Not(asked.formula)


def quotient(
    model: Model, question: Any, budget: Budget = Budget(), observer: Observer = silent
) -> Quotient:
    """The quotient of the reachable states by the states of A and B."""
    bad = bad_states(model, question)
    states = [model.world.endpoint(agent).state for agent in AGENTS]
    controls = _controls(model.system.actions)
    view = [*states, bad, *controls.values()]
    search = explored(model.system, always(z3.Not(bad)), budget, observer, quickest(), view=view)
    values = search.values(view)
    codes = values[:, 0].astype("int64") * len(STATE.names) + values[:, 1].astype("int64")
    broken = values[:, 2] != 0
    way, length = _way(search, codes, broken)
    return Quotient(
        _counted(codes),
        _counted(codes[broken]),
        _moves(search, model.system, codes, values[:, 3:], list(controls)),
        _pair(int(codes[0])),
        way,
        length,
        search.stopped,
    )


def _pair(code: int) -> Pair:
    one, two = divmod(code, len(STATE.names))
    return STATE.names[one], STATE.names[two]


def _counted(codes: NDArray[np.int64]) -> dict[Pair, int]:
    found, counts = np.unique(codes, return_counts=True)
    return {_pair(int(code)): int(count) for code, count in zip(found, counts, strict=True)}


def _way(
    search: Exploration, codes: NDArray[np.int64], broken: NDArray[np.bool_]
) -> tuple[tuple[Pair, ...], int]:
    """The pairs on the shortest run to a bad state, and how many steps it has."""
    if not broken.any():
        return (), 0
    path: list[int] = [int(broken.argmax())]
    while (parent := search.parent(path[-1])) is not None:
        path.append(parent)
    pairs = [_pair(int(codes[state])) for state in reversed(path)]
    kept = [pair for before, pair in pairwise(pairs) if pair != before]
    return (pairs[0], *kept), len(path) - 1


def _controls(actions: Sequence[Action]) -> dict[int, Term]:
    """The control bits of what is received, by the identity of the term: one for each slot."""
    terms: dict[int, Term] = {}
    for action in actions:
        if action.event.receives is not None:
            term = action.event.receives.fields["ctl"]
            terms[term.get_id()] = term
    return terms


def _moves(
    search: Exploration,
    system: TransitionSystem,
    codes: NDArray[np.int64],
    controls: NDArray[np.uint64],
    slots: Sequence[int],
) -> dict[tuple[Pair, Pair], tuple[str, ...]]:
    """The steps that change a pair, by the pairs they lead from and to."""
    steps = search.steps()
    source, target = codes[steps.source], codes[steps.target]
    changing = np.flatnonzero(source != target)
    found: dict[tuple[Pair, Pair], set[str]] = {}
    # What the search was of is a part of the system, which does not tell what is received.
    whole = {action.name: action for action in system.actions}
    actions = [whole[action.name] for action in search.system.actions]
    # What is read of a step: its pairs, its action, and what is under way in the action's slot.
    slot = np.array([_slot(action, slots) for action in actions], np.int64)
    action = np.asarray(steps.action)[changing].astype(np.int64)
    place = slot[action]
    bits = np.zeros(len(changing), np.int64)
    if controls.shape[1]:
        bits = np.where(
            place < 0, 0, controls[steps.source[changing], np.maximum(place, 0)].astype(np.int64)
        )
    seen = np.unique(np.stack([source[changing], target[changing], action, bits]), axis=1)
    for one, two, number, control in seen.T.tolist():
        words = label(actions[number], system.message["ctl"], control)
        found.setdefault((_pair(one), _pair(two)), set()).add(words)
    return {pairs: tuple(sorted(labels)) for pairs, labels in found.items()}


def _slot(action: Action, slots: Sequence[int]) -> int:
    receives = action.event.receives
    return -1 if receives is None else slots.index(receives.fields["ctl"].get_id())


def label(action: Action, domain: Domain, control: int) -> str:
    """A step in words; domain, control: of what is received."""
    event = action.event
    if event.receives is None:
        return f"{event.agent}: {event.label}"
    does = "receives" if event.kind == "segment" else event.label
    return f"{event.agent} {does} {domain.decode(control)}"


def as_graph(found: Quotient, text: str) -> Any:
    """The quotient as a graph: a node for each pair, an edge for each kind of step."""
    graph = nx.MultiDiGraph(scenario=text, groups=(*dict.fromkeys(GROUPS.values()), "broken"))
    for pair, count in found.states.items():
        bad = found.bad.get(pair, 0)
        lines = (f"{count:,} states", *([f"✗ {bad:,} break the claim"] if bad else []))
        group = "broken" if bad else GROUPS[pair[0]]
        data = {"start": True} if pair == found.start else {}
        graph.add_node(", ".join(pair), lines=lines, states=count, bad=bad, group=group, **data)
    on_way = set(pairwise(found.way))
    for (one, two), labels in found.moves.items():
        style = "added" if (one, two) in on_way else "solid"
        for words in labels:
            graph.add_edge(", ".join(one), ", ".join(two), event=words, style=style)
    return graph
