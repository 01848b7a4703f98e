"""Settings on the command line: words ``KEY=VALUE``."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from debugworld.envs.errors import TaskError


def read_settings(words: Iterable[str]) -> dict[str, Any]:
    """Reads ``KEY=VALUE``, where a value is JSON or a plain word.

    Raises:
        TaskError: a word is none.
    """
    found: dict[str, Any] = {}
    for word in words:
        key, equals, text = word.partition("=")
        if not equals or not key:
            raise TaskError(f"{word!r} is no setting; write KEY=VALUE")
        try:
            found[key] = json.loads(text)
        except ValueError:
            found[key] = text
    return found
