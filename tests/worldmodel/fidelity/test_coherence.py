"""Coherence: no real run makes an illegal transition, and made-up ones are told apart."""

from __future__ import annotations

import pytest

from debugworld.sandboxes.debugger import Event, Exit, ExitCode, Program, State
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.data.programs import generate
from debugworld.worldmodel.fidelity.measures.coherence import illegal_step

ONE_AFTER_ANOTHER = Program(
    "class Box:\n"
    "    def __init__(self, n):\n"
    "        self.n = n\n"
    "    def grow(self, by):\n"
    "        return Box(self.n + by)\n"
    "def one():\n"
    "    return 1\n"
    "def fail(n):\n"
    "    raise ValueError(n)\n"
    "def f():\n"
    "    a = Box(1).grow(one()).grow(one() + one())\n"
    "    try:\n"
    "        fail(one())\n"
    "    except ValueError:\n"
    "        return sorted([3, one()], key=lambda n: -n)\n",
    "f()",
)


@pytest.mark.parametrize("program", [ONE_AFTER_ANOTHER, *(generate(n, 1 + n % 5).program for n in range(60))])
def test_no_real_run_is_illegal(program: Program) -> None:
    states = record(program).states
    for before, after in zip(states, states[1:], strict=False):
        assert illegal_step(before, after) == "", (before, after)


def at(event: Event, depth: int, function: str = "f") -> State:
    return State(event, 1, "pass", function, depth, {})


@pytest.mark.parametrize(
    ("before", "after", "why"),
    [
        (at(Event.LINE, 1), at(Event.CALL, 1, "g"), "not one frame below"),
        (at(Event.LINE, 1), at(Event.CALL, 3, "g"), "not one frame below"),
        (at(Event.RETURN, 2, "g"), at(Event.CALL, 3, "h"), "not one frame below"),
        (at(Event.LINE, 1), at(Event.LINE, 1, "g"), "another function"),
        (at(Event.LINE, 2, "g"), at(Event.LINE, 1), "opens or closes"),
        (at(Event.RETURN, 2, "g"), at(Event.RETURN, 2, "g"), "twice"),
        (
            at(Event.LINE, 2, "g"),
            State(Event.EXIT, 0, "", "", 0, {}, exit=Exit(ExitCode.NORMAL, "")),
            "an end",
        ),
    ],
)
def test_what_no_program_makes_is_told(before: State, after: State, why: str) -> None:
    assert why in illegal_step(before, after)
