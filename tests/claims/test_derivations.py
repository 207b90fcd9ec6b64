"""Claims that are derived: the verdict is a formula, a number, or a lemma."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcpmodel.claims.derivations import TABLES, settle
from tcpmodel.claims.discovery import bundled, claim_files, discover, load
from tcpmodel.claims.language import Claim, Derivation
from tcpmodel.claims.runner import Job, exit_code, jobs_of, run_job
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget, silent
from tcpmodel.tcp.lemmas import lemmas
from tests.cli.driving import run

from .samples import write

FOUND: dict[str, tuple[Path, Claim]] = {
    claim.code: (file, claim)
    for file, claim in discover(claim_files(bundled())).claims
    if not claim.of_model
}


@pytest.mark.parametrize("code", FOUND)
def test_it_is_sourced_and_explained(code: str) -> None:
    """Like other claims: a sentence, sources, a why of more than a word for each row."""
    _, claim = FOUND[code]
    assert claim.says.endswith(".")
    assert claim.sources
    assert all(len(e.why.split()) > 2 and not e.why.endswith(".") for e in claim.verdicts.values())


def test_every_table_and_every_lemma_has_a_claim() -> None:
    """Each lemma is some claim's, and each way to derive something is used."""
    rows: dict[str, set[str]] = {table: set() for table in TABLES}
    for _, claim in FOUND.values():
        assert isinstance(claim.property, Derivation)
        rows[claim.property.table] |= claim.verdicts.keys()
    assert all(rows.values())
    for table in ("lemma", "handshake", "isn"):
        assert rows[table] == set(TABLES[table].rows())
    assert rows["lemma"] == {lemma.id for lemma in lemmas()}
    assert rows["time-wait"] <= set(TABLES["time-wait"].rows())


@pytest.mark.parametrize(
    ("code", "row"), [("P59", "b"), ("P59", "c"), ("P08", "none/unknown"), ("P77", "ack-of-ack")]
)
def test_what_is_expected_is_derived(code: str, row: str) -> None:
    """The verdict is the formula; what shows it is told; nothing of it is vacuous."""
    file, claim = FOUND[code]
    found = run_job(Job(str(file), code, row))
    assert found.verdict == claim.verdicts[row].told
    assert found.as_expected
    assert found.evidence["shown"]
    assert found.scope
    assert exit_code([found]) == 0


def test_another_formula_is_not_as_expected(tmp_path: Path) -> None:
    """What was derived is told, and the exit code says that it differs."""
    file = write(
        tmp_path / "mine.py",
        'mine = Claim(code="X1", id="one-msl", says="One.", sources=[],',
        '    property=derived("time-wait"), verdicts={"b": gives("MSL", "one is enough")})',
    )
    (job,) = jobs_of([(file, load(file)[0])], "auto", Budget())
    found = run_job(job)
    assert (found.expected, found.verdict) == ("MSL", "2·MSL")
    assert exit_code([found]) == 10


def test_what_takes_too_long_is_unknown() -> None:
    """A limit that is hit gives a reason, and no formula."""
    found = settle(Derivation("time-wait"), "b", Budget(seconds=0.001), silent)
    assert found.verdict == "UNKNOWN"
    assert found.reason


@pytest.mark.parametrize(
    ("asked", "row", "hint"), [("time-wait", "z", "b-any"), ("weather", "b", "handshake")]
)
def test_an_unknown_row_is_a_mistake_of_the_file(
    tmp_path: Path, asked: str, row: str, hint: str
) -> None:
    """Named with its line, and with what there is."""
    file = write(
        tmp_path / "mine.py",
        'mine = Claim(code="X1", id="what-row", says="One.", sources=[],',
        f'    property=derived("{asked}"), verdicts={{"{row}": gives("MSL", "one is enough")}})',
    )
    with pytest.raises(ModelError, match=hint) as error:
        load(file)
    assert str(error.value).startswith(f"{file}:3: ")


def test_no_other_engine_and_no_fault(tmp_path: Path) -> None:
    """A derivation is not a search: an engine that is asked for by name is refused."""
    file, _ = FOUND["P77"]
    found = run_job(Job(str(file), "P77", "ack-of-ack", engine="bmc"))
    assert "no other engine" in found.error


def test_explain_shows_why() -> None:
    """The formula, the runs below and the proof above; an unknown row is a usage error."""
    shown = run("explain", "P59", "--scenario", "b")
    assert shown.code == 0
    assert "2·MSL" in shown.out
    assert "unsafe below" in shown.out
    assert "inductive invariant" in shown.out
    wrong = run("explain", "P59", "--scenario", "z")
    assert wrong.code == 2
    assert "b-any" in wrong.err
