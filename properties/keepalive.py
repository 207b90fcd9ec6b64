"""How long a connection outlives its peer, and why one unanswered probe must not end it.

A peer that has crashed and says nothing is found out by nothing but sending to it.  A connection
that has nothing to send needs keep-alives: the first after a time without any segment, then one per
interval, then the end.  The interval has to be longer than an answer can take.

Here the first probe comes after 4 ticks (or 2); an MSL is one tick.
"""

from tcpmodel.claims import *

_IDLE_SERVER_GONE = "clock incarnations=1 closes=nobody crash=B quiet=20"

half_open_idle = Claim(
    code="P38",
    id="half-open-idle-forever",
    says="A client whose server has crashed and keeps silent is not ESTABLISHED for more than 9 "
    "ticks.",
    sources=[rfc(9293, "3.8.4", "keep-alives"), rfc(9293, "3.5.1", "half-open connections")],
    property=within(
        lambda w: all_of(w.A.state == ESTABLISHED, w.ended("B", "crashed")),
        lambda w: w.A.state != ESTABLISHED,
        ticks=9,
    ),
    verdicts={
        _IDLE_SERVER_GONE: fails("there is nothing to send, so nothing that could go unanswered"),
        f"{_IDLE_SERVER_GONE} user_timeout=4": fails(
            "a user timeout runs while something is unacknowledged, and nothing is"
        ),
        f"{_IDLE_SERVER_GONE} keepalive=4 keepalive_interval=2 keepalive_probes=2": holds(
            "1 tick for the last segment to arrive, 4 until the first probe, 2 for each of two"
        ),
        f"{_IDLE_SERVER_GONE} keepalive=5 keepalive_interval=2 keepalive_probes=2": fails(
            "a tick more until the first probe is a tick more until the end"
        ),
        "clock incarnations=1 closes=nobody crash=B quiet=40 msl=2 time_wait=4 keepalive=4 "
        "keepalive_interval=2 keepalive_probes=2": fails(
            "an MSL of 2 ticks: a tick more for the last segment to arrive"
        ),
    },
)

living_peer = Claim(
    code="P38b",
    id="keepalive-spares-the-living",
    says="No connection with a peer that lives is given up because of keep-alives.",
    sources=[rfc(9293, "3.8.4 MUST-29"), rfc(9293, "3.8.4 MUST-27")],
    property=always(lambda w: none_of(w.ended("A", "timeout"), w.ended("B", "timeout"))),
    verdicts={
        "clock incarnations=1 closes=nobody keepalive=2 keepalive_interval=2 keepalive_probes=1": (
            fails("an interval of 2 MSL ends as the answer arrives")
        ),
        "clock incarnations=1 closes=nobody keepalive=2 keepalive_interval=3 keepalive_probes=1": (
            holds("probe and answer take 2 MSL at most, and nothing is lost")
        ),
        "clock incarnations=1 closes=nobody keepalive=2 keepalive_interval=3 keepalive_probes=1 "
        "loss=1": fails("one loss, and the only probe has no answer"),
        "clock incarnations=1 closes=nobody keepalive=2 keepalive_interval=3 keepalive_probes=2 "
        "loss=1": holds("of two probes one is answered, and in time"),
        "clock incarnations=1 closes=nobody msl=2 time_wait=4 keepalive=2 keepalive_interval=3 "
        "keepalive_probes=1": fails("an MSL of 2 ticks: an answer may take 4, more than 3"),
        "clock incarnations=1 closes=nobody msl=2 time_wait=4 keepalive=2 keepalive_interval=5 "
        "keepalive_probes=1": holds("an interval of more than 2 MSL is enough again"),
        "clock incarnations=1 closes=nobody msl=2 time_wait=4 keepalive=2 keepalive_interval=3 "
        "keepalive_probes=2 loss=1": fails(
            "the first probe is lost, and the answer to the second comes after the end"
        ),
    },
    folklore="An unanswered probe says as little as a lost segment: MUST-29 wants more than one, "
    "and the interval must exceed a round trip.",
)
