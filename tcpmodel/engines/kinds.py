"""Which engine settles which kind of property."""

from __future__ import annotations

from collections.abc import Mapping

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import LIVENESS, Kind

SETTLED_BY: Mapping[Kind, str] = {
    Kind.ALWAYS: "explicit",
    Kind.SOMETIMES: "explicit",
    Kind.WITHIN: "explicit",
    **dict.fromkeys(LIVENESS, "liveness"),
    Kind.KNOWS: "knowledge",
}
"""The engine that `auto` takes, where the system has a finite set of states."""


def refusal(engine: str, kind: Kind) -> ModelError:
    """What an engine says of a kind of property that is not its own."""
    return ModelError(
        f"engine {engine} does not settle {kind.value}; ask engine {SETTLED_BY[kind]}"
    )
