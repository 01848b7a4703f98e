"""Guides: which states of a run are wanted, and what becomes of them.

The tracer asks its guide at every state, before anything of it is rendered, and hands over
the states that the guide wants. A recording wants all; a live debugger wants the next stop.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import _exit
from typing import TYPE_CHECKING, Any

from .state import Event

if TYPE_CHECKING:
    from .activation import Activation
    from .frame_memory import FrameMemory
    from .scribe import PutLine
    from .stop import Stop
    from .tracer import Tracer
    from .watch import Watch

Put = Callable[..., None]
PutParts = tuple[
    Event,
    int,
    int,
    dict[str, str],
    str,
    str | None,
    str,
    str,
    str,
    tuple[str, ...],
    None,
    "FrameMemory | None",
]
"""What such a function takes."""

MAYBE = 2
"""The state is wanted if it turns out to be the last of its frame."""


class Guide:
    """Wants nothing, and lets the program run."""

    instructions = False
    """Whether bytecode instructions are of interest."""
    put: Put | None = None
    """Takes a state by its parts, as `Packer.pack` does, where all states are wanted."""
    put_line: PutLine | None = None
    """Takes a state then that is a ``line`` without output, as `Packer.line` does."""
    budget = 0
    """States that are wanted then."""
    stands = False
    """Whether the tracer keeps the stack of the states that it hands over."""

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Whether a state is wanted: true, false, or `MAYBE`."""
        return False

    def take(self, stop: Stop) -> None:
        """Takes a wanted state."""

    def left(self, tracer: Tracer, top: Activation) -> None:  # noqa: B027
        """An exception has left an activation whose last state was written before."""


class Recording(Guide):
    """Wants every state, up to a budget.

    Args:
        budget: States that are taken.
        put: Receives each state by its parts, as `Packer.pack` does.
        put_line: Receives the ``line`` states without output, as `Packer.line` does; None leaves them to
            `put`.
        leave: Called when one more would come; must not return.
    """

    def __init__(self, budget: int, put: Put, put_line: PutLine | None, leave: Callable[[], None]) -> None:
        self.budget = budget
        self.put = put
        self.put_line = put_line
        self._leave = leave

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Wants all; leaves the program when the budget is spent."""
        if tracer.index >= self.budget:
            self._leave()
        return True

    def take(self, stop: Stop) -> None:
        """Hands the state's parts on."""
        assert self.put is not None
        self.put(
            stop.event,
            stop.line,
            stop.depth,
            stop.locals,
            stop.function,
            stop.value,
            stop.stdout,
            stop.stderr,
            stop.file,
            stop.chain,
            None,
            stop.memory,
        )


class Survey(Guide):
    """Tells where breakpoints hold, and stops nowhere.

    Each place is told at once, as ``["held", number of the watch, place]``, and ``["end"]`` after the last:
    what a process that dies has not told is lost.

    Args:
        watches: The breakpoints.
        say: Tells the host.
        until: The last place in time; None goes on to the program's end.
    """

    def __init__(self, watches: Sequence[Watch], say: Callable[[Any], None], until: int | None) -> None:
        self._watches = watches
        self._say = say
        self._until = until
        self._open: list[tuple[int, int, Activation]] = []
        """What holds if the last state turns out to be the last of its frame."""

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Asks every watch."""
        index = tracer.index
        if self._until is not None and index > self._until:
            self._say(["end"])
            _exit(0)
        self._open.clear()
        for number, watch in enumerate(self._watches):
            holds = watch.holds(tracer, event, top, value)
            if holds == MAYBE:
                self._open.append((number, index, top))
            elif holds:
                self._say(["held", number, index])
        return False

    def left(self, tracer: Tracer, top: Activation) -> None:
        """The last state did end its frame."""
        for number, index, activation in self._open:
            if activation is top:
                self._say(["held", number, index])
        self._open.clear()


class Telling(Guide):
    """Tells the trail as it comes, for a program whose process dies before it ends: ``["at", number]``."""

    def __init__(self, say: Callable[[Any], None]) -> None:
        self._say = say

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Tells, and wants nothing."""
        self._say(["at", top.depth << 1 | (event is Event.CALL)])
        return False


class Step(Guide):
    """A live debugger's move: wants the state that it leads to.

    Args:
        take: Receives the state; the program goes on when it returns.
    """

    stands = True

    def __init__(self, take: Callable[[Stop], None]) -> None:
        self._take = take

    def take(self, stop: Stop) -> None:
        """Hands the state on."""
        self._take(stop)


class Into(Step):
    """The state at a place in time."""

    def __init__(self, take: Callable[[Stop], None], index: int) -> None:
        super().__init__(take)
        self._index = index

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Wants the state at the place, or the first after it."""
        return tracer.index >= self._index


class Instruction(Step):
    """The next bytecode instruction of a frame that makes stops; states on the way are passed.

    Args:
        take: As in `Step`.
        tracer: Reports instructions from now on.
        count: Instructions.
    """

    instructions = True

    def __init__(self, take: Callable[[Stop], None], tracer: Tracer, count: int) -> None:
        super().__init__(take)
        self._count = count
        for activation in tracer.stack:
            activation.frame.f_trace_opcodes = True
        tracer.start()  # Python 3.12 looks for the mark only then

    def reached(self) -> bool:
        """Counts an instruction; whether it is the one."""
        self._count -= 1
        return self._count <= 0


class Goto(Into):
    """The state at a place in time, as if the state before it had been a stop."""

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Drops what was printed up to the state before."""
        if tracer.index == self._index - 1:
            tracer.stdout.take()
            tracer.stderr.take()
        return tracer.index >= self._index


class Over(Step):
    """The next state on a level or above it, several times over."""

    def __init__(self, take: Callable[[Stop], None], depth: int, count: int) -> None:
        super().__init__(take)
        self._depth = depth
        self._count = count

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Counts the states that a step over leads to."""
        if top.depth > self._depth:
            return False
        self._depth = top.depth
        self._count -= 1
        return self._count <= 0


class Return(Step):
    """The state that ends an activation, or the one that ends its caller, and so on.

    Args:
        take: As in `Step`.
        standing: The stack whose last activation is to be ended; with none left the program runs to its end.
        ending: Whether the state that the debugger stands at may be the activation's last.
        count: Activations to be ended.
    """

    def __init__(
        self, take: Callable[[Stop], None], standing: Sequence[Activation], ending: bool, count: int
    ) -> None:
        super().__init__(take)
        self._targets = list(standing)
        self._ending = ending
        self._count = count

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Wants the target's ``return``, or an ``exception`` that ends it."""
        if not self._targets or top is not self._targets[-1]:
            return False
        self._ending = False
        if self._count > 1:
            if event is Event.RETURN:
                self._next()
            return False
        return MAYBE if event is Event.EXCEPTION else event is Event.RETURN

    def left(self, tracer: Tracer, top: Activation) -> None:
        """The target ended with an exception that nobody stopped at."""
        if self._targets and top is self._targets[-1]:
            self._next()

    def _next(self) -> None:
        self._targets.pop()
        self._count -= not self._ending
        self._ending = False


class Until(Step):
    """The next state at which one of several watches holds, several times over.

    Args:
        take: As in `Step`.
        watches: The watches; each counts its passes.
        count: States at which some watch holds, the last of them the one that is wanted.
    """

    def __init__(self, take: Callable[[Stop], None], watches: Sequence[Watch], count: int = 1) -> None:
        super().__init__(take)
        self._watches = watches
        self._count = count
        self._passed: Activation | None = None
        """The activation of a state that counts if it turns out to be its last."""

    def wants(self, tracer: Tracer, event: Event, top: Activation, value: Any) -> int:
        """Asks every watch, so that each counts; some hold only where the state ends its frame."""
        self._passed = None
        answer = 0
        for watch in self._watches:
            passed = watch.passes(tracer, event, top, value)
            if passed and answer != 1:
                answer = passed
        if answer and self._count > 1:
            if answer == MAYBE:
                self._passed = top
            else:
                self._count -= 1
            return False
        return answer

    def left(self, tracer: Tracer, top: Activation) -> None:
        """The last state did end its frame."""
        if self._passed is top:
            self._count -= 1
        self._passed = None
