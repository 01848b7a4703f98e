"""The truth: what a debugger is, and boxes in which a program really runs under one.

`open_sandbox` opens a box by name; `Sandbox.record` runs a program in it once and returns the trace,
over which `debugger.RecordedDebugger` walks.
"""

from .catalog import SANDBOXES, available_sandboxes, open_sandbox
from .errors import SandboxError
from .sandbox import Sandbox

__all__ = ["SANDBOXES", "Sandbox", "SandboxError", "available_sandboxes", "open_sandbox"]
