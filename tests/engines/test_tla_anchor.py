"""The kernel counts right: the numbers that TLC has published for the TLA+ model of RFC 9293."""

from __future__ import annotations

import pytest
import z3

from tcpmodel.core.property import always
from tcpmodel.core.result import Result, Verdict
from tcpmodel.core.trace import State
from tcpmodel.engines import explicit
from tcpmodel.engines.explicit import Search
from tcpmodel.semantics.interpret import interpreter

from .tla_anchor import BOTH_OR_NEITHER, CAPACITY, FORBIDDEN, A, B, Peer, specification, system


@pytest.fixture(scope="module")
def result() -> Result:
    """The invariant of the model, checked over all its states."""
    return explicit.check(system(), always(BOTH_OR_NEITHER))


@pytest.fixture(scope="module")
def search() -> Search:
    """All states of the model, in the order in which they are found."""
    found = Search(system(), z3.BoolVal(False))
    found.run()
    return found


def test_there_are_1182_distinct_states(result: Result) -> None:
    """As TLC counts: the initial states and every successor that keeps both constraints.  States
    in which a queue holds two equal neighbours are neither counted nor gone on from.
    """
    assert result.states == 1182
    assert result.evidence.complete


def test_the_graph_is_14_levels_deep(result: Result) -> None:
    """TLC counts states along the longest of all shortest runs, initial state included: 14; we
    count steps: 13.
    """
    assert result.depth is not None
    assert result.depth + 1 == 14


def test_6322_states_are_generated(search: Search) -> None:
    """What TLC calls generated are the 2 initial states and, for every distinct state, each step
    of the specification once per action and peer that makes it: also a step to a state known
    already or twice reached, to one that breaks the state constraint, and a step that the action
    constraint forbids.
    """
    initial = interpreter(system()).initial()
    assert len(initial) == 2
    every_step = interpreter(specification()).successors
    assert len(initial) + sum(len(every_step(state)) for state in search.order) == 6322


def test_the_invariant_holds(result: Result) -> None:
    """With nothing under way, one peer is ESTABLISHED exactly if the other is, and that does
    happen: both are.
    """
    assert result.verdict is Verdict.HOLDS
    assert not result.vacuous
    together = z3.And(A.empty, B.empty, A.is_in("ESTABLISHED"), B.is_in("ESTABLISHED"))
    assert explicit.check(system(), always(z3.Not(together))).verdict is Verdict.FAILS


def test_the_queues_are_never_full(result: Result, search: Search) -> None:
    """So the numbers do not depend on their capacity, which TLC's queues do not have."""
    assert result.evidence.reached == {"queue of A full": False, "queue of B full": False}
    run = interpreter(system())
    longest = max(
        sum(state[q.name] != "-" for q in peer.queue)
        for state in map(run.decode, search.order)
        for peer in (A, B)
    )
    assert longest == LONGEST_QUEUE < CAPACITY


LONGEST_QUEUE = 4


def test_what_never_happens_is_a_simultaneous_open(result: Result) -> None:
    """With one peer listening and no SEND, two SYNs never cross: one action of each peer is idle,
    and the evidence names it.
    """
    assert result.evidence.never == ("A SYN-SENT takes SYN", "B SYN-SENT takes SYN")


def test_forbidden_steps_are_not_made_by_other_actions_either(search: Search) -> None:
    """TLC's action constraint speaks about the states before and after a step, whoever makes it.
    We leave three actions out instead, which is the same: no other one does what they do.
    """
    assert {a.name[2:] for a in specification().actions} - {
        a.name[2:] for a in system().actions
    } == set(FORBIDDEN)
    run = interpreter(system())
    states = list(map(run.decode, search.order))
    steps = search.steps()
    for here, before in enumerate(states):
        for there in steps.target[steps.edges(here)]:
            for me, peer in ((A, B), (B, A)):
                assert not opens(before, states[there], me, peer)


def opens(before: State, after: State, me: Peer, peer: Peer) -> bool:
    """Whether the step is what one of the forbidden actions does."""

    def queue(state: State, of: Peer) -> list[object]:
        return [state[q.name] for q in of.queue if state[q.name] != "-"]

    here, there = before[me.state.name], after[me.state.name]
    sent_syn = queue(after, peer) == [*queue(before, peer), "SYN"]
    if (here, there) == ("CLOSED", "LISTEN"):
        return after[me.tcb.name] is True and all(
            queue(after, p) == queue(before, p) for p in (me, peer)
        )
    return here in ("CLOSED", "LISTEN") and there == "SYN-SENT" and sent_syn
