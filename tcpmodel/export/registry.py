"""The languages by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from tcpmodel.core.property import Property
from tcpmodel.core.system import TransitionSystem
from tcpmodel.export.promela import promela
from tcpmodel.export.smtlib import smtlib
from tcpmodel.export.tla import tla

Language: TypeAlias = Callable[[TransitionSystem, Property, str], dict[str, str]]
"""From a system, a property and a name for them to texts by the ending of their file."""

LANGUAGES: Mapping[str, Language] = {
    "promela": lambda system, question, name: {".pml": promela(system, question)},
    "tla": tla,
    "smtlib": lambda system, question, name: {".smt2": smtlib(system, question)},
}
"""Every language that a model can be written in; the first text is the model."""
