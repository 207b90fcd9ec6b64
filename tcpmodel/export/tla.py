"""A system and a property in TLA+, for TLC.

An action is a definition of its name; a word of w bits is a number from 0 to 2^w - 1.  The fairness
groups of `leads_to` become conditions WF and SF of disjunctions of actions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Bool, Domain, Term, Value
from tcpmodel.export.subject import WIDTH, Subject, folded, subject, told, touched
from tcpmodel.export.tla_operators import OPERATORS, Bitwise, decimal, fitting
from tcpmodel.export.writing import Names, Writer, bare, named

TURN = "turn"
"""A variable for liveness: TLA+ does not see a step that changes nothing, and this one makes it
change something."""

_WORDS = """
ASSUME ASSUMPTION AXIOM CASE CHOOSE CONSTANT CONSTANTS DOMAIN ELSE ENABLED EXCEPT EXTENDS IF IN
INSTANCE LET LOCAL MODULE OTHER SF_ SUBSET THEN THEOREM UNCHANGED UNION VARIABLE VARIABLES WF_ WITH
TRUE FALSE BOOLEAN STRING LAMBDA RECURSIVE PROOF BY DEF DEFS PROVE HAVE TAKE PICK QED

Nat Int Seq Len Head Tail Append SubSeq SelectSeq SortSeq Print PrintT Assert JavaTime TLCGet TLCSet
Permutations RandomElement Any ToString TLCEval

vars Init Next Spec Property a b n BitAnd BitOr BitXor
"""
RESERVED = frozenset(_WORDS.split())
"""Words of TLA+, names of the standard modules that we extend, and our own."""


def tla(system: TransitionSystem, question: Property, module: str = "Model") -> dict[str, str]:
    """The module called `module` (`.tla`), and the configuration with which TLC checks it (`.cfg`).

    For `leads_to` there are two states for each of ours; see `TURN`.  Raises `ModelError` for what
    this export cannot say; see `subject`.
    """
    found = subject(system, question, "TLA+")
    known = {action.event.group for action in system.actions}
    for group in (*question.weak, *question.strong):
        if group not in known:
            raise ModelError(f"no group of actions is called {group!r}")
    kind = "INVARIANT" if question.kind is not Kind.LEADS_TO else "PROPERTY"
    text = "\n".join(_Tla(found, module).lines()) + "\n"
    return {".tla": text, ".cfg": f"SPECIFICATION Spec\n{kind} Property\n"}


class _Tla:
    """The parts of the module, in their order."""

    def __init__(self, found: Subject, module: str) -> None:
        self.subject = found
        self.system = found.system
        self.module = module
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", module) or module in RESERVED:
            raise ModelError(f"{module!r} is no name of a TLA+ module: letters, digits and _")
        self.names = Names(RESERVED | {module})
        variables, constants = named(self.system, self.names)
        self.bitwise = Bitwise(self.names)
        operators = fitting(OPERATORS | self.bitwise.operators)
        self.writer = Writer("TLA+", self.system, operators, decimal, variables, constants)
        self.actions = {a.name: self.names.fresh(a.name) for a in self.system.actions}
        channels = [group[0][0].partition("[")[0] for group in self.system.interchangeable]
        self.before = [self.names.fresh(f"{channel} before") for channel in channels]
        self.slots = [self.names.fresh(f"{channel} slots") for channel in channels]
        self.temporaries: list[str] = []
        self.turn = self.names.fresh(TURN) if found.invariant is None else ""

    def lines(self) -> Iterator[str]:
        bodies = [line for action in self.system.actions for line in self.action(action)]
        property_ = list(self.asked())
        yield f"---- MODULE {self.module} ----"
        yield from _comment(self.subject.header(self.usage()))
        yield ""
        yield "EXTENDS Integers, Sequences, TLC"
        for domain, names in self.writer.constants.items():
            yield ""
            yield f"\\* {domain.name}"
            yield from (f"{name} == {code}" for code, name in enumerate(names))
        yield from self.state()
        yield from self.initial()
        yield from self.bitwise.definitions()
        for number in range(len(self.before)):
            yield from self.order(number)
        yield from bodies
        yield ""
        yield "Next =="
        yield from (f"    \\/ {name}" for name in self.actions.values())
        yield from property_
        yield "===="

    def usage(self) -> Iterator[str]:
        name = self.module
        yield f"Run:  java -cp tla2tools.jar tlc2.TLC -deadlock -config {name}.cfg {name}.tla"
        yield "What TLC counts as distinct states are ours, and a counterexample has one state more"
        yield "than ours has steps."
        if self.subject.invariant is None:
            yield f"{TURN}: TLA+ does not see a step that changes nothing; this variable makes each"
            yield "step change something, so there are two states for each of ours."

    @property
    def variables(self) -> list[str]:
        return [*self.writer.names.values(), *([self.turn] if self.turn else [])]

    def state(self) -> Iterator[str]:
        yield ""
        yield "VARIABLES"
        last = self.variables[-1]
        for name, var in zip(self.writer.names.values(), self.system.variables, strict=True):
            comma = "" if name == last else ","
            yield f"    {name}{comma}  \\* {_range(var.domain)}"
        if self.turn:
            yield f"    {self.turn}  \\* 0 or 1"
        yield ""
        yield from folded(f"vars == << {', '.join(self.variables)} >>")

    def initial(self) -> Iterator[str]:
        yield ""
        yield "Init =="
        for start in self.subject.starts:
            several = len(self.subject.starts) > 1
            values = [
                f"{self.writer.names[var.name]} = {self.value(var.domain, start[var.name])}"
                for var in self.system.variables
            ]
            for place, line in enumerate([*values, *([f"{self.turn} = 0"] if self.turn else [])]):
                margin = ("    \\/ " if place == 0 else "       ") if several else "    "
                yield f"{margin}/\\ {line}"

    def value(self, domain: Domain, value: Value) -> str:
        if isinstance(domain, Bool):
            return str(value).upper()
        return self.writer.text(domain.term(value), domain)

    def temporary(self, number: int) -> str:
        while number >= len(self.temporaries):
            self.temporaries.append(self.names.fresh(f"tmp {len(self.temporaries)}"))
        return self.temporaries[number]

    # --- actions -------------------------------------------------------------------------------

    def action(self, action: Action) -> Iterator[str]:
        yield ""
        yield from _comment(told(action))
        yield f"{self.actions[action.name]} =="
        yield from (f"    /\\ {_condition(self.writer.text(part), part)}" for part in action.guard)
        declared, updates = self.system.by_name, action.updates
        definitions, known = [], dict[int, str]()
        for term in self.writer.shared(list(updates.values())):
            text = self.writer.text(term, known=known)
            known[term.get_id()] = self.temporary(len(known))
            definitions.append(f"{known[term.get_id()]} == {bare(text)}")
        texts = {
            name: _operand(self.writer.text(term, declared[name].domain, known), term)
            for name, term in updates.items()
        }
        for number, group in touched(self.system, action):
            rows = [[texts.get(n, self.writer.names[n]) for n in slot] for slot in group]
            listed = ",\n".join(f"    << {', '.join(row)} >>" for row in rows)
            definitions.append(
                f"{self.slots[number]} == SortSeq(<<\n{listed} >>, {self.before[number]})"
            )
            for place, slot in enumerate(group, 1):
                for field, name in enumerate(slot, 1):
                    texts[name] = f"{self.slots[number]}[{place}][{field}]"
        changes = [
            f"{self.writer.names[name]}' = {text}"
            for name, text in texts.items()
            if text != self.writer.names[name]
        ]
        kept = [
            self.writer.names[v.name]
            for v in self.system.variables
            if texts.get(v.name, self.writer.names[v.name]) == self.writer.names[v.name]
        ]
        yield from self.step(definitions, changes, kept)

    def step(
        self, definitions: Sequence[str], changes: Sequence[str], kept: Sequence[str]
    ) -> Iterator[str]:
        margin = "    "
        if definitions:
            for place, line in enumerate("\n".join(definitions).split("\n")):
                yield ("           " if place else "    /\\ LET ") + line
            margin = "           "
        for place, line in enumerate(changes):
            yield ("       IN  " if definitions and not place else margin) + f"/\\ {line}"
        if self.turn:
            yield f"    /\\ {self.turn}' = 1 - {self.turn}"
        if kept:
            listed = folded(f"UNCHANGED << {', '.join(kept)} >>", WIDTH - 7)
            yield from (("       " if n else "    /\\ ") + line for n, line in enumerate(listed))

    def order(self, number: int) -> Iterator[str]:
        """The order in which the slots of a bag stand: descending, field by field."""
        first = self.system.interchangeable[number][0]
        yield ""
        yield "\\* Interchangeable slots of a bag: which is which makes no state of its own."
        alternatives = []
        for field, name in enumerate(first, 1):
            same = [f"a[{earlier}] = b[{earlier}]" for earlier in range(1, field)]
            boolean = isinstance(self.system.by_name[name].domain, Bool)
            more = f"a[{field}] /\\ ~b[{field}]" if boolean else f"a[{field}] > b[{field}]"
            alternatives.append(" /\\ ".join([*same, more]))
        yield f"{self.before[number]}(a, b) =="
        yield from (f"    \\/ {text}" for text in alternatives)

    # --- the property --------------------------------------------------------------------------

    def asked(self) -> Iterator[str]:
        question, invariant = self.subject.question, self.subject.invariant
        fairness: list[str] = []
        if invariant is None:
            yield from self.groups((*question.weak, *question.strong), fairness)
        yield ""
        if fairness:
            yield "\\* A run goes on as long as it can."
            yield "Spec =="
            yield from (f"    /\\ {part}" for part in ("Init", "[][Next]_vars", *fairness))
        else:
            yield "Spec == Init /\\ [][Next]_vars"
        yield ""
        yield from _comment(folded(str(question)))
        if invariant is not None:
            yield f"Property == {bare(self.writer.text(invariant))}"
        else:
            premise, target = self.writer.text(question.formula), self.writer.text(question.target)
            yield f"Property == {premise} ~> {target}"

    def groups(self, groups: Iterable[str], fairness: list[str]) -> Iterator[str]:
        """The definitions of the fairness groups; the conditions on them go into `fairness`."""
        question = self.subject.question
        fairness.append("WF_vars(Next)")
        for group in dict.fromkeys(groups):
            name = self.names.fresh(f"group {group}")
            yield ""
            yield f"\\* {group}"
            yield f"{name} =="
            for action in self.system.actions:
                if action.event.group == group:
                    yield f"    \\/ {self.actions[action.name]}"
            fairness += [f"WF_vars({name})"] * (group in question.weak)
            fairness += [f"SF_vars({name})"] * (group in question.strong)


def _comment(lines: Iterable[str]) -> Iterator[str]:
    yield from (f"\\* {line}".rstrip() for line in lines)


def _condition(text: str, term: Term) -> str:
    """A guard.  TLC would take each alternative of a disjunction as a step of its own."""
    splits = "\\/" in text or "=>" in text
    return f"TRUE = {text}" if splits and not z3.is_eq(term) else bare(text)


def _operand(text: str, term: Term) -> str:
    """`text` to the right of an equals sign, which binds closer than what makes truth values."""
    return text if z3.is_bool(term) else bare(text)


def _range(domain: Domain) -> str:
    return "BOOLEAN" if isinstance(domain, Bool) else f"0..{domain.size - 1}"
