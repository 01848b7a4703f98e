"""The `process` box: plain processes of this user. UNSAFE: a program can do all that the user can.

It keeps a fault, an endless loop or a large allocation away from the host's process, and runs one
program like the next. It is for programs that ship with the package or that the caller trusts.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
from typing import Any, ClassVar

from .channel import Channel
from .complaints import FileComplaints
from .errors import SandboxError
from .packages import ensure_packages, environment, read_requirements
from .sandbox import FLAGS, Sandbox, boot_source


class ProcessSandbox(Sandbox):
    """Runs programs in forks of an interpreter beside this one, in an empty temporary folder.

    Args:
        requirements: a requirements file whose packages programs can import; None for none.
        **limits: as `Sandbox` takes them.

    Raises:
        SandboxError: an option is wrong.
    """

    name: ClassVar[str] = "process"

    def __init__(self, *, requirements: str | None = None, **limits: Any) -> None:
        super().__init__(**limits)
        self.requirements = read_requirements(requirements)

    @classmethod
    def require(cls) -> None:
        """Checks for Linux, whose process controls the supervisor uses.

        Raises:
            SandboxError: this is another system.
        """
        if sys.platform != "linux":
            raise SandboxError(f"the boxes need Linux, this is {sys.platform}; use a machine with it")

    def _start(self) -> Channel:
        packages = ensure_packages(self.requirements, self.interpreter)
        path = str(packages) if packages is not None else None
        ours, theirs = socket.socketpair()
        stderr = tempfile.TemporaryFile()  # noqa: SIM115
        complaints = FileComplaints(stderr)
        folder = tempfile.mkdtemp(prefix="debugworld-")
        variables = {**environment(path), "PATH": os.environ.get("PATH", os.defpath), "HOME": folder}
        try:
            process = subprocess.Popen(
                [self.interpreter.command, *FLAGS, boot_source()],
                stdin=theirs.fileno(),
                stdout=theirs.fileno(),
                stderr=stderr,
                cwd=folder,
                env=variables,
                start_new_session=True,
            )
        except OSError as error:
            ours.close()
            stderr.close()
            os.rmdir(folder)
            raise SandboxError(f"{self.interpreter.command} does not start: {error.strerror}") from None
        finally:
            theirs.close()

        def end() -> None:
            try:
                process.wait(2)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            complaints.close()
            shutil.rmtree(folder, ignore_errors=True)

        return Channel(ours, multiplexed=False, close=end, passes_descriptors=True, complaints=complaints)
