"""What a box holds: an interpreter of this machine, the libraries it needs, and extra packages.

No registry is asked: the files are taken as they lie here, and imported into the engine as an image or
laid into a folder of this user's cache. The name of either ends in a hash over what is in it, so that
each interpreter is packed once.
"""

from __future__ import annotations

import functools
import hashlib
import io
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from .errors import SandboxError
from .interpreter import Interpreter
from .packages import PACKAGES, cache_folder

REPOSITORY = "debugworld-box"
"""Name of the images."""
PYTHON_LABEL = "debugworld.python"
"""Label of an image that was built: where its interpreter is."""
USER = 65534
"""User and group that everything in a box runs as: nobody."""
HOME = "/tmp"
"""The one folder of a box that can be written to."""

_RECIPE = "3"
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
_FOLDERS = ("/etc", "/tmp", "/proc", "/dev", "/run/debugworld", PACKAGES)
_SMALL_FILES = {
    "etc/passwd": f"nobody:x:{USER}:{USER}:nobody:/tmp:/none\n",
    "etc/group": f"nobody:x:{USER}:\n",
    "etc/hosts": "127.0.0.1 localhost\n",
}


def ensure_image(client: Any, interpreter: Interpreter, packages: Path | None = None) -> str:
    """Returns the tag of the interpreter's image; makes the image where the engine lacks it.

    Args:
        client: a `docker.DockerClient`.
        interpreter: what to pack.
        packages: folder of extra packages.

    Raises:
        SandboxError: a file cannot be read.
        docker.errors.DockerException: the engine refuses.
    """
    own, tag = _own_files(interpreter, packages)
    name = f"{REPOSITORY}:{tag}"
    if client.images.list(name=name):
        return name
    with tempfile.NamedTemporaryFile(suffix=".tar") as file:
        try:
            _pack(file, {**own, **_shared_libraries(own)})
            file.flush()
        except OSError as error:
            raise SandboxError(f"the image of {interpreter.executable} cannot be packed: {error}") from None
        answer = client.api.import_image_from_file(
            file.name, repository=REPOSITORY, tag=tag, changes=["LABEL debugworld=1"]
        )
    if not client.images.list(name=name):
        raise SandboxError(f"the engine did not import the image of {interpreter.executable}: {answer}")
    return name


def built_image(client: Any, name: str) -> Interpreter:
    """Returns the interpreter in an image that somebody built, with ``sandboxes/Dockerfile`` for one.

    Args:
        client: a `docker.DockerClient`.
        name: of the image; pulled where the engine lacks it.

    Raises:
        SandboxError: there is no such image, or it does not say what interpreter it has.
        docker.errors.DockerException: the engine does not answer.
    """
    from docker.errors import APIError, ImageNotFound

    try:
        image = client.images.get(name)
    except ImageNotFound:
        try:
            image = client.images.pull(name)
        except APIError as error:
            raise SandboxError(
                f"there is no image {name!r}, and it cannot be pulled: {error.explanation}"
            ) from None
    variables = dict(text.partition("=")[::2] for text in image.attrs["Config"].get("Env") or ())
    version = re.fullmatch(r"(\d+)\.(\d+)\.(\d+)", variables.get("PYTHON_VERSION", ""))
    path = image.labels.get(PYTHON_LABEL)
    if version is None or path is None:
        raise SandboxError(
            f"the image {name!r} does not say what Python it has: it needs the label {PYTHON_LABEL} "
            "(a path) and the variable PYTHON_VERSION; see sandboxes/Dockerfile"
        )
    return Interpreter(path, path, (int(version[1]), int(version[2]), int(version[3])), ())


def ensure_root(interpreter: Interpreter, packages: Path | None = None) -> Path:
    """Returns a folder that holds what the image holds, but for the extra packages; makes it where needed.

    Args:
        interpreter: what to copy.
        packages: folder of extra packages, whose libraries are needed.

    Raises:
        SandboxError: a file cannot be read, or the cache cannot be written to.
    """
    own, tag = _own_files(interpreter, packages)
    root = cache_folder("roots") / tag
    if root.is_dir():
        return root
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=root.parent))
    try:
        new.chmod(0o755)
        for folder in _FOLDERS:
            (new / folder.lstrip("/")).mkdir(parents=True, exist_ok=True)
        for path, source in {**own, **_shared_libraries(own)}.items():
            if path.startswith(f"{PACKAGES}/"):
                continue
            target = new / path.lstrip("/")
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)
            target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)
        for name, text in _SMALL_FILES.items():
            (new / name).write_text(text)
        for folder_name, names, _ in os.walk(new):
            for name in names:
                os.chmod(os.path.join(folder_name, name), 0o755)
        new.rename(root)
    except OSError as error:
        shutil.rmtree(new, ignore_errors=True)
        if not root.is_dir():  # else another process was first
            raise SandboxError(f"{interpreter.executable} cannot be copied to {root}: {error}") from None
    return root


@functools.lru_cache(16)
def _own_files(interpreter: Interpreter, packages: Path | None) -> tuple[dict[str, Path], str]:
    """Returns the files by their paths in the box, without shared libraries, and the tag for them."""
    paths = [Path(interpreter.executable), *_library_files(interpreter)]
    own = {str(path): Path(os.path.realpath(path)) for path in paths}
    if packages is not None:
        for path in sorted(packages.rglob("*")):
            if path.is_file():
                own[f"{PACKAGES}/{path.relative_to(packages)}"] = Path(os.path.realpath(path))
    return own, f"{interpreter.text}-{_digest(own)}"


def _library_files(interpreter: Interpreter) -> Iterator[Path]:
    """Yields the standard library's files without tests, tools and other versions' bytecode."""
    bytecode = f".cpython-{interpreter.version[0]}{interpreter.version[1]}.pyc"
    for root in interpreter.folders:
        for folder, folders, names in os.walk(root):
            folders[:] = sorted(n for n in folders if n not in _LEFT_OUT and not n.startswith("config-"))
            for name in sorted(names):
                if name.endswith(".pyc") and not name.endswith(bytecode):
                    continue
                if not name.endswith((".a", ".exe")) and os.path.isfile(path := os.path.join(folder, name)):
                    yield Path(path)


def _digest(own: dict[str, Path]) -> str:
    """Returns a short hash over the paths, sizes and times of what is packed."""
    digest = hashlib.sha256(_RECIPE.encode())
    for path, source in own.items():
        if source.suffix != ".pyc":
            facts = source.stat()
            digest.update(f"{path}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
    return digest.hexdigest()[:12]


def _shared_libraries(own: dict[str, Path]) -> dict[str, Path]:
    """Returns the libraries, the loader among them, that the binary and all extensions load."""
    sources = list(own.values())
    binaries = [sources[0], *(path for path in sources if ".so" in path.suffixes)]
    try:
        answer = subprocess.run(["ldd", *map(str, binaries)], capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(f"ldd, which lists shared libraries, does not run: {error}") from None
    known = {str(source) for source in sources}
    paths = {os.path.normpath(path) for path in _LIBRARY.findall(answer.stdout)}
    return {path: Path(path).resolve() for path in sorted(paths) if str(Path(path).resolve()) not in known}


def _pack(file: IO[bytes], files: dict[str, Path]) -> None:
    """Writes the image's file system as a tar archive; nothing in it can be written to."""
    folders = {
        str(parent) for path in [*files, *(f"{f}/x" for f in _FOLDERS)] for parent in Path(path).parents
    }
    with tarfile.open(fileobj=file, mode="w") as archive:
        for folder in sorted(folders - {"/"}):
            entry = tarfile.TarInfo(folder.lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o1777 if folder == "/tmp" else 0o755
            archive.addfile(entry)
        for path, source in sorted(files.items()):
            facts = source.stat()
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mtime = facts.st_size, int(facts.st_mtime)
            entry.mode = 0o755 if facts.st_mode & 0o100 else 0o644
            with source.open("rb") as content:
                archive.addfile(entry, content)
        for name, text in _SMALL_FILES.items():
            entry = tarfile.TarInfo(name)
            entry.size, entry.mode = len(text), 0o644
            archive.addfile(entry, io.BytesIO(text.encode()))
