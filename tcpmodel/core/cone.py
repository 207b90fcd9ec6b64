"""Reductions that change no run: what a property does not depend on is left out.

The cone of influence drops variables.  Sorting interchangeable slots is a reduction, too; it is
sound only for what does not tell the slots apart, which is proved here.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise

import z3

from tcpmodel.core import known
from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import Event, TransitionSystem
from tcpmodel.core.terms import FreeVariables, Substitution, Term, conjunction, conjuncts


def require_symmetric(system: TransitionSystem, formulas: Iterable[Term]) -> None:
    """Prove that no formula tells the interchangeable slots of `system` apart.

    Exchanging neighbours generates every permutation.  Raises `ModelError` for a formula that does.
    """
    free = FreeVariables()
    for formula in formulas:
        names = free(formula)
        for group in system.interchangeable:
            for left, right in pairwise(group) if names & {n for s in group for n in s} else ():
                if _tells_apart(system, formula, left, right):
                    raise ModelError(
                        f"the property tells {left[0]} and {right[0]} apart, which are slots of "
                        "one bag: say something about some slot, or about all"
                    )


def _tells_apart(
    system: TransitionSystem, formula: Term, left: Iterable[str], right: Iterable[str]
) -> bool:
    """Whether exchanging two slots can change the value of `formula`."""
    variables = system.by_name
    pairs = [(variables[a].term, variables[b].term) for a, b in zip(left, right, strict=True)]
    exchanged = Substitution([*pairs, *((b, a) for a, b in pairs)])(formula)
    solver = z3.SolverFor("QF_BV")
    solver.add(formula != exchanged)
    return bool(solver.check() != z3.unsat)


def cone(system: TransitionSystem, formulas: Iterable[Term]) -> TransitionSystem:
    """The part of `system` that can influence its guards or `formulas`: same runs, fewer variables.

    Variables that nothing left reads are dropped, ghosts first of all, and so are messages, except
    for the needed fields of a history.  Actions keep their names: a run of the cone is a run of the
    whole.  (Cone-of-influence reduction; Clarke, Grumberg, Peled: Model Checking, section 6.)
    """
    free, formulas = system.free, list(formulas)
    needed = _remembered_influence(system, formulas)
    if needed >= system.by_name.keys():
        return system
    return system.part(
        variables=tuple(v for v in system.variables if v.name in needed),
        inputs=tuple(v for v in system.inputs if v.name in needed),
        init=conjunction(part for part in conjuncts(system.init) if free(part) <= needed),
        actions=tuple(
            replace(
                a,
                updates={n: t for n, t in a.updates.items() if n in needed},
                event=_seen_through(a.event, needed, system),
            )
            for a in system.actions
        ),
        interchangeable=tuple(
            tuple(tuple(n for n in slot if n in needed) for slot in group)
            for group in system.interchangeable
            if any(n in needed for n in group[0])
        ),
        watches={t: w for t, w in system.watches.items() if free(w) <= needed},
        origin=known.digest("cone", system.origin, *sorted(needed)) if system.origin else "",
    )


def _seen_through(event: Event, needed: set[str], system: TransitionSystem) -> Event:
    """`event` without what its messages tell to variables that are not needed."""
    if system.history is None:
        return replace(event, receives=None, sends=None)
    kept = {title for name, title in system.shown.items() if name in needed}
    receives, sends = event.receives, event.sends
    if receives is not None:
        fields = {title: term for title, term in receives.fields.items() if title in kept}
        receives = replace(receives, fields=fields)
    if sends is not None:
        fields = {title: term for title, term in sends.fields.items() if title in kept}
        sends = replace(sends, fields=fields, room=z3.BoolVal(True))
    return replace(event, receives=receives, sends=sends)


def _remembered_influence(system: TransitionSystem, formulas: Sequence[Term]) -> set[str]:
    """As `_influence`, but what an earlier run has found out about the same is read."""
    if not system.origin:
        return _influence(system, formulas, system.free)
    name = known.digest(system.origin, *(formula.sexpr() for formula in formulas))
    file = known.folder("systems") / f"{name}.cone"
    names = known.load(file)
    if names is None:
        names = "\n".join(sorted(_influence(system, formulas, system.free))).encode()
        known.keep(file, names)
    return set(names.decode().splitlines())


def _influence(system: TransitionSystem, formulas: Iterable[Term], free: FreeVariables) -> set[str]:
    """Names of the variables that guards, `formulas` or a condition on the start depend on."""
    reads: dict[str, set[str]] = {}
    todo: set[str] = set().union(*(free(formula) for formula in formulas))
    for action in system.actions:
        todo.update(*(free(part) for part in action.guard))
        for name, term in action.updates.items():
            reads.setdefault(name, set()).update(free(term))
        if action.event.sends is not None:
            sent = action.event.sends.fields
            for name, title in system.shown.items():
                reads.setdefault(name, set()).update(free(sent[title]) if title in sent else ())
    if (past := system.history) is not None and past.clock and past.lifetime is not None:
        todo |= {past.clock} | (free(past.expired) if past.expired is not None else set())
    # A slot keeps or loses a field together with the slots it may be exchanged with.
    for group in system.interchangeable:
        for place in range(len(group[0])):
            field_of_all = {slot[place] for slot in group}
            for name in field_of_all:
                reads.setdefault(name, set()).update(field_of_all)
    # Only a variable with one defining equation can leave the initial condition unharmed.
    mentions = Tally(name for part in conjuncts(system.init) for name in free(part))
    for part in conjuncts(system.init):
        if not _defines(part) or any(mentions[name] > 1 for name in free(part)):
            todo |= free(part)
    needed: set[str] = set()
    while todo:
        name = todo.pop()
        needed.add(name)
        todo |= reads.get(name, set()) - needed
    return needed


def _defines(part: Term) -> bool:
    """Whether `part` is `variable = value`, or a bare Boolean variable or its negation."""
    sides = part.children() if z3.is_eq(part) else [part]
    if z3.is_not(part):
        sides = part.children()
    values = [s for s in sides if z3.is_bv_value(s) or z3.is_true(s) or z3.is_false(s)]
    variables = [s for s in sides if z3.is_const(s) and s.decl().kind() == z3.Z3_OP_UNINTERPRETED]
    return len(variables) == 1 and len(variables) + len(values) == len(sides)
