"""What a number was measured on, and which interpreters are at hand."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

VERSIONS = ("3.11", "3.12", "3.13")
"""The supported versions of CPython."""


def machine() -> dict[str, str | int | float]:
    """Returns the processor's name, its cores, their load at this moment, the system and the Python."""
    model = platform.processor() or platform.machine()
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        model = next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "load": round(os.getloadavg()[0], 2),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def interpreters() -> dict[str, str]:
    """Finds one CPython of each supported version: pyenv's newest, on PATH, or the running one."""
    found = {}
    for version in VERSIONS:
        pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        path = str(pyenv[-1]) if pyenv else shutil.which(f"python{version}")
        if path is None and platform.python_version().startswith(f"{version}."):
            path = sys.executable
        if path:
            found[version] = path
    return found


def version_of(python: str) -> str:
    """Returns an interpreter's full version, such as ``3.12.1``."""
    asked = [python, "-I", "-S", "-c", "import platform; print(platform.python_version())"]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
