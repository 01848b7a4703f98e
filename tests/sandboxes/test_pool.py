"""The pool: what it lends, keeps, replaces and closes, with things that only count."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable

import pytest

from debugworld.sandboxes import SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.pool import Pool


class Thing:
    def __init__(self, number: int) -> None:
        self.number = number
        self.well = True
        self.closed = 0


class Maker:
    """Makes things, and remembers them."""

    def __init__(self) -> None:
        self.made: list[Thing] = []
        self.asked = 0
        self.lock = threading.Lock()

    def start(self) -> Thing:
        with self.lock:
            self.made.append(Thing(len(self.made)))
            return self.made[-1]

    def healthy(self, thing: Thing) -> bool:
        self.asked += 1
        if thing.number == 13:
            raise OSError
        return thing.well

    def close(self, thing: Thing) -> None:
        thing.closed += 1

    def pool(self, size: int, idle: float = 1000.0) -> Pool[Thing]:
        return Pool(self.start, self.healthy, self.close, size, idle)


def test_things_start_when_they_are_needed_and_are_kept() -> None:
    maker = Maker()
    pool = maker.pool(2)
    assert (pool.count, maker.made) == (0, [])
    for _ in range(5):
        with pool.borrow() as thing:
            assert thing.number == 0
    with pool.borrow() as first, pool.borrow() as second:
        assert {first.number, second.number} == {0, 1}
    assert (pool.count, maker.asked) == (2, 0)
    pool.close()
    assert [thing.closed for thing in maker.made] == [1, 1]


def test_a_borrower_waits_and_gives_up() -> None:
    pool = Maker().pool(1)
    with pool.borrow(), pytest.raises(SandboxError, match="all 1 of the pool are lent"), pool.borrow(0.01):
        pass
    with pool.borrow(0.01):
        pass


def test_one_that_comes_back_goes_to_who_waits() -> None:
    pool = Maker().pool(1)
    got: list[int] = []

    def wait() -> None:
        with pool.borrow(30) as thing:
            got.append(thing.number)

    with pool.borrow():
        thread = threading.Thread(target=wait)
        thread.start()
    thread.join(30)
    assert got == [0]


def test_one_that_broke_while_it_rested_is_replaced() -> None:
    maker = Maker()
    pool = maker.pool(1, idle=0.0)
    with pool.borrow() as thing:
        pass
    with pool.borrow() as again:
        assert again is thing
    thing.well = False
    with pool.borrow() as other:
        assert other.number == 1
    assert (thing.closed, pool.count, maker.asked) == (1, 1, 2)


def test_after_an_error_the_thing_is_asked() -> None:
    maker = Maker()
    pool = maker.pool(1)
    with pytest.raises(ValueError), pool.borrow() as thing:
        raise ValueError
    with pool.borrow() as again:
        assert again is thing
    with pytest.raises(ValueError), pool.borrow():
        thing.well = False
        raise ValueError
    assert (thing.closed, pool.count) == (1, 0)


def test_a_check_that_raises_is_a_no() -> None:
    maker = Maker()
    maker.made = [Thing(n) for n in range(13)]
    pool = maker.pool(1, idle=0.0)
    with pool.borrow() as thing:
        assert thing.number == 13
    with pool.borrow() as other:
        assert other.number == 14
    assert thing.closed == 1


def test_a_start_that_fails_takes_no_place() -> None:
    def fail() -> Thing:
        raise SandboxError("no engine")

    pool: Pool[Thing] = Pool(fail, lambda thing: True, lambda thing: None, 1)
    for _ in range(3):
        with pytest.raises(SandboxError, match="no engine"), pool.borrow(0.01):
            pass
    assert pool.count == 0


def test_a_close_that_fails_stops_nothing() -> None:
    maker = Maker()

    def fail(thing: Thing) -> None:
        maker.close(thing)
        raise OSError

    pool = Pool(maker.start, maker.healthy, fail, 2)
    with pool.borrow(), pool.borrow():
        pass
    pool.close()
    assert [thing.closed for thing in maker.made] == [1, 1]


def test_a_closed_pool_lends_nothing_and_takes_back() -> None:
    maker = Maker()
    with maker.pool(2) as pool, pool.borrow() as lent:
        pool.close()
        assert lent.closed == 0
        with pytest.raises(SandboxError, match="closed"), pool.borrow():
            pass
    assert (lent.closed, pool.count) == (1, 0)


def test_closing_wakes_who_waits() -> None:
    pool = Maker().pool(1)
    errors: list[str] = []

    def wait() -> None:
        try:
            with pool.borrow(60):
                pass
        except SandboxError as error:
            errors.append(str(error))

    with pool.borrow():
        thread = threading.Thread(target=wait)
        thread.start()
        time.sleep(0.05)
        pool.close()
        thread.join(30)
    assert errors == ["the pool is closed"]


def test_many_threads_share_a_few() -> None:
    maker = Maker()
    pool = maker.pool(3)
    lent: set[int] = set()
    shared: list[int] = []

    def work() -> None:
        for _ in range(200):
            with pool.borrow() as thing:
                if thing.number in lent:
                    shared.append(thing.number)
                lent.add(thing.number)
                lent.discard(thing.number)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert shared == []
    assert 1 <= len(maker.made) <= 3


def in_a_fork(act: Callable[[], bool]) -> bool:
    pid = os.fork()
    if pid == 0:
        right = False
        try:
            right = act()
        finally:
            os._exit(0 if right else 1)
    return os.waitpid(pid, 0)[1] == 0


def test_a_forked_process_starts_its_own() -> None:
    maker = Maker()
    pool = maker.pool(1)
    with pool.borrow() as ours:

        def borrow() -> bool:  # all are lent in the parent; here none is
            with pool.borrow(1) as theirs:
                fresh = theirs.number == 1
            pool.close()
            return fresh and ours.closed == 0 and maker.made[1].closed == 1

        assert in_a_fork(borrow)
    with pool.borrow() as again:
        assert again is ours


def test_what_a_fork_inherits_in_a_block_stays_the_parents() -> None:
    maker = Maker()
    pool = maker.pool(1)
    pid = -1

    def leave() -> bool:
        return maker.made[0].closed == 0 and pool.count == 0

    with pool.borrow():
        pid = os.fork()
    if pid == 0:
        os._exit(0 if leave() else 1)
    assert os.waitpid(pid, 0)[1] == 0
    assert pool.count == 1


def test_a_size_of_none() -> None:
    with pytest.raises(SandboxError, match="at least 1; got 0"):
        Maker().pool(0)


def test_it_lends_boxes() -> None:
    pool = Pool(
        lambda: open_sandbox("process"),
        lambda box: box.record(Program("x = 1\n")).exit.code == "normal",
        lambda box: box.close(),
        2,
        idle=0.0,
    )
    with pool, pool.borrow() as first, pool.borrow() as second:
        source = Program("import os\nx = os.getppid()\n")
        parents = [box.record(source).states[-1].locals["x"] for box in (first, second)]
        assert parents[0] != parents[1]
