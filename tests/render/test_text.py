"""A trace reads like a story in TCP words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.core.trace import Message, Step, Trace
from tcpmodel.render.text import text

from .random_traces import random_traces
from .traces import SAMPLES, Run, half_open, lasso, lossy, message, time_wait, toy


def lines(trace: Trace, claim: str = "", why: str = "") -> list[str]:
    """The lines of the text without wrapping, numbers and indentation included."""
    return text(trace, claim=claim, why=why, width=1000).splitlines()


class TestSegments:
    def test_a_stale_syn_is_told_in_full(self) -> None:
        """The line names the segment, where it comes from, the new state and the answer."""
        assert lines(half_open())[4] == (
            "4  B receives stale SYN seq=100 (sent at step 1 by incarnation 1) → ESTABLISHED"
            " (incarnation 1), sends SYN,ACK seq=300 ack=101;"
            " believes in incarnation 1 of A, which is over"
        )

    def test_an_old_fin_tells_its_age(self) -> None:
        """Where there is a clock, a late segment says how old it is; a true ghost has words."""
        assert lines(time_wait())[14] == (
            "14  A receives stale FIN,ACK seq=5 ack=6 again"
            " (sent at step 4 by incarnation 1, 3 ticks old) → CLOSE-WAIT, sends ACK seq=5 ack=6;"
            " has taken an old FIN for a new one"
        )

    def test_losses_retransmissions_and_copies_are_told_apart(self) -> None:
        """Lost, sent again, lost in a full channel, received twice: each has its own words."""
        told = lines(lossy())
        assert told[2] == " 2  the network loses SYN seq=100"
        assert told[3] == " 3  A: retransmission timeout, retransmits SYN seq=100"
        assert told[8].endswith("sends ACK seq=102 ack=301 into a full channel: lost")
        assert told[10].endswith("(sent at step 6), ignores it")
        assert " again (sent at step 6)" in told[11]

    def test_what_never_arrives_is_told_at_the_end(self) -> None:
        """A message neither received nor lost is still under way."""
        assert lines(half_open())[-1] == (
            "   still under way: SYN seq=200 (sent at step 3),"
            " SYN,ACK seq=300 ack=101 (sent at step 4)"
        )

    @pytest.mark.parametrize(
        ("segment", "words"),
        [
            ("SYN seq=7 ack=9", "SYN seq=7 (sent before the start)"),
            ("ACK seq=7 ack=9 text=1", "ACK seq=7 ack=9 + 1 octet (sent before the start)"),
            (
                "ACK seq=7 ack=9 to=2",
                "stale ACK seq=7 ack=9 (sent before the start to incarnation 2",
            ),
            ("ACK seq=7 ack=9 inc=1 age=1", "ACK seq=7 ack=9 (sent before the start, 1 tick old)"),
        ],
    )
    def test_fields_that_mean_nothing_are_not_shown(self, segment: str, words: str) -> None:
        """ACK numbers need the ACK bit; one octet is an octet; ages and strangers are told."""
        run = Run(A__state="ESTABLISHED", A__inc=1, B__state="ESTABLISHED", B__inc=1)
        run.receive(message("A>B", segment))
        assert words in lines(run.trace())[1]

    def test_a_reset_from_a_closed_endpoint_is_not_called_old(self) -> None:
        """Resets are sent without a connection; other segments of a CLOSED sender are old."""
        run = Run(B__state="ESTABLISHED", B__inc=1)
        run.receive(message("A>B", "RST seq=7"))
        run.receive(message("A>B", "ACK seq=7 ack=9"))
        assert "stale" not in lines(run.trace())[1]
        assert "by A, which is CLOSED by now" in lines(run.trace())[2]


class TestVariables:
    def test_numbers_are_shown_only_where_no_state_tells_them(self) -> None:
        """SND.UNA moves without a change of state: it is told; with one, it is not."""
        run = Run(A__state="ESTABLISHED", B__state="ESTABLISHED")
        run.receive(message("B>A", "ACK seq=5 ack=6"), A__snd_una=6)
        run.receive(message("B>A", "ACK seq=5 ack=7"), A__snd_una=7, A__state="FIN-WAIT-2")
        told = lines(run.trace())
        assert told[1].endswith("[SND.UNA 0 → 6]")
        assert "SND.UNA" not in told[2]

    def test_unknown_variables_are_shown_by_name_and_slots_are_not(self) -> None:
        """Nothing is hidden but the channel, which the messages tell."""
        run = Run(A__budget=3)
        run.call("A", "SEND", A__budget=2, sends="ACK seq=1 ack=1")
        assert lines(run.trace())[1] == "1  A: SEND, sends ACK seq=1 ack=1 [A.budget 3 → 2]"

    def test_a_toy_system_reads_well(self) -> None:
        """No agents, no messages: actions and variables."""
        assert lines(toy())[:3] == [
            "0  at the start: x = 0, y = 0",
            "1  x+1 [x 0 → 1]",
            "2  swap [x 1 → 0, y 0 → 1]",
        ]

    def test_messages_of_other_systems_are_spelled_by_field(self) -> None:
        """A channel whose name tells no route, a message without control bits: nothing breaks."""
        sent = Message("wire", {"token": True, "hop": 3}, 1)
        steps = (
            Step("put", "P", "step", "put", "puts", (), None, sent, False, {"n": 0}),
            Step("get", "Q", "step", "get", "gets", (), sent, None, False, {"n": 1}),
        )
        assert lines(Trace("ring", {"n": 0}, steps))[1:] == [
            "1  P: put, sends token=true hop=3",
            "2  Q receives token=true hop=3, get [n 0 → 1]",
        ]


class TestTheEnd:
    def test_a_lasso_says_where_it_goes_back_to(self) -> None:
        """The loop is told as the step from which it repeats."""
        assert lines(lasso())[5] == "↺  from here it repeats for ever from step 3"

    def test_a_lasso_without_steps_stutters(self) -> None:
        """A loop back to the last state is a halt."""
        last = lines(Trace("s", {}, (), 0))[1]
        assert last == "↺  from here it stutters for ever: nothing is enabled any more"

    def test_a_loop_that_changes_nothing_stutters_by_choice(self) -> None:
        """Something is done for ever, and so was enabled; nothing comes of it."""
        step = Step("idle", "A", "step", "idles", "", (), None, None, False, {"n": 0})
        told = " ".join(line.strip() for line in lines(Trace("s", {"n": 0}, (step,), 0)))
        assert told.endswith(
            "from step 1, and nothing changes: it stutters though actions are enabled"
        )

    def test_the_violated_claim_comes_last(self) -> None:
        """The claim and why it is violated stand below the run."""
        assert lines(half_open(), claim="no ghosts", why="there is one")[-2:] == [
            "✗  violated: no ghosts",
            "   there is one",
        ]


@given(random_traces(), st.integers(40, 120))
def test_lines_fit_and_every_step_has_one(trace: Trace, width: int) -> None:
    """Any trace can be told in any width, in plain text, step by step."""
    told = text(trace, claim="c " * 80, width=width).splitlines()
    assert all(len(line) <= width and "\x1b" not in line for line in told)
    numbers = [line.split()[0] for line in told if line[: len(str(len(trace)))].strip()]
    assert [int(n) for n in numbers if n.isdecimal()] == list(range(len(trace) + 1))


@pytest.mark.parametrize("name", SAMPLES)
def test_text_is_a_function_of_the_trace(name: str) -> None:
    """The same trace always reads the same, also after having been saved and read back."""
    trace = SAMPLES[name]()
    assert text(trace) == text(Trace.from_json(trace.to_json()))


def test_only_what_belonged_to_a_connection_is_stale() -> None:
    """A datagram is not, nor is the SYN,ACK of a listener that keeps no state (RFC 4987 3.6)."""
    run = Run()
    run.receive(run.call("A", "SEND", sends="UDP index=0"))
    assert "B receives UDP octet 1" in text(run.trace())
    run = Run(B__state="LISTEN")
    syn = run.call("A", "active OPEN", A__state="SYN-SENT", A__inc=1, sends="SYN seq=100 inc=1")
    cookie = run.receive(syn, sends="SYN,ACK seq=300 ack=101 inc=1 to=1")
    run.receive(cookie, A__state="ESTABLISHED", A__peer=1)
    told = text(run.trace(), width=200)
    belief = "believes in incarnation 1 of B, which has not begun"
    assert f"A receives SYN,ACK seq=300 ack=101 → ESTABLISHED; {belief}" in told


def test_what_a_broken_direction_means_is_said() -> None:
    """A direction that works goes without saying."""
    run = Run(link__A_to_B="works", link__B_to_A="broken")
    run.initial = {n.replace("link__", "link."): v for n, v in run.initial.items()}
    assert (
        text(run.trace()).splitlines()[0].endswith("A CLOSED, B CLOSED, nothing gets from B to A")
    )


def test_timestamps_are_spelled_as_wireshark_does() -> None:
    """RFC 7323: TSval."""
    run = Run()
    run.call("A", "active OPEN", sends="SYN seq=1 ts=2")
    assert "sends SYN seq=1 TSval=2" in text(run.trace())


def test_a_run_may_begin_with_a_tick() -> None:
    """Ticks are counted from the first step on."""
    run = Run()
    run.tick()
    run.tick()
    assert [line.split(None, 1)[1] for line in text(run.trace()).splitlines()[1:3]] == [
        *("tick 1", "tick 2"),
    ]
