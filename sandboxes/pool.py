"""A pool of boxes, or of anything else that is started, can break, and is to be closed.

Things are started when they are first needed and kept for the next borrower. One that broke is closed
and replaced by a new one. A process forked from this one starts its own and leaves these alone.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Generic, Self, TypeVar

from .errors import SandboxError

T = TypeVar("T")
_IDLE = 30.0
"""Seconds unused after which a thing is asked whether it is well before it is lent."""


class Pool(Generic[T]):
    """Lends at most so many things at a time; safe with threads and with forks.

    Args:
        start: makes a new one; what it raises goes to the borrower.
        healthy: whether one still works; one for which it raises does not.
        close: ends one; what it raises is dropped.
        size: how many there are at most.
        idle: seconds unused after which one is asked before it is lent again.

    Raises:
        SandboxError: the size is no positive number.
    """

    def __init__(
        self,
        start: Callable[[], T],
        healthy: Callable[[T], bool],
        close: Callable[[T], None],
        size: int,
        idle: float = _IDLE,
    ) -> None:
        if size < 1:
            raise SandboxError(f"a pool holds at least 1; got {size}")
        self.size = size
        self._start = start
        self._healthy = healthy
        self._end = close
        self._idle = idle
        self._closed = False
        self._resting: list[tuple[T, float]] = []
        """What is not lent, with when it came back; the last is lent first."""
        self._made = 0
        self._changed = threading.Condition()
        self._owner = os.getpid()

    @property
    def count(self) -> int:
        """How many there are now, lent or not."""
        self._mine()
        with self._changed:
            return self._made

    @contextlib.contextmanager
    def borrow(self, timeout: float | None = None) -> Iterator[T]:
        """Lends one for the length of a ``with`` block.

        One whose block raised is asked whether it is well, and closed if it is not.

        Args:
            timeout: seconds to wait for one to come back; None waits as long as it takes.

        Raises:
            SandboxError: none came back in time, or the pool is closed.
        """
        thing = self.take(timeout)
        owner = self._owner
        broken = True
        try:
            yield thing
            broken = False
        finally:
            if owner == os.getpid():  # one borrowed before a fork is the parent's to give back
                self.give(thing, broken and not self._is_well(thing))

    def close(self) -> None:
        """Closes all that are not lent, and the others as they come back; nothing is lent any more."""
        self._mine()
        with self._changed:
            self._closed = True
            resting, self._resting = self._resting, []
            self._made -= len(resting)
            self._changed.notify_all()
        for thing, _ in resting:
            self._discard(thing)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _mine(self) -> None:
        """Forgets what belongs to the process that this one was forked from."""
        if self._owner != os.getpid():
            self._owner = os.getpid()
            self._changed = threading.Condition()
            self._resting = []
            self._made = 0

    def take(self, timeout: float | None = None) -> T:
        """Lends one until it is given back; see `borrow`.

        Raises:
            SandboxError: none came back in time, or the pool is closed.
        """
        self._mine()
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            with self._changed:
                while not self._closed and not self._resting and self._made >= self.size:
                    left = None if deadline is None else deadline - time.monotonic()
                    if left is not None and left <= 0:
                        raise SandboxError(
                            f"all {self.size} of the pool are lent, and none came back in {timeout:g} seconds"
                        )
                    self._changed.wait(left)
                if self._closed:
                    raise SandboxError("the pool is closed")
                if not self._resting:
                    self._made += 1
                    break
                thing, since = self._resting.pop()
            if time.monotonic() - since < self._idle or self._is_well(thing):
                return thing
            self.give(thing, True)
        try:
            return self._start()
        except BaseException:
            with self._changed:
                self._made -= 1
                self._changed.notify()
            raise

    def give(self, thing: T, broken: bool) -> None:
        """Takes one back; closes it where it is broken."""
        with self._changed:
            broken = broken or self._closed
            if broken:
                self._made -= 1
            else:
                self._resting.append((thing, time.monotonic()))
            self._changed.notify()
        if broken:
            self._discard(thing)

    def _is_well(self, thing: T) -> bool:
        try:
            return self._healthy(thing)
        except Exception:
            return False

    def _discard(self, thing: T) -> None:
        with contextlib.suppress(Exception):
            self._end(thing)
