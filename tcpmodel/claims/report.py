"""What a run of claims says: as text, as JSON, as JUnit XML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tcpmodel import __version__
from tcpmodel.claims.needs import plain, short
from tcpmodel.claims.runner import SCHEMA, Outcome, evidence_json
from tcpmodel.core.result import Result
from tcpmodel.tcp.scenario import scenario as read_scenario

TWIN = ".twin{}.json"
"""The ending of the file of a run that an agent cannot tell from the trace beside it, numbered
where one is not enough.
"""

MARKS = {"expected": "✓", "unexpected": "✗", "open": "?", "vacuous": "∅"}


def mark(found: Outcome) -> str:
    """`expected`, `unexpected`, `open` (not settled) or `vacuous`."""
    if found.inconclusive:
        return "open"
    if not found.as_expected:
        return "unexpected"
    return "vacuous" if found.vacuous else "expected"


def effort(found: Outcome) -> str:
    """What was explored, in a few words."""
    if found.error:
        return ""
    parts = []
    steps = len(found.trace["steps"]) if found.trace else None
    if steps is not None:
        parts.append(f"{steps} steps")
    if found.states is not None and steps is None:
        parts.append(f"{found.states:,} states, depth {found.depth}")
    elif found.states is None and found.depth is not None and steps is None:
        parts.append(f"depth {found.depth}")
    parts.append("known before" if found.cached else f"{found.cpu_seconds:.1f} s")
    return ", ".join(parts)


def explanation(found: Outcome) -> str:
    """Why the verdict is what it is, or what went wrong."""
    if found.error:
        return found.error
    if found.inconclusive:
        return found.reason
    if not found.as_expected:
        return f"expected {found.expected}: {found.why}"
    if found.vacuous:
        return f"holds vacuously: its premise is never reached ({found.why})"
    return found.why


def evidence_lines(found: Outcome) -> Iterator[str]:
    """Why the verdict is not vacuous, a line each; of a run that is shown only what concerns it."""
    told = found.evidence
    yield from told.get("shown", ())
    if told.get("premise_reached") is not None:
        yield f"Premise reached: {'yes' if told['premise_reached'] else 'never'}"
    if found.trace is not None:
        return
    for title, seen in told.get("reached", {}).items():
        yield f"{title}: {'yes' if seen else 'never'}"
    if fired := told.get("fired"):
        yield f"Actions taken: {len(fired)}; never enabled: {len(told['never_enabled'])}"
    if told.get("deadlocks") is not None:
        yield f"States without successor: {told['deadlocks']}"


def file_stem(found: Outcome) -> str:
    """A file name for an outcome's trace."""
    text = f"{found.code}__{found.scenario.replace('=', '-')}"
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in text)


def write_traces(
    outcomes: Iterable[Outcome], folder: Path, paths: dict[tuple[str, str], str]
) -> None:
    """Write every trace into `folder` and note its path under (code, scenario) in `paths`.

    Raises `OSError`.
    """
    for found in outcomes:
        if found.trace is not None:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{file_stem(found)}.json"
            path.write_text(json.dumps(found.trace, indent=1) + "\n", encoding="utf-8")
            paths[found.code, found.scenario] = str(path)
            for twin, beside in zip(found.twins, twin_paths(path, len(found.twins)), strict=True):
                text = json.dumps(twin["trace"], indent=1) + "\n"
                beside.write_text(text, encoding="utf-8")


def twin_paths(trace: Path, count: int) -> list[Path]:
    """Where the runs are written that somebody cannot tell from the one of `trace`."""
    return [trace.with_suffix(TWIN.format(n if n > 1 else "")) for n in range(1, count + 1)]


def as_json(
    outcomes: Sequence[Outcome],
    errors: Sequence[str],
    traces: dict[tuple[str, str], str],
    *,
    interrupted: bool,
    planned: int,
) -> dict[str, Any]:
    """The report of `verify --json`; planned: verdicts, if nothing had stopped the run."""
    return {
        "schema": SCHEMA,
        "version": __version__,
        "interrupted": interrupted,
        "planned": planned,
        "errors": list(errors),
        "results": [_row(found, traces.get((found.code, found.scenario))) for found in outcomes],
    }


def _row(found: Outcome, trace: str | None) -> dict[str, Any]:
    row = asdict(found)
    row["claim"] = row.pop("code")
    row["trace"] = trace
    row["fairness"] = short(found.fairness)
    paths = twin_paths(Path(trace), len(found.twins)) if trace else []
    row["twins"] = [
        {"agent": twin["agent"], "trace": str(path)}
        for twin, path in zip(found.twins, paths, strict=False)
    ]
    row["as_expected"] = found.as_expected
    return row


def check_json(result: Result, scenario: str, chosen: str, trace: str | None) -> dict[str, Any]:
    """The report of `check --json`; `trace` is the file of the run, if there is one."""
    twins = twin_paths(Path(trace), len(result.twins)) if trace else []
    return {
        "schema": "tcpmodel-check/1",
        "version": __version__,
        "property": str(result.question),
        "scenario": scenario,
        "switches": read_scenario(scenario).switches,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "scope": str(result.scope),
        "engine": result.engine,
        "chosen": chosen,
        "states": result.states,
        "transitions": result.transitions,
        "depth": result.depth,
        "cpu_seconds": round(result.cpu_seconds, 3),
        "search_seconds": _rounded(result.search_seconds),
        "search_wall_seconds": _rounded(result.search_wall_seconds),
        "threads": result.threads,
        "peak_bytes": result.peak_bytes,
        "vacuous": result.vacuous,
        "evidence": evidence_json(result.evidence),
        "fairness": short(plain(result.fairness)),
        "trace": trace,
        "twins": [
            {"agent": twin.agent, "trace": str(path)}
            for twin, path in zip(result.twins, twins, strict=False)
        ],
    }


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)


def as_junit(
    outcomes: Sequence[Outcome], errors: Sequence[str], traces: dict[tuple[str, str], str]
) -> str:
    """The report of `verify --junit`: a test case per claim and scenario."""
    suite = ElementTree.Element("testsuite", name="tcpmodel")
    failures = problems = 0
    for found in outcomes:
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=_xml(f"{found.topic or 'claims'}.{found.code}"),
            name=_xml(f"{found.id} [{found.scenario}]"),
            time=f"{found.cpu_seconds:.3f}",
        )
        body = f"{found.says}\nverdict {found.verdict}, expected {found.expected}\n{found.scope}"
        path = traces.get((found.code, found.scenario))
        if path:
            body += f"\ntrace {path}"
        body = _xml(body)
        if found.error:
            problems += 1
            ElementTree.SubElement(case, "error", message=_xml(found.error)).text = body
        elif mark(found) != "expected":
            failures += 1
            ElementTree.SubElement(case, "failure", message=_xml(explanation(found))).text = body
        else:
            ElementTree.SubElement(case, "system-out").text = body
    for error in errors:
        problems += 1
        case = ElementTree.SubElement(suite, "testcase", classname="claims", name=_xml(error))
        ElementTree.SubElement(case, "error", message=_xml(error))
    suite.set("tests", str(len(outcomes) + len(errors)))
    suite.set("failures", str(failures))
    suite.set("errors", str(problems))
    ElementTree.indent(suite)
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _xml(text: str) -> str:
    """`text` without the characters that XML does not have."""
    return re.sub(r"[^\t\n\x20-\uD7FF\uE000-\uFFFD\U00010000-\U0010FFFF]", "?", text)


WORDS = {
    "expected": "as expected",
    "unexpected": "not as expected",
    "open": "not settled",
    "vacuous": "vacuous",
}
"""What a mark says."""


def summary(
    outcomes: Sequence[Outcome],
    errors: Sequence[str],
    seconds: float,
    *,
    planned: int,
    ending: str = "interrupted",
) -> str:
    """One line: how many verdicts (of how many planned), and how many are not as expected."""
    tally = {name: sum(mark(o) == name for o in outcomes) for name in MARKS}
    count = f"{len(outcomes)} verdicts"
    parts = [count if len(outcomes) == planned else f"{ending}: {count} of {planned}"]
    if outcomes and tally["expected"] == len(outcomes):
        parts.append("all as expected")
    elif outcomes:
        parts.append(f"{tally['expected']} as expected")
        others = list(WORDS)[1:]
        parts += [f"{tally[name]} {WORDS[name]}" for name in others if tally[name]]
    if errors:
        parts.append(f"{len(errors)} broken claim file{'s' if len(errors) > 1 else ''}")
    if known := sum(found.cached for found in outcomes):
        parts.append(f"{known} known before")
    return ", ".join(parts) + f"; {seconds:.1f} s"
