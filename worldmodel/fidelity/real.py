"""The real debugger as a subject: the ceiling of every table, and what it costs to be right."""

from __future__ import annotations

from collections.abc import Sequence

from debugworld.sandboxes import Sandbox
from debugworld.sandboxes.debugger import Action, ActionKind, IllegalAction, Program, RecordedDebugger, State

from .case import SLACK


class RealDebugger:
    """Records a program and answers from the recording.

    Args:
        box: runs the programs.
    """

    max_states = SLACK
    confidence = 1.0

    def __init__(self, box: Sandbox) -> None:
        self._real = RecordedDebugger(box.record, box.session)

    def reset(self, program: Program) -> State:
        """Runs a program anew."""
        return self._real.reset(program)

    def ground(self, states: Sequence[State]) -> State:
        """Goes to the place of the last of some true states.

        Raises:
            IllegalAction: they are not those of this run.
        """
        real, place = self._real, len(states) - 1
        if real.tree.states[place] != states[-1]:
            raise IllegalAction("these are not the states of this run")
        if real.position != place:
            real.reset(real.program)
            if place:
                real.step(Action(ActionKind.STEP_INTO, count=place))
        return states[-1]

    def step(self, action: Action) -> State:
        """Does one action."""
        return self._real.step(action)

    def assign(self, name: str, expression: str, frame: int | None = None) -> State:
        """Changes a variable in the real run."""
        return self._real.assign(name, expression, frame)

    def close(self) -> None:
        """Ends the session, where one was opened."""
        self._real.close()
