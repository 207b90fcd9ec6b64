"""Why three messages.

A server that answers a SYN and is connected at once cannot tell an old SYN from a new one.  The
third message is the client's word that it means *this* connection: it names the server's fresh
initial sequence number.  Everything below is that one thought, in three strengths: nobody is
connected to a ghost, nobody is left behind waiting for one, and no old octet is taken for a new
one.
"""

from tcpmodel.claims import *
from tcpmodel.core.terms import Term
from tcpmodel.tcp.segment import RST
from tcpmodel.tcp.world import World


def _both_established(w: World) -> Term:
    return all_of(w.A.state == ESTABLISHED, w.B.state == ESTABLISHED)


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
        "rfc9293 gives_up=off syn_cookies=on": holds(
            "a cookie is the ISN that this very server would select now, and is recomputed"
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

old_syn_is_undone = Claim(
    code="P04",
    id="recover-old-dup-syn",
    says="A server that has taken an old SYN for a new one finds that out.",
    sources=[
        rfc(9293, "3.5 Figure 8", "recovery from old duplicate SYN"),
        seed("f6cf09d2", "the third message guards against a connection request that is long over"),
    ],
    property=leads_to(
        lambda w: all_of(w.B.state == SYN_RECEIVED, w.B.peer != w.A.inc),
        lambda w: w.B.state != SYN_RECEIVED,
    ),
    verdicts={
        "rfc9293 closes=nobody retransmit=off loss=0": holds(
            "its SYN,ACK acknowledges what the client has not sent, and is answered by a reset; "
            "no fairness is needed"
        ),
        "rfc9293 closes=nobody retransmit=off loss=0 rst=off": fails(
            "nobody objects, and the server waits for a third message for ever"
        ),
        "rfc9293 closes=nobody retransmit=off loss=1": fails("the reset may be lost"),
        "rfc9293 retransmit=off loss=0": fails(
            "a client in TIME-WAIT does not object: it answers by an ACK, which the server answers "
            "by another, until TIME-WAIT ends (P40t)"
        ),
    },
    pair="P04w",
)

old_syn_then_new = Claim(
    code="P04w",
    id="old-dup-syn-then-connected",
    says="A server whose first attempt was for an old SYN can get connected in its second.",
    sources=[rfc(9293, "3.5 Figure 8", "lines 5 to 7")],
    property=sometimes(lambda w: all_of(w.A.inc == 2, w.B.inc == 2, _both_established(w))),
    verdicts={
        "rfc9293 closes=nobody": holds(
            "the reset sends it back to LISTEN, and the SYN comes again; nobody closes, so that "
            "there is no other way to a second attempt"
        ),
        "rfc9293 closes=nobody rst=off": fails("it never leaves the first attempt"),
    },
    pair="P04",
)

two_passive = Claim(
    code="P05",
    id="old-dup-syn-two-passive",
    says="While A is in LISTEN, B is not ESTABLISHED, whatever old SYN B has received.",
    sources=[rfc(9293, "3.5.1 Figure 11", "an old duplicate SYN meets two passive sockets")],
    property=always(lambda w: implies(w.A.state == LISTEN, w.B.state != ESTABLISHED)),
    verdicts={
        "rfc9293 roles=any": holds("nobody answers the SYN,ACK of B but by a reset"),
        "rfc9293 roles=any rst=off": holds("or by nothing; safety does not need the reset"),
        "two_way roles=any": fails("the old SYN is all that B needs"),
        "two_way_rst roles=any": fails("the reset comes later than the mistake"),
    },
)

resets_both_ways = Claim(
    code="P06",
    id="fig8-resets-both-ways",
    says="After an old SYN there can be resets under way in both directions, though the server's "
    "user has not closed.",
    sources=[
        rfc(
            9293,
            "3.5 after Figure 8",
            "had the SYN arrived before the RST, RSTs might have been sent in both directions",
        ),
        rfc(793, "3.9", "a SYN in the window of SYN-RECEIVED is an error: send a reset"),
    ],
    property=sometimes(
        lambda w: all_of(
            *(w.A.inc == 2, w.A.state == SYN_SENT, w.B.inc == 1),
            none_of(w.ended("B", "closed")),
            w.under_way("A", lambda segment: all_of(segment.has(RST), segment.inc == 2)),
            w.under_way("B", lambda segment: all_of(segment.has(RST), segment.inc == 1)),
        )
    ),
    verdicts={
        "rfc793 closes=nobody retransmit=off loss=0 isn=free width=3": holds(
            "the new SYN is in the window of the old attempt: RFC 793 answers it by a reset"
        ),
        "rfc9293 closes=nobody retransmit=off loss=0 isn=free width=3": fails(
            "RFC 9293 returns to LISTEN instead, silently"
        ),
        "rfc793 closes=nobody": fails(
            "where the new SYN is out of the window it is answered by an ACK"
        ),
        "rfc9293 closes=nobody isn=free width=2 window=1": holds(
            "it takes a third old segment: an ACK that reaches the server back in LISTEN"
        ),
    },
    folklore="The sentence is from RFC 793.  In RFC 9293 the SYN that arrives early causes no "
    "reset any more; one more old segment has to come for that.",
)

client_as_drawn = Claim(
    code="P07",
    id="four-messages-need-another-client",
    says="A client whose server only answers is never in SYN-RECEIVED.",
    sources=[
        seed("a420545a", "four messages SYN, ACK, SYN, ACK, of which two can be combined"),
        seed("8a7a010d", "four actions became three: the middle one is two in one"),
        rfc(9293, "3.4.1", "steps 2 and 3 can be combined in a single message"),
        paper("Beardsley and Qian 2010, The TCP split handshake"),
    ],
    property=always(lambda w: w.A.state != SYN_RECEIVED),
    verdicts={
        "rfc9293": holds("SYN,ACK leads from SYN-SENT to ESTABLISHED"),
        "split": fails(
            "a bare SYN looks like a simultaneous open, and the client answers as in one"
        ),
        "four_naive": fails("the server's SYN may overtake its ACK"),
        "four_naive channel=fifo": fails("or the ACK is lost"),
    },
    folklore="Four messages do not become three by merging two: a client of RFC 9293 drops the ACK "
    "that comes alone, and takes the SYN that comes alone for a simultaneous open.",
    pair="P07s",
)

four_serve_as_well = Claim(
    code="P07s",
    id="client-agrees-with-server",
    says="A client is ESTABLISHED only with an incarnation of the server that has answered it, or "
    "that is at least the server's current one.",
    sources=[
        seed("a420545a", "four messages are not necessary, three do"),
        rfc(9293, "3.4.1", "each side sends its ISN and receives an acknowledgment of it"),
    ],
    property=always(lambda w: implies(w.A.state == ESTABLISHED, w.agrees_with_live_peer("A"))),
    verdicts={
        "rfc9293": holds("the SYN that it takes acknowledges its own"),
        "split": holds("so does what completes a simultaneous open"),
        "four_naive": fails("a SYN that travels alone does not say which SYN it answers"),
    },
    folklore="Merging the server's ACK and SYN does not only save a message: it ties the two.",
    pair="P07",
)
