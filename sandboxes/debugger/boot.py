"""Run by ``python -c`` in the box: loads this package from a frame on stdin, then supervises.

The box needs an interpreter and nothing else: the first frame maps module names to sources. An argument,
where there is one, is a JSON object of what to do before that frame is read:

- ``socket``, ``token``: connect there, say the token, and take the connection for stdin and stdout;
- ``user``: become this user and group, without any capability;
- ``processes``: how many processes and threads this user may have;
- ``life``: seconds after which the box ends by itself, whatever its host does.
"""

import ctypes
import importlib
import importlib.abc
import importlib.util
import json
import os
import resource
import signal
import socket
import sys
import time
from importlib.machinery import ModuleSpec
from typing import Any

_PR_CAPBSET_DROP = 24
_CAPABILITY_VERSION = 0x20080522


class Memory(importlib.abc.MetaPathFinder, importlib.abc.InspectLoader):
    """Imports one package from a table of sources; "" is the package itself."""

    def __init__(self, package: str, sources: dict[str, str]) -> None:
        self.package = package
        self.sources = {f"{package}.{name}" if name else package: text for name, text in sources.items()}

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Returns the spec of a module in the table."""
        if name in self.sources:
            return importlib.util.spec_from_loader(name, self, is_package=name == self.package)
        return None

    def get_source(self, name: str) -> str:
        """Returns a module's source."""
        return self.sources[name]


def prepare(options: dict[str, Any]) -> None:
    """Does what the host asks for in the argument."""
    if "life" in options:
        end_after(options["life"])
    if "processes" in options:
        resource.setrlimit(resource.RLIMIT_NPROC, (options["processes"],) * 2)
    if "user" in options:
        become(options["user"])
    if "socket" in options:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(options["socket"])
            connection.sendall(bytes.fromhex(options["token"]))
            os.dup2(connection.fileno(), 0)
            os.dup2(connection.fileno(), 1)


def become(user: int) -> None:
    """Becomes a user and group of that number, and gives up every capability in every set."""
    libc = ctypes.CDLL(None, use_errno=True)
    for capability in range(64):
        libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    head = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    if libc.capset(head, (ctypes.c_uint32 * 6)()) != 0:  # the inheritable ones outlive a change of user
        raise OSError(ctypes.get_errno(), "capabilities cannot be given up")


def end_after(seconds: float) -> None:
    """Ends this process after so many seconds; an alarm that somebody else sent changes nothing."""
    deadline = time.monotonic() + seconds

    def ring(*_: object) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            os._exit(0)
        signal.setitimer(signal.ITIMER_REAL, left + 0.01)

    signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)


if len(sys.argv) > 1:
    prepare(json.loads(sys.argv[1]))
size = int.from_bytes(os.read(0, 4), "big")
body = bytearray()
while len(body) < size:
    body += os.read(0, size - len(body)) or sys.exit("the host is gone")
sys.meta_path.insert(0, Memory("_debugworld", json.loads(body)))
importlib.import_module("_debugworld.supervisor").serve()
