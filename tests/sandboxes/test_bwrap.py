"""The bwrap box is closed on every side, shows nothing of the host, and outlives nobody."""

from __future__ import annotations

import ast
import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, SandboxError, bwrap, open_sandbox
from debugworld.sandboxes.debugger import Program

pytestmark = pytest.mark.bwrap

FORKS = """\
import os, signal
x = 0
try:
    while x < 5000:
        if os.fork() == 0:
            signal.pause()
        x += 1
except BlockingIOError:
    pass
"""
HOGS = """\
import os
for i in range(8):
    if os.fork() == 0:
        break
a = bytearray(300 << 20)
while True:
    pass
"""


@pytest.fixture
def box(boxes: Callable[[str], Sandbox]) -> Sandbox:
    return boxes("bwrap")


def value(sandbox: Sandbox, source: str) -> str:
    """Runs ``source`` and returns the text of its ``x`` at the end."""
    trace = sandbox.record(Program(source))
    assert trace.exit.code == "normal", trace
    return trace.states[-1].locals["x"]


def status_of(sandbox: Sandbox, name: str) -> str:
    source = f"for x in open('/proc/self/status'):\n    if x.startswith('{name}:'): break\n"
    return str(ast.literal_eval(value(sandbox, source))).split()[1]


def test_the_user_has_no_rights(box: Sandbox) -> None:
    ids = "import os\nx = os.getresuid(), os.getresgid(), os.getgroups()\n"
    expected = "((65534, 65534, 65534), (65534, 65534, 65534), [])"
    assert value(box, ids).replace("[65534]", "[]") == expected
    for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
        assert int(status_of(box, name), 16) == 0, name
    assert status_of(box, "NoNewPrivs") == "1"
    assert status_of(box, "Seccomp") == "2"


def test_the_supervisor_is_the_first_process_and_as_powerless(box: Sandbox) -> None:
    assert value(box, "import os\nx = os.getppid()\n") == "1"
    source = "x = [l.split()[1] for l in open('/proc/1/status') if l[:3] in ('Uid', 'Cap', 'NoN', 'Sec')]\n"
    zero = "0" * 16
    assert ast.literal_eval(value(box, source)) == ["65534", *[zero] * 5, "1", "2", "1"]


def test_nothing_of_the_host_is_there(box: Sandbox) -> None:
    assert value(box, "import os\nx = sorted(os.environ)\n").count("SSH") == 0
    root = ast.literal_eval(value(box, "import os\nx = sorted(os.listdir('/'))\n"))
    assert {"home", "mnt", "sys", "boot", "var"}.isdisjoint(root)
    assert ast.literal_eval(value(box, "x = open('/etc/passwd').read().split(':')[0]\n")) == "nobody"
    assert value(box, "import os\nx = sorted(os.listdir('/etc'))\n") == "['group', 'hosts', 'passwd']"
    devices = ast.literal_eval(value(box, "import os\nx = sorted(os.listdir('/dev'))\n"))
    assert devices == ["full", "null", "random", "urandom", "zero"]
    assert value(box, "import os\nx = os.uname().nodename\n") == "'box'"
    assert (
        value(box, "import os\nx = sorted(n for n in os.listdir('/proc') if n.isdecimal())[0:3]\n")[:4]
        == "['1'"
    )
    mine = str(os.getpid())
    assert (
        mine
        not in ast.literal_eval(
            value(box, "import os\nx = ' '.join(n for n in os.listdir('/proc') if n.isdecimal())\n")
        ).split()
    )


def test_the_environment_is_ours_alone(box: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ast.literal_eval(value(box, "import os\nx = ' '.join(sorted(os.environ))\n")).split()
    assert "HOME" in names and "PYTHONHASHSEED" in names
    assert set(names) <= {*bwrap.environment("/packages"), "HOME", "PATH", "PWD"}


@pytest.mark.parametrize(
    "source",
    [
        "open('/x', 'w')\n",
        "import os\nos.mkdir('/etc/x')\n",
        "open('/dev/x', 'w')\n",
        "open('/packages/x', 'w')\n",
        "import sys\nopen(sys.executable, 'ab')\n",
        "open('/proc/1/environ').read()\n",
        "open('/proc/1/mem', 'rb')\n",
        "open('/proc/kcore', 'rb').read(1)\n",
        "open('/proc/sysrq-trigger', 'w')\n",
        "open('/proc/sys/kernel/hostname', 'w')\n",
        "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)\n",
        "import os\nos.setuid(0)\n",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\n",
        "import os\nos.chroot('/tmp')\n",
        "for i in range(40):\n    with open('/tmp/%d' % i, 'wb') as f:\n        f.write(b'x' * 10**6)\n",
        "import subprocess\nsubprocess.run(['/bin/sh'])\n",
        "import os, sys\nos.execv(sys.executable, ['python'])\n",
        "import os, sys, shutil\nshutil.copy(sys.executable, '/tmp/a')\nos.chmod('/tmp/a', 0o777)\n"
        "os.execv('/tmp/a', ['a'])\n",
    ],
)
def test_what_is_forbidden_raises(box: Sandbox, source: str) -> None:
    trace = box.record(Program(source))
    assert (trace.exit.code, trace.exit.reason) == ("error", "uncaught")
    assert value(box, "x = 1\n") == "1"


def test_there_is_no_other_network(box: Sandbox) -> None:
    source = "x = [l.split(':')[0].strip() for l in open('/proc/net/dev') if ':' in l]\n"
    assert value(box, source) == "['lo']"


def test_every_namespace_is_its_own(box: Sandbox) -> None:
    for name in ("ipc", "mnt", "net", "pid", "uts"):
        theirs = ast.literal_eval(value(box, f"import os\nx = os.readlink('/proc/self/ns/{name}')\n"))
        assert theirs != os.readlink(f"/proc/self/ns/{name}")


def test_the_same_files_as_in_the_image(box: Sandbox) -> None:
    names = ("json", "pip", "tkinter", "test")
    source = f"import importlib.util as u\nx = [u.find_spec(n) is None for n in {names}]\n"
    assert value(box, source) == "[False, True, True, True]"


def limits_hold() -> bool:
    from debugworld.sandboxes import cgroup

    return cgroup.version() is not None


def test_all_processes_together_are_limited(box: Sandbox) -> None:
    if not limits_hold():
        pytest.skip("cgroup: this user may make no control group")
    assert 10 < int(value(box, FORKS)) <= bwrap.PROCESSES
    box.record(Program(HOGS))  # what takes too much memory is killed, and the supervisor is not
    assert value(box, "x = 1\n") == "1"


def children(pid: int) -> list[int]:
    """Returns the processes that the threads of a process have started."""
    found: list[int] = []
    with contextlib.suppress(OSError):  # the process has ended
        for task in os.listdir(f"/proc/{pid}/task"):
            with contextlib.suppress(OSError):  # a thread that has ended since
                started = Path(f"/proc/{pid}/task/{task}/children").read_text()
                found += [int(child) for child in started.split()]
    return found


def name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def supervisors(parent: int) -> list[int]:
    """Returns the bubblewraps that a process has started."""
    return [pid for pid in children(parent) if name(pid) == "bwrap"]


def descendants(pid: int) -> list[int]:
    found = [pid]
    for child in children(pid):
        found += descendants(child)
    return found


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def gone_soon(pids: list[int]) -> bool:
    deadline = time.monotonic() + 30
    while any(map(alive, pids)) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not any(map(alive, pids))


@pytest.mark.parametrize("what", ["time.sleep(60)", "exec('while True: pass')"])
def test_a_killed_client_leaves_no_process(what: str) -> None:
    source = (
        "from debugworld.sandboxes import open_sandbox\n"
        "from debugworld.sandboxes.debugger import Program\n"
        "box = open_sandbox('bwrap', timeout=60)\n"
        "box.record(Program('x = 1'))\n"
        "print('ready', flush=True)\n"
        f"box.record(Program({f'import time; {what}'!r}))\n"
    )
    client = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    assert client.stdout is not None and client.stdout.readline() == b"ready\n"
    [outer] = supervisors(client.pid)
    deadline = time.monotonic() + 30
    while len(pids := descendants(outer)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert len(pids) >= 3
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdout.close()
    assert gone_soon(pids)


def test_a_box_outlives_the_thread_that_started_it() -> None:
    before = set(supervisors(os.getpid()))
    with open_sandbox("bwrap") as sandbox:
        thread = threading.Thread(target=sandbox.record, args=(Program("x = 1\n"),))
        thread.start()
        thread.join()
        [pid] = set(supervisors(os.getpid())) - before
        time.sleep(0.1)
        assert alive(pid)
        assert value(sandbox, "x = 1\n") == "1"


def test_a_supervisor_that_hangs_is_ended() -> None:
    before = set(supervisors(os.getpid()))
    with open_sandbox("bwrap") as sandbox:
        sandbox.record(Program("x = 1\n"))
        [outer] = set(supervisors(os.getpid())) - before
        pids = descendants(outer)
        os.kill(pids[1], signal.SIGSTOP)
    assert gone_soon(pids)


def test_a_box_that_was_closed_leaves_nothing() -> None:
    before = set(supervisors(os.getpid()))
    with open_sandbox("bwrap") as sandbox:
        sandbox.record(Program("x = 1\n"))
        [outer] = set(supervisors(os.getpid())) - before
        pids = descendants(outer)
        names = groups_of(pids[-1])
    assert gone_soon(pids)
    assert not any(Path(name).exists() for name in names)


def groups_of(pid: int) -> list[str]:
    lines = Path(f"/proc/{pid}/cgroup").read_text().splitlines()
    paths = {line.split(":", 2)[2] for line in lines if "debugworld-" in line}
    roots = [Path("/sys/fs/cgroup"), *(p for p in Path("/sys/fs/cgroup").iterdir() if p.is_dir())]
    return [found for root in roots for path in paths if Path(found := str(root) + path).is_dir()]


def test_a_lost_box_is_an_error_once_and_replaced() -> None:
    before = set(supervisors(os.getpid()))
    with open_sandbox("bwrap") as sandbox:
        sandbox.record(Program("x = 1\n"))
        [outer] = set(supervisors(os.getpid())) - before
        os.kill(descendants(outer)[1], signal.SIGKILL)
        assert gone_soon([outer])
        with pytest.raises(SandboxError, match="was lost"):
            sandbox.record(Program("x = 1\n"))
        assert sandbox.record(Program("x = 1\n")).exit.code == "normal"


def test_without_a_control_group_it_works_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bwrap.Cgroup, "make", classmethod(lambda cls, *limits: None))
    with open_sandbox("bwrap") as sandbox:
        assert (
            value(sandbox, "import threading\nt = threading.Thread(target=int)\nt.start()\nt.join()\nx = 1\n")
            == "1"
        )
        source = "import resource\nx = resource.getrlimit(resource.RLIMIT_NPROC)[1] <= 1024\n"
        assert value(sandbox, source) == "True"


def test_a_user_without_rights_has_the_same_box(monkeypatch: pytest.MonkeyPatch) -> None:
    """What anybody but root gets: the powerless user inside a user namespace."""
    monkeypatch.setattr(bwrap, "_is_root", lambda: False)
    try:
        bwrap.BwrapSandbox.require()
    except SandboxError as error:
        pytest.skip(f"bwrap: {error}")
    with open_sandbox("bwrap") as sandbox:
        assert value(sandbox, "import os\nx = os.getresuid()\n") == "(65534, 65534, 65534)"
        for name in ("CapInh", "CapPrm", "CapEff", "CapAmb"):
            assert int(status_of(sandbox, name), 16) == 0, name
        theirs = ast.literal_eval(value(sandbox, "import os\nx = os.readlink('/proc/self/ns/user')\n"))
        assert theirs != os.readlink("/proc/self/ns/user")


def test_a_start_that_fails_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    inside: Any = bwrap._inside
    with open_sandbox("bwrap") as sandbox:
        monkeypatch.setattr(bwrap, "_inside", lambda: [*inside(), "--ro-bind", "/nowhere", "/nowhere"])
        with pytest.raises(SandboxError, match="does not start: bwrap: .*/nowhere"):
            sandbox.record(Program("x = 1\n"))
