"""What a tick does to the timers that few scenarios have; `compose` has the others."""

from __future__ import annotations

from collections.abc import Mapping

import z3

from tcpmodel.core.terms import Term, Var
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.schedule import keepalives
from tcpmodel.tcp.states import CLOSE_WAIT, ESTABLISHED, FIN_WAIT_2


def grow_older(tcb: Mapping[str, Var], switches: Scenario) -> tuple[list[Term], dict[str, Term]]:
    """(what must not be due when a tick comes, the updates of the tick) for one endpoint."""
    term = {name: var.term for name, var in tcb.items()}
    pending = term["snd_una"] != term["snd_nxt"]
    due: list[Term] = []
    updates: dict[str, Term] = {}
    if "user_timer" in tcb:
        left = term["user_timer"]
        due.append(z3.Or(z3.Not(pending), left != 0))
        updates[tcb["user_timer"].name] = z3.If(left == 0, left, left - 1)
    if "fin_timer" in tcb:
        left = term["fin_timer"]
        due.append(z3.Or(term["state"] != FIN_WAIT_2, left != 1))
        updates[tcb["fin_timer"].name] = z3.If(z3.ULE(left, 1), left, left - 1)
    if "quiet" in tcb:
        left = term["quiet"]
        due.append(left != 1)
        updates[tcb["quiet"].name] = z3.If(left == 0, left, left - 1)
    if "waited" in tcb:
        waited = term["waited"]
        last = waited == tcb["waited"].domain.size - 1
        goes_on = z3.And(pending, z3.Not(last))
        updates[tcb["waited"].name] = z3.If(goes_on, waited + 1, waited)
    if "idle" in tcb:
        idle, probes = term["idle"], term["probes"]
        state = term["state"]
        open_ = z3.Or(state == ESTABLISHED, state == FIN_WAIT_2, state == CLOSE_WAIT)
        counts = z3.And(open_, z3.Not(pending))
        late = [z3.And(probes == n, idle == t) for n, t in enumerate(keepalives(switches))]
        due.append(z3.Not(z3.And(counts, z3.Or(*late))))
        last = idle == tcb["idle"].domain.size - 1
        updates[tcb["idle"].name] = z3.If(z3.And(counts, z3.Not(last)), idle + 1, idle)
    return due, updates
