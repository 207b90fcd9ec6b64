"""What text adds to the variables of an endpoint and to the fields of a segment.

Nothing of it exists without `data`; most of it only where a switch asks for it.  The ghosts number
the octets of a connection, so that properties can say what its user got:

taken: octets taken in order from the peer.  duplicated: one of them had been taken before.
skipped: one came before an earlier one.  cut: the FIN came before an octet.
"""

from __future__ import annotations

from tcpmodel.core.terms import Bool, Counter, Domain, Enumeration, Word
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.states import STATE

GOT = frozenset({"taken", "duplicated", "skipped", "overtaken", "got", "cut"})
"""The ghosts about what the user got: they outlive the connection."""

HELD = Enumeration("held", ("-", "text", "FIN"))
"""What is held back at a number beyond RCV.NXT."""

DATAGRAM = Enumeration("ctl", ("-", "UDP"))
"""The only kind of datagram, and none at all."""

Domains = dict[str, tuple[Domain, bool]]


def held_numbers(switches: Scenario) -> range:
    """The distances from RCV.NXT at which something can be held back."""
    return range(1, switches.window if switches.reassembly == "hold" else 1)


def buffer_domains(switches: Scenario) -> Domains:
    """The variables of an endpoint that text needs: field → (domain, whether it is a ghost)."""
    if not switches.data:
        return {}
    number, octets = Word(switches.width), Counter(switches.data)
    found: Domains = {}
    if switches.receiver == "slow":
        found["unread"] = (Counter(switches.window), False)
        found["snd_wnd"] = (Counter(switches.window), False)
        found |= dict.fromkeys(("snd_wl1", "snd_wl2"), (number, False))
    if switches.syn_data == "on":
        found["syn_text"] = (Bool(), False)
    for distance in held_numbers(switches):
        found[f"held{distance}"] = (HELD, False)
        found[f"held{distance}_index"] = (octets, True)
        found[f"held{distance}_stale"] = (Bool(), True)
    found["taken"] = (octets, True)
    return found | {name: (Bool(), True) for name in ("duplicated", "skipped", "cut")}


def payload_domains(switches: Scenario) -> Domains:
    """The fields of a segment that text needs.

    index (ghost): the place of its octet in what the user sends, counted from 0; of a FIN, how many
    octets come before it.
    """
    if not switches.data:
        return {}
    found: Domains = {"text": (Word(1), False)}
    if switches.receiver == "slow":
        found["wnd"] = (Counter(switches.window), False)
    return found | {"index": (Counter(switches.data), True)}


def udp_endpoint_domains(switches: Scenario) -> Domains:
    """An endpoint of UDP: no connection, hence always CLOSED; how much its user has sent.

    got (ghost): a bit for each octet that has come.  overtaken (ghost): one came after a later one.
    """
    found: Domains = {"state": (STATE, False), "sent": (Counter(switches.data), False)}
    found |= {"taken": (Counter(switches.data), True), "got": (Word(switches.data), True)}
    return found | {name: (Bool(), True) for name in ("duplicated", "skipped", "overtaken")}


def datagram_domains(switches: Scenario) -> Domains:
    """A datagram carries one octet and no number; which octet it is, is a ghost."""
    return {"ctl": (DATAGRAM, False), "index": (Counter(switches.data), True)}
