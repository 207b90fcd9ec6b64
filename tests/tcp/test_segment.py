"""Sequence arithmetic means what RFC 9293 section 3.4 says, at every width.

Each definition is compared with one in plain integers that does not know about wrapping: numbers
are laid out on a line, and only the results are taken mod 2^w.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.core.terms import Term, Var, Word
from tcpmodel.semantics.interpret import Codes, code_of, compile_function
from tcpmodel.tcp.rule import symbolic_segment
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.segment import ACK, CTL, FIN, RST, SYN, Segment, after, ctl, within
from tcpmodel.tcp.tcb import Me

from .harness import Packet

WIDTHS = (3, 4, 5, 8, 16, 32)
WINDOW = 2
SEGMENTS = ("ACK", "SYN", "SYN,ACK", "FIN,ACK", "RST", "RST,ACK")
"""The control bits of segments that a TCP sends; text comes with ACK, with or without FIN."""

widths = st.sampled_from(WIDTHS)
contents = st.one_of(
    st.sampled_from([(bits, 0) for bits in SEGMENTS]), st.sampled_from([("ACK", 1), ("FIN,ACK", 1)])
)
far = st.one_of(st.integers(-4, 4), st.integers(0, 2**32 - 1))
"""How far a number is from another: mostly a little."""


class Arithmetic:
    """The model's definitions at one width, executable."""

    def __init__(self, width: int, rfc5961: str) -> None:
        text = f"rfc9293 isn=constant width={width} window={WINDOW} data=1 rfc5961={rfc5961}"
        self.size = 1 << width
        self.me = Me.symbolic(scenario(text))
        self.seg = symbolic_segment(self.me.switches)
        word = Word(width)
        names = ("me.snd_una", "me.snd_nxt", "me.rcv_nxt", "seg.seq", "seg.ack")
        self.variables = [Var(n, word) for n in names]
        self.variables += [Var("seg.ctl", CTL), Var("seg.text", Word(1))]
        left, right = Var("left", word), Var("right", word)
        self.acceptable = self.function(self.me.acceptable(self.seg))
        self.acks_new = self.function(self.me.acks_new(self.seg))
        self.acks_unsent = self.function(self.me.acks_unsent(self.seg))
        self.una_after = self.function(self.me.una_after(self.seg))
        self.acks_all = self.function(self.me.acks_all(self.seg))
        self.len = self.function(self.seg.len)
        self.after = compile_function([left, right], [after(left.term, right.term)])
        self.within = compile_function([left, right], [within(left.term, right.term, WINDOW)])

    def function(self, term: Term) -> Callable[[Codes], tuple[int, ...]]:
        return compile_function(self.variables, [term])

    def row(self, una: int, nxt: int, rcv: int, seg: Packet) -> Codes:
        numbers = (una, nxt, rcv, seg.seq, seg.ack)
        return (*(n % self.size for n in numbers), CTL.encode(seg.ctl), seg.text)


@cache
def arithmetic(width: int, rfc5961: str = "on") -> Arithmetic:
    return Arithmetic(width, rfc5961)


class TestSegmentLength:
    """SEG.LEN counts text, SYN and FIN (section 3.4)."""

    @pytest.mark.parametrize("width", [2, *WIDTHS])
    @pytest.mark.parametrize("text", [0, 1])
    def test_text_syn_and_fin_count_one_each(self, width: int, text: int) -> None:
        """ACK and RST occupy no sequence number, SYN and FIN do; that holds for any combination."""
        for code in range(1, CTL.size):
            name = CTL.names[code]
            fields = {"ctl": CTL.term(name), "text": z3.BitVecVal(text, 1)}
            fields |= {"seq": z3.BitVecVal(0, width), "ack": z3.BitVecVal(0, width)}
            assert code_of(z3.simplify(Segment(fields).len)) == Packet(name, 0, 0, text).length

    def test_without_data_there_is_no_text(self) -> None:
        """A scenario without data has no text field, and SEG.LEN does not ask for it."""
        fields = {"ctl": ctl(SYN), "seq": z3.BitVecVal(0, 4), "ack": z3.BitVecVal(0, 4)}
        segment = Segment(fields)
        assert z3.is_false(segment.has_text)
        assert code_of(z3.simplify(segment.len)) == 1


class TestControlBits:
    @given(st.integers(1, 15))
    def test_names_and_masks_agree(self, code: int) -> None:
        """`has` and `lacks` find exactly the bits that the figures' spelling names."""
        segment = Segment({"ctl": z3.BitVecVal(code, CTL.bits)})
        named = set(CTL.names[code].split(","))
        for name, mask in (("SYN", SYN), ("FIN", FIN), ("RST", RST), ("ACK", ACK)):
            assert z3.is_true(z3.simplify(segment.has(mask))) == (name in named)
            assert z3.is_true(z3.simplify(segment.lacks(mask))) == (name not in named)

    def test_several_bits_at_once(self) -> None:
        """`has` wants all of them, `lacks` none of them."""
        synack = Segment({"ctl": ctl(SYN, ACK)})
        assert z3.is_true(z3.simplify(synack.has(SYN, ACK)))
        assert z3.is_false(z3.simplify(synack.has(SYN, FIN)))
        assert z3.is_false(z3.simplify(synack.lacks(FIN, ACK)))
        assert CTL.decode(code_of(z3.simplify(ctl(SYN, ACK)))) == "SYN,ACK"


class TestSerialComparison:
    @given(widths, st.integers(0, 2**32 - 1), st.data())
    def test_less_than_half_the_space_ahead_is_later(
        self, width: int, start: int, data: st.DataObject
    ) -> None:
        """Of two numbers less than half the space apart on a line, `after` finds the later one."""
        sums = arithmetic(width)
        half = sums.size // 2
        ahead = data.draw(st.integers(1 - half, half - 1))
        assert sums.after(((start + ahead) % sums.size, start % sums.size)) == (ahead > 0,)

    @pytest.mark.parametrize("width", [3, 4])
    def test_no_two_numbers_are_each_after_the_other(self, width: int) -> None:
        """Numbers exactly half the space apart have no order: neither is after the other."""
        sums = arithmetic(width)
        for left in range(sums.size):
            for right in range(sums.size):
                both = sums.after((left, right))[0] + sums.after((right, left))[0]
                apart = (left - right) % sums.size
                assert both == (0 if apart in (0, sums.size // 2) else 1)

    @given(widths, st.integers(0, 2**32 - 1), far)
    def test_within_is_a_half_open_interval(self, width: int, start: int, ahead: int) -> None:
        """`within` holds for `start`, and for the numbers before `start + size`, only."""
        sums = arithmetic(width)
        members = {(start + i) % sums.size for i in range(WINDOW)}
        number = (start + ahead) % sums.size
        assert sums.within((number, start % sums.size)) == (number in members,)


def occupies_window(seg: Packet, rcv_nxt: int, window: int, size: int) -> bool:
    """Some octet of the segment lies in the receive window; an empty one lies where it begins."""
    octets = {(seg.seq + i) % size for i in range(max(seg.length, 1))}
    return bool(octets & {(rcv_nxt + i) % size for i in range(window)})


class TestAcceptability:
    """Table 6: the segment occupies a portion of the receive window."""

    @given(widths, st.integers(0, 2**32 - 1), far, contents)
    def test_table_6_is_window_membership(
        self, width: int, rcv_nxt: int, ahead: int, content: tuple[str, int]
    ) -> None:
        """The four cases of Table 6 (without the empty window) say: an octet is in the window."""
        sums = arithmetic(width)
        seg = Packet(content[0], (rcv_nxt + ahead) % sums.size, 0, content[1])
        found = sums.acceptable(sums.row(0, 0, rcv_nxt, seg))[0]
        assert bool(found) == occupies_window(seg, rcv_nxt, WINDOW, sums.size)

    @pytest.mark.parametrize("window", [1, 3])
    def test_a_small_space_exhaustively(self, window: int) -> None:
        """At three bits, for all numbers and contents."""
        me = Me.symbolic(scenario(f"rfc9293 isn=constant width=3 window={window} data=1"))
        seg = symbolic_segment(me.switches)
        variables = [Var("me.rcv_nxt", Word(3)), Var("seg.seq", Word(3))]
        variables += [Var("seg.ctl", CTL), Var("seg.text", Word(1))]
        acceptable = compile_function(variables, [me.acceptable(seg)])
        for bits, text in [*((b, 0) for b in SEGMENTS), ("ACK", 1), ("FIN,ACK", 1)]:
            for rcv_nxt in range(8):
                for seq in range(8):
                    found = acceptable((rcv_nxt, seq, CTL.encode(bits), text))[0]
                    wanted = occupies_window(Packet(bits, seq, 0, text), rcv_nxt, window, 8)
                    assert bool(found) == wanted

    def test_at_32_bits_for_all_numbers(self) -> None:
        """The same, proved for all 2^32 values of every number and all windows up to 2^16.

        SYN, text and FIN in one segment would be three octets, and a window of one octet could lie
        strictly inside: Table 6 looks at the first and the last octet only.
        """
        me = Me.symbolic(scenario("rfc9293 width=32 window=65536 data=1"))
        seg = symbolic_segment(me.switches)
        window = z3.BitVec("window", 32)
        octets = [
            z3.And(z3.ULT(i, seg.len), within(seg.seq + i, me.rcv_nxt, window)) for i in range(3)
        ]
        empty = z3.And(seg.len == 0, within(seg.seq, me.rcv_nxt, window))
        last = seg.seq + seg.len - 1
        table_6 = z3.Or(
            within(seg.seq, me.rcv_nxt, window),
            z3.And(seg.len != 0, within(last, me.rcv_nxt, window)),
        )
        solver = z3.SolverFor("QF_BV")
        solver.add(window != 0, z3.ULE(window, 65536))
        solver.add(table_6 != z3.Or(empty, *octets))
        assert solver.check(z3.Or(seg.lacks(SYN), seg.lacks(FIN))) == z3.unsat
        assert solver.check() == z3.sat
        assert code_of(solver.model().eval(window)) == 1
        ours = z3.SolverFor("QF_BV")
        ours.add(z3.substitute(table_6, (window, z3.BitVecVal(65536, 32))) != me.acceptable(seg))
        assert ours.check() == z3.unsat

    def test_the_window_begins_at_rcv_nxt(self) -> None:
        """What was received is before the window, what exceeds RCV.WND behind it."""
        sums = arithmetic(8)
        rows = {seq: sums.row(0, 0, 30, Packet("ACK", seq)) for seq in range(28, 34)}
        assert [seq for seq, row in rows.items() if sums.acceptable(row)[0]] == [30, 31]

    def test_a_segment_may_straddle_the_edge(self) -> None:
        """An old octet in front of a new one does not make a segment unacceptable."""
        sums = arithmetic(8)
        assert sums.acceptable(sums.row(0, 0, 30, Packet("FIN,ACK", 29, 0, 1))) == (True,)
        assert sums.acceptable(sums.row(0, 0, 30, Packet("FIN,ACK", 28, 0, 1))) == (False,)


class TestAcknowledgments:
    """SND.UNA < SEG.ACK =< SND.NXT, and what is neither that nor old."""

    @given(widths, st.integers(0, 2**32 - 1), st.integers(0, 3), far)
    def test_new_acknowledgments(self, width: int, una: int, sent: int, ahead: int) -> None:
        """Acceptable is what acknowledges something that was sent and not yet acknowledged."""
        sums = arithmetic(width)
        row = sums.row(una, una + sent, 0, Packet("ACK", 0, una + ahead))
        wanted = (una + ahead) % sums.size in {(una + i) % sums.size for i in range(1, sent + 1)}
        assert bool(sums.acks_new(row)[0]) == wanted
        assert sums.una_after(row) == ((una + (ahead if wanted else 0)) % sums.size,)

    @given(widths, st.integers(0, 2**32 - 1), st.integers(0, 3), far)
    def test_rfc5961_range(self, width: int, una: int, sent: int, ahead: int) -> None:
        """RFC 5961 section 5: (SND.UNA - MAX.SND.WND) =< SEG.ACK =< SND.NXT, and nothing else."""
        sums = arithmetic(width, "on")
        row = sums.row(una, una + sent, 0, Packet("ACK", 0, una + ahead))
        fine = {(una + i) % sums.size for i in range(-WINDOW, sent + 1)}
        assert bool(sums.acks_unsent(row)[0]) == ((una + ahead) % sums.size not in fine)

    @given(widths, st.integers(0, 2**32 - 1), st.integers(0, 3), st.data())
    def test_without_rfc5961(self, width: int, una: int, sent: int, data: st.DataObject) -> None:
        """RFC 793: only SEG.ACK > SND.NXT is refused; what is not ahead of it is a duplicate."""
        sums = arithmetic(width, "off")
        half = sums.size // 2
        beyond = data.draw(st.integers(1 - half, half - 1))
        row = sums.row(una, una + sent, 0, Packet("ACK", 0, una + sent + beyond))
        assert sums.acks_unsent(row) == (beyond > 0,)

    @given(
        widths, st.sampled_from(["on", "off"]), st.integers(0, 2**32 - 1), st.integers(0, 3), far
    )
    def test_new_and_unsent_exclude_each_other(
        self, width: int, rfc5961: str, una: int, sent: int, ahead: int
    ) -> None:
        """Nothing is both a new acknowledgment and one of what was never sent."""
        sums = arithmetic(width, rfc5961)
        row = sums.row(una, una + sent, 0, Packet("ACK", 0, una + ahead))
        if sent < sums.size // 2:
            assert not (sums.acks_new(row)[0] and sums.acks_unsent(row)[0])

    @given(widths, st.integers(0, 2**32 - 1), st.integers(0, 3), st.integers(0, 3))
    def test_everything_is_acknowledged(self, width: int, una: int, sent: int, acked: int) -> None:
        """After an acceptable acknowledgment nothing is left iff it is of SND.NXT."""
        sums = arithmetic(width)
        row = sums.row(una, una + sent, 0, Packet("ACK", 0, una + min(acked, sent)))
        assert bool(sums.acks_all(row)[0]) == (min(acked, sent) == sent)

    def test_flags_only_looks_at_no_number(self) -> None:
        """With flags only, every segment is in the window and acknowledges all that was sent."""
        me = Me.symbolic(scenario("flags_only"))
        seg = symbolic_segment(me.switches)
        assert z3.is_true(me.acceptable(seg))
        assert z3.is_true(me.is_next(seg))
        assert z3.is_false(me.acks_unsent(seg))
        assert z3.is_true(me.acks_all(seg))
        read = {str(name) for name in z3.z3util.get_vars(me.acks_new(seg))}
        assert read == {"me.snd_una", "me.snd_nxt"}
