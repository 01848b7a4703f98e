"""The walk: a program from its entry to its end, for real and dreamt, through one environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from debugworld.envs import Answer, DebugEnv
from debugworld.envs.scene import Question
from debugworld.sandboxes import SandboxError
from debugworld.sandboxes.debugger import Program, State, Trace, TreeDebugger
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.lockstep import FIELDS, LockstepDebugger
from debugworld.worldmodel.neural import NeuralDebugger

from .subject import Subject

MOVE = "s"
"""What is said to the environment at each step: step into."""


class WalkEnv(DebugEnv):
    """An episode that lasts until the program has ended; see `DebugEnv` for everything else."""

    def _pose(self, program: Program, trace: Trace) -> Question:
        return Question("step to the end of the program")

    def _answered(self, answer: Answer) -> bool:
        return False

    def _reached(self, debugger: TreeDebugger) -> bool:
        return debugger.done


@dataclass(frozen=True, slots=True)
class Step:
    """One move and what each debugger made of it."""

    number: int
    """Moves done; 0 at the entry."""
    real: State
    """The state that the move really led to."""
    neural: State
    """The state that the neural debugger dreamt from the same true history."""
    differences: tuple[str, ...]
    """The fields in which they differ."""
    confidence: float
    """The neural debugger's confidence in its state, in [0, 1]; 1 where nothing was to be guessed."""

    def to_json(self) -> dict[str, Any]:
        """Returns the step as plain JSON data."""
        return {
            "step": self.number,
            "move": MOVE if self.number else "",
            "real": self.real.to_json(),
            "neural": self.neural.to_json(),
            "differences": list(self.differences),
            "confidence": self.confidence,
        }


def open_walk(subject: Subject, model: str | None, max_states: int) -> WalkEnv:
    """Opens the environment that the walk goes through, in lockstep.

    The neural debugger is set back to the truth after each difference.

    Args:
        subject: The program and its box.
        model: Folder of a checkpoint; None takes the one that ships with the package.
        max_states: Most steps of the walk, and most states of a dream.

    Raises:
        TaskError: ``max_states`` is less than 1.
    """
    return WalkEnv(
        backend="lockstep",
        after="forced",
        tasks=subject.tasks,
        sandbox=subject.sandbox,
        model=model,
        max_states=max_states,
        max_moves=max_states,
        max_lines=subject.program.entry_line + 1,
    )


def debuggers(env: WalkEnv) -> tuple[TreeDebugger, NeuralDebugger]:
    """Returns the real and the neural debugger of an environment that was reset.

    Raises:
        ModelError: the model speaks a format, whose states cannot be taken apart as the demo does.
    """
    both = env.debugger
    assert isinstance(both, LockstepDebugger)
    if not isinstance(both.neural, NeuralDebugger):
        raise ModelError(
            "the demo shows models that answer our own questions, and this one speaks a format; "
            "look at it with debugworld run --backend lockstep, or judge it with debugworld fidelity"
        )
    return both.real, both.neural


def start(env: WalkEnv) -> dict[str, Any]:
    """Resets an environment and returns the info.

    Raises:
        TaskError: the program cannot be debugged as given.
        SandboxError: the box failed.
        ModelError: the checkpoint cannot be loaded.
    """
    info = env.reset()[1]
    if info["fault"]:
        raise SandboxError(info["error"])
    return info


def walk(env: WalkEnv, on_step: Callable[[], None] = lambda: None) -> list[Step]:
    """Steps from the program's entry on, as far as the environment's moves go.

    Args:
        env: The environment; it is reset.
        on_step: Called after each step.

    Raises:
        TaskError: the program cannot be debugged as given.
        SandboxError: the box failed.
        ModelError: the model cannot be loaded, or failed.
    """
    steps = [_step(env, 0, start(env)["differences"])]
    over = env.debugger.done
    while not over:
        *_, terminated, truncated, info = env.step(MOVE)
        if info["fault"]:
            raise ModelError(info["error"])
        steps.append(_step(env, len(steps), info["differences"]))
        on_step()
        over = terminated or truncated
    return steps


def _step(env: WalkEnv, number: int, differences: list[dict[str, Any]]) -> Step:
    real, neural = debuggers(env)
    dreamt = {each["field"]: each["neural"] for each in differences if each["field"] in FIELDS}
    data = real.state.to_json() | dreamt
    data["source"] = env.debugger.program.source_line(data["line"])
    return Step(number, real.state, State.from_json(data), tuple(dreamt), neural.confidence)
