"""Lockstep: the first difference is named, and what the dream does after it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from debugworld.sandboxes import Sandbox, open_sandbox
from debugworld.sandboxes.debugger import (
    Action,
    ActionKind,
    Breakpoint,
    IllegalAction,
    Program,
    RecordedDebugger,
    State,
    StateTree,
    Trace,
    TreeDebugger,
)
from debugworld.sandboxes.debugger.recorder import record
from debugworld.worldmodel.lockstep import After, Difference, LockstepDebugger

PROGRAM = Program("def f(n):\n    n = n + 1\n    n = n * 2\n    return n\n", "f(3)")
INTO, BACK = Action.parse("step_into"), Action.parse("back_into")


def wrong_at(*places: int) -> RecordedDebugger:
    """A debugger that sees a wrong local at some states in time."""

    def dream(program: Program) -> Trace:
        trace = record(program)
        states = list(trace.states)
        for place in places:
            states[place] = replace(states[place], locals={"n": "99"})
        return replace(trace, states=tuple(states))

    return RecordedDebugger(dream)


class GroundedDream(TreeDebugger):
    """A debugger that always dreams that the program ends at once, and can be set back to the truth."""

    def _start(self, program: Program) -> StateTree:
        self._trace = record(program)
        return StateTree([self._trace.states[0], self._trace.final])

    def ground(self, states: Sequence[State]) -> None:
        self._stand(StateTree([*states, self._trace.final]), len(states) - 1)


def pair(dream: TreeDebugger, after: After = "free") -> LockstepDebugger:
    debugger = LockstepDebugger(RecordedDebugger(record), dream, after)
    debugger.reset(PROGRAM)
    return debugger


def test_equal_debuggers_never_differ() -> None:
    debugger = pair(RecordedDebugger(record))
    while not debugger.done:
        debugger.step(INTO)
    assert debugger.difference is None and debugger.latest == ()
    assert debugger.state == debugger.real.state == debugger.neural.state


def test_the_first_difference_is_named() -> None:
    debugger = pair(wrong_at(4))
    for _ in range(4):
        debugger.step(INTO)
    expected = Difference(4, "step_into", "locals", {"n": "4"}, {"n": "99"})
    assert debugger.difference == expected
    assert debugger.latest == (expected,)
    debugger.step(INTO)
    assert debugger.latest == () and debugger.differences == [expected]
    debugger.step(BACK)
    assert debugger.differences == [expected, replace(expected, step=6, action="back_into")]
    debugger.reset(PROGRAM)
    assert debugger.difference is None


def test_a_difference_at_the_entry_has_step_zero() -> None:
    debugger = pair(wrong_at(0))
    assert debugger.difference is not None
    assert (debugger.difference.step, debugger.difference.action) == (0, "")


def test_stop_compares_no_more() -> None:
    debugger = pair(wrong_at(2, 3, 4), "stop")
    for _ in range(4):
        debugger.step(INTO)
    assert [each.step for each in debugger.differences] == [2]
    assert debugger.neural.position == 2 and debugger.position == 4


def test_forced_goes_on_from_the_truth() -> None:
    debugger = pair(GroundedDream(), "forced")
    for _ in range(3):
        debugger.step(INTO)
    assert {each.step for each in debugger.differences} == {1, 2, 3}
    assert debugger.neural.position == debugger.position == 3
    assert debugger.neural.state == debugger.state


def test_a_refusal_of_the_dream_is_a_difference() -> None:
    debugger = pair(GroundedDream())
    debugger.step(INTO)
    debugger.step(INTO)
    assert debugger.latest[0].field == "refusal"
    assert "ended" in debugger.latest[0].neural


def test_the_real_side_decides_what_is_legal() -> None:
    debugger = pair(GroundedDream())
    with pytest.raises(IllegalAction):
        debugger.step(BACK)
    assert debugger.neural.position == debugger.position == 0
    assert debugger.refusal(BACK) == debugger.real.refusal(BACK)


def test_breakpoints_are_shared() -> None:
    debugger = pair(RecordedDebugger(record))
    debugger.step(Action.parse("break 3"))
    assert debugger.step(Action.parse("continue")).line == 3
    assert (
        debugger.breakpoints == debugger.real.breakpoints == debugger.neural.breakpoints == (Breakpoint(3),)
    )
    assert debugger.latest == ()


def test_only_a_groundable_dream_can_be_forced() -> None:
    with pytest.raises(ValueError, match="free"):
        LockstepDebugger(RecordedDebugger(record), RecordedDebugger(record), "forced")


@pytest.fixture(scope="module")
def box() -> Iterator[Sandbox]:
    with open_sandbox("process") as sandbox:
        yield sandbox


def assigning(box: Sandbox, dream: TreeDebugger) -> LockstepDebugger:
    """Debuggers side by side, the real one able to assign, two steps into the program."""
    debugger = LockstepDebugger(RecordedDebugger(box.record, box.session), dream)
    debugger.reset(PROGRAM)
    for _ in range(2):
        debugger.step(INTO)
    return debugger


def test_an_assignment_is_made_on_both_sides(box: Sandbox) -> None:
    with assigning(box, RecordedDebugger(box.record, box.session)) as debugger:
        debugger.assign("n", "10")
        assert debugger.latest == () and debugger.neural.state.locals == {"n": "10"}
        for _ in range(2):
            debugger.step(INTO)
        assert debugger.latest == () and debugger.neural.state.locals == debugger.state.locals == {"n": "11"}


def test_an_assignment_that_the_dream_cannot_make_is_a_difference(box: Sandbox) -> None:
    class Unable(RecordedDebugger):
        """Says too late that it cannot assign."""

        def refusal(self, action: Action) -> str | None:
            return None if action.kind is ActionKind.SET else super().refusal(action)

    with assigning(box, Unable(record)) as debugger:
        debugger.assign("n", "10")
        assert [(each.field, each.action) for each in debugger.latest] == [("refusal", "set n = 10")]
        debugger.step(Action.parse("set n = 11"))
        assert [(each.field, each.action) for each in debugger.latest] == [("refusal", "set n = 11")]
        assert debugger.state.locals == {"n": "11"} and debugger.program == debugger.real.program
        with pytest.raises(IllegalAction):
            debugger.assign("absent", "1")
