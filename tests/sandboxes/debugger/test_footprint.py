"""The pages that a run writes to: told by one run, and made a fork's own before the next."""

from __future__ import annotations

import ctypes
import mmap
import os
import resource
from collections.abc import Callable, Iterator

import pytest

from debugworld.sandboxes.debugger.footprint import Footprint

PAGES = 64
WRITTEN = (3, 4, 7, 40)


@pytest.fixture
def area() -> Iterator[mmap.mmap]:
    """Private memory whose pages are all there, as those of a process's heap are."""
    area = mmap.mmap(-1, PAGES * mmap.PAGESIZE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    write(area, range(PAGES))
    yield area


def write(area: mmap.mmap, pages: range | tuple[int, ...]) -> None:
    for page in pages:
        area[page * mmap.PAGESIZE] = 1


def learnt(area: mmap.mmap) -> Footprint:
    footprint = Footprint.learn(lambda: write(area, WRITTEN))
    if not footprint.ranges:
        pytest.skip("this kernel does not tell which pages are a process's own")
    return footprint


def pages_of(footprint: Footprint, area: mmap.mmap) -> set[int]:
    start = ctypes.addressof(ctypes.c_char.from_buffer(area))
    numbers = {
        (at - start) // mmap.PAGESIZE
        for first, length in footprint.ranges
        for at in range(first, first + length, mmap.PAGESIZE)
    }
    return numbers & set(range(PAGES))


def in_a_fork(act: Callable[[], int]) -> int:
    """Returns what a function returns in a fork of this process."""
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writing, str(act()).encode())
        os._exit(0)
    os.close(writing)
    text = os.read(reading, 100)
    os.close(reading)
    os.waitpid(pid, 0)
    return int(text)


def faults_of_writing(area: mmap.mmap) -> int:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    write(area, WRITTEN)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_it_holds_the_pages_that_were_written_to_and_no_others(area: mmap.mmap) -> None:
    assert pages_of(learnt(area), area) == set(WRITTEN)


def test_pages_next_to_one_another_are_one_range(area: mmap.mmap) -> None:
    start = ctypes.addressof(ctypes.c_char.from_buffer(area))
    assert (start + 3 * mmap.PAGESIZE, 2 * mmap.PAGESIZE) in learnt(area).ranges


def test_touched_pages_cost_a_fork_nothing_later(area: mmap.mmap) -> None:
    footprint = learnt(area)
    quiet, _ = os.pipe()

    def touched() -> int:
        footprint.touch(quiet)
        return faults_of_writing(area)

    plain = in_a_fork(lambda: faults_of_writing(area))
    assert in_a_fork(touched) <= plain - len(WRITTEN)


def test_a_request_that_is_there_already_does_not_wait(area: mmap.mmap) -> None:
    footprint = learnt(area)
    reading, writing = os.pipe()
    os.write(writing, b"x")

    def touched() -> int:
        footprint.touch(reading)
        return faults_of_writing(area)

    assert in_a_fork(touched) >= len(WRITTEN)


def test_what_cannot_be_touched_is_left() -> None:
    Footprint([(1 << 46, mmap.PAGESIZE)]).touch(os.pipe()[0])
    Footprint([]).touch(os.pipe()[0])


def test_a_run_that_fails_is_no_footprint() -> None:
    def fail() -> None:
        raise ValueError

    assert Footprint.learn(fail).ranges == []
