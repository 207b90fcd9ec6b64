"""What each side of a handshake knows after each message, as the knowledge engine finds it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tcpmodel import __version__
from tcpmodel.core.epistemic import Atom, Fact, Knows
from tcpmodel.core.errors import EngineError
from tcpmodel.core.property import sometimes
from tcpmodel.core.terms import all_of
from tcpmodel.core.trace import Trace
from tcpmodel.engines import explicit, knowledge
from tcpmodel.tcp.compose import AGENTS, Model, compose, peer_of
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import ESTABLISHED

SCHEMA = "tcpmodel-knowledge/1"
DEEPEST = 5
"""How deep nested knowledge is asked for; no handshake here gets that far."""

_ALIKE = "incarnations=1 gives_up=off closes=nobody channel=fifo link=any"
HANDSHAKES: Mapping[str, str] = {
    "two": f"two_way {_ALIKE}",
    "three": f"rfc9293 {_ALIKE}",
    "four": f"four_naive {_ALIKE}",
}
"""The handshakes by their number of messages, in scenarios where either direction may be broken."""


@dataclass(frozen=True)
class Side:
    """An endpoint's state, and what it knows: the deepest for each direction, which implies the
    rest.
    """

    state: str
    knows: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """What each endpoint knows once a message has arrived; message 0 is the start."""

    message: int
    segment: str
    sides: Mapping[str, Side]


def rows(text: str) -> list[Row]:
    """The rows of the scenario `text`, in which nothing is lost and every message arrives in turn.

    By the endpoints' states.  Raises `EngineError` if the scenario has no such run.
    """
    model = compose(scenario(text))
    trace = _undisturbed(model)
    asked = {agent: dict(_questions(model, agent)) for agent in AGENTS}
    facts = [fact for agent in AGENTS for fact in asked[agent].values()]
    answers = knowledge.along(model.system, facts, trace)
    found: list[Row] = []
    for index in range(len(trace) + 1):
        received = trace.steps[index - 1].received if index else None
        if index and received is None:
            continue
        known = dict(zip(map(id, facts), answers[index], strict=True))
        told = {agent: [known[id(fact)] for fact in asked[agent].values()] for agent in AGENTS}
        segment = f"{received.channel} {received.fields['ctl']}" if received else ""
        sides = {
            agent: Side(
                str(trace.state(index)[f"{agent}.state"]),
                tuple(_deepest(list(asked[agent]), told[agent])),
            )
            for agent in AGENTS
        }
        found.append(Row(len(found), segment, sides))
    return found


def _undisturbed(model: Model) -> Trace:
    """The shortest run in which both connect and nothing is left under way."""
    world = model.world
    connected = all_of(
        *(world.endpoint(agent).state == ESTABLISHED for agent in AGENTS),
        *(world.works(agent) for agent in AGENTS),
        world.nothing_inflight(),
    )
    found = explicit.check(model.system, sometimes(connected)).trace
    if found is None:
        raise EngineError(f"{model.system.name}: nobody connects")
    return found


def _questions(model: Model, agent: str) -> Iterator[tuple[str, Fact]]:
    """What `agent` may know, in words: of each direction, with ever more levels of who knows."""
    for sender in AGENTS:
        words, fact = f"{sender}→{peer_of(sender)} works", Atom(model.world.works(sender))
        for depth in range(DEEPEST):
            knowers = [(agent, peer_of(agent))[level % 2] for level in range(depth + 1)]
            nested: Fact = fact
            for knower in reversed(knowers):
                nested = Knows(knower, nested)
            yield "".join(f"{knower} knows that " for knower in knowers[1:]) + words, nested


def _deepest(words: list[str], told: list[bool]) -> Iterator[str]:
    """The last of what is known of each direction."""
    for start in range(0, len(words), DEEPEST):
        of_one = slice(start, start + DEEPEST)
        known = [w for w, yes in zip(words[of_one], told[of_one], strict=True) if yes]
        yield from known[-1:]


def tables() -> dict[str, list[Row]]:
    """The rows of every handshake, by its number of messages."""
    return {name: rows(text) for name, text in HANDSHAKES.items()}


def as_json(found: Mapping[str, list[Row]]) -> dict[str, Any]:
    """Tables as plain values."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "view": "state",
        "handshakes": [
            {"messages": name, "scenario": HANDSHAKES[name], "rows": [asdict(row) for row in told]}
            for name, told in found.items()
        ],
    }


def as_markdown(found: Mapping[str, list[Row]]) -> str:
    """Tables in Markdown."""
    lines = []
    for name, told in found.items():
        lines += [f"### {name.capitalize()} messages", "", f"`{HANDSHAKES[name]}`", ""]
        lines += ["| | arrives | A | A knows | B | B knows |", "| --- " * 6 + "|"]
        for row in told:
            cells = [str(row.message), row.segment or "–"]
            for agent in AGENTS:
                side = row.sides[agent]
                cells += [side.state, "; ".join(side.knows) or "nothing of the network"]
            lines.append(f"| {' | '.join(cells)} |")
        lines.append("")
    return "\n".join(lines)
