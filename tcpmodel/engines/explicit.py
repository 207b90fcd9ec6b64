"""Explicit search in Python: every reachable state, as the reference interpreter finds it.

The slowest way to search, and the plainest: it is what every other engine is compared with.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Observer, Result, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines.exploration import Exploration, settle
from tcpmodel.semantics.interpret import Codes, Interpreter, interpreter

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tcpmodel.engines.graph import Graph

NAME = "explicit"


def check(
    system: TransitionSystem,
    question: Property,
    budget: Budget = Budget(),
    observer: Observer = silent,
) -> Result:
    """Settle `always`, `sometimes` and `within`; see `exploration.settle`."""
    return settle(system, question, budget, observer, Search)


class Search(Exploration):
    """States as tuples, in a dictionary."""

    name = NAME

    def __init__(
        self,
        system: TransitionSystem,
        goal: Term,
        budget: Budget = Budget(),
        observer: Observer = silent,
        *,
        watches: Iterable[tuple[str, Term]] = (),
    ) -> None:
        super().__init__(system, goal, budget, observer, watches=watches)
        self._holds = self.compiled.predicate(goal)
        self._watching = {t: self.compiled.predicate(term) for t, term in self.watches.items()}
        self.order: list[Codes] = []
        self.parents: list[int] = []
        self.index: dict[Codes, int] = {}

    @cached_property
    def compiled(self) -> Interpreter:
        return interpreter(self.system)

    @cached_property
    def edges(self) -> list[list[tuple[int, int]]]:
        """The steps from each expanded state, once the search has ended: (action, state after)."""
        return [
            [(action, self.index[state]) for action, state in self.compiled.successors(here)]
            for here in self.order[: self.expanded]
        ]

    def steps(self) -> Graph:
        from tcpmodel.engines.graph import Graph

        return Graph.of_rows(len(self.order), self.edges)

    def values(self, terms: Sequence[Term]) -> NDArray[np.uint64]:
        import numpy as np

        look = self.compiled.function(terms)
        found = [look(state) for state in self.order]
        return np.array(found, np.uint64).reshape(len(self.order), len(terms))

    def begin(self, initial: Sequence[Codes]) -> None:
        for state in initial:
            self._keep(state, -1)
        self._note(0)

    def expand(self, first: int, last: int) -> str:
        order, index, fired = self.order, self.index, self.fired
        successors, noted = self.compiled.successors, len(order)
        for here in range(first, last):
            steps = successors(order[here])
            self.transitions += len(steps)
            self.deadlocks += not steps
            for action, state in steps:
                fired[action] += 1
                if state not in index:
                    self._keep(state, here)
            self.expanded = here + 1
            if self.found is not None:
                break
        self._note(noted)
        return ""

    def _keep(self, state: Codes, parent: int) -> None:
        there = self.index[state] = len(self.order)
        self.order.append(state)
        self.parents.append(parent)
        if self.found is None and self._holds(state):
            self.found = there

    def _note(self, start: int) -> None:
        """Look at the watched conditions in the states from `start` on, until each has held."""
        for title, seen in self.reached.items():
            if not seen:
                holds = self._watching[title]
                self.reached[title] = any(holds(s) for s in self.order[start:])
