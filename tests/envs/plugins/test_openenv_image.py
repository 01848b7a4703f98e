"""The image of the OpenEnv server is built of a wheel of this tree and serves, with no registry asked.

Its base is packed from the interpreter and the packages that run these tests.
"""

from __future__ import annotations

import importlib.metadata
import io
import json
import os
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import gymnasium
import pytest

pytest.importorskip("openenv", reason="openenv: pip install 'debugworld[openenv]'")

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from debugworld.envs.plugins import openenv as ours
from debugworld.sandboxes.image import ensure_image
from debugworld.sandboxes.interpreter import find_interpreter
from debugworld.sandboxes.packages import PACKAGES

TEXT = "debugworld/StateQuery-Text-v0"
SAID = ("n", "s", "nonsense", "p 1 + 1", "answer 12345")
BASE = """\
FROM {image}
ADD more.tar /
ENV PATH=/bin PYTHONPATH={packages} PYTHONSAFEPATH=1 PIP_BREAK_SYSTEM_PACKAGES=1
"""
CLIENT = """\
import json, sys
from debugworld.envs.plugins.openenv import DebugAction, DebugClient
told = []
with DebugClient(base_url="http://127.0.0.1:8000").sync() as client:
    results = [client.reset(seed=3), *(client.step(DebugAction(command=said)) for said in sys.argv[1:])]
print(json.dumps([[each.observation.page, each.reward, each.done] for each in results]))
"""


def needed(requirement: str) -> set[str]:
    """Names of the distributions that a requirement brings, those of what they require included."""
    seen: set[tuple[str, frozenset[str]]] = set()
    todo = [Requirement(requirement)]
    while todo:
        each = todo.pop()
        if (each.name, frozenset(each.extras)) in seen:
            continue
        seen.add((each.name, frozenset(each.extras)))
        for text in importlib.metadata.requires(each.name) or ():
            other = Requirement(text)
            if other.marker is None or any(other.marker.evaluate({"extra": e}) for e in each.extras or {""}):
                todo.append(other)
    return {canonicalize_name(name) for name, _ in seen}


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the server needs and pip, but not with this package."""
    folder = tmp_path_factory.mktemp("packages")
    for name in needed("debugworld[openenv]") - {"debugworld"} | {"pip"}:
        for file in importlib.metadata.files(name) or ():
            source = Path(str(file.locate()))
            if ".." not in file.parts and source.suffix != ".pyc" and source.is_file():
                (folder / file).parent.mkdir(parents=True, exist_ok=True)
                (folder / file).symlink_to(source)
    return folder


def context(**files: str | bytes) -> io.BytesIO:
    """A folder to build an image from, as a tar archive."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        for name, text in files.items():
            data = text.encode() if isinstance(text, str) else text
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    made.seek(0)
    return made


def more(python: str) -> bytes:
    """An archive with a shell, and the name by which an interpreter is called."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w") as archive:
        archive.add(os.path.realpath("/bin/sh"), "bin/sh")
        link = tarfile.TarInfo("bin/python")
        link.type, link.linkname = tarfile.SYMTYPE, python
        archive.addfile(link)
    return made.getvalue()


@pytest.fixture(scope="module")
def image(packages: Path, wheel: Path) -> Iterator[str]:
    """The shipped Dockerfile's image, and everything that it was made of, gone at the end."""
    import docker

    client = docker.from_env(timeout=280)
    interpreter = find_interpreter(None)
    tag = f"debugworld-openenv-test:{uuid4().hex[:12]}"
    recipe = (Path(ours.__file__).parent / "Dockerfile").read_text()
    made = []
    try:
        made.append(ensure_image(client, interpreter, packages))
        base = {
            "Dockerfile": BASE.format(image=made[0], packages=PACKAGES),
            "more.tar": more(interpreter.executable),
        }
        options: dict[str, Any] = {"custom_context": True, "network_mode": "none", "rm": True}
        client.images.build(fileobj=context(**base), tag=f"{tag}-base", **options)
        made.append(f"{tag}-base")
        files = {"Dockerfile": recipe, wheel.name: wheel.read_bytes()}
        told = {"BASE": made[-1], "PIP_NO_INDEX": "1"}
        client.images.build(fileobj=context(**files), tag=tag, buildargs=told, **options)
        made.append(tag)
        yield tag
    finally:
        for name in reversed(made):
            client.images.remove(name, force=True)
        client.close()


@pytest.mark.docker
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_image_serves_what_gymnasium_makes(image: str) -> None:
    import docker

    client = docker.from_env()
    env: gymnasium.Env[Any, Any] = gymnasium.make(TEXT, max_moves=6, sandbox="process")
    chosen = {
        "DEBUGWORLD_ENV_ID": TEXT,
        "DEBUGWORLD_ENV_ARGUMENTS": json.dumps({"max_moves": 6, "sandbox": "process"}),
    }
    server = client.containers.run(
        image,
        detach=True,
        network_mode="none",
        environment=chosen,
        cap_drop=["ALL"],
        read_only=True,
        tmpfs={"/tmp": ""},
    )
    try:
        health = "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/health', timeout=5)"
        for _ in range(240):
            if server.exec_run(["python", "-c", health]).exit_code == 0:
                break
            server.reload()
            assert server.status == "running", server.logs().decode()
            time.sleep(0.5)
        code, (told, complaint) = server.exec_run(["python", "-c", CLIENT, *SAID], demux=True)
        assert code == 0, (complaint or b"").decode()
        found = json.loads(told)
    finally:
        server.remove(force=True)
        client.close()
    page, _ = env.reset(seed=3)
    assert found[0] == [page, None, False]
    for said, result in zip(SAID, found[1:], strict=True):
        page, reward, terminated, truncated, _ = env.step(said)
        assert result == [page, reward, terminated or truncated]
    env.close()
