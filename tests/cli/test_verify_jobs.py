"""`tcpmodel verify`: many jobs, Ctrl-C, and what a person sees meanwhile."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tcpmodel.claims import pool
from tcpmodel.claims.verdicts import folder

from .driving import (
    LARGE,
    SMALL,
    Ran,
    claim,
    claims_file,
    finish,
    on_terminal,
    plain,
    run,
    spawn,
    start,
    wait_for,
)
from .test_verify import FAILING, FAILS, settled

# --- jobs -----------------------------------------------------------------------------------------


def test_results_stand_in_the_order_of_the_files(tmp_path: Path) -> None:
    """Whatever is ready first: the order is that of the files, in text and in JSON."""
    slow = claim("X1", verdicts="{'rfc9293': holds('nobody closes at the same time')}")
    b = claims_file(tmp_path / "b.py", slow, claim("X2"))
    a = claims_file(tmp_path / "a.py", claim("X3"))
    ran = spawn("verify", b, a, "-j", "3", "--json", tmp_path / "r.json")
    assert [r["claim"] for r in settled(tmp_path / "r.json")["results"]] == ["X1", "X2", "X3"]
    assert re.findall(r"^X\d", ran.out, re.MULTILINE) == ["X1", "X2", "X3"]


def test_a_job_that_kills_its_process_takes_nothing_with_it(tmp_path: Path) -> None:
    """The job is reported in one line, as a crash; the others' results are all there."""
    suicide = "lambda w: __import__('os')._exit(7)"
    murder = "lambda w: __import__('os').kill(__import__('os').getpid(), 9)"
    sources = [claim("X1"), claim("X2", suicide), claim("X3"), claim("X4", murder)]
    sources += [claim(f"X{n}") for n in range(5, 9)]
    file = claims_file(tmp_path / "mine.py", *sources)
    ran = spawn("verify", file, "-j", "2", "--json", tmp_path / "r.json")
    rows = {r["claim"]: r for r in settled(tmp_path / "r.json")["results"]}
    assert rows["X2"]["error"] == "its process died twice (exit code 7)"
    assert rows["X4"]["error"] == "its process died twice (killed by SIGKILL: out of memory?)"
    assert [c for c, r in rows.items() if r["verdict"] == "HOLDS"] == [
        "X1", "X3", "X5", "X6", "X7", "X8",
    ]  # fmt: skip
    assert ran.code == 1
    assert "Traceback" not in ran.err


def interrupt(process: subprocess.Popen[str]) -> Ran:
    """Press Ctrl-C: the terminal sends it to every process of the group."""
    os.killpg(process.pid, signal.SIGINT)
    return finish(process)


@pytest.mark.parametrize("jobs", [1, 2])
def test_ctrl_c_keeps_what_is_known(jobs: int, tmp_path: Path) -> None:
    """Exit code 130 soon after; text and files have the results so far; no traceback."""
    done = tmp_path / "done"
    slow = claim("X3", verdicts=f"{{{LARGE!r}: holds('it takes long')}}")
    after = [claim(f"X{n}", verdicts=f"{{{LARGE!r}: holds('it would')}}") for n in (4, 5)]
    signalling = claim(
        "X2", f"lambda w: (open({str(done)!r}, 'w').close(), {FAILING[9:]})[1]", FAILS
    )
    file = claims_file(tmp_path / "mine.py", claim("X1"), signalling, slow, *after)
    report, xml, site = tmp_path / "r.json", tmp_path / "r.xml", tmp_path / "site"
    files = ("--json", report, "--junit", xml, "--html", site)
    engine = ("--engine", "explicit")  # which takes its time
    process = start("verify", file, *engine, "-j", jobs, *files)
    wait_for(done.exists, process)
    wait_for(lambda: process.poll() is None, process)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(4)
    ran = interrupt(process)
    assert ran.code == 130, ran
    told = settled(report)
    assert told["interrupted"] is True
    known = {r["claim"]: r["verdict"] for r in told["results"]}
    assert (known["X1"], known["X2"]) == ("HOLDS", "FAILS")
    assert set(known.values()) <= {"HOLDS", "FAILS", "UNKNOWN"}
    assert "X5" not in known
    assert int(ElementTree.parse(xml).getroot().get("tests", "")) == len(known)
    assert f"interrupted: {len(known)} verdicts of 5" in ran.out
    assert f"{len(known)} verdicts of 5" in (site / "index.html").read_text(encoding="utf-8")
    assert "Traceback" not in ran.err
    assert "✓ HOLDS" in ran.out


@pytest.mark.parametrize("moment", [0.3, 0.6, 1.0])
def test_ctrl_c_at_the_start_is_as_quiet(moment: float, tmp_path: Path) -> None:
    """Also while processes start: no traceback, exit code 130."""
    file = claims_file(
        tmp_path / "mine.py",
        *(claim(f"X{n}", verdicts=f"{{{LARGE!r}: holds('long')}}") for n in range(3)),
    )
    process = start("verify", file, "-j", "2")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(moment)
    ran = interrupt(process)
    if "KeyboardInterrupt" in ran.err and "tcpmodel/__main__" in ran.err:
        pytest.skip("Python itself was still starting")
    assert ran.code in (130, -signal.SIGINT), ran  # a shell calls both 130
    assert "Traceback" not in ran.err


# --- parts of a suite -----------------------------------------------------------------------------


def codes(report: str) -> list[str]:
    return [row["claim"] for row in json.loads(report)["results"]]


def test_a_part_of_a_suite(tmp_path: Path) -> None:
    """By claim, by topic, by shard; each of them says what there is where it fits nothing."""
    file = claims_file(tmp_path / "mine.py", claim("X1"), claim("X2"))
    other = claims_file(tmp_path / "other.py", claim("X3"))
    for options, expected in (
        (("--only", "x2", "--only", "claim-x3"), ["X2", "X3"]),
        (("--topic", "oth"), ["X3"]),
        (("--topic", "mine", "--only", "X1"), ["X1"]),
    ):
        assert codes(run("verify", file, other, *options, "--json", "-").out) == expected
    parts = [
        codes(run("verify", file, other, "--shard", f"{n}/2", "--json", "-").out) for n in (1, 2)
    ]
    assert sorted(parts[0] + parts[1]) == ["X1", "X2", "X3"]
    for options, words in (
        (("--only", "X9"), "no claim 'X9'"),
        (("--topic", "others"), "did you mean other?"),
        (("--shard", "3/2"), "i/n with 1 <= i <= n"),
        (("--shard", "half"), "i/n with 1 <= i <= n"),
    ):
        ran = run("verify", file, other, *options)
        assert (ran.code, words in ran.err) == (2, True), ran


def test_the_first_that_is_wrong_can_be_the_last(tmp_path: Path) -> None:
    """--fail-fast: what comes after it is not begun, also if it is known already."""
    wrong = claim("X2", FAILING, f"{{{SMALL!r}: holds('so we thought')}}")
    file = claims_file(tmp_path / "mine.py", claim("X1"), wrong, claim("X3"))
    for _ in range(2):
        ran = run("verify", file, "-j", "1", "--fail-fast")
        assert ran.code == 10
        assert "stopped: 2 verdicts of 3, 1 as expected, 1 not as expected" in ran.out


def test_a_summary_tells_the_topics_apart(tmp_path: Path) -> None:
    """A line for each, if there are several."""
    wrong = claim("X2", FAILING, f"{{{SMALL!r}: holds('so we thought')}}")
    file = claims_file(tmp_path / "mine.py", claim("X1"), wrong)
    other = claims_file(tmp_path / "other.py", claim("X3"))
    out = run("verify", file, other).out
    assert re.search(r"^mine +2 claims +2 verdicts +1 as expected, 1 not as expected", out, re.M)
    assert re.search(r"^other +1 claims +1 verdicts +all as expected", out, re.M)


def test_a_check_that_hangs_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """--timeout holds for a formula, too, which no engine can stop; the rest is settled."""
    monkeypatch.setattr(pool, "GRACE", 0.5)
    hangs = claim("X1", "lambda w: (__import__('time').sleep(600), w.A.state != CLOSING)[1]")
    file = claims_file(tmp_path / "mine.py", hangs, claim("X2"))
    xml = tmp_path / "r.xml"
    ran = run("verify", file, "-j", "1", "--timeout", "4", "--junit", xml)
    assert ran.code == 5, ran
    assert (
        "the time limit of 4 s was reached, and its process had to be stopped"
        in ran.out.replace("\n               ", " ")
    )
    assert "2 verdicts, 1 as expected, 1 not settled" in ran.out
    assert "verdict UNKNOWN, expected HOLDS" in xml.read_text(encoding="utf-8")


# --- verdicts known before -----------------------------------------------------------------------


def test_the_second_time_nothing_is_computed(tmp_path: Path) -> None:
    """Verdicts, traces and reports are the same; a formula that leaves a mark leaves none."""
    mark = tmp_path / "mark"
    counted = f"lambda w: (__import__('os').mkdir({str(mark)!r}), w.A.state != ESTABLISHED)[1]"
    file = claims_file(tmp_path / "mine.py", claim("X1", counted, FAILS), claim("X2"))
    reports = []
    for n in range(2):
        ran = run("verify", file, "-j", "1", "--json", tmp_path / f"{n}.json")
        assert ran.code == 0, ran
        reports.append(settled(tmp_path / f"{n}.json")["results"])
    assert "2 verdicts, all as expected, 2 known before" in ran.out
    mark.rmdir()
    first, second = reports
    assert [row.pop("cached") for row in first + second] == [False, False, True, True]
    assert [row.pop("trace") is not None for row in first] == [
        row.pop("trace") is not None for row in second
    ]
    assert first == second
    assert run("verify", file, "-j", "1", "--no-cache").code == 0
    assert mark.is_dir()


def test_what_could_not_be_settled_is_tried_again_with_more(tmp_path: Path) -> None:
    """A bound that was reached is no verdict; without it there is one, and that one is kept."""
    file = claims_file(tmp_path / "mine.py", claim("X1"))
    for options, code, words in (
        (("--max-states", "3"), 5, "not settled"),
        (("--max-states", "3"), 5, "not settled"),
        ((), 0, "all as expected;"),
        ((), 0, "1 known before"),
    ):
        ran = run("verify", file, *options)
        assert (ran.code, words in ran.out) == (code, True), ran


def test_an_interrupted_run_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was settled before Ctrl-C is known the next time."""
    deaf = "lambda w: (__import__('time').sleep(60), w.A.state != CLOSING)[1]"
    file = claims_file(tmp_path / "mine.py", claim("X1"), claim("X2", deaf))
    process = start("verify", file, "-j", "1")
    kept = folder()
    wait_for(lambda: kept.is_dir() and any(f.suffix == "" for f in kept.glob("[0-9a-f]*")), process)
    assert interrupt(process).code == 130
    assert "1 known before" in run("verify", file, "--only", "x1").out


def test_a_cache_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """The verdicts are there all the same."""
    (tmp_path / "file").write_text("")
    file = claims_file(tmp_path / "mine.py", claim("X1"))
    ran = run("verify", file, XDG_CACHE_HOME=str(tmp_path / "file"))
    assert ran.code == 0
    assert [line.split(" cannot")[0] for line in ran.err.splitlines()] == [
        f"tcpmodel: the cache of verdicts {tmp_path / 'file' / 'tcpmodel' / 'verdicts'}"
    ] * len(ran.err.splitlines())
    assert "cannot be written" in ran.err


# --- what a person sees ---------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_progress_is_on_stderr_and_results_are_on_stdout(jobs: str, tmp_path: Path) -> None:
    """Phase, depth, states and states per second while it works, with one process and with more."""
    verdicts = f"{{{LARGE!r}: holds('it takes long'), {SMALL!r}: holds('it does not')}}"
    file = claims_file(tmp_path / "mine.py", claim("X1", verdicts=verdicts))
    options = ("-j", jobs, "--timeout", "2")
    seen = on_terminal("verify", file, *options, "--json", "/dev/null", "--traces", tmp_path)
    rows = re.sub(r"\x1b\[[\d;?]*[A-Za-z]", "", seen)
    pattern = r"X1 +rfc9293 [^ ]*.* +search, depth \d+ +[\d,]+ states +[\d,]+/s"
    assert re.search(pattern, rows), rows
    assert "2/2 done" in seen


def test_a_file_gets_plain_text(tmp_path: Path) -> None:
    """No escape sequences and no trailing blanks unless there is a terminal."""
    file = claims_file(tmp_path / "mine.py", claim("X1"), claim("X2", FAILING, FAILS))
    ran = spawn("verify", file, env={"TERM": "xterm-256color"})
    assert plain(ran.out)
    assert plain(ran.err)


def test_a_terminal_gets_colours_unless_it_asks_for_none(tmp_path: Path) -> None:
    """NO_COLOR is respected."""
    file = claims_file(tmp_path / "mine.py", claim("X1"))
    colour = re.compile(r"\x1b\[(\d+;)*(3\d|9\d|4\d)")
    assert colour.search(on_terminal("verify", file))
    assert not colour.search(on_terminal("verify", file, env={"NO_COLOR": "1"}))


@pytest.mark.parametrize("columns", [60, 80])
def test_lines_fit_the_terminal(columns: int, tmp_path: Path) -> None:
    """COLUMNS is respected, by wrapping at blanks under the text's own margin."""
    why = "so it is, " * 20
    file = claims_file(tmp_path / "mine.py", claim("X1", FAILING, f"{{{SMALL!r}: fails({why!r})}}"))
    ran = run("verify", file, COLUMNS=str(columns))
    assert max(map(len, ran.out.splitlines())) <= columns
    assert plain(ran.out)
    assert " " * 15 + "so it is, so it is" in ran.out


def test_a_terminal_without_the_signs_is_no_reason_to_crash(tmp_path: Path) -> None:
    """What the encoding lacks is spelled out."""
    file = claims_file(tmp_path / "mine.py", claim("X1"))
    ran = spawn("verify", file, env={"PYTHONIOENCODING": "ascii"})
    assert ran.code == 0, ran.err
    assert "+ HOLDS" in ran.out


def test_a_reader_may_leave(tmp_path: Path) -> None:
    """`tcpmodel … | head` ends without complaint."""
    process = start("list")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(60) in (0, 1)
    assert "Traceback" not in process.stderr.read()
    process.stderr.close()
