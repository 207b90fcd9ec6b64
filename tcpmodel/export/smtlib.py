"""A system and a property in SMT-LIB: constrained Horn clauses over bit-vectors.

`Reachable` is to be true of every reachable state.  If the clauses have a solution (`sat`), the
solution is an inductive invariant and the property holds; if they have none (`unsat`), it fails.
All actions are alternatives of one clause: solvers cope badly with a clause for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.system import Action, TransitionSystem, in_range
from tcpmodel.core.terms import Enumeration, Term, conjunction
from tcpmodel.export.subject import Subject, folded, subject, told


def smtlib(system: TransitionSystem, question: Property) -> str:
    """The clauses.  Interchangeable slots are not sorted: no verdict depends on it.

    Raises `ModelError` for what the clauses cannot say; see `subject`.
    """
    found = subject(system, question, "SMT-LIB")
    if found.invariant is None:
        raise ModelError(f"Horn clauses cannot say {question.kind.value}: export it to TLA+")
    return "\n".join(_clauses(found, found.invariant)) + "\n"


USAGE = (
    "Run:  z3 FILE, or any solver of Horn clauses",
    "sat: the property holds in every reachable state.  unsat: it does not.",
)


def _clauses(found: Subject, invariant: Term) -> Iterator[str]:
    variables = found.system.variables
    yield from _comment(found.header(USAGE))
    kinds = dict.fromkeys(v.domain for v in variables if isinstance(v.domain, Enumeration))
    for kind in kinds:
        values = ", ".join(f"{code} {name}" for code, name in enumerate(kind.names))
        yield from _comment(folded(f"{kind.name}: {values}"))
    now = [_name(v.term) for v in variables]
    after = [f"|{v.name}'|" for v in variables]
    sorts = [v.domain.sort.sexpr() for v in variables]
    quantified = " ".join(f"({n} {s})" for n, s in zip(now, sorts, strict=True))
    both = quantified + " " + " ".join(f"({n} {s})" for n, s in zip(after, sorts, strict=True))
    here, there = f"(Reachable {' '.join(now)})", f"(Reachable {' '.join(after)})"
    yield ""
    yield "(set-logic HORN)"
    yield f"(declare-fun Reachable ({' '.join(sorts)}) Bool)"
    yield ""
    yield "; the initial states"
    yield f"(assert (forall ({quantified})"
    ranges = (in_range(v.term, v.domain) for v in variables)
    yield f"  (=> {_line(conjunction([found.system.init, *ranges]))} {here})))"
    yield ""
    yield "; a step"
    yield f"(assert (forall ({both})"
    yield f"  (=> (and {here} (or false"
    for action in found.system.actions:
        yield from _step(found.system, action, after)
    yield f"  )) {there})))"
    yield ""
    yield "; the property"
    yield f"(assert (forall ({quantified})"
    yield f"  (=> (and {here} (not {_line(invariant)})) false)))"
    yield ""
    yield "(check-sat)"


def _step(system: TransitionSystem, action: Action, after: Iterable[str]) -> Iterator[str]:
    """The relation of one action: its guard, and what every variable becomes."""
    yield from (f"    {line}" for line in _comment(told(action)))
    yield "    (and true"
    yield from (f"      {_line(part)}" for part in action.guard)
    for var, name in zip(system.variables, after, strict=True):
        yield f"      (= {name} {_line(action.updates.get(var.name, var.term))})"
    yield "    )"


def _line(term: Term) -> str:
    return " ".join(term.sexpr().split())


def _name(term: Term) -> str:
    return str(term.sexpr())


def _comment(lines: Iterable[str]) -> Iterator[str]:
    yield from (f"; {line}".rstrip() for line in lines)
