"""A run dreamt once, and moves over it: the model is asked for every step and for nothing else.

What was dreamt is a `Trace` like a recorded one, so that it can be kept, packed and walked in tables. It is
the same whichever moves are done over it.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Event,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    RecordedDebugger,
    State,
    StateTree,
    Trace,
    TreeDebugger,
)
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.fidelity.subject import Judged
from debugworld.worldmodel.spoken import entry_state

PYTHON = ""
"""Interpreter of a dream: none."""
_INTO = Action(ActionKind.STEP_INTO)
_NEVER = Exit(ExitCode.NEVER, "step_budget")


@dataclass(frozen=True, slots=True)
class Reality:
    """A real run that a dream may look at."""

    trace: Trace
    """What really happens."""
    share: float
    """Most looks for each step, in (0, 1]; the first look may come at any time."""


def dream(
    debugger: Judged,
    program: Program,
    max_states: int,
    given: Sequence[State] = (),
    reality: Reality | None = None,
) -> tuple[Trace, int]:
    """Dreams a run to its end, step by step.

    With a reality, a step in whose state the debugger has little confidence is looked up: the state is
    replaced by the one that the real run has at the same time, and the dream goes on from the true history.
    What was dreamt before stays. Little means: among the ``share`` of the steps so far that were least sure,
    and below 1.

    Args:
        debugger: Dreams.
        program: What is dreamt.
        max_states: States after which the dream ends as ``never``, for ``step_budget``; at least 1.
        given: True states from the entry on, which the dream goes on from; the entry state if there are none.
        reality: What may be looked at.

    Returns:
        The run, and how often reality was looked at.

    Raises:
        ProgramError: the program cannot be debugged as given.
        ModelError: the model cannot answer; or it may look, and cannot tell how sure it is.
    """
    debugger.max_states = max_states
    states = [debugger.reset(program)]
    if given:
        debugger.ground(given)
        states = list(given)
    glances = _Glances(reality)
    while states[-1].event is not Event.EXIT:
        if len(states) >= max_states:
            states.append(State.at_exit(_NEVER))
            break
        state = debugger.step(_INTO)
        if reality is not None and glances.due(debugger.confidence):
            true = reality.trace.whole
            seen = [true[i] for i in range(min(len(states), len(true) - 1) + 1)]
            state = seen[-1]
            if state.event is not Event.EXIT:
                debugger.ground(seen)
        states.append(state)
    end = states.pop()
    assert end.exit is not None
    return Trace(PYTHON, states, end.exit, end.stdout, end.stderr), glances.done


class _Glances:
    """Decides when to look at reality.

    Args:
        reality: What may be looked at; None is never looked at.
    """

    def __init__(self, reality: Reality | None) -> None:
        self._share = 0.0 if reality is None else reality.share
        self._seen: list[float] = []
        self.done = 0

    def due(self, sure: float) -> bool:
        """Tells whether to look now, after a step that the debugger is so sure of."""
        if math.isnan(sure):
            raise ModelError("a dream that looks at reality needs a model that tells how sure it is")
        insort(self._seen, sure)
        steps = len(self._seen)
        unsure = sure < 1 and bisect_left(self._seen, sure) < self._share * steps
        afford = self.done + 1 <= max(1.0, self._share * steps)
        self.done += unsure and afford
        return unsure and afford


class RolloutDebugger(RecordedDebugger):
    """Walks over a dream that is dreamt whole at the first move that needs it.

    It looks and assigns no more than any debugger that has only a trace.

    Args:
        rollout: Dreams a program, from some true states on where there are any.
    """

    def __init__(self, rollout: Callable[[Program, Sequence[State]], Trace]) -> None:
        super().__init__(lambda program: rollout(program, ()))
        self._rollout = rollout
        self._given: tuple[State, ...] = ()

    @property
    def trace(self) -> Trace:
        """The dreamt run of the current program.

        Raises:
            ModelError: the model cannot answer.
        """
        if self._trace is None:
            self._trace = self._rollout(self.program, self._given)
        return super().trace

    def ground(self, states: Sequence[State]) -> State:
        """Dreams on from a true history, standing at its last state.

        Args:
            states: All states from the entry on, in time; at least one.

        Raises:
            IllegalAction: there is no history, or no program yet.
        """
        program = self.program
        if not states:
            raise IllegalAction("a true history has at least the entry state; none was given")
        self._stand(self._tree_from(program, states), len(states) - 1)
        return self.state

    def fork(self) -> RolloutDebugger:
        """Returns a second debugger over the same dream, at the same stop.

        Raises:
            IllegalAction: there is no program yet.
        """
        self.program  # noqa: B018  refuses before the first reset
        other = RolloutDebugger(self._rollout)
        self._copy_to(other)
        return other

    def _copy_to(self, other: TreeDebugger) -> None:
        super()._copy_to(other)
        assert isinstance(other, RolloutDebugger)
        other._given = self._given

    def _start(self, program: Program) -> StateTree:
        return self._tree_from(program, [entry_state(program)])

    def _tree_from(self, program: Program, states: Sequence[State]) -> StateTree:
        """Returns a tree with some states, whose others are dreamt all at once."""
        self._trace = None
        self._given = given = tuple(states[1:] and states)

        def grow() -> None:
            for state in list(self._rollout(program, given).whole)[len(states) :]:
                tree.append(state)

        tree = StateTree(states, grow)
        return tree
