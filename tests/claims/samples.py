"""What the tests of claims share: the bundled claims, and models in small scopes."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tcpmodel.claims.discovery import bundled, claim_files, discover
from tcpmodel.claims.language import Claim
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import scenario


@cache
def model(text: str) -> Model:
    """The model of a scenario, built once."""
    return compose(scenario(text))


@cache
def claims() -> dict[str, Claim]:
    """The bundled claims about scenarios by code."""
    found = discover(claim_files(bundled()))
    assert not found.errors
    return {claim.code: claim for _, claim in found.claims if claim.of_model}


def pairs() -> list[tuple[str, str]]:
    """Every bundled claim with every one of its scenarios: (code, scenario)."""
    return [(code, text) for code, claim in claims().items() for text in claim.verdicts]


def write(path: Path, *lines: str) -> Path:
    """A claim file."""
    path.write_text("\n".join(["from tcpmodel.claims import *", *lines, ""]), encoding="utf-8")
    return path
