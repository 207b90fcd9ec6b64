"""The hash table of the native search forgets nothing, however full it is and however it grows."""

from __future__ import annotations

import ctypes

from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.semantics.jit import Library, Machine
from tcpmodel.semantics.kernel import Context
from tcpmodel.semantics.memory import Block
from tcpmodel.semantics.native import ADDRESS, NUMBER, kernel

CHECK = "define i64 @check(ptr %row) {\nret i64 0\n}"
MOST = 400


class Table:
    """Rows of one word in a table of so many places."""

    def __init__(self, places: int) -> None:
        self.library, self.model = kernel(1, 0), Library(Machine(0).cached(CHECK))
        self.blocks = [Block(8 * 10 * MOST), Block(8 * MOST), Block(4 * MOST)]
        table, rows, parents = (block.address for block in self.blocks)
        check = self.model.address("check")
        self.context = Context(
            table=table, rows=rows, parents=parents, places=places, found=-1, check=check
        )

    def add(self, rows: list[int]) -> int:
        """Keep those rows that are new; how many are known then."""
        start = self.library.function("start", None, ADDRESS, ADDRESS, NUMBER)
        start(ctypes.addressof(self.context), (ctypes.c_uint64 * len(rows))(*rows), len(rows))
        return int(self.context.count)

    def spread(self, places: int) -> None:
        """Let it have more places."""
        aside = Block(8 * self.context.places)
        spread = self.library.function("spread", None, ADDRESS, NUMBER, ADDRESS)
        spread(ctypes.addressof(self.context), places, aside.address)

    @property
    def entries(self) -> list[int]:
        return list(self.blocks[0].numbers("Q"))


@settings(max_examples=200, deadline=None)
@given(
    st.sets(st.integers(0, (1 << 64) - 1), min_size=1, max_size=300),
    st.lists(st.integers(1, 12), min_size=1, max_size=6),
    st.booleans(),
)
def test_a_table_that_spreads_keeps_its_entries(
    rows: set[int], steps: list[int], full: bool
) -> None:
    """With clusters that run over its end, to any size, filled to the last place but one."""
    table, left, known = Table(8), sorted(rows), list[int]()
    for step in steps:
        places = table.context.places
        room = (places - 1 if full else places * 3 // 4) - len(known)
        new, left = left[:room], left[room:]
        assert table.add(new) == len(known) + len(new)
        known += new
        table.spread(places + 8 * step)
        taken = [entry for entry in table.entries if entry]
        assert len({entry & 0xFFFFFFFF for entry in taken}) == len(taken) == len(known)
        assert not any(table.entries[table.context.places :])
        if known:
            assert table.add(known) == len(known)
    assert list(table.blocks[1].numbers("Q"))[: len(known)] == known
