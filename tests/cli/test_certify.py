"""`check --certificate`, `certify`, `check --lift` and `lemmas`, as a user calls them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from .driving import SMALL, plain, run

HOLDS = "always(A.state != CLOSING)"
FAILS = "always(A.state != ESTABLISHED)"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The proof of a small property, as the command line writes it."""
    file = tmp_path_factory.mktemp("proof") / "c.json"
    ran = run("check", HOLDS, "--scenario", SMALL, "--engine", "pdr", "--certificate", file)
    assert ran.code == 0, ran
    assert "inductive, for any number of steps" in ran.out
    return file


def test_a_proof_is_checked_again(certificate: Path, tmp_path: Path) -> None:
    """Each obligation on a line, exit code 0; the obligations go into a file for other solvers."""
    script = tmp_path / "c.smt2"
    ran = run("certify", certificate, "--smtlib", script)
    assert ran.code == 0, ran
    assert plain(ran.out)
    assert [line.split()[0] for line in ran.out.splitlines()][:4] == ["proved"] * 3 + ["HOLDS"]
    assert script.read_text().count("(check-sat)") == 3
    pure = run("certify", certificate, "--smtlib", "-")
    assert pure.out == script.read_text()


def test_a_tampered_proof_is_refused(certificate: Path, tmp_path: Path) -> None:
    """Exit code 10, and the obligation that fails is named; a file that is none has exit code 2."""
    data = json.loads(certificate.read_text())
    file = tmp_path / "tampered.json"
    file.write_text(json.dumps({**data, "invariant": "true"}))
    ran = run("certify", file)
    assert ran.code == 10
    assert "REFUSED  I ⇒ P" in ran.out
    assert "not shown" in ran.out
    file.write_text(json.dumps({**data, "invariant": "(exit)"}))
    broken = run("certify", file)
    assert (broken.code, broken.out, broken.err.count("\n")) == (2, "", 1)


def test_what_has_no_proof_is_not_certified(tmp_path: Path) -> None:
    """Explicit search gives none; a property that fails has none."""
    file = tmp_path / "c.json"
    ran = run("check", HOLDS, "--scenario", SMALL, "--engine", "explicit", "--certificate", file)
    assert ran.code == 2
    assert "engine explicit gives no certificate" in ran.err
    ran = run("check", FAILS, "--scenario", SMALL, "--certificate", file)
    assert ran.code == 10
    assert "nothing to certify: FAILS" in ran.err
    assert not file.exists()


def test_a_run_is_lifted_to_real_numbers() -> None:
    """The verdict, the scope and the run are those of 32 bits."""
    ran = run("check", FAILS, "--scenario", SMALL, "--lift", "32")
    assert ran.code == 10
    assert "mod 2^32" in ran.out
    assert "2147483649" in ran.out
    holds = run("check", HOLDS, "--scenario", SMALL, "--lift", "32")
    assert holds.code == 0
    assert "mod 2^5" in holds.out


def test_lemmas_are_proved() -> None:
    """Each with its witnesses; no time is no proof; a name that none has is refused."""
    ran = run("lemmas", "ack-of-our-syn", "out-of-window")
    assert ran.code == 0, ran
    assert ran.out.count("proved  ") == 2
    assert "ACK = ISS + 1" in ran.out
    assert plain(ran.out)
    assert run("lemmas", "window-test", "--timeout", "0.001").code in (5, 10)
    unknown = run("lemmas", "no-such")
    assert (unknown.code, unknown.err.count("\n")) == (2, 1)
