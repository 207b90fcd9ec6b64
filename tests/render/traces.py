"""Traces built by hand, as an engine would find them."""

from __future__ import annotations

from typing import Any

from tcpmodel.core.terms import Value
from tcpmodel.core.trace import Message, State, Step, Trace


class Run:
    """A trace under construction: every step says what it changes, the rest stays."""

    def __init__(self, **changes: Value) -> None:
        fresh: dict[str, Value] = {
            "state": "CLOSED",
            "iss": 0,
            "snd_una": 0,
            "snd_nxt": 0,
            "rcv_nxt": 0,
            "inc": 0,
            "peer": 0,
            "stale_fin": False,
        }
        endpoints = {f"{me}.{field}": value for me in "AB" for field, value in fresh.items()}
        slots: dict[str, Value] = {"A>B[0].ctl": "-", "B>A[0].ctl": "-"}
        self.initial: State = {**endpoints, **slots, **_variables(changes)}
        self.steps: list[Step] = []

    @property
    def state(self) -> State:
        return self.steps[-1].state if self.steps else self.initial

    def step(
        self,
        agent: str,
        kind: str,
        label: str,
        *,
        takes: Message | None = None,
        sends: str = "",
        overflow: bool = False,
        **changes: Value,
    ) -> Message:
        """Add a step; `A__state="…"` changes A.state, `sends` is e.g. `SYN seq=100 inc=1`."""
        state = {**self.state, **_variables(changes)}
        sent = None
        if sends:
            channel = "A>B" if agent == "A" else "B>A"
            sent = message(channel, sends, sent_at=len(self.steps) + 1)
            state[f"{channel}[0].ctl"] = sent.fields["ctl"]
        self.steps.append(
            Step(label, agent, kind, label, f"{label} happens", (), takes, sent, overflow, state)
        )
        return sent or message("A>B", "-")

    def call(self, agent: str, label: str, **more: Any) -> Message:
        return self.step(agent, "call", label, **more)

    def timer(self, agent: str, label: str, **more: Any) -> Message:
        return self.step(agent, "timer", label, **more)

    def receive(self, taken: Message, *, age: int = 0, **more: Any) -> Message:
        if age:
            taken = Message(taken.channel, {**taken.fields, "age": age}, taken.sent_at)
        label = f"receives {taken.fields['ctl']}"
        return self.step(taken.channel[-1], "segment", label, takes=taken, **more)

    def lose(self, taken: Message, label: str = "loses", *, age: int = 0) -> None:
        if age:
            taken = Message(taken.channel, {**taken.fields, "age": age}, taken.sent_at)
        self.step("network", "network", label, takes=taken)

    def tick(self, **more: Any) -> None:
        self.step("clock", "step", "tick", **more)

    def trace(self, system: str = "by hand", loop: int | None = None) -> Trace:
        return Trace(system, self.initial, tuple(self.steps), loop)


def message(channel: str, words: str, sent_at: int = 0) -> Message:
    """`SYN,ACK seq=300 ack=101 inc=1` on `channel`."""
    control, *fields = words.split()
    numbers = {name: int(value) for name, value in (f.split("=") for f in fields)}
    return Message(channel, {"ctl": control, **numbers}, sent_at)


def _variables(changes: dict[str, Value]) -> dict[str, Value]:
    return {name.replace("__", "."): value for name, value in changes.items()}


def normal() -> Trace:
    """Three messages to open, four to close: RFC 9293 figures 6 and 12."""
    run = Run(B__state="LISTEN")
    syn = run.call(
        "A", "active OPEN", A__state="SYN-SENT", A__inc=1, A__snd_nxt=101,
        sends="SYN seq=100 ack=0 inc=1 to=0",
    )  # fmt: skip
    synack = run.receive(
        syn, B__state="SYN-RECEIVED", B__inc=1, B__peer=1,
        sends="SYN,ACK seq=300 ack=101 inc=1 to=1",
    )  # fmt: skip
    ack = run.receive(
        synack, A__state="ESTABLISHED", A__peer=1, sends="ACK seq=101 ack=301 inc=1 to=1"
    )
    run.receive(ack, B__state="ESTABLISHED")
    fin = run.call("A", "CLOSE", A__state="FIN-WAIT-1", sends="FIN,ACK seq=101 ack=301 inc=1 to=1")
    ack = run.receive(fin, B__state="CLOSE-WAIT", sends="ACK seq=301 ack=102 inc=1 to=1")
    run.receive(ack, A__state="FIN-WAIT-2", A__snd_una=102)
    fin = run.call("B", "CLOSE", B__state="LAST-ACK", sends="FIN,ACK seq=301 ack=102 inc=1 to=1")
    ack = run.receive(fin, A__state="TIME-WAIT", sends="ACK seq=102 ack=302 inc=1 to=1")
    run.receive(ack, B__state="CLOSED")
    run.timer("A", "TIME-WAIT timeout", A__state="CLOSED")
    return run.trace("rfc9293")


def half_open() -> Trace:
    """Two messages to open: an old SYN is all that the server needs."""
    run = Run(B__state="LISTEN")
    old = run.call(
        "A", "active OPEN", A__state="SYN-SENT", A__inc=1, sends="SYN seq=100 ack=0 inc=1 to=0"
    )
    run.call("A", "CLOSE", A__state="CLOSED")
    run.call(
        "A", "active OPEN", A__state="SYN-SENT", A__inc=2, sends="SYN seq=200 ack=0 inc=2 to=0"
    )
    run.receive(
        old, B__state="ESTABLISHED", B__inc=1, B__peer=1,
        sends="SYN,ACK seq=300 ack=101 inc=1 to=1",
    )  # fmt: skip
    return run.trace("two_way")


def time_wait() -> Trace:
    """TIME-WAIT is shorter than a segment's life: a FIN reaches the next incarnation."""
    run = Run(
        A__state="ESTABLISHED", B__state="ESTABLISHED", A__inc=1, B__inc=1, A__peer=1, B__peer=1,
        A__timer=0, A__snd_una=5, A__snd_nxt=5, A__rcv_nxt=5,
        B__snd_una=5, B__snd_nxt=5, B__rcv_nxt=5,
    )  # fmt: skip
    fin = run.call("A", "CLOSE", A__state="FIN-WAIT-1", sends="FIN,ACK seq=5 ack=5 inc=1 to=1")
    ack = run.receive(fin, B__state="CLOSE-WAIT", sends="ACK seq=5 ack=6 inc=1 to=1")
    run.receive(ack, A__state="FIN-WAIT-2", A__snd_una=6)
    old = run.call("B", "CLOSE", B__state="LAST-ACK", sends="FIN,ACK seq=5 ack=6 inc=1 to=1")
    ack = run.receive(old, A__state="TIME-WAIT", A__timer=2, sends="ACK seq=6 ack=6 inc=1 to=1")
    run.receive(ack, B__state="LISTEN", B__peer=0)
    run.tick(A__timer=1)
    run.tick(A__timer=0)
    run.timer("A", "TIME-WAIT timeout", A__state="CLOSED", A__peer=0)
    syn = run.call(
        "A", "active OPEN", A__state="SYN-SENT", A__inc=2, sends="SYN seq=4 ack=0 inc=2 to=0"
    )
    synack = run.receive(
        syn, B__state="SYN-RECEIVED", B__inc=2, B__peer=2, sends="SYN,ACK seq=4 ack=5 inc=2 to=2"
    )
    run.receive(synack, A__state="ESTABLISHED", A__peer=2, sends="ACK seq=5 ack=5 inc=2 to=2")
    run.tick()
    run.receive(
        old, age=3, A__state="CLOSE-WAIT", A__stale_fin=True, sends="ACK seq=5 ack=6 inc=2 to=2"
    )
    return run.trace("tw2")


def lossy() -> Trace:
    """Segments lost, sent again, duplicated, overtaken, and sent into a full channel."""
    run = Run(B__state="LISTEN")
    first = run.call(
        "A", "active OPEN", A__state="SYN-SENT", A__inc=1, sends="SYN seq=100 ack=0 inc=1 to=0"
    )
    run.lose(first)
    syn = run.timer("A", "retransmission timeout", sends="SYN seq=100 ack=0 inc=1 to=0")
    synack = run.receive(
        syn, B__state="SYN-RECEIVED", B__inc=1, B__peer=1, B__snd_nxt=301,
        sends="SYN,ACK seq=300 ack=101 inc=1 to=1",
    )  # fmt: skip
    again = run.timer("B", "retransmission timeout", sends="SYN,ACK seq=300 ack=101 inc=1 to=1")
    ack = run.receive(
        again, A__state="ESTABLISHED", A__peer=1, sends="ACK seq=101 ack=301 inc=1 to=1"
    )
    data = run.call("A", "SEND", A__snd_nxt=102, sends="ACK seq=101 ack=301 text=1 inc=1 to=1")
    run.receive(synack, sends="ACK seq=102 ack=301 inc=1 to=1", overflow=True)
    run.receive(
        data, B__state="ESTABLISHED", B__rcv_nxt=102, sends="ACK seq=301 ack=102 inc=1 to=1"
    )
    run.receive(ack)
    run.receive(ack)
    run.timer("A", "retransmission timeout", sends="ACK seq=101 ack=301 text=1 inc=1 to=1")
    return run.trace("rfc9293")


def lasso() -> Trace:
    """B waits for ever: its SYN,ACK is reset, and A's SYN comes again and again."""
    run = Run(A__state="SYN-SENT", A__inc=1, A__snd_nxt=101, B__state="LISTEN")
    syn = run.timer("A", "retransmission timeout", sends="SYN seq=100 ack=0 inc=1 to=0")
    run.lose(syn)
    syn = run.timer("A", "retransmission timeout", sends="SYN seq=100 ack=0 inc=1 to=0")
    run.lose(syn)
    return run.trace("rfc9293", loop=2)


def toy() -> Trace:
    """No TCP at all: two numbers chase each other."""
    steps = [("x+1", {"x": 1, "y": 0}), ("swap", {"x": 0, "y": 1}), ("swap", {"x": 1, "y": 0})]
    return Trace(
        "chase",
        {"x": 0, "y": 0},
        tuple(Step(n, "", "step", n, f"{n}!", (), None, None, False, s) for n, s in steps),
        loop=1,
    )


SAMPLES = {trace.__name__: trace for trace in (normal, half_open, time_wait, lossy, lasso, toy)}
