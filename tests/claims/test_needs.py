"""What a liveness property takes, in words and in reports."""

from __future__ import annotations

import json
from dataclasses import replace

from tcpmodel.claims.needs import Plain, excess, lassos, plain, short, summary
from tcpmodel.core.result import Fairness, Need
from tcpmodel.core.trace import Step, Trace

STEP = Step("A.go", "A", "call", "go", "A goes", (), None, None, False, {"n": 1})
LASSO = Trace("toy", {"n": 0}, (STEP,), 1)
STRONG, CLOSE = Need("strong A receives", "weak A receives", LASSO), Need("weak A CLOSE", "", LASSO)
BOTH = Fairness(("strong A receives", "weak A CLOSE"), ((STRONG, CLOSE),))


def told(fairness: Fairness) -> Plain:
    """The plain form, after it went through a file."""
    found: Plain = json.loads(json.dumps(plain(fairness)))
    return found


def test_all_that_is_assumed_may_be_needed() -> None:
    """Then there is nothing to report but that."""
    assert summary(told(BOTH)) == [
        "It takes all the fairness that it assumes: strong A receives and weak A CLOSE."
    ]
    assert excess(told(BOTH)) == []


def test_too_much_is_reported() -> None:
    """Either set would do, or none at all would."""
    either = told(replace(BOTH, minimal=((STRONG,), (CLOSE,))))
    assert summary(either) == [
        "It assumes more fairness than it takes: strong A receives; or weak A CLOSE would do."
    ]
    assert excess(either) == summary(either)
    without = told(replace(BOTH, minimal=((),)))
    assert summary(without) == ["It assumes more fairness than it takes: it holds without any."]


def test_what_was_not_searched_is_not_claimed() -> None:
    """Sets that were found are told, and that there may be others; no set found is no excess."""
    cut = summary(told(replace(BOTH, complete=False)))
    assert len(cut) == 2
    assert "cut short" in cut[1]
    nothing = told(replace(BOTH, minimal=(), complete=False))
    assert summary(nothing) == cut[1:]
    assert excess(nothing) == []


def test_who_assumes_nothing_is_told_nothing() -> None:
    """No fairness, no words."""
    assert summary(told(Fairness((), ((),)))) == []
    assert summary(plain(None)) == excess(plain(None)) == []
    assert not list(lassos(plain(None)))


def test_each_lasso_says_what_it_goes_without() -> None:
    """And, where there are several sets, of which one."""
    assert [title for title, _ in lassos(told(BOTH))] == [
        "without strong A receives (with weak A receives only)",
        "without weak A CLOSE",
    ]
    assert all(lasso == LASSO for _, lasso in lassos(told(BOTH)))
    several = lassos(told(replace(BOTH, minimal=((STRONG,), (CLOSE,)))))
    assert [title for title, _ in several][1] == "Of weak A CLOSE: without weak A CLOSE"


def test_a_report_names_actions_only() -> None:
    """They are enough to take the steps again."""
    told_short = short(told(BOTH))
    assert told_short is not None
    assert told_short["minimal"][0][1] == {
        "assumption": "weak A CLOSE", "instead": "", "lasso": {"steps": ["A.go"], "loop": 1}
    }  # fmt: skip
    assert short(None) is None
