"""Feedback: what the debugger shows after a command, true or, as an ablation, drawn at random.

An agent that does as well with random feedback as with the true one has learnt nothing from debugging.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache

import numpy as np

from debugworld.sandboxes.debugger import Event, Program, State, StateTree, Trace

from .scene import Attempt, Scene
from .task_set import load_task_set

FEEDBACKS = ("true", "random")
"""What is the case, and what is drawn."""
_MANY_STEPS = 12.0
_KNOWN_END = 0.5


def disguise(scene: Scene, record: Callable[[Program], Trace], rng: np.random.Generator) -> Scene:
    """Returns a scene whose state tells nothing about the program.

    A moment of the run of another program is shown in its place: one that ships with the package, whatever
    the task set, and has another source; each of these programs is as likely, then each moment of its run.
    Of that moment come the event, the function's name and those of its callers, the depth, locals,
    value and output. The lines, that of the state and those of the callers, are drawn from the lines of the
    program that can stop. The count of passes is drawn from 0 to the one that is asked for, and the
    steps of attempts log-uniformly up to 4096, half of them with a value of that run for their end.
    Program, question, breakpoints, moves left, the last command and its refusal stay true.

    Args:
        scene: What is the case.
        record: Runs a program for real.
        rng: Where chance comes from.

    Raises:
        SandboxError: the box failed.
    """
    others = [donor for donor in _donors() if donor.text != scene.program.text]
    donor = others[int(rng.integers(len(others)))]
    states = record(donor).whole
    place = int(rng.integers(len(states)))
    lines = sorted(scene.program.outline.stop_lines)

    def moved(state: State) -> State:
        if state.event is Event.EXIT:
            return state
        line = lines[int(rng.integers(len(lines)))]
        return replace(state, line=line, source=scene.program.source_line(line))

    state = states[place]
    callers = StateTree(states[: place + 1]).callers(place) if state.event is not Event.EXIT else []
    shown = moved(state)
    stack = () if state.event is Event.EXIT else (shown, *(moved(states[index]) for index in callers))
    query = scene.question.query
    passes = int(rng.integers(query.visit + 1)) if query is not None else 0
    values = [each.value for each in states if each.value is not None]
    attempts = tuple(_attempt(attempt, values, rng) for attempt in scene.attempts)
    return replace(scene, state=shown, stack=stack, passes=passes, attempts=attempts)


def _attempt(attempt: Attempt, values: list[str], rng: np.random.Generator) -> Attempt:
    steps = int(2 ** rng.uniform(0, _MANY_STEPS))
    value = values[int(rng.integers(len(values)))] if values else "None"
    return Attempt(attempt.text, steps, f"returned {value}" if rng.random() < _KNOWN_END else "")


@cache
def _donors() -> tuple[Program, ...]:
    return tuple({program.text: program for program in load_task_set("builtin").programs}.values())
