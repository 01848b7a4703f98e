"""The picture: a scene as pixels, for videos and for eyes; drawn by Pillow (extra ``render``)."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from debugworld.sandboxes.debugger import Event

from .scene import Scene, one_line

if TYPE_CHECKING:
    from PIL import ImageDraw, ImageFont

CELL = (6, 12)
"""Pixels of a character, width and height."""
COLUMNS, ROWS = 160, 50
"""Characters of a picture."""
SHAPE = (ROWS * CELL[1], COLUMNS * CELL[0], 3)
"""Of the array: height, width, colours."""
_SPLIT = 92
"""Columns of the program; the state stands to the right."""
_TOP = 3
"""Rows above both."""
_PAPER, _INK, _DIM = (250, 250, 247), (32, 34, 38), (140, 144, 150)
_HERE, _MARK, _GOAL, _WRONG = (255, 236, 150), (204, 42, 42), (214, 238, 214), (190, 30, 30)
_HEAD = (26, 82, 140)

Row = tuple[str, tuple[int, int, int]]
"""A line of text and its colour."""


def picture(scene: Scene) -> npt.NDArray[np.uint8]:
    """Draws a scene: the question, the program around the current line, the stack, locals and output.

    The current line has a yellow ground, a line that is asked for a green one, breakpoints a red mark.

    Returns:
        uint8, shape `SHAPE`.

    Raises:
        ModuleNotFoundError: Pillow is missing; the text says how to get it.
    """
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (SHAPE[1], SHAPE[0]), _PAPER)
    draw = ImageDraw.Draw(image)
    _write(draw, 0, 1, f"Task: {scene.question.text}", _HEAD, COLUMNS - 2)
    if scene.question.goal is not None:
        _write(draw, 1, 1, f"Goal: {scene.question.goal}", _HEAD, COLUMNS - 2)
    said = f"said: {one_line(scene.last)}" if scene.last else ""
    _write(draw, 2, 1, f"moves left: {scene.moves_left} of {scene.max_moves}   {said}", _DIM, COLUMNS - 2)
    _program(draw, scene)
    height = CELL[1]
    edge = _SPLIT * CELL[0]
    draw.line((edge, _TOP * height, edge, SHAPE[0]), fill=_DIM)
    for row, (text, colour) in enumerate(_state(scene), _TOP):
        if row >= ROWS:
            break
        _write(draw, row, _SPLIT + 1, text, colour, COLUMNS - _SPLIT - 2)
    return np.asarray(image, np.uint8).copy()


def _program(draw: ImageDraw.ImageDraw, scene: Scene) -> None:
    """Draws as much of the program as fits, the current line about in the middle."""
    lines, room, here = scene.program.lines, ROWS - _TOP, scene.state.line
    first = max(0, min(here - 1 - room // 2, len(lines) - room))
    asked = scene.question.goal or scene.question.query
    for row, line in enumerate(lines[first : first + room], _TOP):
        number = first + row - _TOP + 1
        ground = _HERE if number == here else _GOAL if asked is not None and number == asked.line else None
        if ground is not None:
            top = row * CELL[1]
            draw.rectangle((0, top, _SPLIT * CELL[0] - 1, top + CELL[1] - 1), fill=ground)
        if number in scene.breakpoints:
            _write(draw, row, 0, "*", _MARK, 1)
        _write(draw, row, 1, f"{number:4}", _DIM, 4)
        _write(draw, row, 7, line.replace("\t", "    "), _INK, _SPLIT - 8)


def _state(scene: Scene) -> Iterator[Row]:
    state = scene.state
    if scene.error:
        yield f"refused: {one_line(scene.error)}", _WRONG
    if state.event is Event.EXIT and state.exit is not None:
        yield f"exit: {state.exit.code} ({state.exit.reason})", _HEAD
    else:
        yield f"{state.event} at line {state.line} in {state.function}", _HEAD
        yield "stack: " + " < ".join(f"{frame.function}:{frame.line}" for frame in scene.stack), _DIM
    if scene.question.query is not None:
        yield f"passes of line {scene.question.query.line}: {scene.passes}", _DIM
    yield "", _INK
    for name, value in state.locals.items():
        yield f"{name} = {one_line(value)}", _INK
    if state.value is not None:
        yield "", _INK
        yield f"value: {one_line(state.value)}", _HEAD
    if state.stdout:
        yield "", _INK
        yield f"printed: {state.stdout!r}", _INK
    if scene.reply:
        yield "", _INK
        yield f"reply: {one_line(scene.reply)}", _INK
    if scene.tests:
        yield "", _INK
        yield from ((note, _DIM) for note in scene.notes)
        for number, test in enumerate(scene.tests, 1):
            here = "->" if number == scene.test else "  "
            yield f"{here} {number} {test}", _WRONG if test.passes is False else _DIM
    if scene.question.candidates:
        yield "", _INK
        for number, text in enumerate(scene.question.candidates):
            yield f"answer {number}: {text}", _DIM


def _write(
    draw: ImageDraw.ImageDraw, row: int, column: int, text: str, colour: tuple[int, int, int], width: int
) -> None:
    """Writes a text at a place of the grid; what is too long ends in dots, what the font lacks is a ``?``."""
    shown = text if len(text) <= width else text[: max(0, width - 3)] + "..."
    known = shown.encode("latin-1", errors="replace").decode("latin-1")
    draw.text((column * CELL[0], row * CELL[1]), known, fill=colour, font=_font())


@cache
def _font() -> ImageFont.ImageFont | Any:
    """Returns Pillow's own font, whose characters are all as wide."""
    from PIL import ImageFont

    return ImageFont.load_default_imagefont()
