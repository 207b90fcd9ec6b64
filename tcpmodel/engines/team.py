"""Several threads search together, natively, and find what one alone finds, in the same order.

Each thread expands shares of a level and sets aside the successors that are not known.  One thread
alone keeps states: it takes up what was set aside, share after share, in the order of the states
that it follows.  What came to be known in the meantime is left out then; what is left is exactly
what that thread would have kept on its own.  Neither the number of threads nor their timing can be
seen in the outcome.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from tcpmodel.semantics.kernel import BATCH, BUFFERS, CROWDED, Context
from tcpmodel.semantics.memory import Block
from tcpmodel.semantics.native import ADDRESS, NUMBER, kernel

SHARE = 1 << 11
"""How many states are handed out together."""
AHEAD = 4
"""How many shares are handed out per thread."""

SHARED = ("rows", "table", "places", "successors")
"""The fields of the search's context that its parts have in common with it."""


class Part:
    """What one thread works on: a context of its own, buffers, room for what it sets aside."""

    def __init__(self, words: int, actions: int) -> None:
        batch, room = BATCH * actions, SHARE * actions
        sizes = [8 * words * batch, *(8 * batch for _ in BUFFERS[1:])]
        sizes += [8 * words * room, 4 * room, 8 * actions, ctypes.sizeof(Context)]
        # A block has pages of its own: no thread writes next to what another one reads.
        self._blocks = [Block(size, sparse=True) for size in sizes]
        *buffers, candidates, origins, fired, self.address = (b.address for b in self._blocks)
        self.context = Context.from_address(self.address)
        for name, address in zip(BUFFERS, buffers, strict=True):
            setattr(self.context, name, address)
        self.context.candidates, self.context.origins = candidates, origins
        self.context.fired = fired

    def look_at(self, context: Context) -> None:
        """Share the states that the search knows, and the code of its model."""
        for name in SHARED:
            setattr(self.context, name, getattr(context, name))


@dataclass
class Share:
    """The states from `first` up to `last`, expanded in `part`; future: tells when."""

    first: int
    last: int
    part: Part
    future: Future[None]


class Team:
    """So many threads, for states of `words` words with at most `actions` successors.

    Raises `MemoryError` if there is no room for what they set aside.
    """

    def __init__(self, threads: int, words: int, actions: int) -> None:
        self.words, self.actions, self.threads = words, actions, threads
        self._idle = [Part(words, actions) for _ in range(AHEAD * threads)]
        self._ahead: deque[Share] = deque()
        self._helpers = ThreadPoolExecutor(threads - 1)
        library = kernel(words, team=True)
        self._sift = library.function("sift", None, ADDRESS, NUMBER, NUMBER)
        self._admit = library.function("admit", NUMBER, ADDRESS, ADDRESS)
        self._add = library.function("add", None, ADDRESS, ADDRESS, NUMBER)

    def expand(self, context: Context, last: int, level: int, grow: Callable[[int], str]) -> str:
        """Expand the states from `following` up to `last`; say what got in the way, if any.

        level: where the level ends; the helpers may be that far ahead.
        grow: makes room for so many more states, or says why it cannot.
        """
        address = ctypes.addressof(context)
        begin = context.following
        while context.following < last:
            self._hand_out(context, level, range(begin, last))
            share = self._ahead[0]
            self._see_to(share)
            while self._admit(address, share.part.address) == CROWDED:
                self.rest()
                if why := grow(1):
                    return why
            if context.found >= 0:
                self.rest()
                self._recount(context, share.first)
                return ""
            self._add(address, share.part.address, self.actions)
            self._idle.append(self._ahead.popleft().part)
        return ""

    def rest(self) -> None:
        """Return when no helper looks at the states any more."""
        while self._ahead and self._ahead[-1].future.cancel():
            self._idle.append(self._ahead.pop().part)
        wait([share.future for share in self._ahead])

    def end(self) -> None:
        """Let the helpers go."""
        self.rest()
        self._helpers.shutdown()

    def _hand_out(self, context: Context, level: int, now: range) -> None:
        """Let the helpers have as much to do as there are parts.

        now: what is to be expanded in this call; the next ones will be about as many states.
        """
        first = self._ahead[-1].last if self._ahead else context.following
        while self._idle and first < level:
            end_of_call = first + len(now) - (first - now.start) % len(now)
            part, last = self._idle.pop(), min(first + SHARE, end_of_call, level)
            part.look_at(context)
            future = self._helpers.submit(self._sift, part.address, first, last)
            self._ahead.append(Share(first, last, part, future))
            first = last

    def _see_to(self, share: Share) -> None:
        """Return when a share is expanded; meanwhile, do what no helper has begun."""
        for other in list(self._ahead):
            if share.future.done():
                return
            if other.future.cancel():
                self._sift(other.part.address, other.first, other.last)
                other.future = Future()
                other.future.set_result(None)
        wait([share.future])

    def _recount(self, context: Context, first: int) -> None:
        """Count the steps from state `first` on again: up to the one that led to the goal."""
        parents = (ctypes.c_uint32 * context.count).from_address(context.parents)
        part = Part(self.words, self.actions)
        part.look_at(context)
        self._sift(part.address, first, parents[context.found] + 1)
        self._add(ctypes.addressof(context), part.address, self.actions)
