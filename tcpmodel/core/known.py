"""What earlier runs found out, kept in files.

A file is named by a digest of all that its content depends on, and begins with a digest of its
content: one that is damaged is not believed.  Nothing here is needed; all of it saves time.
"""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
from functools import cache
from pathlib import Path

import z3

DIGEST = hashlib.sha256().digest_size
KEPT = 5000
"""How many small files of a kind are kept; the oldest go first."""

LAYERS = ("core", "semantics", "tcp")
"""The parts of the package that make systems, and code of them."""


def folder(kind: str) -> Path:
    """Where files of a kind are kept: below XDG_CACHE_HOME, or ~/.cache."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "tcpmodel" / kind


def digest(*parts: str) -> str:
    """A name for all of `parts`, in their order."""
    sizes = ",".join(str(len(part)) for part in parts)
    return hashlib.sha256("\0".join((sizes, *parts)).encode()).hexdigest()


@cache
def program() -> str:
    """A name for what makes systems: the sources, z3, Python; empty if the sources are not here."""
    here = Path(__file__).parent.parent
    files = [file for layer in LAYERS for file in sorted((here / layer).glob("*.*"))]
    sources = [(file.name, file.read_bytes()) for file in files if file.suffix in (".py", ".ll")]
    if not sources:
        return ""
    read = [f"{name} {hashlib.sha256(source).hexdigest()}" for name, source in sources]
    return digest(z3.get_full_version(), sys.version, *read)


def load(file: Path) -> bytes | None:
    """The content of a file, or None if it is not there or not whole."""
    try:
        data = file.read_bytes()
    except (OSError, RuntimeError):
        return None
    content = data[DIGEST:]
    return content if content and hashlib.sha256(content).digest() == data[:DIGEST] else None


def keep(file: Path, content: bytes, most: int = KEPT) -> None:
    """Keep content for the next time; a file that cannot be written is no error.

    most: how many files of this ending are kept beside it.
    """
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=file.parent, delete=False) as part:
            part.write(hashlib.sha256(content).digest() + content)
        Path(part.name).replace(file)
        files = list(file.parent.glob(f"*{file.suffix}"))
        if len(files) > most:
            for old in sorted(files, key=lambda f: f.stat().st_mtime)[:-most]:
                old.unlink()
    except (OSError, RuntimeError):
        return
