"""The least safe wait of a timed system: search among runs of bounded length.

An optimising solver finds the supremum of the waits that are unsafe for given values of the other
parameters; a run just below it is found, and re-executed in exact fractions.  Whether longer runs
could do worse is for `synthesis_proof` to exclude.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TypeAlias

import z3

from tcpmodel.core.errors import EngineError
from tcpmodel.core.terms import Substitution, Term
from tcpmodel.core.timed import (
    Burst,
    Number,
    TimedAction,
    TimedStep,
    TimedSystem,
    TimedTrace,
    real,
)


class OutOfTimeError(Exception):
    """The time for a question is used up; what is known so far remains true."""


@dataclass(frozen=True)
class Deadline:
    """When to stop: `at` on the clock of `time.monotonic`, or never."""

    at: float | None = None

    @staticmethod
    def after(seconds: float | None) -> Deadline:
        """So many seconds from now."""
        return Deadline(None if seconds is None else time.monotonic() + seconds)

    def milliseconds(self) -> int:
        """What is left, at least 1; raises `OutOfTimeError` if nothing is."""
        if self.at is None:
            return 1 << 31
        left = self.at - time.monotonic()
        if left <= 0:
            raise OutOfTimeError("the time limit was reached")
        return max(1, int(left * 1000))


def decided(answer: z3.CheckSatResult, reason: str) -> bool:
    """Whether the solver found a solution; raises `OutOfTimeError` if it cannot tell."""
    if answer == z3.unknown:
        raise OutOfTimeError(f"the solver gave up: {reason}")
    return bool(answer == z3.sat)


@dataclass(frozen=True)
class Supremum:
    """Of the unsafe waits: `value` (None: there is none, whatever the wait); itself unsafe?"""

    value: Fraction | None
    attained: bool = False


# --- one step -----------------------------------------------------------------------------------

State: TypeAlias = Mapping[str, Term]
"""A term for every variable of a system, by name."""


_DELAY = z3.Real("delay")


def over(system: TimedSystem, state: State, term: Term) -> Term:
    """`term`, read in `state`."""
    return _reading(system, state)(term)


def _reading(system: TimedSystem, state: State) -> Substitution:
    return Substitution(
        [(v, state[n]) for v, n in zip(system.variables, system.names, strict=True)]
    )


@dataclass(frozen=True, eq=False)
class Move:
    """What a step may do: let time pass, then take an action; or a burst."""

    system: TimedSystem
    action: TimedAction
    burst: Burst | None = None

    @property
    def name(self) -> str:
        return self.action.name if self.burst is None else self.burst.name

    @property
    def says(self) -> str:
        return self.action.says if self.burst is None else self.burst.says

    @cached_property
    def held(self) -> frozenset[str]:
        """The clocks that a burst keeps at zero."""
        if self.burst is None:
            return frozenset()
        updates = self.action.updates
        return frozenset(c for c in self.system.clock_names if _is_zero(updates.get(c)))

    @cached_property
    def _here(self) -> dict[str, Term]:
        return dict(zip(self.system.names, self.system.variables, strict=True))

    @cached_property
    def _passed(self) -> dict[str, Term]:
        """The state after a delay, before the action."""
        grow = self.system.clock_names - self.held
        return {n: t + _DELAY if n in grow else t for n, t in self._here.items()}

    @cached_property
    def _after(self) -> dict[str, Term]:
        """The state after a delay and the action."""
        put = _reading(self.system, self._passed)
        new = {n: put(term) for n, term in self.action.updates.items()}
        if self.burst is not None and self.burst.budget is not None:
            new[str(self.burst.budget)] = real(0)
        return self._passed | new

    @cached_property
    def _legal(self) -> list[Term]:
        system, here = self.system, self._passed
        conditions = [_DELAY >= 0, over(system, here, system.invariant)]
        conditions.append(over(system, self._after, system.invariant))
        guard = over(system, here, self.action.guard)
        if self.burst is None:
            return [*conditions, guard]
        conditions += [here[name] == 0 for name in sorted(self.held)]
        conditions.append(self.burst.when)
        if self.burst.budget is None:
            return [*conditions, guard]
        left = self.burst.budget
        return [*conditions, left >= _DELAY, z3.Or(left < self.burst.every, guard)]

    def legal(self, state: State, delay: Term) -> list[Term]:
        """The conditions under which it is possible in `state`, with this delay."""
        put = self._put(state, delay)
        return [put(term) for term in self._legal]

    def after(self, state: State, delay: Term) -> dict[str, Term]:
        """The state after it."""
        put = self._put(state, delay)
        return {name: put(term) for name, term in self._after.items()}

    def _put(self, state: State, delay: Term) -> Substitution:
        pairs = [(v, state[n]) for n, v in self._here.items()]
        return Substitution([*pairs, (_DELAY, delay)])


@lru_cache(maxsize=32)
def moves(system: TimedSystem) -> tuple[Move, ...]:
    """What a step of `system` may do."""
    single = [Move(system, action) for action in system.actions]
    return (*single, *(Move(system, system.action(b.repeats), b) for b in system.bursts))


def _is_zero(term: Term | None) -> bool:
    return term is not None and z3.is_rational_value(term) and fraction(term) == 0


# --- runs of bounded length ---------------------------------------------------------------------


class Unrolling:
    """The runs of a system of at most `depth` steps, as a formula.

    chosen: what each step is; None for any.  first, state: the terms of the first and the last
    state; `bad`: that the last one is bad.
    """

    def __init__(
        self, system: TimedSystem, depth: int, chosen: Sequence[Move] | None = None
    ) -> None:
        self.system = system
        self.moves = moves(system)
        self.delays: list[Term] = []
        self.picks: list[list[Term]] = []
        self.state = self.unknown()
        self.first = list(self.state.values())
        self.constraints: list[Term] = [system.assume, over(system, self.state, system.init)]
        for index in range(depth):
            self.step(None if chosen is None else chosen[index])

    @property
    def bad(self) -> Term:
        return over(self.system, self.state, self.system.bad)

    def unknown(self) -> dict[str, Term]:
        """A state of which nothing is known."""
        pairs = zip(self.system.names, self.system.variables, strict=True)
        return {name: z3.FreshConst(v.sort(), "s") for name, v in pairs}

    def step(self, chosen: Move | None = None) -> list[Term]:
        """One more step, `chosen` or any, possibly none; the constraints that it adds."""
        known = len(self.constraints)
        self.state = self.after_step(self.state, chosen)
        return self.constraints[known:]

    def after_step(self, state: dict[str, Term], chosen: Move | None) -> dict[str, Term]:
        """The state after it."""
        delay = z3.FreshConst(z3.RealSort(), "d")
        self.delays.append(delay)
        if chosen is not None:
            self.constraints += chosen.legal(state, delay)
            return chosen.after(state, delay)
        picks = [z3.FreshConst(z3.BoolSort(), m.name) for m in self.moves]
        self.picks.append(picks)
        there = self.unknown()
        for pick, move in zip(picks, self.moves, strict=True):
            effect = move.after(state, delay)
            same = [there[n] == effect[n] for n in there]
            self.constraints.append(z3.Implies(pick, z3.And(*move.legal(state, delay), *same)))
        idle = z3.And(delay == 0, *(there[n] == state[n] for n in there))
        self.constraints.append(z3.Or(*picks, idle))
        self.constraints.append(z3.AtMost(*picks, 1))
        return there

    def read(self, model: z3.ModelRef) -> list[tuple[Fraction, str]]:
        """(delay, action) of each step of a solution that is one."""
        found = []
        for delay, picks in zip(self.delays, self.picks, strict=True):
            for pick, move in zip(picks, self.moves, strict=True):
                if z3.is_true(model.eval(pick, model_completion=True)):
                    found.append((fraction(model.eval(delay, model_completion=True)), move.name))
        return found


def fraction(value: Term) -> Fraction:
    """A constant as a number."""
    return Fraction(value.as_long() if z3.is_int_value(value) else str(value.as_fraction()))


def supremum(
    system: TimedSystem, values: Mapping[str, Fraction], depth: int, deadline: Deadline
) -> Supremum:
    """The supremum of the unsafe waits, over runs of at most `depth` steps.

    values: of the other parameters.  Raises `OutOfTimeError`.
    """
    unrolling = Unrolling(system, depth)
    optimizer = z3.Optimize()
    optimizer.set("timeout", deadline.milliseconds())
    optimizer.add(*unrolling.constraints, unrolling.bad, *fixed(system, values))
    goal = optimizer.maximize(system.wait)
    if not decided(optimizer.check(), optimizer.reason_unknown()):
        return Supremum(Fraction(-1))
    infinite, value, epsilon = goal.upper_values()
    if fraction(infinite) > 0:
        return Supremum(None)
    return Supremum(fraction(value), fraction(epsilon) >= 0)


def fixed(system: TimedSystem, values: Mapping[str, Fraction]) -> Iterator[Term]:
    """The parameters have these values; those that are not named are free."""
    for parameter in system.parameters:
        if str(parameter) in values:
            yield parameter == real(values[str(parameter)])


def violation(
    system: TimedSystem, values: Mapping[str, Fraction], depth: int, deadline: Deadline
) -> TimedTrace | None:
    """A shortest bad run for these values of all parameters, re-executed; None up to `depth`."""
    unrolling = Unrolling(system, 0)
    solver = z3.SolverFor("QF_LRA")
    solver.add(*unrolling.constraints, *fixed(system, values))
    for _ in range(depth):
        solver.add(*unrolling.step())
        solver.set("timeout", deadline.milliseconds())
        if decided(solver.check(unrolling.bad), solver.reason_unknown()):
            return replay(system, values, unrolling.read(solver.model()))
    return None


# --- re-execution -------------------------------------------------------------------------------


def replay(
    system: TimedSystem,
    values: Mapping[str, Fraction],
    choices: Sequence[tuple[Fraction, str]],
) -> TimedTrace:
    """Re-execute a run step by step, in exact fractions.

    Raises `EngineError` if it is none, or does not end badly.
    """
    run = _Run(system, values)
    for delay, name in choices:
        run.take(delay, name)
    if not run.holds(system.bad):
        raise EngineError(f"the run of {system.name} does not end as it should")
    return TimedTrace(system.name, dict(values), run.initial, tuple(run.steps))


class _Run:
    """A concrete run in the making."""

    def __init__(self, system: TimedSystem, values: Mapping[str, Fraction]) -> None:
        self.system = system
        self.values = dict(values)
        self.moves = {m.name: m for m in moves(system)}
        self.state = self.initial = self.start()
        self.at = Fraction(0)
        self.steps: list[TimedStep] = []
        self.require([system.assume], "its parameters are not what is assumed")
        self.require([system.invariant], "it begins where the invariant does not hold")

    def start(self) -> dict[str, Number]:
        solver = z3.Solver()
        solver.add(self.system.init, *fixed(self.system, self.values))
        if solver.check() != z3.sat:
            raise EngineError(f"{self.system.name} has no initial state for {self.values}")
        model = solver.model()
        return {
            str(v): _number(model.eval(v, model_completion=True)) for v in self.system.variables
        }

    def value(self, term: Term) -> Number:
        known = {**self.values, **self.state}
        every = (*self.system.parameters, *self.system.variables)
        put = [(v, _constant(known[v.decl().name()])) for v in every]
        return _number(z3.simplify(Substitution(put)(term)))

    def holds(self, term: Term) -> bool:
        return self.value(term) is True

    def require(self, conditions: Sequence[Term], complaint: str) -> None:
        if not all(self.holds(condition) for condition in conditions):
            raise EngineError(f"this is no run of {self.system.name}: {complaint}")

    def take(self, delay: Fraction, name: str) -> None:
        if name not in self.moves:
            raise EngineError(f"this is no run of {self.system.name}: it has no action {name!r}")
        move = self.moves[name]
        here = dict(zip(self.system.names, self.system.variables, strict=True))
        told = f"{name} is not possible {delay} after step {len(self.steps)}"
        self.require(move.legal(here, real(delay)), told)
        then = move.after(here, real(delay))
        self.state = {n: self.value(term) for n, term in then.items()}
        self.at += delay
        self.steps.append(TimedStep(name, move.says, delay, self.at, self.state))


def _number(value: Term) -> Number:
    return z3.is_true(value) if z3.is_bool(value) else fraction(value)


def _constant(value: Number) -> Term:
    return z3.BoolVal(value) if isinstance(value, bool) else real(value)
