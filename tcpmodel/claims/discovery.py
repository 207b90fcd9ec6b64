"""Finding claims: `properties/*.py`, like tests are found.

A claim file is Python; whatever it defines as a `Claim` is a claim.  A broken file is an error with
its file and line, and does not stop the others.
"""

from __future__ import annotations

import ast
import contextlib
import runpy
import sys
import traceback
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from pathlib import Path

from tcpmodel.claims.language import Claim, Derivation
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
            taken = next((n for n in (claim.code, claim.id) if n in owners), None)
            if taken is None:
                owners[claim.code] = owners[claim.id] = file
                claims.append((file, claim))
            else:
                place = f"{file}:{_line_with(file, taken, last=True)}"
                errors.append(f"{place}: {taken} is already the name of a claim in {owners[taken]}")
    return Found(tuple(claims), tuple(errors))


def load(file: Path) -> list[Claim]:
    """The claims of one file, in the order of their definition.

    Raises `ModelError` (`file:line: message`) if it cannot be executed, names a scenario (or a row
    of what is derived) that does not exist, or has a formula that would not mean what it says.
    """
    try:
        with contextlib.redirect_stdout(sys.stderr):
            scope = runpy.run_path(str(file))
    except (Exception, SystemExit) as error:
        raise ModelError(f"{file}:{line_of(file, error)}: {_summary(error)}") from None
    claims = list({id(v): v for v in scope.values() if isinstance(v, Claim)}.values())
    if claims:
        _refuse_misleading(file)
    for claim in claims:
        for text in claim.verdicts:
            try:
                if isinstance(claim.property, Derivation):
                    # Loaded here as it brings everything that derives.
                    from tcpmodel.claims.derivations import check_row  # noqa: PLC0415

                    check_row(claim.property, text)
                else:
                    scenario(text)
            except ModelError as error:
                place = f"{file}:{_line_with(file, text)}"
                raise ModelError(
                    f"{place}: claim {claim.code}: scenario {text!r}: {error}"
                ) from None
    return [replace(c, topic=c.topic or file.stem.replace("_", " ")) for c in claims]


def line_of(file: Path, error: BaseException, otherwise: int = 1) -> int:
    """The last line of `file` that an error came through."""
    if isinstance(error, SyntaxError) and error.filename == str(file):
        return error.lineno or otherwise
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == str(file)]
    return (frames[-1].lineno or otherwise) if frames else otherwise


def _line_with(file: Path, text: str, *, last: bool = False) -> int:
    """The line of `file` on which the string `text` is written; 1 if it is computed."""
    tree = ast.parse(file.read_bytes())
    lines = sorted(
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value == text
    )
    return lines[-1 if last else 0] if lines else 1


def _summary(error: BaseException) -> str:
    text = (error.msg if isinstance(error, SyntaxError) else str(error)) or "no message"
    text = " ".join(text.split())
    return text if isinstance(error, ModelError) else f"{type(error).__name__}: {text}"


# --- formulas that Python would read differently ------------------------------------------------

_MISREAD = {
    ast.And: "`and` gives its first operand; write all_of(…, …)",
    ast.Or: "`or` gives its last operand; write any_of(…, …)",
    ast.Not: "`not` is computed at once; write none_of(…)",
    ast.IfExp: "`if` is decided at once; write implies(…, …)",
}


def _refuse_misleading(file: Path) -> None:
    """Refuse what Python decides before the model is looked at.

    `a == b and c == d` would be a formula (the first one), and `w.A.inc < 2` would compare signed
    numbers: both are checked without complaint, and answer another question.
    """
    for function in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(function, ast.Lambda | ast.FunctionDef) and function.args.args:
            world = function.args.args[0].arg
            if isinstance(function, ast.Lambda) or world in ("w", "world"):
                for node in ast.walk(function):
                    if why := _misread(node, world):
                        raise ModelError(f"{file}:{getattr(node, 'lineno', 1)}: in a formula {why}")


def _misread(node: ast.AST, world: str) -> str:
    match node:
        case ast.BoolOp(op=operator, values=values) if any(_speaks_of(v, world) for v in values):
            return _MISREAD[type(operator)]
        case ast.UnaryOp(op=ast.Not(), operand=operand) if _speaks_of(operand, world):
            return _MISREAD[ast.Not]
        case ast.IfExp(test=test) if _speaks_of(test, world):
            return _MISREAD[ast.IfExp]
        case ast.Compare(ops=ops) if _speaks_of(node, world):
            if len(ops) > 1:
                return "a chain of comparisons gives its first one; write all_of(…, …)"
            if isinstance(ops[0], ast.Lt | ast.LtE | ast.Gt | ast.GtE):
                return "`<` and the like compare signed numbers; write z3.ULT, ULE, UGT or UGE"
            if not isinstance(ops[0], ast.Eq | ast.NotEq):
                return "`in` and `is` are computed at once; write any_of(… == …, …)"
    return ""


def _speaks_of(tree: ast.AST, world: str) -> bool:
    """Whether a part of a formula reads the state (and not only `w.switches`)."""
    fixed = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == "switches"
    }
    return any(
        isinstance(node, ast.Name) and node.id == world and id(node) not in fixed
        for node in ast.walk(tree)
    )


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
