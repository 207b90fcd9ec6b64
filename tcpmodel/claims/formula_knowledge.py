"""The part of formulas typed by hand that is about who knows what."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Protocol

from tcpmodel.core.epistemic import Fact, View
from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Term
from tcpmodel.tcp.world import World

KNOWLEDGE = {
    "knows": "an agent and a formula",
    "knows_whether": "an agent and a formula",
    "everyone_knows": "a formula",
    "common_knowledge": "a formula",
}
"""The operators, each with what it takes; `World` has a method of the same name."""


class Reader(Protocol):
    """What reads the rest of the formula."""

    def fail(self, node: ast.AST, message: str) -> ModelError: ...
    def string(self, node: ast.expr) -> str: ...
    def formula(self, node: ast.expr, world: World) -> Fact | Term: ...


def knowledge(node: ast.Call, name: str, world: World, reader: Reader) -> Fact:
    """Who knows what, as said by the call `node` of the operator `name`."""
    if node.keywords:
        keyword = node.keywords[0]
        raise reader.fail(keyword, f"inside a formula {name} has no option {keyword.arg}")
    if len(node.args) != len(KNOWLEDGE[name].split(" and ")):
        raise reader.fail(node, f"{name} takes {KNOWLEDGE[name]}")
    *agents, known = node.args
    names = [reader.string(agent) for agent in agents]
    for agent, written in zip(names, agents, strict=True):
        if agent not in world.tcbs:
            raise reader.fail(written, f"there is no endpoint {agent!r}; there are A and B")
    found: Fact = getattr(world, name)(*names, reader.formula(known, world))
    return found


def view_of(options: Mapping[str, ast.expr], reader: Reader) -> View:
    """What agents go by: `view='state'` (as it is by default) or `view='recall'`."""
    node = options.get("view")
    if node is None:
        return View.STATE
    names = [view.value for view in View]
    if reader.string(node) not in names:
        raise reader.fail(node, f"a view is {' or '.join(names)}")
    return View(reader.string(node))
