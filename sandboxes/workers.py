"""Processes that share the work of this one, and end when it does, however that was."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection

from .errors import SandboxError

_SIGNAL = 0.5
"""Seconds in which a signal to all processes of a group has come to each of them."""


@contextlib.contextmanager
def open_workers(count: int) -> Iterator[ProcessPoolExecutor]:
    """Opens a pool of processes; where the block ends by an exception, they end in the middle of their work.

    Args:
        count: of processes.

    Raises:
        SandboxError: one of them died.
    """
    # spawn: a fork would take over threads of pyarrow and of a progress display, which may hold locks
    context = multiprocessing.get_context("spawn")
    theirs, ours = context.Pipe(duplex=False)
    with theirs, ours, ProcessPoolExecutor(count, context, _serve, (theirs,)) as pool:
        try:
            yield pool
        except BrokenProcessPool:
            time.sleep(_SIGNAL)  # where an interruption ended the worker, it is this process's, too
            raise SandboxError(
                "a worker process died, perhaps for want of memory; run the same again, with fewer workers"
            ) from None
        except BaseException:
            ours.close()
            pool.shutdown(wait=True, cancel_futures=True)
            raise


def _serve(parent: Connection) -> None:
    """Lets an interruption end this worker by the signal itself, without a traceback, and follows its parent.

    A worker waits for work in a pipe that it has both ends of, so it would not see that nobody gives any.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=_follow, args=(parent,), name="follow", daemon=True).start()


def _follow(parent: Connection) -> None:
    """Ends this process once its parent has closed the other end, or has ended."""
    with contextlib.suppress(EOFError, OSError):
        parent.recv_bytes()
    os._exit(1)
