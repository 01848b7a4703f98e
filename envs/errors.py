"""The errors that are a caller's to mend: of an environment, its task set or its machine."""

from __future__ import annotations

from debugworld.sandboxes.errors import SandboxError


class TaskError(ValueError):
    """A task set, a task in it or an option of an environment cannot be used as given.

    The text says what was wrong and what would be right.
    """


class NothingToAsk(TaskError):
    """An environment finds no question in a task, or in any of its set."""


class NoSandbox(SandboxError):
    """This machine cannot have the box that an environment needs, which is the caller's to mend."""
