"""Targets: the way to a line is read off the text, and runs that come nearer are nearer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest

from debugworld.sandboxes.debugger import Program, State
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.inverse import End
from debugworld.worldmodel.search.guards import guards
from debugworld.worldmodel.search.target import Target

PATHS = Program(
    "def inner(n):\n"  # 1
    "    if n < 10:\n"
    "        return 0\n"
    "    for k in range(n):\n"
    "        while k > 20:\n"  # 5
    "            if k == 25:\n"
    "                return 'deep'\n"
    "            k -= 1\n"
    "    try:\n"
    "        m = 100 // (n - 12)\n"  # 10
    "    except ZeroDivisionError:\n"
    "        raise KeyError('twelve')\n"
    "    return m > 40\n"
    "\n"
    "def on(n, deep):\n"  # 15
    "    if deep:\n"
    "        return inner(n)\n"
    "    return n * 2\n",
    "on(1, False)",
)


def ran(call: str) -> Sequence[State]:
    return record(replace(PATHS, call=call)).states


def test_guards_are_in_the_order_of_the_run() -> None:
    found, function = guards(PATHS, 7)
    assert function == "inner"
    assert [(guard.first, guard.test is not None, guard.wanted) for guard in found] == [
        (2, True, False), (4, False, True), (5, True, True), (6, True, True),
    ]  # fmt: skip
    assert [guard.first for guard in guards(PATHS, 12)[0]] == [2, 9]
    assert guards(PATHS, 17)[1] == "on" and guards(PATHS, 14) == ((), "")


@pytest.mark.parametrize(
    ("target", "calls"),
    [
        (Target(7), ["on(2, False)", "on(2, True)", "on(9, True)", "on(15, True)", "on(30, True)"]),
        (Target(12), ["on(1, False)", "on(1, True)", "on(15, True)", "on(12, True)"]),
        (Target(end=End("40")), ["on(1, True)", "on(1, False)", "on(19, False)", "on(20, False)"]),
        (Target(end=End("'deep'")), ["on(1, False)", "on(1, True)", "on(15, True)", "on(40, True)"]),
        (Target(end=End("True")), ["on(3, False)", "on(3, True)", "on(19, True)", "on(13, True)"]),
        (Target(end=End("KeyError", True)), ["on(3, False)", "on(3, True)", "on(12, True)"]),
    ],
)  # fmt: skip
def test_runs_that_come_nearer_are_nearer(target: Target, calls: list[str]) -> None:
    found = [target.away(PATHS, ran(call)) for call in calls]
    assert found == sorted(found, reverse=True) and len(set(found)) == len(found)
    reached = [target.place(ran(call)) >= 0 for call in calls]
    assert [away == 0 for away in found] == reached == [False] * (len(calls) - 1) + [True]


def test_a_run_that_does_not_end_is_farthest() -> None:
    cut = ran("on(30, True)")[:4]
    target = Target(end=End("40"))
    assert target.away(PATHS, cut) > target.away(PATHS, ran("on(90, False)"))
    assert target.gaps(cut) == [] and target.gaps(ran("on(15, False)")) == [10]
    assert Target(7).gaps(cut) == []
