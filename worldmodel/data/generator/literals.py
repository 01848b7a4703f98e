"""Random values as literal text, by kind. A kind is a type or a role of it, such as an index."""

from __future__ import annotations

import random
from collections.abc import Callable

WORDS = [
    "apple",
    "ant",
    "bag",
    "bear",
    "bee",
    "big",
    "blue",
    "box",
    "cat",
    "code",
    "cold",
    "cup",
    "dark",
    "data",
    "day",
    "dog",
    "east",
    "egg",
    "fig",
    "file",
    "fire",
    "fish",
    "fox",
    "gold",
    "good",
    "green",
    "hat",
    "hello",
    "home",
    "ice",
    "ink",
    "jam",
    "key",
    "kite",
    "lamp",
    "leaf",
    "level",
    "line",
    "lion",
    "map",
    "milk",
    "moon",
    "name",
    "new",
    "noon",
    "north",
    "note",
    "oak",
    "old",
    "one",
    "orange",
    "owl",
    "pen",
    "pin",
    "radar",
    "rain",
    "red",
    "river",
    "road",
    "rock",
    "rope",
    "salt",
    "sand",
    "sea",
    "sky",
    "snow",
    "star",
    "stone",
    "sun",
    "tea",
    "ten",
    "test",
    "time",
    "top",
    "tree",
    "two",
    "up",
    "user",
    "wall",
    "water",
    "west",
    "wind",
    "wood",
    "word",
    "world",
    "yak",
    "yes",
    "zoo",
]
KEYS = "abcdexyzk"
ALPHABETS = (
    "abcdefghijklmnopqrstuvwxyz",
    "abc",
    "aeioubcdst",
    "ABCDEabcde",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "0123456789",
    "abc123",
    "ab AB 12",
    "xyz.,-_ ",
    "!?#%&*+/:;<=>@^~ab",
    "aA1 -",
)


class Literals:
    """Draws literals from one random source; `size` scales containers and strings (1 to 5)."""

    def __init__(self, rng: random.Random, size: int = 3) -> None:
        self.rng = rng
        self.size = size
        self._makers: dict[str, Callable[[], str]] = {
            "int": lambda: str(self.integer()),
            "idx": lambda: str(rng.choice((0, 0, 0, 1, 1, 1, -1, -1, 2, 2, -2, 3))),
            "pos": lambda: str(rng.choice((1, 2, 2, 2, 3, 3, 3, 4, 5, 6, 7, 10))),
            "small": lambda: str(rng.randint(0, 9)),
            "count": lambda: str(rng.randint(2, 4 + self.size)),
            "big": lambda: str(
                rng.choice((rng.randint(10, 999), rng.randint(100, 99_999), rng.randint(10, 10**6)))
            ),
            "exp": lambda: str(rng.choice((0, 1, 2, 2, 2, 3, 3, 4))),
            "bit": lambda: str(rng.randint(0, 1)),
            "width": lambda: str(rng.randint(2, 12)),
            "float": self.float_text,
            "bool": lambda: rng.choice(("True", "False")),
            "none": lambda: "None",
            "str": lambda: repr(self.string()),
            "chr": lambda: repr(rng.choice("aabbcdeeiostxzAB12 ,.-_!#")),
            "letter": lambda: repr(rng.choice("abcdeilmnorst")),
            "sub": lambda: repr(self.substring()),
            "sep": lambda: repr(rng.choice((" ", ",", "-", "", ", ", "_", "/", ":", ";", "|", "."))),
            "mark": lambda: repr(rng.choice((",", "-", ":", "=", " ", "_", "/", ";", "."))),
            "key": lambda: repr(rng.choice(KEYS[:5])),
            "word": lambda: repr(rng.choice(WORDS)),
            "phrase": lambda: repr(self.phrase()),
            "listing": lambda: repr(rng.choice(",;-/ ").join(rng.choices(WORDS, k=rng.randint(1, 4)))),
            "numbers": lambda: repr(
                rng.choice((",", " ", ", ")).join(str(rng.randint(0, 40)) for _ in self.span())
            ),
            "fields": lambda: repr(";".join(f"{rng.choice(KEYS)}={rng.randint(0, 30)}" for _ in self.span())),
            "numstr": lambda: repr(str(self.integer())),
            "bits": lambda: repr("".join(rng.choices("01", k=rng.randint(1, 6)))),
            "brackets": lambda: repr("".join(rng.choices("()[]()", k=rng.randint(1, 6))) or "()"),
            "rpn": self._rpn,
            "ints": lambda: self._list(lambda: str(self.integer())),
            "posints": lambda: self._list(lambda: str(rng.randint(1, 20)), 2),
            "sortedints": lambda: repr(
                sorted(rng.randint(0, 30) for _ in range(rng.randint(3, 3 + self.size)))
            ),
            "dups": lambda: self._list(lambda: str(rng.randint(0, 4)), 2),
            "floats": lambda: self._list(self.float_text),
            "bools": lambda: self._list(lambda: rng.choice(("True", "False"))),
            "strs": lambda: self._list(
                lambda: repr(rng.choice(WORDS) if rng.random() < 0.7 else self.string(6))
            ),
            "words": lambda: self._list(lambda: repr(rng.choice(WORDS)), 2),
            "chars": lambda: self._list(lambda: repr(rng.choice("abcde"))),
            "mixed": lambda: self._list(self._any),
            "tup": self._tuple,
            "pair": lambda: f"({self.integer()}, {self.integer()})",
            "item": lambda: f"({rng.choice(WORDS)!r}, {rng.randint(0, 30)})",
            "items": lambda: self._list(lambda: f"({rng.choice(WORDS)!r}, {rng.randint(0, 30)})"),
            "matrix": self._matrix,
            "dsi": lambda: self._dict(self._keys(), lambda: str(self.integer())),
            "dii": lambda: self._dict([str(n) for n in self._distinct()], lambda: str(self.integer())),
            "dis": lambda: self._dict([str(n) for n in self._distinct()], lambda: repr(rng.choice(WORDS))),
            "dss": lambda: self._dict(self._keys(), lambda: repr(rng.choice(WORDS))),
            "dsl": lambda: self._dict(
                self._keys(), lambda: self._list(lambda: str(rng.randint(0, 20)), 0, 3)
            ),
            "iset": lambda: self._set([str(n) for n in self._distinct()]),
            "sset": lambda: self._set(self._keys()),
        }

    def of(self, kind: str) -> str:
        """Returns literal text of a kind.

        Raises:
            KeyError: no such kind.
        """
        return self._makers[kind]()

    def integer(self) -> int:
        """Mostly small, with a tail to a million."""
        rng, draw = self.rng, self.rng.random()
        if draw < 0.55:
            return rng.randint(0, 10)
        if draw < 0.77:
            return rng.randint(11, 100)
        if draw < 0.88:
            return rng.randint(-20, -1)
        return rng.randint(100, 1000) if draw < 0.95 else rng.randint(1000, 10**6)

    def float_text(self) -> str:
        """Few digits: halves, quarters and tenths."""
        rng = self.rng
        number = rng.choice((rng.randint(-10, 40) / 2, rng.randint(0, 40) / 4, rng.randint(-20, 120) / 10))
        return repr(number)

    def string(self, limit: int = 20) -> str:
        """A word, a phrase or characters of one alphabet, at most `limit` long."""
        rng, draw = self.rng, self.rng.random()
        if draw < 0.3:
            word = rng.choice(WORDS)
            text = rng.choice((word, word, word, word.upper(), word.title()))
        elif draw < 0.48:
            text = self.phrase()
        elif draw < 0.52:
            text = ""
        else:
            length = min(rng.randint(1, 4 + 2 * self.size), rng.randint(1, 20))
            text = "".join(rng.choices(rng.choice(ALPHABETS), k=length))
        return text[:limit]

    def phrase(self) -> str:
        """Two to four words, sometimes with capitals, marks or stray spaces."""
        rng = self.rng
        words = [rng.choice(WORDS) for _ in range(rng.randint(2, 4))]
        text = " ".join(w.title() if rng.random() < 0.2 else w for w in words)[:20].rstrip()
        draw = rng.random()
        if draw < 0.1:
            return f"  {text} "
        return text + rng.choice("!.?") if draw < 0.25 else text

    def substring(self) -> str:
        """Something short to look for."""
        rng = self.rng
        pool = rng.choice(("abcdeiost", "abcdeiost", " ,.-_!", "AB12"))
        return "".join(rng.choices(pool, k=rng.choice((1, 1, 1, 2))))

    def span(self) -> range:
        """A random number of elements."""
        return range(self.rng.randint(1, 2 + self.size))

    def _list(self, make: Callable[[], str], least: int = 0, most: int = 8) -> str:
        draw = self.rng.random()
        low = least if draw < 0.08 else max(least, 2)
        length = self.rng.randint(low, max(low, min(most, 3 + self.size)))
        return "[" + ", ".join(make() for _ in range(length)) + "]"

    def _any(self) -> str:
        return self.of(self.rng.choice(("small", "word", "bool", "float", "none", "numstr")))

    def _tuple(self) -> str:
        parts = [str(self.integer()) for _ in range(self.rng.randint(1, 4))]
        return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"

    def _matrix(self) -> str:
        rows, columns = self.rng.randint(2, 3), self.rng.randint(2, 3)
        row = [[str(self.rng.randint(0, 9)) for _ in range(columns)] for _ in range(rows)]
        return "[" + ", ".join(f"[{', '.join(r)}]" for r in row) + "]"

    def _keys(self) -> list[str]:
        pool = KEYS[:5] if self.rng.random() < 0.6 else WORDS[:40]
        return [repr(k) for k in self.rng.sample(list(pool), self.rng.randint(1, 4))]

    def _distinct(self) -> list[int]:
        top = self.rng.choice((6, 10, 50))
        return self.rng.sample(range(top), self.rng.randint(1, 5))

    def _dict(self, keys: list[str], make: Callable[[], str]) -> str:
        return "{" + ", ".join(f"{key}: {make()}" for key in keys) + "}" if self.rng.random() > 0.03 else "{}"

    def _set(self, parts: list[str]) -> str:
        return "{" + ", ".join(parts) + "}"

    def _rpn(self) -> str:
        rng = self.rng
        parts = [str(rng.randint(1, 9)), str(rng.randint(1, 9)), rng.choice("+-*")]
        for _ in range(rng.randint(0, 2)):
            parts += [str(rng.randint(1, 9)), rng.choice("+-*")]
        return repr(" ".join(parts))
