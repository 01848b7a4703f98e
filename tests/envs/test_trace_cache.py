"""Traces rest on disk: found again by content, never believed when damaged, bounded in size."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import gymnasium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from debugworld.envs import BUG_ENV_IDS, ENV_IDS, load_task_set
from debugworld.envs.judge import judge_of
from debugworld.envs.trace_cache import TraceCache, cache_folder, open_trace_cache, trace_key
from debugworld.envs.trace_store import LIMITS, TraceStore, trace_store
from debugworld.sandboxes import SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Event, Exit, ExitCode, Program, State, Trace
from debugworld.sandboxes.debugger.recorder import record

PROGRAM = Program(
    "def f(n):\n    print('é\\ud800')\n    return g(n)\n\ndef g(n):\n    return 1 // n\n", "f(0)"
)
KEY = "ab" + 62 * "0"


@pytest.fixture
def cache(tmp_path: Path) -> TraceCache:
    return TraceCache(tmp_path / "traces")


def test_what_is_read_is_what_was_written(cache: TraceCache) -> None:
    for program in (PROGRAM, *load_task_set("builtin").programs, *load_task_set("generated/3/20").programs):
        trace = record(program)
        key = trace_key(program, "process", trace.python, LIMITS)
        assert cache.get(key, program) is None
        cache.put(key, trace)
        found = cache.get(key, program)
        assert found == trace


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=9), max_size=3), max_size=6),
    st.text(max_size=20),
)
def test_any_text_goes_round(
    tmp_path_factory: pytest.TempPathFactory, shown: list[dict[str, str]], out: str
) -> None:
    cache = TraceCache(tmp_path_factory.mktemp("traces"))
    program = Program("x = 1\ny = 2\n")
    states = [
        State(Event.LINE, 1 + i % 2, f"{'xy'[i % 2]} = {1 + i % 2}", "<module>", 0, d)
        for i, d in enumerate(shown)
    ]
    trace = Trace("3.11.7", states, Exit(ExitCode.NORMAL, "exit"), out, out[::-1])
    cache.put(KEY, trace)
    assert cache.get(KEY, program) == trace


@pytest.mark.parametrize("place", [0, 40, -1])
def test_a_damaged_file_is_removed(place: int, cache: TraceCache) -> None:
    cache.put(KEY, record(PROGRAM))
    path = cache.folder / "ab" / f"{KEY}.trace"
    data = bytearray(path.read_bytes())
    data[place] ^= 1
    path.write_bytes(data)
    assert cache.get(KEY, PROGRAM) is None
    assert not path.exists()


@pytest.mark.parametrize("size", [0, 10, 100])
def test_a_file_that_ends_early_is_removed(size: int, cache: TraceCache) -> None:
    cache.put(KEY, record(PROGRAM))
    path = cache.folder / "ab" / f"{KEY}.trace"
    path.write_bytes(path.read_bytes()[:size])
    assert cache.get(KEY, PROGRAM) is None and not path.exists()


def test_another_traces_file_is_not_taken(cache: TraceCache) -> None:
    other = "ab" + 62 * "1"
    cache.put(KEY, record(PROGRAM))
    (cache.folder / "ab" / f"{KEY}.trace").rename(cache.folder / "ab" / f"{other}.trace")
    assert cache.get(other, PROGRAM) is None


def test_everything_that_a_trace_follows_from_is_in_its_key() -> None:
    keys = [
        trace_key(program, kind, python, limits)
        for program in (PROGRAM, Program(PROGRAM.source, "f(1)"))
        for kind in ("docker", "process")
        for python in ("3.11.7", "3.12.1")
        for limits in (LIMITS, {**LIMITS, "max_events": 5})
    ]
    assert len(set(keys)) == 16
    assert trace_key(Program(PROGRAM.source, "f(0)", "else"), "docker", "3.11.7", LIMITS) == keys[0]


@pytest.mark.parametrize("reason", ["timeout", "killed", "tamper"])
def test_an_end_by_chance_is_not_kept(reason: str, cache: TraceCache) -> None:
    trace = record(PROGRAM)
    cache.put(KEY, Trace(trace.python, trace.states, Exit(ExitCode.NEVER, reason)))
    assert cache.get(KEY, PROGRAM) is None


def test_the_size_is_bounded_and_only_own_files_go(tmp_path: Path) -> None:
    trace = record(PROGRAM)
    probe = TraceCache(tmp_path / "probe")
    probe.put(KEY, trace)
    size = (probe.folder / "ab" / f"{KEY}.trace").stat().st_size
    cache = TraceCache(tmp_path / "traces", 20 * size)
    keys = [f"{number:02x}" + 62 * "0" for number in range(40)]
    strange = cache.folder / "00" / "mine.trace"
    strange.parent.mkdir(parents=True)
    strange.write_text("kept")
    left = cache.folder / "00" / ".writing-old"
    left.write_text("left over")
    os.utime(left, (0, 0))
    for number, key in enumerate(keys):
        cache.put(key, trace)
        os.utime(cache.folder / key[:2] / f"{key}.trace", (number, number))
        if number >= 3:
            assert cache.get(keys[3], PROGRAM) is not None  # and so it is never the oldest
    there = [key for key in keys if (cache.folder / key[:2] / f"{key}.trace").exists()]
    assert 15 <= len(there) <= 21 and keys[3] in there and keys[0] not in there and keys[39] in there
    assert strange.read_text() == "kept" and not left.exists()


def test_several_write_and_remove_at_once(tmp_path: Path) -> None:
    trace = record(PROGRAM)
    wrong = []

    def work(seed: int) -> None:
        cache = TraceCache(tmp_path / "traces", 3000)
        for number in range(60):
            key = f"{(number * seed) % 7:02x}" + 62 * "0"
            cache.put(key, trace)
            if cache.get(key, PROGRAM) not in (None, trace):
                wrong.append(key)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in (1, 2, 3, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    assert not list((tmp_path / "traces").rglob(".writing-*"))


def test_a_folder_that_cannot_be_written_is_told_once(tmp_path: Path) -> None:
    (tmp_path / "traces").write_text("no folder")
    cache = TraceCache(tmp_path / "traces")
    with pytest.warns(RuntimeWarning, match="traces are not kept"):
        cache.put(KEY, record(PROGRAM))
    cache.put(KEY, record(PROGRAM))
    assert cache.get(KEY, PROGRAM) is None


def test_the_folder_is_chosen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", "")
    assert cache_folder() is None and open_trace_cache() is None
    monkeypatch.delenv("DEBUGWORLD_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert cache_folder() == Path("/somewhere/debugworld")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert cache_folder() == Path.home() / ".cache/debugworld"


def test_a_store_opens_no_box_for_what_was_seen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBUGWORLD_CACHE", str(tmp_path))
    opened = []
    monkeypatch.setattr(
        "debugworld.envs.trace_store.open_sandbox", lambda *a, **k: opened.append(a) or open_sandbox(*a, **k)
    )
    traces = []
    for count in (1, 1):  # a new store has an empty memory
        store = TraceStore("process")
        store.enter()
        traces.append(store.record(PROGRAM))
        store.leave()
        assert len(opened) == count
    assert traces[0] == traces[1]


@pytest.mark.parametrize("env_id", ENV_IDS)
def test_a_box_that_this_machine_cannot_have_raises(
    monkeypatch: pytest.MonkeyPatch, env_id: str, tasks: str, bugs: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SandboxError("no such box here")

    monkeypatch.setenv("DEBUGWORLD_CACHE", "")
    monkeypatch.setattr("debugworld.envs.trace_store.open_sandbox", fail)
    trace_store.cache_clear()
    judge_of.cache_clear()
    uri = "builtin" if "Complexity" in env_id else bugs if env_id in BUG_ENV_IDS else tasks
    env = gymnasium.make(env_id, tasks=uri, sandbox="bwrap")
    with pytest.raises(SandboxError, match="no such box here"):
        env.reset(seed=0)
    env.close()
    judge_of.cache_clear()


SECOND = """
import sys
import debugworld.sandboxes.sandbox as sandbox
import debugworld.envs
import gymnasium
import numpy

def fail(*_):
    raise AssertionError("a box was opened")

if sys.argv[1] == "second":
    sandbox.Sandbox.record = sandbox.Sandbox._take = fail
    import debugworld.envs.trace_store as store
    store.open_sandbox = fail
for name in debugworld.envs.ENV_IDS:
    env = gymnasium.make(name, tasks="builtin", sandbox="process")
    for task in range(min(len(env.unwrapped.task_set.programs), 16)):
        try:
            observation, info = env.reset(seed=task, options={"task": task})
        except debugworld.envs.TaskError as error:
            observation, info = str(error), {"fault": False}
        assert not info["fault"], info
        if isinstance(observation, dict):
            observation = sum(float(part.sum()) for part in map(numpy.asarray, observation.values()))
        print(name, task, observation)
    env.close()
"""


def test_a_second_process_resets_every_id_without_a_box(tmp_path: Path) -> None:
    told = []
    for turn in ("first", "second"):
        environment = {**os.environ, "DEBUGWORLD_CACHE": str(tmp_path)}
        done = subprocess.run(
            [sys.executable, "-c", SECOND, turn], capture_output=True, text=True, env=environment, timeout=200
        )
        assert done.returncode == 0, done.stderr
        told.append(done.stdout)
    assert told[0] == told[1] and told[0].count("\n") > 100
