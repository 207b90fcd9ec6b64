"""Knowledge by perfect recall: what an agent can tell from everything it has seen.

A run is remembered as a tree: the state at its end and, for each agent whose knowledge is asked
for, the trees of all runs that the agent cannot tell from it.  A step changes the tree in one way
only, so there are finitely many trees and the search over them settles the question for runs of any
length.  (The k-trees of van der Meyden and Shilov, Model checking knowledge and time in systems
with perfect recall, 1999, for agents that have no clock.)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from tcpmodel.core.epistemic import And, Atom, Common, Fact, Implies, Knows, Not, Or, parts
from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Term
from tcpmodel.core.trace import Trace
from tcpmodel.engines.explicit import Search
from tcpmodel.engines.views import own_variables
from tcpmodel.semantics.interpret import Codes

Edge: TypeAlias = tuple[int, int]
"""A step of the searched graph: (action, state after it)."""


def seen_fields(system: TransitionSystem) -> frozenset[str]:
    """The fields of a message that its receiver sees: those that senders fill in, ghosts apart."""
    ghosts = {v.name for v in (*system.variables, *system.inputs) if v.ghost}
    events = [action.event for action in system.actions]
    sent = {name for e in events if e.sends is not None for name in e.sends.fields}
    hidden = {
        name
        for e in events
        if e.receives is not None
        for name, term in e.receives.fields.items()
        if str(term) in ghosts
    }
    return frozenset(sent - hidden)


def experience(trace: Trace, system: TransitionSystem, agent: str, events: bool) -> list[object]:
    """All that `agent` has seen in a run: the other definition, by which pairs are checked."""
    fields = seen_fields(system)
    own = [v.name for v in system.variables if v.name.startswith(f"{agent}.") and not v.ghost]

    def look(index: int) -> tuple[object, ...]:
        return tuple(trace.state(index)[name] for name in own)

    found: list[object] = [look(0)]
    for index, step in enumerate(trace.steps, 1):
        message = step.received.fields if step.received is not None else {}
        if events and step.agent == agent:
            read = {name: value for name, value in message.items() if name in fields}
            found.append((step.kind, step.label, tuple(sorted(read.items())), look(index)))
        elif look(index) != look(index - 1):
            found.append(look(index))
    return found


class Graph:
    """The searched states with what each agent notices of each step.

    events: it notices its own steps also if its variables stay as they are.
    """

    def __init__(self, system: TransitionSystem, search: Search, events: bool) -> None:
        self.system, self.search, self.events = system, search, events
        self.starts = [i for i, parent in enumerate(search.parents) if parent < 0]
        self._views: dict[str, list[int]] = {}
        self._read: dict[int, tuple[list[str], Callable[[Codes], tuple[int, ...]]]] = {}
        self._truth: dict[int, list[bool]] = {}
        self._noticed: dict[str, list[list[int]]] = {}
        self._fields = seen_fields(system)

    def holds(self, term: Term, state: int) -> bool:
        """Whether a state formula holds in a state."""
        known = self._truth.get(term.get_id())
        if known is None:
            predicate = self.search.compiled.predicate(term)
            known = [bool(predicate(codes)) for codes in self.search.order]
            self._truth[term.get_id()] = known
        return known[state]

    def view(self, agent: str) -> list[int]:
        """A number for what `agent` sees of each state."""
        if agent not in self._views:
            look = self.search.compiled.function(own_variables(self.system, agent))
            ids: dict[tuple[int, ...], int] = {}
            self._views[agent] = [ids.setdefault(look(s), len(ids)) for s in self.search.order]
        return self._views[agent]

    def noticed(self, agent: str) -> list[list[int]]:
        """For each edge of each state, a number for what `agent` notices of it; -1 is nothing."""
        if agent not in self._noticed:
            ids: dict[object, int] = {}
            view, edges = self.view(agent), self.search.edges
            self._noticed[agent] = [
                [self._notice(agent, view, ids, here, edge) for edge in out]
                for here, out in enumerate(edges)
            ]
        return self._noticed[agent]

    def _notice(
        self, agent: str, view: list[int], ids: dict[object, int], here: int, edge: Edge
    ) -> int:
        number, there = edge
        event = self.system.actions[number].event
        if event.agent != agent or not self.events:
            return ids.setdefault(view[there], len(ids)) if view[here] != view[there] else -1
        what = (event.kind, event.label, self._message(number, here), view[there])
        return ids.setdefault(what, len(ids))

    def _message(self, number: int, here: int) -> object:
        """What is read of the message that an action receives."""
        receives = self.system.actions[number].event.receives
        if receives is None:
            return None
        if number not in self._read:
            names = sorted(self._fields & receives.fields.keys())
            function = self.search.compiled.function([receives.fields[name] for name in names])
            self._read[number] = names, function
        names, read = self._read[number]
        return tuple(names), read(self.search.order[here])


class Layer:
    """The trees of one depth, each made once and known by its number.

    Without agents, a tree is a state.  sets: for each agent, the trees one layer down.
    """

    def __init__(self, graph: Graph, facts: list[Fact]) -> None:
        self.graph = graph
        self.below: dict[str, Layer] = {}
        for agent, inner in sorted(_known(facts).items()):
            graph.noticed(agent)
            self.below[agent] = Layer(graph, inner)
        self.states: list[int] = []
        self.sets: list[tuple[frozenset[int], ...]] = []
        self._numbers: dict[tuple[int, tuple[frozenset[int], ...]], int] = {}
        self._moved: dict[tuple[int, int], int] = {}
        self._after: dict[tuple[str, frozenset[int], int], frozenset[int]] = {}
        self._truth: dict[tuple[int, frozenset[int]], bool] = {}
        self._places = {agent: place for place, agent in enumerate(self.below)}

    def __len__(self) -> int:
        return len(self.states) + sum(len(layer) for layer in self.below.values())

    def tree(self, state: int, sets: tuple[frozenset[int], ...]) -> int:
        """The number of a tree."""
        known = self._numbers.get((state, sets))
        if known is None:
            known = self._numbers[state, sets] = len(self.states)
            self.states.append(state)
            self.sets.append(sets)
        return known

    def starts(self) -> list[int]:
        """The trees of runs without steps."""
        found = []
        for state in self.graph.starts:
            sets = []
            for agent, layer in self.below.items():
                view = self.graph.view(agent)
                alike = {t for t in layer.starts() if view[layer.states[t]] == view[state]}
                sets.append(self._closed(agent, layer, alike))
            found.append(self.tree(state, tuple(sets)))
        return found

    def steps(self, tree: int) -> Iterator[tuple[Edge, int]]:
        """The steps from a tree: (edge, tree after it)."""
        out = self.graph.search.edges[self.states[tree]]
        return ((edge, self.step(tree, place)) for place, edge in enumerate(out))

    def step(self, tree: int, place: int) -> int:
        """The tree after the step along an edge."""
        known = self._moved.get((tree, place))
        if known is None:
            here = self.states[tree]
            sets = tuple(
                self._informed(agent, layer, alike, self.graph.noticed(agent)[here][place])
                for (agent, layer), alike in zip(self.below.items(), self.sets[tree], strict=True)
            )
            known = self.tree(self.graph.search.edges[here][place][1], sets)
            self._moved[tree, place] = known
        return known

    def _informed(
        self, agent: str, layer: Layer, alike: frozenset[int], notice: int
    ) -> frozenset[int]:
        """The trees that the agent holds possible once it has noticed something."""
        if notice < 0:
            return alike
        key = agent, alike, notice
        if key not in self._after:
            noticed = self.graph.noticed(agent)
            after = {
                layer.step(tree, place)
                for tree in alike
                for place, seen in enumerate(noticed[layer.states[tree]])
                if seen == notice
            }
            self._after[key] = self._closed(agent, layer, after)
        return self._after[key]

    def _closed(self, agent: str, layer: Layer, trees: set[int]) -> frozenset[int]:
        """`trees`, and those that steps lead to of which the agent notices nothing."""
        noticed, todo = self.graph.noticed(agent), list(trees)
        while todo:
            tree = todo.pop()
            for place, seen in enumerate(noticed[layer.states[tree]]):
                if seen < 0 and (there := layer.step(tree, place)) not in trees:
                    trees.add(there)
                    todo.append(there)
        return frozenset(trees)

    def true(self, fact: Fact, tree: int) -> bool:
        """Whether `fact` holds at the end of the runs that `tree` stands for."""
        match fact:
            case Atom(term):
                return self.graph.holds(term, self.states[tree])
            case Not(part):
                return not self.true(part, tree)
            case And(several):
                return all(self.true(part, tree) for part in several)
            case Or(several):
                return any(self.true(part, tree) for part in several)
            case Implies(premise, conclusion):
                return not self.true(premise, tree) or self.true(conclusion, tree)
            case Knows(agent, inner):
                alike = self.sets[tree][self._places[agent]]
                key = id(fact), alike  # many trees share a set
                if key not in self._truth:
                    layer = self.below[agent]
                    self._truth[key] = all(layer.true(inner, other) for other in alike)
                return self._truth[key]
        raise AssertionError(fact)


def _known(facts: list[Fact]) -> dict[str, list[Fact]]:
    """The agents whose knowledge is asked for at the top of `facts`, with what they should know."""
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        if isinstance(fact, Common):
            raise ModelError(
                "common knowledge with perfect recall is not settled: ask for view=state, or for "
                "knowledge of a certain depth"
            )
        below = {fact.agent: [fact.fact]} if isinstance(fact, Knows) else _known([*parts(fact)])
        for agent, inner in below.items():
            found.setdefault(agent, []).extend(inner)
    return found
