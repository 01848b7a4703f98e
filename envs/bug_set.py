"""Bug sets: the bugs that episodes are drawn from, named by a URI."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from .bug import Bug, BugSet, Case
from .errors import TaskError

_COUNT = """\
def count(text, letter):
    found = 0
    for each in text:
        if each == letter:
            found += 1
    return found
"""
_MEAN = """\
def mean(numbers):
    if not numbers:
        return 0
    total = 0
    for number in numbers:
        total += number
    return total / len(numbers)
"""
_GRADE = """\
def grade(points):
    if points >= 90:
        name = "good"
    elif points >= 50:
        name = "fair"
    else:
        name = "poor"
    return name


def grades(rows):
    found = {}
    for name, points in rows:
        found[name] = grade(points)
    return found
"""


@lru_cache(maxsize=16)
def load_bug_set(uri: str) -> BugSet:
    """Reads the bugs that a URI names: ``builtin`` or ``jsonl/PATH``.

    Raises:
        TaskError: there is no such set, or a row is no bug.
    """
    scheme, _, rest = uri.partition("/")
    if uri == "builtin":
        return BugSet(uri, tuple(_builtin()), trusted=True)
    if scheme == "jsonl" and rest:
        return BugSet(uri, tuple(_rows(Path(rest))), trusted=False)
    raise TaskError(f"{uri!r} names no bug set; use builtin or jsonl/PATH (as in jsonl//data/bugs.jsonl)")


def _builtin() -> Iterator[Bug]:
    made = (
        (
            "count",
            _COUNT,
            "found += 1",
            "found = 1",
            5,
            ("count('berry', 'r')", "2"),
            ("count('', 'a')", "0"),
        ),
        ("mean", _MEAN, "total += number", "total = number", 6, ("mean([2, 4])", "3"), ("mean([])", "0")),
        ("grade", _GRADE, '= "fair"', '= "good"', 5, ("grade(60)", "'fair'"), ("grade(95)", "'good'")),
    )
    more = {
        "count": [("count('r', 'r')", "1"), ("count('rrr', 'r')", "3"), ("count('abc', 'x')", "0")],
        "mean": [("mean([5])", "5"), ("mean([1, 2, 3])", "2"), ("mean([0, 0])", "0")],
        "grade": [("grade(3)", "'poor'"), ("grades([('a', 95), ('b', 50)])", "{'a': 'good', 'b': 'fair'}")],
    }
    for name, fixed, old, new, line, *cases in made:
        calls = tuple(Case(*each) for each in (*cases, *more[name]))
        yield Bug(name, name, fixed.replace(old, new, 1), fixed, calls, (line,))


def _rows(path: Path) -> Iterator[Bug]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except OSError as error:
        raise TaskError(f"{path}: {error.strerror}") from None
    for number, text in enumerate(lines, 1):
        try:
            row = json.loads(text)
            cases = tuple(Case(each["call"], each["expected"]) for each in row["tests"])
            lines_at_fault = tuple(int(line) for line in row["bug_lines"])
            bug = Bug(
                row["id"],
                row["group"],
                row["buggy"],
                row["fixed"],
                cases,
                lines_at_fault,
                str(row.get("description", "")),
                str(row.get("bug_kind", "")),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise TaskError(f"{path}, line {number}: this is no bug ({error!r})") from None
        if cases:
            yield bug
