"""The least safe wait of a timed system: proofs for all values of all parameters.

Below the bound, finitely many sequences of actions are shown to suffice: whatever the parameters,
one of them has delays with which it ends badly.  From the bound on, an inductive invariant over
runs of any length is found by Spacer, with one Horn rule, and checked again by fresh solvers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import z3

from tcpmodel.core.errors import EngineError
from tcpmodel.core.terms import Substitution, Term
from tcpmodel.core.timed import Burst, TimedSystem
from tcpmodel.engines.synthesis import (
    Deadline,
    Move,
    OutOfTimeError,
    Unrolling,
    decided,
    fraction,
    moves,
    violation,
)

# --- below --------------------------------------------------------------------------------------


def unsafe_where(
    system: TimedSystem, region: Term, depth: int, deadline: Deadline
) -> list[tuple[str, ...]]:
    """Sequences of actions of which one ends badly wherever `region` (over the parameters) holds.

    Raises `OutOfTimeError`, or `CounterexampleError` with values in `region` that no run of at most
    `depth` steps makes unsafe.
    """
    for burst in system.bursts:
        check_burst(system, burst)
    able = {m.name: m for m in moves(system)}
    found: list[tuple[str, ...]] = []
    solver = z3.SolverFor("LRA")
    solver.add(system.assume, region)
    while True:
        solver.set("timeout", deadline.milliseconds())
        if not decided(solver.check(), solver.reason_unknown()):
            return found
        model = solver.model()
        values = {str(p): fraction(model.eval(p, model_completion=True)) for p in system.parameters}
        trace = violation(system, values, depth, deadline)
        if trace is None:
            raise CounterexampleError(f"no run of at most {depth} steps is unsafe", values)
        names = tuple(step.action for step in trace.steps)
        found.append(names)
        solver.add(z3.Not(_possible(system, [able[n] for n in names])))


class CounterexampleError(Exception):
    """What was to be proved does not hold, or not for runs as short as those looked at.

    values: parameters for which it does not, if known.
    """

    def __init__(self, message: str, values: dict[str, Fraction] | None = None) -> None:
        told = ", ".join(f"{name} = {value}" for name, value in (values or {}).items())
        super().__init__(f"{message} for {told}" if told else message)
        self.values = values


def _possible(system: TimedSystem, chosen: Sequence[Move]) -> Term:
    """For which parameters these actions, with some delays, end badly: without quantifiers."""
    unrolling = Unrolling(system, len(chosen), chosen)
    bound = [*unrolling.delays, *unrolling.first]
    formula = z3.Exists(bound, z3.And(*unrolling.constraints, unrolling.bad))
    return z3.Tactic("qe2")(formula).as_expr()


def check_burst(system: TimedSystem, burst: Burst) -> None:
    """Prove that a burst is nothing but its rounds; raises `EngineError` if it is not.

    The first round of a burst can be taken and leads where the burst of the rest can be taken and
    leads to the same state; where there is no rest, the round alone is the burst.  (Rounds take
    `every` as long as the burst does, and no time when its time is over but not its budget.)
    """
    round_, whole = (
        Move(system, system.action(burst.repeats)),
        Move(system, system.action(burst.repeats), burst),
    )
    here, delay = {str(v): v for v in system.variables}, z3.Real("delay")
    able = [system.assume, system.invariant, *whole.legal(here, delay)]
    goal = whole.after(here, delay)
    last, more = delay <= burst.every, delay > burst.every
    if burst.budget is not None:
        _check_budget(system, burst)
        nothing = z3.And(*(goal[n] == here[n] for n in here))
        _require(nothing, [*able, burst.budget == 0], f"{burst.name} without a round")
        last, more = burst.budget == burst.every, burst.budget >= 2 * burst.every
    alone = round_.after(here, delay)
    same = z3.And(*round_.legal(here, delay), *(alone[n] == goal[n] for n in here))
    _require(same, [*able, last], f"the last round of {burst.name}")
    first = z3.If(delay < burst.every, delay, burst.every)
    once = round_.after(here, first)
    end = whole.after(once, delay - first)
    legal = [*round_.legal(here, first), *whole.legal(once, delay - first)]
    agree = z3.And(*legal, *(end[n] == goal[n] for n in here))
    _require(agree, [*able, more], f"a round of {burst.name}")


def _check_budget(system: TimedSystem, burst: Burst) -> None:
    """The budget is always a whole number of rounds, since its first value is."""
    assert burst.budget is not None
    for action in system.actions:
        left = action.updates.get(str(burst.budget), burst.budget)
        kinds = (burst.budget, burst.total)
        whole = z3.Or(*(left == k for k in kinds), *(left == k - burst.every for k in kinds))
        _require(whole, [], f"the budget after {action.name}")
    _require(burst.budget == burst.total, [system.init], "the first budget")


def _require(claim: Term, given: Sequence[Term], what: str) -> None:
    solver = z3.SolverFor("QF_LRA")
    solver.add(*given, z3.Not(claim))
    if solver.check() != z3.unsat:
        raise EngineError(f"not proved: {what}")


# --- above --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Certificate:
    """An inductive invariant of a system where `region` holds: no bad state is reachable."""

    system: TimedSystem
    region: Term
    invariant: Term

    def check(self, deadline: Deadline) -> None:
        """Init ⇒ I, I ∧ T ⇒ I′, I ⇒ ¬bad, each by a fresh solver on the original relation.

        Raises `EngineError` if one of them fails, `OutOfTimeError` if a solver gives up.
        """
        system = self.system
        given = z3.And(system.assume, self.region)
        for claim in (
            z3.And(given, system.init, z3.Not(self.invariant)),
            z3.And(
                given, self.invariant, *_one_step(system), z3.Not(_primed(system, self.invariant))
            ),
            z3.And(given, self.invariant, system.bad),
        ):
            solver = z3.SolverFor("QF_LRA")
            solver.set("timeout", deadline.milliseconds())
            solver.add(claim)
            if decided(solver.check(), solver.reason_unknown()):
                raise EngineError(f"the certificate for {system.name} does not hold")


def safe_where(system: TimedSystem, region: Term, deadline: Deadline) -> Certificate:
    """An invariant that proves the system safe wherever `region` (over the parameters) holds.

    Raises `OutOfTimeError`, or `CounterexampleError` if it is not safe.
    """
    fixedpoint = z3.Fixedpoint()
    fixedpoint.set("engine", "spacer")
    fixedpoint.set("timeout", deadline.milliseconds())
    every = (*system.parameters, *system.variables)
    reached = z3.Function("reached", *(v.sort() for v in every), z3.BoolSort())
    fixedpoint.register_relation(reached)
    primed = [_prime(v) for v in system.variables]
    delay = _delay()
    fixedpoint.declare_var(*every, *primed, delay)
    fixedpoint.rule(reached(*every), z3.And(system.assume, region, system.init))
    fixedpoint.rule(reached(*system.parameters, *primed), [reached(*every), *_one_step(system)])
    bad = z3.Exists(list(every), z3.And(reached(*every), system.bad))
    try:
        answer = fixedpoint.query(bad)
    except z3.Z3Exception as error:
        raise OutOfTimeError(f"the solver gave up: {error}") from None
    if answer == z3.sat:
        raise CounterexampleError("a bad state is reachable where the wait is as long as the bound")
    if answer == z3.unknown:
        raise OutOfTimeError(f"the solver gave up: {fixedpoint.reason_unknown()}")
    found = _instantiate(fixedpoint.get_answer(), every)
    certificate = Certificate(system, region, found)
    certificate.check(deadline)
    return certificate


def _instantiate(answer: Term, every: Sequence[Term]) -> Term:
    """The invariant over the system's variables, from Spacer's ∀-quantified equivalence."""
    body = answer.body()
    equal = body.children()
    definition = equal[1] if equal[0].decl().name() == "reached" else equal[0]
    return z3.substitute_vars(definition, *reversed(every))


def _prime(variable: Term) -> Term:
    return z3.Const(f"{variable}'", variable.sort())


def _primed(system: TimedSystem, term: Term) -> Term:
    return Substitution([(v, _prime(v)) for v in system.variables])(term)


def _delay() -> Term:
    return z3.Real("delay")


def _one_step(system: TimedSystem) -> list[Term]:
    """Time passes, then one of the actions is taken: over the variables and their primes."""
    delay = _delay()
    here = {str(v): v for v in system.variables}
    options = []
    for action in system.actions:
        move = Move(system, action)
        there = move.after(here, delay)
        same = [_prime(v) == there[str(v)] for v in system.variables]
        options.append(z3.And(*move.legal(here, delay), *same))
    return [z3.Or(*options)]
