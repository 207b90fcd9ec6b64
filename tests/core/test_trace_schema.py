"""The JSON of a run has a schema, which the reader and the writer agree with."""

from __future__ import annotations

import json
from copy import deepcopy
from importlib.resources import files
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from tcpmodel.core.errors import ModelError
from tcpmodel.core.trace import MAX_STEPS, SCHEMA, Trace
from tests.cli.driving import run
from tests.render.random_traces import random_traces
from tests.render.traces import lossy

SPELLED = json.loads(files("tcpmodel.core").joinpath("trace.schema.json").read_text("utf-8"))
VALIDATOR = Draft202012Validator(SPELLED)


def test_it_is_a_schema_for_the_runs_of_this_version() -> None:
    """Its name, and the bound on the number of steps, are those of the code."""
    Draft202012Validator.check_schema(SPELLED)
    assert SPELLED["title"] == SPELLED["properties"]["schema"]["const"] == SCHEMA
    assert SPELLED["properties"]["steps"]["maxItems"] == MAX_STEPS


@settings(deadline=None, max_examples=40)
@given(trace=random_traces())
def test_what_is_written_is_valid_and_read_back(trace: Trace) -> None:
    """Through text, as a file has it; lassos as well."""
    data = json.loads(json.dumps(trace.to_json()))
    assert [e.message for e in VALIDATOR.iter_errors(data)] == []
    assert Trace.from_json(data) == trace


def parts(data: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The ways to everything in `data` but for variables."""
    found = [path]
    items = data.items() if isinstance(data, dict) else enumerate(data[:3])
    for key, value in items:
        if isinstance(value, dict | list) and key not in ("state", "initial", "fields", "cites"):
            found += parts(value, (*path, key))
        else:
            found.append((*path, key))
    return found


@pytest.mark.parametrize("what", ["gone", "wrong"])
def test_the_reader_refuses_nothing_that_the_schema_allows(what: str) -> None:
    """Whatever is left out, or has a list in its place: what the schema lets pass can be read."""
    good = lossy().to_json()
    refused = 0
    for *way, last in filter(None, parts(good)):
        data = here = deepcopy(good)
        for key in way:
            here = here[key]
        if what == "gone" and not isinstance(last, int):
            del here[last]
        else:
            here[last] = [[]]
        if VALIDATOR.is_valid(data):
            Trace.from_json(data)
            continue
        refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    "changes",
    [{"schema": "tcpmodel-trace/2"}, {"loop": -1}, {"initial": {"x": 1.5}}, {"steps": None}],
)
def test_the_schema_refuses_what_the_reader_refuses(changes: dict[str, Any]) -> None:
    """Another schema, a loop from nowhere, a variable that is no value."""
    data = lossy().to_json() | changes
    assert not VALIDATOR.is_valid(data)
    with pytest.raises(ModelError):
        Trace.from_json(data)


def test_what_explain_writes_is_valid_and_replays(tmp_path: Any) -> None:
    """With the claim, and what turned, beside the run."""
    file = tmp_path / "run.json"
    text = "two_way gives_up=on closes=nobody loss=0"
    assert run("explain", "P02", "--scenario", text, "--json", file).code == 0
    data = json.loads(file.read_text("utf-8"))
    assert [e.message for e in VALIDATOR.iter_errors(data)] == []
    assert {"claim", "turning"} <= data.keys()
    assert run("replay", file).code == 0
