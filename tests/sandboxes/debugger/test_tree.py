"""Properties of the state tree: its moves against the definitions, written out naively."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from debugworld.sandboxes.debugger import (
    BASIC_KINDS,
    Action,
    ActionKind,
    Breakpoint,
    Event,
    Program,
    RecordedDebugger,
    State,
    StateTree,
    Trace,
    TreeDebugger,
)
from debugworld.sandboxes.debugger.places import Passes
from debugworld.sandboxes.debugger.state import Exit, ExitCode


def _state(event: Event, depth: int, line: int, stdout: str = "") -> State:
    return State(event, line, f"line {line}", "f", depth, stdout=stdout)


def stops_at(tree: StateTree, line: int) -> list[Passes]:
    places = tree.places(Breakpoint(line))
    assert places is not None
    return [Passes(places)]


@st.composite
def runs(draw: st.DrawFn) -> list[State]:
    """Well-formed runs: nested frames, several calls on one line, exceptions caught or not."""
    states: list[State] = []

    def frame(depth: int) -> bool:
        """Writes one frame; returns whether it was left by an exception."""
        states.append(_state(Event.CALL, depth, 1))
        for _ in range(draw(st.integers(0, 4))):
            line = draw(st.integers(2, 5))
            states.append(_state(Event.LINE, depth, line, draw(st.sampled_from(["", "", "", "a", "b"]))))
            calls = draw(st.integers(0, 2)) if depth < 3 and len(states) < 60 else 0
            raised = any([frame(depth + 1) for _ in range(calls)][-1:])
            if raised or draw(st.integers(0, 9)) == 0:
                states.append(_state(Event.EXCEPTION, depth, line))
                if draw(st.booleans()):
                    return True
        states.append(_state(Event.RETURN, depth, 5))
        return False

    frame(0)
    return [*states, State.at_exit(Exit(ExitCode.NORMAL, "exit"))]


def _frames(states: Sequence[State]) -> list[int]:
    """Index of the call that opened each state's frame, by replaying the stack."""
    stack: list[int] = []
    owner = []
    for index, state in enumerate(states):
        if state.event is Event.EXIT:
            owner.append(index)
            continue
        if state.event is Event.CALL:
            del stack[state.depth :]
            stack.append(index)
        else:
            del stack[state.depth + 1 :]
        owner.append(stack[-1])
    return owner


def _check(states: list[State], tree: StateTree, position: int) -> None:
    depth, end = states[position].depth, len(states) - 1
    owner = _frames(states)

    def target(kind: ActionKind) -> int:
        return tree.target(position, Action(kind), stops_at(tree, 3))

    hits = [i for i, s in enumerate(states) if s.event is Event.LINE and s.line == 3]
    if position < end:
        assert target(ActionKind.STEP_INTO) == position + 1
        level = (i for i in range(position + 1, end) if states[i].depth <= depth)
        assert target(ActionKind.STEP_OVER) == next(level, end)
        last = max(i for i in range(end) if owner[i] == owner[position])
        if last == position and depth:
            caller = max(i for i in range(owner[position]) if states[i].depth == depth - 1)
            last = max(i for i in range(end) if owner[i] == owner[caller])
        assert target(ActionKind.STEP_RETURN) == (end if last == position else last)
        assert target(ActionKind.CONTINUE) == next((i for i in hits if i > position), end)
        assert tree.target(position, Action(ActionKind.RUN_TO, 3)) == target(ActionKind.CONTINUE)
    if position > 0:
        assert target(ActionKind.BACK_INTO) == position - 1
        assert target(ActionKind.BACK_OVER) == max(i for i in range(position) if states[i].depth <= depth)
        earlier = [i for i in hits if 0 < i < position]
        assert target(ActionKind.REVERSE_CONTINUE) == max(earlier, default=0)
        if position < end and owner[position] != position:
            assert target(ActionKind.BACK_TO_CALL) == owner[position]


@given(runs(), st.data())
def test_moves_follow_their_definitions(states: list[State], data: st.DataObject) -> None:
    _check(states, StateTree(states), data.draw(st.integers(0, len(states) - 1)))


@given(runs(), st.data())
def test_a_tree_that_grows_answers_alike(states: list[State], data: st.DataObject) -> None:
    """Whatever the order of questions, a dreamt run gives the answers of a recorded one."""
    waiting = iter(states[1:])
    tree = StateTree(states[:1], grow=lambda: tree.append(next(waiting)))
    full = StateTree(states)
    kinds = [k for k in BASIC_KINDS if k.moves]
    position = 0
    for _ in range(data.draw(st.integers(1, 12))):
        action = Action(k := data.draw(st.sampled_from(kinds)), 3 if k.takes_line else None)
        refusal = full.refusal(position, action)
        assert tree.refusal(position, action) == refusal
        if refusal is None:
            there = tree.target(position, action, stops_at(tree, 4))
            assert there == full.target(position, action, stops_at(full, 4))
            position = there


class Growing(TreeDebugger):
    """A debugger that learns of its states one by one, as they are asked for."""

    def __init__(self, states: list[State]) -> None:
        super().__init__()
        self._all = states

    def _start(self, program: Program) -> StateTree:
        waiting = iter(self._all[1:])
        return StateTree(self._all[:1], grow=lambda: self._tree.append(next(waiting)))


PROGRAM = Program("def f():\n    a = 1\n    b = 2\n    c = 3\n    d = 4\n", "f()")


@given(runs(), st.data())
def test_a_debugger_over_a_tree_that_grows_is_the_one_over_the_whole(
    states: list[State], data: st.DataObject
) -> None:
    """What was looked up before is remembered, and stays right when more becomes known."""
    end = states[-1].exit
    assert end is not None
    trace = Trace("3", tuple(states[:-1]), end)
    growing, whole = Growing(states), RecordedDebugger(lambda program: trace)
    assert growing.reset(PROGRAM) == whole.reset(PROGRAM)
    moves = [Action(kind, count=n) for kind in BASIC_KINDS if kind.takes_count for n in (1, 1, 3)]
    points = [
        f"{do} {line}{hits}" for do in ("break", "clear") for line in (3, 4) for hits in ("", " hits 2")
    ]
    others = map(Action.parse, [*points, "break function f", "run_to 5", "run_to 3"])
    choice = st.sampled_from([*moves, *others])
    for _ in range(data.draw(st.integers(1, 15))):
        action = data.draw(choice)
        assert growing.refusal(action) == whole.refusal(action)
        if whole.refusal(action) is None:
            assert growing.step(action) == whole.step(action)
            assert growing.position == whole.position
            assert growing.breakpoints == whole.breakpoints
            assert len(growing.tree) <= len(whole.tree)
