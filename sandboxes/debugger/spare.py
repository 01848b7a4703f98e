"""A process that is forked before there is anything to run in it, and waits for its request.

No program can reach it: it is made once everything of the run before has ended, and the next run takes it.
"""

from __future__ import annotations

import mmap
import os
import socket
from collections.abc import Sequence
from typing import Any

from .footprint import Footprint
from .inmate import TOKEN_SIZE, stand_by
from .wire import pack


class Spare:
    """One such process, and the ways to it.

    Args:
        area: as `stand_by` has it.
        footprint: as `stand_by` has it.
        alone: as `stand_by` has it.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, area: mmap.mmap, footprint: Footprint, alone: bool) -> None:
        self.token = os.urandom(TOKEN_SIZE)
        """Begins the body of every frame of its recording."""
        self._requests, theirs = socket.socketpair()
        self.pipe, writing = os.pipe()
        """Where its recording's frames are read."""
        try:
            self.pid = os.fork()
            """Its number."""
            if self.pid == 0:
                stand_by(theirs, writing, area, self.token, footprint, alone)
        except OSError:
            self._requests.close()
            self.close()
            raise
        finally:
            os.close(writing)
            theirs.close()
        os.set_blocking(self.pipe, False)

    def start(self, request: dict[str, Any], descriptors: Sequence[int] = ()) -> bool:
        """Hands over a request with its descriptors; whether the process was there to take it."""
        try:
            frame = pack(request)
            sent = socket.send_fds(self._requests, [frame], descriptors) if descriptors else 0
            if sent < len(frame):
                self._requests.sendall(frame[sent:])
        except (BrokenPipeError, ConnectionResetError):
            return False
        finally:
            self._requests.close()
        return True

    def close(self) -> None:
        """Reads nothing of it."""
        os.close(self.pipe)


class Spares:
    """Has one process ready at a time.

    Args:
        area: as `stand_by` has it.
        footprint: as `stand_by` has it.
        alone: as `stand_by` has it.
    """

    def __init__(self, area: mmap.mmap, footprint: Footprint, alone: bool) -> None:
        self._area = area
        self._footprint = footprint
        self._alone = alone
        self._ready: Spare | None = None

    def prepare(self) -> None:
        """Makes one ready; where that cannot be, the next request's own attempt says why."""
        if self._ready is None:
            try:
                self._ready = self._made()
            except OSError:
                return

    def start(self, request: dict[str, Any], *descriptors: int) -> Spare:
        """Returns a process that has its request: the one that is ready, or a new one where that was lost.

        Raises:
            OSError: there is none, and none can be made.
        """
        spare, self._ready = self._ready, None
        if spare is not None:
            if spare.start(request, descriptors):
                return spare
            spare.close()
            os.waitpid(spare.pid, 0)
        spare = self._made()
        spare.start(request, descriptors)
        return spare

    def _made(self) -> Spare:
        return Spare(self._area, self._footprint, self._alone)
