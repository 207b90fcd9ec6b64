"""What attack and defence add to the state of an endpoint."""

from __future__ import annotations

from tcpmodel.core.terms import Bool, Counter, Domain
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.states import SWAYED


def security_domains(switches: Scenario) -> dict[str, tuple[Domain, bool]]:
    """What attack and defence add to an endpoint: see `adversary`, `cookies`, `fast_open`."""
    domains: dict[str, tuple[Domain, bool]] = {}
    if switches.ts_paws == "on":
        domains["ts_recent"] = (Counter(switches.incarnations), False)
    if switches.backlog and switches.syn_cookies == "off":
        domains["embryos"] = (Counter(switches.backlog), False)
    if switches.tfo == "on":
        domains["served"] = (Counter(switches.incarnations), True)
        domains["served_twice"] = (Bool(), True)
    if switches.adversary != "none":
        domains["swayed"] = (SWAYED, True)
        domains["cut_short"] = (Bool(), True)
    return domains
