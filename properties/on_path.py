"""What one act of an adversary on the path is worth.

Automatic attack synthesis (von Hippel et al.) takes a model of TCP that is correct as long as
nobody interferes, and asks for an adversary under which it is not.  That model has flags and no
numbers, a network that keeps the order and loses nothing, no retransmission and no resets: a single
segment dropped or forged is enough there.  What numbers, retransmission and resets change is below.
"""

from tcpmodel.claims import *

_KORG = "flags_only incarnations=1 gives_up=off channel=fifo loss=0 retransmit=off rst=off"
_TCP = "rfc9293 incarnations=1 gives_up=off channel=fifo loss=0"
_KORG_PAPER = paper(
    "von Hippel, Vick, Tripakis and Nita-Rotaru 2020, Automated attacker synthesis for distributed "
    "protocols"
)

attack_half_open = Claim(
    code="P104",
    id="attack-on-closing",
    says="No server is left ESTABLISHED with a client that has no connection, with nothing under "
    "way that would tell it.",
    sources=[_KORG_PAPER, rfc(9293, "3.5.1", "half-open connections")],
    property=always(lambda w: none_of(w.left_half_open("B"))),
    verdicts={
        _KORG: holds("nobody interferes, and everything arrives in order"),
        f"{_KORG} adversary=on_path forgeries=1": fails("one forged segment is enough"),
        f"{_KORG} adversary=on_path forgeries=2": fails("two are not better"),
        f"{_TCP} adversary=on_path forgeries=1 forges=rst": fails(
            "who sees the numbers can reset one side, and the other has nothing to say"
        ),
        f"{_TCP} adversary=off_path forgeries=1 forges=rst guess=window": holds(
            "who does not see them has to guess exactly"
        ),
    },
)

attack_opening = Claim(
    code="P104b",
    id="attack-on-opening",
    says="A server in SYN-RECEIVED gets further, or has no connection any more.",
    sources=[_KORG_PAPER, rfc(9293, "3.8.1")],
    property=leads_to(
        lambda w: w.B.state == SYN_RECEIVED,
        lambda w: w.B.state != SYN_RECEIVED,
        strong=("A receives", "B receives"),
    ),
    verdicts={
        f"{_KORG} closes=nobody": holds("the third message comes"),
        f"{_KORG} closes=nobody adversary=on_path forgeries=1": fails(
            "dropping the third message is enough: nobody sends it again"
        ),
        "rfc9293 incarnations=1 gives_up=off channel=fifo dup_syn_in_synrcvd=resend_synack "
        "closes=nobody adversary=on_path forgeries=1 forges=ack": holds(
            "whose client, or server, sends again until it is answered is not stopped by one drop"
        ),
    },
)
