"""A run before all others, which must leave nothing behind but speed."""

from __future__ import annotations

import linecache
import sys
import threading

from debugworld.sandboxes.debugger import Program
from debugworld.sandboxes.debugger.recorder import record
from debugworld.sandboxes.debugger.rehearsal import OFTEN, rehearse


def surroundings() -> list[object]:
    return [
        sys.gettrace(),
        sys.getprofile(),
        sys.getrecursionlimit(),
        sys.stdout,
        sys.stdin,
        sys.argv,
        sys.excepthook,
        sys.settrace,
        threading.excepthook,
        sorted(sys.modules),
        sorted(sys.path),
        sorted(linecache.cache),
        list(sys.meta_path),
        threading.active_count(),
    ]


def test_it_leaves_the_process_as_it_was() -> None:
    before = surroundings()
    rehearse(OFTEN)
    assert surroundings() == before


def test_a_run_after_it_is_as_one_before() -> None:
    program = Program("def f(n):\n    print({n}, object())\n    return [n] * n\n", "f(3)")
    first = record(program)
    rehearse(OFTEN)
    assert record(program) == first
