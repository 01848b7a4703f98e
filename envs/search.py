"""The search for a program of a task set about which there is something to ask."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import numpy as np

from debugworld.sandboxes.debugger import Program, ProgramError

from .chance import draw_order
from .errors import NothingToAsk, TaskError
from .task_set import TaskSet

Found = TypeVar("Found")


def search(
    task_set: TaskSet,
    index: int | None,
    ask: Callable[[Program, int], Found | None],
    rng: np.random.Generator,
    first: int | None,
    asker: str,
) -> Found:
    """Returns what is found about the first drawn program about which anything is.

    Of a program that does not compile or cannot be entered there is nothing to ask.

    Args:
        task_set: The programs.
        index: Number of the program; None draws it.
        ask: Looks at a program, which has a number; returns None where there is nothing to ask.
        rng: Where chance comes from.
        first: What was drawn already, as `draw_order` takes it.
        asker: Name of who asks, for the error.

    Raises:
        TaskError: no program of the set fits the task, or there is no such program, or the one that is named
            cannot be debugged.
    """
    programs = task_set.programs
    if index is not None and not 0 <= index < len(programs):
        raise TaskError(f"{task_set.uri} has no task {index}; it has 0 to {len(programs) - 1}")
    places = draw_order(len(programs), rng, first) if index is None else [index]
    tried, wrong = 0, ""
    for place in places:
        program, tried = programs[place], tried + 1
        try:
            found = ask(program, place)
        except ProgramError as error:
            found, wrong = None, f"task {place} of {task_set.uri}: {error}"
        if found is not None:
            return found
    if wrong and tried == 1:
        raise NothingToAsk(wrong)
    where = f"{tried} runs" if tried > 1 else f"task {place}"
    raise NothingToAsk(f"{task_set.uri}: {asker} finds nothing to ask in {where}{wrong and '; '}{wrong}")
