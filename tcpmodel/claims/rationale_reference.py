"""The pages one looks things up in: the index, all claims, and how to read a scenario."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from tcpmodel.claims.catalogue import POSTS
from tcpmodel.claims.commonmark import code, page, plain, slug, table
from tcpmodel.claims.language import Claim
from tcpmodel.claims.rationale_evidence import Known, counts, heading, tally
from tcpmodel.claims.rationale_question import Question
from tcpmodel.claims.rationale_topics import POSTS_PAGE, POSTS_TITLE, THEMES, TOPICS
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
    ("a formula, a number", "derived, for the row that is named"),
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
    themes: list[str | list[str]] = []
    for theme, questions in THEMES.items():
        rows = [
            (f"[{question.asks}]({question.name}.md)", _sum(known, question))
            for question in questions
        ]
        themes += [f"### {theme}", table(("question", "verdicts"), rows)]
    return page(
        "# Why TCP is the way it is",
        INDEX,
        "## Questions",
        *themes,
        "### What people say",
        f"[{POSTS_TITLE}]({POSTS_PAGE}.md) goes through {len(POSTS)} posts, sentence by sentence.",
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


def words_of(texts: Iterable[str]) -> tuple[dict[str, str], dict[str, str]]:
    """The presets and the switches that these scenarios are written with, and what they mean."""
    words = [text.split() for text in texts]
    presets = {first for first, *_ in words}
    switches = {word.partition("=")[0] for _, *others in words for word in others}
    return (
        {name: preset.says for name, preset in PRESET_TABLE.items() if name in presets},
        {key: switch.meaning for key, switch in SWITCHES.items() if key in switches},
    )


def scenarios_page(known: Known) -> str:
    """What the presets and switches mean that the claims use, and what they take for granted."""
    presets, switches = words_of(
        text for claim in known.claims.values() if claim.of_model for text in claim.verdicts
    )
    neutral = Scenario()
    stands = (
        (code(name), plain(says), _otherwise(PRESETS[name], neutral))
        for name, says in presets.items()
    )
    means = (
        (code(key), plain(meaning), code(str(neutral.switches[key])))
        for key, meaning in switches.items()
    )
    return page(
        "# How to read a scenario",
        SCENARIOS,
        "## What rfc9293 assumes",
        [f"- {plain(f'{topic}: {words}')}" for topic, words in neutral.assumptions.items()],
        "## Presets",
        table(("preset", "stands for", "assumes, unlike rfc9293"), stands),
        "## Switches",
        "`tcpmodel list switches` has their values, and the switches that no claim uses.",
        table(("switch", "what it says", "in rfc9293"), means),
        "[All questions](README.md)",
    )


def _otherwise(preset: Scenario, neutral: Scenario) -> str:
    usual = neutral.assumptions
    return "; ".join(
        plain(f"{topic}: {words}")
        for topic, words in preset.assumptions.items()
        if usual.get(topic) != words
    )
