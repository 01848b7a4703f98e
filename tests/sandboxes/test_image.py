"""What a box holds: the interpreter and its libraries, extra packages, and nothing else of the host."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from debugworld.sandboxes import SandboxError, open_sandbox
from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.image import ensure_image, ensure_root
from debugworld.sandboxes.interpreter import find_interpreter
from debugworld.sandboxes.packages import cache_folder, ensure_packages, read_requirements

BOXES = [
    "process",
    pytest.param("bwrap", marks=pytest.mark.bwrap),
    pytest.param("docker", marks=pytest.mark.docker),
]


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel of one small package, as an index has it."""
    folder = tmp_path_factory.mktemp("wheels")
    with zipfile.ZipFile(folder / "debugworld_probe-1.2-py3-none-any.whl", "w") as wheel:
        facts = "debugworld_probe-1.2.dist-info"
        wheel.writestr("debugworld_probe/__init__.py", "from .deep.answer import ANSWER\n")
        wheel.writestr("debugworld_probe/deep/__init__.py", "")
        wheel.writestr("debugworld_probe/deep/answer.py", "ANSWER = 42\n")
        wheel.writestr("debugworld_probe/data.txt", "text")
        wheel.writestr(f"{facts}/METADATA", "Metadata-Version: 2.1\nName: debugworld-probe\nVersion: 1.2\n")
        wheel.writestr(f"{facts}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{facts}/RECORD", "")
    return folder


@pytest.fixture
def requirements(wheels: Path, tmp_path: Path) -> str:
    file = tmp_path / "requirements.txt"
    file.write_text(f"--no-index\n--find-links {wheels}\ndebugworld-probe==1.2\n")
    return str(file)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache of this test's own."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "debugworld"


@pytest.mark.parametrize("name", BOXES)
def test_a_required_package_can_be_imported(name: str, requirements: str, cache: Path) -> None:
    source = "import debugworld_probe as p\nx = p.ANSWER\ny = open(p.__path__[0] + '/data.txt').read()\n"
    with open_sandbox(name, requirements=requirements) as sandbox:
        trace = sandbox.record(Program(source))
        assert trace.exit.code == "normal", trace
        assert (trace.states[-1].locals["x"], trace.states[-1].locals["y"]) == ("42", "'text'")
    with open_sandbox(name) as sandbox:
        trace = sandbox.record(Program(source))
        assert trace.states[-1].value is not None and "ModuleNotFoundError" in trace.states[-1].value


@pytest.mark.long
@pytest.mark.parametrize("name", BOXES)
def test_numpy_and_pandas(name: str, tmp_path: Path) -> None:
    file = tmp_path / "requirements.txt"
    file.write_text("numpy\npandas\n")
    source = (
        "import numpy as np, pandas as pd\n"
        "x = (np.arange(6).reshape(2, 3) @ np.ones((3, 1))).ravel().tolist()\n"
        "y = pd.DataFrame({'a': [1, 2], 'b': [3, 4]}).sum().to_dict()\n"
    )
    with open_sandbox(name, requirements=str(file)) as sandbox:
        trace = sandbox.record(Program(source))
        assert trace.exit.code == "normal", (trace.exit, trace.states[-1].value)
        assert trace.states[-1].locals["x"] == "[3.0, 12.0]"
        assert trace.states[-1].locals["y"] == "{'a': 3, 'b': 7}"


def test_packages_are_installed_once(requirements: str, cache: Path) -> None:
    interpreter = find_interpreter()
    text = read_requirements(requirements)
    first = ensure_packages(text, interpreter)
    assert first is not None and first.parent == cache / "packages"
    assert list(first.rglob("answer.*.pyc")), "compiled, as nothing can be written in a box"
    facts = (first / "debugworld_probe/__init__.py").stat()
    assert ensure_packages(text, interpreter) == first
    assert (first / "debugworld_probe/__init__.py").stat().st_ino == facts.st_ino
    assert ensure_packages(f"{text}# another\n", interpreter) != first
    assert ensure_packages(None, interpreter) is None
    assert [p.name for p in (cache / "packages").iterdir() if p.name.startswith(".")] == []


def test_what_cannot_be_had_is_an_error(wheels: Path, cache: Path) -> None:
    text = f"--no-index\n--find-links {wheels}\ndebugworld-probe==9\n"
    with pytest.raises(SandboxError, match="cannot be had as wheels for Python 3.*No matching distribution"):
        ensure_packages(text, find_interpreter())
    assert list((cache / "packages").iterdir()) == []


@pytest.mark.parametrize(
    "line",
    [
        "/tmp/project",
        "./project",
        "-e /tmp/project",
        "--editable=x",
        "evil @ file:///tmp/project",
        "evil@https://example.org/evil.tar.gz",
        "https://example.org/evil.tar.gz",
        "--no-binary :all:",
        "--no-binary=:all:",
        "evil --config-settings=x=y",
        "evil==1 --global-option=x",
        "-r other.txt",
        "evil \\\n  --no-binary evil",
        "evil/",
    ],
)
def test_nothing_that_would_run_code_here_is_installed(line: str, tmp_path: Path) -> None:
    """A source distribution runs its setup on the host when it is built."""
    file = tmp_path / "requirements.txt"
    file.write_text(f"numpy\n{line}\n")
    with pytest.raises(SandboxError, match="nothing is built here"):
        read_requirements(str(file))


def test_what_a_requirements_file_may_hold(tmp_path: Path) -> None:
    lines = [
        "# a comment",
        "",
        "numpy",
        "pandas>=2,<3  # why",
        "torch [cpu] == 2.*",
        "a.b-c_d~=1.0; python_version >= '3.11' and sys_platform == 'linux'",
        "x==1 \\",
        "    --hash=sha256:00 --hash=sha256:11",
        "y (>=1)",
        "--index-url https://example.org/simple",
        "--extra-index-url=https://example.org/more",
        "--pre",
    ]
    file = tmp_path / "requirements.txt"
    file.write_text("\n".join(lines))
    assert read_requirements(str(file)) == file.read_text()


def test_a_cache_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(SandboxError, match="cannot be made .*set XDG_CACHE_HOME"):
        cache_folder("roots")


def test_a_root_holds_an_interpreter_that_runs_from_it(cache: Path) -> None:
    interpreter = find_interpreter()
    root = ensure_root(interpreter)
    assert root.parent == cache / "roots" and root.name.startswith(interpreter.text)
    assert ensure_root(interpreter) == root
    assert (root / interpreter.executable.lstrip("/")).is_file()
    assert {"tmp", "proc", "dev", "packages"} <= {path.name for path in root.iterdir()}
    for path in root.rglob("*"):
        mode = path.lstat().st_mode
        assert not stat.S_ISLNK(mode) and not mode & (stat.S_ISUID | stat.S_ISGID | 0o022), path
        assert mode & 0o004, path
        assert "site-packages" not in path.parts
    if os.geteuid() == 0:
        words = ["chroot", str(root), interpreter.executable, "-c", "import json, ssl, ctypes; print(6 * 7)"]
        assert subprocess.run(words, capture_output=True, text=True).stdout == "42\n"


@pytest.mark.docker
def test_the_image_is_tagged_by_its_content() -> None:
    import docker

    client = docker.from_env()
    try:
        interpreter = find_interpreter()
        plain = ensure_image(client, interpreter)
        assert ensure_image(client, interpreter) == plain
        assert re.fullmatch(rf"debugworld-box:{re.escape(interpreter.text)}-[0-9a-f]{{12}}", plain)
        assert client.images.get(plain).labels["debugworld"] == "1"
    finally:
        client.close()


def test_another_interpreter_gets_packages_of_its_own(requirements: str, cache: Path) -> None:
    others = []
    installed = Path("~/.pyenv/versions").expanduser().glob("3.1[1-3]*/bin/python")
    for name in ("python3.11", "python3.12", "python3.13", *map(str, installed)):
        with contextlib.suppress(SandboxError):
            others.append(find_interpreter(name))
    others = [other for other in others if other.version[:2] != sys.version_info[:2]]
    if not others:
        pytest.skip("interpreters: no other CPython is here")
    other = others[0]
    text = read_requirements(requirements)
    folder = ensure_packages(text, other)
    assert folder is not None and folder != ensure_packages(text, find_interpreter())
    tag = f"cpython-{other.version[0]}{other.version[1]}"
    assert [path.name for path in folder.rglob("answer.*.pyc")] == [f"answer.{tag}.pyc"]
