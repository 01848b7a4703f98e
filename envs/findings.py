"""What runs of programs told, kept on disk beside traces, so that nobody needs a box to know it again."""

from __future__ import annotations

import platform
from functools import cached_property
from typing import Any

from debugworld.sandboxes.box import sources_digest
from debugworld.sandboxes.sources import package_digest

from .trace_cache import content_key, open_trace_cache
from .trace_store import LIMITS


class Findings:
    """Answers to one question, found out in one kind of box, under a digest of all that they follow from.

    That is the question, the kind of box and its limits, the version of the interpreter, the sources of the
    recorder and of the environments, and what the question is about.

    Args:
        question: What is found out, by name.
        kind: Name of the sandbox, as `TraceStore` takes it.
    """

    def __init__(self, question: str, kind: str) -> None:
        self._question, self._kind = question, kind

    def get(self, *about: Any) -> Any:
        """Returns what `put` kept, as JSON has it; None where there is nothing.

        Args:
            *about: Plain JSON data.
        """
        cache = open_trace_cache()
        return None if cache is None else cache.found(content_key(self._source, *about))

    def put(self, found: Any, *about: Any) -> None:
        """Keeps an answer.

        Args:
            found: Plain JSON data, not None.
            *about: As `get` takes it.
        """
        cache = open_trace_cache()
        if cache is not None:
            cache.keep(content_key(self._source, *about), found)

    @cached_property
    def _source(self) -> str:
        sources = sources_digest(), package_digest("debugworld.envs")
        return content_key(
            self._question, *sources, self._kind, platform.python_version(), sorted(LIMITS.items())
        )
