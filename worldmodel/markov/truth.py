"""The answers that true runs give: which outcome leads from one state to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from debugworld.sandboxes.debugger.state import Event, State

from .outcome import Outcome
from .stop import END, RERAISE, Kind, Stop

if TYPE_CHECKING:
    from .shell import Shell


def outcome_of(shell: Shell, states: Sequence[State], index: int) -> Outcome | None:
    """The answer that leads from state ``index`` of a true run to the next one.

    Returns None where no answer can (the shell's idea of the stack is wrong, or
    the run was cut).
    """
    top, stop = shell.stack[-1], shell.stop()
    depth = len(shell.stack) - 1
    if index + 1 >= len(states):
        return None
    after = states[index + 1]
    if after.event is Event.CALL and after.depth == depth + 1:
        return _call_outcome(shell, after)
    if after.depth != depth or after.event in (Event.CALL, Event.EXIT):
        return None
    changes, deleted = _difference(top.locals, after.locals)
    if after.event is Event.EXCEPTION:
        outcome = Outcome("X", after.value or "", changes=changes, deleted=deleted)
    elif after.event is Event.RETURN:
        outcome = _return_outcome(shell, stop, after)
        outcome.changes, outcome.deleted = changes, deleted
    else:
        outcome = _line_outcome(shell, stop, states, index)
        outcome.changes, outcome.deleted = changes, deleted
    _drop_bound(stop, outcome)
    outcome.stdout = after.stdout
    return outcome


def _call_outcome(shell: Shell, after: State) -> Outcome | None:
    scope = shell.flow.scope(after.function, after.line)
    if scope is None:
        return None
    label = scope.label
    for frame in reversed(shell.suspended):
        if frame.scope is scope and frame.locals == after.locals:
            return Outcome("C", label, resumes=True, stdout=after.stdout)
    return Outcome("C", label, changes=dict(after.locals), stdout=after.stdout)


def _return_outcome(shell: Shell, stop: Stop, after: State) -> Outcome:
    leaving = shell.stack[-1].leaving
    if leaving and leaving[-1].action == "return" and leaving[-1].value == after.value:
        ways = [way for way in (stop.then, stop.other) if way == leaving[-1].tag]
        if ways and stop.kind is Kind.BRANCH:
            return Outcome("1" if stop.then == leaving[-1].tag else "0")
        if ways or stop.line == leaving[-1].tag:
            return Outcome("L")
    ends = stop.then == END, stop.other == END
    if stop.kind is Kind.BRANCH and "return" not in stop.text and after.value == "None" and any(ends):
        return Outcome("1" if ends[0] and not ends[1] else "0")
    if stop.kind in (Kind.PLAIN, Kind.WITH) and after.value == "None" and not stop.suspends:
        return Outcome("L")
    return Outcome("R", after.value or "")


def _line_outcome(shell: Shell, stop: Stop, states: Sequence[State], index: int) -> Outcome:
    after = states[index + 1]
    guard = next((g for g in stop.guards if g.kind != "except"), None)
    if stop.kind is Kind.RETURN and guard is not None and after.line == guard.line:
        return Outcome("R", _returned(states, index))
    if stop.raises_again:
        return Outcome("X", shell.stack[-1].raised)
    if stop.kind is Kind.BRANCH:
        there = _lands(shell, stop, stop.then, True), _lands(shell, stop, stop.other, False)
        if after.line == there[1] and (after.line != there[0] or after.locals == states[index].locals):
            return Outcome("0")
        return Outcome("1", goto=None if after.line == there[0] else after.line)
    exits = stop.kind is Kind.WITH and stop.line in shell.stack[-1].inside
    if exits:
        leaving = shell.stack[-1].leaving
        if leaving and leaving[-1].tag == stop.line:
            if leaving[-1].action == "raise" and after.line != _lands(shell, stop, stop.other, False):
                return Outcome("X", leaving[-1].value)
            return Outcome("L")
    lands = _lands(shell, stop, stop.other if exits else stop.then, True)
    return Outcome("L", goto=None if after.line == lands else after.line)


def _lands(shell: Shell, stop: Stop, target: int, jumps: bool) -> int:
    """The line that control reaches by a target, through ``finally`` blocks."""
    if stop.jumps and jumps:
        for guard in stop.guards[: len(stop.guards) - stop.outer]:
            if guard.kind != "except":
                return guard.line
    top = shell.stack[-1]
    while target < RERAISE:
        if top.leaving and top.leaving[-1].tag == target:
            leaving = top.leaving[-1]
            passed = next(
                (g for g in leaving.guards if leaving.action == "raise" or g.kind != "except"), None
            )
            if passed is not None:
                return passed.line
            return leaving.target if leaving.action == "goto" else END
        target = shell.flow.finals[target]
    if target == RERAISE:
        return stop.guards[0].line if stop.guards else END
    return target


def _drop_bound(stop: Stop, outcome: Outcome) -> None:
    """The shell itself forgets an exception variable: that is no part of the answer."""
    if outcome.letter != "X":
        outcome.deleted = tuple(n for n in outcome.deleted if n not in stop.binds)


def _difference(before: dict[str, str], after: dict[str, str]) -> tuple[dict[str, str], tuple[str, ...]]:
    changes = {name: text for name, text in after.items() if before.get(name) != text}
    return changes, tuple(name for name in before if name not in after)


def _returned(states: Sequence[State], index: int) -> str:
    """The value that the frame of a state returns in the end."""
    depth = states[index].depth
    for state in states[index + 1 :]:
        if state.depth == depth and state.event is Event.RETURN:
            return state.value or "None"
        if state.depth < depth:
            break
    return "None"
