"""A system and a property in Promela, for SPIN.

One process repeats one `d_step` per action, so that an action is a transition and a state of SPIN
is a state of ours: what SPIN stores can be counted against what we visit.  (A temporary, where one
is needed, is 0 between two steps; SPIN searches no model breadth first that has `hidden` ones.)
Numbers are C's `int`: a word of 32 bits is a signed one there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Domain, Term, Value
from tcpmodel.export.subject import Subject, folded, subject, told, touched
from tcpmodel.export.writing import (
    Names,
    Operator,
    Writer,
    bare,
    infix,
    named,
    pairwise_different,
)

WIDEST = 32
"""Bits of an `int`."""

USAGE = (
    "Run:  spin -a FILE && cc -O2 -fwrapv -DSAFETY -DNOREDUCE -o pan pan.c",
    "      ./pan -m1000000 -w24",
    "-m: the depth of the search, to be raised if SPIN says so; -w: log2 of the hash table.  With",
    "-DBFS the search is breadth first and the error a shortest one; spin -t FILE then prints its",
    "actions.  The last step is the assertion, which adds no state where the property holds.",
)

_WORDS = """
active assert atomic bit bool break byte chan check claim do d_step d_proctype empty enabled end
eval false fi full goto hidden if init inline int len ltl mtype nempty never nfull notrace np_ od of
pc_value pid priority printf printm proctype property provided run select short show skip step
target taken timeout trace true typedef unless unsigned xr xs

auto case char const continue default double else enum extern float for long now register return
signed sizeof static struct switch union void volatile while
"""
RESERVED = frozenset(_WORDS.split())
"""Words of Promela and our own; words of C, in which pan is written."""


def promela(system: TransitionSystem, question: Property) -> str:
    """The model.  For `always` a violation is one step more than ours: the assertion itself.

    Raises `ModelError` for what Promela, or this export, cannot say; see `subject`.
    """
    found = subject(system, question, "Promela")
    if found.invariant is None:
        raise ModelError(f"the Promela export cannot say {question.kind.value}: export it to TLA+")
    if len(found.starts) > 1:
        raise ModelError(f"Promela starts in one state; {system.name} has {len(found.starts)}")
    return "\n".join(_Promela(found).lines()) + "\n"


class _Promela:
    """The parts of the model, in their order."""

    def __init__(self, found: Subject) -> None:
        self.subject = found
        self.system = found.system
        self.names = Names(RESERVED)
        variables, constants = named(self.system, self.names)
        self.writer = Writer("Promela", self.system, OPERATORS, _number, variables, constants)
        self.actions = {a.name: self.names.fresh(a.name) for a in self.system.actions}
        self.sorts = [
            self.names.fresh(f"sort {group[0][0].partition('[')[0]}")
            for group in self.system.interchangeable
        ]
        self.temporaries: list[str] = []

    def lines(self) -> Iterator[str]:
        bodies = [line for action in self.system.actions for line in self.action(action)]
        sorting = [line for number in range(len(self.sorts)) for line in self.sorting(number)]
        process = list(self.process())
        yield from _comment(self.subject.header(USAGE))
        yield ""
        for domain, names in self.writer.constants.items():
            yield f"/* {domain.name} */"
            yield from (f"#define {name} {code}" for code, name in enumerate(names))
            yield ""
        (start,) = self.subject.starts
        for var in self.system.variables:
            yield self.declaration(var.name, var.domain, start[var.name])
        yield ""
        yield from (
            f"int {name} = 0;  /* a temporary: 0 between two steps */" for name in self.temporaries
        )
        yield from sorting
        yield from bodies
        yield from process

    def declaration(self, name: str, domain: Domain, value: Value) -> str:
        own = self.writer.names[name]
        if isinstance(domain, Bool):
            return f"bool {own} = {str(value).lower()};"
        start = self.writer.text(domain.term(value), domain)
        if domain.bits > WIDEST:
            raise ModelError(f"Promela's numbers have {WIDEST} bits; {name} has {domain.bits}")
        if domain.bits == WIDEST:
            return f"int {own} = {start};"
        return f"unsigned {own} : {domain.bits} = {start};"

    def temporary(self, number: int) -> str:
        while number >= len(self.temporaries):
            self.temporaries.append(self.names.fresh(f"tmp {len(self.temporaries)}"))
        return self.temporaries[number]

    # --- actions -------------------------------------------------------------------------------

    def action(self, action: Action) -> Iterator[str]:
        yield ""
        yield from _comment(told(action))
        own = self.actions[action.name]
        todo = {
            name: term
            for name, term in action.updates.items()
            if not term.eq(self.system.by_name[name].term)
        }
        known: dict[int, str] = {}
        for term in self.writer.shared(list(todo.values())):
            text = self.writer.text(term, known=known)
            known[term.get_id()] = self.names.fresh(f"{own} {len(known) + 1}")
            yield f"#define {known[term.get_id()]} {text}"
        texts = {
            name: _open(self.writer.text(term, self.system.by_name[name].domain, known))
            for name, term in todo.items()
        }
        yield f"inline {own}() {{"
        yield "    d_step {"
        guard = [_open(self.writer.text(part)) for part in action.guard] or ["true"]
        if len(guard) > 1:
            guard = [f"({part})" for part in guard]
        yield from (f"        {line} &&" for line in guard[:-1])
        yield f"        {guard[-1]} ->"
        yield f'        printf("{action.name}\\n");'
        yield from (f"        {line};" for line in self.updates(action, texts))
        yield from (
            f"        {self.sorts[number]}();" for number, _ in touched(self.system, action)
        )
        yield "    }"
        yield "}"

    def updates(self, action: Action, texts: dict[str, str]) -> Iterator[str]:
        """Assignments, one after the other, to the same effect as all at once.

        texts: variable → its new value.  What nothing left reads is assigned first; where each is
        read by another, a value is worked out before its time, into a temporary.
        """
        reads = {name: self.writer.reads(action.updates[name]) for name in texts}
        saved = 0
        while texts:
            free = [n for n in texts if all(n not in reads[m] for m in texts if m != n)]
            if free:
                yield f"{self.writer.names[free[0]]} = {texts.pop(free[0])}"
                continue
            name = next(n for n in texts if reads[n])
            yield f"{self.temporary(saved)} = {texts[name]}"
            texts[name], reads[name] = self.temporary(saved), frozenset()
            saved += 1
        yield from (f"{self.temporary(number)} = 0" for number in range(saved))

    def sorting(self, number: int) -> Iterator[str]:
        """Interchangeable slots in descending order: neighbours are exchanged until they stand."""
        group = self.system.interchangeable[number]
        yield ""
        yield "/* Interchangeable slots of a bag: which is which makes no state of its own. */"
        yield f"inline {self.sorts[number]}() {{"
        for last in range(len(group) - 1, 0, -1):
            for place in range(last):
                left, right = group[place], group[place + 1]
                yield "    if"
                yield f"    :: {_open(self.before(left, right))} ->"
                for a, b in zip(left, right, strict=True):
                    one, other = self.writer.names[a], self.writer.names[b]
                    both = f"{one} ^ {other}"  # exchanges them without a temporary
                    yield f"        {one} = {both}; {other} = {both}; {one} = {both};"
                yield "    :: else"
                yield "    fi;"
        yield "    skip"
        yield "}"

    def before(self, left: Sequence[str], right: Sequence[str]) -> str:
        """`left` is less than `right`, field by field."""
        term: Term = z3.BoolVal(False)
        for a, b in reversed(list(zip(left, right, strict=True))):
            one, other = self.system.by_name[a].term, self.system.by_name[b].term
            less = z3.And(z3.Not(one), other) if z3.is_bool(one) else z3.ULT(one, other)
            term = less if z3.is_false(term) else z3.Or(less, z3.And(one == other, term))
        return self.writer.text(term)

    # --- the process and the property ----------------------------------------------------------

    def process(self) -> Iterator[str]:
        yield ""
        yield from _comment(folded(f"{self.subject.question}"))
        assert self.subject.invariant is not None
        yield f"#define property {self.writer.text(self.subject.invariant)}"
        yield ""
        yield "active proctype model() {"
        yield "end:"
        yield "    do"
        yield "    :: d_step { !property -> assert(false) }"
        yield from (f"    :: {name}()" for name in self.actions.values())
        yield "    od"
        yield "}"


def _comment(lines: Iterator[str] | Sequence[str]) -> Iterator[str]:
    first = True
    for line in lines:
        yield f"{'/*' if first else ' *'} {line.replace('*/', '* /')}".rstrip()
        first = False
    yield " */"


def _open(text: str) -> str:
    """`text` without outer parentheses; a conditional expression keeps them."""
    return text if " -> " in text else bare(text)


# --- operators ------------------------------------------------------------------------------------


def _number(value: int, bits: int) -> str:
    if bits < WIDEST or value < 1 << (WIDEST - 1):
        return str(value)
    signed = value - (1 << WIDEST)
    return f"({signed + 1} - 1)"  # the least int cannot be written


def _bits(term: Term) -> int:
    """How many bits the value of `term` takes: extending it by zeros adds none."""
    if term.decl().kind() == z3.Z3_OP_ZERO_EXT and term.arg(0).size() < WIDEST:
        return _bits(term.arg(0))
    return int(term.size())


def _fits(term: Term) -> None:
    for part in (term, *term.children()):
        if z3.is_bv(part) and _bits(part) > WIDEST:
            raise ModelError(
                f"Promela's numbers have {WIDEST} bits; {term.decl().name()} needs {part.size()}"
            )


def _fitting(operator: Operator) -> Operator:
    def text(term: Term, args: list[str]) -> str:
        _fits(term)
        return operator(term, args)

    return text


def _masked(text: str, bits: int) -> str:
    """Mod 2^bits; an int wraps by itself (`cc -fwrapv`)."""
    return text if bits == WIDEST else f"({text} & {(1 << bits) - 1})"


def _arithmetic(symbol: str) -> Operator:
    def text(term: Term, args: list[str]) -> str:
        useful = [a for a in args if a != "0" or symbol != "+"] or ["0"]
        if len(useful) == 1:
            return useful[0]
        return _masked(f"({f' {symbol} '.join(useful)})", int(term.size()))

    return text


def _compared(symbol: str, signed: bool) -> Operator:
    """An int is compared as a signed number of 32 bits; other signs are turned round."""

    def text(term: Term, args: list[str]) -> str:
        bits = int(term.arg(0).size())
        if signed == (bits == WIDEST) or (bits > WIDEST and not signed):
            return f"({args[0]} {symbol} {args[1]})"
        if bits > WIDEST:
            raise ModelError(f"Promela's numbers have {WIDEST} bits; {term.decl()} needs {bits}")
        top = _number(1 << (bits - 1), bits)
        return f"(({args[0]} ^ {top}) {symbol} ({args[1]} ^ {top}))"

    return text


def _concat(term: Term, args: list[str]) -> str:
    text = args[0]
    for part, arg in zip(term.children()[1:], args[1:], strict=True):
        text = f"(({text} << {part.size()}) | {arg})"
    return text


def _extract(term: Term, args: list[str]) -> str:
    high, low = (int(p) for p in term.params())
    shifted = f"({args[0]} >> {low})" if low else args[0]
    return _masked(shifted, high - low + 1)


OPERATORS: Mapping[int, Operator] = {
    kind: _fitting(operator)
    for kind, operator in {
        z3.Z3_OP_TRUE: lambda term, args: "true",
        z3.Z3_OP_FALSE: lambda term, args: "false",
        z3.Z3_OP_NOT: lambda term, args: f"(!{args[0]})",
        z3.Z3_OP_AND: infix("&&", "true"),
        z3.Z3_OP_OR: infix("||", "false"),
        z3.Z3_OP_XOR: infix("!="),
        z3.Z3_OP_IMPLIES: lambda term, args: f"(!{args[0]} || {args[1]})",
        z3.Z3_OP_EQ: infix("=="),
        z3.Z3_OP_DISTINCT: lambda term, args: pairwise_different(args, "!=", "&&"),
        z3.Z3_OP_ITE: lambda term, args: f"({args[0]} -> {args[1]} : {args[2]})",
        z3.Z3_OP_BADD: _arithmetic("+"),
        z3.Z3_OP_BSUB: _arithmetic("-"),
        z3.Z3_OP_BMUL: _arithmetic("*"),
        z3.Z3_OP_BNEG: lambda term, args: _masked(f"(0 - {args[0]})", int(term.size())),
        z3.Z3_OP_BAND: infix("&"),
        z3.Z3_OP_BOR: infix("|"),
        z3.Z3_OP_BXOR: infix("^"),
        z3.Z3_OP_BNOT: lambda term, args: f"({args[0]} ^ {_ones(int(term.size()))})",
        z3.Z3_OP_ULT: _compared("<", signed=False),
        z3.Z3_OP_ULEQ: _compared("<=", signed=False),
        z3.Z3_OP_UGT: _compared(">", signed=False),
        z3.Z3_OP_UGEQ: _compared(">=", signed=False),
        z3.Z3_OP_SLT: _compared("<", signed=True),
        z3.Z3_OP_SLEQ: _compared("<=", signed=True),
        z3.Z3_OP_SGT: _compared(">", signed=True),
        z3.Z3_OP_SGEQ: _compared(">=", signed=True),
        z3.Z3_OP_CONCAT: _concat,
        z3.Z3_OP_EXTRACT: _extract,
        z3.Z3_OP_ZERO_EXT: lambda term, args: args[0],
    }.items()
}
"""What each operator of the reference interpreter is in Promela."""


def _ones(bits: int) -> str:
    return "-1" if bits == WIDEST else str((1 << bits) - 1)
