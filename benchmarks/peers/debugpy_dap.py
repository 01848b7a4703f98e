"""debugpy, driven as an editor drives it: over DAP, on TCP without Nagle's delay."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from common.targets import Target

from .dap import DapClient
from .environments import Environment
from .peer import Peer, Stop, Walk, told_seconds

COMMANDS = {"step_into": "stepIn", "step_over": "next", "continue": "continue"}
NODELAY = str(Path(__file__).with_name("nodelay"))


class DebugpyPeer(Peer):
    """debugpy with each state's locals: a move, then stackTrace, scopes and variables."""

    name = "debugpy, DAP"
    moves = 200
    nodelay = True
    """Whether debugpy's own processes get TCP_NODELAY too; the client here always has it."""

    def __init__(self, python: str, install: bool = True) -> None:
        super().__init__(python)
        self._environment = Environment("debugpy", python, install)

    def require(self) -> None:
        """Checks for debugpy beside the interpreter, in an environment of its own.

        Raises:
            PeerMissing: it is not there and cannot be installed.
        """
        self._environment.require()

    def walk(self, target: Target, move: str, count: int) -> Walk:
        """Moves as often as asked, each awaited to its ``stopped`` event."""
        command = COMMANDS[move]
        stops = []
        with self._session(target, target.start) as (client, path):
            self._break(client, path, target.stop)
            begin = time.perf_counter()
            for _ in range(count):
                client.send(command, threadId=self._thread)
                self._await_stop(client)
                stops.append(self._look(client) if self.reads else Stop(0))
            seconds = time.perf_counter() - begin
        return Walk(seconds, stops)

    def through(self, target: Target, condition: str | None = None) -> float:
        """Continues until the program has ended."""
        with self._session(target, target.stop, condition, wait=False) as (client, _):
            while (event := client.wait("stopped", "terminated"))["event"] == "stopped":
                client.send("continue", threadId=event["body"]["threadId"])
            return told_seconds("".join(client.output))

    def _await_stop(self, client: DapClient) -> None:
        event = client.wait("stopped", "terminated")
        if event["event"] == "terminated":
            raise RuntimeError("the program ended under debugpy; give it more rounds")
        self._thread = event["body"]["threadId"]

    def _look(self, client: DapClient) -> Stop:
        frame = client.request("stackTrace", threadId=self._thread, levels=1)["stackFrames"][0]
        scope = client.request("scopes", frameId=frame["id"])["scopes"][0]
        found = client.request("variables", variablesReference=scope["variablesReference"])["variables"]
        texts = {item["name"]: item["value"] for item in found if item["name"].isidentifier()}
        return Stop(frame["line"], texts)

    @staticmethod
    def _break(client: DapClient, path: str, line: int, condition: str | None = None) -> None:
        point: dict[str, object] = {"line": line}
        if condition:
            point["condition"] = condition
        client.request("setBreakpoints", source={"path": path}, breakpoints=[point])

    @contextmanager
    def _session(
        self, target: Target, line: int, condition: str | None = None, wait: bool = True
    ) -> Iterator[tuple[DapClient, str]]:
        """Starts the program under debugpy with one breakpoint and, where asked, waits until it is there."""
        with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as free:
            path = os.path.join(os.path.realpath(folder), "program.py")
            Path(path).write_text(target.source)
            port = free.getsockname()[1]
            free.close()
            python = self._environment.require()
            environment = {"PATH": os.defpath, "HOME": folder, "LC_ALL": "C.UTF-8"}
            if self.nodelay:
                environment["PYTHONPATH"] = NODELAY
            asked = [python, "-Xfrozen_modules=off", "-m", "debugpy"]
            asked += ["--listen", f"127.0.0.1:{port}", "--wait-for-client", path]
            process = subprocess.Popen(
                asked,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
                env=environment,
            )
            try:
                with DapClient(port) as client:
                    client.request(
                        "initialize", adapterID="debugpy", clientID="debugworld", pathFormat="path"
                    )
                    attach = client.send("attach", justMyCode=True, redirectOutput=True)
                    client.wait("initialized")
                    self._break(client, path, line, condition)
                    client.request("configurationDone")
                    client.answer(attach)
                    if wait:
                        self._await_stop(client)
                    yield client, path
            finally:
                _end(process)


class MovingDebugpyPeer(DebugpyPeer):
    """debugpy without a look at anything: a move and its ``stopped`` event."""

    name = "debugpy, DAP, no locals read"
    moves = 400
    reads = False


class DelayedDebugpyPeer(DebugpyPeer):
    """debugpy as it comes, with each state's locals: its adapter's sockets wait for acknowledgements."""

    name = "debugpy, DAP, client's TCP_NODELAY only"
    moves = 20
    nodelay = False


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends debugpy's own process group: the program and the adapter beside it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)
