"""The page: a scene as plain text, for language models and for people."""

from __future__ import annotations

from collections.abc import Iterator

from debugworld.sandboxes.debugger import Event

from .scene import Scene, one_line

MAX_PAGE = 65_536
"""Most characters of a page; a longer one ends in a mark."""
_MAX_PRINTED = 400


def page(scene: Scene) -> str:
    """Returns the whole scene as lines of text, each part with its heading."""
    text = "\n".join(_lines(scene)) + "\n"
    cut = "\n[cut]\n"
    return text if len(text) <= MAX_PAGE else text[: MAX_PAGE - len(cut)] + cut


def _lines(scene: Scene) -> Iterator[str]:
    state = scene.state
    yield f"Task: {scene.question.text}"
    if scene.question.goal is not None:
        yield f"Goal: {scene.question.goal}"
    if scene.question.query is not None:
        yield f"Passes of line {scene.question.query.line} so far: {scene.passes}"
    yield f"Moves left: {scene.moves_left}"
    if scene.last:
        yield f"Last: {one_line(scene.last)}"
    if scene.error:
        yield f"Error: {one_line(scene.error)}"
    yield "Program:"
    for number, line in enumerate(scene.program.lines, 1):
        here = "->" if number == state.line else "  "
        mark = "*" if number in scene.breakpoints else " "
        yield f"{here}{mark}{number:4}  {line}"
    if state.event is Event.EXIT and state.exit is not None:
        yield f"Stop: exit, {state.exit.code} ({state.exit.reason})"
    else:
        yield f"Stop: {state.event} at line {state.line} in {state.function}, depth {state.depth}"
        yield "Stack: " + " < ".join(f"{frame.function}:{frame.line}" for frame in scene.stack)
        yield "Locals:" if state.locals else "Locals: none"
        yield from (f"  {name} = {one_line(value)}" for name, value in state.locals.items())
    if state.value is not None:
        yield f"Value: {one_line(state.value)}"
    if state.stdout:
        yield f"Printed: {state.stdout[-_MAX_PRINTED:]!r}"
