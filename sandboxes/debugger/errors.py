"""The errors a caller can make against a debugger."""

from __future__ import annotations


class DebuggerError(Exception):
    """Base of every error that a debugger raises at its caller."""


class ProgramError(DebuggerError):
    """The program or its entry call cannot be debugged as given."""


class IllegalAction(DebuggerError, ValueError):
    """An action that the current state does not allow.

    The text says why, and what would be legal instead.
    """
