"""A pytest plugin: claims are collected beside a project's tests, an item per claim and scenario.

It does nothing unless the project's configuration names its claim files:

    [tool.pytest.ini_options]
    tcpmodel_claims = ["properties/*.py"]

pytest imports this module in every project that has tcpmodel installed: whatever takes time to load
is loaded when a claim is collected.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tcpmodel.claims.language import Claim
    from tcpmodel.claims.runner import Job, Outcome
    from tcpmodel.claims.verdicts import Verdicts

CLAIMS, TIMEOUT = "tcpmodel_claims", "tcpmodel_timeout"
KNOWN: pytest.StashKey[Verdicts] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The keys of the configuration."""
    files = "claim files of tcpmodel, as patterns relative to the root, e.g. properties/*.py"
    parser.addini(CLAIMS, files, type="args", default=[])
    parser.addini(TIMEOUT, "seconds after which a claim counts as not settled", default="")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """A claim file, if the configuration calls it one."""
    root = parent.config.rootpath
    patterns = parent.config.getini(CLAIMS)
    if not patterns or file_path.suffix != ".py" or not file_path.is_relative_to(root):
        return None
    inside = file_path.relative_to(root)
    if not any(inside.match(pattern.removeprefix("./")) for pattern in patterns):
        return None
    collected: pytest.Collector = ClaimFile.from_parent(parent, path=file_path)
    return collected


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """What went wrong with the cache of verdicts, a line each."""
    known = config.stash.get(KNOWN, None)
    for line in known.close() if known is not None else ():
        terminalreporter.write_line(f"tcpmodel: {line}")


class NotAsExpectedError(Exception):
    """A claim did not get the verdict that it states."""


class ClaimFile(pytest.File):
    """A file of claims."""

    def collect(self) -> Iterator[pytest.Item]:
        """An item per claim and scenario; a broken file is an error in one line."""
        from tcpmodel.claims.discovery import load
        from tcpmodel.claims.runner import Job
        from tcpmodel.core.errors import ModelError
        from tcpmodel.core.result import Budget

        told = self.config.getini(TIMEOUT)
        try:
            budget = Budget(seconds=float(told) if told else None)
            claims = load(self.path)
        except ValueError:
            raise self.CollectError(f"{TIMEOUT}: {told!r} is no number of seconds") from None
        except ModelError as error:
            raise self.CollectError(str(error)) from None
        for claim in claims:
            for text in claim.verdicts:
                job = Job(str(self.path), claim.code, text, budget=budget)
                yield ClaimItem.from_parent(
                    self, name=f"{claim.code}[{text}]", claim=claim, job=job
                )


class ClaimItem(pytest.Item):
    """A claim in a scenario."""

    def __init__(self, *, claim: Claim, job: Job, **others: Any) -> None:
        super().__init__(**others)
        self.claim, self.job = claim, job
        self.extra_keyword_matches.update((claim.id, claim.topic))

    def runtest(self) -> None:
        """Settle it, unless that has been done before."""
        from tcpmodel.claims.report import mark
        from tcpmodel.claims.runner import run_job
        from tcpmodel.claims.verdicts import Verdicts, folder

        known = self.config.stash.setdefault(KNOWN, Verdicts(folder()))
        found = known.get(self.job)
        if found is None:
            found = run_job(self.job)
            if found.reason == "interrupted":
                raise KeyboardInterrupt
            known.put(self.job, found)
        if mark(found) != "expected":
            raise NotAsExpectedError(_report(found))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Our report instead of a traceback, for what is not our mistake."""
        if isinstance(excinfo.value, NotAsExpectedError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the claim stands, and how it is called."""
        return self.path, None, f"{self.claim.code} {self.claim.id} [{self.job.scenario}]"


def _report(found: Outcome) -> str:
    """Claim, verdict, reason, scope, and the run that shows it."""
    from tcpmodel.claims.report import explanation
    from tcpmodel.claims.runner import trace_of
    from tcpmodel.render.text import text

    verdict = "ERROR" if found.error else found.verdict
    lines = [f"{verdict}: {explanation(found)}", found.says, f"Scenario: {found.scenario}"]
    if found.scope:
        lines.append(f"Scope: {found.scope}")
    trace = trace_of(found)
    if trace is not None:
        lines += ["", text(trace)]
    return "\n".join(lines).rstrip()
