"""Terms, domains and variables: the alphabet of every model.

The expressions of a model *are* z3 terms over Booleans and bit-vectors.  A `Domain` says what the
bit patterns mean (a Boolean, a word mod 2^w, a bounded counter, a name out of a list), so that
engines see two sorts only while people read `SYN-SENT`.

z3 ships no type information; this is the module where that ends: everything above says `Term`.
This module knows z3 and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import z3

from tcpmodel.core.errors import ModelError

Term: TypeAlias = Any
"""A z3 expression: a Bool or a bit-vector."""

Value: TypeAlias = bool | int | str
"""What a variable holds, as people write it: a truth value, a number, a name."""


@dataclass(frozen=True)
class Bool:
    """True or false."""

    bits: int = 1
    size: int = 2

    @property
    def sort(self) -> Any:
        return z3.BoolSort()

    def encode(self, value: Value) -> int:
        if not isinstance(value, bool):
            raise ModelError(f"expected true or false, not {value!r}")
        return int(value)

    def decode(self, code: int) -> Value:
        return bool(code)

    def term(self, value: Value) -> Term:
        return z3.BoolVal(bool(self.encode(value)))


@dataclass(frozen=True)
class Word:
    """A number mod 2^bits: sequence numbers, flags, masks."""

    bits: int

    @property
    def size(self) -> int:
        return 1 << self.bits

    @property
    def sort(self) -> Any:
        return z3.BitVecSort(self.bits)

    def encode(self, value: Value) -> int:
        if isinstance(value, str) or not 0 <= int(value) < self.size:
            raise ModelError(f"expected a number from 0 to {self.size - 1}, not {value!r}")
        return int(value)

    def decode(self, code: int) -> Value:
        return code

    def term(self, value: Value) -> Term:
        return z3.BitVecVal(self.encode(value), self.bits)


@dataclass(frozen=True)
class Counter:
    """A number from 0 to `top`: timers in ticks, incarnations, budgets.

    The construction of a `TransitionSystem` proves that no action leaves the range.
    """

    top: int

    @property
    def size(self) -> int:
        return self.top + 1

    @property
    def bits(self) -> int:
        return max(1, self.top.bit_length())

    @property
    def sort(self) -> Any:
        return z3.BitVecSort(self.bits)

    def encode(self, value: Value) -> int:
        if isinstance(value, str) or not 0 <= int(value) <= self.top:
            raise ModelError(f"expected a number from 0 to {self.top}, not {value!r}")
        return int(value)

    def decode(self, code: int) -> Value:
        return code

    def term(self, value: Value) -> Term:
        return z3.BitVecVal(self.encode(value), self.bits)


@dataclass(frozen=True)
class Enumeration:
    """One of the given names, in the given order."""

    name: str
    names: tuple[str, ...]

    @property
    def size(self) -> int:
        return len(self.names)

    @property
    def bits(self) -> int:
        return max(1, (len(self.names) - 1).bit_length())

    @property
    def sort(self) -> Any:
        return z3.BitVecSort(self.bits)

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {name: code for code, name in enumerate(self.names)}

    def encode(self, value: Value) -> int:
        if value not in self._codes:
            raise ModelError(f"{self.name} has no value {value!r}; it has {', '.join(self.names)}")
        return self._codes[str(value)]

    def decode(self, code: int) -> Value:
        return self.names[code]

    def term(self, value: Value) -> Term:
        return z3.BitVecVal(self.encode(value), self.bits)


Domain: TypeAlias = Bool | Word | Counter | Enumeration


@dataclass(frozen=True)
class Var:
    """A state variable (or an input) with its domain.

    A `ghost` records history for properties; no guard and no update of a non-ghost may read it.
    """

    name: str
    domain: Domain
    ghost: bool = False

    @cached_property
    def term(self) -> Term:
        return z3.Const(self.name, self.domain.sort)


def conjuncts(term: Term) -> Iterator[Term]:
    """The flat top-level conjunction that `term` is."""
    kind = operator(term)
    if kind == z3.Z3_OP_AND:
        for child in _children(term):
            yield from conjuncts(child)
    elif kind != z3.Z3_OP_TRUE:
        yield term


def conjunction(terms: Iterable[Term]) -> Term:
    """All of `terms`: the inverse of `conjuncts`."""
    flat = [part for term in terms for part in conjuncts(term)]
    if not flat:
        return z3.BoolVal(True)
    return flat[0] if len(flat) == 1 else z3.And(*flat)


def implies(premise: Term, conclusion: Term) -> Term:
    """`premise ⇒ conclusion`, kept as an implication so that engines can look for vacuity."""
    return z3.Implies(premise, conclusion)


def if_else(condition: Term, then: Term, otherwise: Term) -> Term:
    """The same as `z3.If`, which would check and convert its arguments at every call."""
    context = condition.ctx
    ast = z3.Z3_mk_ite(context.ref(), condition.as_ast(), then.as_ast(), otherwise.as_ast())
    return _of_sort(then, ast, context)


def all_of(*terms: Term) -> Term:
    """Every one of `terms` holds."""
    return z3.And(*terms)


def any_of(*terms: Term) -> Term:
    """At least one of `terms` holds."""
    return z3.Or(*terms)


def none_of(*terms: Term) -> Term:
    """None of `terms` holds."""
    return z3.Not(z3.Or(*terms))


class Arguments:
    """The arguments of terms with their ids, looked up once: z3's own accessors are slow.

    Equal terms have one id (z3 shares them); the terms are kept alive, as z3 reuses the id of one
    that is collected.
    """

    def __init__(self) -> None:
        self._known: dict[int, list[tuple[int, Term]]] = {}
        self._alive: list[Term] = []

    def __call__(self, key: int, term: Term) -> list[tuple[int, Term]]:
        """The arguments of `term`, whose id is `key`, each with its id."""
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = [(child.get_id(), child) for child in _children(term)]
            self._alive.append(term)
        return found


def width(term: Term) -> int:
    """The bits of a bit-vector: `term.size()`, quicker."""
    reference = term.ctx.ref()
    bits: int = z3.Z3_get_bv_sort_size(reference, z3.Z3_get_sort(reference, term.as_ast()))
    return bits


def fits(term: object, domain: Domain) -> bool:
    """Whether `term` is a term of the sort of `domain`."""
    if isinstance(domain, Bool):
        return isinstance(term, z3.BoolRef)
    if not isinstance(term, z3.BitVecRef):
        return False
    return width(term) == domain.bits


def _of_sort(like: Term, ast: Any, context: Any) -> Term:
    """The expression of a syntax tree that is of the same sort as `like`.

    As z3's own accessor, which would ask for the sort, in several steps.
    """
    if isinstance(like, z3.BoolRef):
        return z3.BoolRef(ast, context)
    if z3.Z3_get_ast_kind(context.ref(), ast) == z3.Z3_NUMERAL_AST:
        return z3.BitVecNumRef(ast, context)
    return z3.BitVecRef(ast, context)


def operator(term: Term) -> int:
    """What a term applies to its arguments: `term.decl().kind()`, quicker."""
    reference = term.ctx.ref()
    kind: int = z3.Z3_get_decl_kind(reference, z3.Z3_get_app_decl(reference, term.as_ast()))
    return kind


def _children(term: Term) -> list[Term]:
    """As `term.children()`, without checking at every argument that `term` has it."""
    context, application = term.ctx, term.as_ast()
    reference = context.ref()
    return [
        z3.z3._to_expr_ref(z3.Z3_get_app_arg(reference, application, i), context)  # noqa: SLF001
        for i in range(z3.Z3_get_app_num_args(reference, application))
    ]


class FreeVariables:
    """Names of the variables that occur in a term, memoised over the shared term graph."""

    def __init__(self) -> None:
        self._names: dict[int, frozenset[str]] = {}
        self._arguments = Arguments()
        self._asked: dict[int, tuple[Term, frozenset[str]]] = {}

    def __call__(self, root: Term) -> frozenset[str]:
        known = self._asked.get(id(root))  # the same object; its value keeps it alive
        if known is None:
            known = self._asked[id(root)] = (root, self._found(root))
        return known[1]

    def _found(self, root: Term) -> frozenset[str]:
        top = root.get_id()
        stack = [(top, root)]
        while stack:
            key, term = stack[-1]
            if key in self._names:
                stack.pop()
                continue
            arguments = self._arguments(key, term)
            missing = [argument for argument in arguments if argument[0] not in self._names]
            if missing:
                stack.extend(missing)
                continue
            if arguments:
                names = frozenset[str]().union(*(self._names[k] for k, _ in arguments))
            elif z3.is_const(term) and term.decl().kind() == z3.Z3_OP_UNINTERPRETED:
                names = frozenset((term.decl().name(),))
            else:
                names = frozenset()
            self._names[key] = names
            stack.pop()
        return self._names[top]


class Substitution:
    """Replaces variables by terms, all at once; prepared once, applied often.

    The same as `z3.substitute`, which would check and convert its pairs at every call.
    """

    def __init__(self, pairs: Iterable[tuple[Term, Term]]) -> None:
        self._alive = list(pairs)
        count = len(self._alive)
        for old, new in self._alive:
            if old.sort() != new.sort():
                raise ModelError(f"{new} cannot stand for {old}: it is of another sort")
        self._count = count
        self._old = (z3.Ast * count)(*(old.as_ast() for old, _ in self._alive))
        self._new = (z3.Ast * count)(*(new.as_ast() for _, new in self._alive))

    def __call__(self, term: Term) -> Term:
        context = term.ctx
        ast = z3.Z3_substitute(context.ref(), term.as_ast(), self._count, self._old, self._new)
        return _of_sort(term, ast, context)
