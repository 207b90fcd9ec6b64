"""The questions of the rationale document, by theme and by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tcpmodel.claims.rationale_closing import CLOSING
from tcpmodel.claims.rationale_opening import OPENING
from tcpmodel.claims.rationale_question import Question
from tcpmodel.claims.rationale_trouble import TROUBLE
from tcpmodel.claims.rationale_workings import WORKINGS

THEMES: Mapping[str, Sequence[Question]] = {
    "Opening": OPENING,
    "Numbers, states and the stream": WORKINGS,
    "Closing": CLOSING,
    "Losses, resets and strangers": TROUBLE,
}

TOPICS: Mapping[str, Question] = {
    question.name: question for questions in THEMES.values() for question in questions
}
"""All questions by name.  One more topic, the posts, has a page of its own kind."""

POSTS_PAGE = "posts"
POSTS_TITLE = "What do the posts say, and what is to be said about it?"
POSTS_FRAMING = """\
The project answers to five posts in Chinese that explain how TCP connections begin and end. This is
what they say, sentence by sentence in an English paraphrase, next to the claims that were made of
it. A remark is there where the sentence, or one of its neighbours in the same claim, leaves
something out or has it otherwise.
"""
