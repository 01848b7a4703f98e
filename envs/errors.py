"""The errors that a caller can make against an environment or its task set."""

from __future__ import annotations


class TaskError(ValueError):
    """A task set, a task in it or an option of an environment cannot be used as given.

    The text says what was wrong and what would be right.
    """


class NothingToAsk(TaskError):
    """An environment finds no question in a task, or in any of its set."""
