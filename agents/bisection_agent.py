"""Binary search by breakpoints: which line gave a variable the value that it has at the failure?"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from debugworld.envs import TaskCommand, TaskKind, spell
from debugworld.sandboxes.debugger import Action, ActionKind, Event

from .bug_sight import BugSight
from .passes import Function
from .stop import Stop

VARIABLES = 2
"""Variables of one line whose origins are searched for."""
CHAIN = 3
"""Lines that an infection is followed back over."""

Command = Action | TaskCommand
Told = tuple[BugSight, Stop]


class BisectionAgent:
    """Plays FaultLocalization by pages, following an infection back from the failure.

    The failure is where the innermost function of the first failing test's end returns or raises. Each
    variable that its line reads is taken for infected, with the value that it has there. Between the
    entry of that function and the failure the agent searches for *the line whose last run gave the variable
    this value*: the lines that ran, in the order of their last runs (`passes.Function`), are halved by a
    breakpoint on the middle one. Running backwards to it shows whether the variable has the value there
    already; the search goes on before it if so, else behind it. The line found is accused, and what it reads
    is infected next (the infection chain of Zeller, *Why Programs Fail*, 2005). Where the chain ends, the
    line of the failure is accused, then the other tests are run and Ochiai says what is accused.

    It stays in one function: a value that came in as an argument, or was made by a function that the line
    found calls, is not followed there. Where a variable had the value twice, either moment may be found.
    """

    def __init__(self) -> None:
        self.reset()

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; nothing here is random."""
        self._hunt: Generator[Command, Told, None] | None = None
        self._hunting = True

    def act(self, observation: str, info: dict[str, Any]) -> str:
        """Returns the next command."""
        sight = BugSight(observation)
        command = self._next((sight, Stop.read(observation))) if self._hunting else None
        accuses = isinstance(command, TaskCommand)
        if command is not None and (accuses or sight.moves_left):
            return spell(command)
        self._hunting = False
        explore = sight.explore()
        if explore is not None:
            return str(explore)
        return str(sight.say(TaskCommand(TaskKind.ACCUSE, sight.suspects("ochiai")[0])))

    def _next(self, told: Told) -> Command | None:
        try:
            if self._hunt is None:
                self._hunt = _hunt()
                return next(self._hunt)
            return self._hunt.send(told)
        except StopIteration:
            return None


@dataclass(frozen=True, slots=True)
class _Infection:
    """A variable with the value that it has where it does harm."""

    name: str
    text: str
    place: Stop
    """Where it does harm; the search is among lines that ran before."""


def _hunt() -> Generator[Command, Told, None]:
    """Accuses along the chain, then the line of the failure."""
    sight, stop = yield _CONTINUE
    failure: Stop | None = None
    while stop.event is Event.EXIT or stop.depth == 0 or stop.event is Event.EXCEPTION:
        failure = stop if stop.depth else failure
        sight, stop = yield _BACK
        if stop.event is Event.CALL:
            return
    failure = failure or stop
    function = Function.around(sight.source, failure.line)
    if function is None:
        return
    if failure is not stop:  # one step too far back, at the line that raised
        yield _INTO
    ran = sorted(line for line in sight.covered if function.first <= line <= function.last)
    places, accused, stands = [failure], {failure.line}, True
    for _ in range(CHAIN):
        if not places:
            break
        place = places.pop(0)
        for infection in _infections(function, place):
            if not stands:
                yield from _come_back(infection.place, failure)
            origin = yield from _origin(function, ran, infection, failure)
            stands = False
            if origin is None:
                continue
            places.append(origin)
            if origin.line not in accused:
                accused.add(origin.line)
                yield TaskCommand(TaskKind.ACCUSE, origin.line)
    yield TaskCommand(TaskKind.ACCUSE, failure.line)


def _infections(function: Function, place: Stop) -> list[_Infection]:
    names = [name for name in function.reads(place.line) if name in place.locals]
    names.sort(key=lambda name: place.locals[name] != place.value)
    return [_Infection(name, place.locals[name], place) for name in names[:VARIABLES]]


def _origin(
    function: Function, ran: list[int], infection: _Infection, failure: Stop
) -> Generator[Command, Told, Stop | None]:
    """Searches from where the infection does harm; returns the stop before the run that did it."""
    lines = [line for line in function.ordered(ran, infection.place.line) if line != infection.place.line]
    low, high, clean = -1, len(lines), None
    while high - low > 1:
        middle = (low + high) // 2
        line = lines[middle]
        yield Action(ActionKind.BREAK, line)
        _, stop = yield _REVERSE
        yield Action(ActionKind.CLEAR, line)
        here = stop.event is Event.LINE and stop.line == line
        if not here or (stop.function, stop.depth) != (failure.function, failure.depth):
            del lines[middle]  # it did not run in this frame
            high -= 1
            yield from _come_back(infection.place, failure)
        elif stop.locals.get(infection.name) == infection.text:
            high = middle
        else:
            low, clean = middle, stop
            if high - low > 1:
                yield from _come_back(infection.place, failure)
    return clean


def _come_back(place: Stop, failure: Stop) -> Generator[Command, Told, None]:
    """Goes to a place in the frame of the failure from anywhere before it in that frame."""
    _, stop = yield _RETURN
    while stop.depth > failure.depth:
        _, stop = yield _RETURN
    if place is not failure:
        yield Action(ActionKind.BREAK, place.line)
        yield _REVERSE
        yield Action(ActionKind.CLEAR, place.line)


_CONTINUE, _REVERSE = Action(ActionKind.CONTINUE), Action(ActionKind.REVERSE_CONTINUE)
_INTO, _BACK, _RETURN = (
    Action(kind) for kind in (ActionKind.STEP_INTO, ActionKind.BACK_INTO, ActionKind.STEP_RETURN)
)
