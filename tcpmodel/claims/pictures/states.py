"""Every reachable state of a small scenario, and every step between them."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import networkx as nx
import z3

from tcpmodel.claims.pictures.picture import Chart, Picture
from tcpmodel.claims.pictures.products import bad_states, label
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always
from tcpmodel.core.result import Budget, Observer, silent
from tcpmodel.engines.explicit import Search
from tcpmodel.engines.exploration import explored
from tcpmodel.render.dot import MAX_NODES
from tcpmodel.tcp.channel import Slots
from tcpmodel.tcp.compose import AGENTS, Model, compose, peer_of
from tcpmodel.tcp.graph import GROUPS
from tcpmodel.tcp.scenario import scenario

_SMALLEST = "rfc9293 incarnations=1 gives_up=off closes=nobody retransmit=off"
_TITLE = "Every state of a handshake without retransmission"


def pictures() -> list[Picture]:
    """The graph that is kept."""
    return [Picture("states/handshake", _TITLE, partial(picture, _SMALLEST, title=_TITLE))]


def picture(
    text: str,
    *,
    question: Any = None,
    title: str = "",
    force: bool = False,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Chart:
    """The graph of all reachable states of the scenario `text`; bad states are marked.

    question: the property of a model that bad states break, or None.
    Raises `ModelError`, naming the quotient, for more states than can be read, unless forced.
    """
    model = compose(scenario(text))
    bad = bad_states(model, question)
    states = [model.world.endpoint(agent).state for agent in AGENTS]
    search = explored(
        model.system, always(z3.Not(bad)), budget, observer, Search, view=[*states, bad]
    )
    if len(search.order) > MAX_NODES and not force:
        raise ModelError(
            f"{text} has {len(search.order):,} states{' or more' * bool(search.stopped)}, and a "
            f"graph of more than {MAX_NODES} cannot be read; draw its quotient: tcpmodel diagram "
            f"quotient --scenario '{text}' (--force draws it nevertheless)"
        )
    broken = search.holding(bad)
    graph = nx.MultiDiGraph(scenario=text, groups=(*dict.fromkeys(GROUPS.values()), "broken"))
    for number, codes in enumerate(search.order):
        state = search.compiled.decode(codes)
        pair = [str(state[f"{agent}.state"]) for agent in AGENTS]
        lines = [line for agent in AGENTS for line in _under_way(model, agent, state)]
        group = "broken" if broken[number] else GROUPS[pair[0]]
        data = {} if number else {"start": True}
        graph.add_node(number, label=", ".join(pair), lines=tuple(lines), group=group, **data)
    # What the search was of is a part of the system, which does not tell what is received.
    whole = {action.name: action for action in model.system.actions}
    control = model.system.message["ctl"]
    for number, steps in enumerate(search.edges):
        for action, target in steps:
            taken = whole[search.system.actions[action].name]
            bits = 0
            if taken.event.receives is not None:
                read = search.compiled.function([taken.event.receives.fields["ctl"]])
                (bits,) = read(search.order[number])
            graph.add_edge(number, target, event=label(taken, control, bits), style="solid")
    about = f"all {len(search.order):,} reachable states of {text}"
    if search.stopped:
        about = f"{len(search.order):,} states of {text}, not all: {search.stopped}"
    caption = f"{about[0].upper()}{about[1:].replace(text, f'`{text}`')}."
    return Chart(graph, title or "Every state", about, caption, {}, force, not search.stopped)


def _under_way(model: Model, agent: str, state: Any) -> list[str]:
    """What is under way from `agent`, in words."""
    channel = model.world.channels[agent]
    if not isinstance(channel, Slots):
        return []
    found = Counter(str(state[slot["ctl"].name]) for slot in channel.slots)
    return [
        f"{agent}>{peer_of(agent)} {words}{f' ×{count}' * (count > 1)}"
        for words, count in sorted(found.items())
        if words != "-"
    ]
