"""The page of the posts: what they say, and what came of the claims about it."""

from __future__ import annotations

from tcpmodel.claims.catalogue import POSTS, sentences
from tcpmodel.claims.commonmark import page, plain, table
from tcpmodel.claims.language import Claim
from tcpmodel.claims.rationale_evidence import Known, remark, tally
from tcpmodel.claims.rationale_questions import POSTS_FRAMING, POSTS_TITLE
from tcpmodel.claims.rationale_reference import home


def is_of_post(claim: Claim) -> bool:
    """A sentence of a post is among its sources."""
    return any(source.where.startswith("post ") for source in claim.sources)


def posts_page(known: Known) -> str:
    """Post by post: sentence, claim, verdicts, remark."""
    found = sentences(claim for claim in known.claims.values() if is_of_post(claim))
    blocks = []
    for post, about in POSTS.items():
        rows = []
        for sentence in found:
            if sentence.post == post:
                told = [known.claim(answer.code) for answer in sentence.claims]
                rows += _rows(known, sentence.says, told)
        blocks += [
            f"## Post {post}",
            plain(f"{about[0].upper()}{about[1:]}."),
            table(("it says", "claim", "verdict", "remark"), rows),
        ]
    return page(f"# {POSTS_TITLE}", POSTS_FRAMING, *blocks, "[All questions](README.md)")


def _rows(known: Known, says: str, claims: list[Claim]) -> list[tuple[str, str, str, str]]:
    """A row per claim; the sentence stands in the first."""
    return [
        (
            "" if number else plain(says),
            f"[{claim.code}]({home(claim)}) {plain(claim.says)}",
            tally(known, claim),
            remark(known, claim) if claim.folklore else "",
        )
        for number, claim in enumerate(claims)
    ]
