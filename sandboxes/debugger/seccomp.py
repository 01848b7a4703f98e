"""The system calls that a box's processes do not get: a filter that is set before any program runs.

It stands behind whatever the box itself forbids. Forks and threads stay allowed, the box bounds their
number; new programs, other processes' memory, namespaces, mounts, keys, the clock, the kernel's own
loading and tracing, and sockets to anywhere but the own processes are not. A refused call fails with
``EPERM``, which Python shows as a `PermissionError`.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct

_PR_SET_SECCOMP = 22
_PR_SET_NO_NEW_PRIVS = 38
_MODE_FILTER = 2

_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Machine -> column in the table below, and the kernel's number for it."""
_DENIED: dict[str, tuple[int | None, int | None]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "delete_module": (176, 106),
    "execve": (59, 221),
    "execveat": (322, 281),
    "fanotify_init": (300, 262),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "init_module": (175, 105),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, None),
    "ioprio_set": (251, 30),
    "iopl": (172, None),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, None),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "msgget": (68, 186),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "seccomp": (317, 277),
    "semget": (64, 190),
    "sched_setaffinity": (203, 122),
    "sched_setattr": (314, 274),
    "sched_setparam": (142, 118),
    "sched_setscheduler": (144, 119),
    "set_mempolicy": (238, 237),
    "setpriority": (141, 140),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "shmget": (29, 194),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "userfaultfd": (323, 282),
    "uselib": (134, None),
    "vhangup": (153, 58),
}
_CLONE, _CLONE3, _SOCKET, _IOCTL = (56, 220), (435, 435), (41, 198), (16, 29)
_NAMESPACES = 0x7E020000
"""Every ``CLONE_NEW*`` flag that `clone` takes."""
_PRLIMIT = (302, 261)
"""Other processes' limits are not to be had; 0 is the process itself."""
_AF_UNIX = 1
_TERMINAL_INPUT = (0x5412, 0x541C)
"""``TIOCSTI`` and ``TIOCLINUX``, which type for the user of a terminal."""
_X32 = 0x40000000

_NUMBER, _ARCHITECTURE, _FIRST, _SECOND = 0, 4, 16, 24
"""Offsets of the call's number, its architecture, and its arguments' lower halves."""
_LOAD, _EQUAL, _AT_LEAST, _ANY_BIT, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000 | errno.EPERM
_UNKNOWN = 0x00050000 | errno.ENOSYS


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


def compiled(machine: str | None = None) -> bytes | None:
    """Returns the filter as the kernel takes it, 8 bytes an instruction; None for an unknown machine.

    Args:
        machine: such as ``x86_64``; None takes this one.
    """
    if (found := _ARCHITECTURES.get(machine or platform.machine())) is None:
        return None
    column, architecture = found
    code: list[tuple[int, int, int, int]] = []

    def emit(operation: int, value: int, true: int = 0, false: int = 0) -> None:
        code.append((operation, true, false, value))

    def refuse_if(test: int, value: int, action: int = _REFUSE) -> None:
        emit(test, value, 0, 1)
        emit(_RETURN, action)

    emit(_LOAD, _ARCHITECTURE)
    emit(_EQUAL, architecture, 1, 0)
    emit(_RETURN, _REFUSE)
    emit(_LOAD, _NUMBER)
    if column == 0:
        refuse_if(_AT_LEAST, _X32)
    for numbers in _DENIED.values():
        if (number := numbers[column]) is not None:
            refuse_if(_EQUAL, number)
    refuse_if(_EQUAL, _CLONE3[column], _UNKNOWN)  # its flags lie in memory; the C library tries clone next
    emit(_EQUAL, _CLONE[column], 0, 4)
    emit(_LOAD, _FIRST)
    refuse_if(_ANY_BIT, _NAMESPACES)
    emit(_RETURN, _ALLOW)
    emit(_EQUAL, _SOCKET[column], 0, 4)
    emit(_LOAD, _FIRST)
    emit(_EQUAL, _AF_UNIX, 1, 0)
    emit(_RETURN, _REFUSE)
    emit(_RETURN, _ALLOW)
    emit(_EQUAL, _PRLIMIT[column], 0, 4)
    emit(_LOAD, _FIRST)
    emit(_EQUAL, 0, 1, 0)
    emit(_RETURN, _REFUSE)
    emit(_RETURN, _ALLOW)
    emit(_EQUAL, _IOCTL[column], 0, 5)
    emit(_LOAD, _SECOND)
    for request in _TERMINAL_INPUT:
        refuse_if(_EQUAL, request)
    emit(_RETURN, _ALLOW)
    return b"".join(struct.pack("=HBBI", *step) for step in code)


_FILTER = compiled()
_BUFFER = ctypes.create_string_buffer(_FILTER, len(_FILTER)) if _FILTER else None
_is_set = False
"""Whether this process, or one that it was forked from, has the filter."""
_prctl = ctypes.CDLL(None, use_errno=True).prctl
_prctl.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]


def restrict() -> bool:
    """Filters the calling process and all that it starts, for good; once is enough.

    Returns:
        Whether it did; False on a machine whose calls are not known here.

    Raises:
        OSError: the kernel refuses.
    """
    global _is_set
    if _FILTER is None or _BUFFER is None:
        return False
    if _is_set:
        return True
    program = _Program(len(_FILTER) // 8, ctypes.addressof(_BUFFER))
    pointer = ctypes.addressof(program)
    if _prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) or _prctl(_PR_SET_SECCOMP, _MODE_FILTER, pointer, 0, 0):
        number = ctypes.get_errno()
        raise OSError(number, f"the kernel takes no filter of system calls: {os.strerror(number)}")
    _is_set = True
    return True
