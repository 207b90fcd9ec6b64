"""`tcpmodel simulate`: random runs, and runs chosen at a prompt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tcpmodel.cli.simulating import EPILOG
from tcpmodel.core.trace import Trace
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

from .driving import SMALL, plain, run

VIOLATED = "always(A.state != SYN_SENT)"


def test_a_seed_gives_one_run() -> None:
    """The same seed, the same text; the seed that was drawn is printed and gives it again."""
    first = run("simulate", "--scenario", SMALL, "--steps", 9)
    assert first.code == 0
    assert plain(first.out)
    name, _, seed = first.out.splitlines()[0].partition(", seed ")
    assert scenario(name) == scenario(SMALL)
    again = run("simulate", "--scenario", SMALL, "--steps", 9, "--seed", seed)
    assert again.out == first.out
    assert "\n1  " in first.out  # it may end early, where nothing is enabled any more


def test_the_first_violation_is_shown(tmp_path: Path) -> None:
    """Of many runs: how many it took, what was done, the run, what turned; exit code 10.  Its seed
    alone shows it, too; the JSON and the chart tell the same run.
    """
    data, chart = tmp_path / "x.json", tmp_path / "x.svg"
    arguments = ("simulate", "--scenario", SMALL, "--property", VIOLATED, "--steps", 1)
    ran = run(*arguments, "--seed", 0, "--runs", 90, "--json", data, "--svg", chart)
    assert ran.code == 10
    told = json.loads(data.read_text("utf-8"))
    trace = Trace.from_json(told["trace"])
    assert retrace(trace, compose(scenario(SMALL)).system) == trace
    assert (told["settled"], told["steps_taken"]) == (True, sum(told["fired"].values()))
    seed = told["seed"]
    assert f"the run of --seed {seed} violates the property:" in ran.out
    for words in (
        f"violated: {VIOLATED}",
        "step 1: A.state != SYN_SENT becomes false",
        f"{seed + 1} run",
        "actions taken: ",
        "A active OPEN 1",
    ):
        assert words in ran.out, words
    assert "becomes false" in "".join(ElementTree.parse(chart).getroot().itertext())
    alone = run(*arguments, "--seed", seed)
    assert alone.code == 10
    assert ran.out.endswith(alone.out.partition("\n\n")[2])


def test_random_runs_prove_nothing() -> None:
    """No violation, or no witness: exit code 5 and a sentence; a witness: 0."""
    arguments = ("simulate", "--scenario", SMALL, "--seed", 0, "--steps", 3, "--runs", 5)
    clean = run(*arguments, "--property", "always(A.state != CLOSING)")
    assert clean.code == 5
    assert clean.out.endswith(
        "in these runs there is no violation of the property, which proves nothing\n"
    )
    missing = run(*arguments, "--property", "sometimes(A.state == TIME_WAIT)")
    assert missing.code == 5
    assert "no witness of the property" in missing.out
    shown = run(*arguments, "--property", "sometimes(A.state == SYN_SENT)")
    assert shown.code == 0
    assert "witnessed: sometimes" in shown.out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--property", "leads_to(A.state == CLOSED, A.state == CLOSED)"], "not leads_to"),
        (["--property", "always(nonsense)"], "nonsense"),
        (["--scenario", "rfc9293 channel=history"], "use channel=bag or fifo"),
        (["--scenario", "rfc9293 channel=history", "-i"], "use channel=bag or fifo"),
        (["--json", "-", "--svg", "-"], "both want stdout"),
        (["-i", "--seed", "3"], "--interactive takes --scenario and --property"),
    ],
)
def test_what_cannot_be_simulated_is_said(arguments: list[str], words: str) -> None:
    """Exit code 2, and nothing on stdout."""
    ran = run("simulate", *arguments)
    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err
    assert ran.err.startswith("tcpmodel: ")


# --- at the prompt --------------------------------------------------------------------------------


def test_a_run_is_chosen_step_by_step(tmp_path: Path) -> None:
    """Numbers choose, u takes back, r starts over, s shows the state, ? helps, w saves; what is not
    understood is said; q ends it.
    """
    file = tmp_path / "mine.run"
    keys = ["1", "u", "1", "zzz", "99999", "s", "?", f"w {file}", "r", "u", "w", "", "q", "1"]
    ran = run("simulate", "-i", "--scenario", SMALL, typed="\n".join(keys) + "\n")
    assert ran.code == 0
    assert plain(ran.out.replace("> ", ">"))
    for words in (
        "   1  A: active OPEN → SYN-SENT, sends SYN seq=1\n",
        "step 2> ",
        "B receives SYN seq=1 → SYN-RECEIVED, sends SYN,ACK",
        "      A: state=SYN-SENT",
        "a number  take this step",
        f"written: tcpmodel run {file}",
        "this is the start",
        "w takes the name of a file",
    ):
        assert words in ran.out, words
    assert ran.out.count("not one of 1 to") == 2
    assert "step 3> " not in ran.out
    played = run("run", file)
    assert played.code == 0
    assert file.read_text("utf-8").endswith(
        "A: active OPEN                              | SYN-SENT, LISTEN\nA>B SYN seq=1 ...\n"
    )


def test_the_end_of_the_input_is_a_goodbye() -> None:
    """As from a pipe that runs dry, also within a line: exit code 0."""
    for typed in ("", "1", "1\n"):
        ran = run("simulate", "-i", "--scenario", SMALL, typed=typed)
        assert ran.code == 0
        assert ran.err == ""
        assert ran.out.endswith("> \n")


def test_a_property_is_watched_on_the_way() -> None:
    """When a step violates it, that is said at once, with what turned."""
    ran = run("simulate", "-i", "--scenario", SMALL, "--property", VIOLATED, typed="1\n")
    assert "✗ violated: step 1: A.state != SYN_SENT becomes false" in ran.out
    shown = "sometimes(A.state == SYN_SENT)"
    ran = run("simulate", "-i", "--scenario", SMALL, "--property", shown, typed="1\n")
    assert "✓ shown: step 1: A.state == SYN_SENT becomes true" in ran.out


def test_what_no_written_run_can_say_is_saved_as_a_trace(tmp_path: Path) -> None:
    """A run without a message, a file called .json, a folder that is not there to be written."""
    bare, named = tmp_path / "bare.run", tmp_path / "named.json"
    keys = f"w {bare}\n1\nw {named}\nw {named}/x.json\n"
    ran = run("simulate", "-i", "--scenario", SMALL, typed=keys)
    assert "it cannot be written line by line: the written run: there is no message" in ran.out
    for file, steps in ((tmp_path / "bare.run.json", 0), (named, 1)):
        assert f"tcpmodel replay {file}" in ran.out
        assert len(json.loads(file.read_text("utf-8"))["steps"]) == steps
        assert run("replay", file).code == 0
    assert not bare.exists()
    assert "cannot write" in ran.err


def test_ctrl_c_ends_it_with_one_line() -> None:
    """At the prompt, in a process of its own: exit code 130.  What is not text does no harm."""
    with subprocess.Popen(
        [sys.executable, "-m", "tcpmodel", "simulate", "-i", "--scenario", SMALL],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\xff\xfe\n")
        process.stdin.flush()
        seen = b""
        while b"not one of" not in seen:
            chunk = process.stdout.readline()
            assert chunk
            seen += chunk
        time.sleep(0.2)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b"tcpmodel: interrupted\n"


def test_the_examples_of_the_help_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that end by themselves, as they stand there."""
    import shlex

    monkeypatch.chdir(tmp_path)
    text = EPILOG.replace("\\\n", " ").replace("Example:", "        ")
    examples = [line for line in text.splitlines() if line.strip().startswith("tcpmodel ")][:3]
    assert len(examples) == 3
    for example in examples:
        ran = run(*shlex.split(example)[1:])
        assert ran.code in (0, 5, 10), ran.err
        assert ran.err == ""
