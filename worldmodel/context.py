"""Debuggers over any causal language model that speaks a format, with the run so far in its prompt.

`ContextDebugger` lets the model step inside a jump, so that what was dreamt is a state tree like a recorded
run's and can be walked back over. `direct.DirectDebugger` asks for a jump's end at once, as the paper does,
and asks backwards as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Edit,
    Exit,
    ExitCode,
    IllegalAction,
    Program,
    State,
    StateTree,
    TreeDebugger,
)
from debugworld.worldmodel.conversation import Completer
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.formats import Codec
from debugworld.worldmodel.spoken import INTO, SpokenDebugger, entry_state

if TYPE_CHECKING:
    from debugworld.worldmodel.direct_debugger import DirectDebugger


def open_debugger(
    engine: Completer, codec: Codec | str, jumps: Literal["rollout", "direct"] = "rollout", **options: Any
) -> ContextDebugger | DirectDebugger:
    """Returns a debugger over a model that speaks a format.

    Args:
        engine: answers.
        codec: the format, or its name.
        jumps: ``rollout`` steps inside a jump, ``direct`` asks for its end at once.
        **options: as in the constructors.

    Raises:
        ModelError: there is no format of that name, or it has no jumps to ask for.
    """
    if jumps == "rollout":
        return ContextDebugger(engine, codec, **options)
    from debugworld.worldmodel.direct_debugger import DirectDebugger

    return DirectDebugger(engine, codec, **options)


class ContextDebugger(SpokenDebugger, TreeDebugger):
    """Dreams a program's run step into by step into; jumps are rollouts, backward moves look-ups.

    Built as `SpokenDebugger` is. An assignment rewrites the context: what was dreamt after it is forgotten.
    """

    _confidences: list[float]

    @property
    def confidences(self) -> tuple[float, ...]:
        """The confidence in each state of the tree, in time; 1 where it was given."""
        return tuple(self._confidences)

    @property
    def walk(self) -> Trajectory:
        """What the model is shown of the dream: every state by a step into."""
        return self._walk(len(self._tree))

    def step(self, action: Action) -> State:
        """Does one action, dreaming as far as it asks, and returns the state it leads to.

        Raises:
            IllegalAction: the action is not legal now; nothing has changed.
            ModelError: the model cannot answer.
        """
        known = len(self._tree) if self._program else 0
        self._confidence = 1.0
        state = super().step(action)
        if action.kind is not ActionKind.EVALUATE:
            self._confidence = min(self._confidences[known:], default=1.0)
        return state

    def ground(self, states: Sequence[State]) -> State:
        """Goes on from a true history, standing at its last state.

        Args:
            states: all states from the entry on, in time; at least one.

        Raises:
            IllegalAction: there is no history, or no program yet.
        """
        self.program  # noqa: B018  refuses before the first reset
        if not states:
            raise IllegalAction("a true history has at least the entry state; none was given")
        self._confidences = [1.0] * len(states)
        self._stand(StateTree(states, self._grow), len(states) - 1)
        return self.state

    def _change(self, name: str, expression: str, changed: State) -> State:
        place = self._position
        states = [*self._tree.states[:place], changed]
        self._confidences = self._confidences[: place + 1]
        kept = tuple(edit for edit in self.program.edits if edit.index <= place)
        self._program = replace(self.program, edits=(*kept, Edit(place, 0, name, expression)))
        self._stand(StateTree(states, self._grow), place)
        return self.state

    def _walk_here(self) -> Trajectory:
        return self._walk(self._position + 1)

    def _walk(self, size: int) -> Trajectory:
        states = self._tree.states[:size]
        steps = tuple(Step(INTO if place else None, state) for place, state in enumerate(states))
        return Trajectory(self.program if self._program else self._opening, (), steps)

    def _start(self, program: Program) -> StateTree:
        self._opening = program
        self._conversation.begin()
        self._confidences, self._confidence = [1.0], 1.0
        return StateTree([entry_state(program)], self._grow)

    def _grow(self) -> None:
        """Dreams the next state in time."""
        if len(self._tree) >= self.max_states:
            state, confidence = State.at_exit(Exit(ExitCode.NEVER, "step_budget")), 1.0
        else:
            state, confidence = self._conversation.state(self.walk, INTO)
        self._tree.append(state)
        self._confidences.append(confidence)
