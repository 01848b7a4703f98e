"""Threads of a program: only the main one makes states, and none of them holds the debugger up."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import Program, Trace

START = "import threading, time\n"


@pytest.fixture
def run(boxes: Callable[[str], Sandbox]) -> Callable[[str], Trace]:
    """Runs a source as a script in a box that gives it two seconds."""
    box = boxes("process")
    return lambda source: box.record(Program(START + source))


def _stdout(trace: Trace) -> str:
    return "".join(state.stdout for state in trace.states) + trace.stdout


def test_other_threads_make_no_states_but_work(run: Callable[[str], Trace]) -> None:
    trace = run(
        "def work(n):\n    seen.append(n)\n    print('worker', n)\n"
        "seen = []\n"
        "t = threading.Thread(target=work, args=(1,))\n"
        "t.start()\nt.join()\nwork(2)\n"
    )
    assert [s.locals for s in trace.states if s.event == "call"] == [{}, {"n": "2"}]
    assert trace.states[-1].locals["seen"] == "[1, 2]"
    assert _stdout(trace) == "worker 1\nworker 2\n"
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}


def test_threads_are_waited_for_and_heard(run: Callable[[str], Trace]) -> None:
    trace = run(
        "def late():\n    time.sleep(0.1)\n    print('late')\nthreading.Thread(target=late).start()\n"
    )
    assert trace.stdout == "late\n"
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}


def test_threads_are_waited_for_after_an_error_too(run: Callable[[str], Trace]) -> None:
    trace = run("threading.Timer(0.1, print, ['late']).start()\n1 / 0\n")
    assert trace.stdout == "late\n"
    assert trace.exit.to_json() == {"code": "error", "reason": "uncaught"}


@pytest.mark.parametrize("body", ["time.sleep(60)", "while True: time.sleep(0.01)"])
def test_a_daemon_that_never_ends_is_left(run: Callable[[str], Trace], body: str) -> None:
    trace = run(f"def work():\n    {body}\nthreading.Thread(target=work, daemon=True).start()\nx = 1\n")
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}
    assert trace.states[-1].locals["x"] == "1"


@pytest.mark.parametrize(
    "source",
    [
        "lock = threading.Lock()\nlock.acquire()\nlock.acquire()\n",
        "a, b, met = threading.Lock(), threading.Lock(), threading.Barrier(2)\n"
        "def both(x, y):\n    with x:\n        met.wait()\n        with y:\n            pass\n"
        "threading.Thread(target=both, args=(a, b), daemon=True).start()\nboth(b, a)\n",
        pytest.param("threading.Event().wait()\n", marks=pytest.mark.long),
        pytest.param("import queue\nqueue.Queue().get()\n", marks=pytest.mark.long),
    ],
    ids=["locked twice", "deadlock", "event", "queue"],
)
def test_a_program_that_never_ends_ends_at_its_deadline(source: str) -> None:
    with open_sandbox("process", timeout=1.0) as box:
        trace = box.record(Program(START + source))
    assert trace.exit.to_json() == {"code": "never", "reason": "timeout"}
    assert trace.states


@pytest.mark.parametrize(
    "source",
    [
        "threading.Thread(target=time.sleep, args=(60,)).start()\n",
        "from concurrent.futures import ThreadPoolExecutor\nThreadPoolExecutor(1).submit(time.sleep, 60)\n",
    ],
)
def test_threads_that_never_end_are_not_waited_for_for_ever(run: Callable[[str], Trace], source: str) -> None:
    trace = run(source + "x = 1\n")
    assert trace.exit.to_json() == {"code": "error", "reason": "unsupported"}
    assert trace.states[-1].locals["x"] == "1"


def test_pools_end_by_themselves(run: Callable[[str], Trace]) -> None:
    trace = run(
        "import asyncio, concurrent.futures\n"
        "with concurrent.futures.ThreadPoolExecutor(3) as pool:\n"
        "    print(sorted(pool.map(abs, [-1, -2])))\n"
        "forgotten = concurrent.futures.ThreadPoolExecutor(2)\n"
        "print(forgotten.submit(max, 1, 5).result())\n"
        "async def main():\n    return await asyncio.to_thread(pow, 2, 3)\n"
        "print(asyncio.run(main()))\n"
        "forgotten.submit(time.sleep, 0.1).add_done_callback(lambda _: print('last'))\n"
    )
    assert _stdout(trace) == "[1, 2]\n5\n8\nlast\n"
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}


def test_an_error_in_a_thread_is_told_and_ends_nothing(run: Callable[[str], Trace]) -> None:
    trace = run(
        "def work(n):\n    return 1 / n\n"
        "t = threading.Thread(target=work, args=(0,), name='worker')\nt.start()\nt.join()\n"
        "t = threading.Thread(target=exit)\nt.start()\nt.join()\n"
    )
    assert trace.exit.to_json() == {"code": "normal", "reason": "exit"}
    assert "".join(state.stderr for state in trace.states) + trace.stderr == (
        "Exception in thread worker:\n"
        "Traceback (most recent call last):\n"
        '  File "<program>", line 3, in work\n    return 1 / n\n'
        "ZeroDivisionError: division by zero\n"
    )


def test_a_thread_sees_its_own_hook(run: Callable[[str], Trace]) -> None:
    trace = run(
        "threading.excepthook = lambda a: print('hook', a.exc_type.__name__)\n"
        "t = threading.Thread(target=lambda: {}['x'])\nt.start()\nt.join()\n"
    )
    assert _stdout(trace) == "hook KeyError\n"
