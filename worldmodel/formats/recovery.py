"""What a format leaves out of a state, found again by matching: line, function, depth, a frame's last locals.

A format that shows a line's text and not its number means one of the lines with that text. Which one
follows in most cases from the state before it and from the frames that are known to stand below: a
``return`` stands where its frame stood last, a ``line`` after a ``return`` in the caller, and so on. Locals
at the end of a frame are those of its last line, where that was the state before. ``benchmarks/formats.py``
measures how often all that is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from debugworld.sandboxes.debugger import Action, ActionKind, Event, Exit, ExitCode, State
from debugworld.sandboxes.debugger.program import ENTRY_NAME
from debugworld.worldmodel.data.trajectories import Step
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats.layout import Layout, Routine

_ENDS = (Event.RETURN, Event.EXCEPTION)
_REASONS = {ExitCode.NORMAL: "exit", ExitCode.ERROR: "uncaught", ExitCode.NEVER: "step_budget"}
Place = tuple[str, int]
"""File and line."""


@dataclass(frozen=True)
class Shown:
    """What such a format shows of a state that is no exit."""

    event: Event
    source: str
    """The line's text, without its indentation."""
    locals: dict[str, str] | None = None
    """None where the format does not show them."""
    value: str | None = None


def at_exit(code: ExitCode) -> State:
    """Returns the terminal state of a code, with the commonest reason for it."""
    return State.at_exit(Exit(code, _REASONS[code]))


def stack(steps: Sequence[Step]) -> dict[int, State]:
    """Returns the latest state of each frame that is known to stand, by depth, the innermost first."""
    found: dict[int, State] = {}
    limit = None
    for step in reversed(steps):
        state = step.state
        if state.event is Event.EXIT:
            continue
        if limit is None or state.depth < limit:
            found[state.depth] = state
            limit = state.depth
        if limit == 0:
            break
    return found


def recover(
    layout: Layout, steps: Sequence[Step], action: Action | None, shown: Shown, places: Sequence[Place]
) -> State:
    """Returns the whole state that is most likely meant.

    Args:
        layout: of the program.
        steps: the walk so far.
        action: what led from its last state to this one; None for a first one.
        shown: what the format shows.
        places: where lines with the text shown are.

    Raises:
        ModelError: there is no such line.
    """
    if not places:
        raise ModelError(f"the program has no line {shown.source!r} at which a {shown.event} could stand")
    frames = stack(steps)
    depth, routine, (file, line) = _choose(layout, steps, action, shown, places, frames)
    known = frames.get(depth)
    values = shown.locals
    if values is None:
        last = steps[-1].state if steps and (action is None or action.kind is ActionKind.STEP_INTO) else None
        values = dict(known.locals) if known is not None and known is last else {}
    source = layout.program.source_line(line, file)
    return State(shown.event, line, source, routine, depth, values, shown.value, file=file)


def _choose(
    layout: Layout,
    steps: Sequence[Step],
    action: Action | None,
    shown: Shown,
    places: Sequence[Place],
    frames: dict[int, State],
) -> tuple[int, str, Place]:
    """Returns the depth, the function and the place of a state."""
    owned = [(place, owner) for place in places for owner in layout.owners(place[1], place[0], shown.event)]
    if not owned:
        owned = [(place, Routine("", place[0], place[1], (), ())) for place in places]
    entry = "<module>" if layout.program.is_script else ENTRY_NAME
    fitting = [pair for pair in owned if _fits(pair[1], shown)] or owned
    for depth, function in _frames(steps, action, shown, frames, entry):
        mine = [pair for pair in fitting if function in (None, pair[1].name)]
        if mine:
            at = frames.get(depth)
            where = (at.file, at.line) if at is not None and function is not None else None
            place, owner = _nearest(mine, where, shown.event)
            return depth, owner.name, place
    place, owner = fitting[0]
    return max(frames, default=0), owner.name, place


def _fits(routine: Routine, shown: Shown) -> bool:
    return not shown.locals or set(shown.locals) <= set(routine.names)


def _nearest(pairs: list[tuple[Place, Routine]], where: Place | None, event: Event) -> tuple[Place, Routine]:
    """Returns the place that comes first when control goes on from a place of the same frame."""
    if where is None:
        return pairs[0]
    same = [pair for pair in pairs if pair[0] == where]
    if event in _ENDS and same:
        return same[0]
    later = [pair for pair in pairs if pair[0] > where]
    earlier = [pair for pair in pairs if pair[0] <= where]
    return min(later) if later else max(earlier)


def _frames(
    steps: Sequence[Step], action: Action | None, shown: Shown, frames: dict[int, State], entry: str
) -> Iterator[tuple[int, str | None]]:
    """Yields the frames that a state can belong to, likelier ones first: depth and function, or None."""
    if not steps or steps[-1].state.event is Event.EXIT:
        yield 0, entry
        yield 0, None
        return
    before, kind = steps[-1].state, action.kind if action else ActionKind.STEP_INTO
    depth = before.depth
    below = [
        (level, frames[level].function if level in frames else None) for level in range(depth - 1, -1, -1)
    ]
    here = (depth, before.function)
    ended = before.event in _ENDS
    if kind.backward:
        yield from _earlier(before, kind, shown.event, here, below)
    elif shown.event is Event.CALL:
        yield (depth if ended else depth + 1), None
        yield from below
    elif before.event is Event.RETURN:
        yield from below
        yield here
    elif before.event is Event.EXCEPTION and shown.event is Event.EXCEPTION:
        caller = frames.get(depth - 1)
        if caller is not None and caller.source == shown.source:
            yield from below
        yield here
        yield from below
    else:
        yield here
        yield from below
    yield (depth + 1 if kind in (ActionKind.RUN_TO, ActionKind.CONTINUE) else depth), None


def _earlier(
    before: State, kind: ActionKind, event: Event, here: tuple[int, str], below: list[tuple[int, str | None]]
) -> Iterator[tuple[int, str | None]]:
    """The same for the backward moves."""
    depth = before.depth
    if kind is ActionKind.BACK_INTO and event in _ENDS and before.event is not Event.CALL:
        if before.event is Event.EXCEPTION and event is Event.EXCEPTION:
            yield depth + 1, None
        elif before.event is Event.LINE and event is Event.EXCEPTION:
            yield here
        yield depth + 1, None
    elif before.event is Event.CALL:
        if event in _ENDS:
            yield depth, None
        yield from below
        yield max(depth - 1, 0), None
    yield here
    yield from below
    yield depth, None
