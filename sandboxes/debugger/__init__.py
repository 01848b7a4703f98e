"""What a debugger is: actions, states, traces and the moves between them.

This package is the ground that everything else stands on. It uses the standard
library only and imports nothing from its parents, because the same files run
inside the sandbox next to the program that is being debugged.
"""

from .action import BASIC_KINDS, Action, ActionKind, parse_actions
from .breakpoint import Binding, Breakpoint, BreakpointKind
from .debugger import Debugger
from .errors import DebuggerError, IllegalAction, ProgramError
from .live import LiveDebugger
from .look import Call, Evaluation, Frame
from .program import Edit, Program
from .recorded import RecordedDebugger
from .state import Event, Exit, ExitCode, State
from .trace import Trace
from .tree import StateTree
from .treed import TreeDebugger

__all__ = [
    "BASIC_KINDS",
    "Action",
    "ActionKind",
    "Binding",
    "Breakpoint",
    "BreakpointKind",
    "Call",
    "Debugger",
    "DebuggerError",
    "Edit",
    "Evaluation",
    "Event",
    "Exit",
    "ExitCode",
    "Frame",
    "IllegalAction",
    "LiveDebugger",
    "Program",
    "ProgramError",
    "RecordedDebugger",
    "State",
    "StateTree",
    "Trace",
    "TreeDebugger",
    "parse_actions",
]
