"""The interpreter that runs the program: found, asked about itself, and checked."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass

from .errors import SandboxError

OLDEST = (3, 11)
"""First version of Python whose traces are canonical."""

_QUESTION = """
import json, os, sys, sysconfig
print(json.dumps({
    "executable": os.path.realpath(getattr(sys, "_base_executable", sys.executable)),
    "version": list(sys.version_info[:3]),
    "implementation": sys.implementation.name,
    "folders": sorted({os.path.realpath(sysconfig.get_path(k, vars={"base": sys.base_prefix,
        "installed_base": sys.base_prefix, "platbase": sys.base_exec_prefix,
        "installed_platbase": sys.base_exec_prefix})) for k in ("stdlib", "platstdlib")}),
}))
"""


@dataclass(frozen=True)
class Interpreter:
    """A CPython on this machine."""

    command: str
    """Path that starts it, as the caller gave it."""
    executable: str
    """Path of the real binary behind a virtual environment."""
    version: tuple[int, int, int]
    """Such as (3, 11, 7)."""
    folders: tuple[str, ...]
    """Folders of its standard library."""

    @property
    def text(self) -> str:
        """The version as text, such as ``3.11.7``."""
        return ".".join(map(str, self.version))


@functools.cache
def find_interpreter(command: str | None = None) -> Interpreter:
    """Asks an interpreter what it is.

    Args:
        command: a path or a name on PATH; None takes the running one.

    Raises:
        SandboxError: it is not there, is no CPython, or is older than 3.11.
    """
    path = shutil.which(command or sys.executable)
    if path is None:
        raise SandboxError(f"{command}: no such interpreter; give the path of a CPython 3.11, 3.12 or 3.13")
    try:
        answer = subprocess.run(
            [path, "-I", "-S", "-c", _QUESTION],
            capture_output=True,
            check=True,
            timeout=30,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONSAFEPATH": "1"},
        )
        facts = json.loads(answer.stdout)
        version: tuple[int, int, int] = tuple(facts["version"])
        kind, executable, folders = facts["implementation"], facts["executable"], tuple(facts["folders"])
    except (OSError, subprocess.SubprocessError, ValueError, TypeError, KeyError):
        raise SandboxError(
            f"{path} does not answer as a Python interpreter; give a CPython 3.11 or newer"
        ) from None
    if kind != "cpython" or version < OLDEST:
        raise SandboxError(f"{path} is {kind} {'.'.join(map(str, version))}; CPython 3.11 or newer is needed")
    return Interpreter(path, executable, version, folders)
