"""Settings: which arguments environments take."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import get_args

from debugworld.worldmodel.lockstep import After

from .backend import BACKENDS
from .errors import TaskError
from .feedback import FEEDBACKS


def check_settings(
    backend: str,
    max_states: int,
    real_share: float,
    real_calls: float,
    after: str,
    max_moves: int,
    max_lines: int,
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
    if max_moves < 0 or max_lines < 1:
        raise TaskError(f"need max_moves >= 0 and max_lines >= 1; got {max_moves} and {max_lines}")
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
