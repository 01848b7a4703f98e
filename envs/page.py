"""The page: a scene as plain text, for language models and for people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

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
    if scene.reply:
        yield f"Reply: {one_line(scene.reply)}"
    if scene.points:
        yield f"Breakpoints: {one_line('; '.join(scene.points))}"
    if scene.frame is not None:
        yield f"Frame: {scene.frame.function}, line {scene.frame.line}"
        yield from (f"  {name} = {one_line(value)}" for name, value in scene.frame.locals.items())
    yield from scene.notes
    if scene.tests:
        yield "Tests:"
        yield from _tests(scene)
    yield from (f"Tried: {one_line(str(attempt))}" for attempt in scene.attempts)
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


def _tests(scene: Scene) -> Iterator[str]:
    for number, test in enumerate(scene.tests, 1):
        yield f"{'->' if number == scene.test else '  '} {number:4}  {test}"
        if test.lines:
            yield f"          lines run so far: {spans(test.lines)}"


def spans(lines: Sequence[int]) -> str:
    """Returns ascending numbers as text, such as ``2-5, 7``."""
    parts: list[list[int]] = []
    for line in lines:
        if parts and parts[-1][-1] == line - 1:
            parts[-1].append(line)
        else:
            parts.append([line])
    return ", ".join(str(part[0]) if len(part) == 1 else f"{part[0]}-{part[-1]}" for part in parts)
