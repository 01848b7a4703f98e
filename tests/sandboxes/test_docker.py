"""The docker box is closed on every side, and outlives nobody."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes import docker as docker_module
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.door import Door
from debugworld.sandboxes.image import ensure_image
from debugworld.sandboxes.interpreter import find_interpreter
from debugworld.sandboxes.owner import Owner
from debugworld.sandboxes.reaper import DEADLINE_LABEL, LABEL, OWNER_LABEL

pytestmark = pytest.mark.docker

THREAD = """\
import threading
x = []
thread = threading.Thread(target=x.append, args=(1,))
thread.start()
thread.join()
"""
FORK = """\
import os
child = os.fork()
if child == 0:
    os._exit(7)
x = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
"""


def value(sandbox: Sandbox, source: str) -> str:
    """Runs ``source`` and returns the text of its ``x`` at the end."""
    trace = sandbox.record(Program(source))
    assert trace.exit.code == "normal", trace
    return trace.states[-1].locals["x"]


def engine() -> Any:
    import docker

    return docker.from_env()


def born(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


def containers_of(pid: int) -> list[Any]:
    client = engine()
    found = client.containers.list(all=True, filters={"label": LABEL}, ignore_removed=True)
    mine = [c for c in found if c.labels.get(OWNER_LABEL, "").endswith(f":{pid}")]
    client.close()
    return mine


def test_the_user_has_no_rights(docker_box: Sandbox) -> None:
    ids = "import os\nx = os.getuid(), os.geteuid(), os.getgid(), os.getegid()\n"
    assert value(docker_box, ids) == "(65534, 65534, 65534, 65534)"
    status = "x = [l for l in open('/proc/self/status') if l[:3] in ('Cap', 'NoN', 'Sec')]\n"
    text = value(docker_box, status)
    assert text.count("0000000000000000") == 5
    assert r"NoNewPrivs:\t1" in text
    assert r"Seccomp:\t2" in text
    source = "x = [int(l.split()[1]) for l in open('/proc/self/status') if l.startswith('Seccomp_f')]\n"
    assert value(docker_box, source) == "[2]", "the engine's filter and ours"


@pytest.mark.parametrize(
    "source",
    [
        "open('/x', 'w')\n",
        "import os\nos.mkdir('/etc/x')\n",
        "open('/dev/shm/x', 'w')\n",
        "open('/proc/1/environ')\n",
        "open('/proc/1/mem', 'rb')\n",
        "import socket\nsocket.socket()\n",
        "import socket\nsocket.create_connection(('192.0.2.1', 80), 1)\n",
        "import os\nos.setuid(0)\n",
        "import resource\nresource.setrlimit(resource.RLIMIT_AS, (-1, -1))\n",
        "import os\nos.chroot('/tmp')\n",
        "for i in range(40):\n    with open('/tmp/%d' % i, 'wb') as f:\n        f.write(b'x' * 10**6)\n",
        "import subprocess\nsubprocess.run(['/bin/sh'])\n",
    ],
)
def test_what_is_forbidden_raises(docker_box: Sandbox, source: str) -> None:
    trace = docker_box.record(Program(source))
    assert (trace.exit.code, trace.exit.reason) == ("error", "uncaught")
    assert value(docker_box, "x = 1\n") == "1"


def test_there_is_no_other_network(docker_box: Sandbox) -> None:
    source = "x = [l.split(':')[0].strip() for l in open('/proc/net/dev') if ':' in l]\n"
    assert value(docker_box, source) == "['lo']"


def test_no_program_lies_in_the_folder_of_temporary_files(docker_box: Sandbox) -> None:
    source = "import os\nf = open('/tmp/a', 'w')\nf.close()\nos.chmod('/tmp/a', 0o777)\n"
    trace = docker_box.record(Program(source + "os.execv('/tmp/a', ['a'])\n"))
    assert trace.states[-1].value is not None and "PermissionError" in trace.states[-1].value


def test_deep_folders_are_cleared(docker_box: Sandbox) -> None:
    deep = "import os\nos.chdir('/tmp')\nfor i in range(200):\n    os.mkdir('d')\n    os.chdir('d')\n"
    docker_box.record(Program(deep + "os.symlink('/', 'root')\n"))
    assert value(docker_box, "import os\nx = os.listdir('/tmp')\n") == "[]"


def test_the_container_is_hardened(docker_box: Sandbox) -> None:
    docker_box.record(Program("x = 1\n"))
    [host] = [c.attrs["HostConfig"] for c in containers_of(os.getpid()) if c.status == "running"][:1]
    assert host["NetworkMode"] == "none"
    assert host["ReadonlyRootfs"] is True
    assert host["CapDrop"] == ["ALL"]
    assert host["SecurityOpt"] == ["no-new-privileges"]
    assert host["Memory"] == host["MemorySwap"] > 0
    assert host["PidsLimit"] == 64
    assert host["LogConfig"]["Type"] == "none"
    assert host["AutoRemove"] is True
    assert host["Binds"] is None
    assert [mount["ReadOnly"] for mount in host["Mounts"]] == [True]
    assert host["CgroupnsMode"] == "private"
    assert host["NanoCpus"] == 10**9
    assert host["IpcMode"] == "none"
    assert host["Privileged"] is False
    assert not host["CapAdd"] and not host["Devices"] and not host["PortBindings"]
    assert host["Tmpfs"].keys() == {"/tmp"}
    assert {"noexec", "nosuid", "nodev"} <= set(host["Tmpfs"]["/tmp"].split(","))


def test_a_killed_client_leaves_no_container() -> None:
    source = (
        "import os, sys, time\n"
        "from debugworld.sandboxes import open_sandbox\n"
        "from debugworld.sandboxes.debugger import Program\n"
        "box = open_sandbox('docker', timeout=60)\n"
        "box.record(Program('x = 1'))\n"
        "print('ready', flush=True)\n"
        "box.record(Program('import time; time.sleep(60)'))\n"
    )
    client = subprocess.Popen([sys.executable, "-c", source], stdout=subprocess.PIPE)
    assert client.stdout is not None and client.stdout.readline() == b"ready\n"
    assert len(containers_of(client.pid)) == 1
    client.send_signal(signal.SIGKILL)
    client.wait()
    client.stdout.close()
    deadline = time.monotonic() + 15
    while containers_of(client.pid) and time.monotonic() < deadline:
        time.sleep(0.2)
    assert containers_of(client.pid) == []


def test_leftovers_of_a_client_that_is_gone_are_removed() -> None:
    gone = subprocess.Popen(["sleep", "60"])
    with open_sandbox("docker") as sandbox:
        sandbox.record(Program("x = 1\n"))
        client = engine()
        image = containers_of(os.getpid())[0].image.tags[0]
        owner = replace(Owner.this(), pid=gone.pid, born=born(gone.pid))
        client.api.create_container(image, ["x"], labels={LABEL: "1", OWNER_LABEL: str(owner)})
        client.close()
        sandbox.close()
        sandbox.record(Program("x = 1\n"))
        assert len(containers_of(gone.pid)) == 1, "its owner lives"
        gone.kill()
        gone.wait()
        sandbox.close()
        sandbox.record(Program("x = 1\n"))
        assert containers_of(gone.pid) == []


def test_a_lost_container_is_an_error_once_and_replaced() -> None:
    before = {c.id for c in containers_of(os.getpid())}
    with open_sandbox("docker") as sandbox:
        sandbox.record(Program("x = 1\n"))
        [container] = [c for c in containers_of(os.getpid()) if c.id not in before]
        container.kill()
        with pytest.raises(SandboxError, match="was lost"):
            sandbox.record(Program("x = 1\n"))
        assert sandbox.record(Program("x = 1\n")).exit.code == "normal"
    assert {c.id for c in containers_of(os.getpid())} <= before


def running(pid: int) -> list[Any]:
    return [c for c in containers_of(pid) if c.status == "running"]


def test_descriptors_pass_and_the_way_in_is_gone() -> None:
    with open_sandbox("docker") as sandbox:
        assert value(sandbox, "import os\nx = os.listdir('/run/debugworld')\n") == "[]"
        if not sandbox.direct:
            pytest.skip("docker: this engine does not see the files of this machine")
        source = "import os\nx = sorted(os.listdir('/'))\n"
        assert "debugworld" not in value(sandbox, source)
    assert not list(Path(tempfile.gettempdir()).glob(f"debugworld-door-{os.getpid()}-*"))


def test_the_container_has_its_deadline_and_its_owner() -> None:
    before = {c.id for c in containers_of(os.getpid())}
    with open_sandbox("docker", lifetime=100.0, timeout=10.0) as sandbox:
        sandbox.record(Program("x = 1\n"))
        [container] = [c for c in containers_of(os.getpid()) if c.id not in before]
        assert Owner.parse(container.labels[OWNER_LABEL]) == Owner.this()
        left = int(container.labels[DEADLINE_LABEL]) - time.time()
        assert 100 < left < 2 * 3600


def test_a_container_ends_at_its_deadline_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(docker_module, "_LAST_RUN", 1.0)
    before = {c.id for c in containers_of(os.getpid())}
    with open_sandbox("docker", lifetime=1.0, timeout=0.5) as sandbox:
        sandbox.record(Program("import os, signal\nos.kill(1, signal.SIGALRM)\n"))
        sandbox.record(Program("x = 1\n"))  # an alarm of the program's ends nothing
        deadline = time.monotonic() + 30
        while {c.id for c in running(os.getpid())} - before and time.monotonic() < deadline:
            time.sleep(0.1)
        assert {c.id for c in running(os.getpid())} <= before


def test_an_old_container_is_replaced_between_runs() -> None:
    before = {c.id for c in containers_of(os.getpid())}
    with open_sandbox("docker", lifetime=0.001) as sandbox:
        sandbox.record(Program("x = 1\n"))
        first = {c.id for c in running(os.getpid())} - before
        time.sleep(0.01)
        assert sandbox.record(Program("x = 1\n")).exit.code == "normal"
        second = {c.id for c in running(os.getpid())} - before
    assert len(first) == len(second) == 1 and first != second


@pytest.mark.parametrize("lifetime", [0, -1, float("nan")])
def test_a_wrong_lifetime(lifetime: float) -> None:
    with pytest.raises(SandboxError, match="lifetime must be a positive number of seconds"):
        open_sandbox("docker", lifetime=lifetime)


def test_an_engine_that_does_not_see_our_files_is_talked_through(monkeypatch: pytest.MonkeyPatch) -> None:
    """What an engine in a virtual machine answers: there is no such folder to bind."""
    monkeypatch.setattr(Door, "shown", property(lambda door: "/nowhere/in"))
    with open_sandbox("docker") as sandbox:
        assert value(sandbox, "x = 1\n") == "1"
        assert not sandbox.direct
        assert len(running(os.getpid())) >= 1


def test_a_supervisor_that_cannot_come_in_is_talked_to_through_the_engine(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(Door, "shown", property(lambda door: str(tmp_path)))
    with open_sandbox("docker") as sandbox:
        assert value(sandbox, "x = 1\n") == "1"
        assert not sandbox.direct


@pytest.fixture
def built() -> Iterator[str]:
    """An image that says what it has, as one built with the Dockerfile does."""
    interpreter = find_interpreter()
    client = engine()
    name = f"debugworld-test-{os.getpid()}"
    text = (
        f"FROM {ensure_image(client, interpreter)}\nENV PYTHON_VERSION={interpreter.text}\n"
        f"LABEL debugworld.python={interpreter.executable}\nENV GREETING=hello\n"
    )
    client.images.build(fileobj=io.BytesIO(text.encode()), tag=name, rm=True)
    yield name
    client.images.remove(name)
    client.close()


def test_an_image_of_ones_own(built: str) -> None:
    with open_sandbox("docker", image=built) as sandbox:
        assert value(sandbox, "import os\nx = os.environ['GREETING']\n") == "'hello'"
        assert sandbox.record(Program("x = 1\n")).python == find_interpreter().text


def test_an_image_that_does_not_say_what_it_has() -> None:
    client = engine()
    name = ensure_image(client, find_interpreter())
    client.close()
    with (
        open_sandbox("docker", image=name) as sandbox,
        pytest.raises(SandboxError, match="does not say what Python it has"),
    ):
        sandbox.record(Program("x = 1\n"))
    with (
        open_sandbox("docker", image="127.0.0.1:1/debugworld/none") as sandbox,
        pytest.raises(SandboxError, match="no image '127.0.0.1:1/debugworld/none', and it cannot be pulled"),
    ):
        sandbox.record(Program("x = 1\n"))
    with pytest.raises(SandboxError, match="give no python and no requirements"):
        open_sandbox("docker", image=name, python=sys.executable)


class Forwarder:
    """A TCP port in front of the engine's Unix socket, as an engine elsewhere has it."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.pairs: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            far = socket.socket(socket.AF_UNIX)
            far.connect("/var/run/docker.sock")
            self.pairs += [near, far]
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._copy, args=(source, target), daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)

    def cut(self) -> None:
        for end in self.pairs:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[Forwarder]:
    """Makes the engine one of another machine, as far as this one can tell."""
    if not Path("/var/run/docker.sock").exists():
        pytest.skip("docker: the engine is elsewhere already")
    forwarder = Forwarder()
    monkeypatch.setenv("DOCKER_HOST", f"tcp://127.0.0.1:{forwarder.port}")
    yield forwarder
    forwarder.listener.close()
    forwarder.cut()


def test_an_engine_elsewhere(elsewhere: Forwarder) -> None:
    with open_sandbox("docker") as sandbox:
        assert value(sandbox, "x = 'a' * 10\n") == repr("a" * 10)
        assert not sandbox.direct
        assert len(sandbox.record(Program("for i in range(2000):\n    x = i\n")).states) > 4000


def test_an_engine_elsewhere_that_goes_away_ends_the_box(
    elsewhere: Forwarder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = {c.id for c in running(os.getpid())}
    with open_sandbox("docker") as sandbox:
        sandbox.record(Program("x = 1\n"))
        elsewhere.cut()
        monkeypatch.delenv("DOCKER_HOST")
        deadline = time.monotonic() + 30
        while {c.id for c in running(os.getpid())} - before and time.monotonic() < deadline:
            time.sleep(0.1)
        assert {c.id for c in running(os.getpid())} <= before


def test_a_runtime_that_is_not_there() -> None:
    with (
        open_sandbox("docker", runtime="crun-of-tomorrow") as sandbox,
        pytest.raises(SandboxError, match="no runtime 'crun-of-tomorrow'; it has: .*runc"),
    ):
        sandbox.record(Program("x = 1\n"))


def test_a_runtime_that_is_there() -> None:
    with open_sandbox("docker", runtime="runc") as sandbox:
        assert value(sandbox, "x = 1\n") == "1"


def test_gvisor() -> None:
    client = engine()
    known = client.info()["Runtimes"]
    client.close()
    if "runsc" not in known:
        pytest.skip("runsc: the engine has no gVisor; see https://gvisor.dev/docs/user_guide/install")
    with open_sandbox("docker", runtime="runsc") as sandbox:
        assert value(sandbox, "x = 1\n") == "1"
        assert not sandbox.direct


@pytest.mark.parametrize(("source", "text"), [(THREAD, "[1]"), (FORK, "7")])
def test_forks_and_threads_run(docker_box: Sandbox, source: str, text: str) -> None:
    assert value(docker_box, source) == text


def test_what_a_program_forks_ends_with_its_run(docker_box: Sandbox) -> None:
    docker_box.record(Program("import os, signal\nif os.fork() == 0:\n    signal.pause()\n"))
    assert (
        value(docker_box, "import os\nx = [int(n) for n in os.listdir('/proc') if n.isdecimal()][2:]\n")
        == "[]"
    )
