"""Runs as captures that Wireshark, tshark and tcpdump read: pcap, and pcapng with a comment on each
segment.

IPv4 with addresses that are kept for documentation (RFC 5737), the first endpoint being 192.0.2.1
and the second 198.51.100.1; checksums are right.  Times count from 1970: a tick is a second; where
there is no clock a step takes 10 ms, and a timer fires a second after the step before.  The formats
are those of draft-ietf-opsawg-pcap and draft-ietf-opsawg-pcapng.

A model's segment has at most one octet.  When that is sent again after all before it has been
acknowledged it is, octet by octet, what a keep-alive is, and readers of captures call it one.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from ipaddress import IPv4Address

from tcpmodel import __version__
from tcpmodel.core.trace import Trace
from tcpmodel.export.wire import ON_THE_WIRE, Packet, Wire, captured

RAW = 101
"""LINKTYPE_RAW: a packet begins with its IP header."""

NETWORKS = ("192.0.2.0", "198.51.100.0", "203.0.113.0")
"""TEST-NET-1 to -3."""

PORTS = (49152, 9)
"""Of the first endpoint, and of all others: a dynamic port, and discard."""

FLAGS = {"FIN": 0x01, "SYN": 0x02, "RST": 0x04, "ACK": 0x10}

TCP, UDP = 6, 17

CAUTION = (
    "A run of a model, not of a network. A tick is 1 s; without a clock a step takes 10 ms and a "
    "timer 1 s. Sequence numbers of few bits are laid out along 32 bits; the comment on each "
    "segment tells the step."
)
_COMMENT = 60_000
"""The most octets of a comment: an option has room for 65535."""


def pcap(trace: Trace, wire: Wire = Wire(), at: str = ON_THE_WIRE) -> bytes:
    """A capture of a run in the classic format.  Raises `ModelError`; see `captured`."""
    found = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, RAW)]
    hosts = _hosts(trace)
    for packet in captured(trace, wire, at):
        octets = _datagram(packet, hosts)
        seconds, micros = divmod(packet.micros, 1_000_000)
        found.append(struct.pack("<IIII", seconds, micros, len(octets), len(octets)) + octets)
    return b"".join(found)


def pcapng(
    trace: Trace,
    wire: Wire = Wire(),
    at: str = ON_THE_WIRE,
    *,
    words: Sequence[str] = (),
    about: str = "",
) -> bytes:
    """A capture of a run in the newer format.  Raises `ModelError`; see `captured`.

    words: what each step does.  about: what the run is about, for the comment on the whole.
    """
    hosts = _hosts(trace)
    comment = "\n".join(filter(None, (about, CAUTION)))
    place = "on the wire" if at == ON_THE_WIRE else f"at {at}"
    blocks = [
        _block(
            0x0A0D0D0A,
            struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1)
            + _options((1, comment.encode()), (4, f"tcpmodel {__version__}".encode())),
        ),
        _block(
            1,
            struct.pack("<HHI", RAW, 0, 0)
            + _options((2, at.encode()), (3, f"what is seen {place}".encode()), (9, b"\x06")),
        ),
        _block(4, _names(hosts)),
    ]
    for packet in captured(trace, wire, at, words):
        octets = _datagram(packet, hosts)
        high, low = divmod(packet.micros, 1 << 32)
        head = struct.pack("<IIIII", 0, high, low, len(octets), len(octets))
        inward = 0 if at == ON_THE_WIRE else 1 if packet.arrives else 2
        told = _options((1, packet.comment.encode()), (2, struct.pack("<I", inward)))
        blocks.append(_block(6, head + _padded(octets) + told))
    return b"".join(blocks)


# --- the newer format -----------------------------------------------------------------------------


def _padded(octets: bytes) -> bytes:
    return octets + bytes(-len(octets) % 4)


def _block(kind: int, body: bytes) -> bytes:
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def _options(*options: tuple[int, bytes]) -> bytes:
    """Options by their number; the comment, 1, is cut to its room."""
    found = b""
    for code, value in options:
        fits = value[:_COMMENT].decode(errors="ignore").encode() if code == 1 else value
        found += struct.pack("<HH", code, len(fits)) + _padded(fits)
    return found + bytes(4)


def _names(hosts: dict[str, tuple[IPv4Address, int]]) -> bytes:
    """Which address is whose."""
    found = b""
    for name, (address, _) in hosts.items():
        value = address.packed + name.encode() + b"\0"
        found += struct.pack("<HH", 1, len(value)) + _padded(value)
    return found + bytes(4)


# --- packets --------------------------------------------------------------------------------------


def _hosts(trace: Trace) -> dict[str, tuple[IPv4Address, int]]:
    """The address and the port of each endpoint."""
    channels = sorted(
        {m.channel for step in trace.steps for m in (step.received, step.sent) if m is not None}
    )
    names = sorted({end for channel in channels for end in channel.split(">")})
    return {
        name: (
            IPv4Address(NETWORKS[place % len(NETWORKS)]) + 1 + place // len(NETWORKS),
            PORTS[min(place, 1)],
        )
        for place, name in enumerate(names)
    }


def _datagram(packet: Packet, hosts: dict[str, tuple[IPv4Address, int]]) -> bytes:
    """The IPv4 datagram; retransmissions have an identification of their own, copies have not."""
    (source, source_port), (target, target_port) = hosts[packet.sender], hosts[packet.receiver]
    ports = struct.pack("!HH", source_port, target_port)
    is_udp = "UDP" in packet.ctl
    protocol = UDP if is_udp else TCP
    carried = _udp(packet, ports) if is_udp else _tcp(packet, ports)
    ends = source.packed + target.packed
    pseudo = ends + struct.pack("!BBH", 0, protocol, len(carried))
    place = 6 if is_udp else 16
    total = _checksum(pseudo + carried)
    if is_udp:
        total = total or 0xFFFF  # 0 means that there is none
    carried = carried[:place] + struct.pack("!H", total) + carried[place + 2 :]
    length, name = 20 + len(carried), packet.number & 0xFFFF
    head = struct.pack("!BBHHHBBH", 0x45, 0, length, name, 0x4000, 64, protocol, 0) + ends
    return head[:10] + struct.pack("!H", _checksum(head)) + head[12:] + carried


def _tcp(packet: Packet, ports: bytes) -> bytes:
    """The segment, without its checksum."""
    options = b""
    if packet.stamps is not None:
        options += b"\x01\x01\x08\x0a" + struct.pack("!II", *packet.stamps)
    if packet.cookie:
        options += b"\x01\x01\x22\x0a" + b"tcpmodel"
    flags = sum(FLAGS[name] for name in packet.ctl)
    head = struct.pack("!IIBBHHH", packet.seq, packet.ack, 0, flags, packet.window, 0, 0)
    offset = (20 + len(options)) // 4 << 4
    return ports + head[:8] + bytes([offset]) + head[9:] + options + packet.text


def _udp(packet: Packet, ports: bytes) -> bytes:
    return ports + struct.pack("!HH", 8 + len(packet.text), 0) + packet.text


def _checksum(octets: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    padded = octets + bytes(len(octets) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
