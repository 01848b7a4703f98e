"""What a debugger is: actions, states, traces and the moves between them.

This package is the ground that everything else stands on. It uses the standard
library only and imports nothing from its parents, because the same files run
inside the sandbox next to the program that is being debugged.
"""

from .action import Action, ActionKind
from .breakpoint import Breakpoint
from .debugger import Debugger
from .errors import DebuggerError, IllegalAction, ProgramError
from .program import Program
from .recorded import RecordedDebugger
from .state import Event, Exit, ExitCode, State
from .trace import Trace
from .tree import StateTree

__all__ = [
    "Action",
    "ActionKind",
    "Breakpoint",
    "Debugger",
    "DebuggerError",
    "Event",
    "Exit",
    "ExitCode",
    "IllegalAction",
    "Program",
    "ProgramError",
    "RecordedDebugger",
    "State",
    "StateTree",
    "Trace",
]
