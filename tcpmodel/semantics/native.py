"""Native code ready to be called: the search kernel, and formulas over many states at once."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tcpmodel.core.terms import Term, Var
from tcpmodel.semantics.jit import Library, Machine
from tcpmodel.semantics.kernel import kernel_code
from tcpmodel.semantics.model_code import formulas_code
from tcpmodel.semantics.packing import Packing, Rows

NUMBER, ADDRESS = ctypes.c_int64, ctypes.c_void_p


@cache
def kernel(words: int) -> Library:
    """The search kernel for states of `words` words."""
    return Library(Machine(2, passes=True).cached(kernel_code(words)))


def values(
    variables: Sequence[Var], packed: Packing, terms: Sequence[Term], rows: Rows
) -> NDArray[np.uint64]:
    """The values of `terms` in the states `rows`: a row for each state, a column for each term.

    Raises `ModelError` for a term without meaning in native code.
    """
    library = Library(Machine(0).cached(formulas_code(variables, packed, terms)))
    out = np.empty((len(rows), len(terms)), np.uint64)
    evaluate = library.function("evaluate", None, ADDRESS, NUMBER, ADDRESS)
    evaluate(address(rows), len(rows), address(out))
    return out


def address(array: NDArray[Any]) -> int:
    """Where the elements of an array begin."""
    return int(array.ctypes.data)
