"""Extra packages for programs in a box, from a requirements file.

They are installed into a folder of this user's cache, once for a text of requirements and an
interpreter: wheels only, so that no code of theirs runs here. Where that cannot be, the error says what
pip said.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .errors import SandboxError
from .interpreter import Interpreter
from .sandbox import ENVIRONMENT

PACKAGES = "/packages"
"""Where extra packages lie in a box that has a root of its own."""
_TIMEOUT = 1800
_OPTION = re.compile(
    r"(-i|-f|--index-url|--extra-index-url|--find-links|--trusted-host)[ =]\s*\S+"
    r"|--no-index|--pre|--prefer-binary"
)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*\s*(\[[^\]/@]*\])?\s*(?P<rest>[^@]*)")
"""A package by its name. What comes from a path or an address can be a source, whose build runs here."""
_ONE_THREAD = {
    name: "1"
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
}
"""A box has one CPU and a bounded address space: libraries are told not to make a thread for each CPU."""


def environment(packages: str | None) -> dict[str, str]:
    """Returns a box's environment variables.

    Args:
        packages: folder of extra packages as the box sees it; None for none.
    """
    path = {"PYTHONPATH": packages} if packages is not None else {}
    return {**ENVIRONMENT, **_ONE_THREAD, "MALLOC_ARENA_MAX": "2", **path}


def cache_folder(kind: str) -> Path:
    """Returns a folder of this user's cache; makes it where needed.

    Raises:
        SandboxError: it cannot be made.
    """
    root = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(root) / "debugworld" / kind
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SandboxError(
            f"{folder} cannot be made ({error.strerror}); set XDG_CACHE_HOME to a folder of yours"
        ) from None
    return folder


def read_requirements(path: str | None) -> str | None:
    """Returns the text of a requirements file; None where there is none.

    Raises:
        SandboxError: it cannot be read, or has a line other than a package's name with versions, or an option
            that says where packages are.
    """
    if path is None:
        return None
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SandboxError(f"the requirements file {path} cannot be read: {error}") from None
    for line in text.replace("\\\n", " ").splitlines():
        content = re.sub(r"(^|\s)#.*", "", line).strip()
        content = re.sub(r"\s--hash[ =]\S+", "", content)
        if content and not _is_plain(content):
            raise SandboxError(
                f"the requirements file {path} has the line {content!r}; give names of packages with "
                "versions, and options that say where they are: nothing is built here"
            )
    return text


def _is_plain(line: str) -> bool:
    if _OPTION.fullmatch(line):
        return True
    match = _NAME.fullmatch(line)
    if match is None or " -" in line:
        return False
    versions, _, _ = match["rest"].partition(";")
    return re.fullmatch(r"[\s()]*|[\s(]*[=<>!~].*", versions) is not None and "/" not in versions


def ensure_packages(requirements: str | None, interpreter: Interpreter) -> Path | None:
    """Returns the folder of the packages; installs them where that was not done yet.

    Args:
        requirements: text of a requirements file; None asks for no packages.
        interpreter: what is to import them.

    Raises:
        SandboxError: pip cannot install them as wheels.
    """
    if requirements is None:
        return None
    facts = f"{interpreter.executable}\0{interpreter.text}\0{requirements}"
    folder = cache_folder("packages") / hashlib.sha256(facts.encode()).hexdigest()[:16]
    if folder.is_dir():
        return folder
    new = Path(tempfile.mkdtemp(prefix=".new-", dir=folder.parent))
    try:
        _install(requirements, interpreter, new / "packages")
        with contextlib.suppress(OSError):  # another process was first
            (new / "packages").rename(folder)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return folder


def _install(requirements: str, interpreter: Interpreter, target: Path) -> None:
    target.mkdir()
    target.chmod(0o755)
    version = f"{interpreter.version[0]}.{interpreter.version[1]}"
    own = [interpreter.command, "-m", "pip"]
    if _run([*own, "--version"], None).returncode != 0:
        own = [sys.executable, "-m", "pip"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        file.write(requirements)
        file.flush()
        wanted = ["--only-binary=:all:", "--implementation=cp", f"--python-version={version}", "--no-compile"]
        quiet = ["--quiet", "--disable-pip-version-check", "--no-input", "--no-warn-conflicts"]
        answer = _run([*own, "install", *quiet, *wanted, f"--target={target}", "-r", file.name], _TIMEOUT)
    if answer.returncode != 0:
        lines = [line for line in answer.stderr.splitlines() if line.startswith("ERROR")] or [answer.stderr]
        raise SandboxError(
            f"the required packages cannot be had as wheels for Python {version}: {' '.join(lines)[-1500:]}"
        )
    _run([interpreter.executable, "-m", "compileall", "-q", str(target)], _TIMEOUT)


def _run(command: list[str], timeout: float | None) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            command, capture_output=True, text=True, timeout=timeout, stdin=subprocess.DEVNULL, cwd="/"
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SandboxError(f"{command[0]} does not run: {error}") from None
