"""The `docker` box: one standing, hardened container, in which every run is a fork.

The container has no network, a read-only root, no capabilities, a user without rights, and limits on
memory, processes and time. Its first process is the supervisor; when this process ends, however it
ends, the stream to the supervisor ends, and with it the container.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path
from typing import Any, ClassVar

from .channel import Channel
from .errors import SandboxError
from .image import USER, ensure_image
from .sandbox import ENVIRONMENT, FLAGS, MEGABYTE, Sandbox, boot_source

LABEL = "debugworld"
"""Every container and image of this package has it."""
OWNER_LABEL = "debugworld.owner"
"""``HOST:PID`` of the process that a container belongs to."""
_HELP = (
    "install and start Docker (Debian, Ubuntu: sudo apt-get install docker.io; in a clone of the repository: "
    "make docker-engine), or point DOCKER_HOST at an engine; programs that you trust can run with the "
    "sandbox 'process', which protects nothing"
)
_SUPERVISOR_MEMORY = 128 * MEGABYTE
_TMP = "rw,noexec,nosuid,nodev,size=16m,nr_inodes=1k,mode=1777"


class DockerSandbox(Sandbox):
    """Runs programs in a container made from an interpreter of this machine."""

    name: ClassVar[str] = "docker"

    @classmethod
    def require(cls) -> None:
        """Checks that a Docker engine answers.

        Raises:
            SandboxError: none does, or the extra ``docker`` is not installed.
        """
        _connect().close()

    def _start(self) -> Channel:
        from docker.errors import DockerException

        client = _connect()
        container = None
        try:
            _reap(client)
            image = ensure_image(client, self.interpreter)
            container = client.api.create_container(image, **self._settings(client))["Id"]
            raw = client.api.attach_socket(container, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            client.api.start(container)
        except (DockerException, OSError) as error:
            if container is not None:
                _remove(client, container)
            client.close()
            raise SandboxError(f"the docker box does not start: {error}") from None

        def end() -> None:
            raw.close()
            _remove(client, container)
            client.close()

        return Channel(_socket_of(raw), multiplexed=True, close=end)

    def _settings(self, client: Any) -> dict[str, Any]:
        """Returns what `docker.APIClient.create_container` takes beside the image."""
        memory = self.memory + _SUPERVISOR_MEMORY
        return {
            "command": [self.interpreter.executable, *FLAGS, boot_source()],
            "user": f"{USER}:{USER}",
            "environment": {**ENVIRONMENT, "PATH": "", "HOME": "/tmp"},
            "working_dir": "/tmp",
            "labels": {LABEL: "1", OWNER_LABEL: f"{socket.gethostname()}:{os.getpid()}"},
            "hostname": "box",
            "stdin_open": True,
            "host_config": client.api.create_host_config(
                auto_remove=True,
                network_mode="none",
                ipc_mode="none",
                read_only=True,
                cap_drop=["ALL"],
                security_opt=["no-new-privileges"],
                pids_limit=64,
                mem_limit=memory,
                memswap_limit=memory,
                nano_cpus=1_000_000_000,
                tmpfs={"/tmp": _TMP},
                log_config={"Type": "none"},
            ),
        }


def _connect() -> Any:
    """Returns a client of the engine that the environment names."""
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
        client = docker.from_env(timeout=60)
        client.ping()
    except (DockerException, OSError) as error:
        raise SandboxError(f"no Docker engine answers ({error}); {_HELP}") from None
    return client


def _socket_of(raw: Any) -> socket.socket:
    """Returns the socket inside what the Docker client gives for an attached stream."""
    found: socket.socket = getattr(raw, "_sock", raw)
    return found


def _remove(client: Any, container: str) -> None:
    """Removes a container of this process; it may be on its way already."""
    from docker.errors import APIError

    with contextlib.suppress(APIError, OSError):
        client.api.remove_container(container, force=True)


def _reap(client: Any) -> None:
    """Removes containers of processes of this host that are gone, such as one killed while it started."""
    for container in client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True):
        host, _, pid = container.labels.get(OWNER_LABEL, "").rpartition(":")
        if host == socket.gethostname() and pid.isdigit() and not Path(f"/proc/{pid}").exists():
            _remove(client, container.id)
