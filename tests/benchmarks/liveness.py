"""How long the search for fair loops takes, without the search for states.

    python tests/benchmarks/liveness.py                      # a random graph of 10^7 steps
    python tests/benchmarks/liveness.py 'rfc9293 data=1'     # the graph of a scenario

CPU seconds, without those for making up the random graph or for searching the scenario's states.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np

from tcpmodel.core.property import Property, eventually_always, infinitely_often
from tcpmodel.core.result import Budget, silent
from tcpmodel.core.system import TransitionSystem
from tcpmodel.engines.exploration import explored
from tcpmodel.engines.fairness import Assumptions, Cycles
from tcpmodel.engines.graph import Graph
from tcpmodel.engines.lasso import Ways, shortest
from tcpmodel.engines.liveness import Runs
from tcpmodel.engines.native import quickest
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

STATES, STEPS, ACTIONS, GROUPS = 2_500_000, 10_000_000, 60, 4

Made = TypeVar("Made")


def timed(title: str, work: Callable[[], Made]) -> Made:
    """What `work` makes, and how long it took."""
    started = time.process_time()
    made = work()
    print(f"{time.process_time() - started:7.2f} s  {title}")
    return made


def random_graph(cyclic: bool) -> None:
    """Steps lead up to 30,000 states onward; in a cyclic graph, every hundredth far back."""
    shape = "cyclic" if cyclic else "with loops at its end only"
    print(f"a graph of {STATES:,} states and {STEPS:,} steps, {shape}:")
    random = np.random.default_rng(9293)
    source = np.sort(random.integers(0, STATES, STEPS, dtype=np.int32))
    onward = np.minimum(source + random.integers(1, 30_000, STEPS), STATES - 1)
    back = random.random(STEPS) < (0.01 if cyclic else 0)
    onward[back] = random.integers(0, source[back] + 1)
    target, action = onward.astype(np.int32), random.integers(0, ACTIONS, STEPS).astype(np.uint16)
    group = np.minimum(np.arange(ACTIONS), GROUPS).astype(np.int32)
    depth = np.arange(STATES) * 300 // STATES
    # The places that a run must not leave: all but one in a thousand; it starts in one of ten.
    inside = random.random(STATES) < 0.999
    starts = inside & (random.random(STATES) < 0.1)
    fairness = Assumptions(tuple("abcd"), (1, 1, 2, 2))

    def look() -> None:
        graph = timed("rows of steps (CSR)", lambda: Graph.of(STATES, source, target, action))
        kept = timed("the part that matters", lambda: graph.with_edges(graph.inside(inside)))
        ways = timed("ways", lambda: Ways.through(kept, inside, starts, depth))
        enabled = timed("who can move where", lambda: able(graph))
        cycles = timed("components", lambda: Cycles.of(kept, group, enabled, inside & ways.reached))
        lasso = timed("fair components, lasso", lambda: shortest(ways, cycles, fairness))
        print(f"{len(cycles.graph):,} states on cycles")
        print("no lasso" if lasso is None else f"lasso of {ways.cost(lasso)} steps")

    def able(graph: Graph) -> list[np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        found = []
        for place in range(GROUPS):
            states = np.zeros(STATES, np.bool_)
            states[graph.source[(group == place)[graph.action]]] = True
            found.append(states)
        return found

    timed("in all\n", look)


def of_scenario(text: str) -> None:
    """The graph of a scenario, from the reference interpreter, asked whether it falls silent."""
    model = compose(scenario(text))
    receives = ("A receives", "B receives")
    silence = model.world.nothing_inflight()
    look_at(model.system, eventually_always(silence, weak=receives))
    look_at(model.system, infinitely_often(silence, strong=receives))


def look_at(system: TransitionSystem, question: Property) -> None:
    """Every phase of a check, but for the replay of its lasso."""
    print(f"{question.kind.value}:")
    search = timed("the states", lambda: explored(system, question, Budget(), silent, quickest()))
    print(f"{len(search.order):,} states, {search.transitions:,} steps:")
    runs = timed("predicates and rows of steps", lambda: Runs(search, question))
    timed("ways", lambda: runs.ways)
    timed("components", lambda: runs.cycles)
    lasso = timed("lasso", lambda: runs.lasso(Assumptions.of(question)))
    print("no lasso\n" if lasso is None else f"lasso of {runs.ways.cost(lasso)} steps\n")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        of_scenario(sys.argv[1])
    else:
        random_graph(cyclic=False)
        random_graph(cyclic=True)
