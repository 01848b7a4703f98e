"""Tasks: what an environment asks, when it is answered, and what it takes beside the debugger's actions.

`DebugEnv` does what all tasks share; a task overrides what is named here.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import gymnasium

from debugworld.sandboxes.debugger import Program, Trace, TreeDebugger

from .answer import GUESSES
from .command import Answer, Command, TaskCommand, TaskKind
from .reward import Outcome
from .scene import Question
from .task_set import TaskSet, load_task_set


class Task(gymnasium.Env[Any, Any]):
    """What a task says of itself; see `OutputPrediction`, `ReachState` and `StateQuery`."""

    answers: ClassVar[int] = 0
    """Candidate answers; 0 where the task takes no answer."""
    queries: ClassVar[bool] = False
    """Whether a question is about another moment of the run."""
    kinds: ClassVar[tuple[TaskKind, ...]] = ()
    """What the task takes beside the debugger's actions and an answer."""
    tests: int = 0
    """Most tests that the task shows; 0 where it is not about a bug."""
    trials: ClassVar[int] = 0
    """Numbered ways to enter the program otherwise; 0 where the task lets nobody try anything."""
    samples: ClassVar[tuple[str, ...]] = GUESSES
    """The answers that sampling a text action says."""
    tries: ClassVar[tuple[str, ...]] = GUESSES
    """What sampling a text action tries."""

    @abstractmethod
    def _pose(self, program: Program, trace: Trace) -> Question | None:
        """Draws a question with ``self.np_random`` and keeps its truth; None where there is none."""

    @abstractmethod
    def _answered(self, answer: Answer) -> bool:
        """Tells whether an answer is right; only asked where the task takes answers."""

    @abstractmethod
    def _reached(self, debugger: TreeDebugger) -> bool:
        """Tells whether the task is done where a debugger stands after a move."""

    @property
    def assigns(self) -> bool:
        """Whether variables may be assigned: where an answer or a command is judged, not the run itself."""
        return bool(self.answers or self.kinds) and not self.trials

    def _load(self, tasks: str, max_lines: int) -> TaskSet:
        """Reads the task set, with the programs that fit; a task may have built-in programs of its own."""
        return load_task_set(tasks).within(max_lines)

    def _task_refusal(self, command: TaskCommand) -> str | None:
        """Says why one of the task's own commands is not legal now; None where it is."""
        return f"this task takes no {command.kind}"

    def _obey(self, command: TaskCommand) -> Outcome:
        """Does one of the task's own commands, which is legal."""
        raise NotImplementedError(f"{type(self).__name__} says that it takes {command.kind}")

    def _closing(self, command: Command) -> bool:
        """Tells whether a command costs nothing and stays legal when the moves are used up."""
        return isinstance(command, Answer)

    def _opening(self, program: Program) -> Program:
        """Returns what is debugged and shown at first for a program of the task set."""
        return program

    def _aims(self, trace: Trace) -> Sequence[int]:
        """Returns the indices of the states of the real run that show what is asked for, for shaping."""
        return ()

    def _entered(self, text: str) -> Program:
        """Returns the program entered as a trial says; only asked where the task has trials.

        Raises:
            IllegalAction: it cannot be entered so; the text says how.
        """
        raise NotImplementedError
