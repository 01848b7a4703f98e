"""Action masks: which of the numbered commands are legal."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.batch import bound_lines
from debugworld.sandboxes.debugger import Action, ActionKind, TreeDebugger

from .command import LINE_KINDS, PLAIN_KINDS, Command, CommandSet
from .scene import Question


def action_mask(
    commands: CommandSet,
    question: Question,
    debugger: TreeDebugger,
    refusal: Callable[[Command], str | None],
    spent: bool,
) -> npt.NDArray[np.int8]:
    """Returns int8 ``(len(commands),)`` with 1 where a command is legal.

    Args:
        commands: The commands, by number.
        question: What is asked, for the answers and trials that there are.
        debugger: What the debugger's actions are for.
        refusal: Says why one of the task's own commands is not legal; None where it is.
        spent: Whether no moves are left.
    """
    mask = np.zeros(len(commands), np.int8)
    answers = slice(commands.first_answer, commands.first_answer + commands.answers)
    mask[answers][: len(question.candidates) or commands.answers] = 1
    for number, command in commands.own:
        mask[number] = refusal(command) is None
    if spent:
        return mask
    mask[commands.first_trial :][: len(question.trials) or commands.trials] = 1
    for number, kind in enumerate(PLAIN_KINDS):
        mask[number] = debugger.refusal(Action(kind)) is None
    for kind, lines in _lines(debugger, commands.max_lines).items():
        if len(lines) and debugger.refusal(Action(kind, int(lines[0]))) is None:
            mask[commands.number(Action(kind, 1)) - 1 + np.array(lines)] = 1
    return mask


def _lines(debugger: TreeDebugger, max_lines: int) -> dict[ActionKind, Any]:
    """Returns the lines that each kind of action may name, as far as the program tells."""
    stops = [line for line in debugger.program.outline.stop_lines if line <= max_lines]
    bound = bound_lines(debugger.program, max_lines)  # a blank line is the next one's
    armed = np.zeros(len(bound), bool)
    armed[[line for line in debugger.breakpoint_lines if line < len(armed)]] = True
    legal: dict[ActionKind, Any] = {
        ActionKind.RUN_TO: stops,
        ActionKind.BREAK: np.flatnonzero(bound),
        ActionKind.CLEAR: np.flatnonzero(armed[bound]),
    }
    return {kind: legal[kind] for kind in LINE_KINDS}
