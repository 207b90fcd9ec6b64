"""`--help`: every command has an example, and the examples work."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest

from tcpmodel.cli import main

from .driving import run, spawn

SLOW = ("verify", "certify", "check", "derive", "diagram", "lemmas", "rationale", "report")
"""Commands whose examples take more than a few seconds, or are about files that such a one writes.
Their examples are parsed; tests of their own run them on something smaller.
"""


def commands(group: click.Group, *names: str) -> Iterator[tuple[str, click.Command]]:
    """Every command with its name, groups included."""
    for name, command in group.commands.items():
        yield " ".join((*names, name)), command
        if isinstance(command, click.Group):
            yield from commands(command, *names, name)


def examples(command: click.Command) -> list[list[str]]:
    """The command lines of an epilog without `tcpmodel`; first those that others come `after`."""
    lines = (command.epilog or "").replace("\\\n", " ").splitlines()
    told = [(line, re.search(r"(?:^|: +|after: |where +|  )tcpmodel (.+)", line)) for line in lines]
    found = [
        (line, words[1])
        for line, words in told
        if words is not None and not re.search(r"\b(ID|FILE|FORMULA)\b", words[1])  # prose
    ]
    found.sort(key=lambda pair: not re.match(r" *(where|\(after)", pair[0]))
    # A comment stands behind three blanks, a redirection is the shell's.
    ends = r"\)$| {3,}\(.*| > .*" if any("(" in line for line, _ in found) else " > .*"
    return [shlex.split(re.sub(ends, "", words)) for _, words in found]


COMMANDS = dict(commands(main))
EXAMPLES = [words for command in COMMANDS.values() for words in examples(command)]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_an_example_of_itself(name: str) -> None:
    """Spelled the same way everywhere, and about this very command."""
    command = COMMANDS[name]
    assert (command.epilog or "").lstrip("\b\n").startswith("Example:  tcpmodel ")
    assert any(" ".join(words).startswith(name) for words in examples(command))


@pytest.mark.parametrize("words", EXAMPLES, ids=" ".join)
def test_every_example_is_understood(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Commands, options and values exist, whether or not the example is quick enough to run."""
    monkeypatch.chdir(tmp_path)
    for word in words:
        if word.endswith((".json", ".run")):
            Path(word).touch()
    command: click.Command = main
    context: click.Context | None = None
    while isinstance(command, click.Group):
        context = command.make_context(command.name, words[:], parent=context)
        _, found, words = command.resolve_command(context, words)
        assert found is not None
        command = found
    command.make_context(command.name, words, parent=context)


@pytest.mark.parametrize("name", [n for n in COMMANDS if n.split()[0] not in SLOW])
def test_the_examples_work(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What can be run at once does what it says: no crash (1), nothing misspelled (2)."""
    monkeypatch.chdir(tmp_path)
    for words in examples(COMMANDS[name]):
        if "--interactive" in words or "mine.run" in words:
            continue  # for a person, and for a file that one has written
        ran = run(*words)
        assert ran.code in (0, 5, 10), (words, ran.err)
        for option, file in pairwise(words):
            assert option not in ("--svg", "--json", "-o") or Path(file).exists(), words


def test_commands_are_told_in_whole_sentences() -> None:
    """No `...` where a line ends."""
    for name in ("", "derive", "report"):
        assert "..." not in run(*name.split(), "--help").out.partition("Commands:")[2]


@pytest.mark.parametrize("name", ["verify", "replay", "report adequacy"])
def test_exit_codes_wrap_at_the_edge_of_the_terminal(name: str) -> None:
    """Help is read where it is narrow, too."""
    told = spawn(*name.split(), "--help", env={"COLUMNS": "60"}).out.partition("Exit codes:")[2]
    assert 0 < max(map(len, told.splitlines())) <= 60


def test_a_shell_can_complete() -> None:
    """The script that the help speaks of is there, and offers the commands."""
    assert "_TCPMODEL_COMPLETE=bash_source" in run("--help").out
    assert "complete" in run(_TCPMODEL_COMPLETE="bash_source").out
    offered = run(_TCPMODEL_COMPLETE="bash_complete", COMP_WORDS="tcpmodel ver", COMP_CWORD="1")
    assert offered.out == "plain,verify\n"
