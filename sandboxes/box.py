"""One standing box: a supervisor that runs one program after the other, and the way to it."""

from __future__ import annotations

import functools
import hashlib
import json
import os
import time
from importlib import resources
from typing import Any

from .channel import Channel
from .debugger.wire import WireError
from .errors import SandboxError

START_TIMEOUT = 60.0
"""Seconds that a box may take to start."""
GRACE = 15.0
"""Seconds beyond a deadline after which a silent box is given up."""


class Box:
    """A box that has started.

    Args:
        channel: to its supervisor, which waits for its sources.
        kind: the name of its sandbox, for error texts.

    Raises:
        SandboxError: the supervisor does not start.
    """

    def __init__(self, channel: Channel, kind: str) -> None:
        self.channel = channel
        self.kind = kind
        self.owner = os.getpid()
        """The process that started it; in a fork of that it is somebody else's."""
        self.born = time.monotonic()
        self.runs = 0
        """How many runs it was taken for."""
        try:
            channel.send(_sources(), START_TIMEOUT)
            channel.receive(START_TIMEOUT)
        except (OSError, WireError) as error:
            complaint = channel.complaint
            channel.close()
            raise SandboxError(f"the {kind} box does not start: {complaint or error}") from None

    def healthy(self) -> bool:
        """Whether the box still answers."""
        try:
            self.channel.send({"idle": True}, GRACE)
            self.channel.receive(GRACE)
        except (OSError, WireError):
            return False
        return True

    def send(self, request: dict[str, Any], descriptor: int | None = None) -> None:
        """Sends a request, and a descriptor with it.

        Raises:
            OSError: the box is gone.
        """
        self.channel.send(request, GRACE, descriptor)

    def receive(self, timeout: float) -> Any:
        """Receives a message.

        Raises:
            OSError: nothing came for so many seconds.
            WireError: the box is gone, or sent what is no message.
        """
        return self.channel.receive(timeout)

    def lost(self, name: str, error: Exception) -> SandboxError:
        """Closes the box and returns the error that says that it was lost."""
        complaint = self.channel.complaint.strip()
        self.close()
        return SandboxError(
            f"the {self.kind} box was lost while {name} ran ({error}); "
            f"the next run gets a new one{': ' + complaint if complaint else ''}"
        )

    def close(self) -> None:
        """Ends the box and everything in it; may be called twice."""
        if self.owner == os.getpid():
            self.channel.close()
        else:
            self.channel.forget()


def _sources() -> dict[str, str]:
    """Returns the modules of the debugger package, by name.

    The package itself, "", is empty: its own text would load all that only hosts need, and every fork copies
    the table of what is loaded.
    """
    files = resources.files("debugworld.sandboxes.debugger").iterdir()
    names = {file.name.removesuffix(".py"): file for file in files if file.name.endswith(".py")}
    del names["__init__"]
    return {"": "", **{name: file.read_text("utf-8") for name, file in names.items()}}


def boot_source() -> str:
    """Returns what ``python -c`` runs first in a box."""
    return resources.files("debugworld.sandboxes.debugger").joinpath("boot.py").read_text("utf-8")


@functools.cache
def sources_digest() -> str:
    """Returns 64 hexadecimal digits that stand for all sources of this package that run in a box."""
    texts = json.dumps([boot_source(), sorted(_sources().items())])
    return hashlib.sha256(texts.encode()).hexdigest()
