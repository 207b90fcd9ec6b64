"""The command line: arguments, files, progress, exit codes.  The only module that prints.

Machine-readable output goes to stdout, everything else a person watches to stderr.  Heavy imports
happen inside the commands, so that `--help` is immediate.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from tcpmodel import __version__

if TYPE_CHECKING:
    from tcpmodel.claims.language import Claim
    from tcpmodel.claims.runner import Job, Outcome
    from tcpmodel.core.result import Budget, Observer, Progress, Result
    from tcpmodel.core.trace import Trace

EXIT_CODES = """\
\b
Exit codes: 0 every verdict as expected; 1 crash; 2 usage or a broken claim file;
5 inconclusive; 10 a verdict differs from the expected one; 11 holds only vacuously;
130 interrupted (what was known is written)."""

STYLES = {"expected": "green", "unexpected": "bold red", "open": "yellow", "vacuous": "yellow"}


class _Group(click.Group):
    """Turns mistakes of the user into one line on stderr, never into a traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        from tcpmodel.core.errors import EngineError, ModelError

        try:
            return super().invoke(ctx)
        except ModelError as error:
            _stop(2, str(error))
        except EngineError as error:
            _stop(1, f"a bug of ours, no verdict: {error}")
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except OSError as error:
            _stop(2, f"{error.filename or 'file'}: {error.strerror or error}")


def _stop(code: int, message: str) -> NoReturn:
    click.echo(f"tcpmodel: {message}", err=True)
    sys.exit(code)


@click.group(
    cls=_Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXIT_CODES
)
@click.version_option(__version__, prog_name="tcpmodel")
def main() -> None:
    """A formal model checker for the TCP lifecycle (RFC 9293).

    Settle the claims that come with it: tcpmodel verify.  See why one fails: tcpmodel explain P01.
    """


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


_BUDGET = _options(
    click.option("--engine", default="auto", metavar="E", help="auto, explicit, bmc or liveness."),
    click.option("--max-states", type=click.IntRange(1), metavar="N", help="Stop after N states."),
    click.option(
        "--max-depth", type=click.IntRange(0), metavar="K", help="Look at runs of at most K steps."
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0.0, min_open=True),
        metavar="S",
        help="Stop a check after S seconds.",
    ),
    click.option(
        "--max-memory",
        type=click.IntRange(1),
        metavar="MB",
        help="Stop a check above MB megabytes.",
    ),
)


def _budget(
    states: int | None, depth: int | None, seconds: float | None, memory: int | None
) -> Budget:
    from tcpmodel.core.result import Budget

    default = Budget()
    return Budget(states or default.states, depth, seconds, memory or default.megabytes)


# --- verify ------------------------------------------------------------------------------------


@main.command(epilog="Example:  tcpmodel verify P01 P61 -j 2 --json report.json\n\n" + EXIT_CODES)
@click.argument("names", nargs=-1, metavar="[ID|PATH]...")
@_BUDGET
@click.option("--json", "json_file", metavar="FILE", help="Write the report as JSON; - is stdout.")
@click.option("--junit", metavar="FILE", help="Write the report as JUnit XML.")
@click.option("--traces", metavar="DIR", help="Where to write traces (default: beside the JSON).")
@click.option("-j", "--jobs", type=click.IntRange(1), metavar="N", help="Parallel processes.")
def verify(
    names: tuple[str, ...],
    engine: str,
    max_states: int | None,
    max_depth: int | None,
    timeout: float | None,
    max_memory: int | None,
    json_file: str | None,
    junit: str | None,
    traces: str | None,
    jobs: int | None,
) -> None:
    """Settle claims: those that come with the tool, or of the files and folders at PATH.

    ID is a claim's code (P01) or name (no-stale-established).
    """
    from tcpmodel.claims import report
    from tcpmodel.claims.runner import exit_code, jobs_of
    from tcpmodel.engines.registry import CHOICES

    if engine not in CHOICES:
        _stop(2, f"no engine {engine!r}; there are {', '.join(CHOICES)}")
    started = time.monotonic()
    claims, errors = _claims(names)
    for error in errors:
        click.echo(f"tcpmodel: {error}", err=True)
    todo = jobs_of(claims, engine, _budget(max_states, max_depth, timeout, max_memory))
    outcomes, interrupted = _run(todo, jobs or os.cpu_count() or 1)
    if json_file != "-":
        _print_outcomes(outcomes)
        click.echo(report.summary(outcomes, errors, time.monotonic() - started))
        _print_hint(outcomes)
    paths = {}
    if json_file or junit or traces:
        beside = Path(traces) if traces else _beside(json_file if json_file != "-" else junit)
        paths = report.write_traces(outcomes, beside)
    if json_file:
        _write(json_file, _dump(report.as_json(outcomes, errors, paths, interrupted=interrupted)))
    if junit:
        _write(junit, report.as_junit(outcomes, errors, paths))
    code = exit_code(outcomes, interrupted=interrupted)
    sys.exit(code if code or not errors else 2)


def _claims(names: Sequence[str]) -> tuple[list[tuple[Path, Claim]], tuple[str, ...]]:
    """The claims that are meant, and what is wrong with files that were named."""
    from tcpmodel.claims.discovery import bundled, claim_files, discover, select

    paths = [Path(n) for n in names if os.sep in n or n.endswith(".py") or Path(n).is_dir()]
    ids = [n for n in names if Path(n) not in paths]
    files = [file for path in paths for file in claim_files(path)] or claim_files(bundled())
    found = discover(files)
    if ids and paths:
        both = discover([*files, *claim_files(bundled())])
        return [*found.claims, *select(both.claims, ids)], found.errors
    return select(found.claims, ids), found.errors


def _beside(file: str | None) -> Path:
    return (
        Path(file).with_suffix("").with_name(Path(file).stem + "-traces")
        if file
        else Path("tcpmodel-traces")
    )


def _run(todo: Sequence[Job], processes: int) -> tuple[list[Outcome], bool]:
    """Do the jobs with progress on stderr; (outcomes in the order of the jobs, interrupted)."""
    from tcpmodel.claims.runner import run_jobs

    done: dict[Job, Outcome] = {}
    reports = run_jobs(todo, processes)
    with _Live(len(todo)) as live:
        try:
            for news in reports:
                if news.outcome is not None:
                    done[news.job] = news.outcome
                    live.finished(news.job)
                elif news.progress is not None:
                    live.show(f"{news.job.code} {news.job.scenario}", news.progress, news.job)
            interrupted = False
        except KeyboardInterrupt:
            interrupted = True
            reports.close()  # type: ignore[attr-defined]
    return [done[job] for job in todo if job in done], interrupted


class _Live:
    """Progress on stderr: one line that is rewritten on a terminal, a line now and then elsewhere."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self.tty = sys.stderr.isatty()
        self.last = time.monotonic()
        self.rates: dict[Any, tuple[float, int]] = {}

    def __enter__(self) -> _Live:
        return self

    def __exit__(self, *_: object) -> None:
        if self.tty:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()

    def finished(self, job: Any) -> None:
        self.done += 1
        self.rates.pop(job, None)
        self.say(f"{self.done}/{self.total} done", force=self.tty)

    def show(self, title: str, progress: Progress, key: Any = None) -> None:
        now = time.monotonic()
        since, before = self.rates.setdefault(key, (now, progress.states))
        rate = (progress.states - before) / (now - since) if now > since else 0.0
        speed = f", {rate:,.0f}/s" if rate else ""
        counted = f"{self.done}/{self.total} done; " if self.total > 1 else ""
        self.say(
            f"{counted}{title}: {progress.phase}, depth {progress.depth}, "
            f"{progress.states:,} states{speed}"
        )

    def say(self, text: str, *, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self.last < (0.1 if self.tty else 5.0):
            return
        self.last = now
        if self.tty:
            width = max(20, _width() - 1)
            sys.stderr.write(f"\r\x1b[K{text[:width]}")
        else:
            sys.stderr.write(text + "\n")
        sys.stderr.flush()

    def observer(self, title: str) -> Observer:
        return lambda progress: self.show(title, progress)


def _width() -> int:
    import shutil

    return shutil.get_terminal_size((100, 24)).columns


def _say(*parts: str | tuple[str, str], indent: int = 0, hang: int = 0) -> None:
    """Print a paragraph on stdout, wrapped to the terminal, in colours where they are wanted.

    parts: texts, or (text, style); indent: of the first line; hang: of the others.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=1_000_000)
    paragraph = Text.assemble(*parts)
    width = max(40, min(_width(), 120) - hang)
    first = True
    for line in paragraph.wrap(console, width, tab_size=8) if str(paragraph) else [paragraph]:
        line.rstrip()
        console.print(Text(" " * (indent if first else hang)) + line, soft_wrap=True)
        first = False


def _print_outcomes(outcomes: Sequence[Outcome]) -> None:
    """Claims with their verdicts, by topic."""
    from tcpmodel.claims import report

    topic = code = None
    for found in outcomes:
        if found.topic != topic:
            topic = found.topic
            _say("")
            _say((topic.upper(), "bold"))
        if found.code != code:
            code = found.code
            _say("")
            _say((f"{code:<5}", "bold"), (found.id, "bold"))
            _say(found.says, indent=5, hang=5)
        kind = report.mark(found)
        verdict = "ERROR" if found.error else found.verdict
        _say(
            (f"{report.MARKS[kind]} {verdict:<6}", STYLES[kind]),
            "  ",
            (found.scenario, "cyan"),
            (f"  {report.effort(found)}", "dim"),
            indent=5,
            hang=15,
        )
        _say(report.explanation(found), indent=15, hang=15)
    _say("")


def _print_hint(outcomes: Sequence[Outcome]) -> None:
    for found in outcomes:
        if found.trace is not None:
            click.echo(f"Read a counterexample:  tcpmodel explain {found.code}", err=True)
            return


def _dump(data: object) -> str:
    return json.dumps(data, indent=1, ensure_ascii=False) + "\n"


def _write(file: str, text: str) -> None:
    if file == "-":
        click.echo(text, nl=False)
    else:
        Path(file).parent.mkdir(parents=True, exist_ok=True)
        Path(file).write_text(text, encoding="utf-8")


# --- explain -----------------------------------------------------------------------------------


@main.command(epilog="Example:  tcpmodel explain P01 --svg stale-syn.svg")
@click.argument("name", metavar="ID")
@click.option(
    "--scenario",
    metavar="S",
    help="Which of the claim's scenarios (default: the first with a trace).",
)
@click.option("--svg", metavar="FILE", help="Write a sequence chart; - is stdout.")
@click.option("--text", "only_text", is_flag=True, help="Print the run and nothing else.")
@click.option("--json", "json_file", metavar="FILE", help="Write the run as JSON; - is stdout.")
@_BUDGET
def explain(
    name: str,
    scenario: str | None,
    svg: str | None,
    only_text: bool,
    json_file: str | None,
    engine: str,
    max_states: int | None,
    max_depth: int | None,
    timeout: float | None,
    max_memory: int | None,
) -> None:
    """Why a claim holds or fails: the run as text, and as a chart.

    ID is a claim's code or name, or PATH:ID for a claim of another file.
    """
    from tcpmodel.claims.runner import Job, outcome, trace_of

    path, _, code = name.rpartition(":")
    claims, errors = _claims([path] if path else [])
    from tcpmodel.claims.discovery import select

    for error in errors:
        click.echo(f"tcpmodel: {error}", err=True)
    file, claim = select(claims, [code])[0]
    text = _scenario_of(claim, scenario)
    budget = _budget(max_states, max_depth, timeout, max_memory)
    from tcpmodel.claims.runner import check_claim

    with _Live(1) as live:
        result, chosen = check_claim(
            claim, text, engine, budget, live.observer(f"{claim.code} {text}")
        )
    found = outcome(claim, Job(str(file), claim.code, text, engine, budget), result, chosen)
    trace = trace_of(found)
    if not only_text and svg != "-" and json_file != "-":
        _print_explanation(claim, found)
    if trace is not None:
        _show_trace(trace, claim.says, found, svg, json_file, only_text)
    elif svg or json_file or only_text:
        _stop(5, f"{claim.code} has no run to show in {text}: {found.verdict}")


def _scenario_of(claim: Claim, wanted: str | None) -> str:
    """The scenario to explain: the wanted one, or the first that should have a run to show."""
    from difflib import get_close_matches

    from tcpmodel.core.errors import ModelError
    from tcpmodel.core.property import Kind
    from tcpmodel.core.result import Verdict
    from tcpmodel.tcp.scenario import scenario

    if wanted is not None:
        same = [t for t in claim.verdicts if scenario(t) == scenario(wanted)]
        if same:
            return same[0]
        near = get_close_matches(wanted, list(claim.verdicts), n=1, cutoff=0.3)
        hint = f"; did you mean {near[0]!r}?" if near else ""
        listed = ", ".join(repr(t) for t in claim.verdicts)
        raise ModelError(f"claim {claim.code} has no scenario {wanted!r}{hint} It has {listed}")
    shows = Verdict.HOLDS if claim.property.kind is Kind.SOMETIMES else Verdict.FAILS
    return next(
        (t for t, e in claim.verdicts.items() if e.verdict is shows), next(iter(claim.verdicts))
    )


def _print_explanation(claim: Claim, found: Outcome) -> None:
    from tcpmodel.claims import report

    kind = report.mark(found)
    _say((f"{claim.code} {claim.id}", "bold"))
    _say(claim.says)
    if claim.folklore:
        _say((f"What people say: {claim.folklore}", "italic"))
    for source in claim.sources:
        _say((f"- {source}", "dim"), hang=2)
    _say("")
    _say(
        (found.verdict, STYLES[kind]),
        " in ",
        (found.scenario, "cyan"),
        f": {report.explanation(found)}",
    )
    _say((f"Scope: {found.scope}", "dim"))
    for line in _evidence_lines(found.evidence, found.trace is None):
        _say((line, "dim"))
    others = [f"{t} ({e.verdict.value})" for t, e in claim.verdicts.items() if t != found.scenario]
    if others:
        _say(("Other scenarios: " + "; ".join(others), "dim"))
    _say("")


def _evidence_lines(evidence: dict[str, Any], complete: bool) -> Iterator[str]:
    if evidence.get("premise_reached") is not None:
        yield f"Premise reached: {'yes' if evidence['premise_reached'] else 'never'}"
    if not complete:
        return
    for title, seen in evidence.get("reached", {}).items():
        yield f"{title}: {'yes' if seen else 'never'}"
    if evidence.get("fired"):
        yield f"Actions taken: {len(evidence['fired'])}; never enabled: {len(evidence['never_enabled'])}"
    if evidence.get("deadlocks") is not None:
        yield f"States without successor: {evidence['deadlocks']}"


def _show_trace(
    trace: Trace, says: str, found: Outcome, svg: str | None, json_file: str | None, only_text: bool
) -> None:
    from tcpmodel.render.chart import chart
    from tcpmodel.render.text import text

    to_stdout = svg == "-" or json_file == "-"
    witness = found.verdict == "HOLDS"
    why = found.why if found.as_expected else ""
    if not to_stdout or only_text:
        wide = max(60, min(_width(), 120))
        click.echo(text(trace, claim=says, why=why, witness=witness, width=wide), nl=False)
    if svg:
        title = f"{found.code} {found.id}: {found.scenario}"
        _write(svg, chart(trace, claim=says, why=why, title=title, witness=witness))
    if json_file:
        _write(json_file, _dump(trace.to_json()))


# --- check -------------------------------------------------------------------------------------


@main.command(
    epilog="Example:  tcpmodel check 'always(implies(B.state == ESTABLISHED, A.state != CLOSED))' "
    "--scenario 'rfc9293 abort=on'"
)
@click.argument("formula")
@click.option(
    "--scenario",
    "scenario_text",
    default="rfc9293",
    metavar="'PRESET key=value …'",
    show_default=True,
)
@_BUDGET
@click.option("--json", "json_file", metavar="FILE", help="Write the result as JSON; - is stdout.")
@click.option("--svg", metavar="FILE", help="Write a sequence chart of the run.")
@click.option("--traces", metavar="DIR", help="Where to write the run (default: beside the JSON).")
def check(
    formula: str,
    scenario_text: str,
    engine: str,
    max_states: int | None,
    max_depth: int | None,
    timeout: float | None,
    max_memory: int | None,
    json_file: str | None,
    svg: str | None,
    traces: str | None,
) -> None:
    """Settle a property of your own, e.g. always(A.state != CLOSING)."""
    from tcpmodel.claims import report
    from tcpmodel.claims.formula import parse
    from tcpmodel.claims.runner import check_property

    question = parse(formula)
    budget = _budget(max_states, max_depth, timeout, max_memory)
    with _Live(1) as live:
        result, chosen = check_property(
            question, scenario_text, engine, budget, live.observer(scenario_text)
        )
    path = None
    if json_file:
        if result.trace is not None:
            folder = Path(traces) if traces else _beside(None if json_file == "-" else json_file)
            folder.mkdir(parents=True, exist_ok=True)
            path = str(folder / "check.json")
            Path(path).write_text(_dump(result.trace.to_json()), encoding="utf-8")
        _write(json_file, _dump(report.check_json(result, scenario_text, chosen, path)))
    if json_file != "-":
        _print_result(result, formula)
    if svg and result.trace is not None:
        from tcpmodel.render.chart import chart

        holds = result.verdict.value == "HOLDS"
        _write(svg, chart(result.trace, claim=formula, title=scenario_text, witness=holds))
    sys.exit(_check_code(result))


def _print_result(result: Result, formula: str) -> None:
    from tcpmodel.render.text import text

    click.echo(f"{result.verdict.value}  {formula}")
    if result.reason:
        click.echo(f"reason: {result.reason}")
    click.echo(f"scope: {result.scope}")
    counted = [
        f"{value:,} {name}"
        for name, value in (("states", result.states), ("transitions", result.transitions))
        if value is not None
    ]
    click.echo(
        ", ".join(
            [
                *counted,
                f"depth {result.depth}",
                f"{result.cpu_seconds:.2f} s CPU, engine {result.engine}",
            ]
        )
    )
    if result.vacuous:
        click.echo("it holds vacuously: the premise is never reached")
    if result.trace is not None:
        click.echo()
        witness = result.verdict.value == "HOLDS"
        wide = max(60, min(_width(), 120))
        click.echo(text(result.trace, claim=formula, witness=witness, width=wide), nl=False)


def _check_code(result: Result) -> int:
    from tcpmodel.core.result import Verdict

    if result.verdict is Verdict.FAILS:
        return 10
    if result.reason == "interrupted":
        return 130
    if result.verdict is not Verdict.HOLDS:
        return 5
    return 11 if result.vacuous else 0


# --- diagram, list, doctor -----------------------------------------------------------------------


@main.command(epilog="Example:  tcpmodel diagram -o diagrams")
@click.option("-o", "--output", default="diagrams", show_default=True, metavar="DIR")
def diagram(output: str) -> None:
    """Draw the pictures: the endpoint's state machine, derived from the rules."""
    from tcpmodel.claims.diagrams import build
    from tcpmodel.core.errors import ModelError

    folder = Path(output)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        files = build()
    except ModelError as error:
        click.echo(f"tcpmodel: {error}; DOT is written all the same", err=True)
        files = build(draw=False)
    for name, content in files.items():
        (folder / name).write_text(content, encoding="utf-8")
        click.echo(str(folder / name))


@main.command("list", epilog="Example:  tcpmodel list switches")
@click.argument(
    "what", type=click.Choice(["all", "claims", "presets", "switches", "engines"]), default="all"
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--markdown", is_flag=True, help="The claims as a Markdown table.")
def list_(what: str, as_json: bool, markdown: bool) -> None:
    """Show the claims, presets, switches (with their values) and engines."""
    if markdown:
        from tcpmodel.claims.tables import claims_markdown

        click.echo(claims_markdown(claim for _, claim in _claims(())[0]), nl=False)
        return
    data = {k: v for k, v in _catalogue().items() if what in ("all", k)}
    if as_json:
        click.echo(_dump(data), nl=False)
        return
    for title, entries in data.items():
        click.echo(click.style(title, bold=True))
        for entry in entries:
            click.echo(f"  {entry['name']:<22} {entry['says']}")
            if entry.get("values"):
                click.echo(f"  {'':<22} {entry['values']}")
        click.echo()


def _catalogue() -> dict[str, list[dict[str, Any]]]:
    from tcpmodel.engines.registry import ENGINES
    from tcpmodel.tcp.scenario import PRESETS, SWITCHES, Scenario

    claims, errors = _claims(())
    for error in errors:
        click.echo(f"tcpmodel: {error}", err=True)
    neutral = Scenario().switches
    return {
        "claims": [
            {
                "name": f"{c.code} {c.id}",
                "code": c.code,
                "id": c.id,
                "says": c.says,
                "scenarios": list(c.verdicts),
            }
            for _, c in claims
        ],
        "presets": [
            {"name": p.name, "says": _difference(p.switches, neutral)} for p in PRESETS.values()
        ],
        "switches": [
            {"name": key, "says": s.meaning, "values": f"{s.values}   (rfc9293: {neutral[key]})"}
            for key, s in SWITCHES.items()
        ],
        "engines": [
            {"name": name, "says": (function.__doc__ or "").strip().splitlines()[0]}
            for name, function in ENGINES.items()
        ],
    }


def _difference(switches: dict[str, Any], neutral: dict[str, Any]) -> str:
    return " ".join(f"{k}={v}" for k, v in switches.items() if v != neutral[k]) or "the defaults"


@main.command(epilog="Example:  tcpmodel doctor")
def doctor() -> None:
    """What this machine has of what tcpmodel can use, and what is missing for what."""
    from tcpmodel.doctor import examine

    missing = False
    for need in examine():
        mark = "ok     " if need.version else ("MISSING" if need.required else "missing")
        click.echo(f"{mark} {need.name:<14} {need.version or need.remedy}")
        if not need.version:
            click.echo(f"        {'':<14} needed for: {need.purpose}")
        missing |= need.required and not need.version
    sys.exit(2 if missing else 0)
