"""The programs that are debugged: each is one file, the same for every debugger."""

from __future__ import annotations

from dataclasses import dataclass

_WALK = """\
def count(word, letter):
    n = 0
    for c in word:
        n += int(c == letter)
    return n


def work(rounds):
    total = 0
    seen = []
    for i in range(rounds):
        total += count("strawberry", "r")
        seen = (seen + [total])[-5:]
    return total


work({size})
"""

_HOT = """\
from time import process_time


def hot(n):
    total = 0
    for i in range(n):
        total += i & 3
        if i % {every} == {every} - 1:
            total -= 1
        total ^= 5
    return total


begin = process_time()
hot({size})
print("seconds", process_time() - begin)
"""


@dataclass(frozen=True)
class Target:
    """A script and the lines that matter in it, 1-based."""

    source: str
    start: int
    """The line at which a measurement begins."""
    stop: int
    """The line of the breakpoint that is measured."""


def walk(size: int) -> Target:
    """Returns a script of about 38 states a round: a loop that calls a loop over ten letters."""
    return Target(_WALK.format(size=size), start=9, stop=13)


def hot(size: int, hits: int = 0) -> Target:
    """Returns a script that times its own hot loop; the breakpoint's line is reached ``hits`` times."""
    every = size // hits if hits else size + 1
    return Target(_HOT.format(size=size, every=every), start=14, stop=9)
