"""Native code ready to be called: the search kernel, and formulas over many states at once."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

from tcpmodel.core.terms import Term, Var
from tcpmodel.semantics.jit import Library, Machine
from tcpmodel.semantics.kernel import kernel_code
from tcpmodel.semantics.model_code import formulas_code
from tcpmodel.semantics.packing import Packing

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NUMBER, ADDRESS = ctypes.c_int64, ctypes.c_void_p


@cache
def kernel(words: int, level: int = 2, *, team: bool = False) -> Library:
    """The search kernel for states of `words` words; with what several threads need, too.

    level: 2 makes code that is a sixth faster than that of 0, in ten times the time.
    """
    return Library(Machine(level, passes=True).cached(kernel_code(words, team)))


def values(
    variables: Sequence[Var], packed: Packing, terms: Sequence[Term], rows: int, count: int
) -> NDArray[np.uint64]:
    """The values of `terms` in `count` packed states: a row for each state, a column for each term.

    rows: the address of the states.  Raises `ModelError` for a term without meaning in native code.
    """
    import numpy as np

    library = Library(Machine(0).cached(formulas_code(variables, packed, terms)))
    out = np.empty((count, len(terms)), np.uint64)
    library.function("evaluate", None, ADDRESS, NUMBER, ADDRESS)(rows, count, out.ctypes.data)
    return out
