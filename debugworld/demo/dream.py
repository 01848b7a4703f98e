"""The dream: the program as the neural debugger alone would run it, never set right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program, State
from debugworld.worldmodel.neural import NeuralDebugger


@dataclass(frozen=True, slots=True)
class Dream:
    """How far a dream that is left alone stays true."""

    states: int
    """States that it has, its exit included."""
    truth: int
    """States that the real run has, its exit included."""
    follows: int
    """States from the entry on that are all true."""
    ending: str
    """How it ends, in words."""
    real_ending: str
    """How the real run ends, in words."""

    def to_json(self) -> dict[str, Any]:
        """Returns the dream as plain JSON data."""
        return asdict(self)


def dream(
    neural: NeuralDebugger,
    program: Program,
    truth: Sequence[State],
    on_state: Callable[[], None] = lambda: None,
) -> Dream:
    """Lets a neural debugger dream a program to its end.

    Args:
        neural: The debugger; it is reset.
        program: The program.
        truth: All states of its real run, the exit included.
        on_state: Called after each state.

    Raises:
        ModelError: the model failed.
    """
    neural.reset(program)
    while not neural.done:
        neural.step(Action(ActionKind.STEP_INTO))
        on_state()
    dreamt = neural.tree.states
    pairs = zip(truth, dreamt, strict=False)
    follows = next((place for place, (real, own) in enumerate(pairs) if real != own), len(truth))
    return Dream(len(dreamt), len(truth), min(follows, len(dreamt)), ending(dreamt), ending(truth))


def ending(states: Sequence[State]) -> str:
    """Says in words how a run ends, its value or exception included.

    Args:
        states: All states, the exit included.
    """
    exit = states[-1].exit
    assert exit is not None
    last = states[-2] if len(states) > 1 else None
    if last is not None and last.depth == 0 and last.event is Event.RETURN and last.function != "<module>":
        return f"returns {last.value}"
    if last is not None and last.depth == 0 and last.event is Event.EXCEPTION:
        return f"raises {last.value}"
    return f"exit {exit.code} ({exit.reason})"
