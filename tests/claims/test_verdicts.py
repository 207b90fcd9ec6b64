"""The cache of verdicts: never wrong, never in the way."""

from __future__ import annotations

import os
import platform
import tempfile
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tcpmodel.claims import verdicts
from tcpmodel.claims.runner import Job, Outcome
from tcpmodel.claims.verdicts import Verdicts, key_of
from tcpmodel.core.result import Budget
from tcpmodel.tcp.faults import Fault

SOURCE = "from tcpmodel.claims import *\n"

FOUND = Outcome(
    code="X1",
    id="an-id",
    says="A sentence.",
    topic="mine",
    scenario="rfc9293",
    switches={"rst": "off", "incarnations": 2},
    expected="FAILS",
    why="it is so",
    verdict="FAILS",
    evidence={"complete": False, "fired": {"A": 1}},
    trace={"steps": [{"action": "a"}]},
)


@pytest.fixture(name="job")
def job_about_a_file(tmp_path: Path) -> Job:
    file = tmp_path / "mine.py"
    file.write_text(SOURCE)
    return Job(str(file), "X1", "rfc9293")


@pytest.fixture(name="known")
def verdicts_of_a_test(tmp_path: Path) -> Verdicts:
    return Verdicts(tmp_path / "cache")


def test_what_was_settled_is_known_the_next_time(job: Job, known: Verdicts) -> None:
    """The outcome is the same, and says that it was known."""
    assert known.get(job) is None
    known.put(job, FOUND)
    assert Verdicts(known.place).get(job) == replace(FOUND, cached=True)
    assert known.close() == []


@pytest.mark.parametrize(
    "change",
    [
        lambda job: replace(job, code="X2"),
        lambda job: replace(job, scenario="rfc9293 rst=off"),
        lambda job: replace(job, engine="bmc"),
        lambda job: replace(job, budget=Budget(states=7)),
        lambda job: replace(job, budget=Budget(seconds=7)),
        lambda job: replace(job, fault=Fault("sending", "delete")),
        lambda job: replace(job, changes="width=6"),
    ],
)
def test_another_job_has_another_key(job: Job, change: Callable[[Job], Job]) -> None:
    """Claim, scenario, engine, every limit and a seeded fault count."""
    assert key_of(change(job)) not in (None, key_of(job))


def test_an_installed_program_is_the_same(tmp_path: Path) -> None:
    """The claims that are then inside of it make no difference; all that computes does."""
    for name in ("tcp/arrives.py", "semantics/kernel.ll", "properties/mine.py", "py.typed"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(SOURCE)
    found = [str(file.relative_to(tmp_path)) for file in verdicts._sources(tmp_path)]
    assert found == ["semantics/kernel.ll", "tcp/arrives.py"]


def test_a_changed_claim_file_is_another(job: Job) -> None:
    """Its text counts, and its name, which may be the topic; its folder does not."""
    before = key_of(job)
    file = Path(job.file)
    file.write_text(SOURCE + "# a comment\n")
    assert key_of(job) != before
    other = file.parent / "elsewhere"
    other.mkdir()
    (other / "mine.py").write_text(SOURCE)
    (other / "yours.py").write_text(SOURCE)
    assert key_of(replace(job, file=str(other / "mine.py"))) == before
    assert key_of(replace(job, file=str(other / "yours.py"))) != before


@pytest.mark.parametrize("part", ["source", "library", "python"])
def test_a_changed_program_is_another(
    part: str, job: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One character in a source file, another version of a library or of Python: all is new."""
    before = key_of(job)
    package = tmp_path / "tcpmodel"
    (package / "claims").mkdir(parents=True)
    original = Path(verdicts.__file__).parent.parent
    for file in verdicts._sources(original):
        copy = package / file.relative_to(original)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(file.read_bytes())
    with monkeypatch.context() as patch:
        patch.setattr(verdicts, "__file__", str(package / "claims" / "verdicts.py"))
        verdicts.program.cache_clear()
        assert key_of(job) == before
        verdicts.program.cache_clear()
        if part == "source":
            presets = package / "tcp" / "presets.py"
            presets.write_bytes(presets.read_bytes() + b"#")
        elif part == "library":
            patch.setattr(metadata, "version", lambda name: "0")
        else:
            patch.setattr(platform, "python_version", lambda: "3.99")
        assert key_of(job) != before
    verdicts.program.cache_clear()
    assert key_of(job) == before


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("import json", True),
        ("from z3 import And", True),
        ("import tcpmodel.core.terms", True),
        ("import helper", False),
        ("from .helper import x", False),
        ("def f():\n    from numpy import array", False),
        ("this is no Python", False),
    ],
)
def test_a_file_that_says_more_than_its_text_is_not_kept(line: str, kept: bool, job: Job) -> None:
    """What it imports may change without it."""
    Path(job.file).write_text(SOURCE + line + "\n")
    assert (key_of(job) is not None) is kept


@pytest.mark.parametrize(
    "open_",
    [
        replace(FOUND, verdict="UNKNOWN", reason="the time limit of 1 s was reached"),
        replace(FOUND, verdict="HOLDS_UP_TO", reason="the bound of 3 steps was reached"),
        replace(FOUND, error="mine.py:3: no such variable"),
        replace(FOUND, crashed=True),
    ],
)
def test_what_was_not_settled_is_tried_again(open_: Outcome, job: Job, known: Verdicts) -> None:
    """A limit that was reached, a mistake or a crash says nothing about the next run."""
    known.put(job, open_)
    assert known.get(job) is None


@pytest.mark.parametrize(
    "harm", [lambda d: d[:-1], lambda d: b"", lambda d: d[:40] + b"X" + d[41:]]
)
def test_a_damaged_entry_is_computed_again(
    harm: Callable[[bytes], bytes], job: Job, known: Verdicts
) -> None:
    """One line says so; the entry is gone, so that the next run is quiet."""
    known.put(job, FOUND)
    (file,) = known.place.iterdir()
    file.write_bytes(harm(file.read_bytes()))
    assert known.get(job) is None
    (line,) = known.close()
    assert "1 damaged" in line
    again = Verdicts(known.place)
    assert again.get(job) is None
    assert again.close() == []


def test_an_entry_of_another_job_is_not_believed(job: Job, known: Verdicts) -> None:
    """Also one that is whole, under a name that is not its own."""
    known.put(job, FOUND)
    (file,) = known.place.iterdir()
    other = replace(job, code="X2")
    file.rename(known.place / str(key_of(other)))
    assert known.get(other) is None


def test_a_full_disk_is_one_line(
    job: Job, known: Verdicts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost but the next run's time; nothing half-written stays; it is said once."""
    known.put(job, FOUND)
    real: Any = tempfile.NamedTemporaryFile

    def full(**options: Any) -> Any:
        part = real(**options)

        def write(data: bytes) -> int:
            raise OSError(28, "No space left on device")

        part.write = write
        return part

    monkeypatch.setattr(tempfile, "NamedTemporaryFile", full)
    for code in ("X2", "X3"):
        known.put(replace(job, code=code), replace(FOUND, code=code))
    (line,) = known.close()
    assert "cannot be written (No space left on device)" in line
    assert len(list(known.place.iterdir())) == 1
    assert known.get(job) is not None


def test_a_place_that_is_no_folder_is_one_line(job: Job, tmp_path: Path) -> None:
    """Reading and writing fail; nobody is stopped."""
    (tmp_path / "file").write_text("")
    known = Verdicts(tmp_path / "file" / "verdicts")
    assert known.get(job) is None
    known.put(job, FOUND)
    assert 1 <= len(known.close()) <= 2


def test_the_oldest_go_first(job: Job, known: Verdicts, monkeypatch: pytest.MonkeyPatch) -> None:
    """The cache does not grow without end."""
    for n in range(4):
        one = replace(job, code=f"X{n}")
        known.put(one, replace(FOUND, code=one.code))
        os.utime(known.place / str(key_of(one)), (n, n))
    size = next(known.place.iterdir()).stat().st_size
    monkeypatch.setattr(verdicts, "ROOM", 2 * size + 1)
    known.close()
    left = [known.get(replace(job, code=f"X{n}")) is not None for n in range(4)]
    assert left == [False, False, True, True]
