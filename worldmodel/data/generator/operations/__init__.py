"""What Python's operators, methods and built-ins are: templates of expressions and statements, by type.

``<int>`` is an expression of a type, ``<int!>`` one in operand position (bracketed
when compound), ``<$int>`` a variable, ``<v>`` the variable of a comprehension over
the type in front of ``|``, ``<+int>`` an expression that uses it. Sets of strings
are never iterated in their own order, and floats never summed: both differ
between runs or versions.
"""

from __future__ import annotations

from .changes import RISKY, STATEMENTS, UNPACKINGS, WRONG
from .containers import CONTAINERS
from .scalars import SCALARS
from .text import TEXT

EXPRESSIONS = {**SCALARS, **TEXT, **CONTAINERS}
"""Expression templates by the type of their value, in a fixed order."""

__all__ = ["EXPRESSIONS", "RISKY", "STATEMENTS", "UNPACKINGS", "WRONG"]
