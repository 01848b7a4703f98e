"""What an agent may see: the program, where it stands, and what is asked.

Both observation families are drawn from a scene, and it holds nothing that is hidden.
"""

from __future__ import annotations

from dataclasses import dataclass

from debugworld.sandboxes.debugger import Event, Exit, ExitCode, Frame, Program, State, TreeDebugger

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
    trials: tuple[str, ...] = ()
    """Ways to enter the program otherwise that have numbers."""
    end: str = ""
    """The end of a run that is asked for, as in `Attempt.end`."""


UNASKED = Question("none: the box failed")
"""What is asked where a fault of the box left nothing to ask about."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run of the program that the agent asked for, as far as the agent went."""

    text: str
    """What it was entered with."""
    steps: int = 0
    """Lines that were about to run, up to the furthest state."""
    end: str = ""
    """``returned VALUE``, ``raised TYPE: MESSAGE`` or how it ended; empty where the agent did not see it."""

    def __str__(self) -> str:
        return f"{self.text}: {self.steps} steps, {self.end or 'not at its end'}"


@dataclass(frozen=True, slots=True)
class ShownTest:
    """A test as an agent sees it, where the task is about a bug."""

    call: str
    """The call, on one line."""
    expected: str
    """What it should come to, on one line."""
    passes: bool | None = None
    """Whether the program passes it; None where the program has changed since."""
    actual: str = ""
    """What it came to, on one line; empty where that is not known."""
    lines: tuple[int, ...] = ()
    """Lines of the program that it has run as far as it was debugged, ascending."""

    def __str__(self) -> str:
        if self.passes is None:
            return f"{self.call} == {self.expected}  not run since the last edit"
        return f"{self.call} == {self.expected}  " + ("passes" if self.passes else f"fails: {self.actual}")


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
    reply: str = ""
    """What it was answered beside the state, such as the value of an expression."""
    tests: tuple[ShownTest, ...] = ()
    """The tests that are shown, where the task is about a bug."""
    test: int = 0
    """Number of the test that is being debugged, from 1; 0 where there is none."""
    accused: tuple[int, ...] = ()
    """Lines that were accused and are not at fault, in time."""
    notes: tuple[str, ...] = ()
    """What else the task has to say, a line each."""
    attempts: tuple[Attempt, ...] = ()
    """What the agent has tried, in time, where the task lets it."""
    frame: Frame | None = None
    """The caller's frame that looks refer to; None where that is the frame of the state."""
    points: tuple[str, ...] = ()
    """The breakpoints that their lines do not tell in full, as they are written, oldest first."""
    visited: tuple[int, ...] = ()
    """Lines where the agent has seen the program stand in this episode, the current one included, ascending;
    empty where the task is about a bug, whose tests tell of their own lines."""


def stack_of(debugger: TreeDebugger) -> tuple[State, ...]:
    """Returns a debugger's current state and its calling lines, innermost first."""
    if debugger.done:
        return ()
    tree = debugger.tree
    return (debugger.state, *(tree.states[index] for index in tree.callers(debugger.position)))


def end_of(state: State) -> str:
    """Returns how a run ended, as in `Attempt.end`; empty for a state that is not its end."""
    if state.event is Event.EXIT and state.exit is not None:
        return f"exit, {state.exit.code} ({state.exit.reason})" if state.exit.code is ExitCode.NEVER else ""
    if state.depth or state.value is None:
        return ""
    if state.event is Event.RETURN:
        return f"returned {state.value}"
    return f"raised {state.value}" if state.event is Event.EXCEPTION else ""


NOWHERE = State.at_exit(Exit(ExitCode.NEVER, "fault"))
"""The state shown where a fault of the box or the model left none."""


def encodable(text: str) -> str:
    """Returns a text with its lone surrogates spelled out, which no file, terminal or tokenizer takes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def one_line(text: str) -> str:
    """Returns a text with its line ends spelled out."""
    return text.replace("\r", "\\r").replace("\n", "\\n")
