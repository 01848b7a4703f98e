"""From walks over runs to texts that a model learns a format from.

A text is told in turns: what is given, and what a model has to answer, one after the other. A walk that is
too long becomes several texts; each begins with the last state of the one before it, which is given, just as
`conversation` goes on where a history outgrows the model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from debugworld.sandboxes.debugger import Action, ActionKind, Program, Trace
from debugworld.worldmodel.conversation import without
from debugworld.worldmodel.data.trajectories import Step, Trajectory, visited
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import Codec, size_of

Turns = tuple[str, ...]
"""What is given and what is answered, in turn: at even places the one, at odd places the other."""


def stepped(program: Program, trace: Trace, most: int) -> Trajectory:
    """Returns a run from its entry on by step into only, which every format can say.

    Args:
        program: what ran.
        trace: its run.
        most: states after which it is cut.
    """
    into = Action(ActionKind.STEP_INTO)
    states = [*trace.states[:most], trace.final][:most]
    steps = tuple(Step(into if place else None, state, place) for place, state in enumerate(states))
    return Trajectory(program, visited(trace), steps, policy="steps")


def texts_of(codec: Codec, walk: Trajectory, longest: int) -> Iterator[Turns]:
    """Yields the texts of a walk, up to the first action that the format has no word for.

    The whole program is shown, as where a model is asked: it cannot know which functions are entered. A state
    that does not fit beside the program is passed over; a program that does not fit beside its first state is
    yielded with that, for its store to leave out and to count.

    Args:
        codec: the format.
        walk: the walk.
        longest: most tokens of a text, where each marker is one and so is each other byte.
    """
    walk = replace(walk, visited=())
    start, last = 0, len(walk.steps) - 1
    while not start or start < last:
        window = without(walk, start)
        known = len(window.steps) - (last - start) if start else 0
        text, written = _text(codec, window, known, longest)
        if len(text) > 1:
            yield text
        left = len(window.steps) - written
        if not left or not (written or start):
            return
        start = max(start + 1, last - left)


def _text(codec: Codec, walk: Trajectory, known: int, longest: int) -> tuple[Turns, int]:
    """Writes as many steps of a walk as fit, and as the format can say.

    Args:
        codec: the format.
        walk: the walk.
        known: how many of its first steps are given whole.
        longest: most tokens.

    Returns:
        The text, and how many steps it has: all of them also where the format cannot say the next one, none
        where not even the first one fits.
    """
    parts, size, written = [""], 0, 0
    turns = codec.turns(walk)
    while True:
        try:
            turn = next(turns)
        except ModelError:
            written = len(walk.steps)
            break
        added = [(turn.end, written > known), (turn.given, False), (turn.answer, written >= known)]
        size += sum(size_of(text) for text, _ in added)
        ends = written == len(walk.steps)
        fits = size < longest  # one is left for the marker that ends it
        if ends or (written and not fits):
            added = added[:1]
        for text, learnt in added:
            if text and learnt is (len(parts) % 2 == 0):
                parts[-1] += text
            elif text:
                parts.append(text)
        if ends or not fits:
            break
        written += 1
    return tuple(parts[: len(parts) // 2 * 2]), written
