"""Trajectories: walks over a recorded run under a stated policy of actions.

The policy is the paper's as far as it is printed: half of the steps are step into or
step over, evenly; the other half are drawn from a mixture over all actions. The
paper's table sums to 0.80; ours, below, is our own.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from debugworld.sandboxes.debugger import Action, ActionKind, Program, RecordedDebugger, State, Trace

FORWARD = {
    ActionKind.STEP_INTO: 0.25,
    ActionKind.STEP_OVER: 0.25,
    ActionKind.STEP_RETURN: 0.2,
    ActionKind.RUN_TO: 0.25,
    ActionKind.CONTINUE: 0.05,
}
"""The mixture over all forward moves, as shares."""
BACKWARD = {
    ActionKind.BACK_INTO: 0.4,
    ActionKind.BACK_OVER: 0.35,
    ActionKind.BACK_TO_CALL: 0.25,
}
"""The mixture over all backward moves, as shares."""


@dataclass(frozen=True)
class Step:
    """One action and the state it led to; the first step of a trajectory has no action."""

    action: Action | None
    state: State


@dataclass(frozen=True)
class Trajectory:
    """A walk over one run."""

    program: Program
    visited: tuple[str, ...]
    """Qualified names of the functions that the whole run entered, in order."""
    steps: tuple[Step, ...]
    backward: bool = False
    """Whether it walks from the run's end towards its entry."""


def sample(
    program: Program, trace: Trace, seed: int, max_steps: int = 64, backward: bool = False
) -> Trajectory:
    """Draws one trajectory over a run that has at least one state.

    A forward one starts at the entry; a backward one at the last state before the exit.

    Raises:
        ValueError: the trace has no states.
    """
    if not trace.states:
        raise ValueError("the run made no states, so there is nothing to walk over")
    choose = random.Random(seed)
    debugger = RecordedDebugger(lambda _: trace)
    state = debugger.reset(program)
    if backward:
        while not debugger.done:
            debugger.step(Action(ActionKind.CONTINUE))
        state = debugger.step(Action(ActionKind.BACK_INTO))
    steps = [Step(None, state)]
    lines = sorted(program.outline.stop_lines)
    while len(steps) <= max_steps and not (debugger.done or backward and debugger.position == 0):
        action = _draw(choose, lines, backward)
        if debugger.refusal(action) is None:
            steps.append(Step(action, debugger.step(action)))
    visited = dict.fromkeys(state.function for state in trace.states)
    return Trajectory(program, tuple(visited), tuple(steps), backward)


def _draw(choose: random.Random, lines: Sequence[int], backward: bool) -> Action:
    if choose.random() < 0.5:
        pair = (
            (ActionKind.BACK_INTO, ActionKind.BACK_OVER)
            if backward
            else (ActionKind.STEP_INTO, ActionKind.STEP_OVER)
        )
        return Action(choose.choice(pair))
    mixture = BACKWARD if backward else FORWARD
    kind = choose.choices(list(mixture), list(mixture.values()))[0]
    return Action(kind, choose.choice(lines) if kind.takes_line else None)
