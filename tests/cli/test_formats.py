"""The formats of a run: --format, -o, --at, in every command that has a run to show."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tcpmodel.cli.formats import FORMATS

from .driving import SMALL, on_terminal, run

FAILS = "always(A.state != ESTABLISHED)"
CHECK = ("check", FAILS, "--scenario", SMALL)
BEGINS = {
    "text": b"0  at the start: ",
    "svg": b"<svg ",
    "mermaid": b"sequenceDiagram\n",
    "json": b'{\n "schema": "tcpmodel-trace/1"',
    "itf": b'{\n "#meta": {',
    "pcap": b"\xd4\xc3\xb2\xa1",
    "pcapng": b"\n\r\r\n",
}
COMMANDS = {
    "explain": ("explain", "P02", "--scenario", "two_way gives_up=on closes=nobody loss=0"),
    "check": CHECK,
    "run": ("run", "fig06"),
    "simulate": ("simulate", "--seed", 3, "--steps", 12),
}


@pytest.fixture(name="saved", scope="module")
def saved_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run in a file."""
    file = tmp_path_factory.mktemp("saved") / "run.json"
    assert run(*CHECK, "-o", file).code == 10
    return file


def test_there_is_a_sample_of_each_format() -> None:
    """No format escapes these tests."""
    assert BEGINS.keys() == FORMATS.keys()


@pytest.mark.parametrize("name", FORMATS)
def test_a_run_in_every_format(name: str, saved: Path, tmp_path: Path) -> None:
    """By name or by the ending of the file: the same; the report is told as well."""
    named, ended = tmp_path / "named", tmp_path / f"x{FORMATS[name].suffix}"
    assert run("replay", saved, "--format", name, "-o", named).code == 0
    told = run("replay", saved, "-o", ended)
    assert told.code == 0
    assert "a run of the model" in told.out
    assert named.read_bytes() == ended.read_bytes()
    assert named.read_bytes().startswith(BEGINS[name])


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", ["mermaid", "pcapng"])
def test_every_command_with_a_run_knows_them(command: str, name: str, tmp_path: Path) -> None:
    """explain, check, run and simulate write it to a file, and what they say besides is said."""
    file = tmp_path / "new" / "x"
    told = run(*COMMANDS[command], "--format", name, "-o", file)
    assert told.code in (0, 10)
    assert told.out
    assert file.read_bytes().startswith(BEGINS[name])


@pytest.mark.parametrize("command", COMMANDS)
def test_without_a_file_stdout_has_the_run_alone(command: str) -> None:
    """So that it can be piped on."""
    told = run(*COMMANDS[command], "--format", "itf")
    assert told.code in (0, 10)
    assert json.loads(told.out)["#meta"]["format"] == "ITF"


def test_the_short_forms_are_the_same(saved: Path) -> None:
    """`--svg -` is `--format svg`."""
    assert run("replay", saved, "--svg", "-").out == run("replay", saved, "--format", "svg").out
    explain = COMMANDS["explain"]
    assert run(*explain, "--text").out == run(*explain, "--format", "text").out


@pytest.mark.skipif(shutil.which("tshark") is None, reason="not installed: tshark")
def test_a_capture_can_be_piped_and_is_made_somewhere(tmp_path: Path) -> None:
    """Octets go to stdout as they are; at A and at B different ones, wherever in case."""
    seen = {}
    for at in ("a", "B", "wire"):
        file = tmp_path / f"{at}.pcap"
        assert run(*COMMANDS["simulate"], "-o", file, "--at", at).code == 0
        words = ["tshark", "-r", str(file), "-T", "fields", "-e", "ip.id"]
        seen[at] = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert len(set(seen.values())) == 3
    words = [sys.executable, "-m", "tcpmodel", "run", "fig06", "--format", "pcap"]
    capture = subprocess.run(words, capture_output=True, check=True).stdout
    words = ["tshark", "-r", "-", "-T", "fields", "-e", "tcp.flags.syn"]
    piped = subprocess.run(words, input=capture, capture_output=True, check=True)
    assert piped.stdout.split()[:3] == [b"1", b"1", b"0"]


def test_several_runs_are_numbered_before_the_ending(tmp_path: Path) -> None:
    """`x.itf.json`, `x-2.itf.json`."""
    assert run(*COMMANDS["explain"], "-n", 2, "-o", tmp_path / "x.itf.json").code == 0
    assert {f.name for f in tmp_path.iterdir()} == {"x.itf.json", "x-2.itf.json"}
    together = run(*COMMANDS["explain"], "-n", 2, "--format", "mermaid")
    assert (together.code, together.err) == (2, "tcpmodel: -n 2 makes several files; name one\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("-o", "x.doc"), "-o x.doc: which format? Say --format, or end the name in one of .txt, "),
        (("--format", "svg", "--at", "A"), "--at says where a capture is made: "),
        (("--format", "svg", "--svg", "-"), "only one of svg and svg can have stdout; name a file"),
        (("--format", "doc"), "'doc' is not one of 'text', 'svg', "),
    ],
)
def test_what_cannot_be_is_refused_at_once(words: tuple[str, ...], says: str) -> None:
    """In words, before anything is checked."""
    told = run(*CHECK, *words)
    assert (told.code, told.out) == (2, "")
    assert says in told.err


def test_a_terminal_gets_no_capture() -> None:
    """It is said what to do instead."""
    told = on_terminal("run", "fig06", "--format", "pcap")
    assert "pcap is not for a terminal: give -o FILE, or append | tshark -r -" in told


def test_a_run_without_segments_is_no_capture(tmp_path: Path) -> None:
    """One line; the other formats have it."""
    words = ("check", "sometimes(A.state == SYN_SENT)", "--scenario", f"{SMALL} roles=alone")
    assert run(*words, "-o", tmp_path / "x.mmd").code == 0
    nothing = run("simulate", "--steps", 0, "-o", tmp_path / "x.pcap")
    assert nothing.code == 2
    assert "in this run there are none" in nothing.err
    assert not (tmp_path / "x.pcap").exists()


def test_they_are_listed() -> None:
    """In the help of explain, and by `list`."""
    told, help_ = run("list", "formats").out, run("explain", "--help").out
    for name, form in FORMATS.items():
        assert form.says in " ".join(told.split())
        assert f"{name:<8} {form.suffix}" in help_
