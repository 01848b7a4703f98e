"""Which engine runs a model: by what is given."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from debugworld.worldmodel.checkpoint import SHIPPED, format_of
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import MARKOV


def is_url(model: str | Path | None) -> bool:
    """Whether a model is behind a server."""
    return isinstance(model, str) and model.startswith(("http://", "https://"))


def open_engine(model: str | Path | None = None, **options: Any) -> CompletionEngine:
    """Opens the engine that fits a model.

    Args:
        model: None for the checkpoint that ships; the folder of one made by ``debugworld train``, for the
            package's own engine; the folder of any other causal language model, or a GGUF file, for
            `TokenEngine`; or ``http://host:port/v1?model=NAME`` for an OpenAI-compatible server.
        **options: of that engine.

    Raises:
        ModelError: the model is missing or damaged, speaks a format instead of answering our questions, or
            the server does not answer.
    """
    if is_url(model):
        from debugworld.worldmodel.endpoint import EndpointEngine

        return EndpointEngine(str(model), **options)
    path = SHIPPED if model is None else Path(model)
    spoken = format_of(path)
    if spoken not in ("", MARKOV):
        raise ModelError(
            f"{path} speaks the format {spoken} and does not answer our own questions; "
            "it serves where states are asked for: debugworld run and fidelity, and environments"
        )
    foreign = (path / "config.json").is_file() and not (path / "manifest.json").is_file()
    if foreign or path.suffix == ".gguf":
        if not path.exists():
            raise ModelError(f"{path} does not exist")
        from debugworld.worldmodel.tokenwise import TokenEngine

        return TokenEngine.load(path, **options)
    from debugworld.worldmodel.engine import Engine

    return Engine.load(path, **options)
