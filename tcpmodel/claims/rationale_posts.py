"""The page of the posts: what they say, and what came of the claims about it."""

from __future__ import annotations

from tcpmodel.claims.catalogue import CATALOGUE, POSTS, entry_of, sentences
from tcpmodel.claims.commonmark import page, plain, table
from tcpmodel.claims.language import Claim
from tcpmodel.claims.rationale_evidence import Known, remark, tally
from tcpmodel.claims.rationale_reference import home
from tcpmodel.claims.rationale_topics import POSTS_FRAMING, POSTS_TITLE


def is_of_post(claim: Claim) -> bool:
    """A sentence of a post is among its sources."""
    return any(source.where.startswith("post ") for source in claim.sources)


def posts_page(known: Known) -> str:
    """Post by post: sentence, claim, verdicts, remark; a remark is made once in a post."""
    order = list(CATALOGUE)
    claims = [claim for claim in known.claims.values() if is_of_post(claim)]
    claims.sort(key=lambda claim: (order.index(entry_of(claim.code)), claim.code))
    blocks: list[str | list[str]] = []
    for post, about in POSTS.items():
        rows: list[tuple[str, ...]] = []
        made: set[str] = set()
        for sentence in sentences(claims):
            if sentence.post == post:
                says = plain(sentence.says)
                for answer in sentence.claims:
                    rows.append((says, *_answer(known, known.claim(answer.code), made)))
                    says = ""  # the sentence stands in the first of its rows
        blocks += [
            f"## Post {post}",
            f"{plain(about[0].upper() + about[1:])}.",
            table(("it says", "claim", "verdict", "remark"), rows),
        ]
    return page(f"# {POSTS_TITLE}", POSTS_FRAMING, *blocks, "[All questions](README.md)")


def _answer(known: Known, claim: Claim, made: set[str]) -> tuple[str, str, str]:
    """A claim, its verdicts, and its remark, if that has not been `made` before."""
    said = remark(known, claim) if claim.folklore else ""
    if said and claim.code in made:
        said = "see above"
    made.add(claim.code)
    return f"[{claim.code}]({home(claim)}) {plain(claim.says)}", tally(known, claim), said
