"""The same moves in the real run, beside episodes that are played in a dream."""

from __future__ import annotations

from typing import Any

import numpy as np

from debugworld.sandboxes.batch import RecordedBatch
from debugworld.sandboxes.debugger import ActionKind
from debugworld.sandboxes.numbering import LINE_KINDS, PLAIN

from .asked import Goals
from .begun import Begun, Rows
from .world import World


class Shadow:
    """Cursors over the real runs, one for each environment.

    Args:
        world: The runs, real and dreamt.
        count: Environments.
        goals: Whether there are goals to reach.
    """

    def __init__(self, world: World, count: int, goals: bool) -> None:
        self.met = np.zeros(count, bool)
        """Which episodes have reached their goal in the real run; bool ``(count,)``."""
        self._world = world
        self._batch = RecordedBatch(world.traces, count)
        self._goals = Goals(world, count, real=True) if goals else None

    def begin(self, which: Rows, begun: Begun, seen: dict[str, Any]) -> None:
        """Begins new episodes in some environments; what it writes into ``seen`` stands there already."""
        self._batch.reset(begun.runs, which, begun.starts)
        self.met[which] = False
        if self._goals is not None:
            self._goals.place(which, begun, seen)

    def step(self, numbers: Rows, which: Any) -> None:
        """Does actions in some environments, where the real run allows them."""
        self._batch.step(np.where(which, numbers, 0), which)
        if self._goals is not None:
            self.met |= which & ~self._batch.refused & self._goals.holds(self._batch.rows)

    def follow(self, other: Shadow, which: Rows, begun: Begun, seen: dict[str, Any]) -> None:
        """Stands where another shadow does in some environments."""
        move_over(other._batch, self._batch, which, begun.runs)
        self.met[which] = other.met[which]
        if self._goals is not None:
            self._goals.place(which, begun, seen)


def move_over(before: RecordedBatch, batch: RecordedBatch, which: Rows, runs: Rows) -> None:
    """Makes cursors of a batch stand where those of another do, with their breakpoints.

    Args:
        before: Where they stand.
        batch: Where they shall stand.
        which: Their numbers.
        runs: The numbers of their runs in the new batch ``(k,)``.
    """
    batch.reset(runs, which, before.positions[which])
    points = [before.points(place) for place in range(len(before))]
    first = PLAIN + LINE_KINDS.index(ActionKind.BREAK) * batch.traces.numbering.max_lines - 1
    for turn in range(max(map(len, points))):
        lines = np.array([own[turn] if turn < len(own) else 0 for own in points])
        batch.step(first + lines, np.isin(np.arange(len(before)), which) & (lines > 0))
