"""What episodes are about, drawn for many environments by one of their task."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from debugworld.sandboxes.debugger import Program, Trace

from ..environment import DebugEnv
from ..scene import Question, Scene
from .world import BROKEN


@dataclass(frozen=True, slots=True)
class Draw:
    """What one episode is about."""

    program: Program
    """The program."""
    trace: Trace
    """Its run; `BROKEN` where the box failed."""
    question: Question
    """What is asked."""
    right: tuple[bool, ...] = ()
    """Which candidates are right."""
    fault: str = ""
    """Why the box failed, where it did."""


def draw(task: DebugEnv, rng: np.random.Generator, index: int | None = None) -> Draw:
    """Draws what `DebugEnv.reset` would with this generator.

    Args:
        task: An environment of the task; its own episode, if it had one, is over.
        rng: Where chance comes from.
        index: Of the program; None draws it.

    Raises:
        TaskError: no program of the set fits the task, or there is no such program.
    """
    task._open()
    task._np_random, task._fault = rng, ""
    program, question = task._draw(index)
    if task._fault:
        return Draw(program, BROKEN, question, fault=task._fault)
    assert task._traces is not None
    return Draw(program, task._traces.record(program), question, task._right(question.candidates))


def said(task: DebugEnv, number: int, scene: Scene) -> str:
    """Returns an action as an agent would say it."""
    return task._family.spell(number, scene)
