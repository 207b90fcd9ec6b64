"""The switches about text and how it is sent and taken, and what of them contradicts what."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.switch import switch


class _Elsewhere:
    """Switches that a scenario has besides these."""

    handshake: str
    data: int
    window: int
    msl: int


@dataclass(frozen=True)
class TextSwitches(_Elsewhere):
    """UDP for contrast; reassembly, a receive window that closes, text on a SYN."""

    protocol: str = switch(
        "tcp",
        "TCP, or for contrast UDP: no connection, text is delivered as it comes",
        "tcp",
        "udp",
    )
    reassembly: str = switch(
        "drop",
        "what is in the window but not next in order is dropped, or held back (SHLD-31)",
        "drop",
        "hold",
    )
    receiver: str = switch(
        "immediate",
        "when the user gets text: as it comes, or (the window closing meanwhile) by calling "
        "RECEIVE",
        "immediate",
        "slow",
    )
    persist: str = switch(
        "on", "whether a closed window is probed, which receiver=slow needs (MUST-36)", "on", "off"
    )
    syn_data: str = switch("off", "whether a SYN carries the first octet of text", "off", "on")

    def check_text(self) -> None:
        """Raises `ModelError` for switches about text that contradict each other."""
        about_text = {
            "protocol=udp": self.protocol == "udp",
            "reassembly=hold": self.reassembly == "hold",
            "receiver=slow": self.receiver == "slow",
            "syn_data=on": self.syn_data == "on",
        }
        asked = [spelled for spelled, is_asked in about_text.items() if is_asked]
        if asked and not self.data:
            raise ModelError(f"{asked[0]} is about text: let users send some, e.g. data=2")
        if self.protocol == "udp" and len(asked) > 1:
            raise ModelError(f"{asked[1]} is TCP's; UDP has no windows, no buffers and no SYN")
        if self.protocol == "udp" and self.msl:
            raise ModelError(f"msl={self.msl} starts a clock, but UDP has no timers; use msl=0")
        if self.protocol == "tcp" and asked and self.handshake == "three_noseq":
            raise ModelError(
                f"{asked[0]} needs sequence numbers, which handshake=three_noseq does not look at"
            )
        if self.reassembly == "hold" and self.window < 2:
            raise ModelError(
                "reassembly=hold has nothing to hold in a window of 1: use window=2 or more"
            )
        if self.persist == "off" and self.receiver == "immediate":
            raise ModelError(
                "persist=off makes no difference to a window that never closes; use receiver=slow"
            )

    @property
    def way_of_text(self) -> str:
        """What is special about how text is sent and taken."""
        if self.protocol == "udp":
            return " over UDP, delivered as they come"
        parts = [
            "the first of them with the SYN" * (self.syn_data == "on"),
            "held back until they are next in order" * (self.reassembly == "hold"),
        ]
        if self.receiver == "slow":
            probes = "probed" if self.persist == "on" else "not probed"
            parts.append(f"RECEIVE opens the window, which is {probes} when closed")
        return "".join(f", {part}" for part in parts if part)
