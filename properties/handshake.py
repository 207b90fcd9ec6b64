"""Why three messages.

A server that answers a SYN and is connected at once cannot tell an old SYN from a new one.  The
third message is the client's word that it means *this* connection: it names the server's fresh
initial sequence number.  Everything below is that one thought, in three strengths: nobody is
connected to a ghost, nobody is left behind waiting for one, and no old octet is taken for a new
one.
"""

from tcpmodel.claims import *

no_stale_established = Claim(
    code="P01",
    id="no-stale-established",
    says="A server is ESTABLISHED only with an incarnation of the client that has answered it, "
    "or that is at least the client's current one.",
    sources=[
        seed(
            "a420545a",
            "with two messages a SYN held up in the network connects the server to nobody",
        ),
        seed(
            "f6cf09d2",
            "the third message keeps an expired connection request from being taken for a new one",
        ),
        rfc(9293, "3.5", "the principal reason for the three-way handshake"),
        paper("Tomlinson 1975, Selecting Sequence Numbers"),
        paper(
            "Murphy and Shankar 1987, Service specification and protocol construction for a "
            "transport layer"
        ),
    ],
    property=always(lambda w: implies(w.B.state == ESTABLISHED, w.agrees_with_live_peer("B"))),
    verdicts={
        "two_way gives_up=off": fails("an old SYN is all the server needs"),
        "two_way_rst gives_up=off": fails(
            "a reset may follow, but the server was ESTABLISHED first"
        ),
        "rfc9293": holds("the third message names the server's fresh ISN; an old one cannot"),
        "rfc9293 rst=off": holds("resets clean up afterwards; this does not need them"),
        "const_isn gives_up=off": fails(
            "three messages are not enough by themselves: old segments fit a server that always "
            "starts from the same number"
        ),
        "flags_only gives_up=off": fails(
            "without numbers an old ACK completes a three-way handshake, too"
        ),
        "flags_only gives_up=off channel=fifo loss=0": holds(
            "in order and without loss the old segments come before the new ones: such a network "
            "hides what the numbers are for"
        ),
    },
    pair="P01w",
)

stale_syn_comes = Claim(
    code="P01w",
    id="second-incarnation-connects",
    says="Both sides can be ESTABLISHED in their second incarnation, and agree.",
    sources=[rfc(9293, "3.4.1", "connections can be reused")],
    property=sometimes(
        lambda w: all_of(
            w.A.inc == 2,
            w.B.inc == 2,
            w.A.state == ESTABLISHED,
            w.B.state == ESTABLISHED,
            w.agrees_with_live_peer("B"),
        )
    ),
    verdicts={
        "rfc9293": holds("the scenario in which P01 holds does reach a second connection"),
        "two_way gives_up=off": holds("and so does the one in which it fails"),
    },
    pair="P01",
)

two_way_resource_leak = Claim(
    code="P02",
    id="two-way-resource-leak",
    says="No server is left ESTABLISHED with a client that has no connection, with nothing under "
    "way that would tell it.",
    sources=[
        seed("a420545a", "the server never releases the connection and waits in vain"),
        seed(
            "f6cf09d2", "the client ignores the confirmation and the server waits for data for ever"
        ),
        rfc(9293, "3.5.1", "half-open connections"),
    ],
    property=always(lambda w: none_of(w.left_half_open("B"))),
    verdicts={
        "two_way gives_up=on closes=nobody loss=0": fails(
            "a client that gave up ignores the answer, and the server has nothing to send again"
        ),
        "two_way_rst gives_up=on closes=nobody loss=0": holds(
            "a CLOSED client answers with a reset, and it arrives"
        ),
        "two_way_rst gives_up=on closes=nobody loss=1": fails("one loss is enough"),
        "two_way_rst gives_up=off loss=0": fails(
            "a client in TIME-WAIT answers with an ACK, not a reset: the server hears nothing wrong"
        ),
        "rfc9293": holds("a server in SYN-RECEIVED sends again until it is answered or reset"),
        "rfc9293 rst=off": holds("without an answer the server is never ESTABLISHED"),
    },
    folklore="The posts say that the client ignores the server's confirmation.  A TCP does not: it "
    "resets, unless it is in TIME-WAIT or the reset is lost.",
)

two_way_data_corruption = Claim(
    code="P03",
    id="two-way-data-corruption",
    says="No octet that was sent to an earlier incarnation of the server is delivered to a later "
    "one.",
    sources=[
        rfc(9293, "3.4.3", "old data accepted as new"),
        paper("Sunshine and Dalal 1978, Connection management in transport protocols"),
    ],
    property=always(lambda w: implies(w.B.inc == 2, none_of(w.B.stale_text))),
    verdicts={
        "two_way gives_up=off data=1 senders=A isn=constant": fails(
            "the server is ESTABLISHED as soon as a SYN comes, and old text is next in order"
        ),
        "two_way gives_up=off data=1 senders=A capacity=3": fails(
            "distinct ISNs do not help: the old SYN brings the old numbers back"
        ),
        "two_way_rst gives_up=off data=1 senders=A isn=constant loss=0": fails(
            "the reset comes after the text"
        ),
        "two_way_rst gives_up=off data=1 senders=A isn=constant": fails(
            "the reset may be lost, too"
        ),
        "rfc9293 data=1 senders=A": holds("the third message comes from the current client only"),
        "const_isn gives_up=off data=1 senders=A": fails(
            "with the same numbers every time old text fits the new window"
        ),
    },
    folklore="The posts speak of wasted resources; delivering old data as new is worse.",
)

two_way_with_a_wait = Claim(
    code="P09",
    id="two-way-ok-with-mpl-quiet",
    says="A server is ESTABLISHED only with an incarnation of the client that has answered it, "
    "or that is at least the client's current one.",
    sources=[
        paper("Fletcher and Watson 1978, Mechanisms for a reliable timer-based protocol"),
        paper(
            "Attiya and Rappoport 1997, The level of handshake required for establishing a "
            "connection"
        ),
    ],
    property=always(lambda w: implies(w.B.state == ESTABLISHED, w.agrees_with_live_peer("B"))),
    verdicts={
        "two_way_deltat reuse_wait=0": fails("a repeated SYN outlives the connection it opened"),
        "two_way_deltat": holds("one MSL after the connection every SYN of it is dead"),
        "two_way_deltat msl=2 time_wait=4": fails("half an MSL is too short"),
        "two_way_deltat msl=2 time_wait=4 reuse_wait=2": holds("one MSL, whatever a tick is"),
        "two_way_deltat gives_up=on": fails(
            "the client gives up, and the server, connected already, has nothing to wait for"
        ),
    },
    folklore="Two messages are enough if both sides wait one MSL between connections and no user "
    "gives up: the third message buys that time.",
)
