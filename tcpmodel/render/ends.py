"""Where a run begins and how it ends, in words."""

from __future__ import annotations

from tcpmodel.render.vocabulary import TCB, TOLD
from tcpmodel.render.words import NO_CONNECTION, Story, spelled


def standing(story: Story, index: int, agent: str) -> list[str]:
    """The state of `agent` after step `index`, e.g. `A ESTABLISHED (incarnation 2)`, if any."""
    state = story.trace.state(index)
    if (name := state.get(f"{agent}.state")) is None:
        return []
    number = state.get(f"{agent}.inc", 0)
    marked = story.counts_incarnations and number and name not in NO_CONNECTION
    return [f"{agent} {name}" + (f" (incarnation {number})" if marked else "")]


def opening(story: Story) -> list[tuple[str, str]]:
    """What else to know of the initial state, as (agent, `SND.NXT = 5`).

    That is whatever is not zero, and the numbers of a TCB only where there is a connection.
    """
    initial = story.trace.initial
    found = []
    for name, value in initial.items():
        agent, _, field = name.rpartition(".")
        state = initial.get(f"{agent}.state")
        if agent == "link":
            ways = field.replace("_to_", " to ")
            found += [(agent, f"nothing gets from {ways}")] if value == "broken" else []
            continue
        if story.is_bookkeeping(name) or (state is not None and field in TOLD):
            continue
        if state is None or (value and (state not in NO_CONNECTION or field not in TCB)):
            spelling = name if state is None else TCB.get(field, field)
            found.append((agent, f"{spelling} = {spelled(value)}"))
    return found


def ending(story: Story) -> str:
    """How a lasso goes on for ever; empty for a finite run."""
    if story.trace.loop is None:
        return ""
    if story.trace.loop == len(story.trace):
        return "from here it stutters for ever: nothing is enabled any more"
    again = f"from here it repeats for ever from step {story.trace.loop + 1}"
    loop = range(story.trace.loop + 1, len(story.trace) + 1)
    if any(story.trace.changes(i) or story.step(i).sent or story.step(i).received for i in loop):
        return again
    return f"{again}, and nothing changes: it stutters though actions are enabled"
