"""Written runs: the RFC's figures are runs, and a wrong line is told what the rules do instead."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.claims.script import play
from tcpmodel.claims.script_parse import (
    MAX_BYTES,
    MAX_COLUMNS,
    MAX_LINES,
    Call,
    Start,
    Tick,
    Told,
    parse_script,
    read_script,
)
from tcpmodel.claims.script_report import find_run, headline, notes, run_files, run_json, run_text
from tcpmodel.claims.script_result import Report
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always
from tcpmodel.core.terms import all_of
from tcpmodel.core.trace import Trace
from tcpmodel.engines import bmc, explicit
from tcpmodel.semantics.replay import retrace
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario

FIGURES = {name: path for name, path in run_files().items() if path.parent.name == "figures"}
AS_PRINTED_NOT_A_RUN = "fig07"

BOTH_ESTABLISHED = "start: A ESTABLISHED snd=100 rcv=300; B ESTABLISHED snd=300 rcv=100"


def told(*lines: str, scenario: str = "") -> Report:
    """What becomes of the run that `lines` tell."""
    return play(parse_script("\n".join(lines), "x.run"), scenario)


def refusal(*lines: str, scenario: str = "") -> str:
    with pytest.raises(ModelError) as caught:
        told(*lines, scenario=scenario)
    return str(caught.value)


def rules(report: Report) -> list[str]:
    """The rules that fired, in order."""
    return [answer.rule for done in report.done for answer in done.answers]


# --- the figures ----------------------------------------------------------------------------------


def test_every_figure_from_6_to_13_is_there() -> None:
    """And the exchange of RFC 1337, and a connection whose numbers go round; each begins with a
    comment that says what it is.
    """
    assert {f"fig{n:02}" for n in range(6, 14)} | {
        "rfc1337",
        "fig07-literal",
        "wrap",
    } == FIGURES.keys()
    assert all(headline(path).startswith("RFC ") for path in FIGURES.values())


@pytest.mark.parametrize("name", sorted(FIGURES))
def test_a_saved_run_is_accepted(name: str) -> None:
    """The trace of a run, saved and read back, is computed again from what it tells: where it
    starts, what was under way before, and the ISNs that were selected.
    """
    report = play(read_script(FIGURES[name]))
    saved = Trace.from_json(json.loads(json.dumps(report.trace.to_json())))
    system = compose(scenario(saved.system)).system
    assert retrace(saved, system, midway=True) == report.trace
    opened = [i for i, step in enumerate(saved.steps) if step.told]
    for index in opened:
        steps = list(saved.steps)
        steps[index] = replace(steps[index], told={"iss": 7})
        with pytest.raises(ModelError, match=f"step {index + 1}: the file says"):
            retrace(replace(saved, steps=tuple(steps)), system, midway=True)


def test_a_run_that_opens_says_which_isns_it_was_told() -> None:
    """Only the steps that select an ISS do."""
    trace = play(read_script(FIGURES["fig06"])).trace
    assert [(s.agent, dict(s.told)) for s in trace.steps if s.told] == [
        ("A", {"iss": 100}),
        ("B", {"iss": 300}),
    ]


ENDS = {
    "fig06": ("ESTABLISHED", "ESTABLISHED"),
    "fig07-literal": ("ESTABLISHED", "ESTABLISHED"),
    "fig08": ("ESTABLISHED", "ESTABLISHED"),
    "fig09": ("SYN-SENT", "CLOSED"),
    "fig10": ("CLOSED", "CLOSED"),
    "fig11": ("LISTEN", "LISTEN"),
    "fig12": ("CLOSED", "CLOSED"),
    "fig13": ("CLOSED", "CLOSED"),
    "rfc1337": ("CLOSED", "CLOSED"),
    "wrap": ("TIME-WAIT", "CLOSED"),
}
"""The states on the last line of each."""


@pytest.mark.parametrize("name", sorted(FIGURES.keys() - {AS_PRINTED_NOT_A_RUN}))
def test_the_figures_are_runs(name: str) -> None:
    """Message by message, with the numbers and the states that the RFC prints."""
    report = play(read_script(FIGURES[name]))
    assert report.failure is None, run_text(report)
    assert report.done[-1].states == ENDS[name]
    end = report.trace.state(len(report.trace))
    assert (end["A.state"], end["B.state"]) == ENDS[name]


@pytest.mark.parametrize("name", sorted(run_files().keys() - FIGURES.keys()))
def test_the_other_runs_are_runs(name: str) -> None:
    """Those that come with the tool besides the figures: nothing is sent that no line tells of."""
    report = play(read_script(run_files()[name]))
    assert report.failure is None, run_text(report)
    assert not report.silent
    assert headline(run_files()[name])


def test_figure_7_as_printed_is_told_where_it_leaves_the_rules() -> None:
    """Line 6 of the figure: a SYN,ACK numbered 300 lies before RCV.NXT = 301, so the sequence
    check of section 3.10.7.4 answers it by an ACK and drops it.
    """
    path = FIGURES[AS_PRINTED_NOT_A_RUN]
    report = play(read_script(path))
    assert report.failure is not None
    assert report.failure.line.text.startswith("B>A SYN,ACK seq=300 ack=101")
    assert report.failure.says == "A is SYN-RECEIVED after this line, not ESTABLISHED"
    instead = report.failure.instead
    assert instead is not None
    assert (instead.agent, instead.rule) == ("A", "out_of_window")
    assert instead.cites[0] == "RFC 9293 3.10.7.4 first, SYN-RECEIVED..TIME-WAIT ¶3 ¶6 ¶7"
    assert instead.sent == "ACK seq=101 ack=301"
    assert f"{path}:{report.failure.line.number}: " in run_text(report)


def test_rfc1337_is_prevented_by_ignoring_resets() -> None:
    """With `tw_rfc1337=on` the exchange is no run: A stays in TIME-WAIT, and the rule says so."""
    report = play(read_script(FIGURES["rfc1337"]), "rfc9293 tw_rfc1337=on")
    assert report.failure is not None
    assert report.failure.says == "A is TIME-WAIT after this line, not CLOSED"
    assert report.failure.instead is not None
    assert report.failure.instead.rule == "receives_reset__time_wait"


def test_figure_8_is_not_survived_by_two_messages() -> None:
    """With the two-way handshake line 3 of the figure makes B ESTABLISHED, with nobody."""
    report = play(read_script(FIGURES["fig08"]), "two_way_rst")
    assert report.failure is not None
    assert report.failure.says == "B is ESTABLISHED after this line, not SYN-RECEIVED"


# --- what a line means ----------------------------------------------------------------------------


def test_what_lines_say() -> None:
    """The forms of a line; numbers, marks and states; comments and blanks are nothing."""
    script = parse_script(
        "# about\nscenario: tw2 window=3\nstart: B time-wait snd=7 rcv=8\n\n"
        "a > b ack,syn seq=1 ack=2 ... # why\nB: close | -, last_ack\ntick 3\n| CLOSED, -\n",
        "x.run",
    )
    assert script.scenario == "tw2 window=3"
    assert script.start == {"B": Start("TIME-WAIT", 7, 8)}
    assert [line.number for line in script.lines] == [5, 6, 7, 8]
    assert [line.what for line in script.lines] == [
        Told("A", "SYN,ACK", {"seq": 1, "ack": 2}, "..."),
        Call("B", "close"),
        Tick(3),
        None,
    ]
    assert [line.states for line in script.lines] == [
        None,
        ("-", "LAST-ACK"),
        None,
        ("CLOSED", "-"),
    ]


def test_numbers_may_be_left_out() -> None:
    """What is left out matches any number; an ISS that no line tells is that of the figures."""
    report = told("A>B SYN", "B>A SYN,ACK", "A>B ACK", "A>B FIN,ACK", "B>A ACK", "B>A FIN,ACK")
    assert report.is_run
    assert report.done[-1].states == ("TIME-WAIT", "LAST-ACK")
    assert report.trace.state(1)["A.iss"] == 100
    assert report.silent == ("A>B ACK seq=102 ack=302",)


def test_the_lines_tell_the_iss() -> None:
    """Both endpoints select what the SYN that they send next is told to carry, at 32 bits."""
    report = told("A>B SYN seq=4294967295", "B>A SYN,ACK seq=3000000000 ack=0", "A>B ACK seq=0")
    assert report.is_run
    assert report.trace.state(3)["A.snd_nxt"] == 0
    assert report.trace.state(3)["B.iss"] == 3_000_000_000


def test_a_message_implies_the_call_that_sends_it() -> None:
    """OPEN, SEND, CLOSE and ABORT; written on a line of its own, the call is not made twice."""
    lines = ("A>B SYN", "B>A SYN,ACK", "A>B ACK", "A>B ACK text=1", "B>A ACK")
    report = told(*lines, "A>B FIN,ACK", "B>A RST")
    implied = [done.implied for done in report.done if done.implied]
    assert implied == ["A: active OPEN", "A: SEND", "A: CLOSE", "B: ABORT"]
    spelt = ["A: OPEN", *lines[:3], "A: SEND", *lines[3:], "A: CLOSE", "A>B FIN,ACK", "B: ABORT"]
    assert rules(told(*spelt, "B>A RST")) == rules(report)


def test_marks_say_what_the_network_does() -> None:
    """Lost, repeated, late: the rules see each arrival, and nothing else."""
    report = told(
        "A>B SYN seq=100 lost | SYN-SENT, LISTEN",
        "A>B SYN seq=100 again | SYN-SENT, SYN-RECEIVED",
        "B>A SYN,ACK seq=300 ack=101 ... | SYN-SENT, SYN-RECEIVED",
        "A>B SYN seq=100 again | SYN-SENT, SYN-RECEIVED",
        "B>A SYN,ACK seq=300 ack=101 arrives | ESTABLISHED, SYN-RECEIVED",
        "A>B ACK seq=101 ack=301 | ESTABLISHED, ESTABLISHED",
        "A>B ACK seq=101 ack=301 again | ESTABLISHED, ESTABLISHED",
    )
    assert report.is_run
    assert report.done[1].implied == "A: retransmission timeout"
    assert report.done[-1].implied == "a duplicate made by the network"


def test_an_old_segment_is_taken_for_granted_and_said_to_be() -> None:
    """Nobody sends it: the trace has it under way from the start, of the incarnation before."""
    report = told(BOTH_ESTABLISHED, "A>B RST seq=100 old | ESTABLISHED, CLOSED")
    assert report.is_run
    received = report.trace.steps[0].received
    assert received is not None
    assert (received.sent_at, received.fields["inc"]) == (0, 1)
    assert report.trace.initial["A.inc"] == 2
    assert notes(report) == ["taken for granted: 1 old segment under way at the start"]


def test_what_is_impossible_may_not_happen() -> None:
    """A call, a timer, a message that nobody sends now; a tick, while something is due."""
    assert told(BOTH_ESTABLISHED, "A: retransmits impossible", "A: OPEN impossible").is_run
    assert told(BOTH_ESTABLISHED, "A>B FIN,ACK seq=101 impossible", "A: CLOSE").is_run
    waiting = "start: A TIME-WAIT snd=101 rcv=301; B CLOSED"
    assert told(waiting, "tick 2", "tick impossible", scenario="tw2").is_run
    assert told("scenario: rfc9293 senders=A", BOTH_ESTABLISHED, "B: SEND impossible").is_run


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("A: SEND", "SEND is possible at A now"),
        ("A: CLOSE", "CLOSE is possible at A now"),
        ("A>B FIN,ACK seq=100", "CLOSE is possible at A now"),
        ("tick", "time can pass: nothing is due"),
    ],
)
def test_what_is_said_to_be_impossible_and_is_not_is_told(line: str, says: str) -> None:
    """With the rule that allows it."""
    failure = told(BOTH_ESTABLISHED, f"{line} impossible", scenario="rfc9293 msl=1 time_wait=2")
    assert failure.failure is not None
    assert failure.failure.says.startswith(says)


@pytest.mark.parametrize(
    ("start", "line"),
    [
        ("A CLOSED; B LISTEN", "A>B SYN seq=7 | SYN-SENT, SYN-RECEIVED"),
        ("A SYN-SENT snd=101; B LISTEN", "A>B SYN seq=100 again | SYN-SENT, SYN-RECEIVED"),
        ("A SYN-RECEIVED snd=101 rcv=301", "A>B SYN,ACK seq=100 ack=301 ... | SYN-RECEIVED, -"),
        ("A FIN-WAIT-1 snd=101 rcv=301", "A>B FIN,ACK seq=100 ack=301 ... | FIN-WAIT-1, -"),
        ("A FIN-WAIT-2 snd=101 rcv=301", "B>A FIN,ACK seq=301 ack=101 old | TIME-WAIT, -"),
        ("A CLOSE-WAIT snd=101 rcv=301", "A>B FIN,ACK seq=101 ack=301 ... | LAST-ACK, -"),
        ("A CLOSING snd=101 rcv=301", "B>A ACK seq=301 ack=101 old | TIME-WAIT, -"),
        ("A LAST-ACK snd=101 rcv=301", "B>A ACK seq=301 ack=101 old | CLOSED, -"),
        ("A TIME-WAIT snd=101 rcv=301", "A: TIME-WAIT timeout | CLOSED, -"),
    ],
)
def test_a_run_may_begin_anywhere(start: str, line: str) -> None:
    """In any state, with SND.NXT and RCV.NXT; a SYN or FIN that the state awaits the ACK of is
    unacknowledged.
    """
    report = told(f"start: {start}", line)
    assert report.is_run, run_text(report)


def test_time_passes_where_there_is_a_clock() -> None:
    """TIME-WAIT of two ticks is over after two, and a segment does not outlive its MSL."""
    closing = [BOTH_ESTABLISHED, "A>B FIN,ACK", "B>A ACK", "B>A FIN,ACK | TIME-WAIT, LAST-ACK"]
    end = "A: TIME-WAIT timeout | CLOSED, -"
    assert told(*closing, "tick", "tick", end, scenario="tw2").is_run
    early = told(*closing, "tick", end, scenario="tw2").failure
    assert early is not None
    assert early.says == "TIME-WAIT timeout is not possible at A now"
    assert "TIME-WAIT has 1 tick to go" in early.hints[-1]
    late = told(
        BOTH_ESTABLISHED, "A>B FIN,ACK ...", "tick 2", "A>B FIN,ACK arrives", scenario="tw2"
    )
    assert late.failure is not None
    assert late.failure.says == "FIN,ACK of line 2 is 2 ticks old and gone"


# --- what is wrong with a line --------------------------------------------------------------------

CONNECT = ("A>B SYN seq=100", "B>A SYN,ACK seq=300 ack=101", "A>B ACK seq=101 ack=301")

WRONG: Mapping[str, tuple[tuple[str, ...], str, str, str]] = {
    "a number of an answer": (
        (CONNECT[0], "B>A SYN,ACK seq=300 ack=100"),
        "B sends SYN,ACK seq=300 ack=101 here: ack=101, not ack=100",
        "listen_receives_syn",
        "RCV.NXT=101",
    ),
    "another answer": (
        (BOTH_ESTABLISHED, "A>B RST seq=101 old", "B>A RST seq=100"),
        "B does not send RST seq=100 but ACK seq=300 ack=100",
        "inexact_reset",
        "B could send RST seq=300: seq=300, not seq=100",
    ),
    "no answer": (
        (*CONNECT, "B>A SYN,ACK seq=9 ack=9"),
        "B does not send SYN,ACK seq=9 ack=9",
        "syn_received_receives_ack",
        "a segment of an earlier connection, which nobody sends now, is marked 'old'",
    ),
    "a message once more": (
        (*CONNECT, "A>B ACK seq=101 ack=301"),
        "A does not send ACK seq=101 ack=301",
        "syn_sent_receives_synack",
        "it arrived on line 3; if it arrives once more, mark it 'again'",
    ),
    "a message that waits": (
        (CONNECT[0], f"{CONNECT[1]} ...", CONNECT[1]),
        "SYN,ACK seq=300 ack=101 is under way since line 2",
        "",
        "where it arrives, mark it 'arrives'",
    ),
    "a state": (
        (f"{CONNECT[0]} | SYN-SENT, ESTABLISHED",),
        "B is SYN-RECEIVED after this line, not ESTABLISHED",
        "listen_receives_syn",
        "B is SYN-RECEIVED: SND.UNA=300 SND.NXT=301 RCV.NXT=101",
    ),
    "a state of who did nothing": (
        (*CONNECT[:2], "B: CLOSE | CLOSE-WAIT, -"),
        "A is ESTABLISHED after this line, not CLOSE-WAIT; nothing happened to A on this line",
        "syn_sent_receives_synack",
        "A is ESTABLISHED",
    ),
    "a call": (
        (*CONNECT, "A: CLOSE", "A: CLOSE"),
        "CLOSE is not possible at A now",
        "close_first__established",
        "its user and timers could: ABORT (sends RST seq=102)",
    ),
    "an arrival of what was lost": (
        (f"{CONNECT[0]} lost", f"{CONNECT[0]} arrives"),
        "no SYN seq=100 is under way from A",
        "",
        "line 1 says that it was lost",
    ),
    "an arrival of what was never sent": (
        (CONNECT[0], "A>B FIN,ACK arrives"),
        "A does not send FIN,ACK",
        "closed_active_open",
        "A is SYN-SENT: SND.UNA=100 SND.NXT=101",
    ),
    "a repetition of what was never sent": (
        (CONNECT[0], "B>A FIN,ACK again"),
        "B does not send FIN,ACK but SYN,ACK seq=300 ack=101",
        "listen_receives_syn",
        "'again' is for what was sent before",
    ),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_line_is_told_what_the_rules_do(mistake: str) -> None:
    """Its place, what happens instead, the rule with its paragraph, where the endpoint stands."""
    lines, says, rule, hint = WRONG[mistake]
    report = told(*lines)
    failure = report.failure
    assert failure is not None
    assert failure.line.number == len(lines)
    assert failure.says == says
    assert (failure.instead.rule if failure.instead else "") == rule
    assert any(hint in found for found in failure.hints), failure.hints
    shown = run_text(report)
    assert f"✗ x.run:{len(lines)}: " in shown
    if failure.instead:
        assert failure.instead.cites[0] in " ".join(shown.split())


def test_the_report_shows_the_states_at_each_line() -> None:
    """A row per line, the start first; what was sent though no line says so is mentioned."""
    shown = run_text(told(CONNECT[0])).splitlines()
    assert shown[1].split() == ["CLOSED", "LISTEN", "at", "the", "start"]
    assert shown[2].split()[:3] == ["1", "SYN-SENT", "SYN-RECEIVED"]
    assert shown[4] == "✓ x.run: this is a run of the model, in the scenario rfc9293"
    assert shown[5].strip() == "sent, though no line says so: B>A SYN,ACK seq=300 ack=101"


def test_the_report_for_programs() -> None:
    """The same as data."""
    data = run_json(told(*CONNECT, "B>A ACK seq=5"))
    assert data["is_run"] is False
    assert [line["states"][1] for line in data["lines"]] == ["SYN-RECEIVED"] * 2 + ["ESTABLISHED"]
    assert data["failure"]["line"] == 4
    assert data["failure"]["instead"]["rule"] == "syn_received_receives_ack"
    assert len(data["trace"]["steps"]) == 4


# --- mistakes of the file -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("foo", "cannot read 'foo'; expected 'A>B SYN,ACK seq=300"),
        ("A>C SYN", "there is no endpoint 'C'"),
        ("A>A SYN", "A sends to itself"),
        ("A>B seq=1", "which control bits has it?"),
        ("A>B", "which control bits has it?"),
        ("A>B SYN-ACK seq=1", "no control bit 'SYN-ACK' (did you mean SYN,ACK?)"),
        ("A>B SYN,SYN", "named twice"),
        ("A>B SYN seq=x", "seq=x: expected a number from 0 to 4294967295"),
        ("A>B SYN seq=4294967296", "expected a number from 0 to 4294967295"),
        ("A>B SYN seq=٣", "expected a number"),
        ("A>B SYN seq=1 seq=1", "seq is given twice"),
        ("A>B SYN sek=1", "no number 'sek' (did you mean seq?)"),
        ("A>B SYN ack=1", "means nothing without the control bit ACK"),
        ("A>B ACK text=10", "octet by octet"),
        ("A>B SYN lots", "no mark 'lots' (did you mean lost?)"),
        ("A>B SYN lost again", "after the mark 'lost'"),
        ("A>B SYN lost seq=1", "the mark 'lost' stands at the end"),
        ("A>B ACK seq=1 old", "say its ack="),
        ("A>B SYN | CLOSED", "is not the states of A and of B"),
        ("A>B SYN | CLOSD, LISTEN", "no state 'CLOSD' (did you mean CLOSED?)"),
        ("A: CLOES", "A has no 'CLOES' (did you mean CLOSE?)"),
        ("tick 0", "expected 1 to 250 ticks"),
        ("tick", "there is no clock"),
        ("tick 2 impossible", "one tick, not several"),
        ("x" * (MAX_COLUMNS + 1), f"at most {MAX_COLUMNS} characters"),
        ("start: A LISTEN", "comes before the first message"),
    ],
)
def test_a_malformed_line_is_named_with_file_and_line(line: str, says: str) -> None:
    """And with what is expected in its place."""
    message = refusal("A>B SYN seq=1", line)
    assert message.startswith("x.run:2: ")
    assert says in message


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("start: A ESTABLISHED snd=3", "ESTABLISHED needs snd= and rcv="),
        ("start: A LISTEN snd=3", "LISTEN has no numbers"),
        ("start: A SYN-SENT snd=3 rcv=4", "SYN-SENT needs snd="),
        ("start: A OPEN", "there is no state 'OPEN'"),
        ("start: A CLOSED; A CLOSED", "expected one state per endpoint"),
        ("start:", "expected 'start: A ESTABLISHED"),
        ("start: A CLOSED x", "cannot read 'x'"),
        ("start: A SYN-SENT snd=9999999999", "expected a number below 2^32"),
        ("scenario: rfc", "no preset 'rfc'"),
        ("scenario: rfc9293 isn=constant", "leave out isn"),
        ("scenario: rfc9293\nscenario: rfc9293", "a second 'scenario:' line"),
    ],
)
def test_a_malformed_header_is_named_too(header: str, says: str) -> None:
    """In the same way."""
    message = refusal(header, "A>B SYN seq=1")
    assert message.startswith(f"x.run:{1 + header.count(chr(10))}: ")
    assert says in message


def test_files_are_bounded_and_text(tmp_path: Path) -> None:
    """Too long, not UTF-8, empty: one sentence each; a byte order mark does not matter."""
    path = tmp_path / "a.run"
    for content, says in (
        (b"#" * (MAX_BYTES + 1), f"at most {MAX_BYTES} bytes"),
        (b"\n" * (MAX_LINES + 1), f"at most {MAX_LINES} lines"),
        (b"# a\n\xff", r"a\.run:2: this is not text in UTF-8"),
        (b"# nothing\n", "no message in it"),
    ):
        path.write_bytes(content)
        with pytest.raises(ModelError, match=says):
            read_script(path)
    path.write_bytes(b"\xef\xbb\xbfA>B SYN\r\n")
    assert len(read_script(path).lines) == 1


def test_runs_are_found_by_name_or_path(tmp_path: Path) -> None:
    """A file comes first; what is neither is told what there is."""
    assert find_run("fig06") == find_run("fig06.run") == find_run(str(FIGURES["fig06"]))
    for name, says in (("fig6", "did you mean fig06"), (str(tmp_path), "this is a folder")):
        with pytest.raises(ModelError, match=says):
            find_run(name)


WORDS = ["A>B", "B>A", "A:", "B:", "SYN", "ACK", "SYN,ACK", "FIN,ACK", "RST", "seq=1", "ack=2"]
WORDS += ["text=1", "...", "lost", "arrives", "again", "old", "|", "CLOSED,", "LISTEN", "OPEN"]
WORDS += ["CLOSE", "ABORT", "SEND", "tick", "#", "start:", "scenario:", "A", "snd=1", ";", "tw2"]


@given(st.text() | st.lists(st.sampled_from([*WORDS, "\n"]), max_size=40).map(" ".join))
def test_whatever_is_written_is_read_or_refused(text: str) -> None:
    """There is no text that does anything else."""
    with contextlib.suppress(ModelError):
        assert parse_script(text, "x.run").lines


@settings(max_examples=8, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["A>B", "B>A"]),
            st.sampled_from(["SYN", "SYN,ACK", "ACK", "FIN,ACK", "RST"]),
            st.sampled_from(["", "...", "arrives", "again", "lost"]),
        ).map(" ".join)
        | st.sampled_from(["A: CLOSE", "B: CLOSE", "A: ABORT", "A: SEND", "B: OPEN"]),
        min_size=1,
        max_size=12,
    )
)
def test_whatever_is_told_is_a_run_or_has_a_first_wrong_line(lines: list[str]) -> None:
    """What was played up to there is a run by the reference semantics: `play` has replayed it."""
    report = told(*lines)
    assert len(report.trace) == len(rules(report)) or report.failure is not None
    assert run_text(report)


# --- the ISS that a run tells ---------------------------------------------------------------------


def test_no_search_chooses_what_a_run_tells() -> None:
    """`isn=given` needs a history; searches of states refuse its inputs, and so does BMC."""
    with pytest.raises(ModelError, match="isn=given is for runs that are written down"):
        scenario("rfc9293 isn=given")
    model = compose(scenario("rfc9293 isn=given channel=history"))
    question = always(all_of(model.world.A.iss == 0, model.world.B.iss == 0))
    with pytest.raises(ModelError, match=r"cannot choose the inputs .*iss"):
        explicit.check(model.system, question)
    with pytest.raises(ModelError, match="no action receives a field as iss"):
        bmc.check(model.system, question)


def test_users_are_as_free_as_the_scenario_lets_them() -> None:
    """Fast Open is for a client and its server, so that here B does not open actively; the octet
    comes with the SYN.  A scenario that contradicts itself is refused with its own reason.
    """
    report = play(
        parse_script("A>B SYN seq=100 text=1\nB>A SYN,ACK seq=300 ack=102\n", "x"), "tcp_tfo"
    )
    assert report.is_run
    assert report.switches.roles == "client_server"
    assert report.switches.data == 3
    with pytest.raises(ModelError, match="syn_data=on keeps the text of a SYN, tfo=on delivers it"):
        play(parse_script("A>B SYN\n", "x"), "tcp_tfo syn_data=on")


def test_a_cookie_comes_back() -> None:
    """The listener stores nothing: what acknowledges the number that it sent tells it again; what
    acknowledges another one is refused.
    """
    lines = "A>B SYN seq=100\nB>A SYN,ACK seq=5000 ack=101 | ESTABLISHED, LISTEN\n"
    right = "A>B ACK seq=101 ack=5001 | -, ESTABLISHED\n"
    assert play(parse_script(lines + right, "x"), "syncookie").is_run
    old = "A>B ACK seq=101 ack=5002 old | -, ESTABLISHED\n"
    other = play(parse_script(lines + old, "x"), "syncookie")
    assert other.failure is not None
    assert other.failure.says.startswith("B is LISTEN after this line, not ESTABLISHED")


@pytest.mark.parametrize(
    ("rest", "ends"),
    [
        ("B>A FIN,ACK seq=301 ack=102\n", "CLOSED"),
        ("B>A ACK seq=301 ack=102\n", "CLOSE-WAIT"),
        ("| -, LAST-ACK\n", "LAST-ACK"),
        ("", "CLOSE-WAIT"),
    ],
)
def test_what_follows_tells_which_choice_was_made(rest: str, ends: str) -> None:
    """A user may close as the FIN arrives: if the answer, or the state, that is told says so."""
    lines = "A>B SYN seq=100\nB>A SYN,ACK seq=300 ack=101\nA>B ACK seq=101 ack=301\n"
    state = rest if rest.startswith("|") else f"\n{rest}"
    close = f"A>B FIN,ACK seq=101 ack=301 {state}"
    last = "A>B ACK seq=102 ack=302\n" if ends == "CLOSED" else ""
    report = play(parse_script(f"{lines}{close}{last}", "x"), "rfc9293 fin_piggyback=allowed")
    assert report.is_run
    assert report.done[-1].states[1] == ends


def test_a_copy_is_no_retransmission() -> None:
    """What arrives again while its sender's timer may fire is sent again, or not, as it is marked;
    what was never sent has no copy.
    """
    lines = "A>B SYN seq=100 ...\nA>B SYN seq=100 arrives\nA>B SYN seq=100 {}\n"
    sent = {}
    for mark in ("again", "copy"):
        report = play(parse_script(lines.format(mark), "x"))
        assert report.is_run
        sent[mark] = sum(s.sent is not None and s.agent == "A" for s in report.trace.steps)
    assert sent == {"again": 2, "copy": 1}
    never = play(parse_script("A>B SYN seq=100 copy\n", "x"))
    assert never.failure is not None
    assert "'copy' is for what was sent before" in never.failure.hints


PERSISTS = """\
scenario: rfc9293 receiver=slow window=1
A>B SYN seq=100                        | SYN-SENT, SYN-RECEIVED
B>A SYN,ACK seq=300 ack=101
A>B ACK seq=101 ack=301                | ESTABLISHED, ESTABLISHED
A>B FIN,ACK seq=101 ack=301            | FIN-WAIT-1, CLOSE-WAIT
B>A ACK seq=301 ack=102                | FIN-WAIT-2, CLOSE-WAIT
B: SEND
B>A ACK seq=301 ack=102 text=1
A>B ACK seq=102 ack=302
B: persist timeout
B>A ACK seq=302 ack=102 text=1
A>B ACK seq=102 ack=302
A: RECEIVE
A>B ACK seq=102 ack=302
B: retransmits
B>A ACK seq=302 ack=102 text=1
A>B ACK seq=102 ack=303                | FIN-WAIT-2, CLOSE-WAIT
"""


def test_a_full_window_is_probed_and_opens() -> None:
    """The receiver's window goes with every segment: full after an octet, probed, open again when
    its user has read, as the trace tells.
    """
    report = play(parse_script(PERSISTS, "x"))
    assert report.is_run
    windows = [s.sent.fields["wnd"] for s in report.trace.steps if s.sent and s.agent == "A"]
    assert windows == [1, 1, 1, 0, 0, 1, 0]
