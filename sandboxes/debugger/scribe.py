"""Writes the commonest state of a recording by the shortest way.

Nine of ten states are lines in the frame that was there before, while nothing is printed and nothing is held
back. `scribe` makes a trace function that knows how to write those and leaves all others to the tracer's own.
"""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .frame_memory import FrameMemory

if TYPE_CHECKING:
    from .tracer import Tracer

PutLine = Callable[[int, int, dict[str, str], str, str, FrameMemory], None]
"""Takes a ``line`` state without output by its line, depth, locals, function, file, and the memory that the
locals were written with."""


def scribe(tracer: Tracer, put: PutLine, budget: int) -> Callable[[types.FrameType, str, Any], Any]:
    """Returns a local trace function that does the same as `Tracer.local`.

    Args:
        tracer: Follows the program, and keeps count.
        put: Takes the states that are written here.
        budget: States after which all are left to the tracer.
    """
    stack, local, renderer = tracer.stack, tracer.local, tracer.renderer
    stdout, stderr, told, complained = tracer.stdout, tracer.stderr, tracer.stdout.tell, tracer.stderr.tell
    write = renderer.locals

    def trace(frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "line" and stack:
            top = stack[-1]
            line, code, memory = frame.f_lineno, top.code, top.memory
            index = tracer.index + 1
            if (
                top.frame is frame
                and (line != top.line if top.stopped else line >= code.scope.body_line)
                and memory is not None
                and not code.shared
                and told() == stdout.taken
                and complained() == stderr.taken
                and index < budget
                and index != tracer.edit_at
                and not tracer.waiting
                and not tracer.raised
            ):
                top.line = line
                top.stopped = True
                top.fresh = False
                tracer.index = index
                if renderer.numbers:
                    renderer.numbers = {}
                put(line, top.depth, write(memory, frame.f_locals), code.function, code.file, memory)
                return trace
        return local(frame, event, argument)

    return trace
