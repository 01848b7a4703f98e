"""``debugworld demo`` shows where a dream departs from the truth, and answers bad input at once."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from debugworld.cli import main
from debugworld.demo import study, subject
from debugworld.sandboxes import SandboxError

SOURCE = """\
def half(n):
    if n % 2:
        raise ValueError('odd <&> number')
    return n // 2

def halves(ns):
    out = []
    for n in ns:
        try:
            out.append(half(n))
        except ValueError as error:
            print(error)
    return out
"""
CALL = "halves([4, 3])"
SECTIONS = ("walk", "dream", "fidelity", "agents")
docker = pytest.mark.docker


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("program") / "halves.py"
    path.write_text(SOURCE)
    return str(path)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few episodes and answers."""
    monkeypatch.setattr(study, "EPISODES", 1)
    monkeypatch.setattr(study, "PER_ACTION", 2)
    monkeypatch.setattr(study, "AGENT_STATES", 5)


@pytest.fixture
def demo(tiny_checkpoint: Path, tmp_path: Path) -> Any:
    """Runs the command with the tiny model; returns its exit status."""

    def demo(*words: str) -> int:
        options = ["--out", str(tmp_path / "out")]
        if "--model" not in words:
            options += ["--model", str(tiny_checkpoint)]
        try:
            return main(["demo", *words, *options])
        except SystemExit as error:  # argparse's own
            return int(error.code or 0)

    return demo


def read(tmp_path: Path) -> tuple[dict[str, Any], str]:
    folder = tmp_path / "out"
    return json.loads((folder / "demo.json").read_text()), (folder / "index.html").read_text()


@pytest.mark.parametrize("sandbox", ["process", pytest.param("docker", marks=docker)])
def test_a_call_is_shown_whole(
    sandbox: str, program: str, demo: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo(program, "--call", CALL, "--sandbox", sandbox, "--max-states", "60") == 0
    data, html = read(tmp_path)
    out = capsys.readouterr().out
    assert out.startswith(f"Box: {sandbox}, ") and str(tmp_path / "out" / "index.html") in out
    assert data["sandbox"] == sandbox and all(data[section] for section in SECTIONS)
    steps = data["walk"]
    assert [step["step"] for step in steps] == list(range(data["states"] + 1))
    assert steps[-1]["real"]["exit"] == {"code": "normal", "reason": "exit"} == data["exit"]
    for step in steps:
        fields = [field for field in step["real"] | step["neural"] if field != "source"]
        apart = [field for field in fields if step["real"].get(field) != step["neural"].get(field)]
        assert sorted(step["differences"]) == sorted(apart)
        assert 0 <= step["confidence"] <= 1
    first = next(step for step in steps if step["differences"])
    assert f"first departs from the truth at step {first['step']} of" in data["sentences"][1]
    assert data["dream"]["follows"] == first["step"]
    assert set(data["fidelity"]["actions"]) >= {"step_into", "run_to", "continue"}
    assert len(data["agents"]) == len(study.ENVS) * len(study.BACKENDS) * len(study.AGENTS)
    assert "odd &lt;&amp;&gt; number" in html and "<&>" not in html
    assert not re.search(r"""(src|href)\s*=\s*["'](https?:)?//|@import|url\((?!#)""", html)


def test_a_script_that_is_longer_than_asked_is_cut(
    program: str, demo: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "script.py"
    path.write_text("n = 0\nwhile n < 30:\n    n += 1\n")
    assert demo(str(path), "--sandbox", "process", "--max-states", "12") == 0
    data, html = read(tmp_path)
    assert len(data["walk"]) == 13 and data["dream"] is None
    assert data["fidelity"]["actions"]["step_into"]["count"] == 12
    assert "cut short after 12 steps" in html
    assert "raise --max-states" in capsys.readouterr().out


def test_an_empty_script_has_no_steps_to_show(demo: Any, tmp_path: Path) -> None:
    path = tmp_path / "empty.py"
    path.write_text("")
    assert demo(str(path), "--sandbox", "process", "--max-states", "12") == 0


def test_the_bundled_program_runs_without_docker(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    found = subject.find_subject(None, None, None)
    assert (found.sandbox, found.tasks) == ("process", subject.BUNDLED)
    assert "protects nothing" in found.box and "apt-get install docker.io" in found.box
    for path, sandbox in [(program, None), (None, "docker"), (program, "docker")]:
        with pytest.raises(SandboxError, match="apt-get install docker.io"):
            subject.find_subject(path, None, sandbox)


@docker
def test_docker_is_the_default(program: str) -> None:
    assert subject.find_subject(None, None, None).sandbox == "docker"
    assert subject.find_subject(program, CALL, None).sandbox == "docker"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["{missing}"], "missing.py: No such file or directory"),
        (["{binary}"], "is not UTF-8 text"),
        (["{broken}"], "line 2: "),
        (["{program}", "--call", "half("], "the call 'half(' does not parse"),
        (["{program}", "--call", "quarter(8)"], "does not define 'quarter'"),
        (["--call", "half(2)"], "needs a program that defines it"),
        (["{program}", "--sandbox", "jail"], "no sandbox 'jail'; there are: docker, bwrap, process"),
        (["--model", "{missing}"], "holds no checkpoint"),
        (["--model", "{damaged}"], "is damaged"),
        (["--max-states", "0"], "max_states >= 1"),
        (["--max-states", "x"], "invalid int value"),
        (["--out", "{program}"], "File exists"),
    ],
)
def test_bad_input_is_one_clear_error(
    words: list[str],
    text: str,
    program: str,
    demo: Any,
    tiny_checkpoint: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "binary.py").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "broken.py").write_text("x = 1\ndef f(:\n    pass\n")
    shutil.copytree(tiny_checkpoint, tmp_path / "damaged")
    weights = tmp_path / "damaged" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    names = {"missing": "missing.py", "binary": "binary.py", "broken": "broken.py", "damaged": "damaged"}
    paths = {name: str(tmp_path / file) for name, file in names.items()} | {"program": program}
    filled = [word.format(**paths) for word in words]
    if "--sandbox" not in words:
        filled += ["--sandbox", "process"]
    if "--out" in words:
        assert main(["demo", *filled, "--model", str(tiny_checkpoint)]) == 2
    else:
        assert demo(*filled) == 2
    captured = capsys.readouterr()
    assert text in captured.err and "Traceback" not in captured.err
    assert "walk in lockstep" not in captured.err


def test_the_page_opens_in_a_browser(
    browser: Any, program: str, demo: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert demo(program, "--call", CALL, "--sandbox", "process", "--max-states", "40") == 0
    data, _ = read(tmp_path)
    browser.get(f"file://{tmp_path / 'out' / 'index.html'}")
    rows = browser.find_elements("css selector", ".steps tbody tr")
    apart = sum(bool(step["differences"]) for step in data["walk"])
    assert (len(rows), sum(row.is_displayed() for row in rows)) == (len(data["walk"]),) * 2
    browser.find_element("id", "only").click()
    assert sum(row.is_displayed() for row in rows) == apart > 0
    assert len(browser.find_elements("css selector", "figure svg")) == 2
    assert browser.get_log("browser") == []
    width = "return [document.documentElement.scrollWidth, window.innerWidth]"
    for pixels in (360, 1400):
        size = {"width": pixels, "height": 800, "deviceScaleFactor": 1, "mobile": pixels < 500}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
        wide, window = browser.execute_script(width)
        assert wide <= window == pixels
    paper = "return getComputedStyle(document.body).backgroundColor"
    papers = set()
    for scheme in ("light", "dark"):
        feature = {"name": "prefers-color-scheme", "value": scheme}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
        papers.add(browser.execute_script(paper))
    assert len(papers) == 2
