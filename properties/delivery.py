"""Whether everything arrives, in the end.

That nothing false is delivered is safety (`data`); that what is sent is delivered takes a network
that does not lose everything for ever, and a sender that does not give up.
"""

from tcpmodel.claims import *

eventual_delivery = Claim(
    code="P89",
    id="eventual-delivery",
    says="Text that was sent is delivered sooner or later.",
    sources=[
        seed("8a7a010d", "what was carried away by the wind is said again"),
        seed("f6cf09d2", "TCP is reliable"),
        rfc(9293, "3.8.1", "retransmission until it is acknowledged"),
    ],
    property=leads_to(
        lambda w: w.has_unacknowledged("A", 1),
        lambda w: w.B.taken == 1,
        # The text has to be sent again and again, and of that some has to arrive.  What fails
        # below fails in spite of it.
        weak=("A retransmission timeout",),
        strong=("A receives", "B receives"),
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=1 senders=A": holds(
            "it is sent again until it is acknowledged, and some copy gets through"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A": fails(
            "a network that lets bare ACKs through and loses text again and again is fair to a "
            "server that is not connected yet: the ACKs of a client that has closed are outside "
            "its window"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A retries=1": fails(
            "a sender that gives up has promised nothing: it tells its user, not the peer's"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A abort=on": fails(
            "nor has a user who aborts"
        ),
    },
    folklore="Reliable does not mean that it arrives.  It means: it arrives, or the sender is told "
    "that it may not have.",
)
