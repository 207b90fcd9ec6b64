"""Claims are found like tests are."""

from __future__ import annotations

from pathlib import Path

import pytest

from tcpmodel.claims.discovery import bundled, claim_files, discover, load, select
from tcpmodel.core.errors import ModelError

from .samples import claims, write

CLAIM = (
    "{name} = Claim(code='{code}', id='{id}', says='One sentence.', sources=[], "
    "property=always({formula}), verdicts={{'rfc9293': holds('why')}})"
)


def line(code: str = "X1", name: str = "c", formula: str = "lambda w: w.A.state != CLOSING") -> str:
    """A claim in one line."""
    return CLAIM.format(code=code, id=f"id-{code}", name=name, formula=formula)


def test_whatever_is_a_claim_is_found_in_the_order_of_its_definition(tmp_path: Path) -> None:
    """By any name, an alias counted once; the topic is the file's name unless the claim has one."""
    lines = [line("X2", "b"), line("X1", "a"), "alias = a", "number = 3"]
    found = load(write(tmp_path / "my_topic.py", *lines))
    assert [(c.code, c.topic) for c in found] == [("X2", "my topic"), ("X1", "my topic")]
    chosen = line("X3").removesuffix(")") + ", topic='other')"
    assert load(write(tmp_path / "a.py", chosen))[0].topic == "other"


def test_a_folder_stands_for_its_files_in_order(tmp_path: Path) -> None:
    """Alphabetically; names that begin with _ are helpers; a path must lead somewhere."""
    for name in ("b.py", "a.py", "_helper.py", "notes.txt"):
        write(tmp_path / name)
    assert [p.name for p in claim_files(tmp_path)] == ["a.py", "b.py"]
    assert claim_files(tmp_path / "b.py") == [tmp_path / "b.py"]
    (tmp_path / "empty").mkdir()
    for missing in (tmp_path / "empty", tmp_path / "c.py"):
        with pytest.raises(ModelError, match="no "):
            claim_files(missing)


def test_a_broken_file_does_not_stop_the_others(tmp_path: Path) -> None:
    """The good claims come with the errors of the bad files."""
    files = [
        write(tmp_path / "a.py", line("X1")),
        write(tmp_path / "b.py", "raise RuntimeError('two\\nlines')"),
        write(tmp_path / "c.py", line("X3")),
    ]
    found = discover(files)
    assert [c.code for _, c in found.claims] == ["X1", "X3"]
    assert found.errors == (f"{files[1]}:2: RuntimeError: two lines",)


def test_files_of_all_kinds_are_errors_at_worst(tmp_path: Path) -> None:
    """Not UTF-8, null bytes, no Python, nothing at all."""
    for text, broken in ((b"\xff\xfe", True), (b"a\0b", True), (b"<svg/>", True), (b"", False)):
        file = tmp_path / "odd.py"
        file.write_bytes(text)
        found = discover([file])
        assert found.claims == ()
        assert bool(found.errors) is broken
        assert all(error.startswith(f"{file}:1: ") for error in found.errors)


MISLEADING = {
    "and": "lambda w: w.A.state == CLOSED and w.B.state == CLOSED",
    "or": "lambda w: w.A.passive or w.B.passive",
    "not": "lambda w: none_of(not w.A.passive)",
    "chain": "lambda w: w.A.state == w.B.state == CLOSED",
    "less": "lambda w: w.A.inc < 2",
    "in": "lambda w: w.A.state in (CLOSED, LISTEN)",
    "is": "lambda w: w.A.passive is True",
    "if": "lambda w: w.A.passive if w.B.passive else w.B.passive",
    "and in a nested one": "lambda world: all_of(*(world.A.passive and x for x in [1]))",
}


@pytest.mark.parametrize("formula", MISLEADING.values(), ids=MISLEADING)
def test_what_python_would_decide_itself_is_refused(formula: str, tmp_path: Path) -> None:
    """`a == b and c == d` on terms is `a == b`, silently: no verdict may come of that."""
    file = write(tmp_path / "mine.py", "", line(formula=formula))
    with pytest.raises(ModelError, match=r"mine\.py:3: in a formula "):
        load(file)


@pytest.mark.parametrize(
    "formula",
    [
        "lambda w: all_of(w.A.passive if w.switches.data and not w.switches.msl else w.B.passive)",
        "lambda w: all_of(*(w.endpoint(n).inc != 7 for n in 'AB' if n and n != 'C'))",
    ],
)
def test_what_python_may_decide_is_not(formula: str, tmp_path: Path) -> None:
    """Conditions on switches and on Python's own values are fine."""
    assert len(load(write(tmp_path / "mine.py", line(formula=formula)))) == 1


def test_a_named_function_is_read_as_carefully(tmp_path: Path) -> None:
    """A formula may be a `def`."""
    bad = ["def both(w):", "    return w.A.passive and w.B.passive", line(formula="both")]
    with pytest.raises(ModelError, match=r"mine\.py:3: in a formula"):
        load(write(tmp_path / "mine.py", *bad))


def test_select_by_code_or_name_in_any_case() -> None:
    """In the order asked for, each once; without names all of them."""
    every = [(Path("x"), claim) for claim in claims().values()]
    assert select(every, []) == every
    chosen = select(every, ["p61", "No-Stale-Established", "P01"])
    assert [c.code for _, c in chosen] == ["P61", "P01"]
    with pytest.raises(ModelError, match=r"no claim 'timewait-rack'; did you mean timewait-reack"):
        select(every, ["timewait-rack"])


def test_the_bundled_claims_are_there() -> None:
    """An installed tool knows its claims."""
    assert {"handshake.py", "time_wait.py"} <= {p.name for p in claim_files(bundled())}
