"""The pages of memory that every run writes to, so that a process can have its own copies before it runs.

A fork shares its parent's pages until it writes to them, and each first write costs a copy in the middle of
the run. Which pages that will be is much the same each time: one run tells them.
"""

from __future__ import annotations

import ctypes
import itertools
import mmap
import os
import select
import struct
from collections.abc import Callable

_POPULATE_WRITE = 23
"""``MADV_POPULATE_WRITE``, of Linux 5.14 and later."""
_OWN = 1 << 63 | 1 << 56
"""Bits of an entry of ``/proc/self/pagemap``."""
_GAP = 0
"""Pages between two others that come along with them."""
_STEP = 16
"""Ranges between two looks for a request."""

_PR_SET_DUMPABLE = 4

_libc = ctypes.CDLL(None, use_errno=True)
_prctl, _madvise = _libc.prctl, _libc.madvise
_madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]


class Footprint:
    """Ranges of memory, each an address and a length in bytes."""

    def __init__(self, ranges: list[tuple[int, int]]) -> None:
        self.ranges = ranges

    @staticmethod
    def learn(run: Callable[[], object]) -> Footprint:
        """Forks this process and calls a function there; empty where the kernel does not tell the pages."""
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            try:
                _tell_written(run, writing)
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading, "rb") as file:
            data = file.read()
        os.waitpid(pid, 0)
        return Footprint(list(struct.iter_unpack("=QQ", data)))

    def touch(self, requests: int) -> None:
        """Makes the ranges this process's own, until there is something to read from a descriptor."""
        poll = select.poll()
        poll.register(requests, select.POLLIN)
        ranges = iter(self.ranges)
        while (some := list(itertools.islice(ranges, _STEP))) and not poll.poll(0):
            for start, length in some:
                if _madvise(start, length, _POPULATE_WRITE) != 0:
                    return


def _tell_written(run: Callable[[], object], pipe: int) -> None:
    """Writes the ranges that a function writes to, as pairs of numbers, where this process has forked."""
    _prctl(_PR_SET_DUMPABLE, 1, 0, 0, 0)  # else a process may not read about its own memory
    areas = _writable()
    run()
    pages: list[int] = []
    with open("/proc/self/pagemap", "rb", buffering=0) as file:
        for start, end in areas:
            file.seek(start // mmap.PAGESIZE * 8)
            entries = struct.iter_unpack("=Q", file.read((end - start) // mmap.PAGESIZE * 8))
            first = start // mmap.PAGESIZE
            pages += [first + i for i, (entry,) in enumerate(entries) if entry & _OWN == _OWN]
    with open(pipe, "wb") as told:
        for first, last in _joined(pages):
            told.write(struct.pack("=QQ", first * mmap.PAGESIZE, (last - first + 1) * mmap.PAGESIZE))


def _writable() -> list[tuple[int, int]]:
    """Start and end of each private mapping that can be written to."""
    found = []
    with open("/proc/self/maps") as file:
        for line in file:
            where, rights, *_ = line.split()
            if rights == "rw-p":
                start, _, end = where.partition("-")
                found.append((int(start, 16), int(end, 16)))
    return found


def _joined(pages: list[int]) -> list[tuple[int, int]]:
    """Joins ascending numbers into ranges, first to last."""
    ranges: list[tuple[int, int]] = []
    for page in pages:
        if ranges and page - ranges[-1][1] <= _GAP + 1:
            ranges[-1] = ranges[-1][0], page
        else:
            ranges.append((page, page))
    return ranges
