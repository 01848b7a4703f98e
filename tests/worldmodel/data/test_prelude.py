"""A program that takes imports for granted gets them, and no others."""

from __future__ import annotations

from debugworld.worldmodel.data.prelude import with_imports


def test_what_is_read_and_nowhere_bound_is_imported() -> None:
    source = "def f(xs: List[int]) -> int:\n    heapify(xs)\n    return math.gcd(*xs) + bisect(xs, inf)\n"
    lines = with_imports(source).split("\n")
    assert lines[:5] == [
        "import math",
        "from bisect import bisect",
        "from heapq import heapify",
        "from math import inf",
        "from typing import List",
    ]
    assert "\n".join(lines[5:]) == source
    compile(with_imports(source), "made", "exec")


def test_a_module_is_imported_where_it_is_used_as_one() -> None:
    assert with_imports("def f(x):\n    return bisect.bisect([], x)\n").startswith("import bisect\n")


def test_what_is_bound_or_builtin_or_unknown_stays() -> None:
    for source in (
        "from math import gcd\ndef f(a, b):\n    return gcd(a, b)\n",
        "def gcd(a, b):\n    return a\n\ndef f(a):\n    return gcd(a, sum([a]))\n",
        "def f(deque):\n    return [count for count in deque]\n",
        "def f(x):\n    return nowhere(x)\n",
        "def f(:\n",
    ):
        assert with_imports(source) == source
