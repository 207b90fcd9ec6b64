"""A system as one circuit: the next state as a function of the state and of the action taken.

Literals are DIMACS numbers, ready for a SAT solver.  What is said of a state is said in *atoms*:
that a small variable has a certain value, that a bit of a large one is set.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import z3

from tcpmodel.core.system import TransitionSystem, in_range
from tcpmodel.core.terms import Term, Var, conjunction
from tcpmodel.semantics.aig import Circuit, inverted
from tcpmodel.semantics.blast import Bits, Blaster
from tcpmodel.semantics.interpret import Codes
from tcpmodel.semantics.unroll import Unrolling

SMALL = 5
"""A variable of at most so many bits is described by its value, not bit by bit: what it excludes
is a value in one literal, and its neighbours in number mean nothing.
"""


@dataclass(frozen=True)
class Atom:
    """A fact about variable number `column`: that it has the code `value`, if `place` is None;
    otherwise that this bit of it is `value`.

    now, then: the literals of the fact before and after a step.
    """

    column: int
    value: int
    place: int | None
    now: int
    then: int

    def holds(self, state: Codes) -> bool:
        """Whether it is a fact of `state`."""
        code = state[self.column]
        return (code if self.place is None else code >> self.place & 1) == self.value


class Encoding:
    """The circuit of `system`, with `goal` as one more output.

    atoms: by the literal `now`.  allowed: the action that the selector stands for can be taken.
    init, goal, in_range: of the state before the step.  clauses: what ties all literals together;
    last: the largest number in them.
    """

    def __init__(self, system: TransitionSystem, goal: Term) -> None:
        self.system = system
        self.unrolled = Unrolling(system)
        circuit = self._circuit = Circuit()
        self._bits = {
            v.name: tuple(circuit.input() for _ in range(v.domain.bits)) for v in system.variables
        }
        selector = self.unrolled.selector
        choice = tuple(circuit.input() for _ in range(selector.size()))
        blast = Blaster(circuit, {**self._bits, selector.decl().name(): choice})
        after = {v.name: blast(self.unrolled.after(v)) for v in system.variables}
        may = self.unrolled.enabled() if self.unrolled.actions else [z3.BoolVal(False)]
        outputs = [
            circuit.every(map(blast.condition, may)),
            blast.condition(system.init),
            blast.condition(goal),
            circuit.every(blast.condition(in_range(v.term, v.domain)) for v in system.variables),
        ]
        facts = [
            (column, *fact)
            for column, var in enumerate(system.variables)
            for fact in self._facts(var, after[var.name])
        ]
        roots = [literal for _, _, _, now, then in facts for literal in (now, then)]
        self.clauses = list(circuit.clauses([*outputs, *roots]))
        self.last = len(circuit.gates)
        name = circuit.name
        found = [Atom(c, v, p, name(now), name(then)) for c, v, p, now, then in facts]
        self.atoms = {atom.now: atom for atom in found}
        self._by_value = {(a.column, a.place, a.value): a.now for a in found}
        self.selector = [name(literal) for literal in choice]
        self.allowed, self.init, self.goal, self.in_range = map(name, outputs)

    def _facts(self, var: Var, after: Bits) -> Iterable[tuple[int, int | None, int, int]]:
        """(value, place, literal before, literal after) of every atom about a variable."""
        now = self._bits[var.name]
        if var.domain.bits == 1 or var.domain.bits > SMALL:
            for place, (bit, then) in enumerate(zip(now, after, strict=True)):
                yield 0, place, inverted(bit), inverted(then)
                yield 1, place, bit, then
            return
        for value in range(var.domain.size):
            yield value, None, self._is(now, value), self._is(after, value)

    def _is(self, bits: Bits, value: int) -> int:
        return self._circuit.every(
            bit if value >> place & 1 else inverted(bit) for place, bit in enumerate(bits)
        )

    # --- between states and literals ------------------------------------------------------------

    def state(self, model: Sequence[int]) -> Codes:
        """The state before the step in a model of the clauses."""
        name = self._circuit.name
        return tuple(
            sum(1 << i for i, b in enumerate(self._bits[v.name]) if model[name(b) - 1] > 0)
            for v in self.system.variables
        )

    def describe(self, state: Codes) -> list[int]:
        """The atoms that hold in `state`: together they say which state it is."""
        found = []
        for column, (var, code) in enumerate(zip(self.system.variables, state, strict=True)):
            if (column, None, code) in self._by_value:
                found.append(self._by_value[column, None, code])
            else:
                bits = range(var.domain.bits)
                found += [self._by_value[column, place, code >> place & 1] for place in bits]
        return found

    def term(self, literal: int) -> Term:
        """An atom as a formula over the variables."""
        atom = self.atoms[literal]
        var = self.system.variables[atom.column]
        if z3.is_bool(var.term):
            return var.term if atom.value else z3.Not(var.term)
        if atom.place is None:
            return var.term == atom.value
        return z3.Extract(atom.place, atom.place, var.term) == atom.value

    def invariant(self, cubes: Iterable[Iterable[int]]) -> Term:
        """The state is in none of the cubes."""
        return conjunction(z3.Or([z3.Not(self.term(x)) for x in sorted(cube)]) for cube in cubes)

    def action(self, chosen: Iterable[int]) -> str:
        """The name of the action that the literals of the selector stand for."""
        place = sum(1 << i for i, literal in enumerate(chosen) if literal > 0)
        return self.unrolled.actions[place].name
