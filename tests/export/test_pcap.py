"""Runs as captures: tshark reads them, and finds in them what happened."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tcpmodel.claims.script import play
from tcpmodel.claims.script_parse import parse_script, read_script
from tcpmodel.claims.script_report import find_run
from tcpmodel.core.errors import ModelError
from tcpmodel.core.trace import Message, Trace
from tcpmodel.engines.simulate import simulate
from tcpmodel.export.pcap import pcap, pcapng
from tcpmodel.export.wire import ON_THE_WIRE, STEP, TICK, TIMER, Wire, captured
from tcpmodel.render.text import sentences
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import Scenario, scenario
from tests.export.tools import missing
from tests.render.random_traces import random_traces
from tests.render.traces import half_open, lossy, time_wait, toy

pytestmark = pytest.mark.skipif(bool(missing("tshark")), reason=missing("tshark") or "installed")

FIELDS = {
    "frame.time_epoch": "time",
    "frame.comment": "comment",
    "frame.packet_flags_direction": "inward",
    "frame.protocols": "protocols",
    "ip.src": "source",
    "ip.id": "number",
    "ip.checksum.status": "ip",
    "tcp.checksum.status": "tcp",
    "udp.checksum.status": "udp",
    "tcp.flags": "flags",
    "tcp.seq_raw": "seq",
    "tcp.ack_raw": "ack",
    "tcp.window_size_value": "window",
    "tcp.seq": "relative",
    "tcp.len": "length",
    "tcp.payload": "text",
    "udp.payload": "datagram",
    "tcp.stream": "stream",
    "tcp.completeness": "completeness",
    "tcp.analysis.retransmission": "retransmission",
    "tcp.analysis.out_of_order": "out_of_order",
    "tcp.analysis.keep_alive": "keep_alive",
    "tcp.options.timestamp.tsval": "tsval",
    "tcp.options.timestamp.tsecr": "tsecr",
    "tcp.options.tfo.cookie": "cookie",
    "_ws.malformed": "malformed",
}
"""What tshark calls it: what we call it."""

FLAGS = {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "ACK": 0x10}
A, B = "192.0.2.1", "198.51.100.1"
GOOD = "1"


def read(capture: bytes, file: Path) -> list[dict[str, str]]:
    """The packets of a capture as tshark dissects them."""
    file.write_bytes(capture)
    checks = [f"{p}.check_checksum:TRUE" for p in ("ip", "tcp", "udp")]
    words = ["tshark", "-r", str(file), "-T", "fields", "-E", "separator=/t", "-E", "occurrence=f"]
    words += [w for check in checks for w in ("-o", check)]
    words += [w for field in FIELDS for w in ("-e", field)]
    ran = subprocess.run(words, capture_output=True, text=True, check=False, timeout=240)
    assert ran.returncode == 0, ran.stderr
    rows = [line.split("\t") for line in ran.stdout.splitlines()]
    packets = [dict(zip(FIELDS.values(), row, strict=True)) for row in rows]
    assert [p["malformed"] for p in packets if p["malformed"]] == []
    return packets


def written(text: str) -> Trace:
    """The run that these lines tell."""
    report = play(parse_script(text, "x"))
    assert report.is_run
    return report.trace


@cache
def model(text: str) -> Model:
    return compose(scenario(text))


def wire(switches: Scenario) -> Wire:
    return Wire(switches.width, switches.window, switches.tfo == "on")


def flags(packet: dict[str, str]) -> set[str]:
    return {name for name, bit in FLAGS.items() if int(packet["flags"], 16) & bit}


# --- what tshark finds ----------------------------------------------------------------------------


@pytest.mark.parametrize("at", ["A", "B", ON_THE_WIRE])
def test_the_handshake_is_found(at: str, tmp_path: Path) -> None:
    """SYN, SYN,ACK, ACK and an octet of RFC 9293 figure 6, wherever the capture is made: one
    connection, of which tshark has seen the opening; every checksum is right.
    """
    trace = play(read_script(find_run("fig06"))).trace
    packets = read(pcap(trace, Wire(), at), tmp_path / "x.pcap")
    assert [p["source"] for p in packets][:3] == [A, B, A]
    assert [flags(p) for p in packets][:3] == [{"SYN"}, {"SYN", "ACK"}, {"ACK"}]
    assert [(p["seq"], p["ack"]) for p in packets][:3] == [
        *(("100", "0"), ("300", "101"), ("101", "301")),
    ]
    assert {p["ip"] for p in packets} == {p["tcp"] for p in packets} == {GOOD}
    assert {p["stream"] for p in packets} == {"0"}
    completeness = int(packets[-1]["completeness"])
    assert completeness & 0b111 == 0b111  # SYN, SYN,ACK, ACK


REPEATED = """\
scenario: rfc9293 data=2 window=4
A>B SYN seq=100 lost
A>B SYN seq=100 again
B>A SYN,ACK seq=300 ack=101
A>B ACK seq=101 ack=301
A: SEND
A>B ACK seq=101 ack=301 text=1 lost
A: SEND
A>B ACK seq=102 ack=301 text=1 lost
A>B ACK seq=101 ack=301 text=1 again
B>A ACK seq=301 ack=102
A>B ACK seq=102 ack=301 text=1 again
B>A ACK seq=301 ack=103
A: CLOSE
A>B FIN,ACK seq=103 ack=301 lost
A>B FIN,ACK seq=103 ack=301 again
"""


def test_retransmissions_are_found(tmp_path: Path) -> None:
    """The SYN, the octets and the FIN that are sent again, and nothing else; but a single octet
    that is sent again after everything else was acknowledged looks like a keep-alive.
    """
    packets = read(pcapng(written(REPEATED)), tmp_path / "x.pcapng")
    again = [(flags(p), p["seq"]) for p in packets if p["retransmission"]]
    assert again == [({"SYN"}, "100"), ({"ACK"}, "101"), ({"FIN", "ACK"}, "103")]
    assert [p["seq"] for p in packets if p["keep_alive"]] == ["102"]
    assert [p for p in packets if p["out_of_order"]] == []


def test_what_is_lost_is_seen_by_its_sender_only(tmp_path: Path) -> None:
    """A and the wire see the four segments that get lost, B does not, and has nothing to call a
    retransmission.  Between what both see, a packet has the same identification.
    """
    trace = written(REPEATED)
    seen = {
        at: read(pcap(trace, Wire(), at), tmp_path / f"{at}.pcap") for at in ("A", "B", ON_THE_WIRE)
    }
    sent = {at: [p["number"] for p in packets if p["source"] == A] for at, packets in seen.items()}
    assert len(sent["A"]) == len(sent["B"]) + 4
    assert set(sent["B"]) < set(sent["A"])
    assert sent["A"] == sent[ON_THE_WIRE]
    assert [p for p in seen["B"] if p["retransmission"]] == []


def test_a_late_segment_is_seen_when_it_arrives(tmp_path: Path) -> None:
    """The SYN of the first incarnation, at B: after the second was opened, and told in the
    comment; which direction a segment goes is marked.
    """
    trace = half_open()
    packets = read(pcapng(trace, Wire(), "B", words=sentences(trace)[1:]), tmp_path / "x.pcapng")
    assert [p["seq"] for p in packets] == ["100", "300"]
    assert packets[0]["comment"].startswith("step 4: B receives stale SYN seq=100 (sent at step 1")
    assert packets[1]["comment"].endswith("; still under way at the end")
    assert [int(p["inward"], 16) for p in packets] == [1, 2]
    at_sender = read(pcapng(trace, Wire(), "A"), tmp_path / "x.pcapng")
    assert [p["seq"] for p in at_sender] == ["100", "200"]
    assert "arrives at step 4" in at_sender[0]["comment"]


def test_times_are_those_of_the_clock(tmp_path: Path) -> None:
    """A tick is a second.  Where there is no clock steps take some time, and timers more."""
    trace = time_wait()
    packets = read(pcap(trace, Wire()), tmp_path / "x.pcap")
    ticks = [float(p["time"]) // 1 for p in packets]
    assert ticks == [0, 0, 0, 0, 2, 2, 2, 3]
    assert ticks[-1] * TICK == 3_000_000
    free = [p.micros for p in captured(lossy())]
    assert free == sorted(free)
    assert free[1] - free[0] == STEP + TIMER  # a loss, then a retransmission timeout


# --- numbers --------------------------------------------------------------------------------------


def chain(*numbers: tuple[str, int, int]) -> Trace:
    """A run in which these segments are sent by A, each a step: (control bits, SEQ, octets)."""
    start = half_open()
    step = start.steps[0]
    sent = [
        Message("A>B", {"ctl": ctl, "seq": seq, "ack": 0, "text": text, "inc": 1}, place)
        for place, (ctl, seq, text) in enumerate(numbers, start=1)
    ]
    steps = (type(step)(**{**vars(step), "sent": m, "received": None}) for m in sent)
    return Trace("by hand", start.initial, tuple(steps))


def test_numbers_that_go_round_go_on(tmp_path: Path) -> None:
    """With 5 bits, 31 is followed by 0: in the capture by 32, so that nothing seems to be sent
    again; a number that does not cross the end stays what it is.
    """
    trace = chain(("SYN", 30, 0), ("ACK", 31, 1), ("ACK", 0, 1), ("FIN,ACK", 1, 0))
    packets = read(pcap(trace, Wire(width=5)), tmp_path / "x.pcap")
    assert [p["seq"] for p in packets] == ["30", "31", "32", "33"]
    assert [p["relative"] for p in packets] == ["0", "1", "2", "3"]
    assert [p for p in packets if p["retransmission"] or p["out_of_order"]] == []
    plain = captured(chain(("SYN", 1, 0), ("SYN", 9, 0), ("ACK", 2, 1)), Wire(width=5))
    assert [p.seq for p in plain] == [1, 9, 2]


def test_numbers_of_32_bits_are_the_runs_own() -> None:
    """The bundled run in which they go round: 2^32 - 1 is followed by 0."""
    trace = play(read_script(find_run("wrap"))).trace
    sent = [s.sent.fields["seq"] for s in trace.steps if s.sent is not None]
    assert [p.seq for p in captured(trace, Wire(width=32))] == sent
    assert max(map(int, sent)) > 2**31


# --- any run --------------------------------------------------------------------------------------

SCENARIOS = (
    "rfc9293",
    "rfc9293 data=2 senders=both dup=1",
    "rfc9293 isn=free width=4 data=1",
    "const_isn data=1 roles=any closes=either abort=on",
    "tw2 loss=1",
    "tcp_tfo",
    "rfc9293 ts_paws=on",
    "rfc9293 data=1 receiver=slow window=1",
    "rfc9293 adversary=off_path forgeries=2 forges=any guess=window",
    "syncookie",
    "udp",
)


def expected(trace: Trace, at: str) -> list[Message]:
    """The messages that a capture should have, in order: told once more, in other words."""
    found = []
    for step in trace.steps:
        taken, sent = step.received, step.sent
        forged = step.label == "forged"
        if taken and step.agent != "network" and (at == step.agent or (at == "wire" and forged)):
            found.append(taken)
        if sent and at in (step.agent, "wire"):
            found.append(sent)
    return found


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_whatever_happens_is_read_back(data: st.DataObject, tmp_path: Path) -> None:
    """Random runs of many scenarios, at every place: as many packets as there should be, with the
    same control bits and lengths; numbers and acknowledgments are congruent to the model's.
    """
    captures, wanted = [], []
    for text in SCENARIOS:
        switches = model(text).scenario
        seed, at = data.draw(st.integers(0, 10_000)), data.draw(st.sampled_from(("A", "B", "wire")))
        trace = simulate(model(text).system, None, seed, steps=40).trace
        if not expected(trace, "wire"):
            continue
        captures.append(pcapng(trace, wire(switches), at))
        wanted += [(m, 1 << switches.width) for m in expected(trace, at)]
    packets = read(b"".join(captures), tmp_path / "x.pcapng")  # sections may follow each other
    assert len(packets) == len(wanted)
    for packet, (message, modulus) in zip(packets, wanted, strict=True):
        fields, control = message.fields, set(str(message.fields["ctl"]).split(","))
        assert packet["ip"] == GOOD
        assert packet["source"] == (A if message.channel[0] == "A" else B)
        if control == {"UDP"}:
            assert packet["udp"] == GOOD
            assert len(packet["datagram"]) == 2
            continue
        assert packet["tcp"] == GOOD
        assert flags(packet) == control
        assert int(packet["length"]) == fields.get("text", 0)
        assert int(packet["seq"]) % modulus == fields["seq"]
        assert int(packet["ack"]) % modulus == (fields["ack"] if "ACK" in control else 0)
        assert packet["tsval"] == (str(fields["ts"]) if "ts" in fields else "")
        if "wnd" in fields:
            assert int(packet["window"]) == fields["wnd"]


@pytest.mark.parametrize("text", ["rfc9293 data=2 dup=1 isn=free width=4", "rfc9293 data=1"])
def test_numbers_keep_their_distances(text: str) -> None:
    """Within an incarnation every number is as far from its ISS as in the model; equal numbers of
    one direction are equal in the capture, different ones different.
    """
    switches = model(text).scenario
    for seed in range(10):
        trace = simulate(model(text).system, None, seed, steps=40).trace
        sent = [s for s in trace.steps if s.sent is not None]
        packets = captured(trace, wire(switches))
        first: dict[Any, int] = {}
        mapped: dict[Any, set[int]] = {}
        for step, packet in zip(sent, packets, strict=True):
            assert step.sent is not None
            fields = step.sent.fields
            if "RST" in str(fields["ctl"]):
                continue
            mapped.setdefault((step.agent, fields["seq"]), set()).add(packet.seq)
            if "SYN" in str(fields["ctl"]):
                first[step.agent, fields["inc"]] = packet.seq
            iss = step.state[f"{step.agent}.iss"]
            distance = (int(fields["seq"]) - int(iss)) % (1 << switches.width)
            if step.state[f"{step.agent}.inc"] == fields["inc"]:
                assert packet.seq - first[step.agent, fields["inc"]] == distance
        assert {len(numbers) for numbers in mapped.values()} <= {1}
        assert len({(a, *n) for (a, _), n in mapped.items()}) == len(mapped)


@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
@given(runs=st.lists(random_traces(), min_size=5, max_size=10))
def test_no_message_breaks_a_capture(runs: list[Trace], tmp_path: Path) -> None:
    """Segments that make no sense: read back all the same; what has no two ends is refused."""
    captures, count = [], 0
    for trace in runs:
        try:
            packets = captured(trace)
        except ModelError:
            continue
        captures.append(pcapng(trace, words=sentences(trace)[1:]))
        count += len(packets)
    read_back = read(b"".join(captures), tmp_path / "x.pcapng") if captures else []
    assert len(read_back) == count
    assert {p["ip"] for p in read_back} <= {GOOD}
    assert {p["tcp"] for p in read_back} <= {GOOD}


# --- options, and what is no capture --------------------------------------------------------------


def first_sent(text: str, what: str) -> Trace:
    """A random run of a scenario in which a segment with these control bits and text is sent."""
    for seed in range(200):
        trace = simulate(model(text).system, None, seed, steps=30).trace
        if any(s.sent and s.sent.fields["ctl"] == what for s in trace.steps):
            return trace
    raise AssertionError(what)


def test_timestamps_echo_what_was_received(tmp_path: Path) -> None:
    """TSval is the segment's timestamp, TSecr what its sender got last; 0 with a SYN."""
    trace = first_sent("rfc9293 ts_paws=on loss=0", "SYN,ACK")
    packets = read(pcap(trace, wire(model("rfc9293 ts_paws=on").scenario)), tmp_path / "x.pcap")
    syn = next(p for p in packets if flags(p) == {"SYN"})
    assert (syn["tsval"], syn["tsecr"]) == ("1", "0")
    answer = next(i for i, p in enumerate(packets) if flags(p) == {"SYN", "ACK"})
    asked = [p["tsval"] for p in packets[:answer] if p["source"] != packets[answer]["source"]]
    assert packets[answer]["tsecr"] in asked


def test_fast_open_has_its_cookie(tmp_path: Path) -> None:
    """The octet is in the SYN, and so is the option that asks for its delivery."""
    trace = first_sent("tcp_tfo", "SYN")
    syn = read(pcap(trace, wire(model("tcp_tfo").scenario)), tmp_path / "x.pcap")[0]
    assert flags(syn) == {"SYN"}
    assert bytes.fromhex(syn["text"]) == b"a"
    assert syn["cookie"]


def test_a_comment_is_cut_to_its_room(tmp_path: Path) -> None:
    """An option of a block has 16 bits for its length."""
    words = ["€" * 50_000] * len(half_open())
    packets = read(pcapng(half_open(), words=words), tmp_path / "x.pcapng")
    assert len(packets) == 3
    assert packets[0]["comment"].startswith("step 1: €€€")


def test_what_is_no_capture_is_refused() -> None:
    """A run without a segment, a place that is none."""
    with pytest.raises(ModelError, match="in this run there are none"):
        pcap(toy())
    with pytest.raises(ModelError, match="nobody is called 'C'; there are A, B"):
        pcap(half_open(), at="C")
