"""Driving the command line as a user and as a CI job do."""

from __future__ import annotations

import contextlib
import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from click.testing import CliRunner

from tcpmodel.cli import main

ESCAPE = "\x1b"

SMALL = "rfc9293 incarnations=1 capacity=1"
"""A scenario that is explored in an instant."""

LARGE = "rfc9293 incarnations=7 width=7"
"""A scenario that keeps an engine busy for minutes."""


@dataclass(frozen=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str


def run(*arguments: object, typed: str = "", **environment: str) -> Ran:
    """The command in this process: quick.  typed: what comes from standard input."""
    runner = CliRunner(env={"COLUMNS": "100", **environment})
    words = [str(a) for a in arguments]
    result = runner.invoke(main, words, input=typed, prog_name="tcpmodel")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stdout, result.stderr)


def start(
    *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """The command in a process (and process group) of its own: as it is used."""
    return subprocess.Popen(
        [sys.executable, "-m", "tcpmodel", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "COLUMNS": "100", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        start_new_session=True,
    )


def finish(process: subprocess.Popen[str]) -> Ran:
    """Wait for a process, at most for a minute."""
    try:
        out, err = process.communicate(timeout=120)
    finally:
        process.kill()
    return Ran(process.returncode, out, err)


def spawn(*arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None) -> Ran:
    """`start` and `finish`."""
    return finish(start(*arguments, cwd=cwd, env=env))


def on_terminal(*arguments: object, env: Mapping[str, str] | None = None) -> str:
    """What a person at a terminal of 80 columns sees: stdout and stderr, escapes included."""
    ours, theirs = os.openpty()
    try:
        with subprocess.Popen(
            [sys.executable, "-m", "tcpmodel", *map(str, arguments)],
            env={**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", **(env or {})},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        ) as process:
            os.close(theirs)
            seen = b"".join(_chunks(ours))
            process.wait(60)
    finally:
        os.close(ours)
    return seen.decode()


def _chunks(descriptor: int) -> Iterator[bytes]:
    with contextlib.suppress(OSError):  # the other side hung up
        while select.select([descriptor], [], [], 60)[0]:
            chunk = os.read(descriptor, 65536)
            if not chunk:
                return
            yield chunk


def wait_for(condition: object, process: subprocess.Popen[str], seconds: float = 60) -> None:
    """Poll until a callable says yes."""
    assert callable(condition)
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, finish(process).err
        assert time.monotonic() < deadline
        time.sleep(0.05)


def claim(
    code: str,
    formula: str = "lambda w: w.A.state != CLOSING",
    verdicts: str = "",
    *,
    operator: str = "always",
) -> str:
    """The source of a claim; by default one that holds."""
    expected = verdicts or f"{{{SMALL!r}: holds('nobody closes at the same time')}}"
    return (
        f"{code.lower()} = Claim(\n"
        f"    code={code!r},\n"
        f"    id='claim-{code.lower()}',\n"
        f"    says='Claim {code} is about nothing in particular.',\n"
        f"    sources=[rfc(9293, '3.10')],\n"
        f"    property={operator}({formula}),\n"
        f"    verdicts={expected},\n"
        f")\n"
    )


def claims_file(path: Path, *sources: str) -> Path:
    """A claim file."""
    path.write_text("\n".join(["from tcpmodel.claims import *\n", *sources]), encoding="utf-8")
    return path


def plain(text: str) -> bool:
    """No escape sequences, no trailing blanks."""
    return ESCAPE not in text and not re.search(r"[ \t]$", text, re.MULTILINE)
