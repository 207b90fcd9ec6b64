"""Verdicts that are known already, kept by what they depend on.

The key of a verdict is a digest of all that could change it: every source file of this package, the
versions of the libraries that compute, the claim file, the scenario, the engine and the budget.  A
claim file that imports more than Python's own library is not kept, because what it says may change
without it.  Only what was settled is kept: a time-out says nothing about the next run.
"""

from __future__ import annotations

import ast
import hashlib
import json
import os
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, replace
from functools import cache
from importlib import metadata
from pathlib import Path

from tcpmodel.claims.pool import Watcher, run_jobs
from tcpmodel.claims.runner import Job, Outcome
from tcpmodel.semantics.jit import cache_folder

LIBRARIES = ("z3-solver", "llvmlite", "numpy", "scipy", "networkx", "python-sat")
"""What computes verdicts besides this package."""

IMPORTABLE = {"tcpmodel", "z3", *sys.stdlib_module_names}
"""What a claim file may import and have its verdicts kept."""

ROOM = 64 * 1024 * 1024
"""Octets that all verdicts together may take; the oldest go first."""

DIGEST = hashlib.sha256().digest_size


def folder() -> Path:
    """Where verdicts are kept: below XDG_CACHE_HOME, or ~/.cache."""
    return cache_folder().with_name("verdicts")


class Verdicts:
    """The verdicts of earlier runs.

    problems: what went wrong with them, a line each; a verdict is then computed as if it were new.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self.problems: list[str] = []
        self.damaged = 0
        self.writable = True

    def get(self, job: Job) -> Outcome | None:
        """The outcome of a job, if an earlier run has settled it."""
        key = key_of(job)
        if key is None:
            return None
        try:
            data = (self.place / key).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            self._complain(f"cannot be read ({error.strerror})")
            return None
        found = _read(data, job)
        if found is None:
            self.damaged += 1
            with suppress(OSError):
                (self.place / key).unlink()
        return found

    def put(self, job: Job, found: Outcome) -> None:
        """Keep an outcome, if it is settled and can be kept."""
        key = key_of(job) if settled(found) and self.writable else None
        if key is None:
            return
        body = json.dumps(asdict(found)).encode()
        try:
            self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write(self.place / key, hashlib.sha256(body).digest() + body)
        except OSError as error:
            self.writable = False
            self._complain(f"cannot be written ({error.strerror}); this run's are not kept")

    def close(self) -> Sequence[str]:
        """Make room for the next run; what went wrong in this one, a line each."""
        if self.damaged:
            self._complain(f"had {self.damaged} damaged entries, which were computed again")
        with suppress(OSError):
            room = ROOM
            for size, file in self._newest_first():
                room -= size
                if room < 0:
                    file.unlink(missing_ok=True)
        return self.problems

    def _newest_first(self) -> list[tuple[int, Path]]:
        seen = [(file.stat(), file) for file in self.place.iterdir()]
        seen.sort(key=lambda pair: pair[0].st_mtime, reverse=True)
        return [(about.st_size, file) for about, file in seen]

    def _complain(self, what: str) -> None:
        line = f"the cache of verdicts {self.place} {what}"
        if line not in self.problems:
            self.problems.append(line)


def run_known(
    jobs: Sequence[Job], processes: int, watcher: Watcher, known: Verdicts | None
) -> Iterator[tuple[Job, Outcome]]:
    """Do jobs as `pool.run_jobs` does: first those that are known, which take no time; then the
    others, which are known from then on.
    """
    rest = []
    for job in jobs:
        if known and (found := known.get(job)):
            yield job, found
        else:
            rest.append(job)
    for job, found in run_jobs(rest, processes, watcher):
        if known:
            known.put(job, found)
        yield job, found


def settled(found: Outcome) -> bool:
    """Whether a verdict would be the same next time: neither an error nor a limit that was hit."""
    return not found.error and not found.crashed and not found.inconclusive


def _read(data: bytes, job: Job) -> Outcome | None:
    """The outcome in a file of the cache, or None if it is not whole."""
    body = data[DIGEST:]
    if hashlib.sha256(body).digest() != data[:DIGEST]:
        return None
    try:
        found = Outcome(**json.loads(body))
    except (ValueError, TypeError):
        return None
    if (found.code, found.scenario) != (job.code, job.scenario) or not settled(found):
        return None
    return replace(found, cached=True)


def _write(file: Path, data: bytes) -> None:
    """Write a file at once, so that whoever reads it meanwhile sees all of it or nothing."""
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".", delete=False) as part:
        try:
            part.write(data)
            part.flush()
        except OSError:
            with suppress(OSError):
                Path(part.name).unlink()
            raise
    Path(part.name).replace(file)


# --- keys -----------------------------------------------------------------------------------------


def key_of(job: Job) -> str | None:
    """The name under which the verdict of a job is kept; None if it is not to be."""
    claims = _claim_file(Path(job.file), *_age(Path(job.file)))
    if claims is None:
        return None
    budget = replace(job.budget, threads=None)  # how many threads search cannot be seen
    asked = (job.code, job.scenario, job.changes, job.engine, budget, job.fault)
    about = (program(), claims, *asked)
    return hashlib.sha256(repr(about).encode()).hexdigest()


def _age(file: Path) -> tuple[int, int]:
    """What tells whether a file has changed while this process runs."""
    try:
        about = file.stat()
    except OSError:
        return 0, 0
    return about.st_mtime_ns, about.st_size


@cache
def _claim_file(file: Path, *_: int) -> tuple[str, str] | None:
    """The name of a claim file (which may name its topic) and a digest of what it says; None if
    that depends on more than the file.
    """
    try:
        source = file.read_bytes()
        tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError):
        return None
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or "." if not node.level else "."]
        if any(name.split(".")[0] not in IMPORTABLE for name in names):
            return None
    return file.name, hashlib.sha256(source).hexdigest()


@cache
def program() -> tuple[str, ...]:
    """What computes: a digest of the sources of this package, and the versions of the others."""
    here = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for file in _sources(here):
        source = file.read_bytes()
        digest.update(f"{file.relative_to(here)} {len(source)}\n".encode() + source)
    versions = [f"{name} {_version(name)}" for name in LIBRARIES]
    return digest.hexdigest(), platform.python_version(), os.name, *versions


def _sources(package: Path) -> list[Path]:
    """The files of a package that compute.  The claims that an installed one has inside do not:
    each of their files counts by itself, so that it may as well lie beside the package.
    """
    inside = package / "properties"
    found = (file for ending in ("*.py", "*.ll") for file in package.rglob(ending))
    return sorted(file for file in found if inside not in file.parents)


def _version(library: str) -> str:
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "missing"
