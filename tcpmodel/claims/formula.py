"""Formulas typed by hand: `always(implies(B.state == ESTABLISHED, A.state != CLOSED))`.

A small, safe part of Python's expressions, read with Python's own parser and turned into terms
here; nothing is ever evaluated.  Counters (`A.inc`, timers) are whole numbers; sequence numbers are
compared as they are written and added mod 2^w.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

import z3

from tcpmodel.claims.formula_knowledge import KNOWLEDGE, knowledge, view_of
from tcpmodel.claims.helpers import HELPERS, OF_NUMBERS
from tcpmodel.core import property as core
from tcpmodel.core.epistemic import Fact, all_of, any_of, implies, none_of
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.terms import Bool, Counter, Domain, Enumeration, Term, Var
from tcpmodel.tcp.compose import Model
from tcpmodel.tcp.states import STATE, STATES
from tcpmodel.tcp.world import World

MAX_LENGTH = 10_000
MAX_DEPTH = 50
MAX_NUMBER = 1 << 32
MAX_TICKS = 10_000
SHOWN = 100
"""How much of a long formula an error shows."""

_OPTIONS: dict[core.Kind, tuple[str, ...]] = {
    **dict.fromkeys(core.LIVENESS, ("weak", "strong")),
    core.Kind.WITHIN: ("ticks",),
    core.Kind.KNOWS: ("when", "view"),
    core.Kind.ALWAYS: ("view",),
}
"""The keyword arguments of each operator."""

_Comparison: TypeAlias = Callable[[Term, Term], Term]

_SAME: dict[type[ast.cmpop], _Comparison] = {
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
_UNSIGNED: dict[type[ast.cmpop], _Comparison] = {
    **_SAME,
    ast.Lt: z3.ULT,
    ast.LtE: z3.ULE,
    ast.Gt: z3.UGT,
    ast.GtE: z3.UGE,
}
_SIGNED: dict[type[ast.cmpop], _Comparison] = {
    **_SAME,
    ast.Lt: lambda a, b: a < b,
    ast.LtE: lambda a, b: a <= b,
    ast.Gt: lambda a, b: a > b,
    ast.GtE: lambda a, b: a >= b,
}


def parse(text: str) -> Callable[[Model], Property]:
    """The property that `text` spells, as a function of the model it is about.

    Raises `ModelError`, pointing at the column, for anything that is not a property; a name that
    the model does not have is reported when the function is called.
    """
    if len(text) > MAX_LENGTH:
        raise ModelError(f"the formula has {len(text)} characters; at most {MAX_LENGTH} are read")
    text = re.sub(r"\s", " ", text).strip()
    if not text:
        raise ModelError("the formula is empty; write e.g. always(A.state != CLOSING)")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python has opinions on things refused below
            tree = ast.parse(text, mode="eval").body
    except SyntaxError as error:
        raise _at(text, (error.offset or 1) - 1, error.msg) from None
    except (ValueError, RecursionError, MemoryError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"cannot read the formula: {reason}") from None
    reader = _Reader(text)
    reader.measure(tree)
    reader.temporal(tree)
    return lambda model: reader.property(tree, model)


def _at(text: str, column: int, message: str) -> ModelError:
    column = max(0, min(column, len(text)))
    start = max(0, min(column - SHOWN // 2, len(text) - SHOWN))
    left, right = "…" if start else "", "…" if start + SHOWN < len(text) else ""
    line = f"{left}{text[start : start + SHOWN]}{right}"
    mark = " " * (column - start + len(left))
    return ModelError(f"{message} (column {column + 1})\n  {line}\n  {mark}^")


def _hint(word: str, names: Iterable[str]) -> str:
    from difflib import get_close_matches  # noqa: PLC0415 - only misspellings need it

    near = get_close_matches(word, list(names), n=1, cutoff=0.5)
    return f" (did you mean {near[0]}?)" if near else ""


@dataclass(frozen=True)
class _Number:
    """A whole number: its term in as many bits as are wanted (`least` or more), and its range."""

    term: Callable[[int], Term]
    low: int
    high: int
    least: int = 1


class _Reader:
    """Turns the syntax tree of one formula into terms."""

    def __init__(self, text: str) -> None:
        self.text = text

    def fail(self, node: ast.AST, message: str) -> ModelError:
        octets = self.text.encode()[: getattr(node, "col_offset", 0)]
        return _at(self.text, len(octets.decode(errors="ignore")), message)

    def measure(self, tree: ast.expr) -> None:
        """Refuse what is too deep, or has numbers that are too large."""
        stack: list[tuple[ast.AST, int]] = [(tree, 1)]
        while stack:
            node, depth = stack.pop()
            if depth > MAX_DEPTH:
                raise ModelError(f"the formula is nested more than {MAX_DEPTH} deep")
            number = isinstance(node, ast.Constant) and isinstance(node.value, int)
            if number and node.value >= MAX_NUMBER:  # type: ignore[attr-defined]
                raise self.fail(node, "numbers end at 2^32 - 1")
            stack.extend((child, depth + 1) for child in ast.iter_child_nodes(node))

    # --- temporal operators -------------------------------------------------------------------

    def temporal(self, tree: ast.expr) -> tuple[core.Kind, ast.Call]:
        """The operator at the top; raises `ModelError` if there is none."""
        if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
            kinds = {k.value: k for k in core.Kind}
            if tree.func.id in kinds:
                kind = kinds[tree.func.id]
                two = (core.Kind.LEADS_TO, core.Kind.WITHIN, core.Kind.KNOWS)
                wanted = 2 if kind in two else 1
                if len(tree.args) != wanted:
                    what = "an agent and a formula" if kind is core.Kind.KNOWS else None
                    what = what or f"{wanted} formula{'s'[: wanted - 1]}"
                    raise self.fail(tree, f"{kind.value} takes {what}")
                return kind, tree
        names = ", ".join(f"{kind.value}(…)" for kind in core.Kind)
        raise self.fail(tree, f"a property begins with one of {names}")

    def property(self, tree: ast.expr, model: Model) -> Property:
        kind, call = self.temporal(tree)
        options = self.options(kind, call)
        if kind is core.Kind.KNOWS:
            agent, fact = self.string(call.args[0]), self.formula(call.args[1], model.world)
            if agent not in model.world.tcbs:
                raise self.fail(call.args[0], f"there is no endpoint {agent!r}; there are A and B")
            called = options.get("when")
            when = z3.BoolVal(True) if called is None else self.state(called, model.world)
            known = model.world.knows(agent, fact)
            return core.epistemic(known, when=when, view=view_of(options, self), text=self.text)
        if kind is core.Kind.ALWAYS:
            return self.always(call, options, model.world)
        formulas = [self.state(arg, model.world) for arg in call.args]
        target = formulas[1] if len(formulas) > 1 else None
        if kind is core.Kind.WITHIN:
            ticks = self.ticks(call, options)
            return Property(kind, formulas[0], target, ticks=ticks, text=self.text)
        fair = {name: self.groups(node, model) for name, node in options.items()}
        weak, strong = fair.get("weak", ()), fair.get("strong", ())
        return Property(kind, formulas[0], target, weak, strong, self.text)

    def always(self, call: ast.Call, options: dict[str, ast.expr], world: World) -> Property:
        """An `always`; one about knowledge if there is knowledge in it."""
        formula = self.formula(call.args[0], world)
        if isinstance(formula, Fact):
            return core.epistemic(formula, view=view_of(options, self), text=self.text)
        if "view" in options:
            raise self.fail(options["view"], "nobody knows anything here: leave view out")
        return core.always(formula, self.text)

    def options(self, kind: core.Kind, call: ast.Call) -> dict[str, ast.expr]:
        """The keyword arguments, checked for their names."""
        known = _OPTIONS.get(kind, ())
        for keyword in call.keywords:
            if keyword.arg not in known:
                name = keyword.arg or f"**{ast.unparse(keyword.value)[:40]}"
                raise self.fail(keyword, f"{kind.value} has no option {name}")
        return {str(keyword.arg): keyword.value for keyword in call.keywords}

    def ticks(self, call: ast.Call, options: dict[str, ast.expr]) -> int:
        """How many ticks a `within` allows."""
        match options.get("ticks"):
            case None:
                raise self.fail(call, "say how many ticks: within(F, F, ticks=2)")
            case ast.Constant(value=int(number)) if 0 <= number <= MAX_TICKS:
                return number
            case node:
                raise self.fail(node, f"ticks are a number from 0 to {MAX_TICKS}")

    def groups(self, node: ast.expr, model: Model) -> tuple[str, ...]:
        """Names of groups of actions."""
        known = sorted({a.event.group for a in model.system.actions if a.event.group})
        parts = node.elts if isinstance(node, ast.List | ast.Tuple) else [node]
        for part in parts:
            name = self.string(part)
            if name not in known:
                about = f"no group of actions is called {name[:40]!r}{_hint(name, known)}"
                raise self.fail(part, f"{about}; there are {', '.join(known)}")
        return tuple(self.string(part) for part in parts)

    def string(self, node: ast.expr) -> str:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            return node.value
        raise self.fail(node, "expected a name in quotes")

    def count(self, node: ast.expr) -> int:
        match node:
            case ast.Constant(value=int(number)) if not isinstance(number, bool):
                return number
        raise self.fail(node, "expected a number")

    # --- formulas -------------------------------------------------------------------------------

    def state(self, node: ast.expr, world: World) -> Term:
        """A truth value that each state has by itself."""
        formula = self.formula(node, world)
        if isinstance(formula, Fact):
            raise self.fail(node, "knowledge stands in always(…) or knows(…)")
        return formula

    def formula(self, node: ast.expr, world: World) -> Fact | Term:
        """A truth value, also of what somebody knows."""
        match node:
            case ast.BoolOp(op=op, values=values):
                parts = [self.formula(value, world) for value in values]
                return all_of(*parts) if isinstance(op, ast.And) else any_of(*parts)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                inner = self.formula(operand, world)
                return none_of(inner) if isinstance(inner, Fact) else z3.Not(inner)
            case ast.Constant(value=bool(value)):
                return z3.BoolVal(value)
            case ast.Compare():
                return self.comparison(node, world)
            case ast.Call(func=ast.Name(id=name)):
                return self.call(node, name, world)
            case ast.Attribute():
                var = self.attribute(node, world)
                if isinstance(var.domain, Bool):
                    return var.term
                raise self.fail(node, f"{ast.unparse(node)} is not a truth value; compare it")
        raise self.fail(node, f"{ast.unparse(node)[:40]} is not a formula")

    def call(self, node: ast.Call, name: str, world: World) -> Fact | Term:
        if name in KNOWLEDGE:
            return knowledge(node, name, world, self)
        if name in {kind.value for kind in core.Kind}:
            raise self.fail(node, f"{name} stands at the top of a property only")
        if name != "implies" and name not in HELPERS:
            names = ["implies", *HELPERS, *KNOWLEDGE]
            hint = _hint(name, names)
            raise self.fail(node, f"no function {name!r}{hint}; there are {', '.join(names)}")
        if node.keywords:
            raise self.fail(node.keywords[0], f"{name} takes no keywords")
        if name == "implies":
            if len(node.args) != 2:
                raise self.fail(node, "implies takes 2 formulas")
            premise, conclusion = (self.formula(arg, world) for arg in node.args)
            return implies(premise, conclusion)
        arguments: list[str | int] = [self.string(arg) for arg in node.args[:1]]
        read = self.count if name in OF_NUMBERS else self.string
        arguments += map(read, node.args[1:])
        try:
            return getattr(world, name)(*arguments)
        except TypeError:
            raise self.fail(node, HELPERS[name]) from None
        except ModelError as error:
            raise self.fail(node, str(error)) from None

    # --- comparisons ----------------------------------------------------------------------------

    def comparison(self, node: ast.Compare, world: World) -> Term:
        sides = [node.left, *node.comparators]
        parts = []
        for left, operator, right in zip(sides, node.ops, sides[1:], strict=False):
            if type(operator) not in _UNSIGNED:
                raise self.fail(right, "compare with ==, !=, <, <=, > or >=")
            parts.append(self.pair(left, operator, right, world))
        return parts[0] if len(parts) == 1 else z3.And(*parts)

    def pair(self, left: ast.expr, operator: ast.cmpop, right: ast.expr, world: World) -> Term:
        """One comparison; constants take the domain of the other side."""
        domains = [d for side in (left, right) for d in self.domains(side, world)]
        if not domains:
            raise self.fail(left, "a comparison needs a variable such as A.state")
        domain = domains[0]
        if all(isinstance(d, Counter) for d in domains):
            a, b = self.number(left, world), self.number(right, world)
            reach = max(-a.low, a.high, -b.low, b.high).bit_length() + 1
            bits = max(reach, a.least, b.least)
            return _SIGNED[type(operator)](a.term(bits), b.term(bits))
        if any(d != domain for d in domains):
            texts = " and ".join(ast.unparse(side)[:40] for side in (left, right))
            raise self.fail(left, f"{texts} are not comparable")
        if isinstance(domain, Bool | Enumeration) and type(operator) not in _SAME:
            what = "truth values" if isinstance(domain, Bool) else "names"
            raise self.fail(left, f"{what} are compared with == or !=")
        return _UNSIGNED[type(operator)](*(self.value(s, world, domain) for s in (left, right)))

    def domains(self, node: ast.expr, world: World) -> list[Domain]:
        """The domains of the variables and states in `node`."""
        match node:
            case ast.Attribute():
                return [self.attribute(node, world).domain]
            case ast.Name(id=name) if name in STATES:
                return [STATE]
            case ast.BinOp(left=left, right=right):
                return self.domains(left, world) + self.domains(right, world)
        return []

    def value(self, node: ast.expr, world: World, domain: Any) -> Term:
        """A value of `domain`."""
        match node:
            case ast.Attribute():
                return self.attribute(node, world).term
            case ast.Name(id=name) if name in STATES:
                return STATES[name]
            case ast.Constant(value=bool() | int() | str() as constant):
                if isinstance(constant, bool) and not isinstance(domain, Bool):
                    raise self.fail(node, f"expected a value of another kind, not {constant}")
                try:
                    return domain.term(constant)
                except ModelError as error:
                    raise self.fail(node, str(error)) from None
            case ast.BinOp(op=ast.Add() | ast.Sub() as op, left=left, right=right):
                if isinstance(domain, Bool | Enumeration):
                    raise self.fail(node, "only numbers can be added")
                a, b = self.value(left, world, domain), self.value(right, world, domain)
                return a + b if isinstance(op, ast.Add) else a - b
        raise self.no_value(node)

    def number(self, node: ast.expr, world: World) -> _Number:
        """A whole number."""
        match node:
            case ast.Attribute():
                var = self.attribute(node, world)
                bits = var.domain.bits
                return _Number(
                    lambda wide: z3.ZeroExt(wide - bits, var.term), 0, var.domain.size - 1, bits + 1
                )
            case ast.Constant(value=int(value)) if not isinstance(value, bool):
                return _Number(lambda wide: z3.BitVecVal(value, wide), value, value)
            case ast.Constant(value=value):
                raise self.fail(node, f"expected a number, not {value!r}"[:80])
            case ast.BinOp(op=ast.Add(), left=left, right=right):
                a, b = self.number(left, world), self.number(right, world)
                low, high = a.low + b.low, a.high + b.high
                return _Number(lambda w: a.term(w) + b.term(w), low, high, max(a.least, b.least))
            case ast.BinOp(op=ast.Sub(), left=left, right=right):
                a, b = self.number(left, world), self.number(right, world)
                low, high = a.low - b.high, a.high - b.low
                return _Number(lambda w: a.term(w) - b.term(w), low, high, max(a.least, b.least))
        raise self.no_value(node)

    def no_value(self, node: ast.expr) -> ModelError:
        if isinstance(node, ast.Name):
            about = f"no name {node.id[:40]!r}{_hint(node.id, STATES)}"
            return self.fail(node, f"{about}; states are {', '.join(STATES)}")
        return self.fail(node, f"{ast.unparse(node)[:40]} is not a value")

    def attribute(self, node: ast.Attribute, world: World) -> Var:
        if not isinstance(node.value, ast.Name) or node.value.id not in world.tcbs:
            raise self.fail(node, "variables are written A.state, B.snd_nxt …")
        tcb = world.tcbs[node.value.id]
        if node.attr not in tcb:
            about = f"{node.value.id} has no {node.attr[:40]!r}{_hint(node.attr, tcb)}"
            raise self.fail(node, f"{about} in this scenario; it has {', '.join(tcb)}")
        return tcb[node.attr]
