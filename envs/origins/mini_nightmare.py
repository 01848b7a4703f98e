"""mini_nightmare: the ten small tasks that come with debug-gym (Yuan et al., 2025), from the user's copy.

Each task is a folder with one program ``*_code.py`` and its tests in ``test.py``. The
collection has no repairs, so `Bug.fixed` and `Bug.lines` are empty, unless a right
program lies beside the faulty one under the name ``fixed.py``.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from debugworld.envs.bug import Bug
from debugworld.envs.errors import TaskError

from .bug_rows import usable
from .difference import lines_at_fault
from .quixbugs import read_source
from .straight_line import module_cases

TESTS, REPAIR = "test.py", "fixed.py"
"""The files of a task beside its program."""
SEVERAL_FILES = "programs of several files, or with data files"
"""Why a task is left out."""
ASSERTIONS = "assertions of mini_nightmare that are no expression"
"""Why a single case is left out."""


def mini_nightmare(path: str, left_out: Counter[str]) -> Iterator[Bug]:
    """Yields the bugs of a folder of tasks.

    Args:
        path: the folder, ``data/mini_nightmare`` in a clone of microsoft/debug-gym.
        left_out: counts what is left out, by reason.

    Raises:
        TaskError: there is no task, or a file cannot be read.
    """
    root = Path(path)
    folders = sorted(file.parent for file in root.glob(f"*/{TESTS}"))
    if not folders:
        raise TaskError(
            f"{root} holds no task of mini_nightmare: a task is a folder with a program and {TESTS}, "
            "as in data/mini_nightmare of a clone of microsoft/debug-gym"
        )
    for folder in folders:
        others = [f for f in sorted(folder.iterdir()) if f.is_file() and not f.name.startswith(".")]
        programs = [file for file in others if file.name not in (TESTS, REPAIR)]
        if len(programs) != 1 or programs[0].suffix != ".py":
            left_out[SEVERAL_FILES] += 1
            continue
        buggy = read_source(programs[0])
        fixed = read_source(folder / REPAIR) if (folder / REPAIR).is_file() else ""
        try:
            tests = ast.parse(read_source(folder / TESTS))
        except (SyntaxError, ValueError):
            raise TaskError(f"{folder / TESTS} is no Python file") from None
        cases, missed = module_cases(tests, {programs[0].stem})
        left_out[ASSERTIONS] += missed
        bug = Bug(
            f"mini_nightmare/{folder.name}",
            f"mini_nightmare/{folder.name}",
            buggy,
            fixed,
            tuple(cases),
            lines_at_fault(buggy, fixed) if fixed else (),
        )
        if usable(bug, left_out):
            yield bug
