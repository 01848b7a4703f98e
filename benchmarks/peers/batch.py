"""The batched form of a recorded debugger: the one place that knows its name."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from debugworld.sandboxes.debugger import Action, Trace


class BatchMissing(Exception):
    """This version has no batched form."""


def batch_step(trace: Trace, cursors: int, actions: list[Action], seconds: float) -> float:
    """Moves many cursors at once for some seconds; returns look-ups per second.

    Raises:
        BatchMissing: this version has no batched form.
    """
    try:
        batch: Any = import_module("debugworld.sandboxes.batch")
    except ImportError:
        raise BatchMissing("this version has no batched form of the recorded debugger yet") from None
    raise BatchMissing(f"{batch.__name__} is there, but this benchmark does not know it yet")
