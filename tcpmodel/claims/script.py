"""Playing a written run: is it a run of the model, and if not, at which line and why not?

The rules decide: a message is sent by the rule that answered the last arrival, or by a call or a
timer of its sender, which the line then implies.  Nothing is assumed of the network, which may
lose, reorder and repeat as the lines say.  What was played is rebuilt by `semantics.replay`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial

from tcpmodel.claims.script_ahead import iss_told, meant
from tcpmodel.claims.script_model import Effect, Machine, labels_of, switches_of
from tcpmodel.claims.script_parse import ANY, RETRANSMISSION, Call, Line, Script, Tick, Told
from tcpmodel.claims.script_result import (
    Answer,
    Done,
    Failure,
    Report,
    Sent,
    Wrong,
    differences,
    nearest,
    since,
    spelled,
    ticks,
    what_became_of,
)
from tcpmodel.core.errors import EngineError, ModelError
from tcpmodel.semantics.replay import Choice
from tcpmodel.tcp.compose import AGENTS
from tcpmodel.tcp.faults import Fault
from tcpmodel.tcp.scenario import Scenario
from tcpmodel.tcp.segment import CTL

USUAL_ISS = {"A": 100, "B": 300}
"""The ISS of an endpoint that selects one which no line of the run tells: as in the figures."""


def play(script: Script, override: str = "") -> Report:
    """Play a written run in the scenario it names, or in `override`.

    Raises `ModelError` (`file:line: message`) for a scenario that does not exist and for a line
    that speaks of what the model does not have.
    """
    text, player = _player(script, override)
    started = player.machine.states
    failure = player.run()
    trace = player.machine.trace()
    done = tuple(player.done)
    return Report(script, player.switches, text, started, done, failure, player.silent, trace)


def heard(script: Script, fault: Fault | None = None) -> tuple[Failure | None, tuple[str, ...]]:
    """What a written run tells, with a mistake in the model: where it fails, and what is sent
    though no line says so.  It is not replayed.  Raises `ModelError` as `play` does.
    """
    _, player = _player(script, "", fault)
    return player.run(), player.silent


def _player(script: Script, override: str, fault: Fault | None = None) -> tuple[str, _Player]:
    text = override or script.scenario or "rfc9293"
    try:
        switches = switches_of(text)
    except ModelError as error:
        at_header = not override and script.scenario_line
        place = f"{script.at(script.scenario_line)}: " if at_header else ""
        raise ModelError(f"{place}{error}") from None
    player = _Player(script, switches, fault)
    player.check_names()
    return text, player


# --- the player -----------------------------------------------------------------------------------


@dataclass
class _Player:
    script: Script
    switches: Scenario
    fault: Fault | None = None
    done: list[Done] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    last: dict[str, Answer] = field(default_factory=dict)
    place: int = 0  # the index of the line that is played

    def __post_init__(self) -> None:
        self.machine = Machine(self.script, self.switches, self.fault)
        self.answers: list[Answer] = []
        self.implied = ""

    @property
    def silent(self) -> tuple[str, ...]:
        """What was sent though no line says so."""
        return tuple(f"{s.channel} {spelled(s.fields)}" for s in self.sent if not s.told)

    @property
    def line(self) -> Line:
        return self.script.lines[self.place]

    def check_names(self) -> None:
        """Calls and timers that no endpoint has are mistakes of the file, not of the run."""
        for line in self.script.lines:
            what, problem = line.what, ""
            if isinstance(what, Call):
                own = what.possible
                known = self.machine.labels(what.agent) if own else labels_of(self.switches)
                names = [*known, "OPEN", "retransmits"]
                if what.name.lower() not in (name.lower() for name in names):
                    near = get_close_matches(what.label, names, n=1, cutoff=0.5)
                    hint = f" (did you mean {near[0]}?)" if near else ""
                    problem = f"{what.agent} has no {what.label!r}{hint}; it has {', '.join(names)}"
            elif isinstance(what, Tick) and not self.switches.msl:
                problem = "there is no clock; 'scenario: tw2' or msl= and time_wait= start one"
            elif isinstance(what, Told) and what.numbers.get("text") and not self.switches.data:
                problem = "text= in a scenario with data=0"
            if problem:
                raise ModelError(f"{self.script.at(line.number)}: {problem}")

    def run(self) -> Failure | None:
        """Play all lines; what is wrong with the first that cannot be played."""
        for place, line in enumerate(self.script.lines):
            self.place, self.answers, self.implied = place, [], ""
            try:
                self.do(line)
                self.done.append(self.result(line))
                self.check_states(line)
            except Wrong as wrong:
                return Failure(line, wrong.says, wrong.instead, wrong.hints)
        return None

    def result(self, line: Line) -> Done:
        return Done(line, tuple(self.answers), self.machine.states, self.implied)

    def do(self, line: Line) -> None:
        match line.what:
            case Call(possible=False) | Tick(possible=False) | Told(mark="impossible") as what:
                self.impossible(what)
            case Call() as call:
                self.call(call)
            case Tick(count):
                for _ in range(count):
                    self.tick()
            case Told(mark="old") as told:
                self.deliver(told.receiver, told.channel, self.old(told), 0)
            case Told(mark="arrives") as told:
                self.arrives(told)
            case Told(mark="again" | "copy") as told:
                self.again(told)
            case Told() as told:
                self.message(told)

    # --- lines --------------------------------------------------------------------------------

    def call(self, call: Call) -> None:
        label = call.name
        effects = self.machine.called(call.agent, label, self.iss(call.agent))
        if not effects:
            raise Wrong(
                f"{call.label} is not possible at {call.agent} now",
                self.last.get(call.agent),
                [self.standing(call.agent), self.possible(call.agent)],
            )
        self.act(effects[0], 0)

    def impossible(self, what: Call | Tick | Told) -> None:
        """What nobody may do now: no rule allows it."""
        if isinstance(what, Tick):
            if self.machine.tick() is not None:
                raise Wrong("time can pass: nothing is due", None, map(self.standing, AGENTS))
            return
        agent = what.sender if isinstance(what, Told) else what.agent
        if isinstance(what, Told):
            effects = self.sending(what)
        else:
            effects = self.machine.called(agent, what.name, self.iss(agent))
        if effects:
            called = effects[0].action
            says = f"{called.event.label} is possible at {agent} now: {called.says}"
            raise Wrong(says, self.last.get(agent), [self.standing(agent)])

    def tick(self) -> None:
        if (effect := self.machine.tick()) is None:
            raise Wrong(
                "time cannot pass: something that is due has not been done",
                None,
                [f"{self.standing(agent)}; {self.possible(agent)}" for agent in AGENTS],
            )
        self.machine.take(effect, Choice(effect.action.name))

    def message(self, told: Told) -> None:
        """A message that is sent now, or was by the rule that answered."""
        sent = next((s for s in self.on(told) if not s.told), None) or self.sends(told)
        sent.told = self.line.number
        if told.mark == "lost":
            sent.lost = self.line.number
        elif not told.mark:
            self.arrive(sent, told)

    def sends(self, told: Told) -> Sent:
        """The call or the timer that sends `told`, if there is one."""
        effects = self.sending(told)
        fresh = [e for e in effects if e.action.event.label != RETRANSMISSION]
        waiting = [s for s in self.on(told) if not s.arrived and not s.lost]
        if waiting and not fresh:
            hint = "if it is sent again, mark it 'again'"
            raise Wrong(f"{told} {since(waiting[-1])}", None, [what_became_of(waiting[-1]), hint])
        fresh = fresh or effects
        if len(fresh) == 1:
            self.implied = f"{told.sender}: {fresh[0].action.event.label}"
            self.act(fresh[0], 0)
            return self.sent[-1]
        if fresh:
            ways = [f"{told.sender}: {effect.action.event.label}" for effect in fresh]
            raise Wrong(
                f"several calls send this; write which one on a line before it: {', '.join(ways)}",
                None,
                [],
            )
        raise self.nobody_sends(told)

    def sending(self, told: Told) -> list[Effect]:
        """The calls and timers that would send `told` now."""
        effects = self.machine.calls(told.sender, self.iss(told.sender))
        return [e for e in effects if e.sent is not None and not differences(told, e.sent)]

    def arrives(self, told: Told) -> None:
        under_way = [s for s in self.on(told) if not s.arrived and not s.lost]
        if not under_way:
            raise self.not_under_way(told)
        under_way[0].told = under_way[0].told or self.line.number
        self.arrive(under_way[0], told)

    def again(self, told: Told) -> None:
        """A retransmission if a timer may send it now; else, or if marked so, a copy."""
        timers = self.machine.called(told.sender, RETRANSMISSION, 0)
        effects = timers if told.mark == "again" else []
        effects = [e for e in effects if e.sent is not None and not differences(told, e.sent)]
        if effects:
            self.implied = f"{told.sender}: {RETRANSMISSION}"
            self.act(effects[0], 0)
            self.sent[-1].told = self.line.number
            self.arrive(self.sent[-1], told)
        elif before := self.on(told):
            self.implied = "a duplicate made by the network"
            self.arrive(before[-1], told)
        else:
            raise self.nobody_sends(told)

    def old(self, told: Told) -> dict[str, int]:
        """The fields of a segment of the incarnation before the first one of this run."""
        mentioned = {"ctl": CTL.encode(told.ctl), **told.numbers, "inc": self.machine.base}
        if "ACK" in told.ctl.split(","):
            mentioned["to"] = self.machine.base
        return {name: mentioned.get(name, 0) for name in self.machine.system.shown.values()}

    # --- steps --------------------------------------------------------------------------------

    def on(self, told: Told) -> list[Sent]:
        """What was sent as `told` tells, in order."""
        same = (s for s in self.sent if s.channel == told.channel)
        return [s for s in same if not differences(told, s.fields)]

    def arrive(self, sent: Sent, told: Told) -> None:
        history = self.machine.system.history
        age = self.machine.now - sent.tick
        if history and history.lifetime:
            late = self.machine.has("timer_fired") and self.machine.value("timer_fired")
            if age > history.lifetime or (age == history.lifetime and late):
                says = f"{told} of line {sent.told} is {ticks(age)} old and gone"
                raise Wrong(says, None, [f"the MSL is {ticks(history.lifetime)}"])
        sent.arrived = self.line.number
        self.deliver(told.receiver, told.channel, sent.fields, sent.step)

    def deliver(self, agent: str, channel: str, fields: Mapping[str, int], step: int) -> None:
        effects = self.machine.arrival(agent, fields, self.iss(agent))
        if len({effect.action.name.partition("(")[0] for effect in effects}) != 1:
            raise EngineError(
                f"{self.script.at(self.line.number)}: {len(effects)} rules answer "
                f"{spelled(fields)} at {agent}"
            )
        before = dict(fields) if step == 0 else {}
        ahead = self.script.lines[self.place :]
        state = partial(self.machine.state_after, agent)
        self.act(meant(effects, ahead, agent, state), step, f"{channel} {spelled(fields)}", before)

    def act(
        self,
        effect: Effect,
        sent_at: int,
        arrived: str = "",
        before: Mapping[str, int] | None = None,
    ) -> None:
        """Take the step of an endpoint."""
        action = effect.action
        agent = action.event.agent
        domains = {f"seg.{n}": d for n, d in self.machine.system.message.items()}
        told = {f"seg.{n}": domains[f"seg.{n}"].decode(c) for n, c in (before or {}).items()}
        origin = sent_at if arrived else None
        choice = Choice(action.name, origin, {**told, "iss": effect.iss})
        tick = self.machine.now
        step = self.machine.take(effect, choice)
        sent = ""
        if effect.sent is not None and action.event.sends is not None:
            sent = spelled(effect.sent)
            self.sent.append(Sent(action.event.sends.channel, effect.sent, step, tick))
        answer = Answer(
            agent,
            arrived or action.event.label,
            action.name.removeprefix(f"{agent}."),
            action.says,
            action.cites,
            sent,
            self.line.number,
        )
        self.answers.append(answer)
        self.last[agent] = answer

    def iss(self, agent: str) -> int:
        """The ISS that the run tells `agent` to select next: that of the next SYN it sends."""
        told = iss_told(self.script.lines[self.place :], agent)
        return USUAL_ISS[agent] if told is None else told

    # --- what is wrong ------------------------------------------------------------------------

    def check_states(self, line: Line) -> None:
        for agent, now, wanted in zip(AGENTS, self.machine.states, line.states or (), strict=False):
            if wanted not in (ANY, now):
                here = [answer for answer in self.answers if answer.agent == agent]
                since = "" if here else f"; nothing happened to {agent} on this line"
                raise Wrong(
                    f"{agent} is {now} after this line, not {wanted}{since}",
                    here[-1] if here else self.last.get(agent),
                    [self.standing(agent)],
                )

    def nobody_sends(self, told: Told) -> Wrong:
        """Why `told` is sent by no rule: what its sender has sent and could send instead."""
        agent = told.sender
        untold = [s.fields for s in self.sent if s.channel == told.channel and not s.told]
        could = [e.sent for e in self.machine.calls(agent, self.iss(agent)) if e.sent is not None]
        says, hints = f"{agent} does not send {told}", []
        if sent := nearest(told, untold):
            says = f"{agent} sends {spelled(sent)} here: {'; '.join(differences(told, sent))}"
        else:
            if untold:
                says += f" but {spelled(untold[0])}"
            if possible := nearest(told, could):
                not_so = "; ".join(differences(told, possible))
                hints.append(f"{agent} could send {spelled(possible)}: {not_so}")
            if before := self.on(told):
                hints.append(what_became_of(before[-1]))
            elif told.mark in ("again", "copy"):
                hints.append(f"{told.mark!r} is for what was sent before")
            else:
                hints.append(
                    "a segment of an earlier connection, which nobody sends now, is marked 'old'"
                )
            hints.append(self.possible(agent))
        return Wrong(says, self.last.get(agent), [self.standing(agent), *hints])

    def not_under_way(self, told: Told) -> Wrong:
        before = self.on(told)
        if not before:
            return self.nobody_sends(told)
        says = f"no {told} is under way from {told.sender}"
        return Wrong(says, None, [what_became_of(before[-1])])

    def standing(self, agent: str) -> str:
        """`A is ESTABLISHED: SND.UNA=…`."""
        state = self.machine.value(f"{agent}.state")
        numbers = self.machine.numbers(agent)
        return f"{agent} is {state}" + (f": {numbers}" if numbers else "")

    def possible(self, agent: str) -> str:
        """What the user and the timers of `agent` could do now."""
        ways = []
        for effect in self.machine.calls(agent, self.iss(agent)):
            sends = f" (sends {spelled(effect.sent)})" if effect.sent else ""
            ways.append(f"{effect.action.event.label}{sends}")
        told = f"its user and timers could: {', '.join(ways) or 'nothing'}"
        if self.machine.has(f"{agent}.timer") and self.machine.value(f"{agent}.timer"):
            told += f"; TIME-WAIT has {ticks(int(self.machine.value(f'{agent}.timer')))} to go"
        return told
