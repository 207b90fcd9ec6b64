"""`tcpmodel check`: a property of one's own."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tcpmodel.core.trace import Trace
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

from .driving import LARGE, SMALL, finish, on_terminal, plain, run, spawn, start

HOLDS = "always(A.state != CLOSING)"
FAILS = "always(A.state != ESTABLISHED)"
WITNESS = "sometimes(A.state == ESTABLISHED)"
VACUOUS = "always(implies(A.state == CLOSING, B.state == CLOSING))"


@pytest.mark.parametrize(
    ("formula", "scenario_text", "options", "code", "verdict"),
    [
        (HOLDS, SMALL, (), 0, "HOLDS"),
        (WITNESS, SMALL, (), 0, "HOLDS"),
        (FAILS, SMALL, (), 10, "FAILS"),
        ("sometimes(A.state == CLOSING)", SMALL, (), 10, "FAILS"),
        (VACUOUS, SMALL, (), 11, "HOLDS"),
        (HOLDS, SMALL, ("--max-states", "5"), 5, "HOLDS_UP_TO"),
        (HOLDS, SMALL, ("--max-depth", "3"), 5, "HOLDS_UP_TO"),
        (HOLDS, SMALL, ("--engine", "bmc", "--max-depth", "3"), 5, "HOLDS_UP_TO"),
        (FAILS, SMALL, ("--engine", "bmc"), 10, "FAILS"),
        (HOLDS, LARGE, ("--timeout", "0.2"), 5, "UNKNOWN"),
        ("leads_to(A.state == LAST_ACK, A.state == CLOSED)", SMALL, (), 11, "HOLDS"),
        ("leads_to(A.state == ESTABLISHED, A.state == CLOSED)", SMALL, (), 10, "FAILS"),
        ("eventually(A.state == ESTABLISHED)", SMALL, (), 10, "FAILS"),
        ("infinitely_often(B.state != SYN_SENT)", SMALL, (), 0, "HOLDS"),
        ("eventually_always(A.state != SYN_SENT, weak='A receives')", SMALL, (), 10, "FAILS"),
    ],
)
def test_the_exit_code_is_the_answer(
    formula: str, scenario_text: str, options: tuple[str, ...], code: int, verdict: str
) -> None:
    """0 holds, 10 fails, 11 holds only vacuously, 5 a bound or the time was reached first."""
    ran = run("check", formula, "--scenario", scenario_text, *options)
    assert ran.code == code, ran
    assert ran.out.startswith(f"{verdict}  {formula}\n")
    assert plain(ran.out)
    assert ("reason: " in ran.out) is (code == 5)
    assert ("vacuously" in ran.out) is (code == 11)


def test_the_default_scenario_is_that_of_the_standard() -> None:
    """Without --scenario it is about RFC 9293."""
    ran = run("check", "sometimes(A.state == SYN_SENT)")
    assert ran.code == 0
    assert "handshake three" in ran.out


def test_the_json_report_has_all_that_a_program_needs(tmp_path: Path) -> None:
    """Question, scenario, answer, scope, effort, evidence, and a trace that replays."""
    report = tmp_path / "new" / "c.json"
    assert run("check", FAILS, "--scenario", SMALL, "--json", report).code == 10
    told = json.loads(report.read_text(encoding="utf-8"))
    assert set(told) == {
        "schema", "version", "property", "scenario", "switches", "verdict", "reason", "scope",
        "engine", "chosen", "states", "transitions", "depth", "cpu_seconds", "vacuous",
        "evidence", "peak_bytes", "search_seconds", "search_wall_seconds", "threads",
        "fairness", "trace", "twins",
    }  # fmt: skip
    assert (told["schema"], told["property"]) == ("tcpmodel-check/1", FAILS)
    assert (told["scenario"], told["switches"]["incarnations"]) == (SMALL, 1)
    trace = Trace.from_json(json.loads(Path(told["trace"]).read_text(encoding="utf-8")))
    again = retrace(trace, compose(scenario(SMALL)).system)
    assert again.state(len(again))["A.state"] == "ESTABLISHED"


def test_stdout_can_be_pure(tmp_path: Path) -> None:
    """--json - and --svg - print one document and nothing else; together they are refused."""
    ran = run("check", FAILS, "--scenario", SMALL, "--json", "-", "--traces", tmp_path)
    assert json.loads(ran.out)["verdict"] == "FAILS"
    drawn = run("check", FAILS, "--scenario", SMALL, "--svg", "-")
    assert ElementTree.fromstring(drawn.out.encode()).tag.endswith("svg")
    both = run("check", FAILS, "--svg", "-", "--json", "-")
    assert (both.code, both.out, len(both.err.splitlines())) == (2, "", 1)


def test_without_a_run_there_is_nothing_to_draw(tmp_path: Path) -> None:
    """That is said; the verdict's exit code stands."""
    ran = run("check", HOLDS, "--scenario", SMALL, "--svg", tmp_path / "x.svg")
    assert ran.code == 0
    assert "there is no run to show" in ran.err
    assert not (tmp_path / "x.svg").exists()


def test_a_report_that_cannot_be_written_costs_only_itself(tmp_path: Path) -> None:
    """One line on stderr, exit code 2, and the verdict was printed."""
    file = tmp_path / "file"
    file.write_text("in the way")
    ran = run("check", HOLDS, "--scenario", SMALL, "--json", file / "c.json")
    assert ran.code == 2
    assert ran.out.startswith("HOLDS")
    assert ran.err.count("\n") == 1
    assert "cannot write" in ran.err


MALFORMED = {
    "nothing": ("", None, "empty"),
    "no operator": ("A.state == CLOSED", 1, "always"),
    "nested operator": ("always(sometimes(True))", 8, "at the top"),
    "unbalanced": ("always(A.state == CLOSED", 7, "never closed"),
    "one equals sign": ("always(A.state = CLOSED)", 8, ""),
    "two formulas": ("always(True, False)", 1, "takes 1 formula"),
    "two formulas for all runs": ("eventually(True, True)", 1, "takes 1 formula"),
    "one formula": ("leads_to(True)", 1, "takes 2 formulas"),
    "keyword": ("always(True, weak=['A CLOSE'])", 14, "no option weak"),
    "double star": ("always(True, **A)", 14, "no option"),
    "unknown keyword": ("leads_to(True, True, fair=['A CLOSE'])", 22, "no option fair"),
    "unknown group": ("leads_to(True, True, weak=['A CLOSES'])", 28, "did you mean A CLOSE"),
    "group that is no name": ("leads_to(True, True, strong=[7])", 30, "name in quotes"),
    "dunder": ("always(A.__class__ == CLOSED)", 8, "no '__class__'"),
    "chain of attributes": ("always(A.state.real == CLOSED)", 8, "written A.state"),
    "import": ("always(__import__('os').system('x'))", 8, "not a formula"),
    "builtin": ("always(eval('1'))", 8, "no function 'eval'"),
    "lambda": ("always(lambda: True)", 8, "not a formula"),
    "comprehension": ("always([x for x in A])", 8, "not a formula"),
    "walrus": ("always((x := True))", 9, "not a formula"),
    "f-string": ("always(A.state == f'{1}')", 19, "not a value"),
    "subscript": ("always(A['state'] == CLOSED)", 8, "not a value"),
    "star": ("always(*A)", 8, "not a formula"),
    "conditional": ("always(True if A.passive else False)", 8, "not a formula"),
    "in": ("always(A.state in (CLOSED, LISTEN))", 19, "compare with =="),
    "multiplication": ("always(A.inc * 2 == 2)", 8, "not a value"),
    "no comparison": ("always(A.state)", 8, "compare it"),
    "constants only": ("always(1 == 1)", 8, "needs a variable"),
    "misspelled state": ("always(A.state == ESTABLISHD)", 19, "did you mean ESTABLISHED"),
    "misspelled variable": ("always(A.stat == CLOSED)", 8, "did you mean state"),
    "missing variable": ("always(A.timer == 0)", 8, "no 'timer'"),
    "misspelled helper": ("always(inflght('A'))", 8, "did you mean inflight"),
    "helper without endpoint": ("always(inflight())", 8, "takes 'A' or 'B'"),
    "helper of nobody": ("always(synchronized('C'))", 8, "there is no endpoint 'C'"),
    "helper with too much": ("always(synchronized('A', 'B', 'C'))", 8, "takes 'A' or 'B'"),
    "helper by keyword": ("always(inflight(sender='A'))", 17, "no keywords"),
    "helper of a variable": ("always(synchronized(A))", 21, "name in quotes"),
    "unknown control bit": ("always(inflight('A', 'URG'))", 8, "URG"),
    "unknown end": ("always(ended('A', 'happily'))", 8, "happily"),
    "implies of one": ("always(implies(True))", 8, "takes 2 formulas"),
    "order of states": ("always(A.state < CLOSED)", 8, "== or !="),
    "order of truth values": ("always(A.passive < True)", 8, "== or !="),
    "sum of states": ("always(A.state + 1 == CLOSED)", 8, "only numbers can be added"),
    "state and number": ("always(A.state == 3)", 19, "state has no value 3"),
    "state and counter": ("always(A.state == A.inc)", 8, "not comparable"),
    "two kinds of number": ("always(A.inc == A.snd_nxt)", 8, "not comparable"),
    "two kinds of name": ("always(A.state == A.outcome)", 8, "not comparable"),
    "text for a number": ("always(A.inc == 'one')", 17, "expected a number"),
    "truth value for a number": ("always(A.snd_nxt == True)", 21, "another kind"),
    "number too large": ("always(A.snd_nxt == 32)", 21, "from 0 to 31"),
    "number much too large": ("always(A.inc == 0x" + "f" * 5000 + ")", 17, "2^32"),
    "after an accent": ("always(A.outcome == 'né' or A.foo)", 21, "has no value"),
    "far to the right": ("always(" + "True and " * 500 + "nonsense)", 4508, "not a formula"),
    "huge": ("always(" + "True and " * 2000 + "True)", None, "at most 10000 are read"),
    "deep": ("always(" + "not " * 60 + "True)", None, "more than 50 deep"),
    "deep parentheses": ("always(" + "(" * 300 + "True" + ")" * 300 + ")", None, ""),
    "very deep": ("always(" + "not " * 2400 + "True)", None, ""),
    "null": ("always(A.state\0)", None, ""),
    "two lines": ("always(A.state == CLOSED\n and nonsense)", 31, "not a formula"),
}


@pytest.mark.parametrize(("formula", "column", "words"), MALFORMED.values(), ids=MALFORMED)
def test_a_malformed_formula_is_pointed_at(formula: str, column: int | None, words: str) -> None:
    """What is wrong, the formula (or the part of it that matters), and a mark below the place."""
    ran = run("check", formula)
    assert (ran.code, ran.out) == (2, ""), ran
    message, *shown = ran.err.splitlines()
    assert words in message
    assert message.startswith("tcpmodel: ")
    if column is None:
        assert not shown or len(shown) == 2
        return
    assert f"(column {column})" in message
    line, mark = shown
    assert len(line) <= 104
    assert re.fullmatch(r" +\^", mark)
    pointed = re.sub(r"\s", " ", formula)[column - 1 :]
    assert line[len(mark) - 1 :].rstrip("…").startswith(pointed[:10])


def test_ctrl_c_says_what_was_known() -> None:
    """A search that is interrupted is UNKNOWN, exit code 130, without traceback."""
    process = start("check", HOLDS, "--scenario", LARGE, "--engine", "explicit")
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(4)
    os.killpg(process.pid, signal.SIGINT)
    ran = finish(process)
    assert ran.code == 130, ran
    assert "Traceback" not in ran.err
    assert ran.out.startswith("UNKNOWN") or ran.err == "tcpmodel: interrupted\n"


def test_progress_is_shown_while_it_works() -> None:
    """Phase, depth, states and states per second on a terminal; a file gets results only."""
    seen = on_terminal("check", HOLDS, "--scenario", LARGE, "--timeout", "2", env={"COLUMNS": "60"})
    assert re.search(r"rfc9293.*: search, depth \d+, [\d,]+ states, [\d,]+/s", seen), seen
    ran = spawn("check", HOLDS, "--scenario", LARGE, "--timeout", "1")
    assert plain(ran.out)
    assert "/s" not in ran.out


def test_who_cannot_tell_what_from_what(tmp_path: Path) -> None:
    """A chain of runs in words, each told once, and every run of it in a file that replays."""
    deep = "knows('B', knows('A', works('A')), when=B.state == SYN_RECEIVED, view='recall')"
    known = f"{SMALL} link=any gives_up=off"
    report = tmp_path / "report.json"
    ran = run("check", deep, "--scenario", known, "--json", str(report))
    assert ran.code == 10
    assert "A cannot tell run 1 from run 2" in ran.out
    assert "view all states of A and B so far" in " ".join(ran.out.split())
    told = json.loads(report.read_text())
    assert [twin["agent"] for twin in told["twins"]] == ["B", "A"]
    runs = [Path(f).read_text() for f in (told["trace"], *(t["trace"] for t in told["twins"]))]
    assert runs[0] == runs[1] != runs[2], "B cannot tell where it is from where it is"
    for file in (told["trace"], *(twin["trace"] for twin in told["twins"])):
        retrace(
            Trace.from_json(json.loads(Path(file).read_text())), compose(scenario(known)).system
        )
