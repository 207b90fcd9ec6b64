"""A run of a scenario as a written run: the lines that `tcpmodel run` reads.

Not every run has one: written runs know no forger, and numbers are those of 32 bits.  What is
written here is read back and played; if it does not pass through the same states, there is none.
"""

from __future__ import annotations

from tcpmodel.claims.script import play
from tcpmodel.claims.script_model import FIXED
from tcpmodel.claims.script_parse import parse_script
from tcpmodel.core.errors import ModelError
from tcpmodel.core.trace import Message, Trace
from tcpmodel.tcp.compose import AGENTS
from tcpmodel.tcp.scenario import Scenario

_LEFT_OUT = (*FIXED, "capacity")


def written_run(trace: Trace, switches: Scenario) -> str:
    """The file of a run that begins without a connection.

    Raises `ModelError`, saying why, if the format cannot express it.
    """
    text = _text(trace, switches)
    try:
        report = play(parse_script(text, "the written run"))
    except ModelError as error:
        raise ModelError(f"it cannot be written line by line: {error}") from None
    if report.failure is not None:
        raise ModelError(f"it cannot be written line by line: {report.failure.says}")
    return text


def _text(trace: Trace, switches: Scenario) -> str:
    told = (*_LEFT_OUT, "incarnations")  # which bounds what rules do, not only what users do
    words = [w for w in switches.spelled.split() if w.partition("=")[0] not in told]
    words.append(f"incarnations={switches.incarnations}")
    starts = "; ".join(f"{agent} {trace.initial[f'{agent}.state']}" for agent in AGENTS)
    return "\n".join([f"scenario: {' '.join(words)}", f"start: {starts}", *_lines(trace), ""])


def _lines(trace: Trace) -> list[str]:
    """The lines: what an endpoint does of itself, and each message where it arrives, or where it is
    sent if that is not the step before.
    """
    arrivals: dict[int, list[int]] = {}
    losses: set[int] = set()
    for number, step in enumerate(trace.steps, start=1):
        if step.received is None:
            continue
        if step.agent in AGENTS:
            arrivals.setdefault(step.received.sent_at, []).append(number)
        elif "duplicat" not in step.label:
            losses.add(step.received.sent_at)
    lines = []
    for number, step in enumerate(trace.steps, start=1):
        told = []
        if step.received is not None and step.agent in AGENTS:
            told.append(_arrival(step.received, number, arrivals))
        elif step.agent == "clock":
            told.append("tick")
        elif step.agent in AGENTS:
            told.append(f"{step.agent}: {step.label}")
        if told:
            states = ", ".join(str(step.state[f"{agent}.state"]) for agent in AGENTS)
            lines.append(f"{told[0]:<44}| {states}")
        if step.sent is not None and arrivals.get(number, [0])[0] != number + 1:
            lost = number not in arrivals and (step.overflow or number in losses)
            lines.append(f"{_message(step.sent)} {'lost' if lost else '...'}")
    return lines


def _arrival(message: Message, number: int, arrivals: dict[int, list[int]]) -> str:
    first = arrivals[message.sent_at][0]
    if number != first:
        return f"{_message(message)} copy"
    mark = "" if message.sent_at == number - 1 else " arrives"
    return _message(message) + mark


def _message(message: Message) -> str:
    fields = message.fields
    parts = [message.channel, str(fields["ctl"])]
    parts += [f"seq={fields['seq']}"] if "seq" in fields else []
    if "ack" in fields and "ACK" in str(fields["ctl"]).split(","):
        parts.append(f"ack={fields['ack']}")
    if fields.get("text"):
        parts.append(f"text={int(fields['text'])}")
    return " ".join(parts)
