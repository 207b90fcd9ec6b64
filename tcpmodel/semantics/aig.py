"""Circuits of and-gates and inverters, and their clauses.

A literal is twice the number of a node, plus 1 if inverted; node 0 is false, so 0 is false and 1 is
true.  Equal gates are one node, and what constants decide is decided when a gate is built.
(Tseitin 1968 for the clauses.)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

FALSE, TRUE = 0, 1


def inverted(literal: int) -> int:
    """The opposite."""
    return literal ^ 1


class Circuit:
    """And-gates over inputs."""

    def __init__(self) -> None:
        self.gates: list[tuple[int, int] | None] = [None]
        self._known: dict[tuple[int, int], int] = {}

    def input(self) -> int:
        """A new input."""
        self.gates.append(None)
        return 2 * (len(self.gates) - 1)

    def both(self, a: int, b: int) -> int:
        """A ∧ b."""
        if a > b:
            a, b = b, a
        if a == FALSE or a == inverted(b):
            return FALSE
        if a in (TRUE, b):
            return b
        found = self._known.get((a, b))
        if found is None:
            self.gates.append((a, b))
            found = self._known[a, b] = 2 * (len(self.gates) - 1)
        return found

    def either(self, a: int, b: int) -> int:
        """A ∨ b."""
        return inverted(self.both(inverted(a), inverted(b)))

    def every(self, literals: Iterable[int]) -> int:
        """All of them, as a tree of little depth."""
        row = list(literals) or [TRUE]
        while len(row) > 1:
            pairs = [self.both(a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
            row = pairs + row[len(row) & ~1 :]
        return row[0]

    def some(self, literals: Iterable[int]) -> int:
        """At least one of them."""
        return inverted(self.every(map(inverted, literals)))

    def differs(self, a: int, b: int) -> int:
        """A ⊕ b."""
        return self.either(self.both(a, inverted(b)), self.both(inverted(a), b))

    def choice(self, which: int, a: int, b: int) -> int:
        """A if `which`, otherwise b."""
        if a == b:
            return a
        return self.either(self.both(which, a), self.both(inverted(which), b))

    def clauses(self, roots: Iterable[int]) -> Iterator[list[int]]:
        """What ties the gates below `roots` to their arguments: CNF in DIMACS numbers.

        The variable of a node is its number, and that of node 0 is the first one that is free;
        see `name`.
        """
        seen, stack = {0}, [literal >> 1 for literal in roots]
        yield [-self.name(FALSE)]
        while stack:
            node = stack.pop()
            if node in seen:
                continue
            seen.add(node)
            gate = self.gates[node]
            if gate is None:
                continue
            a, b = self.name(gate[0]), self.name(gate[1])
            yield [-node, a]
            yield [-node, b]
            yield [node, -a, -b]
            stack += [gate[0] >> 1, gate[1] >> 1]

    def name(self, literal: int) -> int:
        """The DIMACS literal of a literal."""
        node = literal >> 1 or len(self.gates)
        return -node if literal & 1 else node
