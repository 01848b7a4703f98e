"""Programs written to break a box or a debugger end as they may, and the box serves on.

They run in the docker box and nowhere else.
"""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, SandboxError
from debugworld.sandboxes.debugger import Program, ProgramError

pytestmark = pytest.mark.docker

SPRAY = "import os\nfor fd in range(3, 200):\n    try: os.write(fd, {})\n    except OSError: pass\n"
FORGERIES = [
    SPRAY.format(r"b'\0\0\0\2{}'"),
    SPRAY.format(r"b'\xff' * 100"),
    "import os\nos.closerange(0, 200)\n",
    "import os, time\nos.closerange(0, 200)\ntime.sleep(60)\n",
    SPRAY.format("b'x' * 65536") * 3,
]


def outcome(sandbox: Sandbox, source: str, name: str = "hostile") -> tuple[str, str, int]:
    assert sandbox.name == "docker", "hostile programs run in a container only"
    try:
        trace = sandbox.record(Program(source, name=name))
    except ProgramError:
        return "error", "compile_error", 0
    return trace.exit.code.value, trace.exit.reason, len(trace.states)


def test_every_row_ends_as_it_may(docker_box: Sandbox, shared_data: Path) -> None:
    lines = (shared_data / "hostile_dev.jsonl").read_text().splitlines()
    rows: list[dict[str, Any]] = [json.loads(line) for line in lines]
    wrong = []
    for row in rows:
        code, reason, states = outcome(docker_box, row["source"], row["id"])
        # a live debugger continues for as long as it takes; a recording ends at its budget
        cut = row["drive"] == "continue" and states == docker_box.max_events and reason == "step_budget"
        if code not in row["allowed_exit"] and not cut:
            wrong.append((row["id"], code, reason, row["allowed_exit"]))
    assert len(rows) == 47
    assert wrong == []
    assert outcome(docker_box, "x = 1\n") == ("normal", "exit", 3)


@pytest.mark.parametrize("source", FORGERIES)
def test_a_forged_frame_is_no_good_end(docker_box: Sandbox, source: str) -> None:
    code, reason, _ = outcome(docker_box, source)
    assert (code, reason) != ("normal", "exit") or "closerange" in source
    assert outcome(docker_box, "x = 1\n")[:2] == ("normal", "exit")


@pytest.mark.parametrize(
    "source",
    [
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n",
        "import os\nwhile True:\n    try: os.kill(-1, 9)\n    except OSError: pass\n",
        "import os\nfor n in range(1, 65):\n    try: os.kill(1, n)\n    except OSError: pass\n",
        "a = []\nwhile True:\n    a.append('x' * 10**7)\n",
        "a = [bytearray(1 << 20) for i in range(100000)]\n",
        "import os\nos.setpriority(os.PRIO_PROCESS, 1, 19)\n",
        "import resource\nresource.prlimit(1, resource.RLIMIT_NOFILE, (0, 0))\n",
        "import ctypes\nctypes.string_at(0)\n",
    ],
)
def test_the_box_stands_after_an_attack(docker_box: Sandbox, source: str) -> None:
    with contextlib.suppress(SandboxError):  # a box that was lost is replaced
        outcome(docker_box, source)
    assert outcome(docker_box, "x = 1\n")[:2] == ("normal", "exit")
