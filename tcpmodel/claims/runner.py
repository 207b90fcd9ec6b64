"""Running claims: each pair of claim and scenario is a job.

Jobs and outcomes are plain values, so that they can travel between processes and into JSON.  What
has been computed is never lost: a job that breaks or is interrupted yields an outcome that says so.
"""

from __future__ import annotations

import contextlib
import sys
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import z3

from tcpmodel.claims.discovery import line_of, load
from tcpmodel.claims.language import Claim, Derivation, Expected
from tcpmodel.claims.needs import plain
from tcpmodel.claims.turning import turning
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.property import Property
from tcpmodel.core.result import Budget, Evidence, Observer, Result, Verdict, silent
from tcpmodel.core.terms import FreeVariables
from tcpmodel.core.trace import Trace
from tcpmodel.engines.registry import choose
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.faults import Fault
from tcpmodel.tcp.scenario import scenario

SCHEMA = "tcpmodel-verify/1"


@dataclass(frozen=True)
class Job:
    """One claim in one scenario, by name; with a mistake in the model, if one is seeded.

    changes: switches (`key=value …`) that are other than in the scenario, to whose expectation the
    verdict is compared nevertheless.
    """

    file: str
    code: str
    scenario: str
    engine: str = "auto"
    budget: Budget = field(default_factory=Budget)
    fault: Fault | None = None
    changes: str = ""

    @property
    def text(self) -> str:
        """The scenario with its changes."""
        return f"{self.scenario} {self.changes}".strip()


@dataclass(frozen=True)
class Outcome:
    """What became of a job.

    verdict: as computed; `UNKNOWN` with its reason if the job did not get that far.
    error: a mistake of the claim's or the scenario's author (or ours), in one line.
    trace: the counterexample or witness, in the form of `Trace.to_json`.
    fairness: for liveness that holds, what it takes, in the form of `needs.plain`.
    turning: which part of the claim turned at which step of the trace, in the form of
    `Turning.to_json`; None where no single state settles it.
    twins: where knowledge is missing, who cannot tell which run (its `trace`) from the one before.
    cached: it was computed by an earlier run, from the same model, claim and limits.
    """

    code: str
    id: str
    says: str
    topic: str
    scenario: str
    switches: dict[str, str | int]
    expected: str
    why: str
    verdict: str
    scope: str = ""
    reason: str = ""
    error: str = ""
    crashed: bool = False
    engine: str = ""
    chosen: str = ""
    states: int | None = None
    transitions: int | None = None
    depth: int | None = None
    cpu_seconds: float = 0.0
    vacuous: bool = False
    evidence: dict[str, Any] = field(default_factory=dict)
    trace: dict[str, Any] | None = None
    turning: dict[str, Any] | None = None
    fairness: dict[str, Any] | None = None
    twins: list[dict[str, Any]] = field(default_factory=list)
    cached: bool = False

    @property
    def as_expected(self) -> bool:
        """The computed verdict is the one that the claim states."""
        return not self.error and self.verdict == self.expected

    @property
    def inconclusive(self) -> bool:
        """Nothing was settled: a bound or a time-out was reached first."""
        return not self.error and self.verdict in ("UNKNOWN", "HOLDS_UP_TO")


def jobs_of(
    claims: Sequence[tuple[Path, Claim]], engine: str, budget: Budget, only: str = ""
) -> list[Job]:
    """The jobs of claims; `only` restricts them to one scenario."""
    return [
        Job(str(file), claim.code, text, engine, budget)
        for file, claim in claims
        for text in claim.verdicts
        if not only or text == only
    ]


def run_job(job: Job, observer: Observer = silent) -> Outcome:
    """Do one job in this process.  Never raises, except for Ctrl-C.

    What a claim file prints goes to stderr: stdout is for results.
    """
    claim = None
    try:
        with contextlib.redirect_stdout(sys.stderr):
            claim = next((c for c in load(Path(job.file)) if c.code == job.code), None)
            if claim is None:
                raise ModelError(f"{job.file}: it has no claim {job.code} any more")
            if isinstance(claim.property, Derivation):
                return _derived(claim, claim.property, job, observer)
            result, chosen = check_claim(
                claim, job.text, job.engine, job.budget, observer, job.fault
            )
            return outcome(claim, job, result, chosen)
    except ModelError as error:
        return failed(job, str(error), claim)
    except EngineError as error:
        return failed(job, f"a bug of ours: {error}", claim, crashed=True)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        place = f"{Path(last.filename).name}:{last.lineno}"
        text = f"a bug of ours: {type(error).__name__} at {place}: {error}"
        return failed(job, text, claim, crashed=True)


def _derived(claim: Claim, asked: Derivation, job: Job, observer: Observer) -> Outcome:
    """What is derived, as a plain value; as evidence, what shows that it is neither more nor less.

    Raises `ModelError` if an engine or a seeded fault is asked for, which this knows nothing of.
    """
    if job.engine != "auto" or job.fault is not None:
        raise ModelError(f"claim {claim.code} is derived: no other engine does it")
    # Loaded here as it brings everything that derives, which few jobs need.
    from tcpmodel.claims.derivations import settle  # noqa: PLC0415

    found = settle(asked, job.scenario, job.budget, observer)
    return _about(
        claim,
        job,
        found.verdict,
        scope=found.scope,
        reason=found.reason,
        engine=asked.table,
        chosen="derived, not searched",
        cpu_seconds=round(found.seconds, 3),
        evidence={"shown": list(found.shown)},
    )


def check_claim(
    claim: Claim,
    text: str,
    engine: str,
    budget: Budget,
    observer: Observer = silent,
    fault: Fault | None = None,
) -> tuple[Result, str]:
    """The result of a claim in a scenario, and why its engine was chosen.

    Raises `ModelError`, naming file and line, if the claim's formula makes no property.
    """
    model = _model(text, fault)
    question = question_of(claim, model)
    check, chosen = choose(engine, model.system, question)
    return check(model.system, question, budget, observer), chosen


@lru_cache(maxsize=1)
def _model(text: str, fault: Fault | None) -> Model:
    """The model of a scenario; the last one is kept, for the next claim about it."""
    return compose(scenario(text), fault)


def question_of(claim: Claim, model: Model) -> Property:
    """The claim's property in a scenario; whatever its author's formula does, a `ModelError`."""
    asked = claim.question
    code = getattr(asked.written, "__code__", None)
    file, line = (code.co_filename, code.co_firstlineno) if code else ("", 0)
    try:
        found = asked.of(model.world, claim.says)
        for term in found.terms:
            if not z3.is_expr(term) or not z3.is_bool(term):
                got = " ".join(repr(term).split())[:60]
                raise ModelError(f"the formula gives {got}, not a formula about w")
            if strange := sorted(FreeVariables()(term) - model.system.by_name.keys()):
                raise ModelError(f"the formula reads {strange[0]!r}, which is not in the model")
    except (Exception, SystemExit) as error:
        text = str(error) if isinstance(error, ModelError) else f"{type(error).__name__}: {error}"
        place = f"{file}:{line_of(Path(file), error, line)}: " if file else ""
        raise ModelError(f"{place}claim {claim.code}: {text}") from None
    return found


def check_property(
    question: Callable[[Any], Property],
    text: str,
    engine: str,
    budget: Budget,
    observer: Observer = silent,
) -> tuple[Result, str]:
    """The result of an ad-hoc property in a scenario, and why its engine was chosen."""
    model = compose(scenario(text))
    found = question(model)
    check, chosen = choose(engine, model.system, found)
    return check(model.system, found, budget, observer), chosen


def lifted(
    question: Callable[[Any], Property], text: str, result: Result, width: int, budget: Budget
) -> tuple[str, Result] | None:
    """The scenario `text` with sequence numbers of `width` bits, and what a result with a run says
    there: the same actions are taken.  None if they cannot be.
    """
    # Loaded here as it brings a solver's machinery that few checks need.
    from tcpmodel.engines.lifting import lift  # noqa: PLC0415

    model = compose(replace(scenario(text), width=width))
    found = lift(result, model.system, question(model), budget)
    return None if found is None else (model.scenario.spelled, found)


def outcome(claim: Claim, job: Job, result: Result, chosen: str) -> Outcome:
    """A result as a plain value."""
    return _about(
        claim,
        job,
        result.verdict.value,
        scope=str(result.scope),
        reason=result.reason,
        engine=result.engine,
        chosen=chosen,
        states=result.states,
        transitions=result.transitions,
        depth=result.depth,
        cpu_seconds=round(result.cpu_seconds, 3),
        vacuous=result.vacuous,
        evidence=evidence_json(result.evidence),
        trace=None if result.trace is None else result.trace.to_json(),
        turning=_turning(claim, job, result),
        fairness=plain(result.fairness),
        twins=[{"agent": t.agent, "trace": t.trace.to_json()} for t in result.twins],
    )


def _turning(claim: Claim, job: Job, result: Result) -> dict[str, Any] | None:
    """What settles the claim in the run that was found."""
    if result.trace is None or result.twins:
        return None
    witness = result.verdict is Verdict.HOLDS
    model = _model(job.text, job.fault)
    # The formula is asked again here; one that fails the second time has its verdict all the same.
    with contextlib.suppress(ModelError):
        turned = turning(partial(question_of, claim), model, result.trace, witness)
        return None if turned is None else turned.to_json()
    return None


def evidence_json(evidence: Evidence) -> dict[str, Any]:
    """Evidence as plain values."""
    return {
        "complete": evidence.complete,
        "premise_reached": evidence.premise,
        "deadlocks": evidence.deadlocks,
        "reached": dict(evidence.reached),
        "fired": dict(evidence.fired),
        "never_enabled": list(evidence.never),
    }


def reasons(found: Outcome) -> list[str]:
    """Why the verdict is what it is, in the claim's words if it was expected; and what turned."""
    expected = [found.why] if found.as_expected and found.why else []
    return [*expected, *([found.turning["sentence"]] if found.turning else [])]


def trace_of(found: Outcome) -> Trace | None:
    """The trace of an outcome."""
    return None if found.trace is None else Trace.from_json(found.trace)


def _about(claim: Claim, job: Job, verdict: str, **rest: Any) -> Outcome:
    expected: Expected = claim.verdicts[job.scenario]
    return Outcome(
        code=claim.code,
        id=claim.id,
        says=claim.says,
        topic=claim.topic,
        scenario=job.scenario,
        switches=scenario(job.text).switches if claim.of_model else {},
        expected=expected.told,
        why=expected.why,
        verdict=verdict,
        **rest,
    )


def failed(job: Job, message: str, claim: Claim | None = None, *, crashed: bool = False) -> Outcome:
    """The outcome of a job that came to nothing."""
    if claim is not None:
        return _about(claim, job, "UNKNOWN", error=message, crashed=crashed)
    return Outcome(
        code=job.code,
        id=job.code,
        says="",
        topic="",
        scenario=job.scenario,
        switches={},
        expected="",
        why="",
        verdict="UNKNOWN",
        error=message,
        crashed=crashed,
    )


def stopped(job: Job, reason: str) -> Outcome:
    """The outcome of a job whose process had to be stopped."""
    claim = claim_of(job)
    if claim is None:
        return failed(job, reason)
    return _about(claim, job, "UNKNOWN", reason=reason)


def claim_of(job: Job) -> Claim | None:
    """The claim that a job is about, if its file still has it."""
    with contextlib.suppress(ModelError):
        return next((c for c in load(Path(job.file)) if c.code == job.code), None)
    return None


def exit_code(
    outcomes: Sequence[Outcome], *, broken: bool = False, interrupted: bool = False
) -> int:
    """0 all as expected; 1 crash; 2 a broken claim; 5 inconclusive; 10 a verdict differs; 11 holds
    only vacuously; 130 interrupted.
    """
    if interrupted:
        return 130
    if any(o.crashed for o in outcomes):
        return 1
    if any(not o.as_expected and not o.inconclusive and not o.error for o in outcomes):
        return 10
    if broken or any(o.error for o in outcomes):
        return 2
    if any(o.inconclusive for o in outcomes):
        return 5
    return 11 if any(o.vacuous for o in outcomes) else 0
