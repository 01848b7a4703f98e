"""What a card is about: the programs of a task set or a file, with the rows that they come from."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from debugworld.envs.errors import TaskError
from debugworld.envs.origins.programs import ProgramRow, cruxeval, humaneval, mbpp, mbpp_sanitized
from debugworld.envs.origins.table import Hub, read_table
from debugworld.envs.task_set import load_task_set
from debugworld.envs.task_uri import TaskUri
from debugworld.sandboxes.debugger import Program
from debugworld.worldmodel.crux import CRUXEVAL, CruxRow
from debugworld.worldmodel.data.rows import load_rows
from debugworld.worldmodel.data.split import held_out

Pair = tuple[Program, CruxRow | None]
_Loader = Callable[[str | None, Counter[str]], Iterable[ProgramRow]]
_LOADERS: dict[str, _Loader] = {
    "cruxeval": cruxeval,
    "humaneval": humaneval,
    "mbpp": mbpp,
    "mbpp/sanitized": mbpp_sanitized,
}
_MARKS = {"canonical_solution": "humaneval", "test_list": "mbpp"}
"""Fields by which a row tells its benchmark."""
NO_CALL = "rows whose tests are no plain calls of one function"
"""Why a row is left out."""


@dataclass(frozen=True)
class Programs:
    """What is asked about."""

    name: str
    """What the card calls it."""
    pairs: list[Pair]
    """Programs, one a problem, with their rows."""
    groups: list[str]
    """For each of them what must stay on one side of a split: the problem that it is about."""
    trusted: bool
    """Whether they are the package's own, so that a plain process may run them."""
    left_out: dict[str, int]
    """Rows that are no program here, by reason."""


def is_file(tasks: str) -> bool:
    """Whether tasks are the rows of a file, of which `load_programs` can take the held-out ones."""
    return tasks.startswith("jsonl/") or Path(tasks).is_file()


def load_programs(tasks: str, held_out_only: bool = False, seed: int = 0) -> Programs:
    """Reads what a card is to be about.

    Args:
        tasks: the URI of a task set, or a file: of programs, or of the rows of CRUXEval, HumanEval, MBPP or
            the execution track of LiveCodeBench. A row counts once, by its first call.
        held_out_only: of a file, only the groups that training leaves out, in an order drawn by the seed, so
            that a part of them is a fair one.
        seed: of that draw.

    Raises:
        TaskError: there is nothing to ask about.
        RowError: a row cannot be read.
    """
    path = Path(tasks.removeprefix("jsonl/"))
    scheme = tasks.partition("?")[0]
    left_out: Counter[str] = Counter()
    if is_file(tasks):
        loader = _LOADERS.get(_benchmark(path))
        found = list(_file(path) if loader is None else _rows(loader, str(path), left_out))
        name = path.name
    elif scheme in _LOADERS:
        uri = TaskUri.parse(tasks, ("cruxeval", "humaneval", "mbpp"), "benchmark", _LOADERS).only("path")
        found = list(_rows(_LOADERS[scheme], uri.options.get("path"), left_out))
        name = tasks
    elif ".jsonl" in path.suffixes:
        raise TaskError(f"there is no file {path}")
    else:
        if held_out_only:
            raise TaskError(f"--held-out chooses among the rows of a file, and {tasks} is none")
        task_set = load_task_set(tasks)
        own: list[Pair] = [(program, None) for program in task_set.programs]
        groups = list(task_set.groups)
        return Programs(tasks, own, groups, task_set.trusted, dict(task_set.left_out))
    kept = [(group, pair) for group, pair in found if not held_out_only or held_out(group)]
    if not kept:
        raise TaskError(
            f"{tasks}: no row is {'of a group that training leaves out' if found else 'a program'}"
        )
    if held_out_only:
        random.Random(seed).shuffle(kept)
        name += ", held out"
    pairs, groups = [pair for _, pair in kept], [group for group, _ in kept]
    return Programs(name, pairs, groups, False, dict(left_out))


def _benchmark(path: Path) -> str:
    """Returns the benchmark that a file's first row is of; nothing where it is a program."""
    if ".jsonl" not in path.suffixes:
        return ""
    for _, row in islice(read_table(Hub(""), str(path)), 1):
        return next((name for field, name in _MARKS.items() if field in row), "")
    return ""


def _file(path: Path) -> Iterator[tuple[str, Pair]]:
    for row in load_rows(path):
        texts: list[Any] = [row.row.get(key) for key in ("code", "input", "output")]
        crux = CruxRow.of([row])[0] if all(isinstance(text, str) for text in texts) else None
        yield row.group, (row.programs[0], crux)


def _rows(loader: _Loader, path: str | None, left_out: Counter[str]) -> Iterator[tuple[str, Pair]]:
    """Yields the first plain call of each problem with what it should come to."""
    origin = next(each for each in ("humaneval", "mbpp", CRUXEVAL) if loader.__name__.startswith(each))
    for row in loader(path, left_out):
        tests = zip(row.calls, row.outputs, strict=True)
        plain = (CruxRow.of_call(row.name, row.source, call, output, origin) for call, output in tests)
        crux = next((each for each in plain if each is not None), None)
        if crux is None:
            left_out[NO_CALL] += 1
        else:
            yield row.group, (Program(row.source, crux.call, row.name), crux)
