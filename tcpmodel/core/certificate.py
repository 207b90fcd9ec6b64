"""Certificates: what makes a proof checkable by somebody who does not trust the prover."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmodel.core.terms import Term


@dataclass(frozen=True)
class Certificate:
    """Why a property always holds: a state formula that no step leaves, and that implies it.

    invariant: over the variables of the system; it says of every variable that it is in its range.
    k: how many states in a row, all different, have to satisfy the invariant for the next one to
    satisfy it, too; 1 for an inductive invariant.  (Sheeran, Singh, Stålmarck 2000.)
    """

    invariant: Term
    k: int = 1
