"""What the numbers are for once the connection is open.

A network that loses, repeats and reorders shows its user all of that: UDP does not hide it.  TCP
does, by four means that only work together: every octet has a number, a number is taken once and in
turn, an acknowledgment speaks for all numbers below it, and what is not acknowledged is sent again.
The FIN has a number too, so that the end of the text is the end.
"""

from tcpmodel.claims import *

prefix_delivery = Claim(
    code="P88",
    id="prefix-delivery",
    says="What the user of B has got is a prefix of what the user of A has sent on this "
    "connection: nothing old, nothing twice, nothing out of order, nothing left out.",
    sources=[
        seed("8a7a010d", "lost words are said again, words heard twice are dropped"),
        seed("8a7a010d", "the kernel puts packets that come out of order in order again"),
        seed("f6cf09d2", "a connection-oriented, reliable protocol based on a stream of octets"),
        rfc(9293, "3.4"),
        rfc(9293, "3.10.7.4", "seventh, process the segment text"),
    ],
    property=always(lambda w: implies(w.B.taken != 0, w.gets_a_prefix("B"))),
    verdicts={
        "rfc9293 incarnations=1 data=2 senders=A": holds(
            "a number is taken once and in turn, however often and in whatever order it comes"
        ),
        "rfc9293 incarnations=1 data=2 senders=A reassembly=hold": holds(
            "what came early waits until it is next in order"
        ),
        "rfc9293 data=1 senders=A": holds("an old octet is outside the window of the new numbers"),
        "const_isn gives_up=off data=1 senders=A": fails(
            "old text has the number of new text if every connection begins with the same number"
        ),
        "flags_only incarnations=1 data=1 senders=A": fails(
            "without numbers the octet that is sent again is delivered again"
        ),
        "udp": fails("the second datagram may come first, and is delivered as it comes"),
    },
    pair="P88w",
)

prefix_is_all = Claim(
    code="P88w",
    id="everything-arrives",
    says="Nothing is under way, the user of A has sent two octets and needs to do no more, and B "
    "has got both.",
    sources=[rfc(9293, "3.4", "all that is sent is acknowledged")],
    property=sometimes(lambda w: all_of(w.sent_all("A"), w.B.taken == 2, w.nothing_inflight())),
    verdicts={
        "rfc9293 incarnations=1 data=2 senders=A": holds("what is a prefix becomes the whole"),
        "rfc9293 incarnations=1 data=2 senders=A retransmit=off loss=0 capacity=3 window=1": holds(
            "a network that loses nothing needs no retransmission"
        ),
        "udp": holds("the network may be kind"),
    },
    pair="P88",
)

udp_loses = Claim(
    code="P90",
    id="udp-loses",
    says="The user of A has sent everything and needs to do no more, nothing is under way, and B "
    "has not got all of it.",
    sources=[
        seed("f6cf09d2", "UDP does not guarantee that a datagram arrives"),
        rfc(768, "Introduction", "delivery and duplicate protection are not guaranteed"),
    ],
    property=sometimes(lambda w: all_of(w.sent_all("A"), w.B.taken != 2, w.nothing_inflight())),
    verdicts={
        "udp": holds("what is lost is lost, and nobody knows"),
        "udp loss=0 dup=1": fails("where nothing is lost all of it comes, be it twice"),
        "rfc9293 incarnations=1 data=2 senders=A": fails(
            "what is acknowledged has been taken, and what is not is sent again"
        ),
    },
)

udp_duplicates = Claim(
    code="P90d",
    id="udp-duplicates",
    says="The user of B gets an octet twice.",
    sources=[
        seed("f6cf09d2", "UDP does not guarantee that a datagram arrives"),
        rfc(768, "Introduction", "delivery and duplicate protection are not guaranteed"),
    ],
    property=sometimes(lambda w: w.B.duplicated),
    verdicts={
        "udp dup=1": holds("the network has made two of one"),
        "udp": fails("UDP itself sends nothing twice"),
        "rfc9293 incarnations=1 data=1 senders=A dup=1": fails(
            "the copy has a number that was taken before"
        ),
    },
)

udp_reorders = Claim(
    code="P90o",
    id="udp-reorders",
    says="The user of B gets an octet before an earlier one.",
    sources=[
        seed("8a7a010d", "packets take different paths and arrive in another order"),
        rfc(768, "Introduction"),
    ],
    property=sometimes(lambda w: all_of(w.B.skipped, w.B.taken == 2)),
    verdicts={
        "udp": holds("there is no number that says which was first"),
        "udp channel=fifo": fails("only a network that keeps the order hides it"),
        "rfc9293 incarnations=1 data=2 senders=A": fails("the later one waits, or comes again"),
    },
)

fin_after_all_data = Claim(
    code="P47",
    id="fin-after-all-data",
    says="An endpoint takes the FIN of its peer only after every octet that was sent before it.",
    sources=[
        seed("a420545a", "a FIN says: I have nothing more to send to you"),
        seed("f6cf09d2", "the peer that sends a FIN has no more data to send"),
        rfc(9293, "3.10.7.4", "eighth, check the FIN bit"),
        rfc(9293, "3.6", "CLOSE is an operation meaning: I have no more data to send"),
    ],
    property=always(
        lambda w: implies(any_of(w.B.state == CLOSE_WAIT, w.B.state == LAST_ACK), none_of(w.B.cut))
    ),
    verdicts={
        "rfc9293 incarnations=1 data=2 senders=A": holds(
            "the FIN has the number after the last octet, and waits for its turn"
        ),
        "rfc9293 incarnations=1 data=2 senders=A reassembly=hold": holds(
            "held back, it waits as well"
        ),
        "flags_only incarnations=1 data=1 senders=A": fails(
            "without numbers a FIN that overtakes the text ends the connection before it"
        ),
        "flags_only incarnations=1 data=1 senders=A channel=fifo retransmit=off loss=0": holds(
            "a network that keeps the order and loses nothing hides what the FIN's number is for"
        ),
    },
)

simplex_fin = Claim(
    code="P48",
    id="simplex-fin",
    says="When the FIN has been sent, no text is under way that could be taken for more text "
    "behind it.",
    sources=[
        seed("f6cf09d2", "after its FIN the client sends no more data, but ACKs"),
        rfc(9293, "3.6", "the user who CLOSEs may continue to RECEIVE"),
    ],
    property=always(
        lambda w: implies(
            any_of(w.A.state == FIN_WAIT_1, w.A.state == FIN_WAIT_2),
            none_of(w.text_beyond_fin("A")),
        )
    ),
    verdicts={
        "rfc9293 incarnations=1 data=2 senders=A": holds(
            "what is sent after the FIN has been sent before it: only retransmissions"
        ),
        "rfc9293 data=1 senders=A": holds("and text of an old connection has other numbers"),
        "const_isn gives_up=off data=1 senders=A": fails(
            "old text has the number that the new connection's FIN has: the user sent nothing this "
            "time"
        ),
    },
)

not_stop_and_wait = Claim(
    code="P91",
    id="not-stop-and-wait",
    says="More than one octet of text can be sent and unacknowledged at a time.",
    sources=[
        seed("8b6640a8", "only when the sender has received the ACK does it send the next packet"),
        seed("8a7a010d", "eight sentences may be said in a row and answered once"),
        rfc(9293, "3.8.6", "the window is what may be sent before an acknowledgment comes"),
    ],
    property=sometimes(lambda w: w.has_unacknowledged("A", 2)),
    verdicts={
        "rfc9293 incarnations=1 data=2 senders=A": holds("the window has room for two"),
        "rfc9293 incarnations=1 data=2 senders=A window=1": fails(
            "with room for one octet, and only then, TCP does stop and wait"
        ),
        "rfc9293 incarnations=1 data=2 senders=A receiver=slow": holds(
            "a window that is closed now was open before"
        ),
    },
    folklore="One post says that the next packet is sent only when the ACK of the one before has "
    "come.  That is stop-and-wait; TCP does so only if the window has room for no more.",
)

cumulative_ack_safe = Claim(
    code="P92",
    id="cumulative-ack-safe",
    says="Every octet that is acknowledged has been taken by the peer, and so has every one before "
    "it.",
    sources=[
        seed("8a7a010d", "one answer for the eight sentences heard: a batch acknowledgment"),
        seed("8b6640a8", "the number acknowledged is that of the last octet in order, plus one"),
        rfc(9293, "3.4", "an acknowledgment of X means that all octets up to X were received"),
    ],
    property=always(
        lambda w: implies(
            all_of(w.A.state == ESTABLISHED, w.B.taken != 0), w.acknowledged_is_taken("A")
        )
    ),
    verdicts={
        "rfc9293 incarnations=1 data=2 senders=A": holds(
            "RCV.NXT stands before the first gap, whatever has come behind it"
        ),
        "rfc9293 incarnations=1 data=2 senders=A reassembly=hold": holds(
            "what is held back behind a gap is not acknowledged"
        ),
        "flags_only incarnations=1 data=2 senders=A": fails(
            "an ACK without a number acknowledges what was sent after it left"
        ),
    },
)

zero_window = Claim(
    code="P93",
    id="zero-window-no-deadlock",
    says="A sender that waits for a closed window to open learns sooner or later that it has, or "
    "gets its last octet acknowledged.",
    sources=[
        rfc(9293, "3.8.6.1 MUST-36", "zero-window probing"),
        paper(
            "Lockefeer, Williams and Fokkink 2016, Formal specification and verification of TCP "
            "extended with the Window Scale Option"
        ),
    ],
    property=leads_to(
        lambda w: w.believes_window_closed("A"),
        lambda w: any_of(w.A.snd_wnd != 0, w.sent_all("A")),
        weak=("B RECEIVE",),
        strong=("A receives", "B receives"),
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=2 senders=A window=1 "
        "receiver=slow": holds(
            "the probe is taken or answered, and the answer names the window; no timer has to be "
            "fair, since where nothing else can happen it is the timer that goes off"
        ),
    },
    pair="P93d",
)

zero_window_without_probes = Claim(
    code="P93d",
    id="zero-window-deadlock-without-probes",
    says="A sender that waits for a closed window to open learns sooner or later that it has, even "
    "if it never probes it.",
    sources=[rfc(9293, "3.8.6.1", "the loss of a window update must not stop the sender for ever")],
    property=leads_to(
        lambda w: w.believes_window_closed("A"),
        lambda w: any_of(w.A.snd_wnd != 0, w.sent_all("A")),
        # What holds holds without; the failures are there although nobody is kept waiting.
        weak=("A retransmission timeout", "B RECEIVE"),
        strong=("A receives", "B receives"),
    ),
    verdicts={
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=2 senders=A window=1 "
        "receiver=slow persist=off": fails(
            "the one segment that says that the window is open again is lost, and is not repeated"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=2 senders=A window=1 "
        "receiver=slow persist=off loss=0": fails(
            "the update overtakes the ACK that closed the window: both have the same SEQ and ACK, "
            "so that SND.WL1 and SND.WL2 do not tell which is older"
        ),
        "rfc9293 incarnations=1 gives_up=off closes=nobody data=2 senders=A window=1 "
        "receiver=slow persist=off loss=0 channel=fifo": holds(
            "a network that loses nothing and keeps the order delivers the update last"
        ),
    },
    folklore="It does not take a loss: without probes, reordering is enough to leave a sender "
    "waiting at an open window.",
    pair="P93",
)

data_on_syn_buffered = Claim(
    code="P94",
    id="data-on-syn-buffered",
    says="Text that came with a SYN is delivered to a server's user only if the client that sent "
    "it is still there, or has answered.",
    sources=[
        rfc(9293, "3.5", "data on a SYN is not delivered before it is clear that it is valid"),
        seed("a420545a", "a SYN held up in the network comes when nobody waits for it any more"),
    ],
    property=always(
        lambda w: implies(
            all_of(w.B.state == ESTABLISHED, w.B.taken != 0), w.agrees_with_live_peer("B")
        )
    ),
    verdicts={
        "rfc9293 data=1 senders=A syn_data=on": holds(
            "the text waits for the third message, which an old SYN does not have"
        ),
        "two_way data=1 senders=A syn_data=on gives_up=off": fails(
            "an old SYN connects the server at once, and its old text is delivered"
        ),
    },
)

numbers_go_round = Claim(
    code="P75",
    id="mod-arith-window",
    says="Whatever number a connection begins with, what the server gets is a prefix of what the "
    "client has sent.",
    sources=[
        rfc(9293, "3.4", "numbers are compared modulo 2^32"),
        paper(
            "Chkliaev, Hooman and de Vink 2003, Verification and improvement of the sliding window "
            "protocol"
        ),
    ],
    property=always(lambda w: w.gets_a_prefix("B")),
    verdicts={
        "rfc9293 isn=free width=3 data=1 senders=A gives_up=off incarnations=1": holds(
            "SYN, text, FIN and the window fit into the space of eight numbers, wherever they begin"
        ),
        "const_isn gives_up=off data=1 senders=A": fails(
            "an old octet of another connection fits as well; going round is not what does it"
        ),
    },
    folklore="The window must not be more than half of the space: with such windows a scenario is "
    "refused.",
)
