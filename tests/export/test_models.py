"""What an exported model looks like, and what is refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

import pytest
import z3

from tcpmodel.claims.formula import parse
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import Property, always, knows, leads_to, sometimes
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Counter, Enumeration, Var, Word
from tcpmodel.export.promela import promela
from tcpmodel.export.registry import LANGUAGES
from tcpmodel.export.smtlib import smtlib
from tcpmodel.export.tla import tla
from tcpmodel.semantics.expression import OPERATORS
from tcpmodel.tcp.compose import Model, compose
from tcpmodel.tcp.scenario import scenario
from tests.engines.toys import at, bag, counting, graph, jugs

Text: TypeAlias = Callable[[TransitionSystem, Property], str]


def tla_text(system: TransitionSystem, question: Property) -> str:
    return tla(system, question)[".tla"]


TEXTS: dict[str, Text] = {"promela": promela, "tla": tla_text, "smtlib": smtlib}
every_text = pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
FORMULA = "always(implies(B.state == ESTABLISHED, A.state != CLOSED))"


@pytest.fixture(scope="module")
def model() -> Model:
    return compose(scenario("flags_only incarnations=1"))


@every_text
def test_a_model_says_what_it_is(text: Text, model: Model) -> None:
    """Scenario, property, assumptions, how to run it; each action by its name, with its sentence
    and its sources.
    """
    found = text(model.system, parse(FORMULA)(model))
    plain = " ".join(re.sub(r"^ *(\*|\\\*|;|/\*)", "", found, flags=re.MULTILINE).split())
    assert model.system.name in plain
    assert FORMULA in plain
    assert "Run:" in plain
    for topic, words in model.system.assumptions.items():
        assert f"{topic}: {words}" in plain
    for action in model.system.actions:
        assert f"{action.name}: {action.says}" in plain
        assert "; ".join(action.cites) in plain


@pytest.mark.parametrize("text", [promela, tla_text], ids=["promela", "tla"])
def test_names_are_readable(text: Text, model: Model) -> None:
    """Variables and actions keep their names as far as the language has them; states and control
    bits are called what the RFC calls them.
    """
    found = text(model.system, parse(FORMULA)(model))
    for name in ("A_state", "A_to_B_0_ctl", "A_closed_active_open", "B_syn_received_receives_ack"):
        assert re.search(rf"\b{name}", found)
    assert re.search(r"B_state (==|=) ESTABLISHED", found)
    assert re.search(r"\bSYN_ACK\b.*A_to_B|A_to_B.*\bSYN_ACK\b", found)


def test_names_do_not_collide() -> None:
    """What two variables would both be called is told apart; words of the language are left alone;
    so are names of values.
    """
    kind = Enumeration("kind", ("end", "n0", "-"))
    names = ("a.b", "a[b]", "timeout", "now", "Init", "n0", "0")
    variables = tuple(Var(name, kind) for name in names)
    start = z3.And([v.term == 0 for v in variables])
    system = TransitionSystem("clashes", variables, start, (Action("do", (), {}),))
    seen = z3.And([v.term == 0 for v in variables])
    found = promela(system, always(seen))
    declared = re.findall(r"^unsigned (\w+) :", found, re.MULTILINE)
    assert declared == ["a_b", "a_b_2", "timeout_2", "now_2", "Init", "n0", "n0_2"]
    assert re.findall(r"^#define (\w+) \d", found, re.MULTILINE) == ["end_2", "n0_3", "no_kind"]
    assert "inline do_2()" in found
    assert re.search(r"^ +Init_2,", tla_text(system, always(seen)), re.MULTILINE)


def test_only_what_matters_is_exported(model: Model) -> None:
    """As our own search does: what neither a guard nor the property reads is no part of a state."""
    question = parse("always(A.state != CLOSING)")(model)
    assert "outcome" not in promela(model.system, question)
    about = parse("always(not ended('A', 'refused'))")(model)
    assert "A_outcome" in promela(model.system, about)


def test_a_bag_is_sorted_and_a_queue_is_not(model: Model) -> None:
    """Both languages are told that slots are interchangeable; otherwise they would count more."""
    question = parse(FORMULA)
    queue = compose(scenario("flags_only incarnations=1 channel=fifo"))
    assert "inline sort_A_to_B()" in promela(model.system, question(model))
    assert "SortSeq" in tla_text(model.system, question(model))
    assert "sort" not in promela(queue.system, question(queue))
    assert "SortSeq" not in tla_text(queue.system, question(queue))


def test_a_property_that_tells_slots_apart_is_refused() -> None:
    """Its verdict would depend on how they happen to stand."""
    system = bag(2)
    left = system.variables[0].term
    for text in TEXTS.values():
        with pytest.raises(ModelError, match="apart"):
            text(system, always(left == 0))


def test_fairness_is_that_of_groups() -> None:
    """Weak and strong fairness of a group of actions is WF and SF of their disjunction."""
    system = graph([(0, 1, "on"), (1, 0, "back"), (0, 2, "on")])
    found = tla(system, leads_to(at(0), at(2), weak=("back",), strong=("on",)))
    assert found[".cfg"] == "SPECIFICATION Spec\nPROPERTY Property\n"
    assert "WF_vars(group_back)" in found[".tla"]
    assert "SF_vars(group_on)" in found[".tla"]
    group = found[".tla"].split("group_on ==\n")[1].split("\n\n")[0]
    assert group.split() == ["\\/", "n0_0_1", "\\/", "n2_0_2"]
    with pytest.raises(ModelError, match="no group"):
        tla(system, leads_to(at(0), at(2), weak=("off",)))


def test_the_initial_states_are_all_there() -> None:
    """TLA+ may begin in several states, a process of Promela in one."""
    system = graph([(0, 1), (2, 1)], starts=(0, 2))
    assert tla_text(system, always(at(0, 1, 2))).count("\\/ /\\ n_2 =") == 2
    with pytest.raises(ModelError, match="starts in one state; graph has 2"):
        promela(system, always(at(0, 1, 2)))


@pytest.mark.parametrize(
    ("text", "question", "reason"),
    [
        (promela, leads_to(at(0), at(1)), "leads_to"),
        (smtlib, leads_to(at(0), at(1)), "leads_to"),
        (promela, knows("A", at(0), when=at(1)), "knows"),
        (tla_text, knows("A", at(0), when=at(1)), "knows"),
    ],
)
def test_what_cannot_be_said_is_refused(text: Text, question: Property, reason: str) -> None:
    """By name, and not exported as something else."""
    with pytest.raises(ModelError, match=reason):
        text(graph([(0, 1)]), question)


@every_text
def test_a_history_is_no_state(text: Text) -> None:
    """Nothing but bounded search settles a history channel."""
    model = compose(scenario("rfc9293 channel=history"))
    with pytest.raises(ModelError, match="history"):
        text(model.system, parse(FORMULA)(model))


def test_every_language_has_the_operators_of_the_interpreter() -> None:
    """Whatever can be searched can be exported."""
    from tcpmodel.export import promela as one
    from tcpmodel.export import tla_operators as other

    assert one.OPERATORS.keys() == OPERATORS.keys()
    assert other.OPERATORS.keys() | other.BITWISE.keys() == OPERATORS.keys()


def test_a_module_is_called_like_its_file() -> None:
    """TLA+ insists; a name that cannot be one is refused."""
    found = LANGUAGES["tla"](counting(3), always(z3.BoolVal(True)), "Handshake")
    assert found[".tla"].startswith("---- MODULE Handshake ----\n")
    with pytest.raises(ModelError, match="no name of a TLA"):
        tla(counting(3), always(z3.BoolVal(True)), "two-way")


# --- Horn clauses ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("system", "question", "answer"),
    [
        (counting(5), always(z3.ULE(z3.BitVec("x", 4), 5)), z3.sat),
        (counting(5), always(z3.ULE(z3.BitVec("x", 4), 4)), z3.unsat),
        (counting(5), sometimes(z3.BitVec("x", 4) == 5), z3.unsat),
        (jugs(), always(z3.BitVec("big", 3) != 4), z3.unsat),
        (jugs(), always(z3.ULE(z3.BitVec("big", 3), 5)), z3.sat),
    ],
)
def test_horn_clauses_have_a_solution_if_the_property_holds(
    system: TransitionSystem, question: Property, answer: object
) -> None:
    """z3 reads what we write, from nothing but the text, and settles it."""
    solver = z3.SolverFor("HORN")
    solver.from_string(smtlib(system, question))
    assert solver.check() == answer


def test_horn_clauses_start_within_the_ranges() -> None:
    """A counter from 0 to 4 that may start anywhere starts nowhere else."""
    x = Var("x", Counter(4))
    system = TransitionSystem("anywhere", (x,), z3.BoolVal(True), (Action("stay", (), {}),))
    solver = z3.SolverFor("HORN")
    solver.from_string(smtlib(system, always(z3.ULE(x.term, 4))))
    assert solver.check() == z3.sat


def test_horn_clauses_of_a_scenario_are_well_formed(model: Model) -> None:
    """One rule for the start, one for all steps, one for the property."""
    solver = z3.SolverFor("HORN")
    solver.from_string(smtlib(model.system, parse(FORMULA)(model)))
    assert len(solver.assertions()) == 3


# --- words ----------------------------------------------------------------------------------------


def test_a_word_of_32_bits_is_an_int() -> None:
    """And its constants are signed: Promela has no others."""
    x = Var("x", Word(32))
    down = Action("down", (), {"x": x.term - 1})
    system = TransitionSystem("wide", (x,), x.term == (1 << 31), (down,))
    found = promela(system, always(x.term != (1 << 32) - 1))
    assert "int x = (-2147483647 - 1);" in found
    assert "x != (-2147483647" not in found
    assert "(x != (0 - 1))" in found
