"""The recursion limit, counted in frames of the program, so that it is reached at one depth on every version.

CPython counts its own way on each version, and takes the trace function away where the limit leaves no room
for it. So the interpreter's limit is set higher than the one that the program sees, and the tracer refuses
frames beyond the latter. A recursion of lambdas or of library code alone is not counted: it runs into the
interpreter's limit, as does one through C code on 3.12, which bounds that apart.
"""

from __future__ import annotations

import operator
import sys
from typing import Any, SupportsIndex

ROOM = 4000
"""Frames that the interpreter allows beside the program's: the library's, lambdas, the debugger's own."""
MESSAGE = "maximum recursion depth exceeded"
"""What the exception says."""

_get, _set = sys.getrecursionlimit, sys.setrecursionlimit


class Recursion:
    """The program's own limit, while it is on stage."""

    def __init__(self) -> None:
        self.limit = 1000
        """Frames of the program that may be open at once."""

    def install(self) -> None:
        """Raises the interpreter's limit, and gives the program functions that speak of its own."""
        self._found: Any = _get(), sys.getrecursionlimit, sys.setrecursionlimit
        _set(self.limit + ROOM)
        sys.getrecursionlimit, sys.setrecursionlimit = self._tell, self._change

    def remove(self) -> None:
        """Undoes `install`."""
        limit, sys.getrecursionlimit, sys.setrecursionlimit = self._found
        _set(limit)

    def _tell(self) -> int:
        """Stands for `sys.getrecursionlimit`."""
        return self.limit

    def _change(self, limit: SupportsIndex, /) -> None:
        """Stands for `sys.setrecursionlimit`."""
        number = operator.index(limit)
        if number < 1:
            raise ValueError("recursion limit must be greater or equal than 1")
        _set(number + ROOM)
        self.limit = number
