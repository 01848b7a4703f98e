"""Threads that a program starts.

Only the main thread makes states. Others run as they do without a debugger, also while the program stands
at a stop; their output is captured, and what they change shows in the main thread's next state.
"""

from __future__ import annotations

import sys
import threading
import time
import traceback
import types
from collections.abc import Collection
from typing import Any

from .source import is_own


def end_pools(threads: Collection[threading.Thread], deadline: float) -> None:
    """Tells idle workers of a ``ThreadPoolExecutor`` to end, as Python does at its own end.

    Args:
        threads: the program's threads.
        deadline: until when they are waited for, on the monotonic clock in seconds.
    """
    pools: Any = sys.modules.get("concurrent.futures.thread")
    if pools is None:
        return
    with pools._global_shutdown_lock:
        pools._shutdown = True
    try:
        workers = [(thread, queue) for thread, queue in pools._threads_queues.items() if thread in threads]
        for _, queue in workers:
            queue.put(None)
        for thread, _ in workers:
            thread.join(max(deadline - time.monotonic(), 0))
    finally:
        pools._shutdown = False


def thread_failed(arguments: Any) -> None:
    """Stands for `threading.excepthook`: reports the program's own frames only."""
    if arguments.exc_type is not SystemExit and arguments.exc_value is not None:
        name = "?" if arguments.thread is None else arguments.thread.name
        report(f"Exception in thread {name}:", arguments.exc_value)


def report(title: str, error: BaseException) -> None:
    """Writes a traceback to ``sys.stderr``, from the first frame of the program on."""
    if sys.stderr is not None:
        print(title, file=sys.stderr)
        traceback.print_exception(type(error), error, own_part(error.__traceback__))


def own_part(trace: types.TracebackType | None) -> types.TracebackType | None:
    """Returns a traceback from the first frame of the program on."""
    while trace is not None and not is_own(trace.tb_frame.f_code):
        trace = trace.tb_next
    return trace
