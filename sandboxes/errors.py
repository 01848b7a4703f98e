"""The one error of this boundary."""

from __future__ import annotations


class SandboxError(Exception):
    """A box cannot be had, or is gone.

    How a program ended, however badly, is never an error: it is the exit of a trace.
    """
