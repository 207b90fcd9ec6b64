"""Knowledge by the present state: all reachable states, sorted by what each agent sees of them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import islice
from typing import TypeAlias

from tcpmodel.core.epistemic import And, Atom, Common, Fact, Implies, Knows, Not, Or
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.engines.explicit import Search

Chain: TypeAlias = list[tuple[str, int]]
"""States that show why something is not known: each looks to the agent like the one before."""

CANDIDATES = 200
"""How many of the first states without the knowledge are compared for the shortest chain."""


def own_variables(system: TransitionSystem, agent: str) -> list[Term]:
    """The variables of `agent`, ghosts apart; raises `ModelError` if it has none."""
    own = [v.term for v in system.variables if v.name.startswith(f"{agent}.") and not v.ghost]
    if not own:
        agents = sorted({v.name.partition(".")[0] for v in system.variables if "." in v.name})
        raise ModelError(f"{agent!r} has no state of its own; there are {', '.join(agents)}")
    return own


class Views:
    """The states of a search as possible worlds."""

    def __init__(self, system: TransitionSystem, search: Search) -> None:
        self.system = system
        self.search = search
        self._truth: dict[int, tuple[Fact, list[bool]]] = {}
        self._classes: dict[tuple[str, ...], list[int]] = {}

    def truth(self, fact: Fact) -> list[bool]:
        """For every state in the order of discovery, whether `fact` holds in it."""
        known = self._truth.get(id(fact))
        if known is None:
            known = self._truth[id(fact)] = fact, self._evaluate(fact)
        return known[1]

    def holds(self, term: Term) -> list[bool]:
        """For every state, whether the state formula `term` holds in it."""
        predicate = self.search.compiled.predicate(term)
        return [bool(predicate(state)) for state in self.search.order]

    def _evaluate(self, fact: Fact) -> list[bool]:
        match fact:
            case Atom(term):
                return self.holds(term)
            case Not(part):
                return [not value for value in self.truth(part)]
            case And(parts):
                return [all(values) for values in zip(*map(self.truth, parts), strict=True)]
            case Or(parts):
                return [any(values) for values in zip(*map(self.truth, parts), strict=True)]
            case Implies(premise, conclusion):
                pairs = zip(self.truth(premise), self.truth(conclusion), strict=True)
                return [b or not a for a, b in pairs]
            case Knows(agent, inner):
                return self._everywhere(self.classes((agent,)), self.truth(inner))
            case Common(agents, inner):
                return self._everywhere(self.classes(agents), self.truth(inner))

    def _everywhere(self, classes: list[int], values: list[bool]) -> list[bool]:
        doubtful = {c for c, value in zip(classes, values, strict=True) if not value}
        return [c not in doubtful for c in classes]

    def classes(self, agents: tuple[str, ...]) -> list[int]:
        """A number for every state; two have the same if one gets from one to the other by going,
        again and again, to what looks the same to one of `agents`.
        """
        if agents not in self._classes:
            if len(agents) == 1:
                self._classes[agents] = self._looks(agents[0])
            else:
                self._classes[agents] = self._connected([self.classes((a,)) for a in agents])
        return self._classes[agents]

    def _looks(self, agent: str) -> list[int]:
        look = self.search.compiled.function(own_variables(self.system, agent))
        seen: dict[tuple[int, ...], int] = {}
        return [seen.setdefault(look(state), len(seen)) for state in self.search.order]

    def _connected(self, views: Sequence[list[int]]) -> list[int]:
        """Components of the graph in which a state is joined to each agent's view of it."""
        parent = list(range(len(self.search.order)))

        def root(here: int) -> int:
            while parent[here] != here:
                parent[here] = here = parent[parent[here]]
            return here

        for view in views:
            first: dict[int, int] = {}
            for state, seen in enumerate(view):
                parent[root(state)] = root(first.setdefault(seen, state))
        return [root(state) for state in range(len(parent))]

    # --- why something is not known -----------------------------------------------------------

    def refutation(self, when: Term, fact: Fact) -> tuple[int, Chain] | None:
        """A state with `when` but without `fact`, and why.

        The shortest runs, as far as is easy; of these, one in which what should be known is true.
        """
        called, true = self.holds(when), self.truth(fact)
        found = (i for i in range(len(called)) if called[i] and not true[i])
        chains = [(i, self.chain(fact, i, False)) for i in islice(found, CANDIDATES)]

        def length(pair: tuple[int, Chain]) -> tuple[int, bool]:
            states = [pair[0], *(state for _, state in pair[1])]
            steps = sum(bisect_right(self.search.ends, state) for state in states)
            return steps, isinstance(fact, Knows) and not self.truth(fact.fact)[pair[0]]

        return min(chains, key=length, default=None)

    def chain(self, fact: Fact, here: int, value: bool) -> Chain:
        """Why `fact` has this `value` in state `here`.

        Knowledge is refuted by what is possible; there is nothing to show where it is confirmed.
        """
        match fact:
            case Not(part):
                return self.chain(part, here, not value)
            case Implies(premise, conclusion):
                return self._either([(conclusion, value), (premise, not value)], here)
            case And(parts) | Or(parts):
                return self._either([(part, value) for part in parts], here)
            case Knows(agent, inner) if not value:
                classes, values = self.classes((agent,)), self.truth(inner)
                looks = classes[here]
                there = next(i for i, c in enumerate(classes) if c == looks and not values[i])
                return [(agent, there), *self.chain(inner, there, False)]
            case Common(agents, inner) if not value:
                steps = self._way(agents, inner, here)
                return [*steps, *self.chain(inner, steps[-1][1], False)]
        return []

    def _either(self, reasons: list[tuple[Fact, bool]], here: int) -> Chain:
        """What there is to show for the first of `reasons` that is one and can be shown."""
        given = (self.chain(p, here, v) for p, v in reasons if self.truth(p)[here] is v)
        return next(filter(None, given), [])

    def _way(self, agents: tuple[str, ...], inner: Fact, here: int) -> Chain:
        """The fewest changes of view that lead from `here` to a state without `inner`."""
        values = self.truth(inner)
        alike: dict[tuple[str, int], list[int]] = {}
        for agent in agents:
            for state, seen in enumerate(self.classes((agent,))):
                alike.setdefault((agent, seen), []).append(state)
        queue: list[tuple[int, Chain]] = [(here, [])]
        for state, way in queue:
            for agent in agents:
                for other in alike.pop((agent, self.classes((agent,))[state]), []):
                    longer = [*way, (agent, other)]
                    if not values[other]:
                        return longer
                    queue.append((other, longer))
        raise EngineError("common knowledge was refuted by nothing")
