"""How a language model is let play: what stands after ``?`` in the name of its agent."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import parse_qsl, urlencode

from debugworld.worldmodel.errors import ModelError

CONSTRAINTS = ("legal", "syntax", "none")
"""Answers are legal commands, commands of the task's, or any text."""
FORMATS = ("auto", "json_schema", "json_object", "text")
"""How a server is told of a schema."""
_ENDPOINT = ("model", "structured", "logprobs")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a language model is let play."""

    prompt: str = "brief"
    """Name of a prompt that ships, or the path of a TOML file like those."""
    history: int = 4
    """Earlier commands that the prompt tells of, with what they led to."""
    samples: int = 1
    """Most answers drawn for one action."""
    agree: int = 0
    """Equal answers that are enough; 0 for more than half of ``samples``."""
    temperature: float = -1.0
    """Of the draws; 0 for the likeliest answer. Where negative, 0 for one sample and 0.8 for several."""
    top_p: float = 1.0
    """Of the draws."""
    tokens: int = 48
    """Longest text of the model's own, such as an answer, in its tokens; what a menu spells comes beside."""
    thought: int = -1
    """Longest thought before an answer, in tokens; 0 for none; where negative, as the prompt has it."""
    characters: int = 6000
    """Most characters of a page in the prompt; the middle of a longer one is left out."""
    constrain: str = "legal"
    """One of `CONSTRAINTS`."""
    format: str = "auto"
    """One of `FORMATS`; ``auto`` goes by what the server says of itself."""

    def __post_init__(self) -> None:
        if self.constrain not in CONSTRAINTS or self.format not in FORMATS:
            raise ModelError(
                f"constrain is one of {', '.join(CONSTRAINTS)} and format one of {', '.join(FORMATS)}; "
                f"got {self.constrain!r} and {self.format!r}"
            )
        if self.samples < 1 or not 0 <= self.agree <= self.samples:
            raise ModelError(f"need 0 <= agree <= samples, at least one; got {self.agree} and {self.samples}")
        if self.samples > 1 and self.temperature == 0:
            raise ModelError("several samples at temperature 0 are all the same; give a temperature above 0")
        if self.history < 0 or self.tokens < 1 or self.characters < 200 or not 0 < self.top_p <= 1:
            raise ModelError("need history >= 0, tokens >= 1, characters >= 200 and top_p in (0, 1]")

    @property
    def votes(self) -> int:
        """Equal answers that are enough."""
        return self.agree or self.samples // 2 + 1

    @property
    def warmth(self) -> float:
        """Temperature of the draws; 0 for none."""
        return self.temperature if self.temperature >= 0 else 0.8 if self.samples > 1 else 0.0


def read_name(name: str) -> tuple[str, Settings]:
    """Reads ``MODEL?setting=value&...``.

    Returns:
        The model, with the settings that are its server's, and the agent's own settings.

    Raises:
        ModelError: a setting is unknown, or its value is none.
    """
    model, _, query = name.partition("?")
    known: dict[str, Any] = {field.name: type(field.default) for field in fields(Settings)}
    told: dict[str, Any] = {}
    kept: list[tuple[str, str]] = []
    url = model.startswith(("http://", "https://"))
    for key, value in parse_qsl(query, keep_blank_values=True):
        if url and key in _ENDPOINT:
            kept.append((key, value))
        elif key not in known:
            more = f", and for a server {', '.join(_ENDPOINT)}" if url else ""
            raise ModelError(f"there is no setting {key!r}; there are {', '.join(known)}{more}")
        else:
            try:
                told[key] = known[key](value)
            except ValueError:
                raise ModelError(f"{key} is a {known[key].__name__}; got {value!r}") from None
    return f"{model}?{urlencode(kept)}" if kept else model, Settings(**told)
