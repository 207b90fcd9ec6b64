"""What a liveness property takes: its minimal sets of fairness assumptions, as text and as JSON.

The plain form, which travels between processes and into reports, is a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from tcpmodel.core.result import Fairness
from tcpmodel.core.trace import Trace

Plain: TypeAlias = dict[str, Any]
"""assumed: names; complete, excessive: as in `Fairness`; minimal: lists of needs, each with
assumption, instead, and its lasso in the form of `Trace.to_json`.
"""


def plain(fairness: Fairness | None) -> Plain | None:
    """The plain form of what an engine found out."""
    if fairness is None:
        return None
    return {
        "assumed": list(fairness.assumed),
        "complete": fairness.complete,
        "excessive": fairness.excessive,
        "minimal": [
            [
                {"assumption": n.assumption, "instead": n.instead, "lasso": n.lasso.to_json()}
                for n in needs
            ]
            for needs in fairness.minimal
        ],
    }


def short(fairness: Plain | None) -> Plain | None:
    """The plain form for a report: of each lasso, the names of its actions and where it loops."""
    if fairness is None:
        return None
    minimal = [
        [{**need, "lasso": _names(need["lasso"])} for need in s] for s in fairness["minimal"]
    ]
    return {**fairness, "minimal": minimal}


def _names(lasso: dict[str, Any]) -> dict[str, Any]:
    return {"steps": [step["action"] for step in lasso["steps"]], "loop": lasso["loop"]}


def summary(fairness: Plain | None) -> list[str]:
    """Which fairness it takes, in sentences; none where there is nothing to be said."""
    if fairness is None or not fairness["assumed"]:
        return []
    sets = [_listed([need["assumption"] for need in needs]) for needs in fairness["minimal"]]
    told = []
    if sets == [""]:
        told.append("It assumes more fairness than it takes: it holds without any.")
    elif fairness["excessive"] and sets:
        told.append(f"It assumes more fairness than it takes: {'; or '.join(sets)} would do.")
    elif sets:
        told.append(f"It takes all the fairness that it assumes: {sets[0]}.")
    if not fairness["complete"]:
        told.append("There may be other minimal sets: the search for them was cut short.")
    return told


def excess(fairness: Plain | None) -> list[str]:
    """The summary where more is assumed than needed, for a report that is short of words."""
    return summary(fairness) if fairness is not None and fairness["excessive"] else []


def lassos(fairness: Plain | None) -> Iterator[tuple[str, Trace]]:
    """For each assumption of each minimal set, what happens without it."""
    for needs in fairness["minimal"] if fairness is not None else ():
        several = len(fairness["minimal"]) > 1 if fairness is not None else False
        among = f"Of {_listed([n['assumption'] for n in needs])}: " if several else ""
        for need in needs:
            instead = f" (with {need['instead']} only)" if need["instead"] else ""
            yield f"{among}without {need['assumption']}{instead}", Trace.from_json(need["lasso"])


def _listed(names: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
