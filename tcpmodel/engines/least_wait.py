"""The least safe wait of a timed system, as a formula, with its proof.

Samples of the supremum of the unsafe waits are fitted by a formula; each attempt to prove it either
succeeds for all parameters or yields values for which it is wrong, which become the next sample.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import z3

from tcpmodel.core.errors import EngineError
from tcpmodel.core.terms import Term
from tcpmodel.core.timed import TimedSystem
from tcpmodel.engines.synthesis import (
    Deadline,
    OutOfTimeError,
    Unrolling,
    decided,
    fraction,
    supremum,
)
from tcpmodel.engines.synthesis_formula import Bound, Sample, fit
from tcpmodel.engines.synthesis_proof import (
    Certificate,
    CounterexampleError,
    safe_where,
    unsafe_where,
)

ROUNDS = 12
"""How many formulas are tried."""


@dataclass(frozen=True)
class LeastWait:
    """What is known of the least safe wait.

    bound: the formula; None if no wait is safe, or if none was found (then `reason` says why).
    unbounded: no wait is safe.
    unsafe: sequences of actions of which one, with some delays, ends badly for every choice of the
        parameters with a shorter wait; empty if that is not proved.
    safe: the invariant that proves every wait from the bound on safe; None if that is not proved.
    """

    bound: Bound | None = None
    unbounded: bool = False
    unsafe: tuple[tuple[str, ...], ...] = ()
    safe: Certificate | None = None
    reason: str = ""
    samples: tuple[Sample, ...] = field(default=(), repr=False)

    @property
    def proved(self) -> bool:
        """Both halves are proved; for no safe wait, the one half that there is."""
        return bool(self.unsafe) and (self.unbounded or self.safe is not None)


def least_wait(
    system: TimedSystem,
    samples: Sequence[Mapping[str, Fraction]],
    depth: int,
    deadline: Deadline,
) -> LeastWait:
    """The least safe wait, from samples of the other parameters and runs of at most `depth` steps.

    The bound on the length of runs limits only what is found: what is proved is proved for all.
    """
    known: list[Sample] = []
    best = LeastWait()
    try:
        for values in samples:
            _sample(system, values, depth, deadline, known)
        for _ in range(ROUNDS):
            best = _guess(system, known)
            best = _prove(system, best, depth, deadline, known)
            if best.proved or best.reason:
                break
        else:
            best = LeastWait(reason=f"{ROUNDS} formulas were refuted", samples=tuple(known))
    except _UnboundedError:
        return _hopeless(system, depth, deadline)
    except OutOfTimeError as error:
        return LeastWait(reason=str(error), samples=tuple(known))
    return best


class _UnboundedError(Exception):
    """For some values of the other parameters every wait is unsafe."""


def _sample(
    system: TimedSystem,
    values: Mapping[str, Fraction],
    depth: int,
    deadline: Deadline,
    known: list[Sample],
) -> None:
    found = supremum(system, values, depth, deadline)
    if found.value is None:
        raise _UnboundedError
    if found.attained:
        raise EngineError(f"{system.name}: the supremum {found.value} is itself unsafe")
    known.append((values, found.value))


def _guess(system: TimedSystem, known: Sequence[Sample]) -> LeastWait:
    names = [str(p) for p in system.parameters if not p.eq(system.wait)]
    bound = fit(names, known)
    reason = "" if bound else f"no formula fits the {len(known)} samples"
    return LeastWait(bound, reason=reason, samples=tuple(known))


def _prove(
    system: TimedSystem, guess: LeastWait, depth: int, deadline: Deadline, known: list[Sample]
) -> LeastWait:
    """`guess` with its proofs, or one more sample in `known`."""
    if guess.bound is None:
        return guess
    reached = guess.bound.reached_by(system.wait)
    wrong = _unsafe_values(system, reached, depth, deadline)
    unsafe: tuple[tuple[str, ...], ...] = ()
    try:
        if wrong is None:
            unsafe = tuple(unsafe_where(system, z3.Not(reached), depth, deadline))
    except CounterexampleError as error:
        wrong = error.values
    except OutOfTimeError as error:
        return LeastWait(guess.bound, reason=f"below the bound: {error}", samples=guess.samples)
    if wrong is not None:
        others = {name: value for name, value in wrong.items() if name != str(system.wait)}
        if any(others == values for values, _ in known):
            reason = f"runs of at most {depth} steps do not settle the formula {guess.bound}"
            return LeastWait(guess.bound, reason=reason, samples=guess.samples)
        _sample(system, others, depth, deadline, known)
        return guess
    try:
        safe = safe_where(system, reached, deadline)
    except (OutOfTimeError, CounterexampleError) as error:
        reason = f"from the bound on: {error}"
        return LeastWait(guess.bound, unsafe=unsafe, reason=reason, samples=guess.samples)
    return LeastWait(guess.bound, False, unsafe, safe, samples=guess.samples)


def _hopeless(system: TimedSystem, depth: int, deadline: Deadline) -> LeastWait:
    """Every wait is unsafe, for all values of the other parameters: if it can be proved."""
    try:
        unsafe = unsafe_where(system, z3.BoolVal(True), depth, deadline)
    except (OutOfTimeError, CounterexampleError) as error:
        return LeastWait(unbounded=True, reason=str(error))
    return LeastWait(unbounded=True, unsafe=tuple(unsafe))


def _unsafe_values(
    system: TimedSystem, region: Term, depth: int, deadline: Deadline
) -> dict[str, Fraction] | None:
    """Values of the parameters in `region` for which a run of at most `depth` steps ends badly."""
    unrolling = Unrolling(system, depth)
    solver = z3.SolverFor("QF_LRA")
    solver.set("timeout", deadline.milliseconds())
    solver.add(*unrolling.constraints, unrolling.bad, region)
    if not decided(solver.check(), solver.reason_unknown()):
        return None
    model = solver.model()
    return {str(p): fraction(model.eval(p, model_completion=True)) for p in system.parameters}


# --- one system within another --------------------------------------------------------------------


def unbounded_in(
    larger: TimedSystem, smaller: TimedSystem, least: LeastWait, number: Term, unit: Term
) -> LeastWait:
    """No wait is safe in `larger`: it can do what `smaller` does, whatever `number` is there.

    least: the least wait of `smaller`, proved.  number: a parameter of `smaller` alone, any
    multiple of `unit`; the bound grows with it beyond all limits.
    """
    reason = _not_included(larger, smaller)
    if not least.proved or least.bound is None:
        reason = f"the bound of {smaller.name} is not proved"
    bound = least.bound
    if reason or bound is None:
        return LeastWait(unbounded=True, reason=reason)
    more = z3.Real("more")
    reached, later = (
        bound.reached_by(larger.wait),
        z3.substitute(bound.reached_by(larger.wait), (number, more)),
    )
    limit = z3.Exists([number], z3.And(number >= unit, z3.Not(reached)))
    for claim, what in (
        (z3.Implies(z3.And(number <= more, z3.Not(reached)), z3.Not(later)), "grow"),
        (limit, "grow beyond all limits"),
    ):
        solver = z3.Solver()
        solver.add(larger.assume, unit > 0, z3.Not(claim))
        if solver.check() != z3.unsat:
            return LeastWait(unbounded=True, reason=f"the bound {bound} does not {what}")
    return LeastWait(unbounded=True, unsafe=least.unsafe)


def _not_included(larger: TimedSystem, smaller: TimedSystem) -> str:
    """Why `larger` may be unable to follow `smaller` step by step; empty if it is able to."""
    shared = {str(v): v for v in larger.variables}
    if not set(shared) <= {str(v) for v in smaller.variables}:
        return f"{larger.name} has variables of its own"
    claims = [
        ("the assumptions", z3.Implies(smaller.assume, larger.assume)),
        ("the beginning", z3.Implies(smaller.init, larger.init)),
        ("the invariant", z3.Implies(smaller.invariant, larger.invariant)),
        ("what is bad", z3.Implies(smaller.bad, larger.bad)),
    ]
    able = {a.name: a for a in larger.actions}
    for action in smaller.actions:
        if action.name not in able:
            return f"{larger.name} has no action {action.name}"
        other = able[action.name]
        effects = [action.updates.get(n, v) == other.updates.get(n, v) for n, v in shared.items()]
        follows = z3.Implies(action.guard, z3.And(other.guard, *effects))
        claims.append((action.name, follows))
    for what, claim in claims:
        solver = z3.SolverFor("QF_LRA")
        solver.add(z3.Not(claim))
        if solver.check() != z3.unsat:
            return f"{larger.name} does not allow what {smaller.name} does: {what}"
    return ""
