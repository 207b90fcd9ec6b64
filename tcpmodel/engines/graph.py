"""Graphs of ten million edges: rows of edges in arrays, and what scipy computes on them.

The edges that leave state `s` are those from `indptr[s]` to `indptr[s + 1]` (CSR).  States are
numbered in the order of a breadth-first search.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from tcpmodel.core.errors import ModelError

Numbers: TypeAlias = NDArray[np.int32]
Mask: TypeAlias = NDArray[np.bool_]

MOST = 2**31 - 1
"""scipy counts edges in 32 bits."""


@dataclass(frozen=True)
class Graph:
    """A directed graph whose edges are actions; two states may have several edges between them.

    indptr: where the edges of each state begin, and where the last ones end.
    target, action: of each edge, where it leads and which action it is.
    """

    indptr: NDArray[np.int64]
    target: Numbers
    action: NDArray[Any]

    @staticmethod
    def of(states: int, source: NDArray[Any], target: NDArray[Any], action: NDArray[Any]) -> Graph:
        """The graph of edges given by three arrays of equal length, in any order.

        Edges of one state keep their order.  Raises `ModelError` for more than 2^31 - 1 edges.
        """
        require_countable(len(source))
        indptr = np.zeros(states + 1, np.int64)
        np.cumsum(np.bincount(source, minlength=states), out=indptr[1:])
        if np.any(source[1:] < source[:-1]):
            # The rows of a transposed matrix are its columns, in order: a counting sort.
            rows = np.arange(len(source) + 1, dtype=np.int32)
            column = source.astype(np.int32, copy=False)
            ones = np.ones(len(source), np.int8)
            size = (len(source), states)
            order = _scipy().csr_array((ones, column, rows), size).tocsc().indices
            target, action = target[order], action[order]
        return Graph(indptr, np.ascontiguousarray(target, np.int32), action)

    @staticmethod
    def of_rows(states: int, rows: Sequence[Sequence[tuple[int, int]]]) -> Graph:
        """The graph in which `rows[s]` are the edges of state `s`: (action, where it leads).

        The states beyond the last row have no edges.
        """
        sizes = np.fromiter(map(len, rows), np.int64, len(rows))
        flat = chain.from_iterable(chain.from_iterable(rows))
        pairs = np.fromiter(flat, np.int32, 2 * int(sizes.sum())).reshape(-1, 2)
        source = np.repeat(np.arange(len(rows), dtype=np.int32), sizes)
        return Graph.of(states, source, pairs[:, 1], pairs[:, 0])

    def __len__(self) -> int:
        """The number of states."""
        return len(self.indptr) - 1

    @cached_property
    def source(self) -> Numbers:
        """Where each edge comes from."""
        return np.repeat(np.arange(len(self), dtype=np.int32), np.diff(self.indptr))

    def edges(self, state: int) -> range:
        """The edges that leave `state`."""
        return range(int(self.indptr[state]), int(self.indptr[state + 1]))

    def edge(self, source: int, target: int) -> int:
        """The first edge from `source` to `target`, which must exist."""
        return next(e for e in self.edges(source) if self.target[e] == target)

    def inside(self, states: Mask) -> Mask:
        """The edges that do not leave a set of states."""
        return states[self.source] & states[self.target]

    def with_edges(self, edges: Mask) -> Graph:
        """The same states, and of the edges only these."""
        if edges.all():
            return self
        before = np.zeros(len(edges) + 1, np.int32)
        np.cumsum(edges, out=before[1:], dtype=np.int32)
        return Graph(before[self.indptr].astype(np.int64), self.target[edges], self.action[edges])

    def part(self, states: Mask, edges: Mask) -> Graph:
        """Some states, numbered anew in the same order, and some of the edges between them."""
        if states.all():
            return self.with_edges(edges)
        number = np.cumsum(states, dtype=np.int32) - np.int32(1)
        rows = np.flatnonzero(states)
        slim = self.with_edges(edges)
        indptr = np.append(slim.indptr[rows], slim.indptr[-1])
        return Graph(indptr, number[slim.target], slim.action)

    def components(self) -> Numbers:
        """For each state, the number of its strongly connected component."""
        # On several edges between the same two states, scipy's search for components never ends.
        size, ones = len(self), np.ones(len(self.target), np.int8)
        entries = (ones, self.target.copy(), self.indptr.astype(np.int32))
        slim = _scipy().csr_array(entries, (size, size))
        slim.sum_duplicates()
        matrix = _matrix(slim.indptr, slim.indices)
        search = _scipy().csgraph.connected_components
        label: Numbers = search(matrix, directed=True, connection="strong")[1]
        return label

    def breadth_first(self, start: int) -> tuple[Numbers, Numbers]:
        """The states that can be reached from `start`, nearest first; of each, its predecessor."""
        order, before = _scipy().csgraph.breadth_first_order(self._plain, start)
        return order, before

    @cached_property
    def _plain(self) -> Any:
        return _matrix(self.indptr, self.target)

    def breadth_first_from(
        self, starts: NDArray[Any], depth: NDArray[Any]
    ) -> tuple[Numbers, Numbers]:
        """The same from several starts, each of which lies at some depth already.

        The predecessor of a start that is reached from no nearer one is no state.
        """
        # A row of new states, one for each depth, with the starts of that depth hung on each.
        states, deepest = len(self), int(depth.max(initial=0))
        by_depth = np.argsort(depth, kind="stable")
        hung = np.bincount(depth, minlength=deepest + 1)
        hung[:-1] += 1  # and the next of the row, as the last one
        indptr = np.concatenate([self.indptr, self.indptr[-1] + np.cumsum(hung)])
        places = np.cumsum(hung[:-1]) - 1
        more = np.empty(int(hung.sum()), np.int32)
        is_next = np.zeros(len(more), np.bool_)
        is_next[places] = True
        more[is_next] = np.arange(states + 1, states + deepest + 1)
        more[~is_next] = starts[by_depth]
        matrix = _matrix(indptr, np.concatenate([self.target, more]))
        order, before = _scipy().csgraph.breadth_first_order(matrix, states)
        return order[order < states], before[:states]


def require_countable(steps: int) -> None:
    """Raises `ModelError` for more steps than scipy can count."""
    if steps > MOST:
        raise ModelError(f"the graph has more than {MOST:,} steps: give --max-states")


def _matrix(indptr: NDArray[Any], target: Numbers) -> Any:
    """What scipy takes for a graph.  It looks at the places of the entries, never at the entries:
    zeros that nobody looks at take no memory.
    """
    size, unseen = len(indptr) - 1, np.zeros(len(target))
    return _scipy().csr_array((unseen, target, indptr.astype(np.int32)), (size, size))


def _scipy() -> Any:
    """The sparse matrices of scipy, which take a fifth of a second to load: only loops wait."""
    import scipy.sparse.csgraph

    return scipy.sparse
