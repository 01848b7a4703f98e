"""Removes what is left of boxes whose owner is gone, and never anything else.

A box ends with its owner: the stream to its supervisor breaks, and the supervisor ends. What can be left
is a container of an owner that was killed between making and starting it, a box whose supervisor hangs,
and the empty control groups of bwrap boxes.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .cgroup import left_cgroups
from .owner import Owner

LABEL = "debugworld"
"""Every container and image of this package has it."""
OWNER_LABEL = "debugworld.owner"
"""`Owner` that a container belongs to."""
DEADLINE_LABEL = "debugworld.deadline"
"""Seconds since 1970 after which a container is to be gone, whatever its owner does."""
_LATE = 30.0
"""Seconds after its deadline that a container gets to end by itself."""


@dataclass(frozen=True)
class Leftover:
    """Something of a box that outlived its use."""

    kind: str
    """``container`` or ``cgroup``."""
    name: str
    why: str


def labels(lifetime: float) -> dict[str, str]:
    """Returns the labels of a container that this process starts now.

    Args:
        lifetime: seconds after which it is to be gone.
    """
    return {
        LABEL: "1",
        OWNER_LABEL: str(Owner.this()),
        DEADLINE_LABEL: str(int(time.time() + lifetime)),
    }


def reap(client: Any | None, dry_run: bool = False) -> list[Leftover]:
    """Removes what is left, and says what that was.

    Args:
        client: a `docker.DockerClient`; None leaves containers alone.
        dry_run: only say it.

    Raises:
        docker.errors.DockerException: the engine does not answer.
    """
    found = []
    if client is not None:
        for identity, leftover in _left_containers(client):
            if not dry_run:
                remove_container(client, identity)
            found.append(leftover)
    for group in left_cgroups():
        found.append(Leftover("cgroup", str(group.folders[0]), "its owner is gone"))
        if not dry_run:
            group.kill()
            group.remove()
    return found


def remove_container(client: Any, container: str) -> None:
    """Removes a container of this package; it may be on its way already."""
    from docker.errors import APIError

    with contextlib.suppress(APIError, OSError):
        client.api.remove_container(container, force=True)


def _left_containers(client: Any) -> Iterator[tuple[str, Leftover]]:
    for container in client.api.containers(all=True, filters={"label": LABEL}):
        marks = container.get("Labels") or {}
        why = _why_left(marks)
        if why is not None:
            yield container["Id"], Leftover("container", container["Id"][:12], why)


def _why_left(marks: dict[str, str]) -> str | None:
    """Returns why a container with these labels is left over; None where it is not, or is not ours."""
    if marks.get(LABEL) != "1":
        return None
    owner = Owner.parse(marks.get(OWNER_LABEL, ""))
    if owner is not None and owner.gone:
        return f"its owner, process {owner.pid}, is gone"
    deadline = marks.get(DEADLINE_LABEL, "")
    if deadline.isdecimal() and time.time() > int(deadline) + _LATE:
        return "its deadline has passed"
    return None
