"""What the rationale document asks: data only.

A question says how it is asked and what to know before reading on; what the answer is, it leaves to
its claims, whose sentences, verdicts and reasons are put in when the document is built.  So nothing
here may say how a claim comes out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

Asked = tuple[str, tuple[str, ...]]
"""The code of a claim, and those of its scenarios (or rows) that the short answer is made of."""


@dataclass(frozen=True)
class Picture:
    """The run that settles a claim in a scenario, as a chart.

    file: the name of the chart, without its ending.
    """

    code: str
    scenario: str
    file: str


@dataclass(frozen=True)
class Question:
    """A page of the document.

    name: of the page, and of the topic.  asks: the question.  framing: what it is about, in
    paragraphs.  short: what the short answer is made of.  claims: the codes of all that is shown
    as evidence.
    """

    name: str
    asks: str
    framing: str
    short: Sequence[Asked]
    claims: Sequence[str]
    pictures: Sequence[Picture] = ()
