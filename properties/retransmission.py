"""How long until a TCP gives up.

The numbers that go round (63 seconds for a SYN, "the default") are sums of doubled timeouts.  Here
a tick is a second, B is dead (`roles=alone`), and A sends exactly on time: what is told is when.
"""

from tcpmodel.claims import *

_LINUX_DOC = paper("Linux Documentation/networking/ip-sysctl: tcp_syn_retries")

syn_lost_63s = Claim(
    code="P79",
    id="syn-lost-63s",
    says="A SYN that is never answered is sent after 0, 1, 3, 7, 15 and 31 seconds, and given up "
    "after 63.",
    sources=[
        seed(
            "32ba5318",
            "five retries by default, at intervals of 1, 2, 4, 8 and 16 s; after another 32 s, "
            "63 s in all, the connection is given up",
        ),
        rfc(6298, "5.5", "back off the timer"),
        rfc(9293, "3.8.3 MUST-22"),
    ],
    property=always(
        lambda w: implies(
            any_of(w.A.state == SYN_SENT, w.ended("A", "timeout")),
            all_of(
                w.last_sent_at("A", 0, 1, 3, 7, 15, 31),
                implies(
                    w.ended("A", "timeout"),
                    all_of(w.last_sent_at("A", 31), w.gave_up_after("A", 63)),
                ),
            ),
        )
    ),
    verdicts={
        "linux_old roles=alone gives_up=off incarnations=1": holds(
            "five retries and an initial timeout of 1 s: 1 + 2 + 4 + 8 + 16 + 32"
        ),
        "linux_old roles=alone gives_up=off incarnations=1 rto=3": fails(
            "with the initial timeout of RFC 1122, 3 s, the first retry comes after 3 s"
        ),
        "linux roles=alone gives_up=off incarnations=1": fails(
            "the second retry of today's Linux comes after 2 s, not 3"
        ),
    },
    pair="P79w",
)

syn_lost_63s_is_reached = Claim(
    code="P79w",
    id="syn-lost-63s-is-reached",
    says="A SYN that is never answered can be given up after 63 seconds.",
    sources=[seed("32ba5318", "63 s in all"), rfc(9293, "3.8.3 MUST-20")],
    property=sometimes(lambda w: w.gave_up_after("A", 63)),
    verdicts={
        "linux_old roles=alone gives_up=off incarnations=1": holds("the sixth timeout ends then"),
        "linux_old roles=alone gives_up=off incarnations=1 rto=3": fails("189 s is all it does"),
    },
    pair="P79",
)

linux_default_is_not_63 = Claim(
    code="P80",
    id="linux-default-is-not-63",
    says="Linux by default gives up a SYN after 131 seconds.",
    sources=[
        seed("32ba5318", "the default is five retries, 63 s"),
        _LINUX_DOC,
        paper("Linux Documentation/networking/ip-sysctl: tcp_syn_linear_timeouts"),
    ],
    property=always(
        lambda w: implies(
            w.ended("A", "timeout"), all_of(w.last_sent_at("A", 67), w.gave_up_after("A", 131))
        )
    ),
    verdicts={
        "linux roles=alone gives_up=off incarnations=1": holds(
            "six retries, after four that are not doubled: the last one after 67 s"
        ),
        "linux roles=alone gives_up=off incarnations=1 rto_policy=exponential": fails(
            "without the linear ones it is 127 s, the last retry after 63 s"
        ),
        "linux_old roles=alone gives_up=off incarnations=1": fails(
            "63 s it was, with five retries"
        ),
    },
    folklore="63 s is the figure of old kernels; that a SYN,ACK is given up after 63 s to this day "
    "is a coincidence of defaults.",
)

must23_three_minutes = Claim(
    code="P81",
    id="must23-three-minutes",
    says="A SYN is not given up in less than three minutes.",
    sources=[rfc(9293, "3.8.3 MUST-23", "R2 of a SYN is at least 3 minutes"), _LINUX_DOC],
    property=always(
        lambda w: implies(w.ended("A", "timeout"), none_of(w.gave_up_before("A", 180)))
    ),
    verdicts={
        "linux_old roles=alone gives_up=off incarnations=1": fails("it is after 63 s"),
        "linux roles=alone gives_up=off incarnations=1 rto_policy=exponential": fails(
            "it is after 127 s"
        ),
        "linux roles=alone gives_up=off incarnations=1": fails("it is after 131 s"),
        "linux_old roles=alone gives_up=off incarnations=1 rto=3": holds(
            "five retries were enough as long as the initial timeout was 3 s: 189 s"
        ),
        "linux roles=alone gives_up=off incarnations=1 rto_policy=exponential syn_retries=7": holds(
            "one more retry is enough: 247 s, the last timeout being cut to 120 s"
        ),
    },
    folklore="Since the initial timeout went from 3 s to 1 s (RFC 6298), Linux breaks a MUST of "
    "RFC 9293 with its defaults.",
)

third_ack_lost = Claim(
    code="P83",
    id="third-ack-lost",
    says="No server that has given up its SYN,ACK leaves behind a client that is ESTABLISHED and "
    "hears nothing of it.",
    sources=[
        seed("32ba5318", "the server repeats its SYN,ACK, and gives up after the limit"),
        rfc(9293, "3.8.3 MUST-22"),
        rfc(9293, "3.5.1", "half-open connections"),
    ],
    property=always(lambda w: none_of(all_of(w.ended("B", "timeout"), w.left_half_open("A")))),
    verdicts={
        "rfc9293 incarnations=1 closes=nobody": holds("without a limit the server never gives up"),
        "rfc9293 incarnations=1 closes=nobody synack_retries=1": fails(
            "it gives up silently: no reset tells the client, which has nothing to send"
        ),
    },
    folklore="The client learns of it when it sends, if it ever does.",
)

fin_lost_limit = Claim(
    code="P84",
    id="fin-lost-limit",
    says="An endpoint that has given up its FIN leaves no peer behind that is ESTABLISHED.",
    sources=[
        seed("32ba5318", "after the limit FIN-WAIT-1 ends in CLOSED directly"),
        rfc(9293, "3.8.3 MUST-20"),
        paper("Linux Documentation/networking/ip-sysctl: tcp_orphan_retries"),
    ],
    property=always(lambda w: none_of(all_of(w.ended("A", "timeout"), w.left_half_open("B")))),
    verdicts={
        "rfc9293 incarnations=1": holds("without a limit the FIN is repeated until it is answered"),
        "rfc9293 incarnations=1 orphan_retries=1": fails(
            "both FINs are lost, and nothing is sent that would tell the peer"
        ),
    },
)
