"""Faults with the real engine: whatever dies, the caller learns it, and the next run works in a new box."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.channel import Channel
from debugworld.sandboxes.debugger import Action, LiveDebugger, Program
from debugworld.sandboxes.owner import Owner
from debugworld.sandboxes.reaper import OWNER_LABEL

SIMPLE = Program("x = 1\n")
SLEEP = Program("import time\ntime.sleep(60)\n")
BOXES = [pytest.param("docker", marks=pytest.mark.docker), "bwrap", "process"]
CLOSED = BOXES[:2]
SOON = 15.0
"""Seconds, generously, until the end of one process is known to the others; a minute is promised."""


@pytest.fixture
def box(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """A started box of the parametrised kind, which the test may break."""
    with opened(request.param) as sandbox:
        start = sandbox._start

        def kept() -> Channel:
            _CHANNELS.append(start())
            return _CHANNELS[-1]

        sandbox._start = kept  # type: ignore[method-assign]
        assert sandbox.record(SIMPLE).exit.code == "normal"
        yield sandbox
    _CHANNELS.clear()


_CHANNELS: list[Channel] = []
"""Those that the box of the test was started with, the latest last."""


def opened(name: str, **options: Any) -> Sandbox:
    try:
        return open_sandbox(name, **options)
    except SandboxError as error:
        pytest.skip(f"{name}: {error}")


def require_recovery(box: Sandbox) -> None:
    trace = box.record(SIMPLE)
    assert (trace.exit.code, trace.exit.reason, len(trace.states)) == ("normal", "exit", 3)


def descendants(root: int) -> dict[int, str]:
    """Returns the command names of all processes below one, by number."""
    parents: dict[int, tuple[int, str]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                head, _, rest = (entry / "stat").read_text().rpartition(")")
            except OSError:
                continue
            if rest.split()[0] not in "ZX":
                parents[int(entry.name)] = (int(rest.split()[1]), head.partition("(")[2])
    found: dict[int, str] = {}
    todo = [root]
    while todo:
        here = todo.pop()
        for pid, (parent, name) in parents.items():
            if parent == here and pid not in found:
                found[pid] = name
                todo.append(pid)
    return found


def containers(owner: str) -> list[Any]:
    """Returns the containers that a process owns, whatever their state."""
    import docker

    client = docker.from_env()
    try:
        found: list[Any] = client.containers.list(
            all=True, filters={"label": f"{OWNER_LABEL}={owner}"}, ignore_removed=True
        )
        return found
    finally:
        client.close()


def box_processes(box: Sandbox, before: set[int]) -> list[int]:
    """Returns the numbers on this machine of the processes in a box, the supervisor first."""
    if box.name == "docker":
        [container] = [c for c in containers(str(Owner.this())) if c.name not in _OTHERS]
        top = container.top()
        column = top["Titles"].index("PID")
        return [int(row[column]) for row in top["Processes"]]
    return sorted(pid for pid in descendants(os.getpid()) if pid not in before)


_OTHERS: set[str] = set()
"""Containers that other tests of this process have open."""


@pytest.fixture(autouse=True)
def others() -> None:
    _OTHERS.clear()
    try:
        _OTHERS.update(c.name for c in containers(str(Owner.this())))
    except Exception:
        return


def wait_for(what: Callable[[], bool], seconds: float = SOON) -> bool:
    end = time.monotonic() + seconds
    while not what():
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def during_a_run(box: Sandbox, fault: Callable[[], None]) -> Any:
    """Runs a program that sleeps, causes a fault in its middle, and returns what came of the run."""
    outcome: list[Any] = []

    def run() -> None:
        try:
            outcome.append(box.record(SLEEP))
        except BaseException as error:
            outcome.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.7)
    fault()
    thread.join(60)
    assert not thread.is_alive(), "the run hangs"
    return outcome[0]


# the client is killed


@pytest.mark.parametrize("name", BOXES)
def test_a_killed_client_leaves_nothing_running(name: str, tmp_path: Path) -> None:
    opened(name).close()
    script = (
        "import sys\n"
        "from debugworld.sandboxes import open_sandbox\n"
        "from debugworld.sandboxes.debugger import Program\n"
        "from debugworld.sandboxes.owner import Owner\n"
        "box = open_sandbox(sys.argv[1], timeout=300)\n"
        "box.record(Program('x = 1'))\n"
        "print(Owner.this(), flush=True)\n"
        "box.record(Program('import time; time.sleep(300)'))\n"
    )
    client = subprocess.Popen([sys.executable, "-c", script, name], stdout=subprocess.PIPE, text=True)
    assert client.stdout is not None
    owner = client.stdout.readline().strip()
    time.sleep(0.5)
    if name == "docker":
        assert len(containers(owner)) == 1
        below = [int(row[1]) for row in containers(owner)[0].top()["Processes"]]
    else:
        below = list(descendants(client.pid))
    assert len(below) >= 2, "the supervisor and the program's process"
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdout.close()
    assert wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 60)
    if name == "docker":
        assert wait_for(lambda: not containers(owner), 60)


# a process of the box is killed


@pytest.mark.parametrize("box", BOXES, indirect=True)
def test_a_killed_program_is_data(box: Sandbox) -> None:
    trace = during_a_run(box, lambda: os.kill(youngest(box), signal.SIGKILL))
    assert not isinstance(trace, BaseException), trace
    assert (trace.exit.code, trace.exit.reason) == ("error", "killed")
    assert trace.states[-1].source == "time.sleep(60)"
    require_recovery(box)


def youngest(box: Sandbox) -> int:
    """Returns the process of a box that runs its program, or waits for the next one; no other is younger."""

    def born(pid: int) -> int:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])

    return max(box_processes(box, set()), key=born)


@pytest.mark.parametrize("box", BOXES, indirect=True)
def test_a_killed_process_that_waits_for_its_program_is_replaced(box: Sandbox) -> None:
    def kill() -> None:
        time.sleep(0.5)  # it is made after the answer of the run before
        waiting = youngest(box)
        assert "_debugworld" in Path(f"/proc/{parent_of(waiting)}/cmdline").read_text(), "no process waits"
        os.kill(waiting, signal.SIGKILL)
        time.sleep(0.1)

    kill()
    require_recovery(box)
    kill()
    session = box.session(SIMPLE)
    assert session.state.source == "x = 1"
    session.close()
    require_recovery(box)
    assert len(_CHANNELS) == 1, "the box itself stays"


@pytest.mark.parametrize("box", BOXES, indirect=True)
def test_a_killed_supervisor_is_an_error_and_the_box_is_replaced(box: Sandbox) -> None:
    supervisor = int(box.record(Program("import os\nx = os.getppid()\n")).states[-1].locals["x"])

    def kill() -> None:
        if box.name == "docker":
            os.kill(box_processes(box, set())[0], signal.SIGKILL)
        elif box.name == "process":
            os.kill(supervisor, signal.SIGKILL)
        else:  # in a box of its own numbers
            os.kill(parent_of(youngest(box)), signal.SIGKILL)

    error = during_a_run(box, kill)
    assert isinstance(error, SandboxError), error
    assert "was lost" in str(error)
    require_recovery(box)


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/status").read_text().partition("PPid:")[2].split()[0])


def test_a_program_that_harms_the_supervisor_ends_for_it_and_the_box_is_replaced() -> None:
    harm = Program("import os\nos.setpriority(os.PRIO_PROCESS, os.getppid(), 5)\nx = 1\n")
    supervisor = Program("import os\nx = os.getppid()\n")
    with opened("process") as box:  # the others let no program do it
        first = box.record(supervisor).states[-1].locals["x"]
        trace = box.record(harm)
        assert (trace.exit.code, trace.exit.reason) == ("error", "tamper")
        second = box.record(supervisor).states[-1].locals["x"]
        assert second != first
        debugger = LiveDebugger(box.session)
        debugger.reset(harm)
        while not debugger.done:
            debugger.step(Action.parse("step_into"))
        debugger.close()
        assert box.record(supervisor).states[-1].locals["x"] != second


@pytest.mark.parametrize("name", BOXES)
@pytest.mark.parametrize("end, expected", [("os._exit(3)", "abrupt_exit"), ("raise SystemExit(3)", "exit")])
def test_what_a_program_leaves_running_does_not_hide_its_end(name: str, end: str, expected: str) -> None:
    program = Program(
        "import os, time\nx = 1\n"
        "if not os.fork():\n    os.setsid()\n    while True:\n        time.sleep(0.01)\n"
        f"{end}\n"
    )
    with opened(name, timeout=20.0) as box:
        trace = box.record(program)
        assert (trace.exit.code, trace.exit.reason) == ("error", expected)
        debugger = LiveDebugger(box.session)
        debugger.reset(program)
        while not debugger.done:
            debugger.step(Action.parse("step_into"))
        assert debugger.state.exit == trace.exit
        debugger.reset(program)
        debugger.step(Action.parse("step_into"))
        fork = debugger.fork()
        while not fork.done:
            fork.step(Action.parse("step_into"))
        assert fork.state.exit == trace.exit
        assert debugger.state.event == "line"
        fork.close()
        debugger.close()
        require_recovery(box)


@pytest.mark.long
@pytest.mark.parametrize("box", BOXES, indirect=True)
def test_a_stopped_supervisor_does_not_hang_the_caller(box: Sandbox) -> None:
    box.timeout = 1.0
    outside = {
        "docker": lambda: box_processes(box, set())[0],
        "bwrap": lambda: parent_of(youngest(box)),
        "process": lambda: int(box.record(Program("import os\nx = os.getppid()\n")).states[-1].locals["x"]),
    }[box.name]()
    os.kill(outside, signal.SIGSTOP)
    begin = time.monotonic()
    with pytest.raises(SandboxError, match="was lost"):
        box.record(SIMPLE)
    assert time.monotonic() - begin < 60
    require_recovery(box)
    assert wait_for(lambda: not alive(outside))


def alive(pid: int) -> bool:
    """Whether a process still runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.docker
@pytest.mark.parametrize("how", ["kill", "stop", "remove", pytest.param("pause", marks=pytest.mark.long)])
def test_a_container_that_is_taken_away_in_mid_run(how: str) -> None:
    import docker

    with opened("docker", timeout=2.0) as box:
        box.record(SIMPLE)
        [container] = [c for c in containers(str(Owner.this())) if c.name not in _OTHERS]

        def take() -> None:
            client = docker.from_env()
            try:
                there = client.containers.get(container.id)
                options: dict[str, dict[str, Any]] = {"remove": {"force": True}, "stop": {"timeout": 1}}
                getattr(there, how)(**options.get(how, {}))
            finally:
                client.close()

        gc.collect()
        gc.disable()
        before = len(os.listdir("/proc/self/fd"))
        try:
            error = during_a_run(box, take)
            assert isinstance(error, SandboxError), error
            require_recovery(box)
            assert len(os.listdir("/proc/self/fd")) == before, "a lost box keeps nothing open"
        finally:
            gc.enable()
    left = [c for c in containers(str(Owner.this())) if c.name not in _OTHERS]
    assert left == []


# the stream breaks


@pytest.mark.parametrize("box", BOXES, indirect=True)
@pytest.mark.parametrize("when", ["between", "in mid-run"])
def test_a_socket_that_is_cut(box: Sandbox, when: str) -> None:
    def cut() -> None:
        _CHANNELS[-1]._stream.shutdown(socket.SHUT_RDWR)

    if when == "between":
        cut()
        try:
            trace = box.record(SIMPLE)
            assert trace.exit.code == "normal"  # replaced before anything of it ran: also right
        except SandboxError as error:
            assert "was lost" in str(error)
    else:
        outcome = during_a_run(box, cut)
        assert isinstance(outcome, SandboxError) and "was lost" in str(outcome), outcome
    require_recovery(box)


# the disk of the box is full


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("what", ["bytes", "files"])
def test_a_full_disk_in_the_box_is_the_programs_exception(name: str, what: str) -> None:
    source = {
        "bytes": "f = open('/tmp/full', 'wb', 0)\nx = [f.write(b'x' * 10**6) for i in range(10**4)]\n",
        "files": "x = [open('/tmp/%d' % i, 'w').close() for i in range(10**6)]\n",
    }[what]
    with opened(name, timeout=1.5) as box:
        trace = box.record(Program(source))
        if name == "bwrap" and what == "files":  # its number is bounded by memory only
            assert trace.exit.code in ("error", "never")
        else:
            assert (trace.exit.code, trace.exit.reason) == ("error", "uncaught")
            full = "OSError: [Errno 28]", "OSError: [Errno 27]"  # no space left, or the largest file
            assert str(trace.states[-1].value).startswith(full)
        again = "import os\nx = os.listdir('/tmp')\nopen('/tmp/a', 'w').write('b')\n"
        trace = box.record(Program(again))
        assert (trace.exit.code, trace.states[-1].locals["x"]) == ("normal", "[]")


# the engine goes and comes


@pytest.fixture
def own_engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    """Gives what starts an engine of this test's own, beside the shared one, at one and the same place."""
    if shutil.which("dockerd") is None or os.getuid() != 0:
        pytest.skip("docker: an engine of the test's own needs dockerd and root")
    folder = Path(tempfile.mkdtemp(prefix="dw-engine-"))
    running: list[subprocess.Popen[bytes]] = []
    host = f"unix://{folder}/docker.sock"

    def start() -> subprocess.Popen[bytes]:
        log = (folder / "log").open("ab")
        command = [
            "dockerd", "--host", host, "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec",
            "--pidfile", f"{folder}/pid", "--bridge", "none", "--iptables=false", "--ip6tables=false",
            "--storage-driver", "vfs",
        ]  # fmt: skip
        process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        log.close()
        running.append(process)
        answers = ["docker", "-H", host, "info"]
        if not wait_for(lambda: subprocess.run(answers, capture_output=True).returncode == 0, 60):
            pytest.skip(f"docker: a second engine does not start: {(folder / 'log').read_text()[-500:]}")
        return process

    monkeypatch.setenv("DOCKER_HOST", host)
    try:
        yield start
    finally:
        for process in running:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
        for line in Path("/proc/self/mounts").read_text().splitlines():
            if str(folder) in line.split()[1]:
                subprocess.run(["umount", "-l", line.split()[1]], capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.docker
@pytest.mark.long
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_an_engine_that_stops_and_starts_in_mid_episode(
    own_engine: Callable[[], subprocess.Popen[bytes]], how: signal.Signals
) -> None:
    engine = own_engine()
    with opened("docker", timeout=5.0) as box:
        require_recovery(box)

        def stop() -> None:
            engine.send_signal(how)
            engine.wait(60)

        outcome = during_a_run(box, stop)
        # the container goes with an engine that ends in order; without one it may run on to its deadline
        lost = isinstance(outcome, SandboxError)
        assert lost or (outcome.exit.code, outcome.exit.reason) == ("never", "timeout"), outcome
        if lost:
            with pytest.raises(SandboxError, match="no Docker engine answers|does not start"):
                box.record(SIMPLE)
        own_engine()
        for attempt in (1, 2):
            try:
                require_recovery(box)
                break
            except SandboxError:
                assert attempt == 1, "a lost box is one error, then replaced"


# nothing grows


def usage(box: Sandbox) -> tuple[int, int, int, int]:
    """Returns memory in bytes, descriptors, processes below this one, and containers of this one."""
    gc.collect()
    time.sleep(0.3)  # the process that waits for the next run is made after the answer of the last one
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    owned = len(containers(str(Owner.this()))) if box.name == "docker" else 0
    below = len(descendants(os.getpid()))
    return pages * 4096, len(os.listdir("/proc/self/fd")), below, owned


def run_episodes(box: Sandbox, count: int) -> None:
    programs = [
        Program("x = [i * i for i in range(5)]\n"),
        Program("def f(n):\n    return n and f(n - 1)\n", "f(3)"),
        Program("raise ValueError(1)\n"),
        Program("import os\nos._exit(3)\n"),
        Program("print('x' * 1000)\nopen('/tmp/left', 'w').write('x' * 1000)\n"),
    ]
    for number in range(count):
        box.record(programs[number % len(programs)])


@pytest.mark.parametrize("name", CLOSED)
@pytest.mark.parametrize("count", [200, pytest.param(10_000, marks=pytest.mark.long)])
def test_episodes_leave_nothing_behind(name: str, count: int) -> None:
    with opened(name) as box:
        run_episodes(box, 100)
        inside = box_memory(box)
        memory, *counts = usage(box)
        run_episodes(box, count)
        memory_after, *counts_after = usage(box)
        assert counts_after == counts
        assert memory_after - memory < 8 << 20
        assert box_memory(box) - inside < 4 << 20


def box_memory(box: Sandbox) -> int:
    """Returns the resident bytes of a box's supervisor, as a program in it sees them."""
    source = "import os\nx = int(open('/proc/%d/statm' % os.getppid()).read().split()[1]) * 4096\n"
    return int(box.record(Program(source)).states[-1].locals["x"])


@pytest.mark.parametrize("name", CLOSED)
def test_boxes_that_are_opened_and_closed_leave_nothing_behind(name: str) -> None:
    def cycle() -> None:
        with opened(name) as box:
            box.record(SIMPLE)

    cycle()
    with opened(name) as spare:
        before = usage(spare)
        for _ in range(5):
            cycle()
        after = usage(spare)
    assert after[1:] == before[1:]
    assert after[0] - before[0] < 16 << 20


LAST_PID = Path("/proc/sys/kernel/ns_last_pid")


def sleeper(pid: int) -> subprocess.Popen[bytes] | None:
    """Returns a process with that number that leads its own group, if the number can be had again."""
    for _ in range(20):
        LAST_PID.write_text(str(pid - 1))
        process = subprocess.Popen(["sleep", "60"], start_new_session=True)
        if process.pid == pid:
            return process
        process.kill()
        process.wait()
    return None


@pytest.mark.skipif(not os.access(LAST_PID, os.W_OK), reason="only root chooses the next process's number")
def test_a_number_that_is_another_processs_by_now_is_left_alone() -> None:
    with opened("process") as box:
        debugger = LiveDebugger(box.session)
        state = debugger.reset(Program("import os\nx = os.getpid()\ny = 1\n"))
        while "x" not in state.locals:
            state = debugger.step(Action.parse("step_over"))
        pid = int(state.locals["x"])
        os.kill(pid, signal.SIGKILL)
        assert wait_for(lambda: not Path(f"/proc/{pid}").exists())
        other = sleeper(pid)
        if other is None:
            pytest.skip("the number was not free")
        try:
            debugger.close()
            assert box.record(SIMPLE).exit.code == "normal"
            assert other.poll() is None, "the end of a session is not that of whoever got its number"
        finally:
            other.kill()
            other.wait()
