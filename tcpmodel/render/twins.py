"""Runs that somebody cannot tell apart, as one chart: one below the other.

Each run is drawn as `chart` draws it.  The steps that are the same to the agent (it does the same,
or receives the same, and answers the same) are shaded in both, and name each other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher

from tcpmodel.core.trace import Trace
from tcpmodel.render.chart import body, document
from tcpmodel.render.layout import Layout, Likeness, layout
from tcpmodel.render.pairs import distinct, indistinguishable
from tcpmodel.render.words import extra, segment


def twin_chart(
    first: Trace,
    twins: Sequence[tuple[str, Trace]],
    *,
    claim: str = "",
    why: str = "",
    title: str = "",
) -> str:
    """The run in which knowledge is missing and what else is possible, as an SVG document.

    twins: (who, a run that it cannot tell from the one before), as for `indistinguishable`.
    Each run is a group of class `run` with its number as `data-run`; within it, steps and arrows
    are marked as in `chart`.
    """
    told = indistinguishable(first, twins, claim=claim, why=why, width=80)
    twins, note = distinct(first, twins)
    runs = [first, *(run for _, run in twins)]
    alike = likenesses(first, twins)
    why = "\n".join(filter(None, (why, note)))
    drawn: list[tuple[Layout, float]] = []
    height = 0.0
    for number, run in enumerate(runs, 1):
        last = number == len(runs)
        heads = [title if number == 1 else "", _headline(number, twins) if twins else ""]
        plan = layout(
            run,
            title="\n".join(filter(None, heads)),
            claim=claim if last else "",
            why=why if last else "",
            alike=alike[number - 1],
        )
        drawn.append((plan, height))
        height += plan.height
    width = max(plan.width for plan, _ in drawn)
    parts = []
    for number, (run, (plan, top)) in enumerate(zip(runs, drawn, strict=True), 1):
        parts.append(f'<g class="run" data-run="{number}" transform="translate(0 {top:.1f})">')
        parts += [*body(run, plan, witness=False), "</g>"]
    return document(width, height, title or claim or first.system, told, parts)


def likenesses(first: Trace, twins: Sequence[tuple[str, Trace]]) -> list[list[Likeness]]:
    """For each run, what looks the same in the runs before and after it."""
    found: list[list[Likeness]] = [[] for _ in range(len(twins) + 1)]
    before = first
    for number, (agent, run) in enumerate(twins, 1):
        pairs = _pairs(agent, before, run)
        ends = "the end looks the same to {} as the end of run {}"
        found[number - 1].append(
            Likeness(
                agent,
                {here: f"= step {there} of run {number + 1}" for here, there in pairs.items()},
                ends.format(agent, number + 1),
            )
        )
        found[number].append(
            Likeness(
                agent,
                {there: f"= step {here} of run {number}" for here, there in pairs.items()},
                ends.format(agent, number),
            )
        )
        before = run
    return found


def _pairs(agent: str, one: Trace, other: Trace) -> Mapping[int, int]:
    """The steps of `agent` that are the same to it, in order: step of `one` → step of `other`."""
    here, there = _experience(agent, one), _experience(agent, other)
    matcher = SequenceMatcher(None, [e for _, e in here], [e for _, e in there], autojunk=False)
    return {
        here[block.a + i][0]: there[block.b + i][0]
        for block in matcher.get_matching_blocks()
        for i in range(block.size)
    }


def _experience(agent: str, trace: Trace) -> list[tuple[int, tuple[str, ...]]]:
    """The steps of `agent`: what it does, receives and sends, and the state it gets to."""
    found: list[tuple[int, tuple[str, ...]]] = []
    for index, step in enumerate(trace.steps, 1):
        if step.agent == agent:
            received, sent = (segment(m) if m else "" for m in (step.received, step.sent))
            state = str(step.state.get(f"{agent}.state", ""))
            found.append((index, (step.kind, extra(step), received, sent, state)))
    return found


def _headline(number: int, twins: Sequence[tuple[str, Trace]]) -> str:
    if number == 1:
        return "Run 1"
    return f"Run {number}: {twins[number - 2][0]} cannot tell it from run {number - 1}"
