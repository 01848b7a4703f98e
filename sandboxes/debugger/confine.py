"""What the kernel is told about the program's process before the program runs in it."""

from __future__ import annotations

import ctypes
import math
import os
import resource
import signal
import time
from collections.abc import Sequence

from .seccomp import restrict

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_MAX_FILE = 16 << 20
_MAX_DESCRIPTORS = 128

_prctl = ctypes.CDLL(None, use_errno=True).prctl


def shield_supervisor() -> None:
    """Hides this process's memory and environment from others, and makes it inherit orphans.

    As the first process of a box it also takes the filter of system calls, which its forks inherit: one for
    each run would cost more than the fork.
    """
    _prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
    _prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.getpid() == 1:
        restrict()


def seal(keep: Sequence[int], alone: bool) -> None:
    """Parts the calling process from its parent, for good, and sets the limits that all runs have.

    Forks and threads stay possible: the box bounds their number, and the supervisor ends them all.

    Args:
        keep: descriptors that stay open beside 0, 1 and 2 (which become ``/dev/null``).
        alone: the box holds nothing else: system calls that no program needs are refused.

    Raises:
        OSError: the kernel does not do what it is told.
    """
    os.setsid()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    _prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)
    score = os.open("/proc/self/oom_score_adj", os.O_WRONLY)
    os.write(score, b"1000")
    os.close(score)
    null = os.open(os.devnull, os.O_RDWR)
    for descriptor in range(3):
        os.dup2(null, descriptor)
    start = 3
    for descriptor in sorted(set(keep)):
        os.closerange(start, descriptor)
        start = max(descriptor + 1, start)
    os.closerange(start, os.sysconf("SC_OPEN_MAX"))
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_MSGQUEUE, 0)
    _limit(resource.RLIMIT_FSIZE, _MAX_FILE)
    _limit(resource.RLIMIT_NOFILE, max(_MAX_DESCRIPTORS, start))
    if alone:
        restrict()


def ration(memory: int, timeout: float) -> None:
    """Limits what a run may use up.

    Args:
        memory: bytes of address space.
        timeout: seconds of CPU time from now on, rounded up; the wall clock is the supervisor's to watch.

    Raises:
        OSError: the kernel does not do what it is told.
    """
    _limit(resource.RLIMIT_AS, memory)
    seconds = math.ceil(timeout + time.process_time()) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))


def _limit(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))
