"""What of a run a capture sees: its segments, when, and with which numbers of 32 bits.

Where a capture is made decides what is in it.  On the wire: every segment when it is sent, also
those that will be lost.  At an endpoint: what it sends when it sends it, and what reaches it when
it gets there, so that what is lost is seen by its sender only, and what is late is seen late.  What
was under way before the run began, and what the network copies, is seen where it arrives; what is
forged, where it arrives and on the wire.

A model's sequence numbers go round a circle of 2^w.  Those of each direction are laid out along
the 32 bits of real ones by cutting the circle in the widest gap that the run leaves unused: equal
numbers stay equal, consecutive ones consecutive, and which of two is the later one is as in the
model as long as the run uses less than half of the circle.  Unless a run goes beyond the end of the
circle its numbers stay what they are; those of 32 bits always do.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Value
from tcpmodel.core.trace import Message, State, Step, Trace

ON_THE_WIRE = "wire"

TICK = 1_000_000
STEP = 10_000
TIMER = 1_000_000
"""Microseconds: a tick of the clock; where there is none, a step, and the time that a timer runs.

Less would make readers of captures take what is sent again for something out of order.
"""

_NETWORK, _CLOCK = "network", "clock"
_KNOWN = {"SYN", "FIN", "RST", "ACK", "UDP"}
_MOST = 1 << 32


@dataclass(frozen=True)
class Wire:
    """What the segments of a model leave to its scenario.

    width: the bits of a sequence number.  window: RCV.WND, where segments do not tell it.
    fast_open: a SYN with text asks for TCP Fast Open.
    """

    width: int = 32
    window: int = 65535
    fast_open: bool = False


@dataclass(frozen=True)
class Packet:
    """A segment, or datagram, as it is captured.

    micros: when, in microseconds.  number: the step that sent it; 0 if none of the run did.
    ctl: the control bits; `UDP` for a datagram.  seq, ack, window: as they are sent.
    stamps: (TSval, TSecr) of the Timestamps option, if it has one.  cookie: it has a Fast Open one.
    arrives: it is seen on its way in.  comment: what a reader should know about it.
    """

    micros: int
    sender: str
    receiver: str
    number: int
    ctl: frozenset[str]
    seq: int
    ack: int
    window: int
    text: bytes
    stamps: tuple[int, int] | None
    cookie: bool
    arrives: bool
    comment: str


def captured(
    trace: Trace, wire: Wire = Wire(), at: str = ON_THE_WIRE, words: Sequence[str] = ()
) -> list[Packet]:
    """What a capture at an endpoint, or on the wire, sees of a run, in order.

    words: what each step does, for the comments.
    Raises `ModelError` if the messages of the run are no segments between two endpoints, or if
    nobody in it is called `at`.
    """
    messages = [m for s in trace.steps for m in (s.received, s.sent) if m is not None]
    ends = {end for message in messages for end in _ends(message)}
    if not messages:
        raise ModelError("a capture shows segments, and in this run there are none")
    if at not in (ON_THE_WIRE, *ends):
        raise ModelError(f"nobody is called {at!r}; there are {', '.join(sorted(ends))}")
    making = _Packets(trace, wire)
    fates = _fates(trace)
    found = []
    for index, (step, (begins, ends_at)) in enumerate(
        zip(trace.steps, _times(trace.steps), strict=True), start=1
    ):
        said = f"step {index}" + (f": {words[index - 1]}" if words else "")
        if (taken := step.received) is not None and step.agent != _NETWORK:
            packet = making.arriving(index)
            if at == _ends(taken)[1]:
                found.append(replace(packet, micros=begins, arrives=True, comment=said))
            elif at == ON_THE_WIRE and _is_forged(step):
                found.append(replace(packet, micros=begins, comment=said))
        if step.sent is not None and at in (_ends(step.sent)[0], ON_THE_WIRE):
            told = "; ".join([said, *fates.get(index, ())])
            found.append(replace(making.sent(index), micros=ends_at, comment=told))
    return found


def _times(steps: Sequence[Step]) -> Iterator[tuple[int, int]]:
    """For each step when it takes what it takes, and when it sends what it sends."""
    ticks = list(accumulate(int(step.agent == _CLOCK) for step in steps))
    if not any(ticks):
        now = -STEP
        for step in steps:
            now += TIMER if step.kind == "timer" else STEP
            yield now, now + STEP // 2
        return
    within, passed = Counter(ticks), Counter[int]()
    for tick in ticks:
        each = min(STEP, TICK // (within[tick] + 1))
        now = tick * TICK + passed[tick] * each
        passed[tick] += 1
        yield now, now + each // 2


def _is_forged(step: Step) -> bool:
    return step.label == "forged"


def _ends(message: Message) -> tuple[str, str]:
    """Sender and receiver, as the channel's name `A>B` tells."""
    sender, _, receiver = message.channel.partition(">")
    if not (sender and receiver and "ctl" in message.fields and _control(message) <= _KNOWN):
        raise ModelError("a capture shows segments between endpoints; this run has other messages")
    return sender, receiver


def _fates(trace: Trace) -> dict[int, list[str]]:
    """What becomes of what each step sends, where the words of that step do not tell."""
    found: dict[int, list[str]] = defaultdict(list)
    for index, step in enumerate(trace.steps, start=1):
        taken = step.received
        if taken is None or not 0 < taken.sent_at < index or _is_forged(step):
            continue
        if step.agent != _NETWORK:
            found[taken.sent_at].append(f"arrives at step {index}")
        else:
            found[taken.sent_at].append(f"the network {step.label} it at step {index}")
    for index, step in enumerate(trace.steps, start=1):
        if step.sent is not None and index not in found:
            at_once = step.overflow
            found[index].append("lost at once" if at_once else "still under way at the end")
    return found


# --- segments -------------------------------------------------------------------------------------


class _Packets:
    """The segments of a run as they are sent."""

    def __init__(self, trace: Trace, wire: Wire) -> None:
        self.trace, self.wire = trace, wire
        self.numbers = _Numbers(trace, wire.width)

    def sent(self, index: int) -> Packet:
        """What step `index` sends."""
        step = self.trace.steps[index - 1]
        assert step.sent is not None
        return self._packet(step.sent, index, step.state)

    def arriving(self, index: int) -> Packet:
        """What step `index` receives: what was sent, or what no step of the run has sent."""
        step = self.trace.steps[index - 1]
        taken = step.received
        assert taken is not None
        start = taken.sent_at
        if 0 < start < index and self.trace.steps[start - 1].sent is not None:
            return self.sent(start)
        return self._packet(taken, 0, {}, is_forged=_is_forged(step))

    def _packet(
        self, message: Message, number: int, state: State, *, is_forged: bool = False
    ) -> Packet:
        """A segment that was sent when its sender had come to `state`."""
        fields = message.fields
        sender, receiver = _ends(message)
        control = _control(message)
        seq, ack = self.numbers.of(message, is_forged=is_forged)
        stamps = None
        if "ts" in fields:
            recent = _number(state.get(f"{sender}.ts_recent", 0)) if "ACK" in control else 0
            stamps = (_number(fields["ts"]), recent)
        text = _text(fields, lower=sender < receiver)
        return Packet(
            micros=0,
            sender=sender,
            receiver=receiver,
            number=number,
            ctl=control,
            seq=seq,
            ack=ack,
            window=min(_number(fields.get("wnd", self.wire.window)), 65535),
            text=text,
            stamps=stamps,
            cookie=self.wire.fast_open and "SYN" in control and bool(text),
            arrives=False,
            comment="",
        )


def _control(message: Message) -> frozenset[str]:
    return frozenset(str(message.fields["ctl"]).split(",")) - {"-"}


def _number(value: Value) -> int:
    return 0 if isinstance(value, str) else int(value)


def _text(fields: Mapping[str, Value], *, lower: bool) -> bytes:
    """The octets: a letter for each octet of each incarnation, so that old ones show; `!` if it is
    forged.
    """
    if fields["ctl"] != "UDP" and not _number(fields.get("text", 0)):
        return b""
    octets = 1 if fields["ctl"] == "UDP" else _number(fields["text"])
    incarnation = _number(fields.get("inc", 1))
    if not incarnation:
        return b"!" * octets
    first = (incarnation - 1) * 3 + _number(fields.get("index", 0))
    return bytes(ord("a" if lower else "A") + (first + i) % 26 for i in range(octets))


# --- numbers --------------------------------------------------------------------------------------


class _Numbers:
    """Sequence numbers of the run as those of 32 bits; see above."""

    def __init__(self, trace: Trace, width: int) -> None:
        self.modulus = 1 << width
        used: dict[str, set[int]] = defaultdict(set)
        for step in trace.steps:
            for message in (step.received, step.sent):
                if message is not None:
                    sender, receiver = _ends(message)
                    seq, ack = _told(message, is_forged=_is_forged(step))
                    if seq is not None:
                        length = _length(message)
                        used[sender].update((seq + i) % self.modulus for i in range(length + 1))
                    if ack is not None:
                        used[receiver].add(ack)
        self.start = {end: _cut(numbers, self.modulus) for end, numbers in used.items()}

    def of(self, message: Message, *, is_forged: bool) -> tuple[int, int]:
        """SEG.SEQ and SEG.ACK."""
        sender, receiver = _ends(message)
        seq, ack = _told(message, is_forged=is_forged)
        return self._along(sender, seq), self._along(receiver, ack)

    def _along(self, end: str, number: int | None) -> int:
        if number is None:
            return 0
        start = self.start[end]
        return (start + (number - start) % self.modulus) % _MOST


def _told(message: Message, *, is_forged: bool) -> tuple[int | None, int | None]:
    """SEG.SEQ and SEG.ACK, if they are numbers of a connection.

    A reset for a segment without ACK has the sequence number 0 whatever the connection's are.
    """
    fields, control = message.fields, _control(message)
    answers = control == {"RST", "ACK"} and fields.get("seq") == 0 and not is_forged
    seq = None if answers or "seq" not in fields else _number(fields["seq"])
    ack = _number(fields["ack"]) if "ACK" in control and "ack" in fields else None
    return seq, ack


def _length(message: Message) -> int:
    """SEG.LEN"""
    return _number(message.fields.get("text", 0)) + len(_control(message) & {"SYN", "FIN"})


def _cut(numbers: Iterable[int], modulus: int) -> int:
    """The number behind the widest gap of the circle; the least of all where others are as wide."""
    ordered = sorted(numbers)
    before = [ordered[-1] - modulus, *ordered[:-1]]
    gaps = [here - last for last, here in zip(before, ordered, strict=True)]
    return ordered[gaps.index(max(gaps))]
