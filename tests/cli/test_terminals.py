"""Output wherever it goes: narrow, wide and dumb terminals, files, and streams without UTF-8."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tcpmodel.cli.streams import settle

from .driving import ESCAPE, SMALL, claim, claims_file, on_terminal, plain, spawn

HOLDS = f"{{{SMALL!r}: holds('nobody gets anywhere → at all')}}"
FAILS = f"{{{SMALL!r}: fails('somebody does → it')}}"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A claim that fails, with signs that not every terminal has."""
    return claims_file(
        tmp_path / "claims.py",
        claim("X1", "lambda w: w.B.state != ESTABLISHED", FAILS),
    )


def commands(file: Path) -> list[list[str]]:
    """The main commands, each with something to say."""
    return [
        ["verify", str(file)],
        ["explain", f"{file}:X1"],
        ["check", "always(B.state != ESTABLISHED)", "--scenario", SMALL],
        ["simulate", "--seed", "7", "--steps", "12"],
        ["run", "fig06", "--steps"],
        ["list", "claims"],
        ["report", "--help"],
    ]


def written(encoding: str, *words: str) -> bytes:
    """What a command writes where Python is told of an encoding."""
    ran = subprocess.run(
        [sys.executable, "-m", "tcpmodel", *words],
        env={**os.environ, "PYTHONIOENCODING": encoding, "COLUMNS": "100"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    assert ran.returncode in (0, 10), ran.stdout
    return ran.stdout


@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_no_sign_is_too_much_for_a_stream(encoding: str, file: Path) -> None:
    """What an encoding lacks is spelled out: no traceback, no other encoding, an arrow is `->`."""
    told = {words[0]: written(encoding, *words).decode(encoding) for words in commands(file)}
    assert all(told.values())
    assert "A: active OPEN -> SYN-SENT" in told["explain"]
    assert "x  violated: Claim X1" in told["explain"]


def test_the_c_locale_has_all_signs(file: Path) -> None:
    """Python writes UTF-8 there (PEP 538, PEP 540), and so do we."""
    ran = spawn("explain", f"{file}:X1", env={"LC_ALL": "C", "LANG": "C"})
    assert "A: active OPEN → SYN-SENT" in ran.out


def test_signs_without_a_spelling_become_question_marks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Letters lose their accents; streams that are none of Python's are left alone."""
    ours, theirs = io.TextIOWrapper(io.BytesIO(), encoding="ascii"), io.StringIO()
    monkeypatch.setattr(sys, "stdout", ours)
    monkeypatch.setattr(sys, "stderr", theirs)
    settle()
    print("é ↻ 的 \udcff ≥ 7", file=ours, flush=True)
    print("é", file=theirs)
    assert ours.buffer.getvalue() == b"e ~ ? ? >= 7\n"
    assert theirs.getvalue() == "é\n"


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_what_is_told_fits_the_terminal(columns: int, file: Path) -> None:
    """No line is wider, and nothing is coloured where it is no terminal."""
    for words in commands(file):
        if "--help" in words or (words[0] == "run" and columns < 64):
            continue  # click wraps at 80; the table of a run has columns of its own
        ran = spawn(*words, env={"COLUMNS": str(columns)})
        assert plain(ran.out), words
        assert max(map(len, ran.out.splitlines())) <= columns, words


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"CLICOLOR_FORCE": "1"}, True),
        ({"CLICOLOR_FORCE": "0"}, False),
    ],
)
def test_colours_can_be_asked_for(environment: dict[str, str], coloured: bool, file: Path) -> None:
    """Without a terminal there are none, unless they are wanted."""
    ran = spawn("verify", file, env={"TERM": "xterm", **environment})
    assert (ESCAPE in ran.out) == coloured


def test_a_dumb_terminal_gets_plain_lines(file: Path) -> None:
    """It cannot go back in a line, nor show colours."""
    for words in commands(file)[:4]:
        seen = on_terminal(*words, env={"TERM": "dumb"})
        assert ESCAPE not in seen, words


@pytest.mark.parametrize("columns", [30, 60])
def test_the_table_of_what_is_being_done_fits_a_narrow_terminal(
    columns: int, tmp_path: Path
) -> None:
    """Names are cut so that what is drawn again and again takes one line per claim."""
    names = [f"X{number}" for number in range(3)]
    path = claims_file(tmp_path / "claims.py", *(claim(n, verdicts=HOLDS) for n in names))
    seen = on_terminal("verify", path, "-j", "2", env={"COLUMNS": str(columns)})
    assert "Traceback" not in seen
    assert "3 verdicts, all as expected" in " ".join(seen.split())
