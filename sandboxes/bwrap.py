"""The `bwrap` box: one standing box of Linux namespaces, made by bubblewrap, in which every run is a fork.

It holds the same files as the docker box and closes the same sides: no network, a read-only root, a user
without rights, no capabilities, a small folder of temporary files. It needs no engine and no root. Its
limits on all processes together need a control group that this user may make; without one each process
has limits of its own.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import IO, Any, ClassVar, TypeVar

from .cgroup import Cgroup
from .channel import Channel
from .complaints import FileComplaints
from .errors import SandboxError
from .image import HOME, USER, ensure_root
from .packages import PACKAGES, ensure_packages, environment, read_requirements
from .sandbox import FLAGS, MEGABYTE, Sandbox, boot_source

PROCESSES = 64
"""Processes and threads that a box may hold at a time, its supervisor included."""
_SHARED_PROCESSES = 1024
"""The same where the boxes of this machine share one user and no control group can be made."""
_SUPERVISOR_MEMORY = 128 * MEGABYTE
_TMP_SIZE = 16 * MEGABYTE
_LIFE = 24 * 3600
"""Seconds after which a box ends by itself, should its host hang."""
_DEVICES = ("null", "zero", "full", "random", "urandom")
_MASKED = ("kcore", "keys", "latency_stats", "timer_list", "sched_debug", "kallsyms", "kmsg", "config.gz")
"""Files of /proc about the host's kernel."""
_HELP = "install bubblewrap (Debian, Ubuntu: sudo apt-get install bubblewrap; Fedora: sudo dnf install it)"
_ALLOW_HELP = (
    "this user may not make namespaces: allow it (sudo sysctl kernel.unprivileged_userns_clone=1, on Ubuntu "
    "24.04 and later sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0; in a container, more "
    "privileges for it), or use the sandbox 'docker'"
)
T = TypeVar("T")


class BwrapSandbox(Sandbox):
    """Runs programs in namespaces of their own, without an engine.

    Args:
        requirements: a requirements file whose packages programs can import; None for none.
        **limits: as `Sandbox` takes them.

    Raises:
        SandboxError: an option is wrong.
    """

    name: ClassVar[str] = "bwrap"

    def __init__(self, *, requirements: str | None = None, **limits: Any) -> None:
        super().__init__(**limits)
        self.requirements = read_requirements(requirements)

    @classmethod
    def require(cls) -> None:
        """Makes an empty box.

        Raises:
            SandboxError: bubblewrap is not there, or the kernel does not let this user make boxes.
        """
        if sys.platform != "linux":
            raise SandboxError(f"the sandbox 'bwrap' needs Linux, this is {sys.platform}")
        trial = [_program(), *_closed(), "--ro-bind", "/", "/", *_inside(), "/bin/true"]
        try:
            answer = subprocess.run(
                trial, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=20
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise SandboxError(f"bubblewrap does not run: {error}; {_HELP}") from None
        if answer.returncode != 0:
            raise SandboxError(f"bubblewrap makes no box: {answer.stderr.strip()}; {_ALLOW_HELP}")

    def _start(self) -> Channel:
        packages = ensure_packages(self.requirements, self.interpreter)
        root = ensure_root(self.interpreter, packages)
        group = Cgroup.make(self.memory + _SUPERVISOR_MEMORY, PROCESSES)
        ours, theirs = socket.socketpair()
        stderr = tempfile.TemporaryFile()  # noqa: SIM115
        complaints = FileComplaints(stderr)
        try:
            with theirs:
                process, child = _forever(
                    lambda: _spawn(self._command(root, packages, group), theirs, stderr)
                )
        except OSError as error:
            ours.close()
            complaints.close()
            if group is not None:
                group.remove()
            raise SandboxError(f"bubblewrap does not start: {error}; {_HELP}") from None
        if group is not None and child is not None:
            with contextlib.suppress(ProcessLookupError):
                group.add(child)

        def end() -> None:
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                if child is not None:
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(child, signal.SIGKILL)  # its parent waits for it still: the number is its own
                process.kill()
                process.wait()
            complaints.close()
            if group is not None:
                group.remove()

        return Channel(ours, multiplexed=False, close=end, passes_descriptors=True, complaints=complaints)

    def _command(self, root: Path, packages: Path | None, group: Cgroup | None) -> list[str]:
        """Returns the words of bubblewrap's command line; ``INFO`` stands for a descriptor."""
        options: dict[str, Any] = {"life": self.timeout + _LIFE}
        if group is None:
            options["processes"] = _SHARED_PROCESSES if _is_root() else PROCESSES
        if _is_root():
            options["user"] = USER
        variables = {**environment(PACKAGES), "PATH": "", "HOME": HOME}
        return [
            _program(),
            *_closed(),
            *("--info-fd", "INFO"),
            *("--ro-bind", str(root), "/"),
            *(("--ro-bind", str(packages), PACKAGES) if packages is not None else ()),
            *_inside(),
            *(word for name, value in variables.items() for word in ("--setenv", name, value)),
            self.interpreter.executable,
            *FLAGS,
            boot_source(),
            json.dumps(options),
        ]


def _program() -> str:
    """Returns the path of bubblewrap.

    Raises:
        SandboxError: it is not installed.
    """
    path = shutil.which("bwrap")
    if path is None:
        raise SandboxError(f"the sandbox 'bwrap' needs the program bwrap; {_HELP}")
    return path


def _is_root() -> bool:
    return os.geteuid() == 0


def _closed() -> list[str]:
    """Returns what parts the box from the machine.

    Root makes the box as itself and becomes the powerless user inside, for real. Anybody else needs a
    user namespace, and is that user inside it.
    """
    parts = ["ipc", "pid", "net", "uts"]
    words = [f"--unshare-{part}" for part in parts] + ["--unshare-cgroup-try", "--cap-drop", "ALL"]
    if _is_root():
        for capability in ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP"):  # to become nobody, and no more
            words += ["--cap-add", capability]
    else:
        words += ["--unshare-user", "--uid", str(USER), "--gid", str(USER)]
    return [*words, "--die-with-parent", "--new-session", "--as-pid-1", "--clearenv", "--hostname", "box"]


def _inside() -> list[str]:
    """Returns the mounts over the root."""
    words = ["--proc", "/proc"]
    for name in _MASKED:
        if os.path.exists(f"/proc/{name}"):
            words += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    words += ["--perms", "0755", "--tmpfs", "/dev"]
    for name in _DEVICES:
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    words += ["--remount-ro", "/dev"]
    return [*words, "--perms", "1777", "--size", str(_TMP_SIZE), "--tmpfs", HOME, "--chdir", HOME]


def _spawn(
    command: list[str], stream: socket.socket, stderr: IO[bytes]
) -> tuple[subprocess.Popen[bytes], int | None]:
    """Starts bubblewrap; returns it, and the host's number of the box's first process where it told."""
    reading, writing = os.pipe()
    try:
        with open(reading, "rb", closefd=True) as info:
            try:
                process = subprocess.Popen(
                    [str(writing) if word == "INFO" else word for word in command],
                    stdin=stream.fileno(),
                    stdout=stream.fileno(),
                    stderr=stderr,
                    pass_fds=[writing],
                    env={},
                )
            finally:
                os.close(writing)
            text = info.read()
    except BaseException:
        stderr.close()
        raise
    try:
        return process, int(json.loads(text)["child-pid"])
    except (ValueError, KeyError, TypeError):
        return process, None  # it says why on stderr


_launchers: dict[int, ThreadPoolExecutor] = {}


def _forever(act: Callable[[], T]) -> T:
    """Calls a function in a thread that lives as long as this process.

    "Die with parent" means the thread that started a process, not all of the process.
    """
    pid = os.getpid()
    if pid not in _launchers:
        _launchers[pid] = ThreadPoolExecutor(1, "debugworld-launcher")
    return _launchers[pid].submit(act).result()
