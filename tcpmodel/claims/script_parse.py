"""Written runs: the format of `properties/figures/*.run`, one readable line per message.

Everything that can be said about a line without the rules of TCP is said here, as `ModelError`
(`file:line: message; expected …`).  What the lines do is the business of `script`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path

from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.compose import AGENTS, peer_of
from tcpmodel.tcp.segment import CTL
from tcpmodel.tcp.states import STATE

MAX_BYTES, MAX_LINES, MAX_COLUMNS = 200_000, 1_000, 300
"""How large a file may be: a run is something that people read."""

MAX_TICKS = 250
"""The ticks of one line."""

MARKS: Mapping[str, str] = {
    "...": "sent; stays under way",
    "lost": "sent; never arrives",
    "arrives": "one that is under way arrives now",
    "again": "a retransmission or duplicate of one sent before arrives",
    "copy": "a duplicate of one sent before arrives, though a timer could send it again, too",
    "old": "of an earlier incarnation, arrives out of the blue; nobody sends it now",
    "impossible": "no call and no timer of its sender sends it now",
}
"""What may stand behind a message; without a mark it is sent and arrives."""

RETRANSMISSION = "retransmission timeout"

ALIASES = {"OPEN": "active OPEN", "RETRANSMITS": RETRANSMISSION, "RETRANSMIT": RETRANSMISSION}
"""Short names of calls and timers."""

ANY = "-"
"""The state that matches every state."""

IMPOSSIBLE = "impossible"
_MARKS = f"... | lost | arrives | again | copy | old | {IMPOSSIBLE}"
MESSAGE_FORM = f"A>B SYN,ACK seq=300 ack=101 [text=1] [{_MARKS}]"
CALL_FORM = f"A: CLOSE [{IMPOSSIBLE}]"
STATES_FORM = "| SYN-SENT, LISTEN"
START_FORM = "start: A ESTABLISHED snd=100 rcv=300; B LISTEN"
LINE_FORMS = f"{MESSAGE_FORM!r}, {CALL_FORM!r}, 'tick' or {STATES_FORM!r}"

_FIRST_BITS = ("SYN", "FIN", "RST", "ACK")
_NUMBERED = ("seq", "ack", "text")
_WITHOUT_NUMBERS = ("CLOSED", "LISTEN")


@dataclass(frozen=True)
class Told:
    """A message as a line tells it; a number that is left out matches any."""

    sender: str
    ctl: str
    numbers: Mapping[str, int]
    mark: str = ""

    @property
    def receiver(self) -> str:
        return peer_of(self.sender)

    @property
    def channel(self) -> str:
        return f"{self.sender}>{self.receiver}"

    def __str__(self) -> str:
        return " ".join([self.ctl, *(f"{k}={v}" for k, v in self.numbers.items())])


@dataclass(frozen=True)
class Call:
    """What the user or a timer of an endpoint does, as a line tells it; or may not do now."""

    agent: str
    label: str
    possible: bool = True

    @property
    def name(self) -> str:
        """What the rules call it; lines may use a short name."""
        return ALIASES.get(self.label.upper(), self.label)


@dataclass(frozen=True)
class Tick:
    """Time passes; or may not, as something is due."""

    count: int
    possible: bool = True


@dataclass(frozen=True)
class Line:
    """A line of the run: what happens, if anything, and the states of A and B after it, if told."""

    number: int
    text: str
    what: Told | Call | Tick | None
    states: tuple[str, str] | None


@dataclass(frozen=True)
class Start:
    """How an endpoint begins: its state, SND.NXT and RCV.NXT."""

    state: str
    snd: int = 0
    rcv: int = 0


@dataclass(frozen=True)
class Script:
    """A written run.  `scenario` and `start` are empty where the file leaves them to the tool."""

    file: str
    lines: tuple[Line, ...]
    scenario: str = ""
    scenario_line: int = 0
    start: Mapping[str, Start] = field(default_factory=dict)

    def at(self, number: int) -> str:
        """`file:line`."""
        return f"{self.file}:{number}"


def read_script(path: Path) -> Script:
    """The run that a file tells.

    Raises `ModelError` (`file:line: message`) for a line that is not of the format, and for a file
    that is too large or not text; `OSError` if it cannot be read.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ModelError(f"{path}: a written run has at most {MAX_BYTES} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ModelError(f"{path}:{line}: this is not text in UTF-8") from None
    return parse_script(text, str(path))


def parse_script(text: str, file: str) -> Script:
    """The run that `text`, the content of `file`, tells; see `read_script`."""
    written = text.removesuffix("\n").split("\n")
    if len(written) > MAX_LINES:
        raise ModelError(f"{file}: a written run has at most {MAX_LINES} lines")
    lines: list[Line] = []
    headers: dict[str, tuple[int, str]] = {}
    for number, raw in enumerate(written, start=1):
        try:
            if len(raw) > MAX_COLUMNS:
                raise ModelError(f"a line has at most {MAX_COLUMNS} characters")
            line = " ".join(raw.partition("#")[0].split())
            header = re.match(r"(scenario|start):\s*(.*)", line)
            if header is None:
                lines += [_line(number, line)] if line else []
                continue
            _header(header[1], headers, lines)
            headers[header[1]] = (number, header[2])
            if header[1] == "start":
                _start(header[2])
        except ModelError as error:
            raise ModelError(f"{file}:{number}: {error}") from None
    if not lines:
        raise ModelError(f"{file}: there is no message in it; a line is {LINE_FORMS}")
    number, spelled = headers.get("scenario", (0, ""))
    start = _start(headers["start"][1]) if "start" in headers else {}
    return Script(file, tuple(lines), spelled, number, start)


def _header(name: str, headers: Mapping[str, object], lines: list[Line]) -> None:
    if name in headers:
        raise ModelError(f"a second '{name}:' line")
    if lines:
        raise ModelError(f"the '{name}:' line comes before the first message")


# --- lines ----------------------------------------------------------------------------------------


def _line(number: int, text: str) -> Line:
    happening, bar, told = (part.strip() for part in text.partition("|"))
    states = _states(told) if bar else None
    return Line(number, text, _happening(happening) if happening else None, states)


def _states(text: str) -> tuple[str, str]:
    names = [name.strip().upper().replace("_", "-") for name in text.split(",")]
    for name in names:
        if name != ANY:
            _known(name, STATE.names, "state")
    if len(names) != len(AGENTS):
        raise ModelError(
            f"{text!r} is not the states of A and of B; "
            f"expected {STATES_FORM!r} ('{ANY}' for a state that does not matter)"
        )
    return names[0], names[1]


def _happening(text: str) -> Told | Call | Tick:
    own = text.removesuffix(f" {IMPOSSIBLE}")
    possible = own == text
    if tick := re.fullmatch(r"tick(?: (\d{1,9}))?", own):
        count = int(tick[1] or 1)
        if not 1 <= count <= MAX_TICKS:
            raise ModelError(f"expected 1 to {MAX_TICKS} ticks, not {count}")
        if not possible and count > 1:
            raise ModelError("what is impossible is one tick, not several")
        return Tick(count, possible)
    if call := re.fullmatch(r"(\w+) ?: ?(.+)", own):
        return Call(_agent(call[1]), call[2], possible)
    if message := re.fullmatch(r"(\w+) ?> ?(\w+)\b ?(.*)", text):
        sender, receiver = _agent(message[1]), _agent(message[2])
        if sender == receiver:
            raise ModelError(f"{sender} sends to itself; expected A>B or B>A")
        return _message(sender, message[3].split())
    raise ModelError(f"cannot read {text!r}; expected {LINE_FORMS}")


def _agent(text: str) -> str:
    if text.upper() not in AGENTS:
        raise ModelError(f"there is no endpoint {text!r}; there are A and B")
    return text.upper()


def _message(sender: str, words: list[str]) -> Told:
    if not words or "=" in words[0] or words[0] in MARKS:
        raise ModelError(f"which control bits has it? expected {MESSAGE_FORM!r}")
    ctl = _control(words[0])
    numbers: dict[str, int] = {}
    mark = ""
    for word in words[1:]:
        key, equals, value = word.partition("=")
        spelled = "..." if word == "…" else word.lower()
        if equals:
            if key.lower() in numbers:
                raise ModelError(f"{key} is given twice")
            numbers[key.lower()] = _number(key.lower(), value)
        elif mark:
            raise ModelError(f"{word!r} after the mark {mark!r}; expected {MESSAGE_FORM!r}")
        else:
            mark = _known(spelled, tuple(MARKS), "mark")
    if mark and "=" in words[-1]:
        raise ModelError(f"the mark {mark!r} stands at the end; expected {MESSAGE_FORM!r}")
    if "ack" in numbers and "ACK" not in ctl.split(","):
        raise ModelError(f"ack={numbers['ack']} means nothing without the control bit ACK ({ctl})")
    needed = ["seq"] + ["ack"] * ("ACK" in ctl.split(","))
    if mark == "old" and (missing := [key for key in needed if key not in numbers]):
        raise ModelError(f"nobody sends an old segment now: say its {missing[0]}=")
    return Told(sender, ctl, numbers, mark)


def _control(text: str) -> str:
    bits = text.upper().split(",")
    for bit in bits:
        if bit not in _FIRST_BITS:
            near = get_close_matches(bit, [n for n in CTL.names if n != "-"], n=1, cutoff=0.5)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ModelError(
                f"there is no control bit {bit!r}{hint}; "
                f"there are {', '.join(_FIRST_BITS)}, joined by commas: {MESSAGE_FORM!r}"
            )
    if len(set(bits)) < len(bits):
        raise ModelError(f"a control bit is named twice in {text!r}")
    return ",".join(bit for bit in _FIRST_BITS if bit in bits)


def _number(key: str, value: str) -> int:
    _known(key, _NUMBERED, "number")
    top = 1 if key == "text" else (1 << 32) - 1
    if not re.fullmatch(r"[0-9]{1,10}", value) or int(value) > top:
        because = " (the model sends text octet by octet)" if key == "text" else ""
        raise ModelError(f"{key}={value}: expected a number from 0 to {top}{because}")
    return int(value)


def _known(name: str, names: tuple[str, ...], what: str) -> str:
    if name not in names:
        near = get_close_matches(name, names, n=1, cutoff=0.5)
        hint = f" (did you mean {near[0]}?)" if near else ""
        raise ModelError(f"there is no {what} {name!r}{hint}; there are {', '.join(names)}")
    return name


# --- the header -----------------------------------------------------------------------------------


def _start(text: str) -> dict[str, Start]:
    found: dict[str, Start] = {}
    for part in filter(None, (p.split() for p in text.split(";"))):
        agent = _agent(part[0])
        if agent in found or len(part) < 2:
            raise ModelError(f"expected one state per endpoint, like {START_FORM!r}")
        state = _known(part[1].upper().replace("_", "-"), STATE.names, "state")
        numbers: dict[str, int] = {}
        for word in part[2:]:
            key, equals, value = word.partition("=")
            if not equals or key not in ("snd", "rcv") or key in numbers:
                raise ModelError(f"cannot read {word!r}; expected snd= (SND.NXT) or rcv= (RCV.NXT)")
            if not re.fullmatch(r"[0-9]{1,10}", value) or int(value) >= 1 << 32:
                raise ModelError(f"{word}: expected a number below 2^32")
            numbers[key] = int(value)
        needed = {"snd"} if state == "SYN-SENT" else {"snd", "rcv"}
        if set(numbers) != (set() if state in _WITHOUT_NUMBERS else needed):
            told = "has no numbers" if state in _WITHOUT_NUMBERS else f"needs {_names(needed)}"
            raise ModelError(f"{state} {told}; expected {START_FORM!r}")
        found[agent] = Start(state, **numbers)
    if not found:
        raise ModelError(f"expected {START_FORM!r}")
    return found


def _names(keys: set[str]) -> str:
    return " and ".join(f"{key}=" for key in sorted(keys, reverse=True))
