"""Answers a live debugger's commands while the program stands still at a state.

The host asks in JSON arrays such as ``["over", 1]`` or ``["evaluate", "n * 2", 0, 1.0]``. A command that
moves lets the program go on until the state that it leads to. Every other is answered at once.
"""

from __future__ import annotations

from collections.abc import Callable
from os import _exit, close, getpid, waitpid
from typing import Any

from .activation import Activation
from .breakpoint import Breakpoint
from .change import assign
from .errors import IllegalAction
from .evaluation import double, evaluate
from .fast import make_fast, serves
from .guide import Goto, Guide, Instruction, Into, Over, Return, Survey, Telling, Until
from .look import Frame
from .speech import Speech
from .state import Event, Exit
from .stop import Stop
from .tracer import Tracer
from .trail import back, new_trail
from .watch import Moment, Watch

MOST = 1 << 62
"""A place in time that no run reaches."""


class Console:
    """One session's commands and answers.

    Args:
        tracer: The running program's tracer; the console becomes its guide's consumer.
        speech: The way to the host.
        guard: Says whether the trace went on to the end.
    """

    def __init__(self, tracer: Tracer, speech: Speech) -> None:
        self._tracer = tracer
        self._speech = speech
        self._stop: Stop | None = None
        self._watches: list[Watch] = []
        self._scan: tuple[str, int] | None = None
        tracer.trail = new_trail()
        self._moves: dict[str, Callable[..., Guide | None]] = {
            "goto": lambda index: Goto(self.take, index),
            "into": lambda count: Into(self.take, tracer.index + count),
            "over": self._over,
            "return": self._return,
            "until": lambda condition: Until(self.take, [Moment(condition)]),
            "to": lambda file, line, counted: self._run([Watch(Breakpoint(line, file=file))], counted, 1),
            "continue": self._continue,
            "survey": self._survey,
            "scan": self._back_from_the_end,
            "tell": lambda: Telling(self._speech.say),
            "instruction": lambda count: Instruction(self.take, tracer, count),
        }
        self._looks: dict[str, Callable[..., Any]] = {
            "evaluate": self._evaluate,
            "set": self._set,
            "frames": self._frames,
            "back": self._back,
            "fork": self._fork,
        }
        tracer.guide = Into(self.take, 0)

    def take(self, stop: Stop) -> None:
        """Shows a state to the host and answers its commands, until one of them moves."""
        self._stop = stop
        self._show(stop)
        self._serve()
        self._stop = None

    def end(self, exit: Exit, stdout: str, stderr: str) -> None:
        """Tells the host how the program ended, or what was found on the way to its end."""
        guide = self._tracer.guide
        if isinstance(guide, Survey):
            self._speech.say(["end"])
        elif self._scan is not None:
            assert self._tracer.trail is not None
            self._speech.say(["index", back(self._tracer.trail, *self._scan, self._tracer.index + 1, 0)])
        else:
            counts = [watch.count for watch in self._watches]
            index = self._tracer.index + 1 if self._tracer.counted else None
            self._speech.say(["exit", exit.to_json(), stdout, stderr, index, counts])

    def _show(self, stop: Stop) -> None:
        tracer = self._tracer
        self._speech.say(
            [
                "state",
                tracer.index if tracer.counted else None,
                stop.event,
                stop.line,
                stop.function,
                stop.depth,
                stop.locals,
                stop.value,
                stop.stdout,
                stop.stderr,
                stop.file,
                stop.chain,
                [watch.count for watch in self._watches],
            ]
        )

    def _serve(self) -> None:
        hear, moves = self._speech.hear, self._moves
        while True:
            command = hear()
            if command is None:
                _exit(0)  # the host has closed the session
            verb, *arguments = command
            make = moves.get(verb)
            if make is not None:
                guide = make(*arguments)
                if guide is not None:
                    self._tracer.guide = guide
                return
            try:
                answer = self._looks[verb](*arguments)
            except IllegalAction as error:
                answer = ["refused", str(error)]
            if answer is not None:
                self._speech.say(answer)

    def _over(self, count: int) -> Guide:
        return Over(self.take, self._here().depth, count)

    def _return(self, count: int) -> Guide:
        tracer, stop = self._tracer, self._here()
        standing = tracer.standing[:-1] if tracer.at_end else tracer.standing
        return Return(self.take, standing, stop.event is Event.EXCEPTION and not tracer.at_end, count)

    def _continue(self, points: list[list[Any]], counted: bool, count: int) -> Guide:
        kept = {watch.breakpoint: watch for watch in self._watches}
        self._watches = []
        for text, passes in points:
            point = Breakpoint.parse(text)
            watch = kept.get(point)
            if watch is None:
                watch = Watch(point)
            watch.prime(self._tracer, self._tracer.standing[-1])
            watch.count = passes
            self._watches.append(watch)
        return self._run(self._watches, counted, count)

    def _run(self, watches: list[Watch], counted: bool, count: int) -> Guide:
        """Runs to the next state at which a watch holds; without counting as fast as that can be done."""
        if not counted and serves(self._tracer, watches):
            self._tracer.go_fast(make_fast(self._tracer, watches, count))
        return Until(self.take, watches, count)

    def _survey(self, texts: list[str], until: int | None) -> Guide:
        watches = [Watch(Breakpoint.parse(text)) for text in texts]
        for watch in watches:
            watch.prime(self._tracer, self._tracer.standing[-1])
        return Survey(watches, self._speech.say, until)

    def _back_from_the_end(self, verb: str, count: int) -> Guide:
        self._scan = verb, count
        return Guide()

    def _back(self, verb: str, count: int) -> list[Any]:
        tracer, stop = self._tracer, self._here()
        assert tracer.trail is not None
        between = stop.event is Event.INSTRUCTION
        index, depth = (tracer.index + 1, stop.depth) if between else (tracer.index, None)
        return ["index", back(tracer.trail, verb, count, index, depth)]

    def _here(self) -> Stop:
        assert self._stop is not None
        return self._stop

    def _frame(self, number: int) -> Activation:
        standing = self._tracer.standing
        if not 0 <= number < len(standing):
            raise IllegalAction(f"there is no frame {number}; the frames here are 0 to {len(standing) - 1}")
        return standing[-1 - number]

    def _evaluate(self, text: str, number: int, seconds: float) -> list[Any]:
        kept = self._tracer.kept if number == 0 else None
        found = evaluate(text, self._frame(number).frame, seconds, kept)
        return ["value", found.text, found.outcome]

    def _set(self, name: str, text: str, number: int) -> None:
        if self._here().event is Event.INSTRUCTION:
            raise IllegalAction("between two states nothing can be assigned; step to the next state first")
        assign(self._frame(number).frame, name, text)
        stop = self._here()
        self._tracer.renderer.start()
        stop.locals = self._tracer.locals(self._tracer.standing[-1], stop.event is Event.EXCEPTION)
        self._show(stop)

    def _frames(self) -> list[Any]:
        tracer, stop = self._tracer, self._here()
        tracer.renderer.start()
        tracer.locals(
            tracer.standing[-1], stop.event is Event.EXCEPTION
        )  # its objects have the first numbers
        found = []
        for number, activation in enumerate(reversed(tracer.standing)):
            source = activation.code.source
            line = stop.line if number == 0 else activation.line
            shown = stop.locals if number == 0 else tracer.locals(activation)
            frame = Frame(
                activation.code.function, line, source.line(line), activation.depth, dict(shown), source.file
            )
            found.append(frame.to_json())
        return ["frames", found]

    def _fork(self) -> list[Any] | None:
        """Doubles this process; the fork talks to the host over a descriptor that comes next."""
        self._speech.say(["ready"])
        descriptor = self._speech.receive_descriptor()
        try:
            middle = double()
        except OSError as error:
            close(descriptor)
            return ["refused", f"the process cannot be doubled: {error.strerror}"]
        if middle:
            close(descriptor)
            waitpid(middle, 0)
            return ["forked"]
        try:
            if double():
                _exit(0)  # so that the fork is the supervisor's child
        except OSError:
            _exit(1)
        self._speech.turn(descriptor)
        self._speech.say(["forked", getpid()])
        return None
