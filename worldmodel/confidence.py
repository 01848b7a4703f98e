"""How sure a debugger is, whichever it is."""

from __future__ import annotations

import math

from debugworld.sandboxes.debugger import Debugger
from debugworld.worldmodel.lockstep import LockstepDebugger


def confidence_of(debugger: Debugger) -> float | None:
    """Returns how sure a debugger is of its last answer, in [0, 1]; of a lockstep, its neural side.

    None where nothing is dreamt, or where the model behind the dream does not tell.
    """
    neural = debugger.neural if isinstance(debugger, LockstepDebugger) else debugger
    found: float | None = getattr(neural, "confidence", None)
    return None if found is None or math.isnan(found) else found
