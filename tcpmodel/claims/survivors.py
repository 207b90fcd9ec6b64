"""Seeded faults that nothing catches, each with the reason why nothing can or need."""

from __future__ import annotations

from collections.abc import Mapping

from tcpmodel.tcp.faults import Fault

_LISTENING = (
    "whose user does not listen is in LISTEN only where SYN-RECEIVED forgets its origin "
    "(origin_memory=off), and then may as well open again"
)

_LOST_ANYWAY = (
    "only where anything may be lost does the network drop what has reached its lifetime: losing "
    "it does the same, so that this is a name for some losses, and no run is more or less"
)

_NOTHING = "what is lost is an empty place: nothing changes, save that a counted loss is spent"

_NOTHING_COPIED = (
    "what is copied is an empty place: nothing changes, save that a counted copy is spent"
)

_NO_ROOM = "a copy that finds no room vanishes: nothing changes, save that a counted copy is spent"

_NOT_CLOSED = (
    "a window closes only by what was sent: who sends nothing never sees one that is closed"
)

_ROOM_FOR_FIN = (
    "besides the states in which a rule of this name does the same there are only those after our "
    "FIN was taken: there was room for it, and its ACK has said so"
)

_NOTHING_LOST = "who has neither a TCB nor selected an ISS loses nothing by a crash"

EXPLAINED: Mapping[Fault, str] = {
    Fault("listen_active_open", "remove", "me.may_listen"): _LISTENING,
    Fault("listen_send", "remove", "me.may_listen"): _LISTENING,
    Fault("network loses", "remove", "slot.ctl != -"): _NOTHING,
    Fault("network duplicates", "remove", "slot.ctl != -"): _NOTHING_COPIED,
    Fault("network duplicates", "remove", "slot.ctl == -"): _NO_ROOM,
    Fault("probes_zero_window__close_wait", "remove", "me.may_send"): _NOT_CLOSED,
    Fault("probes_zero_window__established", "remove", "me.state == ESTABLISHED"): _ROOM_FOR_FIN,
    Fault("probes_zero_window__close_wait", "remove", "me.state == CLOSE-WAIT"): _ROOM_FOR_FIN,
    Fault("crash", "remove", "(me.state != CLOSED or me.used != 0)"): _NOTHING_LOST,
    Fault("crash", "remove", "me.state != CLOSED"): _NOTHING_LOST,
    Fault("network drops", "delete"): _LOST_ANYWAY,
    Fault("network drops", "remove", "slot.ctl != -"): _LOST_ANYWAY,
    Fault("network drops", "negate", "slot.ctl != -"): _LOST_ANYWAY,
    Fault("network drops", "remove", "slot.age == MSL"): _LOST_ANYWAY,
    Fault("network drops", "negate", "slot.age == MSL"): _LOST_ANYWAY,
}
