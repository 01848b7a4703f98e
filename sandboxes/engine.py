"""The Docker engine: which one the environment names, and what can be had from it."""

from __future__ import annotations

import sys
from typing import Any

from .errors import SandboxError

_HELP = (
    "install and start Docker (Debian, Ubuntu: sudo apt-get install docker.io; in a clone of the repository: "
    "make docker-engine), or point DOCKER_HOST at an engine; the sandbox 'bwrap' needs no engine (Debian, "
    "Ubuntu: sudo apt-get install bubblewrap); programs that you trust can run with the sandbox 'process', "
    "which protects nothing"
)
_TIMEOUT = 60
"""Seconds that one answer of the engine may take."""


def connect() -> Any:
    """Returns a `docker.DockerClient` of the engine that ``DOCKER_HOST`` names, or the usual one.

    Raises:
        SandboxError: none answers, or the extra ``docker`` is not installed.
    """
    try:
        import docker
        from docker.errors import DockerException
    except ImportError:
        raise SandboxError(
            "the sandbox 'docker' needs the Python package docker: pip install 'debugworld[docker]'"
        ) from None
    if sys.platform != "linux":
        raise SandboxError(
            f"the sandbox 'docker' packs this machine's interpreter, for Linux; this is {sys.platform}"
        )
    try:
        client = docker.from_env(timeout=_TIMEOUT)
        client.ping()
    except (DockerException, OSError) as error:
        raise SandboxError(f"no Docker engine answers ({error}); {_HELP}") from None
    return client


def is_local(client: Any) -> bool:
    """Whether the engine is reached over a Unix socket, and so most likely sees this machine's files."""
    return str(client.api.base_url).startswith("http+docker://local")


def runtimes(client: Any) -> list[str]:
    """Returns the names of the engine's container runtimes, such as ``runc`` and ``runsc``.

    Raises:
        docker.errors.DockerException: the engine does not answer.
    """
    return sorted(client.info().get("Runtimes") or {})
