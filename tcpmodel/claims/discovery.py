"""Finding claims: `properties/*.py`, like tests are found.

A claim file is Python; whatever it defines as a `Claim` is a claim.  A broken file is an error with
its file and line, and does not stop the others.
"""

from __future__ import annotations

import runpy
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from tcpmodel.claims.language import Claim
from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.scenario import scenario


@dataclass(frozen=True)
class Found:
    """The claims of some files, and what was wrong with others (`file:line: message`)."""

    claims: tuple[tuple[Path, Claim], ...]
    errors: tuple[str, ...]


def bundled() -> Path:
    """The folder of the claims that come with the tool."""
    inside = Path(__file__).parent.parent / "properties"
    return inside if inside.is_dir() else Path(__file__).parent.parent.parent / "properties"


def claim_files(path: Path) -> list[Path]:
    """The claim files that `path` (a file or a folder) stands for.

    Raises `ModelError` if there is none.
    """
    if path.is_dir():
        files = sorted(p for p in path.glob("*.py") if not p.name.startswith("_"))
        if not files:
            raise ModelError(f"{path}: no claim files (*.py) in this folder")
        return files
    if not path.is_file():
        raise ModelError(f"{path}: no such file or folder")
    return [path]


def discover(files: Iterable[Path]) -> Found:
    """Load claim files."""
    claims: list[tuple[Path, Claim]] = []
    errors: list[str] = []
    owners: dict[str, Path] = {}
    for file in files:
        try:
            found = load(file)
        except ModelError as error:
            errors.append(str(error))
            continue
        for claim in found:
            for name in (claim.code, claim.id):
                if name in owners:
                    errors.append(
                        f"{file}: {name} is already the name of a claim in {owners[name]}"
                    )
                    break
            else:
                owners[claim.code] = owners[claim.id] = file
                claims.append((file, claim))
    return Found(tuple(claims), tuple(errors))


def load(file: Path) -> list[Claim]:
    """The claims of one file, in the order of their definition.

    Raises `ModelError` (`file:line: message`) if it cannot be executed or names a scenario that
    does not exist.
    """
    try:
        scope = runpy.run_path(str(file))
    except Exception as error:
        raise ModelError(f"{file}:{_line(file, error)}: {_summary(error)}") from None
    claims = list({id(v): v for v in scope.values() if isinstance(v, Claim)}.values())
    for claim in claims:
        for text in claim.verdicts:
            try:
                scenario(text)
            except ModelError as error:
                raise ModelError(
                    f"{file}: claim {claim.code}: scenario {text!r}: {error}"
                ) from None
    return [replace(c, topic=c.topic or file.stem.replace("_", " ")) for c in claims]


def _line(file: Path, error: Exception) -> int:
    if isinstance(error, SyntaxError):
        return error.lineno or 1
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    return (frames[-1].lineno or 1) if frames else 1


def _summary(error: Exception) -> str:
    text = error.msg if isinstance(error, SyntaxError) else str(error)
    return text if isinstance(error, ModelError) else f"{type(error).__name__}: {text}"


def select(claims: Sequence[tuple[Path, Claim]], names: Sequence[str]) -> list[tuple[Path, Claim]]:
    """The claims with these codes or ids; all if none is named.

    Raises `ModelError`, with the nearest valid names, for one that does not exist.
    """
    if not names:
        return list(claims)
    known = {name: pair for pair in claims for name in (pair[1].code, pair[1].id)}
    lower = {name.lower(): name for name in known}
    chosen: dict[str, tuple[Path, Claim]] = {}
    for name in names:
        if name.lower() not in lower:
            near = get_close_matches(name.lower(), list(lower), n=2, cutoff=0.4)
            hint = f"; did you mean {' or '.join(lower[n] for n in near)}?" if near else ""
            raise ModelError(f"no claim {name!r}{hint} (`tcpmodel list` shows all)")
        pair = known[lower[name.lower()]]
        chosen[pair[1].code] = pair
    return list(chosen.values())
