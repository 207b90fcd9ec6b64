"""The reference interpreter: z3 terms become one generated Python function.

A state is a tuple of codes (`Domain.encode`) in the order of the system's variables.  This is the
meaning against which every other engine is checked, so it is kept plain: actions share guards
through a tree of `if`s, nothing else is clever.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Domain, Term, Value, Var, conjunction

Codes: TypeAlias = tuple[int, ...]
"""A state, encoded."""

DEEPEST = 24
"""How deep an expression of the generated code may nest: Python's parser has a limit."""

LARGEST = 1000
"""How many operators a guard may have to be written out as it stands."""

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
        """All initial states, canonical, without duplicates, in ascending order.

        Raises `ModelError` if there are more than `limit`.
        """
        return sorted({self.canonical(codes) for codes in solutions(self.system, limit)})

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
    return Interpreter(system, scope["successors"], scope["canonical"])


def compile_function(
    variables: Sequence[Var], terms: Sequence[Term]
) -> Callable[[Codes], tuple[int, ...]]:
    """A function from the codes of `variables` to the values of `terms`."""
    text = _Text({var.name: f"v{i}" for i, var in enumerate(variables)})
    lines: list[str] = []
    values = [text.shared(term, lines, "") for term in terms]
    return _define(variables, lines, f"({''.join(v + ',' for v in values)})")


def compile_predicate(variables: Sequence[Var], term: Term) -> Callable[[Codes], bool]:
    """A function from the codes of `variables` to whether `term` holds."""
    text = _Text({var.name: f"v{i}" for i, var in enumerate(variables)})
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
        solver.add(_within(var.term, var.domain))
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


def _within(term: Term, domain: Domain) -> Term:
    if z3.is_bool(term) or domain.size == 1 << domain.bits:
        return z3.BoolVal(True)
    return z3.ULT(term, z3.BitVecVal(domain.size, domain.bits))


class _Text:
    """Terms as Python expressions over local variables."""

    def __init__(self, names: Mapping[str, str]) -> None:
        self.names = names
        self.temporaries = 0

    def shared(self, root: Term, lines: list[str], indent: str) -> str:
        """The expression of `root`; subterms that occur twice become assignments in `lines`."""
        return self.all_shared([root], lines, indent)[0]

    def all_shared(self, roots: Sequence[Term], lines: list[str], indent: str) -> list[str]:
        uses: Counter[int] = Counter()
        stack, order, seen = list(roots), list[Term](), set[int]()
        while stack:
            term = stack.pop()
            uses[term.get_id()] += 1
            if term.get_id() in seen:
                continue
            seen.add(term.get_id())
            order.append(term)
            stack.extend(term.children())
        done: dict[int, str] = {}
        for root in roots:
            self._emit(root, uses, done, lines, indent)
        return [done[root.get_id()] for root in roots]

    def _emit(
        self, root: Term, uses: Counter[int], done: dict[int, str], lines: list[str], indent: str
    ) -> None:
        nested: Counter[int] = Counter()
        stack = [root]
        while stack:
            term = stack[-1]
            key = term.get_id()
            missing = [c for c in term.children() if c.get_id() not in done]
            if key in done:
                stack.pop()
            elif missing:
                stack.extend(missing)
            else:
                text = self.operator(term, [done[c.get_id()] for c in term.children()])
                nested[key] = 1 + max((nested[c.get_id()] for c in term.children()), default=0)
                if (uses[key] > 1 and term.num_args()) or nested[key] > DEEPEST:
                    nested[key] = 0
                    name = f"t{self.temporaries}"
                    self.temporaries += 1
                    lines.append(f"{indent}{name} = {text}")
                    text = name
                done[key] = text
                stack.pop()

    def condition(self, term: Term, lines: list[str], indent: str) -> str:
        """The expression of a guard, evaluated where it stands: no work before need.

        One that is too large to be written out is computed before.
        """
        return self._plain(term) if _is_small(term) else self.shared(term, lines, indent)

    def _plain(self, term: Term) -> str:
        return self.operator(term, [self._plain(c) for c in term.children()])

    def operator(self, term: Term, args: list[str]) -> str:
        """One operator applied to the texts of its arguments."""
        kind = term.decl().kind()
        if kind == z3.Z3_OP_UNINTERPRETED and not args:
            if (name := term.decl().name()) not in self.names:
                raise ModelError(f"the formula reads {name!r}, which is not a variable")
            return self.names[name]
        if kind == z3.Z3_OP_BNUM:
            return str(term.as_long())
        if kind not in _OPERATORS:
            raise ModelError(f"the interpreter has no meaning for {term.decl().name()} in {term}")
        return _OPERATORS[kind](term, args)


def _is_small(root: Term) -> bool:
    """Whether `root`, written out as a tree, is short and not deep."""
    stack, size = [(root, 1)], 0
    while stack:
        term, depth = stack.pop()
        size += 1
        if size > LARGEST or depth > DEEPEST:
            return False
        stack.extend((child, depth + 1) for child in term.children())
    return True


def _mask(term: Term) -> int:
    return (1 << int(term.size())) - 1


def _wrap(symbol: str) -> Callable[[Term, list[str]], str]:
    return lambda term, args: f"({f' {symbol} '.join(args)} & {_mask(term)})"


def _sum(symbol: str) -> Callable[[Term, list[str]], str]:
    return lambda term, args: f"(({f' {symbol} '.join(args)}) & {_mask(term)})"


def _infix(symbol: str) -> Callable[[Term, list[str]], str]:
    return lambda term, args: f"({f' {symbol} '.join(args)})"


def _signed(symbol: str) -> Callable[[Term, list[str]], str]:
    def text(term: Term, args: list[str]) -> str:
        half = 1 << (int(term.arg(0).size()) - 1)
        return f"(({args[0]} ^ {half}) {symbol} ({args[1]} ^ {half}))"

    return text


def _concat(term: Term, args: list[str]) -> str:
    text = args[0]
    for child, arg in zip(term.children()[1:], args[1:], strict=True):
        text = f"({text} << {child.size()} | {arg})"
    return text


def _extract(term: Term, args: list[str]) -> str:
    high, low = term.params()
    shifted = f"{args[0]} >> {low}" if low else args[0]
    return f"({shifted} & {(1 << (high - low + 1)) - 1})"


_OPERATORS: dict[int, Callable[[Term, list[str]], str]] = {
    z3.Z3_OP_TRUE: lambda term, args: "True",
    z3.Z3_OP_FALSE: lambda term, args: "False",
    z3.Z3_OP_NOT: lambda term, args: f"(not {args[0]})",
    z3.Z3_OP_AND: lambda term, args: f"({' and '.join(args)})" if args else "True",
    z3.Z3_OP_OR: lambda term, args: f"({' or '.join(args)})" if args else "False",
    z3.Z3_OP_XOR: lambda term, args: f"(bool({args[0]}) != bool({args[1]}))",
    z3.Z3_OP_IMPLIES: lambda term, args: f"(not {args[0]} or {args[1]})",
    z3.Z3_OP_EQ: lambda term, args: f"({args[0]} == {args[1]})",
    z3.Z3_OP_DISTINCT: lambda term, args: f"(len({{{', '.join(args)}}}) == {len(args)})",
    z3.Z3_OP_ITE: lambda term, args: f"({args[1]} if {args[0]} else {args[2]})",
    z3.Z3_OP_BADD: _sum("+"),
    z3.Z3_OP_BSUB: _sum("-"),
    z3.Z3_OP_BMUL: _sum("*"),
    z3.Z3_OP_BNEG: lambda term, args: f"(-{args[0]} & {_mask(term)})",
    z3.Z3_OP_BAND: _infix("&"),
    z3.Z3_OP_BOR: _infix("|"),
    z3.Z3_OP_BXOR: _infix("^"),
    z3.Z3_OP_BNOT: lambda term, args: f"({args[0]} ^ {_mask(term)})",
    z3.Z3_OP_ULT: _infix("<"),
    z3.Z3_OP_ULEQ: _infix("<="),
    z3.Z3_OP_UGT: _infix(">"),
    z3.Z3_OP_UGEQ: _infix(">="),
    z3.Z3_OP_SLT: _signed("<"),
    z3.Z3_OP_SLEQ: _signed("<="),
    z3.Z3_OP_SGT: _signed(">"),
    z3.Z3_OP_SGEQ: _signed(">="),
    z3.Z3_OP_CONCAT: _concat,
    z3.Z3_OP_EXTRACT: _extract,
    z3.Z3_OP_ZERO_EXT: lambda term, args: args[0],
}
"""What each operator means in Python; shifts and divisions are left out on purpose (they are
partial or differ between back ends), and a term that uses one is refused by name."""


class _Generator:
    """The source of `successors` and `canonical` for one system."""

    def __init__(self, system: TransitionSystem) -> None:
        self.system = system
        self.place = {var.name: i for i, var in enumerate(system.variables)}
        self.text = _Text({var.name: f"v{i}" for i, var in enumerate(system.variables)})
        self.group_of = {
            name: group for group in system.interchangeable for slot in group for name in slot
        }

    def module(self, canonical: bool) -> str:
        self.sorts = canonical
        count = len(self.system.variables)
        unpack = f"    ({''.join(f'v{i},' for i in range(count))}) = s" if count else "    pass"
        lines = ["def successors(s):", unpack, "    out = []", "    add = out.append"]
        self.tree([(i, list(a.guard)) for i, a in enumerate(self.system.actions)], lines, 1)
        lines += ["    return out", "", "def canonical(s):", unpack]
        row = [f"v{i}" for i in range(count)]
        for group in self.system.interchangeable:
            self.sort(group, row, lines, "    ")
        lines.append(f"    return ({''.join(r + ',' for r in row)})")
        return "\n".join(lines) + "\n"

    def tree(self, actions: list[tuple[int, list[Term]]], lines: list[str], depth: int) -> None:
        """Actions that share a conjunct are put under one `if` for it, most frequent first."""
        indent = "    " * depth
        while actions:
            tally = Counter(part.get_id() for _, guard in actions for part in guard)
            common = tally.most_common(1)
            if not common or common[0][1] < 2 or depth > 60:
                for index, guard in actions:
                    self.step(index, guard, lines, indent)
                return
            key = common[0][0]
            inside = [(i, g) for i, g in actions if any(p.get_id() == key for p in g)]
            actions = [(i, g) for i, g in actions if all(p.get_id() != key for p in g)]
            shared = next(p for p in inside[0][1] if p.get_id() == key)
            lines.append(f"{indent}if {self.text.condition(shared, lines, indent)}:")
            rest = [(i, [p for p in g if p.get_id() != key]) for i, g in inside]
            self.tree(rest, lines, depth + 1)

    def step(self, index: int, guard: list[Term], lines: list[str], indent: str) -> None:
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
