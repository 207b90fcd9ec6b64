"""What the states of the active closer are for.

FIN-WAIT-1 says that our FIN is sent and not acknowledged; TIME-WAIT that the peer's may come again.
A description that has FIN-WAIT-1 begin with the acknowledgment, and a TCP that lets an active close
end like a passive one, look right on every lucky day.
"""

from tcpmodel.claims import *

fin_wait_1_awaits_its_ack = Claim(
    code="P23",
    id="fin-wait-1-awaits-its-ack",
    says="In FIN-WAIT-1 the FIN that was sent is not acknowledged.",
    sources=[
        seed("a420545a", "A receives the acknowledgment of its FIN and enters FIN_WAIT_1"),
        seed("32ba5318", "FIN_WAIT_1 becomes FIN_WAIT2 when the passive closer's ACK comes"),
        rfc(9293, "3.3.2", "FIN-WAIT-1: waits for the acknowledgment of its FIN, or the peer's"),
    ],
    property=always(lambda w: implies(w.A.state == FIN_WAIT_1, w.A.snd_una != w.A.snd_nxt)),
    verdicts={
        "rfc9293 incarnations=1": holds("its acknowledgment leads to FIN-WAIT-2"),
        "seed0_misread incarnations=1": fails(
            "it is the acknowledgment that leads there; until then the client looks ESTABLISHED"
        ),
    },
    folklore="One post enters FIN_WAIT_1 on receipt of the ACK.  What goes over the wire would be "
    "the same, but the state would not tell that the connection is closing.",
    pair="P23c",
)

active_closer_waits = Claim(
    code="P58b",
    id="active-closer-waits",
    says="A passive closer's close is never answered by a reset, though one segment may be lost.",
    sources=[
        seed("8a7a010d", "TIME_WAIT is for sending the last ACK again, should it be lost"),
        rfc(9293, "3.3.2", "FIN-WAIT-2, rcv FIN: TIME-WAIT"),
        paper("FreeRTOS-Plus-TCP, issue 1303: from FIN-WAIT-1 to CLOSE-WAIT or LAST-ACK"),
    ],
    property=always(lambda w: implies(w.A.state == CLOSED, none_of(w.ended("B", "reset")))),
    verdicts={
        "tw2 incarnations=1 loss=1 rto=1": holds("TIME-WAIT repeats the last ACK"),
        "freertos1303 incarnations=1 loss=1 rto=1": fails(
            "without TIME-WAIT nobody is left to repeat it when the user has gone"
        ),
        "rfc9293_literal isn=constant gives_up=off loss=1 msl=1 time_wait=2 rto=1 incarnations=1": (
            fails("a TIME-WAIT that a repeated FIN does not restart ends too early")
        ),
        "tw2 incarnations=2 loss=1 rto=1": fails(
            "where every connection begins with the same number, an old ACK opens a second one by "
            "itself, which a reset ends"
        ),
    },
)
