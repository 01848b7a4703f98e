"""Texts by number, each spelled once: what many states show is looked up, not spelled again."""

from __future__ import annotations

import numpy as np

from debugworld.sandboxes.growing import Growing

from ..features import NAME_WIDTH, TEXT_WIDTH, encode_text


class Texts:
    """Texts by number, from 1 on; 0 is for no text.

    Args:
        width: Characters that are spelled, see `features.encode_text`.
    """

    def __init__(self, width: int) -> None:
        self._numbers: dict[str | None, int] = {None: 0}
        self._width = width
        self.spelled = Growing(np.float32, (width,))
        """The spelling of each number's text; zeros for 0."""
        self.spelled.add(np.zeros((1, width), np.float32))

    def number(self, text: str | None) -> int:
        """Returns a text's number, a new one for a text that was not seen."""
        found = self._numbers.get(text)
        if found is None:
            found = self._numbers[text] = self.spelled.add(encode_text(text or "", self._width)[None])
        return found


class Pairs:
    """Names with values by number, from 1 on; 0 is for neither.

    Args:
        names: Where the names have their numbers.
        texts: Where the values have theirs.
    """

    def __init__(self, names: Texts, texts: Texts) -> None:
        self._names, self._texts = names, texts
        self._numbers = {("", ""): 0}
        self.spelled = Growing(np.float32, (NAME_WIDTH + TEXT_WIDTH,))
        """The spellings of each number's name and value, one after the other; zeros for 0."""
        self.spelled.add(np.zeros((1, NAME_WIDTH + TEXT_WIDTH), np.float32))

    def number(self, name: str, text: str) -> int:
        """Returns a pair's number, a new one for a pair that was not seen."""
        found = self._numbers.get((name, text))
        if found is None:
            places = self._names.number(name), self._texts.number(text)
            parts = [
                table.spelled.rows[at] for table, at in zip((self._names, self._texts), places, strict=True)
            ]
            found = self._numbers[name, text] = self.spelled.add(np.concatenate(parts)[None])
        return found
