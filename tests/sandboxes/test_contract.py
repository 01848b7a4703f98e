"""What every box promises: a run is data, however it ends, and leaves nothing for the next one."""

from __future__ import annotations

import os
import time

import pytest

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program, ProgramError, RecordedDebugger
from debugworld.sandboxes.debugger import recorder as recorder_module

COUNT = """\
def count(s, t):
    n = 0
    for c in s:
        n += int(c == t)
    return n
"""


def ending(sandbox: Sandbox, source: str) -> tuple[str, str]:
    trace = sandbox.record(Program(source))
    return trace.exit.code.value, trace.exit.reason


def test_a_run_gives_the_trace_that_the_recorder_makes(sandbox: Sandbox) -> None:
    program = Program(COUNT, "count('berry', 'r')")
    assert sandbox.record(program) == recorder_module.record(program)
    assert sandbox.python == sandbox.record(program).python


def test_a_box_serves_the_recorded_debugger(sandbox: Sandbox) -> None:
    debugger = RecordedDebugger(sandbox.record)
    state = debugger.reset(Program(COUNT, "count('berry', 'r')"))
    assert (state.event, state.function) == ("call", "main")
    debugger.close()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("x = 1\n", ("normal", "exit")),
        ("raise ValueError('no')\n", ("error", "uncaught")),
        ("raise SystemExit(0)\n", ("normal", "exit")),
        ("raise SystemExit(3)\n", ("error", "exit")),
        ("import os\nos._exit(3)\n", ("error", "abrupt_exit")),
        ("import os\nos._exit(0)\n", ("normal", "abrupt_exit")),
        ("import os\nos.kill(os.getpid(), 9)\n", ("error", "killed")),
        ("import os\nos.abort()\n", ("error", "crash")),
        ("while True:\n    x = 1\n", ("never", "step_budget")),
        ("import sys\nsys.settrace(lambda *a: None)\n", ("error", "tamper")),
        ("import sys\nsys.addaudithook(print)\n", ("error", "tamper")),
        ("x = 'a' * (1 << 40)\n", ("error", "uncaught")),
    ],
)
def test_how_a_run_ended_is_seen_from_outside(
    sandbox: Sandbox, source: str, expected: tuple[str, str]
) -> None:
    assert ending(sandbox, source) == expected


@pytest.mark.parametrize("source", ["import time\ntime.sleep(60)\n", "x = sum(range(10**12))\n"])
def test_a_run_that_hangs_is_ended_at_its_deadline(sandbox: Sandbox, source: str) -> None:
    sandbox.record(Program("x = 1\n"))
    begin = time.monotonic()
    assert ending(sandbox, source) == ("never", "timeout")
    assert time.monotonic() - begin < sandbox.timeout + 1.5


@pytest.mark.parametrize(
    "last", ["import os; os._exit(3)", "import os; os.kill(os.getpid(), 9)", "import time; time.sleep(60)"]
)
def test_no_state_before_a_sudden_end_is_lost(sandbox: Sandbox, last: str) -> None:
    trace = sandbox.record(Program(f"a = 1\nb = a + 1\n{last}\n"))
    assert trace.states[-1].source == last
    assert trace.states[-1].locals == {"a": "1", "b": "2"}


def test_a_budget_of_events_is_kept_exactly(sandbox: Sandbox) -> None:
    trace = sandbox.record(Program("while True:\n    x = 1\n"))
    assert len(trace.states) == sandbox.max_events


def test_printing_is_captured_and_bounded(sandbox: Sandbox) -> None:
    trace = sandbox.record(Program("print('hello')\nfor i in range(300):\n    print('x' * 10000)\n"))
    assert "hello\n" in [state.stdout for state in trace.states]
    assert sum(len(state.stdout) for state in trace.states) + len(trace.stdout) <= 300 * 10_001 + 6
    assert trace.exit.code == "normal"


def test_large_states_pass(sandbox: Sandbox) -> None:
    source = "globals().update({'v%d' % i: ['x' * 200] * 20 for i in range(400)})\na = 1\nb = 2\n"
    trace = sandbox.record(Program(source))
    assert trace.exit.code == "normal"
    assert len(trace.states[-1].locals) >= 400
    assert sum(map(len, trace.states[-1].locals.values())) > 1 << 16  # more than a pipe holds


def test_odd_text_passes(sandbox: Sandbox) -> None:
    trace = sandbox.record(Program("a = '\\ud800'\nb = '\\0\\x1b'\nprint(chr(0x1f600))\n"))
    assert trace.exit.code == "normal"
    assert trace.states[-1].locals["b"] == r"'\x00\x1b'"


def test_nothing_of_a_run_reaches_the_next(sandbox: Sandbox) -> None:
    sandbox.record(Program("import builtins, json\nbuiltins.len = None\njson.dumps = None\n"))
    sandbox.record(Program("with open('/tmp/debugworld-left', 'w') as f:\n    f.write('x')\n"))
    source = "import json\nx = len(json.dumps([1]))\n"
    assert ending(sandbox, source) == ("normal", "exit")
    if sandbox.name != "process":
        look = sandbox.record(Program("import os\nx = os.listdir('/tmp')\n"))
        assert look.states[-1].locals["x"] == "[]"
    else:
        os.unlink("/tmp/debugworld-left")


def test_equal_runs_give_equal_traces(sandbox: Sandbox) -> None:
    program = Program("x = {'a', 'b', 'c'}\ny = hash('a')\nz = [object(), object()]\n")
    assert sandbox.record(program) == sandbox.record(program)


@pytest.mark.parametrize(
    ("source", "call", "text"),
    [
        ("def f(:\n", None, "line 1"),
        ("x = 1\n", "f(", "does not parse"),
        ("x = 1\n", "g(1)", "does not define 'g'"),
    ],
)
def test_a_wrong_program_is_the_callers_error(
    sandbox: Sandbox, source: str, call: str | None, text: str
) -> None:
    with pytest.raises(ProgramError, match=text):
        sandbox.record(Program(source, call))
    assert ending(sandbox, "x = 1\n") == ("normal", "exit")


def test_a_box_that_was_closed_starts_again(box_name: str) -> None:
    with open_sandbox(box_name) as sandbox:
        assert ending(sandbox, "x = 1\n") == ("normal", "exit")
        sandbox.close()
        assert ending(sandbox, "x = 1\n") == ("normal", "exit")
        sandbox.close()
        sandbox.close()


def test_a_lost_supervisor_is_an_error_once_and_replaced() -> None:
    with open_sandbox("process") as sandbox:
        parent = sandbox.record(Program("import os\nx = os.getppid()\n")).states[-1].locals["x"]
        os.kill(int(parent), 9)
        with pytest.raises(SandboxError, match="was lost"):
            sandbox.record(Program("x = 1\n"))
        assert ending(sandbox, "x = 1\n") == ("normal", "exit")


def test_a_forked_process_gets_a_box_of_its_own() -> None:
    with open_sandbox("process") as sandbox:
        ours = sandbox.record(Program("import os\nx = os.getppid()\n")).states[-1].locals["x"]
        pid = os.fork()
        if pid == 0:
            theirs = sandbox.record(Program("import os\nx = os.getppid()\n")).states[-1].locals["x"]
            sandbox.close()
            os._exit(0 if theirs != ours else 1)
        assert os.waitpid(pid, 0)[1] == 0
        assert sandbox.record(Program("import os\nx = os.getppid()\n")).states[-1].locals["x"] == ours


def test_no_process_is_left_by_a_program() -> None:
    with open_sandbox("process") as sandbox:
        start = "p = subprocess.Popen(['sleep', '60'], start_new_session=True)"
        source = f"import subprocess\n{start}\nx = p.pid\n"
        left = int(sandbox.record(Program(source)).states[-1].locals["x"])
        with pytest.raises(ProcessLookupError):
            os.kill(left, 0)


def test_a_box_loads_what_it_runs_and_no_more(closed_box: Sandbox) -> None:
    source = "import sys\nfound = [m for m in sys.modules if m.startswith('_debugworld.')]\n"
    test = "runs, walks = '_debugworld.tracer' in found, '_debugworld.tree' in found\nx = 1\n"
    state = closed_box.record(Program(source + test)).states[-1]
    assert (state.locals["runs"], state.locals["walks"]) == ("True", "False")


def test_no_other_process_is_there_while_a_program_runs(closed_box: Sandbox) -> None:
    source = "import os\nfound = sorted(int(name) for name in os.listdir('/proc') if name.isdigit())\n"
    for _ in range(3):
        state = closed_box.record(Program(source + "me = os.getpid()\n")).states[-1]
        assert state.locals["found"] == f"[1, {state.locals['me']}]"
