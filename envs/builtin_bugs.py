"""Bugs that ship with the package."""

from __future__ import annotations

from collections.abc import Iterator

from .bug import Bug, Case

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


def builtin_bugs() -> tuple[Bug, ...]:
    """Returns the bugs."""
    return tuple(_made())


def _made() -> Iterator[Bug]:
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
