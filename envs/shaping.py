"""Shaping: how far a run's states are from those that a task asks for, as a potential.

With a potential ``Phi`` the reward grows by ``discount * Phi(after) - Phi(before)``, and ``Phi`` of a
terminal state is 0, which leaves the best policies what they are (Ng, Harada and Russell, 1999, "Policy
invariance under reward transformations").
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.batch import TraceBatch
from debugworld.sandboxes.debugger import Program, Trace

FAR = np.int32(2**30)
"""The distance of what cannot be reached."""


def distances(program: Program, trace: Trace, aims: Sequence[int], max_lines: int) -> npt.NDArray[np.int32]:
    """Counts the fewest moves from each state of a real run to some of its states.

    The moves are all plain ones, forwards and backwards, and runs to the lines, without breakpoints.

    Args:
        program: The program.
        trace: Its run.
        aims: Indices of the states to get to.
        max_lines: Lines that can be run to.

    Returns:
        int32 ``(states + 1,)``, the exit last; `FAR` where no moves lead to any of them.
    """
    batch = TraceBatch([(program, trace)], max_lines)
    rows = np.arange(len(batch.lines))
    lines = [np.array(line) for line in np.flatnonzero(batch.stops[0])]
    runs = [batch.next_at(batch.lines_of(np.array(0), line), rows) for line in lines]
    targets = np.stack([*batch.targets.T, *runs])
    found = np.full(len(rows), FAR, np.int32)
    found[list(aims)] = 0
    while True:
        nearer = np.minimum(found, np.minimum(found[targets].min(axis=0) + 1, FAR))
        if (nearer == found).all():
            return found
        found = nearer


def potential(distance: int) -> float:
    """Returns the potential of a state from its distance: 1 there, 1/2 a move away, 0 where no way leads."""
    return 0.0 if distance >= FAR else 1.0 / (1.0 + distance)
