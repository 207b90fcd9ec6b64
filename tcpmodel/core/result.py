"""Answers: a verdict is never stronger than what was computed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from tcpmodel.core.certificate import Certificate
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.trace import Trace


class Verdict(Enum):
    """The four answers.

    HOLDS: settled, within the scope that the result prints.
    HOLDS_UP_TO: nothing found up to a bound that was reached; the scope names the bound.
    FAILS: settled by a counterexample (or, for `sometimes`, by a complete search without witness).
    UNKNOWN: not settled; the reason says why.
    """

    HOLDS = "HOLDS"
    HOLDS_UP_TO = "HOLDS_UP_TO"
    FAILS = "FAILS"
    UNKNOWN = "UNKNOWN"


@dataclass(frozen=True)
class Budget:
    """Limits of a check; None is no limit.

    states: distinct states.  depth: steps.  seconds: wall-clock.  megabytes: of this process.
    threads: how many search together where the engine can; None is as many as pay.
    """

    states: int | None = 5_000_000
    depth: int | None = None
    seconds: float | None = None
    megabytes: int | None = 8_000
    threads: int | None = None


@dataclass(frozen=True)
class Scope:
    """Over what a verdict speaks.

    covers: e.g. `all reachable states`.
    steps: the bound on the length of the traces considered, or None if there is none.
    assumptions: of the scenario, in words, by topic.
    """

    covers: str
    steps: int | None = None
    assumptions: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [self.covers, *(f"{topic} {text}" for topic, text in self.assumptions.items())]
        return "; ".join(parts)


@dataclass(frozen=True)
class Evidence:
    """Why a verdict is not vacuous.

    complete: the search ended because nothing was left to search.
    fired: how often each action was taken in the explored part (explicit search only).
    never: actions that were never enabled in the explored part.
    premise: whether the premise of the property was reached; None if it has none, or if that is
        not known.
    reached: for each watched condition of the system (`channel A>B full`), whether it occurred;
        one of which that is not known is left out.
    deadlocks: explored states without successor; None if the engine cannot tell.
    """

    complete: bool
    fired: Mapping[str, int] = field(default_factory=dict)
    never: tuple[str, ...] = ()
    premise: bool | None = None
    reached: Mapping[str, bool] = field(default_factory=dict)
    deadlocks: int | None = None


@dataclass(frozen=True)
class Need:
    """That an assumption cannot be dropped.

    assumption: in words, `strong A receives`.  instead: what is left of it, `weak A receives`, or
    nothing.  lasso: a run that then violates the property.
    """

    assumption: str
    instead: str
    lasso: Trace


@dataclass(frozen=True)
class Fairness:
    """What a liveness property that HOLDS takes: the minimal sets of fairness assumptions.

    assumed: what the question assumes.  minimal: sets of assumptions at most as strong under which
    it holds, of which none can be dropped or made weaker, each for the reason given.
    complete: there are no others.
    """

    assumed: tuple[str, ...]
    minimal: tuple[tuple[Need, ...], ...]
    complete: bool = True

    @property
    def excessive(self) -> bool:
        """The question assumes more than it takes."""
        return bool(self.minimal) and all(
            {n.assumption for n in needs} != set(self.assumed) for needs in self.minimal
        )


@dataclass(frozen=True)
class Twin:
    """A run whose end looks to `agent` like the end of another one."""

    agent: str
    trace: Trace


@dataclass(frozen=True)
class Result:
    """A verdict with all that is needed to trust it.

    states, transitions: explored (None for symbolic engines); depth: of the search, in steps.
    cpu_seconds: processor time of the check, of all its threads together.  search_seconds: of that,
        visiting states; the rest prepares it (compiles the model) or tells of it (replays a run).
    search_wall_seconds: how long visiting states took by the clock.  threads: how many visited them
        together.
    peak_bytes: the largest size of what the engine kept of the states, in octets.
    trace: the counterexample of a FAILS, the witness of a `sometimes` that HOLDS.
    twins: for a `knows` that FAILS, a run that the agent cannot tell from `trace`; where knowledge
        nests, then one that the next agent cannot tell from that, and so on.
    fairness: for liveness that HOLDS, which of its assumptions it takes.
    certificate: for a HOLDS by induction, the proof; it has been checked again.
    reason: for HOLDS_UP_TO and UNKNOWN, what stopped the search.
    """

    verdict: Verdict
    question: Property
    scope: Scope
    engine: str
    evidence: Evidence
    trace: Trace | None = None
    reason: str = ""
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    cpu_seconds: float = 0.0
    search_seconds: float | None = None
    search_wall_seconds: float | None = None
    threads: int | None = None
    peak_bytes: int | None = None
    fairness: Fairness | None = None
    twins: tuple[Twin, ...] = ()
    certificate: Certificate | None = None

    def __post_init__(self) -> None:
        kind, verdict = self.question.kind, self.verdict
        if verdict in (Verdict.UNKNOWN, Verdict.HOLDS_UP_TO) and not self.reason:
            raise ValueError(f"{verdict.value} needs a reason")
        if verdict is Verdict.HOLDS_UP_TO and self.scope.steps is None:
            raise ValueError("HOLDS_UP_TO needs the bound in its scope")
        expects_trace = (
            verdict is Verdict.HOLDS if kind is Kind.SOMETIMES else verdict is Verdict.FAILS
        )
        if expects_trace != (self.trace is not None):
            raise ValueError(f"{kind.value} {verdict.value}: trace present is {bool(self.trace)}")

    @property
    def vacuous(self) -> bool:
        """It holds only because its premise never does, or because nothing can happen."""
        return self.verdict is Verdict.HOLDS and self.evidence.premise is False


@dataclass(frozen=True)
class Progress:
    """What an engine is doing: phase in a word, depth in steps, states (or clauses) so far."""

    phase: str
    depth: int
    states: int


Observer: TypeAlias = Callable[[Progress], None]
"""Called now and then while an engine works; it may raise KeyboardInterrupt to stop it."""


def silent(progress: Progress) -> None:
    """The observer that does not look."""
