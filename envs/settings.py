"""Settings: which arguments environments take."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Collection, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, get_args

from debugworld.worldmodel.lockstep import After

from .backend import BACKENDS
from .errors import TaskError
from .feedback import FEEDBACKS


def check_settings(
    backend: str,
    tasks: str,
    model: str | None,
    max_states: int,
    real_share: float,
    real_calls: float,
    after: str,
    max_moves: int,
    max_lines: int,
    move_cost: float,
    refusal_cost: float,
    shaping: float,
    discount: float,
    feedback: str,
    render_mode: str | None,
    render_modes: Sequence[str],
) -> None:
    """Checks the arguments of `DebugEnv`; ``render_modes`` are those that there are.

    Raises:
        TaskError: one of them names nothing that there is, or is out of its range.
    """
    if backend not in BACKENDS:
        raise TaskError(f"there is no backend {backend!r}; use one of: {', '.join(BACKENDS)}")
    if not isinstance(tasks, str):
        raise TaskError(f"tasks is the URI of a task set, a text; got {tasks!r}")
    if model is not None and not isinstance(model, (str, os.PathLike)):
        raise TaskError(f"model is a text, such as the folder of a checkpoint, or None; got {model!r}")
    check_whole(max_moves=max_moves, max_lines=max_lines, max_states=max_states)
    check_numbers(real_share=real_share, real_calls=real_calls, shaping=shaping, discount=discount)
    check_numbers(move_cost=move_cost, refusal_cost=refusal_cost)
    if max_moves < 0 or max_lines < 1:
        raise TaskError(f"need max_moves >= 0 and max_lines >= 1; got {max_moves} and {max_lines}")
    if not (0 <= move_cost < math.inf and 0 <= refusal_cost < math.inf):
        raise TaskError(f"need finite costs from 0 on; got {move_cost=} and {refusal_cost=}")
    if max_states < 1:
        raise TaskError(f"need max_states >= 1; got {max_states}")
    if not (0 <= real_share <= 1 and 0 <= real_calls <= 1):
        told = f"real_share={real_share}, real_calls={real_calls}"
        raise TaskError(f"need shares between 0 and 1; got {told}")
    if (real_share or real_calls) and backend != "rollout":
        raise TaskError(f"real_share and real_calls are for the backend rollout; got {backend}")
    if after not in get_args(After):
        raise TaskError(f"after must be one of: {', '.join(get_args(After))}; got {after!r}")
    if not math.isfinite(shaping) or not 0 < discount <= 1:
        raise TaskError(f"need a finite shaping and 0 < discount <= 1; got {shaping} and {discount}")
    if feedback not in FEEDBACKS:
        raise TaskError(f"there is no feedback {feedback!r}; use one of: {', '.join(FEEDBACKS)}")
    if render_mode is not None and render_mode not in render_modes:
        known = ", ".join(render_modes)
        raise TaskError(f"there is no render mode {render_mode!r}; use one of: {known}, or None")


def check_known(kinds: Sequence[type], unknown: Collection[str]) -> None:
    """Checks that nothing is left of the arguments of an environment when each class has taken its own.

    Args:
        kinds: Its classes that take arguments, its own first.
        unknown: Names of what is left.

    Raises:
        TaskError: something is; the text names the arguments that there are.
    """
    if unknown:
        taken = [
            inspect.signature(vars(each)["__init__"]).parameters for each in kinds if "__init__" in vars(each)
        ]
        several = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
        known = {name for names in taken for name, each in names.items() if each.kind not in several}
        told = f"{', '.join(map(repr, sorted(unknown)))}; there are: {', '.join(sorted(known - {'self'}))}"
        raise TaskError(f"{kinds[0].__name__} has no argument {told}")


def check_whole(**settings: Any) -> None:
    """Checks that settings, by name, are whole numbers.

    Raises:
        TaskError: one of them is none.
    """
    for name, value in settings.items():
        if not isinstance(value, Integral):
            raise TaskError(f"{name} is a whole number; got {value!r}")


def check_numbers(**settings: Any) -> None:
    """Checks that settings, by name, are numbers.

    Raises:
        TaskError: one of them is none.
    """
    for name, value in settings.items():
        if not isinstance(value, Real):
            raise TaskError(f"{name} is a number; got {value!r}")


def asked_task(options: Mapping[str, Any] | None, *others: str) -> int | None:
    """Returns the number of the task that the options of a reset ask for; None where they ask for none.

    Args:
        options: Those.
        *others: What they may hold beside ``task``.

    Raises:
        TaskError: they are no options, hold another one, or the task is no whole number.
    """
    if options is not None and not isinstance(options, Mapping):
        raise TaskError(f"the options of a reset are a dict such as {{'task': 3}}; got {options!r}")
    unknown = ", ".join(sorted(map(repr, (options or {}).keys() - {"task", *others})))
    if unknown:
        known = " and ".join(map(repr, ("task", *others)))
        raise TaskError(f"a reset has no option {unknown}; it has {known}, as in {{'task': 3}}")
    task = (options or {}).get("task")
    if task is None:
        return None
    check_whole(task=task)
    return int(task)
