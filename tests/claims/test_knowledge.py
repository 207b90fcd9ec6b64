"""Claims about knowledge: their language, their runs in reports, the table of the handshakes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest

from tcpmodel.claims import epistemic, holds, knows, rfc
from tcpmodel.claims.knowledge_table import Row, as_json, as_markdown
from tcpmodel.claims.knowledge_table import tables as computed
from tcpmodel.claims.language import Claim, Question, always
from tcpmodel.claims.report import as_json as report_json
from tcpmodel.claims.report import write_traces
from tcpmodel.claims.runner import Job, check_claim, outcome, question_of
from tcpmodel.core.errors import ModelError
from tcpmodel.core.result import Budget
from tcpmodel.core.trace import Trace
from tcpmodel.semantics.replay import retrace

from .samples import claims, model

SMALL = "rfc9293 incarnations=1 gives_up=off closes=nobody link=any"


@cache
def tables() -> dict[str, list[Row]]:
    """The tables, computed once."""
    return computed()


def test_the_table_of_three_messages() -> None:
    """The post's three sentences, and what none of them says: how deep it goes."""
    found = tables()["three"]
    assert [row.segment for row in found] == ["", "A>B SYN", "B>A SYN,ACK", "A>B ACK"]
    assert [row.sides["A"].state for row in found] == [
        *("CLOSED", "SYN-SENT", "ESTABLISHED", "ESTABLISHED")
    ]
    assert [row.sides["A"].knows for row in found] == [
        (),
        (),
        ("B knows that A→B works", "B→A works"),
        ("B knows that A→B works", "B→A works"),
    ]
    assert [row.sides["B"].knows for row in found] == [
        (),
        ("A→B works",),
        ("A→B works",),
        ("A knows that B knows that A→B works", "A knows that B→A works"),
    ]


def test_a_server_of_two_messages_knows_least() -> None:
    """After two messages the server knows as much as after one; after four, as much as of three."""
    two, three, four = (found[-1] for found in tables().values())
    assert two.sides["B"].knows == ("A→B works",)
    assert two.sides["A"] == three.sides["A"] == four.sides["A"]
    assert three.sides["B"] == four.sides["B"]


def test_the_tables_as_documents() -> None:
    """Markdown with a row per message; JSON with the same rows."""
    data = json.loads(json.dumps(as_json(tables())))
    counts = [len(table["rows"]) for table in data["handshakes"]]
    assert counts == [3, 4, 5]
    lines = as_markdown(tables()).splitlines()
    assert sum(line.startswith("| ") and line[2].isdigit() for line in lines) == sum(counts)
    third = data["handshakes"][1]["rows"][3]
    assert (third["message"], third["segment"]) == (3, "A>B ACK")
    assert third["sides"]["B"]["state"] == "ESTABLISHED"


def test_the_chain_of_runs_is_written_beside_the_trace(tmp_path: Path) -> None:
    """Where knowledge nests there are several: each in a file of its own, with who is misled."""
    claim = claims()["P15d"]
    text = next(t for t, e in claim.verdicts.items() if e.verdict.value == "FAILS")
    result, chosen = check_claim(claim, text, "auto", Budget())
    found = outcome(claim, Job("", claim.code, text), result, chosen)
    paths: dict[tuple[str, str], str] = {}
    write_traces([found], tmp_path, paths)
    [row] = report_json([found], [], paths, interrupted=False, planned=1)["results"]
    assert [twin["agent"] for twin in row["twins"]] == ["A", "B", "A", "B"]
    files = [row["trace"], *(twin["trace"] for twin in row["twins"])]
    assert len(set(files)) == len(files) == 5
    for file in files:
        retrace(Trace.from_json(json.loads(Path(file).read_text("utf-8"))), model(text).system)


def claim(question: Question) -> Claim:
    """A claim with a property."""
    sources = [rfc(9293, "3.5")]
    return Claim("X1", "some-claim", "Something.", sources, question, {SMALL: holds("so")})


def test_knowledge_has_its_own_question() -> None:
    """`always` is about states; a view has a name; nobody knows but A and B."""
    here = model(SMALL)
    with pytest.raises(ModelError, match=r"test_knowledge.py:\d+.*asked by knows"):
        question_of(claim(always(lambda w: w.knows("A", w.B.inc == 1))), here)
    with pytest.raises(ModelError, match=r"test_knowledge.py:\d+.*no endpoint 'C'"):
        question_of(claim(knows("A", lambda w: w.knows("C", w.B.inc == 1))), here)
    with pytest.raises(ValueError, match="'all' is not a valid View"):
        knows("A", lambda w: w.B.inc == 1, view="all")
    with pytest.raises(ModelError, match=r"test_knowledge.py:\d+.*gives 7"):
        question_of(claim(epistemic(lambda _: 7)), here)
    inner = knows("A", lambda w: w.everyone_knows(w.B.inc == 1))
    assert str(question_of(claim(inner), here)) == "Something."
