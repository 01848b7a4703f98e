"""Spaces of text.

`gymnasium.spaces.Text` is not used: its strings do not survive the shared memory of
`gymnasium.vector.AsyncVectorEnv`. These spaces refuse shared memory instead, and
arrive intact with ``shared_memory=False``.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from gymnasium import Space

from .command import CommandSet, spell

MAX_COMMAND = 4096
"""Most characters of a command, where the task takes no edits."""


class TextSpace(Space[str]):
    """Any text up to a length.

    Args:
        max_length: Most characters of an element.
        seed: Seed of the sampler.
    """

    def __init__(self, max_length: int, seed: int | np.random.Generator | None = None) -> None:
        super().__init__((), np.dtype(object), seed)
        self.max_length = max_length

    @property
    def is_np_flattenable(self) -> bool:
        """Always False: a text has no array of fixed shape."""
        return False

    def sample(self, mask: Any | None = None, probability: Any | None = None) -> str:
        """Returns up to 32 printable characters; takes no mask."""
        codes = self.np_random.integers(32, 127, self.np_random.integers(0, min(self.max_length, 32) + 1))
        return "".join(map(chr, codes))

    def contains(self, x: Any) -> bool:
        """Tells whether a value is a text of at most ``max_length`` characters."""
        return isinstance(x, str) and len(x) <= self.max_length

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and vars(self) | _UNSEEDED == vars(other) | _UNSEEDED

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"{type(self).__name__}(max_length={self.max_length})"


_UNSEEDED = {"_np_random": None}


class CommandSpace(TextSpace):
    """Texts that an agent may say; sampling yields commands.

    Every text is an element: one that is no command is answered with an error.

    Args:
        commands: The numbered commands to sample from.
        answers: Texts that sampled answers take.
        trials: Texts that sampled trials take.
        max_length: Most characters of an element.
        seed: Seed of the sampler.
    """

    def __init__(
        self,
        commands: CommandSet,
        answers: tuple[str, ...] = (),
        trials: tuple[str, ...] = (),
        max_length: int = MAX_COMMAND,
        seed: int | np.random.Generator | None = None,
    ) -> None:
        super().__init__(max_length, seed)
        self.commands = commands
        self.answers = answers
        self.trials = trials

    def sample(
        self, mask: npt.NDArray[np.int8] | None = None, probability: npt.NDArray[np.float64] | None = None
    ) -> str:
        """Returns the text of a random command.

        Args:
            mask: int8 of shape ``(len(commands),)``, 1 where a command may be drawn,
                such as ``info["action_mask"]``. If it allows none, command 0 is returned.
            probability: float64 of the same shape that sums to 1; not with a mask.
        """
        weights = np.ones(len(self.commands)) if mask is None else np.asarray(mask, np.float64)
        if probability is not None:
            weights = np.asarray(probability, np.float64)
        total = weights.sum()
        number = int(self.np_random.choice(len(weights), p=weights / total)) if total else 0
        command = self.commands.command(number)
        if command is not None:
            return spell(command)
        word, texts = ("answer", self.answers) if number < self.commands.first_trial else ("try", self.trials)
        return f"{word} {texts[int(self.np_random.integers(len(texts)))]}"
