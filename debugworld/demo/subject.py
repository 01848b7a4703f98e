"""What the demo is about: a program, and the box that it runs in."""

from __future__ import annotations

from dataclasses import dataclass

from debugworld.envs import load_task_set
from debugworld.sandboxes import SANDBOXES, SandboxError, available_sandboxes
from debugworld.sandboxes.debugger import Program, ProgramError

BUNDLED = "builtin/invoice"
"""URI of the program that is shown when none is given."""
_BOXES = {
    "docker": "docker, a container without network or rights",
    "process": "process, a plain process of this user, which protects nothing",
}


@dataclass(frozen=True, slots=True)
class Subject:
    """A checked program and a box that this machine has."""

    tasks: str
    """URI of a task set whose first program it is."""
    program: Program
    """The program."""
    sandbox: str
    """Name of the box."""
    box: str
    """The box in words, with the reason where it is not the safest one."""


def find_subject(path: str | None, call: str | None, sandbox: str | None) -> Subject:
    """Finds the program and its box; nothing of the program runs yet.

    Args:
        path: A Python file; None takes the bundled program.
        call: Entry expression; None runs the file as a script.
        sandbox: Name of the box. None takes docker; where no engine answers, and for
            the bundled program only, process.

    Raises:
        TaskError: the file cannot be read or cannot be debugged as given.
        ProgramError: there is a call without a file.
        SandboxError: there is no such box, or this machine cannot have it.
    """
    if path is None and call is not None:
        raise ProgramError(f"the call {call!r} needs a program that defines it; name the file as well")
    tasks = BUNDLED if path is None else f"file/{path}?call={call or ''}"
    program = load_task_set(tasks).programs[0].check()
    if sandbox is not None and sandbox not in SANDBOXES:
        raise SandboxError(f"there is no sandbox {sandbox!r}; there are: {', '.join(SANDBOXES)}")
    name = sandbox or "docker"
    missing = available_sandboxes()[name]
    if missing is None:
        return Subject(tasks, program, name, _BOXES[name])
    if sandbox is not None or path is not None:
        raise SandboxError(missing)
    return Subject(tasks, program, "process", f"{_BOXES['process']}, because {missing}")
