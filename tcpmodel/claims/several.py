"""Several runs that settle one claim."""

from __future__ import annotations

from tcpmodel.claims.language import Claim
from tcpmodel.claims.runner import question_of
from tcpmodel.core.result import Budget, Observer, silent
from tcpmodel.engines.several import Several, several
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario


def several_runs(
    claim: Claim, text: str, count: int, budget: Budget, observer: Observer = silent
) -> Several:
    """Runs that settle a claim in a scenario, told apart by the states of A and B, as they follow
    each other.  Raises `ModelError` where that cannot be asked.
    """
    model = compose(scenario(text))
    states = [model.world.A.state, model.world.B.state]
    return several(model.system, question_of(claim, model), count, states, budget, observer)
