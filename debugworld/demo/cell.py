"""Cells: a state in short pieces, each marked where the two debuggers differ in it.

The table in the terminal and the one on the page are made of the same cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from debugworld.sandboxes.debugger import Event, State

from .walk import Step

ABSENT = "not there"
"""Said of a local that the dream lacks."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Something that a state shows."""

    text: str
    """What it says."""
    field: str
    """The field of the state that it shows."""
    differs: bool
    """Whether the other debugger says something else."""


@dataclass(frozen=True, slots=True)
class Row:
    """One step as it is shown."""

    step: Step
    """The step."""
    real: tuple[Piece, ...]
    """What really happened: the event, what is new in the frame, and what the dream has otherwise."""
    neural: tuple[Piece, ...]
    """The same of the dream, with its place where that differs; locals only of the same frame."""


def rows(steps: Sequence[Step]) -> list[Row]:
    """Returns the rows of a walk; what is new is seen against the last stop in the same frame."""
    found = []
    frames: list[dict[str, str]] = []
    for step in steps:
        real, depth = step.real, step.real.depth
        del frames[depth + 1 :]
        opened = real.event is Event.CALL or len(frames) <= depth
        before = {} if opened else frames[depth]
        found.append(Row(step, tuple(_real(step, before)), tuple(_neural(step, before))))
        if real.event is not Event.EXIT:
            frames[depth:] = [real.locals]
    return found


def _real(step: Step, before: dict[str, str]) -> Iterator[Piece]:
    real, wrong = step.real, step.differences
    yield Piece(real.event.value, "event", "event" in wrong)
    for name, value in real.locals.items():
        differs = _same_frame(step) and step.neural.locals.get(name) != value
        if differs or before.get(name) != value:
            yield Piece(f"{name} = {value}", "locals", differs)
    yield from _ends(real, wrong)


def _neural(step: Step, before: dict[str, str]) -> Iterator[Piece]:
    real, neural, wrong = step.real, step.neural, step.differences
    yield Piece(neural.event.value, "event", "event" in wrong)
    if "line" in wrong and neural.line:
        yield Piece(f"at line {neural.line}: {neural.source}", "line", True)
    if "function" in wrong and neural.function:
        yield Piece(f"in {neural.function}", "function", True)
    elif "depth" in wrong and neural.line:
        yield Piece(f"at depth {neural.depth}", "depth", True)
    if _same_frame(step):
        for name in dict.fromkeys([*neural.locals, *real.locals]):
            value, differs = neural.locals.get(name), neural.locals.get(name) != real.locals.get(name)
            if differs or before.get(name) != value:
                yield Piece(f"{name} {ABSENT}" if value is None else f"{name} = {value}", "locals", differs)
    yield from _ends(neural, wrong)
    if neural.event is real.event and real.value is not None and neural.value is None:
        yield Piece("no value", "value", True)
    if real.stdout and not neural.stdout:
        yield Piece("prints nothing", "stdout", True)


def _same_frame(step: Step) -> bool:
    """Whether both sides stand in the same frame, so that their locals can be held side by side."""
    real, neural = step.real, step.neural
    return (real.function, real.depth) == (neural.function, neural.depth)


def _ends(own: State, wrong: Sequence[str]) -> Iterator[Piece]:
    """Yields what a state shows beside its locals."""
    if own.value is not None:
        yield Piece(own.value if own.value.strip() else "empty text", "value", "value" in wrong)
    if own.stdout:
        yield Piece(f"prints {own.stdout!r}", "stdout", "stdout" in wrong)
    if own.exit is not None:
        yield Piece(f"{own.exit.code} ({own.exit.reason})", "exit", "exit" in wrong)
