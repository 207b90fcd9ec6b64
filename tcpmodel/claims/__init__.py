"""Layer 3: the language of `properties/`, and what runs it.

A claim file needs no more than `from tcpmodel.claims import *`.
"""

from tcpmodel.claims.language import (
    Claim,
    always,
    epistemic,
    eventually,
    eventually_always,
    fails,
    holds,
    infinitely_often,
    knows,
    leads_to,
    paper,
    rfc,
    seed,
    sometimes,
    within,
)
from tcpmodel.core.epistemic import all_of, any_of, implies, none_of
from tcpmodel.tcp.states import (
    CLOSE_WAIT,
    CLOSED,
    CLOSING,
    ESTABLISHED,
    FIN_WAIT_1,
    FIN_WAIT_2,
    LAST_ACK,
    LISTEN,
    SYN_RECEIVED,
    SYN_SENT,
    TIME_WAIT,
)

__all__ = [
    "CLOSED",
    "CLOSE_WAIT",
    "CLOSING",
    "ESTABLISHED",
    "FIN_WAIT_1",
    "FIN_WAIT_2",
    "LAST_ACK",
    "LISTEN",
    "SYN_RECEIVED",
    "SYN_SENT",
    "TIME_WAIT",
    "Claim",
    "all_of",
    "always",
    "any_of",
    "epistemic",
    "eventually",
    "eventually_always",
    "fails",
    "holds",
    "implies",
    "infinitely_often",
    "knows",
    "leads_to",
    "none_of",
    "paper",
    "rfc",
    "seed",
    "sometimes",
    "within",
]
