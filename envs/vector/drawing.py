"""What episodes are about, drawn for many environments by one of their task."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np

from debugworld.sandboxes.debugger import Program, Trace
from debugworld.sandboxes.errors import SandboxError
from debugworld.worldmodel.errors import ModelError

from ..backend import DREAMS
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
    """Why the box or the model failed, where it did."""
    kind: Hashable = ""
    """What tells the run from others of the program."""
    real: Trace | None = None
    """What really happens, where ``trace`` is a dream."""


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
    task._wake()
    program, question = task._draw(index)
    if task._fault:
        return Draw(program, BROKEN, question, fault=task._fault, kind="broken", real=BROKEN)
    assert task._traces is not None
    real, right = task._traces.record(program), task._right(question.candidates)
    if task.backend not in DREAMS:
        return Draw(program, real, question, right)
    given = tuple(real.states[: question.start + 1]) if question.start else ()
    try:
        trace = task._walked(program, given)
    except (SandboxError, ModelError) as error:
        return Draw(program, BROKEN, question, right, str(error), "broken", BROKEN)
    kind = "" if trace is real else ("dream", question.start)
    return Draw(program, trace, question, right, kind=kind, real=real)


def said(task: DebugEnv, number: int, scene: Scene) -> str:
    """Returns an action as an agent would say it."""
    return task._family.spell(number, scene)
