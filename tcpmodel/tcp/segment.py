"""Segments and sequence arithmetic.

A segment carries SEQ, ACK and the control bits, optionally one octet of text, and two ghosts: the
incarnation that sent it and the incarnation of the receiver that its sender believed in.  Numbers
are mod 2^w.  RFC 9293 sections 3.1 and 3.4.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import z3

from tcpmodel.core.terms import Enumeration, Term

_BITS = ("SYN", "FIN", "RST", "ACK")
"""The control bits, lowest first."""

CTL = Enumeration(
    "ctl",
    tuple(
        ",".join(flag for bit, flag in enumerate(_BITS) if code >> bit & 1) or "-"
        for code in range(16)
    ),
)
"""A set of control bits, spelled as in the RFC's figures; `-`, no bit at all, is no segment."""

SYN, FIN, RST, ACK = (1 << bit for bit in range(4))
"""Masks of the control bits within `CTL`."""


def ctl(*flags: int) -> Term:
    """The control bits of a segment to send."""
    return z3.BitVecVal(sum(flags), CTL.bits)


@dataclass(frozen=True)
class Segment:
    """A segment as terms, by field name: `ctl`, `seq`, `ack`, and where modelled `text` (octets),
    `wnd` (SEG.WND), `index` (ghost: which octet it is), `inc` (ghost: incarnation of its sender),
    `to` (ghost: incarnation it was meant for, 0 if its sender knew none).
    """

    fields: Mapping[str, Term]

    @property
    def seq(self) -> Term:
        """SEG.SEQ."""
        return self.fields["seq"]

    @property
    def ack(self) -> Term:
        """SEG.ACK."""
        return self.fields["ack"]

    @property
    def inc(self) -> Term:
        return self.fields["inc"]

    @property
    def to(self) -> Term:
        return self.fields["to"]

    @property
    def index(self) -> Term:
        """Ghost: which octet it carries; how many precede its FIN."""
        return self.fields["index"]

    @property
    def text(self) -> Term:
        """The number of octets of text, as a number mod 2^w."""
        width = self.seq.size()
        if "text" not in self.fields:
            return z3.BitVecVal(0, width)
        return z3.ZeroExt(width - 1, self.fields["text"])

    @property
    def has_text(self) -> Term:
        return self.fields["text"] == 1 if "text" in self.fields else z3.BoolVal(False)

    def has(self, *flags: int) -> Term:
        """All of the control bits are set."""
        mask = sum(flags)
        return (self.fields["ctl"] & mask) == mask

    def lacks(self, *flags: int) -> Term:
        """None of the control bits is set."""
        return (self.fields["ctl"] & sum(flags)) == 0

    @property
    def len(self) -> Term:
        """SEG.LEN: octets of text, counting SYN and FIN, as a number mod 2^w."""
        width = self.seq.size()
        bits = self.fields["ctl"]
        syn = z3.ZeroExt(width - 1, z3.Extract(0, 0, bits))
        fin = z3.ZeroExt(width - 1, z3.Extract(1, 1, bits))
        return self.text + syn + fin


def within(number: Term, start: Term, size: Term | int) -> Term:
    """`start =< number < start + size` mod 2^w."""
    if isinstance(size, int):
        size = z3.BitVecVal(size, number.size())
    return z3.ULT(number - start, size)


def after(left: Term, right: Term) -> Term:
    """`left > right` as serial numbers: less than half the space ahead (RFC 1982)."""
    difference = left - right
    return z3.And(
        difference != 0, z3.ULT(difference, z3.BitVecVal(1 << (left.size() - 1), left.size()))
    )
