"""The pages one looks things up in: the index, all claims, and how to read a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tcpmodel.claims.catalogue import POSTS
from tcpmodel.claims.commonmark import code, page, plain, slug, table
from tcpmodel.claims.language import Claim
from tcpmodel.claims.rationale_evidence import Known, counts, heading, tally
from tcpmodel.claims.rationale_more import TOPICS
from tcpmodel.claims.rationale_questions import POSTS_PAGE, POSTS_TITLE, Question
from tcpmodel.claims.report import MARKS, WORDS, mark
from tcpmodel.claims.runner import Outcome
from tcpmodel.tcp.presets import PRESET_TABLE
from tcpmodel.tcp.scenario import PRESETS, SWITCHES, Scenario

INDEX = """\
These pages answer questions about TCP by claims that were checked. `tcpmodel rationale` writes
them: what is said of a verdict is what was computed, in the words of the claims in `properties/`,
which name their sources. Every page has the question, a short answer, runs as charts, the evidence
with its scope, and the commands that bring it all back.
"""

READING = (
    ("HOLDS", "settled, within the scope that is named; a claim that something *can* happen has a "
     "run that shows it"),
    ("FAILS", "settled by a run, or, where a run was looked for, by a complete search without one"),
    ("HOLDS\\_UP\\_TO, UNKNOWN", "not settled; the reason stands where the others have theirs"),
)  # fmt: skip

SCENARIOS = """\
A verdict is about a scenario: which TCP, on which network, used how. A scenario is written as a
preset, which is a set of switches with a name, and the switches that are set otherwise: in
`two_way loss=0` the server is connected after two messages, and nothing is lost.
"""


# --- the index ------------------------------------------------------------------------------------


def index_page(known: Known) -> str:
    """The questions, what came of their claims, and how to read that."""
    rows = [
        (f"[{question.asks}]({name}.md)", str(len(question.claims)), _sum(known, question))
        for name, question in TOPICS.items()
    ]
    posts = f"[{POSTS_TITLE}]({POSTS_PAGE}.md)"
    return page(
        "# Why TCP is the way it is",
        INDEX,
        "## Questions",
        table(("question", "claims", "verdicts"), rows),
        f"{posts} goes through {len(POSTS)} posts, sentence by sentence.",
        "## How to read a verdict",
        table(("verdict", "means"), READING),
        "[Presets and switches](scenarios.md) explains the scenarios.",
        "## All claims",
        f"[The list of claims](claims.md) has all {len(known.claims)}, by topic, with the pages "
        "that tell of them.",
        _state(list(known.outcomes.values())),
    )


def _sum(known: Known, question: Question) -> str:
    found = [o for number in question.claims for o in known.all_of(known.claim(number))]
    return _counted(counts(found))


def _counted(tallied: Mapping[str, int]) -> str:
    words = {"holds": "hold", "fails": "fail", "broken": "broken"}
    return ", ".join(f"{n} {words.get(word, word)}" for word, n in tallied.items() if n)


def _state(found: Sequence[Outcome]) -> str:
    """How many of all verdicts are as the claims expect."""
    marks = Counter(mark(o) for o in found)
    parts = [f"{marks[name]} {WORDS[name]}" for name in MARKS if marks[name]]
    return f"Of {len(found)} verdicts: {', '.join(parts)}."


# --- all claims -----------------------------------------------------------------------------------


def home(claim: Claim) -> str:
    """Where a claim is told of: its section on the first page that has one, else the list."""
    for name, question in TOPICS.items():
        if claim.code in question.claims:
            return f"{name}.md#{slug(heading(claim))}"
    return f"claims.md#{slug(claim.topic)}"


def claims_page(known: Known) -> str:
    """Every claim with its verdicts, by topic, and the pages that it is told of on."""
    blocks: list[str | list[str]] = []
    by_topic: dict[str, list[Claim]] = {}
    for claim in known.claims.values():
        by_topic.setdefault(claim.topic, []).append(claim)
    for topic, claims in by_topic.items():
        rows = [
            (plain(heading(claim)), plain(claim.says), tally(known, claim), _pages(claim))
            for claim in claims
        ]
        blocks += [f"## {plain(topic)}", table(("claim", "says", "verdicts", "pages"), rows)]
    return page("# All claims", *blocks, "[All questions](README.md)")


def _pages(claim: Claim) -> str:
    return ", ".join(
        f"[{name}]({name}.md#{slug(heading(claim))})"
        for name, question in TOPICS.items()
        if claim.code in question.claims
    )


# --- scenarios ------------------------------------------------------------------------------------


Words = list[tuple[str, str]]


def words_of(texts: Iterable[str]) -> tuple[Words, Words]:
    """What the presets mean and the switches that these scenarios are written with."""
    words = [text.split() for text in texts]
    presets = {first for first, *_ in words}
    switches = {word.partition("=")[0] for _, *others in words for word in others}
    return (
        [(code(name), plain(p.says)) for name, p in PRESET_TABLE.items() if name in presets],
        [(code(key), plain(s.meaning)) for key, s in SWITCHES.items() if key in switches],
    )


def scenarios_page(known: Known) -> str:
    """What the presets and switches mean that the claims use, and what they take for granted."""
    presets, switches = words_of(
        text for claim in known.claims.values() if claim.of_model for text in claim.verdicts
    )
    neutral = Scenario()
    return page(
        "# How to read a scenario",
        SCENARIOS,
        "## What rfc9293 assumes",
        [f"- {plain(f'{topic}: {words}')}" for topic, words in neutral.assumptions.items()],
        "## Presets",
        table(
            ("preset", "stands for", "assumes, unlike rfc9293"),
            ((*row, _otherwise(PRESETS[row[0].strip("`")], neutral)) for row in presets),
        ),
        "## Switches",
        "`tcpmodel list switches` has their values, and the switches that no claim uses.",
        table(
            ("switch", "what it says", "in rfc9293"),
            ((*row, code(str(neutral.switches[row[0].strip("`")]))) for row in switches),
        ),
        "[All questions](README.md)",
    )


def _otherwise(preset: Scenario, neutral: Scenario) -> str:
    usual = neutral.assumptions
    return "; ".join(
        plain(f"{topic}: {words}")
        for topic, words in preset.assumptions.items()
        if usual.get(topic) != words
    )
