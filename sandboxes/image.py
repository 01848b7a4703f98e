"""The image of the docker box: an interpreter of this machine with the libraries it needs.

No registry is asked: the files are packed as they lie here and imported into the engine. The image's
tag is a hash over what was packed, so that each interpreter is packed once.
"""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from .errors import SandboxError
from .interpreter import Interpreter

REPOSITORY = "debugworld-box"
"""Name of the images."""
USER = 65534
"""User and group that everything in the box runs as: nobody."""

_RECIPE = "1"
"""To be raised with every change in how files are packed."""
_LEFT_OUT = frozenset(
    [
        "test",
        "tests",
        "idlelib",
        "tkinter",
        "turtledemo",
        "ensurepip",
        "lib2to3",
        "site-packages",
        "dist-packages",
        "config",
        "pydoc_data",
    ]
)
_LIBRARY = re.compile(r"(?:=>\s*|^\s*)(/\S+)\s+\(0x", re.MULTILINE)
_SMALL_FILES = {
    "etc/passwd": f"nobody:x:{USER}:{USER}:nobody:/tmp:/none\n",
    "etc/group": f"nobody:x:{USER}:\n",
    "etc/hosts": "127.0.0.1 localhost\n",
}


def ensure_image(client: Any, interpreter: Interpreter) -> str:
    """Returns the tag of the interpreter's image; makes the image where the engine lacks it.

    Args:
        client: a `docker.DockerClient`.
        interpreter: what to pack.

    Raises:
        SandboxError: a file cannot be read.
        docker.errors.DockerException: the engine refuses.
    """
    files = list(_library_files(interpreter))
    tag = f"{interpreter.text}-{_digest(interpreter, files)}"
    name = f"{REPOSITORY}:{tag}"
    if client.images.list(name=name):
        return name
    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        try:
            _pack(file, interpreter, files)
            file.flush()
        except OSError as error:
            raise SandboxError(f"the image of {interpreter.executable} cannot be packed: {error}") from None
        answer = client.api.import_image_from_file(
            file.name, repository=REPOSITORY, tag=tag, changes=["LABEL debugworld=1"]
        )
    if not client.images.list(name=name):
        raise SandboxError(f"the engine did not import the image of {interpreter.executable}: {answer}")
    return name


def _library_files(interpreter: Interpreter) -> Iterator[Path]:
    """Yields the standard library's files without tests, tools and other versions' bytecode."""
    bytecode = f".cpython-{interpreter.version[0]}{interpreter.version[1]}.pyc"
    for folder in map(Path, interpreter.folders):
        for path in sorted(folder.rglob("*")):
            parts = path.relative_to(folder).parts
            if any(part in _LEFT_OUT or part.startswith("config-") for part in parts):
                continue
            if path.suffix == ".pyc" and not path.name.endswith(bytecode):
                continue
            if path.is_file() and path.suffix not in {".a", ".exe"}:
                yield path


def _digest(interpreter: Interpreter, files: list[Path]) -> str:
    """Returns a short hash over the paths, sizes and times of what is packed."""
    digest = hashlib.sha256(_RECIPE.encode())
    for path in [Path(interpreter.executable), *files]:
        if path.suffix != ".pyc":
            facts = path.stat()
            digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:12]


def _shared_libraries(interpreter: Interpreter, files: list[Path]) -> set[str]:
    """Returns the libraries, the loader among them, that the binary and its extensions load."""
    binaries = [interpreter.executable, *(str(path) for path in files if path.suffix == ".so")]
    try:
        answer = subprocess.run(["ldd", *binaries], capture_output=True, text=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(f"ldd, which lists shared libraries, does not run: {error}") from None
    return set(_LIBRARY.findall(answer.stdout))


def _pack(file: IO[bytes], interpreter: Interpreter, files: list[Path]) -> None:
    """Writes the image's file system as a tar archive: the host's paths, nothing writable."""
    paths = {interpreter.executable, *map(str, files), *_shared_libraries(interpreter, files)}
    folders = {
        str(parent) for path in [*paths, "/tmp/x", "/proc/x", "/dev/x"] for parent in Path(path).parents
    }
    folders |= {"/etc"}
    with tarfile.open(fileobj=file, mode="w") as archive:
        for folder in sorted(folders - {"/"}):
            entry = tarfile.TarInfo(folder.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(entry)
        for path in sorted(paths):
            real = Path(path).resolve()
            facts = real.stat()
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mtime = facts.st_size, int(facts.st_mtime)
            entry.mode = 0o755 if facts.st_mode & 0o100 else 0o644
            with real.open("rb") as source:
                archive.addfile(entry, source)
        for name, text in _SMALL_FILES.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
