"""What the model has of RFC 9293, paragraph by paragraph: an account that is checked.

Every paragraph of section 3.10, every edge of Figure 5 and every requirement on the lifecycle is an
`Item`.  It is modelled if rules are named for it; `problems` finds out whether these rules exist in
some scenario, cite the place, and act in every state that the place is about, and whether any rule
cites a place that is not in the account or a paragraph that does not name the rule.  All else is
abstracted or omitted, with a word on how or why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Term, conjunction
from tcpmodel.tcp.compose import sources
from tcpmodel.tcp.coverage_items import EVENTS, PHRASES
from tcpmodel.tcp.coverage_requirements import ELSEWHERE, LIFE, REQUIREMENTS
from tcpmodel.tcp.graph import (
    DRAWN,
    NOTE_2,
    NOTE_3,
    OMITTED,
    arrows,
    compare,
    endpoint_graph,
    figure5,
)
from tcpmodel.tcp.rule import symbolic_segment
from tcpmodel.tcp.scenario import PRESETS, SWITCHES, Scenario, scenario
from tcpmodel.tcp.states import STATE
from tcpmodel.tcp.tcb import Me


class Status(Enum):
    """What the model has of a paragraph."""

    MODELLED = "modelled"
    ABSTRACTED = "abstracted"
    OMITTED = "omitted"


@dataclass(frozen=True)
class Place:
    """A place in RFC 9293: section, step of a list (`fifth`), states, marks (`¶2`, `Figure 7`)."""

    section: str
    steps: frozenset[str] = frozenset()
    states: frozenset[str] = frozenset()
    marks: frozenset[str] = frozenset()
    requirement: str = ""


@dataclass(frozen=True)
class Item:
    """A paragraph: where it is, what it says in our words, and what the model has of it.

    rules: the rules that model it, as they are called in the modules of `tcp`.
    how: a remark on them; or how it is abstracted; or why it is omitted.
    """

    heading: str
    reference: str
    text: str
    status: Status
    rules: tuple[str, ...] = ()
    how: str = ""

    @property
    def place(self) -> Place:
        return place(self.reference)


@dataclass(frozen=True)
class Known:
    """A rule in the scenarios: what it cites, the states in which it acts, where it exists.

    since: the first scenario of `family` that has it.
    """

    name: str
    cites: tuple[str, ...]
    states: frozenset[str]
    since: str


# --- places ---------------------------------------------------------------------------------------

_STEPS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_STATES = "|".join(STATE.names)
_TOKEN = re.compile(
    rf"(?P<range>(?:{_STATES})\.\.(?:{_STATES}))|(?P<state>{_STATES})|(?P<step>{'|'.join(_STEPS)})"
    r"|(?P<requirement>(?:MUST|SHLD|MAY|REC)-\d+)"
    r"|(?P<mark>¶\d+|\d\)|(?:group|case|Figure|Note) \d+|(?:user|retransmission|time-wait) timeout)"
    r"|(?P<section>\d+(?:\.\d+)+)|(?P<filler>and|,)"
)
_ONLY_STATE = {"3.10.7.1": "CLOSED", "3.10.7.2": "LISTEN", "3.10.7.3": "SYN-SENT"}
"""The sections that are about one state."""


def place(text: str) -> Place:
    """The place that `text` names: `3.10.7.4 fifth, SYN-RECEIVED ¶1`, `3.6.1 MUST-13`.

    Raises `ModelError` for what is no place.
    """
    found: dict[str, list[str]] = {kind: [] for kind in _TOKEN.groupindex}
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ModelError(f"{text!r} is no place in RFC 9293: {text[at:]!r} is not understood")
        found[str(token.lastgroup)].append(token[0])
        at = token.end() + text[token.end() :].startswith(" ")
    section = "".join(found["section"])
    states = [*found["state"], *(state for span in found["range"] for state in between(span))]
    if section in _ONLY_STATE:
        states = [_ONLY_STATE[section]]
    return Place(
        section,
        frozenset(found["step"]),
        frozenset(states),
        frozenset(found["mark"]),
        "".join(found["requirement"]),
    )


def between(span: str) -> tuple[str, ...]:
    """The states of `A..C`: from A to C, in the order of Figure 5."""
    first, _, last = span.partition("..")
    return STATE.names[STATE.names.index(first) : STATE.names.index(last) + 1]


def covers(citation: Place, item: Place) -> bool:
    """Who cites `citation` speaks of `item`: a paragraph of that list, or any if none is named.

    A list that is about states is cited with its states, one that is about all of them without.
    """
    if citation.requirement or item.requirement:
        return citation.requirement == item.requirement
    asked, numbers = _numbers(citation), _numbers(item)
    return (
        citation.section in ("", item.section)
        and (not citation.steps or bool(citation.steps & item.steps))
        and (bool(citation.states & item.states) or not citation.states | item.states)
        and (not asked or bool(asked & numbers))
        and citation.marks - asked <= item.marks
    )


def _numbers(where: Place) -> frozenset[str]:
    """The paragraphs that a place names: `¶2`, `3)`."""
    return frozenset(mark for mark in where.marks if mark[0] == "¶" or mark[-1] == ")")


def cited(rule: Known) -> dict[str, Place]:
    """The places in RFC 9293 that a rule cites, as written."""
    prefix = "RFC 9293 "
    return {c: place(c.removeprefix(prefix)) for c in rule.cites if c.startswith(prefix)}


# --- the account ----------------------------------------------------------------------------------

_MARKS = {"+": Status.MODELLED, "~": Status.ABSTRACTED, "-": Status.OMITTED}


def items() -> tuple[Item, ...]:
    """The account of section 3.10, of the sections on opening and closing, of the requirements."""
    return tuple(item for table in (EVENTS, LIFE, REQUIREMENTS) for item in read(table))


def read(table: str) -> Iterator[Item]:
    """The items of a table as `coverage_items` explains it.

    Raises `ModelError` for a line that is no heading, entry or verdict.
    """
    heading = entry = ""
    for line in table.strip().splitlines():
        if line.startswith("    "):
            if not entry:
                raise ModelError(f"the account says {line.strip()!r} of no paragraph")
            yield from _items(heading, entry, line.strip())
            entry = ""
        elif entry:
            raise ModelError(f"the account does not say what the model has of {entry!r}")
        elif " | " in line:
            entry = line
        else:
            heading = line
    if entry:
        raise ModelError(f"the account does not say what the model has of {entry!r}")


def _items(heading: str, entry: str, verdict: str) -> Iterator[Item]:
    where, _, text = entry.partition(" | ")
    if verdict[0] not in _MARKS:
        raise ModelError(
            f"the account says {verdict!r} of {entry!r}; it has to begin with + ~ or -"
        )
    status, how = _MARKS[verdict[0]], verdict[2:]
    names = ""
    if status is Status.MODELLED:
        names, _, how = how.partition(": ")
    rules = tuple(name.strip() for name in names.split(",") if name.strip())
    how = re.sub(r"@\w+", lambda word: PHRASES[word[0]], how)
    section = heading.split(maxsplit=1)[0]
    for state, reference in _each(where):
        full = f"{section} {reference}" if section[0].isdigit() else reference
        yield Item(heading, full, text.replace("{state}", state), status, rules, how)


def _each(where: str) -> Iterator[tuple[str, str]]:
    """(state, place) for each state of `each A..C …`; the place alone otherwise."""
    if not where.startswith("each "):
        yield "", where
        return
    span, _, rest = where.removeprefix("each ").partition(" ")
    for state in between(span):
        yield state, f"{state} {rest}"


def elsewhere() -> tuple[tuple[str, tuple[str, ...], str], ...]:
    """The requirements that do not concern the lifecycle: (topic, numbers, why not)."""
    rows = (line.split(" | ") for line in ELSEWHERE.strip().splitlines())
    return tuple((topic, tuple(numbers.split()), why) for topic, numbers, why in rows)


def problems(account: Iterable[Item], rules: Mapping[str, Known]) -> list[str]:
    """What is wrong with an account of `rules`; nothing if it is honest."""
    account = list(account)
    found = [problem for item in account for problem in _item_problems(item, rules)]
    for rule in rules.values():
        for citation, where in cited(rule).items():
            matching = [item for item in account if covers(where, item.place)]
            if not matching:
                found.append(f"{rule.name} cites {citation}, of which there is no account")
            unnamed = [item.reference for item in matching if rule.name not in item.rules]
            if unnamed:
                references = "; ".join(unnamed)
                found.append(f"{rule.name} cites {citation}, but is not named in: {references}")
    return found


def _item_problems(item: Item, rules: Mapping[str, Known]) -> Iterator[str]:
    if item.status is not Status.MODELLED:
        if not item.how:
            yield f"{item.reference} is {item.status.value} without a word"
        return
    if not item.rules:
        yield f"{item.reference} is modelled by no rule"
    acting: frozenset[str] = frozenset()
    for name in item.rules:
        if name not in rules:
            yield f"{item.reference} is modelled by {name}, which no scenario has"
            continue
        acting |= rules[name].states
        if not any(covers(where, item.place) for where in cited(rules[name]).values()):
            yield f"{item.reference} is modelled by {name}, which does not cite it"
    if idle := item.place.states - acting:
        yield f"{item.reference}: no rule named acts in {', '.join(sorted(idle))}"


# --- the rules of all scenarios -------------------------------------------------------------------


COMBINED = (
    "rfc9293 data=1 half_close=half_duplex",
    "rfc9293 abort=on rst_sender_state=time_wait",
    "rfc9293 adversary=off_path forgeries=1 forges=syn_flood backlog=1 backlog_expiry=on",
    "clock keepalive=1 keepalive_interval=1 keepalive_probes=1",
)
"""Scenarios whose rules need more than one switch."""
OF_TEXT = ("reassembly=hold", "receiver=slow", "syn_data=on")
"""The switches that need text."""


def family() -> Iterator[Scenario]:
    """Scenarios that have every rule among them: presets, and each with one switch changed.

    Of a switch that takes numbers, its two lowest are tried.
    """
    yield scenario("rfc9293")
    for base in (scenario("rfc9293"), scenario("clock")):
        for key, switch in SWITCHES.items():
            low = switch.low
            numbers = () if low is None else (low, low + 1)
            for value in (*switch.names, *numbers):
                try:
                    yield replace(base, **{key: value})
                except ModelError:
                    continue  # no scenario without another switch
    for text in COMBINED:
        yield scenario(text)
    yield scenario("clock crash=on quiet=1")
    yield from (scenario(f"rfc9293 data=1 {switch}") for switch in OF_TEXT)
    yield from PRESETS.values()


@cache
def known_rules() -> Mapping[str, Known]:
    """The rules of all scenarios of `family`, by the name they have in the modules of `tcp`."""
    found: dict[str, Known] = {}
    acting: dict[Term, frozenset[str]] = {}
    for switches in family():
        me, seg = Me.symbolic(switches), symbolic_segment(switches)
        for source in sources(switches):
            for rule in source.rules(me, seg):
                name = source.function.__name__
                guard = conjunction(rule.reaction.when)
                if guard not in acting:
                    acting[guard] = _states(me, guard)
                before = found.get(name) or Known(name, rule.rfc, frozenset(), switches.spelled)
                found[name] = replace(before, states=before.states | acting[guard])
    return found


def _states(me: Me, guard: Term) -> frozenset[str]:
    """The states in which a guard can be true."""
    solver = z3.SolverFor("QF_BV")
    solver.add(guard)
    return frozenset(s for s in STATE.names if solver.check(me.state == STATE.term(s)) == z3.sat)


# --- Figure 5 -------------------------------------------------------------------------------------

FULL = "rfc9293 roles=any closes=either abort=on"
"""Users do all that users can do."""

EXTRA = "not in the figure"
"""The reference of the edges that the text of section 3.10 adds."""

_NOTES = {DRAWN: "drawn", NOTE_2: "Note 2", NOTE_3: "Note 3", OMITTED: EXTRA}


def figure_items() -> tuple[Item, ...]:
    """The edges of Figure 5 with the rules that yield them, and what it leaves undrawn.

    Their references say where the figure has them: `drawn`, in a note, or `EXTRA`.
    """
    graph = endpoint_graph(scenario(FULL))
    derived = arrows(graph)
    compared = compare(graph)
    found = []
    for edge in (*figure5(), *compared.note3, *compared.omitted):
        same = [arrow.rule for arrow in derived if arrow.key == edge.key]
        rules = tuple(dict.fromkeys(re.split(r"__|\(", rule)[0] for rule in same))
        status = Status.MODELLED if rules else Status.OMITTED
        how = "" if rules else "no rule yields this edge"
        found.append(Item("3.3.2 Figure 5", _NOTES[edge.figure], str(edge), status, rules, how))
    return tuple(found)
