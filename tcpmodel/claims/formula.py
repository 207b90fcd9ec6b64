"""Formulas typed by hand: `always(implies(B.state == ESTABLISHED, A.state != CLOSED))`.

A small, safe part of Python's expressions, read with Python's own parser and turned into terms here;
nothing is ever evaluated.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import Any

import z3

from tcpmodel.core import property as core
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.terms import Enumeration, Term, Var, implies
from tcpmodel.tcp.states import STATES
from tcpmodel.tcp.world import World

MAX_LENGTH = 10_000
MAX_DEPTH = 50

GRAMMAR = """\
property  always(F) | sometimes(F) | leads_to(F, F, weak=['A CLOSE'], strong=['B receives'])
formula F F and F | F or F | not F | implies(F, F) | True | False | N == N | N != N | N < N | …
number N  A.state | B.snd_nxt | … | ESTABLISHED | 7 | N + N | N - N
network   inflight('A', 'SYN', 'ACK') | nothing_inflight()
helpers   synchronized('A') | agrees_with_live_peer('B') | left_half_open('B')
          ended('B', 'reset')"""

_COMPARISONS: dict[type[ast.cmpop], Callable[[Term, Term], Term]] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
    ast.Lt: z3.ULT,
    ast.LtE: z3.ULE,
    ast.Gt: z3.UGT,
    ast.GtE: z3.UGE,
}
_HELPERS = (
    "inflight",
    "nothing_inflight",
    "synchronized",
    "agrees_with_live_peer",
    "left_half_open",
    "ended",
)


def parse(text: str) -> Callable[[World], Property]:
    """The property that `text` spells, as a function of the world it is about.

    Raises `ModelError`, pointing at the column, for anything that is not a property; a name that
    the world does not have is reported when the function is called.
    """
    if len(text) > MAX_LENGTH:
        raise ModelError(f"the formula has {len(text)} characters; at most {MAX_LENGTH} are read")
    try:
        tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise _at(text, (error.offset or 1) - 1, error.msg) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise ModelError(f"cannot read the formula: {error}") from None
    if _depth(tree) > MAX_DEPTH:
        raise ModelError(f"the formula is nested more than {MAX_DEPTH} deep")
    reader = _Reader(text.strip())
    reader.temporal(tree)
    return lambda world: reader.property(tree, world)


def _depth(tree: ast.AST) -> int:
    deepest, stack = 0, [(tree, 1)]
    while stack:
        node, depth = stack.pop()
        deepest = max(deepest, depth)
        stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))
    return deepest


def _at(text: str, column: int, message: str) -> ModelError:
    column = max(0, min(column, len(text)))
    line = text.replace("\n", " ")
    return ModelError(f"{message} (column {column + 1})\n  {line}\n  {' ' * column}^")


class _Reader:
    """Turns the syntax tree of one formula into terms."""

    def __init__(self, text: str) -> None:
        self.text = text

    def fail(self, node: ast.AST, message: str) -> ModelError:
        return _at(self.text, getattr(node, "col_offset", 0), message)

    # --- temporal operators -------------------------------------------------------------------

    def temporal(self, tree: ast.expr) -> tuple[core.Kind, ast.Call]:
        """The operator at the top; raises `ModelError` if there is none."""
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            kinds = {k.value: k for k in core.Kind}
            if tree.func.id in kinds:
                kind = kinds[tree.func.id]
                wanted = 2 if kind is core.Kind.LEADS_TO else 1
                if len(tree.args) != wanted:
                    raise self.fail(tree, f"{kind.value} takes {wanted} formula{'s'[: wanted - 1]}")
                return kind, tree
        raise self.fail(tree, "a property begins with always(…), sometimes(…) or leads_to(…, …)")

    def property(self, tree: ast.expr, world: World) -> Property:
        kind, call = self.temporal(tree)
        formulas = [self.formula(arg, world) for arg in call.args]
        fairness: dict[str, tuple[str, ...]] = {"weak": (), "strong": ()}
        for keyword in call.keywords:
            if kind is not core.Kind.LEADS_TO or keyword.arg not in fairness:
                raise self.fail(keyword.value, f"{kind.value} has no option {keyword.arg}")
            fairness[keyword.arg] = self.strings(keyword.value)
        target = formulas[1] if len(formulas) > 1 else None
        return Property(kind, formulas[0], target, **fairness, text=self.text)

    def strings(self, node: ast.expr) -> tuple[str, ...]:
        parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        return tuple(self.string(part) for part in parts)

    def string(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self.fail(node, "expected a name in quotes")

    # --- formulas -------------------------------------------------------------------------------

    def formula(self, node: ast.expr, world: World) -> Term:
        """A truth value."""
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = [self.formula(value, world) for value in values]
                return z3.And(*parts) if isinstance(op, ast.And) else z3.Or(*parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return z3.Not(self.formula(operand, world))
            case ast.Constant(value=bool(value)):
                return z3.BoolVal(value)
            case ast.Compare():
                return self.comparison(node, world)
            case ast.Call(func=ast.Name(id="implies"), args=[premise, conclusion], keywords=[]):
                return implies(self.formula(premise, world), self.formula(conclusion, world))
            case ast.Call(func=ast.Name(id=name), keywords=[]) if name in _HELPERS:
                names = [self.string(arg) for arg in node.args]
                return self.asked(node, lambda: getattr(world, name)(*names))
            case ast.Attribute():
                term = self.attribute(node, world).term
                if z3.is_bool(term):
                    return term
                raise self.fail(node, f"{ast.unparse(node)} is not a truth value; compare it")
        raise self.fail(node, f"{ast.unparse(node)[:40]} is not a formula")

    def asked(self, node: ast.expr, question: Callable[[], Term]) -> Term:
        try:
            return question()
        except (ModelError, TypeError) as error:
            raise self.fail(node, str(error)) from None

    def comparison(self, node: ast.Compare, world: World) -> Term:
        sides = [node.left, *node.comparators]
        parts = []
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            compare = _COMPARISONS.get(type(operator))
            if compare is None:
                raise self.fail(right, "compare with ==, !=, <, <=, > or >=")
            a, b = self.sides(left, right, world)
            if z3.is_bool(a) and not isinstance(operator, ast.Eq | ast.NotEq):
                raise self.fail(left, "truth values are compared with == or !=")
            parts.append(compare(a, b))
        return parts[0] if len(parts) == 1 else z3.And(*parts)

    def sides(self, left: ast.expr, right: ast.expr, world: World) -> tuple[Term, Term]:
        """Both sides of a comparison, of one sort; constants take the domain of the other side."""
        domain = self.domain(left, world) or self.domain(right, world)
        a, b = (self.value(node, world, domain) for node in (left, right))
        if a.sort() != b.sort():
            raise self.fail(
                left, f"{ast.unparse(left)} and {ast.unparse(right)} are not comparable"
            )
        return a, b

    def domain(self, node: ast.expr, world: World) -> Any:
        """The domain of the first variable in `node`, or None."""
        for part in ast.walk(node):
            if isinstance(part, ast.Attribute):
                return self.attribute(part, world).domain
        return None

    def value(self, node: ast.expr, world: World, domain: Any) -> Term:
        match node:
            case ast.Attribute():
                return self.attribute(node, world).term
            case ast.Name(id=name) if name in STATES:
                return STATES[name]
            case ast.Constant(value=bool() | int() | str() as constant):
                if domain is None:
                    raise self.fail(node, "a comparison needs a variable such as A.state")
                if isinstance(constant, str) and not isinstance(domain, Enumeration):
                    raise self.fail(node, f"expected a number, not {constant!r}")
                return self.asked(node, lambda: domain.term(constant))
            case ast.BinOp(op=ast.Add() | ast.Sub() as op, left=left, right=right):
                a, b = self.value(left, world, domain), self.value(right, world, domain)
                if z3.is_bool(a) or a.sort() != b.sort():
                    raise self.fail(node, "only numbers of one kind can be added")
                return a + b if isinstance(op, ast.Add) else a - b
            case ast.Name(id=name):
                raise self.fail(node, f"no name {name!r}; states are {', '.join(STATES)}")
        raise self.fail(node, f"{ast.unparse(node)[:40]} is not a value")

    def attribute(self, node: ast.Attribute, world: World) -> Var:
        if not isinstance(node.value, ast.Name) or node.value.id not in world.tcbs:
            raise self.fail(node, "variables are written A.state, B.snd_nxt …")
        tcb = world.tcbs[node.value.id]
        if node.attr not in tcb:
            names = ", ".join(tcb)
            raise self.fail(
                node, f"{node.value.id} has no {node.attr!r} in this scenario; it has {names}"
            )
        return tcb[node.attr]
