"""Parts of a suite: by topic, by shard; and what came of it by topic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.claims.language import Claim, always, holds
from tcpmodel.claims.runner import Job, Outcome
from tcpmodel.claims.suite import about_topics, by_topic, shard
from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.states import CLOSED

JOBS = st.lists(
    st.builds(Job, st.just("f.py"), st.sampled_from("abcdefg"), st.sampled_from("uvwxyz")),
    unique=True,
)


@given(JOBS, st.integers(1, 9))
def test_shards_are_a_partition(jobs: list[Job], count: int) -> None:
    """Every job is in exactly one part, in the order of the jobs; sizes differ by one at most."""
    parts = [shard(jobs, n, count) for n in range(1, count + 1)]
    assert sorted(repr(job) for part in parts for job in part) == sorted(map(repr, jobs))
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    for part in parts:
        assert part == [job for job in jobs if job in part]


@given(JOBS, st.integers(1, 4))
def test_a_model_is_composed_in_few_shards(jobs: list[Job], count: int) -> None:
    """A boundary between two parts divides one scenario at most."""
    parts = [shard(jobs, n, count) for n in range(1, count + 1)]
    composed = sum(len({job.scenario for job in part}) for part in parts)
    assert composed <= len({job.scenario for job in jobs}) + count - 1


@given(JOBS, st.randoms())
def test_shards_do_not_depend_on_the_order_of_scenarios(jobs: list[Job], chance: object) -> None:
    """Two machines that find files in another order would otherwise leave claims out."""
    one_each = list({job.scenario: job for job in jobs}.values())
    shuffled = sorted(one_each, key=lambda job: job.scenario, reverse=True)
    assert set(shard(one_each, 1, 2)) == set(shard(shuffled, 1, 2))


def claim(code: str, topic: str) -> tuple[Path, Claim]:
    verdicts = {"rfc9293": holds("so")}
    never = always(lambda w: w.A.state == CLOSED)
    return Path("f.py"), Claim(code, f"id-{code}", "It is so.", [], never, verdicts, topic=topic)


def test_a_topic_is_known_by_the_beginning_of_its_name() -> None:
    """In any case; several name several; one that does not exist gets the nearest."""
    claims = [claim("A", "time wait"), claim("B", "handshake"), claim("C", "time stamps")]
    assert [c.code for _, c in about_topics(claims, [])] == ["A", "B", "C"]
    assert [c.code for _, c in about_topics(claims, ["Time"])] == ["A", "C"]
    assert [c.code for _, c in about_topics(claims, ["hand", "time w"])] == ["A", "B"]
    with pytest.raises(ModelError, match=r"no topic 'handshaek'; did you mean handshake\?"):
        about_topics(claims, ["handshaek"])


def test_topics_count_their_verdicts_and_the_time_of_this_run() -> None:
    """What was known before costs nothing."""
    one = Outcome("A", "id-a", "It is so.", "t", "s", {}, "HOLDS", "so", "HOLDS", cpu_seconds=2.0)
    rows = by_topic([one, replace(one, verdict="FAILS"), replace(one, topic="u", cached=True)])
    assert [(row.name, row.claims, row.seconds) for row in rows] == [("t", 1, 4.0), ("u", 1, 0)]
    assert rows[0].marks == {"expected": 1, "unexpected": 1, "open": 0, "vacuous": 0}
