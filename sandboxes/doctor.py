"""Which boxes work on this machine: each is really started, and what is missing comes with its remedy."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from . import cgroup
from .catalog import SANDBOXES, open_sandbox
from .debugger import Program
from .debugger.seccomp import compiled
from .docker import DockerSandbox
from .engine import connect
from .errors import SandboxError

_TRIAL = Program("x = 6 * 7\n", name="doctor")
_INSTALLERS = {
    "apt-get": "sudo apt-get install -y",
    "dnf": "sudo dnf install -y",
    "pacman": "sudo pacman -S --noconfirm",
    "zypper": "sudo zypper install -y",
    "apk": "sudo apk add",
}
"""Program that installs packages -> how it is called."""
_ENGINE_PACKAGE = {"apt-get": "docker.io", "dnf": "moby-engine"}


@dataclass(frozen=True)
class Finding:
    """What one box is like here."""

    name: str
    works: bool
    """A program was run in it and gave the right answer."""
    protects: bool
    """Whether it keeps hostile programs from the host, where it works."""
    facts: dict[str, str] = field(default_factory=dict)
    """Versions and settings by name."""
    why: str | None = None
    """What is wrong; None where it works."""
    remedy: str | None = None
    """The command that brings it; None where it works or nothing is known to help."""


def machine() -> dict[str, str]:
    """Returns what the boxes stand on: system, kernel, processor, Python, control groups and seccomp."""
    limits = cgroup.version()
    return {
        "system": platform.platform(terse=True),
        "kernel": platform.release(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "control groups": f"{limits}, ours to make" if limits else "none that this user may make",
        "seccomp": _seccomp(),
        "user": "root" if os.geteuid() == 0 else f"number {os.geteuid()}",
    }


def examine(names: list[str] | None = None) -> list[Finding]:
    """Starts each box and runs a program in it.

    Args:
        names: of the boxes; None takes all, the safest first.

    Raises:
        SandboxError: there is no box of such a name.
    """
    for name in names or ():
        if name not in SANDBOXES:
            raise SandboxError(f"there is no sandbox {name!r}; there are: {', '.join(SANDBOXES)}")
    return [_examine(name) for name in names or SANDBOXES]


def to_json(findings: list[Finding]) -> dict[str, Any]:
    """Returns the findings and the machine as plain data."""
    return {"machine": machine(), "boxes": [asdict(finding) for finding in findings]}


def _examine(name: str) -> Finding:
    protects = name != "process"
    facts = dict[str, str]()
    try:
        facts |= _FACTS[name]()
        begin = time.perf_counter()
        with open_sandbox(name, timeout=10.0) as sandbox:
            trace = sandbox.record(_TRIAL)
            facts["start"] = f"{time.perf_counter() - begin:.1f} s"
            facts["python"] = trace.python
            if isinstance(sandbox, DockerSandbox):
                facts["talks over"] = "a socket of its own" if sandbox.direct else "the engine's stream"
        if not trace.states or trace.states[-1].locals.get("x") != "42":
            raise SandboxError(f"a program that computes 42 ended as {trace.exit.code} ({trace.exit.reason})")
    except SandboxError as error:
        return Finding(name, False, protects, facts, str(error), _REMEDIES[name](str(error)))
    return Finding(name, True, protects, facts)


def _docker_facts() -> dict[str, str]:
    client = connect()
    try:
        facts = client.info()
        security = [
            text.partition(",")[0].removeprefix("name=") for text in facts.get("SecurityOptions") or ()
        ]
        return {
            "engine": str(facts.get("ServerVersion")),
            "at": str(client.api.base_url).replace("http+docker://localhost", "the local socket"),
            "runtimes": ", ".join(sorted(facts.get("Runtimes") or ())),
            "control groups": f"v{facts.get('CgroupVersion', '1')}",
            "security": ", ".join(security) or "none",
            "kernel": str(facts.get("KernelVersion")),
        }
    finally:
        client.close()


def _docker_remedy(why: str) -> str | None:
    if "pip install" in why:
        return "pip install 'debugworld[docker]'"
    if "Permission denied" in why or "PermissionError" in why:
        return "sudo usermod -aG docker $USER && newgrp docker"
    if os.environ.get("DOCKER_HOST"):
        return "unset DOCKER_HOST"
    if "no Docker engine answers" not in why:
        return None
    if shutil.which("dockerd") is None:
        return _install("docker")
    return "sudo systemctl start docker" if Path("/run/systemd/system").is_dir() else "sudo dockerd &"


def _bwrap_facts() -> dict[str, str]:
    path = shutil.which("bwrap")
    if path is None:
        return {}
    try:
        answer = subprocess.run([path, "--version"], capture_output=True, text=True, timeout=20).stdout
    except (OSError, subprocess.SubprocessError) as error:
        answer = f"does not run: {error}"
    return {
        "bubblewrap": answer.split()[-1] if answer.strip() else "unknown",
        "user": "a real one" if os.geteuid() == 0 else "in a user namespace",
        "limits on all together": cgroup.version() or "none: each process has its own",
    }


def _bwrap_remedy(why: str) -> str | None:
    if "needs the program bwrap" in why:
        return _install("bubblewrap")
    if Path("/proc/sys/kernel/apparmor_restrict_unprivileged_userns").exists():
        return "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
    if Path("/proc/sys/kernel/unprivileged_userns_clone").exists():
        return "sudo sysctl kernel.unprivileged_userns_clone=1"
    return None


def _install(package: str) -> str | None:
    """Returns the command that installs a package on this system."""
    for program, command in _INSTALLERS.items():
        if shutil.which(program):
            name = _ENGINE_PACKAGE.get(program, "docker") if package == "docker" else package
            return f"{command} {name}"
    return None


def _seccomp() -> str:
    if sys.platform != "linux":
        return "this is no Linux"
    modes = re.search(r"^Seccomp:", Path("/proc/self/status").read_text(), re.MULTILINE)
    if modes is None:
        return "the kernel has none"
    return "yes" if compiled() is not None else f"the calls of {platform.machine()} are not known: no filter"


_FACTS: dict[str, Callable[[], dict[str, str]]] = {
    "docker": _docker_facts,
    "bwrap": _bwrap_facts,
    "process": dict,
}
_REMEDIES: dict[str, Callable[[str], str | None]] = {
    "docker": _docker_remedy,
    "bwrap": _bwrap_remedy,
    "process": lambda why: None,
}
