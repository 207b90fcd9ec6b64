"""Runs in files: read with suspicion, and taken again in the model of their scenario.

A trace says which system it is a run of: that is the text of its scenario, from which the model is
built anew.  Nothing else in the file is believed.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tcpmodel import __version__
from tcpmodel.core.errors import ModelError
from tcpmodel.core.trace import SCHEMA, Trace
from tcpmodel.semantics.replay import follow
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import scenario

MAX_OCTETS = 16_000_000
"""How large a file may be."""

MAX_MESSAGE = 300
"""How much is said about what is wrong with a file."""


@dataclass(frozen=True)
class Saved:
    """A run read from a file, with the model it is about.

    version: the version of this tool that wrote the file; empty if it does not say.
    """

    file: str
    trace: Trace
    model: Model
    version: str

    def follow(self) -> tuple[Trace, str]:
        """The steps that the model takes, and what is wrong with the next one, if anything.

        Raises `ModelError` if the file does not tell a state of the model to begin with.
        """
        try:
            return follow(self.trace, self.model.system, midway=self.model.scenario.isn == "given")
        except ModelError as error:
            raise _wrong(self.file, error) from None

    @property
    def caution(self) -> str:
        """What may be the matter if the model disagrees; empty if nothing is known."""
        if self.version in ("", __version__):
            return ""
        return f"the file was written by version {self.version}, this is {__version__}"


def load_run(file: Path, text: str = "") -> Saved:
    """The run in `file`: a trace, or the report of a command with its trace inside.

    text: the scenario, instead of the one that the file names.
    Raises `ModelError`, in one line, for a file that is none; `OSError` if it cannot be read.
    """
    with file.open("rb") as stream:
        data = stream.read(MAX_OCTETS + 1)
    if len(data) > MAX_OCTETS:
        raise ModelError(f"{file}: more than {MAX_OCTETS} octets")
    try:
        found = _trace(json.loads(data))
        trace = Trace.from_json(found)
        model = compose(scenario(text or trace.system))
    except (ValueError, RecursionError) as error:
        raise _wrong(str(file), f"not JSON: {error}") from None
    except ModelError as error:
        raise _wrong(str(file), error) from None
    version = found.get("version")
    known = version if isinstance(version, str) and version.isprintable() else ""
    return Saved(str(file), trace, model, known[:20])


def _trace(data: Any) -> dict[str, Any]:
    """The trace in what a file holds."""
    inside = data.get("trace") if isinstance(data, dict) else None
    for found in (data, inside):
        if isinstance(found, dict) and found.get("schema") == SCHEMA:
            return found
    raise ModelError(f"there is no saved run in it (a JSON object of schema {SCHEMA})")


def _wrong(file: str, error: object) -> ModelError:
    """A complaint about a file: one line, with nothing in it that a terminal would obey."""
    told = "".join(c if c.isprintable() else " " for c in str(error))
    return ModelError(f"{file}: {told[:MAX_MESSAGE]}")
