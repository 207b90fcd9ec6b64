"""The rows of `tcpmodel derive time-wait`: what is assumed of the end of a connection.

Each row says it three times: in words, for the model in real time, and as scenarios of the full
model with its ticks.  The bounds are not here: the engines find them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from tcpmodel.tcp.timing import Ending

Values = Mapping[str, int]
"""Parameters by name; `n` is the number of losses."""


@dataclass(frozen=True)
class Full:
    """A scenario of the full model to compare with, without its MSL and TIME-WAIT.

    values: what the scenario's switches make of RTO, n and R2, in ticks.
    lifetimes: the MSL in ticks to try.
    """

    scenario: str
    values: Values = field(default_factory=dict)
    lifetimes: tuple[int, ...] = (1, 2, 3)


@dataclass(frozen=True)
class Row:
    """Assumptions under which the least safe TIME-WAIT is sought.

    id, code: of the row, of its claim in the catalogue.  says: the assumptions, in words.
    question: what must not happen in the full model, see `wait_agreement`.
    samples: where the search begins, with MSL = 1.  example: for the run just below the bound, in
    seconds; with `T` where no wait is safe.
    within: the row whose runs this one has, for any number of losses.
    """

    id: str
    code: str
    says: str
    ending: Ending
    full: tuple[Full, ...] = ()
    question: str = "fin"
    samples: Sequence[Values] = ({},)
    example: Values = field(default_factory=dict)
    within: str = ""
    note: str = ""


def numbers(values: Values) -> dict[str, Fraction]:
    """The parameters of the model in real time, where n comes as n·RTO."""
    found = {name: Fraction(value) for name, value in values.items()}
    if "n" in found:
        found["n·RTO"] = found.pop("n") * found["RTO"]
    return found


_KEPT = "clock tw_rfc1337=on"
_TEXT = f"{_KEPT} data=1 senders=B"
_COUNTED = ({"RTO": 3, "n": 1}, {"RTO": 3, "n": 2}, {"RTO": 1, "n": 3})

ROWS: tuple[Row, ...] = (
    Row(
        "a",
        "P59",
        "no loss; after A's first ACK of it, B does not send its FIN again",
        Ending(repeats=False),
        (Full(f"{_KEPT} retransmit=off dup=1"),),
        note="in the full model the FIN that is still under way is a duplicate",
    ),
    Row(
        "b",
        "P59",
        "no loss; B sends its FIN again until the ACK arrives; a FIN restarts TIME-WAIT",
        Ending(),
        (Full(_KEPT),),
    ),
    Row(
        "b-no-restart",
        "P59",
        "as b, but nothing restarts TIME-WAIT",
        Ending(restart="nothing"),
        (Full(f"{_KEPT} time_wait_restart=off"),),
    ),
    Row(
        "b-any",
        "P59",
        "as b, but no old segment whatever may be left, not only no FIN; resets are ignored in "
        "TIME-WAIT, but sent",
        Ending(old="any"),
        (Full(_TEXT),),
        "any",
        note="the passive side has not listened again",
    ),
    Row(
        "b-any-no-restart",
        "P59",
        "as b-any, but nothing restarts TIME-WAIT",
        Ending(old="any", restart="nothing"),
        (Full(f"{_TEXT} time_wait_restart=off", {}, (1, 2)),),
        "any",
        note="the passive side has not listened again",
    ),
    Row(
        "b-any-restart-by-any",
        "P59",
        "as b-any, but any segment of B restarts TIME-WAIT (RFC 9293 read to the letter)",
        Ending(old="any", restart="any"),
        question="any",
        note="the full model has no such switch: nothing to compare with",
    ),
    Row(
        "c",
        "P59",
        "as b, but a reset ends TIME-WAIT, as RFC 9293 has it",
        Ending(resets=True),
        (Full("clock"),),
        example={"T": 480},
    ),
    Row(
        "d",
        "P59b",
        "at most n losses in a row; B sends its FIN again at least every RTO; a FIN restarts "
        "TIME-WAIT",
        Ending(loss="row", rto=True),
        (
            Full(f"{_KEPT} loss=0 rto=1", {"n": 0, "RTO": 1}),
            Full(f"{_KEPT} loss=1 rto=1", {"n": 1, "RTO": 1}),
            Full(f"{_KEPT} loss=2 rto=1", {"n": 2, "RTO": 1}, (1,)),
            Full(f"{_KEPT} loss=1 rto=2", {"n": 1, "RTO": 2}, (1,)),
        ),
        samples=_COUNTED,
        example={"RTO": 60, "n": 3},
        note="the full model counts losses in all, not in a row",
    ),
    Row(
        "d-no-restart",
        "P59b",
        "at most n losses in all, n at least 1; B sends its FIN again at least every RTO; nothing "
        "restarts TIME-WAIT",
        Ending(loss="total", rto=True, restart="nothing"),
        (
            Full(f"{_KEPT} loss=1 rto=1 time_wait_restart=off", {"n": 1, "RTO": 1}, (1,)),
            Full(f"{_KEPT} loss=2 rto=1 time_wait_restart=off", {"n": 2, "RTO": 1}, (1,)),
            Full(f"{_KEPT} loss=1 rto=2 time_wait_restart=off", {"n": 1, "RTO": 2}, (2,)),
            Full(f"{_KEPT} loss=1 rto=3 time_wait_restart=off", {"n": 1, "RTO": 3}, (3,)),
        ),
        samples=_COUNTED,
        example={"RTO": 60, "n": 3},
        note="compared where RTO is at least MSL: below, more is under way than two slots hold",
    ),
    Row(
        "e",
        "P59",
        "any loss; B gives up R2 after it first sent its FIN; a FIN restarts TIME-WAIT",
        Ending(loss="any", gives_up=True),
        (
            Full(f"{_KEPT} loss=1 user_timeout=1", {"R2": 1}, (1,)),
            Full(f"{_KEPT} loss=1 user_timeout=2", {"R2": 2}, (1,)),
        ),
        "left",
        samples=({"R2": 1}, {"R2": 3}),
        example={"R2": 100},
        note="compared with one loss, at MSL = 1 only; the passive side has not listened again",
    ),
    Row(
        "f",
        "P59",
        "any loss, for ever; B sends its FIN again at least every RTO",
        Ending(loss="any", rto=True),
        (Full(f"{_KEPT} loss=any rto=1", {}, (1,)),),
        example={"T": 180, "RTO": 60},
        within="d",
    ),
    Row(
        "one-loss",
        "P60",
        "one loss; nobody says how soon B sends its FIN again",
        Ending(loss="one"),
        (Full(f"{_KEPT} loss=1"),),
        example={"T": 480},
    ),
)
"""The rows, in the order of the table."""
