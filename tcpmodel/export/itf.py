"""A run in the Informal Trace Format of Apalache and Quint (Apalache's ADR 015), as JSON.

The action taken is `mbt::actionTaken`, as Quint has it; the rule's sentence and its sources stand
in the `#meta` of the state that the action leads to.
"""

from __future__ import annotations

import json
from typing import Any

from tcpmodel import __version__
from tcpmodel.core.terms import Value
from tcpmodel.core.trace import State, Step, Trace

ACTION = "mbt::actionTaken"
FORMAT = "https://apalache-mc.org/docs/adr/015adr-trace.html"
START = "init"
"""What the format calls the action before the first state."""


def itf(trace: Trace, *, claim: str = "", verdict: str = "") -> str:
    """The run.

    claim, verdict: the property that it is about, and what was found of it.
    """
    states = [_state(0, trace.initial, START)]
    states += [
        _state(number, step.state, step.action, step) for number, step in enumerate(trace.steps, 1)
    ]
    # The state to which a loop returns stands at its start; a run that stutters repeats its last.
    closes = trace.loop is not None and trace.loop < len(trace)
    back = trace.steps[-1].action if closes else ""
    data: dict[str, Any] = {
        "#meta": {
            "format": "ITF",
            "format-description": FORMAT,
            "source": trace.system,
            "status": verdict,
            "description": f"{claim}; written by tcpmodel {__version__}",
            **({"loop-action": back} if closes else {}),
        },
        "params": [],
        "vars": [ACTION, *trace.initial],
        "states": states[:-1] if closes else states,
    }
    if trace.loop is not None:
        data["loop"] = trace.loop
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _state(index: int, state: State, action: str, step: Step | None = None) -> dict[str, Any]:
    told = {} if step is None else {"agent": step.agent, "says": step.says, "cites": [*step.cites]}
    values = {name: _value(value) for name, value in state.items()}
    return {"#meta": {"index": index, **told}, ACTION: action, **values}


def _value(value: Value) -> Any:
    """Numbers are written as the format wants them: of any size."""
    if isinstance(value, int) and not isinstance(value, bool):
        return {"#bigint": str(value)}
    return value
