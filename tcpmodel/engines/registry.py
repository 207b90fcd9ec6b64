"""The engines by name.

An engine's module is loaded when the engine is first asked: some need large libraries.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import LIVENESS, Kind, Property
from tcpmodel.core.result import Budget, Observer, Result, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.semantics.jit import available


@dataclass(frozen=True)
class Engine:
    """The engine in the module of this name; called, it settles a property or refuses to."""

    name: str

    def __call__(
        self,
        system: TransitionSystem,
        question: Property,
        budget: Budget = Budget(),
        observer: Observer = silent,
    ) -> Result:
        result: Result = self._module.check(system, question, budget, observer)
        return result

    @property
    def says(self) -> str:
        """What the engine does, in one sentence."""
        return (self._module.__doc__ or "").strip().splitlines()[0]

    @property
    def _module(self) -> Any:
        return import_module(f"tcpmodel.engines.{self.name}")


ENGINES: Mapping[str, Engine] = {
    engine.name: engine
    for engine in (
        Engine("native"),
        Engine("explicit"),
        Engine("bmc"),
        Engine("induction"),
        Engine("spacer"),
        Engine("pdr"),
        Engine("liveness"),
        Engine("knowledge"),
    )
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
    if question.kind in LIVENESS:
        why = f"{question.kind.value} needs the graph of all reachable states"
        return ENGINES["liveness"], why
    if question.kind is Kind.KNOWS:
        return ENGINES["knowledge"], "what an agent knows depends on all reachable states"
    if system.history is not None:
        return ENGINES["bmc"], "a history channel has no finite set of states"
    if not available():
        return ENGINES["explicit"], "all reachable states can be visited (faster with llvmlite)"
    return ENGINES["native"], "all reachable states can be visited"
