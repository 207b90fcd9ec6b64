"""Random traces: any pattern of messages, losses, copies, overtaking, ticks, and long labels.

They need not make sense as TCP; rendering has to cope with whatever a system does.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tcpmodel.core.terms import Value
from tcpmodel.core.trace import Message, Step, Trace

STATES = ("CLOSED", "LISTEN", "SYN-SENT", "SYN-RECEIVED", "ESTABLISHED", "CLOSING", "TIME-WAIT")
CONTROLS = ("SYN", "SYN,ACK", "ACK", "FIN,ACK", "RST", "RST,ACK")
CROWD = ("client behind a translator", "P", "Q", "的网络", "R", "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWW")
NUMBERS = st.integers(0, 2**32 - 1)
LABELS = st.one_of(
    st.sampled_from(("active OPEN", "CLOSE", "retransmission timeout", "TIME-WAIT timeout", "")),
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zl", "Zp", "Zs")), max_size=60),
    st.lists(st.sampled_from(("WWWW", "<&>", "incarnation", "的网络", "i")), max_size=12).map(
        " ".join
    ),
)


@st.composite
def random_traces(draw: st.DrawFn, most: int = 40) -> Trace:
    """A trace among one to six lanes, of up to `most` steps."""
    agents = draw(st.sampled_from((*[("A", "B")] * 4, ("",), ("P", "Q", "R"), CROWD)))
    variables: dict[str, Value] = {
        f"{agent}.{field}": value
        for agent in agents
        for field, value in (("state", "CLOSED"), ("inc", 0), ("peer", 0), ("timer", 0))
        if agent
    } | {"budget": 3, "A.stale_fin": False, "A>B[0].ctl": "-"}
    strays = draw(st.lists(messages(agents, 0), max_size=3))
    under_way, steps, state = list(strays), [], variables
    for number in range(1, draw(st.integers(0, most)) + 1):
        state = {**state, **draw(changes(state))}
        kind = draw(st.sampled_from(("call", "timer", "segment", "segment", "network", "clock")))
        agent = draw(st.sampled_from(agents))
        received = sent = None
        if kind in ("segment", "network") and under_way:
            received = draw(st.sampled_from(under_way))
            if draw(st.booleans()):
                under_way.remove(received)
            old = {"age": draw(st.integers(0, 3))}
            received = Message(received.channel, {**received.fields, **old}, received.sent_at)
            agent = "network" if kind == "network" else received.channel.partition(">")[2]
        elif kind == "clock":
            agent = "clock"
        if kind not in ("network", "clock") and draw(st.booleans()):
            sent = draw(messages((agent, *agents), number))
            under_way.append(sent)
        forged = kind == "segment" and received is not None and draw(st.integers(0, 4)) == 0
        label = draw(LABELS) if kind != "clock" else "tick"
        label = "forged" if forged else label
        full = sent is not None and draw(st.booleans())
        steps.append(Step("a", agent, kind, label, label, (), received, sent, full, state))
    loop = draw(st.one_of(st.none(), st.integers(0, len(steps))))
    return Trace("random", variables, tuple(steps), loop)


def messages(agents: tuple[str, ...], sent_at: int) -> st.SearchStrategy[Message]:
    """A segment from the first of `agents` to the last, or to the first but one."""
    fields = {"ctl": st.sampled_from(CONTROLS), "seq": NUMBERS, "ack": NUMBERS}
    ghosts = {"text": st.integers(0, 1), "inc": st.integers(0, 2), "to": st.integers(0, 2)}
    ends = st.sampled_from([other for other in agents if other != agents[0]] or ["nobody"])
    contents = st.fixed_dictionaries({**fields, **ghosts})
    return st.builds(lambda to, f: Message(f"{agents[0]}>{to}", f, sent_at), ends, contents)


@st.composite
def changes(draw: st.DrawFn, state: dict[str, Value]) -> dict[str, Value]:
    """New values for up to three variables of `state`."""
    values: dict[str, st.SearchStrategy[Value]] = {
        "state": st.sampled_from(STATES),
        "stale_fin": st.booleans(),
        "ctl": st.sampled_from(CONTROLS),
    }
    names = draw(st.lists(st.sampled_from(sorted(state)), max_size=3))
    return {n: draw(values.get(n.rpartition(".")[2], st.integers(0, 3))) for n in names}
