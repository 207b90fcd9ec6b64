"""The reference interpreter: z3 terms become one generated Python function.

A state is a tuple of codes (`Domain.encode`) in the order of the system's variables.  This is the
meaning against which every other engine is checked, so it is kept plain: actions share guards
through a tree of `if`s, nothing else is clever.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import TransitionSystem, in_range
from tcpmodel.core.terms import Term, Value, Var, conjunction
from tcpmodel.semantics.expression import Text
from tcpmodel.semantics.guards import Branch, Leaf, Node, guard_tree

Codes: TypeAlias = tuple[int, ...]
"""A state, encoded."""

Successors: TypeAlias = Callable[[Codes], list[tuple[int, Codes]]]
"""The steps from a state: (index of the action, state after it)."""


@dataclass(frozen=True)
class Interpreter:
    """A system made executable.

    successors: all steps from a state, with interchangeable slots sorted (largest first) unless
        the interpreter was built with `canonical=False`.
    canonical: sorts the interchangeable slots of a state.
    """

    system: TransitionSystem
    successors: Successors
    canonical: Callable[[Codes], Codes]

    def initial(self, limit: int = 100_000) -> list[Codes]:
        """See `initial_states`."""
        return initial_states(self.system, limit)

    def function(self, terms: Sequence[Term]) -> Callable[[Codes], tuple[int, ...]]:
        """A function from a state to the values of `terms` in it."""
        return compile_function(self.system.variables, terms)

    def predicate(self, term: Term) -> Callable[[Codes], bool]:
        """A function from a state to whether `term` holds in it."""
        return compile_predicate(self.system.variables, term)

    def decode(self, codes: Codes) -> dict[str, Value]:
        """A state as people read it."""
        pairs = zip(self.system.variables, codes, strict=True)
        return {var.name: var.domain.decode(code) for var, code in pairs}

    def encode(self, state: Mapping[str, Value]) -> Codes:
        """The inverse of `decode`; raises `ModelError` for a missing or impossible value."""
        missing = [v.name for v in self.system.variables if v.name not in state]
        if missing:
            raise ModelError(f"the state does not say what {missing[0]} is")
        return tuple(v.domain.encode(state[v.name]) for v in self.system.variables)


def interpreter(system: TransitionSystem, *, canonical: bool = True) -> Interpreter:
    """Compile `system`; raises `ModelError` for an operator without meaning, and for inputs."""
    if system.inputs:
        names = ", ".join(var.name for var in system.inputs)
        raise ModelError(f"{system.name}: a search of states cannot choose the inputs {names}")
    source = _Generator(system).module(canonical)
    scope: dict[str, Any] = {}
    exec(compile(source, f"<{system.name}>", "exec"), scope)  # noqa: S102 - our own source
    return Interpreter(system, scope["successors"], sorting(system))


def sorting(system: TransitionSystem) -> Callable[[Codes], Codes]:
    """The function that sorts the interchangeable slots of a state, largest first."""
    place = {var.name: i for i, var in enumerate(system.variables)}
    groups = [[[place[n] for n in slot] for slot in g] for g in system.interchangeable]

    def canonical(codes: Codes) -> Codes:
        row = list(codes)
        for slots in groups:
            contents = sorted((tuple(codes[i] for i in slot) for slot in slots), reverse=True)
            for slot, content in zip(slots, contents, strict=True):
                for i, code in zip(slot, content, strict=True):
                    row[i] = code
        return tuple(row)

    return canonical


def initial_states(system: TransitionSystem, limit: int = 100_000) -> list[Codes]:
    """All initial states, canonical, without duplicates, in ascending order.

    Raises `ModelError` if there are more than `limit`.
    """
    canonical = sorting(system)
    return sorted({canonical(codes) for codes in solutions(system, limit)})


def compile_function(
    variables: Sequence[Var], terms: Sequence[Term]
) -> Callable[[Codes], tuple[int, ...]]:
    """A function from the codes of `variables` to the values of `terms`."""
    text = Text({var.name: f"v{i}" for i, var in enumerate(variables)})
    lines: list[str] = []
    values = [text.shared(term, lines, "") for term in terms]
    return _define(variables, lines, f"({''.join(v + ',' for v in values)})")


def compile_predicate(variables: Sequence[Var], term: Term) -> Callable[[Codes], bool]:
    """A function from the codes of `variables` to whether `term` holds."""
    text = Text({var.name: f"v{i}" for i, var in enumerate(variables)})
    lines: list[str] = []
    return _define(variables, lines, text.shared(term, lines, ""))


def _define(variables: Sequence[Var], lines: list[str], result: str) -> Callable[[Codes], Any]:
    unpack = f"({''.join(f'v{i},' for i in range(len(variables)))}) = s" if variables else "pass"
    body = "".join(f"    {line}\n" for line in [unpack, *lines])
    scope: dict[str, Any] = {}
    exec(f"def f(s):\n{body}    return {result}\n", scope)  # noqa: S102 - our own source
    function: Callable[[Codes], Any] = scope["f"]
    return function


def solutions(
    system: TransitionSystem, limit: int, known: Mapping[str, Value] | None = None
) -> Iterator[Codes]:
    """The initial states, as found by the solver one after the other.

    known: what some of the variables are.
    """
    solver = z3.SolverFor("QF_BV")
    solver.add(system.init)
    for name, value in (known or {}).items():
        solver.add(system.by_name[name].term == system.by_name[name].domain.term(value))
    for var in system.variables:
        solver.add(in_range(var.term, var.domain))
    for _ in range(limit + 1):
        if solver.check() != z3.sat:
            return
        model = solver.model()
        values = [model.eval(var.term, model_completion=True) for var in system.variables]
        yield tuple(code_of(value) for value in values)
        solver.add(z3.Or([v.term != x for v, x in zip(system.variables, values, strict=True)]))
    raise ModelError(f"{system.name} has more than {limit} initial states")


def code_of(value: Term) -> int:
    """The code of a constant term."""
    return int(z3.is_true(value)) if z3.is_bool(value) else int(value.as_long())


def first_states(system: TransitionSystem, limit: int) -> list[Codes]:
    """The first `limit` states that a breadth-first search meets, slots as they are."""
    run = interpreter(system, canonical=False)
    order = list(islice(solutions(system, limit), limit))
    seen = set(order)
    for state in order:
        for _, there in run.successors(state):
            if len(order) >= limit:
                return order
            if there not in seen:
                seen.add(there)
                order.append(there)
    return order


class _Generator:
    """The source of `successors` for one system."""

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self.place = {var.name: i for i, var in enumerate(system.variables)}
        self.text = Text({var.name: f"v{i}" for i, var in enumerate(system.variables)})
        self.group_of = {
            name: group for group in system.interchangeable for slot in group for name in slot
        }

    def module(self, canonical: bool) -> str:
        self.sorts = canonical
        count = len(self.system.variables)
        unpack = f"    ({''.join(f'v{i},' for i in range(count))}) = s" if count else "    pass"
        lines = ["def successors(s):", unpack, "    out = []", "    add = out.append"]
        self.tree(guard_tree(self.system.actions), lines, 1)
        lines.append("    return out")
        return "\n".join(lines) + "\n"

    def tree(self, nodes: Iterable[Node], lines: list[str], depth: int) -> None:
        """Actions that share a conjunct stand under one `if` for it."""
        indent = "    " * depth
        for node in nodes:
            match node:
                case Leaf(index, guard):
                    self.step(index, guard, lines, indent)
                case Branch(condition, inside):
                    lines.append(f"{indent}if {self.text.condition(condition, lines, indent)}:")
                    self.tree(inside, lines, depth + 1)

    def step(self, index: int, guard: Sequence[Term], lines: list[str], indent: str) -> None:
        if guard:
            condition = self.text.condition(conjunction(guard), lines, indent)
            lines.append(f"{indent}if {condition}:")
            indent += "    "
        updates = self.system.actions[index].updates
        values = self.text.all_shared(list(updates.values()), lines, indent)
        row = [f"v{i}" for i in range(len(self.system.variables))]
        for name, value in zip(updates, values, strict=True):
            row[self.place[name]] = value
        if self.sorts:
            touched = {
                id(self.group_of[n]): self.group_of[n] for n in updates if n in self.group_of
            }
            for group in touched.values():
                self.sort(group, row, lines, indent)
        lines.append(f"{indent}add(({index}, ({''.join(r + ',' for r in row)})))")

    def sort(
        self,
        group: tuple[tuple[str, ...], ...],
        row: list[str],
        lines: list[str],
        indent: str,
    ) -> None:
        """Rewrite `row` so that the slots of `group` stand in descending order."""
        slots = [[self.place[name] for name in slot] for slot in group]
        names = []
        for slot in slots:
            name = f"t{self.text.temporaries}"
            self.text.temporaries += 1
            lines.append(f"{indent}{name} = ({''.join(row[i] + ',' for i in slot)})")
            names.append(name)
        if len(slots) == 2:
            a, b = names
            lines.append(f"{indent}if {a} < {b}: {a}, {b} = {b}, {a}")
        elif len(slots) > 2:
            listed = ", ".join(names)
            lines.append(f"{indent}{listed} = sorted(({listed}), reverse=True)")
        for name, slot in zip(names, slots, strict=True):
            for offset, i in enumerate(slot):
                row[i] = f"{name}[{offset}]"
