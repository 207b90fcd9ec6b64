"""Memory that native code works on, without a library of arrays: those take long to load."""

from __future__ import annotations

import ctypes
import mmap
import struct

_FLAGS = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
_HUGE = getattr(mmap, "MADV_HUGEPAGE", None)
_LARGE = 1 << 22
"""From how many octets on larger pages are asked for."""


class Block:
    """So many octets, all zero; the system gives them only once they are used.

    address: where they begin.  sparse: most of them will never be used.
    Raises `MemoryError` if there is no room for them.
    """

    def __init__(self, octets: int, *, sparse: bool = False) -> None:
        self.octets = max(1, octets)
        try:
            self._map = mmap.mmap(-1, self.octets, flags=_FLAGS)
        except OSError as error:
            raise MemoryError(f"{octets} octets: {error.strerror}") from None
        if _HUGE is not None and octets >= _LARGE and not sparse:
            self._map.madvise(_HUGE)
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self._map))

    def numbers(self, code: str) -> memoryview:
        """The memory as numbers, by their code in `struct`."""
        size = struct.calcsize(code)
        view: memoryview = memoryview(self._map)[: self.octets // size * size].cast(code)  # type: ignore[call-overload]
        return view
