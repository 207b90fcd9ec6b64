"""Certificates as files: scenario, property and invariant, to be checked again by anybody.

A file is untrusted.  It names a scenario and a property; the model is built anew from these, and
the invariant (SMT-LIB text) may speak about that model's variables only, in the operators listed
here.  Nothing in it is believed before every obligation has been proved.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import z3

from tcpmodel import __version__
from tcpmodel.claims.formula import parse
from tcpmodel.core.certificate import Certificate
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind, Property
from tcpmodel.core.result import Result
from tcpmodel.core.terms import FreeVariables, Term, Var
from tcpmodel.semantics.certify import Checked, recheck, smtlib
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import scenario

SCHEMA = "tcpmodel-certificate/1"
MAX_OCTETS = 16_000_000
MAX_NESTING = 1000
MAX_K = 64
MAX_NUMERAL = 64

_TOKEN = re.compile(r"[()]|\|[^|\\]*\||[^\s()|\";]+|\S")
_WORDS = frozenset(
    {
        *("let", "and", "or", "not", "=>", "xor", "=", "distinct", "ite", "true", "false", "_"),
        *("extract", "zero_extend", "bvadd", "bvsub", "bvneg", "bvand", "bvor", "bvxor", "bvnot"),
        *("bvult", "bvule", "bvugt", "bvuge", "bvslt", "bvsle", "bvsgt", "bvsge"),
    }
)
"""What an invariant is made of, besides variables and constants: nothing that makes numbers much
longer or formulas hard.
"""


@dataclass(frozen=True)
class Saved:
    """A certificate read from a file, with the model it is about."""

    model: Model
    question: Property
    certificate: Certificate

    def check(self, seconds: float | None = None) -> Iterator[Checked]:
        """Every obligation, by a fresh solver; see `semantics.certify`."""
        return recheck(self.model.system, self.question.formula, self.certificate, seconds)

    def smtlib(self) -> str:
        """The obligations for any other solver."""
        return smtlib(self.model.system, self.question.formula, self.certificate)


def certificate_json(result: Result, scenario_text: str, formula: str) -> dict[str, Any]:
    """The file of a result's certificate.

    Raises `ModelError` if there is none, or if its invariant uses an operator that is not read
    back.
    """
    if result.certificate is None:
        raise ModelError(
            f"engine {result.engine} gives no certificate for this {result.verdict.value}: "
            "ask engine pdr, induction or spacer"
        )
    text = result.certificate.invariant.sexpr()
    variables = compose(scenario(scenario_text)).system.by_name
    read_invariant(text, variables)
    return {
        "schema": SCHEMA,
        "version": __version__,
        "scenario": scenario_text,
        "property": formula,
        "engine": result.engine,
        "k": result.certificate.k,
        "invariant": text,
    }


def load_certificate(file: Path) -> Saved:
    """Read a certificate; raises `ModelError`, in one line, for a file that is none."""
    with file.open("rb") as stream:
        data = stream.read(MAX_OCTETS + 1)
    if len(data) > MAX_OCTETS:
        raise ModelError(f"{file}: more than {MAX_OCTETS} octets")
    try:
        return read_certificate(json.loads(data))
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file}: not JSON: {error}") from None
    except ModelError as error:
        raise ModelError(f"{file}: {error}") from None


def read_certificate(data: Any) -> Saved:
    """The certificate that `certificate_json` wrote; raises `ModelError` for anything else."""
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise ModelError(f"not a certificate: its schema is not {SCHEMA}")
    for key in ("scenario", "property", "invariant"):
        if not isinstance(data.get(key), str):
            raise ModelError(f"not a certificate: {key} is not a text")
    k = data.get("k")
    if isinstance(k, bool) or not isinstance(k, int) or not 1 <= k <= MAX_K:
        raise ModelError(f"not a certificate: k is not a number from 1 to {MAX_K}")
    model = compose(scenario(data["scenario"]))
    question = parse(data["property"])(model)
    if question.kind is not Kind.ALWAYS:
        raise ModelError(f"a certificate is for always, not for {question.kind.value}")
    invariant = read_invariant(data["invariant"], model.system.by_name)
    return Saved(model, question, Certificate(invariant, k))


def read_invariant(text: str, variables: Mapping[str, Var]) -> Term:
    """One formula in SMT-LIB; raises `ModelError` for anything else, in one line."""
    _require_one_formula(text, variables)
    declared = {name: var.term.decl() for name, var in variables.items()}
    try:
        found = z3.parse_smt2_string(f"(assert {text})", decls=declared)
    except z3.Z3Exception as error:
        reason = error.args[0] if error.args else error
        words = reason.decode(errors="replace") if isinstance(reason, bytes) else str(reason)
        raise ModelError(f"the invariant cannot be read: {' '.join(words.split())[:200]}") from None
    if len(found) != 1:
        raise ModelError("the invariant is not one formula")
    if strange := FreeVariables()(found[0]) - variables.keys():
        raise ModelError(f"the invariant speaks about {min(strange)!r}, which is no variable")
    return found[0]


def _require_one_formula(text: str, variables: Mapping[str, Var]) -> None:
    """What stands between the parentheses is known, and it is one formula: no command can hide."""
    depth, ended = 0, False
    for match in _TOKEN.finditer(text):
        token = match.group()
        if ended:
            raise ModelError(f"the invariant goes on after its end: {token[:40]!r}")
        if token == "(":  # noqa: S105 - not a password
            depth += 1
            if depth > MAX_NESTING:
                raise ModelError(f"the invariant is nested more than {MAX_NESTING} deep")
        elif token == ")":  # noqa: S105
            depth -= 1
        elif not _is_known(token, variables):
            raise ModelError(f"the invariant uses {token[:40]!r}, which is not read")
        ended = depth <= 0
    if depth or not ended:
        raise ModelError("the parentheses of the invariant do not match")


def _is_known(token: str, variables: Mapping[str, Var]) -> bool:
    if token in _WORDS or token.strip("|") in variables or re.fullmatch(r"a!\d{1,9}", token):
        return True
    if re.fullmatch(r"\d{1,4}", token):
        return int(token) <= MAX_NUMERAL
    return re.fullmatch(r"#x[0-9a-f]{1,16}|#b[01]{1,64}", token) is not None
