"""Long and strange values, as real functions hold them: texts, numbers, lists, dicts and sets."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

from debugworld.worldmodel.data.generator.literals import ALPHABETS, WORDS

PRESENT = 0.75
"""Chance that what is looked for is taken from where it is looked for."""
_MARKS = " ,.;:-_/|#@!?*+=()[]{}<>&%$^~'\"\\"


class LongValues:
    """Draws values.

    Args:
        rng: where chance comes from.
    """

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng

    def text(self, longest: int = 40) -> str:
        """A text of up to so many characters: words, letters of some alphabet, marks, or digits."""
        rng, draw = self._rng, self._rng.random()
        size = min(longest, int(rng.choice((3, 6, 10, 16, 24, 40)) * rng.uniform(0.3, 1.0)) + 1)
        if draw < 0.28:
            words = [rng.choice(WORDS) for _ in range(rng.randint(1, 7))]
            words = [rng.choice((w, w, w, w.title(), w.upper(), w[: rng.randint(1, 4)])) for w in words]
            return rng.choice((" ", " ", " ", ", ", "-", "_", "  ", "\n", ". ")).join(words)[:longest]
        if draw < 0.6:
            return "".join(rng.choices(rng.choice(ALPHABETS), k=size))
        if draw < 0.75:
            return "".join(rng.choices(string.ascii_letters + string.digits, k=size))
        if draw < 0.93:
            letters = rng.choice((string.ascii_lowercase, "abcdeAB12", "xyzw")) + "".join(
                rng.choices(_MARKS, k=3)
            )
            return "".join(rng.choices(letters, k=size))
        if draw < 0.97:
            return (
                rng.choice((" ", "\t", "\n", ""))
                + "".join(rng.choices("ab c\n\t", k=size // 2))
                + rng.choice(("", " "))
            )
        return ""

    def piece(self, text: str, longest: int = 3) -> str:
        """A part of a text, or else anything short."""
        rng = self._rng
        if text and rng.random() < PRESENT:
            start = rng.randrange(len(text))
            return text[start : start + rng.randint(1, longest)]
        return "".join(
            rng.choices(rng.choice((string.ascii_lowercase, _MARKS, "abcAB12")), k=rng.choice((1, 1, 2)))
        )

    def integer(self) -> int:
        """A whole number of up to seven digits, mostly few."""
        rng = self._rng
        top = 10 ** rng.choice((1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 7))
        number = rng.randint(0, top)
        return -number if rng.random() < 0.15 else number

    def real(self) -> float:
        """A float of one to five decimals."""
        rng = self._rng
        return round(
            rng.uniform(-100, 1000) if rng.random() < 0.5 else rng.uniform(-3, 10), rng.randint(1, 5)
        )

    def value(self, nested: bool = True) -> object:
        """Something that a container may hold."""
        rng, draw = self._rng, self._rng.random()
        if draw < 0.42:
            return self.integer()
        if draw < 0.76:
            return self.text(8)
        if draw < 0.84:
            return self.real()
        if draw < 0.9 or not nested:
            return rng.choice((True, False, None))
        made = [rng.randint(0, 9) for _ in range(rng.randint(0, 3))]
        return tuple(made) if draw < 0.96 else made

    def items(self, longest: int = 12) -> list:
        """A list, mostly of one kind of thing."""
        rng, draw = self._rng, self._rng.random()
        size = rng.randint(0, longest) if draw < 0.7 else rng.randint(1, 2 * longest)
        if draw < 0.3:
            top = rng.choice((1, 3, 9, 30, 100, 1000))
            return [rng.randint(-top if rng.random() < 0.15 else 0, top) for _ in range(size)]
        if draw < 0.4:
            return [self.integer() for _ in range(size)]
        if draw < 0.58:
            return [self.text(7) for _ in range(size // 2)]
        if draw < 0.66:
            letters = rng.choice(ALPHABETS)
            return [rng.choice(letters) for _ in range(size)]
        if draw < 0.76:
            return [(rng.randint(0, 20), rng.randint(0, 20)) for _ in range(size // 2)]
        if draw < 0.82:
            width = rng.randint(1, 4)
            return [[rng.randint(0, 9) for _ in range(width)] for _ in range(rng.randint(1, 4))]
        if draw < 0.86:
            return [self.real() for _ in range(size // 2)]
        if draw < 0.9:
            return [rng.random() < 0.5 for _ in range(size)]
        return [self.value() for _ in range(size // 2)]

    def mapping(self) -> dict:
        """A dict whose keys are of one kind, and its values too."""
        rng, kind, held = self._rng, self._rng.random(), self._rng.random()
        keys: list = [
            self.text(6)
            if kind < 0.45
            else rng.choice(string.ascii_lowercase)
            if kind < 0.65
            else rng.randint(-2, 30)
            if kind < 0.92
            else (rng.randint(0, 9), rng.randint(0, 9))
            for _ in range(rng.randint(0, 7))
        ]
        makers: tuple[Callable[[], object], ...] = (
            lambda: rng.randint(0, 9),
            self.integer,
            lambda: self.text(6),
            lambda: [rng.randint(0, 20) for _ in range(rng.randint(0, 3))],
            self.value,
        )
        make = makers[int(held * len(makers))]
        return {key: make() for key in keys}

    def member(self, items: object) -> object:
        """Something that a container has, mostly."""
        found = list(items)  # type: ignore[call-overload]
        if found and self._rng.random() < PRESENT:
            return self._rng.choice(found)
        return self._rng.choice(found + [self.integer(), self.text(4)]) if found else self.value(False)

    def place(self, size: int) -> int:
        """An index into so many items, now and then one beyond."""
        return self._rng.randint(-min(size, 6), max(0, size - 1)) if self._rng.random() < 0.95 else size + 1

    def bounds(self, size: int) -> str:
        """What stands in the brackets of a slice of so many items."""
        rng = self._rng
        low, high = (
            rng.randint(-size // 2 - 1, size + 1) if rng.random() < 0.4 else rng.randint(0, size)
            for _ in "ab"
        )
        form = rng.choice(
            ("{0}:{1}", "{0}:{1}", "{0}:", ":{1}", ":-1", "1:", "::-1", "::2", "{0}::2", "{1}:{0}:-1", ":")
        )
        return form.format(low, high)

    def set_text(self, numbers: bool = False) -> str:
        """A set as a state shows it; of numbers, whose order in a loop is the same in every process."""
        rng = self._rng
        if numbers or rng.random() < 0.6:
            drawn = {rng.randint(0, rng.choice((9, 40))) for _ in range(rng.randint(0, 9))}
            found = [repr(number) for number in sorted(drawn)]
        else:
            found = [repr(text) for text in sorted({self.text(4) for _ in range(rng.randint(1, 6))})]
        return "{" + ", ".join(found) + "}" if found else "set()"
