"""How much of a value a debugger shows: the bounds of every text."""

from __future__ import annotations

CUT = "…"
"""Marks a place where a text was cut."""
MAX_TEXT = 2000
"""Characters of one value's text before it is cut."""
MAX_STRING = 500
"""Characters of one string inside a text."""
MAX_NAME = 200
"""Characters of the name of a type, a function, an attribute or a variable."""
MAX_ITEMS = 100
"""Items shown of one container."""
MAX_DEPTH = 8
"""Containers shown inside one another."""
MAX_NODES = 2000
"""Values shown inside one text; also the largest set whose items are sorted."""
MAX_INT_BITS = 4096
"""Bits of an integer that is still written in full."""
MAX_NAMES = 500
"""Names shown of one frame."""
MAX_CHAIN = 5
"""Exceptions shown behind one exception."""
