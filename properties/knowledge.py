"""Who knows what, and when.

Two people wave to each other: that is how the posts explain the handshake.  Said with care: an
endpoint *knows* what is true in every run that looks the same to it.  Each message that arrives
tells its receiver something, among it what the sender knew when it sent it.  So knowledge grows by
one level per message, and no number of messages makes anything common knowledge.

What is to be known first is whether the network works at all: with `link=any` either direction may
be broken from the start.  A direction that works means that one end can send and the other receive.

Three views are used.  By its *state*, an endpoint goes by what is in its TCB now; by *recall*, by
all that has ever been in it; by *events*, also by its own steps, those included that change
nothing.  What is not known by events is not known at all.  (Such an endpoint is cleverer than one
would like: where the model's network holds a certain number of segments, it counts how many can
still be under way.  Claims about what nobody can know therefore say how large the network is.)
"""

from tcpmodel.claims import *

_WAVE = "8a7a010d"
_HALPERN_MOSES = paper(
    "Halpern and Moses 1990, Knowledge and common knowledge in a distributed environment"
)
_CHAINS = paper(
    "Chandy and Misra 1986, How processes learn",
    "to learn what another process knows takes a chain of messages",
)
_ONE = "incarnations=1 gives_up=off link=any"
_SPOOFED = f"rfc9293 {_ONE} adversary=off_path forgeries=2 forges=handshake"

know_after_first = Claim(
    code="P11",
    id="know-after-first-message",
    says="A server that has received a SYN knows that the client can send and that it can receive "
    "itself.",
    sources=[seed(_WAVE, "the first message shows the server that it can hear the client")],
    property=knows(
        "B",
        lambda w: w.works("A"),
        when=lambda w: any_of(w.B.state == SYN_RECEIVED, w.B.state == ESTABLISHED),
        view="recall",
    ),
    verdicts={
        f"rfc9293 {_ONE}": holds("nothing else makes a server leave LISTEN"),
        f"two_way {_ONE}": holds("that is all its one message is good for"),
        f"four_naive {_ONE}": holds("the first of four messages is the same SYN"),
        f"rfc9293 {_ONE} adversary=off_path forgeries=1 forges=syn guess=exact": fails(
            "anybody can send a SYN in the client's name: its address is not verified"
        ),
    },
)

know_after_second = Claim(
    code="P12",
    id="know-after-second-message",
    says="A client that is ESTABLISHED knows that both directions work.",
    sources=[
        seed(_WAVE, "the second message shows the client that it can speak and be heard"),
        rfc(9293, "3.10.7.3", "an ACK is acceptable only if it acknowledges the SYN"),
    ],
    property=knows(
        "A",
        lambda w: all_of(w.works("A"), w.works("B")),
        when=lambda w: w.A.state == ESTABLISHED,
        view="recall",
    ),
    verdicts={
        f"rfc9293 {_ONE}": holds("its own number has come back"),
        f"two_way {_ONE}": holds("the client of two messages gets the same answer"),
        f"flags_only {_ONE}": holds("there is no earlier connection whose answer it could be"),
        f"{_SPOOFED} guess=learned": fails(
            "a simultaneous open with nobody: SYN and ACK are forged, the numbers guessed"
        ),
    },
)

know_answer_is_mine = Claim(
    code="P12s",
    id="know-answer-is-to-my-syn",
    says="A client that is ESTABLISHED knows that the SYN of this very connection was answered.",
    sources=[
        seed(_WAVE, "the second message shows the client that it was heard"),
        rfc(9293, "3.4", "sequence numbers tell old segments from new ones"),
    ],
    property=knows("A", lambda w: w.A.confirmed, when=lambda w: w.A.state == ESTABLISHED),
    verdicts={
        "rfc9293 gives_up=off": holds("the acknowledged number belongs to one incarnation only"),
        "two_way gives_up=off": holds("the client is not the one whom two messages leave in doubt"),
        "flags_only gives_up=off": fails("an old SYN,ACK without numbers looks like a new one"),
        "const_isn gives_up=off": fails("an old SYN,ACK acknowledges the number used again"),
    },
    folklore="A stale answer still shows that both directions worked once; what it does not show "
    "is that anybody has heard this SYN.",
)

server_does_not_know_yet = Claim(
    code="P13",
    id="server-does-not-know-yet",
    says="A server in SYN-RECEIVED does not know whether its own segments reach the client.",
    sources=[seed(_WAVE, "the server cannot tell yet whether the client can hear it")],
    property=epistemic(
        lambda w: none_of(w.knows_whether("B", w.works("B"))),
        when=lambda w: w.B.state == SYN_RECEIVED,
        view="events",
    ),
    verdicts={
        f"rfc9293 {_ONE} capacity=1": holds(
            "its SYN,ACK delivered or lost: the two runs look the same to it"
        ),
        f"four_naive {_ONE} capacity=1": holds("two messages instead of one tell it no more"),
        "rfc9293 gives_up=off link=any capacity=1": fails(
            "a client that never gives up opens a second time only after a first answer"
        ),
    },
)

know_after_third = Claim(
    code="P14",
    id="know-after-third-message",
    says="An ESTABLISHED server knows that both directions work.",
    sources=[
        seed(_WAVE, "only the third message shows the server that it can be heard"),
        rfc(9293, "3.5"),
        rfc(4987, "3.6", "SYN cookies"),
    ],
    property=knows(
        "B",
        lambda w: all_of(w.works("A"), w.works("B")),
        when=lambda w: w.B.state == ESTABLISHED,
        view="recall",
    ),
    verdicts={
        f"rfc9293 {_ONE}": holds("its own number has come back"),
        f"four_naive {_ONE}": holds("so has it after four messages"),
        f"rfc9293 {_ONE} data=1 senders=A": holds(
            "with the third message lost, the first text brings the same number"
        ),
        f"rfc9293 {_ONE} syn_cookies=on": holds("the number comes back as a cookie"),
        f"two_way {_ONE}": fails("ESTABLISHED at once, it has sent and heard nothing of it"),
        f"{_SPOOFED} guess=learned": fails("the number may be guessed instead of received"),
    },
)

no_common_knowledge = Claim(
    code="P15",
    id="no-common-knowledge",
    says="It never becomes common knowledge that the client's segments reach the server.",
    sources=[
        _HALPERN_MOSES,
        paper("Gray 1978, Notes on data base operating systems", "the two generals"),
        seed(_WAVE, "after three messages both sides are sure of everything"),
        seed("a420545a", "the handshake brings both sides into a synchronized state"),
    ],
    property=epistemic(lambda w: none_of(w.common_knowledge(w.works("A")))),
    verdicts={
        f"rfc9293 {_ONE}": holds("whoever sent last does not know that it arrived"),
        f"two_way {_ONE}": holds("as after any number of messages"),
        f"four_naive {_ONE}": holds("one message more is no help"),
        f"rfc9293 {_ONE} data=1": holds("neither are text and its acknowledgment"),
        f"rfc9293 {_ONE} channel=fifo loss=0": holds(
            "without loss nobody knows when a segment has arrived"
        ),
    },
    folklore="Both sides being sure would take a clock that both see and a bound on delays: three "
    "messages bring what each side needs to know, not certainty about the other's certainty.",
    pair="P15d",
)

depth_three = Claim(
    code="P15k",
    id="server-knows-client-knows-server-knows",
    says="An ESTABLISHED server knows that the client knows that the server knows that the client "
    "can send.",
    sources=[_CHAINS, _HALPERN_MOSES],
    property=knows(
        "B",
        lambda w: w.knows("A", w.knows("B", w.works("A"))),
        when=lambda w: w.B.state == ESTABLISHED,
        view="recall",
    ),
    verdicts={
        f"rfc9293 {_ONE}": holds("three messages, there, back and there again: three levels"),
        f"four_naive {_ONE}": holds(
            "three levels, too: two messages one after the other in one direction count once"
        ),
        f"two_way {_ONE}": fails("one message has arrived there: one level"),
    },
)

depth_four = Claim(
    code="P15d",
    id="client-knows-one-level-more",
    says="When both are ESTABLISHED and the server has nothing more to send, the client knows that "
    "the server knows that the client knows that the server knows that the client can send.",
    sources=[_CHAINS, _HALPERN_MOSES],
    property=knows(
        "A",
        lambda w: w.knows("B", w.knows("A", w.knows("B", w.works("A")))),
        when=lambda w: all_of(w.A.state == ESTABLISHED, w.B.state == ESTABLISHED, w.sent_all("B")),
        view="recall",
    ),
    verdicts={
        f"rfc9293 {_ONE} closes=nobody": fails(
            "of the third message's arrival the client has heard nothing"
        ),
        f"rfc9293 {_ONE} closes=nobody data=1 senders=B": holds(
            "text that the server sends is the fourth message, and the fourth level"
        ),
    },
    pair="P15",
)


passive_closer_knows = Claim(
    code="P16",
    id="know-close-passive",
    says="A passive closer whose FIN is acknowledged knows that the active closer knows that both "
    "directions are closed.",
    sources=[
        seed("a420545a", "the passive side need not wait: it has heard that its FIN arrived"),
        rfc(9293, "3.6"),
    ],
    property=knows(
        "B",
        lambda w: w.knows("A", any_of(w.A.state == TIME_WAIT, w.ended("A", "closed"))),
        when=lambda w: all_of(w.B.state == CLOSED, w.ended("B", "closed")),
        view="recall",
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off": holds(
            "only an endpoint that has received the FIN acknowledges its number"
        ),
        "rfc9293 incarnations=1 gives_up=off tw_rfc1337=on": holds(
            "it needs no reset to be harmless in TIME-WAIT"
        ),
        "textbook incarnations=1 channel=fifo": holds(
            "with a clock and TIME-WAIT of 2 MSL the same"
        ),
        "flags_only incarnations=1 gives_up=off": fails(
            "an old ACK without a number acknowledges a FIN that is still under way"
        ),
        "rfc9293 gives_up=off": fails("the active closer may have opened the next one by then"),
    },
)

_QUIET = "incarnations=1 tw_rfc1337=on channel=fifo"
"""Nothing but the timer ends TIME-WAIT, so that its end is what the claim is about."""

active_closer_knows = Claim(
    code="P17",
    id="know-close-active",
    says="An active closer whose TIME-WAIT has run out knows that the passive closer has got the "
    "last ACK.",
    sources=[
        seed("a420545a", "no FIN heard for 2 MSL: that makes sure that the last ACK has arrived"),
        rfc(9293, "3.6.1 MUST-13"),
    ],
    property=knows(
        "A",
        lambda w: w.ended("B", "closed"),
        when=lambda w: all_of(w.A.state == CLOSED, w.ended("A", "closed")),
        view="recall",
    ),
    verdicts={
        f"rfc9293 {_QUIET} gives_up=off": fails("without a clock silence means nothing"),
        f"tw0 {_QUIET}": fails("it has not waited for the ACK to arrive"),
        f"tw1 {_QUIET}": holds("nothing is lost, so the ACK arrives within 1 MSL"),
        f"tw2 {_QUIET} loss=1": fails(
            "the ACK may be lost, and nobody says how soon the FIN is repeated"
        ),
        f"tw1 {_QUIET} loss=1 rto=1": fails("the repeated FIN may come after 1 MSL"),
        f"tw2 {_QUIET} loss=1 rto=1": holds(
            "one loss, a FIN repeated within 1 MSL: had the ACK been lost, it would have come"
        ),
        "tw2 incarnations=1 tw_rfc1337=on loss=1 rto=1 rst=off": holds(
            "reordering makes no difference"
        ),
        "tw2 tw_rfc1337=on loss=1 rto=1 rst=off": fails(
            "the passive closer may have begun the next one by then, if only with an old SYN"
        ),
        f"tw2 {_QUIET} loss=1 rto=2": fails("2 MSL is less than RTO + MSL"),
        f"tw2 {_QUIET} loss=1 rto=2 time_wait=3": holds("RTO + MSL is enough for one loss"),
        f"tw2 {_QUIET} loss=1 rto=1 msl=2": fails("2 ticks are less than RTO + MSL = 3"),
        f"tw2 {_QUIET} loss=1 rto=1 msl=2 time_wait=3": holds(
            "RTO + MSL is enough, and here less than 2 MSL"
        ),
        f"tw2 {_QUIET} loss=2 rto=1": fails("with ACK and FIN lost, silence lasts 2 MSL"),
        f"tw2 {_QUIET} loss=2 rto=1 time_wait=3": holds("2 RTO + MSL is enough for two losses"),
        f"tw2 {_QUIET} loss=any rto=1": fails("every ACK may be lost, and every FIN"),
        f"tw2 {_QUIET} loss=1 rto=1 retries=1": fails("a peer that gives up is silent, too"),
        f"tw2 {_QUIET} loss=1 rto=1 crash=B": fails("and so is one that has crashed"),
        f"tw2 {_QUIET} loss=1 rto=1 time_wait_restart=off": fails(
            "the repeated FIN must begin the wait anew, or its ACK has no time to arrive"
        ),
    },
    folklore="2 MSL of silence make nothing certain by themselves.  The active closer knows that "
    "its ACK has arrived if at most n segments are lost, the peer neither crashes nor gives up and "
    "repeats its FIN within RTO, and TIME-WAIT, begun anew by each FIN, lasts n RTO + MSL.",
)

sender_cannot_tell = Claim(
    code="P18",
    id="data-lost-or-ack-lost",
    says="A sender whose text is not acknowledged does not know whether the peer has taken it.",
    sources=[
        seed(_WAVE, "without an answer one cannot judge which of the two messages was lost"),
        _HALPERN_MOSES,
    ],
    property=epistemic(
        lambda w: none_of(w.knows_whether("A", w.B.taken == 1)),
        when=lambda w: all_of(w.A.state == ESTABLISHED, w.A.snd_una != w.A.snd_nxt),
        view="recall",
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A": holds(
            "text lost or its ACK lost: both runs look the same, so it repeats and the peer drops"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A retransmit=off": holds(
            "whether it repeats or not"
        ),
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A channel=fifo loss=0": holds(
            "and also while nothing is lost: it may be late"
        ),
        "two_way incarnations=1 gives_up=off data=1 senders=A": holds(
            "however the connection was opened"
        ),
    },
    pair="P18k",
)

acknowledged_is_known = Claim(
    code="P18k",
    id="acknowledged-is-known-to-be-taken",
    says="A sender whose text is acknowledged knows that the peer has taken it.",
    sources=[
        seed(_WAVE, "an answer shows that the message has arrived"),
        rfc(9293, "3.4", "the acknowledgment mechanism is cumulative"),
    ],
    property=knows(
        "A",
        lambda w: w.B.taken == 1,
        when=lambda w: all_of(w.A.state == ESTABLISHED, w.A.snd_una == w.A.iss + 2),
        view="recall",
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off data=1 senders=A closes=nobody": holds(
            "an acknowledgment names the number after the text"
        ),
        "flags_only incarnations=1 gives_up=off data=1 senders=A closes=nobody": fails(
            "the ACK of the SYN, come again, passes for the ACK of the text"
        ),
    },
    pair="P18",
)
