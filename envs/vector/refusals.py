"""Why actions are refused, in the debugger's words, each worked out once."""

from __future__ import annotations

from typing import Any

import gymnasium
from gymnasium.vector import VectorEnv

from debugworld.sandboxes.batch import RecordedBatch
from debugworld.sandboxes.debugger import Action, ActionKind, Program, RecordedDebugger, Trace

from ..command import CommandSet

_MOST = 65_536
"""Texts that are remembered."""


class _Standing(RecordedDebugger):
    """A debugger that is put where a cursor stands.

    Args:
        batch: The cursors.
        cursor: Number of the one.
    """

    def __init__(self, batch: RecordedBatch, cursor: int) -> None:
        super().__init__(_no_run)
        run = int(batch.runs[cursor])
        self._program = batch.traces.programs[run]
        self._stand(batch.traces.trees[run], int(batch.positions[cursor]))
        for line in batch.points(cursor):
            self.step(Action(ActionKind.BREAK, line))


class Refusals:
    """Texts for the cursors of one batch.

    Args:
        batch: The cursors.
        commands: The numbers of the actions.
    """

    def __init__(self, batch: RecordedBatch, commands: CommandSet) -> None:
        self._batch, self._commands = batch, commands
        self._known: dict[tuple[int, int, int, tuple[int, ...]], str] = {}

    def text(self, cursor: int, number: int) -> str:
        """Returns an action with why it is refused.

        Args:
            cursor: Whose action it is.
            number: Of the action, in `CommandSet`; one that is not legal now.
        """
        batch = self._batch
        action = self.action(number)
        run, row = int(batch.runs[cursor]), int(batch.rows[cursor])
        place = -1 if row == int(batch.traces.ends[run]) - 1 else 0
        if action.line is None:
            place = row
        points = batch.points(cursor) if action.kind is ActionKind.CLEAR else ()
        found = self._known.get((run, number, place, points))
        if found is None:
            found = f"{action}: {_Standing(batch, cursor).refusal(action)}"
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known[run, number, place, points] = found
        return found

    def action(self, number: int) -> Action:
        """Returns the action that has a number, which is no answer's."""
        action = self._commands.action(number)
        assert action is not None
        return action


def look_open(vector: VectorEnv[Any, Any, Any]) -> None:
    """Refuses what is asked of a vector that has been closed.

    Raises:
        gymnasium.error.ClosedEnvironmentError: it has.
    """
    if vector.closed:
        raise gymnasium.error.ClosedEnvironmentError("this vector has been closed; make another one")


def _no_run(program: Program) -> Trace:
    raise AssertionError("it stands in a run that was recorded")
