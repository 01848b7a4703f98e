"""What an agent may see: the program, where it stands, and what is asked.

Both observation families are drawn from a scene, and it holds nothing that is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

from debugworld.sandboxes.debugger import Exit, ExitCode, Program, State, TreeDebugger

from .goal import Goal
from .query import Query


@dataclass(frozen=True, slots=True)
class Question:
    """What an episode asks."""

    text: str
    """The question in words, on one line."""
    goal: Goal | None = None
    """The stop to reach, where one is asked for."""
    candidates: tuple[str, ...] = ()
    """Answers to choose from, where one is asked for."""
    query: Query | None = None
    """The moment and the variable that are asked about, where a value of the run is asked for."""
    start: int = 0
    """Index of the state of the real run where the episode begins."""


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything visible at one step of an episode."""

    program: Program
    """The program under debugging."""
    question: Question
    """What is asked."""
    state: State
    """Where the program stands."""
    stack: tuple[State, ...]
    """The current state and the calling lines below it, innermost first; empty at the exit."""
    breakpoints: tuple[int, ...]
    """Lines with a breakpoint, ascending."""
    moves_left: int
    """Moves that the episode still allows."""
    max_moves: int
    """Moves that it allowed at first."""
    passes: int = 0
    """How often the line that is asked about has been about to run, up to this state."""
    last: str = ""
    """What the agent last said; empty at the start."""
    error: str = ""
    """Why that was refused or failed; empty where it was done."""


def stack_of(debugger: TreeDebugger) -> tuple[State, ...]:
    """Returns a debugger's current state and its calling lines, innermost first."""
    if debugger.done:
        return ()
    tree = debugger.tree
    return (debugger.state, *(tree.states[index] for index in tree.callers(debugger.position)))


NOWHERE = State.at_exit(Exit(ExitCode.NEVER, "fault"))
"""The state shown where a fault of the box or the model left none."""


def one_line(text: str) -> str:
    """Returns a text with its line ends spelled out."""
    return text.replace("\r", "\\r").replace("\n", "\\n")
