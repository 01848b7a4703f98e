"""A real box is killed in the middle of an episode, which is truncated and says so; the next one plays."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from debugworld.envs import parse
from debugworld.envs.judge import judge_of
from debugworld.envs.trace_store import trace_store
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.owner import Owner
from debugworld.sandboxes.reaper import OWNER_LABEL

BOXES = [
    "process",
    pytest.param("bwrap", marks=pytest.mark.bwrap),
    pytest.param("docker", marks=pytest.mark.docker),
]
SLOW = """\
import time

def wait(seconds):
    time.sleep(seconds / 10)
    return seconds
"""
BUG = {
    "id": "wait",
    "group": "wait",
    "buggy": SLOW.replace("return seconds", "return seconds + 1"),
    "fixed": SLOW,
    "tests": [{"call": f"wait({each})", "expected": str(each)} for each in (10, 11, 12)],
    "bug_lines": [5],
    "description": "",
}


def processes() -> set[int]:
    """The processes on this machine that this one has begun, and those of its containers."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                rest = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if rest[0] not in "ZX":
                parents[int(entry.name)] = int(rest[1])
    found = {os.getpid()}
    for _ in range(10):
        found |= {pid for pid, parent in parents.items() if parent in found}
    return found - {os.getpid()} | contained()


def contained() -> set[int]:
    import docker

    try:
        client = docker.from_env()
    except docker.errors.DockerException:
        return set()
    try:
        own = {"label": f"{OWNER_LABEL}={Owner.this()}"}
        found: set[int] = set()
        for container in client.containers.list(filters=own, ignore_removed=True):
            top = container.top()
            found |= {int(row[top["Titles"].index("PID")]) for row in top["Processes"]}
        return found
    except docker.errors.APIError:
        return set()
    finally:
        client.close()


def kill(begun: Callable[[], set[int]]) -> None:
    """Kills the processes of a box, the oldest, which is its supervisor, first."""
    victims = sorted(begun())
    assert victims, "there is no box"
    for pid in victims:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


@pytest.fixture
def begun() -> Iterator[Callable[[], set[int]]]:
    """Tells which processes were begun since the test was; a box that stood before serves it no more."""
    trace_store.cache_clear()
    judge_of.cache_clear()
    before = processes()
    yield lambda: processes() - before


@pytest.fixture
def opened() -> Iterator[Callable[..., gymnasium.Env[Any, Any]]]:
    made: list[gymnasium.Env[Any, Any]] = []

    def make(env_id: str, **options: Any) -> gymnasium.Env[Any, Any]:
        made.append(gymnasium.make(env_id, **options))
        return made[-1]

    yield make
    for env in made:
        env.close()


@pytest.mark.parametrize("box", BOXES)
def test_while_a_program_stands_still_for_a_look(
    box: str, tasks: str, opened: Callable[..., Any], begun: Callable[[], set[int]]
) -> None:
    env = opened("debugworld/OutputPrediction-Text-v0", tasks=tasks, sandbox=box)
    for _ in range(2):
        env.reset(seed=0, options={"task": 0})
        env.step("u 4")
        page, _, terminated, truncated, info = env.step("p n + 41")
        assert "\nReply: 41\n" in page and not terminated and not truncated and not info["fault"]
        kill(begun)
        page, _, terminated, truncated, info = env.step("p n + 42")
        assert (terminated, truncated, info["fault"]) == (False, True, True)
        assert info["error"] and info["error"] in page
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step("s")


@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("family", ["Text", "Features"])
def test_while_a_program_runs(
    box: str, family: str, tmp_path: Path, opened: Callable[..., Any], begun: Callable[[], set[int]]
) -> None:
    text = json.dumps(BUG).replace("import time", f"import time  # {box} {family}")  # nobody has recorded it
    (tmp_path / "bugs.jsonl").write_text(text, "utf-8")
    uri = f"jsonl/{tmp_path}/bugs.jsonl"
    env = opened(f"debugworld/FaultLocalization-{family}-v0", tasks=uri, sandbox=box)
    for _ in range(2):
        env.reset(seed=0)
        [test, _] = {1, 2, 3} - {env.unwrapped.scene.test}
        said = env.unwrapped.say(parse(f"test {test}", env.unwrapped.kinds))
        trace_store(box).run(Program("x = 1\n"))  # so that the box stands
        timer = threading.Timer(0.4, kill, [begun])
        timer.start()
        *_, terminated, truncated, info = env.step(said)
        timer.join()
        assert (terminated, truncated, info["fault"]) == (False, True, True)
        assert "box was lost" in info["error"]
    env.reset(seed=0)
    *_, truncated, info = env.step(said)
    assert not truncated and "error" not in info


@pytest.mark.parametrize("box", BOXES)
def test_while_tests_are_run(
    box: str, tmp_path: Path, opened: Callable[..., Any], begun: Callable[[], set[int]]
) -> None:
    (tmp_path / "bugs.jsonl").write_text(json.dumps(BUG), "utf-8")
    uri = f"jsonl/{tmp_path}/bugs.jsonl"
    env = opened("debugworld/Repair-Text-v0", tasks=uri, sandbox=box)
    edit = f"edit 5     return seconds  # {box}, and nobody has judged it"
    for _ in range(2):
        env.reset(seed=0)
        env.step(edit)
        trace_store(box).run(Program("x = 1\n"))  # so that the box stands
        timer = threading.Timer(0.4, kill, [begun])
        timer.start()
        page, reward, terminated, truncated, info = env.step("run")
        timer.join()
        assert (terminated, truncated, info["fault"], info["success"]) == (False, True, True, False)
        assert "box was lost" in info["error"] and info["error"] in page
        assert "fails: broken" not in page  # it is not the program's doing
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step("submit")
    env.reset(seed=0)
    env.step(edit)
    page, *_, truncated, info = env.step("run")
    assert "  passes" in page and not truncated and not info["fault"]
    *_, terminated, _, info = env.step("submit")
    assert terminated and info["success"]
