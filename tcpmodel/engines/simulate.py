"""Random runs and chosen runs: one step after the other, by the reference interpreter.

What a random run shows is so; what it does not show is not known: no verdict follows from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from random import Random

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.monitor import bounded_response
from tcpmodel.core.property import Kind, Property, always
from tcpmodel.core.result import Budget, Observer, Progress, silent
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.core.trace import Trace
from tcpmodel.engines.exploration import Limits
from tcpmodel.semantics.interpret import (
    Codes,
    compile_function,
    interpreter,
    solutions,
    sorting,
)
from tcpmodel.semantics.replay import Choice, Run, replay

EVERY = 64
"""How many steps are taken between two looks at the clock."""

_NO_CHOICE = "what arrives on a history channel is not chosen step by step; use channel=bag or fifo"


def _starts(system: TransitionSystem) -> list[Codes]:
    """The initial states, in ascending order."""
    found = sorted(solutions(system, 100_000))
    if not found:
        raise ModelError(f"{system.name} has no initial state")
    return found


@dataclass(frozen=True)
class Simulation:
    """What random runs have shown.

    runs: how many were taken, each of at most `steps` steps.  taken: all their steps together.
    stuck: how many ended where nothing is enabled.  fired: how often each action was taken.
    never: the actions that were never taken.
    trace: the run that settles the property, else the last one.
    settled: whether it does.  seed: from which this run alone is got again.
    reason: why there are fewer runs than were asked for; empty if there are not.
    """

    runs: int
    steps: int
    taken: int
    stuck: int
    fired: Mapping[str, int]
    never: tuple[str, ...]
    trace: Trace
    settled: bool
    seed: int
    reason: str = ""


@dataclass
class _Random:
    """Random runs of one system; the run from a seed is always the same."""

    system: TransitionSystem
    goal: Term
    limits: Limits
    fired: list[int] = field(init=False)
    stuck: int = 0
    taken: int = 0
    reason: str = ""

    def __post_init__(self) -> None:
        if self.system.inputs:
            raise ModelError(f"{self.system.name}: {_NO_CHOICE}")
        self.successors = interpreter(self.system, canonical=False).successors
        self.holds = compile_function(self.system.variables, [self.goal])
        self.initial = _starts(self.system)
        self.groups = [a.event.group or a.name for a in self.system.actions]
        self.fired = [0] * len(self.system.actions)

    def run(self, seed: int, steps: int) -> tuple[Codes, list[int], bool]:
        """An initial state, the actions taken from it, and whether they lead to the goal.

        Whose turn it is (which group of actions) is drawn first, then the action: otherwise a
        network with many segments under way would be busy with nothing else.
        """
        # Nothing secret is drawn.
        draw = Random(seed)  # noqa: S311
        start = state = draw.choice(self.initial)
        path: list[int] = []
        while not self.holds(state)[0]:
            if len(path) == steps:
                return start, path, False
            able = self.successors(state)
            if not able:
                self.stuck += 1
                return start, path, False
            turn = draw.choice(sorted({self.groups[action] for action, _ in able}))
            action, state = draw.choice([s for s in able if self.groups[s[0]] == turn])
            path.append(action)
            self.fired[action] += 1
            self.taken += 1
            if self.taken % EVERY == 0:
                self.reason, _ = self.limits.reached(0)
                if self.reason:
                    return start, path, False
        return start, path, True

    def trace(self, start: Codes, path: Sequence[int]) -> Trace:
        """The run, computed anew."""
        choices = [Choice(self.system.actions[action].name) for action in path]
        return replay(self.system, choices, initial=start)


def simulate(
    system: TransitionSystem,
    question: Property | None,
    seed: int,
    *,
    steps: int = 50,
    runs: int = 1,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Simulation:
    """At most `runs` random runs of at most `steps` steps each; the first one that violates an
    `always` or `within`, or shows a `sometimes`, is the last.

    Run number i is that of seed `seed + i`, whatever runs there are besides it.  Only the time
    limit of the budget counts.  Raises `ModelError` for a property of whole runs or about knowledge
    and for a system with inputs.
    """
    system, goal = watched(system, question)
    walk = _Random(system, goal, Limits(Budget(None, None, budget.seconds, None)))
    found: tuple[Codes, list[int], bool] = (walk.initial[0], [], False)
    last = seed
    try:
        for last in range(seed, seed + runs):
            found = walk.run(last, steps)
            if found[2] or walk.reason:
                break
            if (last - seed) % EVERY == EVERY - 1:
                observer(Progress("runs", steps, last - seed + 1))
    except KeyboardInterrupt:
        walk.reason = "interrupted"
    names = [a.name for a in system.actions]
    fired = dict(zip(names, walk.fired, strict=True))
    return Simulation(
        last - seed + 1,
        steps,
        walk.taken,
        walk.stuck,
        {n: k for n, k in fired.items() if k},
        tuple(n for n, k in fired.items() if not k),
        walk.trace(found[0], found[1]),
        found[2],
        last,
        walk.reason,
    )


def watched(system: TransitionSystem, question: Property | None) -> tuple[TransitionSystem, Term]:
    """The system and the states in which a run settles a property: violates it, or shows it."""
    if question is None:
        return system, z3.BoolVal(False)
    if question.kind is Kind.WITHIN:
        system, holds = bounded_response(system, question)
        question = always(holds)
    if question.kind is Kind.ALWAYS:
        return system, z3.Not(question.formula)
    if question.kind is Kind.SOMETIMES:
        return system, question.formula
    raise ModelError(
        f"a run that ends settles always, sometimes and within, not {question.kind.value}"
    )


@dataclass(frozen=True)
class Option:
    """A step that can be taken: the action, and the run that it makes."""

    action: Action
    run: Run


class Walk:
    """A run that somebody chooses, step by step, and can take back.

    Where several initial states are possible, it starts in the first of them.
    """

    def __init__(self, system: TransitionSystem) -> None:
        if system.inputs:
            raise ModelError(f"{system.name}: {_NO_CHOICE}")
        self.system = system
        self._canonical = sorting(system)
        self._guards = compile_function(system.variables, [a.enabled for a in system.actions])
        self._runs = [Run(system, _starts(system)[0])]

    def __len__(self) -> int:
        """The number of steps taken."""
        return len(self._runs) - 1

    @property
    def trace(self) -> Trace:
        """What was done so far."""
        return self._runs[-1].trace()

    @property
    def codes(self) -> Codes:
        """The state that was reached, encoded."""
        return self._runs[-1].states[-1]

    def options(self) -> list[Option]:
        """What can happen now; of actions that differ in nothing but a slot's place, the first."""
        here = self._runs[-1]
        found: dict[tuple[str, Codes], Option] = {}
        enabled = self._guards(here.states[-1])
        for action, able in zip(self.system.actions, enabled, strict=True):
            if able:
                run = here.fork()
                run.take(Choice(action.name))
                same = (action.says, self._canonical(run.states[-1]))
                found.setdefault(same, Option(action, run))
        return list(found.values())

    def take(self, option: Option) -> None:
        """Take a step."""
        self._runs.append(option.run)

    def undo(self) -> bool:
        """Take the last step back; whether there was one."""
        if len(self._runs) == 1:
            return False
        self._runs.pop()
        return True

    def restart(self) -> None:
        """Go back to the start."""
        del self._runs[1:]
