"""What sequence numbers protect from, and what they cost.

An adversary off the path sends segments in somebody's name and has to guess their numbers; one on
the path sees them.  Which guesses suffice is what RFC 5961 is about: a connection should end only
by a number that is exactly right, not by one of the many in the window.  The other half of this
page is the server's memory: what a SYN may take there, and what is lost if it takes nothing.

That a guess is right is taken for granted here, not its probability.  Every adversary has a budget
of one or two forgeries.
"""

from tcpmodel.claims import *
from tcpmodel.core.terms import Term
from tcpmodel.tcp.world import World

blind_reset_outside = Claim(
    code="P34",
    id="reset-outside-the-window",
    says="A forged reset whose number is outside the window changes nothing.",
    sources=[rfc(9293, "3.5.3", "a reset is valid if its number is in the window")],
    property=always(lambda w: none_of(w.swayed("A"), w.swayed("B"))),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst "
        "guess=outside": holds("it fails the first check, in every state"),
        "rfc793 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst "
        "guess=outside": holds("RFC 793 has that check, too"),
        "flags_only incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst "
        "guess=outside": fails("without numbers every reset is as good as the peer's"),
    },
)

reset_in_syn_sent = Claim(
    code="P41",
    id="reset-in-syn-sent-needs-ack",
    says="A reset that does not acknowledge the SYN refuses no connection.",
    sources=[rfc(9293, "3.10.7.3 second"), rfc(9293, "3.5.3")],
    property=always(lambda w: none_of(all_of(w.swayed("A", "attempt"), w.ended("A", "refused")))),
    verdicts={
        "rfc793 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst "
        "guess=exact": holds("in SYN-SENT it is the acknowledgment that counts, and it was blind"),
        "flags_only incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst "
        "guess=exact": fails("where numbers are not compared, any RST,ACK will do"),
        "rfc9293 incarnations=1 gives_up=off adversary=on_path forgeries=1 forges=rst": fails(
            "who sees the SYN can acknowledge it"
        ),
    },
)

blind_reset = Claim(
    code="P95",
    id="blind-reset",
    says="A forged reset that is in the window, but not at its edge, ends neither a connection nor "
    "an attempt.",
    sources=[rfc(5961, "3.2"), rfc(9293, "3.10.7.4 second")],
    property=always(lambda w: none_of(w.swayed("A"), w.swayed("B"))),
    verdicts={
        "rfc793 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst "
        "guess=window": fails("any number in the window resets: the larger it is, the easier"),
        "rfc9293 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst "
        "guess=window": holds("it is answered by a challenge ACK, which a living peer ignores"),
        "rfc9293 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=rst "
        "guess=exact": fails("the one number that is exactly right still resets"),
    },
    folklore="RFC 5961 does not make blind resets impossible: one number of 2^32 is left, where "
    "there was a window of them.",
)

blind_syn = Claim(
    code="P96",
    id="blind-syn",
    says="A forged SYN does not end a connection.",
    sources=[rfc(5961, "4.2"), rfc(9293, "3.10.7.4 fourth")],
    property=always(lambda w: none_of(w.swayed("A", "connection"), w.swayed("B", "connection"))),
    verdicts={
        "rfc793 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=syn "
        "guess=window": fails("RFC 793 takes it for an error of the peer and resets"),
        "rfc9293 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=syn "
        "guess=window": holds("it is answered by a challenge ACK"),
        "rfc9293 incarnations=1 gives_up=off adversary=off_path forgeries=1 forges=syn "
        "guess=exact": holds("even the right number does not help"),
    },
)

blind_syn_in_syn_received = Claim(
    code="P96s",
    id="blind-syn-in-syn-received",
    says="A forged SYN does not send a server that is about to connect back to LISTEN.",
    sources=[rfc(9293, "3.10.7.4 fourth, SYN-RECEIVED"), rfc(5961, "4.2")],
    property=always(lambda w: implies(w.B.state == LISTEN, none_of(w.swayed("B")))),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=nobody adversary=off_path forgeries=1 "
        "forges=syn guess=outside": holds("it fails the first check and is acknowledged"),
        "rfc9293 incarnations=1 gives_up=off closes=nobody adversary=off_path forgeries=1 "
        "forges=syn guess=window": fails(
            "in SYN-RECEIVED a SYN in the window still ends the attempt of a former listener"
        ),
    },
    folklore="RFC 5961 protects connections; in SYN-RECEIVED, RFC 9293 keeps the older rule for a "
    "SYN in the window.",
)

blind_data = Claim(
    code="P97",
    id="blind-data-injection",
    says="Forged text with a blind acknowledgment is not delivered.",
    sources=[rfc(5961, "5.1", "of two ACKs half the space apart one used to be acceptable")],
    property=always(lambda w: none_of(w.B.stale_text)),
    verdicts={
        "rfc793 incarnations=1 gives_up=off data=1 senders=A adversary=off_path forgeries=1 "
        "forges=data guess=exact": fails("an old acknowledgment is a duplicate and ignored"),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A adversary=off_path forgeries=1 "
        "forges=data guess=exact": holds(
            "an acknowledgment older than the window is refused, and the text with it"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A adversary=on_path forgeries=1 "
        "forges=data": fails("who sees the numbers can forge anything"),
    },
    folklore="Here the number of the text has to be exact, because text out of order is not kept; "
    "a TCP that keeps it can be fed anywhere in the window.",
)

reset_in_syn_received = Claim(
    code="P98",
    id="reset-in-syn-received-exact",
    says="A forged reset that is not exact does not send a server from SYN-RECEIVED to LISTEN.",
    sources=[rfc(9293, "3.10.7.4 second, SYN-RECEIVED"), rfc(5961, "3.2")],
    property=always(lambda w: implies(w.B.state == LISTEN, none_of(w.swayed("B")))),
    verdicts={
        "rfc793 incarnations=1 gives_up=off closes=nobody adversary=off_path forgeries=1 "
        "forges=rst guess=window": fails("any number in the window ends the attempt"),
        "rfc9293 incarnations=1 gives_up=off closes=nobody adversary=off_path forgeries=1 "
        "forges=rst guess=window": holds("SYN-RECEIVED challenges resets like the states after it"),
    },
)

blind_connection = Claim(
    code="P73",
    id="isn-blind-guess",
    says="Nobody who learned the numbers of the first connection can open a second one in "
    "another's name.",
    sources=[
        rfc(6528, "1", "predictable initial sequence numbers"),
        rfc(9293, "3.4.1 SHLD-1"),
        paper("Morris 1985, A weakness in the 4.2BSD Unix TCP/IP software"),
    ],
    property=always(
        lambda w: implies(all_of(w.B.inc == 2, w.B.state == ESTABLISHED), w.B.peer != 0)
    ),
    verdicts={
        "const_isn gives_up=off capacity=1 adversary=off_path forgeries=2 forges=handshake "
        "guess=learned": fails("a SYN and an ACK of what the server always answers are enough"),
        "rfc9293 gives_up=off capacity=1 adversary=off_path forgeries=2 forges=handshake "
        "guess=learned": holds(
            "the server's number is another one; that it cannot be extrapolated either is what "
            "RFC 6528 adds, and is not modelled"
        ),
    },
)

assassin = Claim(
    code="P103",
    id="assassin-off-path",
    says="Nobody off the path can end a TIME-WAIT.",
    sources=[rfc(1337, "2"), rfc(9293, "3.10.7.4 first", "answer what is unacceptable by an ACK")],
    property=always(lambda w: none_of(w.A.cut_short)),
    verdicts={
        "rfc9293 incarnations=1 channel=fifo loss=0 retransmit=off adversary=off_path forgeries=1 "
        "forges=ack guess=outside": fails(
            "any ACK outside the window is answered by an ACK, and to that the closed peer answers "
            "by a reset with the right number"
        ),
        "rfc9293 incarnations=1 channel=fifo loss=0 retransmit=off adversary=off_path forgeries=1 "
        "forges=rst guess=outside": holds("resets outside the window are not answered"),
        "rfc9293 incarnations=1 channel=fifo loss=0 retransmit=off adversary=off_path forgeries=1 "
        "forges=ack guess=outside ack_throttle=on": holds("a pure ACK then is not answered"),
        "rfc9293 incarnations=1 channel=fifo loss=0 retransmit=off adversary=off_path forgeries=1 "
        "forges=syn guess=outside ack_throttle=on": fails("but a SYN is"),
        "rfc9293 incarnations=1 channel=fifo loss=0 retransmit=off adversary=off_path forgeries=1 "
        "forges=ack guess=outside tw_rfc1337=on": holds("TIME-WAIT is deaf to resets (RFC 1337)"),
        "rfc9293 incarnations=2 channel=fifo loss=0 retransmit=off adversary=off_path forgeries=1 "
        "forges=ack guess=outside ack_throttle=on": fails(
            "what is outside of the first connection's numbers is in the second one's window: the "
            "reset that it causes is challenged"
        ),
    },
    folklore="No number has to be guessed: RFC 5961 demands the exact one, and the peer supplies "
    "it.",
)


def _quiet(w: World) -> Term:
    """Both are ESTABLISHED and neither has anything to send again."""
    both = all_of(w.A.state == ESTABLISHED, w.B.state == ESTABLISHED)
    return all_of(both, w.A.snd_una == w.A.snd_nxt, w.B.snd_una == w.B.snd_nxt)


ack_storm = Claim(
    code="P40",
    id="no-ack-storm",
    says="Two ESTABLISHED endpoints with nothing to send again fall silent.",
    sources=[
        rfc(9293, "3.10.7.4 first", "answer what is unacceptable by an ACK"),
        rfc(5961, "7", "throttle challenge ACKs"),
        paper("Joncheray 1995, A simple active attack against TCP"),
    ],
    property=leads_to(
        _quiet,
        lambda w: any_of(w.nothing_inflight(), none_of(_quiet(w))),
        # Fair, so that no storm below is one only because nobody listens; silence needs no such
        # assumption.
        weak=("A receives", "B receives"),
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=1 senders=B": holds(
            "without a forgery what one has sent is what the other has received"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=1 senders=B adversary=on_path "
        "forgeries=1 forges=data": fails(
            "after one forged octet each ACK is unacceptable, and is answered by an ACK"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=1 senders=B adversary=on_path "
        "forgeries=1 forges=data ack_throttle=on": holds("a pure ACK is no reason to answer"),
        "rfc793 incarnations=1 gives_up=off closes=nobody data=1 senders=B adversary=off_path "
        "forgeries=1 forges=data guess=exact": fails("without RFC 5961 even a blind ACK will do"),
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=1 senders=B adversary=off_path "
        "forgeries=1 forges=data guess=exact": holds("the octet with the blind ACK is refused"),
        "const_isn gives_up=off data=1 senders=A loss=0": fails(
            "nobody forges: an octet of the connection before fits the same numbers"
        ),
    },
    folklore="RFC 9293 read literally lets two endpoints exchange ACKs for ever.  It takes no "
    "attacker if initial sequence numbers repeat: an octet of the connection before is enough.",
)

fast_open = Claim(
    code="P99",
    id="fast-open-duplicate",
    says="No octet is delivered in a second connection that was for the first.",
    sources=[rfc(7413, "2.1", "data in SYN may be delivered twice"), rfc(9293, "3.4")],
    property=always(lambda w: implies(w.B.inc == 2, none_of(w.delivered_twice("B")))),
    verdicts={
        "rfc9293 gives_up=off data=1 senders=A loss=0 dup=1 tfo=on": fails(
            "a duplicate of the SYN brings its text again, and it is delivered at once"
        ),
        "rfc9293 gives_up=off data=1 senders=A loss=0 tfo=on": holds(
            "a client that sends its SYN again sends it without text; it takes a network that "
            "duplicates"
        ),
        "rfc9293 gives_up=off data=1 senders=A loss=0 dup=1": holds(
            "text waits for the third message, which no duplicate of a SYN can bring"
        ),
    },
)

syn_costs_nothing = Claim(
    code="P101",
    id="syn-cookie-no-state",
    says="A SYN by itself takes nothing of a server's memory.",
    sources=[
        seed("f6cf09d2", "on a SYN the server allocates buffers and variables"),
        rfc(4987, "3.6"),
    ],
    property=always(lambda w: none_of(w.B.state == SYN_RECEIVED)),
    verdicts={
        "rfc9293 incarnations=1": fails("the server has to remember both initial numbers"),
        "rfc9293 incarnations=1 syn_cookies=on": holds(
            "its own number is computed again when it is acknowledged; the peer's comes with it"
        ),
    },
)

lost_third_ack = Claim(
    code="P102",
    id="syn-cookie-lost-ack-hang",
    says="If the client is connected and nothing is lost for ever, the server will be, too.",
    sources=[rfc(4987, "3.6", "if the last ACK is lost, nobody sends the SYN,ACK again")],
    property=leads_to(
        lambda w: w.A.state == ESTABLISHED,
        lambda w: any_of(w.B.state == ESTABLISHED, w.A.state != ESTABLISHED),
        # What holds holds without; the failure is one although all that can be sent again is.
        weak=(
            "A receives",
            "B receives",
            "A retransmission timeout",
            "B retransmission timeout",
        ),
    ),
    verdicts={
        "rfc9293 incarnations=1 closes=nobody gives_up=off loss=1 data=1 senders=B": holds(
            "the server repeats its SYN,ACK until it is acknowledged"
        ),
        "rfc9293 incarnations=1 closes=nobody gives_up=off loss=0 data=1 senders=B "
        "syn_cookies=on": holds("where nothing is lost, nothing has to be repeated"),
        "rfc9293 incarnations=1 closes=nobody gives_up=off loss=1 data=1 senders=B "
        "syn_cookies=on": fails(
            "the last ACK is lost, the server has nothing to repeat, and the client waits for a "
            "server that speaks first"
        ),
    },
    folklore="SYN cookies are not transparent: where the server speaks first, both may wait for "
    "ever.",
)

syn_flood = Claim(
    code="P100",
    id="syn-flood",
    says="A client that sends a SYN is answered, though others flood the server with SYNs.",
    sources=[
        seed("f6cf09d2", "on a SYN the server allocates buffers and variables"),
        rfc(4987, "2.2"),
        rfc(4987, "3"),
    ],
    property=leads_to(
        lambda w: w.A.state == SYN_SENT,
        lambda w: w.A.state != SYN_SENT,
        # What holds holds without; the failure is not for want of listening.
        weak=("A receives", "B receives"),
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=nobody loss=0 retransmit=off "
        "adversary=off_path forgeries=2 forges=syn_flood backlog=2": fails(
            "two SYNs from addresses that never answer fill the backlog"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody loss=0 retransmit=off "
        "adversary=off_path forgeries=2 forges=syn_flood backlog=3": holds(
            "there is one place more than the flood can take"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody loss=0 retransmit=off "
        "adversary=off_path forgeries=2 forges=syn_flood backlog=2 backlog_policy=evict": holds(
            "the client's SYN takes the place of another"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody loss=0 retransmit=off "
        "adversary=off_path forgeries=2 forges=syn_flood syn_cookies=on": holds(
            "nothing is stored, so nothing is full"
        ),
    },
    folklore="SYN-RECEIVED is not a short state: for an address that never answers it lasts as "
    "long as the server repeats its SYN,ACK.  (That entries expire is P100c.)",
)

_FLOODED = "rfc9293 incarnations=1 gives_up=off closes=nobody adversary=off_path forgeries=2 "
_SENDS_AGAIN = ("A retransmission timeout", "B retransmission timeout")

syn_finds_a_place = Claim(
    code="P100b",
    id="syn-finds-a-place",
    says="A client that repeats its SYN finds a place in the backlog, though others flood it.",
    sources=[rfc(4987, "3"), rfc(9293, "3.8.3 MUST-22")],
    property=leads_to(
        lambda w: w.A.state == SYN_SENT,
        lambda w: any_of(w.A.state != SYN_SENT, w.B.state != LISTEN),
        weak=_SENDS_AGAIN,
        strong=("A receives", "B receives"),
    ),
    verdicts={
        _FLOODED + "forges=syn_flood backlog=2": fails("two SYNs fill it for ever"),
        _FLOODED + "forges=syn_flood backlog=3": holds(
            "there is one place more than the flood can take"
        ),
        _FLOODED + "forges=syn_flood backlog=2 backlog_expiry=on": fails(
            "that a listener may give up does not mean that it ever does"
        ),
    },
    pair="P100c",
)

syn_finds_a_place_in_time = Claim(
    code="P100c",
    id="syn-finds-an-expired-place",
    says="If a listener does give half-open connections up, a client that repeats its SYN finds a "
    "place in the backlog.",
    sources=[rfc(4987, "3"), rfc(9293, "3.8.3 MUST-22")],
    property=leads_to(
        lambda w: w.A.state == SYN_SENT,
        lambda w: any_of(w.A.state != SYN_SENT, w.B.state != LISTEN),
        weak=("B SYN-RECEIVED timeout",),
        strong=("B receives",),
    ),
    verdicts={
        _FLOODED + "forges=syn_flood backlog=2 backlog_expiry=on": holds(
            "the flood has an end here, and then places are free"
        ),
    },
    pair="P100b",
)

paws = Claim(
    code="P74",
    id="timestamps-reject-old",
    says="No FIN of the old connection is accepted in the new one, though TIME-WAIT lasts 1 MSL.",
    sources=[rfc(7323, "5.3"), rfc(9293, "3.6.1 SHLD-4")],
    property=always(lambda w: implies(w.A.inc == 2, none_of(w.A.stale_fin))),
    verdicts={
        "tw1 tw_rfc1337=on": fails("it was repeated when the last ACK was already under way"),
        "tw1 tw_rfc1337=on ts_paws=on": holds("its timestamp is older than the new connection's"),
        "tw0 tw_rfc1337=on ts_paws=on": fails(
            "without any wait the old SYN,ACK sets the old timestamp; its echo is not checked here"
        ),
        "tw1 ts_paws=on": fails("a reset ends TIME-WAIT early; timestamps do not apply to resets"),
    },
)
