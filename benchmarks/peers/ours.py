"""Our own debuggers: live in each box, and recorded."""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from contextlib import suppress

from common.targets import Target

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import (
    Action,
    Debugger,
    Event,
    LiveDebugger,
    Program,
    RecordedDebugger,
    State,
)

from .peer import Peer, PeerMissing, Stop, Walk, told_seconds

LIMITS = {"max_events": 300_000, "timeout": 120.0}


def live_debugger(sandbox: Sandbox) -> Debugger:
    """Opens a live debugger over a box."""
    return LiveDebugger(sandbox.session)


def read_stop(state: State) -> Stop:
    """Reads a state as all peers' stops are read: calls, returns and exceptions have line 0."""
    return Stop(state.line if state.event is Event.LINE else 0, dict(state.locals))


class OurPeer(Peer):
    """A debugger over a standing box.

    Args:
        python: the interpreter that runs the program.
        box: of `open_sandbox`.
    """

    def __init__(self, python: str, box: str) -> None:
        super().__init__(python)
        self.box = box
        self._sandbox: Sandbox | None = None

    @abstractmethod
    def debugger(self) -> Debugger:
        """Returns a fresh debugger over the box.

        Raises:
            PeerMissing: this machine or version cannot have it.
        """

    def sandbox(self) -> Sandbox:
        """Returns the box, started at the first use.

        Raises:
            PeerMissing: this machine cannot have it.
        """
        if self._sandbox is None:
            try:
                self._sandbox = open_sandbox(self.box, python=self.python, **LIMITS)
            except SandboxError as error:
                raise PeerMissing(str(error)) from None
        return self._sandbox

    def require(self) -> None:
        """Steps once.

        Raises:
            PeerMissing: it does not work here.
        """
        with self._at("pass\n") as debugger:
            debugger.step(Action.parse("step_into"))

    def walk(self, target: Target, move: str, count: int) -> Walk:
        """Steps; each state with all its locals is on this side when `step` returns."""
        action = Action.parse(move)
        with self._at(target.source) as debugger:
            debugger.step(Action.parse(f"run_to {target.start}"))
            if move == "continue":
                debugger.step(Action.parse(f"break {target.stop}"))
            states: list[State] = []
            step, keep = debugger.step, states.append
            begin = time.perf_counter()
            for _ in range(count):
                keep(step(action))
            seconds = time.perf_counter() - begin
            if debugger.done:
                raise RuntimeError(f"the program ended before {count} moves; give it more rounds")
        return Walk(seconds, [read_stop(state) for state in states])

    def through(self, target: Target, condition: str | None = None) -> float:
        """Continues to the exit."""
        wanted = f"break {target.stop}" + (f" if {condition}" if condition else "")
        proceed = Action.parse("continue")
        with self._at(target.source) as debugger:
            debugger.step(Action.parse(wanted))
            printed = ""
            while not debugger.done:
                printed += debugger.step(proceed).stdout
        return told_seconds(printed)

    def repeat(
        self, target: Target, prepare: Sequence[str], ask: Callable[[Debugger], object], count: int
    ) -> float:
        """Returns seconds for doing something else than a move ``count`` times, after some actions."""
        with self._at(target.source) as debugger:
            for text in prepare:
                debugger.step(Action.parse(text))
            begin = time.perf_counter()
            for _ in range(count):
                ask(debugger)
            return time.perf_counter() - begin

    def close(self) -> None:
        """Ends the box."""
        if self._sandbox is not None:
            self._sandbox.close()
            self._sandbox = None

    def _at(self, source: str) -> Debugger:
        debugger = self.debugger()
        try:
            debugger.reset(Program(source))
        except SandboxError as error:
            with suppress(SandboxError):
                debugger.close()
            raise PeerMissing(str(error)) from None
        return debugger


class LivePeer(OurPeer):
    """The live debugger; a process box is the same engine on a host pipe."""

    moves = 3000

    def __init__(self, python: str, box: str) -> None:
        super().__init__(python, box)
        self.name = f"debugworld live, {box}"

    def debugger(self) -> Debugger:
        """Returns a live debugger."""
        return live_debugger(self.sandbox())


class RecordedPeer(OurPeer):
    """The recorded debugger; the run is recorded when the program starts, as its clock does not see."""

    moves = 3000

    def __init__(self, python: str, box: str) -> None:
        super().__init__(python, box)
        self.name = f"debugworld recorded, {box}"

    def debugger(self) -> Debugger:
        """Returns a recorded debugger."""
        return RecordedDebugger(self.sandbox().record, self.sandbox().session)
