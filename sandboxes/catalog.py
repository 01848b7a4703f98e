"""The boxes by name, and which of them work on this machine."""

from __future__ import annotations

from typing import Any

from .bwrap import BwrapSandbox
from .docker import DockerSandbox
from .errors import SandboxError
from .process import ProcessSandbox
from .sandbox import Sandbox

SANDBOXES: dict[str, type[Sandbox]] = {
    "docker": DockerSandbox,
    "bwrap": BwrapSandbox,
    "process": ProcessSandbox,
}
"""Name -> box, the safest first."""


def open_sandbox(name: str, **options: Any) -> Sandbox:
    """Opens a box; nothing is started before the first run.

    Args:
        name: ``docker``, ``bwrap``, or ``process`` for programs that are trusted.
        **options: as that box takes them.

    Raises:
        SandboxError: there is no such box, or this machine cannot have it; a safer box is never
            replaced by another one.
    """
    if name not in SANDBOXES:
        raise SandboxError(f"there is no sandbox {name!r}; there are: {', '.join(SANDBOXES)}")
    kind = SANDBOXES[name]
    kind.require()
    return kind(**options)


def available_sandboxes() -> dict[str, str | None]:
    """Returns each box's name, the safest first, with None where it works here or else the reason."""
    found: dict[str, str | None] = {}
    for name, kind in SANDBOXES.items():
        try:
            kind.require()
            found[name] = None
        except SandboxError as error:
            found[name] = str(error)
    return found
