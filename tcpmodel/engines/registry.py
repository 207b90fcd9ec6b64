"""The engines by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.result import Budget, Observer, Result
from tcpmodel.core.system import TransitionSystem
from tcpmodel.engines import bmc, explicit, induction, knowledge, liveness, pdr, spacer

Engine: TypeAlias = Callable[[TransitionSystem, Property, Budget, Observer], Result]

ENGINES: Mapping[str, Engine] = {
    explicit.NAME: explicit.check,
    bmc.NAME: bmc.check,
    induction.NAME: induction.check,
    spacer.NAME: spacer.check,
    pdr.NAME: pdr.check,
    liveness.NAME: liveness.check,
    knowledge.NAME: knowledge.check,
}
"""Every engine; all of them pass the same conformance tests."""

CHOICES = ("auto", *ENGINES)
"""What a user may ask for."""


def choose(name: str, system: TransitionSystem, question: Property) -> tuple[Engine, str]:
    """The engine for a check and why; `auto` goes by the property and the channel.

    Raises `ModelError` for an unknown name.
    """
    if name != "auto":
        if name not in ENGINES:
            raise ModelError(f"no engine {name!r}; there are {', '.join(CHOICES)}")
        return ENGINES[name], "asked for"
    if question.kind is Kind.LEADS_TO:
        return liveness.check, "leads_to needs the graph of all reachable states"
    if question.kind is Kind.KNOWS:
        return knowledge.check, "what an agent knows depends on all reachable states"
    if system.history is not None:
        return bmc.check, "a history channel has no finite set of states"
    return explicit.check, "all reachable states can be visited"
