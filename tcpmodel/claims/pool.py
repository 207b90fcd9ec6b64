"""Many jobs: one after the other, or in parallel processes.

A worker does one job at a time, so that one that dies (killed for want of memory, say) takes only
its own job with it; another worker does the rest.  Ctrl-C is the parent's business.
"""

from __future__ import annotations

import multiprocessing
import signal
import sys
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext
from typing import TypeAlias

from tcpmodel.claims.runner import Job, Outcome, failed, run_job
from tcpmodel.core.result import Progress

PERIOD = 0.2
"""Seconds between two reports of a worker's progress."""


Watcher: TypeAlias = Callable[[Job, Progress], None]
"""Called now and then while a job is done; it may raise KeyboardInterrupt to stop it."""


def run_jobs(
    jobs: Sequence[Job], processes: int, watcher: Watcher
) -> Generator[tuple[Job, Outcome], None, None]:
    """Do jobs in `processes` processes (1: in this one), yielding outcomes as they come.

    Closing the generator stops what is still running.
    """
    jobs = list(dict.fromkeys(jobs))
    if processes <= 1 or len(jobs) <= 1:
        yield from _one_after_the_other(jobs, watcher)
    else:
        yield from _in_parallel(jobs, min(processes, len(jobs)), watcher)


def _one_after_the_other(
    jobs: Sequence[Job], watcher: Watcher
) -> Generator[tuple[Job, Outcome], None, None]:
    for job in jobs:
        watcher(job, Progress("build", 0, 0))
        found = run_job(job, partial(watcher, job))
        yield job, found
        if found.reason == "interrupted":
            raise KeyboardInterrupt


def _in_parallel(
    jobs: Sequence[Job], processes: int, watcher: Watcher
) -> Generator[tuple[Job, Outcome], None, None]:
    context = multiprocessing.get_context("spawn")
    todo = deque(jobs)
    workers: list[_Worker] = []
    try:
        while todo or workers:
            while todo and len(workers) < processes:
                workers.append(_Worker(context, todo.popleft()))
            ready = wait([worker.pipe for worker in workers])
            for worker in [w for w in workers if w.pipe in ready]:
                news = worker.news()
                if isinstance(news, Progress):
                    watcher(worker.job, news)
                    continue
                done, death = worker.job, ""
                if news is not None and todo:
                    worker.begin(todo.popleft())
                else:
                    workers.remove(worker)
                    death = worker.end()
                yield done, news or failed(done, f"its process died ({death})", crashed=True)
    finally:
        for worker in workers:
            worker.end()


class _Worker:
    """A process that does jobs, and the job it is doing."""

    def __init__(self, context: SpawnContext, job: Job) -> None:
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs,), daemon=True)
        with _deaf_to_ctrl_c():
            self.process.start()
        theirs.close()
        self.begin(job)

    def begin(self, job: Job) -> None:
        self.job = job
        with suppress(OSError):  # it is dead; the next look at its news tells
            self.pipe.send(job)

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
            self.process.terminate()
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


def _work(pipe: Connection) -> None:
    """The life of a worker: jobs come and outcomes go until the parent hangs up."""
    sys.stdout = sys.stderr
    last = 0.0

    def observer(progress: Progress) -> None:
        nonlocal last
        if time.monotonic() - last > PERIOD:
            last = time.monotonic()
            pipe.send(progress)

    try:
        while True:
            pipe.send(run_job(pipe.recv(), observer))
    except (EOFError, OSError):
        return
