"""What every format offers: a codec between what a debugger shows and the text that a model reads and writes.

A text is a head (the program), then for each step what asks for a state and the answer, then a tail. The
engine and the debugger need no more than that: `Codec.prompt` and `Codec.grammar` make a question of a walk
and an action, and `Codec.read` makes a state of the answer.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from debugworld.sandboxes.debugger import Action, ActionKind, Event, Program, State
from debugworld.worldmodel.data.trajectories import Step, Trajectory
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats.paper import split

if TYPE_CHECKING:
    from debugworld.worldmodel.constraint import Grammar


@dataclass(frozen=True)
class Piece:
    """A part of a text."""

    text: str
    learnt: bool
    """Whether a model is to learn to write it: an answer, or what ends one."""


@dataclass(frozen=True)
class Turn:
    """A step in a text.

    Attributes:
        end: the marker that ends the answer before it, which a model learns to write; empty where none does.
        given: what stands between that and its answer; in the first turn with the program.
        answer: its state; empty where no model is asked for one.
    """

    end: str
    given: str
    answer: str


class Codec(ABC):
    """One format."""

    name: str
    """What the registry knows it by."""
    markers: tuple[str, ...]
    """Texts that a tokenizer has to keep whole, each as one token; symbol ``END + 1 + i`` of a grammar is the
    i-th."""
    stop: tuple[str, ...]
    """Markers of which each ends an answer and is no part of it."""
    actions: frozenset[ActionKind]
    """What can be asked for directly; all other moves have to be walked, step into by step into."""
    exact: bool
    """Whether a state can be read back whole; else as far as `shown` says."""

    def encode(self, trajectory: Trajectory) -> str:
        """Writes a whole trajectory.

        Raises:
            ModelError: it holds what the format cannot say.
        """
        return "".join(piece.text for piece in self.pieces(trajectory))

    def pieces(self, trajectory: Trajectory) -> Iterator[Piece]:
        """Yields the parts of a trajectory's text in their order.

        Raises:
            ModelError: it holds what the format cannot say.
        """
        for turn in self.turns(trajectory):
            for text, learnt in ((turn.end, True), (turn.given, False), (turn.answer, True)):
                if text:
                    yield Piece(text, learnt)

    def turns(self, trajectory: Trajectory) -> Iterator[Turn]:
        """Yields a trajectory's text step by step, and last what stands after them.

        Raises:
            ModelError: the next step is none that the format can say.
        """
        given, answer = self.head(trajectory.program, trajectory.visited), ""
        for number, step in enumerate(trajectory.steps):
            walk = replace(trajectory, steps=trajectory.steps[:number])
            asked = self.ask(walk, step.action)
            end = self._end(asked) if answer else ""
            answer = self.answer(walk, step)
            yield Turn(end, given + asked.removeprefix(end), answer)
            given = ""
        tail = self.tail(trajectory)
        end = self._end(tail) if answer else ""
        yield Turn(end, given + tail.removeprefix(end), "")

    def prompt(self, walk: Trajectory, action: Action | None) -> str:
        """Returns the question which state an action leads to.

        Args:
            walk: the program and the steps so far; the first one is written whole, whatever was before it.
            action: what is done next; None asks for a first state.

        Raises:
            ModelError: the format cannot say that.
        """
        return self.encode(replace(walk, steps=walk.steps)).removesuffix(self.tail(walk)) + self.ask(
            walk, action
        )

    @abstractmethod
    def head(self, program: Program, visited: Sequence[str] = ()) -> str:
        """Writes the program.

        Args:
            program: the program.
            visited: qualified names of the functions that the run enters; where empty, that is not known.
        """

    @abstractmethod
    def ask(self, walk: Trajectory, action: Action | None) -> str:
        """Writes what asks for the state after an action, None for a first one; as in `prompt`."""

    @abstractmethod
    def answer(self, walk: Trajectory, step: Step) -> str:
        """Writes the state of the step after a walk."""

    def tail(self, trajectory: Trajectory) -> str:
        """Writes what stands after the last state."""
        return ""

    @abstractmethod
    def read(self, walk: Trajectory, action: Action | None, text: str) -> State:
        """Reads an answer.

        Args:
            walk: as in `prompt`.
            action: what was asked.
            text: the answer, without what ended it.

        Raises:
            ModelError: it is none of this format.
        """

    @abstractmethod
    def grammar(self, walk: Trajectory, action: Action | None) -> Grammar:
        """Returns what the answer to a question can be."""

    @abstractmethod
    def decode(self, program: Program, text: str) -> tuple[Step, ...]:
        """Reads what `encode` wrote, as `shown` has it.

        Raises:
            ModelError: the text is not in the format; the message says where.
        """

    def shown(self, walk: Trajectory, step: Step) -> State:
        """Returns a state as it is read back after a walk."""
        return self.read(walk, step.action, self.answer(walk, step))

    def require(self, action: Action | None) -> None:
        """Checks that an action can be asked for.

        Raises:
            ModelError: the format has no word for it; the message lists what it has.
        """
        if action is not None and action.kind not in self.actions:
            have = ", ".join(sorted(map(str, self.actions)))
            raise ModelError(f"the format {self.name} has no word for {action.kind}; it has: {have}")

    def symbol(self, marker: str) -> int:
        """Returns a marker's symbol in grammars."""
        return 257 + self.markers.index(marker)

    def _end(self, text: str) -> str:
        """Returns the marker at the beginning of a text that ends the answer before it."""
        return next((marker for marker in self.stop if text.startswith(marker)), "")


def size_of(text: str) -> int:
    """Returns the tokens of a text when each marker is one and so is each other byte."""
    pieces = split(text)
    return len(pieces) // 2 + sum(len(piece.encode(errors="replace")) for piece in pieces[::2])


def finished(trajectory: Trajectory) -> bool:
    """Whether a trajectory ends at the exit or, backward, at the entry."""
    if not trajectory.steps:
        return False
    last = trajectory.steps[-1].state
    entry = trajectory.backward and last.event is Event.CALL and last.depth == 0
    return last.event is Event.EXIT or entry
