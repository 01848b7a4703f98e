"""A language model that debugs: it reads the page and says a command."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np

from debugworld.agents.stop import Stop
from debugworld.envs import Command, DebugEnv, spell
from debugworld.envs.command import usages
from debugworld.envs.spaces import CommandSpace
from debugworld.sandboxes.debugger import IllegalAction
from debugworld.worldmodel.completion import Sampling
from debugworld.worldmodel.errors import ModelError

from .menu import Menu
from .prompt import Prompt
from .settings import Settings, read_name
from .speaker import Speaker, speaker_for
from .voting import first_of

_TOLD = re.compile(r"^(?:Error|Reply): .*$", re.MULTILINE)
_LONGEST = 240


@dataclass
class Usage:
    """What an agent has cost so far."""

    actions: int = 0
    """Actions that it has chosen."""
    samples: int = 0
    """Answers drawn for them."""
    unusable: int = 0
    """Answers that were no command."""
    calls: int = 0
    """Times that the model was asked."""
    prompt_tokens: int = 0
    """Tokens that it read, as far as that is known."""
    tokens: int = 0
    """Tokens that it wrote, as far as that is known."""


class LanguageAgent:
    """Plays any task by pages.

    Each turn it shows the model the page and the last commands with what they led to, draws answers until
    enough of them agree, and says the winner. An answer that is no command gets no vote; where no answer
    is one, the last one is said as it is, and the environment refuses it.

    Args:
        speaker: Runs the model.
        env: Says what the task takes.
        settings: How it is let play.

    Raises:
        ModelError: the environment has no plain texts to say, or the prompt is none.
    """

    def __init__(self, speaker: Speaker, env: DebugEnv, settings: Settings | None = None) -> None:
        space = env.action_space
        if not env.shows_text or not isinstance(space, CommandSpace):
            raise ModelError(
                "a language model reads pages and says commands; take an id with Text, actions='plain'"
            )
        self._speaker, self._settings = speaker, settings or Settings()
        self._commands, self._longest = env.commands, space.max_length
        self._prompt = Prompt.load(self._settings.prompt)
        self._env, self._listing = env, _listing(env)
        self.usage = Usage()
        self.reset(0)

    def reset(self, seed: int | None = None) -> None:
        """Starts an episode; a seed fixes the draws, as far as the model's server keeps to it."""
        if seed is not None:
            self._seed = seed
        self._turn = 0
        self._said = ""
        self._history: deque[str] = deque(maxlen=self._settings.history)

    def act(self, observation: str, info: dict[str, Any]) -> str:
        """Returns what the model says.

        Raises:
            ModelError: the model cannot be asked, because its server is away or refuses.
        """
        if self._said:
            self._history.append(f"{_cut(self._said)} -> {_cut(_outcome(observation))}")
        settings = self._settings
        menu: Menu | None = None
        if settings.constrain != "none":
            legal = settings.constrain == "legal"
            mask = np.asarray(info["action_mask"]) if legal else None
            menu = Menu.of(self._commands, observation, mask, self._env.offer(legal))
            menu = menu if menu.choices else None
        messages = self._prompt.messages(
            self._listing, tuple(self._history), observation, settings.characters
        )
        thought = settings.thought if settings.thought >= 0 else self._prompt.thought
        unusable = [""]

        def draw(number: int) -> Command | None:
            said = self._speaker.say(messages, menu, thought, self._sampling(number))
            usage = self.usage
            usage.samples += 1
            usage.calls += said.calls
            usage.prompt_tokens += said.prompt_tokens
            usage.tokens += said.tokens
            try:
                return Menu.read(said.text, self._commands.kinds)
            except IllegalAction:
                usage.unusable += 1
                unusable[0] = said.text
                return None

        winner = cast("Command | None", first_of(draw, settings.samples, settings.votes)[0])
        self.usage.actions += 1
        self._turn += 1
        self._said = (spell(winner) if winner is not None else unusable[0])[: self._longest]
        return self._said

    def _sampling(self, number: int) -> Sampling | None:
        settings = self._settings
        if not settings.warmth:
            return None
        place = self._turn * settings.samples + number
        return Sampling(settings.warmth, settings.top_p, (self._seed * 1_000_003 + place) % 2**31)

    @property
    def spent(self) -> dict[str, int]:
        """What was spent so far, as plain JSON data."""
        return asdict(self.usage)


def _listing(env: DebugEnv) -> str:
    """Returns the commands for a prompt, a line each; without assignments where those are refused."""
    found = usages(env.kinds, bool(env.answers), bool(env.trials))
    return "\n".join(
        f"{usage}: {about}" for usage, about in found.items() if env.assigns or not usage.startswith("!")
    )


def _outcome(page: str) -> str:
    told = _TOLD.findall(page.partition("\nProgram:\n")[0])
    return "; ".join([*told, str(Stop.read(page))])


def _cut(text: str) -> str:
    text = text.replace("\n", "\\n")
    return text if len(text) <= _LONGEST else text[: _LONGEST - 3] + "..."


def open_language_agent(name: str, env: DebugEnv) -> LanguageAgent:
    """Opens the agent of a name such as ``smollm2?prompt=method&samples=5&agree=3``.

    Args:
        name: What follows ``lm:``: a model as `open_speaker` takes it, and settings after ``?``.
        env: The environment.

    Raises:
        ModelError: the model, a setting or the environment does not fit.
    """
    model, settings = read_name(name)
    return LanguageAgent(speaker_for(model, settings), env, settings)
