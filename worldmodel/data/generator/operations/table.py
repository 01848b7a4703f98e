"""How a table of templates is written: one to a line."""

from __future__ import annotations


def table(text: str) -> tuple[str, ...]:
    """Returns the lines of a text that hold something."""
    return tuple(line.strip() for line in text.strip("\n").split("\n") if line.strip())
