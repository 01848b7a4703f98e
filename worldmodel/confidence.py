"""How sure a debugger is, whichever it is, and what it left out of what it asked."""

from __future__ import annotations

import math
from typing import Any

from debugworld.sandboxes.debugger import Debugger
from debugworld.worldmodel.lockstep import LockstepDebugger


def confidence_of(debugger: Debugger) -> float | None:
    """Returns how sure a debugger is of its last answer, in [0, 1]; of a lockstep, its neural side.

    None where nothing is dreamt, or where the model behind the dream does not tell.
    """
    found: float | None = getattr(_dreamer(debugger), "confidence", None)
    return None if found is None or math.isnan(found) else found


def left_out(debugger: Debugger) -> str:
    """Returns in words what the last answer's questions did not show; empty where they showed all."""
    info: dict[str, Any] = getattr(_dreamer(debugger), "info", {})
    return str(info.get("dropped", ""))


def _dreamer(debugger: Debugger) -> Debugger:
    return debugger.neural if isinstance(debugger, LockstepDebugger) else debugger
