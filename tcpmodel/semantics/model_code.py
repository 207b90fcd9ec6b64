"""A model in native code: its steps, and the formulas asked about, as LLVM IR.

The functions are `successors` (row, room for rows, room for actions → number of steps) and
`check` (row → one bit per formula); `formulas_code` gives `evaluate` (rows, their number, room for
values).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Arguments, Bool, Term, Var, conjuncts
from tcpmodel.semantics.guards import Branch, Leaf, Node, guard_tree
from tcpmodel.semantics.llvm import Code
from tcpmodel.semantics.packing import Field, Packing

MAX_FORMULAS = 64
"""How many formulas `check` can answer for at once."""


def model_code(system: TransitionSystem, packed: Packing, formulas: Sequence[Term]) -> str:
    """The functions `successors` and `check`; the first of `formulas` is the goal of the search.

    Raises `ModelError` for an operator without meaning in native code.
    """
    arguments = Arguments()
    steps = _Steps(system, packed, arguments)
    steps.tree(guard_tree(system.actions))
    check = _reading(system.variables, packed, arguments)
    union = "0"
    for bit, formula in enumerate(formulas):
        holds = check.op(f"zext i1 {check.value(formula)} to i64")
        union = check.op(f"or i64 {union}, {check.op(f'shl i64 {holds}, {bit}')}")
    return "\n".join([steps.text(), *_function("i64 @check(ptr %row)", check, f"i64 {union}")])


def formulas_code(variables: Sequence[Var], packed: Packing, terms: Sequence[Term]) -> str:
    """The function `evaluate`: the values of `terms` in each of some rows."""
    code = _reading(variables, packed, Arguments())
    for place, term in enumerate(terms):
        value = code.value(term)
        if isinstance(term.sort(), type(Bool().sort)):
            value = code.op(f"zext i1 {value} to i64")
        at = code.op(f"getelementptr i64, ptr %out, i64 {place}")
        code.do(f"store i64 {value}, ptr {at}")
    inner = _function("internal void @values(ptr %row, ptr %out) alwaysinline", code, "void")
    return "\n".join([*inner, _LOOP.format(words=packed.words, terms=len(terms))])


_LOOP = """
define void @evaluate(ptr %rows, i64 %count, ptr %out) {{
entry:
  br label %head
head:
  %i = phi i64 [ 0, %entry ], [ %next, %body ]
  %more = icmp slt i64 %i, %count
  br i1 %more, label %body, label %end
body:
  %in = mul i64 %i, {words}
  %row = getelementptr i64, ptr %rows, i64 %in
  %to = mul i64 %i, {terms}
  %values = getelementptr i64, ptr %out, i64 %to
  call void @values(ptr %row, ptr %values)
  %next = add i64 %i, 1
  br label %head
end:
  ret void
}}
"""


def _function(head: str, code: Code, result: str) -> list[str]:
    return [f"define {head} {{", *code.lines, f"ret {result}", "}"]


def _reading(variables: Iterable[Var], packed: Packing, arguments: Arguments) -> Code:
    """A function body that can read the variables of the state in `%row`."""
    code = Code(arguments)
    for word in range(packed.words):
        code.do(f"%r{word} = getelementptr i64, ptr %row, i64 {word}")
        code.do(f"%w{word} = load i64, ptr %r{word}")
    code.variables = {v.name: _variable(code, v, packed.place[v.name]) for v in variables}
    return code


def _variable(code: Code, var: Var, at: Field) -> Callable[[], str]:
    if isinstance(var.domain, Bool):
        return lambda: code.op(f"icmp ne i64 {_masked(code, f'%w{at.word}', at)}, 0")
    return lambda: _field(code, f"%w{at.word}", at)


def _masked(code: Code, word: str, at: Field) -> str:
    return code.op(f"and i64 {word}, {at.mask}")


def _field(code: Code, word: str, at: Field) -> str:
    """The bits of a field of `word`."""
    shifted = code.op(f"lshr i64 {word}, {at.shift}") if at.shift else word
    return code.masked(shifted, at.bits) if at.shift + at.bits < 64 else shifted


class _Steps:
    """The function `successors` of a system."""

    def __init__(self, system: TransitionSystem, packed: Packing, arguments: Arguments) -> None:
        self.system = system
        self.packed = packed
        self.code = _reading(system.variables, packed, arguments)
        self.domains = {v.name: v.domain for v in system.variables}
        self.group_of = {
            name: number
            for number, group in enumerate(system.interchangeable)
            for slot in group
            for name in slot
        }

    def text(self) -> str:
        self.code.do("%n = load i64, ptr %steps")
        body = ["%steps = alloca i64", "store i64 0, ptr %steps", *self.code.lines]
        head = "define i64 @successors(ptr noalias %row, ptr noalias %out, ptr noalias %acts) {"
        return "\n".join([head, *body, "ret i64 %n", "}"])

    def tree(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            match node:
                case Leaf(index, guard):
                    parts = [self.code.value(c) for part in guard for c in conjuncts(part)]
                    if parts:
                        with self.code.inside(self.code.all_true(parts)):
                            self.step(index)
                    else:
                        self.step(index)
                case Branch(condition, inside):
                    with self.code.inside(self.code.value(condition)):
                        self.tree(inside)

    def step(self, index: int) -> None:
        """One more row: the state after action `index`."""
        code, updates = self.code, self.system.actions[index].updates
        words = {w: f"%w{w}" for w in range(self.packed.words)}
        new: dict[int, list[tuple[Field, str]]] = {}
        for name, term in updates.items():
            value = code.value(term)
            if isinstance(self.domains[name], Bool):
                value = code.op(f"zext i1 {value} to i64")
            at = self.packed.place[name]
            new.setdefault(at.word, []).append((at, value))
        for word, fields in new.items():
            words[word] = self.replaced(words[word], fields)
        for group in sorted({self.group_of[name] for name in updates if name in self.group_of}):
            self.sort(group, words)
        self.store(index, words)

    def replaced(self, word: str, fields: Sequence[tuple[Field, str]]) -> str:
        """`word` with some of its fields replaced."""
        code = self.code
        mask = sum(at.mask for at, _ in fields)
        total = code.op(f"and i64 {word}, {~mask}")
        for at, value in fields:
            shifted = code.op(f"shl i64 {value}, {at.shift}") if at.shift else value
            total = code.op(f"or i64 {total}, {shifted}")
        return total

    def sort(self, group: int, words: dict[int, str]) -> None:
        """Put the slots of a group into descending order."""
        slots = self.packed.slots[group]
        keys = [[_field(self.code, words[at.word], at) for at in slot] for slot in slots]
        for left, right in combinations(range(len(keys)), 2):
            self.exchange(keys, left, right)
        new: dict[int, list[tuple[Field, str]]] = {}
        for slot, key in zip(slots, keys, strict=True):
            for at, value in zip(slot, key, strict=True):
                new.setdefault(at.word, []).append((at, value))
        for word, fields in new.items():
            words[word] = self.replaced(words[word], fields)

    def exchange(self, keys: list[list[str]], left: int, right: int) -> None:
        """Let the larger of two slots stand to the left."""
        code, a, b = self.code, keys[left], keys[right]
        less = code.op(f"icmp ult i64 {a[-1]}, {b[-1]}")
        for x, y in zip(reversed(a[:-1]), reversed(b[:-1]), strict=True):
            equal = code.op(f"icmp eq i64 {x}, {y}")
            below = code.op(f"icmp ult i64 {x}, {y}")
            less = code.op(f"select i1 {equal}, i1 {less}, i1 {below}")
        chosen = [
            (
                code.op(f"select i1 {less}, i64 {y}, i64 {x}"),
                code.op(f"select i1 {less}, i64 {x}, i64 {y}"),
            )
            for x, y in zip(a, b, strict=True)
        ]
        keys[left], keys[right] = [x for x, _ in chosen], [y for _, y in chosen]

    def store(self, index: int, words: Mapping[int, str]) -> None:
        code = self.code
        n = code.op("load i64, ptr %steps")
        offset = code.op(f"mul i64 {n}, {self.packed.words}")
        row = code.op(f"getelementptr i64, ptr %out, i64 {offset}")
        for word, value in words.items():
            at = code.op(f"getelementptr i64, ptr {row}, i64 {word}") if word else row
            code.do(f"store i64 {value}, ptr {at}")
        action = code.op(f"getelementptr i32, ptr %acts, i64 {n}")
        code.do(f"store i32 {index}, ptr {action}")
        code.do(f"store i64 {code.op(f'add i64 {n}, 1')}, ptr %steps")
