"""Choosing a run step by step, at a prompt or from a pipe."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from tcpmodel.cli.output import attempt, dump, say, write

if TYPE_CHECKING:
    from tcpmodel.core.property import Property
    from tcpmodel.engines.simulate import Option
    from tcpmodel.tcp.compose import Model

HELP = """\
a number  take this step             w FILE  save the run for `tcpmodel run`
Enter     list the steps again       (FILE.json: for `tcpmodel replay`)
u  undo   r  restart   s  the state  q  quit"""

LONGEST_LINE = 4096


def prompt(
    model: Model, asked: Callable[[Model], Property] | None, question: Property | None
) -> None:
    """Ask for one step after the other, until `q` or the end of the input."""
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(errors="replace")
    session = _Session(model, asked, question)
    say(f"{model.scenario.spelled}; ? for help", hang=2)
    session.list()
    while (line := session.read()) is not None:
        if not session.obey(line.strip()):
            return
    click.echo()


class _Session:
    def __init__(
        self,
        model: Model,
        asked: Callable[[Model], Property] | None,
        question: Property | None,
    ) -> None:
        from tcpmodel.core.property import Kind
        from tcpmodel.engines.simulate import Walk, watched
        from tcpmodel.semantics.interpret import compile_predicate

        system, goal = watched(model.system, question)
        self.model, self.asked = model, asked
        self.witness = question is not None and question.kind is Kind.SOMETIMES
        self.walk = Walk(system)
        self.settles = compile_predicate(system.variables, goal)
        self.options: list[Option] = []

    def read(self) -> str | None:
        """A line of input; None at its end."""
        click.echo(f"step {len(self.walk) + 1}> ", nl=False)
        return sys.stdin.readline(LONGEST_LINE) or None

    def obey(self, line: str) -> bool:
        """Do what a line says; whether to go on."""
        word, _, rest = line.partition(" ")
        if word in ("q", "quit"):
            return False
        if word in ("u", "undo"):
            self.back(self.walk.undo())
        elif word in ("r", "restart"):
            self.walk.restart()
            self.back(True)
        elif word in ("s", "state"):
            self.state()
        elif word in ("w", "write"):
            self.save(rest.strip())
        elif word in ("?", "h", "help"):
            click.echo(HELP)
        elif word:
            self.choose(line)
        else:
            self.list()
        return True

    def list(self) -> None:
        """What can happen now."""
        from tcpmodel.render.text import step_text

        self.options = self.walk.options()
        last = len(self.walk) + 1
        for number, option in enumerate(self.options, start=1):
            say(f"{number:>4}  {step_text(option.run.trace(), last)}", hang=8)
        if not self.options:
            say("nothing is enabled: u takes the last step back", indent=6)

    def choose(self, line: str) -> None:
        from tcpmodel.render.text import step_text

        number = int(line) if line.isascii() and line.isdigit() and len(line) < 10 else 0
        if not 1 <= number <= len(self.options):
            say(f"not one of 1 to {len(self.options)}, nor of u r s w q ?", indent=6)
            return
        self.walk.take(self.options[number - 1])
        trace = self.walk.trace
        click.echo()
        say(f"{len(trace):>4}  {step_text(trace, len(trace))}", hang=8)
        self.judge()
        click.echo()
        self.list()

    def judge(self) -> None:
        """Say whether the property is settled here."""
        from tcpmodel.claims.turning import turning

        if self.asked is None or not self.settles(self.walk.codes):
            return
        turned = turning(self.asked, self.model, self.walk.trace, self.witness)
        mark = "✓ shown" if self.witness else "✗ violated"
        why = f": {turned.sentence}" if turned else ""
        say((f"      {mark}{why}", "green" if self.witness else "red"), hang=8)

    def back(self, moved: bool) -> None:
        if not moved:
            say("this is the start", indent=6)
            return
        self.list()

    def state(self) -> None:
        """Every variable that is not zero, by its owner."""
        trace = self.walk.trace
        owners: dict[str, list[str]] = {}
        for name, value in trace.state(len(trace)).items():
            owner, _, field = name.rpartition(".")
            if value not in (0, False, "-", "none"):
                owners.setdefault(owner, []).append(
                    f"{field}={value}".lower() if isinstance(value, bool) else f"{field}={value}"
                )
        for owner, told in owners.items():
            say(f"{owner or 'network'}: {', '.join(told)}", indent=6, hang=8)

    def save(self, file: str) -> None:
        """Write the run: for `tcpmodel run` if that can be, else for `tcpmodel replay`."""
        from tcpmodel.claims.script_write import written_run
        from tcpmodel.core.errors import ModelError

        if not file or file == "-":
            say("w takes the name of a file", indent=6)
            return
        text = ""
        if not file.endswith(".json"):
            try:
                text = written_run(self.walk.trace, self.model.scenario)
            except ModelError as error:
                say(str(error), indent=6, hang=6)
                file += ".json"
        text = text or dump(self.walk.trace.to_json())
        command = "replay" if file.endswith(".json") else "run"
        if attempt(file, lambda: write(file, text)):
            click.echo(f"      written: tcpmodel {command} {file}")
