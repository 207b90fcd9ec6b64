"""Lemmas settled: proved for all numbers of 32 bits, each with its witnesses."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import FreeVariables, Term
from tcpmodel.tcp.lemmas import Lemma, lemmas


@dataclass(frozen=True)
class Settled:
    """What became of a lemma.

    proved: whether it holds; None if the solver gave up.  missing: witnesses that were not found.
    counterexample, witnesses: values, by the names of variables.
    """

    lemma: Lemma
    proved: bool | None
    missing: tuple[str, ...]
    counterexample: dict[str, str]
    witnesses: dict[str, dict[str, str]]
    seconds: float


def settle_all(names: Sequence[str] = (), seconds: float = 60.0) -> Iterator[Settled]:
    """Every lemma (or those named), each question with a fresh solver and at most `seconds`.

    Raises `ModelError` for an unknown name.
    """
    every = {lemma.id: lemma for lemma in lemmas()}
    if unknown := [name for name in names if name not in every]:
        raise ModelError(f"no lemma {unknown[0]!r}; there are {', '.join(every)}")
    for name in names or every:
        yield settle(every[name], seconds)


def settle(lemma: Lemma, seconds: float = 60.0) -> Settled:
    """Prove a lemma and find its witnesses."""
    started = time.process_time()
    broken, counterexample = _possible(lemma.broken, seconds)
    seen = {shows: _possible(term, seconds) for shows, term in lemma.witnesses.items()}
    missing = [shows for shows, (possible, _) in seen.items() if not possible]
    return Settled(
        lemma,
        None if broken is None else not broken,
        tuple(missing),
        counterexample,
        {shows: values for shows, (_, values) in seen.items()},
        time.process_time() - started,
    )


def spelled(values: Mapping[str, str]) -> str:
    """Values as text: `RCV.WND = 2, …`."""
    return ", ".join(f"{name.removeprefix('me.')} = {value}" for name, value in values.items())


def _possible(formula: Term, seconds: float) -> tuple[bool | None, dict[str, str]]:
    """Whether a formula has a model, and one, by the names of the variables."""
    solver = z3.SolverFor("QF_BV")
    solver.set("timeout", max(1, int(seconds * 1000)))
    solver.add(formula)
    answer = solver.check()
    if answer == z3.unknown:
        if "interrupted" in solver.reason_unknown():
            raise KeyboardInterrupt
        return None, {}
    if answer == z3.unsat:
        return False, {}
    model, names = solver.model(), FreeVariables()(formula)
    return True, {d.name(): str(model[d]) for d in model.decls() if d.name() in names}
