"""Trajectories: walks over a recorded run under a stated policy of actions.

The policy is the paper's as far as it is printed: half of the steps are step into or
step over, evenly; the other half are drawn from a mixture over all actions. The
paper's table sums to 0.80; ours, below, is our own. Policies with a goal stand in `policies`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Program,
    RecordedDebugger,
    State,
    StateTree,
    Trace,
)
from debugworld.sandboxes.debugger.session import Session

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
    """As the debugger showed it: with all output on the way."""
    index: int = 0
    """The state's place in its run."""
    run: int = 0
    """Which run: 0 for the recorded one, n for the n-th of `Trajectory.futures`."""
    reply: str = ""
    """What the action answered beside the state."""


@dataclass(frozen=True)
class Trajectory:
    """A walk over one run, and over the runs that its assignments made of it."""

    program: Program
    visited: tuple[str, ...]
    """Qualified names of the functions that the whole run entered, in order."""
    steps: tuple[Step, ...]
    backward: bool = False
    """Whether it walks from the run's end towards its entry."""
    policy: str = "mixture"
    """How the actions were chosen; a name of `policies.POLICIES`."""
    goal: str = ""
    """What the walk was after, in words; empty where it was after nothing."""
    reached: bool = True
    """Whether it got there."""
    futures: tuple[tuple[Program, Trace], ...] = ()
    """The program with its assignments, and its run, after each assignment."""

    @property
    def actions(self) -> tuple[str, ...]:
        """The texts of the actions."""
        return tuple(str(step.action) for step in self.steps if step.action is not None)


class Walk:
    """A walk in the making: does actions, and writes down what they showed.

    Args:
        program: what ran.
        trace: its run, of at least one state.
        record: runs a changed program; usually a sandbox's method.
        session: starts a live session, likewise; without both there are no conditions, looks or assignments.
        max_steps: actions after which `full` is true.

    Raises:
        ValueError: the trace has no states.
    """

    def __init__(
        self,
        program: Program,
        trace: Trace,
        record: Callable[[Program], Trace] | None = None,
        session: Callable[[Program], Session] | None = None,
        max_steps: int = 64,
    ) -> None:
        if not trace.states:
            raise ValueError("the run made no states, so there is nothing to walk over")

        def run(wanted: Program) -> Trace:
            if wanted == program or record is None:
                return trace
            return record(wanted)

        self.program, self.trace, self.max_steps = program, trace, max_steps
        self.debugger = RecordedDebugger(run, session if record is not None else None)
        self.steps = [Step(None, self.debugger.reset(program))]
        self.futures: list[tuple[Program, Trace]] = []

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.debugger.state

    @property
    def full(self) -> bool:
        """Whether it has as many steps as it may have."""
        return len(self.steps) > self.max_steps

    def at_end(self) -> None:
        """Begins at the last state before the exit instead of at the entry."""
        while not self.debugger.done:
            self.debugger.step(Action(ActionKind.CONTINUE))
        state = self.debugger.step(Action(ActionKind.BACK_INTO))
        self.steps = [Step(None, state, self.debugger.position)]

    def can(self, action: Action) -> bool:
        """Whether an action is legal now."""
        return self.debugger.refusal(action) is None

    def do(self, action: Action | str) -> State:
        """Does one action.

        Raises:
            IllegalAction: it is not legal now.
        """
        if isinstance(action, str):
            action = Action.parse(action)
        debugger = self.debugger
        state = debugger.step(action)
        if action.kind is ActionKind.SET:
            self.futures.append((debugger.program, debugger.trace))
        self.steps.append(Step(action, state, debugger.position, len(self.futures), debugger.reply))
        return state

    def done(self, policy: str, goal: str = "", reached: bool = True, backward: bool = False) -> Trajectory:
        """Returns what was walked."""
        self.debugger.close()
        return Trajectory(
            self.program,
            visited(self.trace),
            tuple(self.steps),
            backward,
            policy,
            goal,
            reached,
            tuple(self.futures),
        )


def sample(
    program: Program, trace: Trace, seed: int, max_steps: int = 64, backward: bool = False
) -> Trajectory:
    """Draws one trajectory over a run that has at least one state.

    A forward one starts at the entry; a backward one at the last state before the exit.

    Raises:
        ValueError: the trace has no states.
    """
    walk = Walk(program, trace, max_steps=max_steps)
    mix(walk, random.Random(seed), backward)
    return walk.done("mixture-back" if backward else "mixture", backward=backward)


def mix(walk: Walk, choose: random.Random, backward: bool = False) -> None:
    """Walks under the stated policy until the end (backward: the entry), or until the walk is full."""
    if backward:
        walk.at_end()
    debugger, lines = walk.debugger, sorted(walk.program.outline.stop_lines)
    while not (walk.full or debugger.done or backward and debugger.position == 0):
        action = _draw(choose, lines, backward)
        if walk.can(action):
            walk.do(action)


def visited(trace: Trace) -> tuple[str, ...]:
    """Returns the qualified names of the functions that a run entered, in order."""
    return tuple(dict.fromkeys(state.function for state in trace.states))


def replayed(
    program: Program,
    trace: Trace,
    actions: Sequence[Action],
    places: Sequence[tuple[int, int]],
    futures: Sequence[tuple[Program, Trace]],
) -> list[State]:
    """Returns the states that actions showed, from the runs and the places in them.

    Args:
        program: what ran.
        trace: its run.
        actions: all but the first step's, which has none.
        places: run and index of every step.
        futures: the changed runs.

    Raises:
        IndexError: there is no such run or state.
    """
    runs = [trace, *(future for _, future in futures)]
    trees = [StateTree([*run.states, run.final]) for run in runs]
    shown: list[State] = []
    for number, (run, index) in enumerate(places):
        tree = trees[run]
        if not 0 <= index < len(tree):
            raise IndexError(f"run {run} has no state {index}")
        own = tree.states[index]
        if not number:
            shown.append(own)
        elif actions[number - 1].kind is ActionKind.SET:
            before, old = shown[-1], trees[places[number - 1][0]].states[places[number - 1][1]]
            stdout = before.stdout + own.stdout.removeprefix(old.stdout)
            stderr = before.stderr + own.stderr.removeprefix(old.stderr)
            shown.append(replace(own, stdout=stdout, stderr=stderr))
        elif actions[number - 1].kind.moves:
            shown.append(tree.shown(places[number - 1][1], index))
        else:
            shown.append(shown[-1])
    return shown


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
