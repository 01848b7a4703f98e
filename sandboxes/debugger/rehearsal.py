"""A run of a program of our own in the supervisor itself, before it serves anybody.

CPython makes a function's code faster once it has been called a few times, and fills its caches as it goes.
Done once here, every fork has it; else each run would do it anew, in pages that it has to copy for that.
"""

from __future__ import annotations

from .program import Program
from .recorder import record

OFTEN = 16
"""Calls after which CPython 3.11 to 3.13 have specialised what is called."""
_SOURCE = """\
def total(n):
    t = 0
    for i in range(n):
        t += i
    return t
"""


def rehearse(times: int = 1) -> None:
    """Records the program so many times."""
    for _ in range(times):
        record(Program(_SOURCE, "total(3)"))
