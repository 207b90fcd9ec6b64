"""Terms, domains, variables: values in and out, and what can be asked of a term."""

from __future__ import annotations

import pytest
import z3
from hypothesis import given
from hypothesis import strategies as st

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import (
    Bool,
    Counter,
    Domain,
    Enumeration,
    FreeVariables,
    Substitution,
    Term,
    Value,
    Var,
    Word,
    all_of,
    any_of,
    conjunction,
    conjuncts,
    fits,
    if_else,
    implies,
    none_of,
)

COLOUR = Enumeration("colour", ("red", "green", "blue"))
DOMAINS: list[Domain] = [
    Bool(),
    Word(1),
    Word(4),
    Counter(0),
    Counter(5),
    Counter(7),
    COLOUR,
    Enumeration("only", ("one",)),
]

a, b, c = z3.Bools("a b c")
x, y = z3.BitVecs("x y", 4)


def same(one: Term, other: Term) -> bool:
    """Whether two truth values are equivalent, as the solver sees it."""
    solver = z3.Solver()
    solver.add(one != other)
    return bool(solver.check() == z3.unsat)


# --- domains --------------------------------------------------------------------------------------


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_every_code_stands_for_one_value_and_back(domain: Domain) -> None:
    """`decode` and `encode` are inverse to each other, and all codes fit into the bits."""
    values = [domain.decode(code) for code in range(domain.size)]
    assert len(set(values)) == domain.size <= 2**domain.bits
    assert [domain.encode(value) for value in values] == list(range(domain.size))


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_the_term_of_a_value_is_its_code(domain: Domain) -> None:
    """Engines see codes of the domain's sort, people see values."""
    for code in range(domain.size):
        term = domain.term(domain.decode(code))
        assert term.sort() == domain.sort
        assert (z3.is_true(term) if z3.is_bool(term) else term.as_long()) == code


@pytest.mark.parametrize(
    ("domain", "value", "expected"),
    [
        (Bool(), 1, "expected true or false, not 1"),
        (Bool(), "true", "expected true or false, not 'true'"),
        (Word(4), 16, "expected a number from 0 to 15, not 16"),
        (Word(4), -1, "expected a number from 0 to 15, not -1"),
        (Word(4), "3", "expected a number from 0 to 15, not '3'"),
        (Counter(5), 6, "expected a number from 0 to 5, not 6"),
        (Counter(5), "two", "expected a number from 0 to 5, not 'two'"),
        (COLOUR, "pink", "colour has no value 'pink'; it has red, green, blue"),
        (COLOUR, 0, "colour has no value 0; it has red, green, blue"),
    ],
    ids=str,
)
def test_an_impossible_value_is_refused_and_named(
    domain: Domain, value: Value, expected: str
) -> None:
    """A value outside its domain is the author's mistake, told in the author's terms."""
    with pytest.raises(ModelError) as refused:
        domain.encode(value)
    assert str(refused.value) == expected
    with pytest.raises(ModelError):
        domain.term(value)


def test_a_variable_is_one_constant_of_the_sort_of_its_domain() -> None:
    """Two mentions of a variable are the same term: the name is all that counts."""
    one, two = Var("n", Counter(5)), Var("n", Counter(5))
    assert one.term.eq(two.term)
    assert one.term.sort() == z3.BitVecSort(3)
    assert Var("p", Bool()).term.sort() == z3.BoolSort()


# --- conjunctions and implications ----------------------------------------------------------------


def test_a_conjunction_comes_apart_into_its_flat_parts() -> None:
    """However the conjunctions are nested, the parts come in the order in which they stand."""
    nested = z3.And(z3.And(a, z3.And(b)), z3.BoolVal(True), z3.Or(a, c), z3.And(c, a))
    assert [str(part) for part in conjuncts(nested)] == ["a", "b", "Or(a, c)", "c", "a"]
    assert list(conjuncts(z3.BoolVal(True))) == []


def test_conjunction_is_the_inverse_of_conjuncts() -> None:
    """No parts make true, one part stays itself, more become one flat conjunction."""
    assert z3.is_true(conjunction([]))
    assert z3.is_true(conjunction([z3.BoolVal(True), z3.And()]))
    assert conjunction([a]).eq(a)
    both = conjunction([z3.And(a, b), z3.And(b, c)])
    assert [str(child) for child in both.children()] == ["a", "b", "b", "c"]
    assert same(both, z3.And(a, b, c))


def test_an_implication_stays_one() -> None:
    """Engines look for its premise to tell whether a claim is vacuous."""
    term = implies(a, b)
    assert z3.is_implies(term)
    assert term.arg(0).eq(a)


def test_all_any_none() -> None:
    """The words of a claim mean what they say, for no terms as well."""
    assert same(all_of(a, b), z3.And(a, b))
    assert same(any_of(a, b), z3.Or(a, b))
    assert same(none_of(a, b), z3.And(z3.Not(a), z3.Not(b)))
    assert same(all_of(), z3.BoolVal(True))
    assert same(any_of(), z3.BoolVal(False))
    assert same(none_of(), z3.BoolVal(True))


# --- free variables -------------------------------------------------------------------------------


def test_free_variables_are_names_not_numbers() -> None:
    """Constants such as 3 and true are not variables."""
    free = FreeVariables()
    assert free(z3.And(a, x + 3 == y)) == {"a", "x", "y"}
    assert free(z3.BitVecVal(3, 4)) == frozenset()
    assert free(z3.BoolVal(True)) == frozenset()


def test_free_variables_of_a_term_that_would_fill_the_world_if_written_out() -> None:
    """A term whose tree has 2^5000 leaves is only 5000 operators: subterms are looked at once,
    and depth is no problem either.
    """
    term = x
    for _ in range(5000):
        term = term + term
    assert FreeVariables()(term + y) == {"x", "y"}


def test_one_memo_serves_many_terms() -> None:
    """Terms that come and go do not confuse the memo, although z3 uses their numbers again."""
    free = FreeVariables()
    for i in range(2000):
        assert free(z3.BitVec(f"v{i}", 4) + 1 == x) == {f"v{i}", "x"}


# --- substitution ---------------------------------------------------------------------------------


@st.composite
def terms(draw: st.DrawFn) -> Term:
    """A truth value over a, b, x, y, built bottom up so that subterms are shared."""
    words: list[Term] = [x, y, z3.BitVecVal(draw(st.integers(0, 15)), 4)]
    truths: list[Term] = [a, b]
    for _ in range(draw(st.integers(0, 12))):
        p, q = draw(st.sampled_from(truths)), draw(st.sampled_from(truths))
        s, t = draw(st.sampled_from(words)), draw(st.sampled_from(words))
        words.append(draw(st.sampled_from([s + t, s * t, s & t, ~s, z3.If(p, s, t)])))
        made = [s == t, z3.ULT(s, t), z3.And(p, q), z3.Or(p, q), z3.Not(p), z3.Implies(p, q)]
        truths.append(draw(st.sampled_from(made)))
    return truths[-1]


@given(terms(), terms(), terms())
def test_substitution_is_what_z3_does(term: Term, for_a: Term, for_b: Term) -> None:
    """The prepared substitution gives the very term that `z3.substitute` gives."""
    pairs = [(a, for_a), (b, for_b), (x, y + 1), (y, x)]
    assert Substitution(pairs)(term).eq(z3.substitute(term, *pairs))


def test_substitution_replaces_all_at_once() -> None:
    """Exchanging two variables does not lose one of them."""
    swap = Substitution([(x, y), (y, x)])
    assert swap(x - y).eq(y - x)
    assert swap(swap(x - y)).eq(x - y)
    assert Substitution([])(x).eq(x)


def test_a_term_of_another_sort_cannot_be_substituted() -> None:
    """A word does not stand for a truth value, nor for a wider word."""
    with pytest.raises(ModelError, match="x cannot stand for a: it is of another sort"):
        Substitution([(a, x)])
    with pytest.raises(ModelError, match="of another sort"):
        Substitution([(x, z3.BitVec("wide", 5))])


# --- what is quicker than z3's own ----------------------------------------------------------------

TERMS = [a, z3.Not(b), z3.BoolVal(True), x, x + y, z3.BitVecVal(5, 4), z3.BitVec("z", 3)]


@pytest.mark.parametrize("then", TERMS, ids=str)
@pytest.mark.parametrize("otherwise", TERMS, ids=str)
def test_a_choice_is_that_of_z3(then: Term, otherwise: Term) -> None:
    """Of one sort, the same term; of two, refused."""
    if then.sort() == otherwise.sort():
        made, usual = if_else(c, then, otherwise), z3.If(c, then, otherwise)
        assert made.eq(usual)
        assert type(made) is type(usual)
    else:
        with pytest.raises(z3.Z3Exception):
            if_else(c, then, otherwise)


@pytest.mark.parametrize("domain", DOMAINS, ids=str)
def test_a_term_fits_a_domain_of_its_sort(domain: Domain) -> None:
    """And nothing else does, a Python value least of all."""
    for term in TERMS:
        assert fits(term, domain) == (term.sort() == domain.sort)
    for other in (True, 1, "red", None):
        assert not fits(other, domain)


@pytest.mark.parametrize("term", TERMS, ids=str)
@pytest.mark.parametrize("value", TERMS, ids=str)
def test_what_is_put_in_is_as_z3_sees_it(term: Term, value: Term) -> None:
    """A number stays a number that can be read, also where a variable stood."""
    for old in (a, x):
        if old.sort() == value.sort():
            made, usual = Substitution([(old, value)])(term), z3.substitute(term, (old, value))
            assert made.eq(usual)
            assert type(made) is type(usual)
