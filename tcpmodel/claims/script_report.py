"""What became of a written run, for people and for programs; the runs that come with the tool."""

from __future__ import annotations

import textwrap
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from tcpmodel.claims.discovery import bundled
from tcpmodel.claims.script_parse import ANY, Told
from tcpmodel.claims.script_result import Answer, Failure, Report
from tcpmodel.core.errors import ModelError

SCHEMA = "tcpmodel-run/1"

_STATE_COLUMN = 14
_EVENTS_COLUMN = 6 + 2 * _STATE_COLUMN


def run_files() -> dict[str, Path]:
    """The written runs that come with the tool, by name: the RFC's figures, then others."""
    folders = (bundled() / "figures", bundled() / "runs")
    return {path.stem: path for folder in folders for path in sorted(folder.glob("*.run"))}


def find_run(name: str) -> Path:
    """The file called `name`, or the bundled run of that name.  Raises `ModelError`."""
    path, known = Path(name), run_files()
    if path.is_file():
        return path
    if path.is_dir():
        raise ModelError(f"{name}: this is a folder; a written run is a file")
    if name.removesuffix(".run") in known:
        return known[name.removesuffix(".run")]
    near = get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise ModelError(
        f"{name}: no such file, and no bundled run{hint} (`tcpmodel list runs` shows all)"
    )


def headline(path: Path) -> str:
    """What a run is about: the comment that it begins with."""
    first = path.read_text(encoding="utf-8").partition("\n")[0]
    return first.lstrip("# ")


# --- for people -----------------------------------------------------------------------------------


def run_text(report: Report, width: int = 100) -> str:
    """The states at each line; then whether it is a run, and if not, why not."""
    lines = [_row("line", "A", "B", "what happens"), _row("", *report.started, "at the start")]
    failed = report.failure.line.number if report.failure else 0
    for done in report.done:
        number = done.line.number
        what = done.line.text.partition("|")[0].strip() or "(only states are told)"
        implied = f"   ({done.implied})" if done.implied else ""
        row = _row(f"{'✗' if number == failed else ''} {number}".strip(), *done.states, "")
        lines += _wrapped(what + implied, width, row)
    if report.failure and failed not in (done.line.number for done in report.done):
        what = report.failure.line.text.partition("|")[0].strip()
        lines += _wrapped(what, width, _row(f"✗ {failed}", "", "", ""))
    lines.append("")
    if report.failure:
        lines += _failed(report, report.failure, width)
    else:
        told = f"✓ {report.script.file}: this is a run of the model, in the scenario "
        lines += _wrapped(told + report.scenario, width, hang=2)
    for note in notes(report):
        lines += _wrapped(note, width, "  ", hang=4)
    return "\n".join(line.rstrip() for line in lines) + "\n"


def notes(report: Report) -> list[str]:
    """What a reader should know besides."""
    old = sum(
        isinstance(line.what, Told) and line.what.mark == "old" for line in report.script.lines
    )
    found = []
    if old:
        plural = "s" if old > 1 else ""
        found.append(f"taken for granted: {old} old segment{plural} under way at the start")
    if report.silent and report.is_run:
        found.append(f"sent, though no line says so: {', '.join(report.silent)}")
    return found


def _row(number: str, a: str, b: str, what: str) -> str:
    return f"{number:>4}  {a:<{_STATE_COLUMN}}{b:<{_STATE_COLUMN}}{what}"


def _failed(report: Report, failure: Failure, width: int) -> list[str]:
    place = report.script.at(failure.line.number)
    lines = _wrapped(f"✗ {place}: {failure.says}", width, hang=2)
    lines += _wrapped(f"the line:  {failure.line.text}", width, "  ", hang=13)
    if failure.instead is not None:
        lines += _wrapped(f"the model: {answer_text(failure.instead)}", width, "  ", hang=13)
    for hint in failure.hints:
        lines += _wrapped(hint, width, " " * 13, hang=15)
    lines += _wrapped(f"scenario:  {report.scenario}", width, "  ", hang=13)
    return lines


def answer_text(answer: Answer) -> str:
    """`on line 4 A receives A>B … and answers by rule …: “…” [RFC …]; it sends …`."""
    sends = f"it sends {answer.sent}" if answer.sent else "it sends nothing"
    received = answer.event[4:] if answer.event[1:2] == ">" else ""
    event = f"receives {received}" if received else f"does {answer.event}"
    return (
        f"on line {answer.line}, {answer.agent} {event}; rule {answer.rule} answers: "
        f"“{answer.says}” [{'; '.join(answer.cites)}]; {sends}"
    )


def _wrapped(text: str, width: int, first: str = "", hang: int = _EVENTS_COLUMN) -> list[str]:
    room = max(width, hang + 30)
    return textwrap.wrap(
        text,
        room,
        initial_indent=first,
        subsequent_indent=" " * hang,
        break_on_hyphens=False,
        break_long_words=False,
    ) or [first]


# --- for programs ---------------------------------------------------------------------------------


def run_json(report: Report) -> dict[str, Any]:
    """The same as data, with the trace as far as the run went."""
    failure = report.failure
    return {
        "schema": SCHEMA,
        "file": report.script.file,
        "scenario": report.scenario,
        "system": report.switches.spelled,
        "is_run": report.is_run,
        "started": list(report.started),
        "lines": [
            {
                "line": done.line.number,
                "text": done.line.text,
                "states": list(done.states),
                "told": [None if s == ANY else s for s in done.line.states or ()],
                "implied": done.implied,
                "answers": [_answer_json(answer) for answer in done.answers],
            }
            for done in report.done
        ],
        "failure": failure
        and {
            "line": failure.line.number,
            "text": failure.line.text,
            "says": failure.says,
            "instead": failure.instead and _answer_json(failure.instead),
            "hints": list(failure.hints),
        },
        "notes": notes(report),
        "trace": report.trace.to_json(),
    }


def _answer_json(answer: Answer) -> dict[str, Any]:
    return {
        "agent": answer.agent,
        "event": answer.event,
        "rule": answer.rule,
        "says": answer.says,
        "cites": list(answer.cites),
        "sent": answer.sent,
        "line": answer.line,
    }
