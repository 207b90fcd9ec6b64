"""States packed into words of 64 bits, for native code.

Every variable lies within one word.  The variables of a slot lie side by side, the first in the
highest bits, so that comparing two slots is comparing two numbers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tcpmodel.core.errors import ModelError
from tcpmodel.core.system import TransitionSystem
from tcpmodel.semantics.interpret import Codes

WORD = 64
"""Bits in a word."""


@dataclass(frozen=True)
class Field:
    """Where bits lie: `bits` of them in word `word`, from bit `shift` upwards."""

    word: int
    shift: int
    bits: int

    @property
    def mask(self) -> int:
        """The bits, as they lie in the word."""
        return ((1 << self.bits) - 1) << self.shift


@dataclass(frozen=True)
class Packing:
    """Where each variable of a system lies in a packed state.

    names: the variables in the system's order.  place: the field of each.
    slots: for each group of interchangeable slots, each slot as the fields that hold its variables,
        in order: the larger slot is the one whose fields are larger, the first counting most.
    words: how many words a state takes.
    """

    names: tuple[str, ...]
    place: dict[str, Field]
    slots: tuple[tuple[tuple[Field, ...], ...], ...]
    words: int

    def pack(self, codes: Codes) -> list[int]:
        """A state as a row: its words."""
        row = [0] * self.words
        for name, code in zip(self.names, codes, strict=True):
            at = self.place[name]
            row[at.word] |= code << at.shift
        return row

    def unpack(self, row: Sequence[int]) -> Codes:
        """The state that a row holds."""
        return tuple(
            row[at.word] >> at.shift & (1 << at.bits) - 1
            for at in (self.place[name] for name in self.names)
        )


def packing(system: TransitionSystem) -> Packing:
    """The packing of the states of `system`.

    Raises `ModelError` for a variable of more than 64 bits.
    """
    domains = {v.name: v.domain for v in system.variables}
    for var in system.variables:
        if var.domain.bits > WORD:
            raise ModelError(f"native code holds at most {WORD} bits; {var.name} has more")
    in_slot = [slot for group in system.interchangeable for slot in group]
    loose = domains.keys() - {name for slot in in_slot for name in slot}
    units = [unit for slot in in_slot for unit in _runs(slot, {n: domains[n].bits for n in slot})]
    units += [(name,) for name in domains if name in loose]
    sizes = [sum(domains[name].bits for name in unit) for unit in units]
    place: dict[str, Field] = {}
    used: list[int] = []
    for index in sorted(range(len(units)), key=lambda i: -sizes[i]):
        size = sizes[index]
        word = next((w for w, bits in enumerate(used) if bits + size <= WORD), len(used))
        if word == len(used):
            used.append(0)
        shift = used[word] + size
        for name in units[index]:
            shift -= domains[name].bits
            place[name] = Field(word, shift, domains[name].bits)
        used[word] += size
    slots = tuple(
        tuple(
            tuple(
                _joined([place[name] for name in unit])
                for unit in _runs(slot, {n: domains[n].bits for n in slot})
            )
            for slot in group
        )
        for group in system.interchangeable
    )
    return Packing(tuple(domains), place, slots, max(1, len(used)))


def _runs(names: Iterable[str], bits: dict[str, int]) -> list[tuple[str, ...]]:
    """`names` cut into the fewest runs of at most 64 bits."""
    runs: list[tuple[str, ...]] = []
    room = 0
    for name in names:
        if bits[name] > room:
            runs.append(())
            room = WORD
        runs[-1] += (name,)
        room -= bits[name]
    return runs


def _joined(fields: Sequence[Field]) -> Field:
    """The field that neighbouring fields make up, the first of them highest."""
    return Field(fields[0].word, fields[-1].shift, sum(field.bits for field in fields))
