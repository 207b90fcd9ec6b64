"""The search in native code: expand states, keep those that are new, in a hash table.

`kernel.ll` is LLVM IR for states of a given number of words; it knows no model.  The functions of a
model (`model_code`) are called through pointers, so that they can be exchanged between two calls.

The table is open-addressed with linear probing.  A place holds the upper 32 bits of the hash and 32
bits of index + 1, or 0.  Those bits of the hash say where the entry belongs in a table of any size:
it grows without a look at the states.

States are expanded in batches: first all their successors are computed and the places in memory
where they will be looked up are prefetched; then they are looked up.
"""

from __future__ import annotations

import ctypes
from importlib.resources import files
from string import Template

BATCH = 32
"""How many states are expanded together."""

AHEAD = 24
"""How many rows before its turn the place of a row that may be new is prefetched."""

CROWDED = 1
"""What `expand` returns where there is no room for the successors of another batch."""


_FIELDS = (
    "rows",
    "parents",
    "table",
    "places",
    "count",
    "limit",
    "following",
    "found",
    "seen",
    "transitions",
    "deadlocks",
    "fired",
    "most",
    "found_rows",
    "found_actions",
    "hashes",
    "starts",
    "counts",
    "successors",
    "check",
    "candidates",
    "origins",
    "taken",
)


BUFFERS = ("found_rows", "found_actions", "hashes", "starts", "counts")
"""The fields of a batch's buffers; each holds a number, or the words of a row, per successor."""


class Context(ctypes.Structure):
    """What the kernel works on; numbers of states unless said otherwise.

    rows, parents, table: addresses; places: of the table.  count: states known.  limit: how many
    may be known before `expand` returns CROWDED.  following: the first state that is not expanded.
    found: the first state with the goal, or -1.  seen: union of what `check` said of each state.
    fired: address of one counter per action.  most: the largest number of successors of a state.
    found_rows, found_actions, hashes, starts, counts: addresses of the batch's buffers.

    Where several threads search, each has a part of its own: count: its candidates.  candidates,
    origins: addresses of them and of the indices of the states that they follow.  taken: how many
    were taken up.
    """

    _fields_ = [(name, ctypes.c_int64) for name in _FIELDS]


def kernel_code(words: int, team: bool = False) -> str:
    """The kernel for states of `words` words; with what several threads need, too."""
    folder = files("tcpmodel.semantics")
    names = ("kernel.ll", "team.ll") if team else ("kernel.ll",)
    text = "\n".join(folder.joinpath(name).read_text(encoding="utf-8") for name in names)
    places = {name: str(i) for i, name in enumerate(_FIELDS)}
    return Template(text).substitute(
        places,
        words=words,
        batch=BATCH,
        crowded=CROWDED,
        ahead=AHEAD,
        hash=_hash(words),
        **_per_word(words),
    )


def _hash(words: int) -> str:
    """Mixes the words of a state; the end is the finaliser of MurmurHash3 (fmix64)."""
    lines = ["%h0 = add i64 0, 0"]
    for i in range(words):
        lines += [
            f"%p{i} = getelementptr i64, ptr %row, i64 {i}",
            f"%w{i} = load i64, ptr %p{i}",
            f"%x{i} = xor i64 %h{i}, %w{i}",
            f"%m{i} = mul i64 %x{i}, -7046029254386353131",
            f"%s{i} = lshr i64 %m{i}, 29",
            f"%h{i + 1} = xor i64 %m{i}, %s{i}",
        ]
    last = f"%h{words}"
    return "\n  ".join(
        [
            *lines,
            f"%a = lshr i64 {last}, 33",
            f"%b = xor i64 {last}, %a",
            "%c = mul i64 %b, -49064778989728563",
            "%d = lshr i64 %c, 33",
            "%e = xor i64 %c, %d",
            "%f = mul i64 %e, -4265267296055464877",
            "%g = lshr i64 %f, 33",
            "%h = xor i64 %f, %g",
        ]
    )


def _per_word(words: int) -> dict[str, str]:
    same, copy = ["%eq0 = icmp eq i64 0, 0"], []
    for i in range(words):
        same += [
            f"%pa{i} = getelementptr i64, ptr %known, i64 {i}",
            f"%pb{i} = getelementptr i64, ptr %row, i64 {i}",
            f"%a{i} = load i64, ptr %pa{i}",
            f"%b{i} = load i64, ptr %pb{i}",
            f"%c{i} = icmp eq i64 %a{i}, %b{i}",
            f"%eq{i + 1} = and i1 %eq{i}, %c{i}",
        ]
        copy += [
            f"%qa{i} = getelementptr i64, ptr %row, i64 {i}",
            f"%qb{i} = getelementptr i64, ptr %new, i64 {i}",
            f"%q{i} = load i64, ptr %qa{i}",
            f"store i64 %q{i}, ptr %qb{i}",
        ]
    return {
        "same": "\n  ".join([*same, f"%equal = and i1 %eq{words}, true"]),
        "copy": "\n  ".join(copy),
    }
