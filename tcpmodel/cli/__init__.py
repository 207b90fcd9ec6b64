"""The command line: arguments, files, progress, exit codes.  The only package that prints.

Machine-readable output goes to stdout, everything else a person watches to stderr.  Heavy imports
happen inside the commands, so that `--help` is immediate.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from tcpmodel import __version__
from tcpmodel.cli.certifying import certify
from tcpmodel.cli.checking import check
from tcpmodel.cli.deriving import derive
from tcpmodel.cli.drawing import diagram
from tcpmodel.cli.explaining import explain
from tcpmodel.cli.exporting import export
from tcpmodel.cli.knowing import knowledge
from tcpmodel.cli.lemmas import lemmas
from tcpmodel.cli.output import EXIT_CODES, Group, stop
from tcpmodel.cli.rationale import rationale
from tcpmodel.cli.replaying import replay
from tcpmodel.cli.reporting import report
from tcpmodel.cli.running import run_
from tcpmodel.cli.showing import doctor, list_
from tcpmodel.cli.simulating import simulate
from tcpmodel.cli.streams import settle
from tcpmodel.cli.verifying import verify

__all__ = ["main"]


class _Group(Group):
    """Turns mistakes of the user into one line on stderr, never into a traceback."""

    def main(self, *args: Any, **options: Any) -> Any:
        settle()
        return super().main(*args, **options)

    def invoke(self, ctx: click.Context) -> Any:
        from tcpmodel.core.errors import EngineError, ModelError

        try:
            return super().invoke(ctx)
        except ModelError as error:
            stop(2, str(error))
        except EngineError as error:
            stop(1, f"a bug of ours, no verdict: {error}")
        except KeyboardInterrupt:
            stop(130, "interrupted")
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        except OSError as error:
            stop(2, f"{error.filename or 'file'}: {error.strerror or error}")


def _complains(unraisable: sys.UnraisableHookArgs) -> None:
    """A solver's context that Ctrl-C left half made complains as it goes; everything else is told.

    It has no other way to: what happens in `__del__` cannot be caught.
    """
    if getattr(unraisable.object, "__qualname__", "") != "Context.__del__":
        sys.__unraisablehook__(unraisable)


EPILOG = f"""\
\b
Example:  tcpmodel explain P20b

{EXIT_CODES}

Completion in bash (zsh and fish likewise):

\b
  eval "$(_TCPMODEL_COMPLETE=bash_source tcpmodel)"
"""


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]}, epilog=EPILOG)
@click.version_option(__version__, prog_name="tcpmodel")
def main() -> None:
    """A formal model checker for the TCP lifecycle (RFC 9293).

    Settle the claims that come with it: tcpmodel verify.  See why one fails: tcpmodel explain P01.
    """
    sys.unraisablehook = _complains


_COMMANDS = (
    *(verify, explain, check, certify, derive, lemmas, knowledge, run_),
    *(simulate, replay),
    *(export, diagram, rationale, list_, report, doctor),
)

for _command in _COMMANDS:
    main.add_command(_command)
