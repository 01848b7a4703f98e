"""The `docker` box: one standing, hardened container, in which every run is a fork.

The container has no network, a read-only root, no capabilities, a user without rights, and limits on
memory, processes and time. Its first process is the supervisor; when this process ends, however it
ends, the stream to the supervisor ends, and with it the container. What a hanging process leaves ends at
the deadline that each container carries.
"""

from __future__ import annotations

import json
import socket
from typing import Any, ClassVar

from .channel import Channel
from .complaints import StreamComplaints
from .door import Door
from .engine import connect, is_local, runtimes
from .errors import SandboxError
from .image import HOME, USER, built_image, ensure_image
from .packages import PACKAGES, ensure_packages, environment, read_requirements
from .reaper import labels, reap, remove_container
from .sandbox import FLAGS, MEGABYTE, Sandbox, boot_source

PROCESSES = 64
"""Processes and threads that a box may hold at a time, its supervisor included."""
_SUPERVISOR_MEMORY = 128 * MEGABYTE
_TMP = "rw,noexec,nosuid,nodev,size=16m,nr_inodes=1k,mode=1777"
_DOOR = "/run/debugworld"
_START = 30.0
"""Seconds that a started container's supervisor may take to come in."""
_LAST_RUN = 3600.0
"""Seconds beyond its lifetime that what was begun in a container may last."""
_REMOTE_RUNTIMES = frozenset({"runsc", "kata", "kata-runtime"})
"""Runtimes whose containers have a kernel of their own: no Unix socket reaches in."""


class DockerSandbox(Sandbox):
    """Runs programs in a container made from an interpreter of this machine.

    Args:
        requirements: a requirements file whose packages programs can import; None for none.
        image: an image built with ``sandboxes/Dockerfile``, which brings its own interpreter and packages;
            None packs the interpreter of this machine.
        runtime: one of the engine's container runtimes, such as ``runsc``; None for the engine's choice.
        lifetime: seconds after which a container is replaced by a new one, between runs.
        **limits: as `Sandbox` takes them.

    Raises:
        SandboxError: an option is wrong.
    """

    name: ClassVar[str] = "docker"

    def __init__(
        self,
        *,
        requirements: str | None = None,
        image: str | None = None,
        runtime: str | None = None,
        lifetime: float = 6 * 3600.0,
        **limits: Any,
    ) -> None:
        super().__init__(**limits)
        if not 0 < lifetime < 1e9:
            raise SandboxError(f"lifetime must be a positive number of seconds; got {lifetime}")
        if image is not None and (requirements is not None or limits.get("python") is not None):
            raise SandboxError(
                "an image has its own interpreter and packages: give no python and no requirements"
            )
        self.requirements = read_requirements(requirements)
        self.image = image
        self.runtime = runtime
        self.lifetime = lifetime
        self.direct = True
        """Whether boxes are reached over a Unix socket of their own, not through the engine; False once that
        could not be."""

    @classmethod
    def require(cls) -> None:
        """Checks that a Docker engine answers.

        Raises:
            SandboxError: none does, or the extra ``docker`` is not installed.
        """
        connect().close()

    def _start(self) -> Channel:
        from docker.errors import DockerException

        client = connect()
        try:
            if self.runtime is not None and self.runtime not in (known := runtimes(client)):
                raise SandboxError(f"the engine has no runtime {self.runtime!r}; it has: {', '.join(known)}")
            reap(client)
            image = self._image(client)
            if self.direct and is_local(client) and self.runtime not in _REMOTE_RUNTIMES:
                channel = self._start_direct(client, image)
                if channel is not None:
                    return channel
            self.direct = False
            return self._start_attached(client, image)
        except (DockerException, OSError) as error:
            client.close()
            raise SandboxError(f"the docker box does not start: {error}") from None
        except BaseException:
            client.close()
            raise

    def _image(self, client: Any) -> str:
        """Returns the name of the image, once the engine has it."""
        if self.image is not None:
            self.interpreter = built_image(client, self.image)
            return self.image
        return ensure_image(client, self.interpreter, ensure_packages(self.requirements, self.interpreter))

    def _start_attached(self, client: Any, image: str) -> Channel:
        """Starts a container and talks over its stdin and stdout, through the engine."""
        container = client.api.create_container(image, **self._settings(client, {}), stdin_open=True)["Id"]
        raw = None
        try:
            raw = client.api.attach_socket(container, {"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1})
            client.api.start(container)
        except BaseException:
            if raw is not None:
                _close(raw)
            remove_container(client, container)
            raise

        def end() -> None:
            _close(raw)
            remove_container(client, container)
            client.close()

        return Channel(_socket_of(raw), multiplexed=True, close=end)

    def _start_direct(self, client: Any, image: str) -> Channel | None:
        """Starts a container whose supervisor comes through a door; None where it does not come.

        An engine can be near and still not see this machine's files: one in a virtual machine, or outside
        of the container that this process runs in.
        """
        from docker.errors import APIError

        door = Door()
        container = raw = stream = None
        try:
            options = {"socket": door.path_in(_DOOR), "token": door.token.hex()}
            settings = self._settings(client, options, door)
            container = client.api.create_container(image, **settings)["Id"]
            raw = client.api.attach_socket(container, {"stdout": 1, "stderr": 1, "stream": 1})
            client.api.start(container)
            stream = door.admit(_START, _socket_of(raw))
        except (APIError, TimeoutError):
            pass
        finally:
            door.close()
            if stream is None and raw is not None:
                _close(raw)
            if stream is None and container is not None:
                remove_container(client, container)
        if stream is None or raw is None or container is None:
            return None
        identity: str = container
        complaints = StreamComplaints(_socket_of(raw))

        def end() -> None:
            remove_container(client, identity)
            complaints()
            _close(raw)
            client.close()

        return Channel(stream, multiplexed=False, close=end, passes_descriptors=True, complaints=complaints)

    def _settings(self, client: Any, options: dict[str, Any], door: Door | None = None) -> dict[str, Any]:
        """Returns what `docker.APIClient.create_container` takes beside the image."""
        from docker.types import Mount, Ulimit

        memory = self.memory + _SUPERVISOR_MEMORY
        life = (self.lifetime or 0.0) + self.timeout + _LAST_RUN
        host = client.api.create_host_config(
            auto_remove=True,
            network_mode="none",
            ipc_mode="none",
            read_only=True,
            cap_drop=["ALL"],
            security_opt=["no-new-privileges"],
            pids_limit=PROCESSES,
            mem_limit=memory,
            memswap_limit=memory,
            nano_cpus=1_000_000_000,
            tmpfs={"/tmp": _TMP},
            log_config={"Type": "none"},
            ulimits=[Ulimit(name="core", soft=0, hard=0), Ulimit(name="nofile", soft=1024, hard=1024)],
            mounts=[Mount(_DOOR, door.shown, type="bind", read_only=True)] if door else None,
            runtime=self.runtime,
        )
        host["CgroupnsMode"] = "private"
        return {
            "command": [
                self.interpreter.executable,
                *FLAGS,
                boot_source(),
                json.dumps({**options, "life": life}),
            ],
            "user": f"{USER}:{USER}",
            "environment": {**environment(PACKAGES), "PATH": "", "HOME": HOME},
            "working_dir": HOME,
            "labels": labels(life),
            "hostname": "box",
            "host_config": host,
        }


def _close(raw: Any) -> None:
    """Closes what the Docker client gives for an attached stream, which would leave its socket open."""
    _socket_of(raw).close()
    raw.close()


def _socket_of(raw: Any) -> socket.socket:
    """Returns the socket inside what the Docker client gives for an attached stream."""
    found: socket.socket = getattr(raw, "_sock", raw)
    return found
