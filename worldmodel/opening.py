"""Neural debuggers by the names of their models: over our own questions, or over a format."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from debugworld.sandboxes.debugger import TreeDebugger
from debugworld.worldmodel.completion import CompletionEngine
from debugworld.worldmodel.context import ContextDebugger, open_debugger
from debugworld.worldmodel.conversation import Completer
from debugworld.worldmodel.direct import Jumps
from debugworld.worldmodel.errors import ModelError
from debugworld.worldmodel.formats import MARKOV, open_codec
from debugworld.worldmodel.model_name import OWN_SETTINGS, SPOKEN_SETTINGS, ModelName
from debugworld.worldmodel.neural import NeuralDebugger, changed_at, shared_engine
from debugworld.worldmodel.tokenwise import TokenEngine

if TYPE_CHECKING:
    from debugworld.worldmodel.direct_debugger import DirectDebugger

MAX_TOKENS = 512
"""Tokens of the longest answer in a format, where the model reads enough."""


def open_neural(
    name: str | Path | None = None, max_states: int = 2000, engine: CompletionEngine | None = None
) -> NeuralDebugger | ContextDebugger | DirectDebugger:
    """Opens a debugger over a model.

    Args:
        name: of the model, see `ModelName`: after ``?`` one that answers our own questions takes
            ``jumps=rollout|direct|auto`` and ``granularity=line|expression|steps``, one that speaks a format
            ``format=NAME`` (unless it says so itself) and ``jumps=rollout|direct``.
        max_states: states after which a dream ends as ``never``.
        engine: answers in place of the model's own, such as one that gathers questions for it.

    Raises:
        ModelError: there is no such model or setting, the model lacks the format's markers, or the format has
            no jumps that could be asked for directly.
    """
    model = ModelName.read(name)
    if model.format == MARKOV:
        model.check(OWN_SETTINGS)
        granularity = model.settings.get("granularity")
        jumps = model.settings.get("jumps", Jumps.ROLLOUT.value)
        return NeuralDebugger.load(model.model, max_states, granularity, jumps, engine)
    model.check(SPOKEN_SETTINGS)
    return open_speaking(shared_speaker(model.speaker), model, max_states=max_states, completer=engine)


def open_dream(
    name: str | Path | None = None, max_states: int = 2000, engine: CompletionEngine | None = None
) -> TreeDebugger:
    """Opens a debugger over a model that keeps what it dreamt as a state tree; as `open_neural`.

    Raises:
        ModelError: as there, or the model is asked for the ends of jumps, with nothing between them.
    """
    debugger = open_neural(name, max_states, engine)
    if not isinstance(debugger, TreeDebugger):
        raise ModelError(f"{name}: direct jumps in a format leave no states to walk over; take jumps=rollout")
    return debugger


def open_speaking(
    engine: TokenEngine,
    name: ModelName,
    *,
    max_tokens: int = MAX_TOKENS,
    max_states: int = 2000,
    completer: Completer | None = None,
) -> ContextDebugger | DirectDebugger:
    """Returns a debugger over a model that speaks a format.

    Args:
        engine: runs the model.
        name: says the format, and how jumps are answered.
        max_tokens: of an answer, where the model reads enough.
        max_states: states after which a dream ends as ``never``.
        completer: answers in place of the engine.

    Raises:
        ModelError: the model lacks the format's markers, or the format has no jumps to ask for.
    """
    codec = open_codec(name.format)
    context = engine.context
    return open_debugger(
        completer or engine,
        codec,
        "direct" if name.settings.get("jumps") == "direct" else "rollout",
        context=context,
        max_tokens=min(max_tokens, max(1, context // 4)),
        max_states=max_states,
        measure=engine.vocabulary(codec.markers, codec.stop).count,
    )


def shared_speaker(path: Path) -> TokenEngine:
    """Returns the engine of a model that speaks a format; debuggers over one model share it.

    Args:
        path: a folder that `from_pretrained` reads, or a GGUF file.

    Raises:
        ModelError: there is no model, or it is damaged.
    """
    return _opened(path.resolve(), changed_at(path))


def open_speaker(path: Path) -> TokenEngine:
    """Opens the engine of a model that speaks a format; as `shared_speaker`, for one asker."""
    return TokenEngine.load(path, dtype=torch.float32)


@lru_cache(maxsize=4)
def _opened(path: Path, changed: int) -> TokenEngine:
    return open_speaker(path)


def engine_of(name: str | Path | None) -> CompletionEngine:
    """Returns the engine that answers debuggers of a name, shared by all.

    Raises:
        ModelError: as `open_neural`.
    """
    model = ModelName.read(name)
    return shared_engine(model.model) if model.format == MARKOV else shared_speaker(model.speaker)
