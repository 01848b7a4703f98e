"""The comparison of encodings runs at its smallest and tells what it read and scored."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.slow
def test_the_smallest_comparison_tells_what_was_read_and_scored(tmp_path: Path) -> None:
    path = tmp_path / "encodings.json"
    words = (
        "--seconds 1 --encodings changes markov --tokenizers bpe-512 --programs 8 --held-out 2 --questions 1"
    )
    command = [
        sys.executable,
        "benchmarks/encodings.py",
        *words.split(),
        "--hidden-size",
        "32",
        "--json",
        str(path),
    ]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=280, cwd=REPOSITORY)
    assert answer.returncode == 0, answer.stderr
    told = json.loads(path.read_text())
    first, second = told["results"]["changes, bpe-512"], told["results"]["markov, bpe-512"]
    assert first["both"]["tokens"] > 0 and first["both"]["questions"] == 2
    assert second["tokens"]["tokens"] >= first["both"]["tokens"]
    assert second["FLOPs"]["flops"] >= first["both"]["flops"]
    assert 512 <= first["vocabulary"] <= 512 + 600
    assert set(first["both"]["scores"]) == {"exact", "event", "line", "locals", "value", "exit"}
