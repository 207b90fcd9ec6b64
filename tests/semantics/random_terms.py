"""Random terms over all operators, and their values as z3 computes them."""

from __future__ import annotations

from collections.abc import Callable

import z3
from hypothesis import strategies as st

from tcpmodel.core.terms import Bool, Term, Var, Word
from tcpmodel.semantics.interpret import Codes, code_of

WIDEST = 33
"""One bit more than a sequence number: masks and carries beyond 32 bits are exercised."""


def by_z3(variables: tuple[Var, ...], term: Term, state: Codes) -> int:
    """The value of `term` as z3 computes it."""
    pairs = [
        (v.term, v.domain.term(v.domain.decode(c))) for v, c in zip(variables, state, strict=True)
    ]
    return code_of(z3.simplify(z3.substitute(term, *pairs)))


Draw = Callable[..., int]
OPERATORS: dict[int, Callable[[list[Term], list[Term], Draw], Term]] = {
    z3.Z3_OP_TRUE: lambda p, s, draw: z3.BoolVal(True),
    z3.Z3_OP_FALSE: lambda p, s, draw: z3.BoolVal(False),
    z3.Z3_OP_NOT: lambda p, s, draw: z3.Not(p[0]),
    z3.Z3_OP_AND: lambda p, s, draw: z3.And(*p[: draw(0, 3)]),
    z3.Z3_OP_OR: lambda p, s, draw: z3.Or(*p[: draw(0, 3)]),
    z3.Z3_OP_XOR: lambda p, s, draw: z3.Xor(p[0], p[1]),
    z3.Z3_OP_IMPLIES: lambda p, s, draw: z3.Implies(p[0], p[1]),
    z3.Z3_OP_EQ: lambda p, s, draw: (p[0] == p[1]) if draw(0, 1) else (s[0] == s[1]),
    z3.Z3_OP_DISTINCT: lambda p, s, draw: (
        z3.Distinct(p[0], p[1]) if draw(0, 1) else z3.Distinct(*s[: draw(2, 3)])
    ),
    z3.Z3_OP_ITE: lambda p, s, draw: z3.If(p[0], *((p[1], p[2]) if draw(0, 1) else (s[0], s[1]))),
    z3.Z3_OP_BADD: lambda p, s, draw: s[0] + s[1],
    z3.Z3_OP_BSUB: lambda p, s, draw: s[0] - s[1],
    z3.Z3_OP_BMUL: lambda p, s, draw: s[0] * s[1],
    z3.Z3_OP_BNEG: lambda p, s, draw: -s[0],
    z3.Z3_OP_BAND: lambda p, s, draw: s[0] & s[1],
    z3.Z3_OP_BOR: lambda p, s, draw: s[0] | s[1],
    z3.Z3_OP_BXOR: lambda p, s, draw: s[0] ^ s[1],
    z3.Z3_OP_BNOT: lambda p, s, draw: ~s[0],
    z3.Z3_OP_ULT: lambda p, s, draw: z3.ULT(s[0], s[1]),
    z3.Z3_OP_ULEQ: lambda p, s, draw: z3.ULE(s[0], s[1]),
    z3.Z3_OP_UGT: lambda p, s, draw: z3.UGT(s[0], s[1]),
    z3.Z3_OP_UGEQ: lambda p, s, draw: z3.UGE(s[0], s[1]),
    z3.Z3_OP_SLT: lambda p, s, draw: s[0] < s[1],
    z3.Z3_OP_SLEQ: lambda p, s, draw: s[0] <= s[1],
    z3.Z3_OP_SGT: lambda p, s, draw: s[0] > s[1],
    z3.Z3_OP_SGEQ: lambda p, s, draw: s[0] >= s[1],
    z3.Z3_OP_CONCAT: lambda p, s, draw: z3.Concat(*s[: draw(2, 3)]),
    z3.Z3_OP_EXTRACT: lambda p, s, draw: z3.Extract(
        high := draw(0, s[0].size() - 1), draw(0, high), s[0]
    ),
    z3.Z3_OP_ZERO_EXT: lambda p, s, draw: z3.ZeroExt(draw(0, 4), s[0]),
}
"""A term for every operator, over the given truth values and words."""

NAMES = {getattr(z3, name): name for name in dir(z3) if name.startswith("Z3_OP_")}


@st.composite
def applied(draw: st.DrawFn, kind: int) -> tuple[tuple[Var, ...], Term, Codes]:
    """An operator applied to variables of a random width, and a state, also at the borders."""
    width = draw(st.integers(1, WIDEST))
    border = st.sampled_from([0, 1, 2 ** (width - 1) - 1, 2 ** (width - 1), 2**width - 1])
    words = tuple(Var(f"w{i}", Word(width)) for i in range(3))
    truths = tuple(Var(f"t{i}", Bool()) for i in range(3))
    state = (
        *(draw(st.integers(0, 1)) for _ in truths),
        *(draw(st.integers(0, 2**width - 1) | border) % 2**width for _ in words),
    )
    term = OPERATORS[kind](
        [v.term for v in truths],
        [v.term for v in words],
        lambda low, high: draw(st.integers(low, high)),
    )
    assert term.decl().kind() == kind
    return (*truths, *words), term, state


@st.composite
def graphs(draw: st.DrawFn) -> tuple[tuple[Var, ...], list[Term]]:
    """Variables, and the terms built over them one upon the other: every term may use all
    earlier ones, so that most are shared.
    """
    widths = draw(st.lists(st.integers(1, WIDEST), min_size=1, max_size=3))
    variables = (
        *(Var(f"t{i}", Bool()) for i in range(2)),
        *(Var(f"w{i}", Word(width)) for i, width in enumerate(widths)),
    )
    pool: list[Term] = [v.term for v in variables]
    pool += [z3.BitVecVal(draw(st.integers(0, 2**width - 1)), width) for width in widths]
    for _ in range(draw(st.integers(1, 25))):
        truths = [t for t in pool if z3.is_bool(t)]
        first = draw(st.sampled_from([t for t in pool if not z3.is_bool(t)]))
        words = [t for t in pool if t.sort() == first.sort()]
        kind = draw(st.sampled_from(sorted(OPERATORS)))
        term = OPERATORS[kind](
            [draw(st.sampled_from(truths)) for _ in range(3)],
            [first, *(draw(st.sampled_from(words)) for _ in range(2))],
            lambda low, high: draw(st.integers(low, high)),
        )
        if z3.is_bool(term) or term.size() <= WIDEST:
            pool.append(term)
    return variables, pool
