"""Where a value stands that a statement reads or sets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """What can be assigned: a variable, or an item or attribute of what stands at another place."""

    text: str
    """The value there; empty where it was not looked at."""
    name: str = ""
    """The variable; empty for a part."""
    base: Place | None = None
    """Where the whole stands."""
    suffix: str = ""
    """``[KEY]`` or ``.NAME``."""
