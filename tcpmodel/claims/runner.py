"""Running claims: each pair of claim and scenario is a job; jobs run in parallel processes.

Jobs and outcomes are plain values, so that they can travel between processes and into JSON.  What
has been computed is never lost: a job that breaks or is interrupted yields an outcome that says so.
"""

from __future__ import annotations

import multiprocessing
import queue
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tcpmodel.claims.discovery import load
from tcpmodel.claims.language import Claim, Expected
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Evidence, Observer, Progress, Result, Verdict, silent
from tcpmodel.core.trace import Trace
from tcpmodel.engines.registry import choose
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

SCHEMA = "tcpmodel-verify/1"


@dataclass(frozen=True)
class Job:
    """One claim in one scenario, by name."""

    file: str
    code: str
    scenario: str
    engine: str = "auto"
    budget: Budget = field(default_factory=Budget)


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    verdict: as computed; `UNKNOWN` with its reason if the job did not get that far.
    error: a mistake of the claim's or the scenario's author (or ours), in one line.
    trace: the counterexample or witness, in the form of `Trace.to_json`.
    """

    code: str
    id: str
    says: str
    topic: str
    scenario: str
    switches: dict[str, str | int]
    expected: str
    why: str
    verdict: str
    scope: str = ""
    reason: str = ""
    error: str = ""
    crashed: bool = False
    engine: str = ""
    chosen: str = ""
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    cpu_seconds: float = 0.0
    vacuous: bool = False
    evidence: dict[str, Any] = field(default_factory=dict)
    trace: dict[str, Any] | None = None

    @property
    def as_expected(self) -> bool:
        """The computed verdict is the one that the claim states."""
        return not self.error and self.verdict == self.expected

    @property
    def inconclusive(self) -> bool:
        """Nothing was settled: a bound or a time-out was reached first."""
        return not self.error and self.verdict in ("UNKNOWN", "HOLDS_UP_TO")


def jobs_of(
    claims: Sequence[tuple[Path, Claim]], engine: str, budget: Budget, only: str = ""
) -> list[Job]:
    """The jobs of claims; `only` restricts them to one scenario."""
    return [
        Job(str(file), claim.code, text, engine, budget)
        for file, claim in claims
        for text in claim.verdicts
        if not only or text == only
    ]


def run_job(job: Job, observer: Observer = silent) -> Outcome:
    """Do one job in this process.  Never raises for what the job's author did."""
    try:
        claim = next(c for c in load(Path(job.file)) if c.code == job.code)
    except (ModelError, StopIteration) as error:
        return _broken(job, str(error) or f"{job.file}: no claim {job.code}")
    try:
        result, chosen = check_claim(claim, job.scenario, job.engine, job.budget, observer)
    except ModelError as error:
        return _about(claim, job, "UNKNOWN", error=str(error))
    except EngineError as error:
        return _about(claim, job, "UNKNOWN", error=f"a bug of ours: {error}", crashed=True)
    return outcome(claim, job, result, chosen)


def check_claim(
    claim: Claim, text: str, engine: str, budget: Budget, observer: Observer = silent
) -> tuple[Result, str]:
    """The result of a claim in a scenario, and why its engine was chosen."""
    model = compose(scenario(text))
    question = claim.property.of(model.world, claim.says)
    check, chosen = choose(engine, model.system, question)
    return check(model.system, question, budget, observer), chosen


def check_property(
    question: Callable[[Any], Property], text: str, engine: str, budget: Budget, observer: Observer
) -> tuple[Result, str]:
    """The result of an ad-hoc property in a scenario, and why its engine was chosen."""
    model = compose(scenario(text))
    found = question(model.world)
    check, chosen = choose(engine, model.system, found)
    return check(model.system, found, budget, observer), chosen


def outcome(claim: Claim, job: Job, result: Result, chosen: str) -> Outcome:
    """A result as a plain value."""
    return _about(
        claim,
        job,
        result.verdict.value,
        scope=str(result.scope),
        reason=result.reason,
        engine=result.engine,
        chosen=chosen,
        states=result.states,
        transitions=result.transitions,
        depth=result.depth,
        cpu_seconds=round(result.cpu_seconds, 3),
        vacuous=result.vacuous,
        evidence=evidence_json(result.evidence),
        trace=None if result.trace is None else result.trace.to_json(),
    )


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain values."""
    return {
        "complete": evidence.complete,
        "premise_reached": evidence.premise,
        "deadlocks": evidence.deadlocks,
        "reached": dict(evidence.reached),
        "fired": dict(evidence.fired),
        "never_enabled": list(evidence.never),
    }


def trace_of(found: Outcome) -> Trace | None:
    """The trace of an outcome."""
    return None if found.trace is None else Trace.from_json(found.trace)


def _about(claim: Claim, job: Job, verdict: str, **rest: Any) -> Outcome:
    expected: Expected = claim.verdicts[job.scenario]
    return Outcome(
        code=claim.code,
        id=claim.id,
        says=claim.says,
        topic=claim.topic,
        scenario=job.scenario,
        switches=scenario(job.scenario).switches,
        expected=expected.verdict.value,
        why=expected.why,
        verdict=verdict,
        **rest,
    )


def _broken(job: Job, message: str, *, crashed: bool = False) -> Outcome:
    return Outcome(
        job.code,
        job.code,
        "",
        "",
        job.scenario,
        {},
        "",
        "",
        "UNKNOWN",
        error=message,
        crashed=crashed,
    )


# --- many jobs --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Report:
    """How far a job is (`progress`), or what became of it (`outcome`)."""

    job: Job
    progress: Progress | None = None
    outcome: Outcome | None = None


def run_jobs(jobs: Sequence[Job], processes: int) -> Iterator[Report]:
    """Do jobs in `processes` processes, yielding reports as they come.

    Closing the iterator stops what is still running.
    """
    if processes <= 1 or len(jobs) <= 1:
        yield from _one_after_the_other(jobs)
        return
    context = multiprocessing.get_context("spawn")
    news: Any = context.Queue()
    pool = ProcessPoolExecutor(processes, context, _begin_worker, (news,))
    waiting: dict[Future[Outcome], Job] = {pool.submit(_work, job): job for job in jobs}
    try:
        while waiting:
            done, _ = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
            yield from _heard(news)
            for future in done:
                job = waiting.pop(future)
                yield Report(job, outcome=_collect(future, job))
    finally:
        for process in list((pool._processes or {}).values()) if waiting else []:
            process.terminate()
        pool.shutdown(wait=not waiting, cancel_futures=True)
        news.cancel_join_thread()
        news.close()


def _collect(future: Future[Outcome], job: Job) -> Outcome:
    try:
        return future.result()
    except BrokenProcessPool:
        return _broken(
            job, "its process was killed (out of memory?); run it alone with -j 1", crashed=True
        )
    except Exception as error:
        return _broken(job, f"a bug of ours: {type(error).__name__}: {error}", crashed=True)


def _heard(news: Any) -> Iterator[Report]:
    while True:
        try:
            job, progress = news.get_nowait()
        except (queue.Empty, EOFError, OSError):
            return
        yield Report(job, progress=progress)


def _one_after_the_other(jobs: Iterable[Job]) -> Iterator[Report]:
    for job in jobs:
        yield Report(job, progress=Progress("build", 0, 0))
        try:
            yield Report(job, outcome=run_job(job))
        except Exception as error:
            yield Report(
                job,
                outcome=_broken(
                    job, f"a bug of ours: {type(error).__name__}: {error}", crashed=True
                ),
            )


_news: Any = None
"""The queue to the parent; set once when a worker begins."""


def _begin_worker(news: Any) -> None:
    global _news  # noqa: PLW0603 - the only way to hand a queue to pool workers
    _news = news
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides


def _work(job: Job) -> Outcome:
    last = 0.0

    def observer(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last > 0.2:
            last = time.monotonic()
            _news.put((job, progress))

    return run_job(job, observer)


def exit_code(outcomes: Sequence[Outcome], *, interrupted: bool = False) -> int:
    """0 all as expected; 1 crash; 2 a broken claim; 5 inconclusive; 10 a verdict differs; 11 holds
    only vacuously; 130 interrupted.
    """
    if interrupted:
        return 130
    if any(o.crashed for o in outcomes):
        return 1
    if any(not o.as_expected and not o.inconclusive and not o.error for o in outcomes):
        return 10
    if any(o.error for o in outcomes):
        return 2
    if any(o.inconclusive for o in outcomes):
        return 5
    return 11 if any(o.vacuous for o in outcomes) else 0


def verdict_of(found: Outcome) -> Verdict:
    """The verdict of an outcome."""
    return Verdict(found.verdict)
