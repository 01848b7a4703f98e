"""A server of OpenEnv in a process of its own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator

import pytest


def _port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., str]]:
    """Starts a server for an id and its arguments; returns its address; stops all of them at the end."""
    started: list[subprocess.Popen[bytes]] = []

    def start(env_id: str, **arguments: object) -> str:
        port = _port()
        chosen = {"DEBUGWORLD_ENV_ID": env_id, "DEBUGWORLD_ENV_ARGUMENTS": json.dumps(arguments)}
        app = "debugworld.envs.plugins.openenv.server:app"
        words = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--log-level", "warning"]
        process = subprocess.Popen(words, env=os.environ | chosen)
        started.append(process)
        url = f"http://127.0.0.1:{port}"
        for _ in range(2400):
            assert process.poll() is None, "the server ended by itself"
            try:
                with urllib.request.urlopen(f"{url}/health", timeout=5):
                    return url
            except urllib.error.URLError:
                time.sleep(0.1)
        raise AssertionError("the server does not answer")

    yield start
    for process in started:
        process.terminate()
        process.wait(20)
