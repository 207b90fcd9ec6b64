"""Formulas typed by hand: what they mean is what Python would compute, and nothing else is read."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from tcpmodel.claims.formula import parse
from tcpmodel.core.epistemic import And, Knows, Not, View, agents, depth, fact
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Kind
from tcpmodel.core.terms import Bool, Counter, Domain, Enumeration, Value, Var, Word
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.scenario import scenario
from tcpmodel.tcp.states import STATES

from .samples import model

CLOCKED = "tw2 rto=3 incarnations=3 width=6"
"""A scenario whose endpoints have all the variables that there are."""


def formula(text: str, scenario_text: str = CLOCKED) -> Any:
    """The z3 term of a formula."""
    return parse(f"always({text})")(model(scenario_text)).formula


def equal(a: Any, b: Any) -> bool:
    """Two formulas mean the same, in every state."""
    solver = z3.Solver()
    solver.add(a != b)
    return bool(solver.check() == z3.unsat)


# --- what is read ---------------------------------------------------------------------------------


def test_the_three_operators() -> None:
    """Always, sometimes, and leads_to with weak and strong fairness, as one name or as a list."""
    here = model(CLOCKED)
    assert parse("always(True)")(here).kind is Kind.ALWAYS
    assert parse("sometimes(A.inc == 2)")(here).kind is Kind.SOMETIMES
    text = (
        "leads_to(A.state == SYN_SENT, A.inc == 2, weak='A CLOSE', strong=['B receives', 'clock'])"
    )
    found = parse(text)(here)
    assert found.kind is Kind.LEADS_TO
    assert (found.weak, found.strong) == (("A CLOSE",), ("B receives", "clock"))
    assert found.target is not None
    assert str(found) == text


def test_infinite_runs() -> None:
    """Eventually, infinitely often, eventually always: one formula, and fairness."""
    here = model(CLOCKED)
    for kind in (Kind.EVENTUALLY, Kind.INFINITELY_OFTEN, Kind.EVENTUALLY_ALWAYS):
        found = parse(f"{kind.value}(A.state == CLOSED, weak=['A CLOSE'], strong='clock')")(here)
        assert (found.kind, found.target, found.premise) == (kind, None, None)
        assert (found.weak, found.strong) == (("A CLOSE",), ("clock",))


def test_the_premise_of_an_implication_survives() -> None:
    """Engines can look for vacuity."""
    found = parse("always(implies(A.state == CLOSING, B.state == CLOSING))")(model(CLOCKED))
    assert found.premise is not None
    assert equal(found.premise, formula("A.state == CLOSING"))


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("A.state == 'FIN-WAIT-1'", "A.state == FIN_WAIT_1"),
        ("FIN_WAIT_1 == A.state", "A.state == FIN_WAIT_1"),
        ("A.state == B.state == CLOSED", "A.state == B.state and B.state == CLOSED"),
        ("1 < A.inc <= 3", "A.inc == 2 or A.inc == 3"),
        ("A.inc + 1 > 3", "A.inc == 3"),
        ("A.inc - 1 < 0", "A.inc == 0"),
        ("A.inc - B.inc - B.inc < 0 - 4", "B.inc == 3 and A.inc < 2"),
        ("A.inc == B.inc + 1", "A.inc - 1 == B.inc"),
        ("A.inc == B.timer", "B.timer == A.inc"),
        ("A.inc < 100", "True"),
        ("A.snd_nxt + 1 == 0", "A.snd_nxt == 63"),
        ("A.snd_nxt < 0", "False"),
        ("not (A.passive or B.passive)", "not A.passive and not B.passive"),
        ("A.passive == False", "not A.passive"),
        ("implies(A.passive, B.passive)", "not A.passive or B.passive"),
        ("ended('B', 'reset')", "B.outcome == 'reset'"),
        (
            "A.state == CLOSED\n\tor A.state == LISTEN",
            "A.state == CLOSED or A.state == LISTEN",
        ),
    ],
)
def test_two_ways_to_say_the_same(text: str, meaning: str) -> None:
    """Names or strings, either side first, chains, whole numbers, numbers mod 2^w, line breaks."""
    assert equal(formula(text), formula(meaning))


@pytest.mark.parametrize(
    ("text", "call"),
    [
        ("inflight('A')", lambda w: w.inflight("A")),
        ("inflight('B', 'SYN', 'ACK')", lambda w: w.inflight("B", "SYN", "ACK")),
        ("nothing_inflight()", lambda w: w.nothing_inflight()),
        ("synchronized('A')", lambda w: w.synchronized("A")),
        ("agrees_with_live_peer('B')", lambda w: w.agrees_with_live_peer("B")),
        ("left_half_open('B')", lambda w: w.left_half_open("B")),
        ("ended('A', 'refused')", lambda w: w.ended("A", "refused")),
    ],
)
def test_helpers_are_those_of_claims(text: str, call: Callable[[Any], Any]) -> None:
    """A helper means what it means in a claim file."""
    assert equal(formula(text), call(model(CLOCKED).world))


def test_a_formula_can_be_asked_of_several_models() -> None:
    """What is read once is built anew for each scenario, which may lack a variable."""
    question = parse("always(A.timer == 0)")
    assert question(model(CLOCKED)).formula is not None
    with pytest.raises(ModelError, match="A has no 'timer'"):
        question(model("rfc9293 incarnations=1 capacity=1"))


def test_reading_changes_nothing_and_warns_of_nothing() -> None:
    """Python's warnings about odd literals are not the user's business (and are errors here)."""
    with pytest.raises(ModelError):
        formula(r"A.state == '\d'")
    with pytest.raises(ModelError):
        formula("A.inc == 1or 2")
    with pytest.raises(ModelError):
        formula("A.inc is 1")


# --- what it means --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Modular:
    """A sequence number as Python would compute with it."""

    value: int
    bits: int

    def _other(self, other: Any) -> int:
        known: int = other.value if isinstance(other, Modular) else other % (1 << self.bits)
        return known

    def __add__(self, other: Any) -> Modular:
        return Modular((self.value + self._other(other)) % (1 << self.bits), self.bits)

    def __sub__(self, other: Any) -> Modular:
        return Modular((self.value - self._other(other)) % (1 << self.bits), self.bits)

    __radd__ = __add__

    def __rsub__(self, other: int) -> Modular:
        return Modular((other - self.value) % (1 << self.bits), self.bits)

    def __eq__(self, other: object) -> bool:
        return self.value == self._other(other)

    def __lt__(self, other: Any) -> bool:
        return self.value < self._other(other)

    def __le__(self, other: Any) -> bool:
        return self.value <= self._other(other)

    def __gt__(self, other: Any) -> bool:
        return self.value > self._other(other)

    def __ge__(self, other: Any) -> bool:
        return self.value >= self._other(other)

    __hash__ = None  # type: ignore[assignment]


VARIABLES = {
    f"{agent}.{name}": var
    for agent, tcb in model(CLOCKED).world.tcbs.items()
    for name, var in tcb.items()
}
ORDERS = ("==", "!=", "<", "<=", ">", ">=")


def of(kind: type, *more: str) -> st.SearchStrategy[str]:
    """The name of a variable of a kind of domain."""
    names = [n for n, v in VARIABLES.items() if isinstance(v.domain, kind)]
    return st.sampled_from([*names, *more])


def sums(kind: type, top: int) -> st.SearchStrategy[str]:
    """Sums and differences of variables of a kind of domain and of constants."""
    leaves = of(kind) | st.integers(0, top).map(str)
    return st.recursive(
        leaves,
        lambda part: st.builds("({} {} {})".format, part, st.sampled_from("+-"), part),
        max_leaves=4,
    )


def comparisons() -> st.SearchStrategy[str]:
    """Comparisons, chains among them, of values of one kind; one is a variable for sure."""

    def chain(
        values: st.SearchStrategy[str], first: st.SearchStrategy[str], orders: tuple[str, ...]
    ) -> st.SearchStrategy[str]:
        order = st.sampled_from(orders)
        twice = st.builds("{} {} {}".format, first, order, values)
        return twice | st.builds("{} {} {}".format, values, order, first)

    states = of(Enumeration, *STATES).filter(lambda n: not n.endswith("outcome"))
    return st.one_of(
        chain(sums(Counter, 9), of(Counter), ORDERS),
        chain(sums(Word, 63), of(Word), ORDERS),
        st.builds("{} < {} <= {}".format, of(Counter), sums(Counter, 9), of(Counter)),
        st.builds("{} == {} != {}".format, states, st.just("A.state"), states),
        chain(states, st.just("B.state"), ORDERS[:2]),
        chain(st.sampled_from(["'reset'", "B.outcome"]), st.just("A.outcome"), ORDERS[:2]),
        chain(of(Bool, "True", "False"), of(Bool), ORDERS[:2]),
    )


FORMULAS = st.recursive(
    comparisons() | of(Bool, "True", "False"),
    lambda part: st.one_of(
        st.builds("({} and {})".format, part, part),
        st.builds("({} or {} or {})".format, part, part, part),
        st.builds("(not {})".format, part),
        st.builds("implies({}, {})".format, part, part),
    ),
    max_leaves=8,
)


def values(domain: Domain) -> st.SearchStrategy[Value]:
    """The values of a domain."""
    return st.integers(0, domain.size - 1).map(domain.decode)


def python_value(domain: Domain, value: Value) -> Any:
    return Modular(int(value), domain.bits) if isinstance(domain, Word) else value


def python_names(state: dict[str, Value]) -> dict[str, Any]:
    """The names of formulas, for Python's own evaluation."""
    ends: dict[str, Any] = {"A": SimpleNamespace(), "B": SimpleNamespace()}
    for name, var in VARIABLES.items():
        agent, _, field = name.partition(".")
        setattr(ends[agent], field, python_value(var.domain, state[name]))
    names = {name: name.replace("_", "-") for name in STATES}
    return {**ends, **names, "implies": lambda a, b: not a or b}


def evaluate(term: Any, state: dict[str, Value]) -> bool:
    """A term in a state, by z3."""
    put = [(v.term, v.domain.term(state[n])) for n, v in VARIABLES.items()]
    return bool(z3.is_true(z3.simplify(z3.substitute(term, *put))))


STATES_OF_THE_WORLD = st.fixed_dictionaries({n: values(v.domain) for n, v in VARIABLES.items()})


@settings(max_examples=300)
@given(FORMULAS, st.lists(STATES_OF_THE_WORLD, min_size=3, max_size=3))
def test_a_formula_means_what_python_computes(text: str, states: list[dict[str, Value]]) -> None:
    """On random states, counters as whole numbers, sequence numbers mod 2^w."""
    term = formula(text)
    for state in states:
        assert evaluate(term, state) == bool(eval(text, python_names(state))), state


@given(st.sampled_from(ORDERS), st.integers(-3, 6), st.integers(0, 3))
def test_counters_do_not_wrap(order: str, shift: int, value: int) -> None:
    """`A.inc - 1 < 0` has the sense of arithmetic, not of bit patterns."""
    compare = getattr(
        operator, dict(zip(ORDERS, ("eq", "ne", "lt", "le", "gt", "ge"), strict=True))[order]
    )
    sign = "-" if shift < 0 else "+"
    state = {n: v.domain.decode(0) for n, v in VARIABLES.items()} | {"A.inc": value}
    term = formula(f"A.inc {sign} {abs(shift)} {order} B.inc + 1")
    assert evaluate(term, state) == compare(value + shift, 1)


# --- what is not read -----------------------------------------------------------------------------

PIECES = st.sampled_from(
    [
        "always(", "sometimes(", "leads_to(", "implies(", "inflight('A'", "weak=[", "not ", " and ",
        " or ", " == ", " < ", " + ", "-", "(", ")", "]", ", ", "A.state", "B.snd_nxt", "A.passive",
        "A.inc", "CLOSED", "True", "None", "7", "'SYN'", "lambda:", "[", "{", "}", ":=", "*", "**",
        "f'{A}'", "__import__", "A.__class__", " if ", " else ", " in ", " is ", "\n", "\\", "#",
        "é", "0x", "1e9", "1j", "...", "yield ", "await ", "\x00", "\ud800", "9" * 5000, " " * 200,
    ]
)  # fmt: skip


@settings(max_examples=400)
@given(st.lists(PIECES, max_size=25).map("".join) | st.text(max_size=60))
def test_whatever_is_typed_is_a_property_or_a_model_error(text: str) -> None:
    """No text makes anything else happen, with or without an operator around it."""
    for typed in (text, f"always({text})", f"leads_to(A.passive, {text}"):
        said = ""
        try:
            assert z3.is_bool(parse(typed)(model(CLOCKED)).formula)
        except ModelError as error:
            said = str(error)
        assert len(said.splitlines()) in (0, 1, 3)


TIMED = "linux roles=alone data=1"
TEXT = "rfc9293 data=2 receiver=slow"
FORGED = "rfc9293 adversary=off_path forgeries=1"


@pytest.mark.parametrize(
    ("scenario_text", "text", "call"),
    [
        (TIMED, "gave_up_after('A', 127)", lambda w: w.gave_up_after("A", 127)),
        (TIMED, "gave_up_before('A', 180)", lambda w: w.gave_up_before("A", 180)),
        (TIMED, "last_sent_at('A', 0, 1, 3)", lambda w: w.last_sent_at("A", 0, 1, 3)),
        (TIMED, "sent_again('A', 3)", lambda w: w.sent_again("A", 3)),
        (FORGED, "swayed('B')", lambda w: w.swayed("B")),
        (FORGED, "swayed('B', 'attempt')", lambda w: w.swayed("B", "attempt")),
        (TEXT, "delivered_twice('B')", lambda w: w.delivered_twice("B")),
        (TEXT, "gets_a_prefix('B')", lambda w: w.gets_a_prefix("B")),
        (TEXT, "has_unacknowledged('A', 2)", lambda w: w.has_unacknowledged("A", 2)),
        (TEXT, "sent_all('A')", lambda w: w.sent_all("A")),
        (TEXT, "acknowledged_is_taken('A')", lambda w: w.acknowledged_is_taken("A")),
        (TEXT, "text_beyond_fin('A')", lambda w: w.text_beyond_fin("A")),
        (TEXT, "believes_window_closed('A')", lambda w: w.believes_window_closed("A")),
    ],
)
def test_helpers_of_text_time_and_attack(
    scenario_text: str, text: str, call: Callable[[Any], Any]
) -> None:
    """They are those of claims, too, where the scenario has what they speak of."""
    world = model(scenario_text).world
    found = parse(f"always({text})")(model(scenario_text))
    assert equal(found.formula, call(world))


@pytest.mark.parametrize(
    ("scenario_text", "text", "complaint"),
    [
        (TIMED, "gave_up_after('A', 'soon')", "expected a number"),
        (TIMED, "gave_up_after('A', True)", "expected a number"),
        (TIMED, "gave_up_after('A')", "takes 'A' or 'B', then ticks"),
        (TIMED, "gave_up_after(3, 3)", "expected a name in quotes"),
        (TIMED, "gave_up_after('C', 3)", "there is no endpoint 'C'"),
        ("rfc9293", "gave_up_after('A', 3)", "counts no ticks in this scenario"),
        ("rfc9293", "sent_again('A', 3)", "counts no retransmissions in this scenario"),
        ("rfc9293", "swayed('A')", "has no 'swayed' in this scenario"),
        ("rfc9293", "sent_all('A', 'B')", "sent_all takes 'A' or 'B'"),
        (TEXT, "ended('A', 3)", "expected a name in quotes"),
    ],
)
def test_helpers_are_refused_where_they_make_no_sense(
    scenario_text: str, text: str, complaint: str
) -> None:
    """A wrong argument and a scenario without what a helper speaks of are told apart."""
    with pytest.raises(ModelError, match=re.escape(complaint)):
        parse(f"always({text})")(model(scenario_text))


def test_more_octets_than_there_are_numbers_are_never_unacknowledged() -> None:
    """A count beyond 2^w is not taken mod 2^w."""
    found = parse("always(has_unacknowledged('A', 32))")(model(TEXT))
    assert equal(found.formula, z3.BoolVal(False))


@pytest.mark.parametrize("opening", ["(", "[", "not ", "-", "A.", "always(", "lambda:", "{1:"])
def test_depth_is_no_weapon(opening: str) -> None:
    """Thousands of nested parts are refused, not a crash."""
    for count in (100, 1000, 9000 // len(opening)):
        with pytest.raises(ModelError):
            parse(f"always({opening * count}True)")


def test_a_variable_for_every_kind_of_domain() -> None:
    """The tests above speak about all kinds of variables."""
    kinds = {type(var.domain) for var in VARIABLES.values() if isinstance(var, Var)}
    assert kinds == {Bool, Counter, Enumeration, Word}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("within(A.state == TIME_WAIT, A.state == CLOSED)", "say how many ticks"),
        ("within(A.state == TIME_WAIT, A.state == CLOSED, ticks=-1)", "ticks are a number"),
        ("within(A.state == TIME_WAIT, A.state == CLOSED, ticks=A.inc)", "ticks are a number"),
        ("within(A.state == TIME_WAIT, ticks=2)", "within takes 2 formulas"),
        ("knows(A.state == CLOSED)", "knows takes an agent and a formula"),
        ("knows('C', A.state == CLOSED)", "there is no endpoint 'C'"),
        ("knows('B', A.state == CLOSED, weak=['A CLOSE'])", "knows has no option weak"),
        ("knows('B', A.state == CLOSED, view='all')", "a view is state or recall or events"),
        ("knows('B', knows('C', A.state == CLOSED))", "there is no endpoint 'C'"),
        ("knows('B', knows('A', A.inc == 1, when=A.inc == 1))", "knows has no option when"),
        ("always(knows('A'))", "knows takes an agent and a formula"),
        ("always(common_knowledge('A', A.inc == 1))", "common_knowledge takes a formula"),
        ("sometimes(knows('A', A.inc == 1))", "knowledge stands in always"),
        ("knows('A', A.inc == 1, when=knows('B', A.inc == 1))", "knowledge stands in always"),
        ("always(A.inc == 1, view='state')", "nobody knows anything here"),
        ("always(implies(A.inc == 1, know('A', B.inc == 1)))", "did you mean knows"),
    ],
)
def test_bounded_response_and_knowledge_are_read_with_care(text: str, message: str) -> None:
    """`within` needs its ticks, `knows` its agent; the column is pointed at."""
    with pytest.raises(ModelError, match=message) as refused:
        parse(text)(compose(scenario("tw2 incarnations=1")))
    assert "^" in str(refused.value)


def test_bounded_response_and_knowledge_are_properties() -> None:
    """What is read is what the engines are asked."""
    timed = compose(scenario("tw2 incarnations=1"))
    late = parse("within(A.state == TIME_WAIT, A.state == CLOSED, ticks=2)")(timed)
    assert (late.kind, late.ticks) == (Kind.WITHIN, 2)
    told = parse("knows('B', A.inc == 1, when=B.state == SYN_RECEIVED)")(timed)
    assert told.kind is Kind.KNOWS
    assert told.fact is not None
    assert agents(told.fact) == ["B"]


def test_knowledge_nests_in_formulas() -> None:
    """Connectives go between states and knowledge alike; an implication's premise about states is
    what calls for the rest.
    """
    model = compose(scenario("rfc9293 incarnations=1"))
    text = (
        "always(implies(B.state == ESTABLISHED, knows('B', A.inc == 1 and not everyone_knows("
        "common_knowledge(A.inc == 1) or knows_whether('A', works('B'))))), view='events')"
    )
    told = parse(text)(model)
    assert (told.kind, told.view) == (Kind.KNOWS, View.EVENTS)
    assert told.premise is not None
    assert told.premise.eq(model.world.B.state == STATES["ESTABLISHED"])
    assert isinstance(told.fact, Knows)
    inner = told.fact.fact
    assert isinstance(inner, And)
    assert isinstance(inner.parts[1], Not)
    assert depth(told.fact) == float("inf")
    assert depth(fact(inner.parts[0])) == 0
    plain = parse("always(implies(A.inc == 1, B.inc == 1))")(model)
    assert (plain.kind, plain.fact) == (Kind.ALWAYS, None)
