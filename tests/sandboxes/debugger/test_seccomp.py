"""The filter of system calls: what it refuses, tried in a fork of the test's own process."""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import re
import struct
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from debugworld.sandboxes.debugger import seccomp

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="linux: another system")

_CALL = ctypes.CDLL(None, use_errno=True).syscall


def in_a_fork(act: Callable[[], int]) -> int:
    """Returns what ``act`` gives, 0 to 100, in a filtered fork; 101 where it raises."""
    pid = os.fork()
    if pid == 0:
        status = 101
        try:
            seccomp.restrict()
            status = act()
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def errno_of(number: int, *arguments: int) -> int:
    return ctypes.get_errno() if _CALL(number, *map(ctypes.c_long, arguments)) == -1 else 0


def column() -> int:
    return list(seccomp._ARCHITECTURES).index(platform.machine())


@pytest.mark.parametrize("name", sorted(seccomp._DENIED))
def test_each_call_is_refused(name: str) -> None:
    number = seccomp._DENIED[name][column()]
    if number is not None:
        # invalid arguments all through: where the filter had a hole, nothing would happen but another error
        assert in_a_fork(lambda: errno_of(number, -1, -1, -1, -1, -1)) == errno.EPERM


def test_namespaces_are_refused_and_forks_are_not() -> None:
    clone, clone3 = seccomp._CLONE[column()], seccomp._CLONE3[column()]
    assert in_a_fork(lambda: errno_of(clone, 0x10000000 | 17, 0, 0, 0, 0)) == errno.EPERM
    assert in_a_fork(lambda: errno_of(clone3, 0, 0)) == errno.ENOSYS

    def fork() -> int:
        child = os.fork()
        if child == 0:
            os._exit(7)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    assert in_a_fork(fork) == 7


def test_sockets_reach_the_own_processes_only() -> None:
    def families() -> int:
        import socket

        first, second = socket.socketpair()
        first.send(b"x")
        socket.socket(socket.AF_UNIX).close()
        refused = 0
        for family in (socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK, socket.AF_PACKET):
            try:
                socket.socket(family, socket.SOCK_DGRAM)
            except PermissionError:
                refused += 1
        return refused + (second.recv(1) == b"x")

    assert in_a_fork(families) == 5


def test_threads_run() -> None:
    def thread() -> int:
        import threading

        done: list[int] = []
        worker = threading.Thread(target=done.append, args=(1,))
        worker.start()
        worker.join()
        return len(done)

    assert in_a_fork(thread) == 1


def test_a_call_of_another_architecture_is_refused() -> None:
    if platform.machine() != "x86_64":
        pytest.skip("x86_64: this machine has one way to call the kernel")
    assert in_a_fork(lambda: errno_of(0x40000000 | 39)) == errno.EPERM


def test_an_unknown_machine_has_no_filter() -> None:
    assert seccomp.compiled("pdp11") is None


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_every_jump_lands_inside(machine: str) -> None:
    code = seccomp.compiled(machine)
    assert code is not None
    steps = list(struct.iter_unpack("=HBBI", code))
    assert steps[-1][0] == seccomp._RETURN
    for place, (operation, true, false, _) in enumerate(steps):
        if operation & 7 == 5:
            assert place + 1 + max(true, false) < len(steps)


def test_the_numbers_are_those_of_the_kernels_headers() -> None:
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if not header.is_file():
        pytest.skip("kernel headers: the kernel's headers are not here")
    known = {m[1]: int(m[2]) for m in re.finditer(r"#define __NR_(\w+) (\d+)", header.read_text())}
    assert {n: numbers[0] for n, numbers in seccomp._DENIED.items()} == {n: known[n] for n in seccomp._DENIED}
