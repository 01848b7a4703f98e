"""Dreams of a known quality: the real run, with a share of its states wrong.

Whether a state is wrong, and how, depends on the program, the seed and its place alone. What is wrong at one
rate is wrong in the same way at every higher one, so that rates grade one and the same dream.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import replace

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    IllegalAction,
    Program,
    RecordedDebugger,
    State,
    StateTree,
    TreeDebugger,
)
from debugworld.worldmodel.errors import ModelError

from .case import SLACK
from .measures.changed import new_value

_ENDS = (Event.RETURN, Event.EXCEPTION)
_OTHERS = ("None", "0", "'?'")
"""Texts of values that stand in where a text is no literal that could be mutated."""


class NoisyDebugger(TreeDebugger):
    """The real debugger over a run that is wrong at places: a line that is not next, or a value that is not.

    A move walks over the run as it is shown, wrong lines included. From a true history it goes on with what
    is shown of the rest. The entry state and the exit are always right, errors do not spread, and it cannot
    tell how sure it is.

    Args:
        box: runs the programs.
        rate: share of the states that are wrong, in [0, 1].
        seed: of the choice.

    Raises:
        ModelError: the rate is no share.
    """

    max_states = SLACK
    confidence = math.nan

    def __init__(self, box: Sandbox, rate: float, seed: int = 0) -> None:
        super().__init__()
        if not 0 <= rate <= 1:
            raise ModelError(f"the rate of noise is a share of states between 0 and 1; got {rate}")
        self._real = RecordedDebugger(box.record, box.session)
        self.rate = rate
        self.seed = seed

    def ground(self, states: Sequence[State]) -> State:
        """Stands at the last of some true states.

        Raises:
            IllegalAction: there are none, or they are not those of this run.
        """
        place = len(states) - 1
        if place < 0 or place >= len(truth := self._real.tree.states) or truth[place] != states[-1]:
            raise IllegalAction("these are not the states of this run")
        self._stand(StateTree([*states, *self._noise(place + 1)]), place)
        return self.state

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Changes a variable in the real run, and shows what comes of it with the noise of the new run.

        Raises:
            IllegalAction: the place is none of the real run, or the real debugger refuses.
        """
        place, real = self.position, self._real
        if place >= len(real.tree):
            raise IllegalAction("the real run is over before this place: there is nothing to assign")
        if real.position > place:
            real.reset(self.program)
        if real.position < place:
            real.step(Action(ActionKind.STEP_INTO, count=place - real.position))
        changed = real.assign(name, expression, frame)
        self._program = real.program
        self._stand(StateTree([*self.tree.states[:place], changed, *self._noise(place + 1)]), place)
        return self.state

    def close(self) -> None:
        """Ends the live session, where one was opened."""
        self._real.close()

    def _start(self, program: Program) -> StateTree:
        self._real.reset(program)
        return StateTree(self._noise(0))

    def _noise(self, first: int) -> Iterator[State]:
        """Yields what is shown of the run from a place on."""
        states, program = self._real.tree.states, self._real.program
        for place in range(first, len(states)):
            choose = random.Random(f"{self.seed} noisy {place} {program.digest}")
            state = states[place]
            wrong = place > 0 and state.event is not Event.EXIT and choose.random() < self.rate
            yield spoilt(state, states, choose) if wrong else state


def spoilt(state: State, states: Sequence[State], choose: random.Random) -> State:
    """Returns a state that is wrong in its line or in a value.

    Args:
        state: of a real run; not its exit.
        states: of that run; a wrong line is one of its lines, of the same function where it has others.
        choose: source of chance.
    """
    ways = [_other_value] if state.event in _ENDS else [_other_line, _other_value]
    choose.shuffle(ways)
    for way in (*ways, _other_line):
        found = way(state, states, choose)
        if found is not None:
            return found
    return replace(state, locals={**state.locals, "_": "None"})  # a run of one line, without a variable


def _other_line(state: State, states: Sequence[State], choose: random.Random) -> State | None:
    lines = {
        (each.line, each.source, each.file, each.function == state.function)
        for each in states
        if each.event is Event.LINE and (each.line, each.file) != (state.line, state.file)
    }
    own = [line for line in lines if line[3]] or list(lines)
    if not own:
        return None
    line, source, file, _ = choose.choice(sorted(own))
    return replace(state, line=line, source=source, file=file)


def _other_value(state: State, states: Sequence[State], choose: random.Random) -> State | None:
    if state.event in _ENDS:
        return replace(state, value=_other_text(state.value or "", choose))
    if not state.locals:
        return None
    name = choose.choice(list(state.locals))
    return replace(state, locals={**state.locals, name: _other_text(state.locals[name], choose)})


def _other_text(text: str, choose: random.Random) -> str:
    """Returns the text of another value: of the same type where that can be told."""
    return new_value(text, choose) or choose.choice([other for other in _OTHERS if other != text])
