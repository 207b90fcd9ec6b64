"""Many jobs: one after the other, or in parallel processes.

A worker does one job at a time, so that one that dies (killed for want of memory, say) takes only
its own job with it, which another worker tries once more.  A job that overruns its time limit loses
its process.  Ctrl-C is the parent's business.
"""

from __future__ import annotations

import gc
import multiprocessing
import signal
import sys
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from typing import TypeAlias

from tcpmodel.claims.runner import Job, Outcome, claim_of, failed, run_job, stopped
from tcpmodel.core.result import Progress

PERIOD = 0.2
"""Seconds between two reports of a worker's progress."""

GRACE = 5.0
"""Seconds that a job gets beyond its budget to compose its model and to end by itself."""

BEGUN = Progress("build", 0, 0)
"""What is said of a job first."""

Watcher: TypeAlias = Callable[[Job, Progress], None]
"""Called now and then while a job is done; it may raise KeyboardInterrupt to stop it."""


def _deaf(_: str) -> None:
    """Nobody listens."""


def run_jobs(
    jobs: Sequence[Job],
    processes: int,
    watcher: Watcher,
    *,
    limit: float | None = None,
    warn: Callable[[str], None] = _deaf,
) -> Generator[tuple[Job, Outcome], None, None]:
    """Do jobs in `processes` processes (1: in this one), yielding outcomes as they come.

    limit: seconds after which a job is stopped by ending its process, which is then never this
    one; a job whose budget is shorter is stopped soon after that.  warn: told, in one line, of a
    process that died and whose job is tried again.
    Closing the generator stops what is still running.
    """
    jobs = list(dict.fromkeys(jobs))
    if limit is None and (processes <= 1 or len(jobs) <= 1):
        yield from _one_after_the_other(jobs, watcher)
    else:
        yield from _Crew(jobs, min(processes, len(jobs)), watcher, limit, warn).work()


def _one_after_the_other(
    jobs: Sequence[Job], watcher: Watcher
) -> Generator[tuple[Job, Outcome], None, None]:
    for job in _by_model(jobs):
        watcher(job, BEGUN)
        found = run_job(job, partial(watcher, job))
        yield job, found
        if found.reason == "interrupted":
            raise KeyboardInterrupt


def _by_model(jobs: Sequence[Job]) -> list[Job]:
    """The jobs with those about the same model next to each other."""
    order = {model: n for n, model in enumerate(dict.fromkeys(_model(job) for job in jobs))}
    return sorted(jobs, key=lambda job: order[_model(job)])


def _model(job: Job) -> object:
    return job.text, job.fault


class _Crew:
    """Workers, and what is left for them to do."""

    def __init__(
        self,
        jobs: Sequence[Job],
        processes: int,
        watcher: Watcher,
        limit: float | None,
        warn: Callable[[str], None],
    ) -> None:
        self.todo = list(jobs)
        self.processes, self.watcher, self.limit, self.warn = processes, watcher, limit, warn
        self.context = multiprocessing.get_context("spawn")
        self.workers: list[_Worker] = []
        self.died: set[Job] = set()

    def work(self) -> Generator[tuple[Job, Outcome], None, None]:
        """Outcomes as they come."""
        try:
            while self.todo or self.workers:
                while self.todo and len(self.workers) < self.processes:
                    alone = self.processes == 1
                    self.workers.append(_Worker(self.context, self._next(None), self.limit, alone))
                ready = wait([worker.pipe for worker in self.workers], self._patience())
                for worker in [w for w in self.workers if w.pipe in ready]:
                    yield from self._hear(worker)
                for worker in [w for w in self.workers if w.overdue() <= 0]:
                    self.workers.remove(worker)
                    worker.end()
                    yield worker.job, stopped(worker.job, _overrun(worker.allowed))
        finally:
            for worker in self.workers:
                worker.end()

    def _patience(self) -> float | None:
        """Seconds until the first job will be overdue."""
        first = min(worker.overdue() for worker in self.workers)
        return None if first == float("inf") else max(0.0, first)

    def _next(self, last: Job | None) -> Job:
        """What to do next: a job about the same model; else about one that nobody works on."""
        busy = {_model(worker.job) for worker in self.workers}
        same = (job for job in self.todo if last is not None and _model(job) == _model(last))
        fresh = (job for job in self.todo if _model(job) not in busy and job not in self.died)
        job = next(same, None) or next(fresh, None) or self.todo[0]
        self.todo.remove(job)
        return job

    def _hear(self, worker: _Worker) -> Iterator[tuple[Job, Outcome]]:
        """What a worker has to say, and what becomes of it."""
        news, job = worker.news(), worker.job
        if isinstance(news, Progress):
            if news == BEGUN:
                worker.starts_now()
            self.watcher(job, news)
            return
        death = ""
        if news is not None and self.todo:
            worker.begin(self._next(job))
        else:
            self.workers.remove(worker)
            death = worker.end()
        if news is not None:
            yield job, news
        elif job not in self.died:
            self.died.add(job)
            self.todo.append(job)
            self.warn(f"{job.code} {job.scenario}: its process died ({death}); tried once more")
        else:
            message = f"its process died twice ({death})"
            yield job, failed(job, message, claim_of(job), crashed=True)


def _overrun(seconds: float) -> str:
    return f"the time limit of {seconds:g} s was reached, and its process had to be stopped"


class _Worker:
    """A process that does jobs, and the job it is doing; alone: there is no other."""

    def __init__(self, context: SpawnContext, job: Job, limit: float | None, alone: bool) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, alone), daemon=True)
        self.limit = limit
        self.began: float | None = None
        with _deaf_to_ctrl_c():
            self.process.start()
        theirs.close()
        self.begin(job)

    def begin(self, job: Job) -> None:
        self.job, self.began = job, None
        with suppress(OSError):  # it is dead; the next look at its news tells
            self.pipe.send(job)

    def starts_now(self) -> None:
        """Its time runs from here: a new process takes a while to load its libraries."""
        self.began = time.monotonic()

    @property
    def allowed(self) -> float:
        """Seconds that the job may take."""
        seconds = self.job.budget.seconds
        return min(float("inf") if s is None else s for s in (self.limit, seconds))

    def overdue(self) -> float:
        """Seconds until the job has to be stopped."""
        if self.limit is None or self.began is None:
            return float("inf")
        return self.began + self.allowed + GRACE - time.monotonic()

    def news(self) -> Progress | Outcome | None:
        """What the worker says; None if it has died."""
        try:
            said: Progress | Outcome = self.pipe.recv()
        except (EOFError, OSError):
            return None
        return said

    def end(self) -> str:
        """Stop the process; what became of it, if it had died before."""
        self.pipe.close()
        self.process.join(0.2)
        code = self.process.exitcode
        if code is None:
            self.process.kill()
            self.process.join()
            return "it was stopped"
        if code == -signal.SIGKILL:
            return "killed by SIGKILL: out of memory?"
        return f"killed by {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


@contextmanager
def _deaf_to_ctrl_c() -> Iterator[None]:
    """Processes that are started here never see Ctrl-C: a signal mask is inherited."""
    resource_tracker.ensure_running()  # would unblock the signal if it were started below
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(pipe: Connection, alone: bool) -> None:
    """The life of a worker: jobs come and outcomes go until the parent hangs up.

    One that is not alone leaves the other processors to the others.
    """
    sys.stdout = sys.stderr
    # Terms are many and make no cycles: looking for garbage less often saves a sixth of the time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)
    last = 0.0

    def observer(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last > PERIOD:
            last = time.monotonic()
            pipe.send(progress)

    try:
        while True:
            job = pipe.recv()
            pipe.send(BEGUN)
            budget = job.budget if alone or job.budget.threads else replace(job.budget, threads=1)
            pipe.send(run_job(replace(job, budget=budget), observer))
    except (EOFError, OSError):
        return
