"""What earlier runs found out is believed as long as nothing that it depends on has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import z3

from tcpmodel.core import cone as reduction
from tcpmodel.core import known
from tcpmodel.core.cone import cone
from tcpmodel.core.errors import ModelError
from tcpmodel.core.property import always
from tcpmodel.core.system import Action, TransitionSystem
from tcpmodel.core.terms import Counter, Var
from tcpmodel.engines import native
from tcpmodel.semantics.model_code import model_code
from tcpmodel.tcp.compose import compose
from tcpmodel.tcp.faults import Fault
from tcpmodel.tcp.scenario import scenario

SMALL = "rfc9293 incarnations=1"


@pytest.fixture(autouse=True)
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nothing is known yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return known.folder("systems")


def test_a_digest_tells_its_parts_apart() -> None:
    """Parts that only together are the same text have other names."""
    parts = [("ab", "c"), ("a", "bc"), ("abc",), ("abc", ""), ("a\0b", "c"), ("a", "b\0c")]
    assert len({known.digest(*p) for p in parts}) == len(parts)


def test_the_program_is_named_by_its_sources(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One other character in any file makes it another program; without files there is none."""
    package = tmp_path / "package"
    (package / "core").mkdir(parents=True)
    (package / "semantics").mkdir()
    monkeypatch.setattr(known, "__file__", str(package / "core" / "known.py"))
    names = []
    for file in ("", "core/a.py", "semantics/kernel.ll", "semantics/kernel.ll"):
        if file:
            with (package / file).open("a") as stream:
                stream.write("x")
        known.program.cache_clear()
        names.append(known.program())
    known.program.cache_clear()
    assert names[0] == ""
    assert len(set(names)) == len(names)


def broken(origin: str) -> TransitionSystem:
    """A counter that leaves its range."""
    n = Var("n", Counter(2))
    more = Action("more", (), {"n": n.term + 1})
    return TransitionSystem.known(
        origin, name="n", variables=(n,), init=n.term == 0, actions=(more,)
    )


def test_only_what_was_validated_is_trusted(empty: Path) -> None:
    """What did not pass is refused again; a stamp is needed to pass unseen, and a whole one."""
    for _ in range(2):
        with pytest.raises(ModelError, match="outside its range"):
            broken("one")
    assert not list(empty.glob("*"))
    known.keep(empty / "one.valid", b"n")
    assert broken("one").origin == "one"
    with pytest.raises(ModelError, match="outside its range"):
        broken("two")
    (empty / "one.valid").write_bytes(b"damaged")
    with pytest.raises(ModelError, match="outside its range"):
        broken("one")
    known.keep(empty / ".valid", b"n")
    with pytest.raises(ModelError, match="outside its range"):
        broken("")


def test_a_system_that_is_known_is_the_same(empty: Path) -> None:
    """Whether it was validated just now or earlier."""
    first, second = (compose(scenario(SMALL)).system for _ in range(2))
    assert len(list(empty.glob("*.valid"))) == 1
    assert first.origin == second.origin != ""
    assert first == second


def test_whatever_is_changed_has_no_origin() -> None:
    """A system with another part is another one; one with a fault is validated every time."""
    model = compose(scenario(SMALL))
    assert replace(model.system, actions=model.system.actions[1:]).origin == ""
    assert model.system.part(watches={}).origin == ""
    fault = Fault("listen_receives_syn", "delete")
    assert compose(scenario(SMALL), fault).system.origin == ""
    others = ("rfc9293", "rfc9293 incarnations=1 width=4", "rfc793 incarnations=1")
    origins = {compose(scenario(text)).system.origin for text in (SMALL, *others)}
    assert len(origins) == 4


def test_a_cone_is_the_same_when_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """And is computed once per system and formulas."""
    counted = []
    influence = reduction._influence

    def counting(*arguments: object) -> set[str]:
        counted.append(arguments)
        return influence(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(reduction, "_influence", counting)
    world = compose(scenario(SMALL)).world
    asked = [z3.BoolVal(True), world.left_half_open("B"), world.agrees_with_live_peer("A")]
    for formula in asked:
        first, second = (cone(compose(scenario(SMALL)).system, [formula]) for _ in range(2))
        assert first == second
        assert first.origin == second.origin
    assert len(counted) == len(asked)


def test_code_is_not_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another property, another scenario or a system of unknown origin needs code of its own."""
    made = []

    def counting(*arguments: object) -> str:
        made.append(arguments)
        return model_code(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(native, "model_code", counting)
    expected = 0
    for text in (SMALL, "rfc9293 incarnations=1 width=4"):
        model = compose(scenario(text))
        formulas = (z3.BoolVal(True), z3.Not(model.world.left_half_open("B")))
        for formula in formulas:
            question = always(formula)
            results = [native.check(model.system, question) for _ in range(2)]
            expected += 1
            assert len(made) == expected
            for told in ("verdict", "trace", "states", "transitions", "evidence"):
                assert getattr(results[0], told) == getattr(results[1], told)
        unknown = replace(model.system, name="another")
        fresh = native.check(unknown, always(formulas[0]))
        expected += 1
        assert len(made) == expected
        assert fresh.states == native.check(model.system, always(formulas[0])).states


@pytest.mark.parametrize("depth", [1, 20, 400])
def test_formulas_are_told_apart_by_their_text(depth: int) -> None:
    """However deep the difference lies: no part of a formula is left out of its text."""

    def deep(leaf: str) -> str:
        term = z3.BitVec(leaf, 8)
        for number in range(depth):
            term = z3.If(z3.Bool(f"p{number}"), term + 1, z3.BitVec(f"x{number}", 8))
        return str(term.sexpr())

    wide = [z3.And(*z3.Bools(" ".join(f"p{n}" for n in range(depth))), z3.Bool(x)) for x in "uv"]
    assert deep("u") != deep("v")
    assert wide[0].sexpr() != wide[1].sexpr()
