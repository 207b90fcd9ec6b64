"""The switches about time and failure, and what of them contradicts what."""

from __future__ import annotations

from dataclasses import dataclass

from tcpmodel.core.errors import ModelError
from tcpmodel.tcp.switch import switch


class _Elsewhere:
    """Switches that a scenario has besides these."""

    handshake: str
    retransmit: str
    msl: int
    rto: int


@dataclass(frozen=True)
class TimeSwitches(_Elsewhere):
    """Limits of retransmission and other timeouts, crashes, reopening from TIME-WAIT."""

    rto_policy: str = switch(
        "abstract",
        "when something is sent again: at any time (and at least every rto ticks), or exactly "
        "after rto ticks, then doubled; linear4: the first four timeouts of a SYN are not doubled",
        "abstract",
        "exponential",
        "linear4",
    )
    rto_cap: int = switch(0, "the longest timeout in ticks; 0: no bound", low=0, high=1000)
    retries: str | int = switch(
        "unlimited",
        "how often the same is sent again before giving up",
        "unlimited",
        low=0,
        high=15,
    )
    syn_retries: str | int = switch(
        "same", "likewise for the SYN of an active OPEN, if different", "same", low=0, high=15
    )
    synack_retries: str | int = switch(
        "same", "likewise for the SYN,ACK, if different", "same", low=0, high=15
    )
    orphan_retries: str | int = switch(
        "same", "likewise after CLOSE, if different", "same", low=0, high=15
    )
    user_timeout: str | int = switch(
        "off",
        "user timeout (3.10.8): none; at any time while something is unacknowledged; or after so "
        "many ticks without progress",
        "off",
        "any",
        low=1,
        high=1000,
    )
    keepalive: str | int = switch(
        "off",
        "keep-alives (3.8.4): none; a probe at any time on an idle connection; or after so many "
        "ticks in which nothing has arrived",
        "off",
        "on",
        low=1,
        high=10_000,
    )
    keepalive_interval: int = switch(
        0, "ticks between probes that are not answered", low=0, high=1000
    )
    keepalive_probes: int = switch(
        0, "probes without an answer after which the connection is given up", low=0, high=20
    )
    fin_timeout: int = switch(
        0, "ticks after which FIN-WAIT-2 ends without the peer's FIN; 0: never", low=0, high=1000
    )
    fin_timeout_for: str = switch(
        "orphan",
        "whose FIN-WAIT-2 ends: of a connection that its user has left altogether, or of all",
        "orphan",
        "all",
    )
    crash: str = switch(
        "off", "who may crash and lose all memory: nobody, both, A, or B", "off", "on", "A", "B"
    )
    quiet: int = switch(0, "ticks without sending anything after a crash (3.4.3)", low=0, high=240)
    reuse_wait: int = switch(
        0,
        "ticks after a connection for which neither side opens another or answers one (as in "
        "delta-t)",
        low=0,
        high=240,
    )
    tw_reopen: str = switch(
        "off",
        "a SYN in TIME-WAIT opens anew (RFC 1122, MAY-2): never; with both conditions; without "
        "the larger ISS (no1); without the return to TIME-WAIT (no2)",
        "off",
        "rfc1122",
        "rfc1122_no1",
        "rfc1122_no2",
    )

    def check_time(self) -> None:
        """Raises `ModelError` for switches about time and failure that contradict each other."""
        self._check_limits()
        self._check_ticks()
        self._check_keepalive()

    def _check_limits(self) -> None:
        """Raises `ModelError` for limits and timeouts that contradict each other."""
        counts = (self.retries, self.syn_retries, self.synack_retries, self.orphan_retries)
        if self.retransmit == "off" and any(isinstance(count, int) for count in counts):
            raise ModelError("retransmit=off has no retries to limit; drop one of them")
        if self.rto_policy == "abstract":
            if self.rto_cap:
                raise ModelError(
                    f"rto_cap={self.rto_cap} bounds timeouts that grow: "
                    "set rto_policy=exponential or linear4"
                )
            return
        if not self.rto:
            raise ModelError(
                f"rto_policy={self.rto_policy} doubles rto: set rto to at least 1, e.g. "
                "msl=1 time_wait=2 rto=1"
            )
        if self.retries == "unlimited":
            raise ModelError(
                f"rto_policy={self.rto_policy} counts the timeouts: say how many there are, "
                "e.g. retries=5"
            )

    def _check_ticks(self) -> None:
        """Raises `ModelError` for switches about time or crashes that contradict each other."""
        ticks = [k for k in ("fin_timeout", "quiet", "reuse_wait") if getattr(self, k)]
        ticks += ["keepalive"] if isinstance(self.keepalive, int) else []
        ticks += ["user_timeout"] if isinstance(self.user_timeout, int) else []
        if ticks and not self.msl:
            raise ModelError(f"{ticks[0]} is in ticks: set msl to at least 1 to have a clock")
        if self.fin_timeout_for != "orphan" and not self.fin_timeout:
            raise ModelError("fin_timeout_for says whose FIN-WAIT-2 ends: set fin_timeout, too")
        if self.quiet and self.crash == "off":
            raise ModelError(f"quiet={self.quiet} is the time after a crash: set crash, too")
        if self.tw_reopen != "off" and self.handshake != "three":
            raise ModelError(
                f"tw_reopen={self.tw_reopen} needs a third message that may turn out to be "
                "missing: use handshake=three"
            )

    def _check_keepalive(self) -> None:
        """Raises `ModelError` for intervals of keep-alives that say too much or too little."""
        counted = {k: getattr(self, k) for k in ("keepalive_interval", "keepalive_probes")}
        if not isinstance(self.keepalive, int):
            if given := [key for key, value in counted.items() if value]:
                raise ModelError(
                    f"{given[0]} is about keep-alives that come on time: say after how many idle "
                    "ticks, e.g. keepalive=4"
                )
        elif missing := [key for key, value in counted.items() if not value]:
            raise ModelError(
                f"keepalive={self.keepalive} needs an interval and a number of probes: set "
                f"{missing[0]} to at least 1"
            )

    @property
    def time_assumptions(self) -> dict[str, str]:
        """What a verdict takes for granted about these switches, by topic."""
        who = "both" if self.crash == "on" else self.crash
        crashes = "none" if self.crash == "off" else f"of {who}, quiet for {self.quiet} ticks"
        return {
            "retransmission": self._retransmission,
            "timeouts": self._timeouts,
            "crashes": crashes,
        }

    @property
    def _retransmission(self) -> str:
        if self.retransmit == "off":
            return "none"
        when = "at any time" + (f", at least every {self.rto} ticks" if self.rto else "")
        if self.rto_policy != "abstract":
            cap = f", at most {self.rto_cap}" if self.rto_cap else ""
            when = f"after {self.rto} ticks, then doubled ({self.rto_policy}){cap}"
        counts = {
            "": self.retries,
            "SYN ": self.syn_retries,
            "SYN,ACK ": self.synack_retries,
            "after CLOSE ": self.orphan_retries,
        }
        told = [f"{what}{n} times" for what, n in counts.items() if isinstance(n, int)]
        return when + (f"; at most: {', '.join(told)}" if told else "")

    @property
    def _timeouts(self) -> str:
        told = []
        if self.user_timeout != "off":
            told.append(f"user timeout {self.user_timeout}")
        if self.fin_timeout:
            told.append(f"FIN-WAIT-2 {self.fin_timeout} ticks ({self.fin_timeout_for})")
        if self.reuse_wait:
            told.append(f"no new connection for {self.reuse_wait} ticks after one")
        if self.keepalive == "on":
            told.append("keep-alives at any time")
        elif self.keepalive != "off":
            told.append(
                f"keep-alives after {self.keepalive} idle ticks, then every "
                f"{self.keepalive_interval}, at most {self.keepalive_probes} without answer"
            )
        return ", ".join(told) or "none"
