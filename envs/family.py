"""Observation families: how a scene is shown and how an action is read.

A family knows spaces, not rewards; a task knows rewards, not spaces.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from gymnasium import Space, spaces

from debugworld.sandboxes.debugger import Action, IllegalAction

from .answer import GUESSES
from .command import EDIT_KINDS, Answer, Command, CommandSet, TaskKind, Trial, parse, spell
from .errors import TaskError
from .features import features, observation_space
from .page import MAX_PAGE, page
from .scene import Scene
from .spaces import MAX_COMMAND, CommandSpace, TextSpace


class Family(ABC):
    """Turns scenes into observations and actions into commands."""

    commands: CommandSet
    """The commands that ``action_mask`` runs over."""
    observation_space: Space[Any]
    """Space of `observe`."""
    action_space: Space[Any]
    """Space of the actions that `command` reads."""

    @abstractmethod
    def observe(self, scene: Scene) -> Any:
        """Returns a new observation of a scene."""

    @abstractmethod
    def command(self, action: Any, scene: Scene) -> Command:
        """Reads an element of the action space.

        Raises:
            IllegalAction: it is no command.
        """

    @abstractmethod
    def say(self, command: Command, scene: Scene) -> Any:
        """Returns the element of the action space that `command` reads as this command.

        Raises:
            IllegalAction: there is none.
        """

    @abstractmethod
    def spell(self, action: Any, scene: Scene) -> str:
        """Returns an action as the agent would say it."""


class TextFamily(Family):
    """Pages to read and pdb-like commands to say, see `usages`.

    Args:
        max_lines: Lines that ``action_mask`` covers.
        answers: Whether the task takes answers, when above 0.
        queries: Whether it asks about a moment of the run; a page shows that by itself.
        kinds: What the task takes beside the debugger's actions.
        tests: Most tests that it shows.
        trials: Whether the program may be entered otherwise, when above 0.
        samples: Texts that sampled answers take.
        tries: Texts that sampled trials take.
    """

    def __init__(
        self,
        max_lines: int,
        answers: int,
        queries: bool = False,
        kinds: tuple[TaskKind, ...] = (),
        tests: int = 0,
        trials: int = 0,
        samples: tuple[str, ...] = GUESSES,
        tries: tuple[str, ...] = GUESSES,
    ) -> None:
        self.commands = CommandSet(max_lines, min(answers, 1), kinds, tests, min(trials, 1))
        self.observation_space = TextSpace(MAX_PAGE)
        longest = MAX_PAGE if EDIT_KINDS.intersection(kinds) else MAX_COMMAND
        self.action_space = CommandSpace(
            self.commands, samples if answers else (), tries if trials else (), longest
        )

    def observe(self, scene: Scene) -> str:
        """Returns the page of a scene."""
        return page(scene)

    def command(self, action: str, scene: Scene) -> Command:
        """Parses what was said."""
        return parse(action, self.commands.kinds)

    def say(self, command: Command, scene: Scene) -> str:
        """Returns the text of a command."""
        return spell(command)

    def spell(self, action: str, scene: Scene) -> str:
        """Returns what was said, cut at 200 characters."""
        return action if len(action) <= 200 else action[:197] + "..."


class FeaturesFamily(Family):
    """Arrays of fixed shape to see and numbers to choose.

    Args:
        max_lines: Lines that observations and actions cover.
        answers: Candidate answers; 0 for a task that has a goal instead.
        queries: Whether the task asks about a moment of the run.
        kinds: What the task takes beside the debugger's actions.
        tests: Most tests that it shows; with some it is about a bug and has no goal.
        trials: Ways to enter the program otherwise that have numbers.
        samples: Not used: answers are chosen by number.
        tries: Not used: trials are chosen by number.
    """

    def __init__(
        self,
        max_lines: int,
        answers: int,
        queries: bool = False,
        kinds: tuple[TaskKind, ...] = (),
        tests: int = 0,
        trials: int = 0,
        samples: tuple[str, ...] = GUESSES,
        tries: tuple[str, ...] = GUESSES,
    ) -> None:
        self.commands = CommandSet(max_lines, answers, kinds, tests, trials)
        self._queries = queries
        self.observation_space = observation_space(max_lines, answers, queries, tests, trials)
        self.action_space = spaces.Discrete(len(self.commands))

    def observe(self, scene: Scene) -> dict[str, Any]:
        """Returns the arrays of a scene."""
        commands = self.commands
        shown = commands.max_lines, commands.answers, self._queries, commands.tests, commands.trials
        return features(scene, *shown)

    def command(self, action: int, scene: Scene) -> Command:
        """Returns the command that has a number."""
        found = self.commands.command(int(action))
        if found is not None:
            return found
        place = int(action) - self.commands.first_trial
        if place >= 0:
            if place >= len(scene.question.trials):
                raise IllegalAction(f"there is no trial {place} in this episode")
            return Trial(scene.question.trials[place])
        place = int(action) - self.commands.first_answer
        if place >= len(scene.question.candidates):
            raise IllegalAction(f"there is no candidate {place} in this episode")
        return Answer(scene.question.candidates[place])

    def say(self, command: Command, scene: Scene) -> int:
        """Returns the number of a command."""
        if isinstance(command, Answer):
            if command.text in scene.question.candidates:
                return self.commands.first_answer + scene.question.candidates.index(command.text)
            raise IllegalAction(f"{command.text!r} is none of the candidates of this episode")
        if isinstance(command, Trial):
            if command.text in scene.question.trials:
                return self.commands.first_trial + scene.question.trials.index(command.text)
            raise IllegalAction(f"{command.text!r} is none of the trials of this episode")
        line = command.line if isinstance(command, Action) else None
        if line is not None and line > self.commands.max_lines:
            raise IllegalAction(f"line {line} has no number; lines 1 to {self.commands.max_lines} have")
        try:
            return self.commands.number(command)
        except ValueError:
            raise IllegalAction(f"'{command}' has no number; use the family text") from None

    def spell(self, action: int, scene: Scene) -> str:
        """Returns the text of the command that has a number."""
        try:
            return spell(self.command(action, scene))
        except IllegalAction:
            return f"action {int(action)}"


FAMILIES = {"text": TextFamily, "features": FeaturesFamily}
"""The families by name."""


def make_family(
    name: str,
    max_lines: int,
    answers: int,
    queries: bool = False,
    kinds: tuple[TaskKind, ...] = (),
    tests: int = 0,
    trials: int = 0,
    samples: tuple[str, ...] = GUESSES,
    tries: tuple[str, ...] = GUESSES,
) -> Family:
    """Returns a new family; the arguments are those of `TextFamily`.

    Raises:
        TaskError: there is none of that name.
    """
    if name not in FAMILIES:
        raise TaskError(f"there is no observation family {name!r}; use one of: {', '.join(FAMILIES)}")
    return FAMILIES[name](max_lines, answers, queries, kinds, tests, trials, samples, tries)
