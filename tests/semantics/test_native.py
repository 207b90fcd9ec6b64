"""Native code means what z3 means, packs states without loss, and is cached without trust."""

from __future__ import annotations

import ctypes
from pathlib import Path

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.core.system import TransitionSystem
from tcpmodel.core.terms import Bool, Counter, Domain, Enumeration, Term, Var, Word
from tcpmodel.semantics import expression, llvm
from tcpmodel.semantics.interpret import Codes
from tcpmodel.semantics.jit import Library, Machine, cache_folder
from tcpmodel.semantics.native import values
from tcpmodel.semantics.packing import packing

from .random_terms import NAMES, OPERATORS, applied, by_z3, graphs

# --- what operators mean --------------------------------------------------------------------------


def by_native(variables: tuple[Var, ...], terms: list[Term], state: Codes) -> list[int]:
    """The values of `terms` as native code computes them."""
    packed = packing(TransitionSystem("terms", variables, z3.BoolVal(True), ()))
    row = packed.pack(state)
    given = (ctypes.c_uint64 * len(row))(*row)
    found: list[int] = values(variables, packed, terms, ctypes.addressof(given), 1)[0].tolist()
    return found


def test_both_back_ends_know_the_same_operators() -> None:
    """What the interpreter runs, native code runs."""
    assert set(llvm.OPERATORS) - {z3.Z3_OP_BNUM} == set(expression.OPERATORS) == set(OPERATORS)


@pytest.mark.parametrize("kind", OPERATORS, ids=NAMES.__getitem__)
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_an_operator_means_what_z3_means(kind: int, data: st.DataObject) -> None:
    """On random values of random widths, also at the borders; a number that does not fit into a
    word of the machine is refused.
    """
    variables, term, state = data.draw(applied(kind))
    if z3.is_bv(term) and term.size() > 64:
        with pytest.raises(ModelError, match="native code holds at most 64 bits"):
            by_native(variables, [term], state)
    else:
        assert by_native(variables, [term], state) == [by_z3(variables, term, state)]


@settings(max_examples=60, deadline=None)
@given(graphs(), st.data())
def test_nested_and_shared_terms_mean_what_z3_means(
    graph: tuple[tuple[Var, ...], list[Term]], data: st.DataObject
) -> None:
    """Operators on top of operators, subterms used many times, several terms in one function."""
    variables, pool = graph
    state = tuple(data.draw(st.integers(0, v.domain.size - 1)) for v in variables)
    assert by_native(variables, pool, state) == [by_z3(variables, t, state) for t in pool]


def test_the_widest_words_are_whole() -> None:
    """At 64 bits nothing is masked away and nothing is left over."""
    a, b = Var("a", Word(64)), Var("b", Word(64))
    terms = [a.term + b.term, a.term - b.term, -a.term, ~a.term, a.term * b.term]
    state = (2**64 - 1, 2**63 + 1)
    assert by_native((a, b), terms, state) == [by_z3((a, b), t, state) for t in terms]


def test_an_operator_without_meaning_is_named() -> None:
    """Shifts and divisions are partial or differ between back ends: refused by name."""
    a = Var("a", Word(8))
    for term, name in ((a.term << 1, "bvshl"), (z3.UDiv(a.term, a.term), "bvudiv")):
        with pytest.raises(ModelError, match=f"native code has no meaning for {name}"):
            by_native((a,), [term], (3,))
    with pytest.raises(ModelError, match="the formula reads 'ghost', which is not a variable"):
        by_native((a,), [z3.BitVec("ghost", 8) == 0], (3,))


# --- packing --------------------------------------------------------------------------------------

domains: st.SearchStrategy[Domain] = st.one_of(
    st.just(Bool()),
    st.integers(1, 64).map(Word),
    st.integers(0, 100).map(Counter),
    st.integers(1, 12).map(lambda n: Enumeration("some", tuple(f"e{i}" for i in range(n)))),
)


@st.composite
def systems(draw: st.DrawFn) -> TransitionSystem:
    """Loose variables, and a group of slots of up to three fields."""
    loose = [Var(f"v{i}", d) for i, d in enumerate(draw(st.lists(domains, max_size=6)))]
    fields = draw(st.lists(domains, min_size=1, max_size=3))
    slots = [
        tuple(Var(f"s{slot}.{i}", d) for i, d in enumerate(fields))
        for slot in range(draw(st.integers(2, 3)))
    ]
    group = tuple(tuple(v.name for v in slot) for slot in slots)
    every = (*loose, *(v for slot in slots for v in slot))
    return TransitionSystem("packed", every, z3.BoolVal(True), (), interchangeable=(group,))


@settings(max_examples=80)
@given(systems(), st.data())
def test_packing_loses_nothing_and_keeps_the_order_of_slots(
    system: TransitionSystem, data: st.DataObject
) -> None:
    """A state is what comes back; no two variables share a bit; comparing the parts of two packed
    slots is comparing their contents.
    """
    packed = packing(system)
    codes = tuple(data.draw(st.integers(0, v.domain.size - 1)) for v in system.variables)
    row = packed.pack(codes)
    assert packed.unpack(row) == codes
    masks = [(at.word, at.mask) for at in packed.place.values()]
    for word in range(packed.words):
        bits = [mask for w, mask in masks if w == word]
        assert sum(bits) == 0 or bin(sum(bits)).count("1") == sum(m.bit_count() for m in bits)
        assert sum(bits) < 2**64
    contents = dict(zip(packed.names, codes, strict=True))
    as_tuples = [tuple(contents[n] for n in slot) for slot in system.interchangeable[0]]
    as_parts = [
        tuple(row[at.word] >> at.shift & (1 << at.bits) - 1 for at in slot)
        for slot in packed.slots[0]
    ]
    for a in range(len(as_tuples)):
        for b in range(len(as_tuples)):
            assert (as_tuples[a] < as_tuples[b]) == (as_parts[a] < as_parts[b])


def test_a_variable_wider_than_a_word_is_refused() -> None:
    """65 bits do not fit; the variable is named."""
    system = TransitionSystem("wide", (Var("huge", Word(65)),), z3.BoolVal(True), ())
    with pytest.raises(ModelError, match="at most 64 bits; huge has more"):
        packing(system)


# --- compiled code --------------------------------------------------------------------------------

SEVEN = "define i64 @seven() {\nret i64 7\n}"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return cache_folder()


def run(code: bytes) -> int:
    from tcpmodel.semantics.native import NUMBER

    return int(Library(code).function("seven", NUMBER)())


def test_what_was_compiled_is_kept(folder: Path) -> None:
    """The second time, the code comes from the file: one that holds other code shows it."""
    assert run(Machine(0).cached(SEVEN)) == 7
    (file,) = folder.glob("*.o")
    other = Machine(0).cached(SEVEN.replace("7", "8"))
    (second,) = set(folder.glob("*.o")) - {file}
    file.write_bytes(second.read_bytes())
    assert Machine(0).cached(SEVEN) == other


@pytest.mark.parametrize("spoilt", [b"", b"x" * 10, b"x" * 4000])
def test_a_damaged_file_is_replaced(folder: Path, spoilt: bytes) -> None:
    """Code whose checksum does not agree is never run."""
    Machine(0).cached(SEVEN)
    (file,) = folder.glob("*.o")
    file.write_bytes(spoilt)
    assert run(Machine(0).cached(SEVEN)) == 7
    assert file.read_bytes() != spoilt


def test_a_cache_that_cannot_be_written_is_no_error(folder: Path) -> None:
    """A file stands where the folder should be."""
    folder.parent.parent.mkdir(parents=True, exist_ok=True)
    folder.parent.write_text("in the way")
    assert run(Machine(0).cached(SEVEN)) == 7


def test_the_cache_does_not_grow_for_ever(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest files go."""
    monkeypatch.setattr("tcpmodel.semantics.jit.KEPT", 3)
    for number in range(6):
        Machine(0).cached(SEVEN.replace("7", str(number)))
    assert len(list(folder.glob("*.o"))) == 3


def test_text_that_llvm_does_not_take_is_an_error_of_ours() -> None:
    """In one line, not as a traceback out of a library."""
    with pytest.raises(EngineError, match="LLVM refuses the generated code"):
        Machine(0).compile("define nonsense")
    with pytest.raises(EngineError, match="no function 'eight'"):
        Library(Machine(0).compile(SEVEN)).address("eight")
