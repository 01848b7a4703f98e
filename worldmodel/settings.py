"""What may stand behind the ``?`` of a model's name."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from debugworld.worldmodel.errors import ModelError


class Written(Collection[str]):
    """Values that are too many to list: all that a pattern takes.

    Args:
        word: what stands for them where they are told.
        pattern: takes the whole value.
    """

    def __init__(self, word: str, pattern: str) -> None:
        self._word, self._pattern = word, re.compile(pattern)

    def __contains__(self, value: object) -> bool:
        return isinstance(value, str) and self._pattern.fullmatch(value) is not None

    def __iter__(self) -> Iterator[str]:
        return iter((self._word,))

    def __len__(self) -> int:
        return 1


def check_settings(settings: Mapping[str, str], known: Mapping[str, Collection[str]]) -> None:
    """Checks what stands behind the ``?`` of a name.

    Raises:
        ModelError: a setting is unknown, or its value is.
    """
    for key, value in settings.items():
        if value not in known.get(key, ()):
            told = "; ".join(f"{name}={'|'.join(values)}" for name, values in known.items())
            raise ModelError(f"there is no setting {key}={value}; there are: {told or 'none'}")
