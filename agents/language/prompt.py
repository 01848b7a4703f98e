"""Prompts: files that say how a language model is asked."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

from debugworld.worldmodel.errors import ModelError

FOLDER = Path(__file__).with_name("prompts")
"""Where the prompts that ship are."""
PROMPTS = tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))
"""Their names."""
Message = dict[str, str]
"""``role`` and ``content``, as chat models take them."""
_CUT = "\n[some lines left out]\n"


@dataclass(frozen=True, slots=True)
class Prompt:
    """How a model is asked; a TOML file has the same keys."""

    system: str
    """What is said once; ``$commands`` stands for the list of commands."""
    user: str
    """What is said each turn; ``$history`` stands for earlier commands, ``$page`` for the page."""
    thought: int = 0
    """Longest thought before a command, in tokens; 0 for none."""

    @staticmethod
    def load(name: str) -> Prompt:
        """Reads a prompt that ships, by its name, or a file.

        Raises:
            ModelError: there is no such prompt, or it is not one.
        """
        path = FOLDER / f"{name}.toml" if name in PROMPTS else Path(name)
        try:
            prompt = Prompt(**tomllib.loads(path.read_text("utf-8")))
            Template(prompt.system).substitute(commands="")
            Template(prompt.user).substitute(history="", page="")
        except OSError:
            raise ModelError(
                f"there is no prompt {name!r}; use {', '.join(PROMPTS)}, or a TOML file"
            ) from None
        except (TypeError, ValueError, KeyError) as error:
            raise ModelError(
                f"{path} is no prompt ({error}); it needs system with $commands, user with $history and "
                "$page, and may have thought"
            ) from None
        return prompt

    def messages(self, commands: str, history: Sequence[str], page: str, characters: int) -> list[Message]:
        """Fills the prompt in.

        Args:
            commands: List of the commands.
            history: Earlier commands with what they led to, a line each.
            page: The page.
            characters: Most of the page; its middle is left out where it is longer.
        """
        if len(page) > characters:
            half = (characters - len(_CUT)) // 2
            page = page[:half] + _CUT + page[-half:]
        told = "Earlier commands:\n" + "\n".join(history) + "\n\n" if history else ""
        return [
            {"role": "system", "content": Template(self.system).substitute(commands=commands).strip()},
            {"role": "user", "content": Template(self.user).substitute(history=told, page=page).strip()},
        ]
