"""Seeded faults are noticed: by claims, by written runs; and the report says by which."""

from __future__ import annotations

import json
from functools import cache

import pytest

from tcpmodel.claims.discovery import bundled, claim_files, discover
from tcpmodel.claims.faulty_runs import Runs
from tcpmodel.claims.findings import CLAIM, RUN, STRUCTURE, as_json
from tcpmodel.claims.mutation import LIMITS, Hunt, Solver, judged, places
from tcpmodel.claims.runner import Job, jobs_of, run_job
from tcpmodel.claims.survivors import EXPLAINED
from tcpmodel.core.result import Budget
from tcpmodel.tcp.faults import Fault

from .samples import claims

BY_RUN = {
    Fault("syn_sent_receives_synack", "remove", "seg acknowledges my SYN"): "fig08",
    Fault("listen_receives_syn", "repeat"): "fig06",
    Fault("closed_answers_reset", "delete"): "fig10",
    Fault("syn_sent_receives_syn", "delete"): "fig07-literal",
    Fault("syn_sent_refuses_ack", "delete"): "fig08",
    Fault("listen_refuses_ack", "delete"): "fig11",
    Fault("out_of_window", "delete"): "fig07-literal",
    Fault("out_of_window", "remove", "not seg is acceptable"): "fig07-literal",
    Fault("receives_reset__time_wait", "delete"): "rfc1337",
    Fault("syn_received_receives_reset__passive", "delete"): "fig08",
    Fault("close_second", "delete"): "fig12",
    Fault("closed_active_open", "repeat"): "fig06",
    Fault("time_wait_timeout", "delete"): "fig12",
    Fault("abort_with_reset__established", "delete"): "aborts",
    Fault("listen_send", "delete"): "bounded-retransmission-of-syn",
    Fault("fin_wait_2_timeout", "delete"): "fin-wait-2-timeout-after-text",
    Fault("retransmit_text__closing", "delete"): "bounded-retransmission-in-closing",
    Fault("time_wait_receives_fin", "forget", "timer"): "exact-timers",
    Fault("abort_silently__closing", "delete"): "aborts-closing",
    Fault("abort_enters_time_wait__close_wait", "delete"): "aborts-and-waits",
    Fault("keep_alive", "delete"): "keep-alive-at-any-time",
    Fault("user_timeout", "delete"): "progress-by-ack-before-fin",
    Fault("close_after_shutdown", "delete"): "shutdown",
    Fault("text_after_close__fin_wait_2", "remove", "not the user reads"): "shutdown",
    # what users and timers may not do, and do
    Fault("close_first__syn_received", "remove", "me.may_close_first"): "users",
    Fault("closed_active_open", "remove", "me.may_open"): "users-again",
    Fault("listen_send", "remove", "an incarnation is left"): "one-connection",
    Fault("send__established", "remove", "me.may_send"): "users-again",
    Fault("retransmit_fin__closing", "remove", "me.state == CLOSING"): "misread-close",
    Fault("clock tick", "remove", "(me.state != TIME-WAIT or me.timer != 0)"): "misread-close",
    Fault("receives_ack", "forget", "rtx_timer"): "progress-by-ack",
    Fault("receive", "delete"): "half-full-window",
    Fault("probes_zero_window__established", "remove", "me.snd_wnd == 0"): "zero-window",
    Fault("close_unopened__syn_sent", "forget", "quiet"): "wait-before-reuse",
}
"""Faults, and the first written run that is another one with them."""

BLIND = "incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst"
CRASHING = (
    "clock closes=nobody crash=A isn=distinct rfc5961=off data=1 senders=A retransmit=off dup=1 "
    "quiet=1"
)

BY_CLAIM: dict[Fault, tuple[str, str]] = {
    # the check of the ACK is dropped
    Fault("syn_received_receives_ack", "remove", "SEG.ACK > SND.UNA and =< SND.NXT"): (
        "P01",
        "rfc9293 rst=off",
    ),
    Fault("time_wait_timeout", "remove", "me.timer == 0"): ("P60", "tw2 tw_rfc1337=on"),
    # TIME-WAIT is one tick short
    Fault("receives_fin__fin_wait_2", "less", "timer"): ("P60", "tw2 tw_rfc1337=on"),
    # there is no TIME-WAIT
    Fault("receives_fin__fin_wait_2", "forget", "timer"): ("P61", "tw2 tw_rfc1337=on"),
    # text is taken in any order
    Fault("receives_text__established", "remove", "seg begins at RCV.NXT"): (
        "P88",
        "rfc9293 incarnations=1 data=2 senders=A",
    ),
    Fault("receives_fin__established", "remove", "seg begins at RCV.NXT"): (
        "P47",
        "rfc9293 incarnations=1 data=2 senders=A",
    ),
    # a reset is taken anywhere in the window
    Fault("receives_reset", "remove", "seg begins at RCV.NXT"): (
        "P95",
        f"rfc9293 {BLIND} guess=window",
    ),
    Fault("syn_received_receives_reset__passive", "remove", "seg begins at RCV.NXT"): (
        "P98",
        "rfc9293 incarnations=1 gives_up=off closes=nobody adversary=off_path forgeries=1 "
        "forges=rst guess=window",
    ),
    # a reset is believed that acknowledges nothing
    Fault("syn_sent_receives_reset", "remove", "seg acknowledges my SYN"): (
        "P41",
        f"rfc793 {BLIND} guess=exact",
    ),
    Fault("udp_receives", "delete"): ("P88w", "udp"),
    Fault("network duplicates", "delete"): ("P90d", "udp dup=1"),
    Fault("network loses", "delete"): ("P90", "udp"),
    Fault("cookie_returns", "delete"): (
        "P102",
        "rfc9293 incarnations=1 closes=nobody gives_up=off loss=0 data=1 senders=B syn_cookies=on",
    ),
    # what has not arrived is answered, who sends nothing is heard, copies are not counted
    Fault("arrival", "remove", "slot.ctl != -"): (
        "P107r",
        "rfc9293 incarnations=1 gives_up=off loss=0 retransmit=off channel=fifo",
    ),
    Fault("udp_send", "remove", "me.may_send"): ("P107s", "udp senders=A"),
    Fault("network duplicates", "remove", "copies_left != 0"): (
        "P107d",
        "udp dup=1 data=1 senders=A",
    ),
    Fault("cookie_returns", "repeat"): ("P107c", "rfc9293 gives_up=off syn_cookies=on"),
    # nobody keeps quiet after a crash
    Fault("crash", "forget", "quiet"): (
        "P72",
        CRASHING,
    ),
    Fault("quiet_time_over", "remove", "me.quiet == 1"): (
        "P72",
        CRASHING,
    ),
    Fault("probes_zero_window__established", "delete"): (
        "P93",
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=2 senders=A window=1 receiver=slow",
    ),
    # segments outlive the MSL
    Fault("clock tick", "remove", "slot.age != MSL"): ("P61", "tw2 tw_rfc1337=on"),
    Fault("send__established", "remove", "octets are left to send"): (
        "P47",
        "flags_only incarnations=1 data=1 senders=A channel=fifo retransmit=off loss=0",
    ),
    # a FIN is never sent again
    Fault("retransmit_fin__last_ack", "delete"): ("P58", "tw2 incarnations=1 loss=1"),
    Fault("retransmit_syn__syn_sent", "forget", "rtx_timer"): (
        "P79w",
        "linux_old roles=alone gives_up=off incarnations=1",
    ),
    # it gives up too early
    Fault("gives_up", "remove", "tries are exhausted"): (
        "P81",
        "linux_old roles=alone gives_up=off incarnations=1 rto=3",
    ),
}
"""Faults, and a claim with the scenario in which its verdict is another one with them."""


@cache
def files() -> dict[str, str]:
    """The file of each bundled claim, by its code."""
    return {c.code: str(file) for file, c in discover(claim_files(bundled())).claims}


@pytest.fixture(scope="module")
def runs() -> Runs:
    """The written runs, played on the sound model."""
    return Runs()


@pytest.mark.parametrize("fault", BY_RUN, ids=str)
def test_a_written_run_notices(fault: Fault, runs: Runs) -> None:
    """The run is no longer played as written."""
    found = runs.catch(fault)
    assert found is not None
    assert (found.fate, found.by) == (RUN, BY_RUN[fault])


@pytest.mark.parametrize("fault", BY_CLAIM, ids=str)
def test_a_claim_notices(fault: Fault) -> None:
    """Its verdict differs from the expected one, which the sound model meets."""
    code, text = BY_CLAIM[fault]
    job = Job(files()[code], code, text, budget=LIMITS, fault=fault)
    found = judged(job, run_job(job))
    assert found is not None
    assert (found.fate, found.by) == (CLAIM, f"{code} {text}")
    assert found.how == f"{_other(claims()[code].verdicts[text].verdict.value)}"


def _other(verdict: str) -> str:
    return "HOLDS, not FAILS" if verdict == "FAILS" else "FAILS, not HOLDS"


def test_a_fault_without_effect_is_proved_to_be_none() -> None:
    """What is removed follows from the rest, in every scenario: nobody is asked."""
    solver = Solver()
    fault = Fault("receives_fin__fin_wait_2", "remove", "seg is acceptable")
    assert not solver.has_effect(fault, "rfc9293")
    assert solver.has_effect(Fault("receives_fin__fin_wait_2", "delete"), "rfc9293")


def test_faults_know_the_scenarios_that_can_have_them() -> None:
    """A clock's only where there is a clock."""
    where = places(["rfc9293", "tw2"])
    assert where[Fault("time_wait_timeout", "remove", "me.timer == 0")] == ["tw2"]
    assert where[Fault("close_second", "delete")] == ["rfc9293", "tw2"]


def test_the_report_names_what_catches_each_fault() -> None:
    """A hunt for the faults of one rule with one claim: what the solver leaves goes to the runs,
    then to the claim; nothing is left unexplained.
    """
    chosen = [pair for pair in discover(claim_files(bundled())).claims if pair[1].code == "P01"]
    told: list[str] = []
    hunt = Hunt(
        jobs_of(chosen, "auto", Budget()),
        told.append,
        lambda job, progress: None,
        only="close_second",
        further=(),
    )
    report = as_json(hunt.run())
    assert report["fates"] == {STRUCTURE: 2, RUN: 1}
    assert report["faults"] == len(report["findings"]) == 3
    assert {found["by"] for found in report["findings"] if found["fate"] == RUN} == {"fig12"}
    assert told
    json.dumps(report)


def test_only_what_survives_is_explained() -> None:
    """Explanations are sentences, and none is about a fault of the tests above."""
    for fault, why in EXPLAINED.items():
        assert len(why.split()) > 3
        assert fault not in BY_RUN
        assert fault not in BY_CLAIM
