"""`tcpmodel derive`: bounds and least numbers, found by the engines."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

import click

from tcpmodel.cli.output import Group, attempt, dump, say, stop, write
from tcpmodel.cli.progress import Live

if TYPE_CHECKING:
    from tcpmodel.claims.tables_derived import Cell, Handshake
    from tcpmodel.claims.wait_table import Derived

Item = TypeVar("Item")

EXIT_CODES = """\
Exit codes: 0 proved, and the full model agrees; 2 usage; 5 something is not settled;
10 the full model disagrees; 130 interrupted (what was known is written)."""


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    """The options of both commands."""
    for option in (
        click.option("--figure", metavar="FILE", help="Write the tables as SVG; - is stdout."),
        click.option(
            "--timeout",
            type=click.FloatRange(0.0, min_open=True),
            metavar="S",
            help="Stop a row, and each check of the full model, after S seconds.",
        ),
        click.option("--json", "json_file", metavar="FILE", help="Write JSON; - is stdout."),
    ):
        command = option(command)
    return command


@click.group(cls=Group, epilog="Example:  tcpmodel derive time-wait")
def derive() -> None:
    """Derive what TCP's constants have to be: the least that is safe, with its proof."""


@derive.command(
    "time-wait", epilog=f"Example:  tcpmodel derive time-wait P60 --traces\n\n{EXIT_CODES}"
)
@click.argument("rows", nargs=-1, metavar="[ROW]...")
@click.option(
    "--full-model/--no-full-model", default=True, help="Whether to compare with the full model."
)
@click.option("--traces", is_flag=True, help="Tell the runs just below the bounds.")
@_shared
def time_wait(
    rows: tuple[str, ...],
    full_model: bool,
    traces: bool,
    json_file: str | None,
    timeout: float | None,
    figure: str | None,
) -> None:
    """The least safe TIME-WAIT in MSL, RTO, losses n and R2, for each row of assumptions.

    ROW is a row's id (a, b, …) or its claim (P59, P59b, P60).
    """
    from tcpmodel.claims import tables_derived, wait_table
    from tcpmodel.core.result import Budget

    if json_file == figure == "-":
        stop(2, "--json - and --figure - both want stdout; give one of them a file")
    chosen = wait_table.select(rows)
    budget = Budget(seconds=timeout)
    with Live(len(chosen)) as live:
        observer = live.observer("the full model")
        todo = wait_table.derive(chosen, timeout, full=full_model, observer=observer)
        found, interrupted = _collect(todo, live)
        cells: list[Cell] = []
        if figure and not interrupted:
            cells, interrupted = _collect(tables_derived.matrix(budget, observer), live)
    written = True
    if "-" not in (json_file, figure):
        for row in found:
            _print(row, traces=traces)
        say("")
        say(f"Boundary: {wait_table.BOUNDARY}.", hang=10)
    if json_file:
        told = wait_table.as_json(found, interrupted=interrupted)
        written &= attempt(json_file, lambda: write(json_file, dump(told)))
    if figure:
        written &= attempt(figure, lambda: write(figure, _drawn(found, cells)))
    code = 130 if interrupted else wait_table.exit_code(found)
    if not code and not all(cell.settled for cell in cells):
        code = 5
    sys.exit(code if written else 2)


@derive.command(
    "handshake", epilog=f"Example:  tcpmodel derive handshake --json handshake.json\n\n{EXIT_CODES}"
)
@_shared
def handshake(json_file: str | None, timeout: float | None, figure: str | None) -> None:
    """The least number of messages, by what the server remembers and knows of lifetimes."""
    from tcpmodel.claims import tables_derived
    from tcpmodel.core.result import Budget

    if json_file == figure == "-":
        stop(2, "--json - and --figure - both want stdout; give one of them a file")
    with Live(len(tables_derived.MEMORIES) * len(tables_derived.LIFETIMES)) as live:
        observer = live.observer("handshake")
        todo = tables_derived.handshakes(Budget(seconds=timeout), observer)
        found, interrupted = _collect(todo, live)
    written = True
    if "-" not in (json_file, figure):
        for row in found:
            _print_handshake(row)
    if json_file:
        told = tables_derived.handshake_json(found, interrupted=interrupted)
        written &= attempt(json_file, lambda: write(json_file, dump(told)))
    if figure:
        written &= attempt(figure, lambda: write(figure, _drawn_handshakes(found)))
    code = 130 if interrupted else 0 if all(row.settled for row in found) else 5
    sys.exit(code if written else 2)


def _collect(todo: Iterator[Item], live: Live) -> tuple[list[Item], bool]:
    """What comes, until Ctrl-C; (what came, whether it was interrupted)."""
    found: list[Item] = []
    try:
        for item in todo:
            found.append(item)
            live.finished(None)
    except KeyboardInterrupt:
        return found, True
    return found, False


# --- printing -------------------------------------------------------------------------------------


def _print(found: Derived, *, traces: bool) -> None:
    from tcpmodel.claims.wait_table import trace_lines, trace_values

    say("")
    say((f"{found.row.id:<22}", "bold"), found.row.says, hang=22)
    style = "green" if found.proved else "yellow"
    say((f"TIME-WAIT ≥ {found.bound or '?'}", style), indent=22, hang=24)
    proof = "proved for all values" if found.proved else f"not proved: {found.reason}"
    say(f"{proof}; 2 MSL is enough: {found.enough}", indent=22, hang=24)
    if found.compared:
        agreed = sum(check.agrees for check in found.compared)
        say(f"full model: {agreed} of {len(found.compared)} checks agree", indent=22, hang=24)
    for check in found.compared:
        if not check.agrees:
            told = f"{check.scenario}: {check.verdict}, expected {check.expected} {check.reason}"
            say((told, "bold red" if check.settled else "yellow"), indent=22, hang=24)
    if found.row.note:
        say((found.row.note, "dim"), indent=22, hang=24)
    say((f"{found.seconds:.1f} s CPU", "dim"), indent=22, hang=24)
    if traces and found.trace is not None:
        say(f"unsafe, for example, with {trace_values(found.trace)}:", indent=22, hang=24)
        for line in trace_lines(found.trace):
            say(line, indent=24, hang=32)


def _print_handshake(row: Handshake) -> None:
    from tcpmodel.claims.tables_derived import LIFETIMES, MEMORIES

    says = f"the server {MEMORIES[row.memory]}; {LIFETIMES[row.lifetime][0]}"
    least = str(row.least) if row.least else "none" if row.settled else "?"
    say((f"{least:<3}", "bold green" if row.settled else "yellow"), says, hang=3)
    for count, cell in row.cells.items():
        told = f"{count} messages: {cell.verdict}, {cell.states:,} states {cell.reason}"
        say((told, "dim"), indent=3, hang=5)
    fewer = row.cells.get((row.least or 0) - 1)
    if fewer is not None:
        for line in fewer.trace.splitlines():
            click.echo(f"     {line}")


# --- drawing --------------------------------------------------------------------------------------


def _drawn(found: Sequence[Derived], cells: Sequence[Cell]) -> str:
    from tcpmodel.claims.pictures.figures import matrix_table
    from tcpmodel.claims.wait_table import BOUNDARY
    from tcpmodel.render.matrix import Table, tables

    bounds = [
        (
            row.row.id,
            [
                (row.bound or "?", "good" if row.proved and row.bound != "none" else "bad"),
                (row.enough, ""),
                ("yes" if row.proved else "no", "good" if row.proved else "open"),
            ],
        )
        for row in found
    ]
    columns = ["TIME-WAIT at least", "2 MSL is enough", "proved"]
    told = "; ".join(f"{row.row.id}: {row.row.says}" for row in found)
    first = Table("The least safe TIME-WAIT", columns, bounds, f"{told}.  {BOUNDARY}.")
    return tables([first, *([matrix_table(cells)] if cells else [])])


def _drawn_handshakes(found: Sequence[Handshake]) -> str:
    from tcpmodel.claims.pictures.figures import COLOURS
    from tcpmodel.claims.tables_derived import LIFETIMES, MEMORIES
    from tcpmodel.render.matrix import Table, tables

    counts = list(found[0].cells) if found else []
    rows = [
        (
            f"the server {MEMORIES[row.memory]}; {LIFETIMES[row.lifetime][0]}",
            [COLOURS.get(c.verdict, ("not settled", "open")) for c in row.cells.values()],
        )
        for row in found
    ]
    columns = [f"{count} messages" for count in counts]
    note = (
        "A server is ESTABLISHED only with a client that has answered it, or is there (P01).  "
        "Safe: in all reachable states of a model with few incarnations and few segments at a time."
    )
    return tables([Table("How many messages open a connection safely", columns, rows, note)])
