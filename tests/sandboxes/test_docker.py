"""The docker box is closed on every side, and outlives nobody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from debugworld.sandboxes import Sandbox, SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.owner import Owner
from debugworld.sandboxes.reaper import LABEL, OWNER_LABEL

pytestmark = pytest.mark.docker


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
