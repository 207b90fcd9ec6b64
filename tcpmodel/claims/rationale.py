"""The rationale document: questions about TCP, answered by claims, as Markdown with charts.

A page is put together from what the claims say and what came of them.  No sentence about a verdict
is written here: what was computed decides which words stand where.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from pathlib import Path

from tcpmodel.claims.commonmark import code, page, plain, table
from tcpmodel.claims.language import Claim
from tcpmodel.claims.rationale_evidence import Known, evidence, link, scopes, short, verdict
from tcpmodel.claims.rationale_posts import is_of_post, posts_page
from tcpmodel.claims.rationale_question import Picture, Question
from tcpmodel.claims.rationale_reference import claims_page, index_page, scenarios_page, words_of
from tcpmodel.claims.rationale_topics import POSTS_PAGE, TOPICS
from tcpmodel.claims.runner import Outcome, reasons, trace_of
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind
from tcpmodel.core.trace import Trace
from tcpmodel.render.chart import chart
from tcpmodel.render.twins import twin_chart

BREADTH_FIRST = ("native", "explicit")
"""Engines whose runs to a state are as short as any."""


def topics(names: Sequence[str]) -> list[str]:
    """The topics with these names; all if none is named.

    Raises `ModelError`, with what there is, for one that does not exist.
    """
    known = [*TOPICS, POSTS_PAGE]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]}? " if near else ""
            raise ModelError(f"no topic {name!r}; {hint}there are {', '.join(known)}")
    return [name for name in known if not names or name in names]


def needed(claims: Sequence[tuple[Path, Claim]], names: Sequence[str]) -> list[tuple[Path, Claim]]:
    """The claims whose verdicts these topics (all, and the index, if none is named) speak of."""
    if not names:
        return list(claims)
    codes = {number for name in names if name in TOPICS for number in TOPICS[name].claims}
    posts = POSTS_PAGE in names
    return [
        (file, claim)
        for file, claim in claims
        if claim.code in codes or (posts and is_of_post(claim))
    ]


def build(
    claims: Sequence[Claim], outcomes: Sequence[Outcome], names: Sequence[str] = ()
) -> dict[str, str]:
    """The contents of the document's files by name: pages of the topics that are named, and their
    charts; if none is named, all of them, with an index.

    Raises `ModelError` if a topic names a claim or scenario that there is not.
    """
    known = Known(
        {claim.code: claim for claim in claims}, {(o.code, o.scenario): o for o in outcomes}
    )
    files: dict[str, str] = {}
    for name in topics(names):
        if name == POSTS_PAGE:
            files["posts.md"] = posts_page(known)
        else:
            files |= _topic(known, TOPICS[name])
    files["scenarios.md"] = scenarios_page(known)
    if not names:
        files["claims.md"] = claims_page(known)
        files["README.md"] = index_page(known)
    return files


# --- a page ---------------------------------------------------------------------------------------


def _topic(known: Known, question: Question) -> dict[str, str]:
    """The page of a question, and its charts."""
    claims = [known.claim(number) for number in question.claims]
    charts: dict[str, str] = {}
    figures = []
    for picture in question.pictures:
        drawn = _chart(known, picture)
        if drawn is not None:
            charts[f"{picture.file}.svg"] = drawn
        figures.append(_figure(known, picture))
    answers = [
        "\n".join(short(known, known.claim(number), texts)) for number, texts in question.short
    ]
    text = page(
        f"# {question.asks}",
        question.framing,
        "## In short",
        "\n".join(answers),
        *(["## Runs", *figures] if figures else []),
        "## Evidence",
        *(
            block
            for claim in claims
            for block in evidence(known, claim, remarked=claim.code in dict(question.short))
        ),
        "## Scope",
        scopes(known, claims),
        *_words(claims),
        "## Reproduce",
        ["```sh", *_commands(known, question), "```"],
        "[All questions](README.md)",
    )
    return {f"{question.name}.md": text, **charts}


def _figure(known: Known, picture: Picture) -> str:
    """A chart under the sentence that says of what, or the word that there is none."""
    claim = known.claim(picture.code)
    found = known.outcome(picture.code, picture.scenario)
    says = f"{link(claim)} in {code(picture.scenario)}: **{plain(verdict(found))}**"
    trace = trace_of(found)
    if trace is None:
        return f"{says}; there is no run to show."
    length = f"{len(trace)} step{'s' * (len(trace) != 1)}"
    states = claim.question.kind in (Kind.ALWAYS, Kind.SOMETIMES)
    shortest = states and found.engine in BREADTH_FIRST
    blocks = [f"{says}. {'A shortest' if shortest else 'A'} run, of {length}:"]
    blocks.append(f"![{plain(f'{claim.code} {claim.id}: {length}')}]({picture.file}.svg)")
    if found.twins:
        blocks[0] = f"{blocks[0].removesuffix(':')}, and what cannot be told from it:"
    return "\n\n".join(blocks)


def _chart(known: Known, picture: Picture) -> str | None:
    """The chart of a run, with those that somebody cannot tell from it; None if there is none."""
    claim = known.claim(picture.code)
    found = known.outcome(picture.code, picture.scenario)
    trace = trace_of(found)
    if trace is None:
        return None
    witness = found.verdict == "HOLDS"
    why = "\n".join(reasons(found))
    title = f"{claim.code} {claim.id}: {picture.scenario}"
    if found.twins:
        twins = [(twin["agent"], Trace.from_json(twin["trace"])) for twin in found.twins]
        return twin_chart(trace, twins, claim=claim.says, why=why, title=title)
    return chart(trace, claim=claim.says, why=why, title=title, witness=witness)


def _words(claims: Sequence[Claim]) -> Iterator[str | list[str]]:
    """What the words mean that the page's scenarios are written in."""
    texts = [text for claim in claims if claim.of_model for text in claim.verdicts]
    presets, switches = words_of(texts)
    if texts:
        yield "## Scenarios"
        yield "A scenario is a preset and switches; [more about them](scenarios.md)."
        meanings = ((code(name), plain(says)) for name, says in (presets | switches).items())
        yield table(("preset or switch", "means"), meanings)


def _commands(known: Known, question: Question) -> Iterator[str]:
    """How to have the verdicts again, and the charts."""
    yield f"tcpmodel verify {' '.join(question.claims)}"
    for picture in question.pictures:
        if known.outcome(picture.code, picture.scenario).trace is not None:
            wanted = shlex.quote(picture.scenario)
            yield f"tcpmodel explain {picture.code} --scenario {wanted} --svg {picture.file}.svg"
