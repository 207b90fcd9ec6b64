"""Running claims: whatever happens to one job, the others' outcomes are there."""

from __future__ import annotations

import json
import os
import pickle
import signal
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from tcpmodel.claims import pool, runner
from tcpmodel.claims.discovery import load
from tcpmodel.claims.pool import run_jobs
from tcpmodel.claims.runner import Job, Outcome, exit_code, jobs_of, run_job, trace_of
from tcpmodel.core.errors import EngineError
from tcpmodel.core.result import Budget, Progress
from tcpmodel.tcp.compose import compose

from .samples import write

SMALL = "rfc9293 incarnations=1 capacity=1"
OTHER = "two_way incarnations=1 capacity=1"
LARGE = "rfc9293 incarnations=7 width=7"


def source(code: str, formula: str = "w.A.state != ESTABLISHED", text: str = SMALL) -> str:
    """A claim in one line."""
    return (
        f"{code} = Claim(code='{code}', id='id-{code}', says='A sentence.', sources=[], "
        f"property=always(lambda w: {formula}), verdicts={{{text!r}: fails('why')}})"
    )


@pytest.fixture(name="jobs")
def jobs_of_a_file(tmp_path: Path) -> Callable[..., list[Job]]:
    """The jobs of a claim file with these lines."""

    def make(*lines: str) -> list[Job]:
        file = write(tmp_path / "mine.py", *lines)
        return jobs_of([(file, claim) for claim in load(file)], "auto", Budget())

    return make


def quiet(job: Job, progress: Progress) -> None:
    """A watcher that does not look."""


def without_time(found: Outcome) -> Outcome:
    return replace(found, cpu_seconds=0.0)


# --- one job --------------------------------------------------------------------------------------


def test_an_outcome_is_a_plain_value(jobs: Callable[..., list[Job]]) -> None:
    """It travels between processes and into JSON, its trace included."""
    (job,) = jobs(source("X1"))
    found = run_job(job)
    assert (found.verdict, found.expected, found.as_expected) == ("FAILS", "FAILS", True)
    assert pickle.loads(pickle.dumps(found)) == found
    assert json.loads(json.dumps(asdict(found)))["trace"] == found.trace
    trace = trace_of(found)
    assert trace is not None
    assert trace.to_json() == found.trace


def test_a_job_goes_by_file_and_code(jobs: Callable[..., list[Job]]) -> None:
    """A claim or a file that has gone meanwhile is an error of that job."""
    (job,) = jobs(source("X1"))
    Path(job.file).write_text("")
    assert run_job(job).error == f"{job.file}: it has no claim X1 any more"
    Path(job.file).unlink()
    assert job.file in run_job(job).error


def test_a_bug_of_ours_is_called_one(
    jobs: Callable[..., list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An engine that breaks yields no verdict, says where, and is a crash for the exit code."""
    (job,) = jobs(source("X1"))

    def broken(error: Exception) -> Callable[..., Any]:
        def check(*_: Any) -> Any:
            raise error

        return lambda *_: (check, "for the test")

    monkeypatch.setattr(runner, "choose", broken(EngineError("the trace does not replay")))
    found = run_job(job)
    assert found.error == "a bug of ours: the trace does not replay"
    assert exit_code([found]) == 1
    monkeypatch.setattr(runner, "choose", broken(ZeroDivisionError("by zero")))
    found = run_job(job)
    assert found.error.startswith("a bug of ours: ZeroDivisionError at test_runner.py:")
    assert (found.verdict, exit_code([found])) == ("UNKNOWN", 1)


# --- many jobs ------------------------------------------------------------------------------------


def test_parallel_or_not_the_outcomes_are_the_same(jobs: Callable[..., list[Job]]) -> None:
    """The order in which they come does not matter; a job that is there twice is done once."""
    todo = jobs(source("X1"), source("X2", text=OTHER), source("X3", "w.A.nonsense"))
    alone = {job: without_time(found) for job, found in run_jobs([*todo, *todo], 1, quiet)}
    together = {job: without_time(found) for job, found in run_jobs([*todo, *todo], 2, quiet)}
    assert alone == together
    assert alone.keys() == set(todo)
    assert list(run_jobs([], 2, quiet)) == []


@pytest.mark.parametrize("processes", [1, 2])
def test_whoever_watches_hears_of_every_phase(
    processes: int, jobs: Callable[..., list[Job]]
) -> None:
    """Progress comes with its job, from this process and from others."""
    long, short = jobs(source("X1", "w.A.state != CLOSING", LARGE), source("X2"))
    long = replace(long, budget=Budget(seconds=1))
    heard: list[tuple[Job, Progress]] = []
    found = dict(run_jobs([long, short], processes, lambda j, p: heard.append((j, p))))
    assert found[long].reason == "the time limit of 1 s was reached"
    depths = [p.depth for job, p in heard if job == long and p.phase == "search"]
    assert depths == sorted(depths)
    assert depths[-1] > 3


def test_if_every_process_dies_every_job_says_so(jobs: Callable[..., list[Job]]) -> None:
    """No death stops the others, and each is tried twice and not for ever."""
    todo = jobs(*(source(f"X{n}", "__import__('os')._exit(9)") for n in range(3)))
    said: list[str] = []
    found = dict(run_jobs(todo, 2, quiet, warn=said.append))
    assert {f.error for f in found.values()} == {"its process died twice (exit code 9)"}
    assert {f.verdict for f in found.values()} == {"UNKNOWN"}
    assert sorted(said) == [
        f"X{n} {SMALL}: its process died (exit code 9); tried once more" for n in range(3)
    ]
    assert exit_code(list(found.values())) == 1


def test_a_process_that_is_killed_once_loses_nothing(
    jobs: Callable[..., list[Job]], tmp_path: Path
) -> None:
    """The job is tried again, and settled; who watches is told in one line."""
    once = tmp_path / "once"
    murder = (
        f"(__import__('os').kill(__import__('os').getpid(), 9) "
        f"if not __import__('os').path.exists({str(once)!r}) "
        f"and open({str(once)!r}, 'w') else 0, w.A.state != ESTABLISHED)[1]"
    )
    todo = jobs(source("X1", murder), source("X2"))
    said: list[str] = []
    found = dict(run_jobs(todo, 2, quiet, warn=said.append))
    assert [f.verdict for f in found.values()] == ["FAILS", "FAILS"]
    assert len(said) == 1
    assert "killed by SIGKILL: out of memory?" in said[0]


@pytest.mark.parametrize("processes", [1, 2])
def test_a_job_that_listens_to_nobody_is_stopped(
    processes: int, jobs: Callable[..., list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time over, its process goes: UNKNOWN with the reason, and the others are settled."""
    monkeypatch.setattr(pool, "GRACE", 0.5)
    deaf = "(__import__('time').sleep(600), w.A.state != ESTABLISHED)[1]"
    stubborn, fine = jobs(source("X1", deaf), source("X2"))
    stubborn = replace(stubborn, budget=Budget(seconds=0.5))
    found = dict(run_jobs([stubborn, fine], processes, quiet, limit=60))
    assert found[fine].verdict == "FAILS"
    assert (found[stubborn].verdict, found[stubborn].expected) == ("UNKNOWN", "FAILS")
    assert found[stubborn].reason == (
        "the time limit of 0.5 s was reached, and its process had to be stopped"
    )
    assert exit_code(list(found.values())) == 5


def test_jobs_about_one_model_come_after_each_other(
    jobs: Callable[..., list[Job]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So that each model is composed once, whatever the order in which claims are written."""
    todo = jobs(*(source(f"X{n}", text=(SMALL, OTHER)[n % 2]) for n in range(6)))
    composed: list[str] = []

    def counting(switches: Any, fault: Any) -> Any:
        composed.append(switches.spelled)
        return compose(switches, fault)

    runner._model.cache_clear()
    monkeypatch.setattr(runner, "compose", counting)
    found = dict(run_jobs(todo, 1, quiet))
    runner._model.cache_clear()
    assert len(found) == 6
    assert len(composed) == 2


def test_hanging_up_stops_the_processes(jobs: Callable[..., list[Job]]) -> None:
    """Closing the generator ends what is still running, at once."""
    todo = jobs(source("X1"), *(source(f"X{n}", "w.A.state != CLOSING", LARGE) for n in (2, 3)))
    started = time.monotonic()
    with closing(run_jobs(todo, 2, quiet)) as results:
        job, _ = next(results)
        assert job.code == "X1"
        children = multiprocessing_children()
        assert children
    assert time.monotonic() - started < 60
    assert not multiprocessing_children() & children


def multiprocessing_children() -> set[int | None]:
    from multiprocessing import active_children

    return {child.pid for child in active_children()}


def test_ctrl_c_ends_the_row_but_keeps_its_outcome(jobs: Callable[..., list[Job]]) -> None:
    """The job that is interrupted says how far it came; those after it are not begun."""
    todo = jobs(source("X1"), source("X2", "w.A.state != CLOSING", LARGE), source("X3", text=OTHER))

    def impatient(job: Job, progress: Progress) -> None:
        if job.code == "X2" and progress.depth >= 3:
            raise KeyboardInterrupt

    results = run_jobs(todo, 1, impatient)
    seen = [(job.code, found.verdict, found.reason) for job, found in islice(results, 2)]
    with pytest.raises(KeyboardInterrupt):
        next(results)
    assert seen == [("X1", "FAILS", ""), ("X2", "UNKNOWN", "interrupted")]


def test_starting_workers_leaves_ctrl_c_alone() -> None:
    """Workers never see the signal; this process does, as before."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, [])
    with pool._deaf_to_ctrl_c():
        assert signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])
    assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before
    with pytest.raises(KeyboardInterrupt), pool._deaf_to_ctrl_c():
        os.kill(os.getpid(), signal.SIGINT)


# --- exit codes -----------------------------------------------------------------------------------


def outcome(**more: Any) -> Outcome:
    """An outcome as expected, except for `more`."""
    usual: dict[str, Any] = {
        "code": "X1", "id": "x", "says": "A sentence.", "topic": "t", "scenario": SMALL,
        "switches": {}, "expected": "HOLDS", "why": "why", "verdict": "HOLDS",
    }  # fmt: skip
    return Outcome(**{**usual, **more})


def test_exit_codes_by_gravity() -> None:
    """Interrupted, crashed, another verdict, broken, open, vacuous, fine: in this order."""
    fine = outcome()
    vacuous = outcome(vacuous=True)
    unsettled = outcome(verdict="UNKNOWN", reason="time")
    bounded = outcome(verdict="HOLDS_UP_TO", reason="bound")
    broken = outcome(verdict="UNKNOWN", error="no such variable")
    wrong = outcome(verdict="FAILS")
    crashed = outcome(verdict="UNKNOWN", error="a bug", crashed=True)
    row = [(fine, 0), (vacuous, 11), (unsettled, 5), (bounded, 5), (broken, 2), (wrong, 10)]
    row.append((crashed, 1))
    for index, (_, code) in enumerate(row):
        assert exit_code([found for found, _ in row[: index + 1]]) == code
    assert exit_code([crashed, wrong], interrupted=True, broken=True) == 130
    assert exit_code([vacuous, unsettled], broken=True) == 2
    assert exit_code([]) == 0
