"""A live session as the host sees it: commands to a program that stands still in a box.

The program's process answers over a socket of its own, handed over when the session starts; where the way to
the box cannot carry a descriptor, the supervisor passes on what the two say. Whatever the process does, the
session ends in an exit state: a move that takes too long, a death, an answer that is none.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import copy
from typing import Any

from .box import GRACE, Box
from .debugger import (
    Action,
    ActionKind,
    Breakpoint,
    Call,
    Evaluation,
    Event,
    Exit,
    ExitCode,
    Frame,
    IllegalAction,
    Program,
    ProgramError,
    State,
)
from .debugger.trail import back, new_trail
from .debugger.wire import STATE_LIMIT, WireError, frame, pack

EVALUATION_SECONDS = 1.0
"""Wall clock that an evaluated expression may take."""
_SOON = 0.5
"""Seconds in which a process ends that has said its last word."""
_LOST = "box_lost"
_TOKEN = 16
_CPU = 24 * 3600.0
_EVENTS = {event.value: event for event in Event}
_VERBS = {
    ActionKind.STEP_INTO: "into",
    ActionKind.STEP_OVER: "over",
    ActionKind.STEP_RETURN: "return",
    ActionKind.STEP_INSTRUCTION: "instruction",
}


class Link(ABC):
    """The way to a session's process."""

    @abstractmethod
    def send(self, data: bytes) -> None:
        """Sends bytes."""

    @abstractmethod
    def receive(self, deadline: float) -> bytes:
        """Returns what came; empty at the end."""

    def close(self) -> None:  # noqa: B027
        """Closes it."""


class DirectLink(Link):
    """A socket whose other end the process has."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self._timeout = -1.0

    def send(self, data: bytes) -> None:
        """Sends bytes."""
        self.stream.sendall(data)

    def receive(self, deadline: float) -> bytes:
        """Returns what came; empty at the end."""
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if abs(left - self._timeout) > min(0.1 * left, 0.2):
            self.stream.settimeout(left)
            self._timeout = left
        return self.stream.recv(1 << 16)

    def close(self) -> None:
        """Closes the socket, which ends the process."""
        self.stream.close()


class RelayLink(Link):
    """Messages through the supervisor."""

    def __init__(self, box: Box) -> None:
        self._box = box
        self._heard: list[bytes] = []

    def send(self, data: bytes) -> None:
        """Sends bytes."""
        self._box.send({"say": data.decode("latin-1")})

    def receive(self, deadline: float) -> bytes:
        """Returns what came; empty at the end."""
        if self._heard:
            return self._heard.pop(0)
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return _heard(self._box.receive(left))

    def keep(self, message: Any) -> None:
        """Keeps what came while something else was waited for."""
        self._heard.append(_heard(message))


def _heard(message: Any) -> bytes:
    """Returns what a message hands on.

    Raises:
        WireError: it is no such message.
    """
    text = message.get("hear") if isinstance(message, dict) else None
    try:
        return text.encode("latin-1")  # type: ignore[union-attr]
    except (AttributeError, UnicodeEncodeError):
        raise WireError("the box sent what is no part of a session") from None


class Tenancy:
    """A box that a session and its forks have to themselves until the last of them is closed."""

    def __init__(self, box: Box, give: Callable[[Box], None], drop: Callable[[Box], None]) -> None:
        self.box = box
        self._give = give
        self._drop = drop
        self._members = 1
        self._lock = threading.Lock()

    def join(self) -> None:
        """Counts one more session."""
        with self._lock:
            self._members += 1

    def watch(self, pid: int, stream: socket.socket) -> None:
        """Gives the supervisor a fork's end of its socket, to be shut when the fork has ended.

        Raises:
            OSError: the box is gone.
        """
        with self._lock:
            self.box.send({"watch": pid}, stream.fileno())

    def verdict(self, pid: int, link: Link, within: float) -> Exit:
        """Asks the supervisor how a process ended; one that goes on for so many seconds is ended."""
        with self._lock:
            return self._ask({"status": pid, "within": within}, link)

    def leave(self, link: Link) -> None:
        """Counts one session less; the last one gives the box back, or leaves it to be thrown away."""
        with self._lock:
            self._members -= 1
            if self._members:
                return
        if self.box.owner != os.getpid():
            return
        end = self._ask({"end": True}, link)
        (self._drop if end.reason == _LOST else self._give)(self.box)

    def _ask(self, request: dict[str, Any], link: Link) -> Exit:
        try:
            self.box.send(request)
            while True:
                message = self.box.receive(GRACE)
                if "hear" in message:
                    if isinstance(link, RelayLink):
                        link.keep(message)
                    continue
                end = Exit.from_json(message["exit"])
                return Exit(ExitCode.ERROR, _LOST) if "over" in message else end
        except (OSError, WireError, KeyError, TypeError, ValueError):
            return Exit(ExitCode.ERROR, _LOST)


class LiveSession:
    """One program in one process of a box; see `debugger.session.Session`.

    Made by `Sandbox.session`, and by `fork`.
    """

    def __init__(
        self, tenancy: Tenancy, link: Link, program: Program, timeout: float, token: bytes, pid: int
    ) -> None:
        self._tenancy = tenancy
        self._link = link
        self._program = program
        self._timeout = timeout
        self._token = token
        self._pid = pid
        self._buffer = b""
        self._sources = {source.file: source.lines for source in program.sources.values()}
        self._state = State.at_exit(Exit(ExitCode.NEVER, "unstarted"))
        self._index: int | None = 0
        self._passes: dict[Breakpoint, int] = {}
        self._closed = False
        self._frames: dict[Action, bytes] = {}

    @staticmethod
    def start(
        box: Box,
        program: Program,
        timeout: float,
        memory: int,
        give: Callable[[Box], None],
        drop: Callable[[Box], None],
    ) -> LiveSession:
        """Starts a program in a free box.

        Raises:
            ProgramError: it cannot be debugged as given.
            OSError: the box is gone.
            WireError: the box is gone, or answered nonsense.
        """
        token = os.urandom(_TOKEN)
        request = {"program": program.to_json(), "token": token.hex(), "memory": memory, "cpu": _CPU}
        link: Link
        if box.channel.passes_descriptors:
            ours, theirs = socket.socketpair()
            with theirs:
                box.send(request, theirs.fileno())
            link = DirectLink(ours)
        else:
            box.send(request)
            link = RelayLink(box)
        answer = box.receive(GRACE)
        if not isinstance(answer, dict) or type(answer.get("pid")) is not int:
            raise WireError("the box does not start the session")
        session = LiveSession(Tenancy(box, give, drop), link, program, timeout, token, answer["pid"])
        deadline = time.monotonic() + timeout
        first = session._hear(deadline)
        if first == ["checked"]:  # from here on the program may speak, and can blame the caller no more
            session._arrive(session._hear(deadline))
        elif isinstance(first, list) and len(first) == 2 and first[0] == "error":
            session._closed = True
            link.close()
            session._tenancy._ask({"end": True}, link)
            raise ProgramError(str(first[1]))
        else:
            session._arrive(first)
        return session

    @property
    def state(self) -> State:
        """The state at which it stands."""
        return self._state

    @property
    def index(self) -> int | None:
        """The state's place in time; None where it was run past without counting."""
        return self._index

    @property
    def box(self) -> Box:
        """The box that the program is in."""
        return self._tenancy.box

    def goto(self, index: int) -> State:
        """Runs to a later place in time, or to the exit where that comes first."""
        if self._index == index or self._state.event is Event.EXIT:
            return self._state
        return self._go(pack(["goto", index]))

    def move(self, action: Action, breakpoints: Mapping[Breakpoint, int], counted: bool = True) -> State:
        """Does a forward move.

        Args:
            action: A forward move.
            breakpoints: Each bound breakpoint with the passes at it that were counted so far.
            counted: Whether ``continue`` and ``run_to`` must count the states that they pass; without, they
                may run as fast as the interpreter can.
        """
        if self._state.event is Event.EXIT:
            return self._state
        kind = action.kind
        if kind is ActionKind.CONTINUE:
            self._passes = dict(breakpoints)
            points = [[str(point), count] for point, count in breakpoints.items()]
            return self._go(pack(["continue", points, counted, action.count]))
        data = self._frames.get(action)
        if data is None:
            verb = _VERBS.get(kind)
            if verb is not None:
                data = pack([verb, action.count])
            elif kind is ActionKind.RUN_TO:
                data = pack(["to", action.file, action.line, counted])
            elif kind is ActionKind.RUN_UNTIL:
                data = pack(["until", action.text])
            else:
                raise IllegalAction(f"{action}: a session can only go forward")
            self._frames[action] = data
        self._passes = {}
        return self._go(data)

    def passes(self, breakpoint: Breakpoint) -> int:
        """Passes counted at a breakpoint by the last ``continue``."""
        return self._passes.get(breakpoint, 0)

    def survey(
        self, breakpoints: Sequence[Breakpoint], until: int | None = None
    ) -> tuple[tuple[int, ...], ...]:
        """Returns, for each breakpoint, the places in time at which it holds after the current one.

        Args:
            breakpoints: Bound breakpoints.
            until: The last place looked at; None goes on to the end.

        Raises:
            IllegalAction: it takes longer than a move may take.
        """
        found: list[list[int]] = [[] for _ in breakpoints]
        for message in self._told(["survey", [str(point) for point in breakpoints], until]):
            if message[0] == "held":
                found[message[1]].append(message[2])
        if self._state.exit == Exit(ExitCode.NEVER, "timeout"):
            texts = ", ".join(map(str, breakpoints[:3])) + (", ..." if len(breakpoints) > 3 else "")
            raise IllegalAction(
                f"to find where {texts} holds over the whole run took longer than {self._timeout:g} s; "
                "a live debugger looks for the next place only, and a larger timeout may do"
            )
        self._finish(Exit(ExitCode.NEVER, "survey"))
        return tuple(map(tuple, found))

    def back(self, verb: str, count: int) -> int | None:
        """Returns the place in time that a backward move leads to: ``into``, ``over`` or ``call``."""
        return self._place(["back", verb, count])

    def back_from_the_end(self, verb: str, count: int) -> int | None:
        """Runs to the end and returns the place that a backward move from there leads to."""
        place = self._place(["scan", verb, count])
        self._finish(Exit(ExitCode.NEVER, "survey"))
        return place

    def back_from_death(self, verb: str, count: int) -> int | None:
        """The same where the program's process dies before it ends: each state is told as it comes."""
        trail = new_trail()
        trail.append(self._state.depth << 1 | (self._state.event is Event.CALL))
        for message in self._told(["tell"]):
            if message[0] == "at":
                trail.append(message[1])
        self._finish(Exit(ExitCode.NEVER, "survey"))
        return back(trail, verb, count, len(trail), 0)

    def _told(self, command: list[Any]) -> Iterator[list[Any]]:
        """Sends a command and yields what it tells, to the end of it or of the program."""
        deadline = time.monotonic() + self._timeout
        try:
            self._link.send(pack(command))
        except (OSError, WireError):
            self._die(None)
            return
        while isinstance(message := self._hear(deadline), list) and message:
            if message[0] not in ("held", "at") or not all(type(part) is int for part in message[1:]):
                return
            yield message

    def evaluate(self, expression: str, frame: int = 0, seconds: float = EVALUATION_SECONDS) -> Evaluation:
        """Evaluates an expression in a frame, for so many seconds at most; side effects are discarded."""
        answer = self._ask(["evaluate", expression, frame, seconds], seconds)
        if answer[:1] == ["refused"]:
            raise IllegalAction(str(answer[1]))
        if len(answer) != 3 or not all(isinstance(part, str) for part in answer):
            return Evaluation(f"the program has ended: {self._state.exit}", "killed")
        return Evaluation(answer[1], answer[2])

    def assign(self, name: str, expression: str, frame: int = 0) -> State:
        """Assigns a variable of a frame and returns the same stop as it is then.

        Raises:
            IllegalAction: the expression raises, or there is no such variable; nothing was assigned.
        """
        answer = self._ask(["set", name, expression, frame])
        if answer[:1] == ["refused"]:
            raise IllegalAction(str(answer[1]))
        return self._arrive(answer) if answer else self._state

    def frames(self) -> tuple[Frame, ...]:
        """Returns the frames of the stack, innermost first; empty at the exit."""
        if self._state.event is Event.EXIT:
            return ()
        answer = self._ask(["frames"])
        try:
            return tuple(
                Frame(
                    str(data["function"]),
                    int(data["line"]),
                    str(data["source"]),
                    int(data["depth"]),
                    {str(name): str(text) for name, text in data["locals"].items()},
                    str(data.get("file", "")),
                )
                for data in answer[1]
            )
        except (IndexError, KeyError, TypeError, ValueError, AttributeError):
            return ()

    def call(self) -> Call:
        """Returns the current frame's activation.

        Raises:
            IllegalAction: a session does not remember what came before its stop.
        """
        raise IllegalAction("a session does not remember what came before its stop")

    def fork(self) -> LiveSession:
        """Returns a second session that stands at the same stop.

        Raises:
            IllegalAction: the way to the box carries no descriptors, or the process cannot be doubled.
        """
        if self._state.event is Event.EXIT:
            made = copy(self)
            made._closed = True
            return made
        if not isinstance(self._link, DirectLink):
            raise IllegalAction("this session's process cannot be doubled from here")
        answer = self._ask(["fork"])
        if answer != ["ready"]:
            raise IllegalAction(str(answer[1]) if len(answer) > 1 else "the program has ended")
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._link.stream, [frame(b"[]")], [theirs.fileno()])
            answer = self._hear(time.monotonic() + self._timeout) or []
            if answer != ["forked"]:
                ours.close()
                raise IllegalAction(str(answer[1]) if len(answer) > 1 else "the process cannot be doubled")
            made = LiveSession(
                self._tenancy, DirectLink(ours), self._program, self._timeout, self._token, self._pid
            )
            self._tenancy.join()
            answer = made._hear(time.monotonic() + self._timeout) or []
            if len(answer) != 2 or type(answer[1]) is not int:
                made.close()
                raise IllegalAction("the process cannot be doubled")
            made._pid = answer[1]
            with suppress(OSError):
                self._tenancy.watch(made._pid, theirs)
        made._state, made._index, made._passes = self._state, self._index, dict(self._passes)
        return made

    def close(self) -> None:
        """Ends the run and frees its box; may be called twice."""
        if not self._closed:
            self._closed = True
            self._link.close()
            self._tenancy.leave(self._link)

    @property
    def closed(self) -> bool:
        """Whether the run is over and the box free."""
        return self._closed

    @property
    def lost(self) -> bool:
        """Whether the box was lost under it."""
        return self._state.exit is not None and self._state.exit.reason == _LOST

    def abandon(self) -> None:
        """Ends the run under somebody who holds it, and finds its place in time unknown."""
        self.close()
        self._index = None

    def _go(self, data: bytes) -> State:
        """Sends a command that moves, and arrives at the state that it leads to."""
        deadline = time.monotonic() + self._timeout
        try:
            self._link.send(data)
        except (OSError, WireError):
            return self._die(None)
        return self._arrive(self._hear(deadline))

    def _ask(self, command: list[Any], seconds: float = EVALUATION_SECONDS) -> list[Any]:
        """Sends a command and returns its answer; empty where the program has ended instead."""
        if self._state.event is Event.EXIT:
            return []
        try:
            self._link.send(pack(command))
        except (OSError, WireError):
            self._die(None)
            return []
        answer = self._hear(time.monotonic() + self._timeout + seconds)
        if isinstance(answer, list) and answer:
            if answer[0] == "exit":
                self._arrive(answer)
                return []
            return answer
        if answer is not None:
            self._die(Exit(ExitCode.ERROR, "tamper"))
        return []

    def _place(self, command: list[Any]) -> int | None:
        answer = self._ask(command)
        return answer[1] if len(answer) == 2 and type(answer[1]) is int else None

    def _hear(self, deadline: float) -> Any:
        """Waits for an answer; None where the session has ended for want of one."""
        buffer = self._buffer
        receive = self._link.receive
        try:
            while len(buffer) < 4 or len(buffer) < 4 + int.from_bytes(buffer[:4], "big"):
                if buffer and not self._token.startswith(buffer[4 : 4 + _TOKEN]):
                    self._die(Exit(ExitCode.ERROR, "tamper"))
                    return None
                if len(buffer) >= 4 + _TOKEN and int.from_bytes(buffer[:4], "big") > STATE_LIMIT:
                    self._die(Exit(ExitCode.NEVER, "size_budget"))
                    return None
                piece = receive(deadline)
                if not piece:
                    self._die(None)
                    return None
                buffer = buffer + piece if buffer else piece
        except TimeoutError:
            self._die(Exit(ExitCode.NEVER, "timeout"))
            return None
        except (OSError, WireError):
            self._die(None)
            return None
        end = 4 + int.from_bytes(buffer[:4], "big")
        body, self._buffer = buffer[4:end], buffer[end:]
        if body[:_TOKEN] != self._token:
            self._die(Exit(ExitCode.ERROR, "tamper"))
            return None
        try:
            return json.loads(body[_TOKEN:])
        except (ValueError, RecursionError):
            self._die(Exit(ExitCode.ERROR, "tamper"))
            return None

    def _arrive(self, message: Any) -> State:
        """Stands at the state that a message tells of."""
        if message is None:
            return self._state
        try:
            if message[0] == "state":
                (
                    _,
                    index,
                    event,
                    line,
                    function,
                    depth,
                    shown,
                    value,
                    stdout,
                    stderr,
                    file,
                    chain,
                    counts,
                ) = message
                lines = self._sources[file]
                state = State(
                    _EVENTS[event],
                    line,
                    lines[line] if 0 <= line < len(lines) else "",
                    function,
                    depth,
                    shown,
                    value,
                    stdout,
                    None,
                    stderr,
                    file,
                    tuple(chain),
                )
                if not _is_sound(state):
                    raise TypeError
                self._state, self._index = state, index
                if counts:
                    self._passes = dict(zip(self._passes, counts, strict=False))
                return state
            if message[0] == "exit":
                (_, exit, stdout, stderr, index, counts) = message
                claimed = Exit.from_json(exit)
                if not (
                    isinstance(stdout, str) and isinstance(stderr, str) and isinstance(claimed.reason, str)
                ):
                    raise TypeError
                seen = self._tenancy.verdict(self._pid, self._link, _SOON)
                if seen != Exit(ExitCode.NORMAL, "abrupt_exit"):
                    claimed = seen
                if counts:
                    self._passes = dict(zip(self._passes, counts, strict=False))
                self._index = index if type(index) is int else None
                return self._finish(claimed, stdout, stderr)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            pass
        return self._die(Exit(ExitCode.ERROR, "tamper"))

    def _die(self, exit: Exit | None) -> State:
        """Ends the session out of turn: for a reason known here, or for one that the supervisor knows."""
        with suppress(OSError):
            self._link.close()
        seen = self._tenancy.verdict(self._pid, self._link, _SOON if exit is None else 0.0)
        self._index = None
        if exit is None:
            exit = seen
        return self._finish(exit)

    def _finish(self, exit: Exit, stdout: str = "", stderr: str = "") -> State:
        self.close()  # nothing is left to be asked
        self._state = State.at_exit(exit, stdout, stderr)
        return self._state


def _is_sound(state: State) -> bool:
    """Whether a state that a program's process told has the right types."""
    texts = (state.function, state.stdout, state.stderr, *state.chain)
    return (
        type(state.line) is int
        and type(state.depth) is int
        and isinstance(state.value, str | None)
        and all(type(text) is str for text in texts)
        and all(type(text) is str for text in state.locals.values())
    )
