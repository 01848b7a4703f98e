"""How processes of a box end, and how they are ended."""

from __future__ import annotations

import os
import signal

from .inmate import BROKEN_STATUS, TAMPER_STATUS

_CRASHES = frozenset(
    {
        signal.SIGSEGV,
        signal.SIGBUS,
        signal.SIGABRT,
        signal.SIGILL,
        signal.SIGFPE,
        signal.SIGSYS,
        signal.SIGTRAP,
    }
)


def verdict(status: int) -> tuple[str, str]:
    """Exit code and reason from a wait status, for a process without a last message of its own."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        if number == signal.SIGXCPU:
            return "never", "timeout"
        return "error", "crash" if number in _CRASHES else "killed"
    code = os.WEXITSTATUS(status)
    if code == TAMPER_STATUS:
        return "error", "tamper"
    if code == BROKEN_STATUS:
        return "error", "broken_recorder"
    return "normal" if code == 0 else "error", "abrupt_exit"


def end_others(alone: bool) -> None:
    """Ends the orphans that a program left."""
    while True:
        if alone:
            kill(-1)
        else:
            with open(f"/proc/self/task/{os.getpid()}/children") as file:
                for child in file.read().split():
                    kill(int(child))
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def kill(pid: int) -> None:
    """Ends a process, if it is there; -1 stands for all others."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
