"""What the model has of RFC 9293, paragraph by paragraph: an account that is checked.

Every paragraph of section 3.10, every edge of Figure 5 and every requirement on the lifecycle is an
`Item`.  It is modelled if rules are named for it; `problems` finds out whether these rules exist in
some scenario, cite the place, and act in every state that the place is about, and whether any rule
cites a place that is not in the account or that does not name the rule.  All else is abstracted or
omitted, with a word on how or why.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum

import z3

from tcpmodel.core.errors import ModelError
from tcpmodel.core.terms import Term
from tcpmodel.tcp.compose import SOURCES
from tcpmodel.tcp.coverage_items import EVENTS, PHRASES
from tcpmodel.tcp.coverage_requirements import ELSEWHERE, LIFE, REQUIREMENTS
from tcpmodel.tcp.graph import Arrow, arrows, compare, endpoint_graph, figure5
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

    since: the first of `family()` that has it.
    """

    name: str
    cites: tuple[str, ...]
    states: frozenset[str]
    since: str


# --- places ---------------------------------------------------------------------------------------

_STEPS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
_STATES = "|".join(STATE.names)
_TOKEN = re.compile(
    rf"(?P<range>({_STATES})\.\.({_STATES}))|(?P<state>{_STATES})|(?P<step>{'|'.join(_STEPS)})"
    r"|(?P<requirement>(MUST|SHLD|MAY|REC)-\d+)"
    r"|(?P<mark>¶\d+|\d\)|(group|case|Figure|Note) \d+|(user|retransmission|time-wait) timeout)"
    r"|(?P<section>\d(\.\d+)+)|(?P<filler>and|,)"
)
_ONLY_STATE = {"3.10.7.1": "CLOSED", "3.10.7.2": "LISTEN", "3.10.7.3": "SYN-SENT"}
"""The sections that are about one state."""

_AS_IN_ESTABLISHED = frozenset({"FIN-WAIT-1", "FIN-WAIT-2", "CLOSE-WAIT", "CLOSING"})
"""The states whose paragraph in 3.10.7.4 fifth refers to that of ESTABLISHED."""


def place(text: str) -> Place:
    """The place that `text` names: `3.10.7.4 fifth, SYN-RECEIVED ¶1`, `3.6.1 MUST-13`.

    Raises `ModelError` for what is no place.
    """
    found: dict[str, list[str]] = {"state": [], "step": [], "mark": []}
    section = requirement = ""
    at = 0
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ModelError(f"{text!r} names no place in RFC 9293: {text[at:]!r} is not understood")
        kind, word = str(token.lastgroup), token[0]
        match kind:
            case "section":
                section = word
            case "requirement":
                requirement = word
            case "range":
                found["state"] += states_between(*word.split(".."))
            case "state" | "step" | "mark":
                found[kind].append(word)
        at = token.end() + (text[token.end() :].startswith(" "))
    states = frozenset(found["state"]) or frozenset({_ONLY_STATE[section]} & set(STATE.names)) \
        if section in _ONLY_STATE else frozenset(found["state"])
    return Place(section, frozenset(found["step"]), states, frozenset(found["mark"]), requirement)
