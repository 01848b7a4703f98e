"""Every promise of the threat model names a test, and the test is there."""

from __future__ import annotations

import re
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parent.parent / "docs" / "threat-model.md"


def test_every_promise_names_tests_that_exist() -> None:
    rows = [line for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| ")][2:]
    assert len(rows) >= 12
    for row in rows:
        named = re.findall(r"`(test_\w+\.py)::(test_\w+)`", row)
        assert named, row
        for file, test in named:
            source = (HERE / file).read_text("utf-8")
            assert f"def {test}(" in source, f"{file} has no {test}"
